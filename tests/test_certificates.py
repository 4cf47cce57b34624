"""Which certificates of listeners can be used, which cannot whatever the cluster holds, and which only the cluster shows."""

import pytest

from k8slblint.graph.answers import Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.loaded import Beside
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Condition
from k8slblint.traffic.attachment.certificates import CertificateFault, Usability, certificate_fault
from k8slblint.traffic.attachment.references import references_of
from tests import builders
from tests.gateway_texts import files, gateway, service
from tests.linting import findings

TLS = "[{{tls: {{certificateRefs: [{}]}}}}]"
CA = "[{{tls: {{frontendValidation: {{caCertificateRefs: [{}]}}}}}}]"


def usability(text: str) -> Usability:
    found = builders.resources(text)

    def opened(kind: str, names: frozenset[str]) -> list[Resource]:
        return [one for one in found if one.kind == kind and one.name in names]

    linted = ResourceGraph([one for one in found if one.kind not in ("ConfigMap", "Secret")], beside=Beside(opened=opened))
    return certificate_fault(next(references_of(found[0])), linted)


def secret(data: str, kind: str = "Secret", metadata: str = "", field: str = "data") -> str:
    return f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: c, namespace: infra{metadata}}}\n{field}: {data}\n"


FAULTS = {
    "a ConfigMap": (TLS.format("{kind: ConfigMap, name: c}"), "", "InvalidCertificateRef", "is a ConfigMap"),
    "the group core": (TLS.format("{group: core, name: c}"), "", "InvalidCertificateRef", "the group 'core'"),
    "a Certificate": (TLS.format("{group: cert-manager.io, kind: Certificate, name: c}"), "", "InvalidCertificateRef", "is a Certificate"),
    "no key": (TLS.format("{name: c}"), secret("{tls.crt: x}"), "InvalidCertificateRef", "no key 'tls.key'"),
    "no certificate": (TLS.format("{name: c}"), secret("{tls.key: x}"), "InvalidCertificateRef", "no key 'tls.crt'"),
    "neither": (TLS.format("{name: c}"), secret("{password: x}"), "InvalidCertificateRef", "no key 'tls.crt' and no key 'tls.key'"),
    "a CA of the group core": (CA.format("{group: core, kind: ConfigMap, name: c}"), "", "InvalidCACertificateKind", "the group 'core'"),
    "a CA without its key": (
        CA.format("{group: '', kind: ConfigMap, name: c}"),
        secret("{ca.pem: x}", "ConfigMap"),
        "InvalidCACertificateRef",
        "no key 'ca.crt'",
    ),
}


@pytest.mark.parametrize(("listeners", "stored", "reason", "words"), FAULTS.values(), ids=FAULTS)
def test_a_certificate_that_cannot_be_used_has_a_reason(listeners: str, stored: str, reason: str, words: str) -> None:
    edge = gateway(listeners, class_name="istio")
    found = usability(files(edge, stored) if stored else edge)
    assert isinstance(found, CertificateFault)
    assert (found.reason, words in found.text) == (reason, True)


USABLE = {
    "a Secret": (TLS.format("{name: c}"), secret("{tls.crt: x, tls.key: y}")),
    "written as text": (TLS.format("{name: c}"), secret("{tls.crt: x, tls.key: y}", field="stringData")),
    "the keys of Istio": (TLS.format("{name: c}"), secret("{cert: x, key: y}")),
    "one of two of the name": (TLS.format("{name: c}"), files(secret("{x: y}"), secret("{tls.crt: x, tls.key: y}"))),
    "a CA": (CA.format("{group: '', kind: ConfigMap, name: c}"), secret("{ca.crt: x}", "ConfigMap")),
    "a CA in a Secret": (CA.format("{group: '', kind: Secret, name: c}"), secret("{tls.crt: x}")),
}


@pytest.mark.parametrize(("listeners", "stored"), USABLE.values(), ids=USABLE)
def test_a_certificate_with_its_keys_can_be_used(listeners: str, stored: str) -> None:
    assert usability(files(gateway(listeners, class_name="nginx"), stored)) is None


UNKNOWN = {
    "missing": (TLS.format("{name: c}"), ""),
    "of another kind": (TLS.format("{group: networking.gke.io, kind: ManagedCertificate, name: c}"), ""),
    "a placeholder": (TLS.format("{name: '${C}'}"), ""),
    "the group core with who may read it": (TLS.format("{group: core, name: c}").replace("eg", "x"), ""),
    "without data": (TLS.format("{name: c}"), secret("{}")),
    "of a type that refers to it": (TLS.format("{name: c}"), secret("{secretName: a, url: b}") + "type: gateway.envoyproxy.io/sds-ref\n"),
    "reflected": (TLS.format("{name: c}"), secret("{x: y}", metadata=", annotations: {reflector.v1.k8s.emberstack.com/reflects: a/b}")),
    "replicated": (TLS.format("{name: c}"), secret("{x: y}", metadata=", annotations: {replicator.v1.mittwald.de/replicate-from: a/b}")),
}


@pytest.mark.parametrize(("listeners", "stored"), UNKNOWN.values(), ids=UNKNOWN)
def test_a_certificate_that_only_the_cluster_shows_is_not_decided(listeners: str, stored: str) -> None:
    edge = gateway(listeners, class_name="nginx")
    assert isinstance(usability(files(edge, stored) if stored else edge), Unknown)


def test_a_listener_with_such_a_certificate_is_reported_with_its_condition() -> None:
    listener = "[{name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}]"
    texts = {"edge.yaml": gateway(listener, class_name="istio"), "c.yaml": secret("{tls.crt: aHVudGVyMg==}")}
    (finding,) = findings(texts, "gateway-listener-invalid")
    assert finding.condition == Condition("ResolvedRefs", "False", "InvalidCertificateRef")
    assert "no key 'tls.key'" in finding.label
    assert "aHVudGVyMg" not in repr(finding)


def test_a_certificate_that_no_grant_permits_is_reported_once() -> None:
    listener = "[{name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{kind: ConfigMap, name: c, namespace: a}]}}]"
    text = files(gateway(listener, class_name="istio"), service("x", "a"))
    assert [one.rule for one in findings(text) if one.condition] == ["reference-not-permitted"]
