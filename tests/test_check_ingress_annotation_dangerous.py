"""Snippets in annotations of an Ingress: an error where the manifests switch them on, another rule's finding where they are refused."""

import pytest

from k8slblint.grading import of_one_cause
from k8slblint.traffic.ingress_annotations.dangers import is_vulnerable
from tests.linting import findings
from tests.test_check_ingress_annotation_invalid import chart, controller, ingress, ingress_class

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


PLAIN = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: ingress-nginx}\ndata: {use-gzip: 'true'}\n"


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ((chart("flux", "4.12.1"),), REFUSED),
        ((chart("flux", "4.12.1", "{controller: {replicaCount: 2}}"),), REFUSED),
        ((chart("argo", "4.12.1"),), REFUSED),
        ((chart("k3s", "4.12.1"),), []),
        ((chart("flux", "4.11.1"),), []),
        ((chart("flux", "4.x"),), []),
        ((chart("flux", "4.12.1").replace("values: {}", "valuesFrom: [{kind: ConfigMap, name: v}]"),), []),
        ((chart("flux", "4.12.1", "{controller: {config: '${CONFIG}'}}"),), []),
        ((chart("argo", "4.12.1").replace("helm: {", "helm: {valueFiles: [v.yaml], "),), []),
        ((controller("v1.12.1", "--configmap=$(POD_NAMESPACE)/settings"), PLAIN), REFUSED),
        ((controller("v1.12.1", "--configmap=$(POD_NAMESPACE)/settings"),), []),
        ((controller("v1.12.1", "--configmap=$(POD_NAMESPACE)/other"), PLAIN), []),
        ((controller("v1.11.1", "--configmap=$(POD_NAMESPACE)/settings"), PLAIN), []),
        ((controller("v1.12.1", "--configmap=$(POD_NAMESPACE)/settings"), PLAIN, chart("flux", "4.x")), REFUSED),
        ((controller("v1.12.1", "--configmap=$(POD_NAMESPACE)/settings"), PLAIN, chart("k3s", "4.12.1")), []),
    ],
)
def test_snippets_are_off_where_all_of_the_configuration_is_shown(documents: tuple[str, ...], expected: list[tuple[str, str]]) -> None:
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


def test_one_switch_is_one_finding_for_all_that_write_snippets() -> None:
    documents = (ingress(SNIPPET), ingress(SNIPPET, name="api"), ingress_class("k8s.io/ingress-nginx"))
    files = "---\n".join((*documents, settings(allow_snippet_annotations="true", annotations_risk_level="Critical")))
    (one,) = of_one_cause([found for found in findings(files) if found.rule == DANGEROUS])
    assert one.headline.endswith(" and 1 more write configuration into ingress-nginx by snippets")
    assert len(one.related) == 1


def test_the_text_of_a_snippet_is_not_in_the_report() -> None:
    key = "nginx.ingress.kubernetes.io/configuration-snippet"
    found = findings(
        "---\n".join((ingress({key: "password-1234"}), ingress_class("k8s.io/ingress-nginx"), settings(allow_snippet_annotations="false"))),
        INVALID,
    )
    assert [("password" in one.headline, "password" in one.message) for one in found] == [(False, False)]


NGINX, HAPROXY, APISIX = "k8s.io/ingress-nginx", "haproxy.org/ingress-controller", "apisix.apache.org/apisix-ingress-controller"
AUTH_URL, SET_HEADER = "nginx.ingress.kubernetes.io/auth-url", "haproxy.org/request-set-header"
CSRF_KEY = "k8s.apisix.apache.org/csrf-key"
CLASS = ingress_class(NGINX)
HOSTILE = ["://" * 5_000, "://a:" * 3_000, "authorization " * 1_500, "authorization basic " + "a" * 15_000, "x" * 500_000]


def dangers(*documents: str) -> list[str]:
    return [one.label for one in findings("---\n".join(documents), DANGEROUS)]


