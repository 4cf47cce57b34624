"""The files of one revision as renderers see them: every file of a repository, by its path from the top, with `/`."""

import os
import posixpath
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from k8slblint.budget import Budget
from k8slblint.loading.files import find_root
from k8slblint.loading.folders import below, shown_path

if TYPE_CHECKING:
    from k8slblint.rendering.seen import Kind, Seen
    from k8slblint.rendering.shelf import Shelf, WantedChart

_Made = TypeVar("_Made")

_GIT = frozenset({".git", "git~1"})
_IGNORED_BY_HFS = dict.fromkeys((0x200C, 0x200D, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF))


def is_git_folder(name: str) -> bool:
    """Tell whether a file system may take a name for `.git`, where credentials are kept.

    Not only in other capitals: git 2.39, `path.c`: `only_spaces_and_periods`, `is_ntfs_dotgit`, and `utf8.c`: `is_hfs_dotgit`.
    """
    if name.isascii() and name[:1] not in ".gG":
        return False
    return name.translate(_IGNORED_BY_HFS).partition(":")[0].rstrip(" .").casefold() in _GIT


def folders_above(path: str) -> Iterator[str]:
    """Yield the folders that a path of a tree is in, from the nearest to the top, which is `""`."""
    while path:
        path = posixpath.dirname(path)
        yield path


