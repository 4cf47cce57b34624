"""Values of annotations of an Ingress, judged as the parser of the controller that serves it does; the catalog cites each parser."""

import pytest

from k8slblint.catalog import ingress as catalog
from k8slblint.catalog.annotations import annotation_file, compiled, index
from k8slblint.catalog.ingress_parsing import fault_of
from k8slblint.traffic.ingress_annotations.values import parsing_by
from tests.linting import findings

RULE = "ingress-annotation-invalid"
NGINX = "nginx.ingress.kubernetes.io/"
ALB = "alb.ingress.kubernetes.io/"
F5 = "nginx.org/"
TRAEFIK = "traefik.ingress.kubernetes.io/"
HAPROXY = "haproxy.org/"
HAPROXY_INGRESS = "haproxy-ingress.github.io/"
KONG = "konghq.com/"
CONTOUR = "projectcontour.io/"
AGIC = "appgw.ingress.kubernetes.io/"
APISIX = "k8s.apisix.apache.org/"

CONTROLLERS = {
    "ingress-nginx": "k8s.io/ingress-nginx",
    "f5-nginx": "nginx.org/ingress-controller",
    "traefik": "traefik.io/ingress-controller",
    "haproxytech": "haproxy.org/ingress-controller/haproxy",
    "haproxy-ingress": "haproxy-ingress.github.io/controller",
    "kong": "ingress-controllers.konghq.com/kong",
    "contour": "projectcontour.io/ingress-controller",
    "aws-lbc": "ingress.k8s.aws/alb",
    "agic": "azure/application-gateway",
    "apisix": "apisix.apache.org/apisix-ingress-controller",
}

AUTH = {NGINX + "auth-url": "https://login.example.com/verify"}
CORS = {NGINX + "enable-cors": "true"}
COOKIE = {NGINX + "affinity": "cookie"}
BACKEND_TLS = {NGINX + "proxy-ssl-secret": "shop/backend"}
HAPROXY_CORS = {HAPROXY + "cors-enable": "true"}
HAPROXY_INGRESS_TLS = {HAPROXY_INGRESS + "backend-protocol": "h1-ssl"}
NO_PORT = '{"type":"forward","forwardConfig":{"targetGroups":[{"serviceName":"a"}]}}'
TWO_GROUPS = (
    '{"type":"forward","forwardConfig":{"targetGroups":[{"serviceName":"a","servicePort":80},{"serviceName":"b","servicePort":80}]}}'
)
ORIGINS = HAPROXY_INGRESS + "cors-allow-origin"
VERIFY = HAPROXY_INGRESS + "secure-verify-hostname"
HAPROXY_INGRESS_CORS = {HAPROXY_INGRESS + "cors-enable": "true"}

