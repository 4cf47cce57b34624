"""Routes of vendors: to which Services each kind leads, from where they are reached, and that what is not read is never `cluster`."""

import pytest

from k8slblint.catalog.controllers import controllers
from k8slblint.catalog.vendor_routes import leading_annotations, vendor_routes
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import declared
from k8slblint.traffic.exposure import exposure_of
from k8slblint.traffic.exposure.entry_points import entry_points_of, exposure_of_workload
from k8slblint.views.exposure import as_text, exposure_map
from tests.builders import graph
from tests.linting import findings, scoped

APP = """
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: store}
spec:
  selector: {app: cart}
  ports: [{name: main, port: 80, targetPort: 8080}, {name: admin, port: 81, targetPort: 9000}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: store}
spec:
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}}
    spec: {containers: [{name: c, image: example.com/cart, ports: [{containerPort: 8080}, {containerPort: 9000}]}]}
"""


def custom(kind: str, version: str, spec: str, name: str = "r", namespace: str = "store", more: str = "") -> str:
    return f"---\napiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}{more}}}\nspec: {spec}\n"


def proxy(
    image: str, service_type: str = "LoadBalancer", ports: str = "[{name: web, port: 80}]", name: str = "proxy", label: str = "p"
) -> str:
    return f"""
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: edge}}
spec: {{type: {service_type}, selector: {{gw: {label}}}, ports: {ports}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: edge}}
spec:
  selector: {{matchLabels: {{gw: {label}}}}}
  template:
    metadata: {{labels: {{gw: {label}}}}}
    spec: {{containers: [{{name: c, image: '{image}'}}]}}
"""


def cart(linted: ResourceGraph) -> list[tuple[str, str, list[object]]]:
    """The ways into the Deployment of the store: kind of the route, reach, ports of the Pods."""
    (workload,) = [one for one in linted.of_type("Deployment.apps") if one.name == "cart"]
    ways = entry_points_of(workload, linted)
    return [(way.resource.kind, way.exposure.reach, [target.port for target in way.targets]) for way in ways]


TRAEFIK = "{entryPoints: [web], routes: [{match: 'Host(`a.example.com`)', kind: Rule, services: [{name: cart, port: 80}]}]}"

ROUTES = {
    "Traefik": ("IngressRoute", "traefik.io/v1alpha1", TRAEFIK),
    "Traefik of old": ("IngressRoute", "traefik.containo.us/v1alpha1", TRAEFIK.replace("80}", "main}")),
    "Traefik TCP": ("IngressRouteTCP", "traefik.io/v1alpha1", "{routes: [{match: 'HostSNI(`*`)', services: [{name: cart, port: '80'}]}]}"),
    "Traefik UDP": ("IngressRouteUDP", "traefik.io/v1alpha1", "{routes: [{services: [{name: cart, port: 80}]}]}"),
    "Istio": (
        "VirtualService",
        "networking.istio.io/v1",
        "{hosts: [a], gateways: [edge/public], http: [{route: [{destination: {host: cart, port: {number: 80}}}]}]}",
    ),
    "Istio by DNS name": (
        "VirtualService",
        "networking.istio.io/v1beta1",
        "{hosts: [a], gateways: [g], tcp: [{route: [{destination: {host: cart.store.svc.cluster.local, port: {number: 80}}}]}]}",
    ),
    "Contour": ("HTTPProxy", "projectcontour.io/v1", "{virtualhost: {fqdn: a}, routes: [{services: [{name: cart, port: 80}]}]}"),
    "OpenShift by name": ("Route", "route.openshift.io/v1", "{to: {kind: Service, name: cart}, port: {targetPort: main}}"),
    "OpenShift by number of the Pod": ("Route", "route.openshift.io/v1", "{to: {kind: Service, name: cart}, port: {targetPort: 8080}}"),
    "F5": ("VirtualServer", "k8s.nginx.org/v1", "{host: a, upstreams: [{name: u, service: store/cart, port: 80}]}"),
    "F5 TCP": (
        "TransportServer",
        "k8s.nginx.org/v1",
        "{listener: {name: t, protocol: TCP}, upstreams: [{name: u, service: cart, port: 80}]}",
    ),
    "Emissary": ("Mapping", "getambassador.io/v3alpha1", "{hostname: a, prefix: /, service: 'http://cart.store:80'}"),
    "Emissary TCP": ("TCPMapping", "getambassador.io/v2", "{port: 9, service: 'cart:80'}"),
    "Kong": ("TCPIngress", "configuration.konghq.com/v1beta1", "{rules: [{port: 9, backend: {serviceName: cart, servicePort: 80}}]}"),
    "APISIX": ("ApisixRoute", "apisix.apache.org/v2", "{http: [{name: a, backends: [{serviceName: cart, servicePort: 80}]}]}"),
    "Skipper": ("RouteGroup", "zalando.org/v1", "{backends: [{name: a, type: service, serviceName: cart, servicePort: 80}]}"),
    "HAProxy": ("TCP", "ingress.v3.haproxy.org/v3", "[{name: a, service: {name: cart, port: 80}}]"),
    "Gloo": (
        "VirtualService",
        "gateway.solo.io/v1",
        "{virtualHost: {domains: [a], routes: [{routeAction: {single: {kube: {ref: {name: cart, namespace: store}, port: 80}}}}]}}",
    ),
    "KEDA": (
        "HTTPScaledObject",
        "http.keda.sh/v1alpha1",
        "{hosts: [a], scaleTargetRef: {name: cart, kind: Deployment, apiVersion: apps/v1, service: cart, port: 80}}",
    ),
    "Knative": ("DomainMapping", "serving.knative.dev/v1beta1", "{ref: {kind: Service, apiVersion: v1, name: cart}}"),
}


