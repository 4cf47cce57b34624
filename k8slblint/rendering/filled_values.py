"""What Helm values say once Flux has filled its variables into the object that they are a part of.

The object is followed where it is written, so that its values are read there too; `postBuild` of the Kustomization that applies it
changes them as it does all that it applies.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from k8slblint.budget import OverLimitError, Part
from k8slblint.loading.remembered_views import View
from k8slblint.model.node import Node
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import CHART_VALUES, HELM_VALUES, Resource
from k8slblint.rendering.gitops.substitution import FORBIDDEN, substitute
from k8slblint.rendering.planning import Planned
from k8slblint.rendering.tree import SourceTree

_MOST_BYTES = 10_000_000
"""Bytes of texts with variables in the values of one revision."""

_DEEPEST = 100


def waits_for_variables(one: Resource) -> bool:
    """Tell whether Helm values have variables that Flux may fill in."""
    is_view = one.kind == HELM_VALUES and one.type_name != CHART_VALUES  # what is merged stands in no text
    return is_view and FORBIDDEN not in one.source.text and has_placeholder(one.value)


def fill(resources: list[Resource], units: Iterable[tuple[Planned, SourceTree]]) -> None:
    """Put what Flux makes of Helm values in their place, where one Kustomization applies their file; `resources` are changed."""
    waiting = {id(one) for one in resources if waits_for_variables(one)}
    if not waiting:
        return
    found: dict[str, list[tuple[Planned, SourceTree]]] = defaultdict(list)
    for planned, tree in units:
        if planned.unit.substitute is not None:
            for path in planned.covered:
                found[tree.shown(path)].append((planned, tree))
    for index, one in enumerate(resources):
        appliers: Sequence[tuple[Planned, SourceTree]] = found.get(one.path, ()) if id(one) in waiting else ()
        if len(appliers) == 1:
            planned, tree = appliers[0]
            resources[index] = _filled(one, planned.unit.substitute or {}, tree)


def _filled(one: Resource, variables: Mapping[str, str], tree: SourceTree) -> Resource:
    part = tree.budget.part("bytes_rendered", _MOST_BYTES, one.path, "bytes of values")
    try:
        root = _view(one.root, variables, part) if isinstance(one.root, View) else _node(one.root, variables, part, 0)
    except OverLimitError:
        return one
    made = Resource(root, one.path, one.source, one.origin)
    made.standing, made.namespace = one.standing, one.namespace
    return made


def _node(node: Node, variables: Mapping[str, str], part: Part, depth: int) -> Node:
    value: Any = node.value
    if isinstance(value, str):
        value = substitute(value, variables, part) if "$" in value else value
    elif depth < _DEEPEST:
        return _collection(node, variables, part, depth)
    made = Node(value, *node.span, node.style)
    made.aliased = node.aliased
    return made


def _collection(node: Node, variables: Mapping[str, str], part: Part, depth: int) -> Node:
    members = {name: (key, _node(inner, variables, part, depth + 1)) for name, (key, inner) in node.members.items()}
    items = [_node(item, variables, part, depth + 1) for item in node.items]
    value = node.value
    if isinstance(value, dict):
        value = {**value, **{name: inner.value for name, (_, inner) in members.items()}}
    elif items:
        value = [item.value for item in items]
    made = Node(value, *node.span, node.style)
    made.aliased, made.members, made.items = node.aliased, members, items
    return made


def _view(view: View, variables: Mapping[str, str], part: Part) -> View:
    """Return the same of an object whose places were not asked for: so are those of what is made of it."""
    value = _value(view.value, view.made_up, variables, part, 0)
    return View(value, view.line, view.column, view.made_up, lambda: _with_value(view, value, 0))


def _value(value: Any, made_up: Mapping[str, Any], variables: Mapping[str, str], part: Part, depth: int) -> Any:
    if isinstance(value, str):
        return substitute(value, variables, part) if "$" in value else value
    if depth >= _DEEPEST:
        return value
    if isinstance(value, dict):
        own = {name: made_up.get(name, _NOTHING) for name in value}
        return {name: inner if own[name] is True else _value(inner, own[name], variables, part, depth + 1) for name, inner in value.items()}
    return [_value(inner, _NOTHING, variables, part, depth + 1) for inner in value] if isinstance(value, list) else value


_NOTHING: Mapping[str, Any] = {}


def _with_value(node: Node, value: Any, depth: int) -> Node:
    """Return a node with another value; of what the value does not have, it has its own."""
    made = Node(value, *node.span, node.style)
    made.aliased = node.aliased
    if depth < _DEEPEST and isinstance(value, dict):
        made.members = {
            name: (key, _with_value(inner, value.get(name, inner.value), depth + 1)) for name, (key, inner) in node.members.items()
        }
    elif depth < _DEEPEST and isinstance(value, list):
        made.items = [_with_value(inner, one, depth + 1) for inner, one in zip(node.items, value, strict=False)]
    return made


def refilled(now: Mapping[str, tuple[Planned, SourceTree]], before: Mapping[str, tuple[Planned, SourceTree]]) -> Iterator[str]:
    """Yield the files, as reported, of Kustomizations of both revisions whose variables differ."""
    for name in now.keys() & before.keys():
        (planned, tree), (old, _) = now[name], before[name]
        if planned.unit.substitute != old.unit.substitute:
            yield from map(tree.shown, planned.covered)
