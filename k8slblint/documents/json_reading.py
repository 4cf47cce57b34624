"""Parses JSON text into nodes with all places; Kubernetes reads a file that starts with `{` as a sequence of JSON objects."""

import json
import math
import re
from typing import Any

from k8slblint.documents.building import Mapping, Root, Sequence, check_nesting
from k8slblint.documents.lines import LineTable
from k8slblint.documents.parts import Chunk, Parsed, SyntaxProblem, refuse
from k8slblint.model.node import Node

_TOKEN = re.compile(
    r"""
      (?P<open>[{\[]) | (?P<close>[}\]])
    | (?P<string>"[^"\\]*(?:\\.[^"\\]*)*")
    | (?P<integer>-?[0-9]+(?![0-9.eE])) | (?P<number>-?[0-9][0-9.eE+-]*)
    | (?P<word>true|false|null)
    """,
    re.VERBOSE | re.ASCII,
)
_WORDS = {"true": True, "false": False, "null": None}
_SURROGATE = re.compile("[\ud800-\udfff]")
_MOST_DIGITS = 400


def read_json(chunk: Chunk, column: int = 1) -> Parsed:
    """Return the value of a JSON text as Go's encoding/json reads it, with all places: the last of repeated keys wins.

    The text is known to be JSON, and starts at a column of its first line.

    Raises:
        BrokenDocument: a number is too large, or collections are nested too deep.
    """
    return _Reader(chunk, column).read()


class _Reader:
    """Goes through the tokens; the grammar has been checked before, so that commas and colons can be passed over."""

    def __init__(self, chunk: Chunk, column: int) -> None:
        self._before = column - 1
        self._text = chunk.text
        self._line = chunk.line
        self._lines = LineTable(chunk.text)
        self._problems: list[SyntaxProblem] = []
        self._stack: list[Mapping | Sequence | Root] = [Root(Node(None, chunk.line, 1, chunk.line, 1))]

    def read(self) -> Parsed:
        """Return the root and the problems."""
        handlers = {
            "open": self._open,
            "close": self._close,
            "string": self._string,
            "integer": self._integer,
            "number": self._number,
            "word": self._word,
        }
        for token in _TOKEN.finditer(self._text):
            handlers[str(token.lastgroup)](token)
        return Parsed(self._stack[0].node, tuple(self._problems))

    def _node(self, token: re.Match[str], value: Any, style: str = "") -> Node:
        line, column = self._place(token.start())
        return Node(value, line, column + 1, line, column + 1 + token.end() - token.start(), style)

    def _place(self, offset: int) -> tuple[int, int]:
        line, column = self._lines.place(offset)
        return self._line + line, column if line else column + self._before

    def _open(self, token: re.Match[str]) -> None:
        is_mapping = token[0] == "{"
        node = self._node(token, {} if is_mapping else [])
        check_nesting(len(self._stack), node.line, node.column)
        self._stack.append(Mapping(node, self._problems) if is_mapping else Sequence(node))

    def _close(self, token: re.Match[str]) -> None:
        node = self._stack.pop().node
        node.end_line, column = self._place(token.end())
        node.end_column = column + 1
        self._stack[-1].add(node)

    def _string(self, token: re.Match[str]) -> None:
        raw = token[0]
        value: str = json.loads(raw) if "\\" in raw else raw[1:-1]
        if "\\u" in raw:
            value = _SURROGATE.sub("\ufffd", value)
        self._stack[-1].add(self._node(token, value, '"'))

    def _integer(self, token: re.Match[str]) -> None:
        value = int(token[0]) if len(token[0]) < _MOST_DIGITS else math.inf
        if not -(1 << 63) <= value < 1 << 64:
            self._number(token)
        else:
            self._stack[-1].add(self._node(token, value))

    def _number(self, token: re.Match[str]) -> None:
        node = self._node(token, float(token[0]))
        if math.isinf(node.value):
            refuse("the number is too large for a 64-bit float", node.line, node.column, node.end_column)
        self._stack[-1].add(node)

    def _word(self, token: re.Match[str]) -> None:
        self._stack[-1].add(self._node(token, _WORDS[token[0]]))