@pytest.mark.parametrize("written", ROUTES.values(), ids=ROUTES)
def test_a_route_whose_proxy_is_elsewhere_is_reached_from_unknown(written: tuple[str, str, str]) -> None:
    linted = graph(APP + custom(*written))
    ((kind, reach, ports),) = cart(linted)
    assert (kind, reach) == (written[0], "unknown")
    assert ports in ([8080], [8080, 9000])  # Knative names no port
    (workload,) = linted.of_type("Deployment.apps")
    reason = exposure_of_workload(workload, linted).reason
    assert "not in the manifests" in reason or "leads to the interceptor" in reason


@pytest.mark.parametrize(
    ("written", "image", "reach"),
    [
        ("Traefik", "traefik:v3.4", "internet"),
        ("Contour", "ghcr.io/projectcontour/contour:v1.33", "internet"),
        ("F5", "nginx/nginx-ingress:5", "internet"),
        ("Kong", "kong:3.9", "internet"),
        ("Skipper", "traefik:v3.4", "unknown"),
    ],
)
def test_a_route_is_reached_as_the_service_of_its_proxy(written: str, image: str, reach: str) -> None:
    linted = graph(APP + custom(*ROUTES[written]) + proxy(image), platform="gke")
    assert [found[1] for found in cart(linted)] == [reach]


def test_a_route_on_a_port_that_no_service_has_is_not_known() -> None:
    other = proxy("traefik:v3.4", ports="[{name: websecure, port: 443}]")
    assert [found[1] for found in cart(graph(APP + custom(*ROUTES["Traefik"]) + other, platform="gke"))] == ["unknown"]


def test_of_two_proxies_with_different_reach_none_is_guessed() -> None:
    two = proxy("traefik:v3.4") + proxy("traefik:v3.4", "NodePort", name="second", label="q")
    assert [found[1] for found in cart(graph(APP + custom(*ROUTES["Traefik"]) + two, platform="gke"))] == ["unknown"]


GATEWAY = custom("Gateway", "networking.istio.io/v1", "{selector: {gw: p}, servers: []}", "public", "edge")


@pytest.mark.parametrize(("service_type", "reach"), [("LoadBalancer", "internet"), ("NodePort", "node")])
def test_a_gateway_of_istio_leads_to_the_service_of_its_pods(service_type: str, reach: str) -> None:
    text = APP + custom(*ROUTES["Istio"]) + GATEWAY + proxy("docker.io/istio/proxyv2:1.27", service_type)
    assert [found[1] for found in cart(graph(text, platform="gke"))] == [reach]


@pytest.mark.parametrize("gateways", ["", "gateways: [mesh], "])
def test_routes_in_a_mesh_are_no_way_in(gateways: str) -> None:
    kind, version, spec = ROUTES["Istio"]
    assert cart(graph(APP + custom(kind, version, spec.replace("gateways: [edge/public], ", gateways)))) == []


def test_a_host_that_istio_takes_as_it_stands_is_no_service() -> None:
    kind, version, spec = ROUTES["Istio"]
    assert cart(graph(APP + custom(kind, version, spec.replace("host: cart", "host: cart.store")))) == []


