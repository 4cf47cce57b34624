"""What kustomizations among files say about others: which of them are patches, and what they patch. `loading.patches` is read only then."""

import posixpath
from collections.abc import Sequence

from k8slblint.loading.folders import KUSTOMIZATION_NAMES
from k8slblint.model.loaded import Patched, SourceFile


def patches_of(files: Sequence[SourceFile]) -> frozenset[str]:
    """Return the paths of the files that kustomizations among `files` apply as patches; those are no objects of their own."""
    patches: set[str] = set()
    for file in files:
        if file.path.endswith(tuple(KUSTOMIZATION_NAMES)) and posixpath.basename(file.path) in KUSTOMIZATION_NAMES:
            from k8slblint.loading.patches import patch_files  # only trees with kustomizations need it

            patches.update(patch_files(file))
    return frozenset(patches)


def patched_by(files: Sequence[SourceFile]) -> tuple[Patched, ...]:
    """Return what the kustomizations among `files` patch."""
    from k8slblint.loading.patches import patched_objects  # few runs ask

    return patched_objects(files)
