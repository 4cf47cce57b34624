"""Path patterns of the configuration mean the same however they are run, and take no long time whatever they hold."""

import itertools
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8slblint.model.globs import matches_any

_TOKENS = {"**/": "(?:.*/)?", "/**": "(?:/.*)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def oracle(path: str, pattern: str) -> bool:
    """The meaning of a pattern as one backtracking expression, which is right and may be slow."""
    text = pattern.removeprefix("./").rstrip("/")
    if text in ("", "."):
        return True
    parts = [_TOKENS.get(token, re.escape(token)) for token in re.split(r"(\*\*/|/\*\*\Z|\*\*|\*|\?)", text)]
    return re.match("".join(parts) + r"(?:/.*)?\Z", path, re.DOTALL) is not None


MANY_STARS = "**/**/**/"
"""Before a pattern, it takes the way of patterns with many stars."""

LONG = "a/" * 160
"""Before a path, it takes the way of long paths."""


SHORT_PATHS = ["".join(letters) for size in range(5) for letters in itertools.product("ab/", repeat=size)]


@pytest.mark.parametrize("size", range(1, 5))
def test_states_agree_with_the_expression_on_all_short_patterns(size: int) -> None:
    for letters in itertools.product("a/*?", repeat=size):
        pattern = "".join(letters)
        for path in SHORT_PATHS:
            wanted = oracle(path, pattern)
            assert matches_any(path, [pattern]) == wanted, (path, pattern)
            assert matches_any(path, [MANY_STARS + pattern]) == oracle(path, MANY_STARS + pattern), (path, pattern)


@settings(deadline=None, max_examples=120)
@given(pattern=st.text("ab/*?.\n", max_size=14), path=st.text("ab/.\n", max_size=14))
def test_states_agree_with_the_expression(pattern: str, path: str) -> None:
    assert matches_any(path, [pattern]) == oracle(path, pattern)
    for start, long in ((MANY_STARS, ""), ("", LONG), (LONG, LONG), (MANY_STARS, LONG)):
        assert matches_any(long + path, [start + pattern]) == oracle(long + path, start + pattern)


@pytest.mark.parametrize("pattern", ["*a" * 40 + "b", "**/*a" * 30 + "/b", "**a" * 40 + "b", "*?" * 100 + "b", "?*" * 2000])
def test_patterns_full_of_stars_take_no_long_time(pattern: str) -> None:
    start = time.perf_counter()
    for path in ("a" * 4000, "a/" * 2000, "aa/" * 1300):
        assert not matches_any(path + "c", [pattern]) or not pattern.endswith("b")
    assert time.perf_counter() - start < 5
