"""Detects Services with a Local traffic policy whose Pods run on too few nodes."""

from collections.abc import Iterator, Sequence

from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.ordinals import labels_of_one_pod
from k8slblint.graph.relations.workloads import workloads_of
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Cause, Confidence, Problem, RelatedPlace, Undecided
from k8slblint.model.scope import TRIAL_ENVIRONMENTS, Scope
from k8slblint.model.texts import listed, middle
from k8slblint.traffic.addresses.nodes import node_count
from k8slblint.traffic.balancers.ingresses import why_node_port_is_needed
from k8slblint.traffic.ownership import ownership_of, service_platform
from k8slblint.traffic.ownership.services import targets_node_ports
from k8slblint.traffic.workloads.placement import is_joined_by_clients, is_pinned, is_spread
from k8slblint.traffic.workloads.proxies import edge_proxy_behind
from k8slblint.traffic.workloads.replicas import ON_EVERY_NODE, least_replicas
from k8slblint.traffic.workloads.selection import selected_beside

_EXTERNAL: Path = ("spec", "externalTrafficPolicy")

_INTERNAL: Path = ("spec", "internalTrafficPolicy")

_LOCAL = "Local"

_WITHDRAWING = ("bare-metal",)
"""Platforms where no health check stands between: an implementation announces the address only from nodes that have a Pod."""


class _Backing(NamedTuple):
    """The workloads behind a Service and how many Pods they have together at the least; `nodes` is None where it is not known."""

    workloads: Sequence[Resource]
    replicas: int
    nodes: int | None


class _Texts(NamedTuple):
    """The headline, the why and the help of a problem."""

    headline: str
    why: str
    help: str


_LONGEST_NAME = 40


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at a traffic policy `Local` where nodes without a Pod are bound to drop traffic.

    That is on the node ports of type NodePort, where no client can tell which nodes have Pods, and for clients in the cluster. A load
    balancer uses the health check node port, so that what is left is the gap when the only Pod moves to another node.
    """
    scope = graph.scope(service)
    paths = list(_local_policies(service))
    if not paths or service.api_version != "v1" or scope.environment in TRIAL_ENVIRONMENTS:
        return
    if labels_of_one_pod(service.mapping("spec", "selector")):
        return  # a Service for each Pod of a StatefulSet has one on purpose
    answer = workloads_of(service, graph)
    if not isinstance(answer, Found):
        if isinstance(answer, Unknown):
            yield Undecided(paths[0], answer.reason)
        return
    backing = _backing(selected_beside(service, answer.value, graph), scope, graph)
    if isinstance(backing, Unknown):
        yield Undecided(paths[0], backing.reason)
        return
    if backing is None:
        return
    for path in paths:
        problem = _of_clients(service, backing, graph) if path == _INTERNAL else _of_outside(service, backing, scope, graph)
        if problem:
            yield problem


def _local_policies(service: Resource) -> Iterator[Path]:
    if service.get("spec", "type") in ("NodePort", "LoadBalancer") and service.get(*_EXTERNAL) == _LOCAL:
        yield _EXTERNAL
    if service.get("spec", "type") != "ExternalName" and service.get("spec", "clusterIP") != "None" and service.get(*_INTERNAL) == _LOCAL:
        yield _INTERNAL


def _backing(workloads: Sequence[Resource], scope: Scope, graph: ResourceGraph) -> _Backing | Unknown | None:
    """Return what stands behind a Service; None where a DaemonSet does, where Pods are pinned to nodes, and with a single node."""
    nodes = node_count(graph, scope)
    if nodes == 1 or any(workload.type_name in ON_EVERY_NODE or is_pinned(workload) for workload in workloads):
        return None
    replicas = 0
    for workload in workloads:
        least = least_replicas(workload, graph)
        if isinstance(least, Unknown):
            return least
        replicas += least.value
    return _Backing(workloads, replicas, nodes) if replicas else None


def _of_outside(service: Resource, backing: _Backing, scope: Scope, graph: ResourceGraph) -> Problem | None:
    if service.get("spec", "type") == "LoadBalancer":
        return _of_load_balancer(service, backing, scope, graph)
    if why_node_port_is_needed(service, graph):
        return None
    confidence = _confidence(backing)
    texts = _Texts(
        f"{service.id} drops traffic on nodes without one of its Pods",
        f"{_too_few(backing)}. Other nodes drop what arrives at the node port, and without a health check no balancer avoids them.",
        "Use the policy `Cluster`, run the Pods as a DaemonSet, or send traffic only to nodes that have one.",
    )
    return _problem(_EXTERNAL, texts, confidence, backing) if confidence else None


def _of_load_balancer(service: Resource, backing: _Backing, scope: Scope, graph: ResourceGraph) -> Problem | None:
    platform = service_platform(service, graph)
    if backing.replicas > 1 or platform in _WITHDRAWING or _goes_past_nodes(service, graph):
        return None
    texts = _Texts(
        f"{service.id} drops traffic while its only Pod moves to another node",
        f"{_too_few(backing)}. With this policy only its node passes the health check, and the checks notice a move late.",
        "Run at least two replicas on different nodes, or use the policy `Cluster`.",
    )
    is_plain = scope.environment == "production" or (scope.division != "sample" and _is_edge_of_one_pod(service, backing, graph))
    problem = _problem(_EXTERNAL, texts, "medium" if is_plain else "low", backing)
    pods = " ".join(str(one.id) for one in backing.workloads)  # several Services of one Pod: a second replica cures all of them
    return problem._replace(
        cause=Cause(pods, (f"{service.id} and ", " more drop traffic while their only Pod moves"), f"{service.id} too.")
    )


def _is_edge_of_one_pod(service: Resource, backing: _Backing, graph: ResourceGraph) -> bool:
    """Tell whether all traffic from outside comes in through one Pod, and the manifests write that number."""
    is_written = all(one.get("spec", "replicas") == 1 for one in backing.workloads)
    return is_written and edge_proxy_behind(service, graph) is not None


def _goes_past_nodes(service: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a load balancer sends traffic to the Pods themselves, or may do so, so that the policy decides nothing."""
    if service.get("spec", "allocateLoadBalancerNodePorts") is False:
        return True
    owner = ownership_of(service, graph)
    return owner.on_aws == "lbc" and not targets_node_ports(service, owner)


