"""Which changes a load balancer that exists does not take over, provider by provider."""

import pytest

from k8slblint.model.rule import Problem
from tests.revisions import ingress, problems, service
from tests.texts import words_of

RULE = "load-balancer-change-ignored"
AWS = "service.beta.kubernetes.io/aws-load-balancer-"
ALB = "alb.ingress.kubernetes.io/"
INGRESS = ("Ingress.networking.k8s.io",)
LB = "LoadBalancer"
LBC = f"{LB} class=service.k8s.aws/nlb"
PUBLIC = f"{LBC} {AWS}scheme=internet-facing"
HETZNER = "load-balancer.hetzner.cloud/"
ALIBABA = "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-"
OCI = "service.beta.kubernetes.io/oci-load-balancer-"
DO = "service.beta.kubernetes.io/do-loadbalancer-"

ONLY_AT_CREATION = "only when it provisions a load balancer"

IGNORED = [
    # docs/guide/service/annotations.md, load_balancer_manager.go (kubernetes-sigs/aws-load-balancer-controller 225f4456)
    (f"{LBC} {AWS}name=a", f"{LBC} {AWS}name=b", "eks", ONLY_AT_CREATION),
    (LBC, f"{LBC} {AWS}name=b", "eks", "was not set"),
    (f"{PUBLIC} {AWS}eip-allocations=eipalloc-a", f"{PUBLIC} {AWS}eip-allocations=eipalloc-b", "eks", ONLY_AT_CREATION),
    (f"{PUBLIC} {AWS}eip-allocations=eipalloc-a", PUBLIC, "eks", "the existing one does not change"),
    (f"{LBC} {AWS}private-ipv4-addresses=10.0.0.1", f"{LBC} {AWS}private-ipv4-addresses=10.0.0.2", "eks", ONLY_AT_CREATION),
    (PUBLIC, LBC, "eks", "it stays internet-facing, and only a recreated one will be internal"),  # getExistingLoadBalancerScheme
    (f"{LBC} {AWS}attributes=deletion_protection.enabled=true", LBC, "eks", "applies only settings that are written"),
    (
        f"{LBC} {AWS}attributes=load_balancing.cross_zone.enabled=true,access_logs.s3.enabled=false",
        f"{LBC} {AWS}attributes=access_logs.s3.enabled=false",
        "eks",
        "was 'load_balancing.cross_zone.enabled=true'",
    ),
    (f"{LBC} {AWS}minimum-load-balancer-capacity=CapacityUnits=3000", LBC, "eks", "Set the default value explicitly"),
    (f"{LBC} {AWS}listener-attributes.TCP-80=tcp.idle_timeout.seconds=600", LBC, "eks", "keeps the old value"),
    # pkg/providers/v1/aws.go EnsureLoadBalancer (kubernetes/cloud-provider-aws 63ec440c): the scheme of a live one is never changed
    (f"{LB} {AWS}type=nlb {AWS}internal=true", f"{LB} {AWS}type=nlb", "eks", "it stays internal, and only a recreated one"),
    (LB, f"{LB} {AWS}internal=true", "eks", "it stays internet-facing"),
    # docs of hetznercloud/hcloud-cloud-controller-manager, digitalocean-cloud-controller-manager, linode-cloud-controller-manager
    (f"{LB} {HETZNER}location=fsn1", f"{LB} {HETZNER}location=nbg1", "hetzner", ONLY_AT_CREATION),
    (f"{LB} {DO}ip=203.0.113.1", f"{LB} {DO}ip=203.0.113.2", "digitalocean", ONLY_AT_CREATION),
    # oracle/oci-cloud-controller-manager docs/load-balancer-annotations.md; cloud-provider-alibaba-cloud clbv1/loadbalancer.go
    (f"{LB} {OCI}internal=true", f"{LB} {OCI}internal=false", "oci", "refuses to change this"),
    (f"{LB} {ALIBABA}address-type=intranet", LB, "alibaba", "refuses to change this"),
    (f"{LB} {ALIBABA}master-zoneid=a", f"{LB} {ALIBABA}master-zoneid=b", "alibaba", "refuses to change this"),
]

