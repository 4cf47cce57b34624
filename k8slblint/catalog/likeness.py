"""How alike two names are: of annotation keys in the words in which they differ, of domains in their letters."""

from functools import lru_cache

ALIKE = 0.75
"""How alike the parts of two names must be in which they differ, from 0 to 1: `shceme` and `scheme` are 0.83, `zone` and `mode` 0.5."""

LONGEST = 100
"""Names longer than this are not compared; Kubernetes allows 63 characters."""

SHORTEST_DOMAIN = 9
"""Shorter domains are not compared: too many others differ by a letter or two."""

_MOST_SLIPS = 2


def likeness(written: str, known: str) -> float:
    """Return how alike two names are in the words in which they differ; a word more or less in a long name is a slip too."""
    one, other = list(words_of(written)), list(words_of(known))
    if one == other:
        return 1.0
    while one and other and one[0] == other[0]:
        del one[0], other[0]
    while one and other and one[-1] == other[-1]:
        del one[-1], other[-1]
    if not one or not other:
        total = min(len(words_of(written)), len(words_of(known)))
        return 0.8 if len(one) + len(other) == 1 and total >= 4 else 0.0  # noqa: PLR2004 - of a shorter name a word is too large a part
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, "".join(one), "".join(other), autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE else 0.0


@lru_cache(maxsize=2048)
def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name in small letters, whatever separates them."""
    return tuple(word for word in name.lower().replace("_", "-").replace(".", "-").split("-") if word)


def is_slip(written: str, known: str) -> bool:
    """Tell whether two names differ by one or two letters that were lost, added, exchanged or mistaken."""
    if abs(len(written) - len(known)) > _MOST_SLIPS or not _shares_third(written, known):
        return False
    row = list(range(len(known) + 1))
    for number, letter in enumerate(written, 1):
        above, row = row, [number]
        row.extend(min(above[i] + 1, row[i - 1] + 1, above[i - 1] + (letter != other)) for i, other in enumerate(known, 1))
    return 0 < row[-1] <= _MOST_SLIPS


def _shares_third(written: str, known: str) -> bool:
    """Tell quickly whether a third of a name is left as it was: two slips spoil two of the thirds."""
    third = len(known) // 3
    return known[:third] in written or known[third : 2 * third] in written or known[2 * third :] in written
