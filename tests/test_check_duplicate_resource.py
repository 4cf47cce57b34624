"""Objects that are defined twice in a folder, in a List, in JSON and in a chart."""

import json
from pathlib import Path

import pytest

from tests.linting import findings
from tests.whole_trees import Tree

_WEB = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n  ports: [{port: %d}]\n"
_OTHER = "---\napiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec:\n  selector: {app: web}\n  ports: [{port: 80}]\n"
_RULE = "duplicate-resource"


def _found(files: dict[str, str]) -> list[tuple[str, int, str, str]]:
    every = [one for one in findings(files) if one.rule == _RULE]
    return [(one.location.path, one.location.span.line, one.severity, one.confidence) for one in every]


def test_two_files_of_a_folder_that_bring_more_than_the_object() -> None:
    files = {"k8s/front.yaml": _WEB % 80 + _OTHER % "a", "k8s/shop.yaml": _WEB % 81 + _OTHER % "b"}
    assert _found(files) == [("k8s/shop.yaml", 3, "warning", "medium")]


@pytest.mark.parametrize(
    "files",
    [
        {"k8s/front.yaml": _WEB % 80, "k8s/shop.yaml": _WEB % 81},
        {"k8s/web.yaml": _WEB % 80 + _OTHER % "a", "k8s/web-v2.yaml": _WEB % 81 + _OTHER % "b"},
        {"k8s/staging.yaml": _WEB % 80 + _OTHER % "a", "k8s/shop.yaml": _WEB % 81 + _OTHER % "b"},
        {"k8s/east-shop.yaml": _WEB % 80 + _OTHER % "a", "k8s/west-shop.yaml": _WEB % 81 + _OTHER % "b"},
        {f"k8s/{name}.yaml": _WEB % port + _OTHER % name for name, port in (("front", 80), ("shop", 81), ("till", 82))},
        {"k8s/front.yaml": _WEB % 80 + _OTHER % "a", "k8s/shop.yaml": _WEB % 80 + _OTHER % "b"},
        {"one/front.yaml": _WEB % 80 + _OTHER % "a", "two/shop.yaml": _WEB % 81 + _OTHER % "b"},
        {
            "k8s/front.yaml": _WEB % 80 + _OTHER % "a",
            "k8s/shop.yaml": (_WEB % 81).replace("spec:", "spec:\n  type: NodePort") + _OTHER % "b",
        },
        {"samples/web.yaml": _WEB % 80 + "---\n" + _WEB % 81},
        {"k8s/front.yaml": _WEB % 80 + _OTHER % "a" + _OTHER % "x", "k8s/shop.yaml": _WEB % 81 + _OTHER % "b" + _OTHER % "x"},
        {"k8s/all-in-one-demo.yaml": _WEB % 80 + _OTHER % "a", "k8s/shop.yaml": _WEB % 81 + _OTHER % "b"},
    ],
    ids=[
        "only the object",
        "named with a word more",
        "of an environment",
        "another word",
        "three files",
        "alike",
        "two folders",
        "exposed otherwise",
        "a sample",
        "two in common",
        "all in one",
    ],
)
def test_alternatives_are_no_duplicates(files: dict[str, str]) -> None:
    assert _found(files) == []


def _backend(name: str, service: str) -> str:
    return f"""apiVersion: v1
kind: Service
metadata: {{name: {service}}}
spec:
  selector: {{app: {name}}}
  ports: [{{port: 80}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template: {{metadata: {{labels: {{app: {name}}}}}, spec: {{containers: [{{name: c, image: "registry.example.com/{name}:1"}}]}}}}
"""


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (_backend("zipkin", "tracing"), []),
        (_backend("zipkin", "tracing").replace("selector: {app", "selector: {of: x, app"), [("k8s/zipkin.yaml", 3, "warning", "medium")]),
    ],
    ids=["a backend to choose", "selects nothing of its own"],
)
def test_files_whose_service_is_for_their_own_workload_are_alternatives(second: str, expected: list[tuple[str, int, str, str]]) -> None:
    assert _found({"k8s/jaeger.yaml": _backend("jaeger", "tracing"), "k8s/zipkin.yaml": second}) == expected


def test_a_service_that_was_copied_and_not_renamed_is_a_duplicate() -> None:
    files = {"k8s/orders.yaml": _backend("orders", "orders"), "k8s/stock.yaml": _backend("stock", "orders")}
    assert _found(files) == [("k8s/stock.yaml", 3, "warning", "medium")]


def test_items_of_a_list_and_json() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}
    other = {**service, "spec": {"ports": [{"port": 81}]}}
    listed = {"apiVersion": "v1", "kind": "List", "items": [service, other]}
    assert [one[2:] for one in _found({"all.json": json.dumps(listed)})] == [("warning", "high")]


def test_a_copy_that_says_the_same_is_a_note() -> None:
    assert _found({"web.yaml": _WEB % 80 + "---\n" + _WEB % 80}) == [("web.yaml", 10, "note", "high")]


def test_files_that_one_application_deploys_are_one_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    application = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web, namespace: argocd}\n"
        "spec:\n  project: default\n  destination: {server: https://kubernetes.default.svc, namespace: shop}\n"
        "  source: {repoURL: https://example.com/acme/infra, path: web, targetRevision: HEAD}\n"
    )
    tree = Tree({"apps/web.yaml": application, "web/a.yaml": _WEB % 80, "web/b.yaml": _WEB % 81}, tmp_path)
    assert tree.findings("--select", _RULE) == [(_RULE, "web/b.yaml", 3)]
