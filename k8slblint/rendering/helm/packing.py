"""The packed charts of a run: a chart that several releases deploy, or that is rendered again with other values, is packed once."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from k8slblint.model.patterns import pattern
from k8slblint.rendering.helm.archives import write_archive
from k8slblint.rendering.helm.charts import Chart, read_chart
from k8slblint.rendering.helm.packer import counted_archive
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import RenderFailure
from k8slblint.rendering.watched import WatchedTree, note_of

_MOST_BYTES = 64_000_000
"""Bytes of archives that are kept; the oldest are given up first."""

_MOST_VERSIONS = 4
"""Versions of one chart that are kept: those of two revisions, and some with marks in their files."""


class Packed(NamedTuple):
    """A chart, and its archive, without the dependencies that it lacks; `archive` is None for a chart that is not deployed by itself."""

    chart: Chart
    archive: bytes | RenderFailure | None


class _Kept(NamedTuple):
    """What was packed, from which tree, of how many charts it consists, and the files in it by their paths in the chart."""

    packed: Packed
    tree: WatchedTree
    charts: int
    contents: Sequence[tuple[str, bytes]]

    @property
    def size(self) -> int:
        """Bytes that are held for it."""
        archive = self.packed.archive
        return (len(archive) if isinstance(archive, bytes) else 0) + sum(len(data) for _, data in self.contents)


class Packing:
    """Packs charts of the trees of a run, and keeps what it packed for the trees in which the same files are the same.

    Charts of kustomizations are asked for by those who build these, while others are looked at: one is packed at a time.
    """

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], list[_Kept]] = {}
        self._size = 0

    def packed(self, tree: SourceTree, folder: str) -> Packed | RenderFailure:
        """Return the chart in a folder of a tree with its archive.

        Raises `BudgetSpentError`: of that, a chart takes as much each time, whether it was kept or not.
        """
        with self._lock:
            return self._packed(tree, folder)

    def _packed(self, tree: SourceTree, folder: str) -> Packed | RenderFailure:
        key = (tree.top, folder)
        versions = self._kept.get(key, [])
        known = next((one for one in versions if one.tree.holds_for(tree)), None)
        if known is not None:
            versions.sort(key=lambda one: one is not known)  # the last that was asked for is the last to go
            tree.budget.spend("charts", known.charts, known.packed.chart.file)
            note_of(tree, known.tree)
            return known.packed
        again = _repacked(tree, versions)
        if again is not None:
            tree.budget.spend("charts", again.charts, again.packed.chart.file)
            self._keep(key, again)
            note_of(tree, again.tree)
            return again.packed
        watched = WatchedTree(tree)
        try:
            return self._newly_packed(watched, folder)
        finally:
            note_of(tree, watched)

    def _newly_packed(self, watched: WatchedTree, folder: str) -> Packed | RenderFailure:
        chart = read_chart(watched, folder)
        if isinstance(chart, RenderFailure):
            return chart
        if chart.is_library:
            return Packed(chart, None)
        contents: list[tuple[str, bytes]] = []
        packed, count = counted_archive(watched, chart, tuple(one.name for one in chart.missing), contents)
        if isinstance(packed, bytes):
            self._keep((watched.top, folder), _Kept(Packed(chart, packed), watched, count, contents))
        return Packed(chart, packed)

    def _keep(self, key: tuple[str, str], one: _Kept) -> None:
        versions = self._kept.setdefault(key, [])
        versions.insert(0, one)
        self._size += one.size
        self._size -= sum(_sizes(versions[_MOST_VERSIONS:]))
        del versions[_MOST_VERSIONS:]
        while self._size > _MOST_BYTES:
            oldest = next(iter(self._kept))
            self._size -= sum(_sizes(self._kept.pop(oldest)))


def _sizes(kept: list[_Kept]) -> Iterator[int]:
    return (one.size for one in kept)


def _repacked(tree: SourceTree, versions: list[_Kept]) -> _Kept | None:
    """Return a chart of which only texts differ that are packed as they are, and which nothing else was made of: those with marks."""
    for one in versions:
        changed = one.tree.changed_in(tree)
        places = _places_of(one, changed) if changed else None
        if changed and places:
            versions.sort(key=lambda other: other is not one)
            contents = list(one.contents)
            for path, place in places.items():
                contents[place] = (contents[place][0], changed[path])
            packed = Packed(one.packed.chart, write_archive(contents))
            return _Kept(packed, one.tree.as_of(tree, changed), one.charts, contents)
    return None


_MOST_LONGER = 100_000
"""Bytes that marks add to a text at most; what is larger meets the limits of a chart anew."""

_AS_THEY_ARE = pattern(r"(?:charts/[^/]+/)*(?:templates/.+|values\.yaml)")
"""The texts of a chart, and of charts in it, that are packed as they are, and that say nothing of what it consists of."""


def _places_of(one: _Kept, changed: Mapping[str, bytes]) -> dict[str, int] | None:
    """Return which of the contents the changed files are, by their paths in the tree, None where that is not certain for each."""
    known = {id(data): path for path, data in one.tree.given.items() if path in changed}
    places: dict[str, int] = {}
    for number, (inside, data) in enumerate(one.contents):
        path = known.get(id(data))
        if path is None:
            continue
        is_text = len(data) > 1 and _AS_THEY_ARE.fullmatch(inside) and changed[path].isascii()
        if path in places or not is_text or len(changed[path]) > len(data) + _MOST_LONGER:
            return None  # in two places, or not certainly what Helm takes for a text
        places[path] = number
    return places if places.keys() == changed.keys() and len(known) == len(changed) else None
