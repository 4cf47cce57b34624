"""Which mark is missing in a broken text, at the line to edit: a colon, the blank after a colon or a dash, a bracket that closes.

A parser notices each of them on a line below.
"""

import re
from collections.abc import Sequence
from functools import cached_property

from k8slblint.documents import Chunk, SyntaxProblem
from k8slblint.model.patterns import pattern

_SECOND_COLON = "mapping values are not allowed"
_NO_COLON = pattern(r"could not find expected ':'.* that starts on line ([0-9]+)$")
_OPEN_BRACKET = pattern(r"did not find expected ',' or '([\]}])' while parsing a flow \w+ that starts on line ([0-9]+)$")

_BARE_KEY = pattern(r"([ \t]*(?:-[ \t]+)*)([A-Za-z][\w.-]*)[ \t]*$")
_KEY_AND_VALUE = pattern(r"([ \t]*(?:-[ \t]+)*)([A-Za-z][\w.-]*)[ \t]+[^\s:#][^:#]*$")
_KEY_AND_EQUALS = pattern(r"([ \t]*(?:-[ \t]+)*)([A-Za-z][\w.-]*)=[^\s:#=][^:#]*$")
_GLUED_COLON = pattern(r"([ \t]*(?:-[ \t]+)*)([A-Za-z][\w.-]*:)[^\s:/#][^:#]*$")
_GLUED_DASH = pattern(r"([ \t]*)(-)[A-Za-z][\w.-]*:(?:[ \t]|$)")
_OPENS_A_MAPPING = pattern(r"([ \t]*(?:-[ \t]+)*)[\w./-]+:[ \t]*$")
_KEY = pattern(r"([ \t]*(?:-[ \t]+)*)[\w./-]+:(?:[ \t]|$)")
_INDENT = pattern(r"[ \t]*")

_FARTHEST_BRACKET = 50
"""In lines; a bracket that is opened farther above is not searched for."""


class LostMarks:
    """Finds the mark for one document and what its parser met."""

    def __init__(self, chunk: Chunk, lines: Sequence[str], problem: SyntaxProblem) -> None:
        """Take the lines of the document and what the parser says, by number of line."""
        self._chunk = chunk
        self._lines = lines
        self._problem = problem
        self._index = min(problem.line - chunk.line, len(lines) - 1)

    def find(self) -> SyntaxProblem | None:
        """Return the missing mark, None where it is not known."""
        if self._problem.message.startswith(_SECOND_COLON):
            return self._above_second_colon()
        if found := _NO_COLON.search(self._problem.message):
            return self._without_colon(int(found[1]) - self._chunk.line)
        if found := _OPEN_BRACKET.search(self._problem.message):
            return self._open_bracket(int(found[2]) - self._chunk.line, found[1])
        return None

    def _above_second_colon(self) -> SyntaxProblem | None:
        """Return the key above that was taken for text, which goes on to the next key."""
        above = self._above(self._index)
        if above is None:
            return None
        line, indent = self._lines[above], _width(self._line)
        dash = _GLUED_DASH.match(line)
        if dash and indent > dash.start(2):
            return self._lost(above, dash, "a blank is missing after `-`; write `- `")
        bare = _BARE_KEY.match(line)
        if bare:
            return self._lost_colon(above, bare) if indent > bare.start(2) else None
        found = self._pair_without_colon(line)
        is_first = found is not None and ("-" in found[1] or self._opens_above(above, found.start(2)))
        return self._lost_in_pair(above, found) if found and is_first and indent == found.start(2) else None

    def _without_colon(self, index: int) -> SyntaxProblem | None:
        """Return the key that a parser met without colon: it stands on one line, above the one where the parser gave up."""
        if not 0 <= index <= self._index:
            return None
        line = self._lines[index]
        found = self._pair_without_colon(line)
        if found:
            return self._lost_in_pair(index, found)
        bare = _BARE_KEY.match(line)
        if bare:
            return self._lost_colon(index, bare)
        start = _width(line)
        return SyntaxProblem(self._chunk.line + index, start + 1, len(line.rstrip()) + 1, self._problem.message)

    def _open_bracket(self, index: int, closing: str) -> SyntaxProblem | None:
        """Return the line on which a bracket is opened where a key of the mapping around it follows, so that nothing closes it."""
        if not max(self._index - _FARTHEST_BRACKET, 0) <= index < self._index:
            return None
        opened = _KEY.match(self._lines[index])
        following = next((line for line in self._lines[index + 1 : self._index + 1] if self._is_around(line, opened)), None)
        if opened is None or following is None:
            return None
        line = self._lines[index].rstrip()
        message = f"bracket is opened on this line and never closed; close it with `{closing}`"
        return SyntaxProblem(self._chunk.line + index, opened.end(1) + 1, len(line) + 1, message)

    @staticmethod
    def _is_around(line: str, opened: "re.Match[str] | None") -> bool:
        key = _KEY.match(line)
        return key is not None and opened is not None and _width(line) <= opened.end(1)

    @cached_property
    def _line(self) -> str:
        return self._lines[self._index]

    def _above(self, index: int) -> int | None:
        numbers = range(index - 1, -1, -1)
        return next((other for other in numbers if self._lines[other].strip() and not self._lines[other].lstrip().startswith("#")), None)

    def _opens_above(self, index: int, column: int) -> bool:
        """Tell whether a line is the first of a mapping: below its key, which is farther to the left, or the first of all."""
        above = self._above(index)
        if above is None:
            return column == 0
        opening = _OPENS_A_MAPPING.match(self._lines[above])
        return opening is not None and opening.end(1) < column

    @staticmethod
    def _pair_without_colon(line: str) -> "re.Match[str] | None":
        return _GLUED_COLON.match(line) or _KEY_AND_EQUALS.match(line) or _KEY_AND_VALUE.match(line)

    def _lost_in_pair(self, index: int, found: "re.Match[str]") -> SyntaxProblem:
        if found[2].endswith(":"):
            return self._lost(index, found, f"a blank is missing after `{found[2]}`; write `{found[2]} `")
        return self._lost_colon(index, found)

    def _lost_colon(self, index: int, found: "re.Match[str]") -> SyntaxProblem:
        return self._lost(index, found, f"a colon is missing after `{found[2]}`; write `{found[2]}:`")

    def _lost(self, index: int, found: "re.Match[str]", message: str) -> SyntaxProblem:
        return SyntaxProblem(self._chunk.line + index, found.start(2) + 1, found.end(2) + 1, message)


def _width(line: str) -> int:
    found = _INDENT.match(line)
    return found.end() if found else 0
