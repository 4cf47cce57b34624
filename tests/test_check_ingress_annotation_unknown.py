"""Keys of annotations of an Ingress, judged by what each controller's parser reads; the catalog cites each of them."""

import pytest

from k8slblint.catalog import ingress as catalog
from k8slblint.catalog.annotations import annotation_file, index
from k8slblint.config import Config, RuleSettings
from k8slblint.model.texts import HEADLINE, LABEL, PROSE
from tests.linting import findings
from tests.test_check_ingress_annotation_invalid import CONTROLLERS, controller, ingress, ingress_class

RULE = "ingress-annotation-unknown"
NGINX = "nginx.ingress.kubernetes.io/"
SHARED = "ingress.kubernetes.io/"
ALB = "alb.ingress.kubernetes.io/"
F5 = "nginx.org/"
TRAEFIK = "traefik.ingress.kubernetes.io/"
HAPROXY = "haproxy.org/"
HAPROXY_INGRESS = "haproxy-ingress.github.io/"
KONG = "konghq.com/"
CONTOUR = "projectcontour.io/"
AGIC = "appgw.ingress.kubernetes.io/"
APISIX = "k8s.apisix.apache.org/"
POMERIUM = "ingress.pomerium.io/"

TLS = "  tls: [{hosts: [shop.example.com], secretName: shop}]\n"

STRINGS = {
    **CONTROLLERS,
    "pomerium": "pomerium.io/ingress-controller",
    "eks-auto": "eks.amazonaws.com/alb",
    "alibaba-alb": "ingress.k8s.alibabacloud/alb",
    "aks-app-routing": "webapprouting.kubernetes.azure.com/nginx",
    "higress": "higress.io/higress-controller",
    "cilium": "cilium.io/ingress-controller",
}

