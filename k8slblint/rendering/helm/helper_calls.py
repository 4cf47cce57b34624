"""Finds where a template calls the helper that a value is written in: helpers are copied from chart to chart, and edited nowhere."""

import re
from collections.abc import Iterator

from k8slblint.model.location import Span

_DEFINE = re.compile(r"""\{\{-?[ \t]*define[ \t]+"([^"\n]{1,200})"[ \t]*-?\}\}""")
_CALL = re.compile(r"""\b(?:include|template)[ \t]+"([^"\n]{1,200})\"""")
_FARTHEST = 4
"""So many helpers may lie between a template and the text."""


def helper_at(text: str, offset: int) -> str | None:
    """Return the name of the helper that the text at an offset is in: the last one that is defined before it."""
    found = None
    for match in _DEFINE.finditer(text, 0, offset):
        found = match[1]
    return found


def call_of(helper: str, template: str, helpers: str, key: str) -> Span | None:
    """Return the line of a template that calls a helper, also by way of others in `helpers`; None where several lines may be meant.

    Of several lines the one counts that begins with the key of the field.
    """
    wanted = {helper}
    for _ in range(_FARTHEST):
        lines = _calling_lines(template, wanted)
        if lines:
            keyed = [span for span, line in lines if line.lstrip(" -").startswith(f"{key}:")]
            chosen = keyed or [span for span, _ in lines]
            return chosen[0] if len(chosen) == 1 else None
        callers = {caller for caller, called in _calls_in(helpers) if called in wanted}
        if callers <= wanted:
            return None
        wanted |= callers
    return None


def _calling_lines(template: str, wanted: set[str]) -> list[tuple[Span, str]]:
    found = []
    for number, line in enumerate(template.split("\n"), 1):
        start = next((start for start, called in _calls(line) if called in wanted), None)
        if start is not None:
            found.append((Span(number, start + 1, number, len(line.rstrip()) + 1), line))
    return found


def _calls(line: str) -> Iterator[tuple[int, str]]:
    """Yield where the actions of a line begin that call a helper, and its name."""
    start = line.find("{{")
    while start >= 0 and (end := line.find("}}", start)) >= 0:
        match = _CALL.search(line, start, end)
        if match is not None:
            yield start, match[1]
        start = line.find("{{", end)


def _calls_in(helpers: str) -> list[tuple[str, str]]:
    """Return which helper calls which other one."""
    found: list[tuple[str, str]] = []
    current = ""
    for line in helpers.split("\n"):
        define = _DEFINE.search(line)
        current = define[1] if define is not None else current
        found += [(current, called) for _, called in _calls(line) if current]
    return found
