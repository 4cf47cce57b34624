"""Text from manifests as people see it: made harmless, cut to length, and marked by carets.

Nothing from a manifest may steer a terminal or a CI runner. A runner of GitHub Actions carries out `##[command]` anywhere in a
line of the log, and `::command::` after leading blanks (actions/runner 079cdb1d, `ActionCommand.cs`); Azure Pipelines does so with
`##vso[command]`, TeamCity with `##teamcity[command]`.
"""

import unicodedata

from k8slblint.model.location import Location, Span
from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple

_WIDTH = 120
_BEFORE = 40
_TAB = 4
_CUT = "..."
_RUNNER_COMMAND = pattern(r"##(\w*)\[")
_WORKFLOW_COMMAND = pattern(r"^(\s*):(?=:[\w-]+(?:\s.*)?::)")


class Excerpt(NamedTuple):
    """One line of a file as shown, and the line of carets that belongs below it."""

    line: str
    carets: str


def visible(text: str) -> str:
    r"""Return text in which every character is seen: control, format and unassigned ones are written as `\x1b`, `\u202e`.

    Commands to a CI runner are broken: `##[` becomes `##(`, and `::command::` at the start `\x3a:command::`. The result is one line.
    """
    if not text.isprintable():
        text = "".join(map(_shown, text))
    return _RUNNER_COMMAND.sub(r"##\1(", no_command(text))


def no_command(line: str) -> str:
    r"""Return a line that does not begin with a workflow command: `::command::` is written `\x3a:command::`."""
    return _WORKFLOW_COMMAND.sub(r"\1\\x3a", line) if "::" in line else line


def visible_place(location: Location) -> str:
    """Write a place as `path:line:column`, the form that editors and terminals make clickable."""
    return f"{visible(location.path)}:{location.span.line}:{location.span.column}"


def excerpt(line: str, span: Span) -> Excerpt:
    """Return what `span` marks in `line`, the text of its first line; a long line is cut around it.

    Tabs become blanks up to the next multiple of four; wide characters count as two columns, combining ones as none
    (Unicode Standard Annex 11).
    """
    first = min(span.column - 1, len(line))
    last = min(span.end_column - 1, len(line)) if span.end_line == span.line else len(line)
    begin = first - _BEFORE if len(line) > _WIDTH and first > _WIDTH - _BEFORE else 0
    end = min(len(line), begin + _WIDTH)
    cells = _cells(line[begin:end])
    left = _CUT if begin else ""
    indent = len(left) + _width(cells[: first - begin])
    carets = max(1, _width(cells[first - begin : last - begin]))
    shown = _RUNNER_COMMAND.sub(r"##\1(", "".join(cells))
    return Excerpt(f"{left}{shown}{_CUT if end < len(line) else ''}".rstrip(), " " * indent + "^" * carets)


def _shown(character: str) -> str:
    return character if character.isprintable() else ascii(character)[1:-1]


def _cells(text: str) -> list[str]:
    """Return how each character is shown; a tab fills up to its stop."""
    cells, column = [], 0
    for character in text:
        cell = " " * (_TAB - column % _TAB) if character == "\t" else _shown(character)
        cells.append(cell)
        column += _width([cell])
    return cells


def _width(cells: list[str]) -> int:
    return sum(len(cell) if cell.isascii() else sum(map(_columns, cell)) for cell in cells)


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
