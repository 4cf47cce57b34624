"""Where a resource that the API server refuses is wrong, and that the shipped schemas say what their source says."""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from k8slblint.loading import kubernetes_schemas
from k8slblint.loading.patches import kustomize_patches
from k8slblint.loading.validation import nearest_version, shipped_validators, validate
from k8slblint.shipped import schemas_folder
from tests.builders import resource, resources
from tests.linting import expectations
from tests.texts import words_of

ROOT = Path(__file__).parent.parent
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n"
PATCHED = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template: {spec: {containers: [{name: web}]}}\n"


def found(text, version=None):
    return list(validate(resource(text), version))


def test_a_wrong_value_is_shown_at_the_value_and_an_unknown_field_at_its_key():
    value, unknown = found(SERVICE + "  ports: [{port: web}]\n  selecter: {app: web}\n")
    assert (value.path, value.at) == (("spec", "ports", 0, "port"), "value")
    assert (unknown.path, unknown.at) == (("spec", "selecter"), "key")
    assert (unknown.label, unknown.help) == ("did you mean selector?", "Write `selector`.")


def test_unknown_fields_of_one_mapping_are_one_mistake():
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: web, a/x: b, a/y: c, a/z: d}\nspec: {ports: [{port: 80, colour: red}]}\n"
    metadata, port = found(text)
    assert metadata.headline == "Service default/web has 3 unknown fields in `metadata`"
    assert (metadata.path, [place.path[-1] for place in metadata.related]) == (("metadata", "a/x"), ["a/y", "a/z"])
    assert port.headline == "Service default/web has unknown field `ports[0].colour`"


def test_a_missing_field_is_shown_at_what_lacks_it():
    (problem,) = found(SERVICE + "  ports: [{name: web}]\n")
    assert (problem.path, problem.confidence) == (("spec", "ports", 0), "high")


ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: web}\n"
CLASS = "apiVersion: resource.k8s.io/v1alpha2\nkind: ResourceClass\nmetadata: {name: gpu}\ndriverName: example.com\n"
STUB = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.b}\nspec: {conversion: {strategy: None}}\n"


def test_all_that_is_wrong_with_an_object_is_told_each_thing_once():
    problems = found(ROLE + "rules: [{verbs: get, resource: [pods]}, {apiGroups: ['']}]\nsubjects: []\n")
    assert [problem.path for problem in problems] == [("rules", 0, "resource"), ("rules", 0, "verbs"), ("rules", 1), ("subjects",)]


@pytest.mark.parametrize(("version", "count"), [(None, 0), ("1.27", 0), ("1.37", 1), ("1.19", 0)])
def test_a_kind_that_the_stated_release_does_not_have_is_told(version, count):
    problems = found(CLASS, version)
    assert [problem.path for problem in problems] == [("apiVersion",)] * count


def test_the_releases_that_have_the_kind_are_named():
    (problem,) = found(CLASS, "1.37.2")
    assert problem.headline == "ResourceClass default/gpu is of a kind that Kubernetes 1.37 does not have"
    assert problem.label == "only in Kubernetes 1.27 to 1.30"


def test_what_lacks_nearly_everything_may_be_a_patch_or_a_stub():
    assert {problem.confidence for problem in found(STUB)} == {"low"}


def test_null_where_a_value_is_required_is_told():
    (problem,) = found(SERVICE + "  ports: [{port: }]\n")
    assert words_of(problem).splitlines() == [
        "Service default/web has an empty `ports[0].port`",
        "is null",
        "The API server refuses the object.",
        "Write a whole number.",
    ]


def test_a_required_mapping_must_not_be_null():
    (problem,) = found("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: null}\n")
    assert problem.path == ("spec", "containers")


def test_an_annotation_that_is_no_text_says_how_to_write_it():
    (problem,) = found("apiVersion: v1\nkind: Namespace\nmetadata: {name: web, annotations: {a.b/c: on}}\n")
    assert words_of(problem).splitlines() == [
        "Namespace web has an annotation that is not text",
        "is the boolean true",
        "Kubernetes accepts only text there and refuses the whole object.",
        "Write the value in quotes.",
    ]


def test_what_looks_like_a_patch_may_lack_what_is_required():
    assert {problem.confidence for problem in found(PATCHED)} == {"low"}


@pytest.mark.parametrize("version", [None, "1.30", "v1.31.4-gke.1100"])
def test_a_field_of_the_release_is_known(version):
    assert found(SERVICE + "  trafficDistribution: PreferClose\n", version) == []


def test_a_field_of_another_release_is_told_with_its_releases():
    (problem,) = found(SERVICE + "  trafficDistribution: PreferClose\n", "1.29.3")
    assert "Kubernetes 1.29 does not have\nonly in Kubernetes 1.30 to 1.37" in words_of(problem)


