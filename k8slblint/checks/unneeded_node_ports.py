"""Detects load balancers that get node ports which they do not use."""

from collections.abc import Iterator

from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem, Undecided
from k8slblint.traffic.access.stated_ranges import range_texts
from k8slblint.traffic.balancers.unused_node_ports import Unused, unused_node_ports

_TYPE = ("spec", "type")

_INSTEAD = {
    "pods": "sends traffic straight to the Pods",
    "vip": "brings traffic to a node under the address of the Service",
    "proxy": "brings traffic through a proxy of its own",
}


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at `spec.type` where node ports are opened that the load balancer does not need.

    Shown by default where they matter: past the source ranges of the Service, in production, or where the Pods are the targets.
    """
    found = unused_node_ports(service, graph)
    if isinstance(found, Unknown):
        yield Undecided(_TYPE, found.reason)
    if isinstance(found, Found):
        ranges = isinstance(range_texts(service), Found)
        matters = ranges or found.value.targets == "pods" or graph.scope(service).environment == "production"
        yield Problem(_TYPE, _message(found.value, has_ranges=ranges), confidence=found.value.confidence if matters else _LOW)


_LOW: Confidence = "low"


def _message(found: Unused, *, has_ranges: bool) -> str:
    ports = "a node port" if found.number == 1 else f"{found.number} node ports"
    past = ", past the source ranges of the Service" if has_ranges else ", past the load balancer"
    return (
        f"{found.owner.names} {_INSTEAD[found.targets]} ({found.owner.reason}), and {ports} on every node "
        f"{'is' if found.number == 1 else 'are'} opened for nothing{past}. Set `spec.allocateLoadBalancerNodePorts: false`; "
        "an existing Service keeps its node ports until they are removed too."
    )
