"""The differences of two revisions as a list with places, and what of both could not be read."""

from collections.abc import Callable, Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.difference import Difference, Differences, Unread
from k8slblint.model.loaded import Gap
from k8slblint.model.location import Location
from k8slblint.traffic.differences import Fact, Spot, facts_of


def differences(graph: ResourceGraph, is_within: Callable[[str], bool] = lambda _: True) -> Differences:
    """Return what differs between a graph and its base, each with its places; nothing where there is no base.

    `is_within` tells of a path whether it is compared.
    To be asked while renderers live: places of rendered objects are found by rendering again, all together.
    """
    facts = facts_of(graph, is_within)
    for spot in (spot for fact in facts for spot in (fact.spot, fact.spot_before) if spot is not None):
        spot.resource.announce(spot.path)
    found = [(fact.is_decided, _located(fact)) for fact in facts]
    changes = tuple(one for is_decided, one in found if is_decided)
    undecided = tuple(one for is_decided, one in found if not is_decided)
    return Differences(changes, undecided, tuple(_unread(graph, is_within)))


def _located(fact: Fact) -> Difference:
    resource = fact.resource
    return Difference(
        topic=fact.topic,
        change=fact.change,
        direction=fact.direction,
        cluster=fact.scope.cluster,
        environment=fact.scope.environment,
        resource=resource.id if resource is not None else None,
        subject=fact.subject,
        before=fact.before,
        after=fact.after,
        location=_place(fact.spot),
        previous=_place(fact.spot_before),
        confidence=fact.confidence,
        reason=fact.reason,
        note=fact.note,
        leads_to=fact.leads_to,
        is_sample=fact.scope.division == "sample",
        leaves_behind=fact.leaves_behind,
    )


def _place(spot: Spot | None) -> Location | None:
    return spot.resource.location(spot.path) if spot is not None else None


def _unread(graph: ResourceGraph, is_within: Callable[[str], bool]) -> Iterator[Unread]:
    """Yield what could not be read and may differ: of a git revision only what changed, of two folders all of it."""
    base = graph.base_part
    if base is None:
        return
    gaps: dict[tuple[str, str], Gap] = {}
    for known, gap in (*((graph, gap) for gap in graph.gaps), *((base, gap) for gap in base.gaps)):
        if is_within(gap.path) and (graph.may_differ(gap.path) or known is base):
            gaps.setdefault((known.key_of(gap.path), gap.reason), gap)
    yield from (Unread(gap.path, gap.reason) for gap in gaps.values())
