"""Cuts a list in block style into its elements, which are read one by one, and whose places are found one by one.

A dump of a cluster is one list of thousands of objects, and a finding needs the places of one of them.
"""

import re
from collections.abc import Iterator
from typing import Any

from k8slblint.documents.composing import compose
from k8slblint.documents.lines import count_breaks, has_lone_cr, has_yaml_only_breaks
from k8slblint.documents.ordinary import Root, UnusualError, read_alone
from k8slblint.documents.parts import Chunk
from k8slblint.documents.plain_lines import NotPlainError, Seen, read_plain_lines
from k8slblint.model.node import Node
from k8slblint.model.records import NamedTuple

_ITEMS = "items"
_HEAD = r"items:[ ]*+(?:(?<=[ ])#[^\n]*+)?+\r?\n(?:[ ]*+(?:#[^\n]*+)?+\r?\n)*+(?=([ ]*+)- )"
_WIDEST = 8
"""Columns of indentation of the elements; nobody uses more than four."""


class _Cut(NamedTuple):
    """Where the elements of a list start, and where the last of them ends; `indent` are the blanks before their dashes."""

    starts: list[int]
    end: int
    indent: int


def read_list(chunk: Chunk) -> Node | None:
    """Return the root of a document whose `items` are a sequence of mappings in block style; None for all other documents.

    So does any whose elements mean by themselves something else than they mean in it, or nothing: those with aliases, and broken ones.
    That is decided by reading them: what is open at the end of an element - a quote, a bracket - is broken by itself.
    """
    text = chunk.text
    if f"{_ITEMS}:" not in text or has_lone_cr(text) or has_yaml_only_breaks(text):
        return None
    cut = _cut(text)
    if cut is None:
        return None
    try:
        frame = read_plain_lines(_frame(text, cut, "\n").replace("\r\n", "\n"), Seen())
        if frame.get(_ITEMS, ...) is None:
            return _List(frame, list(_elements(chunk, cut)), chunk, cut)
    except (NotPlainError, UnusualError):
        pass
    return None


def may_be_list(text: str) -> bool:
    """Tell cheaply whether `read_list` may find elements in a text."""
    return text.startswith(f"{_ITEMS}:") or f"\n{_ITEMS}:" in text


def _cut(text: str) -> _Cut | None:
    at = 0 if text.startswith(f"{_ITEMS}:") else text.find(f"\n{_ITEMS}:") + 1
    head = re.compile(_HEAD).match(text, at)
    if head is None or len(head[1]) > _WIDEST:
        return None
    dash = f"{head[1]}- "
    starts = [head.end()]
    for found in re.compile(rf"\n {{0,{len(head[1])}}}(?=[^\s#])").finditer(text, head.end() + len(dash)):
        start = found.start() + 1
        if not text.startswith(dash, start):
            return _Cut(starts, start, len(head[1]))
        starts.append(start)
    return _Cut(starts, len(text), len(head[1]))


def _frame(text: str, cut: _Cut, between: str) -> str:
    """Return a document without its elements, with something in place of their lines."""
    tail = text[cut.end :]
    return f"{text[: cut.starts[0]]}{between}{tail}" + ("" if tail.endswith("\n") else "\n")


def _elements(chunk: Chunk, cut: _Cut) -> Iterator["_Element"]:
    seen = Seen()
    line = chunk.line + count_breaks(chunk.text, 0, cut.starts[0])
    for start, end in zip(cut.starts, [*cut.starts[1:], cut.end], strict=True):
        element = _Element(chunk.text, line, start, end, cut.indent)
        element.take(read_alone(element.chunk(), seen))
        yield element
        line += count_breaks(chunk.text, start, end)


class _Element(Root):
    """An element of a list: its value and where it starts, and where its text is in that of the list."""

    __slots__ = ("_end", "_first", "_indent", "_start", "_text")

    def __init__(self, text: str, line: int, start: int, end: int, indent: int) -> None:
        self._text = text
        self._first = line
        self._start = start
        self._end = end
        self._indent = indent

    def __reduce__(self) -> tuple[Any, ...]:
        """Hand over all of it: it is not found by its chunk alone."""
        return Node.__reduce__(self)

    def keep_in(self, text: str) -> None:
        """Do nothing: it has no copy."""

    def chunk(self) -> Chunk:
        """Return the element as a document of its own, in which everything is where it is in the list."""
        after = self._start + self._indent + 1
        return Chunk(f"{' ' * (self._indent + 1)}{self._text[after : self._end]}", self._first, is_json=False, source=None)

    def take(self, root: Node) -> None:
        """Take over what was read."""
        self.value, self.line, self.column = root.value, root.line, root.column
        self.style, self.aliased = root.style, root.aliased

    def __getattr__(self, name: str) -> Any:
        """Find the places; Python asks only for what has not been set."""
        self._chunk = self.chunk()
        return super().__getattr__(name)


class _List(Node):
    """The root of a list: its value and its elements, until the places of its other members are asked for."""

    __slots__ = ("_chunk", "_cut", "_elements")

    def __init__(self, frame: dict[str, Any], elements: list["_Element"], chunk: Chunk, cut: _Cut) -> None:
        frame[_ITEMS] = [element.value for element in elements]
        self.value = frame
        self.style = ""
        self.aliased = False
        self.items = []
        self._elements = elements
        self._chunk = chunk
        self._cut = cut

    def __getattr__(self, name: str) -> Any:
        """Find the places; Python asks only for what has not been set."""
        text, cut = self._chunk.text, self._cut
        breaks = count_breaks(text, cut.starts[0], cut.end)
        composed = compose(self._chunk._replace(text=_frame(text, cut, "\n" * breaks))).root
        key, _ = composed.members[_ITEMS]
        first = self._chunk.line + count_breaks(text, 0, cut.starts[0])
        last = self._elements[-1]
        items = Node(self.value[_ITEMS], first, cut.indent + 1, last.end_line, last.end_column)
        items.items = list(self._elements)
        self.members = {**composed.members, _ITEMS: (key, items)}
        self.line, self.column = composed.line, composed.column
        end = next(reversed(self.members.values()))[1]
        self.end_line, self.end_column = end.end_line, end.end_column
        return getattr(self, name)
