"""What annotations of one Ingress do to the paths that other Ingresses of its host serve.

Sources: kubernetes/ingress-nginx dbb11b92 `internal/ingress/controller/template/template.go` (`enforceRegexModifier`: one location with
a regular expression makes all of its server such; `buildLocation`: `~* "^path"`, which for a path that is specific to the implementation
differs from the prefix of nginx in case alone), `location.go` (`updateServerLocations`), `controller.go` (`createServers`: the first
value counts, aliases that are hosts do not), `pkg/util/ingress/ingress.go` (`BuildRedirects`); which annotations these are is in
`catalogs/ingress-serving.json`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from k8slblint.catalog.annotation_values import TRUE_IN_GO
from k8slblint.catalog.ingress_serving import HostWideKey, serving_facts
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.model.patterns import pattern
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.routing.forms import Entry
from k8slblint.traffic.routing.ingress_routes import entries_of_ingress
from k8slblint.traffic.routing.shared_hosts import by_object, is_host_wide, shared_hosts
from k8slblint.traffic.workloads.alternatives import are_deployed_together

_MOST_COMPARED = 10
"""How many Ingresses with one annotation are looked at for each host: files of samples may be independent of the first."""


class HostWideEffect(NamedTuple):
    """An annotation of an Ingress that changes paths of others (`entries`), or that has no effect because `entries[0].source` has it too.

    `is_ignored` tells which of both it is; `host` is the host that they share. `taken` is the other host that the annotation names in vain,
    because an Ingress has it as its own.
    """

    known: HostWideKey
    host: str
    entries: Sequence[Entry]
    is_ignored: bool = False
    taken: str = ""


def host_wide_effects(ingress: Resource, graph: ResourceGraph) -> Sequence[HostWideEffect]:
    """Return the effects of an Ingress's annotations on others, one for each key and host; worked out once for all."""
    return graph.derived(_by_source).get(id(ingress), ())


def _by_source(graph: ResourceGraph) -> dict[int, list[HostWideEffect]]:
    found: dict[int, list[HostWideEffect]] = defaultdict(list)
    for source, effect in _taken(graph):
        found[id(source)].append(effect)
    for shared, grouped in by_object(shared_hosts(graph)):
        if shared.is_nginx:
            own = {key: entries for key, entries in grouped.items() if serving_facts().canary not in entries[0].source.annotations}
            for source, effect in _effects(shared.host, own, graph):
                found[id(source)].append(effect)
    return found


def _effects(host: str, grouped: Mapping[int, list[Entry]], graph: ResourceGraph) -> Iterator[tuple[Resource, HostWideEffect]]:
    every = [entry for entries in grouped.values() for entry in entries]
    expressions = _Expressions(every)
    regex: list[Resource] = []
    for known in serving_facts().host_wide_keys:
        holders = [entries for entries in grouped.values() if any(_has(entry, known) for entry in entries)]
        if known.once and holders:
            yield from _ignored(known, host, holders, graph)
        reported = regex if known.effect == "regex" else []
        for source in (entries[0].source for entries in holders[: _MOST_COMPARED if known.effect != "none" else 0]):
            changed = [entry for entry in every if _is_changed(entry, known, source, graph, expressions)]
            if changed and not any(one is source or are_deployed_together(one, source, graph) for one in reported):
                reported.append(source)
                yield source, HostWideEffect(known, host, changed)


def _ignored(
    known: HostWideKey, host: str, holders: Sequence[Sequence[Entry]], graph: ResourceGraph
) -> Iterator[tuple[Resource, HostWideEffect]]:
    first = holders[0][0]
    for other in holders[1:]:
        source = other[0].source
        if source.annotations[known.key] != first.source.annotations[known.key] and are_deployed_together(first.source, source, graph):
            yield source, HostWideEffect(known, host, (first,), is_ignored=True)


_MOST_NAMES = 50


def _taken(graph: ResourceGraph) -> Iterator[tuple[Resource, HostWideEffect]]:
    """Yield the annotations that name hosts which an Ingress of the same class has as its own."""
    known = [one for one in serving_facts().host_wide_keys if one.names is not None]
    for ingress in graph.of_type(*INGRESS_KINDS):
        keys = [one for one in known if one.key in ingress.annotations]
        if not keys or serving_facts().canary in ingress.annotations or not is_host_wide(ownership_of(ingress, graph).candidates):
            continue
        for one in keys:
            effect = _first_taken(ingress, one, graph)
            if effect is not None:
                yield ingress, effect


