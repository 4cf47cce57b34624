"""Knows what is left of a unit that could not be rendered: the namespaces of its files, and the gap where it is not in the tree.

Source: kustomize 5, `namespace:` (set on all objects of a kustomization; the outermost wins); Argo CD 3.1 and Flux 2: the namespace of a
destination is that of objects which name none.
"""

import posixpath
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from k8slblint import documents
from k8slblint.model.loaded import Gap, GapOfNamespace
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import CLUSTER_SCOPED_KINDS, Resource
from k8slblint.rendering.gitops.deployers import kustomization_file
from k8slblint.rendering.planning import Planned
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import KustomizeRoot, NotRendered


class Namespace(NamedTuple):
    """The namespace of the objects of a file; `is_forced` tells that it takes the place of one that they name."""

    name: str
    is_forced: bool


def namespaces(planned: Planned, tree: SourceTree) -> dict[str, Namespace]:
    """Return the namespaces of the files of a unit, by their paths in the tree; files of which nothing is said are left out."""
    source = planned.unit.source
    if not isinstance(source, KustomizeRoot):
        return {}
    known: dict[str, str] = {}
    stated = source.options.get("namespace")
    outer = stated if isinstance(stated, str) and stated else _namespace_of(source.folder, tree, known)
    found: dict[str, Namespace] = {}
    for path in planned.covered:
        forced = outer or _nearest(posixpath.dirname(path), tree, known)
        if forced:
            found[path] = Namespace(forced, is_forced=True)
        elif planned.unit.namespace:
            found[path] = Namespace(planned.unit.namespace, is_forced=False)
    return found


def _nearest(folder: str, tree: SourceTree, known: dict[str, str]) -> str:
    """Return the namespace that the nearest kustomization at or above a folder sets, or `""`."""
    while True:
        if kustomization_file(tree, folder) is not None:
            return _namespace_of(folder, tree, known)
        if not folder:
            return ""
        folder = posixpath.dirname(folder)


def _namespace_of(folder: str, tree: SourceTree, known: dict[str, str]) -> str:
    if folder not in known:
        known[folder] = _read_namespace(folder, tree)
    return known[folder]


def _read_namespace(folder: str, tree: SourceTree) -> str:
    file = kustomization_file(tree, folder)
    try:
        chunks = documents.split(documents.decode(tree.read(file))) if file is not None else []
        root = documents.parse(chunks[0]).root if chunks else None
    except (OSError, documents.UndecodableText, documents.BrokenDocument):
        return ""
    namespace = root.value.get("namespace") if root is not None and isinstance(root.value, dict) else None
    return namespace if isinstance(namespace, str) and not has_placeholder(namespace) else ""


def set_namespaces(resources: Iterable[Resource], found: Mapping[str, AbstractSet[Namespace]]) -> None:
    """Give what stands in files of units that were not rendered the namespace that it is deployed to, where that is one.

    `found` holds the namespaces by the paths of files as reported.
    """
    for one in resources:
        namespaces_of_file = found.get(one.path, ())
        if one.provenance is None and one.namespace is not None and len(namespaces_of_file) == 1:
            ((name, is_forced),) = namespaces_of_file
            set_namespace(one, name, is_forced=is_forced)


def set_namespace(one: Resource, namespace: str | None, *, is_forced: bool = False) -> None:
    """Set the namespace of an object that names none, or of any where that is forced."""
    written = one.get("metadata", "namespace")
    is_free = is_forced or not (isinstance(written, str) and written)
    if namespace and one.type_name not in CLUSTER_SCOPED_KINDS and is_free:
        one.namespace = namespace


def gap_of(one: NotRendered, tree: SourceTree) -> Gap:
    """Return the gap that an object leaves which deploys what is not in the tree."""
    path, reason = tree.shown(one.path), f"{one.description}: {one.reason}"
    return GapOfNamespace(path, reason, one.namespace) if one.namespace is not None else Gap(path, reason)
