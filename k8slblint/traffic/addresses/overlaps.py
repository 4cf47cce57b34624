"""What the entries of pools meet: nodes and networks of their cluster, and entries of other pools; one sweep answers for all.

Sources: metallb/metallb 7938d3f8 internal/config/config.go (`poolsFor` refuses entries that share an address, in one pool too);
cilium/cilium 023375f6 operator/pkg/lbipam/lbipam.go (of two pools that share an address the newer one serves nothing).
"""

from collections import defaultdict
from collections.abc import Sequence

from k8slblint.addresses import Interval, contains, overlap
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.scope import Scope
from k8slblint.traffic.addresses.pools import POOL_KINDS, PoolEntry, gives, implementation_of, is_ignored, pool_entries
from k8slblint.traffic.addresses.requests import all_ask_for_addresses
from k8slblint.traffic.addresses.space import Range, ranges_of
from k8slblint.traffic.addresses.sweep import first_met, meetings


class Meeting(NamedTuple):
    """An entry of a pool with the ranges of its cluster that it shares an address with, and gives that."""

    entry: PoolEntry
    ranges: tuple[Range, ...]


def met_by(pool: Resource, graph: ResourceGraph) -> list[Meeting]:
    """Return what the entries of a pool meet, in their order; entries that meet nothing are left out."""
    found = graph.derived_in(graph.scope(pool), _meetings)
    return [Meeting(entry, tuple(met)) for entry in pool_entries(pool) if (met := found.get(_key(entry)))]


def _key(entry: PoolEntry) -> tuple[int, Path]:
    return id(entry.resource), entry.path


def _meetings(graph: ResourceGraph, scope: Scope) -> dict[tuple[int, Path], list[Range]]:
    entries = [entry for entry, _ in graph.derived_in(scope, _entries)]
    ranges = ranges_of(graph, scope)
    found: dict[tuple[int, Path], list[Range]] = defaultdict(list)
    held = [interval for _, interval in graph.derived_in(scope, _entries)]
    for index, other in sorted(meetings(held, [one.interval for one in ranges])):
        if gives(entries[index].resource, overlap(held[index], ranges[other].interval)):
            found[_key(entries[index])].append(ranges[other])
    return found


def _entries(graph: ResourceGraph, scope: Scope) -> list[tuple[PoolEntry, Interval]]:
    """Return the entries of a cluster and environment that hold addresses, with these."""
    return [
        (entry, entry.range)
        for pool in graph.in_cluster(scope.cluster, *POOL_KINDS)
        if graph.scope(pool).environment == scope.environment and not is_ignored(pool, graph)
        for entry in pool_entries(pool)
        if isinstance(entry.range, Interval)
    ]


def is_asked_for(entry: PoolEntry, graph: ResourceGraph) -> bool:
    """Tell whether no Service gets an address of an entry by accident, as far as is known: each asks for its address.

    Where an entry is the whole network of the machines, that is the idea: so it is then where the manifests show no Service either.
    """
    lans = [one.interval for one in ranges_of(graph, graph.scope(entry.resource)) if one.role == "lan"]
    held = entry.range
    is_whole = isinstance(held, Interval) and any(contains(held, lan) for lan in lans)
    return all_ask_for_addresses(entry.resource, graph, if_none=is_whole)


class Clash(NamedTuple):
    """Two entries that share addresses: the later one with the earlier, and what they share."""

    entry: PoolEntry
    other: PoolEntry
    shared: Interval

    @property
    def is_of_one_controller(self) -> bool:
        """Whether one controller serves both pools."""
        return implementation_of(self.entry.resource) == implementation_of(self.other.resource)


def clashes_of(pool: Resource, graph: ResourceGraph) -> Sequence[Clash]:
    """Return where a pool clashes with an entry that is written before it, or with another of its own."""
    return graph.derived_in(graph.scope(pool), _clashes).get(id(pool), ())


def _clashes(graph: ResourceGraph, scope: Scope) -> dict[int, list[Clash]]:
    """Return the clashes by the pool that is written later: each entry with the one before it that reaches furthest."""
    entries = graph.derived_in(scope, _entries)
    found: dict[int, list[Clash]] = defaultdict(list)
    for one, other in first_met([interval for _, interval in entries]):
        later, earlier = max(one, other), min(one, other)
        shared = overlap(entries[later][1], entries[earlier][1])
        if shared is not None and not _are_one(entries[later][0], entries[earlier][0]):
            found[id(entries[later][0].resource)].append(Clash(entries[later][0], entries[earlier][0], shared))
    return found


def _are_one(entry: PoolEntry, other: PoolEntry) -> bool:
    """Tell whether two entries are of one object that is written twice, such as in a base and an overlay."""
    same = entry.resource.key == other.resource.key
    return same and entry.resource is not other.resource