CASES: list[tuple[str, str, str, str, dict[str, str]]] = [
    # ingress-nginx: slips, domains, keys that no release reads
    ("ingress-nginx", NGINX + "proxy-body-size", "8m", "", {}),
    ("ingress-nginx", NGINX + "proxy-body-sise", "8m", "warning", {}),
    ("ingress-nginx", NGINX + "proxy-bodysize", "8m", "warning", {}),
    ("ingress-nginx", NGINX + "proxy_body_size", "8m", "warning", {}),
    ("ingress-nginx", NGINX + "proxy-buffers", "4 16k", "warning", {}),
    ("ingress-nginx", NGINX + "from-to-www", "true", "warning", {}),
    ("ingress-nginx", NGINX + "from-to-www-redirect", "true", "", {}),
    ("ingress-nginx", NGINX + "rewrite-targets", "/", "warning", {}),
    ("ingress-nginx", NGINX + "whitelist-source-range", "10.0.0.0/8", "", {}),
    ("ingress-nginx", NGINX + "whitelist-source-ranges", "10.0.0.0/8", "error", {}),
    ("ingress-nginx", NGINX + "whitelist-source-ranges", "0.0.0.0/0", "warning", {}),
    ("ingress-nginx", NGINX + "auth-urls", "https://login.example.com", "error", {}),
    ("ingress-nginx", NGINX + "cors-allowed-origins", "*", "warning", {}),
    # keys that are read beside another one only
    ("ingress-nginx", NGINX + "cors-allow-origin", "*", "warning", {}),
    ("ingress-nginx", NGINX + "cors-allow-origin", "*", "", {NGINX + "enable-cors": "true"}),
    ("ingress-nginx", NGINX + "auth-secret", "users", "error", {}),
    ("ingress-nginx", NGINX + "auth-secret", "users", "", {NGINX + "auth-type": "basic"}),
    ("ingress-nginx", NGINX + "canary-weight", "10", "warning", {}),
    ("ingress-nginx", NGINX + "canary-weight", "10", "", {NGINX + "canary": "true"}),
    ("ingress-nginx", NGINX + "proxy-ssl-server-name", "on", "warning", {}),
    ("ingress-nginx", NGINX + "proxy-ssl-verify", "false", "", {}),  # it asks for what holds anyway
    ("ingress-nginx", NGINX + "limit-rate-after", "10", "", {}),  # the ConfigMap may limit the rate of all Ingresses
    ("haproxy-ingress", HAPROXY_INGRESS + "cors-allow-origin", "*", "warning", {}),
    ("traefik", NGINX + "cors-allow-origin", "*", "warning", {}),  # as a key of another product
    ("ingress-nginx", NGINX + "proxy-cache-valid", "200 1h", "warning", {}),
    ("ingress-nginx", NGINX + "wallarm-mode", "block", "", {}),  # a fork with the same class reads it
    ("ingress-nginx", NGINX + "enable-gzip", "true", "warning", {}),
    ("ingress-nginx", "nginx.kubernetes.io/rewrite-target", "/", "warning", {}),
    ("ingress-nginx", "ingress.nginx.kubernetes.io/rewrite-target", "/", "warning", {}),
    ("ingress-nginx", "nginx.ingress.kuberntes.io/rewrite-target", "/", "warning", {}),
    ("ingress-nginx", "nginx.ingress.kubernetes.io.rewrite-target", "/", "warning", {}),
    ("ingress-nginx", "example.com/rewrite-target", "/", "", {}),
    ("ingress-nginx", "nginx.kubernetes.io/quantum", "/", "", {}),
    ("ingress-nginx", NGINX + "client-max-body-size", "8m", "warning", {}),
    ("ingress-nginx", NGINX + "enable-websocket", "true", "warning", {}),
    ("ingress-nginx", NGINX + "secure-backends", "true", "warning", {}),
    ("ingress-nginx", NGINX + "secure-backends", "false", "", {}),
    ("ingress-nginx", NGINX + "global-rate-limit", "100", "warning", {}),
    ("ingress-nginx", NGINX + "session-cookie-hash", "sha1", "", {}),
    ("ingress-nginx", NGINX + "lua-resty-waf", "active", "warning", {}),
    # ingress-nginx: keys of its ConfigMap
    ("ingress-nginx", NGINX + "use-forwarded-headers", "true", "warning", {}),
    ("ingress-nginx", NGINX + "proxy-set-headers", "shop/headers", "warning", {}),
    ("ingress-nginx", NGINX + "gzip-types", "text/html", "warning", {}),
    ("ingress-nginx", NGINX + "hsts-max-age", "31536000", "warning", {}),
    ("ingress-nginx", NGINX + "ssl-protocols", "TLSv1.3", "warning", {}),
    ("ingress-nginx", NGINX + "location-snippet", "x", "warning", {}),
    ("ingress-nginx", NGINX + "ssl-ciphers", "HIGH", "", {}),
    # ingress-nginx: keys of others
    ("ingress-nginx", F5 + "client-max-body-size", "8m", "warning", {}),
    ("ingress-nginx", F5 + "client-max-body-size", "8m", "", {NGINX + "proxy-body-size": "8m"}),
    ("ingress-nginx", SHARED + "rewrite-target", "/", "warning", {}),
    ("ingress-nginx", SHARED + "proxy-body-size", "8m", "warning", {}),
    ("ingress-nginx", SHARED + "proxy-body-size", "8m", "", {NGINX + "proxy-body-size": "8m"}),
    ("ingress-nginx", SHARED + "ssl-redirect", "true", "error", {}),
    ("ingress-nginx", SHARED + "ssl-redirect", "false", "", {}),  # nor does it redirect a host without a certificate
    ("ingress-nginx", SHARED + "quantum", "on", "", {}),
    ("ingress-nginx", TRAEFIK + "router.middlewares", "shop-login@kubernetescrd", "error", {}),
    ("ingress-nginx", TRAEFIK + "router.quantum", "on", "", {}),
    ("ingress-nginx", ALB + "scheme", "internal", "error", {}),
    ("ingress-nginx", ALB + "healthcheck-path", "/", "warning", {}),
    ("ingress-nginx", KONG + "plugins", "login", "error", {}),
    ("ingress-nginx", ALB + "ip-address-type", "dualstack", "", {}),  # external-dns reads it as well
    ("ingress-nginx", "cert-manager.io/cluster-issuer", "letsencrypt", "", {}),
    ("ingress-nginx", "cert-manager.io/cluster-isuer", "letsencrypt", "", {}),
    ("ingress-nginx", "external-dns.alpha.kubernetes.io/hostnames", "a.example.com", "", {}),
    ("ingress-nginx", "kubernetes.io/tls-acme", "true", "", {}),
    ("ingress-nginx", "service.beta.kubernetes.io/aws-load-balancer-type", "nlb", "", {}),
    ("ingress-nginx", "argocd.argoproj.io/sync-wave", "1", "", {}),
    # the managed and other copies of ingress-nginx read its keys
    ("aks-app-routing", NGINX + "auth-url", "https://login.example.com", "", {}),
    ("aks-app-routing", NGINX + "auth-urls", "https://login.example.com", "error", {}),
    ("higress", NGINX + "rewrite-target", "/", "", {}),
    ("higress", NGINX + "mirror-target-service", "web", "", {}),
    ("alibaba-alb", NGINX + "canary-weight", "10", "", {NGINX + "canary": "true"}),
    # Traefik: an unknown field of a router leaves the Ingress out; everything else is passed over
    ("traefik", TRAEFIK + "router.entrypoints", "websecure", "", {}),
    ("traefik", TRAEFIK + "router.entryPoints", "websecure", "", {}),
    ("traefik", TRAEFIK + "Router.EntryPoints", "websecure", "", {}),
    ("traefik", TRAEFIK + "router.entrypoint", "websecure", "error", {}),
    ("traefik", TRAEFIK + "router.middleware", "shop-login@kubernetescrd", "error", {}),
    ("traefik", TRAEFIK + "router.rule", "Host(`a`)", "error", {}),
    ("traefik", TRAEFIK + "router.tls.certresolver", "le", "", {}),
    ("traefik", TRAEFIK + "router.tls.cert-resolver", "le", "error", {}),
    ("traefik", TRAEFIK + "router.tls.secretname", "le", "error", {}),
    ("traefik", TRAEFIK + "router.tls.domains.0.main", "example.com", "", {}),
    ("traefik", TRAEFIK + "router.tls.domains.0.sans", "a.example.com", "", {}),
    ("traefik", TRAEFIK + "router.tls.domains.main", "example.com", "", {}),
    ("traefik", TRAEFIK + "router.priority", "5", "", {}),
    ("traefik", TRAEFIK + "router.observability.metrics", "false", "", {}),
    ("traefik", TRAEFIK + "router.observability.logs", "false", "error", {}),
    ("traefik", TRAEFIK + "routers.entrypoints", "web", "error", {}),
    ("traefik", TRAEFIK + "quantum", "on", "warning", {}),
    ("traefik", TRAEFIK + "service.sticky.cookie", "true", "warning", {}),
    ("traefik", TRAEFIK + "service.serversscheme", "https", "warning", {}),
    ("traefik", TRAEFIK + "rule-type", "PathPrefixStrip", "warning", {}),
    ("traefik", TRAEFIK + "whitelist-source-range", "10.0.0.0/8", "warning", {}),
    ("traefik", TRAEFIK + "ssl-redirect", "true", "warning", {}),
    ("traefik", TRAEFIK + "pass-host-header", "true", "warning", {}),
    ("traefik", "traefik.kubernetes.io/router.tls", "true", "warning", {}),
    ("traefik", NGINX + "whitelist-source-range", "10.0.0.0/8", "error", {}),
    ("traefik", NGINX + "proxy-body-size", "8m", "warning", {}),
    ("traefik", NGINX + "force-ssl-redirect", "false", "", {}),
    ("traefik", SHARED + "whitelist-source-range", "10.0.0.0/8", "error", {}),
    # Pomerium makes no routes of an Ingress with a key that it does not know
    ("pomerium", POMERIUM + "allow_websockets", "true", "", {}),
    ("pomerium", POMERIUM + "mcp_server", "true", "", {}),
    ("pomerium", POMERIUM + "allow_websocket", "true", "error", {}),
    ("pomerium", POMERIUM + "quantum", "true", "error", {}),
    ("pomerium", POMERIUM + "allowed_groups", "[a]", "error", {}),
    # F5 NGINX Ingress Controller
    ("f5-nginx", F5 + "client-max-body-size", "8m", "", {}),
    ("f5-nginx", F5 + "client-max-bodysize", "8m", "warning", {}),
    ("f5-nginx", F5 + "websocket-service", "web", "warning", {}),
    ("f5-nginx", F5 + "location-snippet", "x", "warning", {}),
    ("f5-nginx", F5 + "quantum", "on", "", {}),
    ("f5-nginx", "custom.nginx.org/rate", "5", "", {}),
    ("f5-nginx", SHARED + "ssl-redirect", "true", "", {}),
    ("f5-nginx", NGINX + "proxy-body-size", "8m", "warning", {}),
    ("f5-nginx", NGINX + "whitelist-source-range", "10.0.0.0/8", "error", {}),
    # HAProxy's two controllers share a class and a prefix
    ("haproxytech", HAPROXY + "allow-list", "10.0.0.0/8", "", {}),
    ("haproxytech", "haproxy.com/allow-list", "10.0.0.0/8", "", {}),
    ("haproxytech", SHARED + "allow-list", "10.0.0.0/8", "", {}),
    ("haproxytech", HAPROXY + "allow-lists", "10.0.0.0/8", "error", {}),
    ("haproxytech", HAPROXY + "abortonclose", "true", "", {}),
    ("haproxytech", HAPROXY + "timeout-client", "50s", "warning", {}),
    ("haproxytech", HAPROXY + "global-config-snippet", "x", "warning", {}),
    ("haproxytech", HAPROXY + "cookie-persistence", "srv", "warning", {}),
    ("haproxytech", HAPROXY + "quantum", "on", "", {}),
    ("haproxytech", SHARED + "quantum", "on", "", {}),
    ("haproxytech", HAPROXY_INGRESS + "timeout-server", "50s", "warning", {}),
    ("haproxy-ingress", HAPROXY_INGRESS + "timeout-server", "50s", "", {}),
    ("haproxy-ingress", HAPROXY_INGRESS + "bind-fronting-proxy", ":80", "", {}),
    ("haproxy-ingress", HAPROXY_INGRESS + "timeout-servers", "50s", "warning", {}),
    ("haproxy-ingress", HAPROXY_INGRESS + "timeout-client", "50s", "warning", {}),
    ("haproxy-ingress", HAPROXY_INGRESS + "ssl-options", "no-sslv3", "warning", {}),
    ("haproxy-ingress", HAPROXY_INGRESS + "auth-type", "basic", "", {}),
    ("haproxy-ingress", SHARED + "timeout-server", "50s", "", {}),
    ("haproxy-ingress", HAPROXY + "allow-list", "10.0.0.0/8", "error", {}),
    # Kong, Contour, APISIX
    ("kong", KONG + "strip-path", "true", "", {}),
    ("kong", KONG + "strip-paths", "true", "warning", {}),
    ("kong", KONG + "plugin", "login", "error", {}),
    ("kong", KONG + "read-timeout", "60000", "warning", {}),
    ("kong", KONG + "override", "web", "warning", {}),
    ("kong", "konghq.io/plugins", "login", "error", {}),
    ("kong", "plugins.konghq.com", "login", "warning", {}),
    ("kong", KONG + "quantum", "on", "", {}),
    ("kong", NGINX + "proxy-read-timeout", "60", "warning", {}),
    ("contour", CONTOUR + "response-timeout", "30s", "", {}),
    ("contour", CONTOUR + "request-timeout", "30s", "", {}),
    ("contour", CONTOUR + "response-timeouts", "30s", "warning", {}),
    ("contour", CONTOUR + "max-connections", "5", "warning", {}),
    ("contour", "contour.heptio.com/response-timeout", "30s", "warning", {}),
    ("contour", SHARED + "force-ssl-redirect", "true", "", {}),
    ("contour", NGINX + "proxy-body-size", "8m", "warning", {}),
    ("apisix", APISIX + "use-regex", "true", "", {}),
    ("apisix", APISIX + "enable-core", "true", "warning", {}),
    ("cilium", NGINX + "proxy-body-size", "8m", "warning", {}),
    # clouds: AWS and Alibaba share a prefix
    ("aws-lbc", ALB + "scheme", "internal", "", {}),
    ("aws-lbc", ALB + "scheme", "internal", "", {ALB + "quantum": "on"}),
    ("aws-lbc", ALB + "certificate-arns", "arn", "warning", {}),
    ("aws-lbc", ALB + "security-group-inbound-cidrs", "10.0.0.0/8", "warning", {}),
    ("aws-lbc", ALB + "load-balancer-capacity-reservation", "5", "warning", {}),
    ("aws-lbc", ALB + "actions.redirect", '{"type":"redirect"}', "warning", {}),
    ("aws-lbc", ALB + "target-control-port.web.80", "3000", "", {}),
    ("aws-lbc", "alb.kubernetes.io/target-type", "ip", "warning", {}),
    ("aws-lbc", NGINX + "rewrite-target", "/", "warning", {}),
    ("eks-auto", ALB + "scheme", "internal", "", {}),
    ("eks-auto", ALB + "group.name", "shop", "warning", {}),
    ("alibaba-alb", ALB + "healthcheck-path", "/", "", {}),
    ("agic", AGIC + "ssl-redirect", "true", "", {}),
    ("agic", AGIC + "ssl-redirects", "true", "error", {}),
    ("agic", AGIC + "backend-hostnames", "a", "warning", {}),
    ("agic", AGIC + "extra-annotation-1", "a", "", {}),
    ("agic", NGINX + "ssl-redirect", "true", "error", {}),
]


