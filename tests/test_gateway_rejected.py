"""What the definitions of Gateway API refuse, as a table: one object a line, with a part of what is said of it, or nothing."""

import pytest

from k8slblint.config import Config
from k8slblint.model.finding import Finding
from tests.linting import findings, with_parameters

RULE = "gateway-rejected"
CERTIFICATE = "certificateRefs: [{name: tls}]"

LISTENERS = [
    ("{name: a, port: 80, protocol: HTTP}", ""),
    ("{name: a, port: 80, protocol: HTTP, hostname: shop.example.com}", ""),
    ("{name: a, port: 80, protocol: HTTP, hostname: '*.example.com'}", ""),
    ("{name: a, port: 80, protocol: HTTP, hostname: '*'}", "has an invalid `listeners[0].hostname`"),
    ("{name: a, port: 80, protocol: HTTP, hostname: 'a.*.example.com'}", "has an invalid `listeners[0].hostname`"),
    ("{name: a, port: 80, protocol: HTTP, hostname: Shop.example.com}", "has an invalid `listeners[0].hostname`"),
    ("{name: a, port: 80, protocol: HTTP, hostname: 'shop.example.com:443'}", "has an invalid `listeners[0].hostname`"),
    ("{name: a, port: 80, protocol: HTTP, hostname: ''}", "has an invalid `listeners[0].hostname`"),
    ("{name: a, port: 80, protocol: HTTP, hostname: '10.0.0.1'}", ""),
    ("{name: a, port: 80, protocol: HTTP, hostname: null}", ""),
    ("{name: a, port: 80, protocol: HTTP, hostname: '${HOST}'}", ""),
    ("{name: A, port: 80, protocol: HTTP}", "has an invalid `listeners[0].name`"),
    ("{name: a.b, port: 80, protocol: HTTP}", ""),
    ("{name: a_b, port: 80, protocol: HTTP}", "has an invalid `listeners[0].name`"),
    ("{port: 80, protocol: HTTP}", "has no `listeners[0].name`"),
    ("{name: a, protocol: HTTP}", "has no `listeners[0].port`"),
    ("{name: a, port: 80}", "has no `listeners[0].protocol`"),
    ("{name: a, port: 0, protocol: HTTP}", "has an invalid `listeners[0].port`"),
    ("{name: a, port: 65535, protocol: HTTP}", ""),
    ("{name: a, port: 65536, protocol: HTTP}", "has an invalid `listeners[0].port`"),
    ("{name: a, port: '80', protocol: HTTP}", "has an invalid `listeners[0].port`"),
    ("{name: a, port: '${PORT}', protocol: HTTP}", ""),
    ("{name: a, port: HTTP_PORT, protocol: HTTP}", ""),
    ("{name: a, port: 15008, protocol: HBONE}", ""),
    ("{name: a, port: 80, protocol: example.com/Custom}", ""),
    ("{name: a, port: 80, protocol: http}", ""),
    ("{name: a, port: 80, protocol: 'HTTP/2'}", "has an invalid `listeners[0].protocol`"),
    ("{name: a, port: 443, protocol: HTTPS}", ""),
    (f"{{name: a, port: 443, protocol: HTTPS, tls: {{{CERTIFICATE}}}}}", ""),
    ("{name: a, port: 443, protocol: HTTPS, tls: {}}", "terminates TLS without a certificate"),
    ("{name: a, port: 443, protocol: HTTPS, tls: {mode: Terminate, certificateRefs: []}}", "terminates TLS without a certificate"),
    ("{name: a, port: 443, protocol: HTTPS, tls: {options: {example.com/key: value}}}", ""),
    ("{name: a, port: 443, protocol: HTTPS, tls: {mode: Passthrough}}", "HTTPS listener that does not terminate TLS"),
    (f"{{name: a, port: 443, protocol: HTTPS, tls: {{mode: terminate, {CERTIFICATE}}}}}", "has an invalid `tls.mode`"),
    ("{name: a, port: 443, protocol: TLS, tls: {mode: Passthrough}}", ""),
    ("{name: a, port: 443, protocol: TLS, tls: {mode: '${MODE}'}}", ""),
    (f"{{name: a, port: 443, protocol: TLS, tls: {{mode: Terminate, {CERTIFICATE}}}}}", ""),
    ("{name: a, port: 443, protocol: TLS}", "has a TLS listener without `tls`"),
    (f"{{name: a, port: 80, protocol: HTTP, tls: {{{CERTIFICATE}}}}}", "sets `tls` on a listener without TLS"),
    (f"{{name: a, port: 80, protocol: TCP, tls: {{{CERTIFICATE}}}}}", "sets `tls` on a listener without TLS"),
    ("{name: a, port: 53, protocol: UDP}", ""),
    ("{name: a, port: 53, protocol: UDP, hostname: a.example.com}", "sets `hostname` on a TCP or UDP listener"),
    ("{name: a, port: 22, protocol: TCP, hostname: a.example.com}", "sets `hostname` on a TCP or UDP listener"),
    ("{name: a, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}", ""),
    ("{name: a, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: all}}}", "has an invalid `namespaces.from`"),
    ("{name: a, port: 80, protocol: HTTP, allowedRoutes: {kinds: [{kind: HTTPRoute}]}}", ""),
    ("{name: a, port: 80, protocol: HTTP, allowedRoutes: {kinds: [{group: 'a/v1', kind: HTTPRoute}]}}", "has an invalid `kinds[0].group`"),
    ("{name: a, port: 80, protocol: HTTP, allowRoutes: {namespaces: {from: All}}}", "has unknown field `listeners[0].allowRoutes`"),
    ("{name: a, port: 80, protocol: HTTP}, {name: a, port: 81, protocol: HTTP}", "has two `listeners` with name 'a'"),
    ("{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: HTTP}", "two listeners with the same port, protocol and hostname"),
    ("{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: HTTP, hostname: b.example.com}", ""),
    ("{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: TCP}", ""),
    ("{name: '${A}', port: 80, protocol: HTTP}, {name: '${A}', port: 81, protocol: HTTP}", ""),
    ("{name: a, port: 80, protocol: HTTP}, {name: b, port: '${P}', protocol: HTTP}", ""),
    ("{name: a, port: 443, protocol: HTTPS}, {name: b, port: 443, protocol: TLS, tls: {mode: Passthrough}}", ""),
    ("'${LISTENERS}'", ""),
]