CASES: list[tuple[str, str, str, str, dict[str, str]]] = [
    # ingress-nginx: what is refused later, or read as something else
    ("ingress-nginx", NGINX + "auth-url", "login.example.com/verify", "error", {}),
    ("ingress-nginx", NGINX + "auth-url", "localhost:4180/auth", "error", {}),
    ("ingress-nginx", NGINX + "auth-url", "https://login.example.com/verify", "", {}),
    ("ingress-nginx", NGINX + "auth-url", "$scheme://$host/verify", "", {}),
    ("ingress-nginx", NGINX + "auth-url", "", "error", {NGINX + "auth-signin": "https://login.example.com/start"}),
    ("ingress-nginx", NGINX + "auth-url", "", "", {}),
    ("ingress-nginx", NGINX + "auth-type", "", "error", {NGINX + "auth-secret": "shop/users"}),
    ("ingress-nginx", NGINX + "auth-type", "", "", {NGINX + "auth-secret": ""}),
    ("ingress-nginx", NGINX + "auth-type", "basic", "", {NGINX + "auth-secret": "shop/users"}),
    ("ingress-nginx", NGINX + "auth-cache-duration", "200 30 min", "error", AUTH),
    ("ingress-nginx", NGINX + "auth-cache-duration", "200 202 30m, 401 5s", "", AUTH),
    ("ingress-nginx", NGINX + "permanent-redirect-code", "309", "warning", {NGINX + "permanent-redirect": "https://a.example.com"}),
    ("ingress-nginx", NGINX + "permanent-redirect-code", "308", "", {NGINX + "permanent-redirect": "https://a.example.com"}),
    ("ingress-nginx", NGINX + "temporal-redirect-code", "308", "warning", {NGINX + "temporal-redirect": "https://a.example.com"}),
    ("ingress-nginx", NGINX + "temporal-redirect-code", "307", "", {NGINX + "temporal-redirect": "https://a.example.com"}),
    ("ingress-nginx", NGINX + "proxy-buffer-size", "1g", "error", {}),
    ("ingress-nginx", NGINX + "proxy-buffer-size", "16K", "", {}),
    ("ingress-nginx", NGINX + "proxy-busy-buffers-size", "64b", "error", {}),
    # ingress-nginx: access and authentication
    ("ingress-nginx", NGINX + "allowlist-source-range", "10.0.0.0/8, 192.0.2.1", "", {}),
    ("ingress-nginx", NGINX + "allowlist-source-range", "2001:db8::/32,10.1.2.3/8", "", {}),
    ("ingress-nginx", NGINX + "allowlist-source-range", "10.0.0.0/8,", "error", {}),
    ("ingress-nginx", NGINX + "allowlist-source-range", "10.0.0.0/8 192.0.2.1", "error", {}),
    ("ingress-nginx", NGINX + "allowlist-source-range", "office.example.com", "error", {}),
    ("ingress-nginx", NGINX + "allowlist-source-range", "", "error", {}),
    ("ingress-nginx", NGINX + "whitelist-source-range", "10.0.0.0/33", "error", {}),
    ("ingress-nginx", NGINX + "whitelist-source-range", "10.0.0.0/33", "", {NGINX + "allowlist-source-range": "10.0.0.0/8"}),
    ("ingress-nginx", NGINX + "denylist-source-range", "10.0.0.256", "error", {}),
    ("ingress-nginx", NGINX + "auth-type", "basic", "", {}),
    ("ingress-nginx", NGINX + "auth-type", "basic-auth", "", {}),
    ("ingress-nginx", NGINX + "auth-type", "Basic", "error", {}),
    ("ingress-nginx", NGINX + "auth-realm", "Members only", "", {NGINX + "auth-type": "basic"}),
    ("ingress-nginx", NGINX + "auth-realm", "Members only!", "error", {NGINX + "auth-type": "basic"}),
    ("ingress-nginx", NGINX + "auth-realm", "Members only!", "", {}),
    ("ingress-nginx", NGINX + "auth-url", "https://login.example.com/verify?rd=$uri", "", {}),
    ("ingress-nginx", NGINX + "auth-url", "https://login.example.com/a%20b", "error", {}),
    ("ingress-nginx", NGINX + "auth-always-set-cookie", "yes", "error", AUTH),
    ("ingress-nginx", NGINX + "auth-always-set-cookie", "True", "", AUTH),
    ("ingress-nginx", NGINX + "auth-always-set-cookie", "yes", "", {}),
    ("ingress-nginx", NGINX + "auth-request-redirect", "https://shop.example.com/a", "", AUTH),
    ("ingress-nginx", NGINX + "auth-request-redirect", "https://$host$request_uri", "error", AUTH),
    ("ingress-nginx", NGINX + "auth-cache-duration", "200 202 401 5m", "", AUTH),
    ("ingress-nginx", NGINX + "auth-cache-duration", "200;5m", "error", AUTH),
    ("ingress-nginx", NGINX + "auth-method", "GET", "", AUTH),
    ("ingress-nginx", NGINX + "auth-method", "get", "error", AUTH),
    ("ingress-nginx", NGINX + "auth-response-headers", "X-User, X-Email", "", AUTH),
    ("ingress-nginx", NGINX + "auth-response-headers", "*", "error", AUTH),
    ("ingress-nginx", NGINX + "auth-tls-secret", "shop/ca", "", {}),
    ("ingress-nginx", NGINX + "auth-tls-secret", "shop/ca!", "error", {}),
    ("ingress-nginx", NGINX + "auth-tls-verify-client", "optional", "", {NGINX + "auth-tls-secret": "shop/ca"}),
    ("ingress-nginx", NGINX + "auth-tls-verify-client", "require", "warning", {NGINX + "auth-tls-secret": "shop/ca"}),
    ("ingress-nginx", NGINX + "auth-tls-match-cn", "CN=client", "", {NGINX + "auth-tls-secret": "shop/ca"}),
    ("ingress-nginx", NGINX + "auth-tls-match-cn", "cn=client", "error", {NGINX + "auth-tls-secret": "shop/ca"}),
    ("ingress-nginx", NGINX + "satisfy", "any", "", {}),
    ("ingress-nginx", NGINX + "satisfy", "Any", "warning", {}),
    ("ingress-nginx", NGINX + "enable-modsecurity", "yes", "error", {}),
    ("ingress-nginx", NGINX + "enable-modsecurity", "no", "", {}),
    ("ingress-nginx", NGINX + "enable-owasp-core-rules", "on", "error", {}),
    ("ingress-nginx", NGINX + "limit-rps", "10", "", {}),
    ("ingress-nginx", NGINX + "limit-rps", "10/s", "error", {}),
    ("ingress-nginx", NGINX + "limit-whitelist", "10.0.0.0/8;192.0.2.1", "error", {}),
    # ingress-nginx: sizes, times, redirects, backends
    ("ingress-nginx", NGINX + "proxy-body-size", "8m", "", {}),
    ("ingress-nginx", NGINX + "proxy-body-size", "8 M", "", {}),
    ("ingress-nginx", NGINX + "proxy-body-size", "0", "", {}),
    ("ingress-nginx", NGINX + "proxy-body-size", "8Mi", "warning", {}),
    ("ingress-nginx", NGINX + "proxy-body-size", "8MB", "warning", {}),
    ("ingress-nginx", NGINX + "proxy-body-size", "-1", "warning", {}),
    ("ingress-nginx", NGINX + "proxy-buffer-size", "16k", "", {}),
    ("ingress-nginx", NGINX + "proxy-buffer-size", "16kb", "warning", {}),
    ("ingress-nginx", NGINX + "proxy-read-timeout", "60", "", {}),
    ("ingress-nginx", NGINX + "proxy-read-timeout", "60s", "warning", {}),
    ("ingress-nginx", NGINX + "proxy-connect-timeout", "1m", "warning", {}),
    ("ingress-nginx", NGINX + "permanent-redirect-code", "308", "", {}),
    ("ingress-nginx", NGINX + "permanent-redirect-code", "permanent", "error", {}),
    ("ingress-nginx", NGINX + "rewrite-target", "/$host", "", {}),
    ("ingress-nginx", NGINX + "rewrite-target", "/a?b=$1", "warning", {}),
    ("ingress-nginx", NGINX + "backend-protocol", "https", "", {}),
    ("ingress-nginx", NGINX + "backend-protocol", "TCP", "warning", {}),
    ("ingress-nginx", NGINX + "proxy-ssl-verify", "on", "", BACKEND_TLS),
    ("ingress-nginx", NGINX + "proxy-ssl-verify", "true", "error", BACKEND_TLS),
    ("ingress-nginx", NGINX + "proxy-ssl-verify", "false", "", BACKEND_TLS),
    ("ingress-nginx", NGINX + "proxy-ssl-verify", "true", "", {}),
    ("ingress-nginx", NGINX + "proxy-ssl-ciphers", "HIGH:!aNULL", "", BACKEND_TLS),
    ("ingress-nginx", NGINX + "proxy-ssl-ciphers", "HIGH:@STRENGTH", "warning", BACKEND_TLS),
    ("ingress-nginx", NGINX + "proxy-http-version", "1.0", "", {}),
    ("ingress-nginx", NGINX + "proxy-http-version", "2", "warning", {}),
    ("ingress-nginx", NGINX + "use-regex", "on", "warning", {}),
    ("ingress-nginx", NGINX + "use-regex", "off", "", {}),
    ("ingress-nginx", NGINX + "canary", "yes", "warning", {}),
    ("ingress-nginx", NGINX + "canary-weight", "10%", "warning", {NGINX + "canary": "true"}),
    ("ingress-nginx", NGINX + "canary-weight", "10%", "", {}),
    ("ingress-nginx", NGINX + "cors-allow-origin", "https://a.example.com, https://*.example.org:8443", "", CORS),
    ("ingress-nginx", NGINX + "cors-allow-origin", "*", "", CORS),
    ("ingress-nginx", NGINX + "cors-allow-origin", "https://a.example.com/", "error", CORS),
    ("ingress-nginx", NGINX + "cors-allow-origin", "https://my_app.example.com", "error", CORS),
    ("ingress-nginx", NGINX + "cors-allow-origin", "https://a.example.com/", "", {}),
    ("ingress-nginx", NGINX + "cors-allow-methods", "GET, POST", "", CORS),
    ("ingress-nginx", NGINX + "cors-allow-methods", "*", "warning", CORS),
    ("ingress-nginx", NGINX + "cors-allow-headers", "*", "warning", CORS),
    ("ingress-nginx", NGINX + "cors-max-age", "1h", "warning", CORS),
    ("ingress-nginx", NGINX + "session-cookie-max-age", "3600", "", COOKIE),
    ("ingress-nginx", NGINX + "session-cookie-max-age", "1h", "warning", COOKIE),
    ("ingress-nginx", NGINX + "session-cookie-max-age", "1h", "", {}),
    ("ingress-nginx", NGINX + "session-cookie-max-age", "-100", "", COOKIE),
    ("ingress-nginx", NGINX + "session-cookie-max-age", "007", "", COOKIE),
    ("ingress-nginx", NGINX + "custom-http-errors", "404,503", "", {}),
    ("ingress-nginx", NGINX + "custom-http-errors", "404;503", "error", {}),
    ("ingress-nginx", NGINX + "upstream-hash-by-subset", "yes", "error", {}),
    ("ingress-nginx", NGINX + "from-to-www-redirect", "yes", "error", {}),
    ("ingress-nginx", NGINX + "x-forwarded-prefix", "/shop?x", "error", {}),
    # F5 NGINX Ingress Controller: the whole Ingress is dropped
    ("f5-nginx", F5 + "proxy-read-timeout", "1h 30m", "", {}),
    ("f5-nginx", F5 + "proxy-read-timeout", "60", "", {}),
    ("f5-nginx", F5 + "proxy-read-timeout", "5 minutes", "error", {}),
    ("f5-nginx", F5 + "proxy-read-timeout", "", "error", {}),
    ("f5-nginx", F5 + "client-max-body-size", "4g", "", {}),
    ("f5-nginx", F5 + "client-max-body-size", "4Gi", "error", {}),
    ("f5-nginx", F5 + "proxy-buffer-size", "8k", "", {}),
    ("f5-nginx", F5 + "proxy-buffer-size", "1g", "error", {}),
    ("f5-nginx", F5 + "listen-ports", "80,8080", "", {}),
    ("f5-nginx", F5 + "listen-ports", "80, 8080", "error", {}),
    ("f5-nginx", F5 + "listen-ports", "80, 8080", "", {F5 + "mergeable-ingress-type": "minion"}),
    ("f5-nginx", F5 + "add-header-inherit", "Merge", "", {}),
    ("f5-nginx", F5 + "add-header-inherit", "all", "error", {}),
    ("f5-nginx", F5 + "custom-http-errors", "404, 5xx", "", {}),
    ("f5-nginx", F5 + "custom-http-errors", "404, none", "error", {}),
    ("f5-nginx", F5 + "path-regex", "true", "error", {}),
    ("f5-nginx", F5 + "path-regex", "exact", "", {}),
    ("f5-nginx", F5 + "limit-req-rate", "10r/s", "", {}),
    ("f5-nginx", F5 + "limit-req-rate", "10", "error", {}),
    ("f5-nginx", F5 + "limit-req-reject-code", "many", "warning", {F5 + "limit-req-rate": "10r/s"}),
    ("f5-nginx", F5 + "limit-req-reject-code", "700", "", {F5 + "limit-req-rate": "10r/s"}),
    ("f5-nginx", F5 + "hsts-max-age", "1y", "error", {F5 + "hsts": "true"}),
    # Traefik
    ("traefik", TRAEFIK + "router.tls", "true", "", {}),
    ("traefik", TRAEFIK + "router.tls", "", "", {}),
    ("traefik", TRAEFIK + "router.tls", "false", "", {}),
    ("traefik", TRAEFIK + "router.tls", "yes", "warning", {}),
    ("traefik", TRAEFIK + "router.priority", "42", "", {}),
    ("traefik", TRAEFIK + "router.priority", "high", "error", {}),
    ("traefik", TRAEFIK + "router.observability.metrics", "yes", "error", {}),
    ("traefik", TRAEFIK + "router.observability.metrics", "F", "", {}),
    # HAProxy's two controllers
    ("haproxytech", HAPROXY + "allow-list", "10.0.0.0/8, 192.0.2.1", "", {}),
    ("haproxytech", HAPROXY + "allow-list", "patterns/office", "", {}),
    ("haproxytech", HAPROXY + "allow-list", "10.0.0.0/8, office", "error", {}),
    ("haproxytech", HAPROXY + "deny-list", "everyone", "error", {}),
    ("haproxytech", HAPROXY + "auth-type", "basic-auth", "", {}),
    ("haproxytech", HAPROXY + "auth-type", "basic", "error", {}),
    ("haproxytech", HAPROXY + "ssl-redirect", "Enabled", "", {}),
    ("haproxytech", HAPROXY + "ssl-redirect", "yes", "warning", {}),
    ("haproxytech", HAPROXY + "cors-allow-credentials", "1", "warning", HAPROXY_CORS),
    ("haproxytech", HAPROXY + "cors-allow-credentials", "true", "", HAPROXY_CORS),
    ("haproxytech", HAPROXY + "timeout-server", "50s", "", {}),
    ("haproxytech", HAPROXY + "timeout-server", "1m30s", "warning", {}),
    ("haproxytech", HAPROXY + "ssl-redirect-code", "303", "", {}),
    ("haproxy-ingress", HAPROXY_INGRESS + "timeout-server", "50s", "", {}),
    ("haproxy-ingress", HAPROXY_INGRESS + "timeout-server", "50", "warning", {}),
    ("haproxy-ingress", HAPROXY_INGRESS + "timeout-server", "1m30s", "warning", {}),
    ("haproxy-ingress", HAPROXY_INGRESS + "backend-protocol", "GRPC", "", {}),
    ("haproxy-ingress", HAPROXY_INGRESS + "backend-protocol", "tcp", "warning", {}),
    ("haproxy-ingress", HAPROXY_INGRESS + "limit-rps", "10/s", "error", {}),
    ("haproxy-ingress", HAPROXY_INGRESS + "waf", "coraza", "error", {}),
    ("haproxy-ingress", HAPROXY_INGRESS + "proxy-body-size", "10m", "", {}),
    ("haproxy-ingress", HAPROXY_INGRESS + "proxy-body-size", "10Mi", "warning", {}),
    # Kong, Contour, APISIX
    ("kong", KONG + "strip-path", "TRUE", "", {}),
    ("kong", KONG + "strip-path", "yes", "warning", {}),
    ("kong", KONG + "strip-path", "no", "", {}),
    ("kong", KONG + "protocols", "http,https", "", {}),
    ("kong", KONG + "protocols", " http , https ,", "", {}),
    ("kong", KONG + "protocols", "https,udp", "error", {}),
    ("kong", KONG + "protocols", "httpstcp", "error", {}),
    ("contour", CONTOUR + "response-timeout", "30s", "", {}),
    ("contour", CONTOUR + "response-timeout", "infinity", "", {}),
    ("contour", CONTOUR + "response-timeout", "30", "warning", {}),
    ("contour", CONTOUR + "num-retries", "-1", "", {CONTOUR + "retry-on": "5xx"}),
    ("contour", CONTOUR + "num-retries", "three", "warning", {CONTOUR + "retry-on": "5xx"}),
    ("apisix", APISIX + "http-to-https", "True", "warning", {}),
    ("apisix", APISIX + "http-to-https", "False", "", {}),
    ("apisix", APISIX + "auth-type", "basicAuth", "", {}),
    ("apisix", APISIX + "auth-type", "basic", "error", {}),
    ("apisix", APISIX + "upstream-read-timeout", "10s", "", {}),
    ("apisix", APISIX + "upstream-read-timeout", "10ms", "warning", {}),
    ("apisix", APISIX + "enable-csrf", "yes", "error", {}),
    # clouds
    ("aws-lbc", ALB + "scheme", "internal", "", {}),
    ("aws-lbc", ALB + "scheme", "public", "error", {}),
    ("aws-lbc", ALB + "target-type", "ip", "", {}),
    ("aws-lbc", ALB + "target-type", "pod", "error", {}),
    ("aws-lbc", ALB + "target-type", "IP", "error", {}),
    ("aws-lbc", ALB + "healthcheck-interval-seconds", "15", "", {}),
    ("aws-lbc", ALB + "healthcheck-interval-seconds", "15s", "error", {}),
    ("aws-lbc", ALB + "listen-ports", '[{"HTTP": 80}]', "", {}),
    ("aws-lbc", ALB + "listen-ports", "[{HTTP: 80}]", "error", {}),
    ("aws-lbc", ALB + "inbound-cidrs", "10.0.0.0/8, 192.0.2.0/24,", "", {}),
    ("aws-lbc", ALB + "inbound-cidrs", "192.0.2.1", "error", {}),
    ("aws-lbc", ALB + "inbound-cidrs", "192.0.2.1", "", {ALB + "security-groups": "sg-1"}),
    ("aws-lbc", ALB + "auth-session-timeout", "1d", "error", {}),
    ("aws-lbc", ALB + "healthcheck-port", "http", "", {}),
    ("agic", AGIC + "use-private-ip", "yes", "error", {}),
    ("agic", AGIC + "use-private-ip", "no", "", {}),
    ("agic", AGIC + "ssl-redirect", "yes", "warning", {}),
    ("agic", AGIC + "backend-protocol", "HTTPS", "", {}),
    ("agic", AGIC + "backend-protocol", "grpc", "warning", {}),
    ("agic", AGIC + "request-timeout", "30s", "warning", {}),
    # conditions on paths, parameters of the class, other keys; references; NGINX Plus
    ("aws-lbc", ALB + "group.name", "shop.web", "", {}),
    ("aws-lbc", ALB + "group.name", "Shop", "error", {}),
    ("aws-lbc", ALB + "load-balancer-name", "shop", "", {}),
    ("aws-lbc", ALB + "load-balancer-name", "a-name-that-is-longer-than-32-characters", "error", {}),
    ("aws-lbc", ALB + "shield-advanced-protection", "yes", "error", {}),
    ("aws-lbc", ALB + "target-node-labels", "pool", "error", {ALB + "target-type": "instance"}),
    ("aws-lbc", ALB + "target-node-labels", "pool=edge", "", {ALB + "target-type": "instance"}),
    ("aws-lbc", ALB + "target-node-labels", "pool", "", {ALB + "target-type": "ip"}),
    ("aws-lbc", ALB + "use-regex-path-match", "yes", "", {}),
    ("aws-lbc", ALB + "frontend-nlb-healthcheck-port", "http", "error", {ALB + "enable-frontend-nlb": "true"}),
    ("aws-lbc", ALB + "frontend-nlb-healthcheck-port", "http", "", {}),
    ("contour", CONTOUR + "tls-minimum-protocol-version", "1.1", "", {}),
    ("haproxy-ingress", HAPROXY_INGRESS + "auth-realm", 'the "shop"', "warning", {HAPROXY_INGRESS + "auth-secret": "users"}),
    ("haproxy-ingress", HAPROXY_INGRESS + "blue-green-mode", "pods", "warning", {HAPROXY_INGRESS + "blue-green-deploy": "a=b=1"}),
    ("haproxy-ingress", HAPROXY_INGRESS + "cors-allow-methods", "GET, POST", "", {HAPROXY_INGRESS + "cors-enable": "true"}),
    ("haproxy-ingress", HAPROXY_INGRESS + "cors-allow-methods", "*", "warning", {HAPROXY_INGRESS + "cors-enable": "true"}),
    ("haproxy-ingress", HAPROXY_INGRESS + "cors-allow-methods", "*", "", {}),
    ("haproxy-ingress", ORIGINS, "https://a.example.com,https://b.example.com", "", HAPROXY_INGRESS_CORS),
    (
        "haproxy-ingress",
        HAPROXY_INGRESS + "cors-allow-origin",
        "https://a.example.com, https://b.example.com",
        "warning",
        HAPROXY_INGRESS_CORS,
    ),
    (
        "haproxy-ingress",
        HAPROXY_INGRESS + "secure-verify-hostname",
        "backend.example.com",
        "",
        {HAPROXY_INGRESS + "backend-protocol": "h1-ssl"},
    ),
    (
        "haproxy-ingress",
        HAPROXY_INGRESS + "secure-verify-hostname",
        "backend.technology",
        "error",
        {HAPROXY_INGRESS + "backend-protocol": "h1-ssl"},
    ),
    ("haproxy-ingress", VERIFY, "backend.technology", "", {}),
    ("haproxytech", HAPROXY + "rate-limit-size", "100k", "", {HAPROXY + "rate-limit-requests": "10"}),
    ("haproxytech", HAPROXY + "rate-limit-size", "100K", "warning", {HAPROXY + "rate-limit-requests": "10"}),
    ("haproxytech", HAPROXY + "rate-limit-whitelist", "10.0.0.0/8, office", "warning", {HAPROXY + "rate-limit-requests": "10"}),
    ("haproxytech", HAPROXY + "rate-limit-whitelist", "10.0.0.0/8, patterns/office", "", {HAPROXY + "rate-limit-requests": "10"}),
    ("haproxytech", HAPROXY + "ssl-redirect-port", "https", "", {}),
    ("haproxytech", HAPROXY + "cors-max-age", "1h", "", HAPROXY_CORS),
    ("haproxytech", HAPROXY + "cors-max-age", "3600", "warning", HAPROXY_CORS),
    ("haproxytech", HAPROXY + "cors-max-age", "1m30s", "warning", HAPROXY_CORS),
    ("haproxytech", HAPROXY + "cors-max-age", "3600", "", {}),
    ("ingress-nginx", NGINX + "limit-burst-multiplier", "5x", "warning", {NGINX + "limit-rps": "5"}),
    ("ingress-nginx", NGINX + "limit-burst-multiplier", "5x", "", {}),
    ("ingress-nginx", NGINX + "ssl-passthrough", "yes", "error", {}),
    ("ingress-nginx", NGINX + "proxy-redirect-to", "http://a/{x}", "warning", {NGINX + "proxy-redirect-from": "http://b/"}),
    ("ingress-nginx", NGINX + "proxy-redirect-to", "http://a/{x}", "", {NGINX + "proxy-redirect-from": "off"}),
    ("ingress-nginx", NGINX + "auth-tls-secret", "ca", "error", {}),
    ("ingress-nginx", NGINX + "auth-tls-secret", "shop/a/ca", "error", {}),
    ("ingress-nginx", NGINX + "auth-tls-secret", "other/ca", "", {}),
    ("ingress-nginx", NGINX + "proxy-ssl-secret", "backend", "error", {}),
    ("ingress-nginx", NGINX + "auth-secret", "users", "", {NGINX + "auth-type": "basic"}),
    ("ingress-nginx", NGINX + "auth-secret", "shop/a/users", "error", {NGINX + "auth-type": "basic"}),
    ("ingress-nginx", NGINX + "auth-secret", "shop/a/users", "", {}),
    ("ingress-nginx", NGINX + "auth-proxy-set-headers", "headers", "error", AUTH),
    ("ingress-nginx", NGINX + "auth-proxy-set-headers", "shop/headers", "", AUTH),
    ("ingress-nginx", NGINX + "custom-headers", "headers", "error", {}),
    ("ingress-nginx", NGINX + "custom-headers", "other/headers", "", {}),
    ("f5-nginx", F5 + "hsts-max-age", "100", "error", {}),
    ("f5-nginx", F5 + "hsts-max-age", "100", "", {F5 + "hsts": "true"}),
    ("f5-nginx", F5 + "basic-auth-realm", "shop", "error", {}),
    ("f5-nginx", F5 + "basic-auth-realm", "shop", "", {F5 + "basic-auth-secret": "users"}),
    ("f5-nginx", "nginx.com/slow-start", "10s", "", {}),
]


