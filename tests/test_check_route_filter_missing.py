"""route-filter-missing: objects of filters and targets of policies that do not exist, and what cannot be known."""

from typing import Any

import pytest

from k8slblint.config import Config
from k8slblint.model.finding import Finding, Report
from tests.gateway_objects import GATEWAY_API, gateway, policy, ref, route, thing, written
from tests.linting import findings, run, scoped

RULE = "route-filter-missing"

BROKEN = "apiVersion: traefik.io/v1alpha1\nkind: Middleware\nmetadata: [\n"

EG, TRAEFIK, KONG, NGF, AWS = "gateway.envoyproxy.io", "traefik.io", "configuration.konghq.com", "gateway.nginx.org", "gateway.k8s.aws"


def using(kind: str, group: str, name: str, **more: Any) -> dict[str, Any]:
    """Return a route with a filter that names an object."""
    one = {"type": "ExtensionRef", "extensionRef": {"group": group, "kind": kind, "name": name}}
    return route(kind=more.pop("of", "HTTPRoute"), rules=[{"filters": [one], "backendRefs": [{"name": "web", "port": 80}]}], **more)


def found(*objects: dict[str, Any]) -> list[Finding]:
    return findings(written(*objects), RULE, config=Config(min_confidence="low"))


def undecided(report: Report) -> list[str]:
    return [one.reason for one in report.completeness.undecided if one.rule == RULE]


FILTERS = {
    ("HTTPRouteFilter", EG): "500",
    ("Middleware", TRAEFIK): "404",
    ("SnippetsFilter", NGF): "500",
    ("AuthenticationFilter", NGF): "500",
    ("KongPlugin", KONG): "without the plugin",
    ("ListenerRuleConfiguration", AWS): "does not accept",
    ("PluginConfig", "apisix.apache.org"): "without the plugins",
    ("TrafficPolicy", "gateway.kgateway.dev"): "500",
    ("CiliumEnvoyExtProcFilter", "cilium.io"): "500",
}


@pytest.mark.parametrize(("kind", "group"), FILTERS)
class TestFiltersOfEachImplementation:
    def test_a_misspelt_name_is_an_error_with_what_follows(self, kind: str, group: str) -> None:
        (one,) = found(using(kind, group, "auht"), thing(kind, group, "auth", {}))
        assert (one.severity, one.confidence, one.label) == ("error", "high", "similar: auth")
        assert one.headline == f"HTTPRoute shop/web uses {kind} auht, which does not exist"
        assert FILTERS[kind, group] in one.why

    def test_the_right_name_is_silent(self, kind: str, group: str) -> None:
        assert found(using(kind, group, "auth"), thing(kind, group, "auth", {})) == []

    def test_without_another_object_of_the_kind_nothing_is_claimed(self, kind: str, group: str) -> None:
        report, _ = run(written(using(kind, group, "auth")))
        assert [one for one in report.findings if one.rule == RULE] == []
        assert undecided(report) == [f"the namespace of a reference has no {kind} in the manifests"]


def test_the_condition_that_the_controller_shows_is_given() -> None:
    (one,) = found(using("HTTPRouteFilter", EG, "a"), thing("HTTPRouteFilter", EG, "b", {}))
    assert one.condition is not None
    assert (one.condition.type, one.condition.status, one.condition.reason) == ("ResolvedRefs", "False", "UnsupportedValue")


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param((using("Filter", "example.com", "a"), thing("Filter", "example.com", "b", {})), id="a kind that nobody knows"),
        pytest.param((using("Middleware", "traefik.containo.us", "a"), thing("Middleware", TRAEFIK, "b", {})), id="another group"),
        pytest.param((using("Middleware", TRAEFIK, "${NAME}"), thing("Middleware", TRAEFIK, "b", {})), id="a placeholder"),
        pytest.param((using("Middleware", TRAEFIK, "a"), thing("Middleware", TRAEFIK, "b", {}, "blog")), id="only in another namespace"),
        pytest.param(
            (using("KongPlugin", KONG, "all"), thing("KongPlugin", KONG, "b"), thing("KongClusterPlugin", KONG, "all", namespace=None)),
            id="a plugin of the cluster",
        ),
        pytest.param(
            (using("Middleware", TRAEFIK, "a", of="TCPRoute"), thing("Middleware", TRAEFIK, "b", {})), id="routes without filters"
        ),
        pytest.param((route(rules=[{"filters": [{"type": "CORS", "cors": {}}]}]),), id="a filter of the API"),
    ],
)
def test_what_is_no_claim_is_silent(objects: tuple[dict[str, Any], ...]) -> None:
    assert found(*objects) == []


