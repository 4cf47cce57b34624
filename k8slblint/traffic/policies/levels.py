"""The levels at which policies reach a request, the most specific first: rule, route, listener, Gateway.

Sources: Gateway API 1.6 (GEP-713, GEP-1713); the order of Envoy Gateway d32f2829 `internal/gatewayapi/securitypolicy.go`
(a policy of a Gateway's listener does not reach the listeners of a ListenerSet), which the others share.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, LISTENER_SET, ROUTE_KINDS
from k8slblint.graph.relations.backends import text_or
from k8slblint.graph.relations.parents import ParentReference, gateways_of
from k8slblint.graph.relations.twins import nearest_twin
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource

_CARRIED = {
    "HTTP": ("HTTPRoute", "GRPCRoute"),
    "HTTPS": ("HTTPRoute", "GRPCRoute"),
    "TLS": ("TLSRoute", "TCPRoute"),
    "TCP": ("TCPRoute",),
    "UDP": ("UDPRoute",),
}
"""Which routes a listener takes, by its protocol."""

_MOST_PARENTS, _MOST_LISTENERS = 32, 64
"""What the CRDs allow; more are not read."""


class Level(NamedTuple):
    """An object, or one listener or rule of it (`section`), that a policy can attach to."""

    resource: Resource
    section: str | None = None

    @property
    def place(self) -> tuple[str, str | None, str, str | None]:
        """Return what a policy attaches to."""
        return self.resource.type_name, self.resource.namespace, self.resource.name, self.section


class Chain(NamedTuple):
    """The levels above one, the most specific first, for one way by which it is reached through a Gateway."""

    gateway: Resource
    levels: tuple[Level, ...]


def chains_above(level: Level, graph: ResourceGraph) -> Iterator[Chain]:
    """Yield the levels above a route, a rule, a listener or a ListenerSet, once for each listener that takes it."""
    resource = level.resource
    if resource.type_name == GATEWAY and level.section is not None:
        yield Chain(resource, (Level(resource),))
    elif resource.type_name == LISTENER_SET:
        gateway = _gateway_of_set(resource, graph)
        if gateway is not None:
            own = (Level(resource),) if level.section is not None else ()
            yield Chain(gateway, (*own, Level(gateway)))
    elif resource.type_name in ROUTE_KINDS:
        own = (Level(resource),) if level.section is not None else ()
        for chain in _attachments_of(resource, graph):
            yield chain._replace(levels=(*own, *chain.levels))


def _attachments_of(route: Resource, graph: ResourceGraph) -> Sequence[Chain]:
    known = graph.derived(_no_attachments)
    if id(route) not in known:
        known[id(route)] = tuple(_attachments(route, graph))
    return known[id(route)]


def _no_attachments(_: ResourceGraph) -> dict[int, tuple[Chain, ...]]:
    """Return what is worked out route by route, and kept."""
    return {}


def _attachments(route: Resource, graph: ResourceGraph) -> Iterator[Chain]:
    for parent, answer in islice(gateways_of(route, graph), _MOST_PARENTS):
        if not isinstance(answer, Found) or parent.type_name not in (GATEWAY, LISTENER_SET):
            continue
        holder = answer.value
        gateway = holder if holder.type_name == GATEWAY else _gateway_of_set(holder, graph)
        if gateway is None:
            continue
        above = (Level(holder),) if holder is gateway else (Level(holder), Level(gateway))
        for listener in holder.sequence("spec", "listeners")[:_MOST_LISTENERS]:
            if isinstance(listener, dict) and _takes(listener, holder, parent):
                yield Chain(gateway, (Level(holder, text_or(listener.get("name"), "")), *above))


def _gateway_of_set(listener_set: Resource, graph: ResourceGraph) -> Resource | None:
    parent = listener_set.mapping("spec", "parentRef")
    name = parent.get("name")
    if not isinstance(name, str):
        return None
    namespace = text_or(parent.get("namespace"), listener_set.namespace)
    found = graph.named(graph.scope(listener_set).cluster, GATEWAY, namespace, name)
    return nearest_twin(found, listener_set, graph) if found is not None else None


def _takes(listener: Mapping[str, Any], holder: Resource, parent: ParentReference) -> bool:
    """Tell whether a listener may take a route: by name, port, protocol, namespace and host name; what is not known does not exclude it."""
    if parent.section_name not in (None, listener.get("name")) or parent.port not in (None, listener.get("port")):
        return False
    carried = _CARRIED.get(str(listener.get("protocol")))
    if carried is not None and parent.route.kind not in carried:
        return False
    allowed = listener.get("allowedRoutes")
    namespaces = allowed.get("namespaces") if isinstance(allowed, dict) else None
    origin = namespaces.get("from") if isinstance(namespaces, dict) else None
    if origin in (None, "Same") and parent.route.namespace != holder.namespace:
        return False
    return _shares_host(listener.get("hostname"), parent.route.sequence("spec", "hostnames"))


def _shares_host(own: object, hosts: list[Any]) -> bool:
    names = [host for host in hosts if isinstance(host, str)]
    if not isinstance(own, str) or not own or not names:
        return True
    return any(_includes(own, name) or _includes(name, own) for name in names)


def _includes(wide: str, name: str) -> bool:
    """Tell whether a host name is another one, or a wildcard that stands for it or for a wildcard below it."""
    return wide == name or (wide.startswith("*.") and name.removeprefix("*").endswith(wide[1:]))
