"""What keeps clients out of Ingresses and routes, and no longer does, or does now: of one object, or of the one that takes its place."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.model.difference import Side
from k8slblint.model.resource import Resource
from k8slblint.traffic.differences.facts import Fact, Spot, spot_of
from k8slblint.traffic.differences.pairs import Pair, Pairs
from k8slblint.traffic.migrations.entries import HTTP_ROUTES, former_kinds
from k8slblint.traffic.migrations.losses import lost_by_migration
from k8slblint.traffic.protections.evidence import why_unread
from k8slblint.traffic.protections.forms import Protection
from k8slblint.traffic.protections.losses import IN_FRONT, Lost
from k8slblint.traffic.protections.updates import gained_by_update, lost_by_update


def protection_facts(pairs: Pairs, graph: ResourceGraph) -> Iterator[Fact]:
    """Yield what an Ingress or a route loses and gains, each kind of protection once."""
    for pair in pairs.of_kinds(*INGRESS_KINDS, *HTTP_ROUTES, *(kind for kind in former_kinds() if kind not in INGRESS_KINDS)):
        after = pair.after
        if after is not None and pair.before is not None:
            yield from (_lost(pair, after, one.lost, graph) for one in lost_by_update(after, graph) if _is_told(one.lost))
            yield from (_gained(pair, after, one.lost) for one in gained_by_update(after, graph) if not one.lost.doubt)
        elif after is not None:
            for one in lost_by_migration(after, graph):
                if one.is_gone and _is_told(one.lost):
                    yield _lost(pair, after, one.lost, graph)._replace(note=f"was of {one.former.source.id}")


def _is_told(lost: Lost) -> bool:
    return not lost.doubt or lost.first.family not in IN_FRONT


def _lost(pair: Pair, after: Resource, lost: Lost, graph: ResourceGraph) -> Fact:
    doubt = pair.doubt or lost.doubt or why_unread(after, graph) or ""
    return Fact(
        "protection",
        "removed",
        "neutral" if doubt else "more-exposed",
        pair.scope,
        spot_of(after),
        _spot(lost.first),
        Side(values=_words(lost)),
        None,
        subject=lost.first.words,
        confidence="medium" if lost.first.family in IN_FRONT else "high",
        reason=doubt,
        is_decided=not doubt,
    )


def _gained(pair: Pair, after: Resource, gained: Lost) -> Fact:
    place = _spot(gained.first) if gained.first.source is after else spot_of(after)
    return Fact(
        "protection",
        "added",
        "neutral" if pair.doubt else "less-exposed",
        pair.scope,
        place,
        spot_of(pair.before),
        None,
        Side(values=_words(gained)),
        subject=gained.first.words,
        confidence="medium" if gained.first.family in IN_FRONT else "high",
        reason=pair.doubt,
        is_decided=not pair.doubt,
    )


def _words(lost: Lost) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.words for one in lost.protections))


def _spot(protection: Protection) -> Spot:
    return Spot(protection.source, protection.path)
