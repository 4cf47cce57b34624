"""Whether routes are served by more cloud load balancers than the Ingresses that they replace.

A shared proxy has one load balancer for the Ingresses of all namespaces; a Gateway has one of its own, unless its implementation joins
several. Counted is what the controllers build, as `traffic/balancers` knows it.
"""

from collections.abc import Iterator, Mapping

from k8slblint.graph.answers import Absent
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, INGRESS_KINDS, LISTENER_SET_KINDS
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.attachments import attachments_of
from k8slblint.traffic.balancers.groups import LoadBalancer, budget_key, cloud_load_balancers
from k8slblint.traffic.migrations.entries import HTTP_ROUTES
from k8slblint.traffic.migrations.predecessors import taken_by
from k8slblint.traffic.ownership import ownership_of


class MoreBalancers(NamedTuple):
    """New load balancers by their Gateways, in reading order, and the Ingresses that `before` load balancers served."""

    gateways: tuple[Resource, ...]
    formers: tuple[Resource, ...]
    before: int


def more_balancers(route: Resource, graph: ResourceGraph) -> MoreBalancers | None:
    """Return that the routes of a cluster need more load balancers than their Ingresses did, at the first of these routes alone."""
    return graph.derived(_grown).get(id(route)) if graph.base is not None else None


def _grown(graph: ResourceGraph) -> Mapping[int, MoreBalancers]:
    """Return by the first route of each cluster what has grown there."""
    routes: dict[tuple[str, str], list[Resource]] = {}
    for route in graph.of_type(*HTTP_ROUTES):
        if route.standing == "deployed" and any(pair.is_gone for pair in taken_by(route, graph)):
            routes.setdefault(budget_key(graph.scope(route)), []).append(route)
    found = ((group, _compared(group, graph)) for group in routes.values())
    return {id(group[0]): more for group, more in found if more is not None}


def _compared(routes: list[Resource], graph: ResourceGraph) -> MoreBalancers | None:
    if graph.base is None:
        return None
    served_by = {id(one) for route in routes for one in _gateways_of(route, graph)}
    balancers = cloud_load_balancers(graph, graph.scope(routes[0]))
    new = [one for one in balancers if _is_new(one, graph) and any(id(member) in served_by for member in one.members)]
    formers = {id(pair.former.source): pair.former.source for route in routes for pair in taken_by(route, graph) if pair.is_gone}
    count = len({_balancer_of(former, graph.base) for former in formers.values()})
    gateways = tuple(next(member for member in one.members if id(member) in served_by) for one in new)
    return MoreBalancers(gateways, tuple(formers.values()), count) if len(new) > count else None


def _gateways_of(route: Resource, graph: ResourceGraph) -> Iterator[Resource]:
    """Yield the Gateways that certainly take a route, also through a ListenerSet that they take."""
    for one in attachments_of(route, graph):
        if one.standing != "accepted" or one.holder is None:
            continue
        if one.holder.type_name in LISTENER_SET_KINDS:
            yield from _gateways_of(one.holder, graph)
        elif one.holder.type_name == GATEWAY:
            yield one.holder


def _is_new(balancer: LoadBalancer, graph: ResourceGraph) -> bool:
    return all(isinstance(graph.counterpart(member), Absent) for member in balancer.members)


def _balancer_of(ingress: Resource, graph: ResourceGraph) -> object:
    """Return what tells the load balancer of an Ingress from others: that of the cloud, or that of the proxy which serves its class.

    Where it is not known who serves an Ingress, it counts for itself.
    """
    own = graph.derived(_firsts).get(id(ingress))
    owner = ownership_of(ingress, graph)
    return own or ((owner.candidates, owner.class_name) if owner.verdict == "owned" else ingress.key)


def _firsts(graph: ResourceGraph) -> Mapping[int, object]:
    """Return the key of the first member of a load balancer by each Ingress of it."""
    scopes = {budget_key(graph.scope(one)): graph.scope(one) for one in graph.of_type(*INGRESS_KINDS)}
    balancers = (one for scope in scopes.values() for one in cloud_load_balancers(graph, scope))
    return {id(member): one.first.key for one in balancers for member in one.members}
