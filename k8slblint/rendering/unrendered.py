"""What remains of a unit that could not be rendered: the namespaces of its files, and the gap if it is not in the tree."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from k8slblint.model.loaded import Gap
from k8slblint.model.resource import CLUSTER_SCOPED_KINDS, Resource
from k8slblint.rendering.planning import Planned
from k8slblint.rendering.source import Namespace
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import NotRendered


def namespaces(planned: Planned, tree: SourceTree) -> dict[str, Namespace]:
    """Return the namespaces of the files of a unit, by their paths in the tree; files of which nothing is said are left out."""
    return planned.unit.source.namespaces(tree, planned.covered, planned.unit.namespace)


def only_namespaces(planned: Planned, tree: SourceTree) -> list[str]:
    """Return the namespaces of all objects of a unit; none where they may be of any, or deploy anywhere because deployers are there."""
    found = sorted(planned.unit.source.only_namespaces(tree))
    return [] if planned.unit.label.partition("/")[0] in found or not _OF_DEPLOYERS.isdisjoint(found) else found


_OF_DEPLOYERS = frozenset({"argocd", "flux-system"})
"""Namespaces of objects that deploy others, where nothing else is said (Argo CD 3.1 `manifests/`, Flux 2.7 `cmd/flux/install.go`)."""


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
    return Gap(path, reason, namespace=one.namespace)
