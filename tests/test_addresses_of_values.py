"""Addresses, pools, hosts and parents in the values of absent charts: what the rules about Services and routes say of them."""

from pathlib import Path

import pytest

from tests.linting import findings
from tests.whole_trees import Tree

METALLB = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: NAME, namespace: NAMESPACE}
spec:
  interval: 1h
  chart: {spec: {chart: NAME, version: 0.14.8, sourceRef: {kind: HelmRepository, name: NAME}}}
"""
POOL = """\
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: lan, namespace: metallb}
spec: {addresses: [10.0.0.1-10.0.0.20]}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: web, annotations: {metallb.io/loadBalancerIPs: ADDRESS}}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
"""
GATEWAY = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: outer, namespace: network}
spec:
  gatewayClassName: cilium
  listeners:
    - name: https
      port: 443
      protocol: HTTPS
      hostname: '*.example.net'
      allowedRoutes: {namespaces: {from: FROM}}
      tls: {certificateRefs: [{name: a}]}
"""
UNAVAILABLE, SHARED, REFUSED = "metallb-address-unavailable", "metallb-sharing-conflict", "service-update-rejected"
NOT_ATTACHED, UNCOVERED, DROPPED = "route-not-attached", "ingress-tls-host-uncovered", "host-no-longer-served"


def release(values: str, name: str = "tv", chart: str = "media", namespace: str = "home") -> str:
    lines = "".join(f"    {line}\n" for line in values.splitlines())
    return METALLB.replace("NAMESPACE", namespace).replace("chart: NAME", f"chart: {chart}").replace("NAME", name) + f"  values:\n{lines}"


def asking(address: str, more: str = "") -> str:
    return f"service:\n  type: LoadBalancer\n  annotations: {{metallb.io/loadBalancerIPs: {address}{more}}}"


def told(files: dict[str, str], rule: str, before: dict[str, str] | None = None) -> list[tuple[str, str]]:
    found = findings(files, rule, before=before) if before is not None else findings(files, rule)
    return [(one.severity, one.confidence) for one in found]


@pytest.mark.parametrize(("address", "expected"), [("10.0.0.9", []), ("10.0.1.9", [("error", "medium")]), ("${LB}", [])])
def test_values_that_ask_for_an_address_outside_of_the_pools(address: str, expected: list[tuple[str, str]]) -> None:
    assert told({"pool.yaml": POOL, "tv.yaml": release(asking(address))}, UNAVAILABLE) == expected


CHARTS = [
    pytest.param(METALLB.replace("NAMESPACE", "metallb").replace("NAME", "metallb"), 1, id="the-chart-of-metallb-makes-no-pools"),
    pytest.param(release("a: 1", "of-another"), 1, id="metallb-reads-pools-of-its-own-namespace"),
    pytest.param(release("a: 1", "of-another", namespace="metallb"), 0, id="into-that-namespace"),
    pytest.param(release("a: 1", chart="metallb-config"), 0, id="a-name-that-speaks-of-pools"),
    pytest.param(release("extraObjects:\n  - {kind: IPAddressPool, metadata: {name: more}}"), 0, id="a-pool-among-its-values"),
    pytest.param(release("a: 1").replace(", namespace: home", ""), 0, id="into-any-namespace"),
]


@pytest.mark.parametrize(("chart", "expected"), CHARTS)
def test_which_absent_charts_may_bring_a_pool(chart: str, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tree = Tree({"pool.yaml": POOL, "web.yaml": SERVICE.replace("ADDRESS", "10.0.1.9"), "chart.yaml": chart}, tmp_path)
    found = [one for one in tree.report()["findings"] if one["rule"] == UNAVAILABLE]
    assert [(one["location"]["path"], one["confidence"]) for one in found] == [("web.yaml", "medium")] * expected


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (asking("10.0.0.9"), [("error", "medium")]),
        (asking("10.0.0.8"), []),
        (asking("10.0.0.9", ", metallb.io/allow-shared-ip: a"), [("error", "medium")]),
    ],
)
def test_values_that_ask_for_the_address_of_another(other: str, expected: list[tuple[str, str]]) -> None:
    files = {"pool.yaml": POOL, "web.yaml": SERVICE.replace("ADDRESS", "10.0.0.9"), "tv.yaml": release(other)}
    assert told(files, SHARED) == expected
    assert told({"pool.yaml": POOL, "a.yaml": release(asking("10.0.0.9"), "radio"), "tv.yaml": release(other)}, SHARED) == expected


