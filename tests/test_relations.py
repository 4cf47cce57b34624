"""The edges of the graph: selectors, backends, ports, parents, and the three answers."""

import pytest

from k8slblint.graph.answers import Absent, Found, Unknown
from k8slblint.graph.containers import container_port_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.backends import backends_of, port_of, service_of, users_of
from k8slblint.graph.relations.parents import gateways_of
from k8slblint.graph.relations.unrendered import unrendered_above
from k8slblint.graph.relations.workloads import endpoint_slices_of, workloads_of
from k8slblint.graph.selectors import matches_label_selector, matches_labels
from k8slblint.model.loaded import Gap
from k8slblint.model.resource import Resource
from tests import builders
from tests.linting import run

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web, tier: front}, ports: [{name: http, port: 80, targetPort: web}]}
---
"""


def graph_of(text: str, **others: str) -> ResourceGraph:
    return run({"app.yaml": text, **others})[1]


def only(graph: ResourceGraph, type_name: str) -> Resource:
    (resource,) = graph.of_type(type_name)
    return resource


CONTAINERS = "{containers: [{name: c, image: i, ports: [{name: web, containerPort: 8080}]}]}"


def workload(kind: str, labels: str, namespace: str = "shop") -> str:
    template = f"{{metadata: {{labels: {labels}}}, spec: {CONTAINERS}}}"
    head = f"metadata: {{name: w, namespace: {namespace}}}\n"
    if kind == "Pod":
        return f"apiVersion: v1\nkind: Pod\n{head.replace('}', f', labels: {labels}}}')}spec: {CONTAINERS}\n"
    if kind == "CronJob":
        return (
            f"apiVersion: batch/v1\nkind: CronJob\n{head}spec: {{schedule: '* * * * *', jobTemplate: {{spec: {{template: {template}}}}}}}\n"
        )
    group = "batch/v1" if kind == "Job" else "apps/v1"
    return (
        f"apiVersion: {group}\nkind: {kind}\n{head}spec: {{selector: {{matchLabels: {labels}}}, serviceName: web, template: {template}}}\n"
    )


@pytest.mark.parametrize("kind", ["Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"])
def test_a_service_finds_the_pods_of_every_workload_kind(kind: str) -> None:
    graph = graph_of(SERVICE + workload(kind, "{app: web, tier: front, extra: x}"))
    answer = workloads_of(only(graph, "Service"), graph)
    assert isinstance(answer, Found)
    (found,) = answer.value
    assert found.kind == kind
    assert container_port_of(found, "web") == container_port_of(found, 8080) is not None


def test_absence_names_near_misses_and_minds_the_namespace() -> None:
    graph = graph_of(SERVICE + workload("Deployment", "{app: web, tier: back}"))
    answer = workloads_of(only(graph, "Service"), graph)
    assert isinstance(answer, Absent)
    assert answer.near == ("Deployment shop/w (tier: 'back')",)
    elsewhere = graph_of(SERVICE + workload("Deployment", "{app: web, tier: front}", namespace="other"))
    assert workloads_of(only(elsewhere, "Service"), elsewhere) == Absent()


def test_what_could_not_be_read_makes_absence_unknown() -> None:
    graph = graph_of(SERVICE, **{"broken.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: [\n"})
    answer = workloads_of(only(graph, "Service"), graph)
    assert isinstance(answer, Unknown)
    assert "broken.yaml" in answer.reason


def test_a_service_without_selector_is_unknown() -> None:
    graph = graph_of("apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n")
    assert isinstance(workloads_of(only(graph, "Service"), graph), Unknown)


INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec:
  defaultBackend: {service: {name: web, port: {name: http}}}
  rules:
    - http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
          - {path: /x, pathType: Prefix, backend: {service: {name: missing, port: {number: 80}}}}
"""


def test_backends_of_an_ingress_and_who_uses_a_service() -> None:
    graph = graph_of(SERVICE + INGRESS)
    ingress = only(graph, "Ingress.networking.k8s.io")
    backends = list(backends_of(ingress))
    assert [(backend.name, backend.port) for backend in backends] == [("web", "http"), ("web", 80), ("missing", 80)]
    assert ingress.get(*backends[1].path) == "web"
    assert len(users_of(only(graph, "Service"), graph)) == 2
    assert isinstance(service_of(backends[0], graph), Found)
    assert service_of(backends[2], graph) == Absent()


def test_routes_name_backends_and_parents_across_namespaces() -> None:
    route = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r, namespace: team}
