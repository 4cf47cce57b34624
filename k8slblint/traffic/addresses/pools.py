"""The address pools of MetalLB and Cilium: their entries, where each is written, and which addresses it contains.

Sources: metallb 0.16 (`IPAddressPool`), 0.13 (`AddressPool`, gone since 0.14), 0.12 (a ConfigMap, which 0.13 and later ignore);
cilium/cilium 023375f6 Documentation/network/lb-ipam.rst (`blocks`, formerly `cidrs`: a CIDR, or `start` and `stop`).
"""

from typing import Any, TypeAlias

from k8slblint.addresses import AddressError, Interval, PoolRange, parse_address, parse_cidr, parse_pool_entry
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import METALLB_POOL_KINDS
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import LEGACY_POOL, Resource

_OWN_KINDS = tuple(kind for kind in METALLB_POOL_KINDS if kind != LEGACY_POOL)

_ADDRESSES: Path = ("spec", "addresses")


class Unrendered(NamedTuple):
    """An entry that some tool fills in later, so that nothing is known of its addresses: the reason in one sentence."""

    reason: str


EntryRange: TypeAlias = PoolRange | Unrendered


class PoolEntry(NamedTuple):
    """One entry of a pool: its resource and path, the pool's name, the text as written, and the addresses it holds."""

    resource: Resource
    path: Path
    pool: str
    text: str
    range: EntryRange


def metallb_pools(graph: ResourceGraph, cluster: str) -> list[PoolEntry]:
    """Return the entries of all pools of one cluster, in reading order, without those that MetalLB surely ignores."""
    pools = graph.in_cluster(cluster, *METALLB_POOL_KINDS)
    return [entry for pool in pools if not is_ignored(pool, graph) for entry in pool_entries(pool)]


def is_ignored(pool: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a pool in a ConfigMap is a leftover: the cluster has pools of a MetalLB that ignores it."""
    return pool.type_name == LEGACY_POOL and bool(graph.in_cluster(graph.scope(pool).cluster, *_OWN_KINDS))


def pool_entries(pool: Resource) -> list[PoolEntry]:
    """Return the entries of one `IPAddressPool`, `AddressPool` or pool in a ConfigMap, located at `("spec", "addresses", i)`."""
    addresses = pool.get(*_ADDRESSES)
    if isinstance(addresses, str) and has_placeholder(addresses):
        return [_entry(pool, _ADDRESSES, pool.name, addresses)]
    return [_entry(pool, (*_ADDRESSES, index), pool.name, value) for index, value in enumerate(pool.sequence(*_ADDRESSES))]


def _entry(resource: Resource, path: Path, pool: str, value: Any) -> PoolEntry:
    return PoolEntry(resource, path, pool, value if isinstance(value, str) else str(value), _range(value))


def _range(value: Any) -> EntryRange:
    if not isinstance(value, str):
        return AddressError("is not a string")
    if has_placeholder(value):
        return Unrendered("the addresses of the pool are filled in by another tool")
    return parse_pool_entry(value)


def cilium_pool_entries(pool: Resource) -> list[PoolEntry]:
    """Return the entries of one `CiliumLoadBalancerIPPool`, located at `("spec", "blocks", i)` or `("spec", "cidrs", i)`."""
    return [
        PoolEntry(pool, ("spec", field, index), pool.name, _block_text(block), _block_range(block))
        for field in ("blocks", "cidrs")
        for index, block in enumerate(pool.sequence("spec", field))
    ]


def _block_text(block: object) -> str:
    if not isinstance(block, dict):
        return str(block)
    ends = [str(block[end]) for end in ("start", "stop") if block.get(end) is not None]
    return str(block["cidr"]) if isinstance(block.get("cidr"), str) else "-".join(ends)


def _block_range(block: object) -> EntryRange:
    if not isinstance(block, dict):
        return AddressError("is not a block")
    if has_placeholder(block):
        return Unrendered("the addresses of the pool are filled in by another tool")
    if isinstance(block.get("cidr"), str):
        return parse_cidr(block["cidr"]) or AddressError("is not a CIDR")
    first, last = (parse_address(block[end]) if isinstance(block.get(end), str) else None for end in ("start", "stop"))
    last = last or first
    is_range = first is not None and last is not None and first[0] == last[0] and first[1] <= last[1]
    return Interval(first[0], first[1], last[1]) if is_range and first and last else AddressError("is not a range of one family")
