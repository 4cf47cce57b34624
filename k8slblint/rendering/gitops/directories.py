"""Which files of a folder Argo CD applies as they are.

Source: Argo CD 3.1, `docs/user-guide/directory.md`, `reposerver/repository/repository.go` (files of a directory; `findManifests`
goes into subfolders with `directory.recurse` only).
"""

import fnmatch
import posixpath
import re
from collections.abc import Iterator
from itertools import islice, product

from k8slblint.rendering.gitops.applications import Part
from k8slblint.rendering.gitops.fields import NotFollowedError, mapping, text_of
from k8slblint.rendering.plain import PlainFiles
from k8slblint.rendering.tree import SourceTree

_MANIFESTS = (".yaml", ".yml", ".json")
_SKIPPED = b"+argocd:skip-file-rendering"
_MOST_ALTERNATIVES = 64


def directory_files(part: Part) -> PlainFiles:
    """Return the manifests of a folder that Argo CD applies as they are. Raises `NotFollowedError` where there are none."""
    directory, at = mapping(part.source.get("directory")), (*part.at, "directory")
    include, exclude = (_alternatives(text_of(directory, key, at)) for key in ("include", "exclude"))
    files: list[str] = []
    excluded: list[str] = []
    for path in _candidates(part, is_recursive=directory.get("recurse") is True):
        relative = path[len(part.folder) :].lstrip("/")
        if include and not _matches(relative, include):
            continue
        if _matches(relative, exclude):
            excluded.append(path)
            continue
        if path.endswith(".jsonnet"):
            raise NotFollowedError(f"Argo CD evaluates the Jsonnet in `{path}`, which k8slblint does not do", (*part.at, "path"))
        if not _is_skipped(part.tree, path):
            files.append(path)
    if not files:
        raise NotFollowedError(_why_none(part, is_recursive=directory.get("recurse") is True), (*part.at, "path"))
    return PlainFiles(tuple(files), tuple(excluded))


def _why_none(part: Part, *, is_recursive: bool) -> str:
    folder = part.folder or "."
    if not is_recursive and not any(_candidates(part, is_recursive=False)) and any(_candidates(part, is_recursive=True)):
        return f"the folder '{folder}' contains manifests in subfolders only, which Argo CD reads with `directory.recurse: true` only"
    return f"the folder '{folder}' contains no manifests that it includes"


def _candidates(part: Part, *, is_recursive: bool) -> Iterator[str]:
    names = (posixpath.join(part.folder, name) for name in part.tree.names(part.folder))
    paths = part.tree.files_below(part.folder) if is_recursive else (path for path in names if part.tree.is_file(path))
    return (path for path in paths if path.endswith((*_MANIFESTS, ".jsonnet")))


def _is_skipped(tree: SourceTree, path: str) -> bool:
    try:
        return _SKIPPED in tree.read(path)
    except OSError:
        return False


def _matches(path: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def _alternatives(pattern: str) -> list[str]:
    """Return a pattern without its `{a,b}`, as several; `*` matches across folders (gobwas/glob 0.2 without separators)."""
    parts = re.split(r"\{([^{}]*)\}", pattern)
    choices = [part.split(",") if index % 2 else [part] for index, part in enumerate(parts)]
    found = ["".join(chosen) for chosen in islice(product(*choices), _MOST_ALTERNATIVES + 1)] if pattern else []
    if len(found) > _MOST_ALTERNATIVES:
        raise NotFollowedError(f"its pattern '{pattern[:80]}' has more than {_MOST_ALTERNATIVES} alternatives")
    return found