@pytest.mark.parametrize(
    ("key", "value", "tag", "expected"),
    [
        ("auth-url", "https://a.example.com/; return 200", "v1.11.4", ["CVE-2025-24514"]),
        ("auth-url", "https://a.example.com/; return 200", "v1.11.5", []),
        ("auth-url", "https://a.example.com/; return 200", "v1.10.6", ["CVE-2025-24514"]),
        ("auth-url", "https://a.example.com/; return 200", "v1.12.0", []),
        ("auth-url", "https://a.example.com/; return 200", "latest", []),
        ("auth-url", "https://a.example.com/", "v1.11.4", []),
        ("mirror-target", "https://a.example.com/; return 200", "v1.11.4", ["CVE-2025-1098"]),
        ("mirror-host", "a.example.com; return 200", "v1.11.4", ["CVE-2025-1098"]),
        ("auth-tls-match-cn", "CN=a; return 200", "v1.11.4", ["CVE-2025-1097"]),
        ("permanent-redirect", "https://a.example.com; return 200", "v1.8.0", ["CVE-2023-5044"]),
        ("permanent-redirect", "https://a.example.com; return 200", "v1.9.1", []),
        ("rewrite-target", "/a; return 200", "v1.11.8", ["CVE-2026-3288"]),
        ("rewrite-target", "/$1", "v1.11.8", []),
        ("auth-method", "GET; return 200", "v1.11.8", ["CVE-2026-1580"]),
        ("proxy-cookie-path", "/ '/; Secure'", "v1.8.0", []),
    ],
)
def test_what_a_release_copies_into_its_configuration_is_told(key: str, value: str, tag: str, expected: list[str]) -> None:
    text = ingress({f"nginx.ingress.kubernetes.io/{key}": value.replace("'", "''")})
    assert dangers(text, CLASS, controller(tag)) == expected


def test_what_validation_refuses_is_told_once() -> None:
    text = ingress({"nginx.ingress.kubernetes.io/auth-url": "https://a.example.com/; return 200"})
    documents = (text, CLASS, controller("v1.11.4", "--enable-annotation-validation=true"))
    assert dangers(*documents) == []
    assert verdicts(*documents) == REFUSED


@pytest.mark.parametrize(
    ("release", "fixed", "expected"),
    [
        ((1, 11, 4), ("1.11.5", "1.12.1"), True),
        ((1, 11, 5), ("1.11.5", "1.12.1"), False),
        ((1, 12, 0), ("1.11.5", "1.12.1"), True),
        ((1, 12, 1), ("1.11.5", "1.12.1"), False),
        ((1, 13, 0), ("1.11.5", "1.12.1"), False),
        ((1, 10, 9), ("1.11.5", "1.12.1"), True),
        ((1, 14, 4), ("1.13.8", "1.14.4", "1.15.0"), False),
        ((1, 15, 0), ("1.13.8", "1.14.4", "1.15.0"), False),
        ((1, 9, 0), ("1.9.0",), False),
    ],
)
def test_a_release_is_vulnerable_before_the_fix_of_its_line(
    release: tuple[int, int, int], fixed: tuple[str, ...], *, expected: bool
) -> None:
    assert is_vulnerable(release, fixed) is expected


@pytest.mark.parametrize(
    ("name", "key", "value", "expected"),
    [
        (NGINX, AUTH_URL, "https://shop:h7Tq2@login.example.com/", []),  # refused: no URL of ingress-nginx has an @
        (NGINX, AUTH_URL, "https://shop@login.example.com/", []),
        (NGINX, AUTH_URL, "https://login.example.com:8443/a@b", []),
        (NGINX, AUTH_URL, "https://user:password@login.example.com/", []),
        (NGINX, AUTH_URL, "https://shop:${PASSWORD}@login.example.com/", []),
        (HAPROXY, SET_HEADER, "Authorization Basic c2hvcDpoN1RxMg==", ["credentials"]),
        (HAPROXY, SET_HEADER, "Authorization Basic credentials", []),
        (HAPROXY, SET_HEADER, "Authorization Bearer your-token-is-placed-here", []),
        (HAPROXY, SET_HEADER, "Authorization Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc123", ["credentials"]),
        (HAPROXY, SET_HEADER, "X-Shop 1", []),
        (APISIX, CSRF_KEY, "h7Tq2", ["a secret"]),
        (APISIX, CSRF_KEY, "${CSRF_KEY}", []),
        ("traefik.io/ingress-controller", "nginx.ingress.kubernetes.io/auth-url", "https://shop:h7Tq2@login.example.com/", []),
    ],
)
def test_secrets_in_values_are_told(name: str, key: str, value: str, expected: list[str]) -> None:
    assert dangers(ingress({key: value}), ingress_class(name)) == expected


def test_a_release_that_does_not_validate_takes_a_password_in_a_url() -> None:
    text = ingress({AUTH_URL: "https://shop:h7Tq2@login.example.com/"})
    assert dangers(text, CLASS, controller("v1.11.8")) == ["a password"]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_are_bounded(value: str) -> None:
    assert dangers(ingress({"nginx.ingress.kubernetes.io/auth-url": value}), CLASS) == []
