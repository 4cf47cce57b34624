"""Which changes let in more than before, how far, and which only look like it."""

import pytest

from k8slblint.model.rule import Problem, Undecided
from tests.builders import graph, run
from tests.revisions import ingress, problems, service
from tests.texts import words_of

RULE = "exposure-widened"
AWS = "service.beta.kubernetes.io/aws-load-balancer-"
NGINX = "nginx.ingress.kubernetes.io/"
AZURE = "service.beta.kubernetes.io/azure-"
ALB = "alb.ingress.kubernetes.io/"
INGRESS = ("Ingress.networking.k8s.io",)
RANGES_KEY = "service.beta.kubernetes.io/load-balancer-source-ranges"
LB = "LoadBalancer"
LBC = f"{LB} class=service.k8s.aws/nlb"
GKE_INTERNAL = "networking.gke.io/load-balancer-type=Internal"
OFFICE = "198.51.100.0/24"

REACH = [
    # the defaults and readings of each controller are in catalogs/controllers.json and catalogs/annotations/, with their sources
    ("ClusterIP", LB, "gke", "error", "becomes reachable from the internet\nwas reachable from the cluster only"),
    ("ClusterIP", LB, "aks", "error", "from the internet"),
    ("ClusterIP", LB, "eks", "error", "from the internet"),
    ("ClusterIP", LB, "digitalocean", "error", "from the internet"),
    ("NodePort", LB, "gke", "error", "was reachable from the network of the nodes"),
    ("ClusterIP", f"{LBC} {AWS}scheme=internet-facing", "eks", "error", "from the internet"),
    (f"{LB} {GKE_INTERNAL}", LB, "gke", "error", "was reachable from the internal network only"),
    (f"{LB} {GKE_INTERNAL}", f"{LB} networking.gke.io/load-balancer-type=INTERNAL", "gke", "error", "as internet-facing"),
    (f"{LB} {AZURE}load-balancer-internal=true", f"{LB} {AZURE}load-balancer-internal=True", "aks", "error", "as internet-facing"),
    (f"{LBC} {AWS}scheme=internal", f"{LBC} {AWS}scheme=internet-facing", "eks", "error", "from the internet"),
    (f"{LB} {AWS}internal=true", LB, "eks", "warning", "The existing load balancer stays internal until it is recreated"),
    (f"{LB} service.beta.kubernetes.io/do-loadbalancer-network=INTERNAL", LB, "digitalocean", "error", "from the internet"),
    (
        f"{LB} service.beta.kubernetes.io/oci-load-balancer-internal=true",
        f"{LB} service.beta.kubernetes.io/oci-load-balancer-internal=false",
        "oci",
        "warning",
        "stays internal until it is recreated",
    ),
    ("ClusterIP", LB, "unknown", "warning", "Whether the internet can reach it is unknown"),
]

AS_CLOSE_AS_BEFORE = [
    (LB, "ClusterIP", "gke"),
    (LB, "NodePort", "gke"),
    (LB, f"{LB} {GKE_INTERNAL}", "gke"),
    ("ClusterIP", f"{LB} {GKE_INTERNAL}", "gke"),
    (f"{LB} cloud.google.com/load-balancer-type=Internal", f"{LB} {GKE_INTERNAL}", "gke"),
    (f"{LB} {AWS}internal=0.0.0.0/0", f"{LB} {AWS}internal=true", "eks"),
    (f"{LBC} {AWS}scheme=internal", LBC, "eks"),
    (f"{LB} {AZURE}load-balancer-internal=true", f"{LB} {AZURE}load-balancer-internal=true x=y", "aks"),
    (f"{LB} {AWS}type=external {AWS}nlb-target-type=ip", f"{LB} {AWS}type=nlb", "eks"),  # aws-load-balancer-type-mutated tells of it
    (f"{LBC} {AWS}scheme=internal", f"{LB} class=eks.amazonaws.com/nlb {AWS}scheme=internet-facing", "eks"),  # refused
    ("ClusterIP", "ExternalName", "gke"),
    ("ClusterIP", "NodePort", "gke"),  # node-port-in-production
]