def test_filters_of_backends_are_read() -> None:
    one = {"type": "ExtensionRef", "extensionRef": {"group": TRAEFIK, "kind": "Middleware", "name": "a"}}
    strange = route(kind="GRPCRoute", rules=[{"backendRefs": [{"name": "web", "port": 80, "filters": [one]}]}])
    (only,) = found(strange, thing("Middleware", TRAEFIK, "b", {}))
    assert only.field == ("spec", "rules", 0, "backendRefs", 0, "filters", 0, "extensionRef", "name")


def test_an_object_in_another_namespace_is_shown() -> None:
    objects = (thing("Middleware", TRAEFIK, "a", {}, "blog"), thing("Middleware", TRAEFIK, "other", {}))
    (one,) = found(using("Middleware", TRAEFIK, "a"), *objects)
    assert one.label == "exists in namespace blog"
    assert [place.message for place in one.related] == ["This is in another namespace."]


def test_a_file_that_cannot_be_read_leaves_it_open() -> None:
    files = {
        "app.yaml": written(using("Middleware", TRAEFIK, "a"), thing("Middleware", TRAEFIK, "b", {})),
        "broken.yaml": BROKEN,
    }
    report, _ = run(files)
    assert [one for one in report.findings if one.rule == RULE] == []
    assert len(undecided(report)) == 1


@pytest.mark.parametrize(
    ("objects", "headline"),
    [
        pytest.param(
            (policy("SecurityPolicy", "p", ref("HTTPRoute", "wbe"), {"jwt": {}}), route()),
            "SecurityPolicy shop/p targets HTTPRoute wbe, which does not exist",
            id="a route",
        ),
        pytest.param(
            (policy("SecurityPolicy", "p", ref("Gateway", "edg"), {"jwt": {}}), gateway()),
            "SecurityPolicy shop/p targets Gateway edg, which does not exist",
            id="a Gateway",
        ),
        pytest.param(
            (policy("SecurityPolicy", "p", ref("Gateway", "edge", "htp"), {"jwt": {}}), gateway()),
            "SecurityPolicy shop/p targets listener 'htp', which does not exist",
            id="a listener",
        ),
        pytest.param(
            (policy("SecurityPolicy", "p", ref("HTTPRoute", "web", "admin"), {"jwt": {}}), route(rules=[{"name": "amdin"}])),
            "SecurityPolicy shop/p targets rule 'admin', which does not exist",
            id="a rule",
        ),
        pytest.param(
            (policy("SecurityPolicy", "p", ref("HTTPRoute", "web", "admin"), {"jwt": {}}), route()),
            "SecurityPolicy shop/p targets rule 'admin', which does not exist",
            id="a rule where none has a name",
        ),
        pytest.param(
            (policy("AuthorizationPolicy", "p", ref("Gateway", "edg"), {"rules": []}, group="security.istio.io"), gateway()),
            "AuthorizationPolicy shop/p targets Gateway edg, which does not exist",
            id="Istio",
        ),
        pytest.param(
            (policy("RateLimitPolicy", "p", ref("HTTPRoute", "x"), {"rateLimit": {}}, group=NGF), route()),
            "RateLimitPolicy shop/p targets HTTPRoute x, which does not exist",
            id="NGF",
        ),
        pytest.param(
            (
                thing(
                    "GCPBackendPolicy",
                    "networking.gke.io",
                    "p",
                    {"targetRef": {"group": "", "kind": "Service", "name": "x"}, "default": {}},
                ),
                thing("Service", "", "web", {"ports": [{"port": 80}]}),
            ),
            "GCPBackendPolicy shop/p targets Service x, which does not exist",
            id="GKE",
        ),
        pytest.param(
            (
                thing("TargetGroupConfiguration", AWS, "p", {"targetReference": {"name": "x"}}),
                thing("Service", "", "web", {"ports": [{"port": 80}]}),
            ),
            "TargetGroupConfiguration shop/p targets Service x, which does not exist",
            id="AWS, whose kind defaults to Service",
        ),
        pytest.param(
            (
                thing("RoutePolicy", "alb.networking.azure.io", "p", {"targetRef": {"group": "", "kind": "HTTPRoute", "name": "x"}}),
                route(),
            ),
            "RoutePolicy shop/p targets HTTPRoute x, which does not exist",
            id="Azure, whose examples leave the group empty",
        ),
        pytest.param(
            (policy("AccessControlPolicy", "p", ref("HTTPRoute", "x"), {"policies": []}, group="microgateway.airlock.com"), route()),
            "AccessControlPolicy shop/p targets HTTPRoute x, which does not exist",
            id="Airlock",
        ),
        pytest.param(
            (thing("SecurityPolicy", EG, "p", {"targetSelectors": [{"kind": "HTTPRoute", "matchLabels": {"a": "b"}}], "jwt": {}}), route()),
            "SecurityPolicy shop/p selects no HTTPRoute",
            id="a selector",
        ),
    ],
)
def test_targets_that_do_not_exist_are_errors(objects: tuple[dict[str, Any], ...], headline: str) -> None:
    got = found(*objects)
    assert [(one.severity, one.headline) for one in got] == [("error", headline)]


