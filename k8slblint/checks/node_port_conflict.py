"""Detects node ports that two Services of a cluster set."""

from collections.abc import Iterator, Sequence

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.rule import Confidence, Problem, RelatedPlace, Undecided
from k8slblint.model.texts import middle
from k8slblint.traffic.balancers.node_ports import NodePort, are_both_held, fixed_node_ports, holders_before

_LISTED = 5


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at the first node port that a Service sets and others before it have already, one for all of the same others.

    The protocol does not matter: the API server gives a number to one Service only. Undecided where nothing shows that both are
    deployed at the same time.
    """
    if service.api_version != "v1" and service.kind != HELM_VALUES:
        return
    clashes: dict[tuple[int, ...], list[_Clash]] = {}
    for port in fixed_node_ports(service):
        rivals = [(rival, are_both_held(service, rival.service, graph)) for rival in holders_before(port, graph)]
        certain = [(rival, confidence) for rival, confidence in rivals if confidence is not None]
        if certain:
            best: Confidence = "high" if any(confidence == "high" for _, confidence in certain) else "medium"
            clash = _Clash(port, [rival for rival, _ in certain], best)
            clashes.setdefault(tuple(id(rival.service) for rival in clash.rivals), []).append(clash)
        elif rivals:
            reason = f"{service.id} and {rivals[0][0].service.id} set the same node port, but may be alternatives"
            yield Undecided(port.path, reason)
    for together in clashes.values():
        yield _problem(together)


class _Clash(NamedTuple):
    """A node port of a Service, the ports of others with its number, and how sure it is that they are deployed together."""

    port: NodePort
    rivals: Sequence[NodePort]
    confidence: Confidence


def _problem(together: Sequence[_Clash]) -> Problem:
    port, rivals, confidence = together[0]
    first = rivals[0]
    what = f"{_what(port)} {port.number}" if len(together) == 1 else f"{len(together)} node ports"
    others = [rival for clash in together for rival in clash.rivals]
    return Problem(
        path=port.path,
        headline=f"{port.service.id} sets {what}, which {_rival(first, len(rivals))}",
        label=f"already used by {first.service.id}",
        why=f"{_why(port, first)}: the API server refuses the Service created last ('provided port is already allocated').",
        help="Give one of them another node port, or remove the number and let the cluster choose.",
        confidence=confidence,
        related=tuple(RelatedPlace(one.service, one.path, f"{one.service.id} sets {_what(one)} {one.number}.") for one in others[:_LISTED]),
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
