"""Detects annotations of external-dns and cert-manager that these do not read there, or that cert-manager refuses."""

from collections.abc import Iterator

from k8slblint.graph.answers import Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import ROUTE_VALUES, Resource
from k8slblint.model.rule import Cause, Problem, RelatedPlace, Undecided
from k8slblint.model.texts import HEADLINE, LABEL, PROSE, fitted, listed, middle, short_key, within
from k8slblint.traffic.annotations.service_annotations import ANNOTATIONS
from k8slblint.traffic.gateways.certificate_requests import RefusedRequest, refused_requests
from k8slblint.traffic.gateways.dns_keys import UnreadDnsKeys, unread_dns_keys

_LONGEST_KEY = 40

_MOST_PLACES = 10

_CONSEQUENCES = {
    "target": "The record points to the target or address of the Gateway instead.",
    "hostname": "No record is created for this name.",
}
"""What follows of keys of external-dns, by their last part."""

_KINDS = {
    "HTTPRoute": "routes",
    "Ingress": "Ingresses",
    "Service": "Services",
    "Gateway": "Gateways",
    "ListenerSet": "ListenerSets",
    "Secret": "Secrets",
}


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at the first of the keys that one of the tools does not read there; the others are related places.

    A certificate that is asked for and not requested is a problem at what cert-manager refuses.
    """
    yield from (_refused(one, resource) for one in refused_requests(resource))
    for found in unread_dns_keys(resource, graph):
        if isinstance(found, Unknown):
            yield Undecided(ANNOTATIONS, found.reason)
            continue
        first, *others = found.keys
        help_ = _way_out(resource, found)
        yield Problem(
            path=(*found.path, first),
            at="key",
            headline=_headline(resource, found),
            label=f"not read on kind {_kind(resource)}" if found.path == ANNOTATIONS else "not read on the Service of a Gateway",
            why=within(PROSE, f"{found.reader} reads {'them' if others else 'it'} on {_places(found)} only.", _consequence(found)),
            help=help_,
            confidence=found.confidence,
            related=tuple(
                RelatedPlace(resource, (*found.path, key), "This one is not read either.", "key") for key in others[:_MOST_PLACES]
            ),
            discriminator=found.reader,
            cause=None if others else Cause.of_alike(resource, f"set `{middle(short_key(first), _LONGEST_KEY)}` without effect", help_),
        )


def _refused(found: RefusedRequest, resource: Resource) -> Problem:
    key, other = short_key(found.key), middle(found.other, _LONGEST_KEY)
    if found.fault == "beside":
        other = short_key(found.other)
        said, label, way_out = f"both `{key}` and `{other}`", f"excludes {other}", f"Remove one of them: {_ISSUERS}."
        why = "cert-manager refuses both together"
    elif found.fault == "twice":
        said, label, way_out = f"`{key}`, and two entries for one Secret", "named by another entry, too", "List the hosts in one entry."
        why = f"cert-manager refuses an Ingress with two entries for Secret {other}"
    else:
        said, label = f"`{key}`, and no `tls[].{other}`", f"no `{other}`"
        way_out = f"Add `{other}` to the entry" + (": the name of the Secret that cert-manager creates." if other == "secretName" else ".")
        why = f"cert-manager skips entries without `{other}`"
    return Problem(
        path=found.path,
        at="key" if found.fault == "beside" else "value",
        headline=fitted(f"{resource.id} sets {said}", HEADLINE),
        label=fitted(label, LABEL),
        why=f"{why}: it requests no certificate for this object, and says so in an event only.",
        help=way_out,
        confidence="high",
        discriminator="request",
        cause=Cause.of_alike(resource, f"set {said}", way_out),
    )


_ISSUERS = "`cluster-issuer` names a ClusterIssuer, `issuer` with `issuer-kind` and `issuer-group` any other issuer"


def _headline(resource: Resource, found: UnreadDnsKeys) -> str:
    more = f" and {len(found.keys) - 1} more" if len(found.keys) > 1 else ""
    said = f"{resource.id} sets `{middle(short_key(found.keys[0]), _LONGEST_KEY)}`{more}, which {found.reader} does not read there"
    return said if len(said) <= HEADLINE else f"{resource.id} sets `{middle(short_key(found.keys[0]), _LONGEST_KEY)}`{more} without effect"


def _consequence(found: UnreadDnsKeys) -> str:
    if found.reader == "cert-manager":
        return "No certificate is requested for this object, and no event says so."
    return _CONSEQUENCES.get(short_key(found.keys[0]), "The DNS record is created without it, or not at all.")


def _places(found: UnreadDnsKeys) -> str:
    return listed([_KINDS.get(kind, kind) for kind in found.read_on], most=len(_KINDS))


def _kind(resource: Resource) -> str:
    return "HTTPRoute" if resource.type_name == ROUTE_VALUES else resource.kind


def _way_out(resource: Resource, found: UnreadDnsKeys) -> str:
    """Say where the keys belong: on the parent of a route, or the routes of a Gateway, if they are read there."""
    if _kind(resource).endswith("Route") and "Gateway" in found.read_on:
        return "Move it to the Gateway or ListenerSet that the route attaches to, or remove it."
    if resource.kind in ("Gateway", "ListenerSet") and found.path == ANNOTATIONS and "HTTPRoute" in found.read_on:
        return "Move it to the routes of the Gateway, or remove it."
    if resource.kind == "Gateway" and "Gateway" in found.read_on:
        return "Move it to `metadata.annotations` of the Gateway."
    if found.read_on == ("Secret",):
        return f"Write the key that asks for a certificate: {_ISSUERS}."
    return f"Move it to one of the {_KINDS.get(found.read_on[0], found.read_on[0])}, or remove it."