PARTS = {
    "TraefikService": (
        custom("TraefikService", "traefik.io/v1alpha1", "{weighted: {services: [{name: cart, port: 80}]}}", "part"),
        custom("IngressRoute", "traefik.io/v1alpha1", "{routes: [{services: [{name: part, kind: TraefikService}]}]}"),
    ),
    "HTTPProxy": (
        custom("HTTPProxy", "projectcontour.io/v1", "{routes: [{services: [{name: cart, port: 80}]}]}", "part"),
        custom("HTTPProxy", "projectcontour.io/v1", "{virtualhost: {fqdn: a}, includes: [{name: part}]}"),
    ),
    "VirtualServerRoute": (
        custom("VirtualServerRoute", "k8s.nginx.org/v1", "{upstreams: [{service: cart, port: 80}]}", "part"),
        custom("VirtualServer", "k8s.nginx.org/v1", "{host: a, routes: [{path: /, route: store/part}]}"),
    ),
    "delegate": (
        custom("VirtualService", "networking.istio.io/v1", "{http: [{route: [{destination: {host: cart}}]}]}", "part"),
        custom("VirtualService", "networking.istio.io/v1", "{hosts: [a], gateways: [g], http: [{delegate: {name: part}}]}"),
    ),
    "RouteTable": (
        custom("RouteTable", "gateway.solo.io/v1", "{routes: [{routeAction: {single: {kube: {ref: {name: cart}, port: 80}}}}]}", "part"),
        custom("VirtualService", "gateway.solo.io/v1", "{virtualHost: {routes: [{delegateAction: {ref: {name: part}}}]}}"),
    ),
}


@pytest.mark.parametrize(("part", "root"), PARTS.values(), ids=PARTS)
def test_a_part_is_served_by_the_route_that_names_it_which_may_be_elsewhere(part: str, root: str) -> None:
    assert [(kind, reach) for kind, reach, _ in cart(graph(APP + part + root))] == [(root.partition("kind: ")[2].split()[0], "unknown")]
    assert [reach for _, reach, _ in cart(graph(APP + part))] == ["unknown"]


def test_parts_that_name_each_other_end() -> None:
    ring = "".join(
        custom("TraefikService", "traefik.io/v1alpha1", f"{{weighted: {{services: [{{name: {to}, kind: TraefikService}}]}}}}", name)
        for name, to in (("a", "b"), ("b", "a"))
    )
    root = custom("IngressRoute", "traefik.io/v1alpha1", "{routes: [{services: [{name: a, kind: TraefikService}, {name: cart}]}]}")
    assert [kind for kind, _, _ in cart(graph(APP + ring + root))] == ["IngressRoute"]


def test_an_object_whose_fields_are_not_read_makes_its_namespace_unknown() -> None:
    link = custom("IngressLink", "cis.f5.com/v1", "{virtualServerAddress: 192.0.2.1}")
    assert [(kind, reach) for kind, reach, _ in cart(graph(APP + link))] == [("IngressLink", "unknown")]
    assert cart(graph(APP + link.replace("namespace: store", "namespace: elsewhere"))) == []


@pytest.mark.parametrize(
    ("kind", "version"),
    [
        ("Listener", "citrix.com/v1"),
        ("IngressGateway", "consul.hashicorp.com/v1alpha1"),
        ("MultiClusterIngress", "networking.gke.io/v1"),
        ("Ingress", "networking.internal.knative.dev/v1alpha1"),
        ("RouteTable", "networking.gloo.solo.io/v2"),
        ("IngressRoute", "contour.heptio.com/v1beta1"),
        ("AmbassadorMapping", "x.getambassador.io/v3alpha1"),
    ],
)
def test_kinds_that_lead_somewhere_unread_are_known(kind: str, version: str) -> None:
    assert [found[:2] for found in cart(graph(APP + custom(kind, version, "{}")))] == [(kind, "unknown")]


@pytest.mark.parametrize(
    ("kind", "version", "spec"),
    [
        ("Tunnel", "ingress.k8s.ngrok.com/v1alpha1", "{forwardsTo: 'cart.store.svc.cluster.local:80'}"),
        ("Tunnel", "operator.inlets.dev/v1alpha1", "{serviceRef: {name: cart}}"),
    ],
)
def test_a_tunnel_to_a_service_is_a_way_in_from_the_internet(kind: str, version: str, spec: str) -> None:
    assert [found[:2] for found in cart(graph(APP + custom(kind, version, spec)))] == [(kind, "internet")]


@pytest.mark.parametrize(("text", "reach"), [('{"exposed_ports": {"80": {}}}', "unknown"), ('{"ingress": true}', "cluster")])
def test_network_endpoint_groups_of_their_own_may_be_used_by_any_load_balancer(text: str, reach: str) -> None:
    linted = graph(
        APP.replace(
            "name: cart, namespace: store}\nspec:\n  selector: {app",
            f"name: cart, namespace: store, annotations: {{cloud.google.com/neg: '{text}'}}}}\nspec:\n  selector: {{app",
        )
    )
    assert exposure_of(linted.of_type("Service")[0], linted).reach == reach


def test_a_reference_that_is_not_read_makes_its_namespace_unknown() -> None:
    upstream = custom(
        "VirtualService", "gateway.solo.io/v1", "{virtualHost: {routes: [{routeAction: {single: {upstream: {name: store-cart-80}}}}]}}"
    )
    assert [reach for _, reach, _ in cart(graph(APP + upstream))] == ["unknown"]


