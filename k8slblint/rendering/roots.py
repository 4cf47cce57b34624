"""The documents of a file of the tree, as far as it can be read."""

from k8slblint import documents
from k8slblint.model.node import Node
from k8slblint.rendering.tree import SourceTree


def roots_of(tree: SourceTree, file: str) -> list[Node] | None:
    """Return the documents of a file, which nobody changes; None where it cannot be read."""
    try:
        return tree.made(roots_in, file)
    except OSError:
        return None


def roots_in(data: bytes) -> list[Node] | None:
    """Return the documents of a file by its bytes; None where it cannot be read."""
    try:
        return roots_in_text(documents.decode(data))
    except documents.UndecodableText:
        return None


def roots_in_text(text: str) -> list[Node] | None:
    """Return the documents of a text; None where it is broken."""
    try:
        return [documents.parse(chunk).root for chunk in documents.split(text)]
    except documents.BrokenDocument:
        return None
