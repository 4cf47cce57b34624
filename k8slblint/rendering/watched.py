"""A tree that notes what it is asked, so that an answer made of it is known to hold for another tree."""

from collections.abc import Iterator, Mapping

from k8slblint.rendering.tree import SourceTree


class WatchedTree(SourceTree):
    """A tree of files that notes which files it was asked for, what it gave of them, and which folders it listed."""

    def __init__(self, tree: SourceTree) -> None:
        """Stand for the same files as another tree."""
        super().__init__(tree.top, tree.changes, tree.shown_folders, tree.budget, tree.shelf, tree.seen)
        self._asked: set[str] = set()
        self._listed: set[str] = set()
        self.given: dict[str, bytes] = {}

    def read(self, path: str) -> bytes:
        """Return the bytes of a file; raises as that of `SourceTree`."""
        self._asked.add(path)
        self.given[path] = super().read(path)
        return self.given[path]

    def is_file(self, path: str) -> bool:
        """Tell whether there is a file of this path."""
        self._asked.add(path)
        return super().is_file(path)

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder in order; none where it does not exist."""
        self._listed.add(folder)
        return super().names(folder)

    def holds_for(self, tree: SourceTree) -> bool:
        """Tell whether another tree would have given the same answers: none of the files in which they differ was asked for or listed.

        What the disk holds is taken not to change within a run.
        """
        return self._is_of(tree) and not any(map(self._matters, self._differing(tree)))

    def changed_in(self, tree: SourceTree) -> dict[str, bytes] | None:
        """Return what other bytes another tree has of the files that were read, None where more than their bytes is different."""
        if not self._is_of(tree):
            return None
        paths = [path for path in self._differing(tree) if self._matters(path)]
        known = {path: data for path in paths if path in self.given and (data := tree.changes.get(path)) is not None}
        return known if len(known) == len(paths) else None

    def as_of(self, tree: SourceTree, changed: Mapping[str, bytes]) -> "WatchedTree":
        """Return what would have been noted of another tree, which differs in the bytes of these files."""
        other = WatchedTree(tree)
        other._asked, other._listed, other.given = self._asked, self._listed, {**self.given, **changed}
        return other

    def _is_of(self, tree: SourceTree) -> bool:
        return tree.top == self.top and tree.shelf is self.shelf

    def _matters(self, path: str) -> bool:
        return path in self._asked or any(above in self._listed for above in _above(path))

    def _differing(self, tree: SourceTree) -> Iterator[str]:
        for path in self.changes.keys() | tree.changes.keys():
            if path not in self.changes or path not in tree.changes or self.changes[path] != tree.changes[path]:
                yield path


def _above(path: str) -> Iterator[str]:
    while path:
        path = path.rpartition("/")[0]
        yield path
