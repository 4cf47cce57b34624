"""Detects annotations of external-dns and cert-manager on objects where these do not read them."""

from collections.abc import Iterator

from k8slblint.graph.answers import Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import ROUTE_VALUES, Resource
from k8slblint.model.rule import Cause, Problem, RelatedPlace, Undecided
from k8slblint.model.texts import HEADLINE, PROSE, listed, middle, short_key, within
from k8slblint.traffic.annotations.service_annotations import ANNOTATIONS
from k8slblint.traffic.gateways.dns_keys import UnreadDnsKeys, unread_dns_keys

_LONGEST_KEY = 40

_MOST_PLACES = 10

_CONSEQUENCES = {
    "target": "The record points to the target or address of the Gateway instead.",
    "hostname": "No record is created for this name.",
}
"""What follows of keys of external-dns, by their last part."""

_KINDS = {"HTTPRoute": "routes", "Ingress": "Ingresses", "Service": "Services", "Gateway": "Gateways", "ListenerSet": "ListenerSets"}


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at the first of the keys that one of the tools does not read there; the others are related places."""
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
    return f"Move it to one of the {_KINDS.get(found.read_on[0], found.read_on[0])}, or remove it."
