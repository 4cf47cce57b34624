"""What `why` says of policies, filters and references: which act, which do not and why, and that none of them decides the answer."""

from collections.abc import Iterator
from typing import Any

import pytest

from k8slblint.graph.graph import ResourceGraph
from k8slblint.views.steps import Step, as_value
from k8slblint.views.why import explain, find
from tests.builders import graph
from tests.gateway_objects import GATEWAY_API, gateway, policy, ref, route, thing, written

EDGE, WEB = ref("Gateway", "edge"), ref("HTTPRoute", "web")
JWT, CORS = {"jwt": {"providers": [{"name": "us"}]}}, {"cors": {"allowOrigins": ["https://a.example"]}}
MERGE = {"mergeType": "StrategicMerge"}
NAMED = [{"name": "admin", "backendRefs": [{"name": "web", "port": 80}]}, {"name": "other"}]
TWO = [{"name": "http", "port": 80, "protocol": "HTTP"}, {"name": "plain", "port": 8080, "protocol": "HTTP"}]
KGATEWAY, AGENT, ISTIO = "gateway.kgateway.dev", "agentgateway.dev", "security.istio.io"


def security(name: str, target: Any, *settings: dict[str, Any], **more: Any) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for one in settings or (JWT,):
        merged |= one
    return policy("SecurityPolicy", name, target, merged, **more)


def asides(objects: tuple[dict[str, Any], ...], kind: str = "HTTPRoute", name: str = "shop/web") -> list[Step]:
    built: ResourceGraph = graph(written(*objects))
    asked = find(kind, name, built)
    assert asked is not None
    return [step for one in asked.resources for step in explain(one, built).steps if not step.decides]


def said(*objects: dict[str, Any], **asked: str) -> list[tuple[str, str]]:
    """What is said of policies: answer and text."""
    return [(one.reply, one.text) for one in asides(objects, **asked) if "backends" not in one.text]


CASES: dict[str, tuple[tuple[dict[str, Any], ...], list[tuple[str, str]]]] = {
    "one of the route": ((gateway(), route(), security("own", WEB)), [("yes", "SecurityPolicy shop/own acts on it")]),
    "one of the Gateway": (
        (gateway(), route(), security("login", EDGE)),
        [("yes", "SecurityPolicy shop/login acts on Gateway shop/edge")],
    ),
    "one that the route's replaces": (
        (gateway(), route(), security("login", EDGE), security("own", WEB, CORS)),
        [
            ("yes", "SecurityPolicy shop/own acts on it"),
            ("no", "SecurityPolicy shop/login does not act here: SecurityPolicy shop/own replaces it"),
        ],
    ),
    "one that the route's is combined with": (
        (gateway(), route(), security("login", EDGE), security("own", WEB, CORS, MERGE)),
        [
            ("yes", "SecurityPolicy shop/own acts on it"),
            ("yes", "SecurityPolicy shop/login acts on Gateway shop/edge, combined with SecurityPolicy shop/own"),
        ],
    ),
    "one of a rule beside that of the route": (
        (gateway(), route(rules=NAMED), security("own", WEB), security("admin", ref("HTTPRoute", "web", "admin"))),
        [("yes", "SecurityPolicy shop/admin acts on rule 'admin' of it"), ("yes", "SecurityPolicy shop/own acts on it")],
    ),
    "two of one route": (
        (gateway(), route(), security("a", WEB), security("b", WEB)),
        [
            ("unknown", "SecurityPolicy shop/a acts on it if it is older than SecurityPolicy shop/b"),
            ("unknown", "SecurityPolicy shop/b acts on it if it is older than SecurityPolicy shop/a"),
        ],
    ),
    "one that replaces another on one of two listeners": (
        (gateway(listeners=TWO), route(), security("login", EDGE), security("plain", ref("Gateway", "edge", "plain"), CORS)),
        [
            ("unknown", "SecurityPolicy shop/login acts on Gateway shop/edge, but not where SecurityPolicy shop/plain replaces it"),
            ("yes", "SecurityPolicy shop/plain acts on listener 'plain' of Gateway shop/edge"),
        ],
    ),
    "one that the controller does not read": (
        (gateway(class_name="istio"), route(), security("own", WEB)),
        [
            (
                "no",
                "SecurityPolicy shop/own does not act on it: Envoy Gateway, which reads it, does not serve the Gateway",
            )
        ],
    ),
    "one of a route that attaches nowhere": ((route(), security("own", WEB)), [("unknown", "SecurityPolicy shop/own may act on it")]),
    "those that add": (
        (
            gateway(class_name="istio"),
            route(),
            policy("AuthorizationPolicy", "a", EDGE, {"rules": []}, group=ISTIO),
            policy("AuthorizationPolicy", "b", EDGE, {"rules": []}, group=ISTIO),
        ),
        [
            ("yes", "AuthorizationPolicy shop/a acts on Gateway shop/edge"),
            ("yes", "AuthorizationPolicy shop/b acts on Gateway shop/edge"),
        ],
    ),
    "one that is blocked": (
        (
            gateway(class_name="agentgateway"),
            route(),
            policy(
                "AgentgatewayPolicy",
                "base",
                EDGE,
                {"strategy": {"inheritance": "Override"}, "traffic": {"jwtAuthentication": {}}},
                group=AGENT,
            ),
            policy("AgentgatewayPolicy", "own", WEB, {"traffic": {"rateLimit": {}}}, group=AGENT),
        ),
        [
            ("no", "AgentgatewayPolicy shop/own does not act on it: AgentgatewayPolicy shop/base takes precedence"),
            ("yes", "AgentgatewayPolicy shop/base acts on Gateway shop/edge"),
        ],
    ),
    "one of a rule that is not there": (
        (gateway(), route(rules=NAMED), security("own", ref("HTTPRoute", "web", "admim"))),
        [("no", "SecurityPolicy shop/own does not act on it: it has no rule 'admim'")],
    ),
    "one that means it by another name": (
        (gateway(), route(name="checkout"), security("own", ref("HTTPRoute", "chekout"))),
        [("no", "SecurityPolicy shop/own does not act on it: it names HTTPRoute chekout")],
    ),
    "one of another route": ((gateway(), route(), route("api"), security("own", ref("HTTPRoute", "api"))), []),
    "two of which one sets what the other does": (
        (
            gateway(class_name="kgateway"),
            route(),
            policy("TrafficPolicy", "a", WEB, {"csrf": {}}, group=KGATEWAY),
            policy("TrafficPolicy", "b", WEB, {"cors": {}}, group=KGATEWAY),
        ),
        [
            ("unknown", "TrafficPolicy shop/a may act on it, and so may TrafficPolicy shop/b: what both set is not decided"),
            ("unknown", "TrafficPolicy shop/b may act on it, and so may TrafficPolicy shop/a: what both set is not decided"),
        ],
    ),
}


