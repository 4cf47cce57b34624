"""What is wrong with the text of a document: the one cause, at the line to edit, where the parser names its effects.

A parser reports where it stopped. A person has to edit another line as a rule: where a quote was opened, where a colon is
missing, where the `---` between two objects was lost.
"""

import re
from collections.abc import Sequence
from itertools import islice

from k8slblint import documents
from k8slblint.documents import Chunk, SyntaxProblem
from k8slblint.loading.lost_marks import LostMarks
from k8slblint.loading.plain_text import is_fixed
from k8slblint.model.patterns import pattern

_SUBSTITUTION = pattern(r"[$#]\{|%[A-Z][A-Z0-9_]+%|@[A-Z][A-Z0-9_.]*@|:[ \t]+\[[A-Z][A-Z0-9_ -]*\][\w./:-]")
_BLANK_LINE = pattern(r"[ \t]*(?:-[ \t]+)?(?:<[A-Z][A-Z0-9_-]{2,}>|\[[A-Z][A-Z0-9_]{2,}\]|__[A-Z][A-Z0-9_]*__|\$[A-Z][A-Z0-9_]+)[ \t]*$")
"""A line that a hand, or a tool like sed, replaces by lines of YAML."""
_ROOT_KEY = pattern(r"(apiVersion|kind|metadata)[ \t]*:(?:[ \t]|$)")
_GLUED = pattern(r"(?:[^\s#-][ \t]*|^[ \t]+)(---)[ \t]*$")
_DASHES = pattern(r"[-\u2010-\u2015]{1,4}[ \t]*$")
_PLAIN_TEXT = pattern(r"[A-Za-z0-9._/][^:{}\[\]\"']*$")
_OPENED_QUOTE = pattern(r"""[ \t]*+(?:-[ \t]++)*+(?:[^\s"'#:][^"'#:\n]*+:[ \t]++)?+(?P<quote>["'])(?P<rest>.*+)$""")
_KEY = pattern(r"[ \t]*(?:-[ \t]+)*[\w./-]+:(?:[ \t]|$)")
_FARTHEST_QUOTE = 50
"""In lines; a quote that is opened farther above is not searched for."""


def is_unrendered(chunk: Chunk, problem: SyntaxProblem) -> bool:
    """Tell whether a document is broken only until a template engine, a substitution (`${VAR}`, `%VAR%`), or a hand has filled it in."""
    if not is_fixed(chunk.text) or documents.has_format_fields(chunk.text):
        return True
    lines = chunk.text.splitlines()
    index = problem.line - chunk.line
    return any(_SUBSTITUTION.search(line) or _BLANK_LINE.match(line) for line in lines[max(index - 1, 0) : index + 1])


def lost_separator(chunk: Chunk) -> SyntaxProblem | None:
    """Return where the `---` between two objects of one document is missing, or glued to the line above; None if it is not."""
    lines = chunk.text.splitlines()
    starts = [(index, found[1]) for index, line in enumerate(lines) if (found := _ROOT_KEY.match(line))]
    seen: set[str] = set()
    for number, (_, key) in enumerate(starts):
        if key in seen:
            second = {name for _, name in starts[number:]}
            return _separator_before(chunk, lines, starts[number][0]) if {"apiVersion", "kind"} <= second & seen else None
        seen.add(key)
    return None


def _separator_before(chunk: Chunk, lines: Sequence[str], index: int) -> SyntaxProblem:
    above = next((other for other in range(index - 1, -1, -1) if lines[other].strip() and not lines[other].lstrip().startswith("#")), index)
    glued = _GLUED.search(lines[above])
    if glued:
        message = "separator `---` must be on its own line; put `---` at the start of a new line: two objects share this document"
        return SyntaxProblem(chunk.line + above, glued.start(1) + 1, glued.end(1) + 1, message)
    if _DASHES.match(lines[above]):
        message = "line that separates two objects must be `---`; write `---`: two objects share this document"
        return SyntaxProblem(chunk.line + above, 1, len(lines[above].rstrip()) + 1, message)
    message = "separator `---` is missing before this object; put a `---` line above it: two objects share this document"
    return SyntaxProblem(chunk.line + index, 1, len(lines[index].rstrip()) + 1, message)


def cause_of(chunk: Chunk, problem: SyntaxProblem) -> SyntaxProblem:
    """Return the problem to report for what the parser met in a document: its cause where that is another line."""
    if "is already set on line" in problem.message:
        return problem
    lines = chunk.text.splitlines()
    index = min(problem.line - chunk.line, len(lines) - 1)
    if index < 0:
        return problem
    return (
        _conflict(chunk, lines)
        or _wrong_mark(chunk, lines)
        or lost_separator(chunk)
        or _open_quote(chunk, lines, index)
        or LostMarks(chunk, lines, problem).find()
        or _stray_text(chunk, lines)
        or problem
    )