def _of_clients(service: Resource, backing: _Backing, graph: ResourceGraph) -> Problem | None:
    confidence = _confidence(backing)
    if not confidence or any(is_joined_by_clients(workload, graph) for workload in backing.workloads):
        return None
    texts = _Texts(
        f"{service.id} does not answer clients on nodes without one of its Pods",
        f"{_too_few(backing)}. Clients on any other node get no answer.",
        "Run the Pods as a DaemonSet, or use `trafficDistribution`, which prefers near Pods and falls back to others.",
    )
    return _problem(_INTERNAL, texts, confidence, backing)


def _confidence(backing: _Backing) -> Confidence | None:
    """Return how certain it is that some node has no Pod, or None where each of them has one."""
    if backing.nodes is None:
        return "medium" if backing.replicas == 1 else "low"
    if backing.replicas < backing.nodes:
        return "medium"
    return None if all(is_spread(workload) for workload in backing.workloads) else "low"


def _too_few(backing: _Backing) -> str:
    names = listed([f"{workload.kind} {middle(workload.name, _LONGEST_NAME)}" for workload in backing.workloads])
    has = "has one Pod, on one node" if backing.replicas == 1 else f"may have no more than {backing.replicas} Pods"
    if backing.nodes is None:
        return f"{names} {has}"
    if backing.replicas < backing.nodes:
        return f"{names} {has} of {backing.nodes}" if backing.replicas == 1 else f"{names} {has} for {backing.nodes} nodes"
    return f"Nothing spreads the {backing.replicas} Pods of {names} over the {backing.nodes} nodes"


def _problem(path: Path, texts: _Texts, confidence: Confidence, backing: _Backing) -> Problem:
    related = (RelatedPlace(one, ("spec", "replicas"), f"{one.kind} {one.name} runs the Pods.") for one in backing.workloads)
    headline, why, help_ = texts
    return Problem(path, headline, why=why, help=help_, confidence=confidence, related=tuple(related))
