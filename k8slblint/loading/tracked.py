"""What git tracks: a file in the index is a part of the repository, whatever `.gitignore` says (gitignore(5))."""

import os

from k8slblint.loading.folders import git_root
from k8slblint.model.errors import UsageError


class Index:
    """Answers whether git tracks something; each repository is asked once, and only when a rule would leave something out."""

    def __init__(self) -> None:
        """Ask nothing yet."""
        self._tracked: dict[str, frozenset[str]] = {}

    def holds(self, path: str) -> bool:
        """Tell whether git tracks the file of a real path, or a file below the folder; no where git cannot be asked."""
        root = git_root(os.path.dirname(path))
        if root is None:
            return False
        if root not in self._tracked:
            try:
                self._tracked[root] = tracked_below(root) or frozenset()
            except UsageError:
                self._tracked[root] = frozenset()
        return path in self._tracked[root]


def tracked_below(border: str) -> frozenset[str] | None:
    """Return the real paths of the tracked files of a repository and of the folders that hold them; None where it is no repository.

    Raises:
        UsageError: git is missing, or cannot read the repository.

    """
    from k8slblint.loading.git_command import Git  # most runs do not need git

    if git_root(border) != border:
        return None
    tracked = {border}
    for name in Git(border).tracked_files():
        path = os.path.join(border, *name.split("/"))
        while path not in tracked:
            tracked.add(path)
            path = os.path.dirname(path)
    return frozenset(tracked)
