"""The address pools of MetalLB: their entries, where each is written, and which addresses it contains.

Sources: metallb 0.16 (`IPAddressPool`), 0.13 (`AddressPool`, gone since 0.14). The ConfigMap of 0.12, which 0.13 ignores, is not read.
"""

from typing import Any, NamedTuple, TypeAlias

from k8slblint.addresses import AddressError, PoolRange, parse_pool_entry
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import METALLB_POOL_KINDS
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource

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
    """Return the entries of all pools of one cluster, in reading order."""
    return [entry for pool in graph.in_cluster(cluster, *METALLB_POOL_KINDS) for entry in pool_entries(pool)]


def pool_entries(pool: Resource) -> list[PoolEntry]:
    """Return the entries of one `IPAddressPool` or `AddressPool`, located at `("spec", "addresses", i)`."""
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