def verdicts(*documents: str) -> list[tuple[str, str]]:
    found = findings("---\n".join(documents), RULE)
    assert all(len(one.headline) <= HEADLINE and len(one.label) <= LABEL and max(len(one.why), len(one.help)) <= PROSE for one in found)
    return [(str(one.severity), one.headline) for one in found]


@pytest.mark.parametrize(("name", "key", "value", "expected", "others"), CASES)
def test_a_key_is_judged_by_what_the_controller_reads(name: str, key: str, value: str, expected: str, others: dict[str, str]) -> None:
    found = verdicts(ingress({**others, key: value}), ingress_class(STRINGS[name]))
    assert [severity for severity, _ in found] == ([expected] if expected else [])


def test_the_table_has_both_sides_and_a_source_for_each_product() -> None:
    assert len(CASES) >= 120
    assert len([case for case in CASES if case[3]]) > 60
    assert len([case for case in CASES if not case[3]]) > 50
    for name, key, *_ in CASES:
        annotation = catalog.lookup(key)
        assert annotation is None or annotation.sources, key
        assert name in catalog.controllers()


def test_no_known_key_is_taken_for_a_slip_of_another() -> None:
    for name in index().domains.values():
        for key, raw in annotation_file(name).keys.items():
            if "Ingress" in raw["kinds"] and raw.get("status") in (None, "deprecated", "controller-retired") and "/" in key:
                found = verdicts(ingress({key: "x"}, "nobody"))
                assert found == [], key


