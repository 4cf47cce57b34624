"""Knows in which namespaces the files of a unit end up that could not be rendered: what its kustomizations and its deployer say.

Source: kustomize 5, `namespace:` (set on all objects of a kustomization; the outermost wins); Argo CD 3.1 and Flux 2: the namespace of a
destination is that of objects which name none.
"""

import posixpath
from typing import NamedTuple

from k8slblint import documents
from k8slblint.model.placeholders import has_placeholder
from k8slblint.rendering.deployers import kustomization_file
from k8slblint.rendering.planning import Planned
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import KustomizeRoot


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
