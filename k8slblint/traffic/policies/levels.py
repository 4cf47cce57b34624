"""The levels at which policies reach a request, the most specific first: rule, route, listener, Gateway.

Sources: Gateway API 1.6 (GEP-713, GEP-1713); the order of Envoy Gateway d32f2829 `internal/gatewayapi/securitypolicy.go`
(a policy of a Gateway's listener does not reach the listeners of a ListenerSet), which the others share.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, LISTENER_SET_KINDS, ROUTE_KINDS
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.attachments import Attachment, attachments_of

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
    """The levels above one, the most specific first, for one way by which it is reached through a Gateway.

    `is_certain` tells that the way is known to be open.
    """

    gateway: Resource
    levels: tuple[Level, ...]
    is_certain: bool = True


def chains_above(level: Level, graph: ResourceGraph) -> Iterator[Chain]:
    """Yield the levels above a route, a rule, a listener or a ListenerSet, once for each listener that takes it or may take it."""
    resource = level.resource
    if resource.type_name == GATEWAY and level.section is not None:
        yield Chain(resource, (Level(resource),))
    elif resource.type_name in LISTENER_SET_KINDS:
        own = (Level(resource),) if level.section is not None else ()
        for gateway, is_certain in _gateways_of_set(resource, graph):
            yield Chain(gateway, (*own, Level(gateway)), is_certain)
    elif resource.type_name in ROUTE_KINDS:
        own = (Level(resource),) if level.section is not None else ()
        for chain in _chains_of_route(resource, graph):
            yield chain._replace(levels=(*own, *chain.levels))


def _chains_of_route(route: Resource, graph: ResourceGraph) -> Sequence[Chain]:
    known = graph.derived(_none_yet)
    if id(route) not in known:
        attachments = islice(attachments_of(route, graph), _MOST_PARENTS)
        known[id(route)] = tuple(chain for attachment in attachments for chain in _chains(attachment, graph))
    return known[id(route)]


def _none_yet(_: ResourceGraph) -> dict[int, tuple[Chain, ...]]:
    """Return what is worked out route by route, and kept."""
    return {}


def _chains(attachment: Attachment, graph: ResourceGraph) -> Iterator[Chain]:
    """Yield a chain for each listener to which a route attaches, or may attach."""
    holder = attachment.holder
    if holder is None or attachment.standing not in ("accepted", "unknown"):
        return
    is_sure = attachment.standing == "accepted"
    gateways = [(holder, True)] if holder.type_name == GATEWAY else list(_gateways_of_set(holder, graph))
    for gateway, is_certain in gateways:
        above = (Level(holder),) if holder is gateway else (Level(holder), Level(gateway))
        for listener in attachment.listeners[:_MOST_LISTENERS]:
            yield Chain(gateway, (Level(holder, listener.name), *above), is_sure and is_certain)


def _gateways_of_set(listener_set: Resource, graph: ResourceGraph) -> Iterator[tuple[Resource, bool]]:
    """Yield the Gateway of a ListenerSet, and whether it is certain to allow it."""
    for attachment in attachments_of(listener_set, graph):
        if attachment.holder is not None and attachment.standing in ("accepted", "unknown"):
            yield attachment.holder, attachment.standing == "accepted"
