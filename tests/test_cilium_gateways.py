"""The Gateway API examples of Cilium's documentation, typed anew: silent as they are written, reported when one thing breaks."""

import pytest

from tests import linting

API = "apiVersion: gateway.networking.k8s.io/v1\n"
GATEWAY_RULES = ("gateway-", "route-", "reference-", "listener", "invalid-resource", "misspelt-key", "backend-", "unknown-")

DETAILS = "apiVersion: v1\nkind: Service\nmetadata: {name: details}\nspec: {ports: [{name: http, port: 9080}]}\n"
PRODUCT = "apiVersion: v1\nkind: Service\nmetadata: {name: productpage}\nspec: {ports: [{name: http, port: 9080}]}\n"
ECHO = "apiVersion: v1\nkind: Service\nmetadata: {name: echo}\nspec: {ports: [{name: high-port, port: 8080}]}\n"
CERTIFICATE = "apiVersion: v1\nkind: Secret\nmetadata: {name: demo-cert}\ntype: kubernetes.io/tls\ndata: {}\n"
WEB = "{name: web, protocol: HTTP, port: 80, allowedRoutes: {namespaces: {from: Same}}}"
TLS = "{mode: Terminate, certificateRefs: [{kind: Secret, name: demo-cert}]}"


def gateway(listeners: str = WEB, *, more: str = "", class_name: str = "cilium") -> str:
    return f"{API}kind: Gateway\nmetadata: {{name: edge}}\nspec:\n  gatewayClassName: {class_name}\n  listeners: [{listeners}]\n{more}"


def route(rules: str, *, name: str = "app", hosts: str = "", kind: str = "HTTPRoute", parent: str = "name: edge") -> str:
    return f"{API}kind: {kind}\nmetadata: {{name: {name}}}\nspec:\n  parentRefs: [{{{parent}}}]\n  hostnames: [{hosts}]\n  rules:\n{rules}"


def prefix(path: str, service: str, port: int = 9080) -> str:
    return f"  - matches: [{{path: {{type: PathPrefix, value: {path}}}}}]\n    backendRefs: [{{name: {service}, port: {port}}}]\n"


def https(name: str, host: str) -> str:
    return f"{{name: {name}, protocol: HTTPS, port: 443, hostname: {host}, tls: {TLS}}}"


def joined(*documents: str) -> str:
    return "---\n".join(documents)


def found(text: str) -> list[tuple[str, str]]:
    """The rules and headlines about Gateway API, of every confidence but `low`."""
    return [(one.rule, one.headline) for one in linting.findings(text) if one.rule.startswith(GATEWAY_RULES) and one.confidence != "low"]


