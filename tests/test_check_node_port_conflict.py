"""When two Services that fix one node port are deployed together: by file, folder, cluster and environment."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from k8slblint.config import Config
from k8slblint.model.scope import ClusterSettings, ScopeSettings
from tests.linting import findings
from tests.texts import words_of
from tests.whole_trees import Tree

RULE = "node-port-conflict"


@pytest.fixture
def in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with nothing in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def service(name: str, namespace: str = "shop", selector: str = "{}") -> str:
    return (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
        f"spec:\n  type: NodePort\n  ports: [{{port: 80, nodePort: 30080}}]\n  selector: {selector}\n"
    )


def config_map(name: str) -> str:
    return f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: shop}}\nspec: {{}}\n"


TOGETHER: dict[str, Mapping[str, str]] = {
    "two folders of one cluster": {"clusters/prod/a/web.yaml": service("web"), "clusters/prod/b/api.yaml": service("api")},
    "two folders of an undivided tree": {"a/web.yaml": service("web"), "b/api.yaml": service("api")},
    "two applications of one tier": {
        "a/web.yaml": service("web", selector="{app: web, tier: front}"),
        "b/api.yaml": service("api", selector="{app: api, tier: front}"),
    },
    "one application in one folder": {
        "a/web.yaml": service("web", selector="{app: shop}"),
        "a/api.yaml": service("api", selector="{app: shop}"),
    },
    "one application in two folders of one cluster": {
        "clusters/prod/a/web.yaml": service("web", selector="{app: shop}"),
        "clusters/prod/b/api.yaml": service("api", selector="{app: shop}"),
    },
    "one folder": {"a/web.yaml": service("web"), "a/api.yaml": service("api")},
    "one name in two namespaces of one cluster": {"clusters/prod/a.yaml": service("web"), "clusters/prod/b.yaml": service("web", "site")},
}

APART: dict[str, Mapping[str, str]] = {
    "two clusters": {"clusters/a/web.yaml": service("web"), "clusters/b/api.yaml": service("api")},
    "two overlays": {"overlays/a/web.yaml": service("web"), "overlays/b/api.yaml": service("api")},
    "two ways to deploy one application": {
        "k8s/active.yaml": service("active", selector="{app: shop, version: blue}"),
        "k8s/manifests/web.yaml": service("web", selector="{app.kubernetes.io/name: shop}"),
    },
    "what was put aside": {"k8s/web.yaml": service("web"), "k8s/old/api.yaml": service("api")},
    "two samples": {"examples/a/web.yaml": service("web"), "examples/b/api.yaml": service("api")},
    "two files of a sample": {"examples/web.yaml": service("web"), "examples/api.yaml": service("api")},
    "two environments of an undivided tree": {"prod/web.yaml": service("web"), "dev/api.yaml": service("api")},
    "copies in two namespaces": {"a/web.yaml": service("web"), "b/web.yaml": service("web", "site")},
    "variants in two files": {
        "web.yaml": service("web") + "---\n" + config_map("x"),
        "api.yaml": service("api") + "---\n" + config_map("x"),
    },
    "variants in two folders": {
        "a/web.yaml": service("web"),
        "b/api.yaml": service("api"),
        "a/x.yaml": config_map("x"),
        "b/y.yaml": config_map("x"),
    },
    "two lessons": {"01-web/web.yaml": service("web"), "02-api/api.yaml": service("api")},
    "two folders of a collection of alternatives": {
        "a/web.yaml": service("web"),
        "b/api.yaml": service("api"),
        **{f"c/{name}.yaml": config_map(name) for name in ("x", "y")},
        **{f"d/{name}.yaml": config_map(name).replace("spec: {}", "spec: {replicas: 2}") for name in ("x", "y")},
    },
}


@pytest.mark.parametrize("files", TOGETHER.values(), ids=TOGETHER)
def test_services_that_are_deployed_together_clash(files: Mapping[str, str]) -> None:
    (finding,) = findings(files, RULE)
    assert finding.confidence == "medium"
    assert finding.location.path == max(files)


@pytest.mark.parametrize("files", APART.values(), ids=APART)
def test_services_that_may_be_alternatives_do_not_clash(files: Mapping[str, str]) -> None:
    assert findings(files, RULE) == []


def test_one_file_is_certain_to_be_applied_as_a_whole() -> None:
    (finding,) = findings(f"{service('web')}---\n{service('api')}", RULE)
    assert finding.confidence == "high"
    assert "Service shop/api sets TCP node port 30080, which shop/web sets too" in words_of(finding)
    assert [related.location.span.line for related in finding.related] == [6]


def test_a_stated_cluster_is_certain() -> None:
    config = Config()._replace(scopes=ScopeSettings(clusters=(ClusterSettings("main", ("**",)),)))
    (finding,) = findings(APART["two environments of an undivided tree"], RULE, config=config)
    assert finding.confidence == "high"


def test_placeholders_are_no_numbers() -> None:
    text = f"{service('web')}---\n{service('api')}".replace("nodePort: 30080", 'nodePort: "${PORT}"')
    assert findings(text, RULE) == []


def test_objects_of_a_live_cluster_are_there_already() -> None:
    live = "metadata: {uid: u, resourceVersion: '1', "
    text = f"{service('web')}---\n{service('api')}"
    assert findings(text.replace("metadata: {", live), RULE) == []
    assert len(findings(text.replace("metadata: {", live, 1), RULE)) == 1


def test_ports_that_one_and_the_same_service_has_are_one_finding() -> None:
    both = "ports: [{name: a, port: 80, nodePort: 30080}, {name: b, port: 81, nodePort: 30081}]"
    text = service("web") + "---\n" + service("api")
    text = text.replace("ports: [{port: 80, nodePort: 30080}]", both)
    assert both in text
    (finding,) = findings(text, "node-port-conflict")
    assert "sets 2 node ports, which shop/web sets too" in finding.headline
    assert len(finding.related) == 2


APPLICATION = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop, namespace: argocd}
spec:
  source: {repoURL: https://git.example.com/ops.git, path: apps/shop}
  destination: {server: https://kubernetes.default.svc, namespace: shop}
"""
KUSTOMIZATION = "resources: [api.yaml, web.yaml]\n"
UNITS: dict[str, Mapping[str, str]] = {
    "of an Application": {"argocd/shop.yaml": APPLICATION, "apps/shop/api.yaml": service("api"), "apps/shop/web.yaml": service("web")},
    "of a kustomization": {"a/kustomization.yaml": KUSTOMIZATION, "a/api.yaml": service("api"), "a/web.yaml": service("web")},
    "of a base": {
        "a/kustomization.yaml": KUSTOMIZATION,
        "a/api.yaml": service("api"),
        "a/web.yaml": service("web"),
        "b/kustomization.yaml": "resources: [../a]\n",
    },
}


@pytest.mark.parametrize("files", UNITS.values(), ids=UNITS)
def test_files_of_one_unit_that_begin_alike_clash(files: Mapping[str, str], in_empty_folder: Path) -> None:
    (found,) = [one for one in Tree(files, in_empty_folder).findings() if one[0] == RULE]
    assert found[1].endswith("/web.yaml")


def test_files_of_one_unit_with_ports_of_their_own_do_not_clash(in_empty_folder: Path) -> None:
    files = {**UNITS["of an Application"], "apps/shop/web.yaml": service("web").replace("30080", "30081")}
    assert [one for one in Tree(files, in_empty_folder).findings() if one[0] == RULE] == []
