"""The address space of a cluster: every range that something has, with who says so, and what of it meets the pools.

What a range is decides what a meeting means: addresses of machines, networks of Pods and Services, addresses that move between machines,
routers and DHCP must not be given to Services. A network that addresses lie in (`lan`) is taken by nobody.

Source: Kubernetes API reference 1.37 (`Node.spec.podCIDRs`); the files are read by `loading.hosts`, with the sources of their defaults.
"""

from collections.abc import Iterator
from typing import Literal, TypeAlias

from k8slblint.addresses import Interval, parse_stated
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence
from k8slblint.model.scope import Scope
from k8slblint.traffic.addresses.hosts import said_of
from k8slblint.traffic.addresses.nodes import EXTERNAL_TYPES, node_addresses

Role: TypeAlias = Literal["node", "node-external", "machines", "pods", "services", "vip", "gateway", "dhcp", "network", "lan", "pool"]
"""What a range is; `network` is one that the user states under a name of their own."""

TAKEN: frozenset[Role] = frozenset({"machines", "pods", "services", "vip", "gateway", "dhcp", "network"})
"""Ranges besides those of nodes that no Service may get an address of."""

_STATED_ROLES: dict[str, Role] = {
    "pods": "pods",
    "services": "services",
    "vip": "vip",
    "vips": "vip",
    "gateway": "gateway",
    "gateways": "gateway",
    "dhcp": "dhcp",
    "machines": "machines",
    "nodes": "machines",
    "lan": "lan",
}


class Range(NamedTuple):
    """One range of the address space: what it is, its addresses, the text as written, and where that is.

    `name` says whose it is in words, such as the name of a machine or of a network. `resource` is None for what the user states; of a file
    that sets up machines it is no object of Kubernetes. `is_default` tells of a range that nobody states and a program takes.
    """

    role: Role
    interval: Interval
    text: str
    name: str
    resource: Resource | None
    path: Path
    confidence: Confidence
    is_default: bool = False


def ranges_of(graph: ResourceGraph, scope: Scope) -> list[Range]:
    """Return the ranges that are known of the cluster of a scope, in the order: stated, of objects, of files."""
    return graph.derived_in(scope, _ranges)


def _ranges(graph: ResourceGraph, scope: Scope) -> list[Range]:
    return [*_nodes(graph, scope), *_stated(scope), *_of_objects(graph, scope), *_of_files(graph, scope)]


def _nodes(graph: ResourceGraph, scope: Scope) -> Iterator[Range]:
    for one in node_addresses(graph, scope):
        role: Role = "node-external" if one.type in EXTERNAL_TYPES else "node"
        yield Range(role, one.interval, one.text, one.node, one.resource, one.path, one.confidence)


def _stated(scope: Scope) -> Iterator[Range]:
    for name, texts in scope.settings.networks if scope.settings else ():
        for text in texts:
            interval = parse_stated(text)
            if interval is not None:
                yield Range(_STATED_ROLES.get(name.lower(), "network"), interval, text.strip(), name, None, (), "high")


def _of_objects(graph: ResourceGraph, scope: Scope) -> Iterator[Range]:
    """Yield the networks of Pods that Node objects have."""
    for node in graph.in_cluster(scope.cluster, "Node"):
        field = "podCIDRs" if node.sequence("spec", "podCIDRs") else "podCIDR"
        texts = node.sequence("spec", field) or [node.get("spec", field)]
        for index, text in enumerate(texts):
            interval = parse_stated(text) if isinstance(text, str) else None
            if interval is not None:
                path: Path = ("spec", field, index) if field == "podCIDRs" else ("spec", field)
                yield Range("pods", interval, text, node.name, node, path, "high")


def _of_files(graph: ResourceGraph, scope: Scope) -> Iterator[Range]:
    seen: set[tuple[str, Interval]] = set()
    for one in said_of(graph, scope):
        if one.says in ("node", "node-external") or (one.says, one.interval) in seen:
            continue
        seen.add((one.says, one.interval))
        role = _ROLES.get(one.says)
        if role is not None:
            yield Range(role, one.interval, one.text, one.of, one.resource, one.path, one.confidence, one.is_default)


_ROLES: dict[str, Role] = {
    "machines": "machines",
    "pods": "pods",
    "services": "services",
    "vip": "vip",
    "gateway": "gateway",
    "lan": "lan",
    "pool": "pool",
}
