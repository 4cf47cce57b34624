"""Every change of AWS ownership between two revisions: which ones leak, replace or abandon, and which ones are safe."""

import pytest

from k8slblint.checks.aws_load_balancer_type_mutated import check
from k8slblint.model.rule import Problem, Undecided
from tests.builders import graph, graph_of, resources, run
from tests.texts import words_of

PREFIX = "service.beta.kubernetes.io/aws-load-balancer-"

LBC_CLASS = "service.k8s.aws/nlb"


def manifest(text: str) -> str:
    """Return a Service of the words of `text`: a type, `class=...`, and annotations `key=value` without their prefix."""
    service_type, *words = text.split()
    pairs = dict(word.split("=", 1) for word in words)
    load_balancer_class = pairs.pop("class", None)
    lines = ["apiVersion: v1", "kind: Service", "metadata:", "  name: web"]
    lines += ["  annotations:"] if pairs else []
    lines += [f"    {PREFIX}{key}: {value}" for key, value in pairs.items()]
    lines += ["spec:", f"  type: {service_type}", "  ports:", "  - port: 80"]
    lines += [f"  loadBalancerClass: {load_balancer_class}"] if load_balancer_class else []
    return "\n".join(lines) + "\n"


def lint(before: str, after: str, **scope: str) -> list[Problem | Undecided]:
    """Return what the check yields for a change between two Services, both written as for `manifest`."""
    return run(check, graph(manifest(after), manifest(before), **scope))


LB = "LoadBalancer"
EXTERNAL_IP = f"{LB} type=external nlb-target-type=ip"
EXTERNAL_INSTANCE = f"{LB} type=external nlb-target-type=instance"

LEAK_UNTIL_1_36 = ("before 1.36 provisions a new", "stays billed", "Version 1.36 and later refuses")
LEAK = ("never deletes", "is billed", "move DNS")
REPLACED = ("deletes its NLB", "provisions a new")

