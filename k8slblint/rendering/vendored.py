"""Which files of a tree are copies that vendir made of what others publish: input of ytt, of Helm or of an overlay.

Sources: carvel vendir `pkg/vendir/config/config.go` and `lock_config.go` (`directories[].path`, `contents[].path`, relative to the working
directory, which is that of the file; `manual` contents are the tree's own). carvel ytt, `_ytt_lib`: libraries, which are no output.
"""

import posixpath
from collections.abc import Iterator, Sequence
from typing import Any

from k8slblint.rendering.gitops.fields import mapping, sequence
from k8slblint.rendering.gitops.paths import folder_path
from k8slblint.rendering.roots import roots_of
from k8slblint.rendering.tree import SourceTree

NAMES = ("vendir.yml", "vendir.yaml", "vendir.lock.yml")

_GROUP = "vendir.k14s.io/"
_LIBRARIES = "_ytt_lib"
_MOST_FOLDERS = 1_000


def vendored(tree: SourceTree, files: Sequence[str]) -> Iterator[str]:
    """Yield those of the files that are in folders which vendir fills, or in libraries of ytt."""
    starts = tuple({f"{folder}/" for file in files if posixpath.basename(file) in NAMES for folder in _folders(tree, file)}) or ("/",)
    yield from (file for file in files if file.startswith(starts) or f"/{_LIBRARIES}/" in f"/{file}")


def _folders(tree: SourceTree, file: str) -> Iterator[str]:
    for value in [root.value for root in roots_of(tree, file) or ()]:
        if str(mapping(value).get("apiVersion")).startswith(_GROUP):
            for directory in sequence(mapping(value).get("directories"))[:_MOST_FOLDERS]:
                yield from _of_directory(posixpath.dirname(file), mapping(directory))


def _of_directory(folder: str, directory: dict[str, Any]) -> Iterator[str]:
    for content in sequence(directory.get("contents"))[:_MOST_FOLDERS]:
        names = (directory.get("path"), mapping(content).get("path"))
        if "manual" in mapping(content) or not all(isinstance(name, str) and name and not name.startswith("/") for name in names):
            continue
        path = folder_path(posixpath.join(*map(str, names)), folder)
        if path and path != folder:
            yield path