HTTP = joined(
    gateway(),
    route(
        prefix("/details", "details")
        + "  - matches:\n"
        + "    - path: {type: PathPrefix, value: /}\n      method: GET\n"
        + "      headers: [{type: Exact, name: magic, value: foo}]\n"
        + "      queryParams: [{type: Exact, name: great, value: example}]\n"
        + "    backendRefs: [{name: productpage, port: 9080}]\n",
        parent="name: edge, namespace: default",
    ),
    DETAILS,
    PRODUCT,
)
HTTPS = joined(
    gateway(f"{https('https-1', 'books.example.org')}, {https('https-2', 'shop.example.org')}"),
    route(prefix("/details", "details"), name="books", hosts="books.example.org"),
    route(prefix("/", "productpage"), name="shop", hosts="shop.example.org"),
    CERTIFICATE,
    DETAILS,
    PRODUCT,
)
DEFAULT_CERTIFICATE = joined(
    gateway(f"{{name: default, protocol: HTTPS, port: 443, tls: {TLS}}}"),
    route(prefix("/", "details"), name="books", hosts="books.example.org", parent="name: edge, sectionName: default"),
    route(prefix("/", "productpage"), name="shop", hosts="shop.example.org", parent="name: edge, sectionName: default"),
    CERTIFICATE,
    DETAILS,
    PRODUCT,
)
GRPC = joined(
    gateway(),
    route(
        "  - matches:\n    - method: {service: yages.Echo, method: Ping}\n"
        "    - method: {service: grpc.reflection.v1alpha.ServerReflection, method: ServerReflectionInfo}\n"
        "    backendRefs: [{name: grpc-echo, port: 9000}]\n",
        kind="GRPCRoute",
        hosts="grpc.example.org",
    ),
    "apiVersion: v1\nkind: Service\nmetadata: {name: grpc-echo}\nspec: {ports: [{port: 9000, protocol: TCP, targetPort: grpc}]}\n",
)
GRPC_TLS = joined(
    gateway(https("https", "grpc.example.org")),
    route("  - backendRefs: [{name: grpc-echo, port: 7070}]\n", kind="GRPCRoute"),
    CERTIFICATE,
    "apiVersion: v1\nkind: Service\nmetadata: {name: grpc-echo}\nspec:\n"
    "  ports: [{name: grpc, port: 7070, appProtocol: kubernetes.io/h2c, targetPort: grpc}]\n",
)
SPLITTING = joined(
    gateway(),
    route(
        "  - matches: [{path: {type: PathPrefix, value: /echo}}]\n    backendRefs:\n"
        "    - {kind: Service, name: echo, port: 8080, weight: 50}\n    - {kind: Service, name: details, port: 9080, weight: 50}\n"
    ),
    ECHO,
    DETAILS,
)
HEADER = joined(
    gateway(),
    route(
        "  - matches: [{path: {type: PathPrefix, value: /add-a-request-header}}]\n    filters:\n"
        "    - type: RequestHeaderModifier\n      requestHeaderModifier: {add: [{name: my-header-name, value: my-header-value}]}\n"
        "    backendRefs: [{name: echo, port: 8080}]\n"
    ),
    ECHO,
)
ADDRESSES = joined(gateway(more="  addresses: [{type: IPAddress, value: 192.0.2.40}]\n"), route(prefix("/", "details")), DETAILS)
POOL_ADDRESS = gateway(more='  infrastructure: {annotations: {lbipam.cilium.io/ips: "192.0.2.41"}}\n')
NODE_SELECTOR = gateway(more='  infrastructure: {annotations: {service.cilium.io/node-selector: "role=infra"}}\n')
PARAMETERS = joined(
    f"{API}kind: GatewayClass\nmetadata: {{name: node-ports}}\nspec:\n  controllerName: io.cilium/gateway-controller\n"
    "  parametersRef: {group: cilium.io, kind: CiliumGatewayClassConfig, name: node-ports, namespace: default}\n",
    "apiVersion: cilium.io/v2alpha1\nkind: CiliumGatewayClassConfig\nmetadata: {name: node-ports, namespace: default}\n"
    "spec: {service: {type: NodePort}}\n",
    gateway(class_name="node-ports"),
    route(prefix("/details", "details")),
    DETAILS,
)
EXT_PROC = joined(
    gateway(),
    "apiVersion: cilium.io/v2alpha1\nkind: CiliumEnvoyExtProcFilter\nmetadata: {name: check}\n"
    "spec: {backendRef: {name: processor, port: 4317}, failureModeAllow: false}\n",
    route(
        "  - matches: [{path: {type: PathPrefix, value: /api}}]\n    filters:\n    - type: ExtensionRef\n"
        "      extensionRef: {group: cilium.io, kind: CiliumEnvoyExtProcFilter, name: check}\n"
        "    backendRefs: [{name: echo, port: 8080}]\n" + prefix("/", "echo", 8080)
    ),
    ECHO,
    "apiVersion: v1\nkind: Service\nmetadata: {name: processor}\nspec: {ports: [{port: 4317, targetPort: grpc}]}\n",
)
LISTENER_SET = joined(
    "apiVersion: v1\nkind: Namespace\nmetadata: {name: demo, labels: {gateway-access: 'true'}}\n",
    f"{API}kind: Gateway\nmetadata: {{name: shared, namespace: default}}\nspec:\n  gatewayClassName: cilium\n  allowedListeners:\n"
    "    namespaces: {from: Selector, selector: {matchLabels: {gateway-access: 'true'}}}\n"
    "  listeners: [{name: base, protocol: HTTP, port: 8080}]\n",
    f"{API}kind: ListenerSet\nmetadata: {{name: delegated, namespace: demo}}\nspec:\n  parentRef: {{name: shared, namespace: default}}\n"
    "  listeners: [{name: echo, hostname: echo.example.org, protocol: HTTP, port: 80}]\n",
    f"{API}kind: HTTPRoute\nmetadata: {{name: echo, namespace: demo}}\nspec:\n  parentRefs:\n"
    "  - {group: gateway.networking.k8s.io, kind: ListenerSet, name: delegated, sectionName: echo}\n"
    "  hostnames: [echo.example.org]\n  rules: [{backendRefs: [{name: echo, port: 8080}]}]\n",
    ECHO.replace("name: echo}", "name: echo, namespace: demo}"),
)
MIGRATION = joined(
    gateway(
        f"{{name: shop-http, protocol: HTTP, port: 80, hostname: shop.example.org}}, {https('shop-https', 'shop.example.org')},"
        f" {{name: books-http, protocol: HTTP, port: 80, hostname: books.example.org}}, {https('books-https', 'books.example.org')}"
    ),
    route(prefix("/shop.Catalog", "details") + prefix("/shop.Currency", "productpage"), name="shop", hosts="shop.example.org"),
    route(prefix("/details", "details") + prefix("/", "productpage"), name="books", hosts="books.example.org"),
    CERTIFICATE,
    DETAILS,
    PRODUCT,
)
BACKEND_TLS = joined(
    gateway(),
    route("  - backendRefs: [{name: backend, port: 443}]\n", hosts="www.example.com"),
    "apiVersion: v1\nkind: Service\nmetadata: {name: backend}\nspec: {ports: [{name: https, port: 443, targetPort: 8443}]}\n",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: example-ca}\ndata: {ca.crt: none}\n",
    f"{API}kind: BackendTLSPolicy\nmetadata: {{name: encrypted}}\nspec:\n"
    "  targetRefs: [{group: '', kind: Service, name: backend, sectionName: https}]\n"
    "  validation: {hostname: www.example.com, caCertificateRefs: [{group: '', kind: ConfigMap, name: example-ca}]}\n",
)
EXAMPLES = {
    "http": HTTP,
    "https": HTTPS,
    "default certificate": DEFAULT_CERTIFICATE,
    "grpc": GRPC,
    "grpc over TLS": GRPC_TLS,
    "splitting": SPLITTING,
    "request header": HEADER,
    "addresses": ADDRESSES,
    "address of a pool": POOL_ADDRESS,
    "node selector": NODE_SELECTOR,
    "class with parameters": PARAMETERS,
    "external processing": EXT_PROC,
    "listener set": LISTENER_SET,
    "migration of TLS": MIGRATION,
    "TLS to the backend": BACKEND_TLS,
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_documentation_is_silent(example: str):
    assert found(EXAMPLES[example]) == []


ATTACHED, MISSING, REJECTED = "route-not-attached", "route-backend-missing", "gateway-rejected"
BROKEN = {
    "port of a Service": (HTTP, "{name: details, port: 9080}", "{name: details, port: 9081}", {MISSING}),
    "host of no listener": (HTTPS, "hostnames: [books.example.org]", "hostnames: [blog.example.org]", {ATTACHED}),
    "listener of no Gateway": (DEFAULT_CERTIFICATE, "sectionName: default", "sectionName: https", {ATTACHED}),
    "type of a filter": (HEADER, "type: RequestHeaderModifier", "type: ResponseHeaderModifier", {REJECTED}),
    "value of an address": (ADDRESSES, "value: 192.0.2.40", "value: 192.0.2.400", {REJECTED}),
    "annotation outside infrastructure": (
        gateway(),
        "{name: edge}",
        "{name: edge, annotations: {lbipam.cilium.io/ips: 192.0.2.41}}",
        {"gateway-annotation-ignored"},
    ),
    "name of the class": (PARAMETERS, "gatewayClassName: node-ports", "gatewayClassName: node-port", {"gateway-class-missing"}),
    "name of a filter": (EXT_PROC, "metadata: {name: check}", "metadata: {name: checks}", {"route-filter-missing"}),
    "label of the namespace": (LISTENER_SET, "labels: {gateway-access: 'true'}}", "labels: {gateway-access: 'false'}}", {ATTACHED}),
    "port name of the policy": (
        BACKEND_TLS,
        "sectionName: https",
        "sectionName: tls",
        {"gateway-policy-conflict", "route-backend-protocol"},
    ),
    "certificate of the authority": (BACKEND_TLS, "data: {ca.crt: none}", "data: {tls.crt: none}", {"gateway-policy-conflict"}),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_an_example_with_one_thing_broken_is_reported(broken: str):
    text, sound, wrong, rules = BROKEN[broken]
    assert sound in text
    assert {rule for rule, _ in found(text.replace(sound, wrong))} == rules
