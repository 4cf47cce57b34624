"""Reads JSON: its values in C, the places in it, and in the elements of lists, on demand.

A dump of a cluster is one list of thousands of objects, and a finding needs the places of one of them.
"""

import json
import math
import re
import sys
from collections.abc import Iterator
from json import decoder
from typing import Any, NoReturn

from k8slblint.documents.building import MAX_NESTING
from k8slblint.documents.json_reading import read_json
from k8slblint.documents.lines import count_breaks, start_of_line
from k8slblint.documents.parts import Chunk, Parsed
from k8slblint.model.node import Node
from k8slblint.model.records import NamedTuple

_ITEMS = "items"
_BLANK = re.compile(r"[ \t\n\r]*+")
_SURROGATE = r"\\u[dD][89a-fA-F]"
_LONGEST = 19
"""Digits of the largest integers of 64 bits."""


class _UnusualError(Exception):
    """Something that only the reader with places can tell: a key that is set twice, a number without end."""


def _constant(name: str) -> NoReturn:
    raise ValueError(name)


def _integer(text: str) -> float:
    if len(text) < _LONGEST:
        return int(text)
    value: float = int(text) if len(text) <= _LONGEST + 2 else math.inf
    return value if -(1 << 63) <= value < 1 << 64 else _number(text)


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise _UnusualError
    return value


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _UnusualError
    return value


_VALUES = json.JSONDecoder(object_pairs_hook=_mapping, parse_int=_integer, parse_float=_number, parse_constant=_constant)
_value: Any = getattr(_VALUES, "scan_once")  # noqa: B009 - an attribute that its type does not tell
_text: Any = getattr(decoder, "scanstring")  # noqa: B009 - the same
_SYNTAX = json.JSONDecoder(parse_constant=_constant, parse_int=float)


class _Items(NamedTuple):
    """The elements of a list: the offset of its first bracket and after its last, and of each element those of its begin and end."""

    start: int
    end: int
    places: list[tuple[int, int]]


class _Scanned(NamedTuple):
    """A JSON value in a text: where it starts and ends, and what it is, None where only the reader with places can tell."""

    start: int
    end: int
    value: Any
    items: _Items | None


class _Last:
    """What was scanned last: who splits a file is followed by who reads its documents."""

    text = ""
    found: _Scanned | None = None


def scanned(text: str, start: int) -> _Scanned | None:
    """Return the JSON value that starts at an offset of a text, None where there is none."""
    last = _Last.found
    if last is None or last.start != start or _Last.text is not text:
        _Last.text, _Last.found = text, _scan(text, start)
    return _Last.found


def is_json(text: str) -> bool:
    """Tell whether a text is one JSON value with nothing but white space around it."""
    found = scanned(text, _after_blanks(text, 0))
    return found is not None and _after_blanks(text, found.end) == len(text)


def read(chunk: Chunk) -> Parsed:
    """Return the value of a chunk that `is_json`; of an ordinary one the places are found at the first question for one.

    Raises:
        BrokenDocument: a number is too large, or collections are nested too deep.
    """
    found = scanned(chunk.text, _after_blanks(chunk.text, 0))
    _Last.text, _Last.found = "", None
    if found is None or not isinstance(found.value, dict):
        return read_json(chunk)
    return Parsed(_Root(chunk, found), ())


