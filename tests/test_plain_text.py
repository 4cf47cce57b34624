"""What lines alone tell of a document: whether one of its mappings may set a key twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8slblint.documents import BrokenDocument, is_template, outside_of_blocks, parse, split
from k8slblint.loading.plain_text import is_fixed, may_repeat

_REPEATING = {
    "same mapping": "kind: A\nspec:\n  a: 1\n  b: 2\n  a: 3\n",
    "after a list of the same depth": "kind: A\nargs:\n- x: 1\nother: 2\nargs: 3\n",
    "in an element of a list": "kind: A\nspec:\n  - a: 1\n    b:\n      - c: 1\n    b: 2\n",
    "after the dash of an element": "kind: A\nspec:\n- a: 1\n  a: 2\n",
    "after the second of two dashes": "kind: A\nspec:\n  - - a: 1\n      b: 3\n      a: 2\n",
    "in single quotes and without": "kind: A\nlabels:\n  'app': x\n  app: y\n",
    "quoted and not": 'kind: A\nlabels:\n  "app": x\n  app: y\n',
    "after a block scalar": "kind: A\nspec:\n  text: |\n    a: 1\n   # none\n  text: b\n",
    "after a quote over lines": 'kind: A\nspec:\n  x: "a\nb: c"\n  x: 2\n',
    "after a single quote over lines": "kind: A\nspec:\n  x: 'a\nb: c'\n  x: 2\n",
    "odd keys beside lists": "kind: A\nspec:\n- name: a\n- name: b\na b: 1\na b: 2\n",
    "odd keys in quotes beside lists": 'kind: A\nspec:\n- name: a\n- name: b\n"a b": 1\n"a b": 2\n',
    "numbers of one value": "kind: A\nspec:\n- name: a\n- name: b\n1: a\n0x1: b\n",
    "words of one value": 'kind: "A"\nspec:\n- name: a\n- name: b\non: a\nyes: b\n',
    "keys with a question mark": 'kind: "A"\nspec:\n- name: a\n- name: b\n? c\n: 1\n? c\n: 2\n',
    "in braces": "kind: A\nspec: {a: 1, a: 2}\n",
    "text after the end": '  kind: "A"\n  a: "1"\nkind: B\n',
}

_PLAIN = {
    "elements of a list": "kind: A\nspec:\n- name: a\n  port: 1\n- name: b\n  port: 2\n",
    "mappings side by side": 'kind: "A"\na:\n  x: 1\nb:\n  x: 2\n',
    "keys in a block scalar": 'kind: "A"\nspec:\n  text: |\n    a: 1\n    a: 2\n',
    "quotes and lists": 'kind: "A"\nspec:\n- name: "a"\n  url: http://a:80\n- name: "b"\n  url: 10:30\n',
    "empty braces": "kind: A\nspec: {}\nstatus: {}\n",
}


@pytest.mark.parametrize("text", _REPEATING.values(), ids=_REPEATING)
def test_no_document_with_a_problem_is_taken_for_plain(text: str) -> None:
    (chunk,) = split(text)
    assert parse(chunk).problems
    assert may_repeat(chunk.text)


@pytest.mark.parametrize("text", _PLAIN.values(), ids=_PLAIN)
def test_documents_whose_lines_show_that_no_key_repeats_are_plain(text: str) -> None:
    (chunk,) = split(text)
    assert not parse(chunk).problems
    assert not may_repeat(chunk.text)


_QUOTED = ("x: 'p", "q: r'", 's: "t', 'u: v"', "t: |", "t: >-", "text # c: d", "http://e", "f:g", "*x : 1", "? a", ": 3", "e: &x y")

_PARTS = st.sampled_from(
    [*("a: 1", "b: x", '"a": 1', "'b': 1", "a:", "b:", "- a: 1", "- b:", "- - a: 2", "-", "c d: 1", "yes: 1", "on: 2"), *_QUOTED, "1: 2"]
)
_LINES = st.lists(st.tuples(st.integers(0, 3), _PARTS), max_size=9)


@given(lines=_LINES)
def test_nothing_that_repeats_a_key_is_taken_for_plain(lines: list[tuple[int, str]]) -> None:
    text = 'kind: "A"\n' + "".join(f"{'  ' * depth}{part}\n" for depth, part in lines)
    (chunk,) = split(text)
    try:
        problems = parse(chunk).problems
    except BrokenDocument:
        return
    assert may_repeat(chunk.text) or not [problem for problem in problems if "already set" in problem.message]


BLOCKS = [
    ("a: |\n  {{ x }}\n\n  y\nb: 1\n", "a: |\nb: 1\n"),
    ("a: >-\n  {{ x }}\nb: 1\n", "a: >-\nb: 1\n"),
    ("a: |+2  # text\n  {{ x }}\nb: 1\n", "a: |+2  # text\nb: 1\n"),
    ("c:\n  - |\n    {{ z }}\n  - >\n   {{ q }}\n", "c:\n  - |\n  - >\n"),
    ("- - |\n    {{ z }}\n  - {{ q }}\n", "- - |\n  - {{ q }}\n"),
    ("- d: |\n    {{ r }}\n  e: {{ s }}\n", "- d: |\n  e: {{ s }}\n"),
    ("data:\n  x: |\n    a\n{{ if y }}\n    b\n", "data:\n  x: |\n{{ if y }}\n    b\n"),
    ("a: {{ x }} |\n  {{ y }}\n", "a: {{ x }} |\n  {{ y }}\n"),
    ("a: b|\n  {{ y }}\n", "a: b|\n  {{ y }}\n"),
    ("# a: |\n  {{ y }}\n", "# a: |\n  {{ y }}\n"),
    ("a: |", "a: |"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "rest"), BLOCKS)
def test_what_block_scalars_hold_is_left_out(text: str, rest: str) -> None:
    assert outside_of_blocks(text) == rest


def test_braces_in_a_block_scalar_make_no_template_of_a_broken_document() -> None:
    block = "kind: A\ndata:\n  x: |\n    {{ range .Alerts }}\n    {{ end }}\n"
    for text, is_one in ((f"{block}a:\n - b\n  c: d\n", False), (f"{block}{{{{ if x }}}}\na: 1\n{{{{ end }}}}\n", True)):
        assert is_template(text) == is_one
        assert is_fixed(text) != is_one