SILENT = [
    (f"{LBC} {AWS}name=a", f"{LBC} {AWS}scheme=internet-facing {AWS}name=b", "eks"),  # built anew anyway: the name arrives
    (f"{PUBLIC} {AWS}eip-allocations=eipalloc-a {AWS}subnets=a", f"{PUBLIC} {AWS}eip-allocations=eipalloc-b {AWS}subnets=b", "eks"),
    (f"{PUBLIC} {AWS}eip-allocations=eipalloc-a,eipalloc-b", f"{PUBLIC} {AWS}eip-allocations=eipalloc-b,eipalloc-a", "eks"),
    (f"{LBC} {AWS}attributes=deletion_protection.enabled=false", LBC, "eks"),  # that was the default
    (f"{LBC} {AWS}attributes=access_logs.s3.bucket=a", LBC, "eks"),  # has no default of its own
    (f"{LBC} {AWS}attributes=deletion_protection.enabled=true", f"{LBC} {AWS}attributes=deletion_protection.enabled=false", "eks"),
    (LBC, f"{LBC} {AWS}attributes=deletion_protection.enabled=true", "eks"),
    (LBC, f"{LBC} {AWS}scheme=internal", "eks"),
    (f"{LBC} {AWS}scheme=internal", LBC, "eks"),
    (f"{LB} {AWS}internal=0.0.0.0/0", f"{LB} {AWS}internal=true", "eks"),
    (f"ClusterIP {HETZNER}location=fsn1", f"{LB} {HETZNER}location=nbg1", "hetzner"),
    (f"{LB} {HETZNER}location=fsn1", f"ClusterIP {HETZNER}location=nbg1", "hetzner"),
    (f"{LB} {HETZNER}name=a", f"{LB} {HETZNER}name=b", "hetzner"),
    (f"{LB} {DO}algorithm=round_robin", f"{LB} {DO}algorithm=least_connections", "linode"),  # nobody here reads it
    (LB, f"{LB} {ALIBABA}address-type=internet", "alibaba"),
    (f"{LB} service.kubernetes.io/firewall-rule=a", f"{LB} service.kubernetes.io/firewall-rule=b", "gke"),  # written by the controller
    (
        f"{LB} {AWS}type=nlb {AWS}eip-allocations=eipalloc-a",
        f"{LB} {AWS}eip-allocations=eipalloc-b",
        "eks",
    ),  # aws-load-balancer-type-mutated
]

ON_ALB = [
    (f"alb {ALB}load-balancer-name=a", f"alb {ALB}load-balancer-name=b", ONLY_AT_CREATION),
    (f"alb {ALB}load-balancer-attributes=idle_timeout.timeout_seconds=600", "alb", "applies only settings that are written"),
    (f"alb {ALB}mutual-authentication=[]", "alb", "Set the default value explicitly"),
    (f"alb {ALB}customer-owned-ipv4-pool=a", f"alb {ALB}customer-owned-ipv4-pool=b", "refuses to change this"),
]


@pytest.mark.parametrize(("before", "after", "platform", "said"), IGNORED)
def test_load_balancer_stays_as_it_is(before: str, after: str, platform: str, said: str) -> None:
    (problem,) = problems(RULE, service(before), service(after), platform=platform)
    assert isinstance(problem, Problem)
    assert said in words_of(problem)
    rests_on_default = LBC in (before, after) and "scheme=" in before + after  # a flag of the controller may change it
    assert problem.confidence == ("medium" if rests_on_default else "high")


@pytest.mark.parametrize(("before", "after", "platform"), SILENT)
def test_nothing_is_ignored(before: str, after: str, platform: str) -> None:
    assert problems(RULE, service(before), service(after), platform=platform) == []


@pytest.mark.parametrize(("before", "after", "said"), ON_ALB)
def test_alb_stays_as_it_is(before: str, after: str, said: str) -> None:
    (problem,) = problems(RULE, ingress(before), ingress(after), INGRESS, platform="eks")
    assert isinstance(problem, Problem)
    assert said in words_of(problem)


def test_problem_stands_at_the_annotation_or_at_what_is_left_of_them() -> None:
    (changed,) = problems(RULE, service(f"{LBC} {AWS}name=a"), service(f"{LBC} {AWS}name=b"), platform="eks")
    (left,) = problems(RULE, service(f"{LBC} {AWS}name=a x=y"), service(f"{LBC} x=y"), platform="eks")
    (gone,) = problems(RULE, service(f"{LBC} {AWS}name=a"), service(LBC), platform="eks")
    assert [found.path for found in (changed, left, gone)] == [
        ("metadata", "annotations", f"{AWS}name"),
        ("metadata", "annotations"),
        ("metadata", "name"),
    ]
