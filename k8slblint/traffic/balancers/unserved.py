"""Which Services of type LoadBalancer get no load balancer from any controller, and why.

Sources: kubernetes/cloud-provider 46666112 (`wantsLoadBalancer`: a Service with a class is left alone, without an event); the decision
table of AWS and its webhook are in `catalogs/aws.json`.
"""

from k8slblint.catalog import aws as aws_catalog
from k8slblint.catalog import controllers as catalog
from k8slblint.graph.answers import Absent, Answer, Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import WEBHOOKS
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, least
from k8slblint.traffic.addresses.eligible import no_address_for, taken_port
from k8slblint.traffic.ownership import Ownership, aws, near_classes, ownership_of
from k8slblint.traffic.ownership.implementations import implementations, namer_of_class

_CLASS: Path = ("spec", "loadBalancerClass")

_TYPE: Path = ("spec", "type")


class Unserved(NamedTuple):
    """Why nobody makes the load balancer of a Service: the field at fault, the reason (a sentence without period), and the way out."""

    path: Path
    reason: str
    way_out: str
    confidence: Confidence


def unserved(service: Resource, graph: ResourceGraph) -> Answer[Unserved]:
    """Return why a Service of type LoadBalancer stays without one; `Absent` where somebody serves it, unknown where nobody can tell."""
    if service.get(*_TYPE) != "LoadBalancer":
        return Absent()
    owner = ownership_of(service, graph)
    load_balancer_class = service.get(*_CLASS)
    if owner.verdict == "owned":
        found = _elsewhere(service, owner, graph) if load_balancer_class is not None else Absent()
        return found if isinstance(found, Found) else _without_address(service, owner, graph)
    if owner.verdict == "nobody":
        return _by_nobody(service, owner, graph)
    if isinstance(load_balancer_class, str) and namer_of_class(graph, graph.scope(service).cluster, load_balancer_class) is None:
        near = [name for name in near_classes(load_balancer_class) if not load_balancer_class.startswith((f"{name}-", f"{name}."))]
        if near:
            return Found(_misspelt(load_balancer_class, near))
    taken = taken_port(service, graph) if load_balancer_class is None else None
    if taken is not None:
        return Found(Unserved(taken.path, taken.reason, taken.way_out, "medium"))
    return Unknown(owner.reason)


def _misspelt(load_balancer_class: str, near: list[str]) -> Unserved:
    reason = f"no known controller serves class '{load_balancer_class}', and no workload in the manifests names it"
    names = " or ".join(f"'{name}' ({catalog.controllers()[catalog.classes()[name].controller].name})" for name in near)
    return Unserved(_CLASS, reason, f"Set the class to {names}.", "medium")


def _elsewhere(service: Resource, owner: Ownership, graph: ResourceGraph) -> Answer[Unserved]:
    """Tell whether the controller of a class runs on one platform only, and this is stated to be another one."""
    scope = graph.scope(service)
    known = catalog.controllers()[owner.candidates[0]]
    if not scope.platform_is_stated or scope.provider == "unknown" or known.platform in (None, scope.provider):
        return Absent()
    if known.id in implementations(graph, scope.cluster):
        return Absent()
    reason = f"{owner.reason}, which runs on platform '{known.platform}', but the platform here is '{scope.provider}'"
    return Found(Unserved(_CLASS, reason, "Remove the class, or set one that has a controller here.", "medium"))


def _without_address(service: Resource, owner: Ownership, graph: ResourceGraph) -> Answer[Unserved]:
    """Tell whether the controller of address pools that serves a Service has no pool for it, or no port."""
    if owner.controller is None or owner.confidence == "low":
        return Absent()
    found = no_address_for(service, owner.controller, graph)
    if found is None:
        return Absent()
    reason = graph.why_incomplete(graph.scope(service).cluster)
    return Unknown(reason) if reason else Found(Unserved(found.path, found.reason, found.way_out, "medium"))


def _by_nobody(service: Resource, owner: Ownership, graph: ResourceGraph) -> Answer[Unserved]:
    if service.sequence("status", "loadBalancer", "ingress"):
        return Unknown("its status shows an address, so a controller serves it or did")
    if owner.on_aws != "nobody":
        way_out = "Install a load balancer implementation (MetalLB, Cilium LB IPAM, kube-vip), or use another type."
        return Found(Unserved(_TYPE, owner.reason, way_out, owner.confidence))
    before = graph.counterpart(service)
    if isinstance(before, Found) and not isinstance(aws.handover(before.value, service), Absent):
        return Unknown("aws-load-balancer-type-mutated reports what this change does to the load balancer")
    if graph.scope(service).division == "sample":
        return Unknown("the controller that it waits for may be installed apart from the samples of this folder")
    webhook = aws_catalog.class_webhook()
    reason = f"{owner.reason} (unless webhook '{webhook}' sets a class)"
    sure: Confidence = "low" if _has_webhook(webhook, service, graph) else "medium"
    path: Path = ("metadata", "annotations", aws_catalog.annotations().type)
    return Found(Unserved(path, reason, aws_catalog.remedy_for_nobody(), least(owner.confidence, sure)))


def _has_webhook(name: str, service: Resource, graph: ResourceGraph) -> bool:
    configurations = graph.in_cluster(graph.scope(service).cluster, WEBHOOKS)
    webhooks = (webhook for one in configurations for webhook in one.sequence("webhooks"))
    return any(isinstance(webhook, dict) and webhook.get("name") == name for webhook in webhooks)