def ingress(annotations: dict[str, str], class_name: str = "edge", name: str = "web") -> str:
    lines = "".join(f"    {key}: '{value}'\n" for key, value in annotations.items())
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: {name}\n  namespace: shop\n  annotations:\n{lines}"
        f"spec:\n  ingressClassName: {class_name}\n  rules:\n  - host: shop.example.com\n    http:\n      paths:\n"
        "      - path: /\n        pathType: Prefix\n        backend: {service: {name: web, port: {number: 80}}}\n"
    )


def ingress_class(controller: str, name: str = "edge") -> str:
    return f"apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {{name: {name}}}\nspec: {{controller: {controller}}}\n"


def controller(tag: str, *arguments: str) -> str:
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ingress-nginx-controller, namespace: ingress-nginx}\nspec:\n"
        "  selector: {matchLabels: {app: n}}\n  template:\n    metadata: {labels: {app: n}}\n    spec:\n      containers:\n"
        f"      - {{name: controller, image: 'registry.k8s.io/ingress-nginx/controller:{tag}', args: {list(arguments)}}}\n"
    )


def verdicts(*documents: str) -> list[tuple[str, str]]:
    found = findings("---\n".join(documents), RULE)
    return [(str(one.severity), one.headline) for one in found]


@pytest.mark.parametrize(("name", "key", "value", "expected", "others"), CASES)
def test_a_value_is_judged_as_the_parser_of_the_controller_does(
    name: str, key: str, value: str, expected: str, others: dict[str, str]
) -> None:
    found = verdicts(ingress({**others, key: value}), ingress_class(CONTROLLERS[name]))
    assert [severity for severity, _ in found] == ([expected] if expected else [])


