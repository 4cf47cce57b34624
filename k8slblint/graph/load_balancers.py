"""Knows which cloud load balancers a cluster's manifests provision, grouped as the controllers group them.

Sources: kubernetes/cloud-provider 46666112 (one per Service of type LoadBalancer without a foreign class), AWS Load Balancer
Controller 225f4456 (one ALB per IngressGroup or ungrouped Ingress), kubernetes/ingress-gce acbcf5d6 (one per Ingress).
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from k8slblint.catalog import CLASS_ANNOTATION
from k8slblint.catalog import load_balancers as catalog
from k8slblint.catalog.platforms import platform_of_class, platform_of_resource
from k8slblint.graph.aws import owner, targets_node_ports
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations import GATEWAY, GATEWAY_CLASS, INGRESS_KINDS, users_of
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.model.scope import Scope

NO_CLOUD_ENVIRONMENTS = ("local", "ci")

_INGRESS_CLASS = "IngressClass.networking.k8s.io"

_IS_DEFAULT = "ingressclass.kubernetes.io/is-default-class"


class LoadBalancer(NamedTuple):
    """One cloud load balancer: the resources that share it, in reading order, and the names of the prices it may have."""

    members: tuple[Resource, ...]
    prices: tuple[str, ...]

    @property
    def first(self) -> Resource:
        """The member that stands first."""
        return self.members[0]


def cloud_load_balancers(graph: ResourceGraph, scope: Scope) -> Sequence[LoadBalancer]:
    """Return the cloud load balancers that the manifests of a cluster provision, in the order of their first members.

    Where nothing tells clusters apart, each environment counts for itself: `prod/` and `staging/` side by side are no one cluster.

    What an operator creates at run time is not in it; a resource that is written twice counts once.
    """
    return graph.derived(_all_load_balancers).get(_budget_key(scope), ())


def _budget_key(scope: Scope) -> tuple[str, str]:
    return scope.cluster, "" if scope.division in ("stated", "named") else scope.environment


def _all_load_balancers(graph: ResourceGraph) -> dict[tuple[str, str], list[LoadBalancer]]:
    groups: dict[tuple[tuple[str, str], object], list[Resource]] = {}
    prices: dict[tuple[tuple[str, str], object], tuple[str, ...]] = {}
    for resource in graph.of_type("Service", *INGRESS_KINDS, GATEWAY):
        scope = graph.scope(resource)
        if scope.environment in NO_CLOUD_ENVIRONMENTS:
            continue
        described = _describe(resource, graph)
        if described:
            group = (_budget_key(scope), described[0])
            groups.setdefault(group, []).append(resource)
            prices.setdefault(group, described[1])
    found: dict[tuple[str, str], list[LoadBalancer]] = {}
    for group, members in groups.items():
        found.setdefault(group[0], []).append(LoadBalancer(tuple(members), prices[group]))
    return found


def _describe(resource: Resource, graph: ResourceGraph) -> tuple[object, tuple[str, ...]] | None:
    if resource.kind == "Service":
        prices = tuple(catalog.prices_of_services(service_platform(resource, graph)))
        return (resource.key, prices) if _is_in_cloud(resource, graph) else None
    if resource.kind == "Ingress":
        kind = ingress_load_balancer(resource, graph)
        return (_ingress_group(resource, kind, graph), (kind["price"],)) if kind else None
    kind = _gateway_load_balancer(resource, graph)
    return (resource.key, (kind["price"],)) if kind else None


def service_platform(service: Resource, graph: ResourceGraph) -> str:
    """Return the platform of the controller that serves a Service: by its class, its annotations, else its cluster."""
    load_balancer_class = service.get("spec", "loadBalancerClass")
    if isinstance(load_balancer_class, str):
        return platform_of_class(load_balancer_class) or "other"
    own = platform_of_resource(service)
    return own[0] if own else graph.scope(service).platform


def _is_in_cloud(service: Resource, graph: ResourceGraph) -> bool:
    if service.get("spec", "type") != "LoadBalancer" or has_placeholder(service.get("spec", "loadBalancerClass")):
        return False
    platform = service_platform(service, graph)
    if platform == "eks":
        return owner(service).name != "nobody"
    return platform not in ("bare-metal", "other")


def ingress_load_balancer(ingress: Resource, graph: ResourceGraph) -> dict[str, Any] | None:
    """Return the catalog entry of the cloud load balancer that an Ingress builds; None where a proxy serves it or nobody knows."""
    annotated = ingress.annotations.get(CLASS_ANNOTATION)
    defined = _ingress_class(ingress, graph)
    named = ingress.get("spec", "ingressClassName") or (defined.name if defined else None)
    for kind in catalog.ingress_kinds():
        if annotated is not None:
            matches = annotated in kind["class_names"]
        elif named is not None:
            controller = defined.get("spec", "controller") if defined else None
            by_name = controller is None and named in kind["class_names"]
            matches = not kind.get("annotation_only") and (controller in kind["controllers"] or by_name)
        else:
            matches = kind["no_class"] and graph.scope(ingress).platform == kind["platform"]
        if matches:
            return kind
    return None


def _ingress_class(ingress: Resource, graph: ResourceGraph) -> Resource | None:
    """Return the IngressClass object that an Ingress names, or the cluster's default one where it names none at all."""
    cluster = graph.scope(ingress).cluster
    named = ingress.get("spec", "ingressClassName")
    if isinstance(named, str):
        return graph.named(cluster, _INGRESS_CLASS, None, named)
    if CLASS_ANNOTATION in ingress.annotations:
        return None
    classes = graph.in_cluster(cluster, _INGRESS_CLASS)
    return next((known for known in classes if known.annotations.get(_IS_DEFAULT) == "true"), None)


