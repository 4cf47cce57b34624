"""Which node ports are needed, and by whom, so that nobody is told to close them."""

import pytest

from k8slblint.checks import node_port_in_production
from k8slblint.model.rule import Problem, Undecided
from tests.builders import graph, run


def service(metadata: str = "", labels: str = "{}") -> str:
    return (
        f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: till, labels: {labels}, annotations: {{{metadata}}}}}\n"
        "spec: {type: NodePort, selector: {app: till}, ports: [{name: https, port: 443}]}\n"
    )


def told(text: str) -> list[str]:
    found = run(node_port_in_production.check, graph(text), allowed_namespaces=(), allowed_ports=())
    return ["undecided" if isinstance(one, Undecided) else str(one.severity) for one in found]


@pytest.mark.parametrize(
    ("annotations", "labels", "expected"),
    [
        ("", "{}", ["warning"]),
        ('cloud.google.com/app-protocols: \'{"https":"HTTPS"}\'', "{}", []),
        ('cloud.google.com/backend-config: \'{"default": "slow"}\'', "{}", []),
        ("cloud.google.com/backend-config: '{}', cloud.google.com/neg: '{\"ingress\": true}'", "{}", ["note"]),
        ("", "{k8s-app: glbc}", []),
        ("", "{kubernetes.io/name: GLBCDefaultBackend}", []),
        ("", "{k8s-app: dns}", ["warning"]),
    ],
)
def test_a_gke_ingress_elsewhere_needs_the_node_ports_of_its_services(annotations: str, labels: str, expected: list[str]) -> None:
    assert told(service(annotations, labels)) == expected


@pytest.mark.parametrize(
    ("controller", "expected"),
    [
        ("citrix.com/ingress-controller", ["undecided"]),
        ("f5.com/cntr-ingress-svcs", ["undecided"]),
        ("k8s.io/ingress-nginx", ["warning"]),
    ],
)
def test_a_controller_of_appliances_may_need_node_ports(controller: str, expected: list[str]) -> None:
    ingress = (
        f"---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {{name: front}}\nspec: {{controller: {controller}}}\n"
        "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: front}\n"
        "spec: {ingressClassName: front, defaultBackend: {service: {name: till, port: {number: 443}}}}\n"
    )
    assert told(service() + ingress) == expected


@pytest.mark.parametrize(
    ("annotations", "port", "expected"),
    [
        ("", "https", ["warning"]),
        ("alb.ingress.kubernetes.io/scheme: internal", "https", ["undecided"]),
        ("networking.gke.io/managed-certificates: till", "https", []),  # the platform tells who serves it
        ("", "use-annotation", ["undecided"]),
        ("kubernetes.io/ingress.class: own", "https", ["warning"]),
        ("nginx.ingress.kubernetes.io/proxy-body-size: 1m", "https", ["warning"]),
    ],
)
def test_keys_tell_who_may_need_node_ports_where_the_class_does_not(annotations: str, port: str, expected: list[str]) -> None:
    paths = [f"{{path: /a, pathType: Prefix, backend: {{service: {{name: other, port: {{name: {port}}}}}}}}}"]
    paths += ["{path: /, pathType: Prefix, backend: {service: {name: till, port: {name: https}}}}"]
    ingress = (
        f"---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: front, annotations: {{{annotations}}}}}\n"
        f"spec: {{rules: [{{http: {{paths: [{', '.join(paths)}]}}}}]}}\n"
    )
    assert told(service() + ingress) == expected


@pytest.mark.parametrize(
    ("ports", "names_ingress"),
    [
        ("{port: 80}", True),
        ("{port: 1194, protocol: UDP}, {port: 5432}", False),
        ("{port: 5432}", False),
        ("{port: 9200}", True),
        ("{port: 53, protocol: UDP}, {port: 8080}", False),
        ("{port: 3306}, {port: 9104, name: metrics}", False),
        ("{port: 443}, {port: 443, protocol: UDP}", False),
        ("{port: text}", True),
    ],
)
def test_an_ingress_is_no_advice_for_what_is_not_http(ports: str, names_ingress: bool) -> None:
    text = f"apiVersion: v1\nkind: Service\nmetadata: {{name: till}}\nspec: {{type: NodePort, selector: {{app: till}}, ports: [{ports}]}}\n"
    (found,) = run(node_port_in_production.check, graph(text), allowed_namespaces=(), allowed_ports=())
    assert isinstance(found, Problem)
    assert ("Ingress" in found.help) is names_ingress


POOL = "---\napiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: p}\nspec: {addresses: [10.0.0.0/28]}\n"


