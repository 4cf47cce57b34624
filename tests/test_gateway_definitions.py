"""Which definitions of Gateway API an object is held against: those in its tree, what the user states, or the newest release."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from k8slblint.admission.custom_resources.cel import judge
from k8slblint.admission.custom_resources.cleaning import cleaned
from k8slblint.admission.custom_resources.structural import StructuralSchema
from k8slblint.admission.gateways import bundles
from k8slblint.config import Config
from k8slblint.model.finding import Finding, Report
from k8slblint.shipped import schemas_folder
from tests.linting import findings, run, with_parameters

RULE = "gateway-rejected"
ROOT = Path(__file__).parent.parent
FOLDER = schemas_folder() / "gateway-api"
KINDS = [path for path in sorted(FOLDER.glob("*.json")) if path.stem not in ("index", "rules")]

ROUTE = "apiVersion: gateway.networking.k8s.io/{}\nkind: {}\nmetadata: {{name: web, namespace: shop}}\nspec: {}\n"
RETRY = ROUTE.format("v1", "HTTPRoute", "{rules: [{retry: {attempts: 3}}]}")


def definition(
    spec: dict[str, Any],
    *,
    kind: str = "HTTPRoute",
    bundle: str = "v1.2.0",
    channel: str = "standard",
    versions: tuple[str, ...] = ("v1",),
    size: int = 0,
) -> str:
    """A definition with this schema of `spec`, of at least `size` characters."""
    schema = {"type": "object", "properties": {"spec": spec}, "description": "x" * size}
    names = "gateway.networking.k8s.io"
    value = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{kind.lower()}s.{names}",
            "annotations": {f"{names}/bundle-version": bundle, f"{names}/channel": channel},
        },
        "spec": {
            "group": names,
            "names": {"kind": kind, "plural": f"{kind.lower()}s"},
            "scope": "Namespaced",
            "versions": [{"name": one, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}} for one in versions],
        },
    }
    return json.dumps(value)


RULES = {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 5}}}}
OWN = {"type": "object", "properties": {"rules": RULES}}


def refused(files: str | dict[str, str], **parameters: str) -> list[Finding]:
    return findings(files, RULE, config=with_parameters(Config(), RULE, parameters))


def headlines(files: str | dict[str, str], **parameters: str) -> list[str]:
    return [one.headline for one in refused(files, **parameters)]


def report(files: str | dict[str, str]) -> Report:
    return run(files)[0]


def test_the_schema_of_a_definition_in_the_tree_is_the_one_that_counts() -> None:
    files = {"crds/route.json": definition(OWN), "route.yaml": RETRY}
    (found,) = refused(files)
    assert found.headline == "HTTPRoute shop/web has `rules[0].retry`, which Gateway API v1.2 does not have"
    assert found.label == "in Gateway API v1.4 and later, experimental channel"
    assert found.why.startswith("Gateway API v1.2.0 (standard channel), which the manifests install, does not have the field.")
    assert found.confidence == "high"
    assert headlines({**files, "route.yaml": ROUTE.format("v1", "HTTPRoute", "{rules: [{name: a}]}")}) == []
    assert headlines({**files, "route.yaml": ROUTE.format("v1", "HTTPRoute", "{rules: [{name: too-long}]}")}) == [
        "HTTPRoute shop/web has an invalid `rules[0].name`"
    ]


def test_a_definition_elsewhere_in_the_tree_is_less_certain() -> None:
    (found,) = refused({"infra/gateway/route.json": definition(OWN), "apps/route.yaml": RETRY})
    assert found.confidence == "medium"


def test_a_definition_of_another_project_is_another_cluster_s() -> None:
    files = {"clusters/prod/crds/route.json": definition(OWN), "clusters/dev/route.yaml": RETRY}
    assert headlines(files) == []


def test_a_large_definition_of_a_shipped_release_is_taken_for_that_one() -> None:
    spec = "{rules: [{filters: [{type: CORS, cors: {}}]}]}"
    large = definition({}, bundle="v1.4.1", size=30_000)
    files = {"crds/route.json": large, "route.yaml": ROUTE.format("v1", "HTTPRoute", spec)}
    assert set(headlines(files)) == {
        "HTTPRoute shop/web has `filters[0].cors`, which the standard channel does not have",
        "HTTPRoute shop/web has an invalid `filters[0].type`",
    }
    assert headlines({**files, "crds/route.json": definition({}, bundle="v1.5.1", size=30_000)}) == []


def test_the_release_of_other_kinds_tells_which_kinds_there_are() -> None:
    listeners = "{parentRef: {name: g}, listeners: [{name: a, port: 80, protocol: HTTP}]}"
    files = {"crds/route.json": definition(OWN, bundle="v1.4.1"), "set.yaml": ROUTE.format("v1", "ListenerSet", listeners)}
    (found,) = refused(files)
    assert (found.headline, found.label) == ("ListenerSet shop/web is of a kind that is not served", "since v1.5")
    assert headlines({**files, "crds/route.json": definition(OWN, bundle="v1.5.1")}) == []
    assert headlines({**files, "crds/route.json": definition(OWN, bundle="v0.8.0")}) == []


def test_a_version_that_a_definition_does_not_serve_is_refused() -> None:
    files = {"crds/route.json": definition(OWN, versions=("v1beta1", "v1")), "route.yaml": ROUTE.format("v1alpha2", "HTTPRoute", "{}")}
    (found,) = refused(files)
    assert found.headline == "HTTPRoute shop/web is of version v1alpha2, which is not served"
    assert found.label == "did you mean gateway.networking.k8s.io/v1beta1?"


def test_of_several_definitions_only_what_all_refuse_is_reported() -> None:
    other = {"type": "object", "properties": {"rules": {"type": "array", "items": {"type": "object"}}}}
    files = {"crds/a.json": definition(OWN), "crds/b.json": definition(other), "route.yaml": RETRY}
    assert headlines(files) == []
    assert headlines({**files, "crds/b.json": definition(OWN)}) != []


@pytest.mark.parametrize("versions", ["{{ .Values.versions }}", "[{name: '{{ .v }}', served: true}]", "[", "1", "[]", "{a: 1}"])
def test_a_definition_that_cannot_be_read_says_nothing(versions: str) -> None:
    head = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: httproutes.gateway.networking.k8s.io\n"
    text = f"{head}spec:\n  group: gateway.networking.k8s.io\n  names:\n    kind: HTTPRoute\n  versions: {versions}\n"
    assert headlines({"crds/route.yaml": text, "route.yaml": RETRY}) == []


@pytest.mark.parametrize("extra", [{"x-kubernetes-validations": [{"rule": "self.exists(x, true)", "message": "m"}]}, {}])
def test_a_rule_or_pattern_that_is_not_one_of_gateway_api_is_undecided(extra: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("k8slblint.admission.custom_resources.cel.judge", lambda rule, *_: asked.append(rule))
    rules = {**RULES, **extra}
    if not extra:
        rules["items"] = {"type": "object", "properties": {"name": {"type": "string", "pattern": "^(a+)+$"}}}
    spec = {"type": "object", "properties": {"rules": rules}}
    name = "a" * 40 + "!"
    found = report({"crds/route.json": definition(spec), "route.yaml": ROUTE.format("v1", "HTTPRoute", f"{{rules: [{{name: '{name}'}}]}}")})
    assert [one.rule for one in found.findings if one.rule == RULE] == ([RULE] if extra else [])
    assert [one.rule for one in found.completeness.undecided] == [RULE]
    assert asked == []


def test_a_rule_of_a_definition_in_the_tree_that_gateway_api_has_is_evaluated() -> None:
    rule = "!(has(self.percent) && has(self.fraction))"
    assert rule in bundles.known_rules()
    properties = {"percent": {"type": "integer"}, "fraction": {"type": "integer"}}
    spec = {"type": "object", "properties": properties, "x-kubernetes-validations": [{"rule": rule, "message": "not both"}]}
    (found,) = refused({"crds/r.json": definition(spec), "route.yaml": ROUTE.format("v1", "HTTPRoute", "{percent: 1, fraction: 2}")})
    assert "Invalid value: not both" in found.why


@pytest.mark.parametrize(
    ("parameters", "is_refused"),
    [
        ({"release": "v1.6", "channel": "standard"}, True),
        ({"release": "1.5.0", "channel": "standard"}, True),
        ({"release": "v1.6", "channel": "experimental"}, False),
        ({"release": "v1.6"}, False),
        ({"channel": "standard"}, True),
        ({"release": "main", "channel": "experimental"}, False),
        ({}, False),
    ],
)
def test_the_user_may_state_release_and_channel(parameters: dict[str, str], *, is_refused: bool) -> None:
    assert bool(headlines({"route.yaml": RETRY}, **parameters)) is is_refused
    files = {"route.yaml": RETRY, "crds/route.json": definition(OWN)}
    assert bool(headlines(files, **parameters)) is (is_refused or not parameters)


def test_a_release_that_is_not_known_is_undecided() -> None:
    config = with_parameters(Config(), RULE, {"release": "v1.1"})
    found, _ = run({"route.yaml": RETRY}, config=config)
    assert [one.reason for one in found.completeness.undecided] == ["the definitions of Gateway API v1.1 are not known"]


def test_what_an_earlier_release_accepts_is_less_certain() -> None:
    (found,) = refused(ROUTE.format("v1", "Gateway", "{gatewayClassName: c, listeners: [{name: a, port: 443, protocol: TLS}]}"))
    assert found.confidence == "medium"
    assert found.why.endswith("Some releases before v1.6 accept it.")


def test_fields_of_the_next_release_are_judged_by_that() -> None:
    target = "targetRefs: [{group: '', kind: Service, name: web}]"
    text = ROUTE.replace("k8s.io", "x-k8s.io").format("v1alpha1", "XBackendTrafficPolicy", "{%s, sessionPersistence: {%s}}")
    assert headlines(text % (target, "type: Cookie, cookie: {name: a}")) == []
    assert headlines(text % (target, "type: Header, cookie: {name: a}")) == [
        "XBackendTrafficPolicy shop/web sets `cookie` for sessions of another type"
    ]


def test_a_change_of_an_immutable_field_is_refused() -> None:
    text = "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: edge}\nspec: {controllerName: example.com/%s}\n"
    (found,) = findings(text % "new", RULE, before=text % "old")
    assert found.headline == "GatewayClass edge changes a field that is immutable"
    assert findings(text % "old", RULE, before=text % "old") == []


def test_a_base_of_a_patch_may_lack_anything() -> None:
    gateway = ROUTE.format("v1", "Gateway", "{gatewayClassName: c}")
    files = {"base/kustomization.yaml": "resources: [gateway.yaml]\n", "base/gateway.yaml": gateway}
    assert headlines(files) == ["Gateway shop/web has no `spec.listeners`"]
    patch = "resources: [../base]\npatches: [{path: patch.yaml, target: {kind: Gateway, name: web}}]\n"
    assert headlines({**files, "over/kustomization.yaml": patch, "over/patch.yaml": "[]"}) == []
    assert headlines({"gateway.yaml": gateway.replace("{gatewayClassName: c}", "{}")}) == []
    assert headlines({"gateway.yaml": gateway.replace("{gatewayClassName", "{$patch: merge, gatewayClassName")}) == []


HOSTILE: list[Any] = [
    {"$ref": "#/$defs/x"},
    {"type": "object", "properties": {"rules": {"$ref": "#/$defs/rules"}}},
    {"type": ["object"], "properties": [1], "required": "rules", "enum": {}},
    {"type": "object", "properties": {"rules": {"type": "array", "items": [1], "maxItems": "2", "minItems": True}}},
    {"type": "object", "properties": {"rules": {"type": "array", "maxItems": 1e400, "items": 7}}},
    {"type": "object", "x-kubernetes-validations": [{"rule": 5}, 7, {"rule": "self.", "message": ["m"]}]},
    {"type": "object", "x-kubernetes-validations": "self == 1"},
    {"type": "object", "oneOf": {"a": 1}, "anyOf": [1, {"properties": []}], "not": [], "allOf": [{"required": 1}]},
    {"type": "object", "properties": {"rules": {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [{}], "type": "array"}}},
    {"type": "object", "properties": {"rules": {"default": {"a": [{}]}, "type": "string"}}},
    {"type": "object", "required": ["rules", "none"], "properties": {"none": {"default": [], "type": "array"}}},
    [],
    None,
]


@pytest.mark.parametrize("spec", HOSTILE)
def test_a_definition_of_any_form_breaks_nothing(spec: Any) -> None:
    found = report({"crds/route.json": definition(spec), "route.yaml": RETRY})
    assert found.failures == ()


def test_a_definition_that_is_nested_without_end_is_read_in_part() -> None:
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(90):
        deep = {"type": "object", "properties": {"a": deep}}
    value: Any = "text"
    for _ in range(90):
        value = {"a": value}
    assert StructuralSchema(cleaned({"type": "object", "properties": {"spec": deep}})).inspect({"spec": value}).violations == ()
    assert report({"crds/r.json": definition(deep), "route.yaml": ROUTE.format("v1", "HTTPRoute", json.dumps(value))}).failures == ()


def test_long_lists_are_refused_without_being_read_through() -> None:
    listeners = ", ".join(f"{{name: a{number}, port: 80, protocol: HTTP}}" for number in range(3000))
    text = ROUTE.format("v1", "Gateway", f"{{gatewayClassName: c, listeners: [{listeners}]}}")
    assert headlines(text) == ["Gateway shop/web has an invalid `spec.listeners`"]


def test_hostile_texts_stay_in_one_line() -> None:
    text = ROUTE.format("v1", "HTTPRoute", '{"a\\n::error::b": 1, hostnames: ["::error::\\n##vso[task]"]}')
    found = refused(text)
    assert len(found) == 2
    assert not any("\n" in part for one in found for part in (one.headline, one.label, one.why, one.help))


def test_every_shipped_pattern_and_rule_can_be_evaluated() -> None:
    for path in KINDS:
        for schema in json.loads(path.read_text(encoding="utf-8")).values():
            for part in _parts(schema):
                assert "pattern" not in part or _is_known(part["pattern"]), (path.name, part["pattern"])
                for given in part.get("x-kubernetes-validations", ()):
                    assert given["rule"] in bundles.known_rules()
                    judge(given["rule"], {})


def test_the_newest_minor_release_and_the_two_before_it_are_shipped() -> None:
    minors = [int(one.split(".")[1]) for one in bundles.newest_of_each_minor()]
    assert minors[:3] == [minors[0], minors[0] - 1, minors[0] - 2]


def test_the_index_and_the_files_agree() -> None:
    index = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))
    used: dict[str, set[str]] = {}
    for channels in index["bundles"].values():
        for kinds in channels.values():
            for name, key in kinds.items():
                used.setdefault(name.rpartition("/")[2], set()).add(key)
    assert set(used) == {path.stem for path in KINDS}
    for path in KINDS:
        definitions = json.loads(path.read_text(encoding="utf-8"))
        reached = set(used[path.stem])
        pending = list(reached)
        while pending:
            for part in _parts(definitions[pending.pop()]):
                name = str(part.get("$ref", "")).removeprefix("#/$defs/")
                if name and name not in reached:
                    reached.add(name)
                    pending.append(name)
        assert reached == set(definitions), path.name
    assert bundles.newest() == "v1.6.1"
    assert [bundles.minor(one) for one in bundles.newest_of_each_minor()] == ["v1.6", "v1.5", "v1.4"]


@pytest.mark.parametrize(
    ("text", "release"),
    [("v1.5.1", "v1.5.1"), ("1.5", "v1.5.1"), ("v1.6.9", "v1.6.1"), ("v1.3.0", None), ("v1.10", None), ("main", "main"), ("latest", None)],
)
def test_a_release_is_found_by_its_name(text: str, release: str | None) -> None:
    assert bundles.release_named(text) == release


def test_only_such_objects_cost_anything(tmp_path: Path) -> None:
    (tmp_path / "service.yaml").write_text(
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 1}]}\n", encoding="utf-8"
    )
    program = (
        "import sys\nfrom k8slblint.commands.cli import main\n"
        f"try: main(['scan', {str(tmp_path)!r}, '--no-config', '-q'])\nexcept SystemExit: pass\n"
        "print([name for name in sys.modules if 'custom_resources' in name or 'admission.gateways' in name])"
    )
    found = subprocess.run([sys.executable, "-P", "-c", program], check=True, capture_output=True, text=True, cwd=ROOT)
    assert found.stdout.strip().endswith("[]"), found.stdout


def _parts(schema: Any) -> list[dict[str, Any]]:
    found = [schema] if isinstance(schema, dict) else []
    for part in found:
        below = [*part.get("properties", {}).values(), *(part.get(key) for key in ("items", "additionalProperties"))]
        found += [one for one in below if isinstance(one, dict)]
    return found


def _is_known(pattern: str) -> bool:
    from k8slblint.admission.custom_resources.patterns import matches

    return matches(pattern, "a") is not None


@pytest.mark.parametrize("depth", [120, 300, 450])
def test_a_definition_that_is_nested_too_deeply_for_python_costs_nothing_else(depth: int) -> None:
    opening = '{"type": "object", "properties": {"a": ' * depth
    text = definition({"type": "string"}).replace('{"type": "string"}', opening + '{"type": "string"}' + "}}" * depth)
    found = report({"crds/r.json": text, "service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: nodePort}\n"})
    assert found.failures == ()
    assert "service.yaml" in {finding.location.path for finding in found.findings}
