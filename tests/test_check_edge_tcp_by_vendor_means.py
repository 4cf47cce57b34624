"""Which route of Gateway API replaces ports that a controller opens on its own, and whether the same vendor serves it."""

import pytest

from k8slblint.catalog.controllers import controllers
from k8slblint.catalog.edge_tcp import edge_kinds, ports_config_maps, support_of
from k8slblint.rulebook import read_rule
from tests.linting import findings

RULE = "edge-tcp-by-vendor-means"


def manifest(api_version: str, kind: str, spec: str) -> str:
    return f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a, namespace: shop}}\nspec: {spec}\n"


@pytest.mark.parametrize(
    ("api_version", "kind", "spec", "route"),
    [
        ("traefik.io/v1alpha1", "IngressRouteTCP", "{routes: []}", "TCPRoute"),
        ("traefik.io/v1alpha1", "IngressRouteTCP", "{routes: [], tls: {passthrough: true}}", "TLSRoute"),
        ("traefik.containo.us/v1alpha1", "IngressRouteUDP", "{routes: []}", "UDPRoute"),
        ("k8s.nginx.org/v1", "TransportServer", "{listener: {name: a, protocol: UDP}}", "UDPRoute"),
        ("cis.f5.com/v1", "TransportServer", "{type: tcp}", "TCPRoute"),
        ("configuration.konghq.com/v1beta1", "TCPIngress", "{}", "TCPRoute"),
        ("ingress.v3.haproxy.org/v3", "TCP", "[{name: a}]", "TCPRoute"),
        ("getambassador.io/v3alpha1", "TCPMapping", "{port: 5432, service: db}", "TCPRoute"),
    ],
)
def test_the_route_that_replaces_a_kind(api_version: str, kind: str, spec: str, route: str) -> None:
    [finding] = findings(manifest(api_version, kind, spec), RULE)
    assert route in finding.label
    assert finding.severity == "note"


@pytest.mark.parametrize("spec", ["{}", "{listener: 5}", "{listener: {protocol: SCTP}}", "null", "[]"])
def test_a_protocol_that_is_not_known_says_nothing(spec: str) -> None:
    assert findings(manifest("k8s.nginx.org/v1", "TransportServer", spec), RULE) == []


@pytest.mark.parametrize(
    ("controller", "route", "support"),
    [
        ("traefik", "TCPRoute", "yes"),
        ("traefik", "UDPRoute", "no"),
        ("kong", "UDPRoute", "yes"),
        ("ingress-nginx", "TCPRoute", "no"),
        ("f5-nginx", "TCPRoute", "no"),
        ("haproxytech", "UDPRoute", "unknown"),
    ],
)
def test_whether_the_vendor_serves_the_route(controller: str, route: str, support: str) -> None:
    assert support_of(controller, route) == support  # type: ignore[arg-type]


def test_the_rule_names_all_kinds_of_the_catalog() -> None:
    assert set(edge_kinds()) <= set(read_rule(RULE).kinds)


def test_controllers_are_those_of_the_list() -> None:
    named = {row.controller for row in edge_kinds().values()} | {row.controller for row in ports_config_maps()}
    assert named <= set(controllers())