@pytest.mark.parametrize(
    ("tag", "key", "expected"),
    [
        ("v1.11.0", "global-rate-limit", []),
        ("v1.12.0", "global-rate-limit", ["warning"]),
        ("v1.9.4", "enable-opentracing", []),
        ("v1.9.5", "enable-opentracing", ["warning"]),
        ("latest", "enable-opentracing", ["warning"]),
    ],
)
def test_an_old_release_may_still_read_a_removed_key(tag: str, key: str, expected: list[str]) -> None:
    found = verdicts(ingress({NGINX + key: "true"}), ingress_class("k8s.io/ingress-nginx"), controller(tag))
    assert [severity for severity, _ in found] == expected


def traefik(tag: str, *arguments: str) -> str:
    return controller("x", *arguments).replace("registry.k8s.io/ingress-nginx/controller:x", f"traefik:{tag}")


@pytest.mark.parametrize(
    ("tag", "key", "expected"),
    [
        ("v2.11.0", "router.observability.metrics", ["error"]),
        ("v3.2.9", "router.observability.metrics", ["error"]),
        ("v3.3.0", "router.observability.metrics", []),
        ("v3.3", "router.observability.tracing", []),
        ("v3.1.0", "router.rulesyntax", ["error"]),
        ("v3.2.0", "router.rulesyntax", []),
        ("v3", "router.rulesyntax", []),
        ("v3.4.0", "router.observability.traceverbosity", ["error"]),
        ("1.7.34", "rule-type", []),
        ("2.2.0", "rule-type", ["warning"]),
    ],
)
def test_the_release_of_traefik_decides_about_newer_and_older_keys(tag: str, key: str, expected: list[str]) -> None:
    found = verdicts(ingress({TRAEFIK + key: "x"}), ingress_class("traefik.io/ingress-controller"), traefik(tag))
    assert [severity for severity, _ in found] == expected


