"""Which chart of the tree stands for a dependency that is vendored nowhere: one that lies beside the chart, or beside a folder above it."""

import posixpath
from collections.abc import Callable, Iterable, Iterator

from k8slblint.rendering.helm.versions import fits
from k8slblint.rendering.tree import SourceTree

_SHELVES = ("", "charts", "library", "libs", "helm")
"""Where repositories keep the charts that others depend on, relative to a folder above; the folder of a chart has its name."""

_MOST_FOLDERS = 200
"""Folders beside one folder in which charts are looked for that others take from a repository of their own."""

_OWN_REPOSITORY = ("@", "alias:")
"""How a dependency names a repository that only the configuration of a Helm knows (Helm 3.19, `pkg/downloader/manager.go`)."""


class Neighbours:
    """The charts near one chart; `stated` returns name and version of the chart in a folder, `("", "")` where there is none."""

    def __init__(self, tree: SourceTree, folder: str, stated: Callable[[str], tuple[str, str]]) -> None:
        """Look at nothing yet."""
        self._tree = tree
        self._folder = folder
        self._stated = stated
        self._beside: dict[str, list[tuple[str, frozenset[str]]]] = {}

    def place(self, name: str, wanted: str, repository: str) -> str:
        """Return the folder of the one chart of a name, and of a version in the wanted range, or `""`.

        It lies in a usual folder for charts anywhere above; what comes from a repository of the own (`@local`) may also lie in any folder
        beside one above, of which the nearest counts.
        """
        for places in self._searches(name, is_own=repository.startswith(_OWN_REPOSITORY)):
            found = dict.fromkeys(place for place in places if self._is_wanted(place, name, wanted))
            if found:
                return next(iter(found)) if len(found) == 1 else ""
        return ""

    def _searches(self, name: str, *, is_own: bool) -> Iterator[Iterable[str]]:
        above = list(_folders_above(self._folder))
        yield (_joined(one, shelf, name) for one in above for shelf in _SHELVES)
        if is_own:
            yield from (self._in_folders_of(one, name) for one in above)

    def _in_folders_of(self, above: str, name: str) -> Iterator[str]:
        if above not in self._beside:
            folders = [_joined(above, one) for one in self._tree.names(above)[:_MOST_FOLDERS]]
            self._beside[above] = [(one, frozenset(self._tree.names(one))) for one in folders]
        return (_joined(folder, name) for folder, names in self._beside[above] if name in names)

    def _is_wanted(self, place: str, name: str, wanted: str) -> bool:
        if place == self._folder:
            return False
        own, version = self._stated(place)
        return own == name and fits(version, wanted)


def _folders_above(folder: str) -> Iterator[str]:
    while folder:
        folder = posixpath.dirname(folder)
        yield folder


def _joined(*parts: str) -> str:
    return posixpath.join(*filter(None, parts)) if any(parts) else ""