@pytest.mark.parametrize(
    ("target", "settings", "why"),
    [
        (ref("Gateway", "x"), {"jwt": {}}, "gets no status for it, so its access control does not apply."),
        (ref("Gateway", "x"), {"cors": {}}, "gets no status for it."),
        (ref("Gateway", "edge", "x"), {"cors": {}}, "does not accept the policy there (TargetNotFound)."),
    ],
)
def test_the_consequence_is_that_of_the_implementation(target: dict[str, Any], settings: dict[str, Any], why: str) -> None:
    (one,) = found(policy("SecurityPolicy", "p", target, settings), gateway())
    assert why in one.why


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param((policy("SecurityPolicy", "p", ref("HTTPRoute", "web"), {"jwt": {}}), route()), id="a route"),
        pytest.param((policy("SecurityPolicy", "p", ref("Gateway", "edge", "http"), {"jwt": {}}), gateway()), id="a listener"),
        pytest.param((policy("SecurityPolicy", "p", ref("HTTPRoute", "web", "a"), {"jwt": {}}), route(rules=[{"name": "a"}])), id="a rule"),
        pytest.param((policy("SecurityPolicy", "p", ref("HTTPRoute", "x"), {"jwt": {}}),), id="no route in the manifests"),
        pytest.param((policy("SecurityPolicy", "p", ref("HTTPRoute", "x"), {"jwt": {}}), route(namespace="blog")), id="routes elsewhere"),
        pytest.param(
            (policy("SecurityPolicy", "p", ref("HTTPRoute", "x"), {"jwt": {}}), route(kind="GRPCRoute")), id="routes of another kind"
        ),
        pytest.param((policy("SecurityPolicy", "p", ref("HTTPRoute", "{{ .Values.x }}"), {"jwt": {}}), route()), id="a template"),
        pytest.param((policy("SecurityPolicy", "p", ref("HTTPRoute", "x"), {}, group="example.com"), route()), id="an unknown policy"),
        pytest.param(
            (policy("SecurityPolicy", "p", ref("Service", "x", group=""), {"jwt": {}}), route()), id="a kind that it does not take"
        ),
        pytest.param((policy("EnvoyPatchPolicy", "p", ref("GatewayClass", "x"), {}), gateway()), id="a class"),
        pytest.param(
            (
                thing("SecurityPolicy", EG, "p", {"targetSelectors": [{"kind": "HTTPRoute", "matchLabels": {"a": "b"}}]}),
                route(labels={"a": "b"}),
            ),
            id="a selector that matches",
        ),
        pytest.param(
            (
                thing(
                    "SecurityPolicy",
                    EG,
                    "p",
                    {"targetSelectors": [{"kind": "HTTPRoute", "namespaces": {"from": "All"}, "matchLabels": {"a": "b"}}]},
                ),
                route(),
            ),
            id="a selector in all namespaces",
        ),
        pytest.param((thing("TargetGroupConfiguration", AWS, "p", {"defaultConfiguration": {}}), route()), id="defaults without a target"),
        pytest.param(
            (
                policy("UpstreamSettingsPolicy", "p", ref("Service", "web", group="core"), {}, group=NGF),
                thing("Service", "", "web", {"ports": [{"port": 80}]}),
            ),
            id="the core group by name",
        ),
        pytest.param(
            (policy("SecurityPolicy", "p", ref("Gateway", "edge", "a"), {}), gateway(listeners=[{"name": "${L}"}])), id="names to fill in"
        ),
    ],
)
def test_targets_that_exist_or_may_exist_are_silent(objects: tuple[dict[str, Any], ...]) -> None:
    assert found(*objects) == []


def test_a_cluster_on_one_machine_is_left_alone() -> None:
    text = written(using("Middleware", TRAEFIK, "a"), thing("Middleware", TRAEFIK, "b", {}))
    assert findings(text, RULE, config=scoped(environment="ci")) == []


