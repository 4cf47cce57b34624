"""Which ways into which products are reported, how gravely and how surely."""

import pytest

from k8slblint.checks import exposed_datastore
from k8slblint.model.rule import Problem, Undecided
from tests.builders import graph, run
from tests.linting import findings, scoped, with_parameters
from tests.texts import words_of

RULE = "exposed-datastore"

KINDS = ("Service", "Ingress.networking.k8s.io", "Gateway.gateway.networking.k8s.io", "Pod", "Deployment.apps")


def workload(image: str, port: int = 5432, *, opens: str = "", spec: str = "") -> str:
    ports = f"[{{name: main, containerPort: {port}{opens}}}]"
    return (
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: db}\nspec:\n  selector: {matchLabels: {app: db}}\n"
        f"  template:\n    metadata: {{labels: {{app: db}}}}\n    spec: {{{spec}containers: "
        f"[{{name: main, image: '{image}', ports: {ports}}}]}}\n"
    )


def service(port: str = "{port: 5432}", service_type: str = "LoadBalancer", name: str = "db", more: str = "") -> str:
    return (
        f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\n"
        f"spec: {{type: {service_type}, selector: {{app: db}}, ports: [{port}]{more}}}\n"
    )


def ingress(annotations: str = "{}", tls: str = "") -> str:
    return (
        f"---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: db, annotations: {annotations}}}\n"
        f"spec: {{defaultBackend: {{service: {{name: db, port: {{number: 80}}}}}}{tls}}}\n"
    )


def told(text: str, **scope: str) -> list[tuple[str | None, str]]:
    found = run(exposed_datastore.check, graph(text, **scope), KINDS, allowed_products=())
    return [(one.severity, one.confidence) if isinstance(one, Problem) else ("undecided", "") for one in found]


@pytest.mark.parametrize(
    ("image", "port", "expected"),
    [
        ("postgres:17", 5432, [("error", "high")]),
        ("ghcr.io/acme/orders-db:3", 5432, [("error", "medium")]),
        ("ghcr.io/acme/cache:3", 6379, [("error", "medium")]),
        ("edoburu/pgbouncer:1.24", 6432, [("error", "high")]),
        ("rabbitmq:4-management", 15672, [("error", "high")]),
        ("docker:28-dind", 2375, [("error", "high")]),
        ("docker:28-dind", 2376, []),
        ("rabbitmq:4", 5671, []),
        ("rabbitmq:4", 15692, []),
        ("prom/prometheus:v3.5.0", 9090, [("error", "high")]),
        ("ghcr.io/acme/api:1", 9090, []),
        ("ghcr.io/acme/api:1", 8080, []),
        ("phpmyadmin:5", 80, [("warning", "high")]),
        ("nginx:1.29", 80, []),
        ("registry.k8s.io/metrics-server/metrics-server:v0.8.0", 10250, []),
        ("oliver006/redis_exporter:v1", 9121, []),
        ("eclipse-mosquitto:2", 1883, []),
    ],
)
def test_a_public_load_balancer(image: str, port: int, expected: list[tuple[str, str]]) -> None:
    assert told(workload(image, port) + service("{port: 1, targetPort: main}"), platform="gke") == expected


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        ("{port: 5432}", [("error", "medium")]),
        ("{port: 15432, targetPort: 5432}", [("error", "medium")]),
        ("{port: 5432, targetPort: main}", [("error", "medium")]),
        ("{port: 9200, name: http}", [("error", "medium")]),
        ("{port: 9090, name: prometheus}", [("error", "medium")]),
        ("{port: 9090, name: grpc}", []),
        ("{port: 5432, protocol: UDP}", []),
        ("{port: 11211, protocol: UDP}", [("error", "medium")]),
        ("{port: '5432'}", []),
        ("{port: 443, targetPort: 8443}", []),
    ],
)
def test_a_load_balancer_whose_pods_are_not_in_the_manifests(port: str, expected: list[tuple[str, str]]) -> None:
    assert told(service(port, name="a"), platform="gke") == expected


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ("production", [("error", "high")]),
        ("staging", [("warning", "high")]),
        ("unknown", [("warning", "medium")]),
        ("development", []),
        ("test", []),
        ("ci", []),
        ("local", []),
    ],
)
def test_a_node_port_by_environment(environment: str, expected: list[tuple[str, str]]) -> None:
    stated = {"environment": environment} if environment != "unknown" else {}
    assert told(workload("redis:7", 6379) + service("{port: 6379}", "NodePort"), **stated) == expected


