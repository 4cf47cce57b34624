"""Where a mistake in rendered text is written: the line of the template that repeats a key.

Nobody sees rendered text, so its lines mean nothing. The lines of a template that became lines of the text are found by comparing both;
what a helper inserted stands behind the line that calls it.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from k8slblint.model.loaded import InputProblem
from k8slblint.model.location import Location, Span
from k8slblint.model.resource import SourceText
from k8slblint.model.texts import listed

_REPEATED = re.compile(r"^The key '(?P<key>.*)' is already set on line (?P<line>[0-9]+)$", re.DOTALL)
_LEAD = re.compile(r"[ \t]*(?:-[ \t]+)*[^\s:#{]+:")
_MOST_LINES = 1_500
"""Longer texts are not compared, which takes time that grows with the product of the lengths."""


class Template(NamedTuple):
    """The file that a rendered text was made of."""

    path: str
    source: SourceText


def is_repeated_key(problem: InputProblem) -> bool:
    """Tell whether a problem is a key that is set twice, which Helm installs all the same."""
    return problem.rule == "invalid-yaml" and _REPEATED.match(problem.headline) is not None


def at_template(problem: InputProblem, text: str, line: int, template: Template, why: str) -> InputProblem:
    """Return the problem of a repeated key at the line of the template that sets it again.

    `line` is the line of the problem in `text` (from 1), one document as it was rendered.
    """
    found = _REPEATED.match(problem.headline)
    key = found["key"] if found else ""
    place = _line_in(template.source.text, text, line)
    written = template.source.line(place)
    column = len(written) - len(written.lstrip()) + 1
    return problem._replace(
        location=Location(template.path, Span(place, column, place, max(len(written.rstrip()), column) + 1)),
        headline=f"The key '{key}' is set twice in the rendered object",
        source=template.source,
        severity="warning",
        label="",
        why=f"{why} Helm installs it with the last value; kustomize and strict clients refuse it.",
        help="Remove one of the two.",
        cause=f"'{key}' is set twice, line {written.strip()}",
    )


def together(problems: Sequence[InputProblem]) -> list[InputProblem]:
    """Return problems, those about keys repeated on neighbouring lines of a template made one."""
    kept: list[InputProblem] = []
    last: int | None = None
    for one in problems:
        before = kept[-1] if kept else None
        is_repeated = " is set twice in the rendered object" in one.headline
        place = (one.location.path, one.location.span.line)
        if before is not None and last is not None and is_repeated and place[0] == before.location.path and place[1] in (last, last + 1):
            kept[-1] = _joined(before, one)
        else:
            kept.append(one)
        last = place[1] if is_repeated else None
    return kept


def _joined(first: InputProblem, second: InputProblem) -> InputProblem:
    keys = [re.findall(r"'([^']*)'", one.headline) for one in (first, second)]
    names = list(dict.fromkeys([*keys[0], *keys[1]]))
    if len(names) == 1:
        return first
    shown = listed([f"'{name}'" for name in names])
    return first._replace(headline=f"The keys {shown} are set twice in the rendered object", help="Remove one of each.")


def _line_in(template: str, text: str, line: int) -> int:
    """Return the line of a template that became a line of the rendered text, or else the one behind the nearest that did."""
    written = [_lead(one) if "{{" in one else one.rstrip() for one in template.splitlines()]
    known = set(written)
    rendered = [stripped if (stripped := one.rstrip()) in known else _lead(one) for one in text.splitlines()]
    if max(len(written), len(rendered)) > _MOST_LINES:
        return 1
    above = 0
    for block in SequenceMatcher(None, written, rendered, autojunk=False).get_matching_blocks():
        if block.b <= line - 1 < block.b + block.size:
            return block.a + (line - 1 - block.b) + 1
        if block.size and block.b + block.size <= line - 1:
            above = block.a + block.size
    return min(above + 1, max(len(written), 1))


def _lead(line: str) -> str:
    """Return what a line of a template and of rendered text have in common: the indentation and the key, or all of it."""
    found = _LEAD.match(line)
    return found[0] if found else line.rstrip()
