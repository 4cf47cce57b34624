"""What controllers do not take together, with the owner that reads it; the sources of the facts are in `catalogs/annotations/`."""

from typing import Any

import pytest

from k8slblint.checks.load_balancer_settings_conflict import check
from k8slblint.model.rule import Problem, Undecided
from tests.builders import graph, run
from tests.texts import words_of

BETA = "service.beta.kubernetes.io/"
AWS = f"{BETA}aws-load-balancer-"
AZURE = f"{BETA}azure-"
DO = f"{BETA}do-loadbalancer-"
HETZNER = "load-balancer.hetzner.cloud/"
OCI = f"{BETA}oci-load-balancer-"
NLB = "loadBalancerClass: service.k8s.aws/nlb"
TCP = "ports: [{name: https, port: 443}]"
MIXED = "ports: [{name: a, port: 53}, {name: b, port: 53, protocol: UDP}]"


def service(annotations: dict[str, str], *spec: str) -> str:
    """A Service of type LoadBalancer with these annotations and further lines of its spec."""
    lines = ["apiVersion: v1", "kind: Service", "metadata:", "  name: web", "  annotations:"]
    lines += [f"    {key}: {value}" for key, value in annotations.items()] or ["    example.com/a: b"]
    lines += ["spec:", *(f"  {line}" for line in ("type: LoadBalancer", *spec))]
    if not any(line.startswith("ports") for line in spec):
        lines.append(f"  {TCP}")
    return "\n".join(lines)


def found(text: str, before: str | None = None, **scope: Any) -> list[Problem | Undecided]:
    """What the check yields for the Services of a text."""
    return run(check, graph(text, before, **scope))


