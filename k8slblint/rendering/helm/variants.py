"""Which values show what is behind the conditions of a chart's templates: the variants of a chart that nothing deploys.

A switch is flipped, a text that is compared replaced; what is empty gets a value only where the name of the field tells which. Variants
that change different templates are rendered together.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from k8slblint import documents
from k8slblint.model.patterns import pattern
from k8slblint.rendering.helm.charts import RefusedError, join, walk
from k8slblint.rendering.helm.guards import Keys, Need, guards, has_exposing_kind, read_paths
from k8slblint.rendering.helm.parts import chart_parts, with_defaults
from k8slblint.rendering.source import Variant
from k8slblint.rendering.tree import SourceTree

MOST_ROUNDS = 3
"""Renderings of one chart with other values than its own."""

_MOST_VARIANTS = 24
_LARGEST = 200_000
"""Characters of a template that is read for its conditions."""


_OF_LOAD_BALANCERS: Mapping[str, Any] = {"loadBalancerSourceRanges": ["10.0.0.0/8"], "loadBalancerIP": "192.0.2.10"}
"""Values of fields that only Services of type LoadBalancer may have (Kubernetes 1.35 `pkg/apis/core/validation`, `ValidateService`)."""

_SAMPLES: Mapping[str, Any] = {"externalIPs": ["192.0.2.10"], "sessionAffinity": "ClientIP", "ipFamilyPolicy": "PreferDualStack"}
_TYPES = frozenset({"LoadBalancer", "NodePort", "ClusterIP"})
_OF_OLD_CLUSTERS = pattern(r"(?:[a-z0-9.-]{1,200}/)?v[0-9]{1,3}(?:alpha|beta)[0-9]{1,3}")
"""A version of an API before it is stable: who asks for it has a cluster that serves it, like what looks at the capabilities of one."""

_MOST_CHANGES = 3


def changes_for(needs: Sequence[Need], values: Mapping[str, Any]) -> dict[Keys, Any] | None:
    """Return the values to set so that all needs hold: empty where they do, None where that would be a guess.

    A switch is flipped and a text replaced; what is empty gets a value only where the name of the field tells which.
    """
    changes: dict[Keys, Any] = {}
    for need in needs:
        found, is_met = _change(need, values)
        if is_met:
            continue
        if found is None or changes.get(need.keys, found) != found:
            return None
        changes[need.keys] = found
    for need in needs:  # a need that another change undoes
        if need.keys in changes and not _is_met(need, changes[need.keys]):
            return None
    for keys in [keys for keys in changes if keys[-1] in _OF_LOAD_BALANCERS]:
        beside = (*keys[:-1], "type")
        if changes.get(beside, value_at(values, beside)) != "LoadBalancer":
            if not isinstance(value_at(values, beside), str):
                return None
            changes[beside] = "LoadBalancer"
    return changes if len(changes) <= _MOST_CHANGES else None


def _change(need: Need, values: Mapping[str, Any]) -> tuple[Any, bool]:
    current = value_at(values, need.keys)
    if _is_met(need, current):
        return None, True
    if need.form == "off":
        return (False if current is True else None), False
    if need.form == "equal":
        is_open = isinstance(current, str) and bool(current) and (need.keys[-1] != "type" or need.text in _TYPES)
        return (need.text if is_open and not _OF_OLD_CLUSTERS.fullmatch(need.text) else None), False
    if current is False:
        return True, False
    sample = _OF_LOAD_BALANCERS.get(need.keys[-1], _SAMPLES.get(need.keys[-1]))
    is_fitting = current is None or type(current) is type(sample)
    return (sample if is_fitting and isinstance(value_at(values, need.keys[:-1]), dict) else None), False


def _is_met(need: Need, value: Any) -> bool:
    return value == need.text if need.form == "equal" else bool(value) is (need.form == "on")


def value_at(values: Any, keys: Keys) -> Any:
    """Return the value at a path, None where there is none."""
    for key in keys:
        values = values.get(key) if isinstance(values, dict) else None
    return values


def told(changes: Mapping[Keys, Any]) -> str:
    """Say what is set: "`service.headless` is true and `service.type` is 'NodePort'"."""
    return " and ".join(f"`{'.'.join(keys)}` {_told(value)}" for keys, value in changes.items())


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return f"is {str(value).lower()}"
    return f"is '{value}'" if isinstance(value, str) else "is set"


def nested(changes: Mapping[Keys, Any]) -> dict[str, Any]:
    """Return values as a mapping of mappings."""
    found: dict[str, Any] = {}
    for keys, value in changes.items():
        level = found
        for key in keys[:-1]:
            level = level.setdefault(key, {})
        level[keys[-1]] = value
    return found


def variants(tree: SourceTree, folder: str, values: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> list[list[Variant]]:
    """Return what a chart shows with other values than `values`, by what can be rendered together.

    What one of `others` shows, which are rendered as well, is none.
    """
    rounds: list[tuple[set[Keys], set[str], list[Variant]]] = []
    for changes, files in sorted(_widest(_found(tree, folder, values, others)[:_MOST_VARIANTS]), key=lambda one: len(one[0])):
        place = next((one for one in rounds if one[1].isdisjoint(files) and not _meet(one[0], changes)), None)
        if place is None and len(rounds) < MOST_ROUNDS:
            rounds.append(place := (set(), set(), []))
        if place is not None:
            place[0].update(changes)
            place[1].update(files)
            place[2].append(Variant(told(changes), files, nested(changes)))
    return [shown for _, _, shown in rounds]


def _widest(found: Sequence[tuple[dict[Keys, Any], frozenset[str]]]) -> list[tuple[dict[Keys, Any], frozenset[str]]]:
    """Return changes without those that are a part of others of the same templates, which show the same and more."""
    return [(one, files) for one, files in found if not any(_is_part(one, other) for other, theirs in found if theirs == files)]


def _found(
    tree: SourceTree, folder: str, values: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
) -> list[tuple[dict[Keys, Any], frozenset[str]]]:
    """Return the changes of each variant, with the templates that ask for one of the values; without those that are half of something.

    What some template asks for within an empty value, such as a licence, is of no use without it: other parts are missing as well.
    """
    hollow: set[Keys] = set()
    wanted: dict[tuple[tuple[Keys, str], ...], dict[Keys, Any]] = {}
    asking: dict[Keys, set[str]] = {}
    parts = chart_parts(tree, folder)
    values, *others = (with_defaults(tree, parts, one) for one in (values, *others))
    for part in parts:
        inherited = {need.keys for need in part.needs}
        for file, text in _templates(tree, part.folder):
            found = list(guards(text)) or ([()] if part.needs and has_exposing_kind(text) else [])
            for keys in {*inherited, *map(part.keys_of, read_paths(text))} if found else ():
                asking.setdefault(keys, set()).add(file)
            for own in found:
                needs = part.needs_of(own)
                changes = changes_for(needs, values)
                hollow.update(_within_empty(needs, values) if changes is None else ())
                if changes and not any(changes_for(needs, other) == {} for other in others):
                    wanted.setdefault(tuple(sorted((keys, repr(value)) for keys, value in changes.items())), changes)
    whole = (changes for changes in wanted.values() if hollow.isdisjoint(changes))
    return [(changes, frozenset(file for keys in changes for file in asking.get(keys, ()))) for changes in whole]


def _within_empty(needs: Sequence[Need], values: Mapping[str, Any]) -> Iterator[Keys]:
    """Yield the switches that conditions ask for inside of one that asks for an empty text of the same section."""
    empty: set[str] = set()
    for need in needs:
        if need.form == "on" and value_at(values, need.keys) == "":
            empty.add(need.keys[0])
        elif need.form == "on" and need.keys[0] in empty and len(need.keys) > 1:
            yield need.keys


def _is_part(one: Mapping[Keys, Any], other: Mapping[Keys, Any]) -> bool:
    return len(one) < len(other) and all(other.get(keys) == value for keys, value in one.items())


def _meet(one: Iterable[Keys], other: Iterable[Keys]) -> bool:
    """Tell whether changes are of the same values, or of some within others."""
    return any(keys[: len(above)] == above or above[: len(keys)] == keys for keys in one for above in other)


def _templates(tree: SourceTree, folder: str) -> Iterator[tuple[str, str]]:
    try:
        for path in walk(tree, join(folder, "templates")):
            if path.endswith((".yaml", ".yml")):
                text = documents.decode(tree.read(path))
                yield from ((path, text),) if len(text) <= _LARGEST else ()
    except (RefusedError, OSError, documents.UndecodableText):
        return