def _first_taken(ingress: Resource, known: HostWideKey, graph: ResourceGraph) -> HostWideEffect | None:
    for entry in entries_of_ingress(ingress):
        if entry.match.kind != "Any" and _has(entry, known):
            for name in _named(entry, known):
                others = graph.derived(_first_of_hosts).get((*_place(ingress, graph), name), ())
                together = (one for one in others if one.source is ingress or are_deployed_together(one.source, ingress, graph))
                other = next(together, None)
                if other is not None:
                    return HostWideEffect(known, entry.host, (other,), is_ignored=True, taken=name)
    return None


def _named(entry: Entry, known: HostWideKey) -> list[str]:
    if known.names == "www":
        return [entry.host.removeprefix("www.") if entry.host.startswith("www.") else f"www.{entry.host}"]
    names = (name.strip().lower() for name in str(entry.source.annotations[known.key]).split(",")[:_MOST_NAMES])
    return [name for name in names if name and name != entry.host]


def _place(ingress: Resource, graph: ResourceGraph) -> tuple[str, str, str]:
    scope = graph.scope(ingress)
    return scope.cluster, scope.environment, ownership_of(ingress, graph).class_name or ""


def _first_of_hosts(graph: ResourceGraph) -> dict[tuple[str, str, str, str], list[Entry]]:
    """Return the first entries of each host, one of each Ingress, by cluster, environment and class."""
    found: dict[tuple[str, str, str, str], list[Entry]] = defaultdict(list)
    for ingress in graph.of_type(*INGRESS_KINDS):
        if serving_facts().canary in ingress.annotations:
            continue
        own = {entry.host: entry for entry in entries_of_ingress(ingress) if entry.match.kind != "Any"}
        for host, entry in own.items():
            known = found[(*_place(ingress, graph), host)]
            if len(known) < _MOST_COMPARED:
                known.append(entry)
    return found


def _has(entry: Entry, known: HostWideKey) -> bool:
    """Tell whether the Ingress of an entry has an annotation with effect, for a rewrite: on this path."""
    annotations = entry.source.annotations
    value = annotations.get(known.key)
    if not isinstance(value, str) or not value or has_placeholder(value) or (known.is_true and value not in TRUE_IN_GO):
        return False
    if known.unless is not None and annotations.get(known.unless[0]) in known.unless[1]:
        return False
    return not (known.unless_path and value == entry.match.path)


class _Expressions:
    """The texts that expressions among the paths of a host begin with, each with the length of the longest such path."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self._longest: dict[str, int] | None = None
        self._lengths: list[int] = []

    def take(self, path: str) -> bool:
        """Tell whether a longer expression may match what a path matches: ingress-nginx asks the longest one first."""
        if self._longest is None:
            self._longest = {}
            for entry in self._entries:
                text = "" if entry.match.unread or entry.match.kind == "Any" else entry.match.path.lower()
                if sign := _SIGN.search(text):
                    start = text[: sign.start()]
                    self._longest[start] = max(self._longest.get(start, 0), len(text))
            self._lengths = sorted({len(start) for start in self._longest})
        lowered, known = path.lower(), self._longest
        return any(known.get(lowered[:length], 0) > len(path) for length in self._lengths if length < len(path))


_SIGN = pattern(r".[*?{]|[\\^$|+()\[\]]")
"""Where a path stops being the beginning of all that it matches as an expression; a point by itself is nearly always meant."""


def _is_changed(entry: Entry, known: HostWideKey, first: Resource, graph: ResourceGraph, expressions: _Expressions) -> bool:
    """Tell whether a path of another Ingress, which does not ask for the same, is served in another way.

    One that is specific to the implementation is the beginning of paths as it is, and one that is written as an expression wants to be one.
    """
    if entry.source is first or entry.match.unread or entry.match.kind == "Any" or not are_deployed_together(first, entry.source, graph):
        return False
    if known.effect != "regex":
        return not _has(entry, known)
    asks = any(_has(entry, one) for one in serving_facts().host_wide_keys if one.effect == "regex")
    if entry.match.kind == "ImplementationSpecific" and not expressions.take(entry.match.path):
        return False
    return not asks and (entry.match.path != "/" or entry.match.kind == "Exact")
