"""The ways into a workload: which resource opens them, which ports they lead to, and the steps in packet order."""

import pytest

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.traffic.exposure.entry_points import entry_points_of, entry_points_through, exposure_of_workload, targets_of
from tests.builders import graph, graph_of, resource, resources
from tests.linting import findings

WEB = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: shop/web, ports: [{name: http, containerPort: 8080}, {name: admin, containerPort: 9000}]}]}
"""

SERVICE = """
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: TYPE
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http}, {name: admin, port: 81, targetPort: 9000}]
"""

INGRESS = """
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ingressClassName: alb
  defaultBackend: {service: {name: web, port: PORT}}
"""

GATEWAY = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: infra}
spec:
  gatewayClassName: gke-l7-global-external-managed
  listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: edge, namespace: infra}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
"""


def service(service_type: str = "ClusterIP") -> str:
    return SERVICE.replace("TYPE", service_type)


def only(linted: ResourceGraph, *types: str) -> Resource:
    (found,) = linted.of_type(*types)
    return found


def ways(text: str, platform: str | None = "eks") -> list[tuple[str, str, list[object]]]:
    """The ways into the Deployment: kind of the outermost resource, reach, container ports."""
    linted = graph(text, platform=platform)
    found = entry_points_of(only(linted, "Deployment.apps"), linted)
    return [(way.resource.kind, way.exposure.reach, [target.port for target in way.targets]) for way in found]


@pytest.mark.parametrize(
    ("service_type", "expected"),
    [
        ("ClusterIP", []),
        ("NodePort", [("Service", "node", ["http", 9000])]),
        ("LoadBalancer", [("Service", "internet", ["http", 9000])]),
        ("ExternalName", []),
    ],
)
def test_a_service_is_a_way_in_by_its_type(service_type: str, expected: list[object]) -> None:
    assert ways(WEB + service(service_type)) == expected


@pytest.mark.parametrize(
    ("port", "targets"),
    [
        ("{number: 80}", ["http"]),
        ("{name: admin}", [9000]),
        ("{number: 9000}", [9000]),  # ingress-nginx takes the number of the Pod's port too
        ("{name: http}", ["http"]),
        ('{name: "${PORT}"}', ["http", 9000]),
        ("{}", ["http", 9000]),
    ],
)
def test_an_ingress_leads_to_the_port_it_names(port: str, targets: list[object]) -> None:
    assert ways(WEB + service() + INGRESS.replace("PORT", port)) == [("Ingress", "internal", targets)]


def test_a_port_that_the_service_lacks_leads_nowhere() -> None:
    assert ways(WEB + service() + INGRESS.replace("PORT", "{number: 8443}")) == []


def test_many_paths_to_one_port_are_one_way_in() -> None:
    paths = ", ".join(f"{{path: /{n}, pathType: Prefix, backend: {{service: {{name: web, port: {{number: 80}}}}}}}}" for n in range(5))
    ingress = INGRESS.replace("defaultBackend: {service: {name: web, port: PORT}}", f"rules: [{{http: {{paths: [{paths}]}}}}]")
    assert ways(WEB + service() + ingress) == [("Ingress", "internal", ["http"])]


def test_the_way_through_a_route_begins_at_its_gateway() -> None:
    linted = graph(WEB + service() + GATEWAY, platform="gke")
    gateway = only(linted, "Gateway.gateway.networking.k8s.io")
    (way,) = entry_points_through(gateway, linted)
    assert (way.resource.kind, way.exposure.reach) == ("Gateway", "internet")
    assert way.source is not None
    assert way.source.kind == "HTTPRoute"
    assert [step.resource.kind for step in way.steps] == ["Gateway", "HTTPRoute", "Service", "Deployment"]
    assert way.steps[1].path == ("spec", "rules", 0, "backendRefs", 0, "name")


def test_a_gateway_that_does_not_admit_a_route_is_no_way_in() -> None:
    own = GATEWAY.replace("from: All", "from: Same")
    assert ways(WEB + service() + own, "gke") == []


def test_a_route_in_a_mesh_is_no_way_in() -> None:
    route = GATEWAY.replace("{name: edge, namespace: infra}]", "{name: web, kind: Service, group: ''}]")
    assert ways(WEB + service() + route, "gke") == []


