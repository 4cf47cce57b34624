"""Lists that are read element by element say what they say when they are read whole: values, places, and what is wrong with them."""

import json
import random
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8slblint import documents
from k8slblint.documents import Chunk, composing, elements, json_reading, json_values, plain_lines
from k8slblint.documents.parts import BrokenDocument, Parsed, SyntaxProblem
from k8slblint.model.node import Node

LIST = "apiVersion: v1\nitems:\n{items}kind: List\nmetadata:\n  resourceVersion: ''\n"
POD = "- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: web\n"

ODD = {
    "indented": LIST.format(items="  - a: 1\n  - b: 2\n"),
    "comments": LIST.format(items="# one\n- a: 1 # two\n# three\n\n- # four\n  b: 2\n  # five\n"),
    "items last": f"kind: List\nitems:\n{POD}{POD}",
    "items first": f"items: # here\n{POD}kind: List\n",
    "windows": LIST.format(items=POD + POD).replace("\n", "\r\n"),
    "text that looks like elements": LIST.format(items="- a: |\n    - b\n    items:\n  c: '- d'\n- e: >\n    - f\n"),
    "folded values": LIST.format(items="- a: 'b\n    c'\n- d: e\n    f\n"),
    "quote over elements": LIST.format(items='- a: "b\n- c"\n- d: e\n'),
    "bracket over elements": LIST.format(items="- a: [b,\n- c]\n- d: e\n"),
    "alias over elements": LIST.format(items="- a: &x {y: 1}\n- b: *x\n"),
    "alias in an element": LIST.format(items="- a: &x 1\n  b: *x\n- c: 1\n"),
    "alias of nothing": LIST.format(items="- a: *x\n"),
    "merge key": LIST.format(items="- a: &x {y: 1}\n  b:\n    <<: *x\n"),
    "repeated key": LIST.format(items=f"{POD}- a: 1\n  a: 2\n"),
    "repeated items": LIST.format(items=POD) + f"items:\n{POD}",
    "broken element": LIST.format(items=f"{POD}- a: [\n"),
    "less indented": LIST.format(items="- a: 1\n b: 2\n"),
    "tab": LIST.format(items="- a: 1\n\tb: 2\n"),
    "end of the document": LIST.format(items=POD).replace("metadata:", "..."),
    "marker in a key": LIST.format(items=POD).replace("kind:", "... kind:"),
    "no mappings": LIST.format(items="- 1\n- b\n"),
    "sequences": LIST.format(items="- - a: 1\n  - b\n"),
    "empty element": LIST.format(items="-\n- a: 1\n"),
    "flow": "kind: List\nitems: [{a: 1}, {b: 2}]\n",
    "empty": "kind: List\nitems: []\n",
    "nothing": "kind: List\nitems:\nmetadata: {}\n",
    "items in a text": "kind: List\nmetadata: |\n  items:\n  - a: 1\n",
    "items in a quote": 'kind: List\nmetadata: "\nitems:\n- a: 1\n"\n',
    "keys that are no text": LIST.format(items="- 1: a\n  yes: b\n"),
    "numbers": LIST.format(items="- a: 0443\n  b: 08\n  c: 1e3\n  d: .5\n  e: 0x1F\n  f: 1_000\n  g: -1\n"),
    "infinite": LIST.format(items="- a: .inf\n"),
    "slash": LIST.format(items='- a: "\\/"\n'),
    "other line ends": LIST.format(items="- a: b\u2028c\n"),
    "lone carriage return": LIST.format(items="- a: b\r  c: d\n"),
    "byte order mark": "\ufeff" + LIST.format(items=POD),
    "without end": LIST.format(items=POD).rstrip("\n"),
    "tagged": LIST.format(items="- a: !!str 1\n"),
    "nested list": LIST.format(items="- kind: List\n  items:\n  - a: 1\n  - b: 2\n- c: 1\n"),
}

DIVIDED = {"indented", "comments", "items last", "items first", "windows", "text that looks like elements", "numbers", "nested list"}


def whole(chunk: Chunk) -> Parsed | SyntaxProblem:
    """Return what is read with all places at once."""
    try:
        return json_reading.read_json(chunk) if chunk.is_json else composing.compose(chunk)
    except BrokenDocument as error:
        return error.problem


