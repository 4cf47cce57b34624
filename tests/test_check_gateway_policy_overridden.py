"""gateway-policy-overridden: what is lost between two policies, level by level and implementation by implementation."""

from typing import Any

import pytest

from k8slblint.config import Config
from k8slblint.model.finding import Finding
from tests.gateway_objects import GATEWAY_API, envoy_gateway, gateway, policy, ref, route, thing, written
from tests.linting import findings, scoped, with_parameters

RULE = "gateway-policy-overridden"

JWT = {"jwt": {"providers": [{"name": "us"}]}}
BASIC = {"basicAuth": {"users": {"name": "users"}}}
CORS = {"cors": {"allowOrigins": ["https://a.example"]}}
OFFICE = {"authorization": {"defaultAction": "Deny", "rules": [{"action": "Allow", "principal": {"clientCIDRs": ["192.0.2.0/24"]}}]}}
OPEN = {"authorization": {"defaultAction": "Allow"}}
LIMIT = {"rateLimit": {"type": "Local"}}
RETRY = {"retry": {"numRetries": 3}}
MERGE = {"mergeType": "StrategicMerge"}
EDGE, WEB = ref("Gateway", "edge"), ref("HTTPRoute", "web")
NAMED = [{"name": "admin", "backendRefs": [{"name": "web", "port": 80}]}, {"name": "other"}]
LISTENERS = [{"name": "http", "port": 80, "protocol": "HTTP"}, {"name": "https", "port": 443, "protocol": "HTTPS"}]
AGENT, KGATEWAY, KONG = "agentgateway.dev", "gateway.kgateway.dev", "configuration.konghq.com"


def security(name: str, target: Any, *settings: dict[str, Any], **more: Any) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for one in settings:
        merged |= one
    return policy("SecurityPolicy", name, target, merged, **more)


def backend(name: str, target: Any, settings: dict[str, Any]) -> dict[str, Any]:
    return policy("BackendTrafficPolicy", name, target, settings)


def found(*objects: dict[str, Any], **options: Any) -> list[Finding]:
    return findings(written(*objects), RULE, config=options.pop("config", Config(min_confidence="low")), **options)


