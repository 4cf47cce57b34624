"""Holds what `k8slblint.documents` promises: chunks, places, comments, sniffing, templates and limits."""

import gc
import io
import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from k8slblint import documents
from k8slblint.documents import Chunk
from k8slblint.model.location import Path as ValuePath
from k8slblint.model.location import Span
from k8slblint.model.node import Node

PACKAGE = Path(documents.__file__).parents[1]


def chunk_of(text: str) -> Chunk:
    (chunk,) = documents.split(text)
    return chunk


def parse(text: str) -> Node:
    return documents.parse(chunk_of(text)).root


def span_at(root: Node, *path: str | int) -> Span:
    node: Node | None = root
    for part in path:
        assert node is not None
        node = node.child(part)
    assert node is not None
    return node.span


def cut(text: str, span: Span) -> str:
    """Return the text of a span."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


def broken(text: str) -> documents.SyntaxProblem:
    with pytest.raises(documents.BrokenDocument) as caught:
        documents.parse(chunk_of(text))
    return caught.value.problem


class TestDecode:
    @pytest.mark.parametrize(
        "data",
        ["é: 1\n".encode(), "\ufeffé: 1\n".encode(), "\ufeffé: 1\n".encode("utf-16-le"), "\ufeffé: 1\n".encode("utf-16-be")],
        ids=["utf-8", "utf-8 with mark", "utf-16-le", "utf-16-be"],
    )
    def test_encodings(self, data):
        assert documents.decode(data) == "é: 1\n"

    @pytest.mark.parametrize(
        ("data", "line", "column", "words"),
        [
            (b"a: 1\r\nb: \xc3\xa9\xe9\n", 2, 5, "0xE9 is not valid UTF-8"),
            (b"a: 1\nb: \0\n", 2, 4, "U+0000"),
            ("a: é\x1b".encode(), 1, 5, "U+001B"),
            ("a: \x85\n# \x80".encode(), 2, 3, "U+0080"),
            (b"\xff\xfea\0\0\xd8", 1, 2, "UTF-16"),
        ],
    )
    def test_refuses_what_is_not_text(self, data, line, column, words):
        with pytest.raises(documents.UndecodableText) as caught:
            documents.decode(data)
        assert caught.value.problem[:2] == (line, column)
        assert words in caught.value.problem.message

    def test_json_may_hold_characters_that_yaml_forbids(self):
        assert parse(documents.decode(b'{"a": "\x7f"}')).value == {"a": "\x7f"}


class TestSplit:
    def test_lines_and_texts(self):
        chunks = documents.split("# head\na: 1\n---\n# only a comment\n---   # why\nb: 1\n--- \nc: 1")
        assert [(chunk.text, chunk.line) for chunk in chunks] == [("# head\na: 1\n", 1), ("b: 1\n", 6), ("c: 1", 8)]

    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_line_ends(self, end):
        chunks = documents.split(f"a: 1{end}---{end}{end}b: 1{end}")
        assert [chunk.line for chunk in chunks] == [1, 3]
        assert documents.parse(chunks[1]).root.span == (4, 1, 4, 5)

    def test_source_of_a_helm_template(self):
        text = "---\n# Source: web/charts/db/templates/svc.yaml\na: 1\n---\n# Source: https://example.com/x.yaml\nb: 1\n"
        assert [chunk.source for chunk in documents.split(text)] == ["web/charts/db/templates/svc.yaml", None]

    def test_source_counts_only_after_a_separator(self):
        assert chunk_of("# Source: web/templates/svc.yaml\na: 1\n").source is None

    def test_json_objects_in_a_row_keep_their_columns(self):
        chunks = documents.split('{"a":1} {"b":\n2}\n{"c":3}\n---\nd: 4\n')
        assert [(chunk.line, chunk.is_json) for chunk in chunks] == [(1, True), (1, True), (3, True), (5, False)]
        roots = [documents.parse(chunk).root for chunk in chunks]
        assert [root.value for root in roots] == [{"a": 1}, {"b": 2}, {"c": 3}, {"d": 4}]
        assert [root.span for root in roots] == [(1, 1, 1, 8), (1, 9, 2, 3), (3, 1, 3, 8), (5, 1, 5, 5)]

    def test_text_after_a_separator_is_refused_when_parsed(self):
        first, second = documents.split("a: 1\n--- b: 2\nc: 3\n")
        assert documents.parse(first).root.value == {"a": 1}
        with pytest.raises(documents.BrokenDocument) as caught:
            documents.parse(second)
        assert caught.value.problem[:3] == (2, 1, 9)
        assert documents.check_syntax(second) == caught.value.problem

    def test_flow_style_is_not_json(self):
        assert parse("{a: [b, 'c'], d: 010}").value == {"a": ["b", "c"], "d": 8}

    def test_what_starts_like_json_falls_back_to_yaml(self):
        assert parse('{"a": [1, 2,], # why\n "b": 1.0}').value == {"a": [1, 2], "b": 1}


class TestSpans:
    def test_scalars_of_every_style(self):
        text = "a: é x\nb: 'y'  # c\nc: \"z\"\nd: [ 1, {e: f} ]\ng:\n- h\n-   i: j\n"
        root = parse(text)
        paths: list[ValuePath] = [("a",), ("b",), ("c",), ("d",), ("d", 0), ("d", 1, "e"), ("g", 0), ("g", 1, "i")]
        wanted = ["é x", "'y'", '"z"', "[ 1, {e: f} ]", "1", "f", "h", "j"]
        assert [cut(text, span_at(root, *path)) for path in paths] == wanted
        assert root.span == (1, 1, 7, 9)
        assert cut(text, span_at(root, "g")) == "- h\n-   i: j"

    def test_block_scalar_ends_with_its_last_line(self):
        text = "a: |+  # c\n  x\n\n  y\n\n\nb: >-\r\n  z\r\n# c\nd: 1\n"
        root = parse(text)
        assert root.value == {"a": "x\n\ny\n\n\n", "b": "z", "d": 1}
        assert span_at(root, "a") == (1, 4, 4, 4)
        assert span_at(root, "b") == (7, 4, 8, 4)
        assert root.members["a"][1].style == "|"

    def test_empty_value_stands_after_the_colon(self):
        root = parse("a:\nb:   # c\nc: {d: , e, f:\n  }\n? g\nh: !!null\ni:\n-\n- 1\n")
        assert span_at(root, "a") == (1, 3, 1, 3)
        assert span_at(root, "b") == (2, 3, 2, 3)
        assert span_at(root, "c", "d") == (3, 7, 3, 7)
        assert span_at(root, "c", "e") == (3, 11, 3, 11)
        assert span_at(root, "c", "f") == (3, 15, 3, 15)
        assert span_at(root, "g") == (5, 4, 5, 4)
        assert span_at(root, "i", 0) == (8, 2, 8, 2)
        assert root.value["i"] == [None, 1]

    def test_a_scalar_starts_after_its_anchor_and_tag(self):
        text = "a: &x !!str 5\nb: !!int\n  '6'\n&k c: &y\n  d: 1\n"
        root = parse(text)
        assert root.value == {"a": "5", "b": 6, "c": {"d": 1}}
        assert [cut(text, span_at(root, name)) for name in "ab"] == ["5", "'6'"]
        assert root.members["c"][0].span == (4, 4, 4, 5)

    def test_aliases_stand_where_they_are_written(self):
        text = "a: &x\n  b: [1]\nc: *x\n"
        root = parse(text)
        alias = root.members["c"][1]
        assert cut(text, alias.span) == "*x"
        assert alias.aliased
        assert alias.value is root.members["a"][1].value
        assert alias.members["b"][1].span == (2, 6, 2, 9)

    def test_merged_members_stand_at_the_alias(self):
        text = "a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\ne:\n  <<: {f: 3}\n"
        root = parse(text)
        key, value = root.members["c"][1].members["b"]
        assert (key.aliased, value.aliased) == (True, True)
        assert [cut(text, node.span) for node in (key, value)] == ["*x", "*x"]
        assert not root.members["e"][1].members["f"][1].aliased
        assert cut(text, span_at(root, "e", "f")) == "3"

    def test_crlf_does_not_shift(self):
        text = "a: é\r\nb:\r\n  - c\r\n"
        root = parse(text)
        assert span_at(root, "b", 0) == (3, 5, 3, 6)
        assert root.span == (1, 1, 3, 6)

    def test_lines_are_those_of_an_editor(self):
        text = "a: 'x\u2028y'\nb: z\x85\nc:\n  - |\n    d\n  - e\n"
        root = parse(text)
        assert [span_at(root, name).line for name in "abc"] == [1, 2, 4]
        assert [cut(text, span_at(root, *path)) for path in (("a",), ("b",), ("c", 1))] == ["'x\u2028y'", "z", "e"]
        assert broken("a: '\u2028'\nb: &c [*c]\n")[:2] == (2, 8)
        assert broken("a: '\u2028'\nb: ]\n")[:2] == (2, 4)

    def test_json(self):
        text = '{\n  "a": [1.50, "é\\n",\ttrue],\r\n  "b": {}, "c": -7}'
        root = parse(text)
        assert root.value == {"a": [1.5, "é\n", True], "b": {}, "c": -7}
        paths: list[ValuePath] = [("a", 0), ("a", 1), ("a", 2), ("b",), ("c",)]
        assert [cut(text, span_at(root, *path)) for path in paths] == ["1.50", '"é\\n"', "true", "{}", "-7"]
        assert root.members["c"][0].span == (3, 12, 3, 15)
        assert root.span == (1, 1, 3, 20)

    def test_second_document_counts_from_the_top_of_the_file(self):
        second = documents.split("# c\na: 1\n---\n\nb:\n  c: 2\n")[1]
        assert span_at(documents.parse(second).root, "b", "c") == (6, 6, 6, 7)


PRINTABLE = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co"), exclude_characters="\u2028\u2029\ufeff")
TEXTS = st.text(PRINTABLE, max_size=12)
KEYS = st.text(st.sampled_from("abcdé-_."), min_size=1, max_size=5).filter(lambda key: any(letter in "abcdé" for letter in key))
OTHERS = st.none() | st.booleans() | st.integers(-(2**62), 2**62)


def trees(scalars: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20)


TREES = trees(OTHERS | TEXTS)
WORDY_TREES = trees(OTHERS | TEXTS.map(lambda text: "s" + text.replace("?", "")))
"""The dumper quotes what YAML 1.2 reads otherwise: not every number of YAML 1.1, and no `?` in flow style."""


def read_alone(text: str) -> Any:
    return documents.parse(Chunk(text, 1, is_json=False, source=None)).root.value


def walk(node: Node, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Node]]:
    yield path, node
    for key, (_, member) in node.members.items():
        yield from walk(member, (*path, key))
    for index, item in enumerate(node.items):
        yield from walk(item, (*path, index))


def check_spans(text: str, data: Any, read: Callable[[str], Any]) -> None:
    """Check that the value is read back, and that the text of each span, read alone, holds the value found there."""
    root = parse(text)
    assert root.value == data
    for path, node in walk(root):
        value = data
        for part in path:
            value = value[part]
        assert node.value == value
        if not isinstance(value, dict | list) and node.span.line == node.span.end_line and node.style not in ("|", ">"):
            assert read(cut(text, node.span)) == value


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(KEYS, WORDY_TREES, min_size=1, max_size=4), st.sampled_from([None, False, True]))
def test_span_of_dumped_yaml_holds_its_value(data, is_flow):
    dumper = YAML(typ="safe", pure=True)
    dumper.default_flow_style = is_flow
    dumper.allow_unicode = True
    stream = io.StringIO()
    dumper.dump(data, stream)
    assume(":\xa0" not in stream.getvalue())  # libyaml refuses it within braces, where this dumper writes it without quotes
    check_spans(stream.getvalue(), data, read_alone)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(KEYS, TREES, min_size=1, max_size=4), st.sampled_from([None, 2]), st.booleans())
def test_span_of_dumped_json_holds_its_value(data, indent, ensure_ascii):
    check_spans(json.dumps(data, indent=indent, ensure_ascii=ensure_ascii), data, json.loads)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab:-?{}[],&*!|>'\"%@`#<~ \t\n\r\u2028\x85é0.") | PRINTABLE, max_size=40))
def test_any_text_is_parsed_or_refused(text):
    for chunk in documents.split(text):
        problem = documents.check_syntax(chunk)
        sniffed = documents.sniff(chunk)
        try:
            value = documents.parse(chunk).root.value
        except documents.BrokenDocument:
            continue
        assert problem is None
        if not isinstance(value, dict):
            assert sniffed == (None, None) or not chunk.text.isprintable()
        documents.comments(chunk)
        documents.is_template(chunk.text)


class TestProblems:
    def test_repeated_key(self):
        parsed = documents.parse(chunk_of("\na: 1\nb:\n  c: 1\n  'c': 2\na: 3\n"))
        assert parsed.root.value == {"a": 3, "b": {"c": 2}}
        assert [problem[:3] for problem in parsed.problems] == [(5, 3, 6), (6, 1, 2)]
        assert "'c' is already set on line 4" in parsed.problems[0].message
        assert span_at(parsed.root, "a") == (6, 4, 6, 5)

    def test_repeated_key_of_json(self):
        parsed = documents.parse(chunk_of('{"a": 1,\n "a": 2}'))
        assert parsed.root.value == {"a": 2}
        assert parsed.problems[0][:3] == (2, 2, 5)

    def test_keys_that_become_the_same_text(self):
        assert len(documents.parse(chunk_of("yes: 1\ntrue: 2\n")).problems) == 1

    def test_a_merged_key_is_not_repeated(self):
        assert documents.parse(chunk_of("a: &x {b: 1}\nc: {<<: *x, b: 2}\nd: {b: 3, <<: *x}\n")).problems == ()

    @pytest.mark.parametrize("rest", ["...\nb: 1\n", "...\n]\n", "... foo\n"])
    def test_what_follows_the_document_is_ignored_aloud(self, rest):
        chunk = chunk_of("a: 1\n" + rest)
        parsed = documents.parse(chunk)
        assert parsed.root.value == {"a": 1}
        assert len(parsed.problems) == 1
        assert documents.check_syntax(chunk) is None

    @pytest.mark.parametrize(
        ("text", "line", "column", "words"),
        [
            ("a: b: c\n", 1, 5, "mapping values are not allowed here"),
            ("a: 1\n b: 2\n", 2, 3, "mapping values are not allowed here"),
            ("\na: [1\nb: 2\n", 3, 2, "flow sequence that starts on line 2"),
            ("a:\n\tb: 1\n", 2, 1, "a tab cannot indent"),
            ("a: @x\n", 1, 4, "found character '@' that cannot start any token"),
            ('a: "x\n\n', 1, 4, "quoted scalar that starts on line 1"),
            ("a: *x\n", 1, 4, "'x' is not defined"),
            ("a: &x [*x]\n", 1, 8, "'x' contains itself"),
            ("a: 1\n~: 2\n", 2, 1, "is null"),
            ("? [a]\n: 2\n", 1, 3, "is a sequence"),
            ("a: .inf\n", 1, 4, "infinity"),
            ("a: !!int x\n", 1, 10, "`x` cannot be read as !!int"),
            ("a: 1\n<<: 2\n", 2, 5, "merge key"),
            ("---\n{{- if .Values.x }}\na: 1\n{{- end }}\n", 2, 3, ""),
        ],
    )
    def test_place_and_words(self, text, line, column, words):
        problem = broken(text)
        assert problem[:2] == (line, column)
        assert words in problem.message
        assert "\n" not in problem.message

    @pytest.mark.parametrize("text", ["a: [1\n", "a: b: c\n", "a:\n\tb: 1\n"])
    def test_check_syntax_says_the_same(self, text):
        assert documents.check_syntax(chunk_of(text)) == broken(text)

    @pytest.mark.parametrize("text", ["a: 1\n", '{"a": 1}', "a: [http://x, b:c]\n", "a: &b [*b]\n"])
    def test_check_syntax_is_content(self, text):
        assert documents.check_syntax(chunk_of(text)) is None

    def test_colons_inside_words_of_flow_style(self):
        text = "a: [http://x:80, b::c, 'd:e']  # f:g\nh: {i: j:k}  # l\n"
        root = parse(text)
        assert root.value == {"a": ["http://x:80", "b::c", "d:e"], "h": {"i": "j:k"}}
        assert cut(text, span_at(root, "h", "i")) == "j:k"
        assert [comment.text for comment in documents.comments(chunk_of(text))] == ["f:g", "l"]

    def test_nothing_at_all(self):
        assert documents.parse(Chunk("", 7, is_json=False, source=None)).root.value is None


class TestLimits:
    @pytest.mark.parametrize("text", ["a: " + "[" * 999 + "]" * 999, '{"a":' + "[" * 999 + "]" * 999 + "}"], ids=["yaml", "json"])
    def test_deep_nesting_is_read(self, text):
        value = parse(text).value["a"]
        depth = 0
        while value:
            (value,) = value
            depth += 1
        assert depth == 998

    def test_deep_nesting_in_block_style(self):
        root = parse("".join(f"{' ' * depth}a:\n" for depth in range(1000)))
        assert root.end_line == 1000

    @pytest.mark.parametrize(
        "text", ["[" * 1001 + "]" * 1001, "{a: " * 5000, '{"a":' * 5000 + "1" + "}" * 5000], ids=["list", "flow", "json"]
    )
    def test_deeper_nesting_is_refused(self, text):
        assert "nested more than 1,000 deep" in broken(text).message

    def test_nesting_without_end_is_refused_at_once(self):
        """Libyaml alone would take a minute."""
        chunk = chunk_of("# c\na: " + "[" * 100_000)
        problem = documents.check_syntax(chunk)
        assert problem is not None
        assert "nested" in problem.message
        assert [comment.text for comment in documents.comments(chunk)] == ["c"]

    def test_billion_laughs(self):
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
        problem = broken("\n".join(lines))
        assert problem.line == 4
        assert "excessive aliasing" in problem.message

    @pytest.mark.parametrize(("count", "is_fine"), [(150, True), (300, False)])
    def test_share_of_aliases(self, count, is_fine):
        text = f"b: &b [{', '.join(['1'] * count)}]\nc: [{', '.join(['*b'] * count)}]\n"
        if is_fine:
            assert len(parse(text).value["c"]) == count
        else:
            assert "excessive aliasing" in broken(text).message

    @pytest.mark.parametrize("number", ["1" * 5000, "-" + "1" * 5000, "0x" + "f" * 5000])
    def test_endless_numbers_are_text(self, number):
        assert parse(f"a: {number}\n").value == {"a": number}

    def test_many_json_objects_on_one_line_do_not_fill_the_memory(self):
        assert sum(len(chunk.text) for chunk in documents.split("{}" * 20_000)) < 200_000

    def test_endless_number_of_json_is_refused(self):
        assert "too large" in broken('{"a": ' + "1" * 5000 + "}").message

    def test_float_of_json_stays_one(self):
        assert math.isclose(parse('{"a": 1.0}').value["a"], 1)
        assert type(parse('{"a": 1.0}').value["a"]) is float
        assert type(parse("a: 1.0").value["a"]) is int

    def test_garbage_collection_is_left_as_it_was(self):
        for is_enabled in (True, False):
            (gc.enable if is_enabled else gc.disable)()
            try:
                parse("a: 1\n")
                broken("a: b: c\n")
                assert gc.isenabled() is is_enabled
            finally:
                gc.enable()


class TestComments:
    def test_places(self):
        text = "# one\na: 1  # two\nb: '# no'\nc: x#no\nd: |  # three\n  # no\n  e\n   # no\n# four\nf: [1, # five\n  2]\n#six\n"
        found = documents.comments(chunk_of(text))
        assert [(item.line, item.column, item.text) for item in found] == [
            (1, 1, "one"),
            (2, 7, "two"),
            (5, 7, "three"),
            (9, 1, "four"),
            (10, 8, "five"),
            (12, 1, "six"),
        ]
        assert [item.own_line for item in found] == [True, False, False, True, False, True]

    def test_lines_count_from_the_top_of_the_file(self):
        second = documents.split("a: 1\r\n---\r\n# é\r\nb: 'é' # c \r\n")[1]
        assert documents.comments(second) == [documents.Comment(3, 1, "é", own_line=True), documents.Comment(4, 8, "c", own_line=False)]

    def test_quoted_text_over_lines_and_folded_text_hold_none(self):
        assert documents.comments(chunk_of('a: "x\n  # no\n  y"\nb: >\n\n  z\n\n  # no\nc: x\n  y\n')) == []

    def test_json_holds_none(self):
        assert documents.comments(chunk_of('{"a": " # no"}')) == []

    def test_broken_document_up_to_where_it_breaks(self):
        assert [item.text for item in documents.comments(chunk_of("# one\na: 1 # two\nb: c: d # three\n"))] == ["one", "two"]


class TestSniff:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("apiVersion: v1\nkind: Service\n", ("v1", "Service")),
            ("# c\n\nkind: Service # c\n\n\napiVersion: 'v1'\r\nmetadata: {}\r\n", ("v1", "Service")),
            ('"apiVersion": "v1"\n"kind"  :  "Service"', ("v1", "Service")),
            ('{"kind": "Service", "apiVersion": "v1"}', ("v1", "Service")),
            ("{kind: Service,\napiVersion: v1}", ("v1", "Service")),
            ("  apiVersion: v1\n  kind: Service\n", ("v1", "Service")),
            ("a: 1\nspec:\n  apiVersion: v1\n  kind: Service\n", (None, None)),
            ("- apiVersion: v1\n  kind: Service\n", (None, None)),
            ("data: |\n  x\n\n  apiVersion: v1\n  kind: Service\n", (None, None)),
            ("apiVersion: v1\nkind:\n  Service\n", ("v1", "Service")),
            ("apiVersion: v1\nkind: !!str Service\n", ("v1", "Service")),
            ("x: &k Service\napiVersion: v1\nkind: *k\n", ("v1", "Service")),
            ("? kind\n: Service\napiVersion: v1\n", ("v1", "Service")),
            ("!!str kind: Service\n&a apiVersion: v1\n", ("v1", "Service")),
            ("x: &b {kind: Service}\napiVersion: v1\n<<: *b\n", ("v1", "Service")),
            ('"\\x6bind": Service\napiVersion: v1\n', ("v1", "Service")),
            ("kind: Pod\napiVersion: v1\nkind: Service\n", ("v1", "Service")),
            ("apiVersion: v1\nkind: Service\n...\nkind: Pod\n", ("v1", "Service")),
            ("apiVersion:\nkind: ~\n", (None, None)),
            ("apiVersion: 1\nkind: yes\n", ("1", "True")),
            ("kind: [Service]\napiVersion: {a: b}\n", (None, None)),
            ("apiVersion: v1\rkind: Service\r", ("v1", "Service")),
            ("apiVersion: v1\nkinds: Service\nkindly: x\n", ("v1", None)),
            ("apiVersion: a/v1\nkind: {{ .Values.kind }}\n", ("a/v1", "{{ .Values.kind }}")),
            ('{{- if .x }}\napiVersion: v1\nkind: "Service"\n{{- end }}\n', ("v1", "Service")),
            ("plain text\n", (None, None)),
        ],
    )
    def test_top_level_only(self, text, expected):
        assert documents.sniff(documents.split(text)[0]) == expected

    @settings(max_examples=100, deadline=None)
    @given(
        st.lists(
            st.sampled_from(
                [
                    "apiVersion: v1",
                    "kind: Pod",
                    "kind: 'Job'",
                    "  kind: X",
                    "spec:",
                    "  - kind: Y",
                    "# kind: Z",
                    "",
                    "x: |",
                    "kind : W",
                    '"kind": V',
                ]
            ),
            max_size=7,
        ),
        st.sampled_from(["\n", "\r\n"]),
    )
    def test_agrees_with_parsing(self, lines, end):
        for chunk in documents.split(end.join(lines)):
            try:
                value = documents.parse(chunk).root.value
            except documents.BrokenDocument:
                continue
            value = value if isinstance(value, dict) else {}
            wanted = [value.get(name) for name in ("apiVersion", "kind")]
            assert list(documents.sniff(chunk)) == [found if isinstance(found, str) and found else None for found in wanted]


class TestTemplates:
    @pytest.mark.parametrize(
        "text",
        [
            "{{- if .Values.x }}\na: 1\n{{- end }}\n",
            "a:\n  {{- range .Values.y }}\n  - {{ . }}\n  {{- end }}\n",
            'a: {{ include "x" . }}\n',
            "a:\n  {{- toYaml .Values.a | nindent 2 }}\n",
            '# {{ if eq .Cluster.Environment "test" }}\na: 1\n# {{ end }}\n',
            "a: 1\n#{{- range .Values.x }}\n",
            "{% if x %}\na: 1\n{% endif %}\n",
            "# {% if x %}\na: 1\n# {% endif %}\n",
            "{{/* comment */}}\na: 1\n",
            "a:\n<#if x??>\n  b: 1\n</#if>\n",
        ],
    )
    def test_structure_of_a_template(self, text):
        assert documents.is_template(text)
        assert documents.has_template_syntax(text)

    @pytest.mark.parametrize(
        "text",
        [
            "a: 1\n",
            'a: "{{ .Values.x }}"\n',
            "a: x-{{ .Values.x }}\n",
            "a: '{{ if x }}b{{ end }}'\n",
            "a: |\n  {{ range .Alerts }}\n  # {{ if x }}\n  {{ end }}\n",
            'a: "x\n  {{ if x }}\n  y"\n',
            "a: '{% for x in y %}'\n",
            "# see {{ .Values.x }}\na: 1\n",
            '{"a": "{{ if x }}"}',
        ],
    )
    def test_data_is_no_template(self, text):
        assert not documents.is_template(text)

    def test_syntax(self):
        assert not documents.has_template_syntax("a: {b: {c: d}}\n")
        assert documents.has_template_syntax("a: {{ x }}\n")


def test_ruamel_is_imported_at_first_use_only():
    code = "import sys, k8slblint.documents; sys.exit(any(name.startswith(('ruamel', '_ruamel', 'json')) for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=PACKAGE.parent).returncode == 0
