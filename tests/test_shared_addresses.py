"""Which Ingresses of GKE ask for a port of one global address."""

import pytest

from k8slblint.model.finding import Finding
from tests.gateway_texts import files
from tests.linting import findings, scoped

STATIC = "kubernetes.io/ingress.global-static-ip-name: edge"
HTTPS_ONLY = "kubernetes.io/ingress.allow-http: 'false'"
TLS = "  tls: [{secretName: a}]\n"


def ingress(name: str, annotations: str = STATIC, more: str = "", class_name: str = "gce") -> str:
    """An Ingress of GKE with annotations."""
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: {name}\n  namespace: shop\n"
        f"  annotations: {{kubernetes.io/ingress.class: {class_name}, {annotations}}}\n"
        f"spec:\n{more}  defaultBackend: {{service: {{name: web, port: {{number: 80}}}}}}\n"
    )


def reported(*documents: str) -> list[Finding]:
    """What is said of Ingresses on GKE."""
    return findings(files(*documents), "load-balancer-settings-conflict", config=scoped(platform="gke"))


BROKEN = {
    "both with HTTP": (ingress("a"), ingress("b")),
    "both with HTTPS": (ingress("a", f"{STATIC}, {HTTPS_ONLY}", TLS), ingress("b", more=TLS)),
    "certificates in annotations": (
        ingress("a", f"{STATIC}, {HTTPS_ONLY}, networking.gke.io/managed-certificates: a"),
        ingress("b", f"{STATIC}, {HTTPS_ONLY}, ingress.gcp.kubernetes.io/pre-shared-cert: b"),
    ),
}


@pytest.mark.parametrize("documents", BROKEN.values(), ids=BROKEN)
def test_the_second_ingress_with_an_address_is_an_error(documents: tuple[str, str]) -> None:
    (found,) = reported(*documents)
    assert found.headline == "Ingress shop/b names the address 'edge' of another Ingress"
    assert found.severity == "error"


FINE = {
    "HTTP and HTTPS apart": (ingress("a", f"{STATIC}, {HTTPS_ONLY}", TLS), ingress("b")),
    "two addresses": (ingress("a"), ingress("b", STATIC.replace("edge", "other"))),
    "an address that is filled in": (ingress("a", STATIC.replace("edge", "'${IP}'")), ingress("b", STATIC.replace("edge", "'${IP}'"))),
    "another class": (ingress("a"), ingress("b", class_name="nginx")),
    "one Ingress": (ingress("a"),),
}


@pytest.mark.parametrize("documents", FINE.values(), ids=FINE)
def test_addresses_that_are_not_shared_are_fine(documents: tuple[str, ...]) -> None:
    assert reported(*documents) == []
