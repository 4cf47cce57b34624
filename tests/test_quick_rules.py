"""The rules of Gateway API as Python: they never accept what the rule refuses, and spare ordinary objects the reading of rules."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8slblint.admission.custom_resources.cel import judge
from k8slblint.admission.custom_resources.structural import CANNOT_SAY
from k8slblint.admission.custom_resources.unknowns import UNKNOWN, Open, OpenList
from k8slblint.admission.gateways import bundles
from k8slblint.admission.gateways.quick_rules import HOLDS
from k8slblint.shipped import schemas_folder
from tests.linting import findings

ROOT = Path(__file__).parent.parent
WORDS = [
    "",
    "a",
    "Exact",
    "PathPrefix",
    "/a",
    "/a/../b",
    "/a//b",
    "*.a.example",
    "a*b",
    "10.0.0.1",
    "*",
    "10s",
    "1h30m",
    "2d",
    "x/y",
    "svc.cluster.local",
]


@cache
def _parts() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Every part of a shipped definition that has rules, with the definitions that it may refer to."""
    found: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for path in sorted((schemas_folder() / "gateway-api").glob("*.json")):
        definitions = json.loads(path.read_text(encoding="utf-8"))
        pending = list(definitions.values()) if path.stem not in ("index", "rules") else []
        for part in pending:
            below = [*part.get("properties", {}).values(), *(part.get(key) for key in ("items", "additionalProperties"))]
            pending += [one for one in below if isinstance(one, dict)]
            found += [(part, definitions)] if "x-kubernetes-validations" in part else []
    return found


def _values(schema: dict[str, Any], definitions: dict[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of the types of a schema, with its words, some of them unknown, some mappings and lists open."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if depth > 5:
        return st.just(UNKNOWN)
    made = _made(schema, definitions, depth + 1)
    return st.integers(0, 19).flatmap(lambda number: st.just(UNKNOWN) if number == 0 else made)


def _made(schema: dict[str, Any], definitions: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    match schema.get("type"):
        case "object":
            members = {name: _values(part, definitions, depth) for name, part in schema.get("properties", {}).items()}
            others = st.dictionaries(st.sampled_from(WORDS), st.sampled_from(WORDS), max_size=2)
            values = st.fixed_dictionaries({}, optional=members) if members else others
            return st.one_of(values, values, values.map(Open))
        case "array":
            lists = st.lists(_values(schema.get("items", {}), definitions, depth), max_size=3)
            return st.one_of(lists, lists, lists.map(OpenList))
        case "integer":
            return st.sampled_from([0, 1, 2, 80])
        case "boolean":
            return st.booleans()
        case _:
            return st.sampled_from([*schema.get("enum", ()), *WORDS])


@pytest.mark.parametrize("rule", sorted(bundles.known_rules()))
def test_every_rule_has_its_function(rule: str) -> None:
    assert rule in HOLDS


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_what_a_function_accepts_no_rule_refuses(data: st.DataObject) -> None:
    schema, definitions = data.draw(st.sampled_from(_parts()))
    value = data.draw(_values(schema, definitions))
    for one in schema["x-kubernetes-validations"]:
        if _accepts(one["rule"], value):
            assert judge(one["rule"], value).holds is not False, (one["rule"], value)


def _accepts(rule: str, value: Any) -> bool:
    try:
        return HOLDS[rule](value) is True
    except CANNOT_SAY:
        return False


ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: edge, namespace: infra, sectionName: https}, {name: other, port: 80}]
  hostnames: [shop.example.org, "${NAME}.example.org"]
  rules:
    - matches: [{path: {type: PathPrefix, value: /a}, headers: [{name: x-a, value: b}]}, {path: {type: Exact, value: /b}}]
      filters:
        - {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-b, value: c}]}}
        - {type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /c}}}
      timeouts: {request: 10s, backendRequest: 2s}
      backendRefs: [{name: web, port: 80, weight: 1}, {name: api, port: "${PORT}"}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: infra}
spec:
  gatewayClassName: eg
  listeners:
    - {name: http, port: 80, protocol: HTTP}
    - {name: https, port: 443, protocol: HTTPS, hostname: "*.example.org", tls: {certificateRefs: [{name: cert}]}}
"""


def test_an_ordinary_object_needs_no_reading_of_rules(tmp_path: Path) -> None:
    (tmp_path / "route.yaml").write_text(ROUTE, encoding="utf-8")
    program = (
        "import sys\nfrom k8slblint.commands.cli import main\n"
        f"try: main(['scan', {str(tmp_path)!r}, '--no-config', '-q'])\nexcept SystemExit: pass\n"
        "print([name for name in sys.modules if 'custom_resources.cel' in name])"
    )
    found = subprocess.run([sys.executable, "-P", "-c", program], check=True, capture_output=True, text=True, cwd=ROOT)
    assert found.stdout.strip().endswith("['k8slblint.admission.custom_resources.cel_functions']"), found.stdout


def test_what_a_rule_refuses_is_still_told_in_its_words() -> None:
    (found,) = findings(ROUTE.replace("value: /a}", "value: /a/../b}", 1), "gateway-rejected")
    assert "must not contain '/../' when type one of ['Exact', 'PathPrefix']" in found.why


def test_the_functions_are_those_of_the_rules() -> None:
    program = "import quick_rules; assert quick_rules.PATH.read_text('utf-8') == quick_rules.text()"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT / "tools")
