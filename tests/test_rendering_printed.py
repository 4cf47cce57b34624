"""What charts deploy that are themselves deployed: an app of apps is followed, round by round, with the values that it gives."""

import subprocess
from pathlib import Path

import pytest

from tests.whole_trees import Tree

CHART = "apiVersion: v2\nname: {name}\nversion: 1.0.0\n"
SHOP = """\
{{- if .Values.open }}
apiVersion: v1
kind: Service
metadata: {name: "{{ .Release.Name }}"}
spec: {type: NodePort, selector: {app: shop}, ports: [{port: 80}]}
{{- end }}
"""
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {name}, namespace: argocd}}
spec:
  destination: {{server: "https://kubernetes.default.svc", namespace: {namespace}}}
  source:
    repoURL: https://git.example.com/platform
    path: {path}
    helm: {{valuesObject: {values}}}
---
"""
EACH = (
    "{{- range .Values.apps }}\n"
    + APPLICATION.format(name="{{ .name }}", namespace="{{ .name }}", path="{{ .path }}", values="{{ .values | toJson }}")
    + "{{- end }}\n"
)


def apps(folder: str, values: str = "apps: []\n", **more: str) -> dict[str, str]:
    """Return a chart that prints an Application for each entry of `apps`."""
    return {f"{folder}/Chart.yaml": CHART.format(name="apps"), f"{folder}/templates/a.yaml": EACH, f"{folder}/values.yaml": values, **more}


SHOP_CHART = {
    "charts/shop/Chart.yaml": CHART.format(name="shop"),
    "charts/shop/templates/s.yaml": SHOP,
    "charts/shop/values.yaml": "open: false\n",
}
ONE = "apps: [{name: eu, path: charts/shop, values: {open: true}}]\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def units(tree: Tree) -> dict[str, int]:
    return {one["unit"]: one["documents"] for one in tree.report()["completeness"]["units"]}


def test_a_chart_is_rendered_with_the_values_of_the_application_that_another_prints(tmp_path: Path) -> None:
    tree = Tree({**apps("root", ONE), **SHOP_CHART}, tmp_path)
    assert units(tree) == {"charts/shop/Chart.yaml [argocd/eu]": 1, "root/Chart.yaml": 1}
    (found,) = (one for one in tree.report()["findings"] if one["rule"] == "node-port-in-production")
    assert found["resource"]["namespace"] == "eu"
    assert tree.report()["completeness"]["not_rendered"] == []


def test_the_set_of_values_that_prints_an_application_tells_the_environment(tmp_path: Path) -> None:
    root = apps("root", **{"root/values-production.yaml": ONE, "root/values-dev.yaml": ONE.replace("eu", "lab")})
    report = Tree({**root, **SHOP_CHART}, tmp_path).report("--min-confidence", "low")
    found = {one["resource"]["name"]: one["severity"] for one in report["findings"] if one["rule"] == "node-port-in-production"}
    assert found == {"eu": "error"}


def test_an_application_of_an_application_of_an_application_is_followed(tmp_path: Path) -> None:
    inner = "apps: [{name: inner, path: inner, values: {apps: [{name: eu, path: charts/shop, values: {open: true}}]}}]\n"
    tree = Tree({**apps("outer", inner), **apps("inner", "apps: [{name: x, path: charts/shop, values: {}}]\n"), **SHOP_CHART}, tmp_path)
    assert units(tree) == {"outer/Chart.yaml": 1, "inner/Chart.yaml [argocd/inner]": 1, "charts/shop/Chart.yaml [argocd/eu]": 1}


def test_what_a_chart_prints_with_its_defaults_is_nothing_once_it_is_deployed_with_values(tmp_path: Path) -> None:
    written = APPLICATION.format(name="root", namespace="argocd", path="root", values="{apps: []}")
    tree = Tree({**apps("root", ONE), **SHOP_CHART, "argo/root.yaml": written}, tmp_path)
    assert units(tree) == {"argo/root.yaml [argocd/root]": 0, "charts/shop/Chart.yaml": 0}


def test_a_chart_that_deploys_itself_is_followed_once(tmp_path: Path) -> None:
    own = "apps: [{name: root, path: root, values: {}}, {name: eu, path: charts/shop, values: {open: true}}]\n"
    assert units(Tree({**apps("root", own), **SHOP_CHART}, tmp_path)) == {
        "charts/shop/Chart.yaml [argocd/eu]": 1,
        "root/Chart.yaml": 2,
    }


OWN = APPLICATION.format(name="root", namespace="argocd", path="root", values="{region: eu}").removesuffix("---\n")
NEEDY = EACH.replace(".Values.apps", "list .Values.region").replace("{{ .name }}", "{{ . }}").replace("{{ .path }}", "charts/shop")
NEEDY = NEEDY.replace("{{ .values | toJson }}", "{open: {{ eq . `eu` }}}")


def test_a_chart_that_says_with_which_values_it_is_deployed_is_rendered_with_them(tmp_path: Path) -> None:
    root = apps("root", "", **{"root/templates/a.yaml": NEEDY, "root/templates/root.yaml": OWN})
    tree = Tree({**root, **SHOP_CHART}, tmp_path)
    assert units(tree) == {"charts/shop/Chart.yaml [argocd/eu]": 1, "root/templates/root.yaml [argocd/root]": 2}
    (found,) = (one for one in tree.report()["findings"] if one["rule"] == "node-port-in-production")
    assert found["resource"]["namespace"] == "eu"


@pytest.mark.parametrize(
    "others",
    [
        {"root/templates/root.yaml": OWN.replace("name: root", "name: '{{ .Release.Name }}'")},
        {"root/templates/root.yaml": OWN.replace("path: root", "path: charts/shop")},
        {"argo/root.yaml": OWN.replace("region: eu", "region: us"), "root/templates/root.yaml": OWN},
    ],
)
def test_what_others_say_of_the_values_of_a_chart_counts(tmp_path: Path, others: dict[str, str]) -> None:
    root = apps("root", "", **{"root/templates/a.yaml": NEEDY})
    tree = Tree({**root, **SHOP_CHART, **others}, tmp_path)
    assert "root/templates/root.yaml [argocd/root]" not in units(tree)


def test_charts_of_which_each_deploys_the_other_are_followed(tmp_path: Path) -> None:
    inner = "{name: root, path: root, values: {x: 1}}, {name: eu, path: charts/shop, values: {open: true}}"
    values = f"apps: [{{name: apps, path: apps, values: {{apps: [{inner}]}}}}]\n"
    assert units(Tree({**apps("root", values), **apps("apps", ""), **SHOP_CHART}, tmp_path)) == {
        "apps/Chart.yaml [argocd/apps]": 2,
        "charts/shop/Chart.yaml [argocd/eu]": 1,
        "root/Chart.yaml": 1,
    }


def test_sets_of_values_stay_where_one_of_them_deploys_its_chart(tmp_path: Path) -> None:
    own = "apps: [{name: root, path: root, values: {}}, {name: NAME, path: charts/shop, values: {open: true}}]\n"
    sets = {f"root/values-{name}.yaml": own.replace("NAME", name) for name in ("dev", "prod")}
    assert units(Tree({**apps("root", **sets), **SHOP_CHART}, tmp_path)) == {
        "charts/shop/Chart.yaml [argocd/dev]": 1,
        "charts/shop/Chart.yaml [argocd/prod]": 1,
        "root/values-dev.yaml": 2,
        "root/values-prod.yaml": 2,
    }


def test_charts_that_deploy_each_other_with_ever_new_values_come_to_an_end(tmp_path: Path) -> None:
    def endless(other: str) -> str:
        more = EACH.replace(".Values.apps", "list .Values.count").replace("{{ .name }}", "n{{ . }}").replace("{{ .path }}", other)
        return more.replace("{{ .values | toJson }}", "{count: {{ add1 . }}}")

    files = {f"{name}/Chart.yaml": CHART.format(name=name) for name in ("one", "two")}
    files |= {"one/templates/a.yaml": endless("two"), "two/templates/a.yaml": endless("one"), "one/values.yaml": "count: 0\n"}
    start = APPLICATION.format(name="start", namespace="argocd", path="one", values="{count: 0}")
    report = Tree({**files, "argo/start.yaml": start}, tmp_path).report()
    assert len(report["completeness"]["units"]) < 10
    assert any("itself rendered" in one["reason"] for one in report["completeness"]["not_rendered"])


def test_what_names_a_file_that_only_other_values_name_right_is_not_followed(tmp_path: Path) -> None:
    values = EACH.replace("valuesObject: {{ .values | toJson }}", 'valueFiles: ["values-{{ $.Values.env }}.yaml"]')
    shop = {**SHOP_CHART, "charts/shop/values-prod.yaml": "open: true\n"}
    tree = Tree({**apps("root", ONE), "root/templates/a.yaml": values, **shop}, tmp_path)
    assert units(tree) == {"charts/shop/values-prod.yaml": 1, "root/Chart.yaml": 1}


def test_a_service_that_goes_with_a_value_of_the_inner_chart_is_missed(tmp_path: Path) -> None:
    """The chart that prints the Application is the same in both revisions."""
    values = EACH.replace("valuesObject: {{ .values | toJson }}", 'valueFiles: ["/sites/{{ .name }}.yaml"]')
    shop = {**SHOP_CHART, "charts/shop/templates/s.yaml": SHOP.replace("NodePort", "LoadBalancer")}
    tree = {**apps("root", ONE), "root/templates/a.yaml": values, **shop, "sites/eu.yaml": "open: true\n"}
    Tree(tree, tmp_path)
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "a"]):
        subprocess.run(["git", *command], check=True, cwd=tmp_path)
    found = Tree({"sites/eu.yaml": "open: false\n"}, tmp_path).report("--against", "HEAD")["findings"]
    assert [(one["rule"], one["resource"]["namespace"]) for one in found] == [("load-balancer-released", "eu")]
