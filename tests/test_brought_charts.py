"""Charts that are deployed and not in the tree: what their values say of controllers, whoever deploys them, in whatever layers."""

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from k8slblint.commands.cli import cli
from tests.whole_trees import Tree, service

LBC = "aws-load-balancer-controller"
SCHEME = "defaultLoadBalancerScheme"

APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {name}, namespace: argocd}}
spec:
  destination: {{server: "https://kubernetes.default.svc", namespace: {name}}}
  source: {{repoURL: "https://git.example.com/team/apps.git", path: {path}}}
"""

SHOP = {
    "shop/web.yaml": service("web", "type: LoadBalancer, loadBalancerClass: service.k8s.aws/nlb, ports: [{port: 80}]"),
    "deploy/shop.yaml": APPLICATION.format(name="shop", path="shop"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def reached(files: dict[str, str], folder: Path) -> str:
    """Return from where the Service of the shop is reached."""
    return Tree(SHOP | files, folder).exposure()["Service shop/web"][0]


def wrapper(values: str, more: str = "", name: str = LBC) -> dict[str, str]:
    """Return a chart that has the controller as its only part, and what deploys it."""
    return {
        "alb/Chart.yaml": f"apiVersion: v2\nname: alb\nversion: 1.0.0\ndependencies:\n- name: {name}\n  version: 1.13.0\n"
        f"  repository: https://aws.github.io/eks-charts\n{more}",
        "alb/values.yaml": values,
        "deploy/alb.yaml": APPLICATION.format(name="alb", path="alb"),
    }


def test_nothing_tells_the_scheme_without_the_chart(folder: Path) -> None:
    assert reached({}, folder) == "internal"


@pytest.mark.parametrize(
    ("values", "more", "expected"),
    [
        (f"{LBC}: {{{SCHEME}: internet-facing}}\n", "", "internet"),
        (f"{LBC}: {{{SCHEME}: internal}}\n", "", "internal"),
        (f"lbc: {{{SCHEME}: internet-facing}}\n", "  alias: lbc\n", "internet"),
        (f"{LBC}: {{{SCHEME}: internet-facing}}\n", "  alias: lbc\n", "internal"),
        (f"{LBC}: {{{SCHEME}: internet-facing, enabled: false}}\n", f"  condition: {LBC}.enabled\n", "internal"),
        (f"{LBC}: {{{SCHEME}: internet-facing, enabled: true}}\n", f"  condition: {LBC}.enabled\n", "internet"),
        (f"tags: {{edge: false}}\n{LBC}: {{{SCHEME}: internet-facing}}\n", "  tags: [edge]\n", "internal"),
        (f"{LBC}: {{{SCHEME}: [internet-facing]}}\n", "", "unknown"),
        (f"{LBC}: [{SCHEME}]\n", "", "internal"),
        (f"{LBC}:\n", "", "internal"),
        ("- a list\n", "", "internal"),
        ("a: &a [*a]\n", "", "internal"),
    ],
)
def test_a_chart_of_one_part_gives_its_values_to_it(folder: Path, values: str, more: str, expected: str) -> None:
    assert reached(wrapper(values, more), folder) == expected


@pytest.mark.parametrize(("scheme", "expected"), [("internet-facing", "internet"), ("internal", "internal")])
def test_the_values_of_who_deploys_the_chart_win(folder: Path, scheme: str, expected: str) -> None:
    values = f"  source:\n    helm:\n      values: |\n        {LBC}:\n          {SCHEME}: {scheme}\n"
    deployed = APPLICATION.format(name="alb", path="alb").replace("  source: {", values + "    ").replace('git", path', 'git"\n    path')
    files = wrapper(f"{LBC}: {{{SCHEME}: internal}}\n")
    assert reached(files | {"deploy/alb.yaml": deployed.replace("path: alb}", "path: alb")}, folder) == expected


def test_a_part_of_a_part_is_found(folder: Path) -> None:
    files = wrapper(f"inner: {{{LBC}: {{{SCHEME}: internet-facing}}}}\n")
    outer = "apiVersion: v2\nname: outer\nversion: 1.0.0\ndependencies: [{name: inner, version: 1.0.0, repository: 'file://../inner'}]\n"
    inner = {"inner/Chart.yaml": files["alb/Chart.yaml"].replace("name: alb", "name: inner"), "inner/values.yaml": "{}\n"}
    assert reached(files | inner | {"alb/Chart.yaml": outer}, folder) == "internet"


KUSTOMIZATION = """\
helmCharts:
- name: aws-load-balancer-controller
  repo: https://aws.github.io/eks-charts
  version: 1.13.0