HARMFUL = [
    # Classic <-> NLB, both of cloud-provider-aws
    (LB, f"{LB} type=nlb", "ccm-classic->ccm-nlb", (*LEAK_UNTIL_1_36, "was not set", "never deletes the Classic Load Balancer")),
    (f"{LB} type=elb", f"{LB} type=nlb", "ccm-classic->ccm-nlb", (*LEAK_UNTIL_1_36, "was elb")),
    (f"{LB} type=NLB", f"{LB} type=nlb", "ccm-classic->ccm-nlb", LEAK_UNTIL_1_36),
    (f"{LB} type=nlb", LB, "ccm-nlb->ccm-classic", (*LEAK_UNTIL_1_36, "was nlb", "never deletes the NLB")),
    (f"{LB} type=nlb", f"{LB} type=classic", "ccm-nlb->ccm-classic", (*LEAK_UNTIL_1_36, "was nlb")),
    (f"{LB} type=nlb internal=x", f"{LB} internal=x", "ccm-nlb->ccm-classic", LEAK_UNTIL_1_36),
    # cloud-provider-aws -> AWS Load Balancer Controller
    (LB, EXTERNAL_IP, "ccm-classic->lbc", (*LEAK, "The new one is internal.")),
    (LB, f"{LB} type=nlb-ip", "ccm-classic->lbc", LEAK),
    (f"{LB} type=nlb", EXTERNAL_INSTANCE, "ccm-nlb->lbc", (*LEAK, "the old NLB")),
    (f"{LB} type=nlb", f"{LB} type=nlb-ip", "ccm-nlb->lbc", (*LEAK, "was nlb; now served by AWS Load Balancer Controller")),
    # cloud-provider-aws -> nobody
    (f"{LB} type=nlb", f"{LB} type=external", "ccm-nlb->nobody", ("stays billed", "no controller provisions another")),
    (LB, f"{LB} type=external nlb-target-type=IP", "ccm-classic->nobody", ("stays billed", "no controller provisions another")),
    # AWS Load Balancer Controller -> cloud-provider-aws
    (EXTERNAL_IP, LB, "lbc->ccm-classic", (*REPLACED, "new Classic Load Balancer", "internet-facing")),
    (EXTERNAL_IP, f"{LB} type=nlb", "lbc->ccm-nlb", (*REPLACED, "new NLB", "internet-facing")),
    (f"{LB} type=nlb-ip", f"{LB} type=nlb", "lbc->ccm-nlb", (*REPLACED, "was nlb-ip", "internet-facing")),
    (f"{LB} type=nlb-ip", f"{LB} type=junk", "lbc->ccm-classic", REPLACED),
    (f"{EXTERNAL_IP} scheme=internal", f"{LB} type=nlb scheme=internal", "lbc->ccm-nlb", (*REPLACED, "internet-facing")),
    # AWS Load Balancer Controller -> nobody
    (EXTERNAL_IP, f"{LB} type=external", "lbc->nobody", ("deletes its NLB", "no other controller", "was ip")),
    (EXTERNAL_IP, f"{LB} type=external nlb-target-type=IP", "lbc->nobody", ("deletes its NLB", "was ip")),
    (f"{LB} type=nlb-ip", f"{LB} type=external", "lbc->nobody", ("deletes its NLB", "was nlb-ip")),
    # nobody served it: what appears now is public
    (f"{LB} type=external", f"{LB} type=nlb", "nobody->ccm-nlb", ("No controller served", "internet-facing")),
    (f"{LB} type=external", LB, "nobody->ccm-classic", ("No controller served", "internet-facing")),
    # the type changes in the same update
    (f"{LB} type=nlb", "ClusterIP", "ccm-nlb->ccm-classic", ("its NLB stays", "later rollout")),
    (f"{LB} type=nlb", "NodePort type=elb", "ccm-nlb->ccm-classic", ("its NLB stays")),
    (f"{LB} type=nlb", "ClusterIP type=external", "ccm-nlb->nobody", ("its NLB stays",)),
    (f"{LB} type=nlb", "NodePort type=external nlb-target-type=ip", "ccm-nlb->lbc", ("its NLB stays",)),
    (LB, "ClusterIP type=nlb", "ccm-classic->ccm-nlb", ("its Classic Load Balancer stays",)),
    (LB, "ClusterIP type=nlb-ip", "ccm-classic->lbc", ("its Classic Load Balancer stays",)),
]


@pytest.mark.parametrize(("before", "after", "change", "said"), HARMFUL)
def test_harmful_change(before, after, change, said):
    (problem,) = lint(before, after)
    assert isinstance(problem, Problem)
    assert problem.discriminator == change
    assert [words for words in said if words not in words_of(problem)] == []
    assert len(words_of(problem)) < 520
    assert words_of(problem).endswith(".")
    assert "{" not in words_of(problem)


