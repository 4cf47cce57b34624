"""Two revisions of charts and overlays: what a change of values, a template, a patch or a base does to the objects."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from k8slblint.commands.cli import cli
from tests.test_provenance import CHART, KUSTOMIZATION, write

KEY = "service.beta.kubernetes.io/aws-load-balancer-type"
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-type: {type}
spec:
  type: LoadBalancer
  selector: {{app: web}}
  ports: [{{port: 443}}]
"""
VALUES = "replicas: {replicas}\nannotations:\n  service.beta.kubernetes.io/aws-load-balancer-type: {type}\n"
CHART_FILES = {
    "charts/web/Chart.yaml": CHART.format(name="web"),
    "charts/web/values.yaml": "annotations: {}\n",
    "charts/web/templates/service.yaml": SERVICE.replace(
        "    service.beta.kubernetes.io/aws-load-balancer-type: {type}\n", "    {{{{- toYaml .Values.annotations | nindent 4 }}}}\n"
    ).format(),
}
OVERLAY = {
    "base/kustomization.yaml": KUSTOMIZATION + "resources: [service.yaml]\n",
    "base/service.yaml": SERVICE.format(type="nlb"),
    "overlays/prod/kustomization.yaml": KUSTOMIZATION + "resources: [../../base]\nnamePrefix: shop-\n",
}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    git("init", "--quiet", "--initial-branch=main")
    return tmp_path


def git(*arguments: str) -> None:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@shop.example")
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


def commit(top: Path, files: dict[str, str]) -> None:
    write(top, files)
    git("add", "--all")
    git("commit", "--quiet", "--message", "before")


def scan(*options: str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(cli, ["scan", "--format", "json", "--no-config", *options], env={"PRE_COMMIT": ""})
    assert result.exit_code in (0, 1), result.output
    report = json.loads(result.stdout)
    assert report["failures"] == []
    return [one for one in report["findings"] if one["rule"] == "aws-load-balancer-type-mutated"]


def places(found: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(one["location"]["path"], one["location"]["line"]) for one in found]


def test_a_value_file_that_flips_the_type_is_caught_at_its_line(repository: Path) -> None:
    prod = "charts/web/values-prod.yaml"
    commit(repository, {**CHART_FILES, prod: VALUES.format(replicas=2, type="nlb"), "README.md": "x"})
    write(repository, {prod: VALUES.format(replicas=3, type="external")})
    (found,) = scan("--against", "HEAD")
    assert places([found]) == [(prod, 3)]
    assert [found["related"][-1]["location"][key] for key in ("path", "line")] == [prod, 3]
    assert "'nlb'" in found["related"][-1]["message"]


def test_other_changes_of_values_are_silent(repository: Path) -> None:
    prod = "charts/web/values-prod.yaml"
    commit(repository, {**CHART_FILES, prod: VALUES.format(replicas=2, type="nlb")})
    write(repository, {prod: VALUES.format(replicas=9, type="nlb")})
    assert scan("--against", "HEAD") == []


def test_a_changed_template_is_caught_for_each_set_and_told_once(repository: Path) -> None:
    template = "charts/web/templates/service.yaml"
    files = {
        **CHART_FILES,
        template: SERVICE.format(type="nlb"),
        "charts/web/values-prod.yaml": "a: 1\n",
        "charts/web/values-dev.yaml": "a: 2\n",
    }
    commit(repository, files)
    write(repository, {template: SERVICE.format(type="external")})
    (found,) = scan("--against", "HEAD")
    assert places([found]) == [(template, 6)]
    assert len(found["origin"]["also"]) == 1


def test_a_changed_base_is_caught_in_its_overlay(repository: Path) -> None:
    commit(repository, OVERLAY)
    write(repository, {"base/service.yaml": SERVICE.format(type="external")})
    (found,) = scan("--against", "HEAD")
    assert places([found]) == [("base/service.yaml", 6)]
    assert found["resource"]["name"] == "shop-web"


def test_a_new_patch_is_caught_in_the_patch(repository: Path) -> None:
    commit(repository, OVERLAY)
    patch = f"apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  annotations:\n    {KEY}: external\n"
    kustomization = OVERLAY["overlays/prod/kustomization.yaml"] + "patches: [{path: type.yaml}]\n"
    write(repository, {"overlays/prod/type.yaml": patch, "overlays/prod/kustomization.yaml": kustomization})
    assert places(scan("--against", "HEAD")) == [("overlays/prod/type.yaml", 6)]


def test_the_checkout_is_not_touched_and_untracked_files_are_new(repository: Path) -> None:
    commit(repository, OVERLAY)
    write(repository, {"overlays/new/kustomization.yaml": KUSTOMIZATION + "resources: [../../base]\nnamePrefix: new-\n"})
    before = sorted((path, path.stat().st_mtime_ns) for path in repository.rglob("*") if ".git" not in path.parts)
    assert scan("--against", "HEAD") == []
    assert sorted((path, path.stat().st_mtime_ns) for path in repository.rglob("*") if ".git" not in path.parts) == before


def test_a_folder_is_compared_with_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, type_ in (("old", "nlb"), ("new", "external")):
        files = {**CHART_FILES, "charts/web/values-prod.yaml": VALUES.format(replicas=1, type=type_)}
        write(tmp_path / name, {**files, **OVERLAY, "base/service.yaml": SERVICE.format(type=type_)})
    found = scan("new", "--against", "old")
    assert places(found) == [("new/base/service.yaml", 6), ("new/charts/web/values-prod.yaml", 3)]


def test_a_scan_of_a_part_renders_what_its_overlays_take_from_elsewhere(repository: Path) -> None:
    commit(repository, OVERLAY)
    write(repository, {"base/service.yaml": SERVICE.format(type="external")})
    assert places(scan("overlays", "--against", "HEAD")) == [("base/service.yaml", 6)]
