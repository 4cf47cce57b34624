"""What changes in values for charts that are not in the tree: from where their Services are reached, where the values decide it."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.difference import Side
from k8slblint.model.location import Path
from k8slblint.model.resource import HELM_VALUES, INGRESS_VALUES, ROUTE_VALUES, Resource
from k8slblint.model.rule import least
from k8slblint.traffic.changes.exposure import deciding_change, deciding_keys, is_left_to_a_layer
from k8slblint.traffic.changes.load_balancers import replacing_setting
from k8slblint.traffic.differences.facts import Fact, change_of, direction_of, spot_of
from k8slblint.traffic.differences.pairs import Pair, Pairs
from k8slblint.traffic.exposure import Exposure, exposures_in_common
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.routing.value_hosts import hosts_of_values

_UNKNOWN = Exposure("unknown", "low")
_REASON = "the chart of these values is not in the manifests, and another layer of values may decide otherwise"


def facts_of_values(pairs: Pairs, graph: ResourceGraph, base: ResourceGraph) -> Iterator[Fact]:
    """Yield from where Services by values become reachable; where that is not known, that values change which decide it, and hosts."""
    for pair in pairs.of_kinds(HELM_VALUES):
        reached = _of_reach(pair, graph, base)
        if reached is not None:
            yield reached
            continue
        found = _change_of_values(pair)
        if found is not None:
            yield _undecided(pair, *found)
    for pair in pairs.of_kinds(INGRESS_VALUES, ROUTE_VALUES):
        yield from _of_hosts(pair)


def changed_words(name: str) -> str:
    """Say that an annotation or a field changes."""
    return f"`{name}` changes"


def _of_reach(pair: Pair, graph: ResourceGraph, base: ResourceGraph) -> Fact | None:
    before, after = pair.before, pair.after
    if before is None or after is None or before is after:
        return None
    was, becomes = exposures_in_common(before, after, graph, base)
    if was.reach == becomes.reach or "unknown" in (was.reach, becomes.reach):
        return None
    place = deciding_change(before, after, was, becomes)
    if place is None or any(is_left_to_a_layer(one, place[0]) for one in (before, after)):
        return None
    return Fact(
        "entry-point",
        "changed",
        direction_of(was.reach, becomes.reach),
        pair.scope,
        spot_of(after, place[1]),
        spot_of(before, place[2]),
        _side(before, was, base),
        _side(after, becomes, graph),
        confidence=least("medium", was.confidence, becomes.confidence),
        reason=becomes.reason,
    )


def _side(resource: Resource, exposure: Exposure, graph: ResourceGraph) -> Side:
    return Side(exposure.reach, owner=ownership_of(resource, graph).names)


def _of_hosts(pair: Pair) -> Iterator[Fact]:
    """Yield the hosts that values of an Ingress or a route name, and did not before, and those that they no longer name."""
    was, now = (
        {host.name.lower(): host.path for host in hosts_of_values(one)} if one is not None else {} for one in (pair.before, pair.after)
    )
    for name in dict.fromkeys((*now, *was)):
        if (name in was) is not (name in now):
            yield Fact(
                "host-and-path",
                "added" if name in now else "removed",
                "neutral",
                pair.scope,
                spot_of(pair.after, now[name]) if name in now else None,
                spot_of(pair.before, was[name]) if name in was else None,
                Side("unknown") if name in was else None,
                Side("unknown") if name in now else None,
                subject=name,
                confidence="low",
                reason=_REASON,
                is_decided=False,
            )


def _undecided(pair: Pair, name: str, path: Path, path_before: Path) -> Fact:
    was, becomes = (Side("unknown") if one is not None else None for one in (pair.before, pair.after))
    is_changed = pair.before is not None and pair.after is not None
    return Fact(
        "entry-point",
        change_of(pair.before, pair.after),
        "neutral",
        pair.scope,
        spot_of(pair.after, path),
        spot_of(pair.before, path_before),
        was,
        becomes,
        confidence="low",
        reason=_REASON,
        note=changed_words(name) if is_changed else f"`{name}` is written there",
        is_decided=False,
    )


def _change_of_values(pair: Pair) -> tuple[str, Path, Path] | None:
    if pair.before is not None and pair.after is not None:
        if pair.before is pair.after:
            return None
        return deciding_change(pair.before, pair.after, _UNKNOWN, _UNKNOWN) or replacing_setting(pair.before, pair.after)
    key = next(deciding_keys(pair.any), None)
    return None if key is None else (key, ("metadata", "annotations", key), ("metadata", "annotations", key))
