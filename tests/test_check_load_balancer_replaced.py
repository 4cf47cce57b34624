"""Which changes have a load balancer built anew, provider by provider, and which values mean the same."""

import pytest

from k8slblint.checks.load_balancer_replaced import check
from k8slblint.model.rule import Problem, Undecided
from tests.builders import graph_of, resources, run
from tests.revisions import ingress, problems, service
from tests.texts import words_of

RULE = "load-balancer-replaced"
AWS = "service.beta.kubernetes.io/aws-load-balancer-"
AZURE = "service.beta.kubernetes.io/azure-"
ALB = "alb.ingress.kubernetes.io/"
INGRESS = ("Ingress.networking.k8s.io",)
LB = "LoadBalancer"
LBC = f"{LB} class=service.k8s.aws/nlb"
AUTO = f"{LB} class=eks.amazonaws.com/nlb"

REPLACED = [
    # load_balancer_synthesizer.go isSDKLoadBalancerRequiresReplacement (kubernetes-sigs/aws-load-balancer-controller 225f4456)
    (f"{LBC} {AWS}scheme=internal", f"{LBC} {AWS}scheme=internet-facing", "eks", "provisions another, which is internet-facing"),
    (f"{LBC} {AWS}scheme=internet-facing", f"{LBC} {AWS}scheme=internal", "eks", "provisions another, which is internal"),
    (LBC, f"{LBC} {AWS}scheme=internet-facing", "eks", "was not set"),
    (f"{LBC} {AWS}internal=true", f"{LBC} {AWS}internal=false", "eks", "internet-facing"),
    (f"{LBC} {AWS}internal=true", f"{LBC} {AWS}scheme=internet-facing", "eks", "internet-facing"),
    (f"{AUTO} {AWS}scheme=internal", f"{AUTO} {AWS}scheme=internet-facing", "eks", "EKS Auto Mode"),
    # providers/gce/gce_loadbalancer.go EnsureLoadBalancer (kubernetes/cloud-provider-gcp 4e245312)
    (f"{LB} networking.gke.io/load-balancer-type=Internal", LB, "gke", "was 'Internal'"),
    (f"{LB} cloud.google.com/load-balancer-type=Internal", f"{LB} networking.gke.io/load-balancer-type=INTERNAL", "gke", "internet-facing"),
    (f"{LB} cloud.google.com/network-tier=Premium", f"{LB} cloud.google.com/network-tier=Standard", "gke", "assigns another"),
    (f"{LB} networking.gke.io/load-balancer-subnet=a", f"{LB} networking.gke.io/load-balancer-subnet=b", "gke", "assigns another"),
    (f"{LB} ip=203.0.113.1", f"{LB} ip=203.0.113.2", "gke", "gets another address\nwas '203.0.113.1'"),
    # pkg/provider/azure_loadbalancer.go reconcileService, isFrontendIPChanged (kubernetes-sigs/cloud-provider-azure 7b31c76c)
    (f"{LB} {AZURE}load-balancer-internal=true", LB, "aks", "assigns another, which is internet-facing"),
    (f"{LB} {AZURE}load-balancer-internal=true", f"{LB} {AZURE}load-balancer-internal=True", "aks", "which is internet-facing"),
    (
        f"{LB} {AZURE}load-balancer-internal=true {AZURE}load-balancer-internal-subnet=a",
        f"{LB} {AZURE}load-balancer-internal=true {AZURE}load-balancer-internal-subnet=b",
        "aks",
        "assigns another",
    ),
    (f"{LB} {AZURE}pip-name=a", f"{LB} {AZURE}pip-name=b", "aks", "assigns another"),
    # controller/service.go (metallb/metallb 7938d3f8)
    (
        f"{LB} metallb.io/address-pool=a",
        f"{LB} metallb.io/address-pool=b",
        "bare-metal",
        "MetalLB releases the address",
    ),
    (f"{LB} metallb.io/loadBalancerIPs=10.0.0.1", f"{LB} metallb.io/loadBalancerIPs=10.0.0.2", "bare-metal", "assigns another"),
    (f"{LB} metallb.universe.tf/address-pool=a", f"{LB} metallb.io/address-pool=b", "bare-metal", "assigns another"),
    # docs/loadbalancer-annotations.md (scaleway/scaleway-cloud-controller-manager bddc17f); ovh/docs, managed_kubernetes
    (
        f"{LB} service.beta.kubernetes.io/scw-loadbalancer-ip-ids=a",
        f"{LB} service.beta.kubernetes.io/scw-loadbalancer-ip-ids=b",
        "scaleway",
        "deletes the load balancer and provisions another",
    ),
    (f"{LB} loadbalancer.ovhcloud.com/class=iolb", f"{LB} loadbalancer.ovhcloud.com/class=octavia", "openstack", "provisions another"),
]