def _ingress_group(ingress: Resource, kind: dict[str, Any], graph: ResourceGraph) -> object:
    parameters = _class_parameters(ingress, kind, graph)
    group = parameters.get(*kind["class_parameters_group"]) if parameters else None
    group = group or ingress.annotations.get(kind.get("group_annotation", ""))
    return ("group", kind["name"], group) if isinstance(group, str) else ingress.key


def _class_parameters(ingress: Resource, kind: dict[str, Any], graph: ResourceGraph) -> Resource | None:
    cluster = graph.scope(ingress).cluster
    defined = _ingress_class(ingress, graph)
    name = defined.get("spec", "parameters", "name") if defined else None
    if not isinstance(name, str):
        return None
    found = (graph.named(cluster, type_name, None, name) for type_name in kind.get("class_parameters_kinds", ()))
    return next(filter(None, found), None)


def _gateway_load_balancer(gateway: Resource, graph: ResourceGraph) -> dict[str, Any] | None:
    class_name = gateway.get("spec", "gatewayClassName")
    if not isinstance(class_name, str):
        return None
    defined = graph.named(graph.scope(gateway).cluster, GATEWAY_CLASS, None, class_name)
    controller = defined.get("spec", "controllerName") if defined else None
    for kind in catalog.gateway_kinds():
        if controller in kind["controllers"] or (controller is None and class_name.startswith(tuple(kind["class_prefixes"]))):
            return kind
    return None


def why_node_port_is_needed(service: Resource, graph: ResourceGraph) -> str | None:
    """Return why a load balancer in front of a Service needs its node ports, or None when none is known to."""
    if service.get("spec", "type") == "NodePort" and targets_node_ports(service):
        return f"{service.id}: its own annotations ask for a load balancer that sends traffic to node ports"
    if _is_bound(service, graph):
        return f"{service.id}: a TargetGroupBinding sends traffic to its node ports"
    for ingress in _ingresses_of(service, graph):
        kind = ingress_load_balancer(ingress, graph)
        if kind and "needs_node_port" in kind and not _goes_to_pods(service, ingress, kind, graph):
            return f"{ingress.id}: {kind['needs_node_port']['why']}"
    return None


def _ingresses_of(service: Resource, graph: ResourceGraph) -> Iterator[Resource]:
    seen: set[int] = set()
    for backend in users_of(service, graph):
        if backend.source.kind == "Ingress" and id(backend.source) not in seen:
            seen.add(id(backend.source))
            yield backend.source


def _goes_to_pods(service: Resource, ingress: Resource, kind: dict[str, Any], graph: ResourceGraph) -> bool:
    """Tell where the traffic goes: class parameters replace the Service's annotation, which replaces the Ingress's."""
    need = kind["needs_node_port"]
    parameters = _class_parameters(ingress, kind, graph)
    by_class = need.get("unless_class_parameter")
    stated = parameters.get(*by_class["path"]) if parameters and by_class else None
    if stated is not None:
        return bool(stated == by_class["value"])
    on_service = need.get("unless_service_annotation")
    if on_service and on_service["key"] in service.annotations:
        return _has(service, on_service)
    return _has(ingress, need.get("unless_annotation"))


def _is_bound(service: Resource, graph: ResourceGraph) -> bool:
    return any(
        binding.namespace == service.namespace
        and binding.get("spec", "serviceRef", "name") == service.name
        and binding.get("spec", "targetType", default="instance") == "instance"
        for binding in graph.in_cluster(graph.scope(service).cluster, *catalog.target_group_bindings())
    )


def _has(resource: Resource, wanted: dict[str, str] | None) -> bool:
    value = str(resource.annotations.get(wanted["key"], "")) if wanted else ""
    if wanted and "contains" in wanted:
        return bool(re.search(wanted["contains"], value))
    return bool(wanted) and value == (wanted or {}).get("value")
