"""Detects load balancers that get node ports which they do not use."""

from collections.abc import Iterator

from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Cause, Confidence, Problem, Undecided
from k8slblint.model.texts import sentence, served
from k8slblint.traffic.access.stated_ranges import range_texts
from k8slblint.traffic.balancers.unused_node_ports import Unused, unused_node_ports

_TYPE = ("spec", "type")

_INSTEAD = {
    "pods": "targets are Pod IPs",
    "vip": "traffic arrives at the address of the Service",
    "proxy": "traffic arrives through its own proxy",
}


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at `spec.type` where node ports are opened that the load balancer does not need.

    Shown by default where they matter: bypassing the source ranges of the Service, in production, or where the Pods are the targets.
    """
    found = unused_node_ports(service, graph)
    if isinstance(found, Unknown):
        yield Undecided(_TYPE, found.reason)
    if isinstance(found, Found):
        ranges = isinstance(range_texts(service), Found)
        matters = ranges or found.value.targets == "pods" or graph.scope(service).environment == "production"
        yield _problem(service, found.value, has_ranges=ranges)._replace(confidence=found.value.confidence if matters else _LOW)


_LOW: Confidence = "low"


def _problem(service: Resource, found: Unused, *, has_ranges: bool) -> Problem:
    ports = "a node port" if found.number == 1 else f"{found.number} node ports"
    bypassed = "the source ranges of the Service" if has_ranges else "the load balancer"
    serves = sentence(served(found.owner.names, found.owner.reason))
    return Problem(
        path=_TYPE,
        headline=f"{service.id} opens {ports} that its load balancer does not use",
        label=_INSTEAD[found.targets],
        why=f"Clients can connect on every node, bypassing {bypassed}. {serves}",
        help=_WAY_OUT,
        cause=Cause.of_alike(service, f"open node ports that bypass their {'source ranges' if has_ranges else 'load balancers'}", _WAY_OUT),
    )


_WAY_OUT = "Set `allocateLoadBalancerNodePorts: false`. An existing Service keeps its node ports until you remove them too."
