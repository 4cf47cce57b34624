"""Load balancer keys on the wrong object, among labels, under another domain; ports that nothing listens on."""

import pytest

from k8slblint.catalog.near_keys import key_in_near_domain, may_be_meant, vendor_prefix_of
from tests import linting

SERVICE = (
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}\n"
)
INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  annotations:
    lbipam.cilium.io/ips: 10.84.7.9
spec:
  ingressClassName: public
  defaultBackend: {service: {name: web, port: {number: 80}}}
"""
KEY = "service.beta.kubernetes.io/openstack-internal-load-balancer"
WORKLOAD = """\
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: web
  annotations: {own}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata:
      labels: {{app: web}}
      annotations: {of_pods}
    spec: {{containers: [{{name: c, image: example.com/web}}]}}
"""


def lines(text: str, rule: str) -> list[tuple[int, str]]:
    """The lines and confidences of one rule's findings."""
    return [(found.location.span.line, found.confidence) for found in linting.findings(text, rule)]


def test_a_load_balancer_key_on_a_workload_has_no_effect() -> None:
    text = WORKLOAD.format(own=f"{{{KEY}: 'true'}}", of_pods="{}") + SERVICE
    assert lines(text, "load-balancer-annotation-ignored") == [(5, "medium")]


def test_a_load_balancer_key_on_pods_has_no_effect() -> None:
    text = WORKLOAD.format(own="{}", of_pods=f"{{{KEY}: 'true'}}") + SERVICE
    assert lines(text, "load-balancer-annotation-ignored") == [(11, "medium")]


def test_other_keys_of_a_workload_are_none_of_a_load_balancer() -> None:
    text = WORKLOAD.format(own="{prometheus.io/scrape: 'true'}", of_pods="{example.com/internal: 'true'}") + SERVICE
    assert lines(text, "load-balancer-annotation-ignored") == []


def test_an_address_asked_for_on_an_ingress_has_no_effect() -> None:
    assert lines(INGRESS, "load-balancer-annotation-ignored") == [(6, "medium")]


@pytest.mark.parametrize("named", ["  ingressClassName: cilium\n", ""])
def test_cilium_hands_annotations_of_an_ingress_on(named: str) -> None:
    assert lines(INGRESS.replace("  ingressClassName: public\n", named), "load-balancer-annotation-ignored") == []


def test_a_load_balancer_key_among_labels_has_no_effect() -> None:
    text = SERVICE.replace("{name: web}", f"{{name: web, labels: {{{KEY}: 'true'}}}}")
    (found,) = linting.findings(text, "load-balancer-annotation-ignored")
    assert found.help == "Move the key to `metadata.annotations`."


POOL = """\
---
apiVersion: cilium.io/v2alpha1
kind: CiliumLoadBalancerIPPool
metadata: {name: lan}
spec:
  blocks: [{cidr: 10.84.3.0/27}]
  serviceSelector: {matchExpressions: [{key: example.org/pool, operator: In, values: [lan]}]}
"""


def test_the_label_of_a_pool_among_the_annotations_is_found() -> None:
    text = SERVICE.replace("{name: web}", "{name: web, annotations: {example.org/pool: lan}}")
    (found,) = linting.findings(text + POOL, "load-balancer-annotation-unknown")
    assert (found.confidence, found.help) == ("medium", "Move the key to `metadata.labels`.")
    assert linting.findings(text, "load-balancer-annotation-unknown") == []


def test_the_label_of_a_pool_among_the_labels_is_right() -> None:
    text = SERVICE.replace("{name: web}", "{name: web, labels: {example.org/pool: lan}, annotations: {example.org/pool: lan}}")
    assert linting.findings(text + POOL, "load-balancer-annotation-unknown") == []


@pytest.mark.parametrize("key", ["lod-balancer.hetzner.cloud/location", "cloud.gogle.com/neg", "cloud.google.co/neg"])
def test_a_domain_with_a_slip_is_the_known_one(key: str) -> None:
    assert may_be_meant(key)
    assert key_in_near_domain(key) is not None


@pytest.mark.parametrize("key", ["cloud.google.com/neg", "example.org/neg", "cloud.google.com/nge", "neg", "x/neg", f"{'a' * 500}/neg"])
def test_other_keys_are_no_slips_of_a_domain(key: str) -> None:
    assert key_in_near_domain(key) is None


def test_keys_that_a_closed_prefix_does_not_have_are_medium() -> None:
    text = SERVICE.replace("{name: web}", "{name: web, annotations: {cilium.io/share: a}}")
    assert lines(text, "load-balancer-annotation-unknown") == [(4, "medium")]
    assert vendor_prefix_of("cilium.io") is None
    assert lines(text.replace("cilium.io/share", "lbipam.cilium.io/sharing-key"), "load-balancer-annotation-unknown") == []


def test_services_inside_custom_resources_are_read() -> None:
    text = (
        "apiVersion: edge.example.org/v1\nkind: Gatehouse\nmetadata: {name: g}\nspec:\n  services:\n    - metadata:\n"
        "        annotations:\n          metallb.universe.tf/LoadBalancerIPs: 172.30.0.9\n      spec: {type: LoadBalancer}\n"
    )
    assert [line for line, _ in lines(text, "load-balancer-annotation-unknown")] == [8]
    assert lines(text.replace("LoadBalancer}", "ClusterIP}"), "load-balancer-annotation-unknown") == []


