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
