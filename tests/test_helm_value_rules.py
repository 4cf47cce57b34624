"""What rules say of Services, Ingresses and routes in the values of charts that are not in the tree, now and across revisions."""

import pytest

from k8slblint.model.finding import Finding
from tests.linting import findings, scoped

RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: NAME, namespace: home}
spec:
  interval: 1h
  chart: {spec: {chart: CHART, version: 2.0.0, sourceRef: {kind: HelmRepository, name: CHART}}}
  values:
"""

POOL = """\
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: lan, namespace: metallb-system}
spec: {addresses: [192.0.2.0/24]}
---
"""


def release(values: str, *, name: str = "tv", chart: str = "media-server") -> str:
    lines = "".join(f"    {line}\n" for line in values.splitlines())
    return RELEASE.replace("NAME", name).replace("CHART", chart) + lines


def about(found: list[Finding]) -> list[tuple[str, str, str, str]]:
    return [(one.rule, one.severity, one.confidence, one.resource.name) for one in found if one.resource is not None]


def now(values: str, rule: str | None = None, **stated: str) -> list[tuple[str, str, str, str]]:
    return about(findings({"apps/tv.yaml": POOL + release(values)}, rule, config=scoped(**stated)))


def change(before: str, after: str, *, move_to: str = "apps/tv.yaml", **names: str) -> list[tuple[str, str, str, str]]:
    """What is said of the values of a release after a change of them, beside a pool of MetalLB that stays."""
    old, new = release(before, **names), release(after, **names)
    found = findings({move_to: new, "pool.yaml": POOL}, before={"apps/tv.yaml": old, "pool.yaml": POOL})
    return [one for one in about(found) if one[3].startswith("home/tv:") and one[0] != "load-balancer-ip-deprecated"]


OLD = "service:\n  main:\n    type: LoadBalancer\n    loadBalancerIP: 192.0.2.10\n    ports: {http: {port: 80}}"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (OLD, OLD.replace("2.10", "2.11"), ("load-balancer-replaced", "error", "medium", "home/tv:service.main")),
        (OLD, OLD.replace("LoadBalancer\n", "ClusterIP\n"), ("load-balancer-released", "warning", "medium", "home/tv:service.main")),
        (OLD, OLD.replace("LoadBalancer\n", "NodePort\n"), ("load-balancer-released", "warning", "medium", "home/tv:service.main")),
        ("service: {type: LoadBalancer}", "service: {type: ClusterIP}", ("load-balancer-released", "warning", "medium", "home/tv:service")),
    ],
)
def test_a_change_of_values_is_that_of_the_service(before: str, after: str, expected: tuple[str, str, str, str]) -> None:
    assert change(before, after) == [expected]
    assert change(before, after, move_to="cluster/home/tv.yaml") == [expected]  # the release is found wherever its file is


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (OLD, OLD),
        (OLD, OLD.replace("port: 80", "port: 81")),
        (OLD, OLD.replace("    loadBalancerIP: 192.0.2.10\n", "")),  # the next address may be the same
        (OLD.replace("    loadBalancerIP: 192.0.2.10\n", ""), OLD),
        ("service: {type: ClusterIP}", "service: {type: LoadBalancer}"),
        ("service: {type: LoadBalancer}", "replicas: 1"),  # what the chart does without a setting is not known
        ("service: {type: LoadBalancer}", "service: {type: '${TYPE}'}"),
        ("service: {type: LoadBalancer}", "service: {ports: [{port: 80}]}"),
        ("service: {loadBalancerIP: 192.0.2.10}", "service: {type: ClusterIP}"),  # the type was only taken to be one
    ],
)
def test_what_is_not_known_to_lose_an_address_is_not_said_to(before: str, after: str) -> None:
    assert change(before, after) == []


def test_the_type_without_a_setting_counts_where_the_chart_is_known() -> None:
    before, after = "service: {app: {type: LoadBalancer, ports: {a: {port: 1}}}}", "service: {app: {ports: {a: {port: 1}}}}"
    assert [one[0] for one in change(before, after, chart="bjw-s")] == []
    old, new = (release(text, chart="bjw-s").replace("chart: bjw-s", "chart: app-template") for text in (before, after))
    (found,) = findings({"tv.yaml": new}, "load-balancer-released", before={"tv.yaml": old})
    assert found.label == "was LoadBalancer, becomes ClusterIP"


def test_an_address_that_another_release_takes_over_is_not_lost() -> None:
    old, new = release(OLD), release(OLD.replace("2.10", "2.12"))
    other = release(OLD.replace("2.10", "2.14"), name="dns"), release(OLD, name="dns")
    before, after = ({"tv.yaml": one, "dns.yaml": two, "pool.yaml": POOL} for one, two in ((old, other[0]), (new, other[1])))
    assert [one.resource.name for one in findings(after, "load-balancer-replaced", before=before) if one.resource] == [
        "home/dns:service.main"
    ]
    taken = findings({"tv.yaml": new.replace("192.0.2.12", "192.0.2.99"), "dns.yaml": other[1], "pool.yaml": POOL}, before=before)
    assert [one.rule for one in taken if one.rule == "load-balancer-replaced"] == ["load-balancer-replaced"]


NLB = """\
controller:
  service:
    type: LoadBalancer
    annotations:
      service.beta.kubernetes.io/aws-load-balancer-type: nlb
