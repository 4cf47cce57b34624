"""A tree that notes what it is asked, so that an answer made of it is known to hold for another tree."""

from collections.abc import Iterator

from k8slblint.rendering.tree import SourceTree


class WatchedTree(SourceTree):
    """A tree of files that notes which files it was asked for, and which folders it listed."""

    def __init__(self, tree: SourceTree) -> None:
        """Stand for the same files as another tree."""
        super().__init__(tree.top, tree.changes, tree.shown_folders, tree.budget, tree.shelf)
        self._asked: set[str] = set()
        self._listed: set[str] = set()

    def read(self, path: str) -> bytes:
        """Return the bytes of a file; raises as that of `SourceTree`."""
        self._asked.add(path)
        return super().read(path)

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
        if tree.top != self.top or tree.shelf is not self.shelf:
            return False
        return not any(path in self._asked or any(above in self._listed for above in _above(path)) for path in self._differing(tree))

    def _differing(self, tree: SourceTree) -> Iterator[str]:
        for path in self.changes.keys() | tree.changes.keys():
            if path not in self.changes or path not in tree.changes or self.changes[path] != tree.changes[path]:
                yield path


def _above(path: str) -> Iterator[str]:
    while path:
        path = path.rpartition("/")[0]
        yield path