"""


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (f"  valuesInline: {{{SCHEME}: internet-facing}}\n", "internet"),
        (f"  valuesInline: {{{SCHEME}: internal}}\n", "internal"),
        ("  valuesFile: alb.yaml\n", "internet"),
        (f"  valuesFile: alb.yaml\n  valuesInline: {{{SCHEME}: internal}}\n", "internal"),
        (f"  valuesFile: alb.yaml\n  valuesInline: {{{SCHEME}: internal}}\n  valuesMerge: merge\n", "internet"),
        ("  valuesFile: alb.yaml\n  valuesInline: {replicas: 2}\n  valuesMerge: replace\n", "internal"),
        (f"  valuesInline: {{{SCHEME}: internal}}\n  additionalValuesFiles: [alb.yaml]\n", "internet"),
        ("  valuesFile: ../../../outside.yaml\n", "internal"),
        ("  valuesFile: [alb.yaml]\n", "internal"),
        ("  valuesFile: missing.yaml\n", "internal"),
        ("", "internal"),
    ],
)
def test_charts_of_kustomizations_have_the_values_of_their_entry_and_of_files(folder: Path, more: str, expected: str) -> None:
    files = {
        "alb/kustomization.yaml": KUSTOMIZATION + more,
        "alb/alb.yaml": f"{SCHEME}: internet-facing\n",
        "deploy/alb.yaml": APPLICATION.format(name="alb", path="alb"),
    }
    assert reached(files, folder) == expected


def test_annotations_of_charts_that_kustomize_inflates_are_texts(folder: Path) -> None:
    chart = "- {name: till, repo: 'https://charts.example.com', version: 1.0.0, valuesFile: till.yaml}\n"
    values = "service: {type: LoadBalancer, annotations: {prometheus.io/port: 9000}}\n"
    inflated = {"till/kustomization.yaml": f"helmCharts:\n{chart}", "till/till.yaml": values}
    steps = [inflated, {"deploy/till.yaml": APPLICATION.format(name="till", path="till")}, {"values/other.yaml": values}]
    told = [[rule for rule, *_ in Tree(added, folder).findings()] for added in steps]
    assert ["invalid-resource" in rules for rules in told] == [False, False, True], told


SEVERAL_SOURCES = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: alb, namespace: argocd}
spec:
  destination: {server: "https://kubernetes.default.svc", namespace: alb}
  sources:
  - repoURL: https://aws.github.io/eks-charts
    chart: aws-load-balancer-controller
    targetRevision: 1.13.0
    helm: {valueFiles: [FILES]}
  - {repoURL: "https://git.example.com/team/apps.git", targetRevision: main, ref: values}
"""


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("$values/alb/alb.yaml", "internet"),
        ("$values/alb/alb.yaml, $values/alb/late.yaml", "internal"),
        ("$values/alb/late.yaml, $values/alb/alb.yaml", "internet"),
        ("alb/alb.yaml", "internal"),
        ("$other/alb/alb.yaml", "internal"),
        ("$values/../../etc/alb.yaml", "internal"),
        ("$values/alb/missing.yaml", "internal"),
    ],
)
def test_files_of_another_source_are_values_of_the_chart(folder: Path, entry: str, expected: str) -> None:
    files = {
        "deploy/alb.yaml": SEVERAL_SOURCES.replace("FILES", entry),
        "alb/alb.yaml": f"{SCHEME}: internet-facing\n",
        "alb/late.yaml": f"{SCHEME}: internal\n",
    }
    assert reached(files, folder) == expected


RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: alb, namespace: shop}
spec:
  chart: {spec: {chart: aws-load-balancer-controller, version: 1.13.0, sourceRef: {kind: HelmRepository, name: eks}}}
  valuesFrom: [{kind: ConfigMap, name: alb, valuesKey: values.yaml}]
  values: VALUES