BROKEN = [
    # AWS Load Balancer Controller
    ({f"{AWS}scheme": "internal", f"{AWS}eip-allocations": "eipalloc-1"}, [NLB], {}, "can only be given to an internet-facing", "high"),
    ({f"{AWS}eip-allocations": "eipalloc-1"}, [NLB], {}, "the load balancer is internal by default", "medium"),
    ({f"{AWS}scheme": "internet-facing", f"{AWS}private-ipv4-addresses": "10.0.0.9"}, [NLB], {}, "only be given to an internal", "high"),
    (
        {f"{AWS}scheme": "internet-facing", f"{AWS}eip-allocations": "eipalloc-1", f"{AWS}subnets": "subnet-1, subnet-2"},
        [NLB],
        {},
        "has 1 entry and `service.beta.kubernetes.io/aws-load-balancer-subnets` has 2 entries",
        "high",
    ),
    ({f"{AWS}ipv6-addresses": '"fd00::1"'}, [NLB], {}, "is 'ipv4' by default", "high"),
    ({f"{AWS}scheme": "internal"}, [NLB, "ipFamilies: [IPv4, IPv6]"], {}, "`spec.ipFamilies` has 'IPv6', and", "high"),
    ({f"{AWS}scheme": "internal"}, [NLB, "loadBalancerSourceRanges: ['fd00::/8']"], {}, "accepts no IPv6 ranges", "high"),
    ({f"{AWS}ssl-ports": "https, 8443"}, [NLB], {}, "no such port: '8443'", "medium"),
    ({f"{AWS}ssl-ports": '"*"'}, [NLB], {}, "no such port: '*'", "medium"),
    ({f"{AWS}nlb-target-type": "instance"}, [NLB, "allocateLoadBalancerNodePorts: false"], {}, "are reached by node ports", "high"),
    ({f"{AWS}scheme": "internal"}, [NLB, "allocateLoadBalancerNodePorts: false"], {}, "unless the annotation or a flag", "medium"),
    ({f"{AWS}scheme": "internal"}, [NLB, MIXED], {}, "differ by number only", "medium"),
    # cloud-provider-aws
    ({}, ["sessionAffinity: ClientIP"], {"platform": "eks"}, "cloud-provider-aws does not support session affinity", "high"),
    ({f"{AWS}type": "nlb"}, ["loadBalancerIP: 192.0.2.1"], {}, "cannot be chosen this way", "medium"),
    ({f"{AWS}type": "nlb"}, [MIXED], {"platform": "eks"}, "TCP and UDP together", "high"),
    ({}, ["ports: [{port: 53, protocol: UDP}]"], {"platform": "eks"}, "supports TCP only", "high"),
    ({f"{AWS}type": "nlb"}, ["ports: [{port: 53, protocol: SCTP}]"], {"platform": "eks"}, "does not support SCTP", "high"),
    ({f"{AWS}type": "nlb"}, ["allocateLoadBalancerNodePorts: false"], {"platform": "eks"}, "no listener at all", "high"),
    (
        {f"{AWS}type": "nlb", f"{AWS}extra-security-groups": "sg-1"},
        [],
        {"platform": "eks", "kubernetes_version": "1.36"},
        "for Classic Load Balancers only",
        "high",
    ),
    ({f"{AWS}type": "nlb", f"{AWS}extra-security-groups": "sg-1"}, [], {"platform": "eks"}, "for Classic Load Balancers only", "medium"),
    (
        {f"{AWS}target-group-attributes": "preserve_client_ip.enabled=false", f"{AWS}type": "nlb"},
        ["ports: [{port: 53, protocol: UDP}]"],
        {"platform": "eks", "kubernetes_version": "v1.37.0"},
        "cannot be hidden from UDP targets",
        "high",
    ),
    # Azure
    ({f"{AZURE}allowed-ip-ranges": "10.0.0.0/8"}, ["loadBalancerSourceRanges: [10.0.0.0/8]"], {}, "are both set", "medium"),
    (
        {f"{BETA}load-balancer-source-ranges": "10.0.0.0/8"},
        ["loadBalancerSourceRanges: [10.0.0.0/8]"],
        {"platform": "aks"},
        "are both set",
        "medium",
    ),
    (
        {f"{AZURE}load-balancer-health-probe-interval": '"60"', f"{AZURE}load-balancer-health-probe-num-of-probe": '"2"'},
        [],
        {},
        "less than 120 seconds",
        "medium",
    ),
    ({f"{AZURE}load-balancer-health-probe-interval": '"60"'}, [], {}, "the other is '2' by default", "medium"),
    ({f"{AZURE}load-balancer-health-probe-num-of-probe": '"30"'}, [], {}, "the other is '5' by default", "medium"),
    ({f"{BETA}port_443_health-probe_interval": '"60"', f"{BETA}port_443_health-probe_num-of-probe": '"3"'}, [], {}, "'3'", "medium"),
    (
        {f"{AZURE}load-balancer-internal": '"true"', f"{AZURE}pls-create": '"true"', f"{AZURE}pls-proxy-protocol": '"true"'},
        ["externalTrafficPolicy: Local"],
        {},
        "cannot read the PROXY protocol",
        "medium",
    ),
    (
        {f"{AZURE}disable-load-balancer-floating-ip": '"true"'},
        ["allocateLoadBalancerNodePorts: false", "externalTrafficPolicy: Local"],
        {},
        "there are none",
        "medium",
    ),
    ({f"{AZURE}pip-name": "web"}, ["allocateLoadBalancerNodePorts: false"], {}, "unless the cluster shares one probe", "low"),
    # others
    ({}, [MIXED, "loadBalancerClass: networking.gke.io/l4-regional-external-legacy"], {}, "for TCP and UDP together", "medium"),
    ({f"{DO}size-slug": "lb-small", f"{DO}size-unit": '"3"'}, [], {}, "are both set", "medium"),
    ({f"{DO}type": "REGIONAL", f"{DO}protocol": "https"}, [], {}, "TLS needs a certificate", "medium"),
    (
        {f"{DO}type": "REGIONAL", f"{DO}tls-ports": "443,8443", f"{DO}http2-ports": '"8443"', f"{DO}certificate-id": "x"},
        [],
        {},
        "'8443' also in `do-loadbalancer-http2-ports`",
        "medium",
    ),
    (
        {f"{DO}type": "REGIONAL", f"{DO}protocol": "https", f"{DO}certificate-id": "x", f"{DO}tls-passthrough": '"true"'},
        [],
        {},
        "either ends at the load balancer",
        "medium",
    ),
    (
        {f"{DO}protocol": "http", f"{DO}sticky-sessions-type": "cookies", f"{DO}sticky-sessions-cookie-ttl": '"60"'},
        [],
        {},
        "is not set",
        "medium",
    ),
    ({f"{BETA}scw-loadbalancer-sticky-sessions": "cookie"}, [], {}, "sticky-sessions-cookie-name` is not set", "medium"),
    ({f"{BETA}vultr-loadbalancer-protocol": "udp"}, [], {}, "UDP on both sides", "medium"),
    ({"metallb.io/loadBalancerIPs": "192.0.2.1"}, ["loadBalancerIP: 192.0.2.1"], {}, "are both set", "medium"),
    ({"metallb.universe.tf/loadBalancerIPs": "192.0.2.1"}, ["loadBalancerIP: 192.0.2.1"], {}, "are both set", "medium"),
]