def test_a_node_port_of_what_may_be_a_database_is_told_on_request_only() -> None:
    assert told(service("{port: 6379}", "NodePort")) == [("warning", "low")]


@pytest.mark.parametrize(("environment", "count"), [("development", 1), ("test", 1), ("ci", 0), ("local", 0)])
def test_the_internet_reaches_development_too(environment: str, count: int) -> None:
    assert len(told(service(), platform="gke", environment=environment)) == count


def test_several_ports_of_one_product_are_one_finding_and_two_products_are_two() -> None:
    ports = "{name: amqp, port: 5672}, {name: console, port: 15672}, {name: cache, port: 6379}"
    assert len(told(service(ports), platform="gke")) == 2


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (", loadBalancerSourceRanges: [10.0.0.0/8]", []),
        (", loadBalancerSourceRanges: [203.0.113.7/32]", []),
        (", loadBalancerSourceRanges: [203.0.113.7/32, 0.0.0.0/0]", [("error", "medium")]),
        (", loadBalancerSourceRanges: ['${RANGES}']", [("undecided", "")]),
    ],
)
def test_source_ranges_count(more: str, expected: list[tuple[str, str]]) -> None:
    assert told(service(more=more), platform="gke") == expected


def test_ranges_that_the_cloud_does_not_keep_do_not_count() -> None:
    assert told(service(more=", loadBalancerSourceRanges: [10.0.0.0/8]"), platform="hetzner") == [("error", "medium")]


@pytest.mark.parametrize(
    ("image", "port", "annotations", "tls", "expected"),
    [
        ("prom/prometheus", 9090, "{}", "", [("warning", "medium")]),
        ("prom/prometheus", 9090, "{}", ", tls: [{secretName: a}]", [("warning", "low")]),
        ("prom/prometheus", 9090, "{nginx.ingress.kubernetes.io/auth-url: 'https://login'}", "", []),
        ("ghcr.io/acme/prometheus", 9090, "{}", "", []),
        ("postgres", 5432, "{}", "", []),
        ("elasticsearch:9.1.0", 9200, "{}", "", []),
        ("adminer", 8080, "{}", "", []),
        ("redis/redisinsight", 5540, "{}", "", [("warning", "medium")]),
    ],
)
def test_an_ingress_passes_on_http_without_a_login(
    image: str, port: int, annotations: str, tls: str, expected: list[tuple[str, str]]
) -> None:
    text = workload(image, port) + service("{port: 80, targetPort: main}", "ClusterIP") + ingress(annotations, tls)
    assert told(text, platform="gke") == expected


@pytest.mark.parametrize(
    ("kind", "listener", "expected"),
    [("TCPRoute", "TCP", [("error", "medium")]), ("TLSRoute", "TLS", []), ("HTTPRoute", "HTTP", [])],
)
def test_a_gateway_passes_on_tcp(kind: str, listener: str, expected: list[tuple[str, str]]) -> None:
    text = f"""
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge}}
spec: {{gatewayClassName: gke-l7-global-external-managed, listeners: [{{name: db, port: 5432, protocol: {listener}}}]}}
---
apiVersion: gateway.networking.k8s.io/v1alpha2
kind: {kind}
metadata: {{name: db}}
spec: {{parentRefs: [{{name: edge}}], rules: [{{backendRefs: [{{name: db, port: 5432}}]}}]}}
"""
    assert told(workload("postgres:17") + service(service_type="ClusterIP") + text) == expected


@pytest.mark.parametrize(
    ("opens", "spec", "expected"),
    [
        (", hostPort: 5432", "", [("error", "high")]),
        (", hostPort: 5432, hostIP: 127.0.0.1", "", []),
        (", hostPort: 5432", "hostNetwork: true, ", []),
        ("", "", []),
    ],
)
def test_a_port_of_the_node_in_production(opens: str, spec: str, expected: list[tuple[str, str]]) -> None:
    assert told(workload("postgres:17", opens=opens, spec=spec), environment="production") == expected


@pytest.mark.parametrize(
    ("bound", "says"),
    [
        ("", "a node"),
        (", hostIP: 0.0.0.0", "a node"),
        (", hostIP: '::'", "a node"),
        (", hostIP: 192.0.2.9", "192.0.2.9"),
        (", hostIP: [1]", "a node"),
    ],
)
def test_an_address_of_the_node_is_named(bound: str, says: str) -> None:
    text = workload("postgres:17", opens=f", hostPort: 5432{bound}")
    (found,) = findings(text, RULE, config=scoped(environment="production"))
    assert found.headline.endswith(f"anyone who can reach {says}")
    assert ("on 192.0.2.9 of the node" in found.why) == (says == "192.0.2.9")