@pytest.mark.parametrize(
    ("version", "used"),
    [(None, "1.37"), ("1.31", "1.31"), ("v1.31.4", "1.31"), ("1.19", "1.25"), ("1.99", "1.37"), ("latest", "1.37"), ("1.9", "1.25")],
)
def test_the_nearest_release_stands_for_one_that_is_not_held(version, used):
    assert nearest_version(version) == used


def test_every_shipped_kind_has_a_validator():
    ours = [json.loads(path.read_text(encoding="utf-8"))["kinds"] for path in (schemas_folder() / "crds").glob("*.json")]
    custom = [name.rsplit("/", 1) for kinds in ours for name in kinds]
    assert [kind for kind in (*custom, *kubernetes_schemas.all_kinds()) if not shipped_validators(*kind, None)] == []


def test_the_kinds_are_those_of_kubernetes_validate():
    folder = Path(next(iter(find_spec("kubernetes_validate").submodule_search_locations))) / "kubernetes-json-schema"
    named = set()
    for path in folder.glob("v1.*.0-local-strict/_definitions.json"):
        for schema in json.loads(path.read_text(encoding="utf-8"))["$defs"].values():
            named |= {(one["group"], one["version"], one["kind"]) for one in schema.get("x-kubernetes-group-version-kind", ())}
    objects = {one for one in named if not one[2].endswith("List") and one[2] not in ("DeleteOptions", "Status", "WatchEvent", "APIGroup")}
    held = {(version.rpartition("/")[0], version.rpartition("/")[2], kind) for version, kind in kubernetes_schemas.all_kinds()}
    assert {one for one in objects if one[2] not in ("APIVersions", "APIResource")} == held


def test_custom_schemas_are_whole():
    for path in (schemas_folder() / "crds").glob("*.json"):
        content = json.loads(path.read_text(encoding="utf-8"))
        roots = [{"$ref": f"#/$defs/{name}"} for name in content["kinds"].values()]
        assert set(kubernetes_schemas.reachable(roots, content["definitions"])) == set(content["definitions"]), path.name
        for definition in content["definitions"].values():
            Draft202012Validator.check_schema(definition)


def test_the_shipped_schemas_are_those_of_kubernetes_validate():
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from build_schemas import kubernetes_texts
    finally:
        sys.path.remove(str(ROOT / "tools"))
    shipped = {path.name: path.read_text(encoding="utf-8") for path in (schemas_folder() / "kubernetes").iterdir()}
    assert shipped == kubernetes_texts(), "schemas/kubernetes is stale: run tools/build_schemas.py"


@pytest.mark.parametrize("minor", [25, 31, 37])
def test_a_release_reads_the_same_from_our_file_and_from_the_package(minor):
    assert dict(kubernetes_schemas.definitions(minor)) == kubernetes_schemas.extract(minor)


FIXTURES = sorted((ROOT / "tests" / "fixtures" / "rules").glob("*/*.yaml"))


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_strict_schemas_of_kubernetes_agree_on_what_fits(path):
    """Where values are neither null nor placeholders, which those schemas do not know, and identity is not at stake."""
    for one in resources(expectations(path.read_text(encoding="utf-8"))[0]):
        name = kubernetes_schemas.definition_name(one.api_version, one.kind)
        if name is None or any(mark in path.name for mark in ("as-the-server", "not-ours", "older-release")):
            continue
        ours = [problem for problem in validate(one) if problem.path != ("metadata",)]
        assert (ours == []) == _strict(name).is_valid(one.value), ours


def _strict(name):
    folder = Path(next(iter(find_spec("kubernetes_validate").submodule_search_locations))) / "kubernetes-json-schema"
    definitions = json.loads((folder / "v1.37.0-local-strict" / "_definitions.json").read_text(encoding="utf-8"))["$defs"]
    (full,) = (full for full in definitions if kubernetes_schemas.short_name(full) == name)
    return Draft202012Validator({"$ref": f"#/$defs/{full}", "$defs": definitions})


def test_patches_are_read_from_all_three_fields():
    kustomization = {
        "patches": [{"path": "a.yaml"}, {"patch": "- op: remove"}, "b.yaml", {"path": "a.yaml"}],
        "patchesStrategicMerge": ["./c.yaml", "apiVersion: v1\nkind: Service\n", "{kind: Service}"],
        "patchesJson6902": [{"target": {"kind": "Service"}, "path": "d.json"}],
        "resources": ["e.yaml"],
    }
    assert kustomize_patches(kustomization) == ["a.yaml", "b.yaml", "./c.yaml", "d.json"]


@pytest.mark.parametrize("value", [{}, {"patches": None}, {"patches": "a.yaml"}, {"patches": [None, 1, {"path": 2}]}])
def test_a_kustomization_of_another_shape_names_no_patches(value):
    assert kustomize_patches(value) == []
