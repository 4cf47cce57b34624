"""Which ways to a workload bypass the Ingress or Gateway that routes to the same port of its Pods."""

import os
from collections.abc import Iterator

from k8slblint.catalog.migration import dialect_of
from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.containers import container_port_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import ROUTE_KINDS
from k8slblint.graph.relations.twins import goes_with, rival_of
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, least
from k8slblint.traffic.balancers.ingresses import ingress_load_balancer, why_node_port_is_needed
from k8slblint.traffic.balancers.node_ports import are_deployed_together
from k8slblint.traffic.exposure.entry_points import EntryPoint, Target, entry_points_of, entry_points_through
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.workloads.proxies import edge_proxy_in, is_proxy_in_cluster


class WayAround(NamedTuple):
    """A Service's own way to a port of the Pods (`own`) beside that through an Ingress or Gateway (`edge`), and the port of each.

    `confidence` is how sure it is that both are deployed.
    """

    own: EntryPoint
    edge: EntryPoint
    target: Target
    confidence: Confidence


def ways_around(service: Resource, graph: ResourceGraph) -> Iterator[WayAround | Unknown]:
    """Yield, for each port and edge, how a Service of type LoadBalancer or NodePort leads around it; unknown where the edge may need it."""
    seen: set[tuple[object, int]] = set()
    for own in entry_points_through(service, graph):
        if edge_proxy_in(own.workload) is not None:
            continue  # the edge itself
        for edge in entry_points_of(own.workload, graph):
            found = _around(own, edge, graph) if edge.source is not None and edge.resource.type_name not in ROUTE_KINDS else None
            if isinstance(found, Unknown):
                yield found
            elif found is not None and (found.value.target.path, id(edge.resource)) not in seen:
                seen.add((found.value.target.path, id(edge.resource)))
                yield found.value


_REDIRECTS = ("permanent-redirect", "temporal-redirect")
"""Roles of keys with which an Ingress answers every request itself."""


def may_only_redirect(edge: EntryPoint, graph: ResourceGraph) -> bool:
    """Tell whether an edge is an Ingress that a product which may serve it answers with a redirect, so that no traffic passes it.

    Source: kubernetes/ingress-nginx dbb11b92 `rootfs/etc/nginx/template/nginx.tmpl` (`return` in the location).
    """
    if edge.source is None or edge.source.kind != "Ingress":
        return False
    dialects = map(dialect_of, ownership_of(edge.source, graph).candidates)
    keys = (dialect.keys.get(role) for dialect in dialects if dialect is not None for role in _REDIRECTS)
    return any(key is not None and edge.source.annotations.get(key) for key in keys)


def _around(own: EntryPoint, edge: EntryPoint, graph: ResourceGraph) -> Found[WayAround] | Unknown | None:
    target = _shared(own, edge)
    confidence = _together(own.resource, edge, graph) if target is not None else None
    if target is None or confidence is None:
        return None
    rival = rival_of(own.resource, edge.source, graph) if edge.source is not None else None
    if rival is not None:
        return Unknown(f"'{rival.path}' defines {own.resource.id} otherwise, and only one of them is deployed beside {edge.resource.id}")
    if own.resource.get("spec", "type") != "LoadBalancer":
        needed = _needs_node_ports(own.resource, edge, graph)
        if isinstance(needed, Unknown) or needed:
            return needed if isinstance(needed, Unknown) else None
    return Found(WayAround(own, edge, target, confidence))


def _shared(own: EntryPoint, edge: EntryPoint) -> Target | None:
    """Return the port of the Service that leads to a port of the Pods to which the edge leads too."""
    wanted = {_port_of(target, edge.workload) for target in edge.targets} - {None}
    return next((target for target in own.targets if _port_of(target, own.workload) in wanted), None)


def _port_of(target: Target, workload: Resource) -> tuple[int, str] | None:
    """Return a container port by its number, None for a name that no container declares: nothing arrives there; protocols are apart."""
    declared = container_port_of(workload, target.port)
    number = workload.get(*declared, "containerPort") if declared is not None else target.port
    return (number, target.protocol) if isinstance(number, int) else None


def _together(service: Resource, edge: EntryPoint, graph: ResourceGraph) -> Confidence | None:
    """Return how sure it is that all on both ways is deployed at once; None for alternatives, and for samples side by side."""
    others = [one for one in (edge.source, edge.service, edge.workload) if one is not None and one is not service]
    if edge.service is not None and edge.service is not service and edge.service.id == service.id:
        return None  # one of two definitions is deployed, not both
    if not all(goes_with(service, other, graph) for other in others):
        return None
    found = [_pair(service, other, graph) for other in others]
    sure = [one for one in found if one is not None]
    return least(*sure) if len(sure) == len(found) else None


def _pair(service: Resource, other: Resource, graph: ResourceGraph) -> Confidence | None:
    if service.path != other.path and graph.scope(service).division == "none" and _folder(service) != _folder(other):
        return None  # nothing says that two folders go together
    return are_deployed_together(service, other, graph)


def _folder(resource: Resource) -> str:
    return os.path.dirname(resource.path)


def _needs_node_ports(service: Resource, edge: EntryPoint, graph: ResourceGraph) -> bool | Unknown:
    """Tell whether an edge sends its traffic to the node ports of a Service."""
    if why_node_port_is_needed(service, graph) is not None:
        return True
    kind = ingress_load_balancer(edge.resource, graph) if edge.resource.kind == "Ingress" else None
    if kind is not None and kind.needs_node_port is not None:
        return False  # of such a load balancer it is known when it does
    owner = ownership_of(edge.resource, graph)
    if owner.verdict == "owned" and all(is_proxy_in_cluster(name) for name in owner.candidates):
        return False
    if edge.service is not service:
        return False  # its traffic goes through another Service
    return Unknown(f"whether {edge.resource.id} sends traffic to node ports depends on its controller: {owner.reason}")
