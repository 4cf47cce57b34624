"""Patterns of the catalogs match as `fnmatch` does, without a regular expression for each."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8slblint.catalog.controllers import controllers
from k8slblint.catalog.wildcards import fits

_WORDS = st.text(alphabet="ab/*", max_size=8)


@given(text=st.text(alphabet="ab/\n", max_size=10), pattern=_WORDS)
def test_a_pattern_matches_what_fnmatch_says(text: str, pattern: str) -> None:
    assert fits(text, pattern) == fnmatchcase(text, pattern)


@pytest.mark.parametrize(
    ("text", "pattern", "is_match"),
    [
        ("a", "a*a", False),
        ("aa", "a*a", True),
        ("aba", "ab*ba", False),
        ("x.dkr.ecr.eu.amazonaws.com/lbc", "*.dkr.ecr.*.amazonaws.com/lbc", True),
        ("x.dkr.ecr.amazonaws.com/lbc", "*.dkr.ecr.*.amazonaws.com/lbc", False),
        ("", "", True),
        ("", "*", True),
    ],
)
def test_parts_of_a_pattern_do_not_share_text(text: str, pattern: str, is_match: bool) -> None:
    assert fits(text, pattern) is is_match


def test_no_pattern_of_a_controller_needs_more_than_stars() -> None:
    patterns = [text for known in controllers().values() for text in known.images]
    assert [text for text in patterns if set(text) & set("?[]")] == []
