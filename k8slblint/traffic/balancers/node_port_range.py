"""The range of node ports of a cluster: what its manifests state, and what its Services show where none does.

Sources: Kubernetes 1.37 kube-apiserver `--service-node-port-range` (`apimachinery/pkg/util/net/port_range.go`); kubeadm v1beta3 and
v1beta4 `apiServer.extraArgs` (a mapping, a list of names and values since v1beta4); kops 1.34
`Cluster.spec.kubeAPIServer.serviceNodePortRange`; k0s 1.34 `ClusterConfig.spec.api.extraArgs`; kind 0.30 `kubeadmConfigPatches`;
k3d 5.8 `options.k3s.extraArgs`.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from k8slblint.catalog.pods import pod_makers
from k8slblint.graph.containers import main_containers_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import API_SERVER_KINDS, LOCAL_CLUSTER_KINDS
from k8slblint.model.resource import Resource

_FLAG = "service-node-port-range"
_IN_ARGUMENT = rf"--{_FLAG}=(\S+)"
_RANGE = r"([0-9]{1,5})(?:([-+])([0-9]{1,5}))?"
"""The first port with the last, or with how many follow; alone it is the only one."""

_DEFAULT = (30000, 32767)
_LAST_PORT = 65535
_MANY = 3
"""So many Services with node ports outside of a range show that the cluster has another one."""


def stated_range(service: Resource, graph: ResourceGraph) -> tuple[int, int] | None:
    """Return the first and last node port that the manifests of a Service's cluster state for its API server, or None."""
    return graph.derived(_stated).get(graph.scope(service).cluster)


def shows_another_range(graph: ResourceGraph, first: int, last: int) -> bool:
    """Tell whether many Services of the tree ask for node ports outside of a range: a flag is set elsewhere.

    Where others ask for ports inside, which a wider range has too, they must not all be of one file.
    """
    ports = graph.derived(_fixed_ports)
    outside = {(service.key, service.path) for service, port in ports if not first <= port <= last}
    is_spread = len({path for _, path in outside}) > 1
    return len(outside) >= _MANY and (is_spread or not any(first <= port <= last for _, port in ports))


def is_widened(service: Resource, graph: ResourceGraph) -> bool:
    """Tell whether somebody chose the range of node ports of a Service's cluster: a manifest states it, or many Services show one."""
    return stated_range(service, graph) is not None or shows_another_range(graph, *_DEFAULT)


def is_in_use(service: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a deployer in the tree (Argo CD, Flux) keeps the cluster of a Service like its manifests.

    Those were applied: what a flag of that cluster may allow, it allows. Setting it is not the business of such a tree. A HelmChart says
    what is installed, not by whom it was applied.
    """
    kinds = sorted(kind for kind in pod_makers().followed if not kind.startswith("HelmChart."))
    return bool(graph.in_cluster(graph.scope(service).cluster, *kinds))


def is_in_range_elsewhere(port: object, graph: ResourceGraph) -> bool:
    """Tell whether the tree states a range with a port for some API server: of which clusters that is, folders may not tell."""
    ranges = {*graph.derived(_stated).values(), *(one for found in graph.derived(_of_hosts).values() for one in found)}
    return type(port) is int and any(first <= port <= last for first, last in ranges)


def range_of_hosts(service: Resource, graph: ResourceGraph) -> tuple[int, int] | None:
    """Return the range that the files which set up the machines of a Service's cluster state for its API server, or None.

    They are read when a Service has a node port outside of the default range, and not before.
    """
    return _only(graph.derived(_of_hosts)).get(graph.scope(service).cluster)


def _fixed_ports(graph: ResourceGraph) -> list[tuple[Resource, int]]:
    return [
        (service, port["nodePort"])
        for service in graph.of_type("Service")
        for port in service.sequence("spec", "ports")
        if isinstance(port, dict) and type(port.get("nodePort")) is int and port["nodePort"]
    ]


def _stated(graph: ResourceGraph) -> dict[str, tuple[int, int]]:
    stated = [
        (graph.scope(resource).cluster, text)
        for resource in graph.of_type(*API_SERVER_KINDS, *LOCAL_CLUSTER_KINDS, "Pod")
        for text in _texts(resource)
    ]
    return _only(_by_cluster(stated))


def _of_hosts(graph: ResourceGraph) -> dict[str, set[tuple[int, int]]]:
    return _by_cluster(
        [(graph.cluster_of(file.path), flag.value) for file in graph.host_files for flag in file.flags if flag.name == _FLAG]
    )


def _by_cluster(stated: Iterable[tuple[str, str]]) -> dict[str, set[tuple[int, int]]]:
    found: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for cluster, text in stated:
        ports = _parsed(text)
        if ports is not None:
            found[cluster].add(ports)
    return found


def _only(found: Mapping[str, Collection[tuple[int, int]]]) -> dict[str, tuple[int, int]]:
    """Return the ranges of the clusters for which one and no other is stated."""
    return {cluster: next(iter(ranges)) for cluster, ranges in found.items() if len(ranges) == 1}


def _parsed(text: str) -> tuple[int, int] | None:
    """Return the first and last port of a range, None for what kube-apiserver refuses."""
    match = re.fullmatch(_RANGE, text.strip())
    if match is None:
        return None
    first, second = int(match[1]), int(match[3] or match[1])
    last = min(first + second, _LAST_PORT) if match[2] == "+" else second
    return (first, last) if first <= last <= _LAST_PORT else None


def _texts(resource: Resource) -> Iterator[str]:
    """Yield what an object says of the range, as text."""
    if resource.kind == "Pod":
        for _, container in main_containers_of(resource):
            yield from _in_arguments(container)
        return
    for path in _EXTRA_ARGUMENTS:
        value = resource.get(*path)
        if isinstance(value, dict):
            yield str(value.get(_FLAG, ""))
        elif isinstance(value, list):
            yield from (str(one.get("value", "")) for one in value if isinstance(one, dict) and one.get("name") == _FLAG)
    yield str(resource.get("spec", "kubeAPIServer", "serviceNodePortRange", default=""))
    for text in (*_of_k3d(resource), *resource.sequence("kubeadmConfigPatches")):
        for match in re.finditer(_IN_TEXT, text) if isinstance(text, str) else ():
            yield match[1]


_EXTRA_ARGUMENTS = (
    ("apiServer", "extraArgs"),
    ("spec", "kubeadmConfigSpec", "clusterConfiguration", "apiServer", "extraArgs"),
    ("spec", "api", "extraArgs"),
)
"""Of kubeadm, of Cluster API, of k0s."""

_IN_TEXT = rf"""(?m)^[^#\n]*?\b{_FLAG}["']?[=:][ ]*["']?([0-9+-]+)"""
"""In an argument of k3d, or in a patch of kind, which is YAML of kubeadm."""


def _of_k3d(resource: Resource) -> Iterator[object]:
    for one in resource.sequence("options", "k3s", "extraArgs"):
        yield one.get("arg") if isinstance(one, dict) else None


def _in_arguments(container: dict[str, Any]) -> Iterator[str]:
    for field in ("command", "args"):
        words = container.get(field)
        for word in words if isinstance(words, list) else ():
            match = re.search(_IN_ARGUMENT, word) if isinstance(word, str) else None
            if match:
                yield match[1]