GATEWAYS = [
    ("{gatewayClassName: c}", "has no `spec.listeners`"),
    ("{gatewayClassName: c, listeners: []}", "has an invalid `spec.listeners`"),
    ("{gatewayClassName: c, listeners: null}", "has no `spec.listeners`"),
    ("{listeners: [{name: a, port: 80, protocol: HTTP}]}", "has no `spec.gatewayClassName`"),
    ("{gatewayClassName: '', listeners: [{name: a, port: 80, protocol: HTTP}]}", "has an invalid `spec.gatewayClassName`"),
    ("{gatewayClassName: {CLASS_NAME}, listeners: [{name: a, port: 80, protocol: HTTP}]}", ""),
    ("{gatewayClassName: c, listeners: '${LISTENERS}'}", ""),
    ("{$patch: merge, gatewayClassName: c}", ""),
]

ADDRESSES = [
    ("[{value: 192.0.2.1}]", ""),
    ("[{value: '2001:db8::1'}]", ""),
    ("[{value: 192.0.2.0/24}]", "requests an IP address that is not valid"),
    ("[{value: shop.example.com}]", "requests an IP address that is not valid"),
    ("[{value: '${ADDRESS}'}]", ""),
    ("[{type: Hostname, value: shop.example.com}]", ""),
    ("[{type: Hostname, value: shop_example}]", "requests a hostname that is not valid"),
    ("[{type: Hostname}]", ""),
    ("[{type: NamedAddress, value: My Address}]", ""),
    ("[{type: example.com/reserved, value: any thing}]", ""),
    ("[{type: reserved, value: a}]", "has an invalid `addresses[0].type`"),
    ("[{value: 192.0.2.1}, {type: IPAddress, value: 192.0.2.1}]", "requests one IP address twice"),
    ("[{value: 192.0.2.1}, {type: Hostname, value: 192.0.2.1}]", ""),
]

