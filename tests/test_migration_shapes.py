"""What becomes of Ingresses shape by shape: what is lost with which weight, and that the proposal is what the Gateway API accepts."""

import json
from typing import Any, NamedTuple

import pytest

from k8slblint.catalog.migration import targets
from tests.migration import NGINX, WEB, ingress, kept, losses, migrated, objects_of, path, reported, rules_of

PROTECTION, ROUTING, BEHAVIOUR, COSMETIC = "lost-protection", "changed-routing", "lost-behaviour", "cosmetic"
IMPLEMENTATION = "ImplementationSpecific"


class Shape(NamedTuple):
    """An Ingress, and what is lost of it."""

    name: str
    keys: dict[str, str]
    lost: set[tuple[str, str]]
    paths: tuple[dict[str, Any], ...] = ()
    more: dict[str, Any] | None = None


CORS = {"enable-cors": "true", "cors-allow-origin": "https://shop.example.com"}
VERIFIED = {
    "backend-protocol": "HTTPS",
    "proxy-ssl-verify": "on",
    "proxy-ssl-secret": "shop/ca",
    "proxy-ssl-name": "web.shop.svc",
    "proxy-ssl-server-name": "on",
}
TO_TLS = (path("/", port=443),)

SHAPES = [
    Shape("plain", {}, set()),
    Shape("exact path", {}, set(), (path("/login", "Exact"),)),
    Shape("prefix path", {}, set(), (path("/api"),)),
    Shape("prefix path with a slash", {}, set(), (path("/api/"),)),
    Shape("implementation-specific root", {}, set(), (path("/", IMPLEMENTATION),)),
    Shape("implementation-specific path", {}, {(ROUTING, "path-narrower")}, (path("/api", IMPLEMENTATION),)),
    Shape("implementation-specific folder", {}, {(COSMETIC, "path-bare")}, (path("/api/", IMPLEMENTATION),)),
    Shape("named port", {}, set(), (path("/", port="http"),)),
    Shape("port that no manifest shows", {}, {(ROUTING, "path-left-out")}, (path("/", service="other", port="http"),)),
    Shape("TLS", {}, set(), (), {"tls": True}),
    Shape("TLS without a Secret", {}, {(BEHAVIOUR, "default-certificate")}, (), {"tls": [{"hosts": ["a.example.com"]}]}),
    Shape("TLS without redirect", {"ssl-redirect": "false"}, set(), (), {"tls": True}),
    Shape("forced redirect with TLS", {"force-ssl-redirect": "true"}, set(), (), {"tls": True}),
    Shape("forced redirect behind a proxy", {"force-ssl-redirect": "true"}, {(PROTECTION, "force-ssl-redirect")}),
    Shape("wildcard host", {}, set(), (), {"hosts": ["*.example.com"], "tls": True}),
    Shape("host without a name", {}, set(), (), {"hosts": [""]}),
    Shape("default backend", {}, {(COSMETIC, "default-backend")}, (), {"defaultBackend": path("/")["backend"]}),
    Shape("default backend alone", {}, {(COSMETIC, "default-backend")}, (), {"hosts": [], "defaultBackend": path("/")["backend"]}),
    Shape(
        "backend that is no Service",
        {},
        {(ROUTING, "path-left-out")},
        ({"path": "/", "pathType": "Prefix", "backend": {"resource": {"apiGroup": "k8s.example.com", "kind": "Bucket", "name": "b"}}},),
    ),
    Shape("many rules", {}, set(), tuple(path(f"/p{number}") for number in range(40))),
    Shape("many hosts", {}, set(), (), {"hosts": [f"h{number}.example.com" for number in range(40)]}),
    Shape("path that Gateway API refuses", {}, {(ROUTING, "path-unwritable")}, (path("/a//b"),)),
    Shape("rewrite of a prefix", {"rewrite-target": "/$2"}, {(COSMETIC, "path-case")}, (path("/api(/|$)(.*)", IMPLEMENTATION),)),
    Shape(
        "rewrite of a prefix to another",
        {"rewrite-target": "/v1/$2"},
        {(COSMETIC, "path-case"), (COSMETIC, "path-end-slash")},
        (path("/api(/|$)(.*)", IMPLEMENTATION),),
    ),
    Shape(
        "rewrite with an optional slash",
        {"rewrite-target": "/$1"},
        {(COSMETIC, "path-case"), (ROUTING, "path-narrower")},
        (path("/api/?(.*)", IMPLEMENTATION),),
    ),
    Shape("rewrite of everything", {"rewrite-target": "/$1"}, set(), (path("/(.*)", IMPLEMENTATION),)),
    Shape(
        "constant rewrite",
        {"rewrite-target": "/"},
        {(COSMETIC, "path-case"), (ROUTING, "path-narrower")},
        (path("/api"),),
    ),
    Shape("rewrite to the same path", {"rewrite-target": "/"}, set(), (path("/"),)),
    Shape(
        "rewrite that moves groups",
        {"rewrite-target": "/$2/$1"},
        {(ROUTING, "path-capture")},
        (path("/(a|b)/(.*)", IMPLEMENTATION),),
    ),
    Shape("expression", {"use-regex": "true"}, {(ROUTING, "path-expression")}, (path("/v[0-9]+/items", IMPLEMENTATION),)),
    Shape(
        "expression with an assertion",
        {"use-regex": "true"},
        {(ROUTING, "path-lookaround")},
        (path("/(?!admin)", IMPLEMENTATION),),
    ),
    Shape("expression that ends", {"use-regex": "true"}, {(COSMETIC, "path-case")}, (path("/items$", IMPLEMENTATION),)),
    Shape("app root", {"app-root": "/dashboard"}, set()),
    Shape("app root that is a URL", {"app-root": "https://example.com/landing"}, {(BEHAVIOUR, "app-root")}),
    Shape("permanent redirect", {"permanent-redirect": "https://new.example.com/x"}, set()),
    Shape("permanent redirect with a code", {"permanent-redirect": "https://new.example.com", "permanent-redirect-code": "308"}, set()),
    Shape(
        "redirect with an odd code",
        {"permanent-redirect": "https://new.example.com", "permanent-redirect-code": "300"},
        {(ROUTING, "permanent-redirect")},
    ),
    Shape(
        "redirect with a code that is not read", {"permanent-redirect": "https://new.example.com", "permanent-redirect-code": "500"}, set()
    ),
    Shape("temporal redirect", {"temporal-redirect": "https://new.example.com:8443/x"}, set()),
    Shape("both redirects", {"temporal-redirect": "https://t.example.com/", "permanent-redirect": "https://p.example.com/"}, set()),
    Shape("redirect with variables", {"temporal-redirect": "https://new.example.com$request_uri"}, {(ROUTING, "temporal-redirect")}),
    Shape("redirect with a query", {"permanent-redirect": "https://new.example.com/?a=b"}, {(ROUTING, "permanent-redirect")}),
    Shape("from www", {"from-to-www-redirect": "true"}, {(COSMETIC, "from-to-www-redirect")}),
    Shape("CORS", CORS, set()),
    Shape("CORS by default", {"enable-cors": "true"}, set()),
    Shape("CORS with another scheme", {**CORS, "cors-allow-origin": "app://x"}, {(BEHAVIOUR, "enable-cors")}),
    Shape("CORS for subdomains", {**CORS, "cors-allow-origin": "https://*.example.com"}, {(COSMETIC, "enable-cors")}),
    Shape("CORS off", {"enable-cors": "false"}, set()),
    Shape(
        "switches that are off",
        {"use-regex": "false", "service-upstream": "x", "session-cookie-secure": "false"},
        {(BEHAVIOUR, "service-upstream")},
    ),
    Shape("another host for the backend", {"upstream-vhost": "internal.example.com"}, set()),
    Shape("another host by a variable", {"upstream-vhost": "$service_name"}, {(ROUTING, "upstream-vhost")}),
    Shape(
        "prefix header",
        {"rewrite-target": "/$2", "x-forwarded-prefix": "/api"},
        {(COSMETIC, "path-case")},
        (path("/api(/|$)(.*)", IMPLEMENTATION),),
    ),
    Shape("gRPC", {"backend-protocol": "GRPC"}, set()),
    Shape("gRPC by method", {"backend-protocol": "GRPC"}, set(), (path("/shop.Cart/Add", "Exact"), path("/shop.Cart"))),
    Shape("gRPC by path", {"backend-protocol": "GRPC"}, {(ROUTING, "backend-protocol")}, (path("/a/b/c"),)),
    Shape("verified backend", VERIFIED, {(COSMETIC, "backend-protocol")}, TO_TLS),
    Shape("backend that is not verified", {"backend-protocol": "HTTPS"}, {(ROUTING, "backend-protocol")}, TO_TLS),
    Shape("FastCGI", {"backend-protocol": "FCGI"}, {(ROUTING, "backend-protocol")}),
    Shape("TLS passed through", {"ssl-passthrough": "true"}, set(), TO_TLS, {"tls": True}),
    Shape("TLS passed through without an entry", {"ssl-passthrough": "true"}, set(), TO_TLS),
    Shape("aliases", {"server-alias": "b.example.com,c.example.com"}, set()),
    Shape("alias by expression", {"server-alias": "~^www.*"}, {(ROUTING, "server-alias")}),
    Shape("basic authentication", {"auth-type": "basic", "auth-secret": "users"}, {(PROTECTION, "auth-type"), (PROTECTION, "auth-secret")}),
    Shape("external authentication", {"auth-url": "https://auth.example.com"}, {(PROTECTION, "auth-url")}),
    Shape("allow-list", {"whitelist-source-range": "10.0.0.0/8"}, {(PROTECTION, "whitelist-source-range")}),
    Shape("allow-list of everybody", {"whitelist-source-range": "0.0.0.0/0"}, set()),
    Shape("deny-list", {"denylist-source-range": "10.0.0.0/8"}, {(PROTECTION, "denylist-source-range")}),
    Shape("rate limit", {"limit-rps": "5"}, {(PROTECTION, "limit-rps")}),
    Shape("WAF", {"enable-modsecurity": "true"}, {(PROTECTION, "enable-modsecurity")}),
    Shape("client certificates", {"auth-tls-secret": "shop/ca"}, {(PROTECTION, "auth-tls-secret")}),
    Shape("snippet that denies", {"configuration-snippet": "deny all;"}, {(PROTECTION, "configuration-snippet")}),
    Shape("snippet with a header", {"configuration-snippet": "more_set_headers 'A: b';"}, {(BEHAVIOUR, "configuration-snippet")}),
    Shape("body size", {"proxy-body-size": "50m"}, {(BEHAVIOUR, "proxy-body-size")}),
    Shape(
        "timeouts",
        {"proxy-read-timeout": "5", "proxy-connect-timeout": "5", "proxy-send-timeout": "5"},
        {(BEHAVIOUR, f"proxy-{one}-timeout") for one in ("read", "connect", "send")},
    ),
    Shape("sticky sessions", {"affinity": "cookie"}, {(BEHAVIOUR, "affinity")}),
    Shape("access log", {"enable-access-log": "false"}, {(COSMETIC, "enable-access-log")}),
    Shape("certificate issuer", {"cert-manager.io/cluster-issuer": "le"}, set(), (), {"tls": True}),
    Shape("DNS target", {"external-dns.alpha.kubernetes.io/target": "lb.example.com"}, set(), (), {"tls": True}),
    Shape("DNS name", {"external-dns.alpha.kubernetes.io/hostname": "b.example.com"}, set()),
]


