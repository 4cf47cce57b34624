"""Which kustomizations only list files, so that these are deployed unchanged and need no rendering."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from k8slblint.loading.plain_text import LOCAL_CONFIG
from k8slblint.model.node import Node
from k8slblint.rendering.kustomize.closures import Closure
from k8slblint.rendering.kustomize.kustomizations import Kustomization
from k8slblint.rendering.roots import roots_in
from k8slblint.rendering.tree import SourceTree

_NO_EFFECT = frozenset(
    {
        "apiVersion",
        "kind",
        "metadata",
        "resources",
        "bases",
        "sortOptions",
        "generatorOptions",
        "openapi",
        "crds",
        "configurations",
        "helmGlobals",
        "configMapGenerator",
        "secretGenerator",
    }
)
"""Fields that change no listed object by themselves. Generators only add ConfigMaps and Secrets, which no rule reads, and the hash
in their names changes only references of workloads to them; `crds` and `configurations` only tell what others work on."""


_KINDS = (None, "", "Kustomization")
_VERSIONS = (None, "", "kustomize.config.k8s.io/v1beta1")


_Identity: TypeAlias = tuple[str, ...] | None


def plain_files(closure: Closure) -> tuple[str, ...] | None:
    """Return the files that are deployed as they are, where all that a root includes only lists them; else None.

    None also where kustomize would refuse them or leave an object out: an identity that is there twice, `local-config`.
    """
    if closure.failure or closure.lacks or closure.objections or not all(_is_plain(one) for one in closure.kustomizations):
        return None
    if len(set(closure.manifests)) < len(closure.manifests) or not _are_deployable(closure):
        return None
    return closure.manifests


def _is_plain(one: Kustomization) -> bool:
    value = one.root.value
    fields = {name for name, content in value.items() if content not in (None, "", [], {})}
    generated = [entry for name in ("configMapGenerator", "secretGenerator") for entry in _list(value.get(name))]
    return (
        value.get("kind") in _KINDS
        and value.get("apiVersion") in _VERSIONS
        and fields <= _NO_EFFECT
        and all(_is_list_of_texts(value.get(name)) for name in ("resources", "bases"))
        and all(isinstance(entry, dict) and entry.get("behavior") in (None, "", "create") for entry in generated)
    )


def _is_list_of_texts(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(entry, str) and entry for entry in value))


def _are_deployable(closure: Closure) -> bool:
    seen: set[tuple[str, ...]] = set()
    for file in closure.manifests:
        for identity in _identities(closure.tree, file):
            if identity is None or identity in seen:
                return False
            seen.add(identity)
    return True


def _identities(tree: SourceTree, file: str) -> Sequence[_Identity]:
    """Return what tells the objects of a file apart, those in lists too; None for one without, or where it cannot be read."""
    try:
        return tree.made(_identities_in, file)
    except OSError:
        return (None,)


def _identities_in(data: bytes) -> Sequence[_Identity]:
    return tuple(map(_identity, _objects(roots_in(data))))


def _objects(roots: Sequence[Node] | None) -> Iterator[Any]:
    """Yield the objects of a file, those in lists too; None where it cannot be read."""
    waiting: list[Any] = [None] if roots is None else [root.value for root in roots]
    while waiting:
        value = waiting.pop()
        kind = value.get("kind") if isinstance(value, dict) else None
        if isinstance(kind, str) and kind.endswith("List") and isinstance(value.get("items"), list):
            waiting.extend(value["items"])
        else:
            yield value


def _identity(value: Any) -> _Identity:
    metadata = value.get("metadata") if isinstance(value, dict) else None
    if not isinstance(metadata, dict):
        return None
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict) and LOCAL_CONFIG in annotations:
        return None
    parts = (value.get("apiVersion"), value.get("kind"), metadata.get("name"), metadata.get("namespace") or "default")
    texts = tuple(part for part in parts if isinstance(part, str) and part)
    return texts if len(texts) == len(parts) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
