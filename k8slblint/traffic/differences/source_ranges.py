"""Networks that a load balancer newly allows, and those that it no longer allows."""

from collections.abc import Iterator

from k8slblint.addresses import Interval, subtract
from k8slblint.graph.answers import Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.model.difference import Change, Direction, Side
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.traffic.access.admitted import Admission, admission
from k8slblint.traffic.changes.updates import is_left_alone
from k8slblint.traffic.differences.facts import Fact, spot_of
from k8slblint.traffic.differences.pairs import Pair, Pairs
from k8slblint.traffic.exposure import exposures_in_common
from k8slblint.traffic.ownership import ownership_of

_TYPE = ("spec", "type")

_EDGE = "LoadBalancer"


def source_range_facts(pairs: Pairs, graph: ResourceGraph, base: ResourceGraph) -> Iterator[Fact]:
    """Yield one fact for each load balancer Service or Ingress, there before and now, that lets in other networks than before."""
    for pair in pairs.of_kinds("Service", *INGRESS_KINDS):
        before, after = pair.before, pair.after
        if before is None or after is None or before is after or not (_is_edge(before) and _is_edge(after)):
            continue
        readers = ownership_of(before, base).candidates, ownership_of(after, graph).candidates
        was, becomes = admission(before, readers[0]), admission(after, readers[1])
        if isinstance(becomes, Admission) and isinstance(was, Admission) and _is_kept(before, after, was):
            continue
        fact = _compared(pair, was, becomes)
        if fact is not None:
            yield _with_reach(fact, before, after, graph, base)


def _is_edge(resource: Resource) -> bool:
    return resource.kind == "Ingress" or bool(resource.get(*_TYPE) == _EDGE)


def _is_kept(before: Resource, after: Resource, was: Admission) -> bool:
    """Tell whether a live object keeps its ranges, which the manifest does not speak of."""
    return was.networks is not None and is_left_alone(before, after, *(str(step) for step in was.path))


def _compared(pair: Pair, was: Admission | Unknown, becomes: Admission | Unknown) -> Fact | None:
    """Return what differs; None where the same networks and filters are named."""
    if was == becomes or (isinstance(was, Unknown) and isinstance(becomes, Unknown)):
        return None
    if isinstance(was, Unknown) or isinstance(becomes, Unknown):
        unknown = was if isinstance(was, Unknown) else becomes
        reason = unknown.reason if isinstance(unknown, Unknown) else ""
        return _fact(pair, was, becomes, "changed", "neutral", reason)
    if was.filters != becomes.filters:
        return _fact(pair, was, becomes, "changed", "neutral", _ELSEWHERE)
    wider, narrower = _left(becomes, was), _left(was, becomes)
    if not wider and not narrower:
        return None
    change: Change = "added" if was.networks is None else "removed" if becomes.networks is None else "changed"
    return _fact(pair, was, becomes, change, "more-exposed" if wider else "less-exposed")


_ELSEWHERE = "security groups or lists that are not in the manifests decide which clients are allowed"


def _left(one: Admission, other: Admission) -> list[Interval]:
    """Return what the one lets in and the other keeps out; everybody where no networks are named."""
    if other.networks is None:
        return []
    taken = [network for _, network in other.networks]
    if one.networks is None:
        return [every for every in _EVERYBODY if subtract(every, taken)]
    return [left for _, network in one.networks for left in subtract(network, taken)]


_EVERYBODY = (Interval(4, 0, (1 << 32) - 1), Interval(6, 0, (1 << 128) - 1))


def _fact(
    pair: Pair, was: Admission | Unknown, becomes: Admission | Unknown, change: Change, direction: Direction, doubt: str = ""
) -> Fact:
    spots = spot_of(pair.after, _path(becomes)), spot_of(pair.before, _path(was))
    sides = Side(values=_texts(was)), Side(values=_texts(becomes))
    return Fact("source-ranges", change, direction, pair.scope, *spots, *sides, reason=doubt, is_decided=not doubt)


def _path(said: Admission | Unknown) -> Path:
    return said.path if isinstance(said, Admission) and (said.networks is not None or said.filters) else ()


def _texts(said: Admission | Unknown) -> tuple[str, ...]:
    return tuple(text for text, _ in said.networks or ()) if isinstance(said, Admission) else ()


def _with_reach(fact: Fact, before: Resource, after: Resource, graph: ResourceGraph, base: ResourceGraph) -> Fact:
    """Add from where both are reached; ranges of what is not known to be reached are not told as a change."""
    was, becomes = exposures_in_common(before, after, graph, base)
    unknown = next((exposure for exposure in (becomes, was) if exposure.reach == "unknown"), None)
    sides = [
        side._replace(reach=exposure.reach) if side is not None else None for side, exposure in ((fact.before, was), (fact.after, becomes))
    ]
    fact = fact._replace(before=sides[0], after=sides[1], confidence=becomes.confidence)
    if unknown is not None and fact.is_decided:
        return fact._replace(direction="neutral", reason=unknown.reason, is_decided=False)
    return fact