def test_releases_with_one_key_share_an_address_as_far_as_values_tell() -> None:
    shared = asking("10.0.0.9", ", metallb.io/allow-shared-ip: a")
    assert told({"pool.yaml": POOL, "a.yaml": release(shared, "radio"), "b.yaml": release(shared)}, SHARED) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [("a.b/c", "d.e/f", [("error", "medium")]), ("a.b/c", "a.b/c", []), ("a.b/c", "", []), ("", "a.b/c", [])],
)
def test_the_class_of_a_load_balancer_stays(before: str, after: str, expected: list[tuple[str, str]]) -> None:
    old, new = (f"service:\n  type: LoadBalancer\n  loadBalancerClass: '{name}'" for name in (before, after))
    assert told({"tv.yaml": release(new)}, REFUSED, {"tv.yaml": release(old)}) == expected


ROUTE = "route:\n  main:\n    hostnames: [{host}]\n    parentRefs: [{{name: outer, namespace: network{section}}}]"


@pytest.mark.parametrize(
    ("host", "section", "admits", "expected"),
    [
        ("tv.example.net", "", "All", 0),
        ("tv.example.com", "", "All", 1),
        ("'{{ .Release.Name }}.example.com'", "", "All", 0),
        ("tv.example.net", ", sectionName: web", "All", 1),
        ("tv.example.net", ", sectionName: https", "All", 0),
        ("tv.example.net", "", "Same", 1),
    ],
)
def test_a_route_in_values_that_no_listener_takes(host: str, section: str, admits: str, expected: int) -> None:
    values = ROUTE.format(host=host, section=section)
    files = {"gateway.yaml": GATEWAY.replace("FROM", admits), "tv.yaml": release(values, chart="app-template")}
    assert told(files, NOT_ATTACHED) == [("error", "medium")] * expected


def test_a_route_whose_release_names_no_namespace_may_be_in_that_of_the_gateway() -> None:
    values = release(ROUTE.format(host="tv.example.net", section="")).replace(", namespace: home", "")
    assert told({"gateway.yaml": GATEWAY.replace("FROM", "Same"), "tv.yaml": values}, NOT_ATTACHED) == []


def test_a_kind_of_route_that_is_not_known_is_not_judged() -> None:
    values = ROUTE.format(host="tv.example.com", section="").replace("main:\n", "main:\n    kind: OtherRoute\n")
    assert told({"gateway.yaml": GATEWAY.replace("FROM", "All"), "tv.yaml": release(values)}, NOT_ATTACHED) == []


@pytest.mark.parametrize(
    ("hosts", "names", "expected"),
    [
        ("[grafana.corp.net]", "grafna.corp.net", 1),
        ("[grafana.corp.net]", "grafana.corp.net", 0),
        ("[{host: grafana.corp.net, paths: [{path: /}]}]", "grafna.corp.net", 1),
        ("['{{ .Values.host }}']", "grafna.corp.net", 0),
    ],
)
def test_a_host_by_values_beside_a_misspelt_name_of_its_certificate(hosts: str, names: str, expected: int) -> None:
    values = f"ingress:\n  enabled: true\n  className: nginx\n  hosts: {hosts}\n  tls: [{{secretName: a, hosts: [{names}]}}]"
    assert told({"tv.yaml": release(values)}, UNCOVERED) == [("warning", "medium")] * expected


def served(*hosts: str) -> str:
    return f"ingress:\n  enabled: true\n  className: nginx\n  hosts: [{', '.join(hosts)}]"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (served("a.corp.net", "b.corp.net"), served("a.corp.net"), [("warning", "medium")]),
        (served("a.corp.net"), served("b.corp.net"), [("note", "medium")]),
        (served("a.corp.net", "b.corp.net"), served("a.corp.net", "'{{ .Values.host }}'"), []),
        (served("a.corp.net", "b.corp.net"), served("a.corp.net", "b.corp.net"), []),
        (ROUTE.format(host="a.corp.net, b.corp.net", section=""), ROUTE.format(host="a.corp.net", section=""), [("warning", "medium")]),
    ],
)
def test_a_host_that_values_no_longer_name(before: str, after: str, expected: list[tuple[str, str]]) -> None:
    assert told({"tv.yaml": release(after)}, DROPPED, {"tv.yaml": release(before)}) == expected