@pytest.mark.parametrize("argument", ["--providers.kubernetesingressnginx=true", "--providers.kubernetesIngressNGINX"])
def test_traefik_may_be_told_to_read_keys_of_ingress_nginx(argument: str) -> None:
    ours = (ingress({NGINX + "whitelist-source-range": "10.0.0.0/8"}), ingress_class("traefik.io/ingress-controller"))
    assert verdicts(*ours, traefik("v3.7.0", argument)) == []
    assert len(verdicts(*ours, traefik("v3.7.0"))) == 1


def test_another_prefix_of_ingress_nginx_is_not_judged() -> None:
    ours = (ingress({NGINX + "proxy-body-sise": "8m"}), ingress_class("k8s.io/ingress-nginx"))
    assert verdicts(*ours, controller("v1.12.0", "--annotations-prefix=ingress.example.com")) == []


def test_a_class_that_several_products_share_spares_what_one_of_them_reads() -> None:
    assert verdicts(ingress({NGINX + "proxy-body-size": "8m", F5 + "hsts": "true"}, "nginx")) == []
    assert verdicts(ingress({HAPROXY + "allow-list": "10.0.0.0/8", HAPROXY_INGRESS + "limit-rps": "5"}, "haproxy")) == []


def test_the_customary_name_of_a_class_is_evidence_of_medium_confidence() -> None:
    (found,) = findings(ingress({NGINX + "whitelist-source-range": "10.0.0.0/8"}, "traefik"), RULE)
    assert (str(found.severity), str(found.confidence)) == ("warning", "medium")


