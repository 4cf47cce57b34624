"""Which of several names was probably meant by one that names nothing: the same but for one letter, or the same words."""

import re
from collections.abc import Sequence
from functools import lru_cache

_LONGEST = 63
"""Longer names are not compared."""

_MOST = 100
"""Of so many names; in larger namespaces a near name means little."""

_WORDS = re.compile(r"[a-z]+|[0-9]+")


def near_name(written: str, names: Sequence[str]) -> str | None:
    """Return the first name that differs from another one by one letter, or by the order of its words."""
    if len(written) > _LONGEST or len(names) > _MOST:
        return None
    ours, words = _shortened(written), frozenset(_WORDS.findall(written))
    near = (name for name in names if abs(len(name) - len(written)) <= 1 and not ours.isdisjoint(_shortened(name)))
    return next(near, None) or next((name for name in names if frozenset(_WORDS.findall(name)) == words), None)


@lru_cache(maxsize=1024)
def _shortened(name: str) -> frozenset[str]:
    """Return a name, and the name without each of its letters."""
    return frozenset((name, *(name[:index] + name[index + 1 :] for index in range(len(name)))))
