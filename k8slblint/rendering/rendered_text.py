"""Where a mistake in rendered text is written: the line of the template that repeats a key.

Nobody sees rendered text, so its lines mean nothing. The lines of a template that became lines of the text are found by comparing both;
what a helper inserted stands behind the line that calls it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
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


def is_set_by_template(problem: InputProblem) -> bool:
    """Tell whether a template, or a helper, itself sets a key that is repeated: values show the mistake, and are not what is wrong."""
    if _TWICE not in problem.headline:
        return False
    keys = re.findall(r"'([^']*)'", problem.headline)
    return any(_sets(line, key) for line in problem.source.text.splitlines() for key in keys)


def at_template(
    problem: InputProblem, text: str, line: int, template: Template, why: str, helpers: Iterable[Template] = ()
) -> InputProblem:
    """Return the problem of a repeated key at the line of the template, or of the helper, that sets it again.

    Helm installs what has the same value twice as it is meant: that is in doubt, since few render a chart through kustomize.
    `line` is the line of the problem in `text` (from 1), one document as it was rendered; `helpers` are files of named templates.
    """
    found = _REPEATED.match(problem.headline)
    key = found["key"] if found else ""
    place = _line_in(template.source.text, text, line)
    first = int(found["line"]) - problem.location.span.line + line if found else line
    own = sum(_sets(template.source.line(_line_in(template.source.text, text, one)), key) for one in (first, line))
    in_helper = next(((helper, again) for helper in helpers if (again := _set_again(helper.source.text, key))), None) if not own else None
    if in_helper:
        template, place = in_helper
    written = template.source.line(place)
    column = len(written) - len(written.lstrip()) + 1
    is_alike = problem.severity == "note"  # both have the same value
    name = f"'{key}'{', alike,' if is_alike else ''}"
    return problem._replace(
        location=Location(template.path, Span(place, column, place, max(len(written.rstrip()), column) + 1)),
        headline=f"The key '{key}' is set twice in the rendered object",
        source=template.source,
        severity=problem.severity or "warning",
        confidence="low" if is_alike else problem.confidence,
        label="",
        why=f"{why} Helm installs it with {'this' if is_alike else 'the last'} value; kustomize and strict clients refuse it.",
        help="Remove one of the two." if own != 1 else "Remove one of the two: here, or where a helper or a value sets it.",
        cause=f"{name} {_BY_HELPER}" if own < _BOTH else f"{name} is set twice, line {written.strip()}",
    )


_BY_HELPER = "is set by a helper or a value, and again"
_BOTH = 2
_TWICE = " set twice in "


def _sets(line: str, key: str) -> bool:
    return line.lstrip(" -").startswith(f"{key}:")


def _set_again(text: str, key: str) -> int | None:
    """Return the line (from 1) where one named template sets a key for the second time, in no other branch than for the first."""
    is_set = False
    for number, line in enumerate(text.splitlines(), 1):
        if _BRANCH.search(line):
            is_set = False
        elif _sets(line, key):
            if is_set:
                return number
            is_set = True
    return None


_BRANCH = re.compile(r"\{\{-?[ \t]*(?:define|else|if|with|range|end)\b")


def together(problems: Sequence[InputProblem]) -> list[InputProblem]:
    """Return problems, made one where helpers repeat a key, and where keys are repeated on neighbouring lines of a template."""
    kept: list[InputProblem] = []
    last: int | None = None
    for one in _of_helpers_together(problems):
        before = kept[-1] if kept else None
        is_repeated = _TWICE in one.headline
        place = (one.location.path, one.location.span.line)
        is_beside = before is not None and last is not None and place[0] == before.location.path and place[1] in (last, last + 1)
        is_alike = before is not None and (before.severity, _where_twice(before)) == (one.severity, _where_twice(one))
        if before is not None and is_beside and is_repeated and is_alike:
            kept[-1] = _joined(before, one)
        else:
            kept.append(one)
        last = place[1] if is_repeated else None
    return kept


def _of_helpers_together(problems: Sequence[InputProblem]) -> Iterator[InputProblem]:
    """Yield problems, the first for all objects of one rendering that have the same key twice because of a helper."""
    counts = Counter(one.cause for one in problems if one.cause.endswith(_BY_HELPER))
    for one in problems:
        count = counts.get(one.cause, 1)
        if count:
            yield one._replace(headline=one.headline.replace("the rendered object", f"{count} rendered objects")) if count > 1 else one
        if one.cause in counts:
            counts[one.cause] = 0


def _joined(first: InputProblem, second: InputProblem) -> InputProblem:
    keys = [re.findall(r"'([^']*)'", one.headline) for one in (first, second)]
    names = list(dict.fromkeys([*keys[0], *keys[1]]))
    if len(names) == 1:
        return first
    shown = listed([f"'{name}'" for name in names])
    return first._replace(headline=f"The keys {shown} are{_TWICE}{_where_twice(first)}", help="Remove one of each.")


def _where_twice(problem: InputProblem) -> str:
    """Return the end of the headline of a repeated key: the rendered object, or how many there are."""
    return problem.headline.partition(_TWICE)[2]


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
