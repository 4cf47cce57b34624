"""What HelmCharts of k3s and RKE2, and HelmReleases of helm-operator, deploy, and why others are not followed."""

from typing import Any

import pytest

from k8slblint.rendering.gitops.deployments import deployments
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.helm.values import merged_values
from k8slblint.rendering.kustomize.closures import closure
from k8slblint.rendering.shelf import Shelf, WantedChart
from tests.builders import resources
from tests.trees import CHART, deployed, only_reason, only_unit, shelved, tree_of

ON_SHELF = ".k8slblint/charts/web-1.0.0.tgz"
WEB = "chart: web, repo: 'https://charts.example.com', version: 1.0.0"


def helm_chart(spec: str, *, name: str = "web", more: str = "namespace: kube-system") -> str:
    """Return a HelmChart; `spec` are the fields of its spec in flow style, `more` further metadata."""
    return f"apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {{name: {name}, {more}}}\nspec: {{{spec}}}\n"


def config(spec: str, *, name: str = "web", namespace: str = "kube-system") -> str:
    head = "---\napiVersion: helm.cattle.io/v1\nkind: HelmChartConfig\n"
    return f"{head}metadata: {{name: {name}, namespace: {namespace}}}\nspec: {{{spec}}}\n"


def values_of(folder: Any, manifest: str, **options: Any) -> Any:
    """Return the merged values of the only unit that a manifest deploys."""
    source = only_unit(deployed(folder, manifest, **options)).source
    assert isinstance(source, ChartRelease)
    return merged_values(tree_of(folder, {}).with_shelf(Shelf()), source.layers)


def test_a_chart_of_a_repository(tmp_path):
    unit = only_unit(deployed(tmp_path, helm_chart(f"{WEB}, targetNamespace: edge"), shelf=[shelved("web")]))
    assert unit.source == ChartRelease(ON_SHELF, (), "web", "edge")
    assert (unit.label, unit.deployed_by, unit.namespace) == ("kube-system/web", "HelmChart kube-system/web", "edge")
    assert unit.deployer == "apps/app.yaml"


@pytest.mark.parametrize(
    ("spec", "repository", "name"),
    [
        ("chart: 'oci://registry.example.com/charts/web', version: 1.0.0", "oci://registry.example.com/charts", "web"),
        ("chart: stable/web, version: 1.0.0", "https://charts.helm.sh/stable", "web"),
        (WEB, "https://charts.example.com", "web"),
    ],
)
def test_where_charts_are_from(spec, repository, name, tmp_path):
    """Without a target it is installed beside the HelmChart."""
    unit = only_unit(deployed(tmp_path, helm_chart(spec), shelf=[shelved(name, repository=repository)]))
    assert unit.source == ChartRelease(ON_SHELF, (), "web", "kube-system")


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (WEB.replace("1.0.0", "2.0.0"), "chart 'web' 2.0.0 of https://charts.example.com is not in this tree"),
        ("chart: 'https://example.com/web-1.0.0.tgz'", "chart 'https://example.com/web-1.0.0.tgz' is not in this tree"),
        ("chart: 'https://%{KUBERNETES_API}%/static/charts/web.tgz'", "is not in this tree"),
        ("chartContent: H4sIAAAA", "the archive in `chartContent` is not in this tree"),
        ("chart: [web]", "its `chart` is not text"),
        ("chart: '{{ chart }}', repo: a", "contains a placeholder"),
        (f"{WEB}, valuesContent: 1", "its `valuesContent` is not text"),
        (f"{WEB}, valuesSecrets: [{{name: s, keys: [a]}}]", "its values come from Secret 's', which is unknown here"),
    ],
)
def test_what_is_not_followed(spec, reason, tmp_path):
    assert reason in only_reason(deployed(tmp_path, helm_chart(spec), shelf=[shelved("web")]))


@pytest.mark.parametrize(
    "manifest",
    [
        helm_chart(WEB, more="annotations: {helmcharts.helm.cattle.io/unmanaged: ''}"),
        helm_chart("repo: 'https://charts.example.com'"),
        config("valuesContent: 'a: 1'"),
    ],
)
def test_what_deploys_nothing_by_itself(manifest, tmp_path):
    found = deployed(tmp_path, manifest, shelf=[shelved("web")])
    assert (found.units, found.not_rendered) == ([], [])


def test_values_in_their_order(tmp_path):
    """Text, mapping, those of the HelmChartConfig, then what is set: first what has a type, then texts, each by name."""
    own = (
        f'{WEB}, valuesContent: "a: 1\\nb: 1\\nc: 1\\nd: 1\\n", values: {{b: 2, c: 2, d: 2}}, '
        "set: {d: '5', e: 'true', f: 7, 'g.h': 'x,y', i: 'null'}"
    )
    both = helm_chart(own) + config('valuesContent: "c: 3\\nd: 3\\n", values: {d: 4, z: 4}')
    expected = {"a": 1, "b": 2, "c": 3, "d": "5", "z": 4, "e": True, "f": 7, "i": None, "g": {"h": "x,y"}}
    assert values_of(tmp_path, both, shelf=[shelved("web")]) == expected


def test_secrets_without_keys_are_not_used(tmp_path):
    assert values_of(tmp_path, helm_chart(f"{WEB}, values: {{a: 1}}, valuesSecrets: [{{name: s}}]"), shelf=[shelved("web")]) == {"a": 1}