@pytest.mark.parametrize(("before", "after", "platform", "severity", "said"), REACH)
def test_reached_from_farther_away(before: str, after: str, platform: str, severity: str, said: str) -> None:
    (problem,) = problems(RULE, service(before), service(after), platform=platform)
    assert isinstance(problem, Problem)
    assert said in words_of(problem)
    assert (problem.severity or "error") == severity


@pytest.mark.parametrize(("before", "after", "platform"), AS_CLOSE_AS_BEFORE)
def test_reached_from_no_farther_away(before: str, after: str, platform: str) -> None:
    assert problems(RULE, service(before), service(after), platform=platform) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{LB} metallb.io/loadBalancerIPs=10.0.0.1", f"{LB} metallb.io/loadBalancerIPs=203.0.113.1"),
        (f"{LB} metallb.io/loadBalancerIPs=10.0.0.1", f"{LB} metallb.io/address-pool=public"),
    ],
)
def test_unknown_never_counts_as_the_internet(before: str, after: str) -> None:
    (found,) = problems(RULE, service(before), service(after), platform="bare-metal")
    assert isinstance(found, Undecided)


@pytest.mark.parametrize("environment", ["local", "ci", "test", "development"])
def test_nodes_of_local_clusters_are_nobody_elses(environment: str) -> None:
    assert problems(RULE, service("ClusterIP"), service(LB), environment=environment) == []


def test_new_service_is_no_widening() -> None:
    assert problems(RULE, service("ClusterIP", name="other"), service(LB), platform="gke") == []


RANGES = [
    # kubernetes/cloud-provider 46666112 GetLoadBalancerSourceRanges; azure-allowed-ip-ranges: cloud-provider-azure consts.go
    (f"{LB} ranges={OFFICE}", LB, "gke", "error", "may connect"),
    (f"{LB} ranges={OFFICE}", f"{LB} ranges=0.0.0.0/0", "gke", "error", "may connect"),
    (f"{LB} ranges={OFFICE}", f"{LB} ranges={OFFICE},0.0.0.0/0", "gke", "error", "may connect"),
    (f"{LB} {RANGES_KEY}={OFFICE}", LB, "gke", "error", "may connect"),
    (f"{LB} {AZURE}allowed-ip-ranges={OFFICE}", LB, "aks", "error", "may connect"),
    (f"{LB} {AZURE}allowed-service-tags=AzureFrontDoor", LB, "aks", "error", "may connect"),
    (
        f"{LBC} {AWS}scheme=internet-facing {AWS}security-groups=sg-1",
        f"{LBC} {AWS}scheme=internet-facing",
        "eks",
        "error",
        "no longer restricts its clients",
    ),
    (f"{LB} {GKE_INTERNAL} ranges=10.0.0.0/8", f"{LB} {GKE_INTERNAL}", "gke", "warning", "may connect"),
    (f"{LB} ranges={OFFICE}", f"{LB} ranges={OFFICE},203.0.113.7/32", "gke", "note", "could not before: '203.0.113.7/32'"),
    (f"{LB} ranges={OFFICE}", f"{LB} ranges=198.51.100.0/23", "gke", "note", "could not before: '198.51.100.0/23'"),
    (f"{LB} ranges={OFFICE}", f"{LB} {RANGES_KEY}=198.51.0.0/16", "gke", "note", "could not before: '198.51.0.0/16'"),
    (f"{LB} ranges={OFFICE}", LB, "unknown", "warning", "may connect"),
    (f"{LB} ranges={OFFICE}", f"{LB} ranges=0.0.0.0/1,128.0.0.0/1", "gke", "error", "may connect"),
]

NO_MORE = [
    (f"{LB} ranges={OFFICE}", f"{LB} ranges=198.51.100.0/25,198.51.100.128/25", "gke"),
    (f"{LB} ranges=198.51.100.0/25,198.51.100.128/25", f"{LB} ranges={OFFICE}", "gke"),
    (f"{LB} ranges={OFFICE}", f"{LB} {RANGES_KEY}={OFFICE}", "gke"),
    (f"{LB} ranges=198.51.100.7/24", f"{LB} ranges={OFFICE}", "gke"),  # host bits mean nothing
    (f"{LB} ranges={OFFICE},203.0.113.7/32", f"{LB} ranges={OFFICE}", "gke"),
    (f"{LB} ranges=0.0.0.0/0", LB, "gke"),  # the default, written out
    (LB, f"{LB} ranges={OFFICE}", "gke"),
    (f"{LB} ranges={OFFICE}", f"{LB} ranges={OFFICE},2001:db8::/32", "gke"),  # another family: it may be closed at the door
    (f"{LB} ranges={OFFICE}", f"{LB} ranges={OFFICE},10.0.0.0/8", "gke"),  # nobody comes from there out of the internet
    (f"{LB} ranges={OFFICE}", "ClusterIP", "gke"),
    (f"{LBC} {AWS}security-groups=sg-1 ranges={OFFICE}", f"{LBC} {AWS}security-groups=sg-1", "eks"),  # ranges meant nothing before
    (f"{LBC} {AWS}security-groups=sg-1", f"{LBC} {AWS}security-groups=sg-1 {AWS}name=a", "eks"),
]

