"""Finds hosts of an Ingress with TLS that none of its TLS entries names."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace
from k8slblint.model.texts import quoted
from k8slblint.traffic.routing.tls_hosts import is_of_inside, requests_certificates, tls_names, uncovered_hosts, unserved_names
from k8slblint.traffic.routing.value_hosts import Host

_NEAR = 0.85
_LONGEST = 36


def check(ingress: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield one problem at the first host without TLS.

    Confidence is medium where a certificate is issued for the listed names only, or where a listed name is a host misspelt. Otherwise it is
    low: the certificate may contain the host, and the controller may have a default one; or the host is one of the own network beside
    names that public certificates have.
    """
    uncovered = sorted(uncovered_hosts(ingress, graph), key=lambda host: is_of_inside(host.name))
    if not uncovered:
        return
    first, *others = uncovered
    near = _nearest(first.name, unserved_names(ingress))
    is_issued = requests_certificates(ingress)
    count = "" if not others else f" and {len(others)} more"
    yield Problem(
        path=first.path,
        headline=f"{ingress.id} has no TLS for host {quoted(first.name, _LONGEST)}{count}",
        label=f"TLS names {quoted(near.name, _LONGEST)}" if near else "in no `tls.hosts`",
        why=_why(is_issued=is_issued),
        help=f"Write {quoted(first.name)} in `tls.hosts`." if near else "Add the host to `tls.hosts`, with a certificate that contains it.",
        confidence="medium" if near or (is_issued and not _is_beside_public(first, ingress)) else "low",
        related=tuple(_related(ingress, others, near)),
    )


def _is_beside_public(host: Host, ingress: Resource) -> bool:
    """Tell whether a host is one of the own network, for which no public certificate is issued, and the TLS entries name others only."""
    return is_of_inside(host.name) and not any(is_of_inside(name.name) for name in tls_names(ingress))


def _why(*, is_issued: bool) -> str:
    if is_issued:
        return "The requested certificate contains the names in `tls.hosts` only, so clients of this host get another certificate or none."
    return "Controllers choose the certificate of a host by `tls.hosts`. Clients get the controller's default one, or no redirect to HTTPS."


def _related(ingress: Resource, others: Sequence[Host], near: Host | None) -> Iterator[RelatedPlace]:
    yield from (RelatedPlace(ingress, host.path, "This host is not named either.") for host in others)
    if near:
        yield RelatedPlace(ingress, near.path, "No rule has this host.")


def _nearest(host: str, names: Sequence[Host]) -> Host | None:
    """Return the name that is a host but for a few letters, if one is: with as many labels, and not only other digits."""
    alike = [name for name in names[:_MOST] if name.name.count(".") == host.count(".") and _letters(name.name) != _letters(host)]
    rated = [(SequenceMatcher(None, host, name.name, autojunk=False).ratio(), name) for name in alike]
    best = max(rated, default=None, key=lambda pair: pair[0])
    return best[1] if best is not None and best[0] >= _NEAR else None


_MOST = 100


def _letters(host: str) -> str:
    return "".join(character for character in host if not character.isdigit())
