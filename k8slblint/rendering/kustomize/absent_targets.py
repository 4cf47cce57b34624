"""Patches and replacements that have nothing to work with, because what they change or read is left out of a build: kustomize refuses them.

Sources: kustomize 5.8, `api/internal/builtins/PatchTransformer.go` (a patch without `target` must find its object; one with may find none),
`api/filters/replacement/replacement.go` (`getReplacement`: a source must have its field), `api/internal/target/vars.go`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from k8slblint.model.location import Path
from k8slblint.model.node import Node
from k8slblint.rendering.kustomize.kustomizations import Kustomization, is_inline, resolve
from k8slblint.rendering.roots import roots_in_text, roots_of
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
    present = {_id(value) for path in dict.fromkeys(manifests) for value in _values(roots_of(tree, path))}
    for one, at, docs in entries:
        ids = [_id(value) for value in docs]
        if ids and all(kind not in _GENERATED and name and (kind, name) not in present for kind, name in ids):
            yield one, at


def replacements_of_absent(
    kustomizations: Sequence[Kustomization], left_out: Mapping[str, Sequence[Path]]
) -> Iterator[tuple[Kustomization, Path]]:
    """Yield the replacements and variables that read data of a generator whose files are left out: of an `.env` that stays private."""
    generators = {_generator(one, at) for one in kustomizations for at in left_out.get(one.file, ()) if at[:1] and at[0] in _GENERATORS}
    for one in kustomizations if generators else ():
        for field, source, read in (("replacements", "source", "source"), ("vars", "objref", "fieldref")):
            listed = one.canonical.get(field)
            for index, entry in enumerate(listed if isinstance(listed, list) else ()):
                named, field_path = _at(entry, source), _at(entry, read).get("fieldPath")
                is_of_data = isinstance(field_path, str) and field_path.startswith("data")
                if is_of_data and (_text(named, "kind"), _text(named, "name")) in generators:
                    yield one, (field, index)


_GENERATORS = {"configMapGenerator": "ConfigMap", "secretGenerator": "Secret"}


def _generator(one: Kustomization, at: Path) -> _Id:
    listed = one.canonical.get(str(at[0]))
    entry = listed[at[1]] if isinstance(listed, list) and isinstance(at[1], int) and at[1] < len(listed) else {}
    return _GENERATORS[str(at[0])], _text(entry, "name")


def _text(entry: Any, key: str) -> str:
    found = entry.get(key) if isinstance(entry, dict) else None
    return found if isinstance(found, str) else ""


def _at(entry: Any, key: str) -> dict[str, Any]:
    found = entry.get(key) if isinstance(entry, dict) else None
    return found if isinstance(found, dict) else {}


def _merged(one: Kustomization, tree: SourceTree) -> Iterator[tuple[Path, list[Any]]]:
    """Yield the places and documents of the patches of a kustomization that say themselves what they change."""
    for field in ("patches", "patchesStrategicMerge"):
        listed = one.canonical.get(field)
        for index, entry in enumerate(listed if isinstance(listed, list) else ()):
            text = entry if field != "patches" else _body(entry)
            if isinstance(text, str):
                path = None if is_inline(text) else resolve(one.folder, text)
                yield (field, index), _values(roots_in_text(text) if is_inline(text) else roots_of(tree, path) if path else None)


def _body(entry: Any) -> Any:
    """Return what an entry of `patches` without `target` gives: its text, or the path of it."""
    return (entry.get("patch") or entry.get("path")) if isinstance(entry, dict) and not entry.get("target") else None


def _id(value: Any) -> _Id:
    metadata = value.get("metadata") if isinstance(value, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    kind = value.get("kind") if isinstance(value, dict) else None
    return (kind if isinstance(kind, str) else None, name if isinstance(name, str) else None)


def _values(roots: list[Node] | None) -> list[Any]:
    return [root.value for root in roots or ()]
