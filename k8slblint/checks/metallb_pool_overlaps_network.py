"""Detects address pools that contain addresses of networks, routers, DHCP ranges or the API server."""

from collections.abc import Iterator, Sequence

from k8slblint.addresses import Interval, overlap
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import LEGACY_POOL, Resource
from k8slblint.model.rule import SEVERITIES, Problem, RelatedPlace, Severity
from k8slblint.model.texts import HEADLINE, listed, quoted
from k8slblint.traffic.addresses.overlaps import is_asked_for, met_by
from k8slblint.traffic.addresses.pools import PoolEntry, is_ignored
from k8slblint.traffic.addresses.requests import is_requested
from k8slblint.traffic.addresses.space import TAKEN, Range, Role

_SEVERITY: dict[Role, Severity] = {"machines": "warning", "gateway": "warning", "dhcp": "warning"}
"""Of what is no error: a machine may never get the address, and some routers keep theirs."""

_RELATED = 20
_NAMED = 3


def check(pool: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at each entry of a pool that gives an address of something else than a node.

    A virtual address that a Service asks for, or that is all that the entry holds, is meant. Where every Service asks for its address, none
    gets another one by accident: a warning.
    """
    if is_ignored(pool, graph):
        return
    cluster = graph.scope(pool).cluster
    for entry, ranges in met_by(pool, graph):
        hits = [one for one in ranges if one.role in TAKEN and not _is_meant(one, entry, cluster, graph)]
        if hits and isinstance(entry.range, Interval):
            yield _problem(entry, entry.range, hits, is_asked_for=is_asked_for(entry, graph))


def _is_meant(one: Range, entry: PoolEntry, cluster: str, graph: ResourceGraph) -> bool:
    if one.role != "vip":
        return False
    return entry.range == one.interval or is_requested(one.interval, cluster, graph)


def _problem(entry: PoolEntry, held: Interval, hits: Sequence[Range], *, is_asked_for: bool) -> Problem:
    graded = sorted(hits, key=lambda one: -SEVERITIES.index(_severity(one, entry, is_asked_for=is_asked_for)))
    worst = graded[0]
    related = [RelatedPlace(one.resource, one.path, f"{_what(one, is_first=True)}: {_text(one)}.") for one in graded if one.resource]
    return Problem(
        path=entry.path,
        headline=_headline(entry, graded),
        label=f"contains {listed(list(dict.fromkeys(_text(one) for one in graded)), most=2)}",
        why=_WHY[worst.role].format(address=str(overlap(held, worst.interval)).removesuffix("/32").removesuffix("/128")),
        help=f"Give the pool addresses apart from {listed(list(dict.fromkeys(map(_text, graded))), most=_NAMED)}.{_source(worst)}",
        severity=_severity(worst, entry, is_asked_for=is_asked_for),
        confidence=worst.confidence,
        related=tuple(related[:_RELATED]),
        discriminator=",".join(sorted({f"{one.role} {one.interval}" for one in hits})),
    )


def _severity(one: Range, entry: PoolEntry, *, is_asked_for: bool) -> Severity:
    if one.is_default:
        return "note"
    if entry.resource.type_name == LEGACY_POOL or (is_asked_for and one.interval.size == 1):
        return "warning"
    return _SEVERITY.get(one.role, "error")


_NAMES: dict[Role, str] = {
    "pods": "the Pod network",
    "services": "the Service network",
    "vip": "a virtual address",
    "gateway": "the address of a router",
    "dhcp": "addresses that DHCP gives",
    "machines": "addresses that machines get",
    "network": "a network that is in use",
}
_PARTS: dict[Role, str] = {"pods": "addresses of the Pod network", "services": "addresses of the Service network"}
_WHY: dict[Role, str] = {
    "pods": "Nodes route {address} to Pods: a Service that gets such an address is not reached from outside, or takes traffic of Pods.",
    "services": "kube-proxy treats {address} as addresses of the cluster: a Service that gets one is not reached from outside.",
    "vip": "If a Service gets {address}, it answers instead of the API server or what else has the virtual address.",
    "gateway": "If a Service gets {address}, machines send their traffic to it instead of the router.",
    "dhcp": "DHCP can give {address} to a machine while a Service has it: both answer for one address.",
    "machines": "A new machine can get {address} while a Service has it: both answer for one address.",
    "network": "The configuration says that {address} is in use: a Service that gets it takes its traffic.",
}


def _headline(entry: PoolEntry, graded: Sequence[Range]) -> str:
    """Name what the entry contains, the gravest first: two things where there is room for both."""
    names = list(dict.fromkeys(map(_in_headline, graded)))
    both = f"{entry.resource.id} contains {' and '.join(names[:2])}"
    return both if len(both) <= HEADLINE else f"{entry.resource.id} contains {names[0]}"


def _in_headline(one: Range) -> str:
    name = _PARTS.get(one.role, _NAMES[one.role])
    if one.role == "network":
        return f"addresses of network {quoted(one.name, 20)}"
    return f"{name} by default" if one.is_default else name


def _what(one: Range, *, is_first: bool) -> str:
    name = _NAMES[one.role]
    return (name[0].upper() + name[1:] if is_first else name) + (", by default" if one.is_default else "")


def _text(one: Range) -> str:
    return one.text if one.resource is not None or not one.name else f"{one.text} ({one.name})"


def _source(one: Range) -> str:
    return " State the network of the cluster if it is another one." if one.is_default else ""
