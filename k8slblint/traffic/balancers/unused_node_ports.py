"""Which Services of type LoadBalancer get node ports that their load balancer does not use.

Sources: KEP-1864 (`allocateLoadBalancerNodePorts`: on by default since 1.22, stable in 1.24; turned off, node ports that are there
stay); Kubernetes API reference 1.37 (ServiceSpec); where controllers send traffic is in `catalogs/controllers.json`.
"""

from k8slblint.catalog import controllers as catalog
from k8slblint.graph.answers import Absent, Answer, Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, least
from k8slblint.traffic.annotations.settings import ports_of
from k8slblint.traffic.balancers.ingresses import why_node_port_is_needed
from k8slblint.traffic.ownership import Ownership, aws, ownership_of

_TARGETS = "targets"


class Unused(NamedTuple):
    """Node ports that nothing is known to use: how many there will be, and where the controllers send the traffic instead."""

    number: int
    owner: Ownership
    targets: catalog.Targets
    confidence: Confidence


def unused_node_ports(service: Resource, graph: ResourceGraph) -> Answer[Unused]:
    """Return the node ports that a Service of type LoadBalancer gets for nothing.

    `Absent` where they are used or asked for: by number, by an Ingress or a TargetGroupBinding, or by the load balancer itself.
    """
    spec = service.mapping("spec")
    allocates = spec.get("allocateLoadBalancerNodePorts")
    if spec.get("type") != "LoadBalancer" or allocates is False:
        return Absent()
    if has_placeholder(allocates):
        return Unknown("`allocateLoadBalancerNodePorts` contains a placeholder")
    ports = ports_of(service)
    if not isinstance(ports, Found):
        return ports
    if any(port.node_port not in (None, 0) for port in ports.value) or why_node_port_is_needed(service, graph):
        return Absent()
    owner = ownership_of(service, graph)
    targets = [_targets(controller, service) for controller in owner.candidates]
    if owner.verdict != "owned" or not targets or not all(target in ("pods", "vip", "proxy") for target in targets):
        return Absent()
    is_verified = all(_TARGETS not in catalog.controllers()[controller].unverified for controller in owner.candidates)
    sure: Confidence = least(owner.confidence, "medium" if is_verified else "low")
    return Found(Unused(len(ports.value), owner, targets[0], sure))


def _targets(controller: str, service: Resource) -> catalog.Targets:
    """Return where a controller sends the traffic of a Service; what an annotation decides is unknown unless it says Pods."""
    side = catalog.controllers()[controller].service
    if side is None:
        return "unknown"
    if side.targets == "target-type":
        return "pods" if aws.targets_pods(service) else "unknown"
    return side.targets
