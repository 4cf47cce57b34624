"""Patches in objects of Argo CD and Flux of what is not in the tree: what they say of Services is all that is known of these."""

import subprocess
from pathlib import Path

import pytest

from tests.whole_trees import Tree

RULE = "load-balancer-ip-deprecated"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(files: dict[str, str], folder: Path) -> list[tuple[str, int]]:
    return [(path, line) for rule, path, line in Tree(files, folder).findings() if rule == RULE]


MERGED = """\
    patches:
    - patch: |
        apiVersion: v1
        kind: Service
        metadata: {name: gate}
        spec:
          type: LoadBalancer
          loadBalancerIP: 10.1.1.1
"""
REPLACED = """\
    patches:
    - target: {kind: Service, name: gate}
      patch: |
        - {op: replace, path: /spec/type, value: LoadBalancer}
        - op: add
          path: /spec/loadBalancerIP
          value: 10.1.1.1
"""
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: gate, namespace: argocd}
spec:
  destination: {server: "https://kubernetes.default.svc", namespace: gate}
  source:
    repoURL: URL
    path: gate
    kustomize:
"""
OWN, OTHER = "https://git.example.com/team/apps.git", "https://git.example.com/else/gate.git"
REMOTE = {"gate/kustomization.yaml": "resources: [https://git.example.com/else/gate.git//deploy]\n"}
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: gate}\nspec: {type: LoadBalancer, selector: {app: gate}, ports: [{port: 80}]}\n"


def indented(text: str, by: int) -> str:
    return "".join(f"{' ' * by}{line}\n" for line in text.splitlines())


@pytest.mark.parametrize(("patches", "line"), [(MERGED, 17), (REPLACED, 15)])
@pytest.mark.parametrize("url", [OTHER, OWN])
def test_patches_of_an_application_over_what_is_elsewhere_are_read(folder: Path, url: str, patches: str, line: int) -> None:
    files = {"apps/gate.yaml": APPLICATION.replace("URL", url) + indented(patches, 2)} | (REMOTE if url == OWN else {})
    assert found(files, folder) == [("apps/gate.yaml", line)]


def test_what_is_in_the_tree_is_patched_and_no_object_of_its_own(folder: Path) -> None:
    files = {"gate/kustomization.yaml": "resources: [gate.yaml]\n", "gate/gate.yaml": SERVICE}
    application = APPLICATION.replace("URL", OWN) + indented(MERGED, 2)
    report = Tree(files | {"apps/gate.yaml": application}, folder).report()
    about = [one["resource"]["kind"] for one in report["findings"] if one["rule"] == RULE]
    assert about == ["Service"]
    assert not report["completeness"]["not_rendered"]


KUSTOMIZATION = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: gate, namespace: flux-system}
spec:
  interval: 1h
  path: ./gate
  sourceRef: {kind: KIND, name: NAME}
  targetNamespace: gate
"""


@pytest.mark.parametrize(("kind", "name"), [("GitRepository", "flux-system"), ("OCIRepository", "gate")])
def test_patches_of_a_kustomization_over_what_is_elsewhere_are_read(folder: Path, kind: str, name: str) -> None:
    text = KUSTOMIZATION.replace("KIND", kind).replace("NAME", name) + MERGED.replace("\n  ", "\n")[2:]
    assert found(REMOTE | {"apps/gate.yaml": text}, folder) == [("apps/gate.yaml", 16)]


RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: gate, namespace: gate}
spec:
  chart: {spec: {chart: gate, sourceRef: {kind: HelmRepository, name: gate}}}
  postRenderers:
  - kustomize:
"""


def test_patches_of_post_renderers_of_absent_charts_are_read(folder: Path) -> None:
    assert found({"gate.yaml": RELEASE + indented(MERGED, 4)}, folder) == [("gate.yaml", 15)]


@pytest.mark.parametrize(
    "patches",
    [
        "    patches: 7\n",
        "    patches: [7, [a], {patch: 7}, {patch: '{{'}, {patch: '['}, {}]\n",
        "    patches:\n    - patch: |\n        kind: [a]\n        metadata: 7\n        spec: {loadBalancerIP: 10.1.1.1}\n",
        "    patches:\n    - target: {kind: Service, name: 'gate|.*'}\n      patch: |\n        spec: {loadBalancerIP: 10.1.1.1}\n",
        "    patches:\n    - target: [a]\n      patch: |\n        spec: {loadBalancerIP: 10.1.1.1}\n",
        "    patches:\n    - patch: |\n        $patch: delete\n        kind: Service\n        metadata: {name: gate}\n",
        "    patches:\n    - {path: ../../../../etc/passwd, target: {kind: Service, name: gate}}\n",
    ],
)
def test_what_is_no_patch_of_a_service_says_nothing(folder: Path, patches: str) -> None:
    assert found({"apps/gate.yaml": APPLICATION.replace("URL", OTHER) + indented(patches, 2)}, folder) == []


def committed(folder: Path) -> None:
    for arguments in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "a"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def test_what_did_not_change_is_not_compared_with_itself(folder: Path) -> None:
    files = {"apps/gate.yaml": APPLICATION.replace("URL", OTHER) + indented(MERGED, 2), "other.yaml": SERVICE}
    Tree(files, folder)
    committed(folder)
    report = Tree({"other.yaml": SERVICE.replace("80", "81")}, folder).report("--against", "HEAD", "--min-confidence", "low")
    assert [one["rule"] for one in report["findings"] if "apps/" in one["location"]["path"]] == [RULE]


def test_a_patch_that_is_gone_gives_its_load_balancer_up(folder: Path) -> None:
    Tree({"apps/gate.yaml": APPLICATION.replace("URL", OTHER) + indented(MERGED, 2), "other.yaml": SERVICE}, folder)
    committed(folder)
    changed = APPLICATION.replace("URL", OTHER) + indented(MERGED.replace("type: LoadBalancer", "type: ClusterIP"), 2)
    report = Tree({"apps/gate.yaml": changed}, folder).report("--against", "HEAD", "--min-confidence", "low")
    assert "load-balancer-released" in {one["rule"] for one in report["findings"] if "apps/" in one["location"]["path"]}
