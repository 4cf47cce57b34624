"""The charts that kustomizations inflate and that would be fetched, each with the values that it is given.

Source: kustomize 5.8, `api/internal/builtins/HelmChartInflationGenerator.go` (`createNewMergedValuesFile`, `replaceValuesInline`),
`api/types/helmchartargs.go` (`AsHelmArgs`: `additionalValuesFiles` come last).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from k8slblint.model.node import smallest_span
from k8slblint.rendering.helm.layers import ValueLayer
from k8slblint.rendering.helm.values import merge, merged_values
from k8slblint.rendering.kustomize.closures import Closure
from k8slblint.rendering.kustomize.kustomizations import Chart, Kustomization, resolve
from k8slblint.rendering.source import AbsentChart
from k8slblint.rendering.tree import SourceTree


def absent_charts(found: Closure) -> Iterator[AbsentChart]:
    """Yield the charts of the kustomizations of a closure that are not in the tree."""
    for one in found.kustomizations:
        for chart in one.charts:
            if chart.name and chart.is_elsewhere(found.tree):
                yield _absent(one, chart, found.tree)


def _absent(one: Kustomization, chart: Chart, tree: SourceTree) -> AbsentChart:
    entry = _entry(one.canonical, chart)
    inline = entry.get("valuesInline") or entry.get("values")
    names = entry.get("additionalValuesFiles")
    first = [_file(one, entry.get("valuesFile"))] if entry.get("valuesFile") else []
    files = [*first, *(_file(one, name) for name in (names if isinstance(names, list) else ()))]
    known = [ValueLayer(file) for file in files if file]
    read = [merged_values(tree, [layer]) for layer in known]
    values: dict[str, Any] = {}
    for layer in [*_in_order(inline, read[: len(first)], entry.get("valuesMerge")), *read[len(first) :]]:
        values = merge(values, layer) if isinstance(layer, dict) else values
    is_whole = len(known) == len(files) and all(isinstance(layer, dict) for layer in read)
    line = smallest_span(one.root, (*chart.at, "name")).line
    by = ("Kustomization", tree.shown(one.folder))
    return AbsentChart(chart.name, chart.repository, chart.version, one.file, line, by, tuple(known), (), values, is_whole)


def _in_order(inline: object, file: list[Any], merging: object) -> list[Any]:
    """Return the values of the entry and of its file, the stronger last; `replace` has only those of the entry."""
    own = [inline] if isinstance(inline, dict) and inline else []
    if own and merging == "replace":
        return own
    return [*own, *file] if merging == "merge" else [*file, *own]


def _entry(canonical: Mapping[str, Any], chart: Chart) -> Mapping[str, Any]:
    value: Any = canonical
    for step in chart.at:
        inner = value.get(step) if isinstance(value, dict) and isinstance(step, str) else None
        if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
            inner = value[step]
        value = inner
    return value if isinstance(value, dict) else {}


def _file(one: Kustomization, name: object) -> str:
    return (resolve(one.folder, name) or "") if isinstance(name, str) else ""