def read(chunk: Chunk) -> Parsed | SyntaxProblem:
    try:
        return documents.parse(chunk)
    except BrokenDocument as error:
        return error.problem


def shown(found: Parsed | SyntaxProblem) -> list[Any]:
    """Return all that a document says, with its places, from the last to the first."""
    if isinstance(found, SyntaxProblem):
        return [found]
    said: list[Any] = [found.problems]
    pending = [found.root]
    while pending:
        node = pending.pop()
        is_collection = isinstance(node.value, dict | list)
        said.append((type(node.value), len(node.value) if is_collection else repr(node.value), node.span, node.style, node.aliased))
        said.append((list(node.members), isinstance(node.value, dict) and [(key, type(one)) for key, one in node.value.items()]))
        pending += [*node.items, *(one for pair in node.members.values() for one in pair)]
    return said


def chunks(text: str) -> list[Chunk]:
    return documents.split(documents.decode(text.encode()))


@pytest.mark.parametrize("name", ODD)
def test_an_odd_list_says_the_same_by_its_elements(name: str) -> None:
    for chunk in chunks(ODD[name]):
        assert shown(read(chunk)) == shown(whole(chunk))


@pytest.mark.parametrize("name", ODD)
def test_only_what_stands_alone_is_read_alone(name: str) -> None:
    (chunk,) = chunks(ODD[name])
    if name in DIVIDED:
        assert elements.read_list(chunk) is not None
    elif not {"\u2028", "\r"}.isdisjoint(ODD[name]) or name in {"alias over elements", "merge key", "quote over elements", "no mappings"}:
        assert elements.read_list(chunk) is None


TOKENS = [
    "- ",
    ":",
    ": ",
    "  ",
    "\n",
    " #",
    "'",
    '"',
    "{}",
    "[",
    "]",
    "&a ",
    "*a",
    "|",
    "|-",
    ">",
    "? ",
    "\t",
    "...",
    "items:",
    "~",
    "1e3",
    "<<: ",
]


def mutated(text: str, dice: random.Random) -> str:
    for _ in range(dice.choice([0, 1, 1, 2])):
        at = dice.randrange(len(text))
        text = text[:at] + dice.choice(TOKENS) + text[at + dice.choice([0, 0, 1, 3]) :]
    return text


def element(dice: random.Random, depth: int = 0) -> str:
    """Return some block style, each line of which begins in the first column."""
    keys = dice.sample(["a", "b: ", "name", "'q'", "f:x", 'k:{"n":"x"}', ".", "y"], dice.randrange(1, 4))
    scalars = [
        "1",
        "x",
        '"x: y"',
        "'it''s'",
        "on",
        "{}",
        "|\n  - x\n\n    y\n",
        "|-\n   z",
        "x # y",
        "2026-01-01",
        "",
        "0.10",
        '"\\n"',
        "a b",
    ]
    lines: list[str] = []
    for key in keys:
        if depth < 3 and dice.random() < 0.4:
            below = element(dice, depth + 1).split("\n")
            dash = dice.choice(["", "- "])
            indent = dice.choice(["  ", ""]) if dash else "  "
            body = [f"{indent}{dash if number == 0 else ' ' * len(dash)}{line}" for number, line in enumerate(below)]
            lines += [f"{key}:", *body]
        else:
            lines.append(f"{key}: {dice.choice(scalars)}")
    return "\n".join(lines)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**9))
