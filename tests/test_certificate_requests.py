"""Which certificates cert-manager is asked for and does not request: issuers that exclude each other, entries that it skips."""

import pytest

from k8slblint.model.finding import Finding
from tests.linting import findings

CLUSTER = "cert-manager.io/cluster-issuer: le"
COMPLETE = "[{hosts: [a.example.com], secretName: a}]"


def ingress(annotations: str, tls: str = COMPLETE) -> str:
    """An Ingress with annotations and entries of `tls`."""
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web, namespace: shop, annotations: {{{annotations}}}}}\n"
        f"spec:\n  ingressClassName: nginx\n  tls: {tls}\n  rules: [{{host: a.example.com}}]\n"
    )


def gateway(annotations: str) -> str:
    """A Gateway with annotations."""
    return (
        f"apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{name: edge, annotations: {{{annotations}}}}}\n"
        "spec: {gatewayClassName: eg, listeners: [{name: http, port: 80, protocol: HTTP}]}\n"
    )


def reported(text: str) -> list[Finding]:
    """What the rule says of a text."""
    return findings(text, "dns-annotation-ignored")


BROKEN = {
    "both issuers": (ingress(f"{CLUSTER}, cert-manager.io/issuer: own"), "both `cluster-issuer` and `issuer`"),
    "both, the other way round": (ingress(f"cert-manager.io/issuer: own, {CLUSTER}"), "both `issuer` and `cluster-issuer`"),
    "a kind beside a ClusterIssuer": (ingress(f"{CLUSTER}, cert-manager.io/issuer-kind: ClusterIssuer"), "and `issuer-kind`"),
    "a group beside a ClusterIssuer": (ingress(f"{CLUSTER}, cert-manager.io/issuer-group: example.com"), "and `issuer-group`"),
    "on a Gateway": (gateway(f"{CLUSTER}, cert-manager.io/issuer: own"), "Gateway default/edge sets both"),
    "no Secret": (ingress(CLUSTER, "[{hosts: [a.example.com]}]"), "`cluster-issuer`, and no `tls[].secretName`"),
    "an empty Secret": (ingress(CLUSTER, "[{hosts: [a.example.com], secretName: ''}]"), "no `tls[].secretName`"),
    "no hosts": (ingress("cert-manager.io/issuer: own", "[{secretName: a}]"), "`issuer`, and no `tls[].hosts`"),
    "two entries for a Secret": (
        ingress(CLUSTER, "[{hosts: [a], secretName: s}, {hosts: [b], secretName: s}]"),
        "two entries for one Secret",
    ),
}


@pytest.mark.parametrize(("text", "words"), BROKEN.values(), ids=BROKEN)
def test_a_certificate_that_is_not_requested_is_a_warning(text: str, words: str) -> None:
    (found,) = reported(text)
    assert words in found.headline
    assert (found.severity, found.confidence) == ("warning", "high")


FINE = {
    "one issuer": ingress(CLUSTER),
    "an issuer of another kind": ingress("cert-manager.io/issuer: own, cert-manager.io/issuer-kind: AWSPCAClusterIssuer"),
    "no issuer": ingress("cert-manager.io/duration: 1h", "[{hosts: [a]}]"),
    "one entry of two": ingress(CLUSTER, "[{hosts: [a.example.com]}, {hosts: [b.example.com], secretName: b}]"),
    "no entries": ingress(CLUSTER, "[]"),
    "a Secret that is filled in": ingress(CLUSTER, "[{hosts: [a.example.com], secretName: '${SECRET}'}]"),
    "entries of wrong types": ingress(CLUSTER, "[1, {hosts: 1, secretName: [a]}]"),
    "a Gateway with one issuer": gateway(CLUSTER),
}


@pytest.mark.parametrize("text", FINE.values(), ids=FINE)
def test_a_certificate_that_may_be_requested_is_silent(text: str) -> None:
    assert reported(text) == []
