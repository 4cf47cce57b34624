"""Finds the entry of a kustomization that patches an object: what a person edits where only one overlay is at fault."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from k8slblint import documents
from k8slblint.loading.patches import patch_path, patched_in_text
from k8slblint.model.location import Span
from k8slblint.model.node import Node, smallest_span
from k8slblint.model.resource import Resource

_FIELDS = ("patches", "patchesStrategicMerge", "patchesJson6902")


class _Entry(NamedTuple):
    node: Node
    span: Span


def place_of_patch(text: str, resource: Resource) -> Span:
    """Return where a kustomization patches an object: the entry that names it, else the key of its patches, else its first line.

    Names that kustomize changes afterwards count by what they end in or begin with.
    """
    first = Span(1, 1, 1, max(2, len(text.partition("\n")[0]) + 1))
    try:
        chunks = documents.split(text)
        root = documents.parse(chunks[0]).root if chunks else None
    except documents.BrokenDocument:
        root = None
    if root is None or not isinstance(root.value, dict):
        return first
    entries = list(_entries(root))
    seen: set[str] = set()
    found = next((one for one in entries if _names(one.node.value, resource, seen)), None)
    return found.span if found is not None else entries[0].span if len(entries) == 1 else _start(root, first)


def _entries(root: Node) -> Iterator[_Entry]:
    for field in _FIELDS:
        listed = root.child(field)
        for index, item in enumerate(listed.items if listed is not None else ()):
            yield _Entry(item, smallest_span(root, (field, index)))


def _start(root: Node, first: Span) -> Span:
    key = next((root.members[field][0] for field in _FIELDS if field in root.members), None)
    return key.span if key is not None else first


def _names(entry: Any, resource: Resource, seen: set[str]) -> bool:
    """Tell whether an entry patches an object of this kind and name, as far as it says so itself; `seen` are texts that do not."""
    target = entry.get("target") if isinstance(entry, dict) else None
    if isinstance(target, dict):
        return target.get("kind") in (None, resource.kind) and _is_name(target.get("name"), resource.name)
    text = entry.get("patch") if isinstance(entry, dict) else entry
    if not isinstance(text, str) or patch_path(entry) is not None or text in seen:
        return False
    seen.add(text)
    return any(one.kind == resource.kind and _is_name(one.name, resource.name) for one in patched_in_text(text))


def _is_name(written: object, name: str) -> bool:
    return written is None or (isinstance(written, str) and bool(written) and (name.startswith(written) or name.endswith(written)))
