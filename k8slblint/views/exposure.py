"""The view of exposure: entry points and workloads of each cluster, with the chain of reasons."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, INGRESS_KINDS, vendor_route_kinds
from k8slblint.graph.relations.workloads import workloads
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.reporting.excerpt import visible
from k8slblint.reporting.json import dump
from k8slblint.traffic.exposure import Exposure, Reach, exposure_of
from k8slblint.traffic.exposure.entry_points import EntryPoint, entry_points_of, exposure_by_route, exposure_of_workload
from k8slblint.traffic.exposure.vendor_ways import is_vendor_entry
from k8slblint.traffic.ownership import Ownership, ownership_of
from k8slblint.views.chart_values import balancers, named_values, unseen_in_words
from k8slblint.views.places import named, place

VERSION = 1
"""The version of the JSON that `as_json` writes; it grows when a field is removed or changes its meaning."""

REACHES: tuple[Reach, ...] = ("internet", "unknown", "internal", "node", "cluster")
"""In the order of the map: what needs a look comes first."""


class Entry(NamedTuple):
    """An entry point: a Service, an Ingress, a Gateway or a route of a vendor, who reconciles it, and from where it is reached."""

    resource: Resource
    owner: Ownership
    exposure: Exposure


class Reached(NamedTuple):
    """A workload, its widest exposure, and the ways into it from outside the cluster."""

    resource: Resource
    exposure: Exposure
    ways: Sequence[EntryPoint]


class Cluster(NamedTuple):
    """What is reached in one cluster, entry points and workloads each by reach, then in reading order.

    `values` are Services that values ask charts for which are not in the tree.
    """

    name: str
    entries: tuple[Entry, ...]
    workloads: tuple[Reached, ...]
    values: tuple[Entry, ...] = ()


def exposure_map(graph: ResourceGraph) -> tuple[Cluster, ...]:
    """Return what is reached from where, by cluster in reading order; what only its cluster reaches is in it too."""
    entries: dict[str, list[Entry]] = defaultdict(list)
    reached: dict[str, list[Reached]] = defaultdict(list)
    for resource in graph.of_type("Service", *INGRESS_KINDS, GATEWAY, *vendor_route_kinds()):
        if resource.type_name not in vendor_route_kinds() or is_vendor_entry(resource):
            entries[graph.scope(resource).cluster].append(Entry(resource, ownership_of(resource, graph), _exposure_of(resource, graph)))
    for workload in workloads(graph):
        ways = entry_points_of(workload, graph)
        reached[graph.scope(workload).cluster].append(Reached(workload, exposure_of_workload(workload, graph), ways))
    values: dict[str, list[Entry]] = defaultdict(list)
    for one in balancers(graph):
        values[graph.scope(one).cluster].append(Entry(one, ownership_of(one, graph), exposure_of(one, graph)))
    names = dict.fromkeys((*entries, *reached, *values))
    return tuple(Cluster(name, _in_order(entries[name]), _in_order(reached[name]), _in_order(values[name])) for name in names)


def _exposure_of(resource: Resource, graph: ResourceGraph) -> Exposure:
    """Return from where an entry point is reached; a Service of the cluster's own is reached as the routes that no Gateway here serves."""
    exposure = exposure_of(resource, graph)
    by_route = exposure_by_route(resource, graph) if exposure.reach == "cluster" else None
    return by_route or exposure


_Row = TypeVar("_Row", Entry, Reached)


def _in_order(rows: Sequence[_Row]) -> tuple[_Row, ...]:
    return tuple(sorted(rows, key=lambda row: (REACHES.index(row.exposure.reach), row.resource.order)))


def as_text(found: Sequence[Cluster], *, reasons: bool = False, everything: bool = False, unseen: int = 0) -> str:
    """Return the map as text; `reasons` gives the whole chain, `everything` also what only its own cluster reaches.

    `unseen` is how many deployers may open more.
    """
    lines = [line for cluster in found for line in _lines(cluster, reasons=reasons, everything=everything)]
    lines += unseen_in_words(unseen, "entry points")
    return "".join(visible(line) + "\n" for line in lines)


def _lines(cluster: Cluster, *, reasons: bool, everything: bool) -> Iterator[str]:
    entries = [entry for entry in cluster.entries if everything or entry.exposure.reach != "cluster"]
    reached = [row for row in cluster.workloads if everything or row.exposure.reach != "cluster"]
    hidden = len(cluster.entries) - len(entries), len(cluster.workloads) - len(reached)
    yield f"cluster '{cluster.name}'"
    for entry in entries:
        yield f"  {entry.exposure.reach:<8}  {named(entry.resource)}{_by(entry.owner)}"
        yield from _because(entry.exposure, reasons=reasons)
    for row in reached:
        yield f"  {row.exposure.reach:<8}  {named(row.resource)}"
        for way in row.ways:
            yield f"            {way.exposure.reach} through {_way(way)}"
    for entry in cluster.values:
        yield f"  {entry.exposure.reach:<8}  {named_values(entry.resource)}{_by(entry.owner)}"
        yield from _because(entry.exposure, reasons=reasons)
    if any(hidden):
        what = f"{_count(hidden[0], 'entry point')} and {_count(hidden[1], 'workload')}"
        yield f"  cluster   {what} reachable only in the cluster (--all shows them)"


def _by(owner: Ownership) -> str:
    return f", by {owner.names}" if owner.candidates else ""


def _because(exposure: Exposure, *, reasons: bool) -> Iterator[str]:
    for reason in exposure.reasons if reasons else exposure.reasons[-1:]:
        yield f"            because {reason}"


def _way(way: EntryPoint) -> str:
    if way.resource is way.workload:
        return f"its node: {way.exposure.reason}"
    through = f" and {way.service.id}" if way.service is not None and way.service is not way.resource else ""
    return f"{way.resource.id}{through}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"


def as_json(found: Sequence[Cluster]) -> str:
    """Return the whole map as JSON: `clusters` with `entry_points`, `workloads`, and `chart_values`, of charts that are not there."""
    clusters = [
        {
            "name": cluster.name,
            "entry_points": [_entry(entry) for entry in cluster.entries],
            "workloads": [_reached(row) for row in cluster.workloads],
            "chart_values": [_entry(entry) for entry in cluster.values],
        }
        for cluster in found
    ]
    return dump({"version": VERSION, "clusters": clusters})


def _entry(entry: Entry) -> dict[str, Any]:
    owner = {"verdict": entry.owner.verdict, "candidates": list(entry.owner.candidates), "confidence": entry.owner.confidence}
    return {**place(entry.resource), "owner": {**owner, "reasons": list(entry.owner.reasons)}, **_exposure(entry.exposure)}


def _reached(row: Reached) -> dict[str, Any]:
    ways = [
        {
            **place(way.resource),
            "service": None if way.service is None else str(way.service.id),
            "targets": [{"port": target.port, "protocol": target.protocol} for target in way.targets],
            **_exposure(way.exposure),
        }
        for way in row.ways
    ]
    return {**place(row.resource), **_exposure(row.exposure), "ways": ways}


def _exposure(exposure: Exposure) -> dict[str, Any]:
    return {"reach": exposure.reach, "confidence": exposure.confidence, "reasons": list(exposure.reasons)}
