"""GitHub's line hashes: the vectors of the action, and what they are stable against."""

import pytest

from k8slblint.fingerprint import LineHashes, line_hashes

LOREM = "Lorem ipsum dolor sit amet.\n"


def test_vectors_of_the_action() -> None:
    assert line_hashes("") == ["c129715d7a2bc9a3:1"]
    hashes = line_hashes(LOREM * 10)
    assert (hashes[0], hashes[6], hashes[10]) == ("a7f2ff13bc495cf2:1", "a7f2ff1481e87703:1", "c129715d7a2bc9a3:1")
    assert len(hashes) == 11


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_line_ends_and_indentation_do_not_matter(line_end: str) -> None:
    text = "a: 1\nb:\n  c: 2\n"
    assert line_hashes(text.replace("\n", line_end)) == line_hashes(text)
    assert line_hashes(text.replace("  ", "\t    ")) == line_hashes(text)


def test_edits_above_do_not_matter() -> None:
    tail = "kind: Service\nmetadata:\n  name: web\n"
    assert line_hashes("x: 1\n" + tail)[1:] == line_hashes(tail)


def test_a_line_outside_the_text_has_no_hash() -> None:
    hashes = LineHashes()
    assert hashes.of(LOREM, 1)
    assert hashes.of(LOREM, 0) == hashes.of(LOREM, 9) == ""
