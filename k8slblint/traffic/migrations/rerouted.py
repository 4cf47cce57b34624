"""Which requests of an Ingress that is gone go elsewhere, or nowhere, now that a route serves its hosts.

Not texts are compared but who takes a few requests at, below and beside each path, before and now; what cannot be decided is left out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from k8slblint.graph.answers import Absent, Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import vendor_route_kinds
from k8slblint.graph.relations.parents import parents_of
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.scope import Environment
from k8slblint.traffic.attachment.hostnames import EVERY
from k8slblint.traffic.exposure.vendor_ways import is_vendor_entry
from k8slblint.traffic.migrations.entries import HTTP_ROUTES, entries_of, ingresses_in, routes_in, service_names
from k8slblint.traffic.migrations.predecessors import gone_entries, taken_by
from k8slblint.traffic.migrations.readings import MOST_ENTRIES, Ordered, leads_to_https, ordered_ingresses, ordered_routes, shape_of, winner
from k8slblint.traffic.migrations.shapes import Shape, samples_of
from k8slblint.traffic.routing.forms import Entry

How: TypeAlias = Literal["dropped", "added", "moved", "every-host"]

_MOST_SHAPES = 64
"""How many entries of one host are compared: the work for each route has a bound."""


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
        left = [shape_of(one, graph) for one in ingresses_in(cluster, host, graph)[:MOST_ENTRIES] if one.source.kind != route.kind]
        before = ordered_ingresses(base.scope(former[0].source).cluster, host, base) if former else []
        after = ordered_routes(cluster, host, graph)
        told: tuple[How, ...] = tuple(how for how in _HOWS if not _may_be_served_otherwise(how, host, route, graph, base))
        for one in former if before and after else ():
            yield from (found for found in _of_entry(one, host, before, after, left, at) if found.how in told)


def _entries_for(host: str, sources: Iterable[Resource], graph: ResourceGraph) -> list[Entry]:
    return [one for source in sources for one in entries_of(source, graph) if one.host == host]


_HOWS: tuple[How, ...] = ("dropped", "added", "moved")


def _may_be_served_otherwise(how: How, host: str, route: Resource, graph: ResourceGraph, base: ResourceGraph) -> bool:
    """Tell whether something for a wildcard, or for every host, may take what nothing takes for a host: that differs by controller."""
    cluster = graph.scope(route).cluster
    wider = [one for one in _including(host) if one != host]
    if how == "added":
        return any(ingresses_in(cluster, one, base) for one in wider)
    others = (one for name in wider for one in routes_in(cluster, name, graph)[:MOST_ENTRIES] if not leads_to_https(one))
    return how == "dropped" and any(_share_a_gateway(route, one.source) for one in others)


def _share_a_gateway(route: Resource, other: Resource) -> bool:
    """Tell whether requests for two routes may arrive at the same place."""
    if not {route.type_name, other.type_name} <= set(HTTP_ROUTES):
        return route.kind == other.kind
    parents = [{(one.type_name, one.namespace, one.name) for one in parents_of(it)} for it in (route, other)]
    return not parents[0].isdisjoint(parents[1])


def _of_entry(former: Entry, host: str, before: Ordered, after: Ordered, left: Sequence[Shape | None], at: Path) -> Iterator[Rerouted]:
    shape = next((shape for entry, shape in before if entry is former), None)
    told: set[How] = set()
    for path in samples_of(shape) if shape is not None else ():
        if any(one is None or one.takes(path) for one in left):
            continue
        found = _compared(former, host, path, before, after, at)
        if found is not None and found.how not in told:
            told.add(found.how)
            yield found


def _compared(former: Entry, host: str, path: str, before: Ordered, after: Ordered, at: Path) -> Rerouted | None:
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
    if route.type_name not in HTTP_ROUTES or route.get("spec", "hostnames"):
        return
    scope = graph.scope(route)
    for entry in entries_of(route, graph):
        if entry.host != EVERY or entry.redirect is not None or entry.match.unread:
            continue
        for service in service_names(entry):
            for former in graph.derived(_gone_by_service).get((scope.cluster, scope.environment, service), ())[:_MOST_SHAPES]:
                is_open = not any(one.host == EVERY for one in entries_of(former.source, base))
                if is_open and not routes_in(scope.cluster, former.host, graph):
                    yield Rerouted("every-host", former.host, former.match.path, former, entry, ("spec", "parentRefs"))
                    return


_Service = tuple[str, Environment, tuple[str | None, str]]


def _gone_by_service(graph: ResourceGraph) -> Mapping[_Service, list[Entry]]:
    """Return the entries that are gone by cluster, environment and Service."""
    found: dict[_Service, list[Entry]] = {}
    for (cluster, environment, _), gone in graph.derived(gone_entries).items():
        for one in gone:
            for service in service_names(one):
                found.setdefault((cluster, environment, service), []).append(one)
    return found


def dropped_hosts(route: Resource, graph: ResourceGraph) -> list[tuple[str, Entry]]:
    """Return the hosts of Ingresses that are gone and that a route replaces for another host, which nothing serves now."""
    sources = dict.fromkeys(id(pair.former.source) for pair in taken_by(route, graph) if pair.is_gone)
    unserved = graph.derived(_unserved)
    return list({host: entry for source in sources for host, entry in reversed(unserved.get(source, ()))}.items())[::-1]


def _unserved(graph: ResourceGraph) -> Mapping[int, list[tuple[str, Entry]]]:
    """Return the hosts that nothing serves now, with the first entry for each, by the object that served them."""
    found: dict[int, list[tuple[str, Entry]]] = {}
    served = graph.derived(_hosts_of_routes)
    for (cluster, _, host), gone in graph.derived(gone_entries).items():
        if has_placeholder(host):
            continue
        names = served.get(cluster, frozenset())
        if not names.intersection(_including(host)) and not ingresses_in(cluster, host, graph):
            for source, entry in {id(one.source): one for one in reversed(gone)}.items():
                found.setdefault(source, []).append((host, entry))
    return found


def _including(host: str) -> Iterator[str]:
    """Yield the hosts that stand for a host, among others: itself, the wildcards of its domains, and the one of all hosts."""
    yield from (host, EVERY)
    labels = host.removeprefix("*.").split(".")
    yield from (f"*.{'.'.join(labels[index:])}" for index in range(1, len(labels)))


def _hosts_of_routes(graph: ResourceGraph) -> dict[str, frozenset[str]]:
    """Return the hosts that routes of each cluster serve; a redirect to HTTPS serves none."""
    found: dict[str, set[str]] = {}
    for route in graph.of_type(*HTTP_ROUTES, *vendor_route_kinds()):
        if route.standing == "deployed" and (route.type_name in HTTP_ROUTES or is_vendor_entry(route)):
            hosts = (one.host for one in entries_of(route, graph) if not leads_to_https(one))
            found.setdefault(graph.scope(route).cluster, set()).update(hosts)
    return {cluster: frozenset(hosts) for cluster, hosts in found.items()}
