"""What protects an Ingress or a route, what a change takes away, and what only looks like a loss."""

import pytest

from tests.migrations import NGINX, found, gateway, ingress, policy, route, thing

AUTH = f"{NGINX}auth-url=https://login.example/check"
BASIC = f"{NGINX}auth-type=basic {NGINX}auth-secret=users"
LIST = f"{NGINX}allowlist-source-range=198.51.100.0/24"
ALB = "alb.ingress.kubernetes.io/"
F5 = "nginx.org/"
HAP = "haproxy-ingress.github.io/"
TECH = "haproxy.org/"
MIDDLEWARES = "traefik.ingress.kubernetes.io/router.middlewares"
TRAEFIK = "traefik.io/v1alpha1"
KONG = "configuration.konghq.com/v1"


def middleware(spec: str, name: str = "it") -> str:
    return thing(TRAEFIK, "Middleware", spec, name)


def plugin(name: str, more: str = "") -> str:
    return f"apiVersion: {KONG}\nkind: KongPlugin\nmetadata: {{name: it, namespace: shop}}\nplugin: {name}\n{more}---\n"


CONFIG = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: nginx, namespace: edge}
spec: {chart: {spec: {chart: ingress-nginx}}, values: {controller: {config: {global-auth-url: 'https://login.example/'}}}}
---
"""
IMAGE = "registry.k8s.io/ingress-nginx/controller:v1.13.0"
CONTROLLER = f"""apiVersion: apps/v1
kind: Deployment
metadata: {{name: nginx, namespace: edge}}
spec:
  selector: {{matchLabels: {{app: nginx}}}}
  template:
    metadata: {{labels: {{app: nginx}}}}
    spec: {{containers: [{{name: controller, image: {IMAGE}, args: [/nginx-ingress-controller, --default-ssl-certificate=edge/all]}}]}}