def every_shape() -> list[dict[str, Any]]:
    """All shapes beside each other, each in a namespace of its own."""
    found = []
    for number, shape in enumerate(SHAPES):
        more = {"hosts": [f"h{number}.example.com"], **(shape.more or {})}
        found.append(ingress(shape.keys, shape.paths, **more, name=f"n{number}", namespace=f"n{number}"))
    return found


@pytest.mark.parametrize("shape", SHAPES, ids=[shape.name for shape in SHAPES])
def test_what_is_lost_of_an_ingress_is_named_with_its_weight(shape: Shape) -> None:
    found = migrated(ingress(shape.keys, shape.paths, **(shape.more or {})))
    assert losses(found) == shape.lost
    assert reported(found) == set()
    (plan,) = found.plans
    written = " ".join(" ".join(one.comments) for one in found.objects)
    for draft in plan.paths:
        assert draft.rules or draft.why_not
        if not draft.rules and found.objects:
            assert any(one.kind in ("HTTPRoute", "GRPCRoute", "TLSRoute") for one in found.objects) <= ("LEFT OUT" in written)


@pytest.mark.parametrize("release", [(1, 1), (1, 3), (1, 4), (1, 5)])
def test_an_older_release_gets_what_it_accepts(release: tuple[int, int]) -> None:
    assert reported(migrated(*every_shape(), release=release)) == set()