OUT_OF_SIGHT = [
    (f"{LBC} {AWS}security-groups=sg-1", f"{LBC} {AWS}security-groups=sg-2", "eks"),
    (f"{LB} ranges={OFFICE}", f"{LB} {RANGES_KEY}=${{RANGES}}", "gke"),
    (f"{LB} ranges={OFFICE}", f"{LB} ranges=office", "gke"),
]


@pytest.mark.parametrize(("before", "after", "platform", "severity", "said"), RANGES)
def test_more_networks_are_let_in(before: str, after: str, platform: str, severity: str, said: str) -> None:
    (problem,) = problems(RULE, service(before), service(after), platform=platform)
    assert isinstance(problem, Problem)
    assert said in words_of(problem)
    assert (problem.severity or "error") == severity


@pytest.mark.parametrize(("before", "after", "platform"), NO_MORE)
def test_no_more_networks_are_let_in(before: str, after: str, platform: str) -> None:
    assert problems(RULE, service(before), service(after), platform=platform) == []


@pytest.mark.parametrize(("before", "after", "platform"), OUT_OF_SIGHT)
def test_what_the_manifests_do_not_show_is_undecided(before: str, after: str, platform: str) -> None:
    (found,) = problems(RULE, service(before), service(after), platform=platform)
    assert isinstance(found, Undecided)


def test_moving_from_ranges_to_security_groups_is_silent() -> None:
    found = problems(RULE, service(f"{LBC} ranges={OFFICE}"), service(f"{LBC} {AWS}security-groups=sg-1"), platform="eks")
    assert not any(isinstance(one, Problem) for one in found)


ON_INGRESS = [
    ("alb", f"alb {ALB}scheme=internet-facing", "error", "from the internet"),
    (f"alb {ALB}scheme=internal", f"alb {ALB}scheme=internet-facing", "error", "from the internet"),
    (
        "- kubernetes.io/ingress.class=gce-internal",
        "- kubernetes.io/ingress.class=gce",
        "error",
        "from the internet",
    ),
    (
        f"alb {ALB}scheme=internet-facing {ALB}inbound-cidrs={OFFICE}",
        f"alb {ALB}scheme=internet-facing",
        "error",
        "`inbound-cidrs` allows every client",
    ),
    (
        f"alb {ALB}scheme=internet-facing {ALB}inbound-cidrs={OFFICE}",
        f"alb {ALB}scheme=internet-facing {ALB}inbound-cidrs=198.51.0.0/16",
        "note",
        "could not before: '198.51.0.0/16'",
    ),
    # catalogs/annotations: allow lists of the products, whose `open_values` keep nobody out
    (f"nginx {NGINX}whitelist-source-range={OFFICE}", "nginx", "warning", "Ingress default/web no longer restricts its clients"),
    (f"nginx {NGINX}whitelist-source-range={OFFICE}", f"nginx {NGINX}whitelist-source-range=0.0.0.0/0", "warning", "allows every client"),
    (
        f"nginx {NGINX}allowlist-source-range={OFFICE}",
        f"nginx {NGINX}allowlist-source-range={OFFICE},~203.0.113.7",
        "note",
        "'203.0.113.7'",
    ),
]


