"""From where a Service can be reached: by its load balancer, otherwise by its type.

Source: Kubernetes API reference 1.37 (Service: type, externalIPs, externalName).
"""

from k8slblint.catalog import controllers as catalog
from k8slblint.catalog.vendor_routes import leading_annotations
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.traffic.exposure.defaults import default_of
from k8slblint.traffic.exposure.pools import exposure_of_pool
from k8slblint.traffic.exposure.verdict import Exposure, agreed, by_default, name_of, stated_in
from k8slblint.traffic.ownership import Ownership, ownership_of


def exposure_of_service(service: Resource, graph: ResourceGraph) -> Exposure:
    """Return from where a Service is reached."""
    if not isinstance(service.get("metadata", "annotations", default={}), dict):
        return Exposure("unknown", "low", ("its `metadata.annotations` is not a mapping, so the API server refuses it",))
    owner = ownership_of(service, graph)
    if owner.verdict == "owned":
        return agreed(owner, [exposure_by(candidate, service, graph) for candidate in owner.candidates])
    if owner.verdict == "unknown":
        return Exposure("unknown", "low", owner.reasons)
    return _without_load_balancer(service, owner)


def least_exposure_of(service: Resource, exposure: Exposure) -> Exposure:
    """Return an exposure, or, where it is not known, from where a Service is reached at least: by the node ports of its load balancer.

    The API server opens them whoever serves the load balancer (Kubernetes 1.37, `pkg/registry/core/service/storage/alloc.go`). Source
    ranges show that somebody thought of the clients, and hold for node ports with some controllers.
    """
    opens = service.get("spec", "type") == "LoadBalancer" and service.get("spec", "allocateLoadBalancerNodePorts") is not False
    if exposure.reach != "unknown" or not opens or service.get("spec", "loadBalancerSourceRanges"):
        return exposure
    return Exposure("node", "medium", ("type 'LoadBalancer' opens ports on every node, with any controller",))


def exposure_by(controller: str, service: Resource, graph: ResourceGraph) -> Exposure:
    """Return what a controller makes of a Service of type LoadBalancer, if it is the one that serves it."""
    load_balancer_class = ownership_of(service, graph).class_name
    by_class = catalog.classes().get(load_balancer_class) if load_balancer_class is not None else None
    if by_class is not None and by_class.controller == controller and by_class.exposure is not None:
        return by_default(by_class.exposure, f"class '{load_balancer_class}' decides")
    stated = stated_in(controller, service.annotations, "Service")
    if stated is not None:
        return stated
    default = catalog.default_exposure(controller, load_balancer_class)
    if default == "pool":
        return exposure_of_pool(controller, service, graph)
    reason = f"the default of {name_of(controller)} applies; no annotation changes it"
    return default_of(controller, default, reason, graph.scope(service).cluster, graph)


def _without_load_balancer(service: Resource, owner: Ownership) -> Exposure:
    service_type = service.get("spec", "type", default="ClusterIP")
    if service_type == "LoadBalancer" and service.get("spec", "allocateLoadBalancerNodePorts") is False:
        return Exposure("cluster", owner.confidence, (*owner.reasons, "without a load balancer or node ports, only the cluster reaches it"))
    if service_type in ("NodePort", "LoadBalancer"):
        return Exposure("node", "high", (*owner.reasons, f"type '{service_type}' opens ports on every node"))
    if service_type == "ClusterIP" and service.get("spec", "clusterIP") != "None" and service.sequence("spec", "externalIPs"):
        return Exposure("node", "high", ("nodes accept traffic for its `externalIPs`",))
    led = _exposure_by_annotation(service)
    return led or Exposure("cluster", "high", (f"type '{service_type}' is reachable only in the cluster",))


def _exposure_by_annotation(service: Resource) -> Exposure | None:
    """Return what an annotation says by which another than its owner leads traffic to a Service, or None."""
    for known in leading_annotations():
        text = service.annotations.get(known.key)
        if text is not None and known.value in (None, text) and known.contains in str(text):
            reason = f"{name_of(known.controller)} reads `{known.key}`, which {known.why}"
            return Exposure(known.reach, "low" if known.reach == "unknown" else "high", (reason,), known.key)
    return None