@pytest.mark.parametrize(("name", "namespace"), [("web", "other"), ("other", "kube-system")])
def test_a_config_is_for_one_name_and_namespace(name, namespace, tmp_path):
    manifest = helm_chart(f"{WEB}, values: {{a: 1}}") + config("values: {a: 2}", name=name, namespace=namespace)
    assert values_of(tmp_path, manifest, shelf=[shelved("web")]) == {"a": 1}


def test_of_several_configs_none_is_chosen(tmp_path):
    manifest = helm_chart(WEB) + config("values: {a: 2}") + config("values: {a: 3}")
    assert only_reason(deployed(tmp_path, manifest, shelf=[shelved("web")])) == "2 HelmChartConfigs may apply to it"


def helm_release(spec: str, *, namespace: str = "shop") -> str:
    head = "apiVersion: helm.fluxcd.io/v1\nkind: HelmRelease\n"
    return f"{head}metadata: {{name: web, namespace: {namespace}}}\nspec: {{{spec}}}\n"


OPERATOR = "chart: {repository: 'https://charts.example.com', name: web, version: 1.0.0}"
MAP = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\ndata: {values.yaml: 'a: 1'}\n"


@pytest.mark.parametrize(
    ("more", "release", "namespace"),
    [
        ("", "shop-web", "shop"),
        (", targetNamespace: edge", "shop-edge-web", "edge"),
        (", targetNamespace: shop", "shop-web", "shop"),
        (", releaseName: mine", "mine", "shop"),
    ],
)
def test_a_release_of_helm_operator(more, release, namespace, tmp_path):
    unit = only_unit(deployed(tmp_path, helm_release(f"{OPERATOR}{more}"), shelf=[shelved("web")]))
    assert unit.source == ChartRelease(ON_SHELF, (), release, namespace)


def test_helm_operator_deploys_charts_of_its_repository(tmp_path):
    spec = "chart: {git: 'git@github.com:a/b', ref: main, path: charts/web}, values: {b: 2}, valuesFrom: [{chartFileRef: {path: own.yaml}}]"
    unit = only_unit(deployed(tmp_path, helm_release(spec), {**CHART, "charts/web/own.yaml": "b: 1\n"}))
    assert isinstance(unit.source, ChartRelease)
    assert (unit.source.chart, [layer.file for layer in unit.source.layers]) == ("charts/web", ["charts/web/own.yaml", "apps/app.yaml"])


@pytest.mark.parametrize("reference", ["{name: web}", "{name: web, namespace: shop, key: values.yaml}"])
def test_values_of_a_config_map(reference, tmp_path):
    manifest = helm_release(f"{OPERATOR}, valuesFrom: [{{configMapKeyRef: {reference}}}], values: {{b: 2}}") + MAP
    assert values_of(tmp_path, manifest, shelf=[shelved("web")]) == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("chart: {git: 'git@github.com:a/b', path: charts/api}", "chart 'charts/api' of git@github.com:a/b is not in this tree"),
        ("chart: {repository: 'https://other.example.com', name: web}", "chart 'web' of https://other.example.com is not in this tree"),
        ("chart: {repository: 1}", "its `repository` is not text"),
        (f"{OPERATOR}, valuesFrom: [{{configMapKeyRef: {{name: web, namespace: other}}}}]", "ConfigMap 'web', which is unknown here"),
        (f"{OPERATOR}, valuesFrom: [{{configMapKeyRef: {{name: web, key: a}}}}]", "ConfigMap 'web', which is unknown here"),
        (f"{OPERATOR}, valuesFrom: [{{secretKeyRef: {{name: s}}}}]", "come from a Secret or from elsewhere"),
        (f"{OPERATOR}, valuesFrom: [{{chartFileRef: {{path: ../../x}}}}]", "is not a file of the chart"),
        (f"{OPERATOR}, valueFileSecrets: [{{name: s}}]", "come from Secrets"),
        (f"{OPERATOR}, values: [1]", "its `values` are not a mapping"),
    ],
)
def test_what_of_helm_operator_is_not_followed(spec, reason, tmp_path):
    assert reason in only_reason(deployed(tmp_path, helm_release(spec) + MAP, shelf=[shelved("web")]))


def test_an_optional_config_map_may_be_missing(tmp_path):
    spec = f"{OPERATOR}, valuesFrom: [{{configMapKeyRef: {{name: gone, optional: true}}}}]"
    assert values_of(tmp_path, helm_release(spec), shelf=[shelved("web")]) == {}


def test_charts_that_are_not_there_are_asked_for(tmp_path):
    """So that `charts fetch` knows them: of HelmCharts, of helm-operator and of kustomizations."""
    shelf = Shelf()
    files = {
        "a/kustomization.yaml": "helmCharts: [{name: db, repo: 'https://charts.example.com', version: 2.0.0}, {name: none}]\n",
        "b/chart.yaml": f"{helm_chart(WEB)}---\n{helm_release(OPERATOR.replace('name: web', 'name: api'))}",
    }
    tree = tree_of(tmp_path, files).with_shelf(shelf)
    deployments(resources(files["b/chart.yaml"], "b/chart.yaml"), tree, lambda one: one.path)
    closure(tree, "a")
    assert list(shelf.asked) == [WantedChart("https://charts.example.com", name, version) for name, version in ASKED]


ASKED = (("web", "1.0.0"), ("api", "1.0.0"), ("db", "2.0.0"))
