"""Which backends of an Ingress its load balancer cannot reach, because their Services have no node ports.

Sources: AWS Load Balancer Controller 225f4456 (`buildTargetGroupSpec`: a target group without a port is refused); which load balancers
need node ports, and what says otherwise, is in `catalogs/load-balancers.json`.
"""

from collections.abc import Iterator

from k8slblint.catalog import load_balancers as catalog
from k8slblint.catalog.load_balancers import NodePortNeed
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.backends import Backend, backends_of, service_of
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.balancers.ingresses import ingress_load_balancer
from k8slblint.traffic.ownership.ingresses import class_parameters_of, ingress_class_of


class Unreachable(NamedTuple):
    """A backend of an Ingress without the node ports that the load balancer needs, and what follows from it.

    `is_stated` tells that the manifests ask for such targets, and do not just leave it at the default; `is_default_known` that this
    is known to be the default.
    """

    backend: Backend
    service: Resource
    reason: str
    consequence: str
    way_out: str
    is_stated: bool
    is_default_known: bool


def unreachable_backends(ingress: Resource, graph: ResourceGraph) -> Iterator[Unreachable]:
    """Yield the backends of an Ingress for which its load balancer is refused, as their Services are of type ClusterIP."""
    kind = ingress_load_balancer(ingress, graph)
    refusal = catalog.refusal_without_node_ports(kind.controllers) if kind else None
    defined = ingress_class_of(ingress, graph)
    parameters = class_parameters_of(ingress, graph)
    if kind is None or refusal is None or (defined is not None and defined.get("spec", "parameters") and parameters is None):
        return
    need = kind.needs_node_port
    if need is None or need.unless_annotation is None:
        return
    is_known = defined is None or defined.get("spec", "controller") not in refusal.default_is_unknown_of
    for backend in backends_of(ingress):
        found = service_of(backend, graph)
        service = found.value if isinstance(found, Found) else None
        if service is None or service.get("spec", "type", default="ClusterIP") != "ClusterIP":
            continue
        stated = _stated_target(service, ingress, need, parameters)
        if has_placeholder(stated) or stated == need.unless_annotation.value:
            continue
        yield Unreachable(backend, service, need.why, refusal.consequence, refusal.instead, stated is not None, is_known)


def _stated_target(service: Resource, ingress: Resource, need: NodePortNeed, parameters: Resource | None) -> object:
    """Return where the traffic is to go: class parameters replace the Service's annotation, which replaces the Ingress's."""
    by_class = need.unless_class_parameter
    stated = parameters.get(*by_class.path) if parameters is not None and by_class else None
    if stated is None and need.unless_service_annotation:
        stated = service.annotations.get(need.unless_service_annotation.key)
    return ingress.annotations.get(need.unless_annotation.key) if stated is None and need.unless_annotation else stated
