"""What deployers say about cluster, environment and namespace of what they deploy."""

import json
import os
from pathlib import Path

import pytest

from tests.test_cli import call

APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {name}, namespace: argocd{more}}}
spec:
  project: default
  source: {{repoURL: "https://git.example.com/rack.git", path: {path}, targetRevision: main}}
  destination: {{server: "https://kubernetes.default.svc", namespace: {name}}}
"""
NODE_PORT = """\
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{type: NodePort, selector: {{app: {name}}}, ports: [{{port: 80, nodePort: 31080}}]}}
"""
SELECTOR = """\
apiVersion: v1
kind: Service
metadata: {name: names}
spec: {selector: {app: names, part: server}, ports: [{port: 53}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: names-one}
spec:
  selector: {matchLabels: {app: names-one}}
  template:
    metadata: {labels: {app: names-one, part: one}}
    spec: {containers: [{name: names, image: example.com/names}]}
"""


def write(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def scanned(*options: str) -> dict[str, list[str]]:
    found = json.loads(call("scan", "--format", "json", "--exit-zero", *options).stdout)
    paths: dict[str, list[str]] = {}
    for one in found["findings"]:
        paths.setdefault(one["rule"], []).append(one["location"]["path"])
    return paths


def clusters() -> set[str]:
    return {one["name"] for one in json.loads(call("scope", "--format", "json").stdout)["clusters"]}


def overlays(**names: str) -> dict[str, str]:
    """One application for each name, deployed from the overlay of that name into the cluster of Argo CD."""
    files = {}
    for name, overlay in names.items():
        folder = f"apps/{name.partition('_')[0]}/overlays/{overlay}"
        files[f"argo/{name}.yaml"] = APPLICATION.format(name=name.replace("_", "-"), path=folder, more="")
        files[f"{folder}/kustomization.yaml"] = "resources: [svc.yaml]\n"
        files[f"{folder}/svc.yaml"] = NODE_PORT.format(name=name.partition("_")[0])
    return files


def test_overlays_that_are_sent_to_the_own_cluster_are_of_one_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, overlays(first="rack", second="rack", third="home"))
    monkeypatch.chdir(tmp_path)
    assert clusters() == {"default"}
    assert len(scanned()["node-port-conflict"]) == 2


def test_an_application_in_several_overlays_is_of_several_clusters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, overlays(first_east="east", first_west="west", second="east"))
    monkeypatch.chdir(tmp_path)
    assert {"east", "west"} <= clusters()
    assert len(scanned()["node-port-conflict"]) == 1


def test_the_folder_of_a_cluster_decides_for_what_is_deployed_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {path.replace("argo/", "clusters/prod/"): text for path, text in overlays(first="rack", second="rack").items()}
    write(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    assert clusters() == {"prod"}


def test_labels_of_an_application_tell_the_environment_of_what_it_deploys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = overlays(first="rack")
    write(tmp_path, {**files, "argo/first.yaml": files["argo/first.yaml"].replace("argocd}", "argocd, labels: {env: dev}}")})
    monkeypatch.chdir(tmp_path)
    assert "node-port-in-production" not in scanned()


@pytest.mark.parametrize(
    ("destination", "severity"),
    [
        ("name: prod-eu", "error"),
        ('server: "https://api.prod.example.com:6443"', "error"),
        ("name: dev-eu", None),
        ("name: rack-7", "warning"),
    ],
)
def test_the_name_of_the_cluster_tells_the_environment_of_what_is_deployed_there(
    destination: str, severity: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = APPLICATION.format(name="names", path="names", more="").replace('server: "https://kubernetes.default.svc"', destination)
    write(tmp_path, {"argo/names.yaml": application, "names/svc.yaml": NODE_PORT.format(name="names")})
    monkeypatch.chdir(tmp_path)
    found = json.loads(call("scan", "--format", "json", "--exit-zero").stdout)["findings"]
    assert [one["severity"] for one in found if one["rule"] == "node-port-in-production"] == [severity] * (severity is not None)


@pytest.mark.parametrize(("namespace", "is_decided"), [("login", True), ("names", False), ("argocd", False)])
def test_a_chart_that_is_absent_makes_its_own_namespace_unsure(
    namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_decided: bool
) -> None:
    absent = APPLICATION.format(name="login", path="x", more="").replace("path: x", "chart: login")
    write(
        tmp_path,
        {
            "argo/login.yaml": absent.replace("namespace: login}", f"namespace: {namespace}}}"),
            "dns/all.yaml": SELECTOR.replace("metadata: {name: names", "metadata: {namespace: names, name: names"),
        },
    )
    monkeypatch.chdir(tmp_path)
    assert ("service-selects-no-pods" in scanned()) is is_decided


def test_files_of_a_build_that_failed_stand_in_the_namespace_that_it_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {}
    for name in ("alpha", "beta"):
        files[f"apps/{name}/kustomization.yaml"] = f"namespace: {name}\ngenerators: [secrets.yaml]\nresources: [svc.yaml]\n"
        files[f"apps/{name}/secrets.yaml"] = "apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: s}\nfiles: [x.yaml]\n"
        files[f"apps/{name}/svc.yaml"] = NODE_PORT.format(name="web").replace("31080", "31081" if name == "beta" else "31080")
    write(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    found = json.loads(call("scan", "--format", "json", "--exit-zero").stdout)["findings"]
    told = {one["location"]["path"]: one["resource"]["namespace"] for one in found if one["rule"] == "node-port-in-production"}
    assert told == {"apps/alpha/svc.yaml": "alpha", "apps/beta/svc.yaml": "beta"}


@pytest.mark.parametrize(
    ("base", "label", "unit", "environment"),
    [
        ("infra/local", "local", "shop/arm", "unknown"),  # an overlay for another place may be built on what developers have
        ("infra/local/names", "local", "shop/arm", "unknown"),
        ("infra/common", "local", "shop/arm", "local"),
        ("infra/production", "local", "shop/arm", "local"),
        ("shop/arm/local", "local", "shop/arm", "local"),
        ("infra/dev", "dev", "shop/arm", "development"),
        ("infra/dev", "dev", "shop/production", "production"),
        ("infra/common", "dev", "shop/production", "unknown"),
    ],
)
def test_labels_of_a_base_that_is_called_so_tell_nothing_of_who_includes_it(
    base: str, label: str, unit: str, environment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        f"{base}/kustomization.yaml": "resources: [namespace.yaml]\n",
        f"{base}/namespace.yaml": f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: names, labels: {{environment: {label}}}}}\n",
        f"{unit}/kustomization.yaml": f"namespace: names\nresources: [{os.path.relpath(base, unit)}, svc.yaml]\n",
        f"{unit}/svc.yaml": NODE_PORT.format(name="names"),
        "argo/names.yaml": APPLICATION.format(name="names", path=unit, more=""),
    }
    write(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    (cluster,) = json.loads(call("scope", "--format", "json").stdout)["clusters"]
    found = {one["environment"] for one in cluster["scopes"] if f"{unit}/kust" in str(one["folders"])}
    assert found == {environment}


KUSTOMIZATION = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}, namespace: flux-system}}
spec: {{path: ./{path}, prune: true, interval: 9m, sourceRef: {{kind: GitRepository, name: flux-system}}}}
"""
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: till, namespace: shop}
spec: {interval: 9m, chart: {spec: {chart: ./charts/till, sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}}}}
"""


def of_clusters(*names: str) -> dict[str, str]:
    """For each cluster a Kustomization of Flux itself, one of the folder of its applications, and one that is among these."""
    files = {
        "charts/till/Chart.yaml": "apiVersion: v2\nname: till\nversion: 1.0.0\n",
        "charts/till/templates/svc.yaml": NODE_PORT.format(name="till").replace("31080", "31090"),
    }
    for name in names:
        files |= {
            f"clusters/{name}/flux-system/gotk-sync.yaml": KUSTOMIZATION.format(name="flux-system", path=f"clusters/{name}"),
            f"clusters/{name}/apps.yaml": KUSTOMIZATION.format(name="apps", path=f"apps/{name}"),
            f"apps/{name}/kustomization.yaml": "resources: [till.yaml, within.yaml]\n",
            f"apps/{name}/till.yaml": RELEASE,
            f"apps/{name}/within.yaml": KUSTOMIZATION.format(name="within", path=f"apps/{name}/within"),
            f"apps/{name}/within/kustomization.yaml": "resources: [svc.yaml]\n",
            f"apps/{name}/within/svc.yaml": NODE_PORT.format(name="within"),
        }
    return files


def services_of() -> dict[str, list[str]]:
    found = json.loads(call("exposure", "--all", "--format", "json").stdout)["clusters"]
    return {one["name"]: sorted(entry["resource"]["name"] for entry in one["entry_points"]) for one in found}


def test_what_flux_deploys_from_within_is_of_the_cluster_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, of_clusters("east", "west"))
    monkeypatch.chdir(tmp_path)
    assert services_of() == {"east": ["till", "within"], "west": ["till", "within"]}
    assert "node-port-conflict" not in scanned()


def test_what_two_clusters_list_as_it_stands_is_of_neither(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = of_clusters("east", "west")
    for name in ("east", "west"):
        files[f"apps/{name}/kustomization.yaml"] = "resources: [../both]\n"
    files |= {"apps/both/kustomization.yaml": "resources: [till.yaml]\n", "apps/both/till.yaml": RELEASE}
    write(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    assert all(names == ["till"] for name, names in services_of().items() if name in ("east", "west"))
