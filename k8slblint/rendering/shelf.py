"""Charts that are not in a tree, and that the user has beside it: which repository, chart and version is which archive.

An archive has a path on the shelf, which is one of the tree for whoever reads charts, and never names a file of the disk.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from k8slblint.rendering.helm.versions import fits, newest

FOLDER = ".k8slblint/charts/"
"""What paths on the shelf start with."""


class WantedChart(NamedTuple):
    """A chart that something in a tree names: the address of its repository, `""` for any, its name, and the version or range stated."""

    repository: str
    name: str
    version: str = ""


class Shelved(NamedTuple):
    """A chart on the shelf: where it is from (`""` for any repository), the version or range it was taken for, and its own version.

    `read` returns the bytes of its archive. Raises `OSError`.
    """

    repository: str
    name: str
    stated: str
    version: str
    read: Callable[[], bytes]


class Shelf:
    """The charts that are at hand; `asked` holds all that were looked for, in order."""

    def __init__(self, charts: Sequence[Shelved] = ()) -> None:
        """Hold the charts; those that come first are preferred."""
        self.asked: dict[WantedChart, None] = {}
        self._named: dict[str, list[Shelved]] = {}
        self._places: dict[str, Shelved] = {}
        for one in charts:
            self._named.setdefault(one.name, []).append(one)

    def __bool__(self) -> bool:
        """Tell whether there is any chart on it."""
        return bool(self._named)

    def place(self, wanted: WantedChart) -> str:
        """Return the path of a chart on the shelf, or `""` where it is not there."""
        self.asked[wanted] = None
        found = self._find(wanted)
        if found is None:
            return ""
        path = f"{FOLDER}{found.name}-{found.version}.tgz"
        number = 1
        while self._places.get(path, found) is not found:
            number += 1
            path = f"{FOLDER}{number}/{found.name}-{found.version}.tgz"
        self._places[path] = found
        return path

    def _find(self, wanted: WantedChart) -> Shelved | None:
        """Return what was fetched for the same text, else the newest that fits."""
        same = [one for one in self._named.get(wanted.name, ()) if _is_same(one.repository, wanted.repository)]
        exact = next((one for one in same if one.repository and one.stated == wanted.version), None)
        if exact is not None:
            return exact
        fitting = [one for one in same if fits(one.version, wanted.version)]
        version = newest(one.version for one in fitting)
        return next((one for one in fitting if one.version == version), None)

    def holds(self, path: str) -> bool:
        """Tell whether a path is one that `place` has returned."""
        return path in self._places

    def read(self, path: str) -> bytes:
        """Return the archive at a path. Raises `OSError`."""
        if path not in self._places:
            raise FileNotFoundError(path)
        return self._places[path].read()


def _is_same(own: str, wanted: str) -> bool:
    """Tell whether two addresses name one repository, as far as they are stated."""
    return not own or not wanted or own.rstrip("/") == wanted.rstrip("/")


def is_on_shelf(path: str) -> bool:
    """Tell whether a path is one of a shelf."""
    return path.startswith(FOLDER)
