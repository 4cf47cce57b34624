"""Which requests of an Ingress that is gone go elsewhere, or nowhere, now that a route serves its hosts.

Not texts are compared but who takes a few requests at, below and beside each path, before and now; what cannot be decided is left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, TypeAlias

from k8slblint.graph.answers import Absent, Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.hostnames import EVERY, common
from k8slblint.traffic.migrations.entries import HTTP_ROUTES, entries_of, ingresses_in, routes_in, service_names
from k8slblint.traffic.migrations.predecessors import gone_entries, taken_by
from k8slblint.traffic.migrations.readings import in_order, shape_of, winner
from k8slblint.traffic.migrations.shapes import Shape, samples_of
from k8slblint.traffic.routing.forms import Entry

How: TypeAlias = Literal["dropped", "added", "moved", "every-host"]

_MOST_SHAPES = 64

_Ordered = list[tuple[Entry, Shape | None]]


class Rerouted(NamedTuple):
    """A request (`host` and `path`) of which something else becomes: nothing takes it now, nothing took it, another Service gets it.

    `former` is the entry of the Ingress, `now` the one that takes it now, None where none does; `at` is where to look in the route.
    `every-host` tells that the route serves all hosts, and the Ingress only its own.
    """

    how: How
    host: str
    path: str
    former: Entry
    now: Entry | None
    at: Path


def rerouted_by(route: Resource, graph: ResourceGraph) -> Iterator[Rerouted]:
    """Yield what becomes otherwise with the requests of Ingresses that a route replaces, one for each entry and way."""
    base = graph.base
    if base is None:
        return
    yield from _for_every_host(route, graph, base)
    pairs = [pair for pair in taken_by(route, graph) if pair.is_gone and pair.entry.match.kind != "Text"]
    sources = {id(pair.former.source): pair.former.source for pair in pairs}
    places = {pair.entry.host: pair.entry.at for pair in reversed(pairs)}
    for host, at in places.items():
        cluster = graph.scope(route).cluster
        former = [one for one in _entries_for(host, sources.values(), base) if one.match.kind != "Any"][:_MOST_SHAPES]
        left = [one for one in ingresses_in(cluster, host, graph) if one.source.kind != route.kind]
        before = in_order(ingresses_in(base.scope(former[0].source).cluster, host, base), base) if former else []
        after = in_order(routes_in(cluster, host, graph), graph)
        for one in former:
            yield from _of_entry(one, host, before, after, [shape_of(entry, graph) for entry in left], at)


def _entries_for(host: str, sources: Iterable[Resource], graph: ResourceGraph) -> list[Entry]:
    return [one for source in sources for one in entries_of(source, graph) if one.host == host]


def _of_entry(former: Entry, host: str, before: _Ordered, after: _Ordered, left: Sequence[Shape | None], at: Path) -> Iterator[Rerouted]:
    shape = next((shape for entry, shape in before if entry is former), None)
    told: set[How] = set()
    for path in samples_of(shape) if shape is not None else ():
        if any(one is None or one.takes(path) for one in left):
            continue
        found = _compared(former, host, path, before, after, at)
        if found is not None and found.how not in told:
            told.add(found.how)
            yield found


def _compared(former: Entry, host: str, path: str, before: _Ordered, after: _Ordered, at: Path) -> Rerouted | None:
    was, now = winner(path, before), winner(path, after)
    if isinstance(was, Found) and was.value is former and isinstance(now, Absent):
        return Rerouted("dropped", host, path, former, None, at)
    if isinstance(was, Absent) and isinstance(now, Found):
        return Rerouted("added", host, path, former, now.value, now.value.at)
    if isinstance(was, Found) and was.value is former and isinstance(now, Found):
        old, new = service_names(former), service_names(now.value)
        is_known = any(service_names(entry) & new for entry, _ in before)  # else it is a new name of the same
        if old and new and not old & new and is_known:
            return Rerouted("moved", host, path, former, now.value, now.value.at)
    return None


def _for_every_host(route: Resource, graph: ResourceGraph, base: ResourceGraph) -> Iterator[Rerouted]:
    """Yield that a route without hosts replaces an Ingress with hosts: it leads to a Service of it, and nothing else serves these hosts."""
    entries = [one for one in entries_of(route, graph) if one.host == EVERY and one.redirect is None and not one.match.unread]
    if not entries or route.type_name not in HTTP_ROUTES:
        return
    scope = graph.scope(route)
    for (cluster, environment, host), gone in graph.derived(gone_entries).items():
        if (cluster, environment) != (scope.cluster, scope.environment) or any(one.host == EVERY for one in gone):
            continue
        for former in gone:
            entry = next((one for one in entries if service_names(one) & service_names(former)), None)
            is_open = not any(one.host == EVERY for one in entries_of(former.source, base))
            if entry is not None and is_open and not routes_in(cluster, host, graph):
                yield Rerouted("every-host", host, former.match.path, former, entry, ("spec", "parentRefs"))
                return


def dropped_hosts(route: Resource, graph: ResourceGraph) -> list[tuple[str, Entry]]:
    """Return the hosts of Ingresses that are gone and that a route replaces for another host, which nothing serves now."""
    sources = {id(pair.former.source) for pair in taken_by(route, graph) if pair.is_gone}
    if not sources:
        return []
    scope = graph.scope(route)
    served = _served_hosts(scope.cluster, graph)
    found: dict[str, Entry] = {}
    for (cluster, environment, host), gone in graph.derived(gone_entries).items():
        if (cluster, environment) == (scope.cluster, scope.environment) and not any(common(one, host) for one in served):
            former = next((one for one in gone if id(one.source) in sources), None)
            if former is not None and not ingresses_in(cluster, host, graph):
                found.setdefault(host, former)
    return list(found.items())


def _served_hosts(cluster: str, graph: ResourceGraph) -> frozenset[str]:
    return graph.derived(_hosts_of_routes).get(cluster, frozenset())


def _hosts_of_routes(graph: ResourceGraph) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for route in graph.of_type(*HTTP_ROUTES):
        found.setdefault(graph.scope(route).cluster, set()).update(one.host for one in entries_of(route, graph))
    return {cluster: frozenset(hosts) for cluster, hosts in found.items()}
