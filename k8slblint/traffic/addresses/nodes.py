"""The addresses of the nodes of a cluster: from Node objects, such as a dump of `kubectl get nodes -o yaml`, and as stated.

Sources: Kubernetes API reference 1.37 (NodeStatus.addresses); Calico 3.30, node annotations; k3s 1.33 and RKE2, node
annotations; kubelet `--node-ip` with an external cloud provider (KEP-3705: two addresses, one of each family, with a comma).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Literal, TypeAlias

from k8slblint.addresses import Interval, parse_address, parse_stated
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence
from k8slblint.model.scope import Environment, Scope
from k8slblint.traffic.addresses.hosts import clusters_with_pools, said_of

AddressType: TypeAlias = Literal["InternalIP", "ExternalIP", "stated", "set up", "reached"]
"""What an address of a node is: as its object says, as the user states, as a file says that sets it up, or by which Ansible reaches it."""

EXTERNAL_TYPES: frozenset[AddressType] = frozenset({"ExternalIP", "reached"})
"""Addresses that may be those of something before the node, such as a router that forwards."""

_ANNOTATIONS: dict[str, AddressType] = {
    "projectcalico.org/IPv4Address": "InternalIP",
    "projectcalico.org/IPv6Address": "InternalIP",
    "alpha.kubernetes.io/provided-node-ip": "InternalIP",
    "k3s.io/internal-ip": "InternalIP",
    "rke2.io/internal-ip": "InternalIP",
    "k3s.io/external-ip": "ExternalIP",
    "rke2.io/external-ip": "ExternalIP",
}
"""Annotations that hold addresses of the node itself: one, or several with commas, each with or without a prefix length."""

_DEFAULT_CLUSTER = "default"


class NodeAddress(NamedTuple):
    """One address of a node, or a range of them where a range was stated.

    `node` is the node's name and `resource` with `path` the place it was read at; a stated address has none of them. Of a file that sets
    up machines `resource` is no object of Kubernetes, and `node` may be empty.
    `confidence` is that of the claim that the node belongs to the cluster asked about, and `reason` says where it is from.
    """

    interval: Interval
    text: str
    type: AddressType
    node: str
    resource: Resource | None
    path: Path
    confidence: Confidence
    reason: str


def node_addresses(graph: ResourceGraph, scope: Scope) -> list[NodeAddress]:
    """Return the node addresses of the cluster that `scope` belongs to: those stated first, then those of its Node objects and of files.

    A Node object whose environment is known to be another one is left out: an undivided tree may hold several clusters.
    Where the cluster has no Node objects, those that stand outside of any cluster are taken if it is the only one with pools.
    """
    known = _known(graph, scope)
    seen = {address.interval for address in known}
    return [*known, *(address for address in _of_hosts(graph, scope) if address.interval not in seen)]


def _known(graph: ResourceGraph, scope: Scope) -> list[NodeAddress]:
    """Return the addresses that are stated or in Node objects."""
    found = graph.derived(_addresses_by_cluster)
    outside = None if scope.cluster in found else _cluster_without_folder(graph, scope)
    in_objects = found.get(outside or scope.cluster, ())
    return [*_stated(scope), *(address for environment, address in in_objects if _may_agree(environment, scope))]


def _of_hosts(graph: ResourceGraph, scope: Scope) -> Iterator[NodeAddress]:
    """Yield the addresses of machines in files that set them up, each once."""
    seen: set[Interval] = set()
    said = [one for one in said_of(graph, scope) if one.says in _OF_HOSTS]
    for one in sorted(said, key=lambda one: one.says != "node"):
        if one.interval not in seen:
            seen.add(one.interval)
            reason = f"read from '{one.resource.path}'"
            yield NodeAddress(one.interval, one.text, _OF_HOSTS[one.says], one.of, one.resource, one.path, one.confidence, reason)


_OF_HOSTS: dict[str, AddressType] = {"node": "set up", "node-external": "reached"}


def node_count(graph: ResourceGraph, scope: Scope) -> int | None:
    """Return how many nodes the cluster of `scope` has, as far as they are stated or among the manifests; None where no node is."""
    known = _known(graph, scope)
    if any(address.interval.size > 1 for address in known):
        return None
    stated = sum(1 for address in known if address.type == "stated")
    return max(stated, len({address.node for address in known if address.node})) or None


def _stated(scope: Scope) -> Iterator[NodeAddress]:
    settings = scope.settings
    for text in settings.node_addresses if settings else ():
        interval = parse_stated(text)
        if interval and settings:
            yield NodeAddress(interval, text.strip(), "stated", "", None, (), "high", f"stated for cluster '{settings.name}'")


def _addresses_by_cluster(graph: ResourceGraph) -> dict[str, list[tuple[Environment, NodeAddress]]]:
    found: dict[str, list[tuple[Environment, NodeAddress]]] = defaultdict(list)
    for node in graph.of_type("Node"):
        scope = graph.scope(node)
        confidence: Confidence = "medium" if scope.division == "none" else "high"
        found[scope.cluster] += [(scope.environment, address) for address in _addresses_of(node, confidence)]
    return dict(found)


def _addresses_of(node: Resource, confidence: Confidence) -> Iterator[NodeAddress]:
    """Yield each address once; a node reports the same address as InternalIP and ExternalIP, or in an annotation too."""
    seen = set()
    for address_type, text, path in sorted(_written_addresses(node), key=lambda written: written[0] != "InternalIP"):
        address = parse_address(text)
        if address and address not in seen:
            seen.add(address)
            interval = Interval(address[0], address[1], address[1])
            yield NodeAddress(interval, text, address_type, node.name, node, path, confidence, f"read from {node.id}")


def _written_addresses(node: Resource) -> Iterator[tuple[AddressType, str, Path]]:
    for index, entry in enumerate(node.sequence("status", "addresses")):
        address_type: Any = entry.get("type") if isinstance(entry, dict) else None
        if address_type in ("InternalIP", "ExternalIP"):
            yield address_type, str(entry.get("address") or ""), ("status", "addresses", index, "address")
    for key, address_type in _ANNOTATIONS.items():
        value = node.annotations.get(key)
        for text in value.split(",") if isinstance(value, str) else ():
            yield address_type, text.strip().partition("/")[0], ("metadata", "annotations", key)


def _cluster_without_folder(graph: ResourceGraph, scope: Scope) -> str | None:
    """Return the group of files that no folder assigns to a cluster, where `scope` is the only cluster that it can belong to."""
    if scope.division != "named":
        return None
    outside = _undivided_name(scope.cluster)
    with_pools = graph.derived(clusters_with_pools)
    rivals = [cluster for cluster in with_pools if cluster == outside or _undivided_name(cluster) == outside]
    nodes: Sequence[Resource] = graph.in_cluster(outside, "Node")
    return outside if rivals == [scope.cluster] and not any(graph.scope(node).division == "stated" for node in nodes) else None


def _undivided_name(cluster: str) -> str:
    """Return how scope inference calls what is left of a project when `cluster` is divided from it."""
    return cluster.rpartition(": ")[0] or _DEFAULT_CLUSTER


def _may_agree(environment: Environment, scope: Scope) -> bool:
    return scope.division == "stated" or environment in ("unknown", scope.environment) or scope.environment == "unknown"
