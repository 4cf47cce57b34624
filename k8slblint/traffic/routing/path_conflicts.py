"""Which paths of Ingresses are served twice at one entry point, and who gets the requests.

Sources: kubernetes/ingress-nginx dbb11b92 `internal/ingress/controller/controller.go` (`getBackendServers`: the first by age;
`checkOverlap`: the webhook refuses a second one, except canaries); who wins elsewhere is in `precedence`.
"""

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from k8slblint.catalog.ingress_serving import serving_facts
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, INGRESS_KINDS, ROUTE_KINDS
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.routing.forms import Entry
from k8slblint.traffic.routing.gateway_routes import entries_of
from k8slblint.traffic.routing.ingress_routes import entries_of_ingress
from k8slblint.traffic.routing.precedence import Decider, decider, order_known_of
from k8slblint.traffic.routing.shared_hosts import SharedHost, shared_hosts
from k8slblint.traffic.workloads.alternatives import are_deployed_together

_MOST_COMPARED = 20
"""With how many earlier entries of the same path one is compared: files of samples may be independent of the first."""


class PathConflict(NamedTuple):
    """An entry whose requests another one gets too, or instead, at an entry point that both are served at.

    The other one comes first where only age decides and both are equally old. `refuses` tells that the controller's webhook refuses the
    younger of both. `decided_by` is `controller` where it was not read that the first one counts.
    """

    shared: SharedHost
    entry: Entry
    other: Entry
    decided_by: Decider
    refuses: bool

    @property
    def is_of_host(self) -> bool:
        """Whether the controller leaves the host to one object, whatever the paths."""
        return _is_of_host(self.other, self.entry)


def path_conflicts(source: object, graph: ResourceGraph) -> Sequence[PathConflict]:
    """Return the conflicts of an Ingress with entries that come before its own; worked out once for all."""
    return graph.derived(_by_source).get(id(source), ())


def is_bundle(source: Resource, graph: ResourceGraph) -> bool:
    """Tell whether an Ingress repeats paths of several others, to Services of the same names: what was split, or is to replace them.

    The whole and its parts are not applied together, whatever stands in one folder.
    """
    return len(graph.derived(_repeated).get(id(source), ())) >= _BUNDLED


_BUNDLED = 3
"""How many other Ingresses one repeats that is an alternative to them."""


def _repeated(graph: ResourceGraph) -> dict[int, set[int]]:
    """Return, by Ingress, the others of other files with a path of it that leads to a Service of the same name."""
    found: dict[int, set[int]] = defaultdict(set)
    for conflicts in graph.derived(_by_source).values():
        for one in conflicts:
            names = [{backend.name for backend in entry.backends} for entry in (one.entry, one.other)]
            if one.entry.source.path != one.other.source.path and names[0] == names[1]:
                found[id(one.entry.source)].add(id(one.other.source))
                found[id(one.other.source)].add(id(one.entry.source))
    return found


def _by_source(graph: ResourceGraph) -> dict[int, list[PathConflict]]:
    found: dict[int, list[PathConflict]] = defaultdict(list)
    for conflict in _with_routes(graph):
        found[id(conflict.entry.source)].append(conflict)
    for shared in shared_hosts(graph):
        for conflict in _conflicts(shared, graph):
            found[id(conflict.entry.source)].append(conflict)
    return found


def _conflicts(shared: SharedHost, graph: ResourceGraph) -> Iterator[PathConflict]:
    controllers = serving_facts().controllers
    certain = controllers.get(shared.controller or "")
    refuses = certain is not None and certain.refuses_second
    for entries in _rows(shared).values():
        for number, entry in enumerate(entries):
            earlier = entries[: min(number, _MOST_COMPARED)]
            other = next((one for one in earlier if _are_together(one, entry, graph)), None)
            if other is not None and (_differ(other, entry) or _is_of_host(other, entry)):
                decided_by = decider(other, entry, shared.controller) if _first_wins(shared) else "controller"
                yield PathConflict(shared, entry, other, decided_by, refuses and other.source is not entry.source)


def _first_wins(shared: SharedHost) -> bool:
    controllers = serving_facts().controllers
    return bool(shared.candidates) and all(name in controllers and controllers[name].first_wins for name in shared.candidates)


def _rows(shared: SharedHost) -> dict[object, list[Entry]]:
    """Return the entries of a host by what they match; all of them in one where a controller leaves the host to one object."""
    controllers = serving_facts().controllers
    is_default = any(name in controllers and controllers[name].prefix_is_default for name in shared.candidates)
    known = order_known_of(shared.controller)
    is_whole = known is not None and known.order == "one-object"
    found: dict[object, list[Entry]] = defaultdict(list)
    for entry in shared.entries:
        if _is_compared(entry):
            served = _as_served(entry, is_default=is_default)
            found[() if is_whole else served.match.requests].append(served)
    return found


