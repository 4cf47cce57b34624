"""Which node ports the Services of a cluster set, and which objects are deployed together and can conflict.

Source: Kubernetes 1.37, `pkg/registry/core/service/storage/alloc.go`. One allocator hands out node ports by number, whatever the
protocol, and health check node ports too; only within one Service may TCP and UDP share a number (kubernetes issue 91404).
"""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TypeGuard

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.live import is_live
from k8slblint.graph.relations.bundles import are_independent
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder, is_blank
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.rule import Confidence
from k8slblint.model.scope import Scope
from k8slblint.traffic.workloads.alternatives import are_alternatives

OPENING_TYPES = ("NodePort", "LoadBalancer")

_APPLICATION_LABELS = ("app.kubernetes.io/name", "app", "k8s-app", "name")
"""Labels that name an application (Kubernetes, "Recommended Labels", and the customs before them)."""


class NodePort(NamedTuple):
    """One node port that a Service fixes; `protocol` is None for the health check node port."""

    service: Resource
    number: int
    path: Path
    protocol: str | None


def fixed_node_ports(service: Resource) -> Iterator[NodePort]:
    """Yield the node ports that a Service fixes, each number once; also those of a Service by values that a release brings."""
    if service.get("spec", "type") not in OPENING_TYPES:
        return
    if service.kind == HELM_VALUES:
        yield from _in_values(service)
        return
    seen = set()
    for index, port in enumerate(service.sequence("spec", "ports")):
        number = port.get("nodePort") if isinstance(port, dict) else None
        if _is_number(number) and number not in seen:
            seen.add(number)
            yield NodePort(service, number, ("spec", "ports", index, "nodePort"), str(port.get("protocol") or "TCP"))
    health_check = service.get("spec", "healthCheckNodePort")
    if _is_number(health_check) and health_check not in seen and _needs_health_check(service):
        yield NodePort(service, health_check, ("spec", "healthCheckNodePort"), None)


def _in_values(values: Resource) -> Iterator[NodePort]:
    """Yield the node ports that values give names to, as charts do: `nodePorts.http`, `nodePort`, `ports.http.nodePort`."""
    if not values.get("deployer", "name"):
        return
    named, ports = values.mapping("values", "nodePorts"), values.get("values", "ports")
    found: list[tuple[Path, object]] = [(("values", "nodePorts", name), number) for name, number in named.items()]
    rows = ports.items() if isinstance(ports, dict) else enumerate(ports) if isinstance(ports, list) else ()
    found += [(("values", "ports", step, "nodePort"), port.get("nodePort")) for step, port in rows if isinstance(port, dict)]
    found.append((("values", "nodePort"), values.get("values", "nodePort")))
    numbers = {number: path for path, number in reversed(found) if _is_number(number)}
    yield from (NodePort(values, number, path, "TCP") for number, path in reversed(numbers.items()))


def holders_before(port: NodePort, graph: ResourceGraph) -> Sequence[NodePort]:
    """Return the same node port of other Services of the cluster that stand before this one, in reading order.

    Two objects of a live cluster are there already: whatever the dump says, nothing was refused.
    """
    cluster = graph.scope(port.service).cluster
    rivals = graph.derived(_by_number).get((cluster, port.number), ())
    before = [rival for rival in rivals if rival.service.order < port.service.order and rival.service.key != port.service.key]
    return [rival for rival in before if not (is_live(rival.service) and is_live(port.service))]


def are_both_held(one: Resource, other: Resource, graph: ResourceGraph) -> Confidence | None:
    """Return how certain it is that two Services ask for a node port at the same time; None where they may be alternatives.

    Where nothing divides the tree, Services of one application in two folders are likely two ways to deploy it, numbered folders the
    lessons of a course, and all folders alternatives where some of them define the same objects; not those that deployers send to the
    cluster they run in. Nor are files of two folders that leave the namespace to whoever applies them; those may be lessons. What has yet
    to get its name may be the other one.
    """
    if has_placeholder(one.name) or has_placeholder(other.name) or is_blank(one.name) or is_blank(other.name):
        return None
    if graph.scope(one).division == "none" and os.path.dirname(one.path) != os.path.dirname(other.path):
        are_sent = graph.is_sent_to_own_cluster(one) and graph.is_sent_to_own_cluster(other)
        is_course = _are_numbered_apart(one.path, other.path) or are_alternatives(graph.scope(one), graph)
        if _are_applied_by_hand(one, other) and not are_sent:
            return None
        if (is_course and not are_sent) or not _applications(one).isdisjoint(_applications(other)):
            return None
    return are_deployed_together(one, other, graph)


