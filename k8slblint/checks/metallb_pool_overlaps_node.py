"""Detects MetalLB pools that contain the address of a node."""

from collections.abc import Iterator, Sequence

from k8slblint.addresses import IPV4, Interval, contains, drops_host_bits, overlap, parse_stated, subtract
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import LEGACY_POOL, Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.model.texts import listed, middle
from k8slblint.traffic.addresses.nodes import NodeAddress, node_addresses
from k8slblint.traffic.addresses.pools import PoolEntry, Unrendered, is_ignored, pool_entries

_LONGEST_NAME = 24

_RELATED = 20

_PIECES = 3


def check(pool: Resource, graph: ResourceGraph, *, allowed_addresses: Sequence[str]) -> Iterator[Problem | Undecided]:
    """Yield a problem at each entry of a pool that contains an InternalIP or stated address of a node, a warning for an ExternalIP only.

    Only the arithmetic `first <= address <= last` decides, as no block of a summarised range can (metallb issues 364, 2455, 2779).
    An entry that MetalLB refuses is silent here, and so is a pool of a cluster whose nodes are not stated. A pool in a ConfigMap is a
    warning: only a MetalLB before 0.13 reads it.
    """
    if is_ignored(pool, graph):
        return
    allowed = [interval for text in allowed_addresses if (interval := parse_stated(text))]
    known = node_addresses(graph, graph.scope(pool))
    nodes = [node for node in known if not any(contains(interval, node.interval) for interval in allowed)]
    for entry in pool_entries(pool) if nodes else ():
        if isinstance(entry.range, Unrendered):
            yield Undecided(entry.path, entry.range.reason)
        elif isinstance(entry.range, Interval):
            hits = [node for node in nodes if _is_given(pool, overlap(entry.range, node.interval))]
            if hits:
                yield _problem(entry, entry.range, sorted(hits, key=_is_external), nodes)


def _is_given(pool: Resource, shared: Interval | None) -> bool:
    """Tell whether MetalLB gives any of the shared addresses; with `avoidBuggyIPs` no IPv4 address that ends in .0 or .255."""
    if shared is None:
        return False
    if shared.family != IPV4 or pool.get("spec", "avoidBuggyIPs") is not True:
        return True
    three = range(shared.first, min(shared.first + 2, shared.last) + 1)  # of three in a row at most two are held back
    return any(number & 0xFF not in (0, 255) for number in three)


def _is_external(node: NodeAddress) -> bool:
    return node.type == "ExternalIP"


def _problem(entry: PoolEntry, held: Interval, hits: Sequence[NodeAddress], nodes: Sequence[NodeAddress]) -> Problem:
    free = subtract(held, (node.interval for node in nodes))
    is_legacy = entry.resource.type_name == LEGACY_POOL
    related = [RelatedPlace(node.resource, node.path, f"{_describe(node)}.") for node in hits[:_RELATED] if node.resource]
    return Problem(
        path=entry.path,
        headline=f"{entry.resource.id} contains the address of {_nodes(hits)}",
        label=_label(entry, held, hits),
        why=_consequence(entry, hits),
        help=_way_out(free),
        severity="warning" if is_legacy or all(map(_is_external, hits)) else None,
        confidence="high" if not is_legacy and any(node.confidence == "high" for node in hits) else "medium",
        related=tuple(related),
        discriminator=",".join(sorted({str(node.interval) for node in hits})),
    )


def _nodes(hits: Sequence[NodeAddress]) -> str:
    names = list(dict.fromkeys(hit.node for hit in hits if hit.type != "stated"))
    if len(names) == len(hits) == 1:
        return f"node {middle(names[0], _LONGEST_NAME)}"
    return "a node" if len(hits) == 1 else f"{len(hits)} nodes" if len(names) in (0, len(hits)) else "nodes"


def _label(entry: PoolEntry, held: Interval, hits: Sequence[NodeAddress]) -> str:
    """Say which addresses are in the entry, and what it means where MetalLB drops host bits."""
    if drops_host_bits(entry.text, held):
        return f"means {held}"
    return f"contains {listed([hit.text for hit in hits], most=2)}"


def _describe(node: NodeAddress) -> str:
    if node.type == "stated":
        return f"node address {node.text} ({node.reason})"
    return f"{node.type} {node.text} of node {node.node}"


def _consequence(entry: PoolEntry, hits: Sequence[NodeAddress]) -> str:
    named = "" if entry.resource.get("spec", "autoAssign") is not False else " that names the pool"
    address = hits[0].text if len(hits) == 1 and hits[0].interval.size == 1 else "such an address"
    return (
        f"If a Service{named} gets {address}, MetalLB announces it instead of the node (ARP, NDP or BGP). "
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
