"""Routes that replace Ingresses: what they do not protect, which requests they do not serve, and what is no change at all."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.traffic.migrations.entries import entries_of
from k8slblint.traffic.migrations.readings import in_order, shape_of, winner
from k8slblint.traffic.migrations.rerouted import rerouted_by
from k8slblint.traffic.migrations.shapes import Shape, shape_of_expression
from k8slblint.traffic.routing.rule_texts import matches_of_rule
from tests.builders import graph
from tests.migrations import NGINX, found, gateway, ingress, policy, route, thing

AUTH = f"{NGINX}auth-url=https://login.example/check"
LIST = f"{NGINX}allowlist-source-range=198.51.100.0/24"
ALB = "alb.ingress.kubernetes.io/"
LOST, ROUTED = ["migration-lost-protection"], ["migration-changed-routing"]
HTTP = gateway()
BOTH = gateway("eg", "http:HTTP:80 https:HTTPS:443")
TRAEFIK = "traefik.io/v1alpha1"


def traefik(match: str, more: str = "", service: str = "web", *, tls: bool = True) -> str:
    spec = f"{{routes: [{{match: '{match}', kind: Rule, services: [{{name: {service}, port: 80}}]{more}}}]{', tls: {}' if tls else ''}}}"
    return thing(TRAEFIK, "IngressRoute", spec, "web")


NOT_CARRIED = [
    ("auth-url", ingress(f"nginx {AUTH}"), route() + HTTP, "error: HTTPRoute shop/web lacks external authentication of its Ingress"),
    (
        "basic auth",
        ingress(f"nginx {NGINX}auth-type=basic {NGINX}auth-secret=a"),
        route() + HTTP,
        "error: HTTPRoute shop/web lacks basic authentication of",
    ),
    ("allow list", ingress(f"nginx {LIST}"), route() + HTTP, "error: HTTPRoute shop/web lacks the allow list of its Ingress"),
    (
        "certificates",
        ingress(f"nginx {NGINX}auth-tls-secret=shop/ca"),
        route() + HTTP,
        "error: HTTPRoute shop/web lacks client certificates of its Ingress",
    ),
    (
        "rate limit",
        ingress(f"nginx {NGINX}limit-rpm=60"),
        route() + HTTP,
        "warning: HTTPRoute shop/web lacks the rate limit of its Ingress",
    ),
    (
        "firewall",
        ingress(f"nginx {NGINX}enable-modsecurity=true"),
        route() + HTTP,
        "error: HTTPRoute shop/web lacks the firewall of its Ingress",
    ),
    (
        "deny list",
        ingress(f"nginx {NGINX}denylist-source-range=203.0.113.0/24"),
        route() + HTTP,
        "warning: HTTPRoute shop/web lacks the deny list of its",
    ),
    ("redirect to HTTPS", ingress(tls=True), route() + BOTH, "warning: HTTPRoute shop/web lacks the redirect to HTTPS of its Ingress"),
    ("TLS", ingress(tls=True), route() + HTTP, "warning: HTTPRoute shop/web lacks TLS of its Ingress"),
    (
        "alb",
        ingress(f"alb {ALB}auth-type=oidc"),
        route() + gateway("aws-alb", "http:HTTP:80"),
        "error: HTTPRoute shop/web lacks authentication of its",
    ),
    (
        "another path of the same",
        ingress(f"nginx {AUTH}", "/admin"),
        route("/admin/users") + HTTP,
        "error: HTTPRoute shop/web lacks external authentication",
    ),
    (
        "one of two rules",
        ingress(f"nginx {AUTH}", "/a /b"),
        route("/a /b") + HTTP,
        "error: HTTPRoute shop/web lacks external authentication of its Ingress",
    ),
    (
        "only a list instead",
        ingress(f"nginx {AUTH}"),
        route() + HTTP + policy("SecurityPolicy", "authorization: {defaultAction: Deny, rules: [{action: Allow}]}"),
        "",
    ),
    (
        "a policy of another implementation",
        ingress(f"nginx {AUTH}"),
        route() + gateway("istio") + policy("SecurityPolicy", "extAuth: {http: {}}"),
        "error: HTTPRoute shop/web lacks external authentication of its Ingress",
    ),
    (
        "a policy that overrides the Gateway's",
        ingress(f"nginx {AUTH}"),
        route() + HTTP + policy("SecurityPolicy", "extAuth: {http: {}}", "Gateway edge") + policy("SecurityPolicy", "cors: {}", name="own"),
        "error: HTTPRoute shop/web lacks external authentication of its Ingress",
    ),
    (
        "a filter that does something else",
        ingress(f"nginx {AUTH}"),
        route(more="{type: ExtensionRef, extensionRef: {group: traefik.io, kind: Middleware, name: it}}")
        + gateway("traefik")
        + thing(TRAEFIK, "Middleware", "{compress: {}}"),
        "error: HTTPRoute shop/web lacks external authentication of its Ingress",
    ),
    (
        "a list for a login",
        ingress(f"nginx {LIST}"),
        route() + HTTP + policy("SecurityPolicy", "oidc: {}"),
        "warning: HTTPRoute shop/web lacks the allow list of",
    ),
    (
        "a route of Traefik",
        ingress(f"nginx {AUTH}"),
        traefik("Host(`shop.example`)"),
        "error: IngressRoute shop/web lacks external authentication of its Ingress",
    ),
    (
        "from Traefik",
        traefik("Host(`shop.example`)", ", middlewares: [{name: it}]") + thing(TRAEFIK, "Middleware", "{basicAuth: {secret: a}}"),
        route() + HTTP + thing(TRAEFIK, "Middleware", "{basicAuth: {secret: a}}"),
        "error: HTTPRoute shop/web lacks basic authentication of its IngressRoute",
    ),
]

PROXY = "{virtualhost: {fqdn: shop.example}, routes: [{services: [{name: web, port: 80}]}]}"
SERVER = "{host: shop.example, upstreams: [{name: a, service: web, port: 80}], routes: [{path: /, action: {pass: a}}]}"
APISIX = "{http: [{name: a, match: {hosts: [shop.example], paths: [/*]}, backends: [{serviceName: web, servicePort: 80}]}]}"

NOT_CARRIED += [
    (
        "Contour",
        ingress(f"nginx {AUTH}"),
        thing("projectcontour.io/v1", "HTTPProxy", PROXY),
        "error: HTTPProxy shop/it lacks external authentication of its",
    ),
    (
        "F5 NGINX",
        ingress(f"nginx {AUTH}"),
        thing("k8s.nginx.org/v1", "VirtualServer", SERVER),
        "error: VirtualServer shop/it lacks external authentication",
    ),
    (
        "APISIX",
        ingress(f"nginx {AUTH}"),
        thing("apisix.apache.org/v2", "ApisixRoute", APISIX),
        "error: ApisixRoute shop/it lacks external authentication",
    ),
]

BESIDE = [
    ("same Service", ingress(f"nginx {AUTH}") + route() + HTTP, "warning: HTTPRoute shop/web lacks external authentication of its Ingress"),
    ("protected, too", ingress(f"nginx {AUTH}") + route() + HTTP + policy("SecurityPolicy", "extAuth: {http: {}}"), None),
    ("another Service", ingress(f"nginx {AUTH}") + route(service="public") + HTTP, None),
    ("another host", ingress(f"nginx {AUTH}") + route(hosts="other.example") + HTTP, None),
    ("another path", ingress(f"nginx {AUTH}", "/admin") + route("/shop") + HTTP, None),
    ("Gateway elsewhere", ingress(f"nginx {AUTH}") + route(), "undecided: the Gateways of HTTPRoute shop/web are not in the manifests"),
]

CARRIED = [
    ("nothing to carry", ingress(), route() + HTTP),
    ("external authentication", ingress(f"nginx {AUTH}"), route() + HTTP + policy("SecurityPolicy", "extAuth: {http: {}}")),
    ("on the Gateway", ingress(f"nginx {AUTH}"), route() + HTTP + policy("SecurityPolicy", "oidc: {}", "Gateway edge")),
    ("core filter", ingress(f"nginx {AUTH}"), route(more="{type: ExternalAuth, externalAuth: {}}") + HTTP),
    (
        "list of addresses",
        ingress(f"nginx {LIST}"),
        route() + HTTP + policy("SecurityPolicy", "authorization: {rules: [{action: Allow, principal: {clientCIDRs: [198.51.100.0/24]}}]}"),
    ),
    ("rate limit", ingress(f"nginx {NGINX}limit-rps=5"), route() + HTTP + policy("BackendTrafficPolicy", "rateLimit: {}")),
    (
        "istio",
        ingress(f"nginx {AUTH}"),
        route()
        + gateway("istio")
        + policy("AuthorizationPolicy", "action: CUSTOM, rules: [{}]", "Gateway edge", group="security.istio.io/v1"),
    ),
    (
        "kgateway",
        ingress(f"nginx {AUTH}"),
        route() + gateway("kgateway") + policy("TrafficPolicy", "extAuth: {}", group="gateway.kgateway.dev/v1alpha1"),
    ),
    (
        "traefik",
        ingress(f"nginx {AUTH}"),
        route(more="{type: ExtensionRef, extensionRef: {group: traefik.io, kind: Middleware, name: it}}")
        + gateway("traefik")
        + thing(TRAEFIK, "Middleware", "{forwardAuth: {address: a}}"),
    ),
    (
        "kong by annotation",
        ingress(f"nginx {AUTH}"),
        route(note="konghq.com/plugins=it")
        + gateway("kong")
        + "apiVersion: configuration.konghq.com/v1\nkind: KongPlugin\nmetadata: {name: it, namespace: shop}\nplugin: openid-connect\n",
    ),
    (
        "route of Traefik",
        ingress(f"nginx {AUTH}"),
        traefik("Host(`shop.example`)", ", middlewares: [{name: it}]") + thing(TRAEFIK, "Middleware", "{forwardAuth: {address: a}}"),
    ),
    (
        "a path without a login beside one with it",
        ingress(f"nginx {AUTH}") + ingress("nginx", "/hooks", name="open"),
        route("/hooks", name="open") + route() + HTTP + policy("SecurityPolicy", "oidc: {}"),
    ),
    (
        "a path with a login beside one without it",
        ingress() + ingress(f"nginx {AUTH}", "/admin", name="closed"),
        route("/admin", name="closed") + route() + HTTP + policy("SecurityPolicy", "oidc: {}", "HTTPRoute closed"),
    ),
    (
        "a path that is redirected elsewhere",
        ingress() + ingress(f"nginx {AUTH}", "/admin", name="closed"),
        route("/admin", "{type: RequestRedirect, requestRedirect: {hostname: admin.example}}", name="closed") + route() + HTTP,
    ),
    ("conditions that are not read", ingress(f"nginx {AUTH}", "/admin"), thing("projectcontour.io/v1", "HTTPProxy", PROXY)),
    ("HTTPS only", ingress(tls=True), route(parent="edge/https") + BOTH),
    ("ignored keys", ingress(f"traefik {AUTH}"), route() + HTTP),
    ("another host", ingress(f"nginx {AUTH}"), route(hosts="other.example") + HTTP),
    ("a redirect only", ingress(f"nginx {AUTH}"), route(more="{type: RequestRedirect, requestRedirect: {scheme: https}}") + HTTP),
    ("the Ingress moved", ingress(f"nginx {AUTH}"), ingress(f"nginx {AUTH}", name="renamed") + route(hosts="other.example") + HTTP),
]

OPEN = [
    (
        "Contour with fields that are not read",
        ingress(f"nginx {AUTH}"),
        thing("projectcontour.io/v1", "HTTPProxy", PROXY.replace("fqdn: shop.example", "fqdn: shop.example, authorization: {}")),
        "what the filters of HTTPProxy shop/it do is not read",
    ),
    (
        "F5 NGINX with policies",
        ingress(f"nginx {AUTH}"),
        thing("k8s.nginx.org/v1", "VirtualServer", SERVER.replace("{host:", "{policies: [{name: login}], host:")),
        "what the filters of VirtualServer shop/it do is not read",
    ),
    (
        "limits of Contour",
        ingress(f"nginx {NGINX}limit-rps=5"),
        thing("projectcontour.io/v1", "HTTPProxy", PROXY),
        "whether HTTPProxy shop/it limits or inspects requests is not read",
    ),
    ("Gateway elsewhere", ingress(f"nginx {AUTH}"), route(), "the Gateways of HTTPRoute shop/web are not in the manifests"),
    (
        "a proxy answers",
        ingress(f"nginx {AUTH}"),
        route(service="oauth2-proxy") + HTTP,
        "Service shop/oauth2-proxy, which answers now, may ask for a login itself",
    ),
    (
        "unread middleware",
        ingress(f"nginx {AUTH}"),
        traefik("Host(`shop.example`)", ", middlewares: [{name: gone}]"),
        "Middleware 'gone' is not in the manifests",
    ),
    (
        "a vendor's own fields",
        ingress(f"nginx {LIST}"),
        route()
        + HTTP
        + policy("EnvoyPatchPolicy", "type: JSONPatch", "Gateway edge").replace("targetRefs: [", "targetRef: ").replace("edge}]", "edge}"),
        "what EnvoyPatchPolicy shop/it does is not read",
    ),
    (
        "parameters elsewhere",
        ingress(f"nginx {LIST}"),
        route() + gateway(more="  infrastructure: {parametersRef: {group: gateway.envoyproxy.io, kind: EnvoyProxy, name: a}}\n"),
        "EnvoyProxy 'a' with its parameters is not in the manifests",
    ),
]


@pytest.mark.parametrize(
    ("before", "after", "said"), [row[1:] for row in NOT_CARRIED if row[3]], ids=[row[0] for row in NOT_CARRIED if row[3]]
)
def test_a_route_lacks_what_protected_the_ingress(before: str, after: str, said: str) -> None:
    told = found(after, before, LOST)
    assert len(told) == 1, told
    assert told[0].startswith(said)


@pytest.mark.parametrize(("after", "said"), [row[1:] for row in BESIDE], ids=[row[0] for row in BESIDE])
def test_a_route_beside_an_ingress_is_compared_in_one_revision(after: str, said: str | None) -> None:
    assert found(after, None, LOST) == ([said] if said else [])


@pytest.mark.parametrize(("before", "after"), [row[1:] for row in CARRIED], ids=[row[0] for row in CARRIED])
def test_a_protection_that_is_replaced_or_was_not_there_is_not_lost(before: str, after: str) -> None:
    assert found(after, before, LOST) == []


@pytest.mark.parametrize(("before", "after", "why"), [row[1:] for row in OPEN], ids=[row[0] for row in OPEN])
def test_what_may_protect_a_route_is_undecided(before: str, after: str, why: str) -> None:
    assert found(after, before, LOST) == [f"undecided: {why}"]


INTERNAL = ingress("- kubernetes.io/ingress.class=gce-internal")


@pytest.mark.parametrize(
    ("class_name", "told"),
    [
        ("gke-l7-global-external-managed", ["error: HTTPRoute shop/web exposes an internal Ingress to the internet"]),
        ("gke-l7-rilb", []),
        ("of-our-own", []),
    ],
)
def test_an_internal_ingress_does_not_become_public(class_name: str, told: list[str]) -> None:
    assert found(route() + gateway(class_name), INTERNAL, LOST, platform="gke") == told


def test_a_host_that_was_public_before_is_not_exposed() -> None:
    before = INTERNAL + ingress("- kubernetes.io/ingress.class=gce", name="public")
    assert found(route() + gateway("gke-l7-global-external-managed"), before, LOST, platform="gke") == []


ELSEWHERE = [
    (
        "a prefix becomes exact",
        ingress(paths="/api"),
        route("Exact:/api"),
        "HTTPRoute shop/web does not serve 'shop.example/api/' of its Ingress",
    ),
    (
        "an exact path becomes a prefix",
        ingress(paths="Exact:/health"),
        route("/health"),
        "HTTPRoute shop/web serves 'shop.example/health/', its Ingress did not",
    ),
    ("a path is forgotten", ingress(paths="/a /b"), route("/a"), "HTTPRoute shop/web does not serve 'shop.example/b' of its Ingress"),
    (
        "an implementation's own path",
        ingress(paths="ImplementationSpecific:/a"),
        route("Exact:/a"),
        "HTTPRoute shop/web does not serve 'shop.example/a/'",
    ),
    (
        "an expression",
        ingress(f"nginx {NGINX}use-regex=true", "ImplementationSpecific:/a(/|$)(.*)"),
        route("Exact:/a"),
        "HTTPRoute shop/web does not serve 'shop.example/a/'",
    ),
    (
        "a pattern of an ALB",
        ingress("alb", "ImplementationSpecific:/a/*"),
        route("/a"),
        "HTTPRoute shop/web serves 'shop.example/a', its Ingress did not",
    ),
    ("exact on an ALB", ingress("alb", "ImplementationSpecific:/a"), route("/a"), "HTTPRoute shop/web serves 'shop.example/a/'"),
    (
        "two Services change places",
        ingress(paths="/a>one /a/x>two"),
        route("/a>two /a/x>one"),
        "HTTPRoute shop/web sends 'shop.example/a' and",
    ),
    (
        "a longer prefix loses",
        ingress(paths="/>one Exact:/x>two"),
        route("/>one"),
        "HTTPRoute shop/web sends 'shop.example/x' to another Service",
    ),
    ("every host", ingress(), route(hosts="") + HTTP, "HTTPRoute shop/web serves every host, its Ingress only its own"),
    ("a host is forgotten", ingress() + "", route(hosts="shop.example"), ""),
    (
        "Traefik's rule",
        ingress(paths="/a"),
        traefik("Host(`shop.example`) && Path(`/a`)"),
        "IngressRoute shop/web does not serve 'shop.example/a/'",
    ),
]

ALL = ingress(host="*.example", name="all")

SAME = [
    ("equal", ingress(), route()),
    ("equal prefix", ingress(paths="/api"), route("/api")),
    ("trailing slash", ingress(paths="/api/"), route("/api")),
    ("exact", ingress(paths="Exact:/a"), route("Exact:/a")),
    ("an expression that is a prefix", ingress(f"nginx {NGINX}rewrite-target=/$2", "ImplementationSpecific:/a(/|$)(.*)"), route("/a")),
    (
        "an expression on both sides",
        ingress(f"nginx {NGINX}use-regex=true", "ImplementationSpecific:/a(/|$)(.*)"),
        route("RegularExpression:/a(/|$)(.*)"),
    ),
    ("an expression that is not read", ingress(f"nginx {NGINX}use-regex=true", "ImplementationSpecific:/a/[0-9]+"), route("Exact:/a")),
    ("a path whose meaning is not known", ingress("haproxy", "ImplementationSpecific:/a"), route("Exact:/a")),
    ("two of each", ingress(paths="/>one /a>two"), route("/a>two />one")),
    ("another name of the Service", ingress(service="old"), route(service="new")),
    ("the pattern of an ALB", ingress("alb", "ImplementationSpecific:/*"), route()),
    ("the rest stays", ingress(paths="/a /b"), ingress(paths="/b") + route("/a")),
    ("a second route serves it", ingress(paths="/a /b"), route("/a") + route("/b", name="other")),
    ("a route for all names below", ingress(paths="/a /b"), route("/a") + route(hosts="*.example", name="all")),
    ("an Ingress for all names below before", ingress(paths="Exact:/a") + ALL, route("/a") + ALL),
    ("named by the listener", ingress(), route(hosts="") + gateway(listeners="http:HTTP:80:shop.example")),
    ("Traefik", ingress(), traefik("Host(`shop.example`)")),
    ("Traefik with a condition that is not read", ingress(paths="/a"), traefik("Host(`shop.example`) && Path(`/a`) && Method(`GET`)")),
    (
        "the redirect beside it",
        ingress(),
        route() + route(name="redirect", more="{type: RequestRedirect, requestRedirect: {scheme: https}}"),
    ),
]


@pytest.mark.parametrize(("before", "after", "said"), [row[1:] for row in ELSEWHERE if row[3]], ids=[row[0] for row in ELSEWHERE if row[3]])
def test_requests_that_go_elsewhere_are_told(before: str, after: str, said: str) -> None:
    told = found(after, before, ROUTED, platform="eks" if "alb" in before else "unknown")
    assert len(told) == 1, told
    assert told[0].startswith(f"warning: {said}")


@pytest.mark.parametrize(("before", "after"), [row[1:] for row in SAME], ids=[row[0] for row in SAME])
def test_what_serves_the_same_requests_is_silent(before: str, after: str) -> None:
    assert found(after, before, ROUTED) == []


@pytest.mark.parametrize("text", ["/$2", "/x/$1", "$1"])
@pytest.mark.parametrize("field", ["replaceFullPath", "replacePrefixMatch"])
def test_a_reference_to_a_group_is_told_in_any_revision(text: str, field: str) -> None:
    kind = field[:1].upper() + field[1:]
    after = route(more=f"{{type: URLRewrite, urlRewrite: {{path: {{type: {kind}, {field}: '{text}'}}}}}}")
    assert found(after, None, ROUTED) == [f"warning: HTTPRoute shop/web rewrites to the literal path '{text}'"]


@pytest.mark.parametrize("text", ["/", "/$", "/a$b", "/price"])
def test_other_paths_with_a_dollar_sign_are_meant(text: str) -> None:
    assert found(route(more=f"{{type: URLRewrite, urlRewrite: {{path: {{replaceFullPath: '{text}'}}}}}}"), None, ROUTED) == []


def test_a_host_with_a_placeholder_may_be_any() -> None:
    assert found(route(hosts="${OTHER}"), ingress(host="${HOST}"), ROUTED) == []


def test_a_host_that_nothing_serves_any_more_is_told() -> None:
    backend = "{service: {name: web, port: {number: 80}}}"
    rule = f"  - {{host: old.example, http: {{paths: [{{path: /, pathType: Prefix, backend: {backend}}}]}}}}\n"
    before = ingress().replace("  rules:\n", f"  rules:\n{rule}")
    assert found(route(), before, ROUTED) == ["warning: HTTPRoute shop/web does not serve host 'old.example' of its Ingress"]
    assert found(route(hosts="shop.example old.example"), before, ROUTED) == []
    assert found(route(hosts="shop.example *.example"), before, ROUTED) == []


ISSUED = ingress("nginx cert-manager.io/cluster-issuer=letsencrypt", tls=True)


@pytest.mark.parametrize(
    ("listeners", "more", "is_told"),
    [
        ("web:HTTPS:443", "", True),
        ("web:HTTPS:443", thing("cert-manager.io/v1", "Certificate", "{secretName: web-tls}"), False),
        ("wildcard:HTTPS:443", "", False),
    ],
)
def test_a_certificate_that_nothing_renews_is_told(listeners: str, more: str, *, is_told: bool) -> None:
    told = found(route() + gateway("eg", listeners) + more, ISSUED, ROUTED)
    assert told == (["warning: HTTPRoute shop/web uses a certificate that is no longer renewed"] if is_told else [])


def test_an_issuer_on_the_gateway_renews_the_certificate() -> None:
    edge = gateway("eg", "web:HTTPS:443").replace("name: edge,", "name: edge, annotations: {cert-manager.io/cluster-issuer: letsencrypt},")
    assert found(route() + edge, ISSUED, ROUTED) == []


def test_a_dns_name_that_no_route_has_is_told() -> None:
    before = ingress("nginx external-dns.alpha.kubernetes.io/hostname=shop.example,www.shop.example")
    assert found(route(), before, ROUTED) == ["warning: HTTPRoute shop/web loses DNS name 'www.shop.example'"]
    assert found(route(hosts="shop.example www.shop.example"), before, ROUTED) == []
    assert found(route(note="external-dns.alpha.kubernetes.io/hostname=www.shop.example"), before, ROUTED) == []


def _apart(text: str, namespace: str) -> str:
    """Put what the helpers write for `shop` into another namespace, for another host."""
    return text.replace("namespace: shop", f"namespace: {namespace}").replace("shop.example", f"{namespace}.example")


@pytest.mark.parametrize(
    ("platform", "class_name", "edges", "is_told"),
    [
        ("aks", "nginx", ("eg", "eg"), True),
        ("aks", "nginx", ("eg", ""), False),
        ("gke", "nginx", ("gke-l7-global-external-managed", "gke-l7-global-external-managed"), True),
        ("gke", "gce", ("gke-l7-global-external-managed", "gke-l7-global-external-managed"), False),
        ("eks", "alb", ("eg", "eg"), False),
        ("eks", "nginx", ("cilium", "cilium"), True),
        ("bare-metal", "nginx", ("eg", "eg"), False),
        ("other", "nginx", ("eg", "eg"), False),
    ],
)
def test_more_load_balancers_than_before_are_told_once(platform: str, class_name: str, edges: tuple[str, str], *, is_told: bool) -> None:
    spaces = ("shop", "blog")
    before = "".join(_apart(ingress(class_name), space) for space in spaces)
    gateways = "".join(_apart(gateway(edge), space) for edge, space in zip(edges, spaces, strict=True) if edge)
    after = gateways + "".join(_apart(route(), space) for space in spaces)
    told = ["warning: HTTPRoute shop/web uses one of 2 new load balancers that replace 1"] if is_told else []
    assert found(after, before, ROUTED, platform=platform) == told
    assert found(after, before + gateways, ROUTED, platform=platform) == []


RULES = [
    ("Host(`a.example`)", [("a.example", "PathPrefix", "/", False)]),
    ("Host(`A.example`) && PathPrefix(`/x`)", [("a.example", "PathPrefix", "/x", False)]),
    ("Host(`a.example`, `b.example`)", [("a.example", "PathPrefix", "/", False), ("b.example", "PathPrefix", "/", False)]),
    ("Host(`a.example`) || Host(`b.example`)", [("a.example", "PathPrefix", "/", False), ("b.example", "PathPrefix", "/", False)]),
    ("(Host(`a.example`) || Host(`b.example`)) && Path(`/x`)", [("a.example", "Exact", "/x", False), ("b.example", "Exact", "/x", False)]),
    ("Host(`a.example`) && !PathPrefix(`/x`)", [("a.example", "PathPrefix", "/", True)]),
    ("Host(`a.example`) && Method(`GET`)", [("a.example", "PathPrefix", "/", True)]),
    ("Host(`a.example`) && (PathPrefix(`/x`) || Path(`/y`))", [("a.example", "PathPrefix", "/", True)]),
    ("(Host(`a.example`)) || (Host(`b.example`) && Path(`/x`))", [("", "PathPrefix", "/", True)]),
    ("PathPrefix(`/x`)", [("", "PathPrefix", "/x", False)]),
    ("Host(`${HOST}`)", [("${host}", "PathPrefix", "/", False)]),
    ("Host(`a.example`) && PathPrefix(`${PATH}`)", [("a.example", "PathPrefix", "${PATH}", True)]),
    ("", [("", "PathPrefix", "/", True)]),
    (7, []),
]


@pytest.mark.parametrize(("text", "meant"), RULES, ids=[str(text) for text, _ in RULES])
def test_a_rule_of_traefik_is_read_where_it_names_hosts_and_paths(text: object, meant: list[tuple[str, str, str, bool]]) -> None:
    assert [(one.host, one.match.kind, one.match.path, one.match.unread) for one in matches_of_rule(text)] == meant


EXPRESSIONS = [
    ("/a(/|$)(.*)", Shape("elements", "/a")),
    ("^/a(/|$)(.*)$", Shape("elements", "/a")),
    ("/a/(.*)", Shape("start", "/a/")),
    ("/a/.*", Shape("start", "/a/")),
    ("/a/?(.*)", Shape("start", "/a")),
    ("/(.*)", Shape("start", "/")),
    (".*", Shape("start", "/")),
    ("(?i)/a.*", Shape("start", "/a")),
    ("/a", None),
    ("/a/[0-9]+", None),
    ("/(a|b)(/|$)(.*)", None),
    ("/a+/.*", None),
]


@pytest.mark.parametrize(("text", "shape"), EXPRESSIONS, ids=[text for text, _ in EXPRESSIONS])
def test_an_expression_is_read_where_it_is_a_text_and_everything_below(text: str, shape: Shape | None) -> None:
    assert shape_of_expression(text) == shape


CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

PATHS = st.sampled_from(["/", "/a", "/a/", "/a/b", "/ab", "/b", "/a/b/c", "/x"])
ROWS = st.lists(
    st.tuples(st.sampled_from(["Prefix", "Exact"]), PATHS, st.sampled_from(["one", "two"])),
    min_size=1,
    max_size=5,
    unique_by=lambda row: row[:2],
)


def _takes(kind: str, path: str, request: str) -> bool:
    """Say by the letter of the specification whether a path takes a request."""
    if kind == "Exact":
        return request == path
    wanted = [part for part in path.split("/") if part]
    return [part for part in request.split("/") if part][: len(wanted)] == wanted


def _first(rows: list[tuple[str, str, str]], request: str, *, is_route: bool) -> str | None:
    """Return the Service that gets a request, by the letter of the two specifications."""
    matching = [row for row in rows if _takes(row[0], row[1], request)]
    if is_route:
        matching.sort(key=lambda row: (row[0] != "Exact", -len(row[1].rstrip("/"))))
    else:
        matching.sort(key=lambda row: (-len(row[1]), row[0] != "Exact"))
    return matching[0][2] if matching else None


REQUESTS = ["/", "/a", "/a/", "/a/x", "/a/b", "/a/b/", "/ab", "/b", "/b/", "/a/b/c/x", "/x", "/x/x"]


def _graphs(old: list[tuple[str, str, str]], new: list[tuple[str, str, str]]) -> ResourceGraph:
    before = ingress(paths=" ".join(f"{kind}:{path}>{target}" for kind, path, target in old))
    after = route(" ".join(f"{kind.replace('Prefix', 'PathPrefix')}:{path}>{target}" for kind, path, target in new))
    return graph(after, before)


@CALM
@given(ROWS, st.sampled_from(REQUESTS))
def test_the_winner_is_that_of_the_specifications(rows: list[tuple[str, str, str]], request: str) -> None:
    linted = _graphs(rows, rows)
    base = linted.base
    assert base is not None
    for known, kind in ((base, "Ingress.networking.k8s.io"), (linted, "HTTPRoute.gateway.networking.k8s.io")):
        (source,) = known.of_type(kind)
        entries = in_order(entries_of(source, known), known)
        assert all(shape_of(entry, known) is not None for entry, _ in entries)
        answer = winner(request, entries)
        name = answer.value.backends[0].name if isinstance(answer, Found) else None
        wanted = {row[2] for row in rows if _takes(row[0], row[1], request)}
        expected = _first(rows, request, is_route=kind.startswith("HTTPRoute"))
        assert name == expected or (name in wanted and len({row[1].rstrip("/") for row in rows}) < len(rows))


@CALM
@given(ROWS, ROWS)
def test_whatever_is_told_is_true_by_the_specifications(old: list[tuple[str, str, str]], new: list[tuple[str, str, str]]) -> None:
    linted = _graphs(old, new)
    (served,) = linted.of_type("HTTPRoute.gateway.networking.k8s.io")
    ambiguous = any(len({row[1].rstrip("/") for row in rows}) < len(rows) for rows in (old, new))
    for one in rerouted_by(served, linted):
        was, becomes = _first(old, one.path, is_route=False), _first(new, one.path, is_route=True)
        if not ambiguous:
            assert (one.how, was is None, becomes is None) in (("dropped", False, True), ("added", True, False), ("moved", False, False))
            assert was != becomes


@CALM
@given(ROWS)
def test_an_equal_route_is_silent(rows: list[tuple[str, str, str]]) -> None:
    linted = _graphs(rows, rows)
    (served,) = linted.of_type("HTTPRoute.gateway.networking.k8s.io")
    ambiguous = len({row[1].rstrip("/") for row in rows}) < len(rows)
    told = list(rerouted_by(served, linted))
    assert ambiguous or told == []


@CALM
@given(
    st.permutations(
        [ingress(f"nginx {AUTH}", name="other", host="o.example"), route(), HTTP, policy("BackendTrafficPolicy", "rateLimit: {}")]
    )
)
def test_the_order_of_documents_is_irrelevant(texts: list[str]) -> None:
    assert found("".join(texts), ingress(f"nginx {AUTH}"), LOST) == [
        "error: HTTPRoute shop/web lacks external authentication of its Ingress"
    ]


@CALM
@given(st.sampled_from(["depot", "qqq", "zz9", "kiosk"]))
def test_renaming_consistently_changes_nothing(name: str) -> None:
    before, after = ingress(f"nginx {AUTH}").replace("shop", name), (route() + HTTP).replace("shop", name)
    assert [one.replace(name, "shop") for one in found(after, before, LOST)] == found(route() + HTTP, ingress(f"nginx {AUTH}"), LOST)
