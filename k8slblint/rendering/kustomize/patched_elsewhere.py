"""Patches of Services that are in no manifest of a build, because their base is fetched: what they say is all that is known of them.

Sources: kustomize 5.8, `api/internal/builtins/PatchTransformer.go` (a patch without `target` names its object; the name of a `target`
is a regular expression).
"""

from collections.abc import Container, Iterable, Iterator
from typing import Any, TypeAlias

from k8slblint import documents
from k8slblint.loading.patched_services import PatchedId, patched_id, patched_service, target_of
from k8slblint.loading.patches import patch_path
from k8slblint.model.node import Node
from k8slblint.rendering.helm.layers import ValueLayer
from k8slblint.rendering.helm.values import layer_node
from k8slblint.rendering.kustomize.closures import Closure
from k8slblint.rendering.kustomize.kustomizations import Kustomization, resolve
from k8slblint.rendering.roots import roots_of
from k8slblint.rendering.tree import SourceTree

_FIELDS = ("patches", "patchesStrategicMerge", "patchesJson6902")


_Patch: TypeAlias = tuple[str, Node, PatchedId]


def patched_elsewhere(closure: Closure, overlaid: ValueLayer | None, namespace: str) -> Iterator[tuple[str, Node]]:
    """Yield the file and a partial object for each patch of a Service that a fetched base holds.

    `overlaid` is where the object that deploys the kustomization has patches of its own, `namespace` the one that it sets.
    """
    if not closure.remote:
        return
    found = [one for kustomization in closure.kustomizations for one in patches_of(kustomization, closure.tree)]
    found += _patches_at(overlaid, closure.tree) if overlaid is not None else ()
    if not found:
        return
    roots = (root for path in dict.fromkeys(closure.manifests) for root in roots_of(closure.tree, path) or ())
    present = {patched_id(root)[:2] for root in roots}
    own = next((name for one in closure.kustomizations[:1] if isinstance(name := one.root.value.get("namespace"), str)), "")
    yield from _services(found, namespace or own, present)


def patched_at(layers: Iterable[ValueLayer], tree: SourceTree, namespace: str) -> Iterator[tuple[str, Node]]:
    """Yield the same for the patches in an object that deploys what is not in the tree."""
    for layer in layers:
        yield from _services(_patches_at(layer, tree), namespace, ())


def _services(found: Iterable[_Patch], namespace: str, present: Container[tuple[str, str]]) -> Iterator[tuple[str, Node]]:
    for file, root, target in found:
        if target.kind == "Service" and _is_one(target.name) and ("Service", target.name) not in present:
            made = patched_service(root, target, namespace)
            if made is not None:
                yield file, made


def _patches_at(layer: ValueLayer, tree: SourceTree) -> Iterator[_Patch]:
    """Yield the patches in a list of an object, as far as they are texts with places of their own."""
    listed = layer_node(tree, layer)
    for entry in listed.items[:_MOST_PATCHES] if listed is not None else ():
        scalar, target = entry.child("patch"), entry.value.get("target") if isinstance(entry.value, dict) else None
        root = _inner(scalar, tree, layer.file) if scalar is not None and isinstance(scalar.value, str) else None
        if root is not None:
            yield layer.file, root, target_of(target) if isinstance(target, dict) else patched_id(root)


_MOST_PATCHES = 1_000


def _is_one(name: str) -> bool:
    return bool(name) and all(letter.isalnum() or letter == "-" for letter in name)


def patches_of(one: Kustomization, tree: SourceTree) -> Iterator[tuple[str, Node, PatchedId]]:
    """Yield each document of the patches of a kustomization, with the file that it is in and the object that it is for."""
    for field in _FIELDS:
        listed = one.root.child(field) if one.root.value.get(field) else None
        for entry in listed.items if listed is not None else ():
            target = entry.value.get("target") if isinstance(entry.value, dict) else None
            for file, root in _documents(one, entry, tree):
                yield file, root, target_of(target) if isinstance(target, dict) else patched_id(root)


def _documents(one: Kustomization, entry: Node, tree: SourceTree) -> Iterator[tuple[str, Node]]:
    path = patch_path(entry.value)
    if path is not None:
        file = resolve(one.folder, path) or ""
        yield from ((file, root) for root in (roots_of(tree, file) if file else None) or ())
        return
    scalar = entry.child("patch") if entry.members else entry
    if scalar is not None and isinstance(scalar.value, str):
        inner = _inner(scalar, tree, one.file)
        yield from ((one.file, inner),) if inner is not None else ()


def _inner(scalar: Any, tree: SourceTree, file: str) -> Node | None:
    try:
        return documents.parse_inner(scalar, documents.decode(tree.read(file)))
    except (OSError, documents.UndecodableText, documents.BrokenDocument):
        return None
