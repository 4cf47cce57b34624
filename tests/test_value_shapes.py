"""What mappings in Helm values are taken for: by names, by fields, never for what only looks alike; and where values are."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8slblint import documents
from k8slblint.loading.resources import load
from k8slblint.loading.value_shapes import shaped_in
from k8slblint.model.location import format_path
from k8slblint.model.resource import HELM_VALUES, INGRESS_VALUES, ROUTE_VALUES, Resource
from tests.linting import source_file

WANTED = frozenset({HELM_VALUES, INGRESS_VALUES, ROUTE_VALUES})


def found(text: str, path: str = "web/values.yaml") -> list[Resource]:
    result = load([source_file(path, text)], wanted=WANTED)
    assert result.problems == []
    return result.resources


def names(text: str, path: str = "web/values.yaml") -> list[str]:
    return [f"{one.reads_as} {one.name.partition(':')[2]}" for one in found(text, path)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("service: {type: LoadBalancer}", ["Service service"]),
        ("service: {type: loadBalancer}", ["Service service"]),
        ("service: {loadBalancerIP: 192.0.2.1}", ["Service service"]),
        ("service: {ports: {http: {port: 80}}, x: clusterip}", ["Service service"]),
        ("services: {web: {type: NodePort}, api: {type: ClusterIP}}", ["Service services.web", "Service services.api"]),
        ("controllerService: {externalTrafficPolicy: Local}", ["Service controllerService"]),
        ("serviceDns: {type: NodePort}", ["Service serviceDns"]),
        ("ui: {serviceType: NodePort, serviceNodePort: 30080}", ["Service ui.service"]),
        ("ui: {service: {type: NodePort}, serviceAnnotations: {metallb.io/address-pool: a}}", ["Service ui.service"]),
        ("service: {type: LoadBalancer, internal: {loadBalancerIP: 192.0.2.2}}", ["Service service", "Service service.internal"]),
        ("service: {spec: {loadBalancerIP: 192.0.2.3}}", ["Service service"]),
        ("proxy: {type: LoadBalancer, externalIPs: [192.0.2.4]}", ["Service proxy"]),
        ("proxy: {type: LoadBalancer, annotations: {a.b/c: d}}", ["Service proxy"]),
        ("managed: [{serviceTemplate: {spec: {type: LoadBalancer}}}]", ["Service managed[0].serviceTemplate"]),
        ("extra: [{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {type: LoadBalancer}}]", ["Service extra[0]"]),
        ("ingress: {className: nginx, x: loadbalancer}", ["Ingress ingress"]),
        ("ingress: {main: {hosts: [{host: a.example.com}], x: loadbalancer}}", ["Ingress ingress.main"]),
        ("route: {app: {parentRefs: [{name: edge}], hostnames: [a.example.com]}}", ["HTTPRoute route.app"]),
        ("server: {httproute: {parentRefs: [{name: edge}]}}", ["HTTPRoute server.httproute"]),
    ],
)
def test_names_and_fields_tell_what_a_mapping_is(values: str, expected: list[str]) -> None:
    assert names(values) == expected


@pytest.mark.parametrize(
    "values",
    [
        "service: {name: web, port: 80}  # nodeport",
        "backend: {service: {name: web, port: {number: 80}}}  # nodeport",
        "service: {enabled: false, type: LoadBalancer}",
        "main: {enabled: false, service: {type: LoadBalancer}}",
        "proxy: {type: LoadBalancer}",  # one field alone may be something else
        "expose: {type: loadBalancer, clusterIP: {name: a}, nodePort: {name: b}}",
        "listeners: [{name: a, port: 9094, type: loadbalancer, tls: true}]",
        "persistence: {service: {type: pvc}}  # clusterip",
        "serviceAccount: {type: ClusterIP}",
        "serviceMonitor: {type: ClusterIP, ports: [{port: http}]}",
        "pod: {ports: [{containerPort: 80, protocol: tcp}], annotations: {a: b}}",
        "service: {type: ExternalSecret}  # clusterip",
        "extra: [{apiVersion: kafka.strimzi.io/v1, kind: Kafka, metadata: {name: a}, spec: {service: {type: loadbalancer}}}]",
        "ingress: {enabled: true, hosts: [], annotations: {}}  # loadbalancer",
        "ingress: {service: {name: a, port: b}}  # loadbalancer",
        "route: {enabled: false, parentRefs: [{name: edge}]}",
        "services: [LoadBalancer, NodePort]",
        "service: LoadBalancer",
        "docs: 'service: {type: LoadBalancer}'",
    ],
)
def test_what_only_looks_like_one_is_none(values: str) -> None:
    assert names(values) == []


@pytest.mark.parametrize(
    ("path", "is_read"),
    [
        ("values.yaml", True),
        ("web/values-prod.yaml", True),
        ("web/prod.values.yml", True),
        ("web/values/prod.yaml", True),
        ("helm-values.yaml", True),
        ("web/values.schema.json", False),
        ("web/config.yaml", False),  # docker-compose, OpenAPI and others have services too
        ("compose/services.yaml", False),
        ("evaluesx.yaml", False),
    ],
)
def test_fields_are_read_where_a_name_says_that_they_are_values(path: str, *, is_read: bool) -> None:
    assert bool(names("service: {type: LoadBalancer}", path)) == is_read


def test_what_is_known_is_what_is_stated() -> None:
    (one,) = found(
        "service:\n  type: NodePort\n  loadBalancerIP: {A: b}\n  externalIPs: 192.0.2.1\n  externalTrafficPolicy: ''\n"
        "  loadBalancerSourceRanges: [192.0.2.0/24]\n  ports:\n    http: {port: 80, nodePort: 30080}\n    off: {enabled: false, port: 81}\n"
    )
    ports = [{"port": 80, "nodePort": 30080}]
    assert one.value["spec"] == {"type": "NodePort", "ports": ports, "loadBalancerSourceRanges": ["192.0.2.0/24"]}
    assert one.location(("spec", "ports", 0, "nodePort")).span.line == 8
    assert one.location(("values", "loadBalancerIP"), "key").span == (3, 3, 3, 17)


@pytest.mark.parametrize("ports", ["{http: 80}", "[80, 443]", "[{port: '{{ .Values.port }}'}]", "[{name: a}]", "80"])
def test_ports_that_are_no_objects_are_not_known(ports: str) -> None:
    (one,) = found(f"service: {{type: NodePort, ports: {ports}}}")
    assert one.get("spec", "ports") is None


HELMFILE = """\
releases:
  - name: edge
    namespace: edge
    chart: traefik/traefik
    version: 30.1.0
    values:
      - values.yaml
      - service: {type: LoadBalancer, loadBalancerIP: 192.0.2.5}
      - service: {type: NodePort}
