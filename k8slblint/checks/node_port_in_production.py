"""Detects Services that open a node port where production traffic runs."""

from collections.abc import Iterator, Sequence

from k8slblint.graph.answers import Found
from k8slblint.graph.containers import container_port_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations import workloads_of
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.model.scope import TRIAL_ENVIRONMENTS
from k8slblint.traffic.balancers.ingresses import why_node_port_is_needed
from k8slblint.traffic.ownership import service_platform
from k8slblint.traffic.workloads.proxies import edge_proxy_behind

_TYPE = ("spec", "type")

_SHOWN = 4


def check(
    service: Resource, graph: ResourceGraph, *, allowed_namespaces: Sequence[str], allowed_ports: Sequence[int]
) -> Iterator[Problem | Undecided]:
    """Yield a problem at `spec.type` of a Service of type NodePort in production, a warning where the environment is unknown.

    Silent where a load balancer is known to need the node ports (GKE instance groups, ALB target type instance), and undecided
    for the Service of an edge proxy on bare metal, in front of which a load balancer outside the manifests is usual.
    """
    if service.get(*_TYPE) != "NodePort" or service.namespace in allowed_namespaces:
        return
    scope = graph.scope(service)
    if scope.environment in TRIAL_ENVIRONMENTS or why_node_port_is_needed(service, graph) or _are_allowed(service, allowed_ports):
        return
    proxy = edge_proxy_behind(service, graph)
    if proxy and service_platform(service, graph) == "bare-metal" and scope.environment == "unknown":
        yield Undecided(_TYPE, f"a load balancer outside the manifests may stand before the node ports of {proxy}")
        return
    in_production = scope.environment == "production"
    yield Problem(
        path=_TYPE,
        message=_message(service, scope.environment, scope.environment_reason),
        severity="error" if in_production else "warning",
        confidence="high" if scope.environment_is_stated else "medium",
        traffic=tuple(_traffic(service, graph)),
    )


def _are_allowed(service: Resource, allowed_ports: Sequence[int]) -> bool:
    node_ports = [port.get("nodePort") for port in service.sequence("spec", "ports") if isinstance(port, dict)]
    return bool(allowed_ports) and bool(node_ports) and all(port in allowed_ports for port in node_ports)


def _message(service: Resource, environment: str, reason: str) -> str:
    where = (
        "in production"
        if environment == "production"
        else f"and its environment is {environment}"
        if environment == "unknown"
        else f"in {environment}"
    )
    why = f" ({reason.partition(': ')[2]})" if environment == "production" and ": " in reason else ""
    return (
        f"Service '{service.namespace}/{service.name}' is of type NodePort {where}{why}: {_ports(service)} on every node, past any load "
        "balancer, at node addresses that change when nodes do. Use type ClusterIP behind an Ingress or Gateway, or type LoadBalancer."
    )


def _ports(service: Resource) -> str:
    opened = []
    for port in service.sequence("spec", "ports"):
        if isinstance(port, dict):
            number = port.get("nodePort")
            fixed = number is not None and not has_placeholder(number)
            node_port = number if fixed else "a random port" if number is None else "a port filled in later"
            opened.append(f"{node_port} (for {port.get('protocol') or 'TCP'} {port.get('port')})")
    shown = ", ".join(opened[:_SHOWN]) + (f" and {len(opened) - _SHOWN} more" if len(opened) > _SHOWN else "")
    verb = "is" if len(opened) == 1 else "are"
    return f"{shown} {verb} open" if opened else "its ports are open"


def _traffic(service: Resource, graph: ResourceGraph) -> Iterator[RelatedPlace]:
    ports = service.sequence("spec", "ports")
    if not ports or not isinstance(ports[0], dict):
        return
    step = ("spec", "ports", 0, "nodePort") if "nodePort" in ports[0] else _TYPE
    yield RelatedPlace(service, step, "A client that reaches any node connects to the node port.")
    yield RelatedPlace(
        service, ("spec", "ports", 0, "port"), f"kube-proxy passes the connection to port {ports[0].get('port')} of the Service."
    )
    workloads = workloads_of(service, graph)
    if isinstance(workloads, Found):
        workload = workloads.value[0]
        target = ports[0].get("targetPort", ports[0].get("port"))
        container_port = container_port_of(workload, target) if isinstance(target, int | str) else None
        yield RelatedPlace(workload, container_port or (), f"It ends at port {target} of the Pods of {workload.id}.")