"""


def test_an_nlb_that_changes_its_controller_is_left_behind() -> None:
    (found,) = change(NLB, NLB.replace("nlb", "external") + "      service.beta.kubernetes.io/aws-load-balancer-nlb-target-type: ip\n")
    assert found == ("aws-load-balancer-type-mutated", "error", "medium", "home/tv:controller.service")


def test_a_scheme_that_opens_a_load_balancer_widens_its_exposure() -> None:
    before = "service:\n  type: LoadBalancer\n  annotations: {service.beta.kubernetes.io/azure-load-balancer-internal: 'true'}"
    found = change(before, before.replace("'true'", "'false'"))
    assert ("exposure-widened", "error", "medium", "home/tv:service") in found


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            "service: {type: LoadBalancer, loadBalancerIP: 192.0.2.7}",
            [("load-balancer-ip-deprecated", "warning", "medium", "home/tv:service")],
        ),
        ("dnsService: {externalIPs: [198.51.100.7]}", [("external-ips", "warning", "medium", "home/tv:dnsService")]),
        (
            "service: {type: LoadBalancer, loadBalancerIP: 192.0.2.7, annotations: {metallb.io/loadBalancerIPs: 192.0.2.7}}",
            [
                ("load-balancer-ip-deprecated", "warning", "medium", "home/tv:service"),
                ("load-balancer-settings-conflict", "error", "medium", "home/tv:service"),
            ],
        ),
        (
            "service: {annotations: {service.beta.kubernetes.io/azure-load-balancer-internal-subnet: inner}}",
            [("load-balancer-annotation-ignored", "error", "medium", "home/tv:service")],
        ),
        (
            (
                "service:\n  annotations:\n    service.beta.kubernetes.io/azure-load-balancer-internal: 'true'\n"
                "    service.beta.kubernetes.io/azure-load-balancer-internal-subnet: inner"
            ),
            [],
        ),
        (
            "ingress: {className: nginx, annotations: {nginx.ingress.kubernetes.io/proxy-bodysize: 1m}}",
            [("ingress-annotation-unknown", "warning", "medium", "home/tv:ingress")],
        ),
        ("ingress: {annotations: {nginx.ingress.kubernetes.io/proxy-body-size: 1m}}", []),
    ],
)
def test_fields_that_are_stated_are_judged_like_those_of_objects(values: str, expected: list[tuple[str, str, str, str]]) -> None:
    assert now(values) == expected


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("helmfile.yaml", "releases:\n- name: tv\n  chart: a/tv\n  values:\n  - ingress: {annotations: {a.example.com/b: true}}\n"),
        ("tv/values-prod.yaml", "ingress: {annotations: {a.example.com/b: 1}}\n"),
        ("tv/values.yaml", "service: {annotations: {metallb.io/allow-shared-ip: true}}\n"),
        (
            "tv.yaml",
            (
                "apiVersion: helm.cattle.io/v1\nkind: HelmChartConfig\nmetadata: {name: tv}\nspec:\n  valuesContent: |\n"
                "    service: {annotations: {metallb.io/allow-shared-ip: 1.5}}\n"
            ),
        ),
    ],
)
def test_an_annotation_that_is_no_text_may_be_refused_in_all_holders_of_values(path: str, text: str) -> None:
    (found,) = findings({path: text}, "invalid-resource")
    assert (found.severity, found.confidence) == ("warning", "medium")  # nobody knows what this chart makes of it
    assert findings({path: text.replace("true", "'true'").replace(": 1", ": '1'").replace("1.5}", "1.5'}")}, "invalid-resource") == []


def test_a_chart_that_quotes_annotations_is_left_alone() -> None:
    values = "controller: {service: {annotations: {metallb.io/allow-shared-ip: true}}}"
    text = "releases: [{name: a, chart: ingress-nginx/ingress-nginx, version: 4.13.0, values: [{VALUES}]}]".replace("VALUES", values)
    assert findings({"helmfile.yaml": text}, "invalid-resource") == []
    assert len(findings({"helmfile.yaml": text.replace("chart: ingress-nginx/ingress-nginx", "chart: x/y")}, "invalid-resource")) == 1


GATEWAY = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: inner, namespace: network}
spec: {gatewayClassName: envoy, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
"""