def test_any_list_says_the_same_by_its_elements(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - it decides nothing that is secret
    parts = ["".join(f"- {element(dice)}\n".replace("\n", "\n  ").rstrip(" ") for _ in range(dice.randrange(1, 4)))]
    text = mutated(LIST.format(items=parts[0]), dice)
    for chunk in chunks(text):
        if not chunk.is_json and not re.match(r"---[ \t]*[^\s#]", chunk.text):
            assert shown(read(chunk)) == shown(whole(chunk)), text


# JSON

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["items", "kind", "a", "<<", ""]), inner, max_size=3),
    max_leaves=8,
)
JSON_TOKENS = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"a":1,',
    "1e3",
    "1E400",
    "-0",
    "18446744073709551616",
    "9" * 400,
    "NaN",
    "\\ud800",
    '"',
    " ",
    "\r\n",
    "01",
]


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["items", "kind", "a"]), JSON_VALUES),
    st.sampled_from([None, 1, 4]),
    st.booleans(),
    st.integers(0, 10**9),
)
def test_any_json_says_the_same_as_with_all_places(value: Any, indent: int | None, is_ascii: bool, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - it decides nothing that is secret
    text = dice.choice(["", " ", "\n  "]) + json.dumps(value, indent=indent, ensure_ascii=is_ascii) + dice.choice(["", "\n"])
    for _ in range(dice.choice([0, 0, 1, 2])):
        at = dice.randrange(len(text) + 1)
        text = text[:at] + dice.choice(JSON_TOKENS) + text[at + dice.choice([0, 1]) :]
    for chunk in documents.split(text):
        if chunk.is_json:
            assert shown(read(chunk)) == shown(whole(chunk)), text


@pytest.mark.parametrize(
    "text",
    [
        '{"kind": "List", "items": [{"a": 1}, {"b": {"c": [2]}}], "z": 1}',
        '{\n "items": [\n  {"a": 1},\n  {"b": 2}\n ],\n "kind": "List"\n}\n',
        '{"items": [{"a": 1}], "items": [{"a": 2}]}',
        '{"items": [{"a": 1, "a": 2}]}',
        '{"items": [1, {"a": 2}]}',
        '{"items": []}',
        '{"items": {"a": [1]}}',
        '{"a": 18446744073709551615, "b": -9223372036854775808, "c": 18446744073709551616, "d": 1e3, "e": -0, "f": 1.0}',
        '{"a": 1e999}',
        '{"a": "\\ud83d\\ude00 \\ud800 \\u2028"}',
        '{"a": "\u2028\u0085"}',
    ],
)
def test_json_says_the_same_as_with_all_places(text: str) -> None:
    (chunk,) = documents.split(text)
    assert chunk.is_json
    assert shown(read(chunk)) == shown(whole(chunk))


def test_json_that_is_nested_deep_is_read_or_refused_as_before() -> None:
    for depth in (10, 500, 1200):
        for chunk in documents.split('{"a":' * depth + "1" + "}" * depth):
            found = read(chunk)
            assert isinstance(found, SyntaxProblem if depth > 1000 else Parsed)


# how much is read


def test_the_places_of_one_element_are_found_by_reading_that_element(monkeypatch: pytest.MonkeyPatch) -> None:
    composed: list[str] = []
    find = elements.read_alone.__globals__["_with_places"]
    monkeypatch.setitem(elements.read_alone.__globals__, "_with_places", lambda chunk: composed.append(chunk.text) or find(chunk))
    root = documents.parse(chunks(LIST.format(items=POD * 100))[0]).root
    listed = root.child("items")
    assert isinstance(listed, Node)
    composed.clear()
    assert listed.items[50].members["kind"][1].line == 2 + 50 * 4 + 2
    assert len(composed) == 1
    assert len(composed[0]) < 2 * len(POD)


def test_the_places_of_one_json_element_are_found_by_reading_that_element(monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []
    monkeypatch.setattr(json_values, "read_json", lambda chunk, column=1: texts.append(chunk.text) or json_reading.read_json(chunk, column))
    text = json.dumps({"items": [{"kind": "Pod", "number": number} for number in range(100)], "kind": "List"})
    listed = documents.parse(documents.split(text)[0]).root.child("items")
    assert isinstance(listed, Node)
    assert listed.items[50].members["number"][1].column == text.index(" 50}") + 2
    assert texts == ['{"kind": "Pod", "number": 50}']


# plain lines


@pytest.mark.parametrize(
    "text",
    [
        "a: b: c\n",
        "a:\n  - b\n c: d\n",
        "a: 'b'c\n",
        "a: [b\n",
        "a: [b]c\n",
        "a: [b] #c\n  d\n",
        "a: [b, [c]]\n",
        "a: [b, ]\n",
        "a: [b:c]\n",
        "a: [b #c]\n",
        "a: ['b''c']\n",
        "a: [*b]\n",
        "a: {b}\n",
        "a: {b: c, b: d}\n",
        "a: {on: c}\n",
        "a: {b:c}\n",
        "a: {{ b: c }}\n",
        "a: {b: .inf}\n",
        "? a\n",
        "a\n",
        "",
        "# a\n",
        "a: &b\n",
        "a: &b\n  c: d\n",
        "a: &b [c]\n",
        "a: &b &c d\n",
        "a: &b !c d\n",
        "a: &b |\n  c\n",
        "a: *b\n",
        "a: &b c\nd: *b\n",
        "a: &b c\n*b : d\n",
        "a: b\n   c\n",
        "- a\n",
        "1: a\n",
        "a: @b\n",
    ],
)
def test_what_is_not_plain_for_sure_is_left_to_the_parser(text: str) -> None:
    with pytest.raises(plain_lines.NotPlainError):
        plain_lines.read_plain_lines(text, plain_lines.Seen())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[]", []),
        ('["", "b, c"]', ["", "b, c"]),
        ("[ 'a' ,b c , -d, 1, on,~ ,1.50,10m ] # e", ["a", "b c", "-d", 1, True, None, 1.5, "10m"]),
        ("{ cpu: 500m, memory: 512Mi }", {"cpu": "500m", "memory": "512Mi"}),
        ('{"a b": \'c\', d/e: "{f}"}', {"a b": "c", "d/e": "{f}"}),
        ("[a] # , b]", ["a"]),
        ("{a: b} # , c: d}", {"a": "b"}),
    ],
)
def test_short_flow_style_is_plain(text: str, value: object) -> None:
    for around, found in (("a: {}\n", {"a": value}), ("a:\n- b\n- {}\nc: d\n", {"a": ["b", value], "c": "d"})):
        whole_text = around.replace("{}", text)
        assert plain_lines.read_plain_lines(whole_text, plain_lines.Seen()) == found
        assert composing.compose(chunks(whole_text)[0]).root.value == found