def _is_compared(entry: Entry) -> bool:
    """Tell whether an entry says all by its path: no default backend, solver of certificates, canary, or condition elsewhere."""
    match, facts = entry.match, serving_facts()
    if match.unread or match.kind == "Any" or match.path.startswith(facts.solver_paths):
        return False
    return not any(str(key).startswith(facts.told_apart_by) for key in entry.source.annotations)


def _as_served(entry: Entry, *, is_default: bool) -> Entry:
    """Return an entry with its type of path as the controller takes it: ingress-nginx serves what is up to it as a prefix."""
    if not is_default or entry.match.kind != "ImplementationSpecific":
        return entry
    return entry._replace(match=entry.match._replace(kind="PathPrefix"))


def _differ(one: Entry, other: Entry) -> bool:
    """Tell whether requests go to different Services, as far as both name any."""
    ends = [{(backend.namespace, backend.name, str(backend.port)) for backend in entry.backends} for entry in (one, other)]
    return bool(ends[0] and ends[1]) and ends[0] != ends[1]


def _is_of_host(one: Entry, other: Entry) -> bool:
    return one.match.requests != other.match.requests


def _are_together(one: Entry, other: Entry, graph: ResourceGraph) -> bool:
    if one.source is other.source:
        return one.match.requests == other.match.requests
    return are_deployed_together(one.source, other.source, graph) and not _are_versions(one.source, other.source, graph)


def _are_versions(one: Resource, other: Resource, graph: ResourceGraph) -> bool:
    """Tell whether one of two files that lie side by side, in a tree that nothing divides or renders, holds all that the other has.

    Several matches that all are in another Ingress of the namespace are a smaller version of that, as in the steps of a lesson; a single
    one is a slip, and so is what an environment has.
    """
    is_beside = one.path != other.path and posixpath.dirname(one.path) == posixpath.dirname(other.path)
    scope = graph.scope(one)
    is_of_nobody = scope.division == "none" and scope.environment == "unknown" and one.namespace == other.namespace
    if not is_beside or not is_of_nobody or one.provenance or other.provenance:
        return False
    matches = graph.derived(_matches_of)
    smaller, larger = sorted((matches.get(id(one), frozenset()), matches.get(id(other), frozenset())), key=len)
    return len(smaller) >= _SEVERAL and smaller <= larger


def _matches_of(graph: ResourceGraph) -> dict[int, frozenset[tuple[str, object]]]:
    """Return the hosts and matches of each Ingress that has several."""
    found = {
        id(ingress): frozenset((entry.host, entry.match.requests) for entry in entries_of_ingress(ingress))
        for ingress in graph.of_type(*INGRESS_KINDS)
    }
    return {key: matches for key, matches in found.items() if len(matches) >= _SEVERAL}


_SEVERAL = 2


_Place: TypeAlias = tuple[str, str, str, str, object]
"""Cluster, environment, controller, host and what is matched."""


def _with_routes(graph: ResourceGraph) -> Iterator[PathConflict]:
    """Yield the paths of Ingresses that an HTTPRoute leads elsewhere, where one proxy serves both."""
    routes = graph.derived(_entries_of_routes)
    for ingress in graph.of_type(*INGRESS_KINDS) if routes else ():
        scope, controller = graph.scope(ingress), ownership_of(ingress, graph).controller or ""
        for entry in entries_of_ingress(ingress):
            others = routes.get((scope.cluster, scope.environment, controller, entry.host, entry.match.requests), ())
            for other in others[:_MOST_COMPARED] if _is_compared(entry) else ():
                if _differ(other, entry) and are_deployed_together(other.source, ingress, graph):
                    shared = SharedHost(entry.host, (other, entry), controller, frozenset((controller,)))
                    yield PathConflict(shared, entry, other, "controller", refuses=False)
                    break


def _entries_of_routes(graph: ResourceGraph) -> dict[_Place, list[Entry]]:
    """Return the matches of HTTPRoutes on Gateways whose controller serves Ingresses by the same proxy."""
    found: dict[_Place, list[Entry]] = defaultdict(list)
    controllers = serving_facts().controllers
    for route in graph.of_type(_HTTP_ROUTE):
        scope = graph.scope(route)
        for listener, entry in entries_of(route, graph):
            owner = (ownership_of(listener.source, graph).controller if listener.source.type_name == GATEWAY else None) or ""
            if owner in controllers and controllers[owner].one_proxy and not entry.match.unread and entry.backends:
                found[scope.cluster, scope.environment, owner, entry.host, entry.match.requests].append(entry)
    return found


_HTTP_ROUTE = ROUTE_KINDS[0]
