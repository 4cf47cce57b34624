"""What others complete: kustomizations that leave their namespace to a deployer, and labels in the wrong place of a selector."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from k8slblint.commands.cli import cli
from tests.linting import findings
from tests.test_provenance import write

KUSTOMIZATION = """\
resources: [web.yaml]
vars:
- name: PLACE
  objref: {kind: Service, name: web, apiVersion: v1}
  fieldref: {fieldpath: metadata.NAME}
"""
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web, annotations: {place: $(PLACE)}}\nspec: {ports: [{port: 80}]}\n"


def failed(top: Path, files: dict[str, str]) -> list[tuple[str, str]]:
    write(top, files)
    result = CliRunner().invoke(cli, ["scan", str(top), "--format", "json", "--no-config", "--exit-zero"], env={"PRE_COMMIT": ""})
    report: dict[str, Any] = json.loads(result.stdout)
    return [(one["severity"], one["rule"]) for one in report["findings"] if one["rule"] == "render-failed"]


def test_a_namespace_that_a_wrapper_sets_is_no_fault(tmp_path: Path) -> None:
    files = {"kustomization.yaml": KUSTOMIZATION.replace("NAME", "namespace"), "web.yaml": SERVICE}
    assert failed(tmp_path / "asks", files) == [("note", "render-failed")]
    files["kustomization.yaml"] += "namespace: shop\n"
    assert failed(tmp_path / "sets", files) == []


def test_another_field_that_is_missing_is_a_fault(tmp_path: Path) -> None:
    files = {"kustomization.yaml": KUSTOMIZATION.replace("NAME", "uid"), "web.yaml": SERVICE}
    assert failed(tmp_path, files) == [("warning", "render-failed")]


DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {%s}
  template:
    metadata: {labels: {app: web, tier: front}}
    spec: {containers: [{name: web, image: example.com/web}]}
"""


@pytest.mark.parametrize(
    ("selector", "label"),
    [
        ("app: web", "belongs in spec.selector.matchLabels"),
        ("app: web, tier: front", "belongs in spec.selector.matchLabels"),
        ("app: web, matchLabels: {app: web}", "belongs in spec.selector.matchLabels"),
        ("matchLabel: {app: web}", "did you mean matchLabels?"),
        ("labels: {app: web}", "did you mean matchLabels?"),
        ("app: 7", "not a known field"),
    ],
)
def test_labels_of_a_selector_belong_below_match_labels(selector: str, label: str) -> None:
    (one,) = findings(DEPLOYMENT % selector, "invalid-resource")
    assert one.label == label


INFLATED = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/values.yaml": "port: 80\n",
    "charts/web/templates/all.yaml": (
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
        "spec: {type: NodePort, selector: {app: web}, ports: [{port: {{ .Values.port }}, nodePort: 70000}]}\n"
    ),
}
INFLATING = "helmGlobals: {chartHome: ../charts}\nhelmCharts: [{name: web, releaseName: web, valuesInline: {port: 81}}]\n"


def units(top: Path, files: dict[str, str]) -> dict[str, str | None]:
    write(top, files)
    result = CliRunner().invoke(cli, ["scan", str(top), "--format", "json", "--no-config", "--exit-zero"], env={"PRE_COMMIT": ""})
    report: dict[str, Any] = json.loads(result.stdout)
    return {one["path"].removeprefix(f"{top}/"): one["failure"] for one in report["completeness"]["units"]}


@pytest.mark.parametrize(
    ("folder", "is_alone"),
    [("deploy", False), (".ci", True), ("e2e", True), ("latest", False)],
)
def test_a_chart_outside_of_the_folder_of_its_kustomization(folder: str, is_alone: bool, tmp_path: Path) -> None:
    found = units(tmp_path, {**INFLATED, f"{folder}/kustomization.yaml": INFLATING})
    assert found == {f"{folder}/kustomization.yaml": None, **({"charts/web/Chart.yaml": None} if is_alone else {})}


def test_it_is_said_that_kustomize_needs_an_option_for_it(tmp_path: Path) -> None:
    files = {**INFLATED, "deploy/kustomization.yaml": INFLATING}
    assert failed(tmp_path / "outside", files) == [("warning", "render-failed")]
    inside = {path.replace("charts/", "deploy/charts/"): text for path, text in INFLATED.items()}
    assert failed(tmp_path / "inside", {**inside, "deploy/kustomization.yaml": INFLATING.replace("../charts", "charts")}) == []
    assert failed(tmp_path / "said", {**files, "Makefile": "all:\n\tkustomize build --load-restrictor LoadRestrictionsNone deploy\n"}) == []


@pytest.mark.parametrize(("ignored", "count"), [("env/", 1), ("lost.yaml", 0), ("/deploy/env/lost.yaml", 0), ("/deploy/", 1), ("x/", 1)])
def test_a_folder_that_is_ignored_and_kept_all_the_same(ignored: str, count: int, tmp_path: Path) -> None:
    files = {
        ".gitignore": f"{ignored}\n",
        "top/kustomization.yaml": "resources: [../deploy/env]\n",
        "deploy/env/kustomization.yaml": "resources: [web.yaml, lost.yaml]\n",
        "deploy/env/web.yaml": SERVICE,
    }
    assert len(failed(tmp_path, files)) == count