def test_every_case_has_a_source_and_both_sides_are_there() -> None:
    assert len(CASES) >= 120
    for name, key, *_ in CASES:
        annotation = catalog.lookup(key)
        assert annotation is not None, key
        parsing = parsing_by(annotation, name)
        assert parsing is not None, key
        assert ":" in parsing.source, key
    assert len([case for case in CASES if case[3]]) > 60
    assert len([case for case in CASES if not case[3]]) > 60


@pytest.mark.parametrize(
    ("tag", "arguments", "key", "value", "expected"),
    [
        ("v1.13.0", (), "rewrite-target", "/a?b", ["warning"]),
        ("v1.11.3", (), "rewrite-target", "/a?b", []),
        ("v1.11.3", ("--enable-annotation-validation",), "rewrite-target", "/a?b", ["warning"]),
        ("v1.11.3", ("--enable-annotation-validation=true", "--v=2"), "rewrite-target", "/a?b", ["warning"]),
        ("v1.13.0", ("--enable-annotation-validation=false",), "rewrite-target", "/a?b", []),
        ("v1.11.3", (), "limit-rps", "many", ["warning"]),
        ("v1.11.3", (), "whitelist-source-range", "office", ["error"]),
        ("v1.11.3", (), "auth-type", "Basic", ["error"]),
        ("v1.13.0", ("--annotations-prefix=ingress.example.com",), "limit-rps", "many", []),
    ],
)
def test_the_release_and_the_flags_of_the_controller_decide(
    tag: str, arguments: tuple[str, ...], key: str, value: str, expected: list[str]
) -> None:
    found = verdicts(ingress({NGINX + key: value}), ingress_class("k8s.io/ingress-nginx"), controller(tag, *arguments))
    assert [severity for severity, _ in found] == expected


