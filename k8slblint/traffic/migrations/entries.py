"""What routes serve, by host: also those whose Gateway is not in the manifests, and of Traefik's routes what their rules say."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from k8slblint.catalog.vendor_routes import VendorRoute, vendor_routes
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS, vendor_route_kinds
from k8slblint.graph.relations.backends import Backend
from k8slblint.graph.relations.vendor_routes import vendor_backends_of
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.attachments import attached_listeners
from k8slblint.traffic.exposure.vendor_ways import is_vendor_entry
from k8slblint.traffic.routing.forms import Entry
from k8slblint.traffic.routing.gateway_routes import rules_of
from k8slblint.traffic.routing.ingress_routes import entries_of_ingress, entries_of_vendor, match_of
from k8slblint.traffic.routing.rule_texts import matches_of_rule

HTTP_ROUTES = ("HTTPRoute.gateway.networking.k8s.io", "GRPCRoute.gateway.networking.k8s.io")

_MOST_ENTRIES = 2048


def former_kinds() -> tuple[str, ...]:
    """Return the kinds whose objects a route may replace: Ingresses, and the routes of Traefik, of which hosts and paths are read."""
    return *INGRESS_KINDS, *(
        kind for kind, known in vendor_routes().items() if known.entry_points is not None and _SPEAKS in _speaks(known)
    )


_SPEAKS = "http"


def _speaks(known: VendorRoute) -> set[str]:
    return {row.speaks for row in known.backends}


def entries_of(source: Resource, graph: ResourceGraph) -> Sequence[Entry]:
    """Return what an Ingress or a route serves, whoever it attaches to; worked out once for each."""
    known = graph.derived(_none_yet)
    if id(source) not in known:
        known[id(source)] = tuple(islice(_entries(source, graph), _MOST_ENTRIES))
    return known[id(source)]


def _none_yet(_: ResourceGraph) -> dict[int, tuple[Entry, ...]]:
    return {}


def _entries(source: Resource, graph: ResourceGraph) -> Iterator[Entry]:
    if source.type_name in INGRESS_KINDS:
        yield from _of_ingress(source)
    elif source.type_name in HTTP_ROUTES:
        yield from _of_route(source, graph)
    elif source.type_name in former_kinds():
        yield from _of_rules(source)
    else:
        yield from entries_of_vendor(source, graph)


def _of_ingress(ingress: Resource) -> Iterator[Entry]:
    """Yield the entries of an Ingress, also for hosts with placeholders: within one cluster, equal texts stand for equal hosts."""
    for entry in entries_of_ingress(ingress):
        yield entry._replace(match=match_of(ingress.get(*entry.at))) if has_placeholder(entry.host) else entry


def _of_route(route: Resource, graph: ResourceGraph) -> Iterator[Entry]:
    for host in hosts_of_route(route, graph):
        for rule in rules_of(route, graph):
            for at, match in rule.matches:
                yield Entry(route, rule.number, at, host, match, rule.backends, rule.redirect, rule.outcome)


def hosts_of_route(route: Resource, graph: ResourceGraph) -> list[str]:
    """Return the hosts of a route of Gateway API: its own, else those of the listeners that it certainly attaches to."""
    written = route.get("spec", "hostnames")
    if isinstance(written, list) and written:
        return list(dict.fromkeys(host.lower() for host in written if isinstance(host, str)))
    return list(dict.fromkeys(listener.hostname.lower() for listener in attached_listeners(route, graph)))


def _of_rules(route: Resource) -> Iterator[Entry]:
    """Yield what the rules of a route of Traefik say; those of a rule have the Services of that rule."""
    backends: dict[object, list[Backend]] = defaultdict(list)
    for found in vendor_backends_of(route):
        backends[found.backend.path[2]].append(found.backend)
    for index, one in enumerate(route.sequence("spec", "routes")):
        for said in matches_of_rule(one.get("match") if isinstance(one, dict) else None):
            at = ("spec", "routes", index, "match")
            yield Entry(route, index, at, said.host, said.match, tuple(backends.get(index, ())), None, one)


def routes_in(cluster: str, host: str, graph: ResourceGraph) -> Sequence[Entry]:
    """Return the entries of all routes of a cluster for a host, in reading order."""
    return graph.derived(_by_host).get((cluster, host), ())


def _by_host(graph: ResourceGraph) -> Mapping[tuple[str, str], list[Entry]]:
    found: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for route in graph.of_type(*HTTP_ROUTES, *vendor_route_kinds()):
        if route.standing == "deployed" and (route.type_name in HTTP_ROUTES or is_vendor_entry(route)):
            for entry in entries_of(route, graph):
                found[graph.scope(route).cluster, entry.host].append(entry)
    return found


def ingresses_in(cluster: str, host: str, graph: ResourceGraph) -> Sequence[Entry]:
    """Return the entries of all Ingresses of a cluster, and of the routes of Traefik, for a host, in reading order."""
    return graph.derived(_ingresses_by_host).get((cluster, host), ())


def _ingresses_by_host(graph: ResourceGraph) -> Mapping[tuple[str, str], list[Entry]]:
    found: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for ingress in graph.of_type(*former_kinds()):
        if ingress.standing == "deployed":
            for entry in entries_of(ingress, graph):
                found[graph.scope(ingress).cluster, entry.host].append(entry)
    return found


def service_names(entry: Entry) -> frozenset[tuple[str | None, str]]:
    """Return namespace and name of the Services that an entry leads to."""
    return frozenset((backend.namespace, backend.name) for backend in entry.backends)
