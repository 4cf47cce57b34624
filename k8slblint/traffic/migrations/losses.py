"""What protected the entries of an Ingress, and does not protect what serves them instead."""

from collections.abc import Iterator

from k8slblint.catalog.protections import Family
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.exposure import exposure_of
from k8slblint.traffic.exposure.entry_points import edges_of
from k8slblint.traffic.exposure.verdict import Exposure
from k8slblint.traffic.migrations.entries import HTTP_ROUTES, ingresses_in, service_names
from k8slblint.traffic.migrations.predecessors import Taken, taken_by
from k8slblint.traffic.protections import guarding_of
from k8slblint.traffic.protections.losses import EQUAL, Lost, losses
from k8slblint.traffic.routing.forms import Entry

_BY_BACKEND: tuple[Family, ...] = EQUAL["authentication"]
"""What another Service may do itself, such as a proxy that asks for a login."""


class LostByMigration(NamedTuple):
    """A loss of an entry (`former`) of an Ingress that another object serves with `entry`; `is_gone`: instead of the Ingress."""

    former: Entry
    entry: Entry
    is_gone: bool
    lost: Lost


class Opened(NamedTuple):
    """An Ingress that only the internal network reached, and a Gateway from which the internet reaches the same host and path."""

    taken: Taken
    was: Exposure
    gateway: Resource
    becomes: Exposure


def lost_by_migration(source: Resource, graph: ResourceGraph) -> Iterator[LostByMigration]:
    """Yield what no longer protects the entries that an object takes over, each kind of protection once for each rule."""
    told: set[tuple[int, int, str]] = set()
    for pair in taken_by(source, graph):
        earlier = graph.base if pair.is_gone else graph
        if earlier is None:
            continue
        before = guarding_of(pair.former.source, earlier, pair.former.rule)
        for lost in losses(before, guarding_of(source, graph, pair.entry.rule)):
            key = id(pair.former.source), pair.entry.rule, lost.first.family
            if key not in told:
                told.add(key)
                yield LostByMigration(pair.former, pair.entry, pair.is_gone, _unless_by_backend(pair, lost))


def _unless_by_backend(pair: Taken, lost: Lost) -> Lost:
    old, new = service_names(pair.former), service_names(pair.entry)
    if lost.doubt or lost.first.family not in _BY_BACKEND or (old & new) or not new:
        return lost
    namespace, name = min((namespace or "", name) for namespace, name in new)
    return lost._replace(doubt=f"Service {namespace}/{name}, which answers now, may ask for a login itself")


def opened_by_migration(route: Resource, graph: ResourceGraph) -> Iterator[Opened]:
    """Yield the first entry that was internal and is reached from the internet through the Gateway of a route."""
    pairs = taken_by(route, graph) if route.type_name in HTTP_ROUTES else ()
    for pair in pairs:
        earlier = graph.base if pair.is_gone else graph
        was = exposure_of(pair.former.source, earlier) if earlier is not None else None
        if was is None or earlier is None or was.reach != "internal" or _has_wider(pair, earlier):
            continue
        found = ((edge, exposure) for edge, exposure in edges_of(route, graph) if exposure.reach == "internet")
        wider = next(found, None)
        if wider is not None:
            yield Opened(pair, was, *wider)
            return


def _has_wider(pair: Taken, graph: ResourceGraph) -> bool:
    """Tell whether another Ingress of the same host was reached from elsewhere than the internal network, or may have been."""
    cluster = graph.scope(pair.former.source).cluster
    return any(exposure_of(one.source, graph).reach != "internal" for one in ingresses_in(cluster, pair.former.host, graph))