def test_the_traffic_ends_at_the_pods_and_the_image_is_shown() -> None:
    (found,) = run(exposed_datastore.check, graph(workload("postgres:17") + service(), platform="gke"), allowed_products=())
    assert isinstance(found, Problem)
    assert [step.resource.kind for step in found.traffic] == ["Service", "Service", "Deployment"]
    assert [place.resource.get(*place.path) for place in found.related] == ["postgres:17"]
    assert "'postgres:17'" in words_of(found)
    assert words_of(found).endswith(".")


def test_a_product_may_be_allowed() -> None:
    config = with_parameters(scoped(platform="gke"), RULE, {"allowed_products": ["postgresql"]})
    assert findings(service(), RULE, config=config) == []
    assert len(findings(service(), RULE, config=scoped(platform="gke"))) == 1


def test_a_native_sidecar_may_be_the_store() -> None:
    text = workload("shop/app", 8080).replace(
        "containers:", "initContainers: [{name: r, image: redis, restartPolicy: Always, ports: [{containerPort: 6379}]}], containers:"
    )
    assert told(text + service("{port: 6379}"), platform="gke") == [("error", "high")]


def test_samples_are_let_be() -> None:
    text = workload("redis:7", 6379) + service("{port: 6379}", "NodePort")
    other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    assert findings({"examples/cache/app.yaml": text, "deploy/web.yaml": other}, RULE) == []


ODD_PORTS = "[null, 5432, {port: [1]}, {port: 5432, protocol: [TCP], name: {a: b}}, {port: true}]"

ODD_CONTAINERS = "[null, {image: [a], ports: [{containerPort: 6379, hostPort: 1}]}]"


@pytest.mark.parametrize("platform", [None, "eks", "gke"])
@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: Service\nmetadata: {name: [a], labels: [a]}\nspec: {type: LoadBalancer, selector: [a], ports: {a: b}}",
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec: {{type: NodePort, selector: {{app: {{a: b}}}}, ports: {ODD_PORTS}}}",
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: {ODD_CONTAINERS}}}",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: {a: b}, initContainers: [1]}}}",
        service("{port: 5432, targetPort: [a]}") + workload("postgres").replace("'postgres'", "{a: b}"),
    ],
)
def test_odd_values_raise_nothing(text: str, platform: str | None) -> None:
    found = run(exposed_datastore.check, graph(text, platform=platform), KINDS, allowed_products=())
    assert all(isinstance(one, Problem | Undecided) for one in found)


@pytest.mark.parametrize(
    ("image", "port", "expected"),
    [
        ("example/index:1", "{name: grpc, port: 8500}", []),
        ("tensorflow/serving:2.19.0", "{port: 8500}", []),
        ("example/index:1", "{port: 8500, appProtocol: http}", [("error", "medium")]),
        ("kong/kong-gateway:3.11", "{port: 80, targetPort: 8001}", [("error", "high")]),
        ("kong/kong-gateway:3.11", "{port: 443, targetPort: 8443}", []),
        ("quay.io/jupyter/base-notebook", "{port: 80, targetPort: 8888}", [("warning", "high")]),
        ("tensorflow/tensorflow:2.19.0-jupyter", "{port: 8888}", [("warning", "high")]),
    ],
)
def test_an_image_and_the_name_of_a_port_outvote_its_number(image: str, port: str, expected: list[tuple[str, str]]) -> None:
    number = int(port.rpartition(" ")[2].strip("}")) if "appProtocol" not in port else 8500
    assert told(workload(image, number) + service(port), platform="gke") == expected


@pytest.mark.parametrize(("name", "count"), [("external", 1), ("jmx-metrics", 0)])
def test_a_broker_listens_wherever_its_container_says(name: str, count: int) -> None:
    broker = workload("apache/kafka:4.1.0", 19094).replace("name: main, containerPort", f"name: {name}, containerPort")
    assert len(told(broker + service("{port: 19094}"), platform="gke")) == count


def test_a_console_on_a_node_port_is_told_where_the_environment_is_not_known() -> None:
    assert told(workload("kibana:9.1.0", 5601) + service("{port: 5601}", "NodePort")) == [("warning", "medium")]
