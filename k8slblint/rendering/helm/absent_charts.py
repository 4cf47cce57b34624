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

_REQUIREMENTS = "requirements.yaml"


class _Part(NamedTuple):
    """A chart of the tree within the whole: where its values are, and what they are."""

    folder: str
    keys: tuple[str, ...]
    values: Mapping[str, Any]


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
        for one in chart.dependencies if isinstance(chart, Chart) else ():
            keys = (*part.keys, one.alias or one.name)
            if is_disabled(one, {}, part.values):
                continue
            inner = part.values.get(keys[-1])
            own = inner if isinstance(inner, dict) else {}
            if isinstance(chart, Chart) and not one.place:
                file, line = _named_at(tree, chart, one)
                by, is_whole = ("Chart", tree.shown(part.folder)), given is not None and inner in (own, None)
                yield AbsentChart(one.name, one.repository, one.version, file, line, by, layers, keys, own, is_whole)
            elif one.place and not one.place.endswith(ARCHIVES) and len(keys) < _DEEPEST:
                pending.append(_Part(one.place, keys, merge(_defaults(tree, one.place), own)))


def _defaults(tree: SourceTree, folder: str) -> dict[str, Any]:
    chart = read_chart(tree, folder)
    return chart_values(tree, chart) if isinstance(chart, Chart) else {}


def _named_at(tree: SourceTree, chart: Chart, wanted: Dependency) -> tuple[str, int]:
    """Return the file and the line that name a dependency: those of the chart itself, or of its requirements in charts of Helm 2."""
    for name in ("Chart.yaml", _REQUIREMENTS):
        file = f"{chart.folder}/{name}" if chart.folder else name
        listed = _listed(tree, file)
        for index, one in enumerate(listed.items if listed is not None else ()):
            value = one.value if isinstance(one.value, dict) else {}
            if value.get("name") == wanted.name and str(value.get("alias") or "") == wanted.alias and listed is not None:
                return file, smallest_span(listed, (index, "name")).line
    return chart.file, 1


def _listed(tree: SourceTree, file: str) -> Node | None:
    try:
        root = tree.made(first_document, file)
    except (OSError, documents.UndecodableText, documents.BrokenDocument):
        return None
    return root.child("dependencies") if root is not None else None