@pytest.mark.parametrize(
    ("name", "key", "value", "expected"),
    [
        ("traefik", TRAEFIK + "router.pathmatcher", "PathRegex", ["error"]),
        ("haproxy-ingress", HAPROXY_INGRESS + "path-type", "regexp", ["warning"]),
        ("aws-lbc", ALB + "use-regex-path-match", "yes", ["error"]),
    ],
)
def test_some_keys_are_about_paths_of_the_controllers_own_kind(name: str, key: str, value: str, expected: list[str]) -> None:
    text = ingress({key: value})
    assert verdicts(text, ingress_class(CONTROLLERS[name])) == []
    found = verdicts(text.replace("pathType: Prefix", "pathType: ImplementationSpecific"), ingress_class(CONTROLLERS[name]))
    assert [severity for severity, _ in found] == expected


def test_versions_of_tls_are_read_with_tls_only() -> None:
    text = ingress({CONTOUR + "tls-minimum-protocol-version": "1.1"}).replace("spec:\n", "spec:\n  tls: [{secretName: a}]\n")
    assert [severity for severity, _ in verdicts(text, ingress_class(CONTROLLERS["contour"]))] == ["warning"]


@pytest.mark.parametrize(
    ("config", "tag", "value", "expected"),
    [
        ("", "v1.12.0", "other/ca", ["error"]),
        ("", "v1.12.0", "shop/ca", []),
        ("", "v1.11.8", "other/ca", []),
        ("", "latest", "other/ca", []),
        ("allow-cross-namespace-resources: 'true'", "v1.12.0", "other/ca", []),
        ("allow-cross-namespace-resources: 'false'", "v1.11.8", "other/ca", ["error"]),
    ],
)
def test_objects_of_other_namespaces_are_refused_since_1_12(config: str, tag: str, value: str, expected: list[str]) -> None:
    documents = [ingress({NGINX + "auth-tls-secret": value}), ingress_class("k8s.io/ingress-nginx"), controller(tag)]
    if config:
        documents.append(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: ingress-nginx}}\ndata:\n  {config}\n")
    assert [severity for severity, _ in verdicts(*documents)] == expected
    without = documents[0].replace("  namespace: shop\n", "")
    assert verdicts(without, *documents[1:]) == []


