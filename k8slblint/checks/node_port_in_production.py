"""Detects Services that open a node port where production traffic runs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from k8slblint.catalog.controllers import controllers_of_chart
from k8slblint.catalog.datastores import datastore_of_port
from k8slblint.graph.answers import Found
from k8slblint.graph.containers import container_port_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import CILIUM_POOL, METALLB_POOL_KINDS, OTHER_POOL_KINDS
from k8slblint.graph.relations.twins import twin_written_otherwise
from k8slblint.graph.relations.workloads import workloads_of
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.model.scope import TRIAL_ENVIRONMENTS
from k8slblint.model.texts import listed, middle
from k8slblint.traffic.balancers.ingresses import (
    edge_to_its_pods,
    why_node_port_is_needed,
    why_node_port_may_be_needed,
    why_nodes_are_clients,
)
from k8slblint.traffic.balancers.node_port_range import is_widened
from k8slblint.traffic.balancers.node_ports import fixed_node_ports
from k8slblint.traffic.exposure.own_machine import is_mapped_to_own_machine
from k8slblint.traffic.ownership import service_platform
from k8slblint.traffic.workloads.proxies import edge_proxy_behind
from k8slblint.traffic.workloads.trials import why_trial

_TYPE = ("spec", "type")

_POOLS = (*METALLB_POOL_KINDS, CILIUM_POOL, *OTHER_POOL_KINDS)

_WITHOUT_CLOUD = ("bare-metal", "unknown")
"""Platforms on which the node ports of an edge proxy may be the way in that was meant: no cloud is known to make its load balancer."""


def check(
    service: Resource, graph: ResourceGraph, *, allowed_namespaces: Sequence[str], allowed_ports: Sequence[int]
) -> Iterator[Problem | Undecided]:
    """Yield a problem at `spec.type` of a Service of type NodePort in production, a warning where the environment is unknown.

    Where the environment is unknown, a note where a cloud's load balancer goes past the node ports to the Pods, and where no cloud is known
    and the range of node ports was chosen.

    Silent where a load balancer is known to need the node ports (GKE instance groups, ALB target type instance), and undecided
    behind an Ingress whose controller programs appliances, and at home unless the configuration states the environment. Where that is
    unknown, undecided too of what there is to try something, and, where no cloud is known, of a registry of images, of an edge proxy, in
    front of which a load balancer outside the manifests is usual, and of what no Ingress can serve, if the manifests show no load balancer.
    Of a Service by values only those of a release in production count.
    """
    if service.get(*_TYPE) != "NodePort" or (service.get("deployedTo") or service.namespace) in allowed_namespaces:
        return
    scope = graph.scope(service)
    if service.kind == HELM_VALUES and (scope.environment != "production" or not _is_asked_for(service, graph)):
        return
    if scope.environment in TRIAL_ENVIRONMENTS or why_node_port_is_needed(service, graph) or _are_allowed(service, allowed_ports):
        return
    proxy = edge_proxy_behind(service, graph)
    reason = _why_undecided(service, proxy, graph)
    if reason is not None:
        yield Undecided(_TYPE, reason)
        return
    edge = edge_to_its_pods(service, graph)
    if edge is not None and scope.environment == "unknown":
        yield _unused(service, edge)
        return
    in_production = scope.environment == "production"
    yield Problem(
        path=_TYPE,
        headline=f"{service.id} opens {_ports(service)} on every node{' in production' if in_production else ''}",
        label=_label(scope.environment, scope.environment_reason),
        why="Clients connect to node addresses, bypassing any load balancer, and those addresses change when nodes do.",
        help="Use `type: LoadBalancer`." if proxy else _help(service),
        severity="error" if in_production else "note" if _is_range_chosen(service, graph) else "warning",
        confidence="high" if scope.environment_is_stated and service.kind != HELM_VALUES else "medium",
        traffic=tuple(_traffic(service, graph)),
    )


def _is_asked_for(values: Resource, graph: ResourceGraph) -> bool:
    """Tell whether the values of a release state the type, and are not for an edge proxy that may be the way in: no cloud is known."""
    is_stated = bool(values.get("deployer", "name")) and values.get("values", "type") == "NodePort"
    return is_stated and (_is_on_cloud(values, graph) or not controllers_of_chart(str(values.get("chart", "name"))))


def _why_undecided(service: Resource, proxy: str | None, graph: ResourceGraph) -> str | None:
    """Return why it is not known whether a node port is deployed, or who its clients are; None where it is."""
    twin = twin_written_otherwise(service, graph)
    if twin is not None and twin.get(*_TYPE) != "NodePort":
        other = twin.get(*_TYPE, default="ClusterIP")
        return f"'{twin.path}' defines the same Service with type {other}, and only one of them is deployed"
    outside = why_node_port_may_be_needed(service, graph)
    if outside:
        return outside
    scope = graph.scope(service)
    if graph.is_at_home(service) and not scope.environment_is_stated and not _is_on_cloud(service, graph):
        return "at home, clients of a node port may be few and known"
    return _why_meant(service, proxy, graph) if scope.environment == "unknown" else None


def _unused(service: Resource, edge: Resource) -> Problem:
    """Return that a cloud's load balancer, to which an Ingress leads, goes past the node ports to the Pods."""
    whose = "the load balancer of its Ingress" if edge is service else f"the load balancer of {middle(str(edge.id), _LONGEST_NAME)}"
    return Problem(
        path=_TYPE,
        headline=f"{service.id} opens {_ports(service)} that no load balancer uses",
        label="targets are Pod IPs",
        why=f"Traffic comes from {whose}, which sends it to the Pods. The ports stay open on every node.",
        help="`type: ClusterIP` suffices.",
        severity="note",
        confidence="medium",
    )


