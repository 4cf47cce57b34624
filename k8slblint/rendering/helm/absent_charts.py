"""The dependencies of a chart that are not in the tree, each with the values that the chart gives it.

Source: Helm 4.2, `pkg/chart/v2/util/dependencies.go` (`processDependencyEnabled`: those that a condition or tag switches off are not
there), `pkg/chart/common/util/coalesce.go` (`coalesceDeps`: a dependency is given the mapping under its alias, else its name).
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from k8slblint import documents
from k8slblint.model.node import Node, smallest_span
from k8slblint.rendering.helm.archives import ARCHIVES
from k8slblint.rendering.helm.charts import Chart, Dependency, first_document, read_chart
from k8slblint.rendering.helm.layers import ValueLayer
from k8slblint.rendering.helm.parts import MOST_PARTS
from k8slblint.rendering.helm.values import chart_values, is_disabled, merge
from k8slblint.rendering.source import AbsentChart
from k8slblint.rendering.tree import SourceTree

_DEEPEST = 3

_MOST_DEPENDENCIES = 300

_REQUIREMENTS = "requirements.yaml"


class _Part(NamedTuple):
    """A chart of the tree within the whole: where its values are, and what they are."""

    folder: str
    keys: tuple[str, ...]
    values: Mapping[str, Any]


class _Named(NamedTuple):
    """The file and the line that name a dependency."""

    file: str
    line: int


def absent_dependencies(
    tree: SourceTree, folder: str, values: Callable[[], Mapping[str, Any] | None], layers: tuple[ValueLayer, ...]
) -> Iterator[AbsentChart]:
    """Yield the dependencies of a chart, and of those of its dependencies that are in the tree, which are not there.

    `values` returns those that the chart is rendered with, None where they are not known, and is asked only where it has dependencies;
    `layers` are where they are written.
    """
    first = read_chart(tree, folder)
    given = values() if isinstance(first, Chart) and first.dependencies else None
    pending = deque([_Part(folder, (), given or {})])
    for _ in range(MOST_PARTS):
        if not pending:
            return
        part = pending.popleft()
        chart = read_chart(tree, part.folder) if part.keys else first
        if isinstance(chart, Chart) and chart.dependencies:
            named = _named_at(tree, chart)
            yield from (
                _absent(tree, part, one, named, layers, is_known=given is not None) for one in _enabled(chart, part) if not one.place
            )
            pending.extend(_Part(one.place, *_given(tree, part, one)) for one in _enabled(chart, part) if _is_entered(part, one))


def _enabled(chart: Chart, part: _Part) -> Iterator[Dependency]:
    found = chart.dependencies[:_MOST_DEPENDENCIES]
    return (one for one in found if not (one.conditions or one.tags) or not is_disabled(one, {}, part.values))


def _is_entered(part: _Part, one: Dependency) -> bool:
    return bool(one.place) and not one.place.endswith(ARCHIVES) and len(part.keys) + 1 < _DEEPEST


def _given(tree: SourceTree, part: _Part, one: Dependency) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return where the values of a dependency of the tree are, and what they are with its own."""
    inner = part.values.get(one.alias or one.name)
    return (*part.keys, one.alias or one.name), merge(_defaults(tree, one.place), inner if isinstance(inner, dict) else {})


def _absent(
    tree: SourceTree,
    part: _Part,
    one: Dependency,
    named: Mapping[tuple[str, str], _Named],
    layers: tuple[ValueLayer, ...],
    *,
    is_known: bool,
) -> AbsentChart:
    keys = (*part.keys, one.alias or one.name)
    inner = part.values.get(keys[-1])
    own = inner if isinstance(inner, dict) else {}
    file, line = named.get((one.name, one.alias), _Named(f"{part.folder}/Chart.yaml" if part.folder else "Chart.yaml", 1))
    by, is_whole = ("Chart", tree.shown(part.folder)), is_known and inner in (own, None)
    return AbsentChart(one.name, one.repository, one.version, file, line, by, layers, keys, own, is_whole)


def _defaults(tree: SourceTree, folder: str) -> dict[str, Any]:
    chart = read_chart(tree, folder)
    return chart_values(tree, chart) if isinstance(chart, Chart) else {}


def _named_at(tree: SourceTree, chart: Chart) -> dict[tuple[str, str], _Named]:
    """Return by name and alias where dependencies are named: in the chart itself, or in its requirements in charts of Helm 2."""
    found: dict[tuple[str, str], _Named] = {}
    for name in (_REQUIREMENTS, "Chart.yaml"):
        file = f"{chart.folder}/{name}" if chart.folder else name
        listed = _listed(tree, file)
        for index, one in enumerate(listed.items if listed is not None else ()):
            value = one.value if isinstance(one.value, dict) else {}
            if listed is not None and isinstance(value.get("name"), str):
                found[value["name"], str(value.get("alias") or "")] = _Named(file, smallest_span(listed, (index, "name")).line)
    return found


def _listed(tree: SourceTree, file: str) -> Node | None:
    try:
        root = tree.made(first_document, file)
    except (OSError, documents.UndecodableText, documents.BrokenDocument):
        return None
    return root.child("dependencies") if root is not None else None