def _conflict(chunk: Chunk, lines: Sequence[str]) -> SyntaxProblem | None:
    """Return the first conflict of Git that was committed with its markers."""
    for index, line in enumerate(lines):
        if line.startswith("<<<<<<< ") and any(other.startswith(">>>>>>> ") for other in lines[index + 1 :]):
            message = "merge conflict of Git was not resolved; keep one side, and remove the lines `<<<<<<<`, `=======` and `>>>>>>>`"
            return SyntaxProblem(chunk.line + index, 1, len(line.rstrip()) + 1, message)
    return None


def _wrong_mark(chunk: Chunk, lines: Sequence[str]) -> SyntaxProblem | None:
    """Return the line of too few or too many dashes with which a document begins: YAML reads its first key as the rest of that text."""
    filled = list(islice((index for index, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), 2))
    if not filled[1:] or not _DASHES.match(lines[filled[0]]) or not _ROOT_KEY.match(lines[filled[1]]):
        return None
    message = "line that begins a document must be `---`; write `---`: the key below continues this text"
    return SyntaxProblem(chunk.line + filled[0], 1, len(lines[filled[0]].rstrip()) + 1, message)


def _stray_text(chunk: Chunk, lines: Sequence[str]) -> SyntaxProblem | None:
    """Return the line of plain text above the first key of an object, such as the name of a file that was copied with it."""
    filled = list(islice((index for index, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), 2))
    if not filled[1:] or not _ROOT_KEY.match(lines[filled[1]]) or not _PLAIN_TEXT.match(lines[filled[0]]):
        return None
    message = "line above the object is no part of it; remove the line, or begin it with `#`: the key below continues this text"
    return SyntaxProblem(chunk.line + filled[0], 1, len(lines[filled[0]].rstrip()) + 1, message)


def _open_quote(chunk: Chunk, lines: Sequence[str], index: int) -> SyntaxProblem | None:
    """Return the quote that was opened and not closed on its line, where the next one, opened by a later key, was taken for its end."""
    for above in range(max(index - _FARTHEST_QUOTE, 0), index):
        found = _OPENED_QUOTE.match(lines[above])
        if not found or _is_closed(found["rest"], found["quote"]) or above + 1 >= len(lines):
            continue
        rest = lines[above + 1 : index + 1]
        if _KEY.match(rest[0]) and any(_KEY.match(line) and found["quote"] in line for line in rest):
            column = found.start("quote") + 1
            message = "quote opened here is not closed on its line; close the quote"
            return SyntaxProblem(chunk.line + above, column, column + 1, message)
    return None


def _is_closed(rest: str, quote: str) -> bool:
    """Tell whether a quoted scalar that goes on with `rest` ends on its line."""
    rest = re.sub(r"\\.", "", rest) if quote == '"' else rest.replace("''", "")
    return quote in rest


_REPEATED = pattern(r"is already set on line ([0-9]+); ")
_ALSO_BELOW = "; keys below are set twice too: put a `-` before this one if they are another element, else keep one of each"


def as_one_mistake(problems: Sequence[SyntaxProblem]) -> tuple[SyntaxProblem, ...]:
    """Return problems with those made one, told at the first, where keys repeat others in their order: a lost dash repeats them all."""
    kept: list[SyntaxProblem] = []
    run: tuple[int, int] | None = None
    for one in problems:
        found = _REPEATED.search(one.message)
        first = int(found[1]) if found else 0
        if run is not None and found and one.column == kept[-1].column and run[0] < first < kept[-1].line and one.line > run[1]:
            kept[-1] = kept[-1]._replace(message=kept[-1].message.partition("; ")[0] + _ALSO_BELOW)
        else:
            kept.append(one)
        run = (first, one.line) if found else None
    return tuple(kept)


def repeated_keys(chunk: Chunk) -> tuple[SyntaxProblem, ...]:
    """Return what is wrong with a document that can be read: keys that are set twice, text that is ignored."""
    try:
        problems = documents.parse_shared(chunk).problems
    except documents.BrokenDocument:
        return ()
    lost = lost_separator(chunk) if problems else None
    return (lost,) if lost else problems


def name_of_object(chunk: Chunk) -> str:
    """Return what messages call the object of a document that can be read: kind and name; `""` where it has none."""
    try:
        value = documents.parse_shared(chunk).root.value
    except documents.BrokenDocument:
        return ""
    kind, metadata = (value.get(key) for key in ("kind", "metadata")) if isinstance(value, dict) else (None, None)
    name, namespace = (metadata.get(key) for key in ("name", "namespace")) if isinstance(metadata, dict) else (None, None)
    if not isinstance(kind, str) or not isinstance(name, str):
        return ""
    return f"{kind} {namespace}/{name}" if isinstance(namespace, str) else f"{kind} {name}"