@pytest.mark.parametrize(
    ("level", "key", "expected"),
    [
        ("Low", "proxy-buffering", []),
        ("Low", "auth-url", ["error"]),
        ("Medium", "auth-tls-verify-client", []),
        ("Medium", "auth-url", ["error"]),
        ("High", "auth-url", []),
        ("critical", "auth-url", []),
        ("quantum", "auth-url", ["error"]),
        ("", "auth-url", []),
    ],
)
def test_the_allowed_risk_refuses_what_is_above_it(level: str, key: str, expected: list[str]) -> None:
    config = (
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: ingress-nginx}}\ndata:\n  annotations-risk-level: '{level}'\n"
    )
    value = {"proxy-buffering": "on", "auth-url": "https://login.example.com", "auth-tls-verify-client": "on"}[key]
    found = verdicts(ingress({NGINX + key: value}), ingress_class("k8s.io/ingress-nginx"), config)
    assert [severity for severity, _ in found] == expected


@pytest.mark.parametrize(
    ("arguments", "expected"), [((), ["error"]), (("-nginx-plus",), []), (("-nginx-plus=true",), []), (("-nginx-plus=false",), ["error"])]
)
def test_keys_of_nginx_plus_need_its_build(arguments: tuple[str, ...], expected: list[str]) -> None:
    f5 = controller("x", *arguments).replace("registry.k8s.io/ingress-nginx/controller:x", "nginx/nginx-ingress:5.2.0")
    found = verdicts(ingress({"nginx.com/slow-start": "10s"}), ingress_class(CONTROLLERS["f5-nginx"]), f5)
    assert [severity for severity, _ in found] == expected


