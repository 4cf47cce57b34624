"""The ways into a workload from outside: through Services, Ingresses, Gateways and ports of nodes, and how far they reach."""

import pytest

from k8slblint.graph.entry_points import entry_points_of, entry_points_through, exposure_of_workload
from k8slblint.graph.relations import WORKLOAD_KINDS
from tests.builders import graph

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080}%s]}]
"""

SERVICE = """---
apiVersion: v1
kind: Service
metadata: {name: %s}
spec:
  type: %s
  selector: {app: web}
  ports: [{name: web, port: 80, targetPort: http}, {name: admin, port: 81, targetPort: 9000}]
"""

INGRESS = """---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, annotations: {kubernetes.io/ingress.class: %s}}
spec:
  rules: [{host: a.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {%s}}}}]}}]
"""

GATEWAY = """---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec:
  gatewayClassName: %s
  listeners: [{name: http, port: 80, protocol: HTTP}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [%s]
  rules: [{backendRefs: [{name: web, port: 80}]}]
"""


def only_workload(text: str, **scope: str):
    linted = graph(text, **scope)
    (workload,) = linted.of_type(*WORKLOAD_KINDS)
    return linted, workload


@pytest.mark.parametrize(
    ("text", "platform", "reach"),
    [
        (DEPLOYMENT % "", "gke", "cluster"),
        (DEPLOYMENT % "" + SERVICE % ("web", "ClusterIP"), "gke", "cluster"),
        (DEPLOYMENT % "" + SERVICE % ("web", "NodePort"), "gke", "node"),
        (DEPLOYMENT % "" + SERVICE % ("web", "LoadBalancer"), "gke", "internet"),
        (DEPLOYMENT % "" + SERVICE % ("web", "LoadBalancer"), "", "unknown"),
        (DEPLOYMENT % ", {containerPort: 9090, hostPort: 9090}", "gke", "node"),
        (DEPLOYMENT % "" + SERVICE % ("web", "ClusterIP") + INGRESS % ("gce", "number: 80"), "gke", "internet"),
        (DEPLOYMENT % "" + SERVICE % ("web", "ClusterIP") + INGRESS % ("gce-internal", "name: web"), "gke", "internal"),
        (DEPLOYMENT % "" + SERVICE % ("web", "ClusterIP") + INGRESS % ("traefik", "number: 80"), "gke", "unknown"),
        (DEPLOYMENT % "" + SERVICE % ("web", "ClusterIP") + GATEWAY % ("gke-l7-rilb", "{name: edge}"), "gke", "internal"),
        (
            DEPLOYMENT % "" + SERVICE % ("web", "ClusterIP") + GATEWAY % ("gke-l7-rilb", "{group: '', kind: Service, name: web}"),
            "gke",
            "cluster",
        ),
        (DEPLOYMENT % "" + SERVICE % ("web", "ClusterIP") + GATEWAY % ("gke-l7-rilb", "{name: elsewhere}"), "gke", "cluster"),
        (DEPLOYMENT % "" + SERVICE % ("a", "NodePort") + SERVICE % ("b", "LoadBalancer"), "gke", "internet"),
        (DEPLOYMENT % "" + SERVICE % ("a", "NodePort") + SERVICE % ("b", "LoadBalancer"), "", "unknown"),
    ],
)
def test_widest_exposure_of_a_workload(text, platform, reach):
    linted, workload = only_workload(text, **({"platform": platform} if platform else {}))
    assert exposure_of_workload(workload, linted).reach == reach


def test_an_ingress_leads_to_the_port_that_it_names_and_a_service_to_all():
    linted, workload = only_workload(DEPLOYMENT % "" + SERVICE % ("web", "NodePort") + INGRESS % ("gce", "name: web"), platform="gke")
    ways = {way.resource.kind: [target.port for target in way.targets] for way in entry_points_of(workload, linted)}
    assert ways == {"Service": ["http", 9000], "Ingress": ["http"]}


def test_the_steps_go_from_outside_to_the_pods():
    linted, workload = only_workload(DEPLOYMENT % "" + SERVICE % ("web", "ClusterIP") + INGRESS % ("gce", "number: 80"), platform="gke")
    (way,) = entry_points_of(workload, linted)
    assert [step.resource.kind for step in way.steps] == ["Ingress", "Ingress", "Service", "Deployment"]
    assert all(step.message.endswith(".") for step in way.steps)


def test_host_network_opens_every_declared_port():
    text = (DEPLOYMENT % ", {containerPort: 9090}").replace("    spec:\n", "    spec:\n      hostNetwork: true\n")
    linted, workload = only_workload(text)
    assert [way.targets[0].port for way in entry_points_through(workload, linted)] == [8080, 9090]


@pytest.mark.parametrize("ports", ["[1]", "{}", "text", "[{port: {}}]", "[{port: 80, targetPort: []}]", "[null]"])
def test_odd_ports_break_nothing(ports):
    text = (
        DEPLOYMENT % ""
        + f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{type: NodePort, selector: {{app: web}}, ports: {ports}}}\n"
    )
    linted, workload = only_workload(text)
    assert exposure_of_workload(workload, linted).reach == "node"
