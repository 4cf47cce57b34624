"""Text that may come from manifests, in Markdown: it is shown and does nothing else.

Words that hold anything but letters, digits and plain punctuation stand in code spans: in these GitHub makes no links, mentions,
references, images, emoji or HTML, and a backslash means nothing (CommonMark 0.31, 6.1; GitHub Flavored Markdown 0.29, 6.9;
gjtorikian/html-pipeline: mentions are not looked for in `code`). Untrusted text never stands in a table: a pipe would end its cell.
"""

import re
from collections.abc import Iterator

from k8slblint.model.patterns import pattern
from k8slblint.model.texts import middle
from k8slblint.reporting.excerpt import visible

_WORD = pattern(r"[(]*`[^`]+`[).,:;]*(?!\S)|\S+")
"""A span of code as our own texts have them, with punctuation around it, or whatever stands between blanks."""

_OWN_CODE = pattern(r"([(]*)`([^`]+)`([).,:;]*)")

_PLAIN = pattern(r"[(\"']*+[A-Za-z0-9][A-Za-z0-9/.,;'\"()=%+-]*+(?<![(=+-])[.,:;?!)'\"]*+")

_LINKING = pattern(r"www\.|^\W*(?:[0-9a-f]{7,40}|gh-[0-9]+)\W*$|^[0-9]+[.)]$", re.IGNORECASE)
"""Words of plain characters that GitHub makes links of: hosts, commits, references; and numbers that would begin a list."""

_ENDING = ".,:;"
"""Punctuation that stays outside of a span of code at the end of a word."""

LONGEST = 400
"""How many characters of one text are shown."""


def code(text: str, most: int = LONGEST) -> str:
    """Return text as one code span, whatever it holds; it is made visible, put in one line and shortened in its middle."""
    shown = middle(visible(text).strip(), most) or " "
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def prose(text: str, most: int = LONGEST) -> str:
    """Return a sentence in Markdown: spans between backticks stay code, words that could mean something become code."""
    return " ".join(_words(middle(visible(text).strip(), most)))


def _words(text: str) -> Iterator[str]:
    for match in _WORD.finditer(text):
        word = match[0]
        own = _OWN_CODE.fullmatch(word)
        if own is not None:
            yield f"{own[1]}{code(own[2])}{own[3]}"
        elif _PLAIN.fullmatch(word) and not _LINKING.search(word):
            yield word
        else:
            bare = word.rstrip(_ENDING) or word
            yield f"{code(bare)}{word[len(bare) :]}"