def chart(kind: str, version: str, values: str = "{}") -> str:
    """An object that deploys the chart of ingress-nginx."""
    forms = {
        "flux": "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
        f"spec: {{chart: {{spec: {{chart: ingress-nginx, version: '{version}'}}}}, values: {values}}}\n",
        "k3s": "apiVersion: helm.cattle.io/v1\nkind: HelmChart\n"
        f"spec: {{chart: ingress-nginx, version: '{version}', valuesContent: '{values}'}}\n",
        "argo": "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {sources: [{path: other}, {chart: ingress-nginx, "
        f"targetRevision: '{version}', helm: {{valuesObject: {values}}}}}]}}\n",
    }
    return forms[kind] + "metadata: {name: ingress-nginx, namespace: ingress-nginx}\n"


@pytest.mark.parametrize("kind", ["flux", "k3s", "argo"])
@pytest.mark.parametrize(
    ("version", "values", "expected"),
    [
        ("4.11.3", "{}", []),
        ("4.12.0", "{}", ["warning"]),
        ("v4.15.1", "{}", ["warning"]),
        ("4.10.0", "{controller: {image: {tag: v1.12.1}}}", ["warning"]),
        ("4.10.0", "{controller: {image: {registry: example.com}}}", ["warning"]),
        ("4.x", "{}", ["warning"]),
        ("4.99.0", "{}", ["warning"]),
    ],
)
def test_the_version_of_the_chart_tells_the_release(kind: str, version: str, values: str, expected: list[str]) -> None:
    found = findings(
        {
            "app.yaml": "---\n".join(
                (ingress({NGINX + "rewrite-target": "/a?b"}), ingress_class("k8s.io/ingress-nginx"), chart(kind, version, values))
            )
        },
        RULE,
    )
    assert [str(one.severity) for one in found] == expected


@pytest.mark.parametrize("odd", ["[1]", "{a: b}", "5", "null", "'" + "9" * 5_000 + "'", "'{{ .v }}'"])
def test_odd_versions_and_values_of_charts_are_survived(odd: str) -> None:
    text = chart("flux", "4.11.3", odd).replace("'4.11.3'", odd)
    assert findings(
        {"app.yaml": "---\n".join((ingress({NGINX + "rewrite-target": "/a?b"}), ingress_class("k8s.io/ingress-nginx"), text))}, RULE
    )