@pytest.mark.parametrize(("before", "after", "severity", "said"), ON_INGRESS)
def test_ingress_lets_in_more(before: str, after: str, severity: str, said: str) -> None:
    (problem,) = problems(RULE, ingress(before), ingress(after), INGRESS)
    assert isinstance(problem, Problem)
    assert said in words_of(problem)
    assert (problem.severity or "error") == severity


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("alb", f"alb {ALB}scheme=internal"),
        ("nginx", "traefik"),
        ("nginx", "nginx x=y"),
        (f"nginx {NGINX}whitelist-source-range={OFFICE}", f"nginx {NGINX}allowlist-source-range={OFFICE}"),
        (f"nginx {NGINX}denylist-source-range={OFFICE}", "nginx"),
        (f"haproxy haproxy.org/allow-list={OFFICE}", "haproxy haproxy.org/allow-list=patterns/offices"),
        (f"traefik {NGINX}whitelist-source-range={OFFICE}", "traefik"),
    ],
)
def test_ingress_lets_in_no_more(before: str, after: str) -> None:
    assert not any(isinstance(one, Problem) for one in problems(RULE, ingress(before), ingress(after), INGRESS))


def test_scheme_of_the_group_was_public_before() -> None:
    other = ingress(f"alb {ALB}group.name=a {ALB}scheme=internet-facing", name="other") + "---\n"
    before, after = ingress(f"alb {ALB}group.name=a"), ingress(f"alb {ALB}group.name=a {ALB}scheme=internet-facing")
    assert problems(RULE, other + before, other + after, INGRESS) == []


def test_ingresses_behind_a_proxy_are_not_told_one_by_one() -> None:
    controller = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: ingress-nginx-controller}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: controller, image: registry.k8s.io/ingress-nginx/controller:v1.13.0}]}
---
"""
    before = controller + service(f"{LB} {GKE_INTERNAL}") + "---\n" + ingress("nginx", name="app")
    after = controller + service(LB) + "---\n" + ingress("nginx", name="app")
    (problem,) = problems(RULE, before, after, ("Service", *INGRESS), platform="gke")
    assert isinstance(problem, Problem)
    assert "Service default/web" in words_of(problem)


def test_scheme_of_class_parameters_is_told_once() -> None:
    text = "apiVersion: elbv2.k8s.aws/v1beta1\nkind: IngressClassParams\nmetadata: {{name: shared}}\nspec: {{scheme: {}}}\n"
    (problem,) = problems(RULE, text.format("internal"), text.format("internet-facing"), ("IngressClassParams.elbv2.k8s.aws",))
    assert isinstance(problem, Problem)
    assert problem.path == ("spec", "scheme")
    assert problems(RULE, text.format("internet-facing"), text.format("internal"), ("IngressClassParams.elbv2.k8s.aws",)) == []


GATEWAY = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge}}
spec:
  gatewayClassName: {}
  listeners: [{{name: http, port: 80, protocol: HTTP}}]
"""


def test_gateway_gets_a_public_class() -> None:
    types = ("Gateway.gateway.networking.k8s.io",)
    before, after = GATEWAY.format("gke-l7-rilb"), GATEWAY.format("gke-l7-global-external-managed")
    (problem,) = problems(RULE, before, after, types)
    assert isinstance(problem, Problem)
    assert problem.path == ("spec", "gatewayClassName")
    assert problems(RULE, after, before, types) == []


@pytest.mark.parametrize(
    "odd",
    [
        "spec: {type: [LoadBalancer], loadBalancerSourceRanges: {a: b}}",
        "spec: {type: LoadBalancer, loadBalancerSourceRanges: [1, {a: b}, null]}",
        "spec: []",
        "spec: {type: LoadBalancer, loadBalancerIP: 10, externalIPs: 7}",
    ],
)
@pytest.mark.parametrize("rule", [RULE, "load-balancer-replaced", "load-balancer-change-ignored", "load-balancer-released"])
def test_odd_yaml_breaks_nothing(rule: str, odd: str) -> None:
    sound = service(f"{LB} ranges={OFFICE} {GKE_INTERNAL}")
    broken = (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: web, annotations: {{{GKE_INTERNAL.partition('=')[0]}: [true], a: 1}}}}\n{odd}\n"
    )
    for before, after in ((sound, broken), (broken, sound), (broken, broken)):
        assert problems(rule, before, after, platform="gke") is not None


def test_without_a_revision_before_nothing_is_said() -> None:
    from k8slblint.checks.exposure_widened import check

    assert run(check, graph(service(LB), platform="gke")) == []