def test_a_class_annotation_does_not_show_who_serves_it() -> None:
    annotations = {"kubernetes.io/ingress.class": "traefik", NGINX + "whitelist-source-range": "10.0.0.0/8"}
    (found,) = findings(ingress(annotations).replace("  ingressClassName: edge\n", ""), RULE)
    assert (str(found.severity), str(found.confidence)) == ("warning", "medium")


@pytest.mark.parametrize("class_name", ["edge", "${CLASS}", ""])
def test_keys_of_several_products_are_no_mistake_where_the_class_says_nothing(class_name: str) -> None:
    keys = {NGINX + "whitelist-source-range": "10.0.0.0/8", KONG + "plugins": "login", TRAEFIK + "router.tls": "true"}
    assert verdicts(ingress(keys, class_name or '""')) == []


def test_a_product_that_the_catalog_does_not_know_may_read_any_key() -> None:
    text = ingress({HAPROXY + "allowlist": "10.0.0.0/8", NGINX + "proxy-body-sise": "8m"})
    assert verdicts(text, ingress_class("example.com/controller")) == []


def test_old_keys_without_a_class_are_left_to_another_rule() -> None:
    assert verdicts(ingress({TRAEFIK + "rule-type": "PathPrefixStrip"}, "edge")) == []


def test_a_slip_is_told_whoever_serves_the_ingress() -> None:
    (found,) = findings(ingress({NGINX + "proxy-body-sise": "8m"}, "edge"), RULE)
    assert (found.label, str(found.confidence)) == ("did you mean proxy-body-size?", "medium")