INFRASTRUCTURE = [
    ("infrastructure: {labels: {team: shop}}", ""),
    ("infrastructure: {labels: {'team name': shop}}", "has an infrastructure label key that is not valid"),
    ("infrastructure: {labels: {team: 'a b'}}", "has an invalid `labels.team`"),
    ("infrastructure: {annotations: {example.com/a: any text}}", ""),
    ("infrastructure: {annotations: {Example.com/a: b}}", "has an infrastructure annotation key that is not valid"),
    ("infrastructure: {parametersRef: {group: example.com, kind: Parameters, name: p}}", ""),
    ("infrastructure: {parametersRef: {group: example.com, kind: Parameters}}", "has no `parametersRef.name`"),
    ("allowedListeners: {namespaces: {from: None}}", ""),
    ("allowedListeners: {namespaces: {from: Some}}", "has an invalid `namespaces.from`"),
    ("tls: {frontend: {perPort: []}}", "has no `frontend.default`"),
    ("tls: {frontend: {default: {validation: {caCertificateRefs: []}}}}", "has an invalid `validation.caCertificateRefs`"),
    ("backendTLS: {clientCertificateRef: {name: c}}", "has unknown field `spec.backendTLS`"),
]

RULES = [
    ("{backendRefs: [{name: web, port: 80}]}", ""),
    ("{backendRefs: [{name: web}]}", "refers to a Service without a port"),
    ("{backendRefs: [{name: web, port: null}]}", "refers to a Service without a port"),
    ("{backendRefs: [{group: '', kind: Service, name: web}]}", "refers to a Service without a port"),
    ("{backendRefs: [{group: net.example.com, kind: Service, name: web}]}", ""),
    ("{backendRefs: [{kind: Bucket, name: web}]}", ""),
    ("{backendRefs: [{name: web, port: 80, weight: 1000001}]}", "has an invalid `backendRefs[0].weight`"),
    ("{backendRefs: [{name: web, port: 80, weight: 0}]}", ""),
    ("{backendRefs: [{name: web, port: http}]}", "has an invalid `backendRefs[0].port`"),
    ("{backendRefs: [{name: web, servicePort: 80}]}", "has unknown field `backendRefs[0].servicePort`"),
    ("{backendRefs: [{name: web, port: '{{ port }}'}]}", ""),
    ("{backendRefs: [{name: web, port: 80, '{{ key }}': 1}]}", ""),
    ("{matches: [{path: {value: /shop}}]}", ""),
    ("{matches: [{path: {value: shop}}]}", "has a path that does not start with '/'"),
    ("{matches: [{path: {type: Exact, value: shop}}]}", "has a path that does not start with '/'"),
    ("{matches: [{path: {type: RegularExpression, value: 'shop.*'}}]}", ""),
    ("{matches: [{path: {type: Prefix, value: /}}]}", "has an invalid `path.type`"),
    ("{matches: [{path: {value: /a//b}}]}", "has a path with '//'"),
    ("{matches: [{path: {value: /a/../b}}]}", "has a path with '/../'"),
    ("{matches: [{path: {value: /a/..}}]}", "has a path with '/..'"),
    ("{matches: [{path: {value: '/a#b'}}]}", "has a path with '#'"),
    ("{matches: [{path: {value: /a%2Fb}}]}", "has a path with '%2F'"),
    ("{matches: [{path: {value: /a%20b}}]}", ""),
    ("{matches: [{path: {value: '/a b'}}]}", "has a path with characters that are not valid"),
    ("{matches: [{path: {value: '/${PREFIX}'}}]}", ""),
    ("{matches: [{method: GET}]}", ""),
    ("{matches: [{method: get}]}", "has an invalid `matches[0].method`"),
    ("{matches: [{headers: [{name: x-team, value: a}]}]}", ""),
    ("{matches: [{headers: [{name: 'x team', value: a}]}]}", "has an invalid `headers[0].name`"),
    ("{matches: [{headers: [{name: a, value: b}, {name: a, value: c}]}]}", "has two `headers` with name 'a'"),
    ("{matches: [{headers: [{name: a}]}]}", "has no `headers[0].value`"),
    ("{matches: [{queryParams: [{name: a, value: b}, {name: A, value: c}]}]}", ""),
    ("{timeouts: {request: 10s, backendRequest: 2s}}", ""),
    ("{timeouts: {request: 1s, backendRequest: 2s}}", "has a `backendRequest` timeout longer than `request`"),
    ("{timeouts: {request: 1m, backendRequest: 59s1000ms}}", ""),
    ("{timeouts: {request: 0s, backendRequest: 2s}}", ""),
    ("{timeouts: {request: 10}}", "has an invalid `timeouts.request`"),
    ("{timeouts: {request: 1.5s}}", "has an invalid `timeouts.request`"),
    ("{timeouts: {request: '${T}', backendRequest: 2s}}", ""),
    ("{retry: {attempts: 3}}", ""),
    ("{backend: [{name: web, port: 80}]}", "has unknown field `rules[0].backend`"),
    ("{sessionAffinity: a}", "has unknown field `rules[0].sessionAffinity`"),
]

