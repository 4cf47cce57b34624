"""The interface to libyaml: its events and its errors; with `c_parser` the only importer of ruamel.yaml."""

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from typing import Any

from k8slblint.documents.c_parser import parser_class
from k8slblint.documents.lines import LineTable
from k8slblint.documents.parts import Chunk, SyntaxProblem
from k8slblint.model.records import NamedTuple


class EventTypes(NamedTuple):
    """The classes of the events that matter (`ruamel.yaml.events`, or what `c_parser` makes instead)."""

    scalar: type
    alias: type
    mapping_start: type
    sequence_start: type
    mapping_end: type
    sequence_end: type
    document_start: type
    document_end: type
    stream_end: type


@lru_cache(maxsize=1)
def event_types() -> EventTypes:
    """Return the event classes."""
    parser_class()
    events: Any = import_module("_ruamel_yaml")
    return EventTypes(
        events.ScalarEvent,
        events.AliasEvent,
        events.MappingStartEvent,
        events.SequenceStartEvent,
        events.MappingEndEvent,
        events.SequenceEndEvent,
        events.DocumentStartEvent,
        events.DocumentEndEvent,
        events.StreamEndEvent,
    )


@lru_cache(maxsize=1)
def errors() -> tuple[type[Exception], ...]:
    """Return the exceptions by which libyaml refuses a text."""
    parser_class()
    from ruamel.yaml.error import YAMLError

    return (YAMLError,)


def yaml_text(chunk: Chunk) -> str:
    """Return the text of a chunk as libyaml is to see it: with a final newline, which kubectl adds, and without a BOM."""
    text = chunk.text.removeprefix("\ufeff")
    return text if text.endswith("\n") else f"{text}\n"


_JOINED_COLON = r"""(?<![^\s\[{,])(!<[^>\s]*>|![^\s,\]}]*)|(?<=[^\s"'\[\]{},]):(?=\S)"""
"""A tag, whose colons must stay, or a colon inside a word."""

_STAND_INS = "\ue000\ue001\ue002\uf8ff"


class SparedColons(NamedTuple):
    """A text in which colons inside words are replaced by a character that stands for them, of the same width."""

    text: str
    stand_in: str


def spare_colons(text: str, error: Any) -> SparedColons | None:
    """Return a text that the old libyaml of ruamel.yaml can read, or None where `error` says something else.

    In flow style it refuses a colon inside a word (`[http://a, b:c]`), which go-yaml and libyaml since 0.2.1 read as text.
    """
    if getattr(error, "problem", None) != "found unexpected ':'":
        return None
    stand_in = next((character for character in _STAND_INS if character not in text), None)
    if stand_in is None:
        return None
    return SparedColons(re.sub(_JOINED_COLON, lambda found: found[1] or stand_in, text), stand_in)


def events(text: str) -> Iterator[Any]:
    """Return the events of a text; offsets, lines and columns of their marks count from 0, in code points.

    Raises:
        Exception: one of `errors()`, while iterating.
    """
    return iter(_parser(text).get_event, None)


def rest(events: Iterator[Any], line: int) -> tuple[SyntaxProblem, ...]:
    """Look at what follows the first document of a chunk, which starts on `line`: whatever it is, it is a problem."""
    try:
        following = next(events, None)
    except errors() as error:
        following = getattr(error, "problem_mark", None)
    if following is None or type(following) is event_types().stream_end:
        return ()
    message = "Kubernetes reads one document up to here and ignores the rest; a `---` line must come between two"
    return (SyntaxProblem(getattr(following, "start_mark", following).line + line, 1, 2, message),)


def parse_only(text: str) -> None:
    """Go through a text in C without building anything.

    Raises:
        Exception: one of `errors()`.
    """
    _parser(text).raw_parse()


def translate(error: Any, chunk: Chunk) -> SyntaxProblem:
    """Say in one sentence what libyaml found wrong, and on which of its lines."""
    text = yaml_text(chunk)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if getattr(error, "context", None) == _IN_QUOTES and getattr(error, "context_mark", None) is not None:
        mark = error.context_mark  # the end of the text says nothing about which quote was left open
    if mark is None:
        return _refused_character(error, chunk)
    line, column = LineTable(text, yaml=True).place(min(mark.index, len(text.rstrip())))
    return SyntaxProblem(chunk.line + line, column + 1, column + 2, _message(error, chunk, text[mark.index : mark.index + 1]))


_IN_QUOTES = "while scanning a quoted scalar"


def _parser(text: str) -> Any:
    return parser_class()(text)


def _message(error: Any, chunk: Chunk, character: str) -> str:
    problem = str(error.problem).replace("in this context", "here").replace("hexdecimal", "hexadecimal")
    if problem == "found character that cannot start any token":
        return "a tab cannot indent" if character == "\t" else f"found character '{character}' that cannot start any token"
    if not error.context:
        return problem
    mark = error.context_mark
    where = f" that starts on line {mark.line + chunk.line}" if mark is not None else ""
    return f"{problem} {error.context}{where}"


def _refused_character(error: Any, chunk: Chunk) -> SyntaxProblem:
    """Place a reader error, which comes without a mark; its position counts bytes."""
    position = getattr(error, "position", 0)
    before = yaml_text(chunk).encode("utf-8", "replace")[:position].decode("utf-8", "replace")
    line, column = LineTable(before, yaml=True).place(len(before))
    return SyntaxProblem(chunk.line + line, column + 1, column + 2, getattr(error, "reason", None) or str(error))
