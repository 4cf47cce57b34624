"""Snippets in annotations of an Ingress: an error where the manifests switch them on, another rule's finding where they are refused."""

import pytest

from tests.linting import findings
from tests.test_check_ingress_annotation_invalid import controller, ingress, ingress_class

DANGEROUS, INVALID = "ingress-annotation-dangerous", "ingress-annotation-invalid"
SNIPPET = {"nginx.ingress.kubernetes.io/configuration-snippet": "more_set_headers X;"}


def settings(**data: str) -> str:
    lines = "".join(f"  {key.replace('_', '-')}: '{value}'\n" for key, value in data.items())
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: ingress-nginx-controller, namespace: ingress-nginx}}\ndata:\n{lines}"


def flux(values: str) -> str:
    return (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: ingress-nginx, namespace: ingress-nginx}\n"
        f"spec: {{chart: {{spec: {{chart: ingress-nginx}}}}, values: {values}}}\n"
    )


def f5(*arguments: str) -> str:
    return controller("x", *arguments).replace("registry.k8s.io/ingress-nginx/controller:x", "nginx/nginx-ingress:5.2.0")


def verdicts(*documents: str) -> list[tuple[str, str]]:
    found = findings("---\n".join(documents))
    return [(one.rule, str(one.severity)) for one in found if one.rule in (DANGEROUS, INVALID)]


READ, REFUSED = [(DANGEROUS, "error")], [(INVALID, "error")]


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ((settings(allow_snippet_annotations="true", annotations_risk_level="Critical"),), READ),
        ((settings(allow_snippet_annotations="true", annotations_risk_level="High"),), REFUSED),
        ((settings(allow_snippet_annotations="false", annotations_risk_level="Critical"),), REFUSED),
        ((settings(allow_snippet_annotations="true"), controller("v1.11.3")), READ),
        ((settings(allow_snippet_annotations="true"), controller("v1.12.0")), REFUSED),
        ((settings(allow_snippet_annotations="true"),), []),
        ((settings(allow_snippet_annotations="${SNIPPETS}"), controller("v1.12.0")), []),
        ((controller("v1.12.0"),), []),
        ((settings(use_gzip="true"),), []),
        ((flux("{controller: {allowSnippetAnnotations: true, config: {annotations-risk-level: Critical}}}"),), READ),
        ((flux("{controller: {allowSnippetAnnotations: false}}"),), REFUSED),
        ((), []),
    ],
)
def test_the_configuration_of_ingress_nginx_decides(documents: tuple[str, ...], expected: list[tuple[str, str]]) -> None:
    assert verdicts(ingress(SNIPPET), ingress_class("k8s.io/ingress-nginx"), *documents) == expected


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ((f5("-enable-snippets"),), READ),
        ((f5("-enable-snippets=true"),), READ),
        ((f5("-enable-snippets", "-v=3"),), READ),
        ((f5("-enable-snippets=false"),), REFUSED),
        ((f5("-v=3"),), REFUSED),
        ((), []),
    ],
)
def test_the_flag_of_f5_decides(documents: tuple[str, ...], expected: list[tuple[str, str]]) -> None:
    annotations = {"nginx.org/location-snippets": "add_header X 1;"}
    assert verdicts(ingress(annotations), ingress_class("nginx.org/ingress-controller"), *documents) == expected


def test_what_is_read_by_default_is_a_warning() -> None:
    annotations = {"haproxy.org/backend-config-snippet": "http-send-name-header x"}
    assert verdicts(ingress(annotations), ingress_class("haproxy.org/ingress-controller/haproxy")) == [(DANGEROUS, "warning")]


def test_a_snippet_for_another_controller_is_not_dangerous() -> None:
    assert verdicts(ingress(SNIPPET), ingress_class("traefik.io/ingress-controller"), settings(allow_snippet_annotations="true")) == []


def test_settings_of_another_cluster_do_not_count() -> None:
    files = {
        "clusters/a/app.yaml": ingress(SNIPPET) + "---\n" + ingress_class("k8s.io/ingress-nginx"),
        "clusters/b/nginx.yaml": settings(allow_snippet_annotations="true", annotations_risk_level="Critical"),
    }
    assert [one.rule for one in findings(files) if one.rule in (DANGEROUS, INVALID)] == []


def test_the_text_of_a_snippet_is_not_in_the_report() -> None:
    key = "nginx.ingress.kubernetes.io/configuration-snippet"
    found = findings(
        "---\n".join((ingress({key: "password-1234"}), ingress_class("k8s.io/ingress-nginx"), settings(allow_snippet_annotations="false"))),
        INVALID,
    )
    assert [("password" in one.headline, "password" in one.message) for one in found] == [(False, False)]