FILTERS = [
    ("{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: b}]}}", ""),
    ("{type: RequestHeaderModifier}", "has a filter of type RequestHeaderModifier without"),
    ("{requestHeaderModifier: {set: [{name: a, value: b}]}}", "has no `filters[0].type`"),
    ("{type: RequestHeaderModifier, requestHeaderModifier: {remove: [a, a]}}", "lists 'a' twice in `remove`"),
    ("{type: RequestRedirect, urlRewrite: {hostname: a.example.com}}", "sets `urlRewrite` on a filter of another type"),
    ("{type: RequestRedirect, requestRedirect: {scheme: https, statusCode: 301}}", ""),
    ("{type: RequestRedirect, requestRedirect: {scheme: HTTPS}}", "has an invalid `requestRedirect.scheme`"),
    ("{type: RequestRedirect, requestRedirect: {statusCode: 304}}", "has an invalid `requestRedirect.statusCode`"),
    ("{type: RequestRedirect, requestRedirect: {hostname: '*.example.com'}}", "has an invalid `requestRedirect.hostname`"),
    ("{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /a}}}", ""),
    ("{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath}}}", "has a path modifier without `replaceFullPath`"),
    (
        "{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replacePrefixMatch: /a}}}",
        "sets `replacePrefixMatch` on a path modifier of another type",
    ),
    ("{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /a}}}", ""),
    ("{type: RequestMirror, requestMirror: {backendRef: {name: m, port: 80}}}", ""),
    ("{type: RequestMirror, requestMirror: {backendRef: {name: m}}}", "refers to a Service without a port"),
    ("{type: RequestMirror, requestMirror: {backendRef: {name: m, port: 80}, percent: 101}}", "has an invalid `requestMirror.percent`"),
    (
        "{type: RequestMirror, requestMirror: {backendRef: {name: m, port: 80}, percent: 1, fraction: {numerator: 1}}}",
        "mirrors a `percent` and a `fraction`",
    ),
    (
        "{type: RequestMirror, requestMirror: {backendRef: {name: m, port: 80}, fraction: {numerator: 101}}}",
        "mirrors more than all requests",
    ),
    ("{type: ExtensionRef, extensionRef: {group: example.com, kind: Filter, name: f}}", ""),
    ("{type: ExtensionRef, extensionRef: {kind: Filter, name: f}}", "has no `extensionRef.group`"),
    ("{type: CORS, cors: {allowOrigins: ['https://shop.example.com']}}", ""),
    ("{type: CORS, cors: {allowOrigins: ['*', 'https://shop.example.com']}}", "lists '*' beside other values in CORS"),
    ("{type: CORS, cors: {allowMethods: ['*', GET]}}", "lists '*' beside other values in CORS"),
    ("{type: CORS, cors: {allowOrigins: [shop.example.com]}}", "has an invalid `cors.allowOrigins[0]`"),
    ("{type: Redirect}", "has an invalid `filters[0].type`"),
    ("{type: RequestRedirect, requestRedirect: {}}, {type: URLRewrite, urlRewrite: {}}", "redirects and rewrites in one rule"),
    ("{type: URLRewrite, urlRewrite: {}}, {type: URLRewrite, urlRewrite: {}}", "has filter URLRewrite twice in one list"),
    ("{type: '${TYPE}', urlRewrite: {}}", ""),
]