def test_a_host_that_moves_between_values_and_an_ingress_is_served() -> None:
    ingress = (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: b, namespace: home}\nspec:\n  rules:\n"
        "    - {host: b.corp.net, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: b, port: {number: 80}}}}]}}\n"
    )
    before = {"tv.yaml": release(served("a.corp.net", "b.corp.net"))}
    assert told({"tv.yaml": release(served("a.corp.net")), "b.yaml": ingress}, DROPPED, before) == []
    other = release(served("c.corp.net", "b.corp.net"), "radio")
    assert told({"tv.yaml": release(served("a.corp.net")), "radio.yaml": other}, DROPPED, before) == []


NODE_PORTS = "service:\n  type: NodePort\n  nodePorts: {http: 30080}"
OPEN_SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, nodePort: 30080}]}
"""


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (NODE_PORTS, 1),
        (NODE_PORTS.replace("30080", "30081"), 0),
        (NODE_PORTS.replace("30080", "'${PORT}'"), 0),
        (NODE_PORTS.replace("nodePorts: {http: 30080}", "ports: {http: {port: 80, nodePort: 30080}}"), 1),
        (NODE_PORTS.replace("nodePorts: {http: 30080}", "nodePort: 30080"), 1),
        (NODE_PORTS.replace("NodePort\n", "ClusterIP\n"), 0),
    ],
)
def test_a_node_port_that_values_and_a_service_set(values: str, expected: int) -> None:
    assert told({"tv.yaml": release(values), "web.yaml": OPEN_SERVICE}, "node-port-conflict") == [("error", "medium")] * expected
    assert (
        told({"tv.yaml": release(values), "a.yaml": release(NODE_PORTS, "radio")}, "node-port-conflict") == [("error", "medium")] * expected
    )


def test_node_ports_of_values_that_no_release_brings_are_left_alone() -> None:
    assert told({"values.yaml": NODE_PORTS, "web.yaml": OPEN_SERVICE}, "node-port-conflict") == []


def test_node_ports_of_an_edge_proxy_may_be_the_way_in() -> None:
    values = "controller:\n" + "".join(f"  {line}\n" for line in NODE_PORTS.splitlines())
    files = {"clusters/production/tv.yaml": release(values, chart="ingress-nginx")}
    assert told(files, "node-port-in-production") == []


@pytest.mark.parametrize(
    ("path", "values", "expected"),
    [
        ("clusters/production/tv.yaml", NODE_PORTS, 1),
        ("clusters/staging/tv.yaml", NODE_PORTS, 0),
        ("apps/tv.yaml", NODE_PORTS, 0),
        ("clusters/production/tv.yaml", NODE_PORTS.replace("NodePort\n", "ClusterIP\n"), 0),
        ("clusters/production/tv.yaml", "controller: {service: {annotations: {a: b}}}", 0),
    ],
)
def test_node_ports_by_values_in_production(path: str, values: str, expected: int) -> None:
    assert told({path: release(values)}, "node-port-in-production") == [("error", "medium")] * expected


PUBLIC = """\
NAME:
  service:
    type: LoadBalancer
    annotations:
      service.beta.kubernetes.io/aws-load-balancer-type: external
      service.beta.kubernetes.io/aws-load-balancer-nlb-target-type: ip
      service.beta.kubernetes.io/aws-load-balancer-scheme: SCHEME"""


@pytest.mark.parametrize(
    ("chart", "name", "scheme", "more", "expected"),
    [
        ("redis", "master", "internet-facing", "", 1),
        ("redis", "master", "internal", "", 0),
        ("redis", "master", "internet-facing", "\n    loadBalancerSourceRanges: [10.0.0.0/8]", 0),
        ("redis", "metrics", "internet-facing", "", 0),
        ("web", "master", "internet-facing", "", 0),
    ],
)
def test_a_datastore_that_a_release_opens(chart: str, name: str, scheme: str, more: str, expected: int) -> None:
    values = PUBLIC.replace("NAME", name).replace("SCHEME", scheme) + more
    assert told({"tv.yaml": release(values, chart=chart)}, "exposed-datastore") == [("error", "medium")] * expected
