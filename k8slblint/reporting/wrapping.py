"""Wraps paragraphs between words to the width of a terminal, as `textwrap` does, which takes longer to import than most texts to wrap."""

from k8slblint.model.patterns import pattern
from k8slblint.reporting.excerpt import no_command

_BLANKS = pattern(r"([\t\n\x0b\x0c\r ]+)")
_OTHER_BLANKS = dict.fromkeys(map(ord, "\n\x0b\x0c\r"), " ")


def wrapped(text: str, width: int, *, first: int = 0, indent: str = "") -> list[str]:
    """Return the lines of a paragraph; the first starts in column `first`, the others with `indent`. No word is ever broken.

    A word of the text that comes to stand at the start of a line is no command to a CI runner there either.
    """
    parts = [part for part in _BLANKS.split(text.expandtabs().translate(_OTHER_BLANKS)) if part]
    lines = _lines(parts, max(width, len(indent) + 1, first + 1), first, indent)
    return [lines[0], *map(no_command, lines[1:])] if lines else [""]


def _lines(parts: list[str], width: int, first: int, indent: str) -> list[str]:
    """Return lines of words and the blanks between them; blanks at the end of a line, and at the start of others than the first, go."""
    lines: list[str] = []
    number = 0
    while number < len(parts):
        if lines and parts[number].isspace():
            number += 1
            if number == len(parts):
                break
        start, room = number, width - (len(indent) if lines else first)
        while number < len(parts) and len(parts[number]) <= room:
            room -= len(parts[number])
            number += 1
        number = max(number, start + 1)
        end = number - 1 if parts[number - 1].isspace() else number
        if start < end:
            lines.append(f"{indent if lines else ''}{''.join(parts[start:end])}")
    return lines