PARENTS = [
    ("[{name: g}]", ""),
    ("[{name: g}, {name: h}]", ""),
    ("[{name: g}, {name: g}]", "refers to one listener of a parent twice"),
    ("[{name: g, sectionName: a}, {name: g, sectionName: b}]", ""),
    ("[{name: g, sectionName: a}, {name: g}]", "refers to one parent twice without telling the references apart"),
    ("[{name: g, namespace: a}, {name: g, namespace: b}]", ""),
    ("[{name: g, namespace: a}, {name: g, namespace: a}]", "refers to one listener of a parent twice"),
    ("[{name: g, kind: Service, group: ''}, {name: g}]", ""),
    ("[{name: g, group: core/v1}]", "has an invalid `parentRefs[0].group`"),
    ("[{name: g, sectionName: A}]", "has an invalid `parentRefs[0].sectionName`"),
    ("[{name: g, namespace: A}]", "has an invalid `parentRefs[0].namespace`"),
    ("[{}]", "has no `parentRefs[0].name`"),
    ("[{name: '${G}'}, {name: '${G}'}]", ""),
    ("{name: g}", "has an invalid `spec.parentRefs`"),
]

OTHERS = [
    ("HTTPRoute", "v1", "{}", ""),
    ("HTTPRoute", "v1", "{rules: []}", "has an invalid `spec.rules`"),
    ("HTTPRoute", "v1", "{hostnames: [a.example.com, '*.example.com']}", ""),
    ("HTTPRoute", "v1", "{hostnames: ['https://a.example.com']}", "has an invalid `spec.hostnames[0]`"),
    ("HTTPRoute", "v1", "{hostname: a.example.com}", "has unknown field `spec.hostname`"),
    ("HTTPRoute", "v1beta1", "{hostnames: [a.example.com]}", ""),
    ("HTTPRoute", "v1alpha2", "{hostnames: [a.example.com]}", "is of version v1alpha2, which is not served"),
    ("HTTPRoute", "v2", "{hostnames: [a.example.com]}", "is of version v2, which is not served"),
    ("GRPCRoute", "v1", "{rules: [{matches: [{method: {service: shop.Cart, method: Add}}]}]}", ""),
    ("GRPCRoute", "v1", "{rules: [{matches: [{method: {service: shop/Cart}}]}]}", "has a gRPC service that is not valid"),
    ("GRPCRoute", "v1", "{rules: [{matches: [{method: {type: RegularExpression, service: 'shop/.*'}}]}]}", ""),
    ("GRPCRoute", "v1", "{rules: [{matches: [{method: {type: Exact}}]}]}", "has a method match without `service` and `method`"),
    ("GRPCRoute", "v1", "{rules: [{matches: [{path: {value: /}}]}]}", "has unknown field `matches[0].path`"),
    ("GRPCRoute", "v1alpha2", "{rules: [{backendRefs: [{name: w, port: 80}]}]}", "is of version v1alpha2, which is not served"),
    ("TLSRoute", "v1", "{hostnames: [a.example.com], rules: [{backendRefs: [{name: w, port: 443}]}]}", ""),
    ("TLSRoute", "v1", "{rules: [{backendRefs: [{name: w, port: 443}]}]}", "has no `spec.hostnames`"),
    ("TLSRoute", "v1", "{hostnames: [192.0.2.1], rules: [{backendRefs: [{name: w, port: 443}]}]}", "IP address among `hostnames`"),
    ("TLSRoute", "v1", "{hostnames: [a.example.com], rules: [{}]}", "has no `rules[0].backendRefs`"),
    ("TLSRoute", "v1", "{hostnames: [a.example.com], rules: [{backendRefs: []}]}", "has an invalid `rules[0].backendRefs`"),
    ("TCPRoute", "v1", "{rules: [{backendRefs: [{name: w, port: 443}]}]}", ""),
    ("TCPRoute", "v1alpha2", "{rules: [{backendRefs: [{name: w, port: 443}]}]}", ""),
    ("TCPRoute", "v1", "{hostnames: [a.example.com], rules: [{backendRefs: [{name: w, port: 1}]}]}", "has unknown field `spec.hostnames`"),
    (
        "TCPRoute",
        "v1",
        "{rules: [{backendRefs: [{name: w, port: 1}]}, {backendRefs: [{name: v, port: 1}]}]}",
        "has an invalid `spec.rules`",
    ),
    ("UDPRoute", "v1", "{rules: [{backendRefs: [{name: w, port: 53}]}]}", ""),
    ("UDPRoute", "v1", "{rules: [{backendRefs: [{name: w}]}]}", "refers to a Service without a port"),
    ("GatewayClass", "v1", "{controllerName: example.com/controller}", ""),
    ("GatewayClass", "v1", "{controllerName: example}", "has an invalid `spec.controllerName`"),
    ("GatewayClass", "v1", "{controllerName: '{CONTROLLER_NAME}'}", ""),
    ("ReferenceGrant", "v1", "{from: [{group: '', kind: Service, namespace: a}], to: [{group: '', kind: Secret}]}", ""),
    ("ReferenceGrant", "v1beta1", "{from: [{kind: Service, namespace: a}], to: [{group: '', kind: Secret}]}", "has no `from[0].group`"),
    ("ReferenceGrant", "v1beta1", "{from: [], to: [{group: '', kind: Secret}]}", "has an invalid `spec.from`"),
    ("ReferenceGrant", "v1alpha2", "{from: [{group: '', kind: S, namespace: a}], to: [{group: '', kind: S}]}", "is of version v1alpha2"),
    ("ListenerSet", "v1", "{parentRef: {name: g}, listeners: [{name: a, port: 80, protocol: HTTP}]}", ""),
    ("ListenerSet", "v1", "{parentRef: {name: g}, listeners: [{name: a, protocol: HTTP}]}", "has no `listeners[0].port`"),
    ("ListenerSet", "v1", "{listeners: [{name: a, port: 80, protocol: HTTP}]}", "has no `spec.parentRef`"),
]

