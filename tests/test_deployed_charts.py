"""Which chart an object deploys, and what that shows of the controllers in its cluster."""

import pytest

from k8slblint.catalog.controllers import controllers_of_chart
from k8slblint.traffic.ownership.classes import Classless, classless_in
from k8slblint.traffic.ownership.deployed_charts import chart_of, chart_version_of
from k8slblint.traffic.ownership.implementations import implementations
from tests.builders import graph

FLUX = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: edge, namespace: edge}\nspec: {SPEC}\n---\n"
SOURCE = (
    "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: edge, namespace: edge}\n"
    "spec: {url: 'oci://ghcr.io/mirror/CHART', ref: {tag: 1.2.3}}\n---\n"
)
REFERRED = FLUX.replace("SPEC", "chartRef: {kind: OCIRepository, name: edge}, values: {a: 1}")


OPERATOR = (
    "apiVersion: helm.fluxcd.io/v1\nkind: HelmRelease\nmetadata: {name: edge}\n"
    "spec: {chart: {repository: 'https://x.example.com', name: traefik, version: 1.0.0}, values: {a: 1}}\n"
)
K3S = (
    "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: edge}\n"
    "spec: {chart: 'oci://x.example.com/charts/traefik', version: 1.0.0, valuesContent: 'a: 1'}\n"
)
ARGO = (
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: edge}\n"
    "spec: {sources: [{repoURL: x, path: a}, {repoURL: y, chart: traefik, targetRevision: 2.0.0, helm: {valuesObject: {a: 1}}}]}\n"
)


def charts(text: str) -> list[tuple[object, object, object]]:
    """Return name, version and values of the charts that the objects of a text deploy."""
    known = graph(text)
    found = [(one, *chart_of(one, known)) for one in known.resources]
    return [(name, chart_version_of(one, known), values) for one, name, values in found if name is not None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FLUX.replace("SPEC", "chart: {spec: {chart: traefik, version: 1.x}}, values: {a: 1}"), ("traefik", "1.x", {"a": 1})),
        (REFERRED + SOURCE.replace("CHART", "metallb"), ("metallb", "1.2.3", {"a": 1})),
        (OPERATOR, ("traefik", "1.0.0", {"a": 1})),
        (K3S, ("traefik", "1.0.0", "a: 1")),
        (ARGO, ("traefik", "2.0.0", {"a": 1})),
    ],
)
def test_the_chart_of_an_object(text: str, expected: tuple[object, object, object]) -> None:
    assert charts(text) == [expected]


@pytest.mark.parametrize(
    "sources",
    [
        "",
        SOURCE.replace("CHART", "metallb").replace("name: edge,", "name: other,"),
        SOURCE.replace("CHART", "metallb") + SOURCE.replace("CHART", "traefik").replace("namespace: edge", "namespace: other"),
    ],
)
def test_a_reference_to_no_or_several_charts_names_none(sources: str) -> None:
    assert charts(REFERRED + sources) == []


def test_of_several_versions_none_is_known() -> None:
    both = SOURCE.replace("CHART", "metallb") + SOURCE.replace("CHART", "metallb").replace("1.2.3", "1.2.4").replace(
        "namespace: edge", "namespace: other"
    )
    assert charts(REFERRED + both) == [("metallb", None, {"a": 1})]


@pytest.mark.parametrize("spec", ["chartRef: 3", "chartRef: {kind: HelmChart, name: edge}", "chartRef: {kind: OCIRepository, name: [x]}"])
def test_other_references(spec: str) -> None:
    assert charts(FLUX.replace("SPEC", spec) + SOURCE.replace("CHART", "metallb")) == []


@pytest.mark.parametrize(("chart", "controller"), [("metallb", "metallb"), ("traefik", "traefik"), ("gateway-helm", "envoy-gateway")])
def test_a_source_shows_the_controller(chart: str, controller: str) -> None:
    found = graph(REFERRED + SOURCE.replace("CHART", chart))
    (cluster,) = {found.scope(one).cluster for one in found.resources}
    assert implementations(found, cluster)[controller].reason == f"HelmRelease edge/edge installs it (chart '{chart}')"


def test_charts_of_controllers() -> None:
    """Those that bear a name of two charts are none: `nginx-ingress` was that of the community until 2020."""
    assert controllers_of_chart("traefik") == ("traefik",)
    assert controllers_of_chart("nginx-ingress") == ()


def test_whether_a_chart_takes_what_has_no_class_is_said_by_its_values() -> None:
    """Traefik serves it unless an argument says otherwise; those of the workload are rendered from values that are elsewhere."""
    workload = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: edge, namespace: edge}\n"
        "spec: {template: {spec: {containers: [{name: a, image: 'docker.io/library/traefik:v3.5', args: [ARGS]}]}}}\n"
    )
    by_chart = FLUX.replace("SPEC", "chart: {spec: {chart: traefik}}")
    assert classless_in("default", graph(by_chart)) == Classless((), (), ("traefik",))
    assert classless_in("default", graph(by_chart + workload.replace("ARGS", ""))).takers == ("traefik",)
    told = workload.replace("ARGS", "--providers.kubernetesingress.ingressclass=x")
    assert "traefik" in classless_in("default", graph(by_chart + told)).others