SAFE = [
    # nothing changes, or nothing that a controller tells apart
    (LB, LB),
    (f"{LB} type=nlb", f"{LB} type=nlb"),
    (LB, f"{LB} type=elb"),
    (f"{LB} type=elb", LB),
    (f"{LB} type=elb", f"{LB} type=classic"),
    (f"{LB} type=elb", f"{LB} type=NLB"),
    (f"{LB} type=nlb-ip", EXTERNAL_IP),
    (EXTERNAL_IP, f"{LB} type=nlb-ip"),
    (f"{LB} type=nlb", f"{LB} type=nlb nlb-target-type=ip"),
    (LB, f"{LB} nlb-target-type=ip"),
    (f"{LB} type=nlb internal=0.0.0.0/0", f"{LB} type=nlb internal=yes"),
    (f"{LB} type=nlb-ip nlb-target-type=instance", f"{LB} type=nlb-ip"),
    # the target group is replaced, not the load balancer
    (EXTERNAL_INSTANCE, EXTERNAL_IP),
    (EXTERNAL_IP, EXTERNAL_INSTANCE),
    # no load balancer was there
    ("ClusterIP", f"{LB} type=nlb"),
    ("NodePort type=nlb", EXTERNAL_IP),
    ("ClusterIP type=nlb", "ClusterIP"),
    (f"{LB} type=external", EXTERNAL_IP),
    # the right controller cleans up
    (f"{LB} type=nlb", "ClusterIP type=nlb"),
    (LB, "NodePort"),
    (LB, "ClusterIP type=elb"),
    (EXTERNAL_IP, "ClusterIP"),
    (EXTERNAL_IP, "NodePort type=external nlb-target-type=ip"),
    # with a class nobody reads the annotation, and the API server refuses to change the class
    (f"{LB} class={LBC_CLASS}", f"{LB} class={LBC_CLASS} type=nlb"),
    (f"{LB} class={LBC_CLASS} type=external", f"{LB} class={LBC_CLASS}"),
    (f"{LB} class=tailscale type=nlb", f"{LB} class=tailscale"),
    (f"{LB} class={LBC_CLASS} type=nlb", "ClusterIP"),
    (f"{LB} type=nlb", f"{LB} class={LBC_CLASS}"),
    (f"{LB} class={LBC_CLASS}", f"{LB} type=nlb"),
    (LB, f"{LB} class={LBC_CLASS} type=external nlb-target-type=ip"),
]


@pytest.mark.parametrize(("before", "after"), SAFE)
def test_safe_change(before, after):
    assert lint(before, after) == []


UNKNOWN = [
    (f"{LB} type=nlb", f"{LB} type=${{LB_TYPE}}"),
    (f"{LB} type=${{LB_TYPE}}", f"{LB} type=nlb"),
    (EXTERNAL_IP, f"{LB} type=external nlb-target-type=${{TARGET}}"),
    (f"{LB} type=nlb", f"{LB} type=true"),
    (f"{LB} type=nlb", "${SERVICE_TYPE}"),
    ("${SERVICE_TYPE} type=nlb", LB),
    (f"{LB} type=nlb class=${{LB_CLASS}}", f"{LB} class=${{LB_CLASS}}"),
]


@pytest.mark.parametrize(("before", "after"), UNKNOWN)
def test_change_that_cannot_be_judged(before, after):
    (undecided,) = lint(before, after)
    assert isinstance(undecided, Undecided)


@pytest.mark.parametrize(
    ("before", "after"),
    [(f"{LB} type=${{LB_TYPE}}", f"{LB} type=${{LB_TYPE}}"), ("ClusterIP type=nlb", f"{LB} type=${{LB_TYPE}}")],
)
def test_placeholder_that_does_not_matter(before, after):
    assert lint(before, after) == []


@pytest.mark.parametrize("change", [("", "type=nlb"), ("type=nlb", "")])
@pytest.mark.parametrize(
    ("version", "said", "unsaid"),
    [
        ("1.35", "before 1.36 provisions", "1.36 and later"),
        ("v1.35.4", "before 1.36 provisions", "1.36 and later"),
        ("1.9", "before 1.36 provisions", "1.36 and later"),
        ("1.36", "Version 1.36 and later refuses", "before 1.36"),
        ("1.36.0", "Version 1.36 and later refuses", "before 1.36"),
        ("2.0", "Version 1.36 and later refuses", "before 1.36"),
    ],
)
def test_message_follows_the_version(change, version, said, unsaid):
    (problem,) = lint(f"{LB} {change[0]}", f"{LB} {change[1]}", kubernetes_version=version)
    assert said in words_of(problem)
    assert unsaid not in words_of(problem)