TARGET = "targetRefs: [{group: '', kind: Service, name: web}]"
SERVICE = "{group: '', kind: Service, name: a}"
AUTHORITY = "caCertificateRefs: [{group: '', kind: ConfigMap, name: ca}]"
VALIDATION = "validation: {hostname: a.example.com, wellKnownCACertificates: System}"
POLICIES = [
    (f"{{{TARGET}, validation: {{hostname: a.example.com, wellKnownCACertificates: System}}}}", ""),
    (f"{{{TARGET}, validation: {{hostname: a.example.com}}}}", "names no CA certificate"),
    (f"{{{TARGET}, validation: {{hostname: a.example.com, caCertificateRefs: []}}}}", "names no CA certificate"),
    (f"{{{TARGET}, validation: {{hostname: '*.example.com', wellKnownCACertificates: System}}}}", "has an invalid `validation.hostname`"),
    (
        f"{{{TARGET}, validation: {{hostname: a.example.com, wellKnownCACertificates: System, {AUTHORITY}}}}}",
        "names CA certificates in two ways",
    ),
    (
        f"{{{TARGET}, validation: {{hostname: a.example.com, wellKnownCACertificates: System, subjectAltNames: [{{type: Hostname}}]}}}}",
        "has a subject alternative name without a Hostname",
    ),
    ("{validation: {hostname: a.example.com, wellKnownCACertificates: System}}", "has no `spec.targetRefs`"),
    (
        f"{{targetRefs: [{SERVICE}, {SERVICE}], {VALIDATION}}}",
        "names one target twice",
    ),
    (
        f"{{targetRefs: [{SERVICE[:-1]}, sectionName: one}}, {SERVICE[:-1]}, sectionName: two}}], {VALIDATION}}}",
        "",
    ),
]

EXPERIMENTS = [
    ("XMesh", "{controllerName: example.com/mesh}", ""),
    ("XMesh", "{controllerName: mesh}", "has an invalid `spec.controllerName`"),
    ("XBackend", "{type: ExternalHostname, port: {port: 443}}", "has no `externalHostname`"),
    ("XBackendTrafficPolicy", f"{{{TARGET}, retryConstraint: {{budget: {{interval: 10s}}}}}}", ""),
    ("XBackendTrafficPolicy", f"{{{TARGET}, retryConstraint: {{budget: {{interval: 2h}}}}}}", "has an interval that is out of range"),
    ("XListenerSet", "{parentRef: {name: g}, listeners: [{name: a, port: 80, protocol: HTTP}]}", "is of a kind that is not served"),
]