class SourceTree:
    """The files below one folder of the disk, some of them replaced or taken away.

    Paths are relative to the top and use `/`; `""` is the top itself. A symbolic link that leads out of the top, or into a `.git`, is as
    good as absent, as is every `.git` itself.
    """

    def __init__(
        self,
        top: str,
        changes: Mapping[str, bytes | None] | None = None,
        shown: tuple[tuple[str, str], ...] = (),
        budget: Budget | None = None,
        shelf: "Shelf | None" = None,
        seen: "Seen | None" = None,
    ) -> None:
        """Stand for the folder `top`; `changes` replaces files by other contents, or by None where there is no such file.

        `shown` tells how paths below some folders of the tree are reported: pairs of the folder (`""` or ending in `/`) and
        what takes its place; elsewhere a path is reported relative to the working directory where it lies below.
        `budget` is that of the run, which whoever goes through the tree asks. `shelf` holds the charts beside the tree.
        `seen` is what was seen of the same folder before.
        """
        self.top = os.path.realpath(top)
        self.changes = dict(changes or {})
        self.shown_folders = shown
        self.budget = budget or Budget()
        self.shelf = shelf
        if seen is not None:
            self.seen = seen
        self._added: dict[str, set[str]] = {}
        for path, data in self.changes.items():
            if data is not None:
                self._add_to_folders(path)

    @cached_property
    def seen(self) -> "Seen":
        """What was seen of the folder, which all trees share that are made of this one."""
        from k8slblint.rendering.seen import Seen  # a run without charts and kustomizations asks for nothing

        return Seen()

    def _add_to_folders(self, path: str) -> None:
        while path:
            folder, _, name = path.rpartition("/")
            self._added.setdefault(folder, set()).add(name)
            path = folder

    def overlaid(self, changes: Mapping[str, bytes | None]) -> "SourceTree":
        """Return the same tree with some files replaced, added or (None) taken away."""
        return SourceTree(self.top, {**self.changes, **changes}, self.shown_folders, self.budget, self.shelf, self.seen)

    def with_shelf(self, shelf: "Shelf") -> "SourceTree":
        """Return the same tree with the charts of a shelf beside it."""
        return SourceTree(self.top, self.changes, self.shown_folders, self.budget, shelf, self.seen)

    def beside(self, wanted: "WantedChart") -> str:
        """Return the path of a chart beside the tree, or `""` where it is not there."""
        return self.shelf.place(wanted) if self.shelf is not None else ""

    def overlaid_by_real_path(self, changes: Mapping[str, bytes | None]) -> "SourceTree":
        """Return the same tree with files replaced that are given by their real paths; those outside of it are passed over."""
        inside = ((self.relative(path), data) for path, data in changes.items())
        return self.overlaid({path: data for path, data in inside if path is not None})

    def read(self, path: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            OSError: there is none, or it cannot be read.
            BudgetSpentError: it is one file too many.

        """
        if path in self.changes:
            data = self.changes[path]
            if data is None:
                raise FileNotFoundError(path)
            return data
        if self.shelf is not None and self.shelf.holds(path):
            data = self.shelf.read(path)
            self.budget.read(path, len(data), path)
            return data
        real = self._real(path)
        if real is None:
            raise FileNotFoundError(path)
        data = self.seen.read(real)
        self.budget.read(real, len(data), path)
        return data

    def made(self, make: Callable[..., _Made], path: str, *more: Hashable) -> _Made:
        """Return what a function makes of the bytes of a file, and of what else it is given; nobody changes that. Raises as `read`."""
        return self.seen.made(make, self.read(path), *more)

    def is_file(self, path: str) -> bool:
        """Tell whether there is a file of this path."""
        if path in self.changes:
            return self.changes[path] is not None
        if self.shelf is not None and self.shelf.holds(path):
            return True
        kind = self._kind(path)
        if kind not in (None, "link"):
            return kind == "file"
        real = self._real(path)
        return real is not None and os.path.isfile(real)

    def is_link(self, path: str) -> bool:
        """Tell whether a path of the disk is a symbolic link: who walks a tree does not follow it to a folder."""
        kind = self._kind(path)
        return kind == "link" if kind is not None else os.path.islink(os.path.join(self.top, *path.split("/")))

    def is_folder(self, path: str) -> bool:
        """Tell whether there is a folder of this path with at least one entry."""
        return bool(self.names(path))

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder in order; none where it does not exist."""
        real = self._real_folder(folder)
        listed = self.seen.entries(real) if real is not None else None
        found = {name for name in listed or () if not is_git_folder(name)}
        if self.changes:
            found |= self._added.get(folder, set())
            prefix = f"{folder}/" if folder else ""
            found -= {name for name in found if self.changes.get(prefix + name, b"") is None}
        return sorted(found)

    def files_below(self, folder: str) -> Iterator[str]:
        """Yield the paths of all files below a folder, in order of names; links to folders are not followed, `.git` is left out."""
        waiting = [folder]
        while waiting:
            path = waiting.pop()
            if path != folder and self.is_file(path):
                yield path
            elif path == folder or not self.is_link(path):
                prefix = f"{path}/" if path else ""
                waiting.extend(prefix + name for name in reversed(self.names(path)))

    def shown(self, path: str) -> str:
        """Return how a file is reported."""
        if self.shelf is not None and self.shelf.holds(path):
            return path.rpartition("/")[2]
        for folder, shown in self.shown_folders:
            if path.startswith(folder):
                return shown + path[len(folder) :]
        return shown_path(os.path.join(self.top, *path.split("/")))

    def relative(self, real: str) -> str | None:
        """Return the path in the tree of a file or folder given by its real path, or None where it lies outside."""
        return below(real, self.top)

    def _real(self, path: str) -> str | None:
        """Return the real path of a file or folder, or None where it leads out of the top or into a `.git`.

        The folder is resolved once for all its entries, since a chart asks for hundreds; only a link, or `..`, is resolved by itself.
        """
        folder, _, name = path.rpartition("/")
        return self._entry(self._real_folder(folder), name) or self._inside(path)

    def _real_folder(self, folder: str) -> str | None:
        """Return the real path of a folder, or None where it leads out of the top or into a `.git`."""
        known = self.seen.real_folders
        if folder in known:
            return known[folder]
        waiting = [folder]
        while waiting[-1] and waiting[-1] not in known:
            waiting.append(waiting[-1].rpartition("/")[0])
        for one in reversed(waiting):
            if one not in known:
                above, _, step = one.rpartition("/")
                known[one] = self._entry(known.get(above), step) or self._inside(one)
        return known[folder]

    def _kind(self, path: str) -> "Kind | None":
        """Return what an entry of a folder is, None where its folder does not tell."""
        folder, _, name = path.rpartition("/")
        return None if is_git_folder(name) else self.seen.kind(self._real_folder(folder), name)

    def _entry(self, above: str | None, name: str) -> str | None:
        """Return the real path of an entry of a folder, or None where only resolving the whole path tells it."""
        if above is None or name in ("", ".", "..") or os.sep in name or is_git_folder(name):
            return None
        joined = os.path.join(above, name)
        kind = self.seen.kind(above, name)
        return None if kind == "link" or (kind is None and os.path.islink(joined)) else joined

    def _inside(self, path: str) -> str | None:
        real = os.path.realpath(os.path.join(self.top, *path.split("/")) if path else self.top)
        inside = below(real, self.top)
        return None if inside is None or any(map(is_git_folder, inside.split("/"))) else real


def trees_around(paths: Sequence[str], budget: Budget | None = None) -> tuple[SourceTree, ...]:
    """Return the trees that hold some paths, each once: the repositories around them, else the working directory, else themselves."""
    shown: dict[str, list[tuple[str, str]]] = {}
    for path in paths:
        root = find_root(path if os.path.isdir(path) else os.path.dirname(path) or ".")
        relative = below(root.path, root.border)
        if relative is not None:
            shown.setdefault(root.border, []).append((f"{relative}/" if relative else "", root.shown))
    return tuple(SourceTree(top, shown=tuple(pairs), budget=budget) for top, pairs in shown.items())