def _are_applied_by_hand(one: Resource, other: Resource) -> bool:
    """Tell whether neither of two objects says in which namespace it is, nor did anything render one."""
    return all(
        service.provenance is None and service.get("metadata", "namespace") is None and not service.get("deployedTo")
        for service in (one, other)
    )


def are_deployed_together(one: Resource, other: Resource, graph: ResourceGraph) -> Confidence | None:
    """Return how certain it is that two objects of one cluster are there at the same time; None where they may be alternatives.

    One file or unit is applied as a whole. A cluster that is stated, or named by a folder, holds what stands in it. Where nothing
    divides the tree, files of one folder go together unless both describe the same objects; files of a sample may stand alone.
    """
    scope = graph.scope(one)
    if one.path == other.path or scope.division == "stated":
        return "high"
    if scope.division == "sample" or _are_alternatives(one, other, graph) or are_independent(one, other, graph):
        return None
    is_namesake = (one.kind, one.name) == (other.kind, other.name)
    if scope.division == "none" and (is_namesake or _are_of_two_environments(scope, graph.scope(other))):
        return None
    return "medium"


def _are_numbered_apart(one: str, other: str) -> bool:
    """Tell whether the paths of two files part at folders that both begin with a number: `01-web`, `02-api`."""
    pairs = zip(one.split("/")[:-1], other.split("/")[:-1], strict=False)
    return next((left[:1].isdecimal() and right[:1].isdecimal() for left, right in pairs if left != right), False)


def _applications(service: Resource) -> set[str]:
    selector = service.mapping("spec", "selector")
    return {name for name in (selector.get(label) for label in _APPLICATION_LABELS) if isinstance(name, str) and name}


def _are_of_two_environments(one: Scope, other: Scope) -> bool:
    return "unknown" not in (one.environment, other.environment) and one.environment != other.environment


def _are_alternatives(one: Resource, other: Resource, graph: ResourceGraph) -> bool:
    """Tell whether two places describe the same objects: the files of the two, or their folders where these differ."""
    keys = graph.derived(_keys_by_place)
    cluster = graph.scope(one).cluster
    places = (one.path, other.path)
    folders = tuple(os.path.dirname(path) for path in places)
    pairs = [places] if folders[0] == folders[1] else [places, folders]
    return any(keys[cluster, first] & keys[cluster, second] for first, second in pairs)


def _keys_by_place(graph: ResourceGraph) -> dict[tuple[str, str], set[tuple[str, str | None, str]]]:
    """Return the identities of what stands in each file, and in each folder, by cluster; namespaces are shared by all."""
    found: dict[tuple[str, str], set[tuple[str, str | None, str]]] = defaultdict(set)
    for resource in graph.resources:
        if resource.kind not in ("Namespace", "Node"):
            cluster = graph.scope(resource).cluster
            found[cluster, resource.path].add(resource.key)
            found[cluster, os.path.dirname(resource.path)].add(resource.key)
    return found


def _by_number(graph: ResourceGraph) -> dict[tuple[str, int], list[NodePort]]:
    index: dict[tuple[str, int], list[NodePort]] = defaultdict(list)
    for service in graph.of_type("Service", HELM_VALUES):
        for port in fixed_node_ports(service):
            index[graph.scope(service).cluster, port.number].append(port)
    return index


def _needs_health_check(service: Resource) -> bool:
    return bool(service.get("spec", "type") == "LoadBalancer" and service.get("spec", "externalTrafficPolicy") == "Local")


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
