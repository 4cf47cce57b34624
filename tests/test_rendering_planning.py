"""What is taken for a unit of a tree, and what its files are linted through."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from k8slblint.commands.cli import cli
from k8slblint.rendering.kinds import Listed
from k8slblint.rendering.kustomize.kind import KUSTOMIZE
from k8slblint.rendering.kustomize.root import KustomizeRoot
from k8slblint.rendering.tree import SourceTree
from tests import charts

CHART = "apiVersion: v2\nname: {name}\nversion: 1.0.0\n"
TEMPLATE = "apiVersion: v1\nkind: Service\nmetadata: {name: '{{ .Release.Name }}'}\nspec: {selector: {a: b}, ports: [{port: 80}]}\n"
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {name}, namespace: argocd}}
spec:
  destination: {{server: "https://kubernetes.default.svc", namespace: shop}}
  source: {{repoURL: https://git.example.com/platform, path: charts/a}}
"""


def chart(folder: str, **more: str) -> dict[str, str]:
    return {f"{folder}/Chart.yaml": CHART.format(name=folder[-1]), f"{folder}/templates/s.yaml": TEMPLATE, **more}


def scan(top: Path, files: dict[str, str], *options: str) -> Result:
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return CliRunner().invoke(cli, ["scan", str(top), "--format", "json", *options], env={"PRE_COMMIT": ""})


def units(top: Path, files: dict[str, str], *options: str) -> list[str]:
    report: dict[str, Any] = json.loads(scan(top, files, *options).stdout)
    return [unit["unit"].removeprefix(f"{top}/") for unit in report["completeness"]["units"]]


LIBRARY = {**chart("charts/a"), "charts/a/Chart.yaml": f"{CHART.format(name='a')}type: library\n"}
DEPLOYED_TWICE = {**chart("charts/a"), "argo/a.yaml": "---\n".join(APPLICATION.format(name=name) for name in ("one", "two"))}

PART_OF_B = f"{CHART.format(name='b')}dependencies: [{{name: a, version: 1.x.x, repository: 'file://../a'}}]\n"

TREES = {
    "a part of another chart with a set of values of its own": (
        {**chart("charts/a"), **chart("charts/b"), "charts/b/Chart.yaml": PART_OF_B, "charts/a/values-prod.yaml": "{}\n"},
        ["charts/a/values-prod.yaml", "charts/b/Chart.yaml"],
    ),
    "a part of another chart without one": (
        {**chart("charts/a"), **chart("charts/b"), "charts/b/Chart.yaml": PART_OF_B},
        ["charts/b/Chart.yaml"],
    ),
    "a chart with its defaults": (chart("charts/a"), ["charts/a/Chart.yaml"]),
    "value sets by name in place of the defaults": (
        chart("charts/a", **{"charts/a/values-prod.yaml": "{}\n"}),
        ["charts/a/values-prod.yaml"],
    ),
    "value sets of a test in place of the defaults": (
        chart("charts/a", **{"charts/a/ci/all-values.yaml": "{}\n"}),
        ["charts/a/ci/all-values.yaml"],
    ),
    "a value file that a template reads is no set": (
        chart(
            "charts/a",
            **{"charts/a/values-b.yaml": "{}\n", "charts/a/templates/b.yaml": '# {{ .Files.Get "values-b.yaml" }}\n'},
        ),
        ["charts/a/Chart.yaml"],
    ),
    "a value file with the name of another chart is no set": (
        {**chart("charts/a", **{"charts/a/b-values.yaml": "{}\n"}), **chart("charts/b")},
        ["charts/a/Chart.yaml", "charts/b/Chart.yaml"],
    ),
    "a value file with the name of a dependency is no set": (
        chart(
            "charts/a",
            **{
                "charts/a/db-values.yaml": "{}\n",
                "charts/a/Chart.yaml": f"{CHART.format(name='a')}dependencies: [{{name: db, version: 1.0.0, repository: 'oci://x'}}]\n",
            },
        ),
        ["charts/a/Chart.yaml"],
    ),
    "a chart inside of another one": ({**chart("charts/p"), **chart("charts/p/charts/s")}, ["charts/p/Chart.yaml"]),
    "a library": (LIBRARY, []),
    "a chart of two deployers": (DEPLOYED_TWICE, ["argo/a.yaml [argocd/one]", "argo/a.yaml [argocd/two]"]),
}


@pytest.mark.parametrize(("files", "expected"), TREES.values(), ids=TREES.keys())
def test_the_units_of_a_tree_are_what_is_deployed(tmp_path: Path, files: dict[str, str], expected: list[str]) -> None:
    assert units(tmp_path, files) == expected


def test_nothing_is_a_unit_when_nothing_is_rendered(tmp_path: Path) -> None:
    assert units(tmp_path, chart("charts/a"), "--no-render", "--allow-empty") == []


@pytest.mark.parametrize(
    ("stated", "named"),
    [("{path: charts/gone}", "charts/gone"), ("{path: charts/a, values: [gone.yaml]}", "gone.yaml")],
)
def test_a_stated_chart_or_value_file_that_does_not_exist_is_a_usage_error(tmp_path: Path, stated: str, named: str) -> None:
    result = scan(tmp_path, {**chart("charts/a"), ".k8slblint.yaml": f"rendering:\n  charts:\n    - {stated}\n"})
    assert result.exit_code == 2
    assert named in result.stderr
    assert "Traceback" not in result.output


def test_two_objects_that_lay_different_components_over_one_overlay_have_inputs_of_their_own(tmp_path: Path) -> None:
    files = {"overlay/kustomization.yaml": "resources: []\n"}
    for name in ("a", "b"):
        files[f"parts/{name}/kustomization.yaml"] = (
            f"apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [{name}.yaml]\n"
        )
        files[f"parts/{name}/{name}.yaml"] = f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\n"
    charts.tree(tmp_path, files)
    tree = SourceTree(str(tmp_path))
    finder = KUSTOMIZE.finder(Listed(tree, list(files), (), str))
    for name in ("a", "b"):
        covered = finder.parts(KustomizeRoot("overlay", {"components": [f"parts/{name}"]})).covered
        assert [path for path in covered if path.endswith(".yaml") and path.startswith("parts/") and "kust" not in path] == [
            f"parts/{name}/{name}.yaml"
        ]