def manifest(kind: str, spec: str, version: str = "v1", group: str = "gateway.networking.k8s.io") -> str:
    return f"apiVersion: {group}/{version}\nkind: {kind}\nmetadata: {{name: web, namespace: shop}}\nspec: {spec}\n"


def gateway(listeners: str, more: str = "") -> str:
    return manifest("Gateway", f"{{gatewayClassName: c, listeners: [{listeners}]{', ' if more else ''}{more}}}")


def route(spec: str) -> str:
    return manifest("HTTPRoute", spec)


ONE = "{name: a, port: 80, protocol: HTTP}"
MATCH = "matches: [{path: {value: /}}]"

TABLE = [
    *((gateway(listeners), wanted) for listeners, wanted in LISTENERS),
    *((manifest("Gateway", spec), wanted) for spec, wanted in GATEWAYS),
    *((gateway(ONE, f"addresses: {addresses}"), wanted) for addresses, wanted in ADDRESSES),
    *((gateway(ONE, more), wanted) for more, wanted in INFRASTRUCTURE),
    *((route(f"{{rules: [{rule}]}}"), wanted) for rule, wanted in RULES),
    *((route(f"{{rules: [{{{MATCH}, filters: [{filters}]}}]}}"), wanted) for filters, wanted in FILTERS),
    *((route(f"{{parentRefs: {parents}}}"), wanted) for parents, wanted in PARENTS),
    *((manifest(kind, spec, version), wanted) for kind, version, spec, wanted in OTHERS),
    *((manifest("BackendTLSPolicy", spec), wanted) for spec, wanted in POLICIES),
    *((manifest(kind, spec, "v1alpha1", "gateway.networking.x-k8s.io"), wanted) for kind, spec, wanted in EXPERIMENTS),
]


def refused(text: str, **parameters: str) -> list[Finding]:
    return findings(text, RULE, config=with_parameters(Config(), RULE, parameters))


@pytest.mark.parametrize(("text", "wanted"), TABLE, ids=[str(number) for number in range(len(TABLE))])
def test_the_server_refuses_what_the_table_says(text: str, wanted: str) -> None:
    found = [one.headline for one in refused(text)]
    assert len(found) == bool(wanted), found
    assert all(wanted in headline for headline in found)


def test_the_table_has_both_sides() -> None:
    assert len(TABLE) >= 150
    assert 0.4 < sum(not wanted for _, wanted in TABLE) / len(TABLE) < 0.6


def test_no_other_rule_judges_these_objects() -> None:
    texts = [text for text, wanted in TABLE if wanted]
    assert findings("---\n".join(texts).replace("name: web, namespace", "generateName: web, namespace"), "invalid-resource") == []


def test_entries_of_one_list_with_one_fault_are_one_finding() -> None:
    (found,) = refused(route("{rules: [{backendRefs: [{name: a}, {name: b, port: 80}, {name: c}]}]}"))
    assert [one.location.span.column for one in found.related] == [64]
    assert len(refused(route("{rules: [{backendRefs: [{name: a}]}, {backendRefs: [{name: c}]}]}"))) == 2


def test_a_mistake_has_the_words_of_the_server_and_a_way_out() -> None:
    (found,) = refused(gateway("{name: a, port: 22, protocol: TCP, hostname: a.example.com}"))
    assert found.why == (
        "Gateway API v1.6.1 refuses it: spec.listeners: Invalid value: hostname must not be specified for protocols ['TCP', 'UDP']."
    )
    assert found.help == "Remove `hostname`: these protocols have no host names."


def test_a_misspelt_field_is_no_missing_one() -> None:
    (found,) = refused(gateway("{name: a, prot: 80, protocol: HTTP}"))
    assert (found.headline, found.label) == ("Gateway shop/web has unknown field `listeners[0].prot`", "did you mean port?")


@pytest.mark.parametrize("more", ["", "status: {parents: []}\n", "sops: {version: 3.11.0, mac: 'ENC[AES256_GCM,data:a,type:str]'}\n"])
def test_what_is_only_metadata_may_be_added_to_an_object_that_is_there(more: str) -> None:
    route = f"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: web, annotations: {{shown: 'true'}}}}\n{more}"
    assert {one.confidence for one in findings({"web.yaml": route}, RULE)} <= {"low"}