def test_a_route_of_a_gateway_that_is_not_read_may_lead_in() -> None:
    route = GATEWAY.replace("{name: edge, namespace: infra}]", "{name: another}]")
    assert ways(WEB + service() + route, "gke") == [("HTTPRoute", "unknown", ["http"])]


def test_a_load_balancer_without_workload_leads_to_no_workload() -> None:
    linted = graph(service("LoadBalancer"), platform="eks")
    assert entry_points_through(only(linted, "Service"), linted) == ()


@pytest.mark.parametrize(
    ("pod", "opened"),
    [
        ("containers: [{name: a, ports: [{containerPort: 80, hostPort: 8080}]}]", [80]),
        ("containers: [{name: a, ports: [{containerPort: 80}]}]", []),
        ("containers: [{name: a, ports: [{containerPort: 80, hostPort: 0}]}]", []),
        ("containers: [{name: a, ports: [{containerPort: 80, hostPort: 8080, hostIP: 127.0.0.1}]}]", []),
        ("containers: [{name: a, ports: [{containerPort: 80, hostPort: 8080, hostIP: '::1'}]}]", []),
        ("containers: [{name: a, ports: [{containerPort: 80, hostPort: 8080, hostIP: 10.0.0.1}]}]", [80]),
        ("containers: [{name: a, ports: [{containerPort: 80, hostPort: '${PORT}'}]}]", []),
        ("hostNetwork: true\n  containers: [{name: a, ports: [{containerPort: 80}, {containerPort: 81}]}]", [80, 81]),
        ("containers: []\n  initContainers: [{name: a, restartPolicy: Always, ports: [{containerPort: 80, hostPort: 80}]}]", [80]),
        ("containers: []\n  initContainers: [{name: a, ports: [{containerPort: 80, hostPort: 80}]}]", []),
    ],
)
def test_a_pod_opens_ports_on_its_node(pod: str, opened: list[int]) -> None:
    linted = graph(f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  {pod}\n")
    found = entry_points_of(only(linted, "Pod"), linted)
    assert [target.port for way in found for target in way.targets] == opened
    assert {way.exposure.reach for way in found} <= {"node"}


def test_the_exposure_of_a_workload_is_the_widest() -> None:
    linted = graph(WEB + service("LoadBalancer") + INGRESS.replace("PORT", "{number: 80}"), platform="eks")
    assert exposure_of_workload(only(linted, "Deployment.apps"), linted).reach == "internet"


def test_a_way_that_is_not_known_counts_more_than_an_internal_one() -> None:
    text = WEB + service() + INGRESS.replace("PORT", "{number: 80}").replace("alb", "of-somebody")
    linted = graph(text, platform="eks")
    assert exposure_of_workload(only(linted, "Deployment.apps"), linted).reach == "unknown"


def test_a_workload_without_a_way_in_is_reached_in_its_cluster() -> None:
    linted = graph(WEB + service())
    assert exposure_of_workload(only(linted, "Deployment.apps"), linted).reach == "cluster"


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ("[{port: 80}]", [(80, "TCP")]),
        ("[{port: 80, targetPort: http, protocol: UDP}]", [("http", "UDP")]),
        ("[{port: 80, targetPort: 0}]", [(80, "TCP")]),
        ("[80, null, {name: x}, {port: [80]}, {port: true}]", []),
        ("80", []),
        ("{port: 80}", []),
    ],
)
def test_targets_of_a_service(ports: str, expected: list[object]) -> None:
    found = targets_of(resource(f"apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec: {{ports: {ports}}}"))
    assert [(target.port, target.protocol) for target in found] == expected


def test_two_clusters_have_no_way_in_common() -> None:
    from tests.builders import resources

    linted = graph_of([*resources(WEB, "clusters/a/web.yaml"), *resources(service("NodePort"), "clusters/b/web.yaml")])
    assert linted.scope(linted.resources[0]).cluster != linted.scope(linted.resources[1]).cluster
    assert entry_points_of(only(linted, "Deployment.apps"), linted) == ()


