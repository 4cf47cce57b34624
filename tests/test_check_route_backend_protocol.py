"""When a backend is told to get plain HTTP where it serves TLS, and every means of TLS that makes it silent."""

import pytest

from k8slblint.checks import route_backend_protocol
from k8slblint.graph.reads import ROUTE_KINDS
from k8slblint.model.rule import Problem
from tests import builders
from tests.gateway_texts import GATEWAY_API, files, gateway, gateway_class, route, service

HTTPS = "[{name: https, port: 443, targetPort: 8443}]"
WEB = "[{name: web, port: 443}]"
EDGE = gateway("[]", namespace="shop")


def problems(text: str) -> list[object]:
    return list(builders.run(route_backend_protocol.check, builders.graph(text), ROUTE_KINDS[:2]))


def backend(ports: str, number: int = 443, *, more: str = "", kind: str = "HTTPRoute") -> str:
    return files(route(f"[{{name: web, port: {number}}}]", kind=kind), service("web", ports=ports, more=more), EDGE)


SERVES_TLS = {
    "named https": HTTPS,
    "443 to 8443": "[{port: 443, targetPort: 8443}]",
    "443 to 6443": "[{port: 443, targetPort: 6443}]",
    "443 without a target": "[{port: 443}]",
    "443 to a port named https": "[{port: 443, targetPort: https}]",
    "443 to a port named webhook-https": "[{port: 443, targetPort: webhook-https}]",
    "a name that ends with https": "[{name: web-https, port: 443, targetPort: 4443}]",
    "a name that begins with https": "[{name: https-web, port: 443}]",
    "named https to 30443": "[{name: https, port: 443, targetPort: 30443}]",
}


@pytest.mark.parametrize("ports", SERVES_TLS.values(), ids=SERVES_TLS)
@pytest.mark.parametrize("kind", ["HTTPRoute", "GRPCRoute"])
def test_a_port_that_serves_tls_is_reported(ports: str, kind: str) -> None:
    (found,) = problems(backend(ports, kind=kind))
    assert isinstance(found, Problem)
    assert (found.path[-1], found.confidence) == ("port", "medium")


@pytest.mark.parametrize(
    ("port", "confidence"),
    [
        ("name: https, port: 9120", "low"),
        ("name: https, port: 9120, targetPort: 7443", "medium"),
        ("name: https, port: 8006", "medium"),
        ("name: https, port: 8006, targetPort: 8080", None),
        ("name: https, port: 9120, targetPort: https", "medium"),
        ("name: web, port: 9120", None),
    ],
)
def test_a_name_alone_is_habit_as_often(port: str, confidence: str | None) -> None:
    number = int(port.split("port: ")[1].split(",", maxsplit=1)[0])
    found = problems(backend(f"[{{{port}}}]", number))
    assert [one.confidence for one in found if isinstance(one, Problem)] == ([confidence] if confidence else [])


def test_the_way_out_names_policy_port_and_plain_port() -> None:
    (found,) = problems(backend("[{name: http, port: 80}, {name: https, port: 443}]"))
    assert isinstance(found, Problem)
    assert "`sectionName: https`" in found.help
    assert "its port 80" in found.help


def test_without_a_known_gateway_the_confidence_is_low() -> None:
    (found,) = problems(files(route(WEB), service("web", ports=HTTPS)))
    assert isinstance(found, Problem)
    assert found.confidence == "low"


PLAIN = {
    "80": backend("[{port: 80}]", 80),
    "443 to 8080": backend("[{port: 443, targetPort: 8080}]"),
    "named https to 8080": backend("[{name: https, port: 443, targetPort: 8080}]"),
    "named https to a port named http": backend("[{name: https, port: 443, targetPort: http}]"),
    "443 to 80": backend("[{port: 443, targetPort: 80}]"),
    "443 to a named port": backend("[{port: 443, targetPort: web}]"),
    "443 to any number": backend("[{port: 443, targetPort: 7007}]"),
    "another port of the same Service": backend("[{name: http, port: 80}, {name: https, port: 443}]", 80),
    "a placeholder": backend("[{name: '${NAME}', port: 443}]"),
    "a port that is not there": backend("[{port: 444}]"),
    "appProtocol https": backend("[{port: 443, appProtocol: https}]"),
    "appProtocol HTTPS of GKE": backend("[{port: 443, appProtocol: HTTPS}]"),
    "appProtocol wss": backend("[{port: 443, appProtocol: kubernetes.io/wss}]"),
    "appProtocol h2c": backend("[{port: 443, appProtocol: kubernetes.io/h2c}]"),
    "no weight": files(route("[{name: web, port: 443, weight: 0}]"), service("web", ports=HTTPS), EDGE),
    "a mesh": files(route(WEB, parents='[{group: "", kind: Service, name: web}]'), service("web", ports=HTTPS)),
    "a TLS route": files(route(WEB, kind="TLSRoute"), service("web", ports=HTTPS), EDGE),
    "a TCP route": files(route(WEB, kind="TCPRoute"), service("web", ports=HTTPS), EDGE),
    "the API server by a TLS route": files(
        route("[{name: kubernetes, namespace: default, port: 443}]", kind="TLSRoute"), service("kubernetes", "default", HTTPS), EDGE
    ),
}