@pytest.mark.parametrize(("name", "count"), [("podinfo", 0), ("wbe-shop", 1)])
def test_what_flagger_and_operators_create_is_not_missing(name: str, count: int) -> None:
    canary = thing("Canary", "flagger.app", "podinfo", {"targetRef": {"kind": "Deployment", "name": "podinfo"}})
    assert len(found(policy("SecurityPolicy", "p", ref("HTTPRoute", name), {"jwt": {}}), route("web-shop"), canary)) == count


def middlewares(*names: str) -> str:
    return written(*(thing("Middleware", TRAEFIK, name, {}) for name in names))


@pytest.mark.parametrize(
    ("files", "confidence"),
    [
        pytest.param({"web/r.yaml": "auht", "web/m.yaml": ["auth"]}, "high", id="in one folder"),
        pytest.param({"web/r.yaml": "other", "web/m.yaml": ["auth"]}, "high", id="in one folder, another name"),
        pytest.param({"web/r.yaml": "other", "shared/m.yaml": ["auth"]}, None, id="deployed apart"),
        pytest.param({"web/r.yaml": "auht", "shared/m.yaml": ["auth"]}, None, id="deployed apart, a similar name"),
        pytest.param({"web/r.yaml": "auht", "web/m.yaml": ["auth"], "web/b.yaml": BROKEN}, "medium", id="a similar name, not all read"),
        pytest.param({"web/r.yaml": "other", "web/m.yaml": ["auth"], "web/b.yaml": BROKEN}, None, id="another name, not all read"),
    ],
)
def test_what_is_deployed_together_is_compared(files: dict[str, str | list[str]], confidence: str | None) -> None:
    texts = {
        path: middlewares(*value) if isinstance(value, list) else value if value == BROKEN else written(using("Middleware", TRAEFIK, value))
        for path, value in files.items()
    }
    got = findings(texts, RULE, config=Config(min_confidence="low"))
    assert [one.confidence for one in got] == ([confidence] if confidence else [])


@pytest.mark.parametrize(
    "rules",
    [
        "x",
        [None, 1, {"filters": "x"}, {"filters": [None, {"type": "ExtensionRef"}, {"type": "ExtensionRef", "extensionRef": []}]}],
        [{"filters": [{"type": "ExtensionRef", "extensionRef": {"group": 1, "kind": "Middleware", "name": {}}}]}],
        [{"backendRefs": {"a": 1}}, {"backendRefs": [None, {"filters": 3}]}],
        [{"filters": [{"type": ["ExtensionRef"], "extensionRef": {"group": TRAEFIK, "kind": "Middleware", "name": "x" * 5000}}]}],
    ],
)
def test_hostile_filters_do_not_raise(rules: Any) -> None:
    assert found(route(rules=rules), thing("Middleware", TRAEFIK, "b", {})) == []


def test_hostile_targets_do_not_raise() -> None:
    objects = [
        thing("SecurityPolicy", EG, f"p{index}", spec)
        for index, spec in enumerate(
            (
                None,
                {"targetSelectors": [{"kind": ["HTTPRoute"], "group": {}}, {"kind": "HTTPRoute", "matchLabels": "a"}]},
                {"targetRefs": [{"kind": "Gateway", "group": GATEWAY_API, "name": "edge", "sectionName": 5}]},
                {"targetRef": {"kind": "HTTPRoute", "name": ["web"]}},
            )
        )
    ]
    found(*objects, gateway(listeners=[{"name": {}}, None, 5]), route())


def service_of_kong(value: Any, name: str = "web") -> dict[str, Any]:
    return thing("Service", "", name, {"ports": [{"port": 80}]}, annotations={"konghq.com/upstream-policy": value})


KONG_POLICY = thing("KongUpstreamPolicy", "configuration.konghq.com", "sticky", {"algorithm": "sticky-sessions"})


@pytest.mark.parametrize(("value", "count"), [("sticky", 0), ("stikcy", 1), ("", 0), ("${POLICY}", 0), (7, 0), ([], 0), (None, 0)])
def test_a_service_names_a_policy_of_kong(value: Any, count: int) -> None:
    got = found(service_of_kong(value), KONG_POLICY)
    assert len(got) == count
    for one in got:
        assert one.headline == "Service shop/web uses KongUpstreamPolicy stikcy, which does not exist"
        assert "Kong applies no policy to the Service" in one.why


def test_without_any_such_policy_in_the_namespace_it_may_be_elsewhere() -> None:
    assert found(service_of_kong("sticky")) == []
