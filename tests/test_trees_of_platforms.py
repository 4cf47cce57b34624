"""Trees of platforms and of organisations that deploy by GitOps, read as strangers' trees: what was wrong there, in our own words."""

from pathlib import Path

import pytest

from tests.whole_trees import Tree, service, workload


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(files: dict[str, str], folder: Path, rule: str) -> list[dict[str, object]]:
    return [one for one in Tree(files, folder).report()["findings"] if one["rule"] == rule]


CHART = "apiVersion: v2\nname: stack\nversion: 1.0.0\n"
SCHEMA = '{"type": "object", "required": ["region"], "properties": {"region": {"type": "string"}}}'
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: stack, namespace: argocd}
spec:
  source: {repoURL: 'https://git.example.com/platform', path: charts/stack, helm: {valuesObject: {other: 1}}}
  destination: {server: https://kubernetes.default.svc, namespace: stack}
"""
READS = "{{ if .Values.clusterGroup.parts }}\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: parts}\n{{ end }}\n" + service(
    "web", "ports: [{port: 80}]"
)


@pytest.mark.parametrize(
    ("files", "is_told"),
    [
        ({"templates/set.yaml": READS}, False),
        ({"templates/set.yaml": '{{ required "name a region" .Values.region }}\n'}, False),
        ({"templates/set.yaml": service("web", "ports: [{port: 80}]"), "values.schema.json": SCHEMA}, False),
        ({"templates/set.yaml": READS, "values-prod.yaml": "other: 1\n"}, True),
        ({"templates/set.yaml": '{{ include "lost" . }}\n' + service("web", "ports: [{port: 80}]")}, True),
        ({"templates/set.yaml": READS, "../../apps/stack.yaml": APPLICATION}, True),
    ],
)
def test_values_that_a_chart_asks_for_are_up_to_who_installs_it(folder: Path, files: dict[str, str], is_told: bool) -> None:
    tree = {str(Path("charts/stack", name)).replace("charts/stack/../../", ""): text for name, text in files.items()}
    assert bool(told({"charts/stack/Chart.yaml": CHART, **tree}, folder, "render-failed")) is is_told


def test_a_failure_says_which_base_is_empty_and_speaks_of_no_chart(folder: Path) -> None:
    files = {
        "envs/kustomization.yaml": "resources: [thoth, web.yaml]\n",
        "envs/thoth/kustomization.yaml": "kind: Kustomization\n",
        "envs/web.yaml": service("web", "ports: [{port: 80}]"),
        "other/kustomization.yaml": "resources: [web.yaml]\nvars: [{name: A, objref: {kind: ConfigMap, name: lost, apiVersion: v1}}]\n",
        "other/web.yaml": service("web", "ports: [{port: 80}]"),
    }
    found = {str(one["headline"]): str(one["help"]) for one in told(files, folder, "render-failed")}
    assert "Kustomization envs cannot be rendered: a base is empty" in found
    assert not any("chart" in text for text in found.values())


@pytest.mark.parametrize(("label", "is_told"), [("type: flink-native-kubernetes", False), ("type: flink", True)])
def test_pods_that_flink_makes_by_itself_are_not_missing(folder: Path, label: str, is_told: bool) -> None:
    pods = service("pods", "ports: [{port: 9249}]").replace("app: pods", label)
    assert bool(told({"web.yaml": pods + workload("producer")}, folder, "service-selects-no-pods")) is is_told


def test_a_kind_of_confluent_may_make_pods(folder: Path) -> None:
    made = "---\napiVersion: platform.confluent.io/v1beta1\nkind: FlinkApplication\nmetadata: {name: colors, namespace: shop}\n"
    assert not told({"web.yaml": service("pods", "ports: [{port: 9249}]") + workload("producer") + made}, folder, "service-selects-no-pods")
