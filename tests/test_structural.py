"""Structural schemas: defaults, pruning and lists as the API server has them, and that jsonschema agrees on plain values."""

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from k8slblint.admission.custom_resources.structural import StructuralSchema, Violation
from k8slblint.admission.gateways import bundles

STRUCTURAL = frozenset({"rule", "unknown", "duplicate"})


def violations(spec: Any, schema: dict[str, Any]) -> list[tuple[Any, ...]]:
    found = StructuralSchema({"type": "object", "properties": {"spec": schema}}).inspect({"spec": spec}).violations
    return [(one.path[1:], one.code) for one in found]


def thing(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members}


TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
RULE = "x-kubernetes-validations"
KEYED = {"type": "array", "items": thing(name=TEXT, port=NUMBER), "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}


@pytest.mark.parametrize(
    ("spec", "schema", "wanted"),
    [
        ({"a": None}, {**thing(a=TEXT), "required": ["a"]}, [((), "required")]),
        ({}, {**thing(a={**TEXT, "default": "x"}), "required": ["a"]}, []),
        ({"a": None}, {**thing(a={**TEXT, "default": "x"}), "required": ["a"]}, []),
        ({"a": None}, {**thing(a={**TEXT, "nullable": True}), "required": ["a"]}, []),
        ({"a": [None]}, thing(a={"type": "array", "items": TEXT}), [(("a", 0), "type")]),
        ({"b": 1}, thing(a=TEXT), [(("b",), "unknown")]),
        ({"b": 1}, {**thing(a=TEXT), "x-kubernetes-preserve-unknown-fields": True}, []),
        ({"b": 1}, {"type": "object"}, []),
        ({"b": 1}, {"type": "object", "additionalProperties": TEXT}, [(("b",), "type")]),
        ({"a": {}}, thing(a={**thing(b={**NUMBER, "default": 3}), RULE: [{"rule": "self.b == 3"}]}), []),
        ({}, thing(a={**thing(b=NUMBER), "default": {"b": 1}, RULE: [{"rule": "self.b == 1"}]}), []),
        ({"a": 80.0}, thing(a=NUMBER), []),
        ({"a": 80.5}, thing(a=NUMBER), [(("a",), "type")]),
        ({"a": True}, thing(a=NUMBER), [(("a",), "type")]),
        ({"a": "1"}, thing(a={"x-kubernetes-int-or-string": True}), []),
        ({"a": [{"name": "x"}, {"name": "y"}, {"name": "x"}]}, thing(a=KEYED), [(("a", 2), "duplicate")]),
        ({"a": [{"port": 1}, {"port": 1}]}, thing(a=KEYED), [(("a", 1), "duplicate")]),
        ({"a": ["x", "x"]}, thing(a={"type": "array", "items": TEXT, "x-kubernetes-list-type": "set"}), [(("a", 1), "duplicate")]),
        ({"a": "${X}"}, thing(a={**NUMBER, "enum": [1]}), []),
        ({"a": ["${X}", 1]}, thing(a={"type": "array", "items": TEXT, "minItems": 3}), [(("a", 1), "type")]),
        ({"${X}": 1}, {**thing(a=TEXT), "required": ["a"]}, []),
        ({"a": 1}, {**thing(a=TEXT), RULE: [{"rule": "self.a == 'x'"}]}, [(("a",), "type")]),
        ({"a": [1, 2, 3]}, thing(a={"type": "array", "items": TEXT, "maxItems": 2}), [(("a",), "maxItems")]),
        ({"a": "x", "b": "y"}, {"type": "object", "additionalProperties": TEXT, "maxProperties": 1}, [((), "maxProperties")]),
        ([], thing(a=TEXT), [((), "type")]),
        ("${SPEC}", thing(a=TEXT), []),
    ],
)
def test_a_value_is_read_as_the_server_reads_it(spec: Any, schema: dict[str, Any], wanted: list[tuple[Any, ...]]) -> None:
    assert violations(spec, schema) == wanted


def test_a_rule_about_a_change_needs_the_live_object() -> None:
    schema = StructuralSchema(thing(spec=thing(a={**TEXT, RULE: [{"rule": "self == oldSelf", "message": "fixed"}]})))
    assert schema.inspect({"spec": {"a": "x"}}).violations == ()
    assert schema.inspect({"spec": {"a": "x"}}, {"spec": {"a": "x"}}).violations == ()
    assert schema.inspect({"spec": {"a": "x"}}, {"spec": {}}).violations == ()
    assert schema.inspect({"spec": {"a": "x"}}, {"spec": {"a": "y"}}).violations == (Violation(("spec", "a"), "rule", "fixed", "x"),)


ROUTE: dict[str, Any] = {
    "spec": {
        "parentRefs": [{"name": "g", "sectionName": "a", "port": 80}],
        "hostnames": ["a.example.com", "*.example.com"],
        "rules": [
            {
                "matches": [{"path": {"type": "Exact", "value": "/a"}, "headers": [{"name": "a", "value": "b"}], "method": "GET"}],
                "filters": [
                    {"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301, "hostname": "b.example.com"}},
                    {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "a", "value": "b"}], "remove": ["c"]}},
                ],
                "timeouts": {"request": "10s"},
                "backendRefs": [{"name": "web", "port": 80, "weight": 1}],
            }
        ],
    }
}
VALUES = st.sampled_from(
    ["", "a", "A", "a.b", "a" * 70, "a" * 300, "/", "10s", "10", "https", "GET", 0, 1, 65536, -1, True, 1.5, [], {}, ["a"], {"name": "b"}]
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in parts for place in _places(part, (*path, key)))]


def _plain(schema: Any) -> Any:
    """The schema as a plain one: what has a default is never missing."""
    if not isinstance(schema, dict):
        return schema
    made = {key: part for key, part in schema.items() if key in KEPT}
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            made[key] = _plain(schema[key])
    members = schema.get("properties", {})
    if members:
        made["properties"] = {name: _plain(part) for name, part in members.items()}
        made["required"] = [name for name in schema.get("required", ()) if "default" not in members[name]]
    return made


KEPT = frozenset({"type", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "maxProperties"})


def _put(value: Any, path: tuple[Any, ...], new: Any) -> None:
    """Put a value at a path, where what leads to it is still there."""
    holder = value
    for step in path[:-1]:
        if not _has(holder, step):
            return
        holder = holder[step]
    if isinstance(holder, dict) or _has(holder, path[-1]):
        holder[path[-1]] = new


def _has(holder: Any, step: Any) -> bool:
    if isinstance(holder, list):
        return isinstance(step, int) and step < len(holder)
    return isinstance(holder, dict) and step in holder


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(st.sampled_from(_places(ROUTE)[1:]), VALUES), min_size=1, max_size=3))
def test_jsonschema_agrees_on_plain_values(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    candidate = bundles.candidate_of("v1.6.1", "experimental", "gateway.networking.k8s.io/v1", "HTTPRoute")
    assert candidate is not None
    value: Any = copy.deepcopy(ROUTE)
    for path, new in changes:
        _put(value, path, copy.deepcopy(new))
    found = candidate.structure.inspect(value).violations
    plain = Draft202012Validator(_plain(candidate.schema))
    assert any(one.code not in STRUCTURAL for one in found) == (not plain.is_valid(value)), value