spec:
  parentRefs: [{name: edge, namespace: infra, sectionName: https}, {name: gone}, {group: "", kind: Service, name: mesh}]
  rules: [{backendRefs: [{name: web, namespace: shop, port: 80}, {name: bucket, kind: Bucket, group: example.com}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: infra}
spec: {gatewayClassName: envoy, listeners: [{name: https, port: 443, protocol: TLS}]}
"""
    graph = graph_of(SERVICE + route)
    http_route = only(graph, "HTTPRoute.gateway.networking.k8s.io")
    assert [(backend.namespace, backend.name, backend.port) for backend in backends_of(http_route)] == [("shop", "web", 80)]
    answers = [(parent.type_name, type(answer)) for parent, answer in gateways_of(http_route, graph)]
    assert answers == [
        ("Gateway.gateway.networking.k8s.io", Found),
        ("Gateway.gateway.networking.k8s.io", Absent),
        ("Service", Absent),
    ]


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ({}, True),
        ({"matchLabels": {"a": "1"}}, True),
        ({"matchLabels": {"a": "2"}}, False),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}, True),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, False),
        ({"matchExpressions": [{"key": "b", "operator": "NotIn", "values": ["1"]}]}, True),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, False),
        ({"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "b", "operator": "Exists"}]}, False),
    ],
)
def test_label_selectors(selector: dict[str, object], *, matches: bool) -> None:
    assert matches_label_selector(selector, {"a": "1"}) is matches


def test_an_empty_service_selector_matches_nothing() -> None:
    assert not matches_labels({}, {"a": "1"})
    assert matches_labels({"a": "1"}, {"a": "1", "b": "2"})


def test_endpoint_slices_written_by_hand_are_found_by_their_label() -> None:
    slices = """\
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints: [{addresses: [10.0.0.1]}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: other, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints: []
"""
    graph = graph_of(SERVICE + slices)
    (found,) = endpoint_slices_of(only(graph, "Service"), graph)
    assert found.namespace == "shop"


def test_the_first_ingress_api_and_ports_by_name_and_number() -> None:
    old = """\
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: old, namespace: shop}
spec:
  backend: {serviceName: web, servicePort: 80}
  rules: [{http: {paths: [{backend: {serviceName: web, servicePort: http}}]}}]
"""
    graph = graph_of(SERVICE + old)
    service = only(graph, "Service")
    backends = list(backends_of(only(graph, "Ingress.extensions")))
    assert [(backend.name, backend.port) for backend in backends] == [("web", 80), ("web", "http")]
    assert [port_of(service, backend.port) for backend in backends] == [(0, service.get("spec", "ports", 0))] * 2
    assert port_of(service, 81) is None
    assert port_of(service, None) is None


def test_placeholders_are_unknown() -> None:
    graph = graph_of(SERVICE.replace("app: web", "app: '${APP}'"))
    assert isinstance(workloads_of(only(graph, "Service"), graph), Unknown)
    ingress = INGRESS.replace("name: missing", "name: '{{ .Values.name }}'")
    graph = graph_of(SERVICE + ingress)
    *_, last = backends_of(only(graph, "Ingress.networking.k8s.io"))
    assert isinstance(service_of(last, graph), Unknown)


def test_a_native_sidecar_owns_ports_and_an_init_container_does_not() -> None:
    pod = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  initContainers:
    - {name: once, image: i, ports: [{containerPort: 1}]}
    - {name: sidecar, image: i, restartPolicy: Always, ports: [{containerPort: 2}]}
  containers: [{name: c, image: i}]
"""
    workload_resource = only(graph_of(pod), "Pod")
    assert container_port_of(workload_resource, 1) is None
    assert container_port_of(workload_resource, 2) == ("spec", "initContainers", 1, "ports", 0)


@pytest.mark.parametrize(
    ("gap", "path", "expected"),
    [
        ("apps/web/kustomization.yaml", "apps/web/service.yaml", True),
        ("apps/web/kustomization.yaml", "apps/other/service.yaml", True),
        ("apps/web/kustomization.yaml", "platform/service.yaml", False),
        ("apps/web/kustomization.yaml", "apps.yaml", False),
        ("kustomization.yaml", "anything/service.yaml", True),
        ("web/kustomization.yml", "service.yaml", True),
        ("apps/web/kustomization.yaml [flux-system/web]", "apps/web/service.yaml", True),
        ("apps/web/values.yaml", "apps/web/service.yaml", False),
    ],
)
def test_a_kustomization_that_was_not_rendered_may_change_what_is_beside_and_below_it(gap: str, path: str, expected: bool) -> None:
    one = builders.resources("apiVersion: v1\nkind: Service\nmetadata: {name: web}\n", path)
    built = builders.graph_of(one, gaps=[Gap(gap, "it could not be rendered (no such file)")])
    assert unrendered_above(one[0], built) == (gap if expected else None)
