"""A tree that means harm is rendered within bounds, or not at all, and the rest of the report stays."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from k8slblint.commands.cli import cli
from k8slblint.rendering.tree import SourceTree

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort, ports: [{port: 80, nodePort: 30080}]}\n"
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
APPLICATION = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Application",
    "metadata": {"name": "web"},
    "spec": {"source": {"repoURL": ".", "path": "charts/web"}, "destination": {"namespace": "shop"}},
}


def write(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def scanned(folder: Path, *options: str) -> dict:
    """Return the JSON report of a scan that is to be trusted."""
    result = CliRunner().invoke(cli, ["scan", str(folder), "--format", "json", *options])
    assert result.exit_code in (0, 1), result.output
    return json.loads(result.stdout)


def _rules(report: dict) -> list[str]:
    return sorted(finding["rule"] for finding in report["findings"])


HOSTILE = ["a\0b", "a\nb", "a\x1b[2J", "\u202eab"]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("where", ["destination", "helm namespace", "kube version", "api versions"])
def test_a_character_that_no_argument_may_have_costs_only_its_release(tmp_path, text, where):
    application = json.loads(json.dumps(APPLICATION))
    if where == "destination":
        application["spec"]["destination"]["namespace"] = text
    else:
        key, value = {
            "helm namespace": ("namespace", text),
            "kube version": ("kubeVersion", text),
            "api versions": ("apiVersions", [text]),
        }[where]
        application["spec"]["source"]["helm"] = {key: value}
    write(tmp_path, {"app.json": json.dumps(application), "service.yaml": SERVICE, "charts/web/Chart.yaml": CHART})
    write(tmp_path, {"charts/web/templates/service.yaml": SERVICE.replace("web", "in-chart")})
    report = scanned(tmp_path, "--environment", "production")
    assert _rules(report).count("node-port-in-production") == 1
    assert "cannot be printed" in json.dumps(report["completeness"]), "the release is not rendered, and says why"


def test_a_nul_in_the_configuration_is_refused_in_one_sentence(tmp_path):
    config = {"rendering": {"charts": [{"path": "charts/web", "namespace": "a\0b", "api_versions": ["x\0y"]}]}}
    write(tmp_path, {".k8slblint.yaml": json.dumps(config), "service.yaml": SERVICE, "charts/web/Chart.yaml": CHART})
    result = CliRunner().invoke(cli, ["scan", str(tmp_path)])
    assert (result.exit_code, result.output.count("\n")) == (2, 1)
    assert "the NUL character" in result.output


def test_folders_nested_deeper_than_python_calls(tmp_path):
    write(tmp_path, {"fleet.yaml": "namespace: shop\n", "service.yaml": SERVICE})
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    try:
        report = scanned(tmp_path, "--environment", "production")
    finally:
        subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)  # pytest cannot: shutil.rmtree calls itself for each folder
    assert "node-port-in-production" in _rules(report)


def test_files_below_a_folder_come_in_the_order_of_names_without_git(tmp_path):
    write(tmp_path, dict.fromkeys(["b.yaml", "a/z.yaml", "a/b/y.yaml", ".git/config", "a/.git/config", "c/d/.git/x", ".gitignore"], "x"))
    (tmp_path / "link").symlink_to(tmp_path / "a")
    tree = SourceTree(str(tmp_path))
    assert list(tree.files_below("")) == [".gitignore", "a/b/y.yaml", "a/z.yaml", "b.yaml"]
    assert list(tree.files_below("a")) == ["a/b/y.yaml", "a/z.yaml"]
    assert list(tree.files_below("none")) == []