def _after_blanks(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _scan(text: str, start: int) -> _Scanned | None:
    try:
        found = _scan_object(text, start)
    except (_UnusualError, ValueError, RecursionError, StopIteration):
        found = None
    if found is not None and not re.compile(_SURROGATE).search(text, start, found.end) and not _is_deep(found.value):
        return found
    try:
        return _Scanned(start, _SYNTAX.raw_decode(text, start)[1], None, None)
    except (ValueError, RecursionError):
        return None


def _scan_object(text: str, start: int) -> _Scanned:
    """Read an object member by member, and a list in it, of mappings, element by element."""
    value: dict[str, Any] = {}
    items = None
    at = _after_blanks(text, _skip(text, start, "{"))
    while text[at : at + 1] != "}":
        if value:
            at = _after_blanks(text, _skip(text, at, ","))
        key, at = _text(text, _skip(text, at, '"'), True)  # noqa: FBT003 - a function of C
        at = _after_blanks(text, _skip(text, _after_blanks(text, at), ":"))
        if key in value:
            raise _UnusualError
        if key == _ITEMS and text.startswith("[", at):
            value[key], items = _scan_items(text, at)
            at = items.end
        else:
            value[key], at = _value(text, at)
        at = _after_blanks(text, at)
    is_list = items is not None and items.places and all(type(one) is dict for one in value[_ITEMS])
    return _Scanned(start, at + 1, value, items if is_list else None)


def _scan_items(text: str, start: int) -> tuple[list[Any], _Items]:
    values: list[Any] = []
    places: list[tuple[int, int]] = []
    at = _after_blanks(text, start + 1)
    while text[at : at + 1] != "]":
        if places:
            at = _after_blanks(text, _skip(text, at, ","))
        value, end = _value(text, at)
        values.append(value)
        places.append((at, end))
        at = _after_blanks(text, end)
    return values, _Items(start, at + 1, places)


def _skip(text: str, at: int, character: str) -> int:
    if not text.startswith(character, at):
        raise ValueError(character)
    return at + 1


def _is_deep(value: Any) -> bool:
    """Tell whether collections are nested deeper than may be, which only an interpreter with another limit comes to know."""
    if sys.getrecursionlimit() <= MAX_NESTING:
        return False
    level = [value]
    for _ in range(MAX_NESTING):
        level = [one for held in level for one in (held.values() if type(held) is dict else held) if type(one) in (dict, list)]
        if not level:
            return False
    return True


class _Root(Node):
    """The root of a JSON document: its value and its elements, until the places of its other members are asked for."""

    __slots__ = ("_chunk", "_found", "_listed")

    def __init__(self, chunk: Chunk, found: _Scanned) -> None:
        text, start = chunk.text, found.start
        self.value = found.value
        self.line = chunk.line + count_breaks(text, 0, start)
        self.column = start - start_of_line(text, start) + 1
        self.style = ""
        self.aliased = False
        self.items = []
        self._chunk = chunk
        self._found = found
        self._listed: Node | None = None

    def child(self, part: str | int) -> Node | None:
        """Return the member or element named by one part of a path, or None; the list costs nothing."""
        if part == _ITEMS and self._found.items is not None:
            self._listed = self._listed or self._list(self._found.items)
            return self._listed
        return super().child(part)

    def __getattr__(self, name: str) -> Any:
        """Find the places; Python asks only for what has not been set."""
        text, items = self._chunk.text, self._found.items
        frame = text if items is None else _frame(text, items)
        read = read_json(self._chunk._replace(text=frame)).root
        self.members = dict(read.members)
        listed = self.child(_ITEMS) if items is not None else None
        if listed is not None:
            self.members[_ITEMS] = (self.members[_ITEMS][0], listed)
        self.end_line, self.end_column = read.end_line, read.end_column
        return getattr(self, name)

    def _list(self, items: _Items) -> Node:
        text = self._chunk.text
        line = self._chunk.line + count_breaks(text, 0, items.start)
        end_line = line + count_breaks(text, items.start, items.end)
        end_column = items.end - start_of_line(text, items.end) + 1
        listed = Node(self.value[_ITEMS], line, items.start - start_of_line(text, items.start) + 1, end_line, end_column)
        listed.items = list(self._elements(items, line))
        return listed

    def _elements(self, items: _Items, line: int) -> Iterator["_Element"]:
        text = self._chunk.text
        before, begin = items.start, start_of_line(text, items.start)
        for value, (start, end) in zip(self.value[_ITEMS], items.places, strict=True):
            breaks = count_breaks(text, before, start)
            if breaks:
                line += breaks
                begin = start_of_line(text, start)
            yield _Element(text, value, line, start - begin + 1, (start, end))
            before = start


class _Element(Node):
    """An element of a list: its value and where it starts, and where its text is in that of the list."""

    __slots__ = ("_range", "_text")

    def __init__(self, text: str, value: Any, line: int, column: int, between: tuple[int, int]) -> None:
        self.value = value
        self.line = line
        self.column = column
        self.style = ""
        self.aliased = False
        self.items = []
        self._text = text
        self._range = between

    def __getattr__(self, name: str) -> Any:
        """Find the places; Python asks only for what has not been set."""
        chunk = Chunk(self._text[slice(*self._range)], self.line, is_json=True, source=None)
        read = read_json(chunk, self.column).root
        self.members = read.members
        self.end_line, self.end_column = read.end_line, read.end_column
        return getattr(self, name)


def _frame(text: str, items: _Items) -> str:
    """Return a text without the elements of its list; what follows is where it was."""
    last = items.end - 1
    breaks = count_breaks(text, items.start, last)
    blanks = last - start_of_line(text, last) if breaks else last - items.start - 1
    return f"{text[: items.start + 1]}{chr(10) * breaks}{' ' * blanks}{text[last:]}"
