"""Which entries of Ingresses, and of routes of Traefik, another object takes over: those that are gone, or that it serves beside them.

An entry is taken over by what serves the same host, and takes the path of the entry, or the path of what is below it. Beside each other,
they must also lead to a common Service: one host may well be divided between an Ingress and a route.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from k8slblint.graph.answers import Absent, Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.live import is_live
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.graph.relations.twins import goes_with
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.scope import Environment
from k8slblint.traffic.attachment.hostnames import EVERY
from k8slblint.traffic.migrations.entries import entries_of, former_kinds, ingresses_in, service_names
from k8slblint.traffic.migrations.readings import ordered_ingresses, ordered_routes, shape_of, wins
from k8slblint.traffic.migrations.shapes import samples_of
from k8slblint.traffic.routing.forms import Entry

_MOST_COMPARED = 64
"""With how many entries of one host an entry is compared: the work for each has a bound."""


class Taken(NamedTuple):
    """An entry of an Ingress that another object takes over with an entry of its own; `is_gone` tells that the old one is not there now."""

    entry: Entry
    former: Entry
    is_gone: bool


def taken_by(source: Resource, graph: ResourceGraph) -> Sequence[Taken]:
    """Return the entries of Ingresses that a route, or a new Ingress, takes over; worked out once for each."""
    known = graph.derived(_none_yet)
    if id(source) not in known:
        known[id(source)] = tuple(_taken(source, graph))
    return known[id(source)]


def _none_yet(_: ResourceGraph) -> dict[int, tuple[Taken, ...]]:
    return {}


def _taken(source: Resource, graph: ResourceGraph) -> Iterator[Taken]:
    scope = graph.scope(source)
    gone = graph.derived(gone_entries)
    if not gone and not graph.of_type(*former_kinds()):
        return
    is_new = isinstance(graph.counterpart(source), Absent)  # else what takes an entry of its own kind did so all along
    seen: set[tuple[int, object, int]] = set()
    for entry in entries_of(source, graph):
        if entry.host == EVERY:
            continue
        former = gone.get((scope.cluster, scope.environment, entry.host), ())[:_MOST_COMPARED]
        pairs = [
            Taken(entry, one, is_gone=True) for one in former if one.source.key != source.key and (is_new or one.source.kind != source.kind)
        ]
        if source.type_name not in INGRESS_KINDS:
            beside = [one for one in ingresses_in(scope.cluster, entry.host, graph)[:_MOST_COMPARED] if one.source.kind != source.kind]
            pairs += [Taken(entry, one, is_gone=False) for one in beside if _is_beside(source, entry, one, graph)]
        for pair in pairs:
            key = id(pair.former.source), pair.former.at, entry.rule
            if key not in seen and takes_over(pair, graph):
                seen.add(key)
                yield pair


def _is_beside(source: Resource, entry: Entry, former: Entry, graph: ResourceGraph) -> bool:
    """Tell whether an Ingress leads to a Service of an entry of a route, and is deployed with it."""
    shared = service_names(entry) & service_names(former)
    same = graph.scope(source).environment == graph.scope(former.source).environment
    return bool(shared) and same and goes_with(source, former.source, graph)


def takes_over(pair: Taken, graph: ResourceGraph) -> bool:
    """Tell whether an entry certainly gets a request that the former one got: at a path of one of both, or below it.

    What a more specific entry of the host gets, before or now, counts for neither.
    """
    entry, former = pair.entry, pair.former
    if entry.redirect is not None or former.match.kind == "Any":
        return False
    earlier = graph.base if pair.is_gone and graph.base is not None else graph
    if entry.match.kind == "Text":
        return bool(service_names(entry) & service_names(former)) and _has_all(former, earlier)
    new, old = shape_of(entry, graph), shape_of(former, earlier)
    if new is None or old is None:
        return False
    before = ordered_ingresses(earlier.scope(former.source).cluster, former.host, earlier)
    ordered = ordered_ingresses if entry.source.type_name in INGRESS_KINDS else ordered_routes
    after = ordered(graph.scope(entry.source).cluster, entry.host, graph)
    paths = (path for path in (*samples_of(old), *samples_of(new)) if new.takes(path) and old.takes(path))
    return any(wins(former, path, before) and wins(entry, path, after) for path in paths)


def _has_all(former: Entry, graph: ResourceGraph) -> bool:
    """Tell whether an entry gets all requests for its host, so that the conditions of what takes it over do not matter."""
    every = ordered_ingresses(graph.scope(former.source).cluster, former.host, graph)
    return len(every) == 1 and every[0][1] is not None and all(every[0][1].takes(path) for path in ("/", "/x"))


_Where = tuple[str, Environment, str]
"""Cluster of now, environment and host."""


def gone_entries(graph: ResourceGraph) -> Mapping[_Where, Sequence[Entry]]:
    """Return by place the entries of Ingresses of the revision before that no Ingress of now has for its host."""
    found: dict[_Where, list[Entry]] = defaultdict(list)
    if graph.base_part is None or graph.base is None:
        return found
    present = graph.derived(_present)
    for before in _changed_before(graph):
        scope = graph.base.scope(before)
        cluster = graph.cluster_now(scope.cluster)
        for entry in entries_of(before, graph.base):
            if entry.host != EVERY and (cluster, entry.host, entry.match.requests, before.key) not in present:
                found[cluster, scope.environment, entry.host].append(entry)
    return found


def _present(graph: ResourceGraph) -> frozenset[tuple[object, ...]]:
    """Return what Ingresses of now serve: cluster, host, match, and which Ingress does."""
    sources = (one for one in graph.of_type(*former_kinds()) if one.standing == "deployed")
    return frozenset(
        (graph.scope(one).cluster, entry.host, entry.match.requests, one.key) for one in sources for entry in entries_of(one, graph)
    )


def _changed_before(graph: ResourceGraph) -> Iterator[Resource]:
    """Yield the Ingresses of the revision before that are gone or changed, in reading order."""
    for gone in graph.removed:
        if gone.type_name in former_kinds() and gone.standing == "deployed" and not is_live(gone):
            yield gone
    for ingress in graph.of_type(*former_kinds()):
        answer = graph.counterpart(ingress)
        if isinstance(answer, Found) and answer.value is not ingress and answer.value.value != ingress.value and not is_live(answer.value):
            yield answer.value