def test_a_prefix_is_stripped_and_no_group_is_written_literally() -> None:
    found = migrated(ingress({"rewrite-target": "/$2"}, [path("/api(/|$)(.*)", IMPLEMENTATION)]))
    (rule,) = rules_of(found)
    assert rule["matches"] == [{"path": {"type": "PathPrefix", "value": "/api"}}]
    assert rule["filters"] == [{"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}}}]


def test_a_path_whose_rewrite_cannot_be_written_is_left_out() -> None:
    found = migrated(ingress({"rewrite-target": "/x$1"}, [path("/(a|b)/(.*)", IMPLEMENTATION), path("/", IMPLEMENTATION)]))
    (route,) = objects_of(found, "HTTPRoute")
    assert [rule["matches"][0]["path"]["value"] for rule in route["spec"]["rules"]] == ["/"]
    assert any("LEFT OUT" in line and "/(a|b)/(.*)" in line for one in found.objects for line in one.comments)


def test_an_ingress_of_the_host_with_expressions_changes_the_paths_of_others() -> None:
    other = ingress({}, [path("/shop")], name="other")
    assert losses(migrated(other)) == set()
    spread = migrated(other, ingress({"use-regex": "true"}, [path("/api/v[0-9]+", IMPLEMENTATION)]))
    assert (ROUTING, "path-narrower") in losses(spread)


def test_a_backend_that_is_not_verified_is_reported_of_the_proposal() -> None:
    found = migrated(ingress({"backend-protocol": "HTTPS"}, TO_TLS), to="envoy-gateway")
    assert losses(found) == {(ROUTING, "backend-protocol")}
    assert reported(found) == {"route-backend-protocol"}
    assert reported(migrated(ingress(VERIFIED, TO_TLS), to="envoy-gateway")) == set()


def test_more_than_16_rules_become_several_routes() -> None:
    found = migrated(ingress({}, [path(f"/p{number}") for number in range(40)]))
    routes = objects_of(found, "HTTPRoute")
    assert [len(route["spec"]["rules"]) for route in routes] == [16, 16, 8]
    assert len({route["metadata"]["name"] for route in routes}) == 3


def test_more_than_60_hosts_with_tls_need_further_listener_sets() -> None:
    tls = [{"hosts": [f"h{number}.example.com"], "secretName": f"s{number}"} for number in range(130)]
    found = migrated(ingress({}, (), [f"h{number}.example.com" for number in range(130)], tls=tls))
    assert [one["kind"] for one in objects_of(found) if "listeners" in one["spec"]] == ["Gateway", "ListenerSet", "ListenerSet"]
    assert reported(found) == set()
    before = migrated(ingress({}, (), [f"h{number}.example.com" for number in range(130)], tls=tls), release=(1, 4))
    assert len(objects_of(before, "Gateway")) == 3


def test_plain_http_redirects_and_only_https_serves() -> None:
    found = migrated(ingress(tls=True))
    app, redirect = objects_of(found, "HTTPRoute")
    assert app["spec"]["parentRefs"] == [{"name": "gateway", "sectionName": "https-a.example.com"}]
    assert redirect["spec"]["parentRefs"] == [{"name": "gateway", "sectionName": "http"}]
    assert redirect["spec"]["rules"] == [
        {"filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 308}}]}
    ]
    header = app["spec"]["rules"][0]["filters"][0]["responseHeaderModifier"]["set"]
    assert header == [{"name": "Strict-Transport-Security", "value": "max-age=31536000; includeSubDomains"}]


def test_an_older_release_redirects_with_301_and_has_no_cors() -> None:
    found = migrated(ingress(CORS, tls=True), release=(1, 4))
    assert (BEHAVIOUR, "enable-cors") in losses(found)
    assert (COSMETIC, "https-redirect") in losses(found)
    redirect = objects_of(found, "HTTPRoute")[-1]
    assert redirect["spec"]["rules"][0]["filters"][0]["requestRedirect"]["statusCode"] == 301


def test_settings_of_the_controller_switch_defaults_off_and_are_lost() -> None:
    settings = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "ingress-nginx-controller", "namespace": "ingress-nginx"},
        "data": {
            "ssl-redirect": "false",
            "hsts": "false",
            "whitelist-source-range": "10.0.0.0/8",
            "global-auth-url": "https://a.example.com",
        },
    }
    found = migrated(settings, ingress(tls=True))
    assert kept(found) == {"path", "tls"}
    stated = {one.name for one in found.overview.reliances if one.where}
    assert stated == {"whitelist-source-range", "global-auth-url"}
    assert found.loses_protection
    assert not migrated(ingress(tls=True)).loses_protection


CANARY = {"canary": "true"}


@pytest.mark.parametrize(
    ("keys", "rules"),
    [
        ({"canary-weight": "20"}, [((), {"web": 80, "next": 20})]),
        ({"canary-weight": "20", "canary-weight-total": "1000"}, [((), {"web": 980, "next": 20})]),
        ({"canary-weight": "200"}, [((), {"next": 1})]),
        ({"canary-weight": "20", "canary-weight-total": "50"}, [((), {"web": 80, "next": 20})]),
        ({"canary-by-header": "X-New"}, [(("always",), {"next": 1}), (("never",), {"web": 1}), ((), {"web": 1})]),
        ({"canary-by-header": "X-New", "canary-by-header-value": "yes"}, [(("yes",), {"next": 1}), ((), {"web": 1})]),
        (
            {"canary-by-header": "X-New", "canary-weight": "10"},
            [(("always",), {"next": 1}), (("never",), {"web": 1}), ((), {"web": 90, "next": 10})],
        ),
    ],
)
def test_a_canary_joins_the_rule_of_its_main_ingress(keys: dict[str, str], rules: list[Any]) -> None:
    found = migrated(ingress(), ingress({**CANARY, **keys}, [path("/", service="next")], name="canary"))
    seen = [
        (
            tuple(one["value"] for one in rule["matches"][0].get("headers", ())),
            {one["name"]: one.get("weight", 1) for one in rule["backendRefs"]},
        )
        for rule in rules_of(found)
    ]
    assert seen == rules
    assert losses(found) == set()
    assert reported(found) == set()


def test_a_canary_by_cookie_loses_its_cookie_and_one_without_main_is_never_served() -> None:
    cookie = ingress({**CANARY, "canary-by-cookie": "new"}, name="canary")
    assert losses(migrated(ingress(), cookie)) == {(ROUTING, "canary-by-cookie")}
    assert losses(migrated(cookie)) == {(COSMETIC, "canary")}
    assert objects_of(migrated(cookie)) == []


def test_grpc_and_http_on_one_host_do_not_become_two_kinds_of_routes() -> None:
    found = migrated(ingress({"backend-protocol": "GRPC"}, [path("/shop.Cart")], name="grpc"), ingress())
    assert [one["kind"] for one in objects_of(found) if "Route" in one["kind"]] == ["HTTPRoute", "HTTPRoute"]
    assert (ROUTING, "backend-protocol") in losses(found)
    assert reported(found) == set()


def test_issuers_stay_on_the_object_that_has_the_listener() -> None:
    one = ingress({"cert-manager.io/issuer": "a"}, (), ["a.example.com"], name="a", tls=True)
    other = ingress({"cert-manager.io/issuer": "b"}, (), ["b.example.com"], name="b", tls=[{"hosts": ["b.example.com"], "secretName": "b"}])
    found = migrated(one, other)
    holders = {one["kind"]: one["metadata"]["annotations"] for one in objects_of(found) if "listeners" in one["spec"]}
    assert holders == {"Gateway": {"cert-manager.io/issuer": "a"}, "ListenerSet": {"cert-manager.io/issuer": "b"}}
    assert reported(found) == set()


def test_one_gateway_for_all_refers_to_certificates_elsewhere_by_grants() -> None:
    members = [ingress(name="a", tls=True), ingress(name="b", namespace="pay", hosts=["b.example.com"], tls=True)]
    apart = migrated(*members)
    assert len(objects_of(apart, "Gateway")) == 2
    assert apart.overview.gateways == 2
    found = migrated(*members, gateway="infra/edge")
    (gateway,) = objects_of(found, "Gateway")
    assert (gateway["metadata"]["namespace"], gateway["metadata"]["name"]) == ("infra", "edge")
    assert {one["metadata"]["namespace"] for one in objects_of(found, "ReferenceGrant")} == {"shop", "pay"}
    assert reported(found) == set()


@pytest.mark.parametrize(
    ("to", "key", "value", "names"),
    [
        ("envoy-gateway", "auth-type", "basic", "SecurityPolicy"),
        ("envoy-gateway", "auth-url", "https://a.example.com", "SecurityPolicy"),
        ("envoy-gateway", "whitelist-source-range", "10.0.0.0/8", "SecurityPolicy"),
        ("envoy-gateway", "limit-rps", "5", "BackendTrafficPolicy"),
        ("envoy-gateway", "affinity", "cookie", "BackendTrafficPolicy"),
        ("nginx-gateway-fabric", "proxy-body-size", "5m", "ClientSettingsPolicy"),
        ("nginx-gateway-fabric", "proxy-read-timeout", "60", "ProxySettingsPolicy"),
        ("traefik", "auth-url", "https://a.example.com", "Middleware"),
        ("traefik", "whitelist-source-range", "10.0.0.0/8", "Middleware"),
        ("istio", "whitelist-source-range", "10.0.0.0/8", "AuthorizationPolicy"),
        ("kgateway", "limit-rps", "5", "TrafficPolicy"),
        ("aws", "whitelist-source-range", "10.0.0.0/8", "LoadBalancerConfiguration"),
        ("gke", "enable-modsecurity", "true", "GCPBackendPolicy"),
        ("agc", "enable-modsecurity", "true", "WebApplicationFirewallPolicy"),
        ("kong", "auth-type", "basic", "KongPlugin"),
        ("haproxy", "whitelist-source-range", "10.0.0.0/8", "Service"),
        ("cilium", "auth-type", "basic", ""),
        ("cilium", "whitelist-source-range", "10.0.0.0/8", ""),
        ("aws", "auth-type", "basic", ""),
    ],
)
def test_the_object_of_a_target_is_named_or_that_there_is_none(to: str, key: str, value: str, names: str) -> None:
    (plan,) = migrated(ingress({key: value, **({"auth-secret": "users"} if key == "auth-type" else {})}), to=to).plans
    item = next(one for one in plan.items if one.path == ("metadata", "annotations", NGINX + key))
    assert item.verdict == ("policy" if names else "none")
    assert item.field.startswith(names)


@pytest.mark.parametrize(
    ("keys", "origins", "credentials"),
    [
        ({}, ["*"], False),
        ({"cors-allow-origin": "*"}, ["*"], False),
        ({"cors-allow-origin": "*, https://a.example.com"}, ["*"], True),
        ({"cors-allow-origin": "https://a.example.com"}, ["https://a.example.com"], True),
        ({"cors-allow-origin": "https://a.example.com", "cors-allow-credentials": "false"}, ["https://a.example.com"], False),
    ],
)
def test_no_site_gets_what_browsers_refuse_it_today(keys: dict[str, str], origins: list[str], credentials: bool) -> None:
    (rule,) = rules_of(migrated(ingress({"enable-cors": "true", **keys})))
    cors = rule["filters"][0]["cors"]
    assert (cors["allowOrigins"], cors["allowCredentials"]) == (origins, credentials)


def test_a_redirect_whose_path_a_target_ignores_is_left_out() -> None:
    found = migrated(ingress({"permanent-redirect": "https://new.example.com/x"}), to="haproxy")
    assert losses(found) == {(ROUTING, "permanent-redirect")}
    assert objects_of(found, "HTTPRoute") == []
    assert losses(migrated(ingress({"app-root": "/x"}), to="haproxy")) == {(BEHAVIOUR, "app-root")}


@pytest.mark.parametrize("to", [None, *targets()])
def test_no_rule_about_the_target_finds_something_in_its_proposal(to: str | None) -> None:
    unverified = {"route-backend-protocol"}  # backends whose TLS nothing verifies, which is said of the Ingress, too
    assert reported(migrated(*every_shape(), to=to)) - {"too-many-load-balancers", *unverified} == set()


def test_kinds_that_a_target_does_not_serve_are_not_written() -> None:
    grpc = migrated(ingress({"backend-protocol": "GRPC"}), to="haproxy")
    assert losses(grpc) == {(ROUTING, "backend-protocol")}
    assert [one["kind"] for one in objects_of(grpc)] == ["Gateway", "HTTPRoute"]
    passed = migrated(ingress({"ssl-passthrough": "true"}, TO_TLS), to="gke")
    assert losses(passed) == {(ROUTING, "ssl-passthrough")}
    assert objects_of(passed, "TLSRoute") == []
    verified = migrated(ingress(VERIFIED, TO_TLS), to="haproxy")
    assert objects_of(verified, "BackendTLSPolicy") == []
    assert (ROUTING, "backend-protocol") in losses(verified)


def test_what_a_gateway_of_a_target_needs_is_said_above_it() -> None:
    comments = {to: " ".join(migrated(ingress(tls=True), to=to).objects[0].comments) for to in ("traefik", "agc", "envoy-gateway")}
    assert "entry point" in comments["traefik"]
    assert "load balancer" not in comments["traefik"]
    assert "alb-id" in comments["agc"]
    assert "load balancer" in comments["envoy-gateway"]
    assert (BEHAVIOUR, "tls") in losses(migrated(ingress(tls=True), to="aws"))


@pytest.mark.parametrize("to", ["aws", "kong"])
def test_a_target_that_refuses_a_filter_gets_none(to: str) -> None:
    found = migrated(ingress(CORS), to=to)
    assert (BEHAVIOUR, "enable-cors") in losses(found)
    assert all("filters" not in rule for rule in rules_of(found))


def test_a_copy_in_another_file_is_written_once() -> None:
    found = migrated(ingress(), ingress({}, [path("/other")]))
    assert [one["metadata"]["name"] for one in objects_of(found, "HTTPRoute")] == ["web"]
    assert losses(found) == {(COSMETIC, "copy")}


def test_a_certificate_that_another_ingress_names_serves_the_whole_host() -> None:
    found = migrated(ingress(name="a", tls=True), ingress({}, [path("/b")], name="b"))
    routes = {one["metadata"]["name"]: one["spec"]["parentRefs"] for one in objects_of(found, "HTTPRoute")}
    assert routes["b"] == routes["a"] == [{"name": "gateway", "sectionName": "https-a.example.com"}]
    assert routes["b-https-redirect"] == [{"name": "gateway", "sectionName": "http"}]
    away = migrated(ingress(name="a", tls=True), ingress({}, [path("/b")], name="b", namespace="pay"))
    assert losses(away) == {(BEHAVIOUR, "tls-elsewhere")}


def test_paths_with_one_match_become_one_rule() -> None:
    found = migrated(ingress({}, [path("/a", IMPLEMENTATION), path("/a"), path("/a", "Exact"), path("/a", service="next")]))
    assert [rule["matches"][0]["path"]["type"] for rule in rules_of(found)] == ["PathPrefix", "Exact"]
    assert (ROUTING, "path-left-out") in losses(found)
    same = migrated(ingress({}, [path("/a", IMPLEMENTATION), path("/a")]))
    assert losses(same) == {(ROUTING, "path-narrower"), (COSMETIC, "path-left-out")}


def test_a_controller_with_an_address_for_each_ingress_gets_a_gateway_for_each() -> None:
    alb = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": "alb"},
        "spec": {"controller": "ingress.k8s.aws/alb"},
    }
    grouped = {"alb.ingress.kubernetes.io/group.name": "edge"}
    members = [
        ingress(grouped, name="a", hosts=["a.example.com"], class_name="alb"),
        ingress(grouped, name="b", hosts=["b.example.com"], class_name="alb"),
        ingress({}, name="c", hosts=[""], class_name="alb"),
    ]
    found = migrated(alb, *members)
    assert [one["metadata"]["name"] for one in objects_of(found, "Gateway")] == ["edge", "c"]
    assert found.overview.balancers == found.overview.gateways == 2


