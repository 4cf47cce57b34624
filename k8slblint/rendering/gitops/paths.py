"""The folders and files of the tree in the paths of an object that deploys others, and the environment that they indicate."""

import posixpath
import re
from collections.abc import Iterable

from k8slblint.rendering.generated import is_generated
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.written import is_written

_ENVIRONMENT = (
    r"(?:^|[/_.-])(?:prod|production|prd|staging|stage|stg|preprod|uat|dev|develop|development|sandbox|qa|test|testing|live)(?=[/_.-]|$)"
)
_TELLING = re.compile(rf"(?:^|/)clusters/[^/]+/|{_ENVIRONMENT}")
"""Paths that tell a cluster or an environment."""

_CLUSTER = re.compile(r"(?:.*?/)?clusters/[^/]+/")

_ENVIRONMENTS = {
    **dict.fromkeys(("prod", "prd", "production"), "production"),
    **dict.fromkeys(("stage", "staging", "stg", "preprod"), "staging"),
    **dict.fromkeys(("dev", "develop", "development"), "development"),
    **dict.fromkeys(("test", "testing"), "test"),
}
"""What deployers call environments: labels and names are free text, so only whole words count."""


def environment_called(name: str) -> str | None:
    """Return the environment that a name says outright, or None."""
    return _ENVIRONMENTS.get(name.lower())


def folder_path(text: str, base: str = "") -> str | None:
    """Return the path of the tree that a text names, `""` for the top; None where it leads out or is no path."""
    if "\0" in text or "\n" in text or "\\" in text:
        return None
    path = posixpath.normpath(posixpath.join(base, text) or ".")
    if path == ".":
        return ""
    return None if path.startswith(("../", "/")) or path == ".." else path


def source_root(tree: SourceTree, file: str, path: str) -> str | None:
    """Return the folder that a path of a deployer is relative to: the top of the tree, else a folder above the deployer's own file.

    A tree without a repository around it may hold several; None where the path leads out, or exists below none of them.
    """
    steps = posixpath.dirname(file).split("/") if file else []
    for length in range(len(steps) + 1):
        above = "/".join(steps[:length])
        found = folder_path(path)
        if found is None:
            return None
        if tree.is_folder(posixpath.join(above, found).rstrip("/")):
            return above
    return None


def missing_folder(path: str, tree: SourceTree) -> str:
    """Return a path of this repository that nothing puts there either: no submodule, no script, nothing that git ignores; else `""`."""
    found = folder_path(path.lstrip("/"))
    if not found or tree.is_file(".gitmodules") or tree.is_file(found):
        return ""
    is_made = is_generated(tree, posixpath.join(found, "kustomization.yaml")) or is_written(
        tree, posixpath.join(found, "kustomization.yaml")
    )
    return "" if is_made else found


def tells_scope(path: str) -> bool:
    """Tell whether a path tells a cluster or an environment."""
    return _TELLING.search(path) is not None


def tells_environment(path: str) -> bool:
    """Tell whether a path tells an environment."""
    return re.search(_ENVIRONMENT, path) is not None


def telling_path(candidates: Iterable[str]) -> str:
    """Return the first path that tells a cluster or an environment, else the first of them."""
    paths = [path for path in candidates if path]
    return next((path for path in paths if _TELLING.search(path)), paths[0] if paths else "")


def cluster_folder(path: str) -> str:
    """Return the folder `clusters/<name>` that a path lies in, or `""`."""
    found = _CLUSTER.match(path)
    return found[0] if found else ""