def lost(*objects: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return severity, confidence and headline of what is found."""
    return [(one.severity, one.confidence, one.headline) for one in found(*objects)]


@pytest.mark.parametrize(
    ("parent", "child", "expected"),
    [
        pytest.param(JWT, CORS, ("error", "high", "`jwt`"), id="a login goes with CORS"),
        pytest.param(BASIC, CORS, ("error", "high", "`basicAuth`"), id="a password goes"),
        pytest.param(OFFICE, CORS, ("error", "high", "`authorization`"), id="an allow-list goes"),
        pytest.param({"oidc": {"clientID": "a"}}, CORS, ("error", "high", "`oidc`"), id="OIDC goes"),
        pytest.param({"extAuth": {"http": {}}}, CORS, ("error", "high", "`extAuth`"), id="external authorization goes"),
        pytest.param({"apiKeyAuth": {"credentialRefs": []}}, CORS, ("error", "high", "`apiKeyAuth`"), id="an API key goes"),
        pytest.param(JWT | OFFICE, CORS, ("error", "high", "`jwt` and `authorization`"), id="two go"),
        pytest.param(JWT | OFFICE, JWT, ("error", "medium", "`authorization`"), id="the allow-list goes, the login is repeated"),
        pytest.param(JWT, BASIC, ("error", "medium", "`jwt`"), id="another login may be meant"),
        pytest.param(JWT, OPEN, ("error", "low", "`jwt`"), id="an open route is a decision"),
        pytest.param(JWT, {}, ("error", "low", "`jwt`"), id="a policy without settings does nothing else"),
        pytest.param(CORS, JWT, ("warning", "medium", "`cors`"), id="CORS is no access control"),
        pytest.param({"csrf": {}}, JWT, ("warning", "medium", "`csrf`"), id="a check of requests goes"),
    ],
)
def test_what_a_policy_of_a_route_drops_is_graded_by_what_it_was(
    parent: dict[str, Any], child: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    severity, confidence, settings = expected
    assert lost(gateway(), route(), security("login", EDGE, parent), security("own", WEB, child)) == [
        (severity, confidence, f"SecurityPolicy shop/own drops {settings} set for its Gateway")
    ]


@pytest.mark.parametrize(
    ("parent", "child"),
    [
        pytest.param(JWT, JWT, id="the same login"),
        pytest.param(CORS, CORS | JWT, id="only more"),
        pytest.param(OPEN, JWT, id="the Gateway allows every client"),
        pytest.param(JWT, CORS | MERGE, id="merged"),
        pytest.param(JWT, CORS | {"mergeType": "JSONMerge"}, id="merged as JSON"),
        pytest.param({}, CORS, id="a policy without settings"),
        pytest.param({"jwt": None}, CORS, id="a setting that is null"),
    ],
)
def test_a_policy_of_a_route_that_drops_nothing_is_silent(parent: dict[str, Any], child: dict[str, Any]) -> None:
    assert lost(gateway(), route(), security("login", EDGE, parent), security("own", WEB, child)) == []


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        pytest.param(
            (security("a", EDGE, JWT), security("b", ref("Gateway", "edge", "http"), CORS)), ["Gateway"], id="listener over Gateway"
        ),
        pytest.param((security("a", WEB, JWT), security("b", ref("HTTPRoute", "web", "admin"), CORS)), ["HTTPRoute"], id="rule over route"),
        pytest.param(
            (security("a", EDGE, JWT), security("b", ref("HTTPRoute", "web", "admin"), CORS)), ["Gateway"], id="rule over Gateway"
        ),
        pytest.param(
            (security("a", ref("Gateway", "edge", "http"), JWT), security("b", WEB, CORS)),
            ["listener"],
            id="route over the listener it uses",
        ),
        pytest.param(
            (security("a", ref("Gateway", "edge", "other"), JWT), security("b", WEB, CORS)), [], id="a listener that does not exist"
        ),
        pytest.param(
            (security("a", WEB, JWT), security("b", ref("HTTPRoute", "web", "admin"), CORS | MERGE)),
            ["HTTPRoute"],
            id="a rule is not merged with its route",
        ),
        pytest.param(
            (security("a", EDGE, JWT), security("b", WEB, CORS | MERGE), security("c", ref("HTTPRoute", "web", "admin"), CORS)),
            ["HTTPRoute"],
            id="a rule drops what the route was merged with",
        ),
        pytest.param(
            (security("a", EDGE, JWT), security("b", WEB, JWT), security("c", ref("HTTPRoute", "web", "admin"), JWT)),
            [],
            id="all levels agree",
        ),
        pytest.param(
            (security("a", EDGE, JWT), security("b", EDGE, BASIC), security("c", WEB, CORS)), [], id="which of two counts is unknown"
        ),
        pytest.param(
            (security("a", EDGE, JWT), security("b", EDGE, JWT), security("c", WEB, CORS)), ["Gateway"], id="two that agree on what goes"
        ),
        pytest.param((security("a", EDGE, JWT), security("b", WEB, CORS), security("c", WEB, JWT)), [], id="two policies on one route"),
    ],
)
def test_levels_override_each_other_in_order(objects: tuple[dict[str, Any], ...], expected: list[str]) -> None:
    assert [one[2].rpartition(" ")[2] for one in lost(gateway(), route(rules=NAMED), *objects)] == expected


@pytest.mark.parametrize(
    ("gateways", "routes", "count"),
    [
        pytest.param([gateway()], [route(namespace="blog")], 0, id="a policy stays in its namespace"),
        pytest.param([gateway(class_name="istio")], [route()], 0, id="a Gateway of another implementation"),
        pytest.param([gateway(class_name="ours")], [route()], 1, id="a class that nobody knows"),
        pytest.param([gateway()], [route(parents=[{"name": "other"}])], 0, id="a route of another Gateway"),
        pytest.param([gateway()], [route(parents=[{"name": "edge", "sectionName": "none"}])], 0, id="a listener that does not exist"),
        pytest.param([gateway()], [route(parents=[{"name": "edge", "port": 8080}])], 0, id="a port that no listener has"),
        pytest.param([gateway()], [route(parents=[{"group": "", "kind": "Service", "name": "edge"}])], 0, id="a route of a mesh"),
        pytest.param([gateway(listeners=[{"name": "t", "port": 1, "protocol": "TLS"}])], [route()], 0, id="a listener for other routes"),
        pytest.param(
            [gateway(listeners=[{"name": "h", "port": 80, "protocol": "HTTP", "hostname": "a.example"}])],
            [route(spec={"hostnames": ["b.example"]})],
            0,
            id="no common host name",
        ),
        pytest.param(
            [gateway(listeners=[{"name": "h", "port": 80, "protocol": "HTTP", "hostname": "*.example"}])],
            [route(spec={"hostnames": ["b.example"]})],
            1,
            id="a wildcard",
        ),
        pytest.param([gateway()], [], 0, id="a route that is not there"),
        pytest.param([], [route()], 0, id="a Gateway that is not there"),
    ],
)
def test_only_routes_that_attach_are_judged(gateways: list[dict[str, Any]], routes: list[dict[str, Any]], count: int) -> None:
    assert len(lost(*gateways, *routes, security("login", EDGE, JWT), security("own", WEB, CORS))) == count


def test_a_route_in_another_namespace_loses_what_the_gateway_requires() -> None:
    own = security("own", WEB, CORS, namespace="blog")
    assert lost(gateway(), route(namespace="blog"), security("login", EDGE, JWT), own) == [
        ("error", "high", "SecurityPolicy blog/own drops `jwt` set for its Gateway")
    ]


def test_a_route_that_the_listener_does_not_allow_is_silent() -> None:
    own = security("own", WEB, CORS, namespace="blog")
    assert lost(gateway(listeners=LISTENERS), route(namespace="blog"), security("login", EDGE, JWT), own) == []


def test_one_finding_for_each_target_and_replaced_policy() -> None:
    two = security("own", [WEB, ref("HTTPRoute", "api")], CORS)
    listeners = gateway(listeners=LISTENERS)
    assert len(lost(listeners, route(), route("api"), security("login", EDGE, JWT), two)) == 2


@pytest.mark.parametrize(
    ("tag", "kind", "settings", "count"),
    [
        pytest.param("v1.7.1", "SecurityPolicy", JWT, 1, id="SecurityPolicy before 1.8"),
        pytest.param("v1.8.0", "SecurityPolicy", JWT, 0, id="SecurityPolicy in 1.8"),
        pytest.param("v1.3.2", "BackendTrafficPolicy", LIMIT, 1, id="BackendTrafficPolicy before 1.4"),
        pytest.param("v1.4.0", "BackendTrafficPolicy", LIMIT, 0, id="BackendTrafficPolicy in 1.4"),
        pytest.param("v1.8.3", "EnvoyExtensionPolicy", {"lua": [{}]}, 1, id="EnvoyExtensionPolicy before 1.9"),
        pytest.param("v1.9.0-rc.1", "EnvoyExtensionPolicy", {"lua": [{}]}, 0, id="a candidate of 1.9"),
        pytest.param("latest", "SecurityPolicy", JWT, 0, id="a release that is not known"),
        pytest.param("", "SecurityPolicy", JWT, 0, id="no tag"),
    ],
)
def test_merging_needs_a_release_that_has_it(tag: str, kind: str, settings: dict[str, Any], count: int) -> None:
    parent, child = policy(kind, "above", EDGE, settings), policy(kind, "own", WEB, {"wasm": [{}], **MERGE})
    assert len(lost(gateway(), route(), parent, child, envoy_gateway(tag))) == count


def test_a_release_without_merging_is_named() -> None:
    objects = (gateway(), route(), security("login", EDGE, JWT), security("own", WEB, CORS | MERGE), envoy_gateway("v1.7.1"))
    (one,) = found(*objects)
    assert "1.7.1 has no `mergeType`" in one.why
    assert "Upgrade Envoy Gateway to 1.8.0" in one.help


@pytest.mark.parametrize(
    ("parent", "child", "expected"),
    [
        pytest.param(LIMIT, RETRY, [("warning", "`rateLimit`")], id="a limit"),
        pytest.param(RETRY, LIMIT, [("warning", "`retry`")], id="retries"),
        pytest.param({"circuitBreaker": {}, "compression": [{}], **RETRY}, LIMIT, [("warning", "`circuitBreaker` and 2 more")], id="three"),
        pytest.param({"telemetry": {}, "tracing": {}}, RETRY, [], id="what only observes"),
        pytest.param({"telemetry": {}, **RETRY}, LIMIT, [("warning", "`retry`")], id="what only observes beside another"),
        pytest.param(RETRY, {**RETRY, **LIMIT}, [], id="repeated"),
    ],
)
def test_traffic_settings_are_a_warning(parent: dict[str, Any], child: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    got = lost(gateway(), route(), backend("above", EDGE, parent), backend("own", WEB, child))
    assert [(severity, headline.partition(" drops ")[2].partition(" set for")[0]) for severity, _, headline in got] == expected


@pytest.mark.parametrize(
    ("child", "confidence"),
    [
        pytest.param({**RETRY, "timeout": {}, "connection": {}}, "low", id="three of four are repeated"),
        pytest.param({**RETRY, "timeout": {}}, "medium", id="half of them are"),
        pytest.param({"healthCheck": {}}, "medium", id="none is"),
    ],
)
def test_a_policy_that_repeats_most_settings_leaves_the_rest_out_on_purpose(child: dict[str, Any], confidence: str) -> None:
    above = {"compression": [{}], "connection": {}, "timeout": {}, **RETRY}
    assert [one[1] for one in lost(gateway(), route(), backend("above", EDGE, above), backend("own", WEB, child))] == [confidence]


def test_what_is_ignored_is_a_parameter() -> None:
    text = written(gateway(), route(), backend("above", EDGE, RETRY), backend("own", WEB, LIMIT))
    assert findings(text, RULE, config=with_parameters(Config(), RULE, {"ignored_settings": ["retry"]})) == []


def test_client_certificates_of_a_gateway_go_with_a_policy_of_a_listener() -> None:
    above = policy("ClientTrafficPolicy", "mtls", EDGE, {"tls": {"clientValidation": {"caCertificateRefs": []}, "minVersion": "1.3"}})
    own = policy("ClientTrafficPolicy", "own", ref("Gateway", "edge", "https"), {"tls": {"minVersion": "1.2"}})
    assert lost(gateway(listeners=LISTENERS), above, own) == [
        ("error", "high", "ClientTrafficPolicy shop/own drops `tls.clientValidation` set for its Gateway")
    ]


@pytest.mark.parametrize(
    ("selector", "labels", "count"),
    [
        pytest.param({"kind": "HTTPRoute"}, {}, 1, id="all routes"),
        pytest.param({"kind": "HTTPRoute", "matchLabels": {"open": "yes"}}, {"open": "yes"}, 1, id="labels that match"),
        pytest.param({"kind": "HTTPRoute", "matchLabels": {"open": "yes"}}, {}, 0, id="labels that do not match"),
        pytest.param(
            {"kind": "HTTPRoute", "matchExpressions": [{"key": "open", "operator": "Exists"}]}, {"open": ""}, 1, id="an expression"
        ),
        pytest.param({"kind": "HTTPRoute", "group": "example.com"}, {}, 0, id="another group"),
    ],
)
def test_targets_are_selected_by_labels(selector: dict[str, Any], labels: dict[str, str], count: int) -> None:
    own = thing("SecurityPolicy", "gateway.envoyproxy.io", "own", {"targetSelectors": [selector], **CORS})
    assert len(lost(gateway(), route(labels=labels), security("login", EDGE, JWT), own)) == count


def test_the_old_field_for_one_target_is_read() -> None:
    own = thing("SecurityPolicy", "gateway.envoyproxy.io", "own", {"targetRef": WEB, **CORS})
    assert len(lost(gateway(), route(), security("login", EDGE, JWT), own)) == 1


LISTENER_SET = thing(
    "ListenerSet",
    GATEWAY_API,
    "more",
    {"parentRef": {"name": "edge", "namespace": "shop"}, "listeners": [{"name": "extra", "port": 81, "protocol": "HTTP"}]},
)
BY_SET = route(parents=[{"kind": "ListenerSet", "name": "more"}])


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        pytest.param((security("a", EDGE, JWT), security("b", WEB, CORS)), ["Gateway"], id="the Gateway reaches routes of a set"),
        pytest.param((security("a", ref("Gateway", "edge", "http"), JWT), security("b", WEB, CORS)), [], id="its listener does not"),
        pytest.param((security("a", ref("ListenerSet", "more"), JWT), security("b", WEB, CORS)), ["ListenerSet"], id="route over set"),
        pytest.param((security("a", EDGE, JWT), security("b", ref("ListenerSet", "more"), CORS)), ["Gateway"], id="set over Gateway"),
        pytest.param(
            (security("a", ref("ListenerSet", "more"), JWT), security("b", ref("ListenerSet", "more", "extra"), CORS)),
            ["ListenerSet"],
            id="listener over set",
        ),
    ],
)
def test_listener_sets_are_levels(objects: tuple[dict[str, Any], ...], expected: list[str]) -> None:
    edge = gateway(spec={"allowedListeners": {"namespaces": {"from": "Same"}}})
    assert [one[2].rpartition(" ")[2] for one in lost(edge, LISTENER_SET, BY_SET, *objects)] == expected


def test_a_listener_set_that_the_gateway_does_not_allow_is_silent() -> None:
    assert lost(gateway(), LISTENER_SET, BY_SET, security("a", EDGE, JWT), security("b", WEB, CORS)) == []


def test_labels_that_are_not_known_make_it_less_certain() -> None:
    chosen = {"namespaces": {"from": "Selector", "selector": {"matchLabels": {"team": "a"}}}}
    edge = gateway(listeners=[{"name": "http", "port": 80, "protocol": "HTTP", "allowedRoutes": chosen}])
    objects = (security("a", EDGE, JWT), security("b", WEB, CORS, namespace="blog"))
    assert [one[1] for one in lost(edge, route(namespace="blog"), *objects)] == ["medium"]


@pytest.mark.parametrize(
    ("kind", "group", "parent", "child"),
    [
        pytest.param("TrafficPolicy", KGATEWAY, {"extAuth": {}}, {"cors": {}}, id="kgateway merges by field"),
        pytest.param("AgentgatewayPolicy", AGENT, {"traffic": {"authorization": {}}}, {"traffic": {"cors": {}}}, id="agentgateway merges"),
        pytest.param("ClientSettingsPolicy", "gateway.nginx.org", {"body": {"maxSize": "1m"}}, {"keepAlive": {}}, id="NGF merges"),
        pytest.param("RateLimitPolicy", "gateway.nginx.org", {"rateLimit": {"local": {}}}, {"rateLimit": {}}, id="NGF limits"),
        pytest.param("AuthorizationPolicy", "security.istio.io", {"action": "DENY", "rules": [{}]}, {"rules": [{}]}, id="Istio adds"),
        pytest.param(
            "WebApplicationFirewallPolicy", "alb.networking.azure.io", {"webApplicationFirewall": {}}, {}, id="levels not documented"
        ),
        pytest.param("SecurityPolicy", "example.com", JWT, CORS, id="a policy that nobody knows"),
    ],
)
def test_policies_that_are_merged_or_added_lose_nothing(kind: str, group: str, parent: dict[str, Any], child: dict[str, Any]) -> None:
    objects = (policy(kind, "above", EDGE, parent, group=group), policy(kind, "own", WEB, child, group=group))
    assert lost(gateway(class_name="ours"), route(), *objects) == []


def acl(default: str, *addresses: str) -> dict[str, Any]:
    action = "allow" if default == "deny" else "deny"
    return {"acl": {"defaultAction": default, "rules": [{"cidrs": list(addresses), "action": action}] if addresses else []}}


def rbac(action: str | None, expression: str) -> dict[str, Any]:
    return {"rbac": {"policy": {"matchExpressions": [expression]}, **({"action": action} if action else {})}}


@pytest.mark.parametrize(
    ("parent", "child", "expected"),
    [
        pytest.param(acl("deny", "192.0.2.0/24"), acl("allow"), ("error", "medium", "`acl`"), id="an allow-list opens"),
        pytest.param(acl("deny", "192.0.2.0/24"), acl("deny", "198.51.100.1"), ("error", "low", "`acl`"), id="another allow-list"),
        pytest.param(acl("allow", "192.0.2.1"), acl("allow", "192.0.2.2"), ("error", "low", "`acl`"), id="another deny-list"),
        pytest.param(acl("deny", "192.0.2.0/24"), acl("deny", "192.0.2.0/24"), None, id="repeated"),
        pytest.param(acl("deny", "192.0.2.0/24"), {"cors": {}}, None, id="merged"),
        pytest.param(rbac(None, "true"), rbac("Deny", "false"), ("error", "medium", "`rbac`"), id="an allowing rule becomes a denying one"),
        pytest.param(rbac("Deny", "a"), rbac("Allow", "b"), ("error", "low", "`rbac`"), id="a denying rule becomes an allowing one"),
        pytest.param(rbac("Allow", "${A}"), rbac("Deny", "b"), None, id="a rule that is filled in later"),
        pytest.param({"rbac": "x"}, rbac("Deny", "b"), None, id="a rule of another type"),
    ],
)
def test_kgateway_takes_lists_whole(parent: dict[str, Any], child: dict[str, Any], expected: tuple[str, str, str] | None) -> None:
    above, own = (policy("TrafficPolicy", name, at, what, group=KGATEWAY) for name, at, what in (("a", EDGE, parent), ("b", WEB, child)))
    got = lost(gateway(class_name="kgateway"), route(), above, own)
    assert got == ([(*expected[:2], f"TrafficPolicy shop/b replaces {expected[2]} set for its Gateway")] if expected else [])


def test_a_list_of_a_parent_that_is_preferred_is_not_replaced() -> None:
    edge = gateway(class_name="kgateway", annotations={"kgateway.dev/inherited-policy-priority": "ShallowMergePreferParent"})
    above = policy("TrafficPolicy", "a", EDGE, acl("deny", "192.0.2.0/24"), group=KGATEWAY)
    (one,) = lost(edge, route(), above, policy("TrafficPolicy", "b", WEB, acl("allow"), group=KGATEWAY))
    assert one[2] == "TrafficPolicy shop/b cannot set `acl`"


def test_the_condition_is_the_one_that_the_implementation_sets() -> None:
    (one,) = found(gateway(), route(), security("login", EDGE, JWT), security("own", WEB, CORS))
    assert one.condition == ("Overridden", "True", "Overridden")
    above = policy("TrafficPolicy", "a", EDGE, acl("deny", "192.0.2.0/24"), group=KGATEWAY)
    (one,) = found(gateway(class_name="kgateway"), route(), above, policy("TrafficPolicy", "b", WEB, acl("allow"), group=KGATEWAY))
    assert one.condition is None


def grant(kind: str = "SecurityPolicy", to: str = "HTTPRoute", namespace: str = "blog", source: str = "shop") -> dict[str, Any]:
    spec = {
        "from": [{"group": "gateway.envoyproxy.io", "kind": kind, "namespace": source}],
        "to": [{"group": GATEWAY_API, "kind": to}],
    }
    return {**thing("ReferenceGrant", GATEWAY_API, "policies", spec, namespace), "apiVersion": f"{GATEWAY_API}/v1beta1"}


TEAM = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "blog", "labels": {"team": "a"}}}


@pytest.mark.parametrize(
    ("namespaces", "objects", "count"),
    [
        pytest.param({"from": "All"}, [grant()], 1, id="all namespaces and a grant"),
        pytest.param({"from": "All"}, [], 0, id="no grant"),
        pytest.param({"from": "All"}, [grant("BackendTrafficPolicy")], 0, id="a grant for another kind"),
        pytest.param({"from": "All"}, [grant(source="other")], 0, id="a grant for another namespace"),
        pytest.param({"from": "Same"}, [grant()], 0, id="its own namespace"),
        pytest.param(None, [grant()], 0, id="nothing said of namespaces"),
        pytest.param({"from": "Selector", "selector": {"matchLabels": {"team": "a"}}}, [grant(), TEAM], 1, id="labels"),
        pytest.param({"from": "Selector", "selector": {"matchLabels": {"team": "b"}}}, [grant(), TEAM], 0, id="other labels"),
        pytest.param({"from": "Selector", "selector": {"matchLabels": {"team": "a"}}}, [grant()], 0, id="labels that are not known"),
        pytest.param({"from": "Selector"}, [grant(), TEAM], 0, id="no selector"),
        pytest.param({"from": 7}, [grant()], 0, id="another type"),
        pytest.param({"from": "All"}, [grant(), envoy_gateway("v1.7.2")], 0, id="a release without it"),
        pytest.param({"from": "All"}, [grant(), envoy_gateway("v1.8.0")], 1, id="the first release with it"),
    ],
)
def test_targets_of_other_namespaces_are_selected_with_a_grant(namespaces: Any, objects: list[dict[str, Any]], count: int) -> None:
    selector = {"kind": "HTTPRoute", **({"namespaces": namespaces} if namespaces is not None else {})}
    own = thing("SecurityPolicy", "gateway.envoyproxy.io", "own", {"targetSelectors": [selector], **CORS})
    assert len(lost(gateway(), route(namespace="blog"), security("login", EDGE, JWT), own, *objects)) == count


class TestLessSpecificPoliciesThatTakePrecedence:
    @pytest.mark.parametrize(
        ("strategy", "expected"),
        [
            pytest.param({"inheritance": "Override"}, ["AgentgatewayPolicy shop/own has no effect on HTTPRoute"], id="blocks"),
            pytest.param({"inheritance": "Default"}, [], id="default"),
            pytest.param({}, [], id="not stated"),
        ],
    )
    def test_a_policy_of_agentgateway_can_block_all_below(self, strategy: dict[str, str], expected: list[str]) -> None:
        above = policy("AgentgatewayPolicy", "above", EDGE, {"strategy": strategy, "traffic": {"cors": {}}}, group=AGENT)
        own = policy("AgentgatewayPolicy", "own", WEB, {"traffic": {"authorization": {"policy": {}}}}, group=AGENT)
        got = lost(gateway(class_name="agentgateway"), route(), above, own)
        assert [headline for _, _, headline in got] == expected
        assert [severity for severity, _, _ in got] == ["error"] * len(expected)

    @pytest.mark.parametrize(
        ("annotation", "child", "expected"),
        [
            pytest.param("ShallowMergePreferParent", {"extAuth": {}}, ["`extAuth`"], id="the same setting"),
            pytest.param("ShallowMergePreferParent", {"cors": {}}, [], id="another setting"),
            pytest.param("ShallowMergePreferChild", {"extAuth": {}}, [], id="the child wins"),
            pytest.param("true", {"extAuth": {}}, [], id="another value"),
        ],
    )
    def test_a_gateway_of_kgateway_can_prefer_its_own(self, annotation: str, child: dict[str, Any], expected: list[str]) -> None:
        edge = gateway(class_name="kgateway", annotations={"kgateway.dev/inherited-policy-priority": annotation})
        above = policy("TrafficPolicy", "above", EDGE, {"extAuth": {"a": 1}, "retry": {}}, group=KGATEWAY)
        got = lost(edge, route(), above, policy("TrafficPolicy", "own", WEB, child, group=KGATEWAY))
        assert [headline.partition(" cannot set ")[2] for _, _, headline in got] == expected

    @pytest.mark.parametrize(
        ("of_class", "own", "expected"),
        [
            pytest.param({"sourceRanges": ["0.0.0.0/0"]}, {"sourceRanges": ["192.0.2.0/24"]}, [("error", "`sourceRanges`")], id="ranges"),
            pytest.param({"scheme": "internet-facing"}, {"scheme": "internal"}, [("warning", "`scheme`")], id="scheme"),
            pytest.param({"scheme": "internal"}, {"scheme": "internal"}, [], id="the same value"),
            pytest.param({"scheme": "internal"}, {"sourceRanges": ["192.0.2.0/24"]}, [], id="other settings"),
            pytest.param({"mergingMode": "prefer-gateway", "scheme": "internal"}, {"scheme": "internet-facing"}, [], id="the Gateway wins"),
            pytest.param({"mergingMode": "prefer-gateway-class", "scheme": "a"}, {"scheme": "b"}, [("warning", "`scheme`")], id="stated"),
            pytest.param({"mergingMode": "${MODE}", "scheme": "a"}, {"scheme": "b"}, [], id="a mode that is filled in later"),
            pytest.param({"scheme": "${SCHEME}"}, {"scheme": "b"}, [], id="a value that is filled in later"),
            pytest.param({"tags": {"a": "1"}}, {"tags": {"b": "2"}}, [], id="tags are combined"),
            pytest.param({"securityGroups": ["sg-1"]}, {"securityGroups": ["sg-2"]}, [("error", "`securityGroups`")], id="security groups"),
        ],
    )
    def test_the_parameters_of_a_class_win_in_the_aws_load_balancer_controller(
        self, of_class: dict[str, Any], own: dict[str, Any], expected: list[tuple[str, str]]
    ) -> None:
        kind, group = "LoadBalancerConfiguration", "gateway.k8s.aws"
        named = {"group": group, "kind": kind}
        got = lost(
            thing(
                "GatewayClass",
                GATEWAY_API,
                "alb",
                {"controllerName": "gateway.k8s.aws/alb", "parametersRef": {**named, "name": "all", "namespace": "infra"}},
                None,
            ),
            thing(kind, group, "all", of_class, "infra"),
            gateway(class_name="alb", spec={"infrastructure": {"parametersRef": {**named, "name": "own"}}}),
            thing(kind, group, "own", own),
        )
        assert [(severity, headline.partition(" cannot set ")[2]) for severity, _, headline in got] == expected


def plugin(name: str, config: dict[str, Any], kind: str = "KongPlugin", plugin_name: str = "ip-restriction", **more: Any) -> dict[str, Any]:
    return thing(kind, KONG, name, None, None if kind == "KongClusterPlugin" else "shop", plugin=plugin_name, config=config, **more)


ALL = {"global": "true"}
OFFICE_ONLY = plugin("office", {"allow": ["192.0.2.0/24"]}, "KongClusterPlugin", labels=ALL)
USER = route(annotations={"konghq.com/plugins": "other, own"})


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        pytest.param((OFFICE_ONLY, plugin("own", {"deny": ["198.51.100.1"]}), USER), [("error", "`allow`")], id="an allow-list goes"),
        pytest.param((OFFICE_ONLY, plugin("own", {"allow": ["198.51.100.1"]}), USER), [], id="another allow-list"),
        pytest.param((OFFICE_ONLY, plugin("own", {"deny": ["198.51.100.1"]}), route()), [], id="a plugin that nothing uses"),
        pytest.param((OFFICE_ONLY, plugin("own", {"a": 1}, plugin_name="cors"), USER), [], id="another plugin"),
        pytest.param((plugin("office", {"allow": ["a"]}, "KongClusterPlugin"), plugin("own", {"deny": ["b"]}), USER), [], id="not global"),
        pytest.param((OFFICE_ONLY, plugin("own", {"deny": ["b"]}, disabled=True), USER), [], id="a plugin that is off"),
        pytest.param(
            (
                plugin("limit", {"minute": 10}, "KongClusterPlugin", "rate-limiting", labels=ALL),
                plugin("own", {"second": 1000}, plugin_name="rate-limiting"),
                USER,
            ),
            [("warning", "`minute`")],
            id="a limit goes",
        ),
        pytest.param(
            (
                OFFICE_ONLY,
                plugin("own", {"deny": ["b"]}),
                route(
                    rules=[{"filters": [{"type": "ExtensionRef", "extensionRef": {"group": KONG, "kind": "KongPlugin", "name": "own"}}]}]
                ),
            ),
            [("error", "`allow`")],
            id="used by a filter",
        ),
    ],
)
def test_a_kong_plugin_of_a_route_replaces_the_global_one(objects: tuple[dict[str, Any], ...], expected: list[tuple[str, str]]) -> None:
    got = lost(*objects)
    assert [(severity, headline.partition(" drops ")[2].partition(" of ")[0]) for severity, _, headline in got] == expected


def test_a_cluster_on_one_machine_is_left_alone() -> None:
    text = written(gateway(), route(), security("login", EDGE, JWT), security("own", WEB, CORS))
    assert findings(text, RULE, config=scoped(environment="local")) == []


def test_placeholders_name_no_target() -> None:
    assert lost(gateway(), route(), security("login", ref("Gateway", "${GATEWAY}"), JWT), security("own", WEB, CORS)) == []


def test_two_environments_in_one_tree_are_kept_apart() -> None:
    files = {
        f"{name}/all.yaml": written(gateway(), route(), security("login", EDGE, settings), security("own", WEB, CORS))
        for name, settings in (("overlays/staging", CORS), ("overlays/production", JWT))
    }
    assert [one.location.path for one in findings(files, RULE)] == ["overlays/production/all.yaml"]


@pytest.mark.parametrize(
    "spec",
    [
        None,
        "text",
        [],
        {"targetRefs": "web"},
        {"targetRefs": [None, 1, [], {}, {"name": 1}, {"kind": [], "name": "web"}, {"kind": "HTTPRoute", "group": 5, "name": "web"}]},
        {"targetRefs": [{**WEB, "sectionName": {"a": 1}}], "cors": {}},
        {"targetSelectors": [{"kind": "HTTPRoute", "matchLabels": [1], "matchExpressions": {"a": 1}}], "cors": {}},
        {"targetRefs": [WEB] * 5000, "cors": {}},
        {"targetRefs": [WEB], "mergeType": {"a": []}, "cors": {}},
        {"targetRefs": [WEB], "authorization": "yes"},
    ],
)
def test_hostile_policies_do_not_raise(spec: Any) -> None:
    own = thing("SecurityPolicy", "gateway.envoyproxy.io", "own", spec)
    assert len(lost(gateway(), route(), security("login", EDGE, JWT), own)) <= 1


def test_hostile_gateways_and_routes_do_not_raise() -> None:
    listeners = [
        None,
        "a",
        {"name": [], "hostname": 4, "allowedRoutes": []},
        {"name": "http", "protocol": {}, "allowedRoutes": {"namespaces": 1}},
    ]
    strange = route(
        parents=[None, {"name": 1}, {"name": "edge", "sectionName": ["http"], "port": "x"}, {"name": "edge"}], spec={"hostnames": [1, {}]}
    )
    lost(gateway(listeners=listeners), strange, security("login", EDGE, JWT), security("own", WEB, CORS))


def test_many_listeners_parents_and_policies_stay_cheap() -> None:
    listeners = [{"name": f"l{number}", "port": 80, "protocol": "HTTP"} for number in range(400)]
    crowd = [route(f"r{number}", parents=[{"name": "edge"}] * 200) for number in range(20)]
    policies = [security(f"p{number}", ref("HTTPRoute", f"r{number}"), CORS) for number in range(20)]
    assert len(lost(gateway(listeners=listeners), *crowd, security("login", EDGE, JWT), *policies)) == 20


def test_markup_in_names_stays_out_of_messages() -> None:
    evil = "[x](javascript:1)`<b>" * 20
    for one in found(gateway(), route(), security("login", EDGE, JWT | {evil: 1}), security(evil, WEB, CORS)):
        assert len(one.headline) <= 90
