"""The map of scopes: what it shows, how it is drawn, and that its JSON holds all of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from k8slblint.model.location import Path as Path_
from k8slblint.model.resource import Place, Resource
from k8slblint.model.scope import ClusterSettings, ScopeSettings
from k8slblint.views.scope import ASCII, MOST_FOLDERS, ScopeMap, as_json, as_text, scope_map
from tests.builders import graph_of, resource
from tests.linting import run, scoped
from tests.test_cli import call
from tests.test_live_dumps import REPLICA_SET, dump, live_service, workload

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: %s, ports: [{port: 80}]}\n"
CLUSTER_IP = SERVICE % "ClusterIP"
INGRESS = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec: {}\n"
POOL = "apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: p}\nspec: {addresses: [10.0.0.0/24]}\n"
DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {}\n"
TEMPLATE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Values.name }}\n{{- if .Values.x }}\nspec: {}\n{{- end }}\n"


def mapped(files: dict[str, str], **settings: Any) -> ScopeMap:
    return scope_map(run(files, config=scoped(**settings) if settings else None)[1])


def test_the_map_is_a_tree_of_clusters_scopes_and_folders() -> None:
    files = {
        "clusters/prod/web/app.yaml": "---\n".join(
            [SERVICE % "LoadBalancer", (SERVICE % "NodePort").replace("web", "api"), INGRESS, DEPLOYMENT]
        ),
        "clusters/prod/net/pool.yaml": POOL,
        "clusters/prod/team/dev.yaml": CLUSTER_IP.replace("{name: web}", "{name: web, namespace: team-staging}"),
        "overlays/dev/a.yaml": CLUSTER_IP,
        "a.yaml": CLUSTER_IP,
    }
    assert as_text(mapped(files)).splitlines() == [
        "cluster 'default' (nothing divides the scanned tree into clusters)",
        "└─ environment unknown, platform bare-metal",
        "   └─ .: 1 ClusterIP Service",
        "cluster 'prod' (folder 'clusters/prod')",
        "├─ environment production, platform bare-metal",
        "│  ├─ clusters/prod/net: 1 address pool",
        "│  └─ clusters/prod/web: 2 Services (1 LoadBalancer, 1 NodePort), 1 Ingress, 1 workload",
        "└─ environment unknown, platform bare-metal",
        "   └─ clusters/prod/team: 1 ClusterIP Service",
        "cluster 'overlays/dev'",
        "└─ environment development, platform bare-metal: 1 ClusterIP Service",
    ]
    assert (
        as_text(mapped({"clusters/prod/a/b.yaml": CLUSTER_IP}), glyphs=ASCII).splitlines()[2]
        == "   `- clusters/prod/a: 1 ClusterIP Service"
    )


def test_reasons_are_told_on_request_and_once_each() -> None:
    files = {"clusters/prod/a.yaml": CLUSTER_IP, "clusters/prod/b.yaml": CLUSTER_IP.replace("web", "b")}
    assert "because" not in as_text(mapped(files))
    told = as_text(mapped(files, kubernetes_version="1.34"), reasons=True)
    assert [line.strip(" ├└─│") for line in told.splitlines() if "because" in line] == [
        "because: environment 'production': folder 'prod'",
        "because: platform unknown: the manifests do not show it",
        "because: option: kubernetes version '1.34'",
    ]
    assert "platform unknown, Kubernetes 1.34" in told


def test_many_folders_are_put_together_by_the_folders_above_them() -> None:
    files = {f"apps/{team}/{index}/a.yaml": CLUSTER_IP.replace("web", f"s{index}") for team in ("red", "blue") for index in range(20)}
    shown = as_text(mapped(files))
    assert "├─ apps/blue/: 20 ClusterIP Services\n   └─ apps/red/: 20 ClusterIP Services" in shown
    assert "apps/red/7: 1 ClusterIP Service" in as_text(mapped(files), everything=True)
    flat = as_text(mapped({f"app{index}/a.yaml": CLUSTER_IP for index in range(30)}))
    assert f"└─ {30 - MOST_FOLDERS} more folders: {30 - MOST_FOLDERS} ClusterIP Services" in flat


def test_folders_of_examples_are_one_line_each_in_one_tree() -> None:
    files = {"examples/one/a.yaml": CLUSTER_IP, "examples/two/a.yaml": CLUSTER_IP}
    assert as_text(mapped(files)).splitlines() == [
        "2 examples, tests and the like, each a separate cluster (--all shows them)",
        "├─ examples/one: 1 ClusterIP Service",
        "└─ examples/two: 1 ClusterIP Service",
    ]
    assert as_text(mapped(files), everything=True).count("cluster 'examples/") == 2


def test_gaps_stand_with_the_cluster_that_they_make_incomplete() -> None:
    broken = "apiVersion: v1\nkind: Service\nmetadata: [\n"
    files = {
        "clusters/prod/a.yaml": CLUSTER_IP,
        "clusters/prod/b.yaml": broken,
        "clusters/empty/c.yaml": TEMPLATE,
        "charts/d.yaml": TEMPLATE,
    }
    found = mapped(files)
    assert {cluster.name: [gap.path for gap in cluster.gaps] for cluster in found.clusters} == {
        "prod": ["clusters/prod/b.yaml"],
        "empty": ["clusters/empty/c.yaml"],
    }
    assert [gap.path for gap in found.gaps] == ["charts/d.yaml"]
    text = as_text(found)
    assert "not read: 1, so no rule reports anything as missing here\n   └─ clusters/empty/c.yaml: unrendered template" in text
    many = as_text(mapped({f"t{index}.yaml": TEMPLATE for index in range(9)}))
    assert "not read: 9" in many
    assert "└─ 4 more" in many


def test_the_only_cluster_has_the_gaps_outside_of_any() -> None:
    (cluster,) = mapped({"a.yaml": CLUSTER_IP, "t.yaml": TEMPLATE}).clusters
    assert [gap.path for gap in cluster.gaps] == ["t.yaml"]


@pytest.mark.parametrize("service_type", ["[1]", "{a: b}", "7", "'${TYPE}'"])
def test_a_type_that_is_none_is_counted_as_unknown(service_type: str) -> None:
    assert "1 Service of unknown type" in as_text(mapped({"a.yaml": SERVICE % service_type}))


def test_what_a_controller_made_is_not_counted_beside_it() -> None:
    pod = workload("Pod", "web-6d4b-x7", REPLICA_SET, **{"pod-template-hash": "6d4b"})
    orphan = workload("Pod", "alone")
    replica_set = workload("ReplicaSet", "web-6d4b", {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "controller": True})
    shown = as_text(mapped({"live/all.yaml": dump(pod, replica_set, workload("Deployment", "web"), orphan, live_service())}))
    assert "1 LoadBalancer Service, 2 workloads" in shown
    assert "cluster 'live'\n" in shown


def test_the_json_holds_every_folder_reason_and_gap() -> None:
    files = {f"clusters/prod/f{index:02}/a.yaml": CLUSTER_IP.replace("web", f"s{index}") for index in range(30)}
    value = json.loads(as_json(mapped({**files, "clusters/prod/t.yaml": TEMPLATE})))
    assert (value["version"], value["gaps"]) == (1, [])
    (cluster,) = value["clusters"]
    assert {key: cluster[key] for key in ("name", "division", "folder", "reason", "gaps")} == {
        "name": "prod",
        "division": "named",
        "folder": "clusters/prod",
        "reason": "cluster 'prod': folder 'clusters/prod'",
        "gaps": [{"path": "clusters/prod/t.yaml", "reason": "unrendered template"}],
    }
    (scope,) = cluster["scopes"]
    assert (scope["environment"], scope["platform"], scope["kubernetes_version"]) == ("production", "unknown", None)
    assert len(scope["reasons"]) == 2
    assert len(scope["folders"]) == 30
    assert scope["folders"][0]["path"] == "clusters/prod/f00"
    assert scope["folders"][0]["service_types"] == {"ClusterIP": 1}
    assert scope["folders"][0]["counts"]["services"] == 1


def test_stated_clusters_are_shown_as_stated() -> None:
    settings = ScopeSettings(clusters=(ClusterSettings("east", ("apps",), environment="staging", platform="gke"),))
    _, graph = run({"apps/a.yaml": CLUSTER_IP}, config=scoped()._replace(scopes=settings))
    assert as_text(scope_map(graph)).splitlines()[:2] == ["cluster 'east' (configuration)", "└─ environment staging, platform gke"]


class Rendered:
    """Stands for the provenance of a rendered object, which the map asks for nothing but the file."""

    written_in = ""

    def place(self, resource: Resource, path: Path_, at: str) -> Place:
        raise NotImplementedError


def test_what_was_rendered_stands_under_the_name_of_its_unit() -> None:
    units = ("charts/web/Chart.yaml [values/one.yaml]", "charts/web/Chart.yaml [values/two.yaml]")
    found = [resource(CLUSTER_IP, unit) for unit in units]
    for one in found:
        one.provenance = Rendered()
    assert [line.strip(" ├└─") for line in as_text(scope_map(graph_of(found))).splitlines()[-2:]] == [
        "charts/web/Chart.yaml [values/one.yaml]: 1 ClusterIP Service",
        "charts/web/Chart.yaml [values/two.yaml]: 1 ClusterIP Service",
    ]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "clusters" / "prod").mkdir(parents=True)
    (tmp_path / "clusters" / "prod" / "a.yaml").write_text(SERVICE % "NodePort")
    return tmp_path


def test_the_command_prints_the_map_and_exits_with_0_whatever_is_found(folder: Path) -> None:
    result = call("scope")
    assert (result.exit_code, result.stderr) == (0, "")
    head, scope = result.stdout.splitlines()
    assert (head, scope) == ("cluster 'prod' (folder 'clusters/prod')", "└─ environment production, platform unknown: 1 NodePort Service")
    (folder / "clusters" / "prod" / "b.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata: [\n")
    assert call("scope").exit_code == 0
    assert json.loads(call("scope", ".", "--format", "json").stdout)["clusters"][0]["name"] == "prod"
    assert "because" in call("scope", "clusters", "--reasons").stdout


def test_options_and_configuration_count_as_in_a_scan(folder: Path) -> None:
    (folder / ".k8slblint.yaml").write_text("clusters: [{name: main, paths: [clusters], environment: staging}]\n")
    assert "environment staging" in call("scope").stdout
    assert "environment production" in call("scope", "--no-config").stdout
    stated = call("scope", "--environment", "ci", "--platform", "gke", "--kubernetes-version", "v1.33").stdout
    assert "environment ci, platform gke, Kubernetes 1.33" in stated


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere",), "'nowhere' does not exist"),
        (("--config", "none.yaml"), "configuration 'none.yaml' does not exist"),
        (("--platform", "gek"), "did you mean 'gke'?"),
        (("--kubernetes-version", "latest"), "not a Kubernetes version"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_wrong_call_is_one_sentence(arguments: tuple[str, ...], words: str) -> None:
    result = call("scope", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr


@pytest.mark.usefixtures("folder")
def test_standard_input_is_a_place_of_its_own() -> None:
    assert "cluster 'default'" in call("scope", "-", stdin=CLUSTER_IP).stdout
    assert "a dump of live objects in the scanned tree" in call("scope", "-", stdin=dump(live_service())).stdout


@pytest.mark.usefixtures("folder")
def test_nothing_to_show_is_said() -> None:
    assert call("scope", "-", stdin="a: 1\n").stdout == "No objects that k8slblint reads were found.\n"


def test_names_can_neither_move_the_cursor_nor_speak_to_a_runner(folder: Path) -> None:
    (folder / "clusters" / "\x1b[2Jx").mkdir()
    (folder / "clusters" / "\x1b[2Jx" / "##[error]x.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata: [\n")
    (folder / "clusters" / "\x1b[2Jx" / "a.yaml").write_text(
        CLUSTER_IP.replace("{name: web}", '{name: web, labels: {env: "prod\\n::error::x"}}')
    )
    shown = call("scope", "--reasons").stdout
    assert "\x1b" not in shown
    assert "##[" not in shown
    assert not [line for line in shown.splitlines() if line.startswith("::")]


def test_an_encoding_without_boxes_gets_a_tree_of_plain_characters(folder: Path) -> None:
    import os
    import subprocess
    import sys

    (folder / "clusters" / "prod" / "ü").mkdir()
    (folder / "clusters" / "prod" / "ü" / "b.yaml").write_text(CLUSTER_IP.replace("web", "b"))
    command = [sys.executable, "-m", "k8slblint", "scope"]
    root = str(Path(__file__).parent.parent)
    plain = subprocess.run(command, env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": root}, capture_output=True, check=True)
    assert plain.stdout.decode("ascii").splitlines()[1:] == [
        "`- environment production, platform unknown",
        "   |- clusters/prod: 1 NodePort Service",
        "   `- clusters/prod/\\xfc: 1 ClusterIP Service",
    ]


def test_overlays_are_rendered_as_in_a_scan_unless_told_otherwise(folder: Path) -> None:
    (folder / "base").mkdir()
    (folder / "base" / "svc.yaml").write_text(CLUSTER_IP)
    (folder / "base" / "kustomization.yaml").write_text("resources: [svc.yaml]\n")
    (folder / "overlays" / "dev").mkdir(parents=True)
    (folder / "overlays" / "dev" / "kustomization.yaml").write_text("resources: [../../base]\n")
    plain = call("scope", "--no-render").stdout
    assert "overlays/dev" not in plain
    assert "base: 1 ClusterIP Service" in plain
    rendered = call("scope").stdout
    assert "overlays/dev/kustomization.yaml" in rendered, "rendered, or named as what could not be"