@pytest.mark.parametrize(
    ("containers", "reaches"),
    [
        ("[{name: a}]", ["node"]),
        ("[{name: a, ports: []}]", ["node"]),
        ("[{name: a, ports: [{containerPort: 80}]}, {name: b}]", ["node"]),
    ],
)
def test_a_pod_on_the_network_of_its_node_is_reached_through_it(containers: str, reaches: list[str]) -> None:
    linted = graph(f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  hostNetwork: true\n  containers: {containers}\n")
    assert [way.exposure.reach for way in entry_points_of(only(linted, "Pod"), linted)] == reaches


MEMBER = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: ledger}
spec:
  replicas: 2
  selector: {matchLabels: {app: ledger}}
  template:
    metadata: {labels: {app: ledger}}
    spec: {containers: [{name: a, image: ledger}]}
---
apiVersion: v1
kind: Service
metadata: {name: one}
spec: {type: NodePort, ports: [{port: 80}], selector: {SELECTOR}}
"""


@pytest.mark.parametrize(
    ("selector", "count"),
    [
        ("app: ledger, statefulset.kubernetes.io/pod-name: ledger-1", 1),
        ("statefulset.kubernetes.io/pod-name: ledger-0", 1),
        ("app: ledger, apps.kubernetes.io/pod-index: '1'", 1),
        ("statefulset.kubernetes.io/pod-name: ledger-2", 0),
        ("statefulset.kubernetes.io/pod-name: ledger-x", 0),
        ("statefulset.kubernetes.io/pod-name: other-0", 0),
        ("app: other, apps.kubernetes.io/pod-index: '0'", 0),
        ("apps.kubernetes.io/pod-index: '7'", 0),
    ],
)
def test_a_service_of_one_pod_leads_to_its_stateful_set(selector: str, count: int) -> None:
    linted = graph(MEMBER.replace("SELECTOR", selector))
    assert len(entry_points_of(only(linted, "StatefulSet.apps"), linted)) == count


def test_a_deployment_config_is_a_workload() -> None:
    config = WEB.replace("apps/v1", "apps.openshift.io/v1").replace("kind: Deployment", "kind: DeploymentConfig")
    linted = graph(config + service("NodePort").replace("{app: web}", "{deploymentconfig: web}"))
    assert exposure_of_workload(only(linted, "DeploymentConfig.apps.openshift.io"), linted).reach == "node"


@pytest.mark.parametrize(("label", "rules"), [("web", []), ("wbe", ["service-selects-no-pods"])])
def test_a_service_leads_to_the_pods_of_a_deployment_config(label: str, rules: list[str]) -> None:
    config = WEB.replace("apps/v1", "apps.openshift.io/v1").replace("kind: Deployment", "kind: DeploymentConfig")
    manifest = config + service("ClusterIP").replace("{app: web}", f"{{app: {label}}}")
    assert [one.rule for one in findings(manifest) if one.rule.startswith("service-")] == rules


def bundles(*paths: str) -> ResourceGraph:
    """The same Service and Deployment in several files, the first with node ports."""
    texts = [service("NodePort" if number == 0 else "ClusterIP") + WEB for number in range(len(paths))]
    return graph_of([one for path, text in zip(paths, texts, strict=True) for one in resources(text, path)])


@pytest.mark.parametrize("paths", [("kit/full.yaml", "kit/quick.yaml"), ("kit/a/app.yaml", "kit/b/app.yaml")])
def test_alternative_bundles_do_not_lead_to_each_other(paths: tuple[str, str]) -> None:
    linted = bundles(*paths)
    reached = {one.path: exposure_of_workload(one, linted).reach for one in linted.of_type("Deployment.apps")}
    assert reached == {paths[0]: "node", paths[1]: "cluster"}


def test_an_ingress_leads_to_the_service_of_its_own_bundle() -> None:
    kits = [("kit/b/app.yaml", service() + WEB + INGRESS.replace("PORT", "{number: 80}")), ("kit/a/app.yaml", service() + WEB)]
    linted = graph_of([one for path, text in kits for one in resources(text, path)])
    reached = {one.path for one in linted.of_type("Deployment.apps") if exposure_of_workload(one, linted).reach != "cluster"}
    assert reached == {"kit/b/app.yaml"}


def test_a_workload_that_is_written_once_is_reached_from_all_files() -> None:
    linted = graph_of([*resources(WEB, "apps/web/deployment.yaml"), *resources(service("NodePort"), "services/web.yaml")])
    assert exposure_of_workload(only(linted, "Deployment.apps"), linted).reach == "node"
