"""The JSON report keeps its contract: `schemas/report.schema.json`."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from jsonschema import Draft202012Validator

from k8slblint.model.finding import Acceptance, CheckFailure, Completeness, LocatedFix, Replacement, Report
from k8slblint.model.location import Location, Span
from k8slblint.model.resource import Origin, ResourceId
from k8slblint.model.rule import Condition
from k8slblint.reporting import render
from k8slblint.reporting.json import dump
from tests.reports import finding, partly, place, related, report

ROOT = Path(__file__).parent.parent
SCHEMA = json.loads((ROOT / "schemas" / "report.schema.json").read_text(encoding="utf-8"))
ACCEPTED = Acceptance("config", "agreed")
FULL = finding(
    resource=ResourceId("gateway.networking.k8s.io/v1", "GatewayClass", None, "edge"),
    field=("spec", "rules", 0, "a.b/c"),
    related=(related(),),
    traffic=(related("A client connects."),),
    condition=Condition("ResolvedRefs", "False", "RefNotPermitted"),
    fix=LocatedFix("Use ClusterIP.", (Replacement(place(), "ClusterIP"),), safe=True),
    origin=Origin("chart/templates/svc.yaml", exact=True),
)


def rendered(known: Report) -> dict[str, Any]:
    """Return the parsed report, valid by the schema."""
    value = json.loads(render(known, "json"))
    jsonschema_rs.validator_for(SCHEMA).validate(value)
    assert isinstance(value, dict)
    return value


def test_the_page_shows_what_is_written() -> None:
    page = (ROOT / "docs" / "json-report.md").read_text(encoding="utf-8")
    example = re.search(r"```json\n(.*?)```", page, re.DOTALL)
    assert example
    assert json.loads(example[1]) == rendered(report([finding()]))


def test_a_finding_holds_everything_that_is_known() -> None:
    (shown,) = rendered(report([FULL]))["findings"]
    location = {"path": "nodes.yaml", "line": 3, "column": 5, "end_line": 3, "end_column": 9}
    assert shown == {
        "rule": "node-port-in-production",
        "severity": "error",
        "confidence": "high",
        "headline": "Service shop/web opens a node port",
        "label": "opens port 30080",
        "why": "Clients depend on node addresses.",
        "help": "Use `type: ClusterIP`.",
        "message": "Service shop/web opens a node port. Clients depend on node addresses. Use `type: ClusterIP`.",
        "location": {"path": "apps/web.yaml", "line": 12, "column": 9, "end_line": 12, "end_column": 17},
        "resource": {"api_version": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "namespace": None, "name": "edge"},
        "field": ["spec", "rules", 0, "a.b/c"],
        "related": [{"location": location, "message": "Node 'n1' has this address.", "rendered": None}],
        "traffic": [{"location": location, "message": "A client connects.", "rendered": None}],
        "condition": {"type": "ResolvedRefs", "status": "False", "reason": "RefNotPermitted"},
        "fix": {
            "description": "Use ClusterIP.",
            "edits": [
                {
                    "location": {"path": "apps/web.yaml", "line": 12, "column": 9, "end_line": 12, "end_column": 17},
                    "text": "ClusterIP",
                }
            ],
            "safe": True,
        },
        "origin": {"path": "chart/templates/svc.yaml", "exact": True, "unit": None, "also": []},
        "fingerprint": "0123456789abcdef0123456789abcdef",
        "suppressed": None,
        "novelty": None,
    }


def test_what_is_not_known_is_null_or_empty() -> None:
    (shown,) = rendered(report([finding(resource=None, field=())]))["findings"]
    assert {name for name, value in shown.items() if value is None} == {"resource", "condition", "fix", "origin", "suppressed", "novelty"}
    assert (shown["field"], shown["related"], shown["traffic"]) == ([], [], [])


def test_suppressed_findings_stand_apart_with_their_reason() -> None:
    shown = rendered(report(suppressed=(finding(suppressed=ACCEPTED),)))
    assert shown["findings"] == []
    assert shown["suppressed"][0]["suppressed"] == {"kind": "config", "reason": "agreed"}


def test_coverage_failures_and_base_are_told() -> None:
    shown = rendered(report(completeness=partly(), failures=(CheckFailure("a-rule", "Service web", "KeyError: 1"),), against="main"))
    assert shown["completeness"] == {
        "files_seen": 14,
        "files_read": 12,
        "documents_seen": 40,
        "documents_linted": 30,
        "documents_with_placeholders": 2,
        "files_skipped": [
            {"reason": "broken symbolic link", "count": 1, "examples": ["old.yaml"]},
            {"reason": "chart template, not rendered", "count": 1, "examples": ["chart/templates/"]},
        ],
        "documents_skipped": [{"reason": "not Kubernetes", "count": 10, "examples": ["values.yaml:1", "ci.yaml:1"]}],
        "units": [],
        "not_rendered": [],
        "sandbox": None,
        "budget": None,
        "places_not_proven": 0,
        "undecided": [{"rule": "node-port-in-production", "reason": "the value contains a placeholder", "count": 2}],
    }
    assert shown["failures"] == [{"rule": "a-rule", "resource": "Service web", "error": "KeyError: 1"}]
    assert shown["against"] == "main"


def test_an_empty_report_is_valid() -> None:
    shown = rendered(report(rules=(), completeness=Completeness()))
    assert (shown["version"], shown["findings"], shown["rules"], shown["against"]) == (1, [], [], None)


def test_the_text_is_ascii_and_keeps_every_character() -> None:
    message = "é 日本 😀 \x1b[31m \u202e \\ud800 \t"
    hostile = finding(headline=message, location=place("my apps/a#b%c é.yaml"))
    text = render(report([hostile]), "json")
    assert text.isascii()
    assert "\x1b" not in text
    assert text.endswith("}\n")
    (shown,) = json.loads(text)["findings"]
    assert (shown["headline"], shown["location"]["path"]) == (message, "my apps/a#b%c é.yaml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\ud800", "\ufffd"),
        ("a\udc80b", "a\ufffdb"),
        ("\udc00\ud800", "\ufffd\ufffd"),
        ("😀", "😀"),
        ("\\ud800", "\\ud800"),
        ("\\\ud800", "\\\ufffd"),
        ("\ud83d😀", "\ufffd😀"),
    ],
)
def test_lone_surrogates_become_replacement_characters(text: str, expected: str) -> None:
    assert json.loads(dump(text)) == expected


def test_the_order_of_findings_is_kept() -> None:
    paths = ["b.yaml", "a.yaml", "c.yaml"]
    shown = rendered(report([finding(location=place(path)) for path in paths]))["findings"]
    assert [one["location"]["path"] for one in shown] == paths


def test_the_schema_describes_every_field_and_refuses_others() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    for name, schema in objects(SCHEMA):
        assert schema["additionalProperties"] is False, name
        assert set(schema["required"]) == set(schema["properties"]), name
        for field, value in schema["properties"].items():
            assert value.get("description") or "$ref" in value, f"{name}.{field}"


def objects(schema: Any, name: str = "report") -> list[tuple[str, dict[str, Any]]]:
    """Return every schema of an object, with the key under which it stands."""
    found = []
    if isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" in schema:
            found.append((name, schema))
        found += [one for key, value in schema.items() for one in objects(value, key)]
    if isinstance(schema, list):
        found += [one for value in schema for one in objects(value, name)]
    return found


@pytest.mark.parametrize("wrong", [finding(suppressed=ACCEPTED), finding(location=Location("", Span(1, 1, 1, 2)))])
def test_the_schema_refuses_what_may_not_be(wrong: Any) -> None:
    value = json.loads(render(report([wrong]), "json"))
    assert not jsonschema_rs.validator_for(SCHEMA).is_valid(value)
    assert not Draft202012Validator(SCHEMA).is_valid(value)