"""


@pytest.mark.parametrize(
    ("values", "expected"), [("{replicaCount: 2}", "internet"), (f"{{{SCHEME}: internal}}", "internal"), ("[a]", "internet")]
)
def test_values_of_a_config_map_are_below_those_of_the_release(folder: Path, values: str, expected: str) -> None:
    named = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: alb, namespace: shop}\n"
    config_map = f"{named}data:\n  values.yaml: |\n    {SCHEME}: internet-facing\n"
    assert reached({"shop/alb.yaml": RELEASE.replace("VALUES", values), "shop/map.yaml": config_map}, folder) == expected


HELMFILE = """\
repositories: [{{name: eks, url: "https://aws.github.io/eks-charts"}}]
releases:
- name: alb
  namespace: kube-system
  chart: eks/aws-load-balancer-controller
  values: [{values}]
"""


@pytest.mark.parametrize("name", ["helmfile.yaml", "helmfile.yaml.gotmpl"])
@pytest.mark.parametrize(("values", "expected"), [(f"{{{SCHEME}: internet-facing}}", "internet"), ("late.yaml", "internal")])
def test_releases_of_a_helmfile_are_known_without_an_object(folder: Path, values: str, expected: str, name: str) -> None:
    beside = {"web.yaml": SHOP["shop/web.yaml"], "kustomization.yaml": "resources: [web.yaml]\n"}
    web = {**beside, "late.yaml": f"{SCHEME}: internal\n", name: HELMFILE.format(values=values)}
    assert Tree(web, folder).exposure()["Service shop/web"][0] == expected


def shown(files: dict[str, str], folder: Path) -> str:
    """Return what `exposure` says of the values of charts that are not there."""
    Tree(files, folder)
    result = CliRunner().invoke(cli, ["exposure", ".", "--all", "--no-config"])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


EDGE = "edge:\n  controller:\n    service:\n      externalTrafficPolicy: Local\n"


@pytest.mark.parametrize(("alias", "is_known"), [("edge", True), ("other", False)])
def test_the_chart_of_values_below_an_alias_is_known(folder: Path, alias: str, *, is_known: bool) -> None:
    files = wrapper(EDGE, f"  alias: {alias}\n", name="ingress-nginx")
    of_nginx = files["alb/Chart.yaml"].replace("aws.github.io/eks-charts", "kubernetes.github.io/ingress-nginx").replace("1.13.0", "4.13.0")
    files["alb/Chart.yaml"] = of_nginx
    assert ("alb/values.yaml:edge.controller.service" in shown(files, folder)) is is_known


def test_values_that_several_charts_get_are_for_none(folder: Path) -> None:
    of_nginx = HELMFILE.replace("aws.github.io/eks-charts", "kubernetes.github.io/ingress-nginx").replace(LBC, "ingress-nginx")
    alone = of_nginx.format(values="late.yaml")
    other = alone.partition("releases:\n")[2].replace("name: alb", "name: web").replace("eks/ingress-nginx", "eks/web")
    values = "controller:\n  service:\n    externalTrafficPolicy: Local\n"
    assert "late.yaml:controller.service" in shown({"helmfile.yaml": alone, "late.yaml": values}, folder)
    assert "late.yaml:controller.service" not in shown({"helmfile.yaml": alone + other, "late.yaml": values}, folder)


def test_charts_that_are_brought_along_count_nowhere(folder: Path) -> None:
    Tree(SHOP | wrapper(f"{LBC}: {{{SCHEME}: internet-facing}}\n"), folder)
    result = CliRunner().invoke(cli, ["scope", ".", "--no-config"])
    assert "2 others" in result.output
    assert "1 other\n" not in result.output


REFUSED = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: {{ .Values.service.type }}
  loadBalancerIP: {{ .Values.service.loadBalancerIP }}
  ports: [{port: {{ required "say a port" .Values.port }}}]
"""
MORE = """\
apiVersion: v1
kind: Service
metadata: {name: more}
spec: {type: {{ .Values.KEY.type }}, selector: {app: web}, ports: [{port: 80}]}
"""


@pytest.mark.parametrize(("key", "is_read"), [("more", True), ("service", False)])
def test_values_of_a_refused_template_are_read_as_values(folder: Path, key: str, *, is_read: bool) -> None:
    values = "service:\n  type: LoadBalancer\n  loadBalancerIP: 10.1.1.1\nmore:\n  type: ClusterIP\n"
    files = {
        "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "web/values.yaml": values,
        "web/templates/web.yaml": REFUSED,
        "web/templates/more.yaml": MORE.replace("KEY", key),
        "deploy/web.yaml": APPLICATION.format(name="web", path="web"),
    }
    found = [(path, line) for rule, path, line in Tree(files, folder).findings() if rule == "load-balancer-ip-deprecated"]
    assert found == ([("web/values.yaml", 3)] if is_read else [])