@pytest.mark.parametrize(("annotations", "spec", "scope", "says", "confidence"), BROKEN)
def test_what_is_refused_or_fails_is_an_error(
    annotations: dict[str, str], spec: list[str], scope: dict[str, str], says: str, confidence: str
) -> None:
    (problem,) = found(service(annotations, *spec), **scope)
    assert isinstance(problem, Problem)
    assert says in words_of(problem)
    assert (problem.severity, problem.confidence) == ("error", confidence)


OCI_SHAPES = [
    ({f"{OCI}shape": "flexible"}, "Set `oci-load-balancer-shape-flex-min` and `oci-load-balancer-shape-flex-max`."),
    ({f"{OCI}shape": "Flexible", f"{OCI}shape-flex-max": '"100"'}, "Set `oci-load-balancer-shape-flex-min` and"),
    ({f"{OCI}shape": "flexible", f"{OCI}shape-flex-min": '"10"'}, "Set `oci-load-balancer-shape-flex-max`, too."),
    ({f"{OCI}shape": "flexible", f"{OCI}shape-flex-min": '"10"', f"{OCI}shape-flex-max": '"100"'}, ""),
    ({f"{OCI}shape": "flexible", "oci.oraclecloud.com/load-balancer-type": "nlb"}, ""),
    ({f"{OCI}shape": "100Mbps"}, ""),
    ({f"{OCI}shape": '"${SHAPE}"'}, ""),
    ({f"{OCI}shape-flex-min": '"10"'}, ""),
]


@pytest.mark.parametrize(("annotations", "way_out"), OCI_SHAPES)
def test_the_flexible_shape_of_oci_needs_both_bandwidths(annotations: dict[str, str], way_out: str) -> None:
    problems = [one for one in found(service(annotations), platform="oci") if isinstance(one, Problem)]
    assert [one.help.startswith(way_out) for one in problems] == [True] * bool(way_out)


IGNORED = [
    ({f"{HETZNER}location": "fsn1", f"{HETZNER}network-zone": "eu-central"}, [], "A location decides about the network zone"),
    ({f"{AWS}type": "nlb", f"{AWS}ssl-ports": '"8443"', f"{AWS}ssl-cert": "arn:aws:acm:x"}, [], "TLS ends at ports of the Service only"),
    ({f"{BETA}port_8443_health-probe_protocol": "Tcp"}, [], "no such port: '8443'"),
    ({f"{AWS}type": "nlb-ip", f"{AWS}listener-attributes.TCP-80": "a=b"}, [], "names '80', and the Service has no such port"),
    ({f"{BETA}port_80_no_lb_rule": '"true"'}, [], "ignores the setting"),
    ({f"{AZURE}allowed-service-tags": "AzureCloud"}, ["loadBalancerSourceRanges: [10.0.0.0/8]"], "does not do what the setting suggests"),
    (
        {
            f"{DO}sticky-sessions-type": "cookies",
            f"{DO}sticky-sessions-cookie-name": "web",
            f"{DO}sticky-sessions-cookie-ttl": '"60"',
        },
        [],
        "Cookies need HTTP",
    ),
]


@pytest.mark.parametrize(("annotations", "spec", "says"), IGNORED)
def test_what_has_no_effect_is_a_warning(annotations: dict[str, str], spec: list[str], says: str) -> None:
    (problem,) = found(service(annotations, *spec))
    assert isinstance(problem, Problem)
    assert says in words_of(problem)
    assert problem.severity == "warning"


