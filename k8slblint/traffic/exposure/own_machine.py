"""Which node ports a cluster on the machine of a developer maps to ports of that machine: who describes it so reaches them there.

Sources: kubernetes-sigs/kind, pkg/apis/config/v1alpha4/types.go (`extraPortMappings`); k3d, pkg/config/v1alpha5/types.go (`ports`).
"""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import LOCAL_CLUSTER_KINDS
from k8slblint.model.resource import Resource


def is_mapped_to_own_machine(service: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a description of such a cluster maps all the node ports that a Service fixes, and it fixes one at least."""
    ports = [port["nodePort"] for port in service.sequence("spec", "ports") if isinstance(port, dict) and "nodePort" in port]
    mapped = graph.derived(_mapped) if ports else frozenset[int]()
    return bool(mapped) and all(type(port) is int and port in mapped for port in ports)


def _mapped(graph: ResourceGraph) -> frozenset[int]:
    return frozenset(port for cluster in graph.of_type(*LOCAL_CLUSTER_KINDS) for port in _ports(cluster))


def _ports(cluster: Resource) -> Iterator[int]:
    for node in cluster.sequence("nodes"):
        mappings = node.get("extraPortMappings") if isinstance(node, dict) else None
        for one in mappings if isinstance(mappings, list) else ():
            if isinstance(one, dict) and type(one.get("containerPort")) is int:
                yield one["containerPort"]
    for one in cluster.sequence("ports"):
        text = one.get("port") if isinstance(one, dict) else None
        inside = text.rpartition(":")[2].partition("/")[0] if isinstance(text, str) else ""
        if inside.isascii() and inside.isdigit() and len(inside) <= _LONGEST_PORT:
            yield int(inside)


_LONGEST_PORT = 5
