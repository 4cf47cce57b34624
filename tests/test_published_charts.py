"""Charts of the tree that deployers name by the address under which the repository publishes them."""

from pathlib import Path

import pytest

from tests.whole_trees import Tree

RULE = "service-selects-no-pods"

CHART = {
    "charts/kiosk/Chart.yaml": "apiVersion: v2\nname: kiosk\nversion: 1.4.2\n",
    "charts/kiosk/values.yaml": "type: ClusterIP\nenabled: true\n",
    "charts/kiosk/templates/service.yaml": (
        "{{- if .Values.enabled }}\n"
        "apiVersion: v1\nkind: Service\nmetadata: {name: kiosk}\n"
        "spec: {type: {{ .Values.type }}, selector: {app: kiosk}, ports: [{port: 80, nodePort: {{ .Values.port | default 30080 }}}]}\n"
        "{{- end }}\n"
    ),
}

FLUX = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: own, namespace: shop}
spec: {interval: 1h, url: "https://team.github.io/shop"}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: kiosk, namespace: shop}
spec:
  chart: {spec: {chart: kiosk, version: VERSION, sourceRef: {kind: HelmRepository, name: own}}}
  values: {type: NodePort}
"""
ARGO = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: kiosk, namespace: argocd}
spec:
  destination: {server: "https://kubernetes.default.svc", namespace: shop}
  source: {repoURL: "https://team.github.io/shop", chart: kiosk, targetRevision: VERSION, helm: {valuesObject: {type: NodePort}}}
"""
HELMFILE = """\
repositories: [{name: own, url: "https://team.github.io/shop"}]
releases: [{name: kiosk, namespace: shop, chart: own/kiosk, version: VERSION, values: [{type: NodePort}]}]
"""
K3S = """\
apiVersion: helm.cattle.io/v1
kind: HelmChart
metadata: {name: kiosk, namespace: kube-system}
spec: {repo: "https://team.github.io/shop", chart: kiosk, version: VERSION, targetNamespace: shop, valuesContent: "type: NodePort"}
"""
DEPLOYERS = {"Flux": ("apps/kiosk.yaml", FLUX), "Argo CD": ("apps/kiosk.yaml", ARGO), "helmfile": ("helmfile.yaml", HELMFILE)}
DEPLOYERS |= {"k3s": ("apps/kiosk.yaml", K3S)}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rendered(files: dict[str, str], folder: Path) -> list[tuple[str, int]]:
    completeness = Tree(files, folder).report()["completeness"]
    return [(one["unit"], one["documents"]) for one in completeness["units"] if one["failure"] is None]


@pytest.mark.parametrize(("path", "text"), DEPLOYERS.values(), ids=DEPLOYERS)
def test_the_chart_of_that_name_and_version_is_deployed_with_the_values(folder: Path, path: str, text: str) -> None:
    tree = Tree(CHART | {path: text.replace("VERSION", "1.4.2")}, folder)
    found = [one for one in tree.report("--platform", "eks")["findings"] if one["rule"] == "node-port-in-production"]
    assert [one["resource"]["namespace"] for one in found] == ["shop"]


@pytest.mark.parametrize(("path", "text"), DEPLOYERS.values(), ids=DEPLOYERS)
@pytest.mark.parametrize("version", ["1.4.1", "'>=1.0.0'", "'*'"])
def test_another_version_is_not_that_chart(folder: Path, path: str, text: str, version: str) -> None:
    report = Tree(CHART | {path: text.replace("VERSION", version)}, folder).report()
    assert [one for one in report["completeness"]["not_rendered"] if "is not in this tree" in one["reason"]]


@pytest.mark.parametrize("name", ["../../etc", "kiosk/..", ".git", "", "kiosk\\u0000"])
def test_a_hostile_name_is_no_chart(folder: Path, name: str) -> None:
    text = FLUX.replace("chart: kiosk,", f'chart: "{name}",').replace("VERSION", "1.4.2")
    report = Tree(CHART | {"apps/kiosk.yaml": text}, folder).report()
    assert [one["unit"] for one in report["completeness"]["units"]] == ["charts/kiosk/Chart.yaml"]


PATCHED = {
    "apps/kustomization.yaml": (
        "namespace: shop\nresources: [kiosk.yaml]\npatches:\n- target: {kind: HelmRelease}\n  patch: |-\n"
        "    - {op: add, path: /spec/valuesFrom, value: [{kind: ConfigMap, name: common}]}\n"
    ),
    "apps/kiosk.yaml": FLUX.replace("VERSION", "1.4.2").replace(", namespace: shop", ""),
    "clusters/prod/common.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: common, namespace: shop}\ndata: {values.yaml: 'port: 30090'}\n"
    ),
    "clusters/prod/flux.yaml": (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\n"
        "spec: {interval: 1h, path: ./apps, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}\n"
    ),
}


def test_values_that_a_patch_adds_from_a_config_map_are_read(folder: Path) -> None:
    report = Tree(CHART | PATCHED, folder).report("--platform", "eks")
    assert not [one for one in report["completeness"]["not_rendered"] if "ConfigMap" in one["reason"]]
    (found,) = [one for one in report["findings"] if one["rule"] == "node-port-in-production"]
    assert "30090" in found["headline"]


def test_post_renderers_have_nothing_to_do_for_a_chart_that_prints_nothing(folder: Path) -> None:
    patch = "  postRenderers: [{kustomize: {patches: [{target: {kind: Service}, patch: '[{op: add, path: /spec/a, value: b}]'}]}}]\n"
    text = FLUX.replace("VERSION", "1.4.2").replace("{type: NodePort}\n", "{enabled: false}\n" + patch)
    assert [documents for _, documents in rendered(CHART | {"apps/kiosk.yaml": text}, folder)] == [0]