_LONGEST_NAME = 60


def _is_range_chosen(service: Resource, graph: ResourceGraph) -> bool:
    """Tell whether node ports look chosen: no cloud is known, and the API server was given another range of them."""
    return not _is_on_cloud(service, graph) and is_widened(service, graph)


def _why_meant(service: Resource, proxy: str | None, graph: ResourceGraph) -> str | None:
    """Return why node ports may be the way in that was meant, where it is not known who the clients are; None where nothing tells."""
    trial = why_trial(service, graph)
    if not trial and is_mapped_to_own_machine(service, graph):
        return "a cluster on the machine of a developer maps its node ports to ports of that machine"
    if trial or _is_on_cloud(service, graph):
        return trial
    if proxy:
        return f"a load balancer outside the manifests may be in front of the node ports of {proxy}"
    if nodes := why_nodes_are_clients(service):
        return nodes
    ports = [port for port in service.sequence("spec", "ports") if isinstance(port, dict)]
    pools = graph.in_cluster(graph.scope(service).cluster, *_POOLS)
    if ports and not pools and all(_is_raw(port, ports) for port in ports):
        return "the manifests show no load balancer, and no Ingress can serve its ports"
    return None


def _is_on_cloud(service: Resource, graph: ResourceGraph) -> bool:
    return service_platform(service, graph) not in _WITHOUT_CLOUD


_RAW_PORTS = frozenset({21, 22, 69, 161, 514, 554, 1883, 1935, 8554, 8883, 51413})
"""Further ports for TCP that something else than HTTP has: IANA Service Name and Transport Protocol Port Number Registry."""

_OF_HTTP_3 = (80, 443, 8080, 8443)
"""Ports of HTTP, which may be open for UDP as well."""

_RAW_WORDS = frozenset({"ftp", "imap", "mqtt", "mqtts", "rtmp", "rtsp", "ssh", "udp", "vpn"})


