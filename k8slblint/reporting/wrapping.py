"""Wraps paragraphs between words to the width of a terminal."""

import textwrap

from k8slblint.reporting.excerpt import no_command


def wrapped(text: str, width: int, *, first: int = 0, indent: str = "") -> list[str]:
    """Return the lines of a paragraph; the first starts in column `first`, the others with `indent`. No word is ever broken.

    A word of the text that comes to stand at the start of a line is no command to a CI runner there either.
    """
    lines = textwrap.wrap(
        text,
        max(width, len(indent) + 1, first + 1),
        initial_indent=" " * first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [lines[0].removeprefix(" " * first), *map(no_command, lines[1:])] if lines else [""]
