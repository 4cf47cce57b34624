"""Services behind lists of TCP and UDP ports are reached as the proxy is, and never called reachable in the cluster only."""

import pytest

from k8slblint.traffic.exposure.entry_points import exposure_by_route, exposure_of_workload
from tests.linting import run, scoped

STORE = """\
---
apiVersion: v1
kind: Service
metadata: {name: till, namespace: pay}
spec: {selector: {app: till}, ports: [{port: 9000}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: till, namespace: pay}
spec:
  selector: {matchLabels: {app: till}}
  template: {metadata: {labels: {app: till}}, spec: {containers: [{name: c, image: example.com/till}]}}
"""
PROXY = """\
---
apiVersion: v1
kind: Service
metadata: {name: edge, namespace: edge}
spec: {type: LoadBalancer, selector: {app: edge}, ports: [{name: till, port: 9000}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: edge, namespace: edge}
spec:
  selector: {matchLabels: {app: edge}}
  template:
    metadata: {labels: {app: edge}}
    spec:
      containers:
      - name: controller
        image: registry.k8s.io/ingress-nginx/controller:v1.13.0
        args: [/nginx-ingress-controller, --tcp-services-configmap=$(POD_NAMESPACE)/ports]
"""
LIST = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: ports, namespace: edge}}\ndata: {{'9000': '{target}'}}\n"
RELEASE = (
    "---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: edge, namespace: edge}\n"
    "spec: {chart: {spec: {chart: ingress-nginx}}, values: {tcp: {9000: 'pay/till:9000:PROXY'}}}\n"
)


def reach_of_till(text: str) -> tuple[str, str | None]:
    """From where the workload of the store is reached, and its Service by routes."""
    _, linted = run(text, config=scoped(platform="gke"))
    (workload,) = [one for one in linted.of_type("Deployment.apps") if one.name == "till"]
    (service,) = [one for one in linted.of_type("Service") if one.name == "till"]
    by_route = exposure_by_route(service, linted)
    return exposure_of_workload(workload, linted).reach, by_route and by_route.reach


@pytest.mark.parametrize("target", ["pay/till:9000", "pay/till:9000:PROXY", "pay/till:main", "pay/till"])
def test_a_service_in_the_list_is_reached_as_the_proxy(target: str) -> None:
    assert reach_of_till(STORE + PROXY + LIST.format(target=target)) == ("internet", "internet")


def test_values_of_a_chart_whose_service_is_elsewhere_leave_it_open() -> None:
    assert reach_of_till(STORE + RELEASE) == ("unknown", "unknown")


@pytest.mark.parametrize("target", ["pay/other:9000", "till:9000", "shop/till:9000", "$(NAME)/till:9000", "", ":", "/:"])
def test_what_names_another_or_nothing_leads_nowhere(target: str) -> None:
    assert reach_of_till(STORE + PROXY + LIST.format(target=target)) == ("cluster", None)


def test_odd_lists_raise_nothing() -> None:
    for data in ("[]", "{a: 1, b: null, c: [1]}", "text", "null"):
        assert reach_of_till(STORE + PROXY + LIST.format(target="x").replace("{'9000': 'x'}", data)) == ("cluster", None)