def _is_raw(port: Mapping[str, Any], ports: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a port is surely for something else than HTTP: by its protocol, its number, its name, or the same number for UDP."""
    from k8slblint.catalog.open_services import is_open_service  # few Services open node ports on purpose

    if is_open_service(port, ()) or (port.get("port") not in _OF_HTTP_3 and ("UDP", port.get("port")) in map(_protocol_and_number, ports)):
        return True
    name = port.get("name")
    words = set(name.split("-")) if isinstance(name, str) else set()
    numbers = {number for number in (port.get("port"), port.get("targetPort")) if isinstance(number, int)}
    return port.get("protocol") in ("UDP", "SCTP") or bool(words & _RAW_WORDS) or bool(numbers & _RAW_PORTS)


def _protocol_and_number(port: Mapping[str, Any]) -> tuple[object, object]:
    return port.get("protocol"), port.get("port")


def _help(service: Resource) -> str:
    ports = [port for port in service.sequence("spec", "ports") if isinstance(port, dict)]
    if not all(_may_be_http(port) and not _is_raw(port, ports) for port in ports):
        return "Use `type: LoadBalancer`, or `type: ClusterIP` if only the cluster needs it."
    return "Use `type: ClusterIP` behind an Ingress or Gateway, or `type: LoadBalancer`."


def _may_be_http(port: Mapping[str, Any]) -> bool:
    """Tell whether an Ingress may serve a port: not one of another protocol than TCP, nor one that only a database or the like has."""
    number = port.get("port")
    if port.get("protocol") in ("UDP", "SCTP"):
        return False
    store = datastore_of_port(number, "TCP", ()) if isinstance(number, int) else None
    return store is None or number in store.http | store.grpc


def _are_allowed(service: Resource, allowed_ports: Sequence[int]) -> bool:
    if service.kind == HELM_VALUES:
        node_ports: list[object] = [port.number for port in fixed_node_ports(service)]
    else:
        node_ports = [port.get("nodePort") for port in service.sequence("spec", "ports") if isinstance(port, dict)]
    return bool(allowed_ports) and bool(node_ports) and all(port in allowed_ports for port in node_ports)


def _label(environment: str, reason: str) -> str:
    """Say where the Service runs and how that is known, or how to state it."""
    if environment == "unknown":
        return "environment unknown: state it with `clusters:`"
    known_by = f" ({reason.partition(': ')[2]})" if environment == "production" and ": " in reason else ""
    return f"{environment}{known_by}"


def _ports(service: Resource) -> str:
    """Name the node ports, as far as they are written."""
    ports = [port.get("nodePort") for port in service.sequence("spec", "ports") if isinstance(port, dict)]
    if not ports:
        return "its ports"
    if any(number is None or has_placeholder(number) for number in ports):
        return "a node port" if len(ports) == 1 else f"{len(ports)} node ports"
    numbers = list(dict.fromkeys(map(str, ports)))  # TCP and UDP may share one
    return f"node port{'' if len(numbers) == 1 else 's'} {listed(numbers)}"


def _traffic(service: Resource, graph: ResourceGraph) -> Iterator[RelatedPlace]:
    ports = service.sequence("spec", "ports")
    if not ports or not isinstance(ports[0], dict):
        return
    step = ("spec", "ports", 0, "nodePort") if "nodePort" in ports[0] else _TYPE
    yield RelatedPlace(service, step, "A client connects to the node port of any node.")
    yield RelatedPlace(
        service, ("spec", "ports", 0, "port"), f"kube-proxy forwards the connection to port {ports[0].get('port')} of the Service."
    )
    workloads = workloads_of(service, graph)
    if isinstance(workloads, Found):
        workload = workloads.value[0]
        target = ports[0].get("targetPort", ports[0].get("port"))
        container_port = container_port_of(workload, target) if isinstance(target, int | str) else None
        yield RelatedPlace(workload, container_port or (), f"The connection ends at port {target} of the Pods of {workload.id}.")
