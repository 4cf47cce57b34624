"""Whether a MetalLB that reads its pools from a ConfigMap is known to run, by whatever states its release."""

from pathlib import Path

import pytest

from tests.whole_trees import Tree

POOLS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: config, namespace: metallb-system}
data:
  config: |
    address-pools:
    - {name: hall, protocol: layer2, addresses: [10.7.4.0/28]}
"""

CONTROLLER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: controller, namespace: metallb-system}
spec:
  selector: {matchLabels: {app: metallb}}
  template:
    metadata: {labels: {app: metallb}}
    spec: {containers: [{name: controller, image: 'IMAGE'}]}
---
"""

CHART = """
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: metallb, namespace: metallb-system}
spec:
  interval: 1h
  chart: {spec: {chart: metallb, version: 'VERSION', sourceRef: {kind: HelmRepository, name: metallb}}}
---
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def is_reported(files: dict[str, str], folder: Path) -> bool:
    return any("metallb-legacy" in str(one) for one in Tree(files, folder).findings())


@pytest.mark.parametrize(
    ("url", "reported"),
    [
        ("github.com/metallb/metallb//manifests?ref=v0.12.1", False),
        ("https://github.com/metallb/metallb//manifests?timeout=90s&ref=v0.9.6", False),
        ("https://raw.githubusercontent.com/metallb/metallb/v0.10.2/manifests/metallb.yaml", False),
        ("https://raw.githubusercontent.com/metallb/metallb/v0.13.7/config/manifests/metallb-native.yaml", True),
        ("github.com/metallb/metallb//manifests?ref=main", True),
        ("github.com/other/project//manifests?ref=v0.12.1", True),
    ],
)
def test_a_remote_base_names_the_release(url: str, reported: bool, folder: Path) -> None:
    files = {"kustomization.yaml": f"resources:\n- {url}\n- config.yaml\n", "config.yaml": POOLS}
    assert is_reported(files, folder) is reported


@pytest.mark.parametrize(
    ("image", "reported"),
    [
        ("metallb/controller:v0.7.3", False),
        ("docker.io/metallb/controller:v0.9.3", False),
        ("quay.io/metallb/controller:v0.12.1", False),
        ("quay.io/metallb/controller:v0.13.10", True),
        ("quay.io/metallb/controller:main", True),
        ("example.com/other:v0.7.3", True),
    ],
)
def test_an_image_names_the_release(image: str, reported: bool, folder: Path) -> None:
    assert is_reported({"all.yaml": CONTROLLER.replace("IMAGE", image) + POOLS}, folder) is reported


@pytest.mark.parametrize(("version", "reported"), [("0.12.1", False), ("v0.11.0", False), ("0.13.12", True), (">=0.12.0", True)])
def test_a_chart_names_the_release(version: str, reported: bool, folder: Path) -> None:
    assert is_reported({"all.yaml": CHART.replace("VERSION", version) + POOLS}, folder) is reported