@pytest.mark.parametrize(
    ("spec", "reach"),
    [
        ("{url: 'https://a.example.com', upstream: {url: 'http://cart.store:80'}}", ["internet"]),
        ("{url: 'https://a.internal', upstream: {url: 'http://cart.store:80'}}", ["unknown"]),
        ("{url: 'https://a.example.com', bindings: [kubernetes], upstream: {url: 'http://cart.store:80'}}", []),
    ],
)
def test_an_endpoint_of_ngrok_is_of_the_internet_by_its_bindings(spec: str, reach: list[str]) -> None:
    assert [found[1] for found in cart(graph(APP + custom("AgentEndpoint", "ngrok.k8s.ngrok.com/v1alpha1", spec)))] == reach


@pytest.mark.parametrize(
    ("labels", "reach"), [("", "unknown"), (", labels: {networking.knative.dev/visibility: cluster-local}", "cluster")]
)
def test_a_service_of_knative_is_an_entry_point(labels: str, reach: str) -> None:
    linted = graph(custom("Service", "serving.knative.dev/v1", "{template: {}}", more=labels))
    (service,) = linted.of_type("Service.serving.knative.dev")
    assert exposure_of(service, linted).reach == reach


@pytest.mark.parametrize(("value", "reach"), [("true", "internal"), ("false", "cluster")])
def test_tailscale_opens_a_service_to_its_network(value: str, reach: str) -> None:
    text = APP.replace(
        "{name: cart, namespace: store}", f"{{name: cart, namespace: store, annotations: {{tailscale.com/expose: '{value}'}}}}", 1
    )
    linted = graph(text)
    (service,) = linted.of_type("Service")
    assert exposure_of(service, linted).reach == reach


def test_the_list_shows_route_service_and_workload() -> None:
    shown = as_text(exposure_map(graph(APP + custom(*ROUTES["OpenShift by name"]))))
    assert "unknown   Service store/cart" in shown
    assert "because Route store/r routes to it" in shown
    assert "unknown   Route store/r  (manifest.yaml:21), by Red Hat OpenShift router" in shown
    assert "unknown through Route store/r and Service store/cart" in shown
    assert "only the cluster" not in shown


@pytest.mark.parametrize(
    ("parent", "reach"),
    [
        ("{name: shared, namespace: infra}", ["unknown"]),
        ("{name: cart, kind: Service, group: ''}", []),
        ("{name: l, kind: ListenerSet}", ["unknown"]),
    ],
)
def test_a_route_whose_gateway_is_elsewhere_is_reached_from_unknown(parent: str, reach: list[str]) -> None:
    route = custom(
        "HTTPRoute", "gateway.networking.k8s.io/v1", f"{{parentRefs: [{parent}], rules: [{{backendRefs: [{{name: cart, port: 80}}]}}]}}"
    )
    assert [found[1] for found in cart(graph(APP + route))] == reach


@pytest.mark.parametrize(
    ("written", "beside", "expected"),
    [
        ("Traefik TCP", "", [("error", "medium")]),
        ("Traefik TCP", "middlewares: [{name: office}], ", []),
        ("Traefik", "middlewares: [{name: login}], ", []),
    ],
)
def test_a_store_behind_a_route_to_the_internet_is_told(written: str, beside: str, expected: list[tuple[str, str]]) -> None:
    app = APP.replace("example.com/cart", "mlflow/mlflow:3").replace("8080", "5000")
    route = custom(*ROUTES[written]).replace("services:", f"{beside}services:")
    found = findings(app + route + proxy("traefik:v3.4"), "exposed-datastore", config=scoped(platform="gke"))
    assert [(one.severity, one.confidence) for one in found] == expected


def test_node_ports_lead_around_a_route() -> None:
    text = APP.replace("  selector: {app: cart}\n  ports", "  type: NodePort\n  selector: {app: cart}\n  ports") + custom(
        *ROUTES["OpenShift by name"]
    )
    (found,) = findings(text, "double-exposure")
    assert "bypass Route store/r" in found.message


ODD = ["null", "[]", "{}", "1", "{routes: 1}", "{routes: [1, null, {services: [null, 1, {name: 1}]}]}", "{to: {name: '${NAME}'}}", "[[]]"]


@pytest.mark.parametrize("spec", ODD)
def test_odd_values_raise_nothing(spec: str) -> None:
    text = APP + "".join(
        custom(known.kind, f"{group}/v1", spec, known.kind.lower()) for known in vendor_routes().values() for group in known.groups
    )
    linted = graph(text)
    assert as_text(exposure_map(linted))
    assert findings(text, "exposed-datastore") == []


def test_every_kind_is_read_and_every_controller_is_in_the_list() -> None:
    for type_name, known in vendor_routes().items():
        assert type_name in declared()
        assert (known.controller in controllers()) if known.controller else known.product
    assert {known.controller for known in leading_annotations()} <= set(controllers())