SAME = [
    (f"{LBC} {AWS}scheme=internal", LBC, "eks"),  # the scheme of the live NLB stays (buildModel, getExistingLoadBalancerScheme)
    (f"{LBC} {AWS}scheme=internet-facing", LBC, "eks"),
    (LBC, f"{LBC} {AWS}scheme=internal", "eks"),  # the default, written out
    (f"{LBC} {AWS}internal=true", f"{LBC} {AWS}scheme=internal", "eks"),
    (f"{LBC} {AWS}internal=true", f"{LBC} {AWS}internal=1", "eks"),  # strconv.ParseBool
    (f"{LB} {AWS}internal=0.0.0.0/0", f"{LB} {AWS}internal=true", "eks"),  # any text but "" and "false" is internal to the CCM
    (f"{LB} {AWS}internal=true", LB, "eks"),  # the CCM never changes a scheme: load-balancer-change-ignored
    (f"{LBC} {AWS}nlb-target-type=instance", f"{LBC} {AWS}nlb-target-type=ip", "eks"),  # the target group only
    (f"{LBC} {AWS}backend-protocol=tcp", f"{LBC} {AWS}backend-protocol=ssl", "eks"),
    (f"{LB} {AWS}type=nlb", f"{LB} {AWS}type=nlb-ip {AWS}scheme=internal", "eks"),  # aws-load-balancer-type-mutated
    (LBC, f"{AUTO} {AWS}scheme=internet-facing", "eks"),  # service-update-rejected
    (f"{LB} cloud.google.com/load-balancer-type=Internal", f"{LB} networking.gke.io/load-balancer-type=Internal", "gke"),
    (f"{LB} networking.gke.io/load-balancer-type=Internal", f"{LB} networking.gke.io/load-balancer-type=internal", "gke"),
    (LB, f"{LB} networking.gke.io/load-balancer-type=External", "gke"),
    (LB, f"{LB} cloud.google.com/network-tier=Premium", "gke"),  # the default, unless the project has another
    (LB, f"{LB} networking.gke.io/load-balancer-subnet=default", "gke"),  # perhaps the one in use
    (f"{LB} networking.gke.io/internal-load-balancer-subnet=a", f"{LB} networking.gke.io/load-balancer-subnet=a", "gke"),
    (
        f"{LB} networking.gke.io/load-balancer-ip-addresses=a,b",
        f"{LB} networking.gke.io/load-balancer-ip-addresses=b,~a",
        "gke",
    ),
    (LB, f"{LB} ip=203.0.113.1", "gke"),  # an address that is written down may be the one in use
    (LB, f"{LB} {AZURE}load-balancer-internal=false", "aks"),
    (f"{LB} {AZURE}load-balancer-internal-subnet=Apps", f"{LB} {AZURE}load-balancer-internal-subnet=apps", "aks"),  # strings.EqualFold
    (f"{LB} ip=10.0.0.1", f"{LB} metallb.io/loadBalancerIPs=10.0.0.1", "bare-metal"),
    (LB, f"{LB} metallb.io/address-pool=a", "bare-metal"),
    (f"{LB} metallb.io/loadBalancerIPs=10.0.0.1", LB, "bare-metal"),  # the address stays
    (f"{LB} metallb.universe.tf/address-pool=a", f"{LB} metallb.io/address-pool=a", "bare-metal"),
    (f"{LB} metallb.io/loadBalancerIPs=10.0.0.1,10.0.0.2", f"{LB} metallb.io/loadBalancerIPs=10.0.0.2,10.0.0.1", "bare-metal"),
    (LB, f"{LB} loadbalancer.ovhcloud.com/class=octavia", "openstack"),  # the default of newer clusters
    (f"{LB} loadbalancer.ovhcloud.com/class=iolb", "ClusterIP loadbalancer.ovhcloud.com/class=octavia", "openstack"),
    (f"ClusterIP {AWS}scheme=internal", f"{LBC} {AWS}scheme=internet-facing", "eks"),  # nothing existed
    (f"{LBC} {AWS}scheme=internal", f"{LBC} {AWS}scheme=Internet-Facing", "eks"),  # refused, not replaced
]