@pytest.mark.parametrize("version", [None, "latest"])
def test_both_columns_without_a_version(version):
    (problem,) = lint(LB, f"{LB} type=nlb", kubernetes_version=version)
    assert "before 1.36 provisions" in words_of(problem)
    assert "Version 1.36 and later refuses" in words_of(problem)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (EXTERNAL_IP, f"{LB} internal='true'", None),
        (EXTERNAL_IP, f"{LB} internal='false'", "internet-facing"),
        (f"{EXTERNAL_IP} scheme=internet-facing", LB, None),
        (f"{LB} internal='true'", f"{EXTERNAL_IP} scheme=internet-facing", "internet-facing"),
        (LB, f"{EXTERNAL_IP} scheme=internet-facing", None),
        (LB, EXTERNAL_IP, "internal"),
        (f"{LB} internal='true'", f"{EXTERNAL_IP} internal='true'", None),
    ],
)
def test_change_of_exposure(before, after, said):
    (problem,) = lint(before, after)
    assert ("The new one is" in words_of(problem)) is bool(said)
    assert f"The new one is {said or ''}" in words_of(problem) or not said


def test_deletion_protection_makes_the_old_one_stay():
    (problem,) = lint(f"{EXTERNAL_IP} attributes=deletion_protection.enabled=true", f"{LB} attributes=deletion_protection.enabled=true")
    assert "Deletion protection" in words_of(problem)


@pytest.mark.parametrize("platform", ["eks", "unknown"])
def test_platform_on_which_the_annotation_is_read(platform):
    assert len(lint(f"{LB} type=nlb", LB, platform=platform)) == 1


@pytest.mark.parametrize("platform", ["bare-metal", "gke", "aks"])
def test_platform_on_which_the_annotation_is_ignored(platform):
    assert lint(f"{LB} type=nlb", LB, platform=platform) == []


def test_problem_stands_at_the_new_value():
    linted = graph(manifest(f"{LB} type=external"), manifest(f"{LB} type=nlb"))
    (service,) = linted.resources
    (problem,) = run(check, linted)
    assert service.span(problem.path) == (6, 56, 6, 64)
    (related,) = problem.related
    assert related.resource.span(related.path) == (6, 56, 6, 59)
    assert "'nlb'" in related.message


def test_removed_annotation_stands_at_what_is_left():
    (with_others,) = lint(f"{LB} type=nlb internal=x", f"{LB} internal=x")
    assert with_others.path == ("metadata", "annotations")
    (without,) = lint(f"{LB} type=nlb", LB)
    assert without.path == ("metadata", "name")


def test_added_annotation_is_related_to_where_it_was_not():
    (problem,) = lint(LB, f"{LB} type=nlb")
    assert problem.related[0].path == ("metadata", "name")
    assert "not set" in problem.related[0].message


def test_target_type_is_where_the_problem_stands():
    (problem,) = lint(EXTERNAL_IP, f"{LB} type=external nlb-target-type=IP")
    assert problem.path == ("metadata", "annotations", f"{PREFIX}nlb-target-type")


def test_new_service_is_no_change():
    other = manifest(f"{LB} type=nlb").replace("name: web", "name: other")
    assert run(check, graph(manifest(LB), other)) == []


def test_no_revision_before():
    assert run(check, graph(manifest(f"{LB} type=nlb"))) == []


def test_service_that_moved_to_another_file():
    previous = graph_of(resources(manifest(LB), "old.yaml"))
    linted = graph_of(resources(manifest(f"{LB} type=nlb"), "new.yaml"), base_part=previous)
    (problem,) = run(check, linted)
    assert isinstance(problem, Problem)
    assert problem.related[0].resource.path == "old.yaml"


def test_service_that_stood_in_several_files():
    previous = graph_of([*resources(manifest(LB), "a.yaml"), *resources(manifest(f"{LB} type=nlb"), "b.yaml")])
    linted = graph_of(resources(manifest(f"{LB} type=nlb"), "new.yaml"), base_part=previous)
    (undecided,) = run(check, linted)
    assert isinstance(undecided, Undecided)
    assert "several files" in undecided.reason