"""

KUSTOMIZATION = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
commonAnnotations: {service.beta.kubernetes.io/aws-load-balancer-type: nlb}
helmCharts:
  - name: traefik
    repo: https://traefik.github.io/charts
    releaseName: edge
    namespace: edge
    version: 30.1.0
    valuesInline:
      service: {type: LoadBalancer}
"""

FLEET = """\
defaultNamespace: edge
helm:
  chart: traefik
  repo: https://traefik.github.io/charts
  version: 30.1.0
  values: {service: {type: LoadBalancer}}
"""

OPERATOR = """\
apiVersion: GROUP
kind: HelmRelease
metadata: {name: edge, namespace: edge}
spec:
  chart: {repository: https://traefik.github.io/charts, name: traefik, version: 30.1.0}
  values: {service: {type: LoadBalancer}}
"""

K3S = """\
apiVersion: helm.cattle.io/v1
kind: HelmChart
metadata: {name: edge, namespace: edge}
spec:
  chart: traefik
  repo: https://traefik.github.io/charts
  version: 30.1.0
  valuesContent: |
    service:
      type: LoadBalancer
"""

APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: edge, namespace: edge}
spec:
  sources:
    - repoURL: https://traefik.github.io/charts
      chart: traefik
      targetRevision: 30.1.0
      helm:
        valuesObject: {service: {type: LoadBalancer}}
