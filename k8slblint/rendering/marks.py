"""The marks that replace texts, and which text each of them stands for."""

import re
from collections.abc import Mapping

from k8slblint.rendering.occurrences import Candidate

_MARK = re.compile(r"k8slblint[0-9]{4}k")


def numbered(tokens: Mapping[Candidate, str]) -> tuple[dict[Candidate, str], set[Candidate]]:
    """Return a mark for each candidate, given with its text, and the candidates that overlap others and so have none."""
    marks: dict[Candidate, str] = {}
    dropped: set[Candidate] = set()
    ends: dict[str, int] = {}
    for candidate in sorted(tokens, key=lambda one: (one.file, one.start, -one.end)):
        if candidate.start < ends.get(candidate.file, 0):
            dropped.add(candidate)
        else:
            marks[candidate] = mark_of(tokens[candidate], len(marks))
            ends[candidate.file] = candidate.end
    return marks, dropped


def mark_of(token: str, number: int) -> str:
    """Return a text of the same type as a token that stands nowhere else: another number, or a word that YAML takes for text."""
    if token.isdigit():
        return str(30100 + number) if 30000 <= int(token[:9]) <= 32767 else str(41000 + number)  # noqa: PLR2004 - node ports stay node ports
    return f"k8slblint{number:04d}k"


def unmarked(text: str, texts: Mapping[str, str]) -> str:
    """Return a text as it was before it was marked."""
    return texts.get(text) or _MARK.sub(lambda match: texts.get(match[0], match[0]), text)


def text_of(value: object) -> str:
    """Return a scalar as it is written."""
    return str(value).lower() if isinstance(value, bool) else str(value)
