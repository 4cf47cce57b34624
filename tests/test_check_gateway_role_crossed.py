"""gateway-role-crossed: shared gateway infrastructure in namespaces of applications, as stated and as inferred."""

from typing import Any

import pytest

from k8slblint.config import Config
from tests.gateway_objects import GATEWAY_API, gateway, route, thing, written
from tests.linting import findings, scoped, with_parameters

RULE = "gateway-role-crossed"


def service(name: str, namespace: str) -> dict[str, Any]:
    return thing("Service", "", name, {"selector": {"app": name}, "ports": [{"port": 80}]}, namespace)


def application(namespace: str, gateway_namespace: str = "shop", name: str = "web") -> tuple[dict[str, Any], ...]:
    """Return a route to a Service in a namespace, attached to the Gateway `edge` of another one."""
    return service(name, namespace), route(name, namespace, parents=[{"name": "edge", "namespace": gateway_namespace}])


def found(*objects: dict[str, Any], **parameters: Any) -> list[tuple[str, str, str]]:
    config = with_parameters(Config(min_confidence="low"), RULE, parameters)
    return [(one.severity, one.confidence, one.headline) for one in findings(written(*objects), RULE, config=config)]


SHARED = "serves other namespaces from that of an application"
ELSEWHERE = gateway("main", "gateways")
OWN_ONLY = [{"name": "http", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "Same"}}}]
CHOSEN = [{"name": "http", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "Selector", "selector": {}}}}]


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        pytest.param((gateway(), *application("shop")), [], id="one namespace with everything"),
        pytest.param((gateway(), *application("shop"), *application("blog")), ["low"], id="one guest"),
        pytest.param(
            (gateway(), *application("shop"), *application("blog"), *application("wiki")), ["low"], id="roles are divided nowhere"
        ),
        pytest.param(
            (gateway(), *application("shop"), *application("blog"), *application("wiki"), ELSEWHERE), ["medium"], id="roles are divided"
        ),
        pytest.param((gateway(), *application("shop"), *application("blog"), ELSEWHERE), ["low"], id="divided, one guest"),
        pytest.param((gateway(), *application("blog"), *application("wiki"), ELSEWHERE), [], id="no application beside the Gateway"),
        pytest.param(
            (gateway(listeners=OWN_ONLY), *application("shop"), *application("blog"), ELSEWHERE), [], id="a Gateway for its own namespace"
        ),
        pytest.param(
            (gateway(listeners=CHOSEN), *application("shop"), *application("blog"), *application("wiki"), ELSEWHERE),
            ["medium"],
            id="namespaces by labels",
        ),
        pytest.param(
            (gateway(namespace="default"), *application("default", "default"), *application("blog", "default"), ELSEWHERE),
            [],
            id="the namespace default",
        ),
        *(
            pytest.param(
                (gateway(namespace=name), *application(name, name), *application("blog", name), *application("wiki", name), ELSEWHERE),
                [],
                id=name,
            )
            for name in ("kube-system", "envoy-gateway-system", "istio-ingress", "network", "infra", "my-platform", "ingress-nginx")
        ),
    ],
)
def test_without_settings_a_shared_gateway_beside_an_application_is_a_note(
    objects: tuple[dict[str, Any], ...], expected: list[str]
) -> None:
    got = found(*objects)
    assert [confidence for _, confidence, _ in got] == expected
    assert all(severity == "note" and headline == f"Gateway shop/edge {SHARED}" for severity, _, headline in got)


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        pytest.param(["shop"], ["high"], id="by name"),
        pytest.param(["sh*"], ["high"], id="by pattern"),
        pytest.param(["team-*"], [], id="another pattern"),
        pytest.param(["*" * 60 + "x"], [], id="a pattern of stars"),
    ],
)
def test_a_stated_namespace_of_an_application_needs_no_evidence(patterns: list[str], expected: list[str]) -> None:
    assert [confidence for _, confidence, _ in found(gateway(), application_namespaces=patterns)] == expected


def test_a_stated_namespace_may_have_a_gateway_for_itself() -> None:
    assert found(gateway(listeners=OWN_ONLY), application_namespaces=["shop"]) == []


def test_infrastructure_can_be_stated() -> None:
    objects = (gateway(), *application("shop"), *application("blog"), *application("wiki"), ELSEWHERE)
    assert found(*objects, infrastructure_namespaces=["shop"]) == []


def _class(namespace: str) -> dict[str, Any]:
    parameters = {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": "proxy", "namespace": namespace}
    spec = {"controllerName": "gateway.envoyproxy.io/gatewayclass-controller", "parametersRef": parameters}
    return thing("GatewayClass", GATEWAY_API, "eg", spec, None)


@pytest.mark.parametrize(
    ("objects", "parameters", "expected"),
    [
        pytest.param((_class("shop"), *application("shop"), gateway("a", "one"), gateway("b", "two")), {}, ["medium"], id="two users"),
        pytest.param((_class("shop"), *application("shop"), gateway("a", "one")), {}, ["low"], id="one user"),
        pytest.param((_class("shop"), *application("shop"), gateway("a", "shop")), {}, [], id="only its own user"),
        pytest.param((_class("shop"), gateway("a", "one"), gateway("b", "two")), {}, [], id="no application"),
        pytest.param((_class("shop"),), {"application_namespaces": ["shop"]}, ["high"], id="stated"),
        pytest.param((_class("infra"), *application("infra"), gateway("a", "one"), gateway("b", "two")), {}, [], id="infrastructure"),
        pytest.param((_class("${NS}"),), {"application_namespaces": ["*"]}, [], id="a placeholder"),
    ],
)
def test_parameters_of_a_class_belong_to_infrastructure(
    objects: tuple[dict[str, Any], ...], parameters: dict[str, Any], expected: list[str]
) -> None:
    got = [one for one in found(*objects, **parameters) if one[2].startswith("GatewayClass")]
    assert [confidence for _, confidence, _ in got] == expected


def test_trials_are_left_alone() -> None:
    config = with_parameters(scoped(environment="development"), RULE, {"application_namespaces": ["shop"]})
    assert findings(written(gateway()), RULE, config=config) == []


@pytest.mark.parametrize(
    "listeners",
    [
        [None, 5],
        [{"allowedRoutes": "All"}],
        [{"allowedRoutes": {"namespaces": ["All"]}}],
        [{"allowedRoutes": {"namespaces": {"from": {}}}}],
    ],
)
def test_hostile_listeners_do_not_raise(listeners: list[Any]) -> None:
    assert found(gateway(listeners=listeners), application_namespaces=["shop"]) == []