def test_what_is_exact_and_not_written_is_left_to_do() -> None:
    agic = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": "agic"},
        "spec": {"controller": "azure/application-gateway"},
    }
    keys = {"appgw.ingress.kubernetes.io/ssl-redirect": "true", "appgw.ingress.kubernetes.io/backend-path-prefix": "/"}
    found = migrated(agic, ingress(keys, class_name="agic"))
    assert losses(found) == set()
    comments = [line for one in found.objects for line in one.comments]
    assert any(line.startswith("DO NOT APPLY") and "ssl-redirect" in line for line in comments)
    assert any(line.startswith("left to do (changed-routing): backend-path-prefix") for line in comments)


def middleware(name: str, spec: dict[str, Any], namespace: str = "shop") -> dict[str, Any]:
    return {"apiVersion": "traefik.io/v1alpha1", "kind": "Middleware", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


TRAEFIK = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "IngressClass",
    "metadata": {"name": "traefik"},
    "spec": {"controller": "traefik.io/ingress-controller"},
}
MIDDLEWARES = "traefik.ingress.kubernetes.io/router.middlewares"


@pytest.mark.parametrize(
    ("names", "lost", "to"),
    [
        ("shop-login@kubernetescrd", {(PROTECTION, "policy")}, None),
        ("shop-login@kubernetescrd", {(PROTECTION, "policy")}, "envoy-gateway"),
        ("shop-login@kubernetescrd", {(PROTECTION, "none")}, "cilium"),
        ("shop-login@kubernetescrd", set(), "traefik"),
        ("shop-to-https@kubernetescrd", set(), None),
        ("shop-headers@kubernetescrd", {(BEHAVIOUR, "partial")}, None),
        ("shop-all@kubernetescrd", {(PROTECTION, "policy"), (BEHAVIOUR, "partial")}, None),
        ("shop-unknown@kubernetescrd", {(PROTECTION, "partial")}, None),
        ("login@file", {(PROTECTION, "partial")}, None),
        ("shop-loop@kubernetescrd", {(PROTECTION, "partial")}, None),
    ],
)
def test_middlewares_are_looked_up(names: str, lost: set[tuple[str, str]], to: str | None) -> None:
    objects = [
        middleware("login", {"basicAuth": {"secret": "users"}}),
        middleware("to-https", {"redirectScheme": {"scheme": "https"}}),
        middleware("headers", {"headers": {}}),
        middleware("all", {"chain": {"middlewares": [{"name": "login"}, {"name": "headers"}, {"name": 5}, None]}}),
        middleware("loop", {"chain": {"middlewares": [{"name": "loop"}]}}),
    ]
    (plan,) = migrated(TRAEFIK, *objects, ingress({MIDDLEWARES: names}, class_name="traefik"), to=to).plans
    assert {(item.loss, item.verdict) for item in plan.losses if item.subject == "router.middlewares"} == lost


