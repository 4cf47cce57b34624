"""The packed charts of a run: a chart that several releases deploy, or that is rendered again with other values, is packed once."""

from collections.abc import Iterator
from typing import NamedTuple

from k8slblint.rendering.helm.charts import Chart, counted_archive, read_chart
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import RenderFailure
from k8slblint.rendering.watched import WatchedTree

_MOST_BYTES = 64_000_000
"""Bytes of archives that are kept; the oldest are given up first."""

_MOST_VERSIONS = 4
"""Versions of one chart that are kept: those of two revisions, and some with marks in their files."""


class Packed(NamedTuple):
    """A chart, and its archive, without the dependencies that it lacks; `archive` is None for a chart that is not deployed by itself."""

    chart: Chart
    archive: bytes | RenderFailure | None


class _Kept(NamedTuple):
    """What was packed, from which tree, and of how many charts it consists."""

    packed: Packed
    tree: WatchedTree
    charts: int


class Packing:
    """Packs charts of the trees of a run, and keeps what it packed for the trees in which the same files are the same."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._kept: dict[tuple[str, str], list[_Kept]] = {}
        self._size = 0

    def packed(self, tree: SourceTree, folder: str) -> Packed | RenderFailure:
        """Return the chart in a folder of a tree with its archive.

        Raises `BudgetSpentError`: of that, a chart takes as much each time, whether it was kept or not.
        """
        key = (tree.top, folder)
        versions = self._kept.get(key, [])
        known = next((one for one in versions if one.tree.holds_for(tree)), None)
        if known is not None:
            versions.sort(key=lambda one: one is not known)  # the last that was asked for is the last to go
            tree.budget.spend("charts", known.charts, known.packed.chart.file)
            return known.packed
        watched = WatchedTree(tree)
        chart = read_chart(watched, folder)
        if isinstance(chart, RenderFailure):
            return chart
        if chart.is_library:
            return Packed(chart, None)
        found, count = counted_archive(watched, chart, tuple(one.name for one in chart.missing))
        if isinstance(found, bytes):
            self._keep(key, _Kept(Packed(chart, found), watched, count), len(found))
        return Packed(chart, found)

    def _keep(self, key: tuple[str, str], one: _Kept, size: int) -> None:
        versions = self._kept.setdefault(key, [])
        versions.insert(0, one)
        self._size += size
        self._size -= sum(_sizes(versions[_MOST_VERSIONS:]))
        del versions[_MOST_VERSIONS:]
        while self._size > _MOST_BYTES:
            oldest = next(iter(self._kept))
            self._size -= sum(_sizes(self._kept.pop(oldest)))


def _sizes(kept: list[_Kept]) -> Iterator[int]:
    return (len(one.packed.archive) for one in kept if isinstance(one.packed.archive, bytes))