@pytest.mark.parametrize(
    ("part", "text", "expected"),
    [
        ("actions", '{"type":"redirect","redirectConfig":{"port":"443","protocol":"HTTPS","statusCode":"HTTP_301"}}', []),
        ("actions", '{"Type":"redirect","RedirectConfig":{"Port":"443","StatusCode":"HTTP_301"}}', []),
        ("actions", '{"type":"redirect","redirectConfig":{"port":443,"statusCode":"HTTP_301"}}', ["has a port that is not text"]),
        ("actions", '{"type":"redirect","redirectConfig":{"port":"443"}}', ["has no statusCode"]),
        ("actions", '{"type":"redirect"}', ["has no redirectConfig"]),
        ("actions", '{"type":"fixed-response","fixedResponseConfig":{"contentType":"text/plain","statusCode":"503"}}', []),
        ("actions", '{"type":"fixed-response","fixedResponseConfig":{"statusCode":503}}', ["has a statusCode that is not text"]),
        ("actions", '{"type":"forward","targetGroupARN":"arn"}', []),
        ("actions", '{"type":"forward","targetGroupARN":"arn","forwardConfig":{}}', ["has both targetGroupARN and forwardConfig"]),
        ("actions", '{"type":"forward"}', ["has no forwardConfig"]),
        ("actions", '{"type":"forward","forwardConfig":{"targetGroups":[{"serviceName":"a","servicePort":80}]}}', []),
        (
            "actions",
            '{"type":"forward","forwardConfig":{"targetGroups":[{"serviceName":"a"}]}}',
            ["has a target group without servicePort"],
        ),
        ("actions", '{"type":"forward","forwardConfig":{"targetGroups":[{}]}}', ["has a target group without a name"]),
        ("actions", TWO_GROUPS, ["has target groups without a weight"]),
        ("actions", TWO_GROUPS.replace("80", '80,"weight":1'), []),
        ("actions", '{"redirectConfig":{}}', ["has no type"]),
        ("actions", '{"type":"rewrite"}', ["has the unknown type 'rewrite'"]),
        ("actions", "{type: redirect}", ["is not valid JSON"]),
        ("actions", "[]", ["is not an object"]),
        ("conditions", '[{"field":"source-ip","sourceIPConfig":{"values":["10.0.0.0/8"]}}]', []),
        ("conditions", '[{"field":"source-ip","sourceIPConfig":{"values":[]}}]', ["has a sourceIPConfig without values"]),
        ("conditions", '{"field":"source-ip"}', ["is not a list"]),
        ("transforms", '[{"type":"url-rewrite","urlRewriteConfig":{"rewrites":[{"regex":"^/a","replace":"/b"}]}}]', []),
        ("transforms", '[{"type":"url-rewrite","urlRewriteConfig":{}}]', ["has a transform without urlRewriteConfig.rewrites"]),
        ("transforms", '[{"type":"path-rewrite"}]', ["has a transform of an unknown type"]),
    ],
)
def test_the_rules_of_an_alb_are_read_as_json(part: str, text: str, expected: list[str]) -> None:
    document = ingress({f"{ALB}{part}.web": text}).replace("number: 80", "name: use-annotation")
    found = findings(f"{document}---\n{ingress_class(CONTROLLERS['aws-lbc'])}", RULE)
    assert [one.label for one in found] == expected
    assert all(str(one.severity) == "error" for one in found)
    unread = document.replace("service: {name: web", "service: {name: other")
    assert findings(f"{unread}---\n{ingress_class(CONTROLLERS['aws-lbc'])}", RULE) == []


@pytest.mark.parametrize("text", ["[" * 50_000, '{"type":' * 9_000, '{"type":{"a":[1]}}', '{"type":"forward","forwardConfig":[1]}', "5"])
@pytest.mark.parametrize("part", ["actions", "conditions", "transforms"])
def test_hostile_rules_of_an_alb_are_survived(part: str, text: str) -> None:
    document = ingress({f"{ALB}{part}.web": text}).replace("number: 80", "name: use-annotation")
    assert len(findings(f"{document}---\n{ingress_class(CONTROLLERS['aws-lbc'])}", RULE)) <= 1


def test_a_key_of_another_controller_is_not_judged() -> None:
    assert verdicts(ingress({NGINX + "limit-rps": "many"}), ingress_class(CONTROLLERS["contour"])) == []


def test_a_shared_key_is_judged_by_the_class_only() -> None:
    annotations = {"ingress.kubernetes.io/force-ssl-redirect": "yes"}
    assert verdicts(ingress(annotations, "unknown")) == []
    assert [severity for severity, _ in verdicts(ingress(annotations), ingress_class(CONTROLLERS["contour"]))] == ["warning"]


@pytest.mark.parametrize("value", ["${RANGES}", "{{ .Values.ranges }}", "<your-office>", "AUTOMATIC_REPLACE"])
def test_what_is_filled_in_later_is_not_judged(value: str) -> None:
    assert verdicts(ingress({NGINX + "whitelist-source-range": value}), ingress_class("k8s.io/ingress-nginx")) == []


@pytest.mark.parametrize("value", ["1" * 100_000, "a-" * 50_000, " " * 100_000 + "x", "10.0.0.0/8," * 20_000])
def test_hostile_texts_are_bounded(value: str) -> None:
    for name, key, *_ in CASES:
        annotation = catalog.lookup(key)
        parsing = parsing_by(annotation, name) if annotation else None
        assert parsing is None or fault_of(parsing, value) is None


HOSTILE = (
    "a",
    "1",
    " ",
    "a1",
    "1 ",
    "a,",
    " ,",
    ", ",
    "http,",
    "http ,",
    "a/",
    "a.",
    "*",
    "://",
    "1h ",
    "404,",
    "404 ,",
    "$",
    "off ",
    "/a",
    "\\a",
)


def test_every_pattern_reads_the_longest_texts() -> None:
    """A pattern that tries every way to split a text would not come to an end here."""
    patterns = set()
    for name in index().domains.values():
        for raw in annotation_file(name).keys.values():
            for row in raw.get("parsing", {}).values():
                shape = raw["value"] if row.get("takes") == "value" else row.get("takes", {})
                later = {stage["takes"].get("pattern") for stage in row.get("later", ())}
                patterns |= ({shape.get("pattern"), row.get("spares")} | later) - {None}
    assert len(patterns) > 40
    texts = [(unit * 1_000)[:1_990] + "!" for unit in HOSTILE]
    found = [compiled(pattern).search(text) is not None for pattern in sorted(patterns) for text in texts]
    assert any(found)
    assert not all(found)


def test_markup_in_a_value_stays_text() -> None:
    found = findings("---\n".join((ingress({NGINX + "limit-rps": "[x](y)`z`*"}), ingress_class("k8s.io/ingress-nginx"))), RULE)
    assert "'[x](y)`z`*'" in found[0].headline
