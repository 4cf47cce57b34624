"""Which of several names was probably meant by one that is not among them: slips of a pen, not other names."""

from collections.abc import Iterable
from functools import lru_cache

from k8slblint.model.patterns import pattern

_LONGEST = 253
_SHORTEST = 3
_SEPARATORS = pattern(r"[-_.]")


def nearest_name(written: str, known: Iterable[str]) -> str | None:
    """Return the known name that differs from what was written by one slip, one of its length before others, or None; takes linear time."""
    near = [name for name in known if is_slip(written, name)]
    return next((name for name in near if len(name) == len(written)), near[0] if near else None)


def is_slip(written: str, known: str) -> bool:
    """Tell whether two names differ by case or separators, or in one word by one letter or two that are swapped.

    Other digits (`edge-1`, `edge-2`), a plural (`http`, `https`) and short words (`edge-a`, `edge-b`) make other names.
    """
    if written == known or max(len(written), len(known)) > _LONGEST:
        return False
    (one, words), (other, other_words) = _parts(written), _parts(known)
    if one == other:
        return True
    if len(words) != len(other_words) or abs(len(one) - len(other)) > 1:
        return False
    different = [pair for pair in zip(words, other_words, strict=True) if pair[0] != pair[1]]
    return len(different) == 1 and _is_one_edit(*different[0])


@lru_cache(maxsize=4096)
def _parts(name: str) -> tuple[str, list[str]]:
    """Return a name without case and separators, and the words of it."""
    words = _SEPARATORS.split(name.casefold())
    return "".join(words), words


def _is_one_edit(one: str, other: str) -> bool:
    if min(len(one), len(other)) < _SHORTEST or other in (f"{one}s", one.removesuffix("s")):
        return False
    start = next((index for index, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), min(len(one), len(other)))
    one, other = one[start:], other[start:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    if any(letter.isdigit() for letter in one + other):
        return False
    return sorted((len(one), len(other))) in ([0, 1], [1, 1]) or (len(one) == 2 and one == other[::-1])  # noqa: PLR2004 - a swapped pair
