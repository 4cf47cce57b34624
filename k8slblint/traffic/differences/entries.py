"""Entry points that become reachable from elsewhere, or no longer are: whole objects, and the openings of those whose reach stays."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, INGRESS_KINDS, LISTENER_SET_KINDS, ROUTE_KINDS, WORKLOAD_KINDS, vendor_route_kinds
from k8slblint.graph.relations.parents import parents_of
from k8slblint.model.difference import DIRECTIONS, Direction, Side
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, least
from k8slblint.traffic.changes.exposure import deciding_change
from k8slblint.traffic.changes.load_balancers import LoadBalancerChange, load_balancer_changes
from k8slblint.traffic.differences.facts import WIDTH, Fact, Spot, change_of, direction_of, spot_of
from k8slblint.traffic.differences.handovers import left_behind
from k8slblint.traffic.differences.openings import Opening, Openings, openings_of, topic_of
from k8slblint.traffic.differences.pairs import ENTRY_KINDS, Pair, Pairs
from k8slblint.traffic.differences.values import changed_words, facts_of_values
from k8slblint.traffic.exposure import Exposure, exposure_of, exposures_in_common
from k8slblint.traffic.exposure.entry_points import EntryPoint, edges_of, entry_points_through
from k8slblint.traffic.ownership import ownership_of

_NOTHING = Exposure("cluster", "high", ("it is not there",))

_THROUGH_PARENTS = (*LISTENER_SET_KINDS, *ROUTE_KINDS)
"""Kinds that are reached from where their Gateways are."""

_JUDGED_TOGETHER = ("Service", *INGRESS_KINDS, GATEWAY)

_MOST_WORKLOADS = 5

_WIDEST = ("cluster", "node", "internal", "unknown", "internet")


class _Entry(NamedTuple):
    """An entry point in both revisions: from where it is reached, and what it lets in."""

    pair: Pair
    was: Exposure
    becomes: Exposure
    openings_before: Openings
    openings: Openings

    @property
    def doubt(self) -> str:
        """Why it cannot be told what this entry point becomes, or empty."""
        for exposure in (self.becomes, self.was):
            if exposure.reach == "unknown":
                return exposure.reason
        if self.pair.doubt:
            return self.pair.doubt
        if self.openings.is_cut or self.openings_before.is_cut:
            return "it has more hosts and paths than are compared"
        unsure = next((exposure for exposure in (self.becomes, self.was) if exposure.confidence == "low"), None)
        return f"it is not certain that {unsure.reason}" if unsure is not None else ""

    @property
    def confidence(self) -> Confidence:
        """How sure both exposures are."""
        return least(self.was.confidence, self.becomes.confidence)


_Widths = Mapping[tuple[str, ...], int]
"""How far each host with its path, and each listener of a Gateway, is reached, whichever object has it: by cluster, environment, label."""

_SHARED = ("host-and-path", "listener")
"""What another object may have had: a host with its path, and a listener that moves between a Gateway and its ListenerSets."""


def entry_facts(pairs: Pairs, graph: ResourceGraph, base: ResourceGraph) -> Iterator[Fact]:
    """Yield what becomes reachable from elsewhere, in the order of kinds; where that is not known, that something changes."""
    kinds = (*ENTRY_KINDS, *vendor_route_kinds(), *WORKLOAD_KINDS)
    entries = [_judged(pair, graph, base) for pair in pairs.of_kinds(*kinds)]
    widths_before = _widths((entry.pair, entry.was, entry.openings_before) for entry in entries)
    widths = _widths((entry.pair, entry.becomes, entry.openings) for entry in entries)
    for entry in entries:
        if entry.was.reach != entry.becomes.reach:
            yield _of_reach(entry, _direction(entry, widths_before, widths), graph, base)
        elif entry.becomes.reach != "cluster":
            yield from _of_openings(entry, widths_before, widths, graph, base)
            if entry.becomes.reach == "unknown":
                yield from _of_unknown(entry, graph, base)
    yield from facts_of_values(pairs, graph, base)


def _judged(pair: Pair, graph: ResourceGraph, base: ResourceGraph) -> _Entry:
    openings_before = openings_of(pair.before, base) if pair.before is not None else Openings({})
    openings = openings_of(pair.after, graph) if pair.after is not None else Openings({})
    was, becomes = _exposures(pair, openings_before, openings, graph, base)
    return _Entry(pair, was, becomes, openings_before, openings)


def _exposures(
    pair: Pair, openings_before: Openings, openings: Openings, graph: ResourceGraph, base: ResourceGraph
) -> tuple[Exposure, Exposure]:
    before, after = pair.before, pair.after
    if pair.any.pod_template_path is not None:
        return _of_node(openings_before), _of_node(openings)
    if before is not None and after is not None and before.type_name == after.type_name in _JUDGED_TOGETHER:
        return exposures_in_common(before, after, graph, base)
    return _exposure(before, base), _exposure(after, graph)


def _exposure(resource: Resource | None, graph: ResourceGraph) -> Exposure:
    if resource is None:
        return _NOTHING
    if resource.type_name not in _THROUGH_PARENTS:
        return exposure_of(resource, graph)
    found = [exposure for _, exposure in edges_of(resource, graph)]
    return max(found, key=lambda exposure: _WIDEST.index(exposure.reach), default=Exposure("cluster", "high", ("it has no parent",)))


def _of_node(openings: Openings) -> Exposure:
    return Exposure("node", "high", ("its Pods open ports of their nodes",)) if openings.by_label else _NOTHING


def _widths(sides: Iterable[tuple[Pair, Exposure, Openings]]) -> _Widths:
    found: dict[tuple[str, ...], int] = defaultdict(int)
    for pair, exposure, openings in sides:
        if topic_of(pair.any) in _SHARED:
            for label in openings.by_label:
                key = _shared_key(pair, label)
                found[key] = max(found[key], WIDTH.get(exposure.reach, 0))
    return found


def _shared_key(pair: Pair, label: str) -> tuple[str, ...]:
    """Return what one opening is known by, whichever object has it; a listener is one of its Gateway."""
    place = pair.scope.cluster, pair.scope.environment
    one = pair.any
    if one.type_name == GATEWAY:
        return (*place, str(one.namespace), one.name, label)
    if one.type_name in LISTENER_SET_KINDS:
        parent = next(parents_of(one), None)
        return (*place, str(parent.namespace), parent.name, label) if parent is not None else (*place, str(one.id), label)
    return (*place, label)


def _direction(entry: _Entry, before: _Widths, after: _Widths) -> Direction:
    """Return which way an object goes: one whose hosts and paths were reached through another before opens nothing."""
    labels = (*entry.openings.by_label, *entry.openings_before.by_label)
    if topic_of(entry.pair.any) not in _SHARED or not labels:
        return direction_of(*(side.reach if side.reach in WIDTH else "" for side in (entry.was, entry.becomes)))
    ways = {_direction_of_label(entry.pair, label, before, after) for label in labels}
    return next((way for way in DIRECTIONS if way in ways), "neutral")


def _direction_of_label(pair: Pair, label: str, before: _Widths, after: _Widths) -> Direction:
    key = _shared_key(pair, label)
    was, becomes = before.get(key, 0), after.get(key, 0)
    return "neutral" if was == becomes else "more-exposed" if was < becomes else "less-exposed"


def _of_reach(entry: _Entry, direction: Direction, graph: ResourceGraph, base: ResourceGraph) -> Fact:
    pair, doubt = entry.pair, entry.doubt
    spot, spot_before = _deciding_spots(entry)
    behind = left_behind(pair, graph)
    if behind and direction == "less-exposed":
        direction = "neutral"  # the load balancer that was reached goes on answering
    fact = Fact(
        "entry-point",
        change_of(pair.before, pair.after),
        "neutral" if doubt else direction,
        pair.scope,
        spot,
        spot_before,
        _side(pair.before, entry.was, entry.openings_before, base),
        _side(pair.after, entry.becomes, entry.openings, graph),
        confidence=entry.confidence,
        reason=doubt or (entry.becomes if pair.after is not None else entry.was).reason,
        note=behind or ("" if doubt else _note(entry, graph)),
        is_decided=not doubt,
        leaves_behind=bool(behind),
    )
    return fact._replace(leads_to=_leads_to(pair, graph, base))


def _side(resource: Resource | None, exposure: Exposure, openings: Openings, graph: ResourceGraph) -> Side | None:
    if resource is None:
        return None
    return Side(exposure.reach, tuple(openings.by_label), owner=_owner(resource, graph))


def _owner(resource: Resource, graph: ResourceGraph) -> str:
    """Return who serves an entry point: of a route or ListenerSet, who serves its Gateways."""
    if resource.pod_template_path is not None:
        return ""
    if resource.type_name in _THROUGH_PARENTS:
        names = [ownership_of(edge, graph).names for edge, _ in edges_of(resource, graph) if edge is not resource]
        return " or ".join(dict.fromkeys(filter(None, names)))
    return ownership_of(resource, graph).names


def _deciding_spots(entry: _Entry) -> tuple[Spot | None, Spot | None]:
    """Return where that is written which decides, in both revisions: at the name where it came from elsewhere."""
    before, after = entry.pair.before, entry.pair.after
    if before is None or after is None:
        return spot_of(after), spot_of(before)
    found = _deciding_change(before, after, entry.was, entry.becomes)
    path, path_before = found[1:] if found is not None else ((), ())
    return Spot(after, path), Spot(before, path_before)


def _note(entry: _Entry, graph: ResourceGraph) -> str:
    """Say that the load balancer which exists does not take a new scheme over, if so."""
    before, after = entry.pair.before, entry.pair.after
    if before is None or after is None or before is after or after.kind not in ("Service", "Ingress"):
        return ""
    changes = (one for one in load_balancer_changes(before, after, graph) if isinstance(one, LoadBalancerChange))
    stays = next((one for one in changes if one.was is not None and one.effect in ("ignored", "refused")), None)
    return f"the existing load balancer stays {stays.was} until it is recreated" if stays is not None else ""


def _leads_to(pair: Pair, graph: ResourceGraph, base: ResourceGraph) -> tuple[str, ...]:
    """Return the first workloads behind an entry point now, or in the base where it is gone."""
    one, known = (pair.after, graph) if pair.after is not None else (pair.before, base)
    if one is None or one.pod_template_path is not None:
        return ()
    names = dict.fromkeys(str(way.workload.id) for way in _ways(one, known))
    return tuple(islice(names, _MOST_WORKLOADS))


def _ways(resource: Resource, graph: ResourceGraph) -> Iterator[EntryPoint]:
    if resource.type_name not in ROUTE_KINDS:
        yield from entry_points_through(resource, graph)
        return
    for edge, _ in edges_of(resource, graph):
        yield from (way for way in entry_points_through(edge, graph) if way.source is resource)


def _of_openings(entry: _Entry, before: _Widths, after: _Widths, graph: ResourceGraph, base: ResourceGraph) -> Iterator[Fact]:
    """Yield the openings that come, go, or lead elsewhere, of an object whose reach stays."""
    pair, topic = entry.pair, topic_of(entry.pair.any)
    for label in dict.fromkeys((*entry.openings.by_label, *entry.openings_before.by_label)):
        old, new = entry.openings_before.by_label.get(label), entry.openings.by_label.get(label)
        if old is not None and new is not None and old.backends == new.backends:
            continue
        direction: Direction = "more-exposed" if old is None else "less-exposed" if new is None else "neutral"
        if topic in _SHARED and direction != "neutral":
            direction = _direction_of_label(pair, label, before, after)
        yield Fact(
            topic,
            change_of(old, new),
            "neutral" if entry.doubt else direction,
            pair.scope,
            spot_of(pair.after, new.path if new is not None else ()),
            spot_of(pair.before, old.path if old is not None else ()),
            _opening_side(pair.before, entry.was, old, base),
            _opening_side(pair.after, entry.becomes, new, graph),
            subject=label,
            confidence=entry.confidence,
            reason=entry.doubt or entry.becomes.reason,
            is_decided=not entry.doubt,
        )


def _opening_side(resource: Resource | None, exposure: Exposure, opening: Opening | None, graph: ResourceGraph) -> Side | None:
    if resource is None or opening is None:
        return None
    return Side(exposure.reach, opening.backends, owner=_owner(resource, graph))


def _of_unknown(entry: _Entry, graph: ResourceGraph, base: ResourceGraph) -> Iterator[Fact]:
    """Yield that something changed which decides about the reach of an object, where that is not known before nor after."""
    pair = entry.pair
    if pair.before is None or pair.after is None:
        return
    found = _deciding_change(pair.before, pair.after, entry.was, entry.becomes)
    if found is not None:
        yield Fact(
            "entry-point",
            "changed",
            "neutral",
            pair.scope,
            Spot(pair.after, found[1]),
            Spot(pair.before, found[2]),
            _side(pair.before, entry.was, entry.openings_before, base),
            _side(pair.after, entry.becomes, entry.openings, graph),
            confidence="low",
            reason=entry.doubt,
            note=changed_words(found[0]),
            is_decided=False,
        )


def _deciding_change(before: Resource, after: Resource, was: Exposure, becomes: Exposure) -> tuple[str, Path, Path] | None:
    """Return what of an object's own decides and has changed, where it stands and stood: of a route, what it attaches to."""
    if before is after:
        return None
    if after.type_name in _THROUGH_PARENTS:
        parents: Path = ("spec", "parentRef" if after.type_name in LISTENER_SET_KINDS else "parentRefs")
        return (".".join(map(str, parents)), parents, parents) if before.get(*parents) != after.get(*parents) else None
    return deciding_change(before, after, was, becomes)


def explained(facts: Sequence[Fact]) -> set[int]:
    """Return the ids of the objects of which an entry point is told already."""
    spots = (spot for fact in facts for spot in (fact.spot, fact.spot_before) if spot is not None)
    return {id(spot.resource) for spot in spots}