FLOW_TOKENS = [
    *("[", "]", "{", "}", ",", ", ", ": ", ":", " ", "#", " # ", "a", "b c", "-", "-d", "1", "1.50", "on", "~", "null", "<<", "10m"),
    *('"', "'", '"e"', "'f'", '"g, h"', "\\", "&x ", "*x", "!y ", "|", ">", "?", "%", "@", "`", "$", "(", ")", "é", "=", "a: ", '"k": '),
]


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.sampled_from(FLOW_TOKENS), max_size=9), st.sampled_from(["", "[", "{a: ", "&x "]), st.sampled_from(["", "]", "}"]))
def test_what_is_plain_on_a_line_is_what_the_composer_reads(tokens: list[str], start: str, end: str) -> None:
    text = f"k: &x 1\nl: {start}{''.join(tokens)}{end}\nm:\n- *x\n"
    try:
        value = plain_lines.read_plain_lines(text, plain_lines.Seen(9))
    except plain_lines.NotPlainError:
        return
    parsed = composing.compose(chunks(text)[0])
    assert repr(value) == repr(parsed.root.value), text
    assert not parsed.problems, text


def test_an_alias_of_a_scalar_is_plain_where_aliases_may_be() -> None:
    text = "a: &b on\nc:\n- *b\n- &b 'd' # e\n- *b # f\n"
    assert plain_lines.read_plain_lines(text, plain_lines.Seen(2)) == {"a": True, "c": [True, "d", "d"]}
    with pytest.raises(plain_lines.NotPlainError):
        plain_lines.read_plain_lines(text, plain_lines.Seen(1))


def test_what_dumps_hold_is_plain() -> None:
    text = 'a:\n- b: "c: d"\n  e: |\n    f: g\n     h\n- i\nj: {}\nk:\nl:\n  f:m:\n    k:{"n":"o"}:\n      .: {}\np: 1\nq: on\n'
    value = plain_lines.read_plain_lines(text, plain_lines.Seen())
    inner = {"f:m": {'k:{"n":"o"}': {".": {}}}}
    assert value == {"a": [{"b": "c: d", "e": "f: g\n h\n"}, "i"], "j": {}, "k": None, "l": inner, "p": 1, "q": True}