def test_keys_of_another_product_are_one_finding_with_a_place_for_each() -> None:
    keys = {NGINX + "proxy-body-size": "8m", NGINX + "auth-url": "https://login.example.com", NGINX + "limit-rps": "5"}
    (found,) = findings("---\n".join((ingress(keys), ingress_class("traefik.io/ingress-controller"))), RULE)
    assert found.headline == "Ingress shop/web sets `auth-url` and 2 more, which Traefik does not read"
    assert found.label == "a key of ingress-nginx"
    assert len(found.related) == 2
    assert str(found.severity) == "error"


@pytest.mark.parametrize(("allowed", "count"), [((), 2), (("nginx.ingress.kubernetes.io/quantum-*",), 1), (("*",), 0), (("[",), 2)])
def test_keys_may_be_allowed(allowed: tuple[str, ...], count: int) -> None:
    config = Config()._replace(rules={RULE: RuleSettings(parameters={"allowed_annotations": list(allowed)})})
    keys = {NGINX + "quantum-mode": "on", NGINX + "proxy-body-sise": "8m"}
    assert len(findings(ingress(keys), RULE, config=config)) == count


@pytest.mark.parametrize(("name", "severities"), [("eks-auto", ["warning"]), ("kong", ["error"])])
def test_documentation_alone_makes_no_error(name: str, severities: list[str]) -> None:
    """What EKS Auto Mode does not read is only documented; that another controller does not read the key, its source shows."""
    found = findings("---\n".join((ingress({ALB + "web-acl-id": "acl"}), ingress_class(STRINGS[name]))), RULE)
    assert [one.severity for one in found] == severities


def test_keys_that_need_the_same_key_are_one_finding() -> None:
    annotations = {NGINX + name: "x" for name in ("cors-allow-origin", "cors-allow-methods", "session-cookie-name")}
    found = findings(ingress(annotations) + "---\n" + ingress_class("k8s.io/ingress-nginx"), RULE)
    assert [one.headline for one in found] == [
        "Ingress shop/web sets `cors-allow-origin` and 1 more without `enable-cors`",
        "Ingress shop/web sets `session-cookie-name` without `affinity`",
    ]


def test_a_slip_beside_the_right_key_is_to_be_removed() -> None:
    annotations = {NGINX + "proxy-body-sise": "8m", NGINX + "proxy-body-size": "9m"}
    (one,) = findings(ingress(annotations) + "---\n" + ingress_class("k8s.io/ingress-nginx"), RULE)
    assert one.help == f"Remove the annotation: `{NGINX}proxy-body-size` is set as well."


def test_a_cause_has_one_finding() -> None:
    keys = {NGINX + "whitelist-source-range": "10.0.0.0/8", NGINX + "proxy-body-sise": "8m", TRAEFIK + "router.quantum": "x"}
    found = findings("---\n".join((ingress(keys), ingress_class("traefik.io/ingress-controller"))))
    assert [one.rule for one in found if "annotation" in one.rule] == [RULE, RULE]