def test_values_in_a_config_map_are_read() -> None:
    text = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: v}\ndata:\n  values.yaml: |\n    service:\n      type: LoadBalancer\n"
        "      annotations:\n        metallb.universe.tf/LoadBalancerIPs: 172.30.0.9\n"
    )
    assert [line for line, _ in lines(text, "load-balancer-annotation-unknown")] == [9]
    assert lines(text.replace("values.yaml", "notes.txt"), "load-balancer-annotation-unknown") == []


PORTS = """\
apiVersion: v1
kind: Service
metadata: {{name: api}}
spec:
  selector: {{app: api}}
  ports:
    - {port}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: api}}
spec:
  selector: {{matchLabels: {{app: api}}}}
  template:
    metadata: {{labels: {{app: api}}}}
    spec:
      containers: [{{name: c, image: example.com/api, {more}ports: [{{containerPort: {declared}}}]}}]
"""


@pytest.mark.parametrize(
    ("port", "more", "declared"),
    [
        ("{port: 443, targetPort: 443}", "args: [--secure-port=4443], ", 4443),
        ("{port: 443, targetPort: 443}", "readinessProbe: {tcpSocket: {port: 4443}}, ", 4443),
        ("{port: 443}", "env: [{name: LISTEN, value: ':4443'}], ", 4443),
        ("{port: 8080, targetPort: 80}", "", 8080),
    ],
)
def test_a_number_that_other_evidence_contradicts_is_a_warning(port: str, more: str, declared: int) -> None:
    text = PORTS.format(port=port, more=more, declared=declared)
    (found,) = linting.findings(text, "service-port-unresolved")
    assert (found.severity, found.confidence, found.label) == ("warning", "medium", f"declared: {declared}")


@pytest.mark.parametrize(
    ("port", "more"),
    [
        ("{port: 80, targetPort: 9000}", ""),
        ("{port: 80, targetPort: 9000}", "args: [--admin=:9000, --port=4443], "),
        ("{port: 80, targetPort: 9000}", "args: ['--version=1.4443'], "),
    ],
)
def test_a_number_without_such_evidence_is_not_shown(port: str, more: str) -> None:
    assert linting.findings(PORTS.format(port=port, more=more, declared=4443), "service-port-unresolved") == []


@pytest.mark.parametrize(("number", "advised"), [(6060, False), (2375, True)])
def test_advice_names_only_the_port_that_may_be_meant(number: int, advised: bool) -> None:
    text = PORTS.format(port=f"{{name: debug, port: {number}, targetPort: debug}}", more="", declared=2375)
    (found,) = linting.findings(text, "service-port-unresolved")
    assert ("2375" in found.help) is advised


def test_a_label_that_the_cluster_brings_along_is_the_workload_s_own_where_it_says_so() -> None:
    text = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: names, namespace: dns}\nspec:\n"
        "  selector: {k8s-app: coredns, app: names}\n  ports: [{port: 53, protocol: UDP}]\n---\n"
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: names, namespace: dns}\nspec:\n"
        "  selector: {matchLabels: {app: names-main}}\n"
        "  template:\n    metadata: {labels: {k8s-app: coredns, app: names-main}}\n"
        "    spec: {containers: [{name: c, image: example.com/c}]}\n"
    )
    assert [line for line, _ in lines(text, "service-selects-no-pods")] == [5]
    assert lines(text.replace("k8s-app: coredns, app: names-main", "app: names-main"), "service-selects-no-pods") == []


CUSTOM = "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: store}}\nspec:\n{spec}"
SLIP = "metallb.io/adress-pool"


@pytest.mark.parametrize(
    ("version", "kind", "spec", "line"),
    [
        ("acid.zalan.do/v1", "postgresql", f"  serviceAnnotations:\n    {SLIP}: 10.9.0.7\n", 6),
        (
            "kafka.strimzi.io/v1beta2",
            "Kafka",
            f"  kafka:\n    listeners:\n    - type: loadbalancer\n      b:\n        annotations:\n          {SLIP}: 10.9.0.7\n",
            10,
        ),
        ("store.example.com/v1", "Store", f"  service:\n    type: LoadBalancer\n    annotations:\n      {SLIP}: 10.9.0.7\n", 8),
    ],
)
def test_annotations_of_the_services_of_a_custom_resource_are_judged(version: str, kind: str, spec: str, line: int) -> None:
    text = CUSTOM.format(version=version, kind=kind, spec=spec)
    assert [one.location.span.line for one in linting.findings(text, "load-balancer-annotation-unknown")] == [line]


@pytest.mark.parametrize(
    ("version", "kind", "spec"),
    [
        ("kyverno.io/v1", "ClusterPolicy", f"  serviceAnnotations:\n    {SLIP}: '?*'\n"),
        ("constraints.gatekeeper.sh/v1beta1", "Wanted", f"  parameters:\n    type: LoadBalancer\n    annotations:\n      {SLIP}: '.*'\n"),
        (
            "store.example.com/v1",
            "Store",
            f"  service:\n    type: ClusterIP\n    serviceAnnotations: 1\n    annotations:\n      {SLIP}: a\n",
        ),
        ("store.example.com/v1", "Store", f"  listeners: {{type: loadbalancer, pod: {{annotations: [{SLIP}]}}}}\n"),
    ],
)
def test_what_others_may_write_and_services_of_other_types_are_not(version: str, kind: str, spec: str) -> None:
    assert linting.findings(CUSTOM.format(version=version, kind=kind, spec=spec), "load-balancer-annotation-unknown") == []
