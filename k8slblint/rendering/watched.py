"""A tree that notes what it is asked, so that an answer made of it is known to hold for another tree."""

from collections.abc import Callable, Container, Hashable, Iterator, Mapping
from typing import Any, TypeVar

from k8slblint.rendering.tree import SourceTree

_Made = TypeVar("_Made")


class Notes:
    """What a tree was asked: which files there are, and what is in them; which folders it listed, and what was made of files."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        self.read: set[str] = set()
        self.listed: set[str] = set()
        self.made: dict[str, dict[tuple[Hashable, ...], Any]] = {}

    def add(self, other: "Notes", without: Container[str] = ()) -> "Notes":
        """Add those of another tree, but for what was made of some files."""
        self.asked |= other.asked
        self.read |= other.read
        self.listed |= other.listed
        for path, made in other.made.items():
            if path not in without:
                self.made.setdefault(path, {}).update(made)
        return self


class WatchedTree(SourceTree):
    """A tree of files that notes which files it was asked for, what it gave of them, and which folders it listed.

    `given` are the bytes of the files that were read. Of a file of which only something was made, no more than that counts.
    """

    def __init__(self, tree: SourceTree) -> None:
        """Stand for the same files as another tree."""
        super().__init__(tree.top, tree.changes, tree.shown_folders, tree.budget, tree.shelf, tree.seen)
        self.notes = Notes()
        self.given: dict[str, bytes] = {}

    def read(self, path: str) -> bytes:
        """Return the bytes of a file; raises as that of `SourceTree`."""
        self.notes.read.add(path)
        self.given[path] = super().read(path)
        return self.given[path]

    def made(self, make: Callable[..., _Made], path: str, *more: Hashable) -> _Made:
        """Return what a function makes of the bytes of a file; raises as that of `SourceTree`."""
        try:
            made = self.seen.made(make, super().read(path), *more)
        except Exception:
            self.notes.read.add(path)
            raise
        self.notes.made.setdefault(path, {})[make, *more] = made
        return made

    def is_file(self, path: str) -> bool:
        """Tell whether there is a file of this path."""
        self.notes.asked.add(path)
        return super().is_file(path)

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder in order; none where it does not exist."""
        self.notes.listed.add(folder)
        return super().names(folder)

    def overlaid(self, changes: Mapping[str, bytes | None]) -> "WatchedTree":
        """Return the same tree with some files replaced, added or (None) taken away; what that one is asked is noted here as well."""
        other = WatchedTree(super().overlaid(changes))
        other.notes = self.notes
        return other

    def holds_for(self, tree: SourceTree) -> bool:
        """Tell whether another tree would have given the same answers: the files in which they differ were not asked for, or tell the same.

        What the disk holds is taken not to change within a run.
        """
        return self._is_of(tree) and not any(self._matters(path, tree) for path in self._differing(tree))

    def changed_in(self, tree: SourceTree) -> dict[str, bytes] | None:
        """Return what other bytes another tree has of the files that were read, None where more than their bytes is different."""
        if not self._is_of(tree):
            return None
        paths = [path for path in self._differing(tree) if self._matters(path, tree)]
        known = {path: data for path in paths if path in self.given and (data := tree.changes.get(path)) is not None}
        return known if len(known) == len(paths) else None

    def as_of(self, tree: SourceTree, changed: Mapping[str, bytes]) -> "WatchedTree":
        """Return what would have been noted of another tree, which differs in the bytes of these files."""
        other = WatchedTree(tree)
        other.notes.add(self.notes, without=changed)
        other.given.update({**self.given, **changed})
        return other

    def _is_of(self, tree: SourceTree) -> bool:
        has_same_charts = tree.shelf is self.shelf or not (tree.shelf or self.shelf)
        return tree.top == self.top and has_same_charts

    def _matters(self, path: str, tree: SourceTree) -> bool:
        """Tell whether an answer would be another one because a file is not the same in another tree."""
        if path in self.notes.read:
            return True
        if SourceTree.is_file(self, path) != tree.is_file(path):
            return path in self.notes.asked or path in self.notes.made or any(above in self.notes.listed for above in _above(path))
        return any(not _is_made(tree, path, how, made) for how, made in self.notes.made.get(path, {}).items())

    def _differing(self, tree: SourceTree) -> Iterator[str]:
        for path in self.changes.keys() | tree.changes.keys():
            if path not in self.changes or path not in tree.changes or self.changes[path] != tree.changes[path]:
                yield path


def held(tree: SourceTree, what: Hashable, of: Any, make: Callable[[SourceTree], _Made]) -> _Made:
    """Return what a function makes of a tree and of something else, once for all trees in which it would be the same.

    `what` names it, with as much of `of` as can be hashed; nobody changes what is made. Raises what the function raises.
    """
    known = tree.seen.held.setdefault(what, [])
    for watched, other, made in known:
        if other == of and watched.holds_for(tree):
            note_of(tree, watched)
            return made  # type: ignore[no-any-return]
    watched = WatchedTree(tree)
    try:
        made = make(watched)
    finally:
        note_of(tree, watched)
    known.append((watched, of, made))
    del known[:-_MOST_HELD]
    return made


def note_of(tree: SourceTree, watched: WatchedTree) -> None:
    """Note on a tree, where that is watched itself, what its answer rests on that came by way of another."""
    if isinstance(tree, WatchedTree):
        tree.notes.add(watched.notes)


_MOST_HELD = 4
"""Trees for which one thing is held: those of two revisions."""


def _is_made(tree: SourceTree, path: str, how: tuple[Any, ...], made: object) -> bool:
    """Tell whether the same is made of a file of another tree."""
    make, *more = how
    try:
        return bool(tree.made(make, path, *more) == made)
    except Exception:  # noqa: BLE001 - whatever is wrong with it there was not wrong here
        return False


def _above(path: str) -> Iterator[str]:
    while path:
        path = path.rpartition("/")[0]
        yield path
