"""Reads ordinary documents: their values at once, the places in them on demand.

Ordinary are those without tags, merge keys, repeated keys, keys that are no text and many aliases: nearly all manifests. Most
of what a tree holds is sound, and of that nobody asks for a place.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from k8slblint.documents import libyaml, native
from k8slblint.documents.composing import compose, compose_refused
from k8slblint.documents.lines import has_lone_cr, has_yaml_only_breaks
from k8slblint.documents.parts import Chunk, Parsed
from k8slblint.documents.plain_lines import NotPlainError, Seen, read_plain_lines, resolved
from k8slblint.documents.scalars import MERGE_KEY, UnresolvableScalarError, resolve, to_json_number
from k8slblint.model.location import Path
from k8slblint.model.node import Node
from k8slblint.model.records import NamedTuple

DEEPEST = 100
"""Levels of nesting that are read here; manifests have some twenty."""

_MOST_ALIASED = 100
"""Values that aliases may repeat here; go-yaml grants so many to every document, and compares from there on."""


_FIRST_KEY = r"(?:[ ]*+(?:#[^\n]*+)?+\r?\n)*+([ ]*+)"


class UnusualError(Exception):
    """Something that only `compose` knows how to read."""


def read(chunk: Chunk) -> Parsed:
    """Return what `compose` returns; of an ordinary document the places are found at the first question for one.

    Raises:
        BrokenDocument: libyaml or Kubernetes refuses the document.
    """
    text = chunk.text
    if has_lone_cr(text) or has_yaml_only_breaks(text):
        return compose(chunk)
    try:
        return Parsed(_plainly(chunk, Seen(_MOST_ALIASED)), ())
    except NotPlainError:
        pass
    if "\\/" in text:
        return compose(chunk)
    try:
        return _read(chunk, _MOST_ALIASED)
    except UnusualError:
        return compose(chunk)
    except libyaml.errors() as error:
        return compose_refused(chunk, error)


def read_in_c(chunk: Chunk) -> Parsed | None:
    """Return what `read` returns, None where the reader in C is not there or does not know for sure."""
    if native.reader() is None or has_lone_cr(chunk.text) or has_yaml_only_breaks(chunk.text):
        return None
    try:
        return Parsed(_plainly(chunk, Seen(_MOST_ALIASED)), ())
    except NotPlainError:
        return None


def read_alone(chunk: Chunk, seen: Seen) -> Node:
    """Return the value of a part of a document that means by itself what it means there, as `read` does.

    Raises:
        UnusualError: it is broken, has aliases, or is something else that only the whole document tells.
    """
    try:
        return _plainly(chunk, seen)
    except NotPlainError:
        pass
    if "\\/" in chunk.text:
        raise UnusualError
    try:
        parsed = _read(chunk, 0)
    except libyaml.errors():
        raise UnusualError from None
    if parsed.problems:
        raise UnusualError
    return parsed.root


class _Kept(NamedTuple):
    """A part of the text of a file that is a document."""

    text: str
    start: int
    end: int
    line: int
    source: str | None


class Root(Node):
    """The root of an ordinary document, which is a collection: its value and where it starts, until more is asked for."""

    __slots__ = ("_chunk",)

    def __init__(self, value: Any, line: int, column: int, chunk: Chunk) -> None:  # what is left out here, `__getattr__` finds
        self.value = value
        self.line = line
        self.column = column
        self.style = ""
        self.aliased = False
        self._chunk: Chunk | _Kept = chunk

    def keep_in(self, text: str) -> None:
        """Keep a place in the text of the file, which is kept anyway, rather than a copy of a part of it."""
        chunk = self._chunk
        if isinstance(chunk, Chunk) and chunk.text is not text and chunk.start >= 0 and text.startswith(chunk.text, chunk.start):
            self._chunk = _Kept(text, chunk.start, chunk.start + len(chunk.text), chunk.line, chunk.source)

    def __reduce__(self) -> tuple[Any, ...]:
        """Hand over what finds the places, rather than the places."""
        return Root, (self.value, self.line, self.column, self._chunk)

    def line_of(self, path: Path) -> int:
        """Return the line of the token for a path."""
        from k8slblint.documents.plain_places import line_of  # few runs ask for lines

        chunk = self._given()
        found = line_of(chunk.text, self.value, path)
        return super().line_of(path) if found is None else chunk.line + found

    def __getattr__(self, name: str) -> Any:
        """Find the places; Python asks only for what has not been set."""
        composed = _with_places(self._given())
        self.end_line, self.end_column = composed.end_line, composed.end_column
        self.members, self.items = composed.members, composed.items
        return getattr(composed, name)

    def _given(self) -> Chunk:
        chunk = self._chunk
        if isinstance(chunk, _Kept):
            return Chunk(chunk.text[chunk.start : chunk.end], chunk.line, is_json=False, source=chunk.source, start=chunk.start)
        return chunk


def _plainly(chunk: Chunk, seen: Seen) -> Root:
    """Return the root of a document in plain block style.

    Raises:
        NotPlainError: it may be something else.
    """
    text, in_c = _lines(chunk.text), native.reader()
    if in_c is None:
        return Root(read_plain_lines(text, seen), *_start(chunk.text, chunk.line), chunk)
    found = in_c.read(text, resolved, seen.aliases)
    if found is None:
        raise NotPlainError
    value, line, column, seen.aliases = found
    return Root(value, chunk.line + line, column + 1, chunk)


def _lines(text: str) -> str:
    """Return the text of a document with line ends of one kind, the last line included."""
    text = text.removeprefix("\ufeff")
    text = text if text.endswith("\n") else f"{text}\n"
    return text.replace("\r\n", "\n") if "\r" in text else text


def _with_places(chunk: Chunk) -> Node:
    """Return the root of an ordinary document with all places."""
    in_c = native.reader()
    try:
        found = in_c.read_places(_lines(chunk.text), resolved, Node, chunk.line) if in_c is not None else None
    except NotPlainError:
        found = None
    return found or compose(chunk).root


def _start(text: str, line: int) -> tuple[int, int]:
    """Return line and column of the first key of a mapping in block style."""
    found = re.compile(_FIRST_KEY).match(text, text.startswith("\ufeff"))
    at, indent = (found.end(), len(found[1])) if found else (0, 0)
    return line + text.count("\n", 0, at), indent + 1


def _read(chunk: Chunk, most_aliased: int) -> Parsed:
    events = libyaml.events(libyaml.yaml_text(chunk))
    first = next(islice(events, 2, None), None)  # after the starts of the stream and of the document
    kind = type(first)
    if first is None or kind is not libyaml.event_types().mapping_start or first.ctag is not None:
        raise UnusualError
    start = first.start_mark
    root = Root(_mapping(events, most_aliased), start.line + chunk.line, start.column + 1, chunk)
    next(events)  # the end of the document
    return Parsed(root, libyaml.rest(events, chunk.line))


def _mapping(events: Iterator[Any], most_aliased: int) -> dict[str, Any]:  # noqa: C901, PLR0912 - one loop with few calls is what makes it fast
    """Return the mapping whose start was the event before; takes the events up to its end."""
    types = libyaml.event_types()
    scalar, starts, ends = types.scalar, {types.mapping_start: dict, types.sequence_start: list}, (types.mapping_end, types.sequence_end)
    stack: list[tuple[Any, str | None, str | None]] = []
    container: Any = {}
    key: str | None = None
    anchors = _Anchors(most_aliased)
    for event in events:
        kind = type(event)
        if kind is scalar:
            value = event.value if event.style else resolve(event.value)
            if event.ctag is not None:
                raise UnusualError
            if type(value) is float:
                value = _json_number(value)
            if event.anchor is not None:
                anchors.define(event.anchor, value)
        elif kind in starts:
            if event.ctag is not None or len(stack) > DEEPEST:
                raise UnusualError
            stack.append((container, key, event.anchor))
            container, key = starts[kind](), None
            if event.anchor is not None:
                anchors.open(event.anchor, container)
            continue
        elif kind in ends:
            value = container
            if not stack:
                break
            container, key, anchor = stack.pop()
            if anchor is not None:
                anchors.close(value)
        elif kind is types.alias:
            value = anchors.value(event.anchor)
        else:
            raise UnusualError
        if key is not None:
            container[key] = value
            key = None
        elif type(container) is list:
            container.append(value)
        elif type(value) is not str or value is MERGE_KEY or value in container:
            raise UnusualError
        else:
            key = value
    mapping: dict[str, Any] = container
    return mapping


class _Anchors:
    """The values that anchors of a document name, and how many values its aliases have repeated."""

    __slots__ = ("_left", "_open", "_values")

    def __init__(self, most_aliased: int) -> None:
        self._values: dict[str, Any] = {}
        self._open: set[int] = set()
        self._left = most_aliased

    def define(self, name: str, value: Any) -> None:
        """Let an anchor name a value, in place of what it named before."""
        self._values[name] = value

    def open(self, name: str, collection: Any) -> None:
        """Let an anchor name a collection that only begins, and may not contain itself."""
        self._values[name] = collection
        self._open.add(id(collection))

    def close(self, collection: Any) -> None:
        """Note that a collection is complete."""
        self._open.remove(id(collection))

    def value(self, name: str) -> Any:
        """Return what an alias stands for."""
        value = self._values.get(name)
        if name not in self._values or id(value) in self._open:
            raise UnusualError
        self._left -= _size(value)
        if self._left < 0:
            raise UnusualError
        return value


def _size(value: Any) -> int:
    """Return how many values and keys a value consists of, with those that aliases repeat in it."""
    if isinstance(value, dict):
        return 1 + len(value) + sum(map(_size, value.values()))
    return 1 + sum(map(_size, value)) if isinstance(value, list) else 1


def _json_number(value: float) -> float:
    try:
        return to_json_number(value)
    except UnresolvableScalarError:
        raise UnusualError from None
