"""What a first scan says of trees as strangers have them: trial clusters, bases that overlays complete, defaults of charts, tests."""

from pathlib import Path
from typing import ClassVar

import pytest

from tests.texts import REASON
from tests.whole_trees import Tree, service, workload

NODE_PORT = "type: NodePort, ports: [{port: 80, nodePort: 30080}]"
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: depot, namespace: argocd}
spec:
  project: default
  source: {repoURL: https://git.example.org/depot.git, path: platform/depot, targetRevision: main}
  destination: {server: https://kubernetes.default.svc, namespace: shop}
"""
K3D = "apiVersion: k3d.io/v1alpha5\nkind: Simple\nmetadata: {name: bench}\nservers: 1\n"
KIND = "apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\nnodes: [{role: control-plane}]\n"
KUSTOMIZATION = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: %s, namespace: flux-system}
spec:
  interval: 5m
  path: ./%s
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system}
"""
DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: helmreleases.helm.toolkit.fluxcd.io}
spec:
  group: helm.toolkit.fluxcd.io
  names: {kind: HelmRelease, plural: helmreleases}
  scope: Namespaced
  versions:
  - name: v2
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [interval]
            properties: {interval: {type: string}, chart: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: pump, namespace: water}
spec:
  chart: {spec: {chart: pump, sourceRef: {kind: HelmRepository, name: water}}}
"""
NODE_PORT_RULE = "node-port-in-production"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rules(tree: Tree) -> list[str]:
    return [rule for rule, _, _ in tree.findings()]


class TestClusterOfADeveloper:
    """A tree that deploys itself from within, and describes one cluster, on somebody's machine."""

    FILES: ClassVar = {"apps/depot.yaml": APPLICATION, "platform/depot/svc.yaml": service("depot", NODE_PORT) + workload("depot")}

    @pytest.mark.parametrize("described", [K3D, KIND])
    def test_node_ports_are_fine_there(self, folder: Path, described: str) -> None:
        assert NODE_PORT_RULE not in rules(Tree({**self.FILES, "bootstrap/cluster.yaml": described}, folder))

    @pytest.mark.parametrize(
        "others",
        [
            {},
            {"tests/cluster.yaml": KIND},
            {"hack/ci/cluster.yaml": KIND},
            {"bootstrap/cluster.yaml": KIND, "clusters/production/svc.yaml": service("till", "ports: [{port: 80}]")},
        ],
    )
    def test_without_it_or_beside_others_they_are_reported(self, folder: Path, others: dict[str, str]) -> None:
        assert NODE_PORT_RULE in rules(Tree({**self.FILES, **others}, folder))

    def test_the_cluster_of_the_tests_of_an_application_says_nothing(self, folder: Path) -> None:
        assert NODE_PORT_RULE in rules(Tree({"deploy/svc.yaml": self.FILES["platform/depot/svc.yaml"], "kind.yaml": KIND}, folder))


def test_trial_environments_that_disagree_are_still_trials(folder: Path) -> None:
    text = service("depot", NODE_PORT, "sandbox") + workload("depot", namespace="sandbox")
    assert Tree({"qa/test/svc.yaml": text}, folder).findings() == []


@pytest.mark.parametrize("is_cloud", [False, True])
def test_node_ports_of_an_edge_proxy_are_reported_on_a_cloud_only(folder: Path, is_cloud: bool) -> None:
    files = {"edge/svc.yaml": service("edge", NODE_PORT) + workload("edge", "image: registry.k8s.io/ingress-nginx/controller:v1.11.0")}
    if is_cloud:
        key = "{service.beta.kubernetes.io/aws-load-balancer-type: nlb}"
        files["till/svc.yaml"] = service("till", "type: LoadBalancer, ports: [{port: 80}]", annotations=key) + workload("till")
    assert (NODE_PORT_RULE in rules(Tree(files, folder))) == is_cloud


class TestBasesOfReleases:
    """HelmReleases that lack what each overlay sets."""

    BASE: ClassVar = {
        "apps/base/pump/kustomization.yaml": f"{KUSTOMIZATION}resources: [release.yaml]\n",
        "apps/base/pump/release.yaml": RELEASE,
        "clusters/flux.yaml": DEFINITION,
    }
    PATCH = "patches:\n- target: {kind: HelmRelease}\n  patch: |\n    - {op: add, path: /spec/interval, value: 5m}\n"

    def overlay(self, rest: str) -> dict[str, str]:
        overlay = f"{KUSTOMIZATION}resources: [../../base/pump]\n{rest}"
        return {"apps/east/pump/kustomization.yaml": overlay, "clusters/east/apps.yaml": FLUX % ("apps", "apps/east/pump")}

    def test_a_release_that_an_overlay_completes_is_fine(self, folder: Path) -> None:
        assert Tree({**self.BASE, **self.overlay(self.PATCH)}, folder).findings() == []

    def test_a_release_that_none_completes_is_reported(self, folder: Path) -> None:
        assert "invalid-resource" in rules(Tree({**self.BASE, **self.overlay("")}, folder))

    def test_a_base_that_nobody_includes_is_not_deployed(self, folder: Path) -> None:
        other = {"apps/east/other/svc.yaml": service("o", "ports: [{port: 80}]")}
        other["clusters/east/apps.yaml"] = FLUX % ("apps", "apps/east/other")
        elsewhere = (FLUX % ("crds", "config")).replace("name: flux-system}\n", "name: far}\n")
        source = (
            "---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: %s, namespace: flux-system}\n"
            "spec: {interval: 1h, url: https://git.example.org/%s.git}\n"
        )
        sources = source % ("flux-system", "home") + source % ("far", "far")
        tree = Tree({**self.BASE, **other, "clusters/east/sources.yaml": f"{elsewhere}{sources}"}, folder)
        assert tree.findings() == []


def test_overlays_that_flux_sends_to_its_own_cluster_are_of_one(folder: Path) -> None:
    files = {}
    for name in ("ledger", "till"):
        files[f"{name}/overlays/{name}-east/kustomization.yaml"] = f"{KUSTOMIZATION}resources: [svc.yaml]\n"
        files[f"{name}/overlays/{name}-east/svc.yaml"] = service(name, NODE_PORT, name) + workload(name, namespace=name)
        files[f"flux/{name}.yaml"] = FLUX % (name, f"{name}/overlays/{name}-east")
    assert "node-port-conflict" in rules(Tree(files, folder))


class TestTests:
    """Manifests that tests apply."""

    @pytest.mark.parametrize("where", ["perf-tests", "load_tests/data", "test/e2e/manifests"])
    def test_they_tie_to_one_controller_on_purpose(self, folder: Path, where: str) -> None:
        text = (
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n  annotations:\n"
            "    nginx.ingress.kubernetes.io/rewrite-target: /$1\nspec:\n  ingressClassName: nginx\n  rules: [{host: web.example.org}]\n"
        )
        assert Tree({f"{where}/ingress.yaml": text}, folder).findings() == []

    def test_external_addresses_of_policy_tests_are_made_up(self, folder: Path) -> None:
        text = service("web", "ports: [{port: 80}], externalIPs: [10.0.0.10]") + workload("web")
        assert Tree({"policies/tests/cli/resources.yaml": text}, folder).findings() == []


def test_an_empty_kustomization_holds_a_place(folder: Path) -> None:
    report = Tree({"overlays/soon/kustomization.yaml": "", "web/svc.yaml": service("w", "ports: [{port: 80}]")}, folder).report()
    assert [one["rule"] for one in report["findings"] if one["rule"] == "render-failed"] == []


def test_what_kustomize_refuses_in_two_overlays_is_told_once_and_without_addresses_in_memory(folder: Path) -> None:
    merge = f"{KUSTOMIZATION}configMapGenerator: [{{name: settings, behavior: merge, literals: [a=b]}}]\n"
    files = {f"overlays/{name}/kustomization.yaml": f"{merge}resources: [svc.yaml]\n" for name in ("dev", "staging")}
    tree = Tree({**files, **{f"overlays/{name}/svc.yaml": service("w", "ports: [{port: 80}]") for name in ("dev", "staging")}}, folder)
    (found,) = [one for one in tree.report()["findings"] if one["rule"] == "render-failed"]
    assert "0x" not in found["message"]


CONFLICT = f"""{KUSTOMIZATION}namespace: media
resources: [project.yaml, jelly, jelly/copy.yaml]
"""
"""A kustomization that gives two objects one name, which kustomize refuses at length."""

LABELLED = f"""{KUSTOMIZATION}resources: [svc.yaml, deployment.yaml]
labels: [{{includeSelectors: true, pairs: {{app: jelly}}}}]
"""

UNLABELLED = """apiVersion: apps/v1
kind: Deployment
metadata: {name: jelly, namespace: media}
spec:
  selector: {matchLabels: {app: jelly}}
  template: {spec: {containers: [{name: jelly, image: jelly}]}}
"""

PROJECT = """apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: applications, namespace: argocd}
spec:
  generators: [{git: {repoURL: "https://git.example.com/x.git", revision: HEAD, directories: [{path: apps/*}]}}]
  template:
    metadata: {name: "apps-{{path.basename}}"}
    spec:
      project: default
      source: {repoURL: "https://git.example.com/x.git", path: "{{path}}", targetRevision: HEAD}
      destination: {name: in-cluster, namespace: media}
"""


@pytest.mark.parametrize("deployer", [{}, {"argo/set.yaml": PROJECT}], ids=["alone", "deployed"])
def test_what_a_refused_kustomization_labels_is_undecided(folder: Path, deployer: dict[str, str]) -> None:
    select = service("jelly", "ports: [{port: 80}]").replace("namespace: shop", "namespace: media")
    files = {
        "apps/media/kustomization.yaml": CONFLICT,
        "apps/media/project.yaml": select.replace("name: jelly", "name: other"),
        "apps/media/jelly/kustomization.yaml": LABELLED,
        "apps/media/jelly/svc.yaml": select,
        "apps/media/jelly/copy.yaml": select.replace("namespace: media", "namespace: elsewhere"),
        "apps/media/jelly/deployment.yaml": UNLABELLED,
        **deployer,
    }
    report = Tree(files, folder).report()
    assert "render-failed" in {one["rule"] for one in report["findings"]}
    assert [one for one in report["findings"] if one["rule"] == "service-selects-no-pods"] == []
    reasons = {one["reason"] for one in report["completeness"]["undecided"] if one["rule"] == "service-selects-no-pods"}
    assert any(one.startswith("'apps/media/kustomization.yaml") and "could not be rendered, may add the labels" in one for one in reasons)
    assert all(len(reason) <= REASON for reason in reasons)


def test_a_chart_in_a_folder_that_is_named_after_its_version_has_valid_names(folder: Path) -> None:
    chart = {
        "_charts/nginx/20.0.2/Chart.yaml": "apiVersion: v2\nname: nginx\nversion: 20.0.2\n",
        "_charts/nginx/20.0.2/templates/svc.yaml": service("NAME", "ports: [{port: 80}]").replace(
            "name: NAME", 'name: "{{ .Release.Name }}-{{ .Chart.Name }}"'
        ),
    }
    assert Tree(chart, folder).findings() == []


def test_a_repeated_key_names_its_object_and_what_is_read(folder: Path) -> None:
    text = service("web", "ports: [{port: 80}]").replace("kind: Service\n", "kind: Ingress\nkind: Service\n")
    (found,) = [one for one in Tree({"web.yaml": text}, folder).report()["findings"] if one["rule"] == "invalid-yaml"]
    assert found["why"] == "Of Service shop/web Kubernetes reads only the last value."
    assert found["help"] == "Remove the value that is not meant."


def test_a_repeated_key_in_a_file_that_is_deployed_as_it_is_is_one_finding(folder: Path) -> None:
    text = service("depot", "ports: [{port: 80}]").replace("kind: Service\n", "kind: Service\nkind: Service\n")
    tree = Tree({"apps/depot.yaml": APPLICATION, "platform/depot/svc.yaml": text}, folder)
    assert [found for found in tree.findings() if found[0] == "invalid-yaml"] == [("invalid-yaml", "platform/depot/svc.yaml", 3)]


def test_one_object_of_a_base_is_one_finding_though_one_overlay_proves_no_line(folder: Path) -> None:
    base = {
        "base/kustomization.yaml": f"{KUSTOMIZATION}resources: [svc.yaml]\n",
        "base/svc.yaml": service("depot", NODE_PORT) + workload("depot"),
    }
    overlays = {f"overlays/{name}/kustomization.yaml": f"{KUSTOMIZATION}resources: [../../base]\n" for name in ("north", "south")}
    tree = Tree({**base, **overlays}, folder)
    for options in ([], ["--budget", "places=1"]):
        found = [one for one in tree.findings(*options) if one[0] == NODE_PORT_RULE]
        assert [path for _, path, _ in found] == ["base/svc.yaml"]