@pytest.mark.parametrize(("objects", "expected"), CASES.values(), ids=CASES)
def test_which_policies_act_on_a_route(objects: tuple[dict[str, Any], ...], expected: list[tuple[str, str]]) -> None:
    name = next(str(one["metadata"]["name"]) for one in objects if one["kind"] == "HTTPRoute")
    assert said(*objects, name=f"shop/{name}") == expected


def test_a_gateway_shows_which_routes_replace_its_policy_and_the_condition() -> None:
    objects = gateway(), route(), security("login", EDGE), security("own", WEB, CORS)
    (login,) = asides(objects, kind="Gateway", name="shop/edge")
    assert (login.reply, login.text) == ("yes", "SecurityPolicy shop/login acts on it")
    assert login.condition is not None
    assert login.condition == ("Overridden", "True", "Overridden")
    assert [one.text for one in login.steps] == ["SecurityPolicy shop/own replaces it on HTTPRoute shop/web"]


@pytest.mark.parametrize(
    ("backends", "services", "reply"),
    [
        ([{"name": "web", "port": 80}], ["web"], "yes"),
        ([{"name": "chekout", "port": 80}], ["checkout"], "no"),
        ([{"name": "web", "port": 80}], [], "unknown"),
    ],
)
def test_whether_the_references_of_a_route_are_resolved(backends: list[dict[str, Any]], services: list[str], reply: str) -> None:
    objects = (
        gateway(),
        route(rules=[{"backendRefs": backends}]),
        *(thing("Service", "", name, {"selector": {"a": "b"}, "ports": [{"port": 80}]}) for name in services),
    )
    (found,) = asides(objects)
    assert found.reply == reply
    assert (found.condition is None) == (reply == "unknown")


def test_a_filter_that_names_nothing_is_a_step() -> None:
    rules = [{"filters": [{"type": "ExtensionRef", "extensionRef": {"group": "traefik.io", "kind": "Middleware", "name": "strp"}}]}]
    objects = gateway(class_name="traefik"), route(rules=rules), thing("Middleware", "traefik.io", "strip", {})
    assert ("no", "its filter names Middleware strp, which does not exist") in said(*objects)


def test_policies_do_not_decide_and_json_says_so() -> None:
    objects = gateway(), route(), security("login", EDGE), security("own", WEB, CORS)
    built = graph(written(*objects))
    (bare,) = built.of_type(f"HTTPRoute.{GATEWAY_API}")
    without = graph(written(*objects[:2]))
    (same,) = without.of_type(f"HTTPRoute.{GATEWAY_API}")
    assert explain(bare, built).reply == explain(same, without).reply
    values = [as_value(step) for step in explain(bare, built).steps]
    assert [one["decides"] for one in values] == [True, False, False, False, True]


def test_the_work_for_one_route_is_bounded() -> None:
    """Of very many policies some are shown, and the others counted."""
    many = [security(f"p{number}", ref("HTTPRoute", "web", f"r{number}")) for number in range(60)]
    steps: Iterator[Step] = iter(asides((gateway(), route(rules=[{"name": f"r{number}"} for number in range(60)]), *many)))
    texts = [one.text for one in steps]
    assert texts[-1] == "20 further policies"
