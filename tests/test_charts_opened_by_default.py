"""Charts that are not in the tree and open a Service without a setting: what is known of it where values say nothing."""

from pathlib import Path
from textwrap import indent

import pytest

from k8slblint import documents
from k8slblint.loading.helm_values import may_hold_services, service_views_in
from tests.test_changes_of_trees import OF_CHANGES, told
from tests.test_changes_of_trees import folder as folder  # noqa: PLC0414 - a fixture

RELEASED, _ = OF_CHANGES


def release(values: str | None, chart: str = "ingress-nginx", site: str = "ingress-nginx", more: str = "", version: str = "4.12.0") -> str:
    given = "" if values is None else f"  values:\n{indent(values, '    ')}"
    return (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: edge, namespace: net}\nspec:\n"
        f"  chart:\n    spec:\n      chart: {chart}\n      version: {version}\n"
        f"      sourceRef: {{kind: HelmRepository, name: {site}}}\n{more}{given}"
    )


def opened(text: str) -> list[tuple[str, object, int]]:
    """Return the name, the type and the line of each Service that is known."""
    found = []
    for chunk in documents.split(text):
        root = documents.parse_shared(chunk).root
        views = [*service_views_in(root, text, "edge.yaml")]
        assert not views or may_hold_services(text)
        found += [(view.value["metadata"]["name"], view.value["spec"].get("type"), view.line) for view in views]
    return found


EDGE = [("net/edge:controller.service", "LoadBalancer", 11)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(release("controller: {replicaCount: 2}\n"), EDGE, id="says-nothing-of-it"),
        pytest.param(release("controller:\n  service: {}\n"), EDGE, id="says-nothing-in-it"),
        pytest.param(release(None), [("net/edge:controller.service", "LoadBalancer", 7)], id="no-values"),
        pytest.param(release(None, "traefik", "traefik", version="34.1.0"), [("net/edge:service", "LoadBalancer", 7)], id="another"),
        pytest.param(
            release(None, "spegel", "spegel-org", version="0.4.0"), [("net/edge:service.registry", "NodePort", 7)], id="node-port"
        ),
        pytest.param(release("controller:\n  service: {type: ClusterIP}\n"), [(EDGE[0][0], "ClusterIP", 12)], id="says-it"),
        pytest.param(release("controller:\n  service: {enabled: false}\n"), [], id="off"),
        pytest.param(release("controller: {enabled: false}\n"), [], id="off-above"),
        pytest.param(release("controller:\n  service: {create: false}\n", "nginx-ingress", "nginx", version="2.0.0"), [], id="not-created"),
        pytest.param(release("controller: null\n"), [], id="null"),
        pytest.param(release("controller: [1]\n"), [], id="list"),
        pytest.param(release("controller: ${CONTROLLER}\n"), [], id="placeholder"),
        pytest.param(release("<<: {controller: {service: {type: ClusterIP}}}\n"), [(EDGE[0][0], "ClusterIP", 11)], id="merged"),
        pytest.param(release(None, more="  valuesFrom: [{kind: ConfigMap, name: more}]\n"), [], id="more-values"),
        pytest.param(release("a: 1\n", more="  valuesFrom: [{kind: ConfigMap, name: more}]\n"), [], id="more-values-beside"),
        pytest.param(release(None).replace("      version", "      valuesFiles: [b.yaml]\n      version"), [], id="values-of-the-chart"),
        pytest.param(release(None, site="company-charts"), [], id="another-repository"),
        pytest.param(release(None, "relay", "ingress-nginx"), [], id="another-chart"),
        pytest.param(release(None, version="1.0.0"), [], id="a-version-that-is-not-known"),
        pytest.param(release(None, chart="[ingress-nginx]"), [], id="no-name"),
        pytest.param(release(None).replace("kind: HelmRelease", "kind: HelmRepository"), [], id="another-kind"),
    ],
)
def test_a_service_that_a_chart_makes_without_a_setting(text: str, expected: list[tuple[str, str, int]]) -> None:
    assert opened(text) == expected


APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: edge, namespace: argocd}
spec:
  destination: {namespace: net}
"""
NGINX = "{chart: ingress-nginx, repoURL: https://kubernetes.github.io/ingress-nginx, targetRevision: 4.12.0MORE}"


@pytest.mark.parametrize(
    ("more", "is_known"),
    [
        (f"  source: {NGINX.replace('MORE', '')}\n", True),
        (f"  sources:\n  - {NGINX.replace('MORE', '')}\n  - {{path: b}}\n", True),
        (f"  sources: [1, {NGINX.replace('MORE', '')}]\n", True),
        (f"  source: {NGINX.replace('MORE', ', helm: {releaseName: a}')}\n", True),
        (f"  source: {NGINX.replace('MORE', ', helm: {valueFiles: [$values/a.yaml]}')}\n", False),
        (f"  source: {NGINX.replace('MORE', ', helm: {parameters: [{name: controller.service.type, value: ClusterIP}]}')}\n", False),
        ("  source: {path: ingress-nginx}\n", False),
        ("  source: ingress-nginx\n", False),
        ("  source: {chart: [ingress-nginx]}\n", False),
    ],
)
def test_the_same_of_applications(more: str, *, is_known: bool) -> None:
    found = opened(APPLICATION + more)
    assert [one[:2] for one in found] == ([("argocd/edge:controller.service", "LoadBalancer")] if is_known else [])


@pytest.mark.parametrize(
    "text",
    [
        "spec:\n",
        "spec: []\n",
        "spec: {chart: }\n",
        "spec: {source: {helm: []}}\n",
        "spec: {sources: {a: 1}}\n",
        "spec: {chart: {spec: 1}}\n",
    ],
)
@pytest.mark.parametrize("kind", ["helm.toolkit.fluxcd.io/v2\nkind: HelmRelease", "argoproj.io/v1alpha1\nkind: Application"])
def test_what_is_no_deployer_says_nothing(kind: str, text: str) -> None:
    assert opened(f"apiVersion: {kind}\nmetadata: {{name: ingress-nginx}}\n{text}") == []


CLOSED = "controller:\n  service: {type: ClusterIP}\n"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(None, CLOSED, [RELEASED], id="closed"),
        pytest.param("controller: {replicaCount: 2}\n", CLOSED, [RELEASED], id="closed-beside"),
        pytest.param("controller: {replicaCount: 2}\n", "controller: {replicaCount: 3}\n", [], id="same"),
        pytest.param("controller: {replicaCount: 2}\n", None, [], id="same-without-values"),
        pytest.param("controller: {service: {type: LoadBalancer}}\n", None, [], id="written-out-before"),
        pytest.param(None, "controller:\n  service: {type: LoadBalancer}\n", [], id="written-out-now"),
        pytest.param(CLOSED, CLOSED, [], id="never-open"),
    ],
)
def test_a_change_from_or_to_what_a_chart_does_without_a_setting(
    folder: Path, before: str | None, after: str | None, expected: list[str]
) -> None:
    found = told(folder, {"edge.yaml": release(before)}, {"edge.yaml": release(after)})
    assert [one[0] for one in found] == expected
