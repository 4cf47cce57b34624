"""The range of node ports of a cluster: what its manifests state, and what its Services show where none does.

Sources: Kubernetes 1.37 kube-apiserver `--service-node-port-range`; kubeadm v1beta3 and v1beta4 `apiServer.extraArgs` (a
mapping, a list of names and values since v1beta4); kops 1.34 `Cluster.spec.kubeAPIServer.serviceNodePortRange`.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from k8slblint.graph.containers import main_containers_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import API_SERVER_KINDS
from k8slblint.model.resource import Resource

_FLAG = "service-node-port-range"
_IN_ARGUMENT = rf"--{_FLAG}=(\S+)"
_RANGE = r"([0-9]{1,5})-([0-9]{1,5})"
_MANY = 3
"""So many Services with node ports outside of a range, and none inside, show that the cluster has another one."""


def stated_range(service: Resource, graph: ResourceGraph) -> tuple[int, int] | None:
    """Return the first and last node port that the manifests of a Service's cluster state for its API server, or None."""
    return graph.derived(_stated).get(graph.scope(service).cluster)


def shows_another_range(graph: ResourceGraph, first: int, last: int) -> bool:
    """Tell whether many Services of the tree ask for node ports outside of a range, and none for one inside: a flag is set elsewhere."""
    ports = graph.derived(_fixed_ports)
    outside = {name for name, port in ports if not first <= port <= last}
    return len(outside) >= _MANY and not any(first <= port <= last for _, port in ports)


def is_in_range_elsewhere(port: object, graph: ResourceGraph) -> bool:
    """Tell whether the tree states a range with a port for some API server: of which clusters that is, folders may not tell."""
    return type(port) is int and any(first <= port <= last for first, last in graph.derived(_stated).values())


def _fixed_ports(graph: ResourceGraph) -> list[tuple[tuple[str, str | None, str], int]]:
    return [
        (service.key, port["nodePort"])
        for service in graph.of_type("Service")
        for port in service.sequence("spec", "ports")
        if isinstance(port, dict) and type(port.get("nodePort")) is int and port["nodePort"]
    ]


def _stated(graph: ResourceGraph) -> dict[str, tuple[int, int]]:
    found: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for resource in graph.of_type(*API_SERVER_KINDS, "Pod"):
        for text in _texts(resource):
            match = re.fullmatch(_RANGE, text.strip())
            if match:
                found[graph.scope(resource).cluster].add((int(match[1]), int(match[2])))
    return {cluster: next(iter(ranges)) for cluster, ranges in found.items() if len(ranges) == 1}


def _texts(resource: Resource) -> Iterator[str]:
    """Yield what an object says of the range, as text."""
    if resource.kind == "Pod":
        for _, container in main_containers_of(resource):
            yield from _in_arguments(container)
        return
    arguments = resource.get("spec", "kubeadmConfigSpec", "clusterConfiguration", "apiServer", "extraArgs")
    for value in (resource.get("apiServer", "extraArgs"), arguments):
        if isinstance(value, dict):
            yield str(value.get(_FLAG, ""))
        elif isinstance(value, list):
            yield from (str(one.get("value", "")) for one in value if isinstance(one, dict) and one.get("name") == _FLAG)
    yield str(resource.get("spec", "kubeAPIServer", "serviceNodePortRange", default=""))


def _in_arguments(container: dict[str, Any]) -> Iterator[str]:
    for field in ("command", "args"):
        words = container.get(field)
        for word in words if isinstance(words, list) else ():
            match = re.search(_IN_ARGUMENT, word) if isinstance(word, str) else None
            if match:
                yield match[1]
