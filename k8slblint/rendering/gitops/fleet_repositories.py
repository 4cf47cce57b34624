"""Which folders of a tree the GitRepos of Rancher Fleet in it follow.

Which repository the tree is, git is not asked: it is the only one of which a GitRepo names folders that are there.
Source: Fleet 0.12, `internal/cmd/cli/apply/apply.go` (`paths` of a GitRepo are globs; without them it is the whole repository).
"""

import posixpath
from collections.abc import Iterable, Iterator
from typing import Any

from k8slblint.rendering.gitops.fields import mapping, sequence
from k8slblint.rendering.gitops.paths import folder_path
from k8slblint.rendering.gitops.repositories import WILDCARD, name_of
from k8slblint.rendering.roots import roots_of
from k8slblint.rendering.tree import SourceTree

_GROUP, _KIND = b"fleet.cattle.io/", b"GitRepo"
_FILES = (".yaml", ".yml")


def followed_folders(tree: SourceTree, files: Iterable[str]) -> frozenset[str] | None:
    """Return the folders that GitRepos follow, None where none is of this tree, or several repositories may be.

    A pattern stands for the folder in which it begins.
    """
    found: dict[str, set[str]] = {}
    for spec in _specs(tree, files):
        name = name_of(spec.get("repo"))
        paths = [path for path in sequence(spec.get("paths")) if isinstance(path, str)]
        if name and paths:
            found.setdefault(name, set()).update(map(_folder, paths))
        elif name:
            found.setdefault(name, set()).add("")
    here = {name: folders for name, folders in found.items() if any(folder and any(tree.files_below(folder)) for folder in folders)}
    return frozenset(next(iter(here.values()))) if len(here) == 1 else None


def is_at_or_below(folder: str, other: str) -> bool:
    """Tell whether a folder is another one, or in it; `""` is the tree."""
    return not other or folder == other or folder.startswith(f"{other}/")


def _folder(path: str) -> str:
    pattern = WILDCARD.search(path)
    fixed = posixpath.dirname(path[: pattern.start()]) if pattern else path
    return folder_path(fixed.strip("/")) or "" if fixed.strip("/") else ""


def _specs(tree: SourceTree, files: Iterable[str]) -> Iterator[dict[str, Any]]:
    for file in files:
        if file.endswith(_FILES) and _may_be_one(tree, file):
            for root in roots_of(tree, file) or ():
                value = mapping(root.value)
                if value.get("kind") == "GitRepo" and str(value.get("apiVersion")).startswith("fleet.cattle.io/"):
                    yield mapping(value.get("spec"))


def _may_be_one(tree: SourceTree, file: str) -> bool:
    try:
        return tree.made(_holds_one, file)
    except OSError:
        return False


def _holds_one(data: bytes) -> bool:
    return _GROUP in data and _KIND in data
