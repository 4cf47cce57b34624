"""Which TLS ingress-nginx is asked to pass through and does not: paths, hosts and Services for which it cannot."""

import pytest

from k8slblint.model.finding import Finding
from tests.gateway_texts import files, service
from tests.linting import findings

PASSED = "nginx.ingress.kubernetes.io/ssl-passthrough: 'true'"
CLASS = "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: nginx}\nspec: {controller: k8s.io/ingress-nginx}\n"


def ingress(paths: dict[str, str], *, host: str = "shop.example.com", name: str = "web", annotations: str = PASSED, more: str = "") -> str:
    """An Ingress of one host whose paths lead to Services."""
    rows = ", ".join(
        f"{{path: {path}, pathType: ImplementationSpecific, backend: {{service: {{name: {to}, port: {{number: 443}}}}}}}}"
        for path, to in paths.items()
    )
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}, namespace: shop, annotations: {{{annotations}}}}}\n"
        f"spec:\n  ingressClassName: nginx\n{more}  rules: [{{{f'host: {host}, ' if host else ''}http: {{paths: [{rows}]}}}}]\n"
    )


def reported(*documents: str) -> list[Finding]:
    """What the rule says of objects beside a class of ingress-nginx."""
    return findings(files(*documents, CLASS), "ingress-annotation-invalid")


WEB = service("web", ports="[{port: 443}]")
BROKEN = {
    "a path": ((ingress({"/api": "web"}), WEB), "passes no TLS through for path '/api'", "connections fail"),
    "an expression": ((ingress({"/(.*)": "web"}), WEB), "for path '/(.*)'", "connections fail"),
    "a path beside the root": ((ingress({"/": "web", "/api": "api"}), WEB), "for path '/api'", "goes to Service web"),
    "the root of another Ingress": (
        (ingress({"/api": "api"}), ingress({"/": "web"}, name="other", annotations=""), WEB),
        "for path '/api'",
        "goes to Service web",
    ),
    "a wildcard": ((ingress({"/": "web"}, host="'*.example.com'"), WEB), "through for '*.example.com'", "to the letter"),
    "no host": ((ingress({"/": "web"}, host=""), WEB), "a rule without a host", "to the letter"),
    "a headless Service": (
        (ingress({"/": "web"}), service("web", ports="[{port: 443}]", more="  clusterIP: None\n")),
        "to Service web, which has no address",
        "cluster IP",
    ),
    "an alias": ((ingress({"/": "web"}), service("web", ports="[]", more="  type: ExternalName\n")), "has no address", "cluster IP"),
}


@pytest.mark.parametrize(("documents", "words", "why"), BROKEN.values(), ids=BROKEN)
def test_tls_that_is_not_passed_through_is_a_warning(documents: tuple[str, ...], words: str, why: str) -> None:
    (found,) = reported(*documents)
    assert words in found.headline
    assert why in found.message
    assert found.severity == "warning"


FINE = {
    "the root": (ingress({"/": "web"}), WEB),
    "a path to the Service of the root": (ingress({"/": "web", "/api": "web"}), WEB),
    "no passthrough": (ingress({"/api": "web"}, annotations="nginx.ingress.kubernetes.io/ssl-passthrough: 'false'"), WEB),
    "a path that is filled in": (ingress({"'${BASE}'": "web"}), WEB),
    "a host that is filled in": (ingress({"/api": "web"}, host="'${HOST}'"), WEB),
    "a default backend": (
        ingress({"/api": "web"}, more="  defaultBackend: {service: {name: web, port: {number: 443}}}\n"),
        WEB,
    ),
    "an unknown Service": (ingress({"/": "elsewhere"}), WEB),
}


@pytest.mark.parametrize("documents", FINE.values(), ids=FINE)
def test_tls_that_is_passed_through_or_may_be_is_silent(documents: tuple[str, ...]) -> None:
    assert reported(*documents) == []


def test_what_another_controller_may_serve_is_silent() -> None:
    other = CLASS.replace("k8s.io/ingress-nginx", "traefik.io/ingress-controller")
    assert findings(files(ingress({"/api": "web"}), WEB, other), "ingress-annotation-invalid") == []
