"""The ingress rules of cloudflared, in a ConfigMap, as ways in from the internet."""

import pytest

from k8slblint.traffic.exposure.entry_points import exposure_of_workload
from tests.linting import run

_RULES = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: tunnel, namespace: shop}
data:
  config.yaml: |
    tunnel: shop
    ingress:
      - hostname: shop.example.com
        service: %s
      - service: http_status:404
"""
_WEB = """\
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: example.com/web, ports: [{containerPort: 8080}]}]}
"""


def _reach(text: str) -> str:
    _, graph = run(text)
    return exposure_of_workload(graph.of_type("Deployment.apps")[0], graph).reach


@pytest.mark.parametrize(
    "service", ["http://web:80", "http://web.shop:80", "https://web.shop.svc.cluster.local", "http://web.shop.svc.cluster.local:80/path"]
)
def test_what_a_rule_names_is_reached_from_the_internet(service: str) -> None:
    assert _reach(_RULES % service + _WEB) == "internet"


@pytest.mark.parametrize(
    "service", ["http_status:404", "http://other.shop:80", "http://web.tools:80", "unix:/run/web.sock", "hello_world", "[web]"]
)
def test_what_no_rule_names_is_not(service: str) -> None:
    assert _reach(_RULES % service + _WEB) == "cluster"


@pytest.mark.parametrize(
    "rules",
    [
        "tunnel: a\n    ingress: web\n    service: b",
        "tunnel: a\n    ingress: [{service: 7}]",
        "tunnel: [\n    ingress:\n    service:",
        "ingress:\n      - service: http://web:80",
    ],
)
def test_other_texts_are_no_rules(rules: str) -> None:
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: tunnel, namespace: shop}}\ndata:\n  config.yaml: |\n    {rules}\n"
    assert _reach(text + _WEB) == "cluster"