def test_plugins_of_kong_are_looked_up() -> None:
    kong = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": "kong"},
        "spec": {"controller": "ingress-controllers.konghq.com/kong"},
    }
    plugins = [
        {
            "apiVersion": "configuration.konghq.com/v1",
            "kind": "KongPlugin",
            "metadata": {"name": name, "namespace": "shop"},
            "plugin": plugin,
        }
        for name, plugin in (("keys", "key-auth"), ("cors", "cors"), ("metrics", "prometheus"), ("own", "something-else"))
    ]
    found = migrated(kong, *plugins, ingress({"konghq.com/plugins": "keys, cors,metrics, own"}, class_name="kong"))
    (plan,) = found.plans
    assert [(item.loss, item.text.partition(" (")[2].partition(")")[0]) for item in plan.losses] == [
        (PROTECTION, "key-auth"),
        (PROTECTION, "something-else"),
        (BEHAVIOUR, "cors"),
        (COSMETIC, "prometheus"),
    ]


ALB = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "IngressClass",
    "metadata": {"name": "alb"},
    "spec": {"controller": "ingress.k8s.aws/alb"},
}


def test_actions_and_conditions_of_an_alb_are_left_out_not_guessed() -> None:
    groups = [{"serviceName": "web", "servicePort": 80, "weight": 90}, {"serviceName": "next", "servicePort": 80, "weight": 10}]
    forward = json.dumps({"type": "forward", "forwardConfig": {"targetGroups": groups}})
    keys = {
        "alb.ingress.kubernetes.io/actions.split": forward,
        "alb.ingress.kubernetes.io/conditions.web": '[{"field":"source-ip","sourceIpConfig":{"values":["10.0.0.0/8"]}}]',
    }
    paths = [path("/a", service="split", port="use-annotation"), path("/b"), path("/c", service="next")]
    found = migrated(ALB, ingress(keys, paths, class_name="alb"))
    assert [rule["matches"][0]["path"]["value"] for rule in rules_of(found)] == ["/c"]
    (plan,) = found.plans
    assert [draft.why_not for draft in plan.paths] == [
        "an action in an annotation decides about it",
        "conditions in an annotation decide about it",
        "",
    ]


