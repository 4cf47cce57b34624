"""Detects MetalLB pools that hold the address of a node."""

from collections.abc import Iterator, Sequence

from k8slblint.addresses import IPV4, Interval, contains, drops_host_bits, overlap, parse_stated, subtract
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.traffic.addresses.nodes import NodeAddress, node_addresses
from k8slblint.traffic.addresses.pools import PoolEntry, Unrendered, pool_entries

_LISTED = 5

_RELATED = 20

_PIECES = 3


def check(pool: Resource, graph: ResourceGraph, *, allowed_addresses: Sequence[str]) -> Iterator[Problem | Undecided]:
    """Yield a problem at each entry of a pool that holds an InternalIP or stated address of a node, a warning for an ExternalIP only.

    Only the arithmetic `first <= address <= last` decides, as no block of a summarised range can (metallb issues 364, 2455, 2779).
    An entry that MetalLB refuses is silent here, and so is a pool of a cluster whose nodes nobody named.
    """
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
    related = [RelatedPlace(node.resource, node.path, f"{_describe(node)}.") for node in hits[:_RELATED] if node.resource]
    return Problem(
        path=entry.path,
        message=f"{_what(entry, held, hits)}. {_consequence(entry, hits)} {_way_out(free)}",
        severity="warning" if all(_is_external(node) for node in hits) else None,
        confidence="high" if any(node.confidence == "high" for node in hits) else "medium",
        related=tuple(related),
        discriminator=",".join(sorted({str(node.interval) for node in hits})),
    )


def _what(entry: PoolEntry, held: Interval, hits: Sequence[NodeAddress]) -> str:
    meaning = f"means '{held}', for MetalLB drops the host bits, and " if drops_host_bits(entry.text, held) else ""
    listed = [_describe(node) for node in hits[:_LISTED]]
    more = [f"{len(hits) - _LISTED} more"] if len(hits) > _LISTED else []
    return f"Pool '{entry.pool}' entry '{entry.text}' {meaning}holds {_join([*listed, *more])}"


def _describe(node: NodeAddress) -> str:
    if node.type == "stated":
        return f"node address '{node.text}' ({node.reason})"
    return f"{node.type} '{node.text}' of node '{node.node}'"


def _consequence(entry: PoolEntry, hits: Sequence[NodeAddress]) -> str:
    address = "that address" if len(hits) == 1 and hits[0].interval.size == 1 else "such an address"
    automatic = entry.resource.get("spec", "autoAssign") is not False
    service = "a Service" if automatic else "a Service that names the pool (autoAssign is false)"
    return (
        f"Once {service} is given {address}, MetalLB announces it in place of the node, by ARP, NDP or BGP: "
        "the node goes NotReady and ssh connections to it are reset."
    )


def _way_out(free: Sequence[Interval]) -> str:
    if not free:
        return "Give the pool addresses that no node has."
    if len(free) <= _PIECES:
        pieces = _join([f"'{piece}'" for piece in free])
        return f"Leave the nodes out: {pieces}, where nothing else uses {'it' if len(free) == 1 else 'them'}."
    widest = max(free, key=lambda piece: piece.size)
    return f"Use a part without nodes, such as '{widest}', where nothing else uses it."


def _join(parts: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)