FINE = [
    ({f"{AWS}scheme": "internet-facing", f"{AWS}eip-allocations": "eipalloc-1", f"{AWS}subnets": "subnet-1"}, [NLB], {}),
    ({f"{AWS}ip-address-type": "dualstack", f"{AWS}ipv6-addresses": '"fd00::1"'}, [NLB, "ipFamilies: [IPv6]"], {}),
    ({f"{AWS}ssl-ports": '"443"'}, [NLB], {}),
    ({f"{AWS}security-groups": "sg-1"}, [NLB, "loadBalancerSourceRanges: ['fd00::/8']"], {}),
    ({f"{AWS}type": "nlb", f"{AWS}ssl-ports": '"*"'}, [], {}),
    ({f"{AWS}nlb-target-type": "ip"}, [NLB, "allocateLoadBalancerNodePorts: false"], {}),
    ({f"{AWS}type": "nlb-ip"}, ["allocateLoadBalancerNodePorts: false"], {}),
    ({f"{AWS}nlb-target-type": "instance"}, [NLB, "allocateLoadBalancerNodePorts: false", "ports: [{port: 1, nodePort: 30001}]"], {}),
    ({f"{AWS}enable-tcp-udp-listener": '"true"'}, [NLB, MIXED], {}),
    ({f"{AWS}scheme": "internal"}, [NLB, "sessionAffinity: ClientIP"], {}),
    ({f"{AWS}scheme": "internal"}, [NLB, "ports: [{name: a, port: 53}, {name: b, port: 54, protocol: UDP}]"], {}),
    ({f"{AWS}type": "nlb", f"{AWS}extra-security-groups": "sg-1"}, [], {"platform": "eks", "kubernetes_version": "1.34"}),
    ({f"{AWS}extra-security-groups": "sg-1"}, [], {"platform": "eks", "kubernetes_version": "1.36"}),
    ({}, ["sessionAffinity: None", 'loadBalancerIP: ""'], {"platform": "eks"}),
    ({}, ["sessionAffinity: ClientIP"], {"platform": "gke"}),
    ({"networking.gke.io/weighted-load-balancing": "pods-per-node"}, [MIXED], {}),
    ({}, ["sessionAffinity: ClientIP", MIXED], {}),
    ({f"{AZURE}load-balancer-health-probe-interval": '"20"'}, [], {}),
    ({f"{AZURE}load-balancer-internal": '"true"', f"{AZURE}pls-create": '"true"', f"{AZURE}pls-proxy-protocol": '"true"'}, [], {}),
    ({f"{BETA}port_443_health-probe_protocol": "Tcp"}, [], {}),
    ({f"{DO}protocol": "https", f"{DO}tls-passthrough": '"true"'}, [], {}),
    ({f"{DO}sticky-sessions-type": "none"}, [], {}),
    ({f"{BETA}vultr-loadbalancer-protocol": "udp", f"{BETA}vultr-loadbalancer-backend-protocol": "udp"}, [], {}),
    ({"metallb.io/loadBalancerIPs": "192.0.2.1"}, [], {}),
]


@pytest.mark.parametrize(("annotations", "spec", "scope"), FINE)
def test_what_the_owner_takes_is_fine(annotations: dict[str, str], spec: list[str], scope: dict[str, str]) -> None:
    assert found(service(annotations, *spec), **scope) == []


def test_keys_of_another_owner_are_not_his() -> None:
    annotations = {f"{DO}size-slug": "lb-small", f"{DO}size-unit": '"3"'}
    assert found(service(annotations, NLB)) == []
    assert found(service(annotations), platform="gke") == []


def test_a_placeholder_leaves_it_undecided() -> None:
    for value in ("'{{ .scheme }}'", "${SCHEME}"):
        (one,) = found(service({f"{AWS}scheme": value, f"{AWS}eip-allocations": "eipalloc-1"}, NLB))
        assert isinstance(one, Undecided)


def test_node_ports_of_a_live_service_stay_when_they_are_turned_off() -> None:
    after = service({f"{AWS}type": "nlb"}, "allocateLoadBalancerNodePorts: false")
    (one,) = found(after, service({f"{AWS}type": "nlb"}), platform="eks")
    assert isinstance(one, Undecided)


def test_where_two_may_serve_it_both_must_refuse() -> None:
    params = "apiVersion: elbv2.k8s.aws/v1beta1\nkind: IngressClassParams\nmetadata: {name: alb}\n---\n"
    (one,) = found(params + service({f"{AWS}type": "nlb"}, "sessionAffinity: ClientIP"), platform="eks")
    assert isinstance(one, Undecided)


