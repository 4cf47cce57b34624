"""Values that kpt sets: what is written is a default, so that nothing is said of it, wherever it is carried."""

from pathlib import Path

import pytest

from k8slblint import documents
from k8slblint.loading.filled_in import read_settable
from k8slblint.model.placeholders import has_placeholder, may_have_setter, setter_at
from tests.linting import findings
from tests.whole_trees import Tree

_INGRESS = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  rules:
    - host: WEB.example.com%s
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
"""


@pytest.mark.parametrize(
    ("comment", "is_said"),
    [
        ("", True),
        (" # kpt-set: ${name}.example.com", False),
        (' # {"$kpt-set":"host"}', False),
        (' # {"$openapi":"host"}', False),
        (' # {"$ref":"#/definitions/io.k8s.cli.setters.host"}', False),
        (' # {"$imagepolicy": "flux-system:web"}', True),
        (" # the kpt-set: of the team", True),
    ],
)
def test_a_value_that_kpt_sets_is_not_judged(comment: str, is_said: bool) -> None:
    assert any(one.rule == "ingress-rejected" for one in findings({"k8s/web.yaml": _INGRESS % comment})) is is_said


@pytest.mark.parametrize("comment", ["", " # kpt-set: ${host}"])
def test_a_value_is_not_judged_where_kustomize_carries_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, comment: str) -> None:
    monkeypatch.chdir(tmp_path)
    files = {
        "k8s/web.yaml": _INGRESS.replace("WEB.example.com%s", "web.example.com"),
        "k8s/settings.yaml": f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings}}\ndata:\n  host: WEB.example.com{comment}\n",
        "k8s/kustomization.yaml": (
            "resources: [web.yaml, settings.yaml]\nreplacements:\n  - source: {kind: ConfigMap, name: settings, fieldPath: data.host}\n"
            "    targets: [{select: {kind: Ingress}, fieldPaths: [spec.rules.0.host]}]\n"
        ),
    }
    expected = [] if comment else [("ingress-rejected", "k8s/settings.yaml", 5)]
    assert [one for one in Tree(files, tmp_path).findings() if one[0] == "ingress-rejected"] == expected


_DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment # kpt-set: ${kind}
metadata:
  name: "web" # kpt-set: ${name}-web
  labels: # kpt-set: ${labels}
    app: 'it''s' # {"$kpt-set":"app.name"}
spec:
  replicas: 3 # {"$openapi":"replicas"}
  args: [a] # kpt-set: ${args}
  command:
    - run # kpt-set: ${command}
    - plain
  text: |
    a: b # kpt-set: ${no}
"""


def test_scalars_become_what_they_are_made_of() -> None:
    (chunk,) = documents.split(_DEPLOYMENT)
    parsed = read_settable(chunk)
    assert parsed is not None
    value = parsed.root.value
    assert value["kind"] == "Deployment"
    assert value["metadata"] == {"name": "${name}-web", "labels": {"app": "${name}"}}
    assert value["spec"]["replicas"] == "${replicas}"
    assert value["spec"]["args"] == ["a"]
    assert value["spec"]["command"] == ["${command}", "plain"]
    assert value["spec"]["text"] == "a: b # kpt-set: ${no}\n"
    assert has_placeholder(value["spec"]["replicas"])


@pytest.mark.parametrize("line", ["a: b", "a: b# kpt-set: ${x}", "a: '# x'", ""])
def test_lines_without_a_setter(line: str) -> None:
    assert setter_at(line) == -1
    assert may_have_setter("a: b # kpt-set: ${x}")


def test_a_document_that_is_broken_is_left_to_others() -> None:
    (chunk,) = documents.split("a: [\nb: c # kpt-set: ${x}\n")
    assert read_settable(chunk) is None
