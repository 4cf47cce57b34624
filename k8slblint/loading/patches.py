"""Which files a kustomization names as patches: parts of objects, which may lack what an object must have."""

import os
import posixpath
from collections.abc import Iterator
from typing import Any

from k8slblint import documents
from k8slblint.model.loaded import SourceFile


def patch_files(kustomization: SourceFile) -> Iterator[str]:
    """Yield the paths of the patch files that a kustomization names, as they are reported; nothing for one that cannot be read."""
    folder = posixpath.dirname(kustomization.path)
    for patch in _patches_in(kustomization):
        yield _as_reported(posixpath.normpath(posixpath.join(folder, patch)))


def kustomize_patches(kustomization: dict[str, Any]) -> list[str]:
    """Return the paths of the patch files that a kustomization names, in order, relative to its folder.

    Read are `patches` (`path`, or bare paths as before kustomize 2), `patchesStrategicMerge` and `patchesJson6902`; text that is
    itself a patch is no path. Source: kustomize 5, `api/types/kustomization.go`.
    """
    return list(dict.fromkeys(_paths(kustomization)))


def _paths(kustomization: dict[str, Any]) -> Iterator[str]:
    for field in ("patches", "patchesStrategicMerge", "patchesJson6902"):
        entries = kustomization.get(field)
        for entry in entries if isinstance(entries, list) else ():
            path = entry.get("path") if isinstance(entry, dict) else entry
            if isinstance(path, str) and path.strip() and "\n" not in path.strip() and ": " not in path:
                yield path.strip()


def _as_reported(path: str) -> str:
    """Return a path that leads out of the working directory and back into it as files in it are reported."""
    inside = os.path.relpath(path).replace(os.sep, "/") if path.startswith("../") else path
    return path if inside.startswith("../") else inside


def _patches_in(file: SourceFile) -> Iterator[str]:
    try:
        data = file.read()
        chunks = documents.split(documents.decode(data)) if b"patch" in data else []
        roots = [documents.parse(chunk).root for chunk in chunks]
    except (OSError, documents.UndecodableText, documents.BrokenDocument):
        return
    for root in roots:
        if isinstance(root.value, dict):
            yield from kustomize_patches(root.value)
