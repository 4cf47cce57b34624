"""ConfigMaps whose values are YAML themselves: the ConfigMaps of a document, and what such a value says."""

from collections.abc import Iterator

from k8slblint import documents
from k8slblint.loading.lists import objects_of
from k8slblint.model.node import Node


def config_maps(chunk: documents.Chunk) -> Iterator[Node]:
    """Yield the ConfigMaps of a document."""
    return (one for one in objects_in(chunk) if one.value.get("kind") == "ConfigMap")


def objects_in(chunk: documents.Chunk) -> Iterator[Node]:
    """Yield the objects of a document, also those in a list; what cannot be read, and aliases, are passed over."""
    try:
        root = documents.parse_shared(chunk).root
    except documents.BrokenDocument:
        return
    for one in objects_of(root):
        if isinstance(one.value, dict) and not one.aliased:
            yield one


def inner(scalar: Node, text: str) -> Node | None:
    """Return what the text of a scalar says, None where it cannot be read or is an alias; `text` is that of the file."""
    try:
        return None if scalar.aliased else documents.parse_inner(scalar, text)
    except (documents.BrokenDocument, documents.UndecodableText):
        return None