@pytest.mark.parametrize("text", PLAIN.values(), ids=PLAIN)
def test_what_is_plain_or_passed_through_is_silent(text: str) -> None:
    assert problems(text) == []


def policy(target: str = '{group: "", kind: Service, name: web}', *, version: str = "v1", group: str = GATEWAY_API) -> str:
    spec = f"{{targetRefs: [{target}], validation: {{hostname: web, wellKnownCACertificates: System}}}}"
    return f"apiVersion: {group}/{version}\nkind: BackendTLSPolicy\nmetadata: {{name: web, namespace: shop}}\nspec: {spec}\n"


def other(kind: str, api_version: str, spec: str) -> str:
    return f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: any, namespace: shop}}\nspec: {spec}\n"


MEANS = {
    "a policy": policy(),
    "a policy of the port": policy('{group: "", kind: Service, name: web, sectionName: https}'),
    "a policy of v1alpha3": policy(version="v1alpha3"),
    "a policy of v1alpha2": policy(version="v1alpha2").replace("targetRefs: [", "targetRef: ").replace("}], val", "}, val"),
    "a DestinationRule": other("DestinationRule", "networking.istio.io/v1", "{host: web.shop.svc.cluster.local}"),
    "a DestinationRule by name": other("DestinationRule", "networking.istio.io/v1beta1", "{host: web}"),
    "a DestinationRule for all": other("DestinationRule", "networking.istio.io/v1", "{host: '*.local'}"),
    "a BackendConfigPolicy": other("BackendConfigPolicy", "gateway.kgateway.dev/v1alpha1", "{targetRefs: [{name: web}]}"),
    "a TargetGroupConfiguration": other("TargetGroupConfiguration", "gateway.k8s.aws/v1beta1", "{targetReference: {name: web}}"),
    "a policy of Azure": other("BackendTLSPolicy", "alb.networking.azure.io/v1", "{targetRef: {name: web}}"),
    "a policy of agentgateway": other("AgentgatewayPolicy", "agentgateway.dev/v1alpha1", "{targetRefs: [{name: web}]}"),
}


@pytest.mark.parametrize("text", MEANS.values(), ids=MEANS)
def test_whatever_has_the_controller_speak_tls_makes_it_silent(text: str) -> None:
    assert problems(files(backend(HTTPS), text)) == []


ANNOTATIONS = [
    "konghq.com/protocol",
    "projectcontour.io/upstream-protocol.tls",
    "cloud.google.com/app-protocols",
    "traefik.ingress.kubernetes.io/service.serversscheme",
    "traefik.ingress.kubernetes.io/service.serverstransport",
    "haproxy-ingress.github.io/secure-backends",
    "nginx.ingress.kubernetes.io/backend-protocol",
]


@pytest.mark.parametrize("key", ANNOTATIONS)
def test_an_annotation_of_protocol_or_tls_makes_it_silent(key: str) -> None:
    assert (
        problems(
            backend(HTTPS).replace(
                "{name: web, namespace: shop}\nspec:\n  selector",
                f"{{name: web, namespace: shop, annotations: {{{key}: x}}}}\nspec:\n  selector",
            )
        )
        == []
    )


def test_a_controller_that_infers_tls_makes_it_silent() -> None:
    edge = gateway("[]", namespace="shop", class_name="t")
    texts = files(route(WEB), service("web", ports=HTTPS), edge, gateway_class("t", "traefik.io/gateway-controller"))
    assert problems(texts) == []


OTHER_POLICIES = {
    "of another Service": policy('{group: "", kind: Service, name: api}'),
    "of another port": policy('{group: "", kind: Service, name: web, sectionName: http}'),
    "of another name": other("DestinationRule", "networking.istio.io/v1", "{host: api}"),
}


@pytest.mark.parametrize("text", OTHER_POLICIES.values(), ids=OTHER_POLICIES)
def test_a_policy_for_something_else_changes_nothing(text: str) -> None:
    assert len(problems(files(backend(HTTPS), text))) == 1


HOSTILE = [
    "[1]",
    "[{port: 443, targetPort: []}]",
    "[{port: 443, name: 1}]",
    "[{port: 443, targetPort: {}}]",
    "x",
    "[{port: 443, targetPort: true}]",
]


@pytest.mark.parametrize("ports", HOSTILE)
def test_ports_of_wrong_types_do_no_harm(ports: str) -> None:
    problems(files(backend(ports), policy("{name: [1]}"), policy("1")))


@pytest.mark.parametrize(("image", "count"), [("lscr.io/linuxserver/code-server:latest", 0), ("quay.io/keycloak/keycloak:26", 1)])
def test_an_image_that_speaks_plain_http_at_a_port_of_tls_makes_it_silent(image: str, count: int) -> None:
    pods = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  selector: {matchLabels: {app: x}}\n"
        f"  template: {{metadata: {{labels: {{app: x}}}}, spec: {{containers: [{{name: web, image: '{image}'}}]}}}}\n"
    )
    port = "[{name: https, port: 8443, targetPort: 8443}]"
    text = files(route("[{name: web, port: 8443}]"), service("web", ports=port), EDGE, pods)
    assert len([one for one in problems(text) if isinstance(one, Problem)]) == count