@pytest.mark.parametrize(
    ("ports", "beside", "platform", "expected"),
    [
        ("{port: 51413, name: peer}, {port: 51413, protocol: UDP, name: peer-udp}", "", "unknown", "undecided"),
        ("{port: 9999, name: game}", "", "bare-metal", "undecided"),
        ("{port: 9876, name: query}, {port: 9876, protocol: UDP, name: query-udp}", "", "unknown", "undecided"),
        ("{port: 22000, name: peers}", "", "unknown", "undecided"),
        ("{port: 443, name: web}, {port: 443, protocol: UDP, name: web-udp}", "", "unknown", "warning"),
        ("{port: 9999, targetPort: 25565}", "", "unknown", "undecided"),
        ("{port: 53, protocol: UDP}, {port: 80}", "", "unknown", "warning"),
        ("{port: 53, protocol: UDP}", POOL, "bare-metal", "warning"),
        ("{port: 53, protocol: UDP}", "", "eks", "warning"),
        ("{port: [], targetPort: {}}", "", "unknown", "warning"),
    ],
)
def test_a_node_port_is_the_way_in_for_what_no_ingress_serves(ports: str, beside: str, platform: str, expected: str) -> None:
    text = f"apiVersion: v1\nkind: Service\nmetadata: {{name: till}}\nspec: {{type: NodePort, selector: {{app: till}}, ports: [{ports}]}}\n"
    found = run(node_port_in_production.check, graph(text + beside, platform=platform), allowed_namespaces=(), allowed_ports=())
    assert ["undecided" if isinstance(one, Undecided) else one.severity for one in found] == [expected]


@pytest.mark.parametrize(
    ("name", "container", "environment", "expected"),
    [
        ("hello-till", "image: till", "unknown", "undecided"),
        ("till", "image: till, imagePullPolicy: Never", "unknown", "undecided"),
        ("till", "image: 'localhost:5001/till:1'", "unknown", "undecided"),
        ("till", "image: till, imagePullPolicy: Always", "unknown", "warning"),
        ("democracy", "image: till", "unknown", "warning"),
        ("hello-till", "image: till", "production", "error"),
    ],
)
def test_what_is_there_to_try_something_may_have_node_ports(name: str, container: str, environment: str, expected: str) -> None:
    text = service().replace("name: till, labels", f"name: {name}, labels") + (
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: till}\nspec:\n  selector: {matchLabels: {app: till}}\n"
        f"  template: {{metadata: {{labels: {{app: till}}}}, spec: {{containers: [{{name: c, {container}}}]}}}}\n"
    )
    found = run(node_port_in_production.check, graph(text, environment=environment), allowed_namespaces=(), allowed_ports=())
    assert ["undecided" if isinstance(one, Undecided) else one.severity for one in found] == [expected]


_RANGE = (
    "---\napiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\napiServer: {extraArgs: {service-node-port-range: 80-32767}}\n"
)


@pytest.mark.parametrize(
    ("beside", "scope", "expected"),
    [
        ("", {}, ["warning"]),
        (_RANGE, {}, ["note"]),
        (POOL + _RANGE, {}, ["note"]),
        (_RANGE, {"platform": "eks"}, ["warning"]),
        (_RANGE, {"environment": "production"}, ["error"]),
    ],
)
def test_where_the_range_was_chosen_it_is_a_note(beside: str, scope: dict[str, str], expected: list[str]) -> None:
    found = run(node_port_in_production.check, graph(service() + beside, **scope), allowed_namespaces=(), allowed_ports=())
    assert [one.severity for one in found if isinstance(one, Problem)] == expected


def _backend(annotations: str, on_ingress: str, ingress_class: str) -> str:
    return service(annotations) + (
        f"---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: front, annotations: {{{on_ingress}}}}}\n"
        f"spec: {{{ingress_class}defaultBackend: {{service: {{name: till, port: {{number: 443}}}}}}}}\n"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (_backend("cloud.google.com/neg: '{\"ingress\": true}'", "kubernetes.io/ingress.class: gce", ""), ["note"]),
        (_backend("", "kubernetes.io/ingress.class: gce", ""), []),
        (_backend("", "alb.ingress.kubernetes.io/target-type: ip", "ingressClassName: alb, "), ["note"]),
        (_backend("", "alb.ingress.kubernetes.io/target-type: instance", "ingressClassName: alb, "), []),
        (_backend("", "a: b", "ingressClassName: nginx, "), ["warning"]),
    ],
    ids=["NEG", "instance groups", "ALB to Pods", "ALB to nodes", "a proxy"],
)
def test_a_load_balancer_that_goes_to_the_pods_needs_no_node_ports(text: str, expected: list[str]) -> None:
    found = run(node_port_in_production.check, graph(text), allowed_namespaces=(), allowed_ports=())
    assert [one.severity for one in found if isinstance(one, Problem)] == expected
    found = run(node_port_in_production.check, graph(text, environment="production"), allowed_namespaces=(), allowed_ports=())
    assert [one.severity for one in found if isinstance(one, Problem)] == (["error"] if expected else [])
