"""Holds our reading of YAML against kubectl's: one table of documents, checked by what is written here and by kubectl itself.

The oracle is `kubectl annotate --local`, which reads files exactly as `kubectl apply` does and asks no server.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from k8slblint import documents

REFUSED = "refused"

HEAD = "apiVersion: probe.example/v1\nkind: Probe\nmetadata: {name: p}\n"

# What stands below HEAD, and what Kubernetes makes of it; recorded from kubectl 1.32.4.
BODIES: list[tuple[str, Any]] = [
    ("a: ! 5", {"a": "5"}),
    ("a: !foo 5", {"a": "5"}),
    ("a: !foo [1, yes]", {"a": [1, True]}),
    ("a: !!float 5", {"a": 5}),
    ('a: !!int "5"', {"a": 5}),
    ('a: !!int "08"', REFUSED),
    ("a: !!bool x", REFUSED),
    ("a: !!null x", REFUSED),
    ('a: !!null "~"', {"a": None}),
    ("a: !!str 5", {"a": "5"}),
    ("a: !!timestamp 2001-12-14", {"a": "2001-12-14"}),
    ("a: !!binary aGVsbG8=", {"a": "hello"}),
    ('a: !!binary "a GVs"', REFUSED),
    ("a: !!map {b: 1}", {"a": {"b": 1}}),
    ("a: !!set {b, c}", {"a": {"b": None, "c": None}}),
    ("a: !!omap [b: 1]", {"a": [{"b": 1}]}),
    ("a: !!seq {b: 1}", {"a": {"b": 1}}),
    ('a: !!float "0x10"', {"a": 16}),
    ("1.5: a\n1e10: b\n3.14159265358979: c\n0.00001: d\n18: e\n", {"1.5": "a", "18": "e", "1e+10": "b", "1e-05": "d", "3.1415927": "c"}),
    ("18446744073709551615: a", REFUSED),
    ("a: 18446744073709551615", {"a": 18446744073709552000}),
    ("a: 18446744073709551616", {"a": 18446744073709552000}),
    ("a: 1e19", {"a": 10000000000000000000}),
    ("a: 9007199254740993", {"a": 9007199254740993}),
    ("a: 9007199254740993.0", {"a": 9007199254740992}),
    ("a: 1e15", {"a": 1000000000000000}),
    ("a: 1.0", {"a": 1}),
    ("a: -0.0", {"a": 0}),
    ("a: -0", {"a": 0}),
    ("a: 0b-1", {"a": -1}),
    ("a: -0b101", {"a": -5}),
    ("a: +0x1F", {"a": 31}),
    ("a: 0o17", {"a": 15}),
    ("a: 0O17", {"a": 15}),
    ("a: 0X1f", {"a": 31}),
    ("a: 0B11", {"a": 3}),
    ("a: 1__0", {"a": 10}),
    ("a: _1", {"a": "_1"}),
    ("a: 0_8", {"a": 8}),
    ("a: 0x_f", {"a": 15}),
    ("a: ._5", {"a": "._5"}),
    ("a: .5_0", {"a": 0.5}),
    ("a: 1_0.5", {"a": 10.5}),
    ("a: .", {"a": "."}),
    ("a: .e5", {"a": ".e5"}),
    ("a: +", {"a": "+"}),
    ("a: 0x", {"a": "0x"}),
    ("a: -.5", {"a": -0.5}),
    ("a: .5e400", {"a": ".5e400"}),
    ("a: 1e400", {"a": "1e400"}),
    ("a: .infx", {"a": ".infx"}),
    ("a: .inf", REFUSED),
    ("a: .0x", {"a": ".0x"}),
    ("a: .1p3", {"a": ".1p3"}),
    ("a: .Infinity", {"a": ".Infinity"}),
    ('a: "<<"', {"a": "<<"}),
    ('"<<": {a: 1}', {"<<": {"a": 1}}),
    ("a: <<", {"a": "<<"}),
    ("<<: 5", REFUSED),
    ("<<: [1]", REFUSED),
    ("<<: null", REFUSED),
    ("!!str <<: {a: 1}", {"<<": {"a": 1}}),
    ("!!merge <<: {a: 1}", {"a": 1}),
    (
        "b: &b {a: 1, c: 2}\nd: {a: 5, <<: *b, c: 9}\ne: {<<: *b, a: 7}",
        {"b": {"a": 1, "c": 2}, "d": {"a": 1, "c": 9}, "e": {"a": 7, "c": 2}},
    ),
    (
        "b: &b {a: 1}\nc: &c {a: 2, z: 3}\nd: {<<: [*b, *c]}\ne: {<<: *b, <<: *c}\nf: {<<: {a: 5, q: 1}}",
        {"b": {"a": 1}, "c": {"a": 2, "z": 3}, "d": {"a": 1, "z": 3}, "e": {"a": 2, "z": 3}, "f": {"a": 5, "q": 1}},
    ),
    ("b: &b {a: 1}\nc: &c {<<: *b, k: 2}\nd: {<<: *c}", {"b": {"a": 1}, "c": {"a": 1, "k": 2}, "d": {"a": 1, "k": 2}}),
    ("l: &l [1]\nd: {<<: *l}", REFUSED),
    ("a: &x [*x]", REFUSED),
    ("a: *x", REFUSED),
    ("a: &x 1\nb: &x 2\nc: *x", {"a": 1, "b": 2, "c": 2}),
    ("&k key: 1\nb: *k", {"b": "key", "key": 1}),
    ("? [a]\n: 1", REFUSED),
    ("? {a: 1}\n: 1", REFUSED),
    ("~: 1", REFUSED),
    (": 1", REFUSED),
    ("null: 1", REFUSED),
    ('"null": 1', {"null": 1}),
    ('!!null "": 1', REFUSED),
    (".inf: 1", {".inf": 1}),
    (".nan: 1", {".nan": 1}),
    ("2001-01-01: a", {"2001-01-01": "a"}),
    ("!!binary aGk=: 1", {"hi": 1}),
    ("!!foo yes: 1", {"yes": 1}),
    ('!!int "1": x', {"1": "x"}),
    ("y: 1\nn: 2\nTrue: 3", {"false": 2, "true": 3}),
    ("a: 1\na: 2", {"a": 2}),
    ("yes: a\ntrue: b", {"true": "b"}),
    ("*a : 1", REFUSED),
    ("? a\n", {"a": None}),
    ("a: {b, c: }\nd: [a: 1]\n", {"a": {"b": None, "c": None}, "d": [{"a": 1}]}),
    ("a: [1,2,]\n", {"a": [1, 2]}),
    ("a: ? b\n", REFUSED),
    ("a: b: c", REFUSED),
    ("a:\tb", {"a": "b"}),
    ("a: b\t# c", {"a": "b"}),
    ("a:\n\tb: 1", REFUSED),
    ("\ta: 1", REFUSED),
    ('a: "x\\ty"', {"a": "x\ty"}),
    ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
    ("a: >-\n  x\n  y\n\n  z\n", {"a": "x y\nz"}),
    ("a: |+\n  x\n\n", {"a": "x\n\n"}),
    ('a: "x\n  y"', {"a": "x y"}),
    ("a: 'it''s'", {"a": "it's"}),
    ('a: "\\x41\\u00e9\\U0001F600"', {"a": "Aé😀"}),
    ('a: "\\/"', REFUSED),
    ('a: "\\ud83d\\ude00"', REFUSED),
    ("a: b #c", {"a": "b"}),
    ("a: b#c", {"a": "b#c"}),
    ("a: @x", REFUSED),
    ("a: `x`", REFUSED),
    ("a: %x", REFUSED),
    ("a: -", REFUSED),
    ("a: - b", REFUSED),
    ("a: =", {"a": "="}),
    ("a: 12:30:45", {"a": "12:30:45"}),
    ("a: 190:20:30", {"a": "190:20:30"}),
    ("a: 2001-12-14", {"a": "2001-12-14"}),
    ("a: 2001-12-14 21:59:43", {"a": "2001-12-14 21:59:43"}),
    ("a: y\nb: Y\nc: yEs\nd: NO\ne: oN", {"a": True, "b": True, "c": "yEs", "d": False, "e": "oN"}),
    ("a: NULL\nb: nUll\nc: Null\nd: ~\ne:\n", {"a": None, "b": "nUll", "c": None, "d": None, "e": None}),
    ("a: 08\nb: 09.5\nc: 0080\nd: -010\ne: 010_0\nf: 0777", {"a": 8, "b": 9.5, "c": 80, "d": -8, "e": 64, "f": 511}),
    (
        "a: 1.\nb: +.5\nc: 1e3\nd: 1E+3\ne: 0.1e-7\nf: 1e21\ng: 1e20",
        {"a": 1, "b": 0.5, "c": 1000, "d": 1000, "e": 1e-08, "f": 1e21, "g": 100000000000000000000},
    ),
    ("a: 0xFFFFFFFFFFFFFFFFFF", {"a": "0xFFFFFFFFFFFFFFFFFF"}),
    ("a: -9223372036854775808", {"a": -9223372036854775808}),
    ("a: -9223372036854775809", {"a": -9223372036854776000}),
    ("a: +18446744073709551615", {"a": 18446744073709552000}),
    ("a: 077777777777777777777777777", {"a": 7.777777777777777e25}),
    (
        "a: 0b11111111111111111111111111111111111111111111111111111111111111111",
        {"a": "0b11111111111111111111111111111111111111111111111111111111111111111"},
    ),
    ("a: .5_0_\nb: .5__0\nc: .5e1_0", {"a": ".5_0_", "b": ".5__0", "c": 5000000000}),
    ("a: 1_e5", {"a": 100000}),
    ("a: 1e_5", {"a": 100000}),
    ("a: 1e5_", {"a": 100000}),
    ("1234567.0: a\n123456.0: b\n-0.0: c\n1e300: d", {"-0": "c", ".inf": "d", "1.234567e+06": "a", "123456": "b"}),
    ("true: 1\nfalse: 2", {"false": 2, "true": 1}),
    ("a: {{ x }}", REFUSED),
    ('a: "{{ x }}"', {"a": "{{ x }}"}),
    ("a: [*b]", REFUSED),
    ("a: !!str", {"a": ""}),
    ("a: !!null", {"a": None}),
    ("a: !!timestamp x", REFUSED),
    ("a: !!timestamp 5", REFUSED),
    ("a: !!float x", REFUSED),
    ("a: !!float 1e400", REFUSED),
    ('a: !!bool "yes"', {"a": True}),
    ("a: !!int 5.0", REFUSED),
    ("a: !!merge x", {"a": "x"}),
    ('a: ! "5"', {"a": "5"}),
    ("a: ! yes", {"a": "yes"}),
    ("a: !<tag:yaml.org,2002:str> 5", {"a": "5"}),
    ("a: !local {x: y}", {"a": {"x": True}}),
    ("a: &x", {"a": None}),
    ("a: &x\nb: *x", {"a": None, "b": None}),
    ("{a: 1} foo", REFUSED),
    ('a: "x\n\n  y"', {"a": "x\ny"}),
    ("a:\n- 1\n- 2", {"a": [1, 2]}),
    ("a:\n  - - 1\n    - 2\n  -\n  - k: v\n    w: z", {"a": [[1, 2], None, {"k": "v", "w": "z"}]}),
    ("a: |2\n    x\n   y\n", {"a": "  x\n y\n"}),
    ("a: |-\n\n  x", {"a": "\nx"}),
    ("a: >\n  x\n    y\n  z\n\n\n  w\n", {"a": "x\n  y\nz\n\nw\n"}),
    ("a: x\n  y\n  z", {"a": "x y z"}),
    ('a: 1 # c\n# d\nb: "#x"', {"a": 1, "b": "#x"}),
    ("a: http://x#y", {"a": "http://x#y"}),
    ("a: {x: http://y}", {"a": {"x": "http://y"}}),
    ("a: [a:b, c]", {"a": ["a:b", "c"]}),
    ('a: {"x":1}', {"a": {"x": 1}}),
    ("a: 'x\n\n y'", {"a": "x\ny"}),
    ('a: "\\\n  x"', {"a": "x"}),
    ("a: \xa0x", {"a": "\xa0x"}),
    ('"a b": 1', {"a b": 1}),
    ("? >\n  blk\n: 1", {"blk\n": 1}),
    ('a: "\\u2028"', {"a": "\u2028"}),
    ("x: \u2028 z", {"x": "z"}),
    ("x: a\x85  b\n", {"x": "a b"}),
    ("a: 123e", {"a": "123e"}),
    ("a: 1.2.3", {"a": "1.2.3"}),
    ("a: 1e3e", {"a": "1e3e"}),
    ("a: 10_", {"a": 10}),
    ("a: 0_", {"a": 0}),
    ("a: -_1", {"a": -1}),
    ("a: +0o7", {"a": 7}),
    ("a: -0x1", {"a": -1}),
    ("a: 1-2", {"a": "1-2"}),
    ("a: 2001-1-1\nb: 2001-12-14t21:59:43.10-05:00", {"a": "2001-1-1", "b": "2001-12-14t21:59:43.10-05:00"}),
    ("a: <<\n<<: {b: 1}\n<<: [{b: 2, c: 3}, {c: 4}]", {"a": "<<", "b": 2, "c": 3}),
    ("<<: &q {a: 1}\nz: *q", {"a": 1, "z": {"a": 1}}),
    ("z: {a: 1}\n<<: {z: {b: 2}}", {"z": {"b": 2}}),
    ("a: &a x\n<<: *a", REFUSED),
    ("<<: [[{a: 1}]]", REFUSED),
    ('"a": 1\n"a": 2\nb: 3', {"a": 2, "b": 3}),
    ("a: {b: 1, b: 2}", {"a": {"b": 2}}),
    ('!!binary "": 1', {"": 1}),
    ('a: !!binary "aGVs\\nbG8="', {"a": "hello"}),
    ("a: !!binary |\n  aGVs\n  bG8=\n", {"a": "hello"}),
    ('a: !!binary "/+8="', {"a": "��"}),
    ("a: !!binary aGk", REFUSED),
    ("&a a: &b b\nc: [*a, *b]", {"a": "b", "c": ["a", "b"]}),
    ("*x: 1", REFUSED),
    ("a: &x y\n*x : z", {"a": True, "true": "z"}),
    ('a: "\\N\\_\\L\\P\\e\\0"', {"a": "\x85\xa0\u2028\u2029\x1b\x00"}),
    ("a: 0x1.8p1", {"a": "0x1.8p1"}),
    ("a: 1p3", {"a": "1p3"}),
    ("a: 0b\nb: 0o\nc: 0b2\nd: 0o8\ne: 0xg", {"a": "0b", "b": "0o", "c": "0b2", "d": "0o8", "e": "0xg"}),
    ("a: 00\nb: 0\nc: 01", {"a": 0, "b": 0, "c": 1}),
    ("[a]: 1", REFUSED),
    ("[a, b]: {x}", REFUSED),
    ("a: !!str\nb: !!int", REFUSED),
    ("a: -1\nb: --1\nc: - 1", REFUSED),
    ("a: !!seq x", {"a": "x"}),
    ("a: !!map x", {"a": "x"}),
    ("a: !!str [1]", {"a": [1]}),
    ("a: !!null [1]", {"a": [1]}),
    ("? a\n? b\n: c", {"a": None, "b": "c"}),
    ("{a: 1}: 2", REFUSED),
    ("a: b\nc", REFUSED),
    ("a\n", REFUSED),
    ("- a\n", REFUSED),
    ("a: >2-\n   x\n  y\n", {"a": " x\ny"}),
    ("a: 1\n...\n", {"a": 1}),
    ('a: "\u2029"', {"a": "\u2029"}),
    ("a: ~\n~: 1", REFUSED),
    ("a: [http://x/, b:c]", {"a": ["http://x/", "b:c"]}),
    ("a: [s?x, b]", REFUSED),
    ("a: [?x]", {"a": [{"x": None}]}),
    ("a: {a:}", {"a": {"a:": None}}),
    ("a: [a::]", {"a": ["a::"]}),
    ("a: {a:b}", {"a": {"a:b": None}}),
    ("a: [:x]", REFUSED),
    ('a: ["a":b]', {"a": [{"a": "b"}]}),
    ("a: [a:{b: c}]", REFUSED),
    ("a: [::1]", REFUSED),
    ('a: [fe80::1, "x":y]', {"a": ["fe80::1", {"x": True}]}),
    ("a: {x:y: z, q:w}", {"a": {"q:w": None, "x:y": "z"}}),
    ("a: [&k b:c, *k]", {"a": ["b:c", "b:c"]}),
    ("a: [!x:y b:c]", {"a": ["b:c"]}),
    ("a: [!<tag:yaml.org,2002:str> 5:6]", {"a": ["5:6"]}),
    ("a: [b:c\n  d:e]", {"a": ["b:c d:e"]}),
    ("a: [1:2, 12:30:45]", {"a": ["1:2", "12:30:45"]}),
    ("b: |\n  x:y\na: [q:r]", {"a": ["q:r"], "b": "x:y\n"}),
    ("a: b:c:d", {"a": "b:c:d"}),
    ("a: :b", {"a": ":b"}),
    ("a: ::", REFUSED),
    ("a: ?b", {"a": "?b"}),
    ("a: ?", REFUSED),
]

A = "apiVersion: probe.example/v1\nkind: Probe\nmetadata: {name: a}\n"
B = A.replace("name: a", "name: b")
JSON_A = '{"apiVersion":"probe.example/v1","kind":"Probe","metadata":{"name":"a"}%s}'
JSON_B = JSON_A.replace('"a"', '"b"')

# Whole files, and the names of the objects in them; `x` is shown as `name=x`. REFUSED means that nothing is read at all.
FILES: list[tuple[str, bytes, Any]] = [
    ("two", f"{A}---\n{B}".encode(), ["a", "b"]),
    ("comment after separator", f"{A}--- # x\n{B}".encode(), ["a", "b"]),
    ("blanks after separator", f"{A}--- \t \n{B}".encode(), ["a", "b"]),
    ("separator first", f"---\n{A}".encode(), ["a"]),
    ("separator with comment first", f"--- # x\n{A}".encode(), ["a"]),
    ("separator and text", f"--- foo\n{A}".encode(), REFUSED),
    ("separator and flow mapping", b"--- {apiVersion: probe.example/v1, kind: Probe, metadata: {name: a}}\n", REFUSED),
    ("four dashes", f"----\n{A}".encode(), REFUSED),
    ("windows line ends", f"{A}---\n{B}".replace("\n", "\r\n").encode(), ["a", "b"]),
    ("separator in block scalar", f"{A}x: |\n  q\n---\n{B}".encode(), ["a=q\n", "b"]),
    ("separator at once in block scalar", f"{A}x: |\n---\n{B}".encode(), ["a=", "b"]),
    ("end of document", f"{A}...\n---\n{B}".encode(), ["a", "b"]),
    ("text after end of document", f"{A}...\n{B}".encode(), ["a"]),
    ("classic macintosh", f"{A}---\n{B}".replace("\n", "\r").encode(), ["a"]),
    ("yaml directive", f"%YAML 1.1\n---\n{A}".encode(), REFUSED),
    ("tag directive", f"%TAG ! tag:x,2000:\n---\n{A}".encode(), REFUSED),
    ("comments only", f"# x\n---\n{A}---\n# y\n---\n\n".encode(), ["a"]),
    ("nothing", b"", []),
    ("byte order mark", b"\xef\xbb\xbf" + A.encode(), ["a"]),
    ("byte order mark and separator", b"\xef\xbb\xbf---\n" + f"{A}---\n{B}".encode(), ["a", "b"]),
    ("byte order mark in second document", f"{A}---\n\ufeff{B}".encode(), ["a", "b"]),
    ("utf-16 little endian", b"\xff\xfe" + f"{A}---\n{B}".encode("utf-16-le"), ["a", "b"]),
    ("utf-16 big endian", b"\xfe\xff" + f"{A}---\n{B}".encode("utf-16-be"), ["a", "b"]),
    ("utf-16 without mark", A.encode("utf-16-le"), REFUSED),
    ("json", (JSON_A % "").encode(), ["a"]),
    ("json in a row", (JSON_A % "" + JSON_B % "").encode(), ["a", "b"]),
    ("json on lines", (JSON_A % "" + "\n" + JSON_B % "" + "\n").encode(), ["a", "b"]),
    ("json after blanks", ("\n\n  " + JSON_A % "").encode(), ["a"]),
    ("json after separator", (f"---\n{JSON_A}\n---\n{JSON_B}" % ("", "")).encode(), ["a", "b"]),
    ("json in a row after a comment", (f"# c\n{JSON_A}\n{JSON_B}" % ("", "")).encode(), ["a"]),
    ("json with tabs", (JSON_A % ',\n\t"y":\t[\t]').encode(), ["a"]),
    ("json escapes", (JSON_A % r',"x":"\/ \u00e9 \ud83d\ude00"').encode(), ["a=/ \u00e9 \U0001f600"]),
    ("json half of a pair", (JSON_A % r',"x":"\ud83d"').encode(), ["a=\ufffd"]),
    ("json repeated key", (JSON_A % ',"x":"1","x":"2"').encode(), ["a=2"]),
    ("json too large number", (JSON_A % ',"y":1e400').encode(), REFUSED),
    ("json escapes are not yaml", ("---\n" + JSON_A % r',"x":"\/"').encode(), REFUSED),
    ("cut off json", (JSON_A % "")[:-1].encode(), REFUSED),
    *[(f"U+{code:04X}", f'{A}x: "a{chr(code)}b"\n'.encode(), REFUSED) for code in (0, 1, 8, 0xB, 0xC, 0x1B, 0x7F, 0x80, 0x9F, 0xFFFE)],
    *[(f"U+{code:04X}", f'{A}x: "a{chr(code)}b"\n'.encode(), [f"a=a{chr(code)}b"]) for code in (9, 0xA0, 0x2028, 0xFEFF, 0x10FFFF)],
]


@pytest.mark.parametrize(("body", "expected"), BODIES, ids=[repr(body) for body, _ in BODIES])
def test_body_is_read_as_recorded(body, expected):
    assert comparable(_read_body(body)) == comparable(expected)


@pytest.mark.parametrize(("data", "expected"), [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_file_is_read_as_recorded(data, expected):
    assert _read_file(data) == expected


def test_table_is_large():
    assert len(BODIES) + len(FILES) >= 65


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is the oracle")
def test_kubectl_reads_the_table_as_recorded(tmp_path):
    """Run kubectl once on a folder: it goes on after a file that it refuses."""
    for number, (body, _) in enumerate(BODIES):
        (tmp_path / f"{number}.yaml").write_bytes((HEAD.replace("name: p", f"name: p{number}") + body).encode())
    output, _ = _kubectl(tmp_path, tmp_path)
    read = {document["metadata"]["name"]: _body_of(document) for document in _documents_in(output)}
    for number, (body, expected) in enumerate(BODIES):
        assert comparable(read.get(f"p{number}", REFUSED)) == comparable(expected), body


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is the oracle")
@pytest.mark.parametrize(("data", "expected"), [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_kubectl_reads_the_file_as_recorded(tmp_path, data, expected):
    path = tmp_path / "f.yaml"
    path.write_bytes(data)
    output, status = _kubectl(path, tmp_path)
    named = [_named(document) for document in _documents_in(output)]
    assert (named if status == 0 or named else REFUSED) == expected


def comparable(value: Any) -> Any:
    """Return a value in which integers that JSON readers keep as floats are floats."""
    if isinstance(value, dict):
        return {key: comparable(member) for key, member in value.items()}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return type(value), value
    return float(value) if abs(value) >= 2**63 else value


def _read_body(body: str) -> Any:
    try:
        (chunk,) = documents.split(documents.decode((HEAD + body).encode()))
        return _body_of(documents.parse(chunk).root.value)
    except (documents.BrokenDocument, documents.UndecodableText):
        return REFUSED


def _read_file(data: bytes) -> Any:
    try:
        return [_named(documents.parse(chunk).root.value) for chunk in documents.split(documents.decode(data))]
    except (documents.BrokenDocument, documents.UndecodableText):
        return REFUSED


def _body_of(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in ("apiVersion", "kind", "metadata")}


def _named(document: dict[str, Any]) -> str:
    name: str = document["metadata"]["name"]
    return f"{name}={document['x']}" if "x" in document else name


def _kubectl(path: Path, home: Path) -> tuple[str, int]:
    command = ["kubectl", "annotate", "--local", "-f", str(path), "zz=1", "-o", "json", "--overwrite"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "KUBECONFIG": str(home / "none")}
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
    return done.stdout.decode(), done.returncode


def _documents_in(output: str) -> list[dict[str, Any]]:
    decoder = json.JSONDecoder()
    found = []
    rest = output.strip()
    while rest:
        document, end = decoder.raw_decode(rest)
        found.append(document)
        rest = rest[end:].lstrip()
    return found
