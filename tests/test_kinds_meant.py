"""Which kind or API version is meant where an API group does not have the kind that is written."""

import json

import pytest

from k8slblint.loading.served_versions import kind_meant, served_instead
from k8slblint.shipped import schemas_folder

GATEWAY, EXPERIMENTAL = "gateway.networking.k8s.io", "gateway.networking.x-k8s.io"

KNOWN = [name.rpartition("/")[::2] for name in json.loads((schemas_folder() / "crds" / "gateway-api.json").read_text())["kinds"]]


@pytest.mark.parametrize(
    ("api_version", "kind", "meant"),
    [
        (f"{GATEWAY}/v1", "HttpRoute", "HTTPRoute"),
        (f"{GATEWAY}/v1", "httproute", "HTTPRoute"),
        (f"{GATEWAY}/v1beta1", "HTTPRoutes", "HTTPRoute"),
        (f"{GATEWAY}/v1", "HTTPRoue", "HTTPRoute"),
        (f"{GATEWAY}/v1", "HTTPRotue", "HTTPRoute"),
        (f"{GATEWAY}/v1", "Gateways", "Gateway"),
        (f"{GATEWAY}/v1", "GateWay", "Gateway"),
        (f"{GATEWAY}/v1", "GatewayClasses", "GatewayClass"),
        (f"{GATEWAY}/v1", "Gatewayclass", "GatewayClass"),
        (f"{GATEWAY}/v1", "GatewayListenerSet", "ListenerSet"),
        (f"{GATEWAY}/v1", "GatewayHTTPRoute", "HTTPRoute"),
        (f"{GATEWAY}/v1", "BackendTLSPolicies", "BackendTLSPolicy"),
        (f"{GATEWAY}/v1", "BackendTLS", "BackendTLSPolicy"),
        (f"{GATEWAY}/v1alpha1", "ReferenceGrants", "ReferenceGrant"),
        (f"{EXPERIMENTAL}/v1alpha1", "xlistenerset", "XListenerSet"),
        (f"{GATEWAY}/v1", "HTTPRouteList", None),
        (f"{GATEWAY}/v1", "HTTPRouteTemplate", None),
        (f"{GATEWAY}/v1", "QUICRoute", None),
        (f"{GATEWAY}/v1", "XGateway", "Gateway"),
        (f"{GATEWAY}/v1", "Mesh", None),
        (f"{GATEWAY}/v1", "x" * 5000, None),
        (f"{GATEWAY}/v1", "", None),
        ("gateway.example.com/v1", "HttpRoute", None),
        ("v1", "service", "Service"),
        ("v1", "Services", None),
    ],
)
def test_a_kind_that_is_near_is_meant(api_version: str, kind: str, meant: str | None) -> None:
    assert kind_meant(api_version, kind) == meant


@pytest.mark.parametrize(
    ("api_version", "kind", "served"),
    [
        (f"{EXPERIMENTAL}/v1alpha1", "ListenerSet", f"{GATEWAY}/v1"),
        (f"{GATEWAY}/v1", "XListenerSet", f"{EXPERIMENTAL}/v1alpha1"),
        (f"{GATEWAY}/v1", "Ingress", "networking.k8s.io/v1"),
        ("networking.k8s.io/v1", "HTTPRoute", f"{GATEWAY}/v1"),
        ("networking.k8s.io/v1alpha2", "TCPRoute", f"{GATEWAY}/v1"),
        ("networking.k8s.io/v1", "Ingress", None),
        ("v1", "Gateway", None),
        (f"{GATEWAY}/v1", "Mesh", None),
    ],
)
def test_the_group_that_has_a_kind_is_named(api_version: str, kind: str, served: str | None) -> None:
    assert next(iter(served_instead(api_version, kind)), None) == served


@pytest.mark.parametrize(("api_version", "kind"), KNOWN)
def test_nothing_is_said_of_a_kind_that_a_release_has(api_version: str, kind: str) -> None:
    assert (kind_meant(api_version, kind), served_instead(api_version, kind)) == (None, ())