HELM_CHART = """\
apiVersion: helm.cattle.io/v1
kind: HelmChart
metadata: {name: aws-load-balancer-controller, namespace: kube-system}
spec:
  chart: aws-load-balancer-controller
  repo: https://aws.github.io/eks-charts
  valuesContent: |
    defaultLoadBalancerScheme: internal
"""


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (f"valuesContent: |\n    {SCHEME}: internet-facing\n", "internet"),
        (f"values: {{{SCHEME}: internet-facing}}\n", "internet"),
        ("valuesContent: '[a]'\n", "internal"),
        ("valuesContent: 7\n", "internal"),
    ],
)
def test_a_config_of_k3s_is_laid_over_the_chart_of_its_name(folder: Path, config: str, expected: str) -> None:
    own = "apiVersion: helm.cattle.io/v1\nkind: HelmChartConfig\n"
    text = f"{own}metadata: {{name: {LBC}, namespace: kube-system}}\nspec:\n  {config}"
    files = {"web.yaml": SHOP["shop/web.yaml"], "chart.yaml": HELM_CHART, "config.yaml": text}
    assert Tree(files, folder).exposure()["Service shop/web"][0] == expected


@pytest.mark.parametrize(
    ("helm", "expected"),
    [
        (f"values: {{{SCHEME}: internet-facing}}", "internet"),
        ("valuesFiles: [alb.yaml]", "internet"),
        (f"valuesFiles: [alb.yaml], values: {{{SCHEME}: internal}}", "internal"),
        ("valuesFiles: [../../../alb.yaml]", "internal"),
        ("valuesFiles: [7]", "internal"),
        ("values: [a]", "internal"),
    ],
)
def test_bundles_of_fleet_are_known_without_an_object(folder: Path, helm: str, expected: str) -> None:
    bundle = f"helm: {{chart: {LBC}, repo: 'https://aws.github.io/eks-charts', version: 1.13.0, {helm}}}\n"
    files = {"fleet.yaml": bundle, "alb.yaml": f"{SCHEME}: internet-facing\n", "web.yaml": SHOP["shop/web.yaml"]}
    assert Tree(files, folder).exposure()["Service shop/web"][0] == expected


@pytest.mark.parametrize(
    "dependencies",
    [
        "7",
        "[7, [a], {name: [a]}, {name: 7, repository: [a]}]",
        "[{name: alb, version: 1.0.0, repository: 'file://../alb'}]",
        "[{name: alb, version: 1.0.0, repository: 'file://.', condition: 7, tags: 7}]",
        "[{name: aws-load-balancer-controller, alias: [a], version: {a: b}, condition: '....', repository: 7}]",
        "&a [*a]",
        f"[{', '.join(['{name: aws-load-balancer-controller, alias: lbc}'] * 400)}]",
    ],
)
def test_odd_dependencies_are_survived(folder: Path, dependencies: str) -> None:
    files = wrapper(f"lbc: {{{SCHEME}: [a]}}\nalb: &b {{alb: *b}}\n")
    chart = f"apiVersion: v2\nname: alb\nversion: 1.0.0\ndependencies: {dependencies}\n"
    assert reached(files | {"alb/Chart.yaml": chart}, folder) in ("internal", "unknown")


def test_values_that_changed_are_compared_in_whatever_file_they_are(folder: Path) -> None:
    values = "controller:\n  service:\n    type: LoadBalancer\n    loadBalancerIP: 10.1.1.1\n"
    of_nginx = HELMFILE.replace("aws.github.io/eks-charts", "kubernetes.github.io/ingress-nginx").replace(LBC, "ingress-nginx")
    Tree({"helmfile.yaml": of_nginx.format(values="late.yaml"), "late.yaml": values, "web.yaml": SHOP["shop/web.yaml"]}, folder)
    for arguments in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "a"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)
    report = Tree({"late.yaml": values.replace("LoadBalancer", "ClusterIP")}, folder).report("--against", "HEAD", "--min-confidence", "low")
    assert [one["location"]["line"] for one in report["findings"] if one["rule"] == "load-balancer-released"] == [3]
