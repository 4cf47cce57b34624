"""Which infrastructure that serves several namespaces is in a namespace of an application.

Sources: Gateway API 1.6, roles and personas (infrastructure provider, cluster operator, application developer):
https://gateway-api.sigs.k8s.io/concepts/roles-and-personas/. Who may edit an object is decided by namespace, so namespaces stand for roles.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, ROUTE_KINDS
from k8slblint.graph.relations.backends import backends_of, service_of
from k8slblint.model.globs import matches_any
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence
from k8slblint.traffic.ownership.gateways import class_object_of
from k8slblint.traffic.policies.levels import Level, chains_above

_OPEN = ("All", "Selector")

_LONGEST = 63
"""How long the name of a namespace may be."""

_SEVERAL = 2


class Roles(NamedTuple):
    """What the user states: patterns of the namespaces of applications, and of those of infrastructure."""

    applications: Sequence[str]
    infrastructure: Sequence[str]


class Crossing(NamedTuple):
    """Infrastructure in a namespace of an application: where it opens to others (`guests` use it), and a route of the application.

    `application` is None where the user states what the namespace is.
    """

    path: Path
    namespace: str
    guests: tuple[str, ...]
    application: Resource | None
    confidence: Confidence


def crossing_of_gateway(gateway: Resource, roles: Roles, graph: ResourceGraph) -> Crossing | None:
    """Return how a Gateway in a namespace of an application serves other namespaces, None where it does not."""
    path = _opening(gateway)
    if path is None or gateway.namespace is None:
        return None
    guests = graph.derived(_guests).get(id(gateway), ())
    if _is_stated(gateway.namespace, roles.applications):
        return Crossing(path, gateway.namespace, guests, None, "high")
    application = _application(gateway, gateway.namespace, roles, graph)
    if application is None or not guests:
        return None
    is_divided = len(guests) >= _SEVERAL and _has_dedicated_gateways(gateway, graph)
    return Crossing(path, gateway.namespace, guests, application, "medium" if is_divided else "low")


def crossing_of_class(gateway_class: Resource, roles: Roles, graph: ResourceGraph) -> Crossing | None:
    """Return how the parameters of a GatewayClass are in a namespace of an application, None where they are not."""
    path = ("spec", "parametersRef", "namespace")
    namespace = gateway_class.get(*path)
    if not isinstance(namespace, str) or has_placeholder(namespace):
        return None
    users = [
        one.namespace
        for one in graph.in_cluster(graph.scope(gateway_class).cluster, GATEWAY)
        if class_object_of(one, graph) is gateway_class
    ]
    guests = tuple(dict.fromkeys(user for user in users if user is not None and user != namespace))
    if _is_stated(namespace, roles.applications):
        return Crossing(path, namespace, guests, None, "high")
    application = _application(gateway_class, namespace, roles, graph)
    if application is None or not guests:
        return None
    return Crossing(path, namespace, guests, application, "medium" if len(guests) >= _SEVERAL else "low")


def _opening(gateway: Resource) -> Path | None:
    """Return where a Gateway first allows routes of other namespaces."""
    for index, listener in enumerate(gateway.sequence("spec", "listeners")):
        path = ("allowedRoutes", "namespaces", "from")
        value: Any = listener
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        if value in _OPEN:
            return ("spec", "listeners", index, *path)
    return None


def _application(beside: Resource, namespace: str, roles: Roles, graph: ResourceGraph) -> Resource | None:
    """Return a route that leads to a Service of a namespace, which makes it one of an application unless its name says otherwise."""
    if namespace == "default" or _is_stated(namespace, roles.infrastructure):
        return None
    return graph.derived(_applications).get((graph.scope(beside).cluster, namespace))


def _is_stated(namespace: str, patterns: Sequence[str]) -> bool:
    return len(namespace) <= _LONGEST and "/" not in namespace and matches_any(namespace, patterns)


def _has_dedicated_gateways(gateway: Resource, graph: ResourceGraph) -> bool:
    """Tell whether another namespace of the cluster has Gateways and no application: somebody divides the roles there."""
    cluster = graph.scope(gateway).cluster
    applications = graph.derived(_applications)
    others = (one.namespace for one in graph.in_cluster(cluster, GATEWAY) if one.namespace not in (None, gateway.namespace))
    return any((cluster, namespace) not in applications for namespace in others)


def _applications(graph: ResourceGraph) -> Mapping[tuple[str, str | None], Resource]:
    """Return, by cluster and namespace, the first route that leads to a Service of its own namespace."""
    found: dict[tuple[str, str | None], Resource] = {}
    for route in graph.of_type(*ROUTE_KINDS):
        key = graph.scope(route).cluster, route.namespace
        if key not in found and any(
            _is_own(backend.namespace, route) and isinstance(service_of(backend, graph), Found) for backend in backends_of(route)
        ):
            found[key] = route
    return found


def _is_own(namespace: str | None, route: Resource) -> bool:
    return namespace in (None, route.namespace)


def _guests(graph: ResourceGraph) -> Mapping[int, tuple[str, ...]]:
    """Return, by Gateway, the other namespaces whose routes attach to it."""
    found: dict[int, dict[str, None]] = defaultdict(dict)
    for route in graph.of_type(*ROUTE_KINDS):
        for gateway in _gateways(route, graph):
            if route.namespace is not None and route.namespace != gateway.namespace:
                found[id(gateway)][route.namespace] = None
    return {key: tuple(names) for key, names in found.items()}


def _gateways(route: Resource, graph: ResourceGraph) -> Iterator[Resource]:
    yield from {id(chain.gateway): chain.gateway for chain in chains_above(Level(route), graph) if chain.is_certain}.values()
