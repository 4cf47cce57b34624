"""Files that a kustomization lists are applied as kustomize prints them: words such as `off` and all annotations are text there."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from k8slblint import documents
from k8slblint.loading.resources import load
from k8slblint.model.loaded import SourceFile
from k8slblint.model.resource import VALUE_KINDS
from tests.whole_trees import Tree

SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: web
  annotations: {a: off, b: 12, c: true, d: 1.50, e: , f: "off", g: ~, h: 0443}
  labels: {a: off, b: "no", c: Yes, d: "1"}
spec:
  ports: [{port: 80, name: on}]
  publishNotReadyAddresses: true
"""
LISTING = "resources: [web.yaml]\n"


def values(files: dict[str, str]) -> list[dict[str, Any]]:
    given = [SourceFile(path, read=text.encode) for path, text in files.items()]
    return [one.value for one in load(given, wanted=None).resources]


def test_what_a_kustomization_lists_has_the_values_that_kustomize_prints() -> None:
    (printed,) = values({"base/web.yaml": SERVICE, "base/kustomization.yaml": LISTING})
    assert printed["metadata"]["annotations"] == {
        "a": "off",
        "b": "12",
        "c": "true",
        "d": "1.50",
        "e": "",
        "f": "off",
        "g": "~",
        "h": "0443",
    }
    assert printed["metadata"]["labels"] == {"a": "off", "b": "no", "c": "Yes", "d": "1"}
    assert printed["spec"] == {"ports": [{"port": 80, "name": "on"}], "publishNotReadyAddresses": True}


def helm_values(files: dict[str, str]) -> dict[str, Any]:
    given = [SourceFile(path, read=text.encode) for path, text in files.items()]
    (one,) = load(given, wanted=VALUE_KINDS).resources
    return one.value


VALUES = """\
service:
  type: LoadBalancer
  loadBalancerIP: 198.51.100.7
  annotations: {example.com/port: 9100, example.com/on: true}
"""


@pytest.mark.parametrize(
    ("kustomization", "path"),
    [
        ("helmCharts: [{name: till, valuesFile: values.yaml}]\n", "till/values.yaml"),
        ("helmCharts: [{name: till, additionalValuesFiles: [more-values.yaml]}]\n", "till/more-values.yaml"),
        ("helmChartInflationGenerator: [{chartName: till, values: values.yaml}]\n", "till/values.yaml"),
    ],
)
def test_values_of_charts_that_a_kustomization_inflates_become_what_kustomize_prints(kustomization: str, path: str) -> None:
    printed = helm_values({path: VALUES, "till/kustomization.yaml": kustomization})
    assert printed["metadata"]["annotations"] == {"example.com/port": "9100", "example.com/on": "true"}
    assert printed["spec"]["loadBalancerIP"] == "198.51.100.7"
    other = helm_values({path: VALUES, "hall/kustomization.yaml": kustomization})
    assert other["metadata"]["annotations"]["example.com/port"] == 9100


def test_values_within_a_kustomization_become_what_kustomize_prints() -> None:
    inline = "".join(f"    {line}\n" for line in VALUES.splitlines())
    printed = helm_values({"till/kustomization.yaml": f"helmCharts:\n- name: till\n  valuesInline:\n{inline}"})
    assert printed["metadata"]["annotations"]["example.com/port"] == "9100"


def test_other_files_have_the_values_of_kubernetes() -> None:
    (applied,) = values({"web.yaml": SERVICE, "base/kustomization.yaml": LISTING})
    assert applied["metadata"]["labels"]["a"] is False
    assert applied["metadata"]["annotations"]["b"] == 12


@pytest.mark.skipif(shutil.which("kustomize") is None, reason="kustomize is the oracle")
def test_kustomize_prints_the_same(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(SERVICE)
    (tmp_path / "kustomization.yaml").write_text(LISTING)
    built = subprocess.run(["kustomize", "build", str(tmp_path)], capture_output=True, text=True, check=True).stdout
    (printed,) = values({"web.yaml": SERVICE, "kustomization.yaml": LISTING})
    (chunk,) = documents.split(built)
    assert json.dumps(documents.parse(chunk).root.value, sort_keys=True) == json.dumps(printed, sort_keys=True)


def test_an_alias_stays_what_it_is() -> None:
    (printed,) = values({"web.yaml": SERVICE.replace("b: 12", "b: &n 12, i: *n", 1), "kustomization.yaml": LISTING})
    assert [printed["metadata"]["annotations"][key] for key in "bi"] == ["12", 12]


@pytest.mark.parametrize(("listing", "rules"), [(LISTING, []), ("resources: [other.yaml]\n", ["invalid-resource"])])
def test_an_annotation_without_quotes_is_told_where_no_kustomization_lists_it(listing: str, rules: list[str], tmp_path: Path) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, annotations: {dedup: off}}\ndata: {mode: on}\n"
    folder = tmp_path / "tree"
    folder.mkdir()
    tree = Tree({"a/web.yaml": text, "b/kustomization.yaml": listing.replace("[", "[../a/")}, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert sorted({rule for rule, _, _ in tree.findings("--no-render")}) == rules


@pytest.mark.parametrize("build", ["", ", postBuild: {substitute: {a: b}}", ", targetNamespace: shop"])
def test_what_flux_applies_is_built_by_kustomize(build: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    flux = (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a, namespace: flux-system}\n"
        f"spec: {{interval: 5m, path: ./apps, prune: true, sourceRef: {{kind: GitRepository, name: flux-system}}{build}}}\n"
    )
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {b: true, c: off}}\nspec: {ports: [{port: 80}]}\n"
    assert Tree({"flux/a.yaml": flux, "apps/a.yaml": service}, tmp_path).findings() == []
    assert [rule for rule, _, _ in Tree({"flux/a.yaml": flux.replace("./apps", "./other")}, tmp_path).findings()] == ["invalid-resource"]
