"""What some files say about others: which are patches of kustomizations, what these patch, and which set up the machines of a cluster.

`loading.patches` and `loading.hosts` are read only then.
"""

import posixpath
from collections.abc import Container, Iterable, Sequence

from k8slblint.loading.folders import KUSTOMIZATION_NAMES
from k8slblint.model.host_files import HostFile
from k8slblint.model.loaded import Patched, SourceFile
from k8slblint.model.resource import Resource


def patches_of(files: Sequence[SourceFile]) -> frozenset[str]:
    """Return the paths of the files that kustomizations among `files` apply as patches; those are no objects of their own."""
    patches: set[str] = set()
    for file in files:
        if file.path.endswith(tuple(KUSTOMIZATION_NAMES)) and posixpath.basename(file.path) in KUSTOMIZATION_NAMES:
            from k8slblint.loading.patches import patch_files  # only trees with kustomizations need it

            patches.update(patch_files(file))
    return frozenset(patches)


def listed_in(files: Iterable[SourceFile]) -> frozenset[str]:
    """Return the paths of the files that kustomizations among `files` list as resources or as values of charts, as they are reported."""
    from k8slblint.loading.patches import inflated_values, resource_files  # few runs ask

    kustomizations = [file for file in files if posixpath.basename(file.path) in KUSTOMIZATION_NAMES]
    return frozenset(path for file in kustomizations for named in (resource_files, inflated_values) for path in named(file))


def listed_as_printed(resources: Sequence[Resource], files: Iterable[SourceFile]) -> list[Resource]:
    """Return the resources, those of files that kustomizations among `files` list with the values that kustomize would print."""
    kustomizations = [file for file in files if posixpath.basename(file.path) in KUSTOMIZATION_NAMES]
    if not kustomizations:
        return list(resources)
    from k8slblint.loading.kustomize_scalars import as_kustomize_prints  # only trees with kustomizations need it

    return as_kustomize_prints(resources, lambda: listed_in(kustomizations))


def patched_by(files: Sequence[SourceFile]) -> tuple[Patched, ...]:
    """Return what the kustomizations among `files` patch."""
    from k8slblint.loading.patches import patched_objects  # few runs ask

    return patched_objects(files)


def completed_in(files: Sequence[SourceFile]) -> frozenset[str]:
    """Return the paths of the files whose objects kustomizations among `files` may complete."""
    from k8slblint.loading.patches import completed_files  # few runs ask

    return completed_files([file for file in files if posixpath.basename(file.path) in KUSTOMIZATION_NAMES])


def hosts_of(files: Sequence[SourceFile], others: Container[str]) -> tuple[HostFile, ...]:
    """Return the files that set up the machines of a cluster; `others` are the paths of those that are known not to."""
    from k8slblint.loading.hosts.reading import host_files  # few runs ask

    return host_files([file for file in files if file.path not in others])
