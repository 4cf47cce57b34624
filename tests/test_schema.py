"""What a value that does not fit its schema is told, and that jsonschema agrees on what fits."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from k8slblint import schema
from k8slblint.schema.plain import plainly_fits

SCHEMA = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 5, "pattern": "^[a-z]*$"},
        "level": {"enum": ["error", "warning"]},
        "port": {"type": "integer", "minimum": 1, "maximum": 65535},
        "ports": {"type": "array", "maxItems": 2, "items": {"$ref": "#/$defs/Port"}},
        "target": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        "backend": {"oneOf": [{"type": "string"}, {"$ref": "#/$defs/Port"}]},
        "open": {"type": "boolean"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "$defs": {
        "Port": {"type": "object", "required": ["number"], "properties": {"number": {"type": "integer"}}, "additionalProperties": False}
    },
}


@pytest.mark.parametrize(
    ("value", "messages"),
    [
        ({"name": "web"}, []),
        ([], ["it is a list; expected a mapping."]),
        ({}, ["it lacks the required field 'name'."]),
        ({"name": 8}, ["name is the number 8; expected text: quote it."]),
        ({"name": True}, ["name is the boolean true; expected text: quote it."]),
        ({"name": ""}, ["name is empty text; expected 1 or more characters."]),
        ({"name": "abcdefg"}, ["name is 7 characters long; expected 5 or fewer characters."]),
        ({"name": "A"}, ["name is the text 'A'; expected text that matches '^[a-z]*$'."]),
        ({"name": "a", "port": "80"}, ["port is the text '80'; expected a whole number: remove the quotes."]),
        ({"name": "a", "port": 0}, ["port is the number 0; expected 1 or more."]),
        ({"name": "a", "port": 80.0}, []),
        ({"name": "a", "open": "true"}, ["open is the text 'true'; expected true or false: remove the quotes."]),
        ({"name": "a", "level": "eror"}, ["level is the text 'eror'; expected one of 'error', 'warning' (did you mean 'error'?)."]),
        ({"name": "a", "Port": 1}, ["Port is not a known field (did you mean 'port'?)."]),
        ({"name": "a", "xyz": 1}, ["xyz is not a known field."]),
        ({"nme": "a"}, ["nme is not a known field (did you mean 'name'?)."]),
        ({"name": "a", "ports": [{}]}, ["ports[0] lacks the required field 'number'."]),
        ({"name": "a", "ports": [{"number": 1}] * 3}, ["ports is a list of 3; expected 2 or fewer elements."]),
        ({"name": "a", "target": []}, ["target is a list; expected a whole number or text."]),
        ({"name": "a", "backend": {"number": None}}, ["backend.number is null; expected a whole number."]),
        ({"name": "a", "labels": {"a.b/c": 1}}, ["labels[a.b/c] is the number 1; expected text: quote it."]),
    ],
)
def test_messages_name_the_field_what_it_is_and_what_was_expected(value, messages):
    assert [error.message for error in schema.errors(value, SCHEMA)] == messages


def test_errors_come_in_the_order_of_their_paths():
    value = {"name": "a", "ports": [{"number": number} for number in "abcdefghijkl"]}
    paths = [error.path for error in schema.errors(value, SCHEMA)]
    assert paths == [("ports",), *(("ports", index, "number") for index in range(12))]


def test_an_unknown_field_is_named_by_its_path_and_its_definition():
    (error,) = schema.errors({"name": "a", "ports": [{"number": 1, "nmber": 2}]}, SCHEMA)
    assert (error.path, error.keyword, error.field) == (("ports", 0, "nmber"), "additionalProperties", "nmber")
    assert (error.definition, error.suggestion) == ("Port", "")
    (error,) = schema.errors({"name": "a", "levl": "error"}, SCHEMA)
    assert (error.definition, error.suggestion) == ("", "level")


NESTED = {
    "type": "object",
    "properties": {
        "metadata": {"$ref": "#/$defs/Meta"},
        "spec": {"$ref": "#/$defs/Spec"},
    },
    "additionalProperties": False,
    "$defs": {
        "Meta": {"type": "object", "properties": {"labels": {}, "name": {}}, "additionalProperties": False},
        "Template": {"type": "object", "properties": {"spec": {"$ref": "#/$defs/Pod"}, "other": {}}, "additionalProperties": False},
        "Spec": {"type": "object", "properties": {"template": {"$ref": "#/$defs/Template"}, "replicas": {}}, "additionalProperties": False},
        "Pod": {
            "type": "object",
            "properties": {
                "containers": {"type": "array", "items": {"$ref": "#/$defs/Container"}},
                "hostNetwork": {},
                "itself": {"$ref": "#/$defs/Pod"},
            },
            "additionalProperties": False,
        },
        "Container": {"type": "object", "properties": {"image": {}}, "additionalProperties": False},
    },
}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"labels": {}}, "labels is not a known field here, it belongs in metadata."),
        ({"replicas": 1}, "replicas is not a known field here, it belongs in spec."),
        ({"spec": {"metadata": {}}}, "spec.metadata is not a known field here, it belongs at the top level."),
        ({"spec": {"labels": {}}}, "spec.labels is not a known field here, it belongs in metadata."),
        ({"spec": {"containers": []}}, "spec.containers is not a known field here, it belongs in spec.template.spec."),
        ({"spec": {"template": {"replicas": 1}}}, "spec.template.replicas is not a known field here, it belongs in spec."),
        (
            {"spec": {"template": {"spec": {"containers": [{"hostNetwork": True}]}}}},
            "spec.template.spec.containers[0].hostNetwork is not a known field here, it belongs in spec.template.spec.",
        ),
        ({"spec": {"name": "web"}}, "spec.name is not a known field."),
        ({"spec": {"image": "web"}}, "spec.image is not a known field."),
    ],
)
def test_a_field_in_the_wrong_place_is_told_where_it_belongs(value, message):
    assert [error.message for error in schema.errors(value, NESTED)] == [message]


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"probe": 1, "boxes": [{}]}, "boxes[0]"),
        ({"probe": 1, "boxes": [{}, {}]}, "boxes"),
        ({"probe": 1, "boxes": [{}], "early": [{}]}, "boxes[0]"),
        ({"probe": 1, "boxes": [], "early": [{}]}, "early[0]"),
        ({"probe": 1, "early": [{}], "late": [{}]}, ""),
        ({"probe": 1, "boxes": []}, ""),
        ({"probe": 1, "boxes": 7}, ""),
    ],
)
def test_a_field_of_an_element_belongs_in_the_list_beside_it(value, place):
    boxes = {"type": "array", "items": {"type": "object", "properties": {"probe": {"type": "integer"}}}}
    pod = {
        "type": "object",
        "required": ["boxes"],
        "additionalProperties": False,
        "properties": {"boxes": boxes, "early": boxes, "late": boxes, "probes": {"type": "integer"}},
    }
    found = next(error for error in schema.errors(value, pod) if error.path == ("probe",))
    assert found.label == (f"belongs in {place}" if place else "did you mean probes?")


def test_a_long_value_is_cut():
    (error,) = schema.errors("x" * 500, {"enum": ["a", "b"]})
    assert len(error.message) < 120


def test_compile_takes_only_the_definitions_that_are_reached():
    definitions = {"A": {"$ref": "#/$defs/B"}, "B": {"type": "integer"}, "C": {"$ref": "#/$defs/none"}}
    assert set(schema.reachable({"$ref": "#/$defs/A"}, definitions)) == {"A", "B"}
    validator = schema.compile({"$ref": "#/$defs/A"}, definitions)
    assert validator.is_valid(1)
    assert not validator.is_valid("1")


PLAIN = """
import sys
from k8slblint.loading.validation import validate
from tests.builders import resource
service = resource("apiVersion: v1\\nkind: Service\\nmetadata: {name: web}\\nspec: {ports: [{port: 80, targetPort: http}]}\\n")
assert list(validate(service)) == []
print([name for name in sys.modules if 'jsonschema' in name])
"""
SCALARS = st.none() | st.booleans() | st.integers(-2, 70000) | st.sampled_from(["", "a", "A", "error", "80", "abcdefg"])
PORTS = st.lists(st.dictionaries(st.sampled_from(["number", "x"]), SCALARS, max_size=2), max_size=3)


@given(st.dictionaries(st.sampled_from([*SCHEMA["properties"], "other"]), SCALARS | PORTS, max_size=4))
def test_jsonschema_agrees_on_what_fits(value):
    assert (schema.errors(value, SCHEMA) == []) == Draft202012Validator(SCHEMA).is_valid(value)


@given(st.dictionaries(st.sampled_from([*SCHEMA["properties"], "other"]), SCALARS | PORTS, max_size=4))
def test_what_plainly_fits_does_fit(value):
    plain = {**SCHEMA, "properties": {name: member for name, member in SCHEMA["properties"].items() if name not in ("target", "backend")}}
    plain["properties"]["name"] = {"type": ["string", "null"], "maxLength": 5, "not": {"type": "null"}}
    assert plainly_fits(value, plain, SCHEMA["$defs"]) == Draft202012Validator(plain).is_valid(value)


@pytest.mark.parametrize("keyword", ["pattern", "oneOf", "if", "patternProperties", "dependentRequired", "not"])
def test_a_keyword_beyond_the_plain_ones_is_left_open(keyword):
    assert not plainly_fits("a", {keyword: {"const": "b"}}, {})


def test_the_answer_is_the_same_before_and_after_compiling():
    validator = schema.compile(SCHEMA)
    values = [{"name": "web"}, {"name": "web", "port": 80}] * 20 + [{"name": 1}, {"name": "web"}]
    assert [len(validator.errors(value)) for value in values] == [0] * 40 + [1, 0]


def test_no_validator_is_imported_for_what_plainly_fits():
    done = subprocess.run([sys.executable, "-c", PLAIN], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
