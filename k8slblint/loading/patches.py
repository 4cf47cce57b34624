"""Knows which files a kustomization names as patches: parts of objects, which may lack what an object must have."""

from collections.abc import Iterator
from typing import Any


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
