"""The results of reading: chunks of a file, parsed documents, comments, and problems of the text."""

from typing import NoReturn

from k8slblint.model.node import Node
from k8slblint.model.records import NamedTuple


class Chunk(NamedTuple):
    """One document of a file, not yet parsed.

    `text` starts on `line` (from 1) of the file, after the `---` line; a chunk whose `---` line holds more than a comment
    keeps that line as its first, and is refused when it is parsed. `is_json` tells that Kubernetes reads it as JSON.
    `source` is the path in a Helm comment `# Source: chart/templates/x.yaml` directly after the `---` line, else None.
    `start` is the offset in the text of the file at which it stands as it is, -1 where that is not known.
    """

    text: str
    line: int
    is_json: bool
    source: str | None
    start: int = -1


class SyntaxProblem(NamedTuple):
    """What is wrong with the text itself, in one sentence; lines and columns of the file from 1, in code points."""

    line: int
    column: int
    end_column: int
    message: str


class _TextError(Exception):
    """Text that cannot be read; `problem` says why and where."""

    def __init__(self, problem: SyntaxProblem) -> None:
        super().__init__(f"line {problem.line}, column {problem.column}: {problem.message}")
        self.problem = problem


class UndecodableText(_TextError):  # noqa: N818 - the name says what is there, not that something failed
    """The bytes of a file are not text; `problem` says why and where."""


class BrokenDocument(_TextError):  # noqa: N818 - the name says what is there, not that something failed
    """Kubernetes cannot read this document; `problem` says why and where."""


class Parsed(NamedTuple):
    """A document that was read: its root, and the problems that do not keep Kubernetes from reading it."""

    root: Node
    problems: tuple[SyntaxProblem, ...]


class Comment(NamedTuple):
    """A YAML comment: `text` without the `#` and the blanks around; `own_line` tells that nothing else stands on its line."""

    line: int
    column: int
    text: str
    own_line: bool


def refuse(message: str, line: int, column: int, end_column: int | None = None) -> NoReturn:
    """Raise `BrokenDocument` for the characters from `column` to before `end_column` (one character when left out)."""
    raise BrokenDocument(SyntaxProblem(line, column, end_column or column + 1, message))
