"""When a Service leads around the Ingress or Gateway before the same Pods, and when that is needed, meant, or only looks so."""

import pytest

from k8slblint.checks import double_exposure
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.rule import Problem, Undecided
from k8slblint.model.scope import ScopeSettings
from tests.builders import graph, graph_of, resources, run
from tests.texts import words_of

WEB = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: shop/web, ports: [{name: http, containerPort: 8080}, {name: metrics, containerPort: 9100}]}]}
"""


def service(service_type: str = "LoadBalancer", name: str = "web", port: str = "{port: 80, targetPort: http}", more: str = "") -> str:
    return (
        f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\n"
        f"spec: {{type: {service_type}, selector: {{app: web}}, ports: [{port}]{more}}}\n"
    )


def ingress(class_name: str = "nginx", to: str = "web", name: str = "edge") -> str:
    return (
        f"---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}}}\n"
        f"spec: {{ingressClassName: {class_name}, defaultBackend: {{service: {{name: {to}, port: {{number: 80}}}}}}}}\n"
    )


def route(class_name: str, to: str = "web") -> str:
    return f"""
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge}}
spec: {{gatewayClassName: {class_name}, listeners: [{{name: https, port: 443, protocol: HTTPS}}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: web}}
spec: {{parentRefs: [{{name: edge}}], rules: [{{backendRefs: [{{name: {to}, port: 80}}]}}]}}
"""


def judged(linted: ResourceGraph) -> list[str]:
    found = run(double_exposure.check, linted, allowed_namespaces=())
    return [one.confidence if isinstance(one, Problem) else "undecided" for one in found]


def told(text: str, **scope: str) -> list[str]:
    return judged(graph(text, **scope))


@pytest.mark.parametrize(
    ("platform", "more", "expected"),
    [
        ("gke", "", ["high"]),
        (None, "", ["medium"]),
        (None, ", loadBalancerClass: of-somebody", ["low"]),
        ("bare-metal", "", ["medium"]),
        ("gke", ", loadBalancerSourceRanges: [203.0.113.0/24]", []),
        ("gke", ", loadBalancerSourceRanges: [0.0.0.0/0]", ["high"]),
    ],
)
def test_a_load_balancer_beside_an_ingress(platform: str | None, more: str, expected: list[str]) -> None:
    text = WEB + service(more=more) + ingress()
    assert told(text, **({"platform": platform} if platform else {})) == expected


def test_a_pool_of_the_site_is_a_guess() -> None:
    pool = "---\napiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: a}\nspec: {addresses: [203.0.113.0/28]}\n"
    assert told(WEB + service() + ingress() + pool, platform="bare-metal") == ["low"]


@pytest.mark.parametrize(
    ("class_name", "expected"),
    [("nginx", ["high"]), ("traefik", ["high"]), ("alb", []), ("f5", ["undecided"]), ("of-somebody", ["undecided"])],
)
def test_node_ports_beside_an_ingress(class_name: str, expected: list[str]) -> None:
    assert told(WEB + service("NodePort") + ingress(class_name), environment="production") == expected


def test_nodes_may_fetch_images_by_the_node_port_of_a_registry() -> None:
    text = WEB + service("NodePort", name="image-registry") + ingress("traefik", to="image-registry")
    (found,) = run(double_exposure.check, graph(text), allowed_namespaces=())
    assert isinstance(found, Undecided)
    (found,) = run(double_exposure.check, graph(text, environment="production"), allowed_namespaces=())
    assert isinstance(found, Problem)


def test_node_ports_of_a_gke_ingress_are_needed() -> None:
    gce = (
        ingress()
        .replace("metadata: {", "metadata: {annotations: {kubernetes.io/ingress.class: gce}, ")
        .replace("ingressClassName: nginx, ", "")
    )
    assert told(WEB + service("NodePort") + gce, environment="production", platform="gke") == []


@pytest.mark.parametrize(("class_name", "expected"), [("istio", ["high"]), ("of-somebody", ["undecided"])])
def test_node_ports_beside_a_gateway(class_name: str, expected: list[str]) -> None:
    assert told(WEB + service("NodePort") + route(class_name), environment="production") == expected


def test_the_edge_may_go_through_another_service() -> None:
    text = WEB + service("ClusterIP", "inner") + service("NodePort") + route("of-somebody", "inner")
    assert told(text, environment="production") == ["high"]


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        ("{port: 80, targetPort: 8080}", 1),
        ("{port: 8081, targetPort: http}", 1),
        ("{port: 80, targetPort: metrics}", 0),
        ("{port: 80, targetPort: http, protocol: UDP}", 0),
        ("{port: 80, targetPort: metrics}, {port: 81, targetPort: http}", 1),
    ],
)
def test_only_the_same_port_of_the_pods_counts(port: str, expected: int) -> None:
    text = WEB + service("ClusterIP", "inner") + service(port=port) + ingress(to="inner")
    assert len(told(text, platform="gke")) == expected


@pytest.mark.parametrize("environment", ["development", "test", "ci", "local"])
def test_where_people_develop_both_are_fine(environment: str) -> None:
    assert told(WEB + service() + ingress(), platform="gke", environment=environment) == []


def test_one_service_is_reported_once_for_many_edges() -> None:
    found = run(
        double_exposure.check,
        graph(WEB + service() + ingress() + ingress(name="b") + route("istio"), platform="gke"),
        allowed_namespaces=(),
    )
    assert len(found) == 1
    assert isinstance(found[0], Problem)
    assert len(found[0].related) == 3


def test_the_traffic_is_that_of_the_way_around() -> None:
    (found,) = run(double_exposure.check, graph(WEB + service() + ingress(), platform="gke"), allowed_namespaces=())
    assert isinstance(found, Problem)
    assert found.path == ("spec", "type")
    assert [step.resource.kind for step in found.traffic] == ["Service", "Service", "Deployment"]
    assert "Ingress default/edge" in words_of(found)


def test_a_namespace_may_be_allowed() -> None:
    assert run(double_exposure.check, graph(WEB + service() + ingress(), platform="gke"), allowed_namespaces=["default"]) == []


def in_files(files: dict[str, str], platform: str = "gke") -> list[str]:
    found = [one for path, text in files.items() for one in resources(text, path)]
    return judged(graph_of(found, settings=ScopeSettings(platform=platform)))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"k8s/web.yaml": WEB, "k8s/service.yaml": service(), "k8s/ingress.yaml": ingress()}, ["medium"]),
        ({"clusters/a/web.yaml": WEB + service(), "clusters/a/edge/ingress.yaml": ingress()}, ["medium"]),
        ({"clusters/a/web.yaml": WEB + service(), "clusters/b/ingress.yaml": ingress()}, []),
        ({"one/web.yaml": WEB + service(), "two/ingress.yaml": ingress()}, []),
        ({"base/web.yaml": WEB + service("ClusterIP") + ingress(), "open/web.yaml": WEB + service()}, []),
        ({"k8s/plain.yaml": WEB + service(), "k8s/with-ingress.yaml": WEB + service("ClusterIP") + ingress()}, []),
    ],
)
def test_only_what_is_deployed_together_counts(files: dict[str, str], expected: list[str]) -> None:
    assert in_files(files) == expected


@pytest.mark.parametrize("platform", [None, "eks"])
@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: LoadBalancer, selector: {app: web}, ports: [1, {port: [80]}]}\n"
        + WEB + ingress(to="a"),
        WEB + service(port="{port: 80, targetPort: {a: b}}") + ingress(),
        WEB + service() + ingress().replace("{name: web, port", "{name: [web], port"),
        WEB + service() + route("istio").replace("spec: {parentRefs: [{name: edge}]", "spec: {parentRefs: [{name: [edge]}, 1]"),
        WEB.replace("containers: [", "containers: [1, ") + service() + ingress(),
    ],
)  # fmt: skip
def test_odd_values_raise_nothing(text: str, platform: str | None) -> None:
    found = run(double_exposure.check, graph(text, platform=platform), allowed_namespaces=())
    assert all(isinstance(one, Problem | Undecided) for one in found)


@pytest.mark.parametrize("key", ["permanent-redirect", "temporal-redirect"])
def test_an_ingress_that_only_redirects_is_named_last(key: str) -> None:
    redirecting = ingress(name="away").replace(
        "{name: away}", f"{{name: away, annotations: {{nginx.ingress.kubernetes.io/{key}: https://x.org}}}}"
    )
    (found,) = run(double_exposure.check, graph(WEB + service() + redirecting + ingress()), allowed_namespaces=())
    assert isinstance(found, Problem)
    assert found.headline.endswith("Ingress default/edge")
    assert [place.resource.name for place in found.related] == ["edge", "away"]


@pytest.mark.parametrize(("name", "expected"), [("web", []), ("web-public", ["medium"])])
def test_another_definition_of_the_service_behind_the_ingress_is_an_alternative(name: str, expected: list[str]) -> None:
    """Of two definitions of one Service one is applied: that of port 8080 does not lead around what goes to port 80 of the other."""
    files = {"a.yaml": service("ClusterIP") + ingress("traefik") + WEB, "b.yaml": service(name=name, port="{port: 8080, targetPort: http}")}
    found = judged(graph_of([one for path, text in files.items() for one in resources(text, path)]))
    assert found == expected


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (service("ClusterIP"), ["undecided"]),
        (service("LoadBalancer", port="{port: 8080, targetPort: http}"), ["undecided"]),
        (service("LoadBalancer"), ["medium"]),
        ("", ["medium"]),
    ],
    ids=["another type", "another port", "the same again", "one definition"],
)
def test_alternatives_of_a_service_are_not_joined_with_an_ingress_elsewhere(other: str, expected: list[str]) -> None:
    found = [
        *resources(WEB + service(), "k8s/web-lb.yaml"),
        *(resources(WEB + other, "k8s/web.yaml") if other else ()),
        *resources(ingress(), "k8s/edge.yaml"),
    ]
    assert judged(graph_of(found)) == expected


def test_pods_without_the_named_port_are_not_what_the_service_leads_to() -> None:
    """A database with the labels of the application, which a Service selects by mistake, gets no traffic of a port that it lacks."""
    store = WEB.replace("name: web}", "name: a-store}").replace("name: http, containerPort: 8080", "name: sql, containerPort: 5432")
    (found,) = run(double_exposure.check, graph(store + WEB + service() + ingress()), allowed_namespaces=())
    assert isinstance(found, Problem)
    assert "same port of Deployment default/web" in found.why
    assert told(store + service() + ingress()) == []
