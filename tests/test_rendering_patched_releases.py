"""Which HelmReleases kustomizations patch: what such a one deploys is not what stands in its file."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from k8slblint.commands.cli import cli
from k8slblint.rendering.kustomize.kustomizations import find_kustomizations
from k8slblint.rendering.kustomize.patched_releases import PatchedReleases
from tests.histories import History
from tests.trees import tree_of

BASE = {"base/kustomization.yaml": "resources: [web.yaml, api]\n", "base/api/kustomization.yaml": "resources: [api.yaml]\n"}
VALUES = "kind: HelmRelease\nmetadata: {name: NAME}\nspec:\n  values: {a: 1}\n"
OF_WEB = "kind: HelmRelease, name: web"
JSON = '[{"op": "replace", "path": "/spec/values/a", "value": 1}]'


def patched(folder, files) -> set[str]:
    tree = tree_of(folder, {**BASE, **files})
    asked = PatchedReleases(find_kustomizations(tree, [path for path in files | BASE if path.endswith("kustomization.yaml")]), tree)
    return {path for path, name in (("base/web.yaml", "web"), ("base/api/api.yaml", "api")) if asked.includes(path, name)}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, set()),
        (
            {"prod/kustomization.yaml": "resources: [../base]\npatches: [{path: p.yaml}]\n", "prod/p.yaml": VALUES.replace("NAME", "web")},
            {"base/web.yaml"},
        ),
        (
            {
                "prod/kustomization.yaml": "resources: [../base]\npatchesStrategicMerge: [p.yaml]\n",
                "prod/p.yaml": VALUES.replace("NAME", "api"),
            },
            {"base/api/api.yaml"},
        ),
        (
            {"prod/kustomization.yaml": f"resources: [../base]\npatches: [{{patch: '{JSON}', target: {{{OF_WEB}}}}}]\n"},
            {"base/web.yaml"},
        ),
        (
            {"prod/kustomization.yaml": f"resources: [../base]\npatches: [{{patch: '{JSON}', target: {{kind: HelmRelease}}}}]\n"},
            {"base/web.yaml", "base/api/api.yaml"},
        ),
        (
            {
                "prod/kustomization.yaml": "resources: [../base/api]\ncomponents: [../both]\n",
                "both/kustomization.yaml": f"kind: Component\npatches: [{{patch: '{JSON}', target: {{kind: HelmRelease, name: .*}}}}]\n",
            },
            {"base/api/api.yaml"},
        ),
        (
            {"prod/kustomization.yaml": f"resources: [../base]\npatches: [{{patch: '{JSON}', target: {{kind: Deployment}}}}]\n"},
            set(),
        ),
        (
            {
                "prod/kustomization.yaml": "resources: [../base]\npatches: [{path: p.yaml}]\n",
                "prod/p.yaml": "kind: HelmRelease\nmetadata: {name: web}\nspec: {interval: 1h}\n",
            },
            set(),
        ),
        ({"prod/kustomization.yaml": "resources: [../base]\npatches: [3, {path: gone.yaml}, {patch: [x]}]\n"}, set()),
    ],
)
def test_which_releases_are_patched(files, expected, tmp_path):
    assert patched(tmp_path, files) == expected


RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: relay, namespace: relay}}
spec:
  {chart}
  values:
    {values}
"""
CHART = "chart: {spec: {chart: ./helm/relay, sourceRef: {kind: GitRepository, name: charts}}}"
INTERNAL = 'service: {type: LoadBalancer, annotations: {service.beta.kubernetes.io/azure-load-balancer-internal: "true"}}'
ADDRESS = "service: {type: LoadBalancer, loadBalancerIP: 10.1.1.1}"
AZURE = "clusters: [{name: prod, paths: ['**'], platform: azure}]\n"


def releases(base: str, patch: str, listed: str = "patches: [{path: lb.yaml}]") -> dict[str, str]:
    return {
        "base/kustomization.yaml": "resources: [release.yaml]\n",
        "base/release.yaml": RELEASE.format(chart=CHART, values=base),
        "prod/kustomization.yaml": f"resources: [../base]\n{listed}\n",
        "prod/lb.yaml": RELEASE.format(chart="interval: 5m", values=patch),
        ".k8slblint.yaml": AZURE,
    }


def rules(*options: str) -> dict[str, str]:
    result = CliRunner().invoke(cli, ["scan", ".", "--format", "json", *options], env={"PRE_COMMIT": ""})
    report: dict[str, Any] = json.loads(result.stdout)
    return {one["rule"]: one["location"]["path"] for one in report["findings"]}


def test_values_of_a_patch_are_read_at_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tree_of(tmp_path, releases("replicas: 1", ADDRESS))
    assert rules()["load-balancer-ip-deprecated"] == "prod/lb.yaml"
    tree_of(tmp_path, releases("replicas: 1", "service: {port: 25}"))
    assert "load-balancer-ip-deprecated" not in rules()


@pytest.mark.parametrize(("base", "is_told"), [("replicas: 1", True), (INTERNAL, False)])
def test_what_a_patch_no_longer_says_its_base_may_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, base: str, *, is_told: bool) -> None:
    monkeypatch.chdir(tmp_path)
    history = History(tmp_path)
    history.commit({**releases(base, INTERNAL)})
    tree_of(tmp_path, releases(base, "service: {type: LoadBalancer}"))
    assert ("exposure-widened" in rules("--against", "HEAD")) is is_told
