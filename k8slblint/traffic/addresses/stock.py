"""The pools of one controller in one cluster, with indexes: by name, and by the addresses that they hold."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from itertools import accumulate

from k8slblint.addresses import Interval, contains
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.addresses.pools import POOL_KINDS, PoolEntry, Unrendered, implementation_of, is_ignored, pool_entries


class Stock(NamedTuple):
    """Pools in reading order with their entries by identity; `is_readable` tells that no entry is filled in later.

    `held` are the intervals of all entries with their pools in the order of addresses, `furthest` the last address that any of those up to
    each of them has, of its family.
    """

    pools: tuple[Resource, ...]
    entries: Mapping[int, tuple[PoolEntry, ...]]
    by_name: Mapping[str, tuple[Resource, ...]]
    is_readable: bool
    held: tuple[tuple[Interval, Resource], ...]
    furthest: tuple[tuple[int, int], ...]

    def holders(self, address: Interval) -> list[Resource]:
        """Return the pools that hold an address, each once, in reading order."""
        index = bisect_right(self.held, (address.family, address.first), key=lambda one: (one[0].family, one[0].first)) - 1
        found: dict[int, Resource] = {}
        while index >= 0 and self.furthest[index] >= (address.family, address.first):
            interval, pool = self.held[index]
            if contains(interval, address):
                found[id(pool)] = pool
            index -= 1
        return [pool for pool in self.pools if id(pool) in found] if len(found) > 1 else list(found.values())

    def ranges_of(self, pool: Resource) -> list[Interval]:
        """Return the intervals of the entries of a pool that can be read."""
        return [entry.range for entry in self.entries.get(id(pool), ()) if isinstance(entry.range, Interval)]


def stock_of(graph: ResourceGraph, cluster: str, controller: str) -> Stock:
    """Return the pools of a controller in a cluster; worked out once for all."""
    return graph.derived(_stocks).get((cluster, controller), _NOTHING)


_NOTHING = Stock((), {}, {}, is_readable=True, held=(), furthest=())


def _stocks(graph: ResourceGraph) -> dict[tuple[str, str], Stock]:
    pools: dict[tuple[str, str], list[tuple[Resource, tuple[PoolEntry, ...]]]] = defaultdict(list)
    for pool in graph.of_type(*POOL_KINDS):
        entries = tuple(pool_entries(pool))
        if entries and not is_ignored(pool, graph):
            pools[graph.scope(pool).cluster, implementation_of(pool)].append((pool, entries))
    return {key: _stock(found) for key, found in pools.items()}


def _stock(found: list[tuple[Resource, tuple[PoolEntry, ...]]]) -> Stock:
    by_name: dict[str, list[Resource]] = defaultdict(list)
    for pool, _ in found:
        by_name[pool.name].append(pool)
    ranges = [(entry.range, pool) for pool, entries in found for entry in entries if isinstance(entry.range, Interval)]
    held = tuple(sorted(ranges, key=lambda one: one[0]))
    return Stock(
        tuple(pool for pool, _ in found),
        {id(pool): entries for pool, entries in found},
        {name: tuple(named) for name, named in by_name.items()},
        is_readable=not any(isinstance(entry.range, Unrendered) for _, entries in found for entry in entries),
        held=held,
        furthest=tuple(accumulate(((interval.family, interval.last) for interval, _ in held), max)),
    )
