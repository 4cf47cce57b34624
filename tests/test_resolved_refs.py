"""The condition ResolvedRefs of routes and listeners: both sides, what goes before what, and what only the cluster shows."""

import pytest

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.loaded import Beside
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Condition
from k8slblint.traffic.attachment.conditions import conditions_of_listener
from k8slblint.traffic.attachment.listeners import listeners_of
from k8slblint.traffic.attachment.resolved import resolved_refs_of_route
from tests import builders
from tests.gateway_texts import files, gateway, grant, route, service, source

ACROSS = "[{name: api, namespace: backend, port: 80}]"


def linted(text: str) -> ResourceGraph:
    found = builders.resources(text)

    def opened(kind: str, names: frozenset[str]) -> list[Resource]:
        return [one for one in found if one.kind == kind and one.name in names]

    return ResourceGraph([one for one in found if one.kind not in ("ConfigMap", "Secret")], beside=Beside(opened=opened))


ROUTES = {
    "a Service with its port": (files(route("[{name: web, port: 80}]"), service("web")), "True", "ResolvedRefs"),
    "no backends": (route("[]"), "True", "ResolvedRefs"),
    "a grant": (files(route(ACROSS), grant(source()), service("api", "backend")), "True", "ResolvedRefs"),
    "no grant": (files(route(ACROSS), service("api", "backend")), "False", "RefNotPermitted"),
    "neither grant nor Service": (files(route(ACROSS), service("other", "backend")), "False", "RefNotPermitted"),
    "no Service": (files(route("[{name: chekout, port: 80}]"), service("checkout")), "False", "BackendNotFound"),
    "a wrong kind": (route("[{kind: Pod, name: web, port: 80}]"), "False", "InvalidKind"),
    "one of two": (files(route("[{name: orders, port: 80}, {name: oders, port: 80}]"), service("orders")), "False", "BackendNotFound"),
    "one unknown, one wrong": (route("[{name: web, port: 80}, {kind: Pod, name: web}]"), "False", "InvalidKind"),
    "a port that is not there": (files(route("[{name: web, port: 81}]"), service("web")), "Unknown", "Pending"),
    "a port that is not there with Envoy Gateway": (
        files(route("[{name: web, port: 81}]"), service("web"), gateway("[]", namespace="shop", class_name="eg")),
        "False",
        "PortNotFound",
    ),
    "a port that is not there with NGINX": (
        files(route("[{name: web, port: 81}]"), service("web"), gateway("[]", namespace="shop", class_name="nginx")),
        "False",
        "BackendNotFound",
    ),
    "a port that is not there with Istio": (
        files(route("[{name: web, port: 81}]"), service("web"), gateway("[]", namespace="shop", class_name="istio")),
        "Unknown",
        "Pending",
    ),
    "without weight": (files(route("[{name: oders, port: 80, weight: 0}]"), service("orders")), "Unknown", "Pending"),
    "another repository": (route(ACROSS), "Unknown", "Pending"),
    "a kind of an implementation": (route("[{group: example.com, kind: Backend, name: web}]"), "Unknown", "Pending"),
}


@pytest.mark.parametrize(("text", "status", "reason"), ROUTES.values(), ids=ROUTES)
def test_backends_decide_the_condition_of_a_route(text: str, status: str, reason: str) -> None:
    graph = linted(text)
    (one,) = graph.of_type("HTTPRoute.gateway.networking.k8s.io")
    assert resolved_refs_of_route(one, graph) == Condition("ResolvedRefs", status, reason)


HTTPS = "[{{name: a, port: {port}, protocol: HTTPS, tls: {{certificateRefs: [{reference}]}}}}]"
GOOD = "apiVersion: v1\nkind: Secret\nmetadata: {name: c, namespace: infra}\ndata: {tls.crt: a, tls.key: b}\n"
FRONTEND = "  tls: {{frontend: {{{where}: {{validation: {{caCertificateRefs: [{{group: '', kind: ConfigMap, name: ca}}]}}}}}}}}\n"
PER_PORT = (
    "  tls: {frontend: {perPort: [{port: 8443, tls: {validation: {caCertificateRefs: [{group: '', kind: ConfigMap, name: ca}]}}}]}}\n"
)
CA = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ca, namespace: infra}\ndata: {KEY: a}\n"


def edge(reference: str = "{name: c}", port: int = 443, more: str = "") -> str:
    return gateway(HTTPS.format(port=port, reference=reference), class_name="istio") + more


BAD_CA, GOOD_CA = CA.replace("KEY", "ca.pem"), CA.replace("KEY", "ca.crt")
DEFAULT = FRONTEND.format(where="default")
LISTENERS = {
    "a Secret": (files(edge(), GOOD), "True", "True", "ResolvedRefs"),
    "a Secret elsewhere": (edge(), "True", "Unknown", "Pending"),
    "not a Secret": (edge("{kind: ConfigMap, name: c}"), "True", "False", "InvalidCertificateRef"),
    "no grant": (files(edge("{name: c, namespace: certs}"), service("x", "certs")), "True", "False", "RefNotPermitted"),
    "a CA of all ports": (files(edge(more=DEFAULT), GOOD, GOOD_CA), "True", "True", "ResolvedRefs"),
    "a bad CA of all ports": (files(edge(more=DEFAULT), GOOD, BAD_CA), "False", "False", "InvalidCACertificateRef"),
    "a bad CA of its port": (files(edge(port=8443, more=PER_PORT), GOOD, BAD_CA), "False", "False", "InvalidCACertificateRef"),
    "a bad CA of another port": (files(edge(more=PER_PORT), GOOD, BAD_CA), "True", "True", "ResolvedRefs"),
    "plain HTTP": (gateway("[{name: a, port: 80, protocol: HTTP}]") + DEFAULT + "---\n" + BAD_CA, "True", "True", "ResolvedRefs"),
}


@pytest.mark.parametrize(("text", "accepted", "status", "reason"), LISTENERS.values(), ids=LISTENERS)
def test_certificates_decide_the_conditions_of_a_listener(text: str, accepted: str, status: str, reason: str) -> None:
    graph = linted(text)
    (owner,) = graph.of_type("Gateway.gateway.networking.k8s.io")
    (listener,) = listeners_of(owner, graph)
    found = conditions_of_listener(listener, owner, graph)
    assert (found[0].status, found[2]) == (accepted, Condition("ResolvedRefs", status, reason))