"""


@pytest.mark.parametrize(
    ("path", "text", "of"),
    [
        ("helmfile.yaml", HELMFILE, ["edge/edge:service", "edge/edge:values[1]:service"]),
        ("helmfile.d/10-edge.yaml", HELMFILE, ["edge/edge:service", "edge/edge:values[1]:service"]),
        ("edge/kustomization.yaml", KUSTOMIZATION, ["edge/edge:service"]),
        ("edge/fleet.yaml", FLEET, ["edge/fleet.yaml:service"]),
        ("edge.yaml", OPERATOR.replace("GROUP", "helm.fluxcd.io/v1"), ["edge/edge:service"]),
        ("edge.yaml", OPERATOR.replace("GROUP", "flux.weave.works/v1beta1"), ["edge/edge:service"]),
        ("edge.yaml", K3S, ["edge/edge:service"]),
        ("edge.yaml", APPLICATION, ["edge/edge:service"]),
    ],
)
def test_values_in_what_deploys_a_chart_are_named_after_it_and_know_the_chart(path: str, text: str, of: list[str]) -> None:
    resources = [one for one in found(text, path) if one.kind == HELM_VALUES]
    assert [one.name for one in resources] == of
    for one in resources:
        chart = one.mapping("chart")
        assert (chart["name"], chart["version"], chart["passing"]) == ("traefik", "30.1.0", "rendered")
        assert "traefik" in chart["repository"]


@pytest.mark.parametrize(
    ("chart", "values", "service_type", "is_assumed"),
    [
        ("ingress-nginx", "controller: {service: {externalTrafficPolicy: Local}}", "LoadBalancer", False),
        ("ingress-nginx", "controller: {service: {type: NodePort}}", "NodePort", False),
        ("grafana", "service: {externalTrafficPolicy: Local}", "ClusterIP", False),
        ("grafana", "service: {loadBalancerIP: 192.0.2.1}", "LoadBalancer", True),  # who writes it has one in mind
        ("unheard-of", "service: {externalTrafficPolicy: Local}", None, False),
        ("unheard-of", "service: {loadBalancerIP: 192.0.2.1}", "LoadBalancer", True),
    ],
)
def test_a_type_that_is_not_stated_is_that_of_a_known_chart(chart: str, values: str, service_type: str | None, *, is_assumed: bool) -> None:
    text = OPERATOR.replace("GROUP", "helm.fluxcd.io/v1").replace("{service: {type: LoadBalancer}}", f"{{{values}}}")
    text = text.replace("https://traefik.github.io/charts", f"https://{chart}.example.com").replace("name: traefik", f"name: {chart}")
    (one,) = found(text.replace("30.1.0", '""'), "edge.yaml")
    assert (one.get("spec", "type"), one.get("assumed")) == (service_type, is_assumed)


SCALARS = st.sampled_from(["LoadBalancer", "loadbalancer", "ClusterIP", "", "udp", "{{ x }}", 1, 0, True, False, None, 30080, 10.5])
KEYS = st.sampled_from(
    (
        *(
            "service",
            "services",
            "serviceType",
            "serviceAnnotations",
            "type",
            "ports",
            "annotations",
            "spec",
            "metadata",
            "kind",
            "ingress",
        ),
        *("route", "parentRefs", "hosts", "enabled", "loadBalancerIP", "externalIPs", "nodePort", "className", "a/b", "", "x"),
    )
)
TREES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=25)


@given(st.dictionaries(KEYS, TREES, max_size=5))
def test_no_values_raise_and_every_shape_is_where_its_path_says(values: dict[str, Any]) -> None:
    import json

    (chunk,) = documents.split(json.dumps({**values, "end": 1}))
    seen = set()
    for one in shaped_in(documents.parse(chunk).root):
        assert (one.made, one.path) not in seen
        seen.add((one.made, one.path))
        assert isinstance(format_path(one.path), str)
        assert one.settings
    found(json.dumps({**values, "note": "loadbalancer"}))


def test_the_work_grows_with_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    from k8slblint.loading import value_shapes

    count = 0
    shapes = value_shapes._shapes  # noqa: SLF001 - counted

    def counted(step: Any) -> Any:
        nonlocal count
        count += 1
        return shapes(step)

    monkeypatch.setattr(value_shapes, "_shapes", counted)
    seen = []
    for size in (50, 100):
        count = 0
        found("a:\n" + "".join(f"  s{number}: {{service: {{type: LoadBalancer, ports: {{a: {{port: 1}}}}}}}}\n" for number in range(size)))
        seen.append(count)
    assert seen[1] <= 2 * seen[0] + 2
