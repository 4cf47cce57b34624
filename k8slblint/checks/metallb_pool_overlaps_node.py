"""Detects pools of load balancer addresses that contain the address of a node."""

from collections.abc import Iterator, Sequence

from k8slblint.addresses import Interval, contains, drops_host_bits, parse_stated, subtract
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import LEGACY_POOL, Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.model.texts import listed, middle
from k8slblint.traffic.addresses.overlaps import is_asked_for, met_by
from k8slblint.traffic.addresses.pools import PoolEntry, Unrendered, implementation_of, is_ignored, pool_entries
from k8slblint.traffic.addresses.space import TAKEN, Range, ranges_of
from k8slblint.traffic.exposure.verdict import name_of

_LONGEST_NAME = 24

_RELATED = 20

_PIECES = 3

_NODES = ("node", "node-external")


def check(pool: Resource, graph: ResourceGraph, *, allowed_addresses: Sequence[str]) -> Iterator[Problem | Undecided]:
    """Yield a problem at each entry of a pool that contains an address of a node, a warning for one that may be of something before it.

    Only the arithmetic `first <= address <= last` decides, as no block of a summarised range can (metallb issues 364, 2455, 2779).
    An entry that its controller refuses is silent here, and so is a pool of a cluster whose nodes nothing states. It is a warning too where
    every Service asks for its address, and for a pool in a ConfigMap: only a MetalLB before 0.13 reads it.
    """
    if is_ignored(pool, graph):
        return
    allowed = [interval for text in allowed_addresses if (interval := parse_stated(text))]
    known = ranges_of(graph, graph.scope(pool))
    nodes = [one for one in known if one.role in _NODES and not _is_allowed(one, allowed)]
    if nodes:
        yield from (Undecided(one.path, one.range.reason) for one in pool_entries(pool) if isinstance(one.range, Unrendered))
    for entry, ranges in met_by(pool, graph):
        hits = [one for one in ranges if one.role in _NODES and not _is_allowed(one, allowed)]
        if hits and isinstance(entry.range, Interval):
            taken = [*nodes, *(one for one in known if one.role in TAKEN and not one.is_default)]
            yield _problem(entry, entry.range, sorted(hits, key=_is_external), taken, is_asked_for=is_asked_for(entry, graph))


def _is_allowed(node: Range, allowed: Sequence[Interval]) -> bool:
    return any(contains(interval, node.interval) for interval in allowed)


def _is_external(node: Range) -> bool:
    return node.role == "node-external"


def _problem(entry: PoolEntry, held: Interval, hits: Sequence[Range], taken: Sequence[Range], *, is_asked_for: bool) -> Problem:
    free = subtract(held, (one.interval for one in taken))
    is_legacy = entry.resource.type_name == LEGACY_POOL
    related = [RelatedPlace(node.resource, node.path, f"{_describe(node)}.") for node in hits[:_RELATED] if node.resource]
    return Problem(
        path=entry.path,
        headline=f"{entry.resource.id} contains the address of {_nodes(hits)}",
        label=_label(entry, held, hits),
        why=_consequence(entry, hits, is_asked_for=is_asked_for),
        help=_way_out(free),
        severity="warning" if is_legacy or is_asked_for or all(map(_is_external, hits)) else None,
        confidence="high" if not is_legacy and any(node.confidence == "high" for node in hits) else "medium",
        related=tuple(related),
        discriminator=",".join(sorted({str(node.interval) for node in hits})),
    )


def _nodes(hits: Sequence[Range]) -> str:
    names = list(dict.fromkeys(hit.name for hit in hits if hit.name))
    if len(names) == len(hits) == 1:
        return f"node {middle(names[0], _LONGEST_NAME)}"
    return "a node" if len(hits) == 1 else f"{len(hits)} nodes" if len(names) in (0, len(hits)) else "nodes"


def _label(entry: PoolEntry, held: Interval, hits: Sequence[Range]) -> str:
    """Say which addresses are in the entry, and what it means where its controller drops host bits."""
    if drops_host_bits(entry.text, held):
        return f"means {held}"
    return f"contains {listed([hit.text for hit in hits], most=2)}"


def _describe(node: Range) -> str:
    kind = "ExternalIP" if _is_external(node) else "InternalIP"
    if node.resource is not None and node.resource.kind == "Node":
        return f"{kind} {node.text} of node {node.name}"
    return f"Address {node.text} of machine {node.name}" if node.name else f"Address {node.text} of a machine"


def _consequence(entry: PoolEntry, hits: Sequence[Range], *, is_asked_for: bool) -> str:
    named = "" if entry.resource.get("spec", "autoAssign") is not False else " that names the pool"
    address = hits[0].text if len(hits) == 1 and hits[0].interval.size == 1 else "such an address"
    owner = name_of(implementation_of(entry.resource))
    if is_asked_for:
        return (
            f"A Service that does not ask for an address can get {address}: {owner} then announces it "
            "instead of the node, which becomes NotReady."
        )
    return (
        f"If a Service{named} gets {address}, {owner} announces it instead of the node (ARP, NDP or BGP). "
        "The node becomes NotReady and ssh connections to it are reset."
    )


def _way_out(free: Sequence[Interval]) -> str:
    if not free:
        return "Give the pool addresses that no node has."
    if len(free) <= _PIECES:
        return (
            f"Exclude the nodes: use {listed([str(piece) for piece in free])}, if nothing else uses {'it' if len(free) == 1 else 'them'}."
        )
    widest = max(free, key=lambda piece: piece.size)
    return f"Use a range without nodes, such as {widest}, if nothing else uses it."
