"""Workloads that become reachable from elsewhere although no entry point changes: a selector or a label did."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import WORKLOAD_KINDS
from k8slblint.model.difference import Side
from k8slblint.model.resource import Resource
from k8slblint.model.rule import least
from k8slblint.traffic.differences.facts import Fact, change_of, direction_of, spot_of
from k8slblint.traffic.differences.pairs import Pair, Pairs
from k8slblint.traffic.exposure import Exposure
from k8slblint.traffic.exposure.entry_points import EntryPoint, entry_points_of, exposure_of_workload

_NOTHING = Exposure("cluster", "high", ("it is not there",))


def workload_facts(pairs: Pairs, told: AbstractSet[int], graph: ResourceGraph, base: ResourceGraph) -> Iterator[Fact]:
    """Yield the workloads whose widest reach changes; `told` are ids of entry points that explain it."""
    for pair in pairs.of_kinds(*WORKLOAD_KINDS):
        was, becomes = _exposure(pair.before, base), _exposure(pair.after, graph)
        if was.reach == becomes.reach:
            continue
        ways = [*_ways(pair.before, base), *_ways(pair.after, graph)]
        parts = (part for way in ways for part in (way.resource, way.source, way.service, way.workload) if part is not None)
        if not any(id(part) in told for part in parts):
            yield _fact(pair, was, becomes, ways)


def _exposure(workload: Resource | None, graph: ResourceGraph) -> Exposure:
    return exposure_of_workload(workload, graph) if workload is not None else _NOTHING


def _ways(workload: Resource | None, graph: ResourceGraph) -> list[EntryPoint]:
    return list(entry_points_of(workload, graph)) if workload is not None else []


def _fact(pair: Pair, was: Exposure, becomes: Exposure, ways: list[EntryPoint]) -> Fact:
    unknown = next((exposure for exposure in (becomes, was) if exposure.reach == "unknown"), None)
    doubt = unknown.reason if unknown is not None else pair.doubt
    through = dict.fromkeys(str(way.resource.id) for way in ways)
    return Fact(
        "workload",
        change_of(pair.before, pair.after),
        "neutral" if doubt else direction_of(was.reach, becomes.reach),
        pair.scope,
        spot_of(pair.after),
        spot_of(pair.before),
        Side(was.reach) if pair.before is not None else None,
        Side(becomes.reach) if pair.after is not None else None,
        confidence=least("medium", was.confidence, becomes.confidence),
        reason=doubt or (becomes if pair.after is not None else was).reason,
        note=f"through {', '.join(list(through)[:3])}" if through else "",
        is_decided=not doubt,
    )