@pytest.mark.parametrize("odd", ["[a]", "{a: b}", "5", "null", "{5: x}", "{? [a] : b}", "{'': x, '/': y, 'a/': z}"])
def test_odd_annotations_are_survived(odd: str) -> None:
    text = ingress({}).replace("  annotations:\n", f"  annotations: {odd}\n")
    assert verdicts(text) == []


@pytest.mark.parametrize("name", ["x" * 5_000, "proxy-" * 800, "-" * 4_000, "a-b" * 1_000, "[x](y)`z`"])
def test_hostile_names_are_bounded(name: str) -> None:
    keys = {prefix + name: "x" for prefix in (NGINX, TRAEFIK, POMERIUM, "nginx.kubernetes.io/", f"{name}.io/", "")}
    found = findings("---\n".join((ingress(keys), ingress_class("k8s.io/ingress-nginx"))), RULE)
    assert all(len(one.headline) <= HEADLINE and len(one.why) <= PROSE and len(one.help) <= PROSE for one in found)


@pytest.mark.parametrize(("name", "severities"), [("ingress-nginx", ["warning"]), ("traefik", [])])
@pytest.mark.parametrize("host", ["shop.example.com", "'{{ shop }}.example.com'"])
def test_what_a_controller_switches_on_is_not_switched_off_by_another_key(name: str, severities: list[str], host: str) -> None:
    served = ingress({SHARED + "ssl-redirect": "false"}) + TLS.replace("shop.example.com", host)
    assert [severity for severity, _ in verdicts(served, ingress_class(STRINGS[name]))] == severities


@pytest.mark.parametrize(
    ("others", "is_told"),
    [
        ({NGINX + "rewrite-target": "/$1"}, True),
        ({NGINX + "rewrite-target": "/$1", "cert-manager.io/cluster-issuer": "x"}, True),
        ({NGINX + "rewrite-target": "/$1", TRAEFIK + "router.priority": "5"}, False),  # several are served
        ({"haproxy.org/pod-maxconn": "5"}, False),  # which reads the spelling that many share
        ({"cert-manager.io/cluster-issuer": "x"}, False),
        ({NGINX + "quantum-mode": "on"}, False),
    ],
)
@pytest.mark.parametrize("value", ["true", "false"])
def test_the_other_keys_tell_who_serves_a_class_that_is_not_known(others: dict[str, str], value: str, *, is_told: bool) -> None:
    text = ingress({**others, SHARED + "ssl-redirect": value}, "inner-edge") + TLS
    found = [headline for _, headline in verdicts(text) if "`ssl-redirect`" in headline]
    assert found == ["Ingress shop/web sets `ssl-redirect`, which ingress-nginx does not read"] * is_told


OLD = "gcr.io/google_containers/nginx-ingress-controller"


@pytest.mark.parametrize(
    ("image", "arguments", "is_told"),
    [
        (f"{OLD}:0.9.0-beta.11", (), False),  # whose keys begin so
        (f"{OLD}:0.12.0", (), True),
        ("registry.k8s.io/ingress-nginx/controller:v1.12.1", (), True),
        ("registry.k8s.io/ingress-nginx/controller:v1.12.1", ("--annotations-prefix=ingress.kubernetes.io",), False),
        ("registry.k8s.io/ingress-nginx/controller:v1.12.1", ("--annotations-prefix=shop.example.org",), True),
    ],
)
def test_ingress_nginx_reads_the_domain_that_it_is_told(image: str, arguments: tuple[str, ...], *, is_told: bool) -> None:
    runs = controller("v1", *arguments).replace("registry.k8s.io/ingress-nginx/controller:v1", image)
    found = findings("---\n".join((ingress({SHARED + "rewrite-target": "/x"}, "nginx"), runs)), RULE)
    assert [one.help for one in found] == [f"Write `{NGINX}rewrite-target`, or remove the annotation."] * is_told
    assert all("F5" not in one.message for one in found)
