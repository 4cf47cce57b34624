"""When a Service gives up its load balancer, where that is told, and what keeps it."""

import pytest

from k8slblint.engine import Sources
from k8slblint.model.finding import Finding
from k8slblint.model.rule import Problem
from tests.linting import findings, lint, scoped, source_file
from tests.revisions import problems, service
from tests.texts import words_of

RULE = "load-balancer-released"
AWS = "service.beta.kubernetes.io/aws-load-balancer-"
LB = "LoadBalancer"
LBC = f"{LB} class=service.k8s.aws/nlb"
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web}]}
"""

BROKEN = "apiVersion: v1\nkind: Service\nmetadata: {name: ["

RELEASED = [
    # kubernetes/cloud-provider 46666112 syncLoadBalancerIfNeeded: the load balancer goes with the type
    (LB, "ClusterIP", "gke", "deletes the load balancer, and the address may go to another user"),
    (LB, "NodePort", "aks", "was LoadBalancer, becomes NodePort"),
    (f"{LB} {AWS}type=nlb", f"ClusterIP {AWS}type=nlb", "eks", "cloud-provider-aws"),
    (f"{LB} {AWS}internal=true", "ClusterIP", "eks", "deletes the load balancer"),
    (LBC, "ClusterIP", "eks", "AWS Load Balancer Controller"),
    (f"{LBC} {AWS}attributes=deletion_protection.enabled=true", "NodePort", "eks", "Deletion protection makes that fail"),
    (f"{LB} metallb.io/address-pool=a", "ClusterIP", "bare-metal", "takes back the address"),
    (LB, "ClusterIP", "unknown", "The controller deletes the load balancer"),
]

NOTHING = [
    (f"{LB} {AWS}type=nlb", "ClusterIP", "eks"),  # leaks instead: aws-load-balancer-type-mutated
    (f"{LB} {AWS}type=external {AWS}nlb-target-type=ip", f"NodePort {AWS}type=external {AWS}nlb-target-type=ip", "eks"),  # LBC keeps it
    (f"{LB} {AWS}type=external {AWS}nlb-target-type=ip", f"ClusterIP {AWS}type=external {AWS}nlb-target-type=ip", "eks"),
    (f"{LB} {AWS}type=external", f"ClusterIP {AWS}type=external", "eks"),  # nobody had made one
    ("NodePort", "ClusterIP", "gke"),
    ("ClusterIP", LB, "gke"),
    (LB, LB, "gke"),
]


@pytest.mark.parametrize(("before", "after", "platform", "said"), RELEASED)
def test_change_of_type_gives_up_the_load_balancer(before: str, after: str, platform: str, said: str) -> None:
    (problem,) = problems(RULE, service(before), service(after), platform=platform)
    assert isinstance(problem, Problem)
    assert problem.path == ("spec", "type")
    assert said in words_of(problem)
    assert problem.confidence == ("medium" if platform in ("unknown", "bare-metal") else "high")


@pytest.mark.parametrize(("before", "after", "platform"), NOTHING)
def test_nothing_is_given_up(before: str, after: str, platform: str) -> None:
    assert problems(RULE, service(before), service(after), platform=platform) == []


KEPT = [
    (f"{LB} service.kubernetes.io/do-loadbalancer-disown=true", "ClusterIP", "digitalocean"),
    (f"{LB} loadbalancer.openstack.org/keep-floatingip=true", "ClusterIP", "openstack"),
    (f"{LB} service.beta.kubernetes.io/linode-loadbalancer-preserve=true", "ClusterIP", "linode"),
    (f"{LB} service.cloud.tencent.com/mode=skip", "ClusterIP", "tencent"),
    (f"{LB} service.kubernetes.io/ibm-load-balancer-cloud-provider-vpc-lb-name=a", "ClusterIP", "ibm"),
]


@pytest.mark.parametrize(("before", "after", "platform"), KEPT)
def test_what_an_annotation_keeps_stays_and_is_billed(before: str, after: str, platform: str) -> None:
    (problem,) = problems(RULE, service(before), service(after), platform=platform)
    assert isinstance(problem, Problem)
    assert "stays billed until a user deletes it" in words_of(problem)


@pytest.mark.parametrize("value", ["false", ""])
def test_annotation_that_does_not_keep_it_says_nothing(value: str) -> None:
    disown = f"{LB} service.kubernetes.io/do-loadbalancer-disown={value}"
    (problem,) = problems(RULE, service(disown), service("ClusterIP"), platform="digitalocean")
    assert isinstance(problem, Problem)
    assert "billed" not in words_of(problem)


@pytest.mark.parametrize("environment", ["local", "ci", "test", "development"])
def test_environments_without_clients_give_up_nothing(environment: str) -> None:
    assert problems(RULE, service(LB), service("ClusterIP"), environment=environment) == []


def released(before: dict[str, str], after: dict[str, str], **scope: str) -> list[Finding]:
    """The findings of the rule between two trees."""
    return findings(after, RULE, before=before, config=scoped(platform="gke", **scope))


def test_rename_is_told_at_the_new_name() -> None:
    (found,) = released({"a.yaml": service(LB)}, {"a.yaml": service(LB, name="web-public")})
    assert found.location.span.line == 4
    assert "Service default/web-public replaces Service default/web and its load balancer" in words_of(found)
    assert found.related[0].message == "Service default/web was here."


def test_rename_into_another_file_is_told_there() -> None:
    (found,) = released({"a.yaml": service(LB)}, {"b.yaml": service(LB, name="web-public")})
    assert found.location.path == "b.yaml"


def test_move_to_another_namespace_is_told() -> None:
    moved = service(LB).replace("  name: web\n", "  name: web\n  namespace: edge\n")
    (found,) = released({"a.yaml": service(LB)}, {"a.yaml": moved})
    assert found.field == ("metadata", "name")
    assert "a new namespace, so a new Service" in words_of(found)


def test_rename_with_other_pods_is_a_removal() -> None:
    other = service(LB, name="shop").replace("app: web", "app: shop")
    (found,) = released({"a.yaml": service(LB)}, {"a.yaml": other})
    assert "is removed" in words_of(found)
    assert (found.location.path, found.location.span.line) == ("a.yaml", 1)


def test_removal_is_told_where_the_file_is_gone_too() -> None:
    (found,) = released({"a.yaml": service(LB), "b.yaml": DEPLOYMENT}, {"b.yaml": DEPLOYMENT})
    assert found.location.path == "a.yaml"
    assert found.severity == "warning"
    assert found.resource is not None
    assert found.resource.name == "web"


def test_removal_together_with_the_workloads_is_a_note() -> None:
    other = service("ClusterIP", name="other")
    (found,) = released({"a.yaml": service(LB), "b.yaml": DEPLOYMENT, "c.yaml": other}, {"c.yaml": other})
    assert found.severity == "note"
    assert "and the workloads behind it are removed" in words_of(found)


def test_second_step_of_the_safe_sequence_is_silent() -> None:
    second = service(LB, name="web-2")
    assert released({"a.yaml": service(LB), "b.yaml": second}, {"b.yaml": second}) == []


@pytest.mark.parametrize("after", [{"b.yaml": service(LB)}, {"k8s/web/a.yaml": service(LB)}])
def test_move_to_another_file_gives_up_nothing(after: dict[str, str]) -> None:
    assert released({"a.yaml": service(LB)}, after) == []


def test_removal_is_undecided_where_a_changed_file_cannot_be_read() -> None:
    sources = Sources(
        files=[source_file("b.yaml", BROKEN), source_file("c.yaml", DEPLOYMENT)],
        before=[source_file("a.yaml", service(LB))],
        changed_paths=frozenset({"a.yaml", "b.yaml"}),
    )
    report, _ = lint(sources, scoped(platform="gke"))
    assert [found for found in report.findings if found.rule == RULE] == []
    assert [undecided.count for undecided in report.completeness.undecided if undecided.rule == RULE] == [1]


def test_removal_has_medium_confidence_where_something_cannot_be_read() -> None:
    before = {"a.yaml": service(LB), "b.yaml": BROKEN, "c.yaml": DEPLOYMENT}
    (found,) = released(before, {"b.yaml": BROKEN, "c.yaml": DEPLOYMENT})
    assert found.confidence == "medium"


def test_services_of_a_live_cluster_that_no_manifest_has_are_not_removed() -> None:
    live = service(LB).replace("metadata:\n", "metadata:\n  uid: a\n  resourceVersion: '1'\n")
    assert released({"dump.yaml": live}, {"b.yaml": DEPLOYMENT}) == []


def test_same_service_in_two_clusters_is_told_for_the_one_that_loses_it() -> None:
    before = {"clusters/a/web.yaml": service(LB), "clusters/b/web.yaml": service(LB), "clusters/a/d.yaml": DEPLOYMENT}
    after = {"clusters/b/web.yaml": service(LB), "clusters/a/d.yaml": DEPLOYMENT}
    (found,) = released(before, after)
    assert found.location.path == "clusters/a/web.yaml"