@pytest.mark.parametrize(("before", "after", "platform", "said"), REPLACED)
def test_load_balancer_is_built_anew(before: str, after: str, platform: str, said: str) -> None:
    (problem,) = problems(RULE, service(before), service(after), platform=platform)
    assert isinstance(problem, Problem)
    assert said in words_of(problem)
    assert "then delete this one unchanged" in words_of(problem)
    rests_on_default = LBC in (before, after) and "scheme=" in before + after  # a flag of the controller may change it
    assert problem.confidence == ("medium" if platform == "bare-metal" or rests_on_default else "high")


@pytest.mark.parametrize(("before", "after", "platform"), SAME)
def test_load_balancer_stays(before: str, after: str, platform: str) -> None:
    assert problems(RULE, service(before), service(after), platform=platform) == []


def test_what_is_only_inferred_has_low_confidence() -> None:
    key = "service.beta.kubernetes.io/azure-load-balancer-resource-group"
    (problem,) = problems(RULE, service(f"{LB} {key}=one"), service(f"{LB} {key}=two"), platform="aks")
    assert isinstance(problem, Problem)
    assert problem.confidence == "low"


def test_platform_told_by_a_key_alone_has_medium_confidence() -> None:
    key = "networking.gke.io/load-balancer-type"
    (problem,) = problems(RULE, service(f"{LB} {key}=Internal"), service(f"{LB} {key}=External"))
    assert isinstance(problem, Problem)
    assert problem.confidence == "medium"


def test_unknown_owner_is_undecided() -> None:
    both = f"{AZURE}load-balancer-internal=true"
    mixed = f"{LB} {both} {AWS}scheme=internal"
    (found,) = problems(RULE, service(mixed), service(f"{mixed} {AZURE}pip-name=a"))
    assert isinstance(found, Undecided)


def test_placeholder_is_no_change() -> None:
    key = "metallb.io/address-pool"
    found = problems(RULE, service(f"{LB} {key}=${{POOL}}"), service(f"{LB} {key}=b"), platform="bare-metal")
    assert not any(isinstance(one, Problem) for one in found)


ON_ALB = [
    (f"alb {ALB}scheme=internal", f"alb {ALB}scheme=internet-facing", "which is internet-facing"),
    (f"alb {ALB}scheme=internet-facing", "alb", "was 'internet-facing'"),
    (f"alb {ALB}group.name=a", f"alb {ALB}group.name=b", "moves the rules of this Ingress to another load balancer"),
    ("alb", f"alb {ALB}group.name=b", "moves the rules of this Ingress to another load balancer"),
    (f"alb {ALB}group.name=a", "alb", "moves the rules of this Ingress to another load balancer"),
    ("alb", "traefik", "Traefik serves it at another address"),
    ("alb", "nginx", "deletes what it provisioned for this Ingress"),
    ("- kubernetes.io/ingress.class=gce", "- kubernetes.io/ingress.class=gce-internal", "which is internal"),
    (
        "- kubernetes.io/ingress.class=gce kubernetes.io/ingress.global-static-ip-name=a",
        "- kubernetes.io/ingress.class=gce kubernetes.io/ingress.global-static-ip-name=b",
        "assigns another",
    ),
]

