"""Which folder of the tree the paths of a source of Argo CD are relative to, by its address and by the folders that there are.

Sources: Argo CD 3.1, `util/git/git.go` (addresses of git); `docs/user-guide/oci.md` (an artifact holds what was packed into it);
idpbuilder 0.10, `pkg/controllers/custompackage/controller.go` (`getCNOEAbsPath`: a path from the folder of the object's file).
"""

import posixpath
import re
from typing import Any

from k8slblint.rendering.gitops.paths import folder_path, source_root
from k8slblint.rendering.tree import SourceTree

_FROM_FILE = "cnoe://"
"""Begins an address that idpbuilder replaces by that of a repository which it fills with a folder beside the file."""

_SCHEME = re.compile(r"\s*+([A-Za-z][A-Za-z0-9+.-]*+)://")
_OF_REPOSITORIES = frozenset({"http", "https", "ssh", "git", "git+ssh", "git+https", "git+http", "ssh+git", "file", "codecommit", "oci"})
_OF_ARTIFACTS = "oci"


def is_beside(url: Any) -> bool:
    """Tell whether an address is a path from the file of the object that has it."""
    return isinstance(url, str) and url.startswith(_FROM_FILE)


def is_foreign(url: Any) -> bool:
    """Tell whether an address has a scheme by which no repository is read, so that it cannot be that of the tree."""
    scheme = _scheme(url)
    return scheme not in _OF_REPOSITORIES if scheme else False


def root_of_source(tree: SourceTree, file: str, url: Any, path: str) -> str | None:
    """Return the folder that a path of a source is relative to, None where there is no such folder below it.

    What is packed as a whole is not known to be the top of the tree.
    """
    if is_beside(url):
        base = folder_path(url[len(_FROM_FILE) :].lstrip("/"), posixpath.dirname(file)) if file else None
        found = folder_path(path)
        is_there = base is not None and found is not None and tree.is_folder(posixpath.join(base, found).rstrip("/"))
        return base if is_there else None
    if _scheme(url) == _OF_ARTIFACTS and folder_path(path) == "":
        return None
    return source_root(tree, file, path)


def _scheme(url: Any) -> str:
    found = _SCHEME.match(url) if isinstance(url, str) else None
    return found[1].lower() if found else ""
