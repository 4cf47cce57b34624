"""That the value read without places is the one that the parser reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from k8slblint import documents

TEXTS = [
    "a: 1\nb: [x, 'y', \"z\"]\nc: {d: null, e: ~}\n",
    "a: on\nb: 0443\nc: 08\nd: 1.5e3\ne: 2001-01-01\nf: y\n",
    "- a\n- - b\n  - c: d\n",
    "a: &x {b: 1}\nc: *x\n<<: *x\n",
    "a: 1\na: 2\n",
    "1: a\ntrue: b\nx: !!str 5\n",
    "'<<': {a: 1}\n",
    "a: |\n  text: 1\n  more\nb: >-\n  folded\n  text\n",
    "a: 1\n...\nb: 2\n",
    "just text\n",
    "",
    "# nothing\n",
    '{"a": 1.0, "b": "\\/"}',
    'a: "x\\/y"\n',
    "a: [http://a, b:c]\n",
    "a:\rb\n",
    "a: {b: 1\n",
    "\ta: 1\n",
    "a: .inf\n",
    "a: " + "[" * 300 + "]" * 300 + "\n",
]


def outcome(read):
    try:
        return repr(read())
    except documents.BrokenDocument as error:
        return str(error)


@pytest.mark.parametrize("text", TEXTS)
def test_the_value_is_that_of_the_parser_and_so_is_the_refusal(text):
    for chunk in documents.split(f"{text}\n---\nkind: Second\n"):
        assert outcome(lambda chunk=chunk: documents.parse_value(chunk)) == outcome(lambda chunk=chunk: documents.parse(chunk).root.value)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="ascii"), max_size=8)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SCALARS, inner, max_size=3), max_leaves=10)


@given(st.dictionaries(st.sampled_from(["kind", "spec", "on", "1", "<<"]), VALUES), st.booleans())
def test_any_document_is_read_alike(value, flow):
    import io

    written = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = flow
    yaml.dump(value, written)
    for chunk in documents.split(f"kind: A\n---\n{written.getvalue()}"):
        assert outcome(lambda chunk=chunk: documents.parse_value(chunk)) == outcome(lambda chunk=chunk: documents.parse(chunk).root.value)
