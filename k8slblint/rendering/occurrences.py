"""Where a value or a key may be written in a text, judged by the text alone."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from k8slblint.model.location import Span


class Candidate(NamedTuple):
    """A piece of text that may be what a value comes from: a file, the offsets in its text, and where that is."""

    file: str
    start: int
    end: int
    span: Span


def occurrences(file: str, text: str, token: str, form: str) -> Iterator[Candidate]:
    """Yield the places of a token in one text that may be a value, or with `form="key"` a key; each line is looked at once."""
    number, line = 1, _Line(text, 0)
    for at in _words(text, token):
        if at > line.end:
            start = text.rfind("\n", line.end, at) + 1
            number += text.count("\n", line.start, start)
            line = _Line(text, start)
        if line.is_comment:
            continue
        end = at + len(token)
        after = text[end : end + 3].lstrip("\"' ")
        if form == "value" and after.startswith(":") and line.first >= at:
            continue
        if form == "key" and not after.startswith(":") and not line.is_code_before(at):
            continue
        column = at - line.start + 1
        yield Candidate(file, at, end, Span(number, column, number, column + len(token)))


def _words(text: str, token: str) -> Iterator[int]:
    """Yield where a token is a whole word; a pattern that looked behind first would be held against each character."""
    at = text.find(token)
    while at >= 0:
        is_word = not (_BEFORE.match(text, at - 1) if at else None) and not _AFTER.match(text, at + len(token))
        if is_word:
            yield at
        at = text.find(token, at + (len(token) if is_word else 1)) if token else -1


_BEFORE = re.compile(r"[\w./-]")
_AFTER = re.compile(r"[\w/-]|\.\w")


def key_before(text: str, candidate: Candidate) -> str:
    """Return the key that a candidate is the value of, as far as its own line tells, or `""`."""
    before = text[candidate.start - candidate.span.column + 1 : candidate.start].rstrip("\"' ")
    return _ENDS.split(before[:-1])[-1].strip("\"'- ") if before.endswith(":") else ""


_ENDS = re.compile(r"[{,]")


class _Line:
    """One line of a text: where it starts and ends, and what stands first in it."""

    __slots__ = ("_action", "_path", "end", "first", "is_comment", "start")

    def __init__(self, text: str, start: int) -> None:
        self.start = start
        end = text.find("\n", start)
        self.end = len(text) if end < 0 else end
        line = text[start : self.end]
        self.first = self.end - len(line.lstrip())
        self.is_comment = text.startswith("#", self.first) and self.first < self.end
        self._action = text.find("{{", start, self.end)
        self._path = text.find("path:", start, self.end)

    def is_code_before(self, position: int) -> bool:
        """Tell whether an action of a template, or a path of a patch, begins before a position."""
        return 0 <= self._action <= position - 2 or 0 <= self._path <= position - 5