ALB_STAYS = [
    ("alb", f"alb {ALB}scheme=internal"),
    (f"alb {ALB}target-type=instance", f"alb {ALB}target-type=ip"),
    ("alb", "- kubernetes.io/ingress.class=alb"),
    ("nginx", "- kubernetes.io/ingress.class=nginx"),
    ("nginx", "nginx-internal"),
    ("traefik", "company-edge"),
    (f"alb {ALB}group.order=1", f"alb {ALB}group.order=2"),
    (f"alb {ALB}certificate-arn=a", f"alb {ALB}certificate-arn=b"),
]


@pytest.mark.parametrize(("before", "after", "said"), ON_ALB)
def test_ingress_gets_another_load_balancer(before: str, after: str, said: str) -> None:
    (problem,) = problems(RULE, ingress(before), ingress(after), INGRESS)
    assert isinstance(problem, Problem)
    assert said in words_of(problem)
    assert "second Ingress" in words_of(problem)


@pytest.mark.parametrize(("before", "after"), ALB_STAYS)
def test_ingress_keeps_its_load_balancer(before: str, after: str) -> None:
    assert problems(RULE, ingress(before), ingress(after), INGRESS) == []


PARAMETERS = """\
apiVersion: elbv2.k8s.aws/v1beta1
kind: IngressClassParams
metadata: {{name: shared}}
spec:
  scheme: {scheme}
  group: {{name: {group}}}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {{name: shared}}
spec:
  controller: ingress.k8s.aws/alb
  parameters: {{apiGroup: elbv2.k8s.aws, kind: IngressClassParams, name: shared}}
---
"""


@pytest.mark.parametrize(
    ("scheme", "group", "said"), [("internet-facing", "a", "each load balancer of this class"), ("internal", "b", "moves")]
)
def test_parameters_of_a_class_are_told_once_and_not_for_each_ingress(scheme: str, group: str, said: str) -> None:
    before = PARAMETERS.format(scheme="internal", group="a") + ingress("shared")
    after = PARAMETERS.format(scheme=scheme, group=group) + ingress("shared")
    (problem,) = problems(RULE, before, after, ("IngressClassParams.elbv2.k8s.aws", *INGRESS))
    assert isinstance(problem, Problem)
    assert said in words_of(problem)
    assert "second IngressClass" in words_of(problem)


def test_group_of_the_class_decides_instead_of_the_annotation() -> None:
    parameters = PARAMETERS.format(scheme="internal", group="a")
    before, after = ingress(f"shared {ALB}group.name=b"), ingress(f"shared {ALB}group.name=c")
    assert problems(RULE, parameters + before, parameters + after, INGRESS) == []


def test_scheme_of_the_group_is_that_of_its_other_member() -> None:
    other = ingress(f"alb {ALB}group.name=a {ALB}scheme=internet-facing", name="other") + "---\n"
    before, after = ingress(f"alb {ALB}group.name=a"), ingress(f"alb {ALB}group.name=a {ALB}scheme=internet-facing")
    assert problems(RULE, other + before, other + after, INGRESS) == []


def test_class_in_a_file_that_did_not_change_tells_the_owner_of_before_too() -> None:
    classes = resources(PARAMETERS.format(scheme="internal", group="a").partition("---\n")[2].replace("parameters:", "x:"), "classes.yaml")
    old, new = (resources(ingress(f"shared {ALB}scheme={scheme}"), "web.yaml") for scheme in ("internal", "internet-facing"))
    linted = graph_of([*classes, *new], base_part=graph_of(old), changed_paths=frozenset({"web.yaml"}))
    (problem,) = run(check, linted, INGRESS)
    assert isinstance(problem, Problem)
    assert "AWS Load Balancer Controller" in words_of(problem)
    assert problem.confidence == "high"
