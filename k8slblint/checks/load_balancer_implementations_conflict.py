"""Detects clusters in which two implementations of load balancers take the same Services."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace, least
from k8slblint.model.texts import listed
from k8slblint.traffic.addresses.rivals import contest_in
from k8slblint.traffic.exposure.verdict import name_of

_TYPE = ("spec", "type")


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at the first Service without a class of a cluster in which several implementations take it."""
    if service.get(*_TYPE) != "LoadBalancer":
        return
    contest = contest_in(graph, graph.scope(service))
    if contest is None or contest.services[0] is not service:
        return
    names = [name_of(rival.controller) for rival in contest.rivals]
    others = f" and {len(contest.services) - 1} more" if len(contest.services) > 1 else ""
    yield Problem(
        path=_TYPE,
        headline=f"{listed(names)} take {service.id} at once",
        label=f"has no class{others}",
        why="Each of them writes its own address into the status of every Service without a class: the address changes, and one of "
        "them is not announced.",
        help="Switch one of them off, or give each its own `loadBalancerClass`, and each Service one of these.",
        confidence=least(*(rival.confidence for rival in contest.rivals)),
        related=tuple(RelatedPlace(rival.resource, rival.path, f"This shows {name_of(rival.controller)}.") for rival in contest.rivals),
    )
