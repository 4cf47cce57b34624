"""Reads YAML inside a scalar of other YAML, with the places of the outer text."""

import re

from k8slblint.documents.decoding import decode
from k8slblint.documents.parsing import parse
from k8slblint.documents.parts import BrokenDocument, Chunk
from k8slblint.documents.splitting import split
from k8slblint.model.node import Node


def parse_inner(scalar: Node, text: str) -> Node | None:
    """Return the first document in the text of a scalar, None for an empty text; `text` is that of the file around it.

    In a literal block (`|`) each value has its own place, elsewhere that of the scalar.

    Raises:
        UndecodableText: the text holds what no text may hold.
        BrokenDocument: the text cannot be read.
    """
    chunks = split(decode(scalar.value.encode()))
    if not chunks:
        return None
    inner = parse(chunks[0]).root
    if scalar.style == "|" and not scalar.aliased:
        lines = re.split(r"\r\n?|\n", text)[scalar.line : max(scalar.end_line, scalar.line + 1)]
        placed = _placed(lines, scalar)
        if placed is not None and placed.value == inner.value:
            return placed
    _move(inner, scalar)
    return inner


def _placed(lines: list[str], scalar: Node) -> Node | None:
    """Parse the lines of a block where they stand: a document may be indented."""
    indents = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip()]
    lowest = indents[0] if indents else 0
    kept: list[str] = []
    for line in lines:
        if line.strip() and len(line) - len(line.lstrip(" ")) < lowest:
            break
        kept.append(line)
    chunk = Chunk("\n".join(kept) + "\n", scalar.line + 1, is_json=False, source=None)
    try:
        return parse(chunk).root
    except BrokenDocument:
        return None


def _move(root: Node, place: Node) -> None:
    stack = [root]
    while stack:
        node = stack.pop()
        node.line, node.column, node.end_line, node.end_column = place.line, place.column, place.end_line, place.end_column
        stack.extend(node.items)
        for key, value in node.members.values():
            stack += (key, value)
