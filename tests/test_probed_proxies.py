"""Health probes of Azure that an application protocol makes HTTP, and the Ingress controllers that answer them with 404."""

import pytest

from tests import linting

AZURE = "service.beta.kubernetes.io/azure-load-balancer-"
NGINX = "registry.k8s.io/ingress-nginx/controller:v1.12.1"
RULE = "load-balancer-settings-conflict"


def entry(annotations: str = "{}", protocol: str = "appProtocol: https", spec: str = "", image: str = NGINX, args: str = "[]") -> str:
    return f"""\
apiVersion: v1
kind: Service
metadata: {{name: edge, namespace: edge, annotations: {annotations}}}
spec:
  type: LoadBalancer
  selector: {{app: edge}}
  ports:
  - {{name: tls, port: 443, {protocol}}}
{spec}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: edge, namespace: edge}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: edge}}}}
  template:
    metadata: {{labels: {{app: edge}}}}
    spec: {{containers: [{{name: c, image: '{image}', args: {args}, ports: [{{name: tls, containerPort: 443}}]}}]}}
"""


def ingress(rule: str) -> str:
    return f"---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web, namespace: edge}}\nspec: {rule}\n"


ON_AZURE = linting.scoped(platform="aks")


@pytest.mark.parametrize(
    ("text", "help_"),
    [
        (entry(), "'/healthz'"),
        (entry(protocol="appProtocol: HTTP"), "'/healthz'"),
        (entry(image="traefik:v3.4"), "Remove `appProtocol`"),
        (entry(f"{{{AZURE}health-probe-protocol: tcp}}"), "'/healthz'"),
        (entry() + ingress("{rules: [{host: shop.example.com}]}"), "'/healthz'"),
    ],
)
def test_a_probe_by_http_meets_a_proxy_that_knows_no_such_host(text: str, help_: str):
    (found,) = linting.findings(text, RULE, config=ON_AZURE)
    assert (found.location.span.line, found.severity, found.confidence) == (8, "error", "medium")
    assert help_ in found.help


@pytest.mark.parametrize("written", ["http", "HTTPS"])
def test_an_annotation_that_asks_for_http_is_the_same(written: str):
    text = entry(f"{{{AZURE}health-probe-protocol: {written}}}", protocol="targetPort: tls")
    (found,) = linting.findings(text, RULE, config=ON_AZURE)
    assert (found.severity, found.confidence) == ("error", "medium")
    assert "health-probe-request-path` to '/healthz'" in found.help


@pytest.mark.parametrize(
    "text",
    [
        entry(protocol="targetPort: tls"),
        entry(f"{{{AZURE}health-probe-protocol: tcp}}", protocol="targetPort: tls"),
        entry(f"{{{AZURE}health-probe-protocol: http, {AZURE}health-probe-request-path: /healthz}}", protocol="targetPort: tls"),
        entry(
            f"{{{AZURE}health-probe-protocol: http, service.beta.kubernetes.io/port_443_health-probe_request-path: /healthz}}",
            protocol="targetPort: tls",
        ),
        entry(f"{{{AZURE}health-probe-protocol: http}}", protocol="targetPort: tls", image="example.com/shop:1"),
        entry(protocol="appProtocol: kubernetes.io/h2c"),
        entry(f"{{{AZURE}health-probe-request-path: /healthz}}"),
        entry("{service.beta.kubernetes.io/port_443_health-probe_protocol: Tcp}"),
        entry("{service.beta.kubernetes.io/port_443_health-probe_request-path: /healthz}"),
        entry("{service.beta.kubernetes.io/port_443_no_probe_rule: 'true'}"),
        entry(spec="  externalTrafficPolicy: Local"),
        entry(image="example.com/shop:1"),
        entry(args="[--default-backend-service=edge/pages]"),
        entry() + ingress("{rules: [{http: {paths: []}}]}"),
        entry() + ingress("{defaultBackend: {service: {name: shop, port: {number: 80}}}}"),
    ],
)
def test_a_probe_that_is_answered_is_silent(text: str):
    assert linting.findings(text, RULE, config=ON_AZURE) == []


@pytest.mark.parametrize("platform", ["eks", "gke", "bare-metal"])
def test_other_load_balancers_do_not_probe_so(platform: str):
    assert linting.findings(entry(), RULE, config=linting.scoped(platform=platform)) == []