def test_protections_in_annotations_of_services_are_seen() -> None:
    gke = {"kubernetes.io/ingress.class": "gce"}
    keys = {"cloud.google.com/backend-config": '{"default": "login", "ports": {"80": "slow"}}', "cloud.google.com/neg": '{"ingress": true}'}
    service = {**WEB, "metadata": {"name": "next", "namespace": "shop", "annotations": keys}}
    specs = {"login": {"iap": {"enabled": True}, "securityPolicy": {"name": "x"}}, "slow": {"timeoutSec": 40, "iap": {"enabled": False}}}
    kind = {"apiVersion": "cloud.google.com/v1", "kind": "BackendConfig"}
    objects = [{**kind, "metadata": {"name": name, "namespace": "shop"}, "spec": spec} for name, spec in specs.items()]
    one = ingress(gke, [path("/", service="next")], class_name=None)
    (plan,) = migrated(service, *objects, one).plans
    assert [(item.loss, item.subject, item.verdict) for item in plan.losses] == [
        (PROTECTION, "backend-config", "policy"),
        (PROTECTION, "backend-config", "policy"),
        (BEHAVIOUR, "backend-config", "policy"),
    ]
    (plan,) = migrated(service, *objects, one, to="gke").plans
    fields = [f"GCPBackendPolicy spec.default.{name}" for name in ("iap", "securityPolicy", "timeoutSec")]
    assert sorted(item.field for item in plan.losses) == fields


@pytest.mark.parametrize("text", ["", "{", "[]", '{"default": 5}', '{"ports": []}', "[" * 5000])
def test_a_bad_configuration_of_a_service_still_counts(text: str) -> None:
    service = {**WEB, "metadata": {"name": "next", "namespace": "shop", "annotations": {"cloud.google.com/backend-config": text}}}
    (plan,) = migrated(service, ingress({"kubernetes.io/ingress.class": "gce"}, [path("/", service="next")], class_name=None)).plans
    assert {(item.loss, item.subject) for item in plan.losses} == {(PROTECTION, "backend-config")}
