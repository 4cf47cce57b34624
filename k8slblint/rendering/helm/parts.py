"""The charts that a chart consists of, each with the place of its values in those of the whole, and the switches that it depends on.

Source: Helm 4.2, `pkg/chart/v2/util/dependencies.go` (`processDependencyConditions`: the first condition that is a boolean decides),
`pkg/chart/common/util/coalesce.go` (`coalesceGlobals`, `coalesceDeps`: what a chart is given for a dependency is laid over its defaults).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from k8slblint.rendering.helm.archives import ARCHIVES
from k8slblint.rendering.helm.charts import Chart, Dependency, read_chart
from k8slblint.rendering.helm.guards import Keys, Need
from k8slblint.rendering.helm.values import chart_values, merge
from k8slblint.rendering.tree import SourceTree

MOST_PARTS = 40
_DEEPEST = 3
GLOBAL = "global"


class ChartPart(NamedTuple):
    """A chart in a folder of the tree: `at` is where its values are in those of the whole, `needs` what switches it on."""

    folder: str
    at: Keys = ()
    needs: tuple[Need, ...] = ()

    def keys_of(self, own: Keys) -> Keys:
        """Return where a value of the chart is in those of the whole; global values are the same for all."""
        return own if own[:1] == (GLOBAL,) else (*self.at, *own)

    def needs_of(self, own: Sequence[Need]) -> tuple[Need, ...]:
        """Return what is asked of the values of the whole where a template of the chart asks for something."""
        return (*self.needs, *(one._replace(keys=self.keys_of(one.keys)) for one in own))


def chart_parts(tree: SourceTree, folder: str) -> list[ChartPart]:
    """Return a chart and the charts below it that lie in the tree unpacked, itself first; at most `MOST_PARTS`."""
    found, pending = list[ChartPart](), [ChartPart(folder)]
    while pending and len(found) < MOST_PARTS:
        part = pending.pop(0)
        found.append(part)
        chart = read_chart(tree, part.folder)
        if isinstance(chart, Chart) and len(part.at) < _DEEPEST:
            pending += [ChartPart(place, (*part.at, name), (*part.needs, *needs)) for name, place, needs in _below(chart, part.at)]
    return found


def _below(chart: Chart, at: Keys) -> Iterator[tuple[str, str, tuple[Need, ...]]]:
    declared = {one.place for one in chart.dependencies}
    for one in chart.dependencies:
        if one.place and not one.place.endswith(ARCHIVES):
            yield one.alias or one.name, one.place, _switch(one, at)
    for name, place in chart.embedded.items():
        if place not in declared and not place.endswith(ARCHIVES):
            yield name, place, ()


def _switch(one: Dependency, at: Keys) -> tuple[Need, ...]:
    """Return what a dependency depends on; conditions are paths in the values of the chart that declares it."""
    if len(one.conditions) != 1:
        return ()
    keys = tuple(one.conditions[0].split("."))
    return (Need(keys if keys[0] == GLOBAL else (*at, *keys), "on"),) if all(keys) else ()


def with_defaults(tree: SourceTree, parts: Sequence[ChartPart], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a whole with the defaults of its parts below them, as their templates see them."""
    full = dict(values)
    for part in parts[1:]:
        chart = read_chart(tree, part.folder)
        defaults = chart_values(tree, chart) if isinstance(chart, Chart) else {}
        shared = defaults.get(GLOBAL)
        full = _laid_under(full, part.at, {key: value for key, value in defaults.items() if key != GLOBAL})
        full = _laid_under(full, (GLOBAL,), shared) if isinstance(shared, dict) else full
    return full


def _laid_under(values: Mapping[str, Any], at: Keys, below: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with others below those at a place; what is no mapping there stays."""
    if not at:
        return merge(below, values)
    inner = values.get(at[0], {})
    return {**values, at[0]: _laid_under(inner, at[1:], below)} if isinstance(inner, dict) else dict(values)
