"""What lines alone tell of a document: whether one of its mappings may set a key twice."""

import pytest

from k8slblint.documents import parse, split
from k8slblint.loading.plain_text import may_repeat

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
    "in braces": "kind: A\nspec: {a: 1, a: 2}\n",
    "text after the end": '  kind: "A"\n  a: "1"\nkind: B\n',
}

_PLAIN = {
    "elements of a list": "kind: A\nspec:\n- name: a\n  port: 1\n- name: b\n  port: 2\n",
    "mappings side by side": 'kind: "A"\na:\n  x: 1\nb:\n  x: 2\n',
    "keys in a block scalar": 'kind: "A"\nspec:\n  text: |\n    a: 1\n    a: 2\n',
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
