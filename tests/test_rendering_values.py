"""Layers of values are merged as Helm merges them, and every value keeps its place in its file."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from k8slblint.model.location import Path as KeyPath
from k8slblint.model.node import smallest_span
from k8slblint.rendering.helm import values
from k8slblint.rendering.helm.layers import ValueLayer
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import RenderFailure
from tests import charts

FIRST = "a: {b: 1, c: [1, 2], d: text}\nkept: true\nlist: [{x: 1}]\nsvc: {type: ClusterIP}\n"

MERGES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "maps merge, lists are replaced": ("a: {b: 2, c: [3]}\n", []),
    "null takes a value away": ("a: {b: null}\nsvc: null\n", []),
    "a scalar takes the place of a map": ("a: 1\n", []),
    "a map takes the place of a scalar": ("kept: {x: y}\n", []),
    "names with dots": ("", [("a.b", "5")]),
    "escaped dots": ("", [(r"svc.annotations.service\.beta\.kubernetes\.io/aws-load-balancer-type", "external")]),
    "indexes": ("", [("list[0].y", "2"), ("list[2].x", "3")]),
    "a new list": ("", [("new[1]", "x")]),
    "words": ("", [("w.t", "true"), ("w.f", "false"), ("w.T", "TRUE"), ("w.y", "yes"), ("a.b", "null")]),
    "numbers": (
        "",
        [("n.zero", "0"), ("n.octal", "0123"), ("n.big", "9223372036854775808"), ("n.minus", "-5"), ("n.f", "1.5"), ("n.p", "+5")],
    ),
    "lists": ("", [("l", "{a,1,true}"), ("e", "{}")]),
    "nothing": ("", [("empty", "")]),
    "escapes": ("", [("c", r"a\,b")]),
    "over a scalar": ("", [("new.a", "1"), ("new.b", "x=y")]),
    "nested lists": ("", [("m[0][1]", "x")]),
}


def _layers(sets: list[tuple[str, str]], *, is_text: bool = False) -> tuple[ValueLayer, ...]:
    given = (ValueLayer("", form="assignment", name=name, given=value, is_text=is_text) for name, value in sets)
    return (ValueLayer("first.yaml"), ValueLayer("second.yaml"), *given)


@pytest.mark.parametrize("is_text", [False, True])
@pytest.mark.parametrize("name", MERGES)
def test_values_are_merged_as_helm_does(name: str, is_text: bool, tmp_path: Path) -> None:
    second, sets = MERGES[name]
    program = charts.helm()
    chart = charts.chart({"templates/x.yaml": "a: {{ .Values | toJson | quote }}"})
    tree = charts.tree(tmp_path, {**chart, "first.yaml": FIRST, "second.yaml": second})
    option = "--set-string" if is_text else "--set"
    stated = [part for key, value in sets for part in (option, f"{key}={value}")]
    theirs = _rendered(program, tmp_path, ["-f", "first.yaml", "-f", "second.yaml", *stated])
    merged = values.merged_values(tree, _layers(sets, is_text=is_text))
    assert isinstance(merged, dict)
    (tmp_path / "merged.json").write_text(values.as_json(merged))
    assert _rendered(program, tmp_path, ["-f", "merged.json"]) == theirs


def _rendered(program: str, folder: Path, options: list[str]) -> Any:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "HELM_PLUGINS": str(folder / "none")}
    call = [program, "template", "deploy", *options]
    output = subprocess.run(call, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout
    return json.loads(json.loads(output.partition("a: ")[2]))


@pytest.mark.parametrize("name", ["", "a..b", "a[x]", "a[-1]", "a[99999999]", "[0]", ".".join("x" * 40)])
def test_a_name_that_cannot_be_set_is_a_failure(name: str, tmp_path: Path) -> None:
    found = values.merged_values(SourceTree(str(tmp_path)), (ValueLayer("", form="assignment", name=name, given="1"),))
    assert isinstance(found, RenderFailure)
    assert found.kind == "template"


def test_a_missing_value_file_is_a_failure_unless_it_is_optional(tmp_path: Path) -> None:
    tree = SourceTree(str(tmp_path))
    assert values.merged_values(tree, (ValueLayer("gone.yaml"),)) == RenderFailure(
        "missing", "value file `gone.yaml` does not exist", "gone.yaml"
    )
    assert values.merged_values(tree, (ValueLayer("gone.yaml", is_optional=True),)) == {}


@pytest.mark.parametrize("text", ["- a\n", "a: [\n", "text\n", "a: &x [*x]\n"])
def test_values_that_are_no_mapping_are_a_failure(text: str, tmp_path: Path) -> None:
    found = values.merged_values(charts.tree(tmp_path, {"v.yaml": text}), (ValueLayer("v.yaml"),))
    assert isinstance(found, RenderFailure)
    assert found.file == "v.yaml"


APPLICATION = """\
kind: Other
---
kind: Application
spec:
  values: |
    # of the team
    service:
      type: LoadBalancer

    list:
      - ü: [a, b]
  folded: >
    service: {type: NodePort}
  strange: |2
      x: 1
      z: 2
  object:
    service: {type: ClusterIP}
  parameters:
    - {name: service.type, value: LoadBalancer}
"""

PLACES: list[tuple[KeyPath, str, KeyPath, str]] = [
    (("spec", "values"), "text", ("service", "type"), "LoadBalancer"),
    (("spec", "values"), "text", ("list", 0, "ü", 1), "b"),
    (("spec", "strange"), "text", ("z",), "2"),
    (("spec", "object"), "mapping", ("service", "type"), "ClusterIP"),
    (("spec", "parameters", 0, "value"), "assignment", (), "LoadBalancer"),
]


@pytest.mark.parametrize(("at", "form", "path", "text"), PLACES)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_span_of_a_value_holds_it(at: KeyPath, form: Any, path: KeyPath, text: str, end: str, tmp_path: Path) -> None:
    tree = charts.tree(tmp_path, {"app.yaml": APPLICATION.replace("\n", end)})
    node = values.layer_node(tree, ValueLayer("app.yaml", 4, at, form))
    assert node is not None
    span = smallest_span(node, path)
    assert APPLICATION.split("\n")[span.line - 1][span.column - 1 : span.end_column - 1] == text


def test_a_value_of_a_folded_text_stands_where_the_text_does(tmp_path: Path) -> None:
    node = values.layer_node(charts.tree(tmp_path, {"app.yaml": APPLICATION}), ValueLayer("app.yaml", 3, ("spec", "folded"), "text"))
    assert node is not None
    assert node.value == {"service": {"type": "NodePort"}}
    assert node.members["service"][1].line == 12


@pytest.mark.parametrize("at", [("spec",), ("spec", "values", "x"), ("spec", 0), ("nothing",), ("spec", "parameters", 7)])
def test_a_layer_that_is_not_there_has_no_node_or_is_no_failure_of_ours(at: KeyPath, tmp_path: Path) -> None:
    tree = charts.tree(tmp_path, {"app.yaml": APPLICATION})
    values.layer_node(tree, ValueLayer("app.yaml", 3, at, "text"))
    assert values.layer_node(tree, ValueLayer("gone.yaml", 3, at, "text")) is None