@pytest.mark.parametrize(
    ("parent", "meant"),
    [
        ("{name: inner, namespace: network}", None),
        ("{name: inner, namespace: kube-system}", "Write `namespace: network`."),
        ("{name: inner}", "Write `namespace: network`."),
        ("{name: iner, namespace: network}", "Write `name: inner`."),
        ("{name: outer, namespace: network}", None),  # it may be deployed from elsewhere
        ("{name: other, namespace: edge}", None),
        ("{name: '${GATEWAY}', namespace: kube-system}", None),
        ("{name: inner, namespace: kube-system, kind: Service, group: ''}", None),
        ("{name: [inner]}", None),
    ],
)
def test_a_parent_that_the_tree_has_elsewhere_is_missing(parent: str, meant: str | None) -> None:
    text = release(f"route: {{app: {{hostnames: [a.example.com], parentRefs: [{parent}]}}}}")
    found = findings({"apps/tv.yaml": text, "network/gateway.yaml": GATEWAY}, "route-parent-missing")
    assert [one.help for one in found if one.resource and one.resource.kind == "HelmValues"] == ([meant] if meant else [])


def test_a_gateway_whose_namespace_is_not_stated_may_be_the_one() -> None:
    text = release("route: {app: {parentRefs: [{name: inner, namespace: kube-system}]}}")
    gateway = GATEWAY.replace(", namespace: network", "")
    assert findings({"apps/tv.yaml": text, "network/gateway.yaml": gateway}, "route-parent-missing") == []


def test_a_node_port_is_in_range_where_the_cluster_has_another_one() -> None:
    values = "service: {type: NodePort, nodePort: 8080}"
    assert [one[0] for one in now(values, "helm-value-invalid")] == ["helm-value-invalid"]
    api = "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\napiServer: {extraArgs: {service-node-port-range: 1-32767}}\n"
    assert findings({"apps/tv.yaml": release(values), "kubeadm.yaml": api}, "helm-value-invalid") == []


def test_hostile_values_are_no_crash() -> None:
    manifest = "apiVersion: ''\nkind: HelmValues\nis: Node\nmetadata: {name: x}\nvalues: [1]\nspec: {type: [1]}\n"
    deep = "service: " + "{a: " * 200 + "{type: loadBalancer}" + "}" * 200
    long = "service: {" + "x" * 5000 + ": 1, type: " + "l" * 5000 + ", nodePort: " + "9" * 400 + "}"
    files = {"a.yaml": manifest, "values.yaml": deep, "b/values.yaml": f"{long} # nodeport", "c.yaml": manifest.replace("''", "v1")}
    findings(files)  # a failed check fails the test


