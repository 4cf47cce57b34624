"""The limits of the texts of a finding, and how names and values are shortened to keep within them.

Whatever a manifest holds, a text stays readable: names and values are shortened in the middle, long lists to their first names.
"""

import re
from collections.abc import Iterable

from k8slblint.model.patterns import pattern

HEADLINE, LABEL, PROSE = 90, 60, 240
"""How many characters a headline, a label, and the why and the help of a finding may have."""

CUT = "..."

_LONGEST_VALUE = 40
_SHORTEST = 12
"""No name or value is shortened below this, so that it can still be recognised."""

_NAMED = 3
_ANNOTATION_KEY = r"`(?:[a-z0-9-]+\.)+[a-z]+/([^`/]+)`"
_TOKEN = pattern(r"\S+")


def middle(text: str, most: int) -> str:
    """Return text of at most `most` characters: a longer one loses its middle, one that has lost it already more of that."""
    if len(text) <= most:
        return text
    kept = max(most - len(CUT), 2)
    head, cut, tail = text.partition(CUT)
    if not cut:
        return f"{text[: kept - kept // 2]}{CUT}{text[-(kept // 2) :]}"
    front = min(len(head), kept - kept // 2)
    return f"{head[:front]}{CUT}{tail[-max(kept - front, 1) :]}"


def quoted(value: object, most: int = _LONGEST_VALUE) -> str:
    """Write a value in single quotes, in one line and shortened in the middle."""
    return f"'{middle(' '.join(str(value).split()), most)}'"


def listed(names: Iterable[str], word: str = "and", most: int = _NAMED) -> str:
    """Write names in one phrase: `a`, `a and b`, `a, b and c`; more than `most` are cut to the first ones and a number."""
    every = list(names)
    if len(every) > most:
        every = [*every[: most - 1], f"{len(every) - most + 1} more"]
        word = "and"
    return f" {word} ".join(filter(None, (", ".join(every[:-1]), *every[-1:])))


def short_key(key: str) -> str:
    """Return the name of an annotation key without its domain, which a headline has no room for."""
    return key.rpartition("/")[2]


def fitted(text: str, limit: int) -> str:
    """Return text in one line of at most `limit` characters.

    Where it is longer, annotation keys lose their domain, then the longest names and values their middle, then those in backticks (fields,
    keys), words such as kinds last; what is still too long is cut between two words.
    """
    text = " ".join(text.split())
    if len(text) > limit:
        text = re.sub(_ANNOTATION_KEY, r"`\1`", text)
    while len(text) > limit:
        tokens = [token for token in _TOKEN.finditer(text) if len(token[0]) > _SHORTEST]
        if not tokens:
            return shortened(text, limit)
        longest = max(tokens, key=_readiness)
        room = max(_SHORTEST, len(longest[0]) - (len(text) - limit))
        text = f"{text[: longest.start()]}{middle(longest[0], room)}{text[longest.end() :]}"
    return text


def _readiness(token: re.Match[str]) -> tuple[int, int]:
    """Return how ready a word is to lose its middle: names first, then fields and keys, whole words last; of those the longest."""
    text = token[0]
    return (1 if text.startswith("`") else 0 if text.strip(",.;:").isalpha() else 2), len(text)


def within(limit: int, *sentences: str) -> str:
    """Return the first sentence, and of the others those that fit within the limit beside it."""
    text = sentences[0]
    for other in sentences[1:]:
        if other and len(text) + len(other) < limit:
            text = f"{text} {other}".strip()
    return text


def joined(headline: str, why: str, help_: str) -> str:
    """Return the texts of a finding as one paragraph, each part ending in a period."""
    return " ".join(sentence(part) for part in (headline, why, help_) if part)


def capital(text: str) -> str:
    """Return text that starts as a sentence does; names of programs (`kube-proxy`) and fields keep their spelling."""
    word = text.partition(" ")[0]
    return text[:1].upper() + text[1:] if word.rstrip(",;:").isalpha() else text


def brief(names: str, otherwise: str = "the controller") -> str:
    """Return the names of the controllers that may serve something, or another word where they are too many to read."""
    return names if len(names) <= _LONGEST_NAMES else otherwise


_LONGEST_NAMES = 60


def served(names: str, reason: str, what: str = "the Service") -> str:
    """Say which controller serves something, and why, without naming it twice."""
    return capital(reason) if names in reason else f"{names} serves {what} ({reason})"


def sentence(text: str) -> str:
    """Return text that ends as a sentence does."""
    text = text.strip()
    return text if text.endswith((".", "?", "!")) or not text else f"{text}."


def shortened(text: str, most: int) -> str:
    """Return text of at most `most` characters: a longer one ends between two words."""
    if len(text) <= most:
        return text
    head = text[: most - len(CUT)]
    return f"{head.rpartition(' ')[0] or head}{CUT}"
