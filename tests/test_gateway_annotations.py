"""Annotations of Gateways and routes that nothing reads there: load balancer keys, keys of Ingress controllers, DNS and certificates."""

import pytest

from k8slblint.catalog.controllers import gateway_controllers
from k8slblint.catalog.ingress import lookup
from k8slblint.catalog.load_balancers import gateway_metadata, gateway_services
from tests.linting import findings, run

IGNORED = "gateway-annotation-ignored"

DNS = "dns-annotation-ignored"

SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme"

TARGET = "external-dns.alpha.kubernetes.io/target"


def gateway(class_name: str, annotations: str, more: str = "") -> str:
    return f"""---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge, annotations: {{{annotations}}}}}
spec: {{gatewayClassName: {class_name}, listeners: [{{name: http, port: 80, protocol: HTTP}}]{more}}}
"""


def gateway_class(controller: str) -> str:
    return (
        "---\napiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: own}\n"
        f"spec: {{controllerName: {controller}}}\n"
    )


def route(annotations: str, kind: str = "HTTPRoute") -> str:
    return (
        f"---\napiVersion: gateway.networking.k8s.io/v1\nkind: {kind}\nmetadata: {{name: shop, annotations: {{{annotations}}}}}\n"
        "spec: {parentRefs: [{name: edge}], rules: [{backendRefs: [{name: shop, port: 80}]}]}\n"
    )


def test_every_row_is_of_a_known_class_controller() -> None:
    names = [row.class_controller for row in gateway_services()]
    assert [name for name in names if gateway_metadata(name) is None] == []
    assert [name for name in gateway_controllers() if (row := gateway_metadata(name)) and row.class_controller != name] == []


def test_an_internal_scheme_that_is_lost_is_said() -> None:
    (found,) = findings(gateway("eg", f"{SCHEME}: internal"), IGNORED)
    assert found.headline == "Gateway default/edge sets `aws-load-balancer-scheme` without effect"
    assert found.why.endswith("The load balancer that was meant to be internal gets the default of its controller.")
    assert found.help == "Move the setting to `spec.infrastructure.annotations`, or the EnvoyProxy."


def test_keys_with_one_reason_are_one_finding() -> None:
    (found,) = findings(gateway("eg", f"{SCHEME}: internal, metallb.io/address-pool: a"), IGNORED)
    assert found.headline.endswith("sets `aws-load-balancer-scheme` and 1 more without effect")
    assert len(found.related) == 1


@pytest.mark.parametrize(
    ("controller", "is_reported"),
    [
        ("gateway.envoyproxy.io/gatewayclass-controller", True),
        ("gateway.nginx.org/nginx-gateway-controller", True),
        ("io.cilium/gateway-controller", True),
        ("traefik.io/gateway-controller", True),
        ("gateway.k8s.aws/nlb", True),
        ("istio.io/gateway-controller", False),
        ("example.com/unknown", False),
        ("networking.gke.io/gateway", False),
    ],
)
def test_whether_annotations_reach_the_service_is_a_fact_of_the_implementation(controller: str, is_reported: bool) -> None:
    text = gateway_class(controller) + gateway("own", f"{SCHEME}: internal")
    assert bool(findings(text, IGNORED)) == is_reported


def test_a_key_of_an_ingress_controller_is_surely_unread_only_where_the_implementation_is_known() -> None:
    key = "nginx.ingress.kubernetes.io/rewrite-target: /"
    assert [one.confidence for one in findings(route(key), IGNORED)] == ["medium"]
    assert [one.confidence for one in findings(gateway("eg", "") + route(key), IGNORED)] == ["high"]


def test_a_key_of_the_implementation_itself_is_left_alone_unless_its_code_reads_none() -> None:
    kong = "konghq.com/strip-path: 'true'"
    assert findings(gateway("kong", kong) + route(kong), IGNORED) == []
    assert findings(route(kong), IGNORED) == []
    traefik = "traefik.ingress.kubernetes.io/router.entrypoints: web"
    assert len(findings(gateway("traefik", "") + route(traefik), IGNORED)) == 1
    assert findings(route(traefik), IGNORED) == []


def test_a_key_that_the_same_controller_reads_on_ingresses_has_another_place() -> None:
    (found,) = findings(gateway_class("gateway.k8s.aws/alb") + gateway("own", "alb.ingress.kubernetes.io/scheme: internal"), IGNORED)
    assert found.help == "Move the setting to a LoadBalancerConfiguration."


@pytest.mark.parametrize("kind", ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"])
def test_every_kind_of_route_is_judged(kind: str) -> None:
    assert len(findings(route(f"{TARGET}: a.example.com", kind), DNS)) == 1
    assert len(findings(route("nginx.ingress.kubernetes.io/rewrite-target: /", kind), IGNORED)) == 1


def test_both_prefixes_of_external_dns_are_known() -> None:
    new = lookup("external-dns.kubernetes.io/target")
    old = lookup(TARGET)
    assert new is not None
    assert old is not None
    assert new.applies_to == old.applies_to
    assert len(findings(route("external-dns.kubernetes.io/target: a.example.com"), DNS)) == 1


def test_what_follows_is_said_of_the_key() -> None:
    (found,) = findings(route(f"{TARGET}: a.example.com"), DNS)
    assert found.why == (
        "external-dns reads it on Ingresses, Services, Gateways and ListenerSets only. "
        "The record points to the target or address of the Gateway instead."
    )
    assert found.help == "Move it to the Gateway or ListenerSet that the route attaches to, or remove it."
    (found,) = findings(gateway("eg", "external-dns.alpha.kubernetes.io/hostname: a.b"), DNS)
    assert found.help == "Move it to the routes of the Gateway, or remove it."


def test_whether_a_gateway_of_an_unknown_class_copies_its_annotations_is_undecided() -> None:
    report, _ = run(gateway("platform", "external-dns.alpha.kubernetes.io/hostname: a.b"))
    assert [(one.rule, one.count) for one in report.completeness.undecided if one.rule == DNS] == [(DNS, 1)]


def test_a_note_of_cert_manager_asks_for_no_certificate() -> None:
    (found,) = findings(gateway("eg", "cert-manager.io/issuer-name: le"), DNS)
    assert found.why == "cert-manager reads it on Secrets only. No certificate is requested for this object, and no event says so."
    assert found.help.startswith("Write the key that asks for a certificate: `cluster-issuer` names a ClusterIssuer")
    assert findings(gateway("eg", "cert-manager.io/issuer-name: le, cert-manager.io/cluster-issuer: le"), DNS) == []
    assert findings(gateway("eg", "cert-manager.io/issuer: le"), DNS) == []


def test_keys_of_certificates_are_left_alone_elsewhere() -> None:
    assert findings(route("cert-manager.io/issue-temporary-certificate: 'true'"), DNS) == []
    assert findings(gateway("eg", "cert-manager.io/inject-ca-from: a/b"), DNS) == []


@pytest.mark.parametrize(
    "annotations",
    ["a: [1]", f"{SCHEME}: {{b: c}}", "'': ''", f"{TARGET}: 5", "'nginx.ingress.kubernetes.io/': x", "'\\u001b[31m/x': y"],
)
def test_what_has_another_shape_fails_nothing(annotations: str) -> None:
    findings(gateway("eg", annotations) + route(annotations))


def test_long_keys_and_names_keep_their_limits() -> None:
    text = route(f"{TARGET}: a.b, external-dns.alpha.kubernetes.io/internal-hostname: a.b").replace("name: shop,", f"name: {'n' * 253},")
    assert all(len(one.headline) <= 90 for one in findings(text, DNS))
