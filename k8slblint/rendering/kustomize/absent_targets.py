"""Patches of objects that are left out of a build because they would be fetched: kustomize refuses a patch that changes nothing.

Sources: kustomize 5.8, `api/internal/builtins/PatchTransformer.go` (a patch without `target` must find its object; one with may find none).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from k8slblint import documents
from k8slblint.model.location import Path
from k8slblint.rendering.kustomize.kustomizations import Kustomization, is_inline, resolve
from k8slblint.rendering.tree import SourceTree

_GENERATED = frozenset({"ConfigMap", "Secret"})
"""Kinds that a kustomization generates, so that no file of a build need hold them."""

_Id = tuple[object, object]


def patches_of_absent(
    kustomizations: Sequence[Kustomization], manifests: Iterable[str], tree: SourceTree
) -> Iterator[tuple[Kustomization, Path]]:
    """Yield the patches without `target` of whose objects none is in the manifests of a build, each with its kustomization and place."""
    entries = [(one, at, docs) for one in kustomizations for at, docs in _merged(one, tree)]
    if not entries:
        return
    present = {_id(value) for path in dict.fromkeys(manifests) for value in _values(tree, path)}
    for one, at, docs in entries:
        ids = [_id(value) for value in docs]
        if ids and all(kind not in _GENERATED and name and (kind, name) not in present for kind, name in ids):
            yield one, at


def _merged(one: Kustomization, tree: SourceTree) -> Iterator[tuple[Path, list[Any]]]:
    """Yield the places and documents of the patches of a kustomization that say themselves what they change."""
    for field in ("patches", "patchesStrategicMerge"):
        listed = one.canonical.get(field)
        for index, entry in enumerate(listed if isinstance(listed, list) else ()):
            text = entry if field != "patches" else _body(entry)
            if isinstance(text, str):
                path = None if is_inline(text) else resolve(one.folder, text)
                written = field if field in one.root.value else "patches"
                yield (written, index), _parsed(text) if is_inline(text) else _values(tree, path) if path else []


def _body(entry: Any) -> Any:
    """Return what an entry of `patches` without `target` gives: its text, or the path of it."""
    return (entry.get("patch") or entry.get("path")) if isinstance(entry, dict) and not entry.get("target") else None


def _id(value: Any) -> _Id:
    metadata = value.get("metadata") if isinstance(value, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    kind = value.get("kind") if isinstance(value, dict) else None
    return (kind if isinstance(kind, str) else None, name if isinstance(name, str) else None)


def _values(tree: SourceTree, path: str) -> list[Any]:
    try:
        return tree.made(_decoded, path)
    except OSError:
        return []


def _decoded(data: bytes) -> list[Any]:
    try:
        return _parsed(documents.decode(data))
    except documents.UndecodableText:
        return []


def _parsed(text: str) -> list[Any]:
    try:
        return [documents.parse(chunk).root.value for chunk in documents.split(text)]
    except documents.BrokenDocument:
        return []
