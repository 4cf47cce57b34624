"""Detects Gateways whose GatewayClass does not exist."""

from collections.abc import Iterator

from k8slblint.graph.answers import Absent, Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Condition, Problem, Undecided
from k8slblint.model.texts import listed, middle, quoted
from k8slblint.traffic.attachment.near_names import nearest_name
from k8slblint.traffic.ownership.gateways import class_of, controller_names, owner_of_gateway
from k8slblint.traffic.workloads.alternatives import are_alternatives

_PATH = ("spec", "gatewayClassName")

_LONGEST_NAME = 30


def check(gateway: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at a class that the manifests do not define, while they define others and were all read, or one of nearly this name.

    Classes of customary names are left out: their controller, or the platform, creates them.
    """
    if controller_names(gateway, graph):
        return
    answer = class_of(gateway, graph)
    if isinstance(answer, Absent):
        yield _judged(gateway, answer.near, graph)
    elif not isinstance(answer, Found):
        yield Undecided(_PATH, answer.reason)


def _judged(gateway: Resource, classes: tuple[str, ...], graph: ResourceGraph) -> Problem | Undecided:
    name = owner_of_gateway(gateway, graph).class_name or ""
    near = nearest_name(name, classes)
    reason = graph.why_incomplete(graph.scope(gateway).cluster)
    if are_alternatives(graph.scope(gateway), graph):
        reason = "the manifests are of alternatives, and a class may be of another one"
    if reason and not near:
        return Undecided(_PATH, reason)
    names = listed(middle(one, _LONGEST_NAME) for one in classes)
    return Problem(
        path=_PATH,
        headline=f"{gateway.id} names a GatewayClass that does not exist",
        label=f"no GatewayClass is named {quoted(name, _LONGEST_NAME)}",
        why=f"The manifests of its cluster define GatewayClass {names}. No controller accepts the Gateway, so none of its listeners opens.",
        help=f"Write `gatewayClassName: {near}`." if near else "Use a class that exists, or add the GatewayClass to the manifests.",
        confidence="high" if near and not reason else "medium",
        condition=Condition("Accepted", "Unknown", "Pending"),
    )
