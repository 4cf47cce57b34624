"""How certain it is that a host of an Ingress has no certificate."""

import pytest

from k8slblint.config import Config
from tests.linting import findings

RULE = "ingress-tls-host-uncovered"


def ingress(hosts: str, names: str, issuer: str = "cert-manager.io/cluster-issuer: letsencrypt") -> str:
    rules = ", ".join(
        f"{{host: {host}, http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: a, port: {{number: 80}}}}}}}}]}}}}"
        for host in hosts.split()
    )
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: till, annotations: {{{issuer}}}}}\n"
        f"spec: {{rules: [{rules}], tls: [{{hosts: [{names}], secretName: till-tls}}]}}\n"
    )


@pytest.mark.parametrize(
    ("hosts", "names", "confidence"),
    [
        ("till.example.com shop.example.com", "till.example.com", "medium"),
        ("till.example.com till.home.local", "till.example.com", "low"),  # no public certificate has it
        ("till.example.com till.home.lan", "till.example.com", "low"),
        ("till.lan books.lan", "till.lan", "medium"),  # issued by an authority of the own network
        ("till.example.com till.lan books.example.com", "till.example.com", "medium"),
    ],
)
def test_a_host_of_the_own_network_needs_no_public_certificate(hosts: str, names: str, confidence: str) -> None:
    (found,) = findings(ingress(hosts, names), RULE, config=Config()._replace(min_confidence="low"))
    assert found.confidence == confidence


def test_a_public_host_without_tls_comes_first() -> None:
    (found,) = findings(ingress("till.lan books.example.com till.example.com", "till.example.com"), RULE)
    assert found.headline == "Ingress default/till has no TLS for host 'books.example.com' and 1 more"