def test_the_problem_stands_at_the_item_at_fault_and_relates_the_other() -> None:
    (problem,) = found(service({f"{AWS}type": "nlb"}, "ports: [{name: a, port: 1}, {name: b, port: 2, protocol: UDP}]"), platform="eks")
    assert problem.path == ("spec", "ports", 1, "protocol")
    (problem,) = found(service({f"{DO}size-slug": "lb-small", f"{DO}size-unit": '"3"'}))
    assert isinstance(problem, Problem)
    assert problem.path == ("metadata", "annotations", f"{DO}size-slug")
    assert [place.path for place in problem.related] == [("metadata", "annotations", f"{DO}size-unit")]


@pytest.mark.parametrize(
    "ports", ["ports: 7", "ports: [a, b]", "ports: [{port: x}]", "ports: [{port: 1, protocol: [UDP]}]", "ports: {a: b}"]
)
def test_hostile_values_raise_nothing(ports: str) -> None:
    lines = [ports, "loadBalancerSourceRanges: {a: [b]}", "sessionAffinity: [ClientIP]", "externalTrafficPolicy: {a: 1}"]
    annotations = {f"{AWS}type": "nlb", f"{AWS}ssl-ports": "[443]", f"{AWS}subnets": "{a: b}", f"{AWS}eip-allocations": "7"}
    found(service(annotations, *lines, "ipFamilies: 4", "allocateLoadBalancerNodePorts: false"), platform="eks")
    found(service(annotations, *lines, NLB, "ipFamilies: [4, {}]", "allocateLoadBalancerNodePorts: 'no'"))


def ingress(annotations: dict[str, str], spec: str = "") -> str:
    """An Ingress with these annotations."""
    lines = "".join(f"    {key}: {value}\n" for key, value in annotations.items())
    return f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n  annotations:\n{lines}spec: {{{spec}}}\n"


ALB = "alb.ingress.kubernetes.io/"
GCE = "kubernetes.io/ingress."
OF_ALB = "ingressClassName: alb"
LBC_CLASS = "---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: alb}\nspec: {controller: ingress.k8s.aws/alb}\n"


@pytest.mark.parametrize(
    ("annotations", "spec", "says"),
    [
        ({f"{GCE}class": "gce", f"{GCE}global-static-ip-name": "a", f"{GCE}regional-static-ip-name": "b"}, "", "are both set"),
        ({f"{ALB}auth-type": "oidc", f"{ALB}jwt-validation": "'{}'"}, OF_ALB, "are both set"),
        ({f"{ALB}frontend-nlb-eip-allocations": "a", f"{ALB}frontend-nlb-subnets": "a,b"}, OF_ALB, "has 1 entry"),
    ],
)
def test_settings_of_an_ingress_exclude_each_other_too(annotations: dict[str, str], spec: str, says: str) -> None:
    (problem,) = run(check, graph(ingress(annotations, spec) + LBC_CLASS), ("Ingress.networking.k8s.io",))
    assert isinstance(problem, Problem)
    assert says in words_of(problem)
    assert problem.headline.startswith("Ingress default/web sets ")


@pytest.mark.parametrize(
    ("annotations", "spec"),
    [
        ({f"{GCE}class": "nginx", f"{GCE}global-static-ip-name": "a", f"{GCE}regional-static-ip-name": "b"}, ""),
        ({f"{GCE}class": "gce", f"{GCE}global-static-ip-name": "a"}, ""),
        ({f"{ALB}auth-type": "none", f"{ALB}jwt-validation": "'{}'"}, OF_ALB),
        ({f"{AWS}scheme": "internal", f"{AWS}eip-allocations": "eipalloc-1"}, OF_ALB),
    ],
)
def test_settings_of_an_ingress_that_go_together_or_are_not_its_own(annotations: dict[str, str], spec: str) -> None:
    assert run(check, graph(ingress(annotations, spec) + LBC_CLASS), ("Ingress.networking.k8s.io",)) == []


def test_a_class_of_several_products_leaves_it_undecided() -> None:
    annotations = {f"{ALB}auth-type": "oidc", f"{ALB}jwt-validation": "'{}'"}
    found = run(check, graph(ingress(annotations, OF_ALB)), ("Ingress.networking.k8s.io",))
    assert {type(one) for one in found} == {Undecided}