SOURCE = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: tv, namespace: home}
spec: {interval: 1h, url: "oci://ghcr.io/bjw-s-labs/helm/app-template", ref: {tag: 4.1.0}}
"""

BY_REFERENCE = release("service: {app: {type: LoadBalancer, ports: {a: {port: 1}}}, dns: {type: LoadBalancer}}").replace(
    "chart: {spec: {chart: media-server, version: 2.0.0, sourceRef: {kind: HelmRepository, name: media-server}}}",
    "chartRef: {kind: OCIRepository, name: tv}",
)


@pytest.mark.parametrize(("address", "count"), [("oci://ghcr.io/example/truecharts/tv", 0), ("oci://ghcr.io/example/charts/tv", 1)])
def test_the_source_of_a_chart_tells_that_it_reads_any_case(address: str, count: int) -> None:
    files = {
        "tv/release.yaml": BY_REFERENCE.replace("ports: {a: {port: 1}}", "ports: {a: {port: 1, protocol: udp}}"),
        "tv/source.yaml": SOURCE.replace("oci://ghcr.io/bjw-s-labs/helm/app-template", address),
    }
    assert len(findings(files)) == count


def released(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str, str | None]]:
    found = findings(after, "load-balancer-released", before=before)
    return [(one.resource.name, one.severity, one.label) for one in found if one.resource is not None]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (
            BY_REFERENCE.replace("app: {type: LoadBalancer, ", "app: {"),
            [("home/tv:service.app", "warning", "was LoadBalancer, becomes ClusterIP")],
        ),
        (BY_REFERENCE.replace(", dns: {type: LoadBalancer}", ""), [("home/tv:service.dns", "warning", "")]),
        (BY_REFERENCE.replace("dns: {", "names: {"), []),  # it may be the same Service
        (BY_REFERENCE.replace("type: LoadBalancer", "type: LoadBalancer, x: 1"), []),
    ],
)
def test_the_source_of_a_chart_tells_what_it_does_without_a_setting(after: str, expected: list[tuple[str, str, str | None]]) -> None:
    before = {"tv/release.yaml": BY_REFERENCE, "tv/source.yaml": SOURCE}
    assert released(before, {**before, "tv/release.yaml": after}) == expected
    unknown = {"tv/release.yaml": BY_REFERENCE, "tv/source.yaml": SOURCE.replace("app-template", "own-template")}
    assert released(unknown, {**unknown, "tv/release.yaml": after}) == []


def test_a_release_that_is_gone_takes_its_load_balancers_with_it() -> None:
    before = {"tv/release.yaml": release("service: {type: LoadBalancer}"), "dns.yaml": release("service: {type: NodePort}", name="dns")}
    gone = {"dns.yaml": before["dns.yaml"]}
    assert released(before, gone) == [("home/tv:service", "note", "")]
    moved = before["tv/release.yaml"].replace("namespace: home", "namespace: living-room")
    assert released(before, {**gone, "tv/release.yaml": moved}) == []
    assert released({"values.yaml": "service: {type: LoadBalancer}", **gone}, gone) == []  # nobody says who deployed it


INTERNAL = "service.beta.kubernetes.io/azure-load-balancer-internal"
LAYER = f"service:\n  type: LoadBalancer\n  annotations:\n    {INTERNAL}: 'true'\n    {INTERNAL}-subnet: inner\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (LAYER, LAYER.replace(f"    {INTERNAL}: 'true'\n", "")),  # another layer may say it now
        (LAYER.replace(f"    {INTERNAL}: 'true'\n", ""), LAYER),
        (NLB, NLB.replace("      service.beta.kubernetes.io/aws-load-balancer-type: nlb\n", "      a.example.com/b: c\n")),
        ("service: {type: LoadBalancer, loadBalancerIP: 192.0.2.8}", "service: {externalTrafficPolicy: Local}"),
        ("service: {type: LoadBalancer}", "replicas: 1"),
    ],
)
def test_what_one_layer_of_values_no_longer_says_another_may(before: str, after: str) -> None:
    changes = {"load-balancer-released", "load-balancer-replaced", "exposure-widened", "aws-load-balancer-type-mutated"}
    found = findings({"tv/values-prod.yaml": after}, before={"tv/values-prod.yaml": before})
    assert [one for one in about(found) if one[0] in changes] == []


def test_what_a_layer_of_values_lacks_is_not_missing() -> None:
    text = LAYER.replace(f"    {INTERNAL}: 'true'\n", "")
    assert findings({"tv/values-prod.yaml": text}, "load-balancer-annotation-ignored") == []
    layered = release(text).replace("  values:", "  valuesFrom: [{kind: ConfigMap, name: more}]\n  values:")
    assert findings({"tv.yaml": layered}, "load-balancer-annotation-ignored") == []
    assert len(findings({"tv.yaml": release(text)}, "load-balancer-annotation-ignored")) == 1


def test_a_chart_that_is_not_known_may_quote_where_a_common_one_does() -> None:
    values = "controller: {service: {annotations: {metallb.io/allow-shared-ip: true}}}\n"
    assert findings({"tv/values.yaml": values}, "invalid-resource") == []
    assert len(findings({"tv/values.yaml": values.replace("controller", "speaker")}, "invalid-resource")) == 1


def test_a_change_that_a_layer_states_in_both_revisions_counts() -> None:
    found = findings({"tv/values-prod.yaml": LAYER.replace("'true'", "'false'")}, before={"tv/values-prod.yaml": LAYER})
    assert [one[:3] for one in about(found) if one[0] == "exposure-widened"] == [("exposure-widened", "error", "medium")]


def test_an_address_that_is_written_in_another_way_is_kept() -> None:
    before = "service: {type: LoadBalancer, annotations: {metallb.io/loadBalancerIPs: '192.0.2.1,::ffff:192.0.2.1'}}"
    assert change(before, before.replace(",::ffff:192.0.2.1", "")) == []
    assert [one[0] for one in change(before, before.replace("192.0.2.1", "192.0.2.3"))] == ["load-balancer-replaced"]


@pytest.mark.parametrize("field", ["IPFamilyPolicy: PreferDualStack", "IPFamilies: [IPv4]", "ClusterIP: None", "LoadBalancerIP: 192.0.2.9"])
def test_a_field_behind_a_prefix_begins_with_a_capital_or_an_abbreviation(field: str) -> None:
    values = f"serviceAnnotations: {{example.com/shown: 'true'}}\nserviceType: LoadBalancer\nservice{field}"
    assert now(values, "helm-value-invalid") == []


def test_a_misspelt_field_behind_a_prefix_is_reported() -> None:
    values = "serviceAnnotations: {example.com/shown: 'true'}\nserviceType: LoadBalancer\nserviceIPFamilyPolcy: PreferDualStack"
    assert now(values, "helm-value-invalid") == [("helm-value-invalid", "warning", "medium", "home/tv:service")]


@pytest.mark.parametrize(("source_range", "is_found"), [("10.10.10.1/24", True), ("10.10.10.0/24", False), ("10.10.10.1/32", False)])
def test_a_source_range_in_values_is_read_as_that_of_the_service(source_range: str, is_found: bool) -> None:
    values = f"service:\n  main:\n    type: LoadBalancer\n    ports: {{http: {{port: 80}}}}\n    loadBalancerSourceRanges: [{source_range}]"
    found = findings({"apps/tv.yaml": release(values)}, "source-ranges-ineffective", config=scoped(platform="aks"))
    assert about(found) == [("source-ranges-ineffective", "warning", "medium", "home/tv:service.main")] * is_found
