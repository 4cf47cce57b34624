"""That an ordinary document is read as the composer reads it: its value at once, its places when they are asked for."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from k8slblint import documents
from k8slblint.documents.composing import compose

TEXTS = [
    "a: 1\nb: [x, 'y', \"z\"]\nc: {d: null, e: ~}\n",
    "a: on\nb: 0443\nc: 08\nd: 1.5e3\ne: 2001-01-01\nf: y\n",
    "- a\n- - b\n  - c: d\n",
    "a: &x {b: 1}\nc: *x\n<<: *x\n",
    "a: *x\n",
    "a: &x b\nc: *x\n*x : d\n",
    "&x a: &x b\n*x : c\n",
    "&x a: 1\nb: *x\n*x : c\n",
    "a: &x\nb: *x\nc: &x 1.50\nd: *x\n*x : e\n",
    "a: &x {b: *x}\n",
    "a: &x 1\nb: &x {c: *x}\n",
    "a: &x 1\nb: &x [*x]\n",
    "a: &x [&x [&x 1]]\nb: *x\n",
    "a: &x <<\n*x : {b: 1}\n",
    "&x a: 1\n",
    "--- &x\na: *x\n",
    "a: &x [&y {b: &z 1, c: *z}, *y]\nd: [*x, *y, *z]\n",
    "a: &x [1, 2, 3]\nb: [" + "*x, " * 25 + "]\n",
    "a: &x [1, 2, 3]\nb: [" + "*x, " * 26 + "]\n",
    "a0: &a0 x\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]\n" for n in range(1, 9)),
    "a: x &y\nb: c && d\ne: R&D\nf: https://host/?a=1&b=2\n",
    "a: !x {b: 1}\n",
    "!x\na: 1\n",
    "a: 1\na: 2\n",
    "1: a\ntrue: b\nx: !!str 5\n",
    "1.5: a\n",
    "? [a]\n: b\n",
    "'<<': {a: 1}\n",
    "<<: {a: 1}\n",
    "a: |\n  text: 1\n  more\nb: >-\n  folded\n  text\n",
    "a: 1\n...\nb: 2\n",
    "a: 1\n... b: {\n",
    "  # indented\n\n  a:\n    - \n    -\n  b:\n",
    "just text\n",
    "",
    "# nothing\n",
    '{"a": 1.0, "b": "\\/"}',
    'a: "x\\/y"\n',
    "a: [http://a, b:c]\n",
    "a: 1\r\nb:\r\n- x\r\n",
    "a:\rb\n",
    "a: x\u2028y\n",
    "a: {b: 1\n",
    "\ta: 1\n",
    "a: .inf\n",
    "a: " + "[" * 300 + "]" * 300 + "\n",
]


def as_read(read):
    """Everything that comes of a document, in words; places are asked for after the value."""
    try:
        parsed = read()
    except documents.BrokenDocument as error:
        return str(error)
    return repr(parsed.root.value), list(nodes(parsed.root)), parsed.problems


def nodes(node, at=()):
    yield at, repr(node.value), node.line, node.column, node.end_line, node.end_column, node.style, node.aliased
    for name, (key, value) in node.members.items():
        yield from nodes(key, (*at, "key", name))
        yield from nodes(value, (*at, name))
    for index, item in enumerate(node.items):
        yield from nodes(item, (*at, index))


def composed(chunk):
    if chunk.is_json or chunk.text.startswith("---"):
        return documents.parse(chunk)
    return compose(chunk)


@pytest.mark.parametrize("text", TEXTS)
def test_a_document_is_read_as_the_composer_reads_it(text):
    for chunk in documents.split(f"{text}\n---\nkind: Second\n"):
        assert as_read(lambda chunk=chunk: documents.parse(chunk)) == as_read(lambda chunk=chunk: composed(chunk))


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="ascii"), max_size=8)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SCALARS, inner, max_size=3), max_leaves=10)


@given(st.dictionaries(st.sampled_from(["kind", "spec", "on", "1", "<<"]), VALUES), st.booleans())
def test_any_document_is_read_as_the_composer_reads_it(value, flow):
    written = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = flow
    yaml.dump(value, written)
    for chunk in documents.split(f"kind: A\n---\n{written.getvalue()}"):
        assert as_read(lambda chunk=chunk: documents.parse(chunk)) == as_read(lambda chunk=chunk: composed(chunk))


@pytest.mark.parametrize("name", ["members", "items", "end_line", "end_column", "span"])
def test_any_question_for_a_place_finds_all_of_them(name):
    (chunk,) = documents.split("\nkind: A\nspec:\n  a: [1]\n")
    root = documents.parse(chunk).root
    getattr(root, name)
    assert list(nodes(root)) == list(nodes(compose(chunk).root))


def test_what_no_node_has_an_ordinary_one_lacks_too():
    (chunk,) = documents.split("kind: A\n")
    assert not hasattr(documents.parse(chunk).root, "colour")


def test_the_same_text_in_two_scalars_has_the_places_of_each():
    text = "a: 'x: [1]'\nb: 'x: [1]'\n"
    (chunk,) = documents.split(text)
    root = documents.parse(chunk).root
    inner = [documents.parse_inner(root.child(name), text) for name in ("a", "b")]
    assert [node.child("x").line for node in inner] == [1, 2]


def test_only_those_who_share_a_document_get_its_nodes_again():
    first, second, elsewhere = (documents.split(text)[0] for text in ("kind: A\n", "kind: A\n", "\n---\nkind: A\n"))
    assert documents.parse_shared(first).root is documents.parse_shared(second).root
    assert documents.parse_shared(elsewhere).root is not documents.parse_shared(first).root
    assert documents.parse(first).root is not documents.parse_shared(first).root