---
"""

PLAIN = CONTROLLER.replace(", --default-ssl-certificate=edge/all", "")

LOST = [
    # kubernetes/ingress-nginx dbb11b92 internal/ingress/annotations
    ("auth-url", ingress(f"nginx {AUTH}"), ingress(), "error: Ingress shop/web loses external authentication"),
    ("auth-type", ingress(f"nginx {BASIC}"), ingress(), "error: Ingress shop/web loses basic authentication"),
    (
        "client certificates",
        ingress(f"nginx {NGINX}auth-tls-secret=shop/ca"),
        ingress(),
        "error: Ingress shop/web loses client certificates",
    ),
    (
        "client certificates made optional",
        ingress(f"nginx {NGINX}auth-tls-secret=shop/ca"),
        ingress(f"nginx {NGINX}auth-tls-secret=shop/ca {NGINX}auth-tls-verify-client=optional"),
        "error: Ingress shop/web loses client certificates",
    ),
    (
        "deny list",
        ingress(f"nginx {NGINX}denylist-source-range=203.0.113.0/24"),
        ingress(),
        "warning: Ingress shop/web loses the deny list",
    ),
    ("limit-rps", ingress(f"nginx {NGINX}limit-rps=5"), ingress(), "warning: Ingress shop/web loses the rate limit"),
    (
        "limit-rps 0",
        ingress(f"nginx {NGINX}limit-rps=5"),
        ingress(f"nginx {NGINX}limit-rps=0"),
        "warning: Ingress shop/web loses the rate limit",
    ),
    ("firewall", ingress(f"nginx {NGINX}enable-modsecurity=true"), ingress(), "error: Ingress shop/web loses the firewall"),
    (
        "firewall off",
        ingress(f"nginx {NGINX}enable-modsecurity=true"),
        ingress(f"nginx {NGINX}enable-modsecurity=false"),
        "error: Ingress shop/web loses the firewall",
    ),
    (
        "forced redirect",
        ingress(f"nginx {NGINX}force-ssl-redirect=true"),
        ingress(),
        "warning: Ingress shop/web loses the redirect to HTTPS",
    ),
    (
        "default redirect",
        ingress(tls=True),
        ingress(f"nginx {NGINX}ssl-redirect=false", tls=True),
        "warning: Ingress shop/web loses the redirect to HTTPS",
    ),
    ("TLS", ingress(tls=True) + PLAIN, ingress() + PLAIN, "warning: Ingress shop/web loses TLS"),
    (
        "two at once",
        ingress(f"nginx {AUTH} {NGINX}limit-rps=5"),
        ingress(),
        "error: Ingress shop/web loses external authentication and 1 more",
    ),
    ("empty value", ingress(f"nginx {AUTH}"), ingress(f"nginx {NGINX}auth-url="), "error: Ingress shop/web loses external authentication"),
    # a class whose controller does not read the keys
    ("class: auth", ingress(f"nginx {AUTH}"), ingress(f"traefik {AUTH}"), "error: Ingress shop/web loses external authentication"),
    ("class: allow list", ingress(f"nginx {LIST}"), ingress(f"traefik {LIST}"), "error: Ingress shop/web loses the allow list"),
    (
        "class: rate limit",
        ingress(f"nginx {NGINX}limit-rps=5"),
        ingress(f"cilium {NGINX}limit-rps=5"),
        "warning: Ingress shop/web loses the rate limit",
    ),
    ("class: contour", ingress(f"nginx {AUTH}"), ingress(f"contour {AUTH}"), "error: Ingress shop/web loses external authentication"),
    ("class: kong", ingress(f"nginx {BASIC}"), ingress(f"kong {BASIC}"), "error: Ingress shop/web loses basic authentication"),
    ("class: haproxy", ingress(f"nginx {AUTH}"), ingress(f"haproxy {AUTH}"), "error: Ingress shop/web loses external authentication"),
    # nginx/kubernetes-ingress 0eb3072d, haproxy-ingress 465a51ce, haproxytech fc120676
    (
        "f5 basic",
        ingress(f"nginx {F5}basic-auth-secret=users {F5}proxy-hide-headers=A"),
        ingress(f"nginx {F5}proxy-hide-headers=A"),
        "error: Ingress shop/web loses basic",
    ),
    (
        "haproxy-ingress",
        ingress(f"haproxy {HAP}auth-url=http://a.example/ {HAP}cors-enable=true"),
        ingress(f"haproxy {HAP}cors-enable=true"),
        "error: Ingress shop/web loses external",
    ),
    (
        "haproxytech",
        ingress(f"haproxy {TECH}rate-limit-requests=10 {TECH}check=true"),
        ingress(f"haproxy {TECH}check=true"),
        "warning: Ingress shop/web loses the rate limit",
    ),
    # aws-load-balancer-controller 225f4456
    ("alb oidc", ingress(f"alb {ALB}auth-type=oidc"), ingress("alb"), "error: Ingress shop/web loses authentication"),
    ("alb none", ingress(f"alb {ALB}auth-type=oidc"), ingress(f"alb {ALB}auth-type=none"), "error: Ingress shop/web loses authentication"),
    (
        "alb anonymous users",
        ingress(f"alb {ALB}auth-type=oidc"),
        ingress(f"alb {ALB}auth-type=oidc {ALB}auth-on-unauthenticated-request=allow"),
        "error: Ingress shop/web loses authentication",
    ),
    ("alb firewall", ingress(f"alb {ALB}wafv2-acl-arn=arn:aws:wafv2:x"), ingress("alb"), "error: Ingress shop/web loses the firewall"),
    (
        "alb firewall none",
        ingress(f"alb {ALB}wafv2-acl-arn=arn:aws:wafv2:x"),
        ingress(f"alb {ALB}wafv2-acl-arn=none"),
        "error: Ingress shop/web loses the firewall",
    ),
    # traefik/traefik fd5a576d pkg/provider/kubernetes
    (
        "middleware no longer named",
        ingress(f"traefik {MIDDLEWARES}=shop-it@kubernetescrd") + middleware("{forwardAuth: {address: 'http://a'}}"),
        ingress("traefik") + middleware("{forwardAuth: {address: 'http://a'}}"),
        "error: Ingress shop/web loses forward authentication",
    ),
    (
        "middleware does something else",
        ingress(f"traefik {MIDDLEWARES}=shop-it@kubernetescrd") + middleware("{basicAuth: {secret: users}}"),
        ingress(f"traefik {MIDDLEWARES}=shop-it@kubernetescrd") + middleware("{compress: {}}"),
        "error: Ingress shop/web loses basic authentication",
    ),
    (
        "chain without it",
        ingress(f"traefik {MIDDLEWARES}=shop-all@kubernetescrd")
        + middleware("{chain: {middlewares: [{name: it}, {name: gzip}]}}", "all")
        + middleware("{ipAllowList: {sourceRange: [198.51.100.0/24]}}")
        + middleware("{compress: {}}", "gzip"),
        ingress(f"traefik {MIDDLEWARES}=shop-all@kubernetescrd")
        + middleware("{chain: {middlewares: [{name: gzip}]}}", "all")
        + middleware("{compress: {}}", "gzip"),
        "error: Ingress shop/web loses the allow list",
    ),
    (
        "allow list for everybody",
        ingress(f"traefik {MIDDLEWARES}=shop-it@kubernetescrd") + middleware("{ipAllowList: {sourceRange: [198.51.100.0/24]}}"),
        ingress(f"traefik {MIDDLEWARES}=shop-it@kubernetescrd") + middleware("{ipAllowList: {sourceRange: [0.0.0.0/0]}}"),
        "error: Ingress shop/web loses the allow list",
    ),
    # Kong/kubernetes-ingress-controller 1fa68f86
    (
        "kong plugin",
        ingress("kong konghq.com/plugins=it") + plugin("key-auth"),
        ingress("kong") + plugin("key-auth"),
        "error: Ingress shop/web loses authentication",
    ),
    (
        "kong plugin off",
        ingress("kong konghq.com/plugins=it") + plugin("jwt"),
        ingress("kong konghq.com/plugins=it") + plugin("jwt", "disabled: true\n"),
        "error: Ingress shop/web loses auth",
    ),
    # nginx/kubernetes-ingress 0eb3072d pkg/apis/configuration/v1/types.go
    (
        "f5 policy",
        ingress(f"nginx {F5}policies=it {F5}hsts=true") + thing("k8s.nginx.org/v1", "Policy", "{oidc: {clientID: a}}"),
        ingress(f"nginx {F5}hsts=true") + thing("k8s.nginx.org/v1", "Policy", "{oidc: {clientID: a}}"),
        "error: Ingress shop/web loses OpenID Connect",
    ),
    # another kind of protection instead
    ("login for a list", ingress(f"nginx {AUTH}"), ingress(f"nginx {LIST}"), "warning: Ingress shop/web loses external authentication"),
    # envoyproxy/gateway d32f2829
    (
        "route policy removed",
        route() + gateway() + policy("SecurityPolicy", "extAuth: {http: {}}"),
        route() + gateway(),
        "error: HTTPRoute shop/web loses `extAuth` of SecurityPolicy it",
    ),
    (
        "gateway policy removed",
        route() + gateway() + policy("SecurityPolicy", "oidc: {clientID: a}", "Gateway edge"),
        route() + gateway(),
        "error: HTTPRoute shop/web loses `oidc` of SecurityPolicy it",
    ),
    (
        "rate limit removed",
        route() + gateway() + policy("BackendTrafficPolicy", "rateLimit: {type: Local}"),
        route() + gateway(),
        "warning: HTTPRoute shop/web loses `rateLimit` of BackendTrafficPolicy it",
    ),
    (
        "policy names another route",
        route() + gateway() + policy("SecurityPolicy", "basicAuth: {users: {name: a}}"),
        route() + gateway() + policy("SecurityPolicy", "basicAuth: {users: {name: a}}", "HTTPRoute other"),
        "error: HTTPRoute shop/web loses `basicAuth` of SecurityPolicy it",
    ),
    # Gateway API 1.6
    (
        "core filter",
        route(more="{type: ExternalAuth, externalAuth: {}}") + gateway(),
        route() + gateway(),
        "error: HTTPRoute shop/web loses external authentication",
    ),
    (
        "filter of traefik",
        route(more="{type: ExtensionRef, extensionRef: {group: traefik.io, kind: Middleware, name: it}}")
        + gateway("traefik")
        + middleware("{digestAuth: {secret: a}}"),
        route() + gateway("traefik") + middleware("{digestAuth: {secret: a}}"),
        "error: HTTPRoute shop/web loses digest authentication",
    ),
    (
        "filter of nginx",
        route(more="{type: ExtensionRef, extensionRef: {group: gateway.nginx.org, kind: AuthenticationFilter, name: it}}")
        + gateway("nginx")
        + thing("gateway.nginx.org/v1alpha1", "AuthenticationFilter", "{type: Basic}"),
        route() + gateway("nginx") + thing("gateway.nginx.org/v1alpha1", "AuthenticationFilter", "{type: Basic}"),
        "error: HTTPRoute shop/web loses authentication",
    ),
]

KEPT = [
    ("nothing changes", ingress(f"nginx {AUTH}"), ingress(f"nginx {AUTH}")),
    ("another address", ingress(f"nginx {AUTH}"), ingress(f"nginx {NGINX}auth-url=https://other.example/")),
    ("old name of the list", ingress(f"nginx {LIST}"), ingress(f"nginx {NGINX}whitelist-source-range=198.51.100.0/24")),
    ("basic for external", ingress(f"nginx {BASIC}"), ingress(f"nginx {AUTH}")),
    ("external for certificates", ingress(f"nginx {AUTH}"), ingress(f"nginx {NGINX}auth-tls-secret=shop/ca")),
    ("per minute", ingress(f"nginx {NGINX}limit-rps=5"), ingress(f"nginx {NGINX}limit-rpm=300")),
    ("a list that is told elsewhere", ingress(f"nginx {LIST}"), ingress()),  # exposure-widened
    (
        "a list with more networks",
        ingress(f"nginx {LIST}"),
        ingress(f"nginx {NGINX}allowlist-source-range=198.51.100.0/23"),
    ),  # exposure-widened
    ("never in effect: foreign key", ingress(f"traefik {AUTH}"), ingress("traefik")),
    ("never in effect: off", ingress(f"nginx {NGINX}enable-modsecurity=false"), ingress()),
    ("never in effect: zero", ingress(f"nginx {NGINX}limit-rps=0"), ingress()),
    ("never in effect: everybody", ingress(f"nginx {NGINX}denylist-source-range="), ingress()),
    ("never in effect: optional", ingress(f"nginx {NGINX}auth-tls-secret=shop/ca {NGINX}auth-tls-verify-client=off"), ingress()),
    ("never in effect: alb", ingress(f"alb {ALB}auth-type=none"), ingress("alb")),
    ("CORS is no protection", ingress(f"nginx {NGINX}enable-cors=true"), ingress()),
    ("a body size is none", ingress(f"nginx {NGINX}proxy-body-size=1m"), ingress()),
    (
        "class: with a middleware",
        ingress(f"nginx {AUTH}"),
        ingress(f"traefik {MIDDLEWARES}=shop-it@kubernetescrd") + middleware("{forwardAuth: {address: 'http://a'}}"),
    ),
    ("class: a fork reads the keys", ingress(f"nginx {AUTH}"), ingress(f"webapprouting.kubernetes.azure.com {AUTH}")),
    (
        "kong: the same by another plugin",
        ingress("kong konghq.com/plugins=it") + plugin("key-auth"),
        ingress("kong konghq.com/plugins=it") + plugin("openid-connect"),
    ),
    (
        "route: the Gateway has it now",
        route() + gateway() + policy("SecurityPolicy", "extAuth: {http: {}}"),
        route() + gateway() + policy("SecurityPolicy", "extAuth: {http: {}}", "Gateway edge"),
    ),
    (
        "route: another login",
        route() + gateway() + policy("SecurityPolicy", "extAuth: {http: {}}"),
        route() + gateway() + policy("SecurityPolicy", "jwt: {providers: []}"),
    ),
    (
        "route: a policy of the Gateway is overridden, which is told elsewhere",
        route() + gateway() + policy("SecurityPolicy", "oidc: {clientID: a}", "Gateway edge"),
        route()
        + gateway()
        + policy("SecurityPolicy", "oidc: {clientID: a}", "Gateway edge")
        + policy("SecurityPolicy", "cors: {}", name="own"),
    ),
    (
        "route: a new rule",
        route() + gateway() + policy("SecurityPolicy", "oidc: {clientID: a}"),
        route("/ /new") + gateway() + policy("SecurityPolicy", "oidc: {clientID: a}"),
    ),
    ("TLS: with another Secret", ingress(tls=True), ingress(tls=True, name="web").replace("web-tls", "other-tls")),
    ("TLS: a controller whose entry points decide", ingress("traefik", tls=True), ingress("traefik")),
    ("TLS: the certificates of an ALB", ingress("alb", tls=True), ingress(f"alb {ALB}certificate-arn=arn:x")),
    ("every Ingress asks for a login", ingress(f"nginx {AUTH}") + CONFIG, ingress() + CONFIG),
    ("TLS: a controller that is not shown", ingress(tls=True), ingress()),
    ("a default certificate", ingress(tls=True) + CONTROLLER, ingress() + CONTROLLER),
    ("local", ingress(f"nginx {AUTH}"), ingress()),
]

UNDECIDED = [
    (
        "middleware that is not there",
        ingress(f"nginx {AUTH}"),
        ingress(f"traefik {MIDDLEWARES}=auth-login@kubernetescrd"),
        "Middleware 'auth-login@kubernetescrd' is not in",
    ),
    (
        "middleware of another provider",
        ingress(f"nginx {AUTH}"),
        ingress(f"traefik {MIDDLEWARES}=login@file"),
        "Middleware 'login@file' is not in",
    ),
    (
        "middleware of a plugin",
        ingress(f"nginx {AUTH}"),
        ingress(f"traefik {MIDDLEWARES}=shop-it@kubernetescrd") + middleware("{plugin: {gate: {}}}"),
        "what Middleware shop/it does is not read",
    ),
    (
        "a plugin of one's own",
        ingress("kong konghq.com/plugins=it") + plugin("jwt"),
        ingress("kong konghq.com/plugins=it") + plugin("our-login"),
        "what KongPlugin shop/it does",
    ),
    (
        "a snippet",
        ingress(f"nginx {AUTH}"),
        ingress(f"nginx {NGINX}configuration-snippet=auth_request~/x;"),
        "what `configuration-snippet` does is not read",
    ),
    (
        "who else may read the key",
        ingress("kong konghq.com/plugins=it") + plugin("jwt"),
        ingress("kong konghq.com/plugins=gone"),
        "KongPlugin 'gone' is not in the manifests",
    ),
    (
        "a policy of another product",
        route() + gateway() + policy("SecurityPolicy", "oidc: {clientID: a}"),
        route() + gateway() + thing("kuadrant.io/v1", "AuthPolicy", "{targetRef: {kind: HTTPRoute, name: web}}"),
        "whether AuthPolicy shop/it applies to it is not known",
    ),
    (
        "a policy that is not read",
        route() + gateway() + policy("SecurityPolicy", "oidc: {clientID: a}"),
        route() + gateway() + policy("EnvoyExtensionPolicy", "lua: []"),
        "what EnvoyExtensionPolicy shop/it does is not read",
    ),
    (
        "a filter of an unknown kind",
        route(more="{type: ExternalAuth, externalAuth: {}}") + gateway(),
        route(more="{type: ExtensionRef, extensionRef: {group: x.example, kind: Gate, name: a}}") + gateway(),
        "what Gate 'a' does is not read",
    ),
]


@pytest.mark.parametrize(("before", "after", "said"), [row[1:] for row in LOST], ids=[row[0] for row in LOST])
def test_what_a_change_takes_away_is_told(before: str, after: str, said: str) -> None:
    told = found(after, before, ["ingress-protection-lost"])
    assert len(told) == 1, told
    assert told[0].startswith(said)


@pytest.mark.parametrize(("before", "after"), [row[1:] for row in KEPT], ids=[row[0] for row in KEPT])
def test_what_is_kept_or_was_not_in_effect_is_not_told(before: str, after: str, request: pytest.FixtureRequest) -> None:
    scope = {"environment": "local"} if "[local]" in request.node.name else {}
    assert [one for one in found(after, before, ["ingress-protection-lost"], **scope) if not one.startswith("undecided")] == []


@pytest.mark.parametrize(("before", "after", "why"), [row[1:] for row in UNDECIDED], ids=[row[0] for row in UNDECIDED])
def test_what_may_still_be_protected_is_undecided(before: str, after: str, why: str) -> None:
    told = found(after, before, ["ingress-protection-lost"])
    assert len(told) == 1, told
    assert told[0].startswith(f"undecided: {why}")


@pytest.mark.parametrize(("before", "after"), [(after, before) for _, before, after, _ in LOST], ids=[row[0] for row in LOST])
def test_what_is_added_is_not_told(before: str, after: str) -> None:
    if "instead" not in after:
        assert [one for one in found(after, before, ["ingress-protection-lost"]) if one.startswith("error")] == []
