"""Detects node ports that two Services of a cluster set."""

from collections.abc import Iterator, Sequence

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem, RelatedPlace, Undecided
from k8slblint.model.texts import middle
from k8slblint.traffic.balancers.node_ports import NodePort, are_both_held, fixed_node_ports, holders_before

_LISTED = 5


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at each node port that a Service sets and another one, which comes before it, has already.

    The protocol does not matter: the API server gives a number to one Service only. Undecided where nothing shows that both are
    deployed at the same time.
    """
    if service.api_version != "v1":
        return
    for port in fixed_node_ports(service):
        rivals = [(rival, are_both_held(service, rival.service, graph)) for rival in holders_before(port, graph)]
        certain = [(rival, confidence) for rival, confidence in rivals if confidence is not None]
        if certain:
            best: Confidence = "high" if any(confidence == "high" for _, confidence in certain) else "medium"
            yield _problem(port, [rival for rival, _ in certain], best)
        elif rivals:
            reason = f"{service.id} and {rivals[0][0].service.id} set the same node port, but may be alternatives"
            yield Undecided(port.path, reason)


def _problem(port: NodePort, rivals: Sequence[NodePort], confidence: Confidence) -> Problem:
    first = rivals[0]
    return Problem(
        path=port.path,
        headline=f"{port.service.id} sets {_what(port)} {port.number}, which {_rival(first, len(rivals))}",
        label=f"already used by {first.service.id}",
        why=f"{_why(port, first)}: the API server refuses the Service created last ('provided port is already allocated').",
        help="Give one of them another node port, or remove the number and let the cluster choose.",
        confidence=confidence,
        related=tuple(RelatedPlace(one.service, one.path, f"{one.service.id} sets {_what(one)} {one.number}.") for one in rivals[:_LISTED]),
        discriminator=str(port.number),
    )


def _what(port: NodePort) -> str:
    return f"{port.protocol} node port" if port.protocol else "health check node port"


def _rival(first: NodePort, count: int) -> str:
    if count > 1:
        return f"{count} other Services set too"
    return f"{middle(f'{first.service.namespace}/{first.service.name}', _LONGEST_NAME)} sets too"


_LONGEST_NAME = 24


def _why(port: NodePort, first: NodePort) -> str:
    if None in (port.protocol, first.protocol):
        return "Health check node ports come from the same range"
    if port.protocol != first.protocol:
        return "A node port belongs to one Service, whatever the protocol"
    return "A node port belongs to one Service of a cluster"
