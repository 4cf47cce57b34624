"""Policies that keep clients away from a load balancer: lists of addresses, and checks at a Gateway."""

from typing import Any

import pytest

from k8slblint.traffic.access.source_ranges import access_to
from k8slblint.traffic.exposure.protection import is_protected
from tests.builders import graph
from tests.gateway_objects import gateway, policy, ref, thing, written

RULES_OF_OFFICE = [{"from": [{"source": {"ipBlocks": ["192.0.2.0/24"]}}]}]

DEPLOYMENT = {
    **thing(
        "Deployment",
        "apps",
        "ingress",
        {
            "selector": {"matchLabels": {"istio": "ingress"}},
            "template": {"metadata": {"labels": {"istio": "ingress", "app": "in"}}, "spec": {"containers": [{"name": "p", "image": "x"}]}},
        },
    ),
    "apiVersion": "apps/v1",
}


def balancer(**selector: str) -> dict[str, Any]:
    ports = [{"port": 9000}]
    return thing("Service", "", "ingress", {"type": "LoadBalancer", "selector": selector or {"istio": "ingress"}, "ports": ports})


def istio(spec: dict[str, Any], **more: Any) -> dict[str, Any]:
    return thing("AuthorizationPolicy", "security.istio.io", "office", spec, **more)


def _access(*objects: dict[str, Any]) -> str:
    built = graph(written(balancer(), *objects))
    (service,) = built.of_type("Service")
    return access_to(service, built)


SELECTED = {"selector": {"matchLabels": {"istio": "ingress"}}}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({**SELECTED, "rules": RULES_OF_OFFICE}, "listed", id="addresses"),
        pytest.param({**SELECTED, "action": "ALLOW", "rules": RULES_OF_OFFICE}, "listed", id="stated action"),
        pytest.param(
            {**SELECTED, "rules": [{"from": [{"source": {"remoteIpBlocks": ["192.0.2.1/32"]}}]}]}, "listed", id="original addresses"
        ),
        pytest.param({**SELECTED, "action": "DENY", "rules": RULES_OF_OFFICE}, "everybody", id="others stay allowed"),
        pytest.param({**SELECTED, "action": "AUDIT", "rules": RULES_OF_OFFICE}, "everybody", id="only audited"),
        pytest.param({**SELECTED, "rules": [*RULES_OF_OFFICE, {"to": [{}]}]}, "everybody", id="a rule without addresses"),
        pytest.param({**SELECTED, "rules": [{"from": [{"source": {"principals": ["a"]}}]}]}, "everybody", id="identities"),
        pytest.param({**SELECTED, "rules": [{"from": [{"source": {"ipBlocks": ["0.0.0.0/0"]}}]}]}, "everybody", id="all addresses"),
        pytest.param({**SELECTED, "rules": []}, "everybody", id="no rules"),
        pytest.param({**SELECTED, "rules": [{"from": [{"source": {"ipBlocks": ["192.0.2.7"]}}]}]}, "listed", id="one address"),
        pytest.param({**SELECTED, "rules": [{"from": [{"source": {"ipBlocks": ["${OFFICE}"]}}]}]}, "listed", id="a list to be filled in"),
        pytest.param({"rules": RULES_OF_OFFICE}, "everybody", id="without a selector"),
        pytest.param({"selector": {"matchLabels": {"istio": "other"}}, "rules": RULES_OF_OFFICE}, "everybody", id="other workloads"),
        pytest.param({**SELECTED, "targetRefs": [ref("Gateway", "edge")], "rules": RULES_OF_OFFICE}, "everybody", id="targets beside it"),
    ],
)
def test_an_authorization_policy_with_addresses_restricts_its_workloads(spec: dict[str, Any], expected: str) -> None:
    assert _access(istio(spec)) == expected


@pytest.mark.parametrize(("namespace", "expected"), [("shop", "listed"), ("istio-system", "listed"), ("blog", "everybody")])
def test_policies_apply_in_their_namespace_and_from_the_root(namespace: str, expected: str) -> None:
    assert _access(istio({**SELECTED, "rules": RULES_OF_OFFICE}, namespace=namespace)) == expected


def test_labels_of_the_pods_count_where_the_service_selects_by_others() -> None:
    spec = {"selector": {"matchLabels": {"app": "in"}}, "rules": RULES_OF_OFFICE}
    assert _access(istio(spec), DEPLOYMENT) == "listed"
    assert _access(istio(spec)) == "everybody"


OFFICE = {"defaultAction": "Deny", "rules": [{"action": "Allow", "principal": {"clientCIDRs": ["192.0.2.0/24"]}}]}


@pytest.mark.parametrize(
    ("authorization", "expected"),
    [
        pytest.param(OFFICE, "listed", id="addresses"),
        pytest.param({**OFFICE, "defaultAction": "Allow"}, "everybody", id="all others are allowed"),
        pytest.param({"rules": [{"action": "Allow", "principal": {"headers": []}}]}, "everybody", id="headers"),
        pytest.param({"rules": [{"action": "Deny", "principal": {"clientCIDRs": ["192.0.2.0/24"]}}]}, "everybody", id="only denied"),
    ],
)
def test_a_security_policy_restricts_the_proxies_of_its_gateway(authorization: dict[str, Any], expected: str) -> None:
    labels = {"gateway.envoyproxy.io/owning-gateway-name": "edge", "gateway.envoyproxy.io/owning-gateway-namespace": "shop"}
    own = policy("SecurityPolicy", "office", ref("Gateway", "edge"), {"authorization": authorization})
    built = graph(written(balancer(**labels), gateway(), own))
    (service,) = built.of_type("Service")
    assert access_to(service, built) == expected


@pytest.mark.parametrize(
    ("target", "settings", "expected"),
    [
        pytest.param(ref("Gateway", "edge"), {"basicAuth": {}}, True, id="a login"),
        pytest.param(ref("Gateway", "edge", "http"), {"jwt": {}}, True, id="of a listener"),
        pytest.param(ref("Gateway", "edge"), {"cors": {}}, False, id="no access control"),
        pytest.param(ref("Gateway", "edge"), {"authorization": {"defaultAction": "Allow"}}, False, id="open"),
        pytest.param(ref("Gateway", "other"), {"basicAuth": {}}, False, id="another Gateway"),
    ],
)
def test_a_gateway_with_access_control_is_protected(target: dict[str, Any], settings: dict[str, Any], expected: bool) -> None:
    built = graph(written(gateway(), policy("SecurityPolicy", "login", target, settings)))
    (edge,) = built.of_type("Gateway.gateway.networking.k8s.io")
    assert is_protected(edge, built) is expected


@pytest.mark.parametrize(
    "spec",
    [
        None,
        "x",
        {"selector": 1},
        {**SELECTED, "rules": "x"},
        {**SELECTED, "rules": [None, {"from": [None, {"source": []}]}]},
        {**SELECTED, "rules": [{"from": [{"source": {"ipBlocks": [None, {}, "a/b"]}}]}]},
    ],
)
def test_hostile_policies_restrict_nothing(spec: Any) -> None:
    assert _access(istio(spec)) == "everybody"
