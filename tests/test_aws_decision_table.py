"""The whole decision table of AWS: who owns a Service, and what every change of its annotations does, each row with its source.

The rows were written from the sources, not from the catalog that they test. Letters: `C` Classic Load Balancer of cloud-provider-aws
(nothing, or junk), `N` its NLB (`nlb`), `I` and `T` the AWS Load Balancer Controller with ip and instance targets (`external`),
`P` the same with the old value `nlb-ip`, `0` nobody (`external` without a target type that anybody knows).
"""

from itertools import product
from typing import NamedTuple

import pytest

from k8slblint.catalog import aws as catalog
from k8slblint.graph.answers import Absent, Found
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.ownership.aws import handover
from tests.builders import graph, resource

PREFIX = "service.beta.kubernetes.io/aws-load-balancer-"

CCM = "kubernetes/cloud-provider-aws 63ec440c pkg/providers/v1/aws_loadbalancer.go isNLB, isLBExternal"
CCM_DELETE = "kubernetes/cloud-provider-aws 63ec440c pkg/providers/v1/aws.go EnsureLoadBalancerDeleted"
CCM_CHECK = "kubernetes/cloud-provider-aws 63ec440c pkg/providers/v1/aws_validations.go validateServiceAnnotations (1.36)"
LBC = "kubernetes-sigs/aws-load-balancer-controller 225f4456 pkg/service/service_utils.go IsServiceSupported"
LBC_GROUPS = "kubernetes-sigs/aws-load-balancer-controller 225f4456 pkg/deploy/elbv2/target_group_synthesizer.go"
LBC_DOCS = "kubernetes-sigs/aws-load-balancer-controller 225f4456 docs/guide/service/annotations.md#lb-type"
LEAK = "https://github.com/kubernetes/cloud-provider-aws/issues/1254"
TYPE_LEAK = "https://github.com/kubernetes/kubernetes/issues/95042"
AUTO = "https://docs.aws.amazon.com/eks/latest/userguide/auto-configure-nlb.html"
WANTS = "kubernetes/cloud-provider 46666112 controllers/service/controller.go wantsLoadBalancer"

STATES = {
    "C": {},
    "J": {"type": "elb"},
    "N": {"type": "nlb"},
    "P": {"type": "nlb-ip"},
    "I": {"type": "external", "nlb-target-type": "ip"},
    "T": {"type": "external", "nlb-target-type": "instance"},
    "0": {"type": "external"},
}

SAME, LEAKS, REPLACED, OUTAGE, APPEARS = "the same", "leaks", "replaced", "outage", "appears"


class Row(NamedTuple):
    """One change of the annotations while the Service stays of type LoadBalancer: what happens, and the source that says so."""

    before: str
    after: str
    verdict: str
    source: str


_OF_CCM, _OF_LBC = "CJN", "PIT"

MATRIX = [
    # equal for every controller
    *(Row(state, state, SAME, "nothing changes") for state in STATES),
    Row("C", "J", SAME, CCM),
    Row("J", "C", SAME, CCM),
    Row("P", "I", SAME, LBC),
    Row("I", "P", SAME, LBC),
    Row("P", "T", SAME, LBC_GROUPS),
    Row("T", "P", SAME, LBC_GROUPS),
    Row("I", "T", SAME, LBC_GROUPS),
    Row("T", "I", SAME, LBC_GROUPS),
    # within cloud-provider-aws: it deletes by the current annotations
    *(Row(before, "N", LEAKS, LEAK) for before in "CJ"),
    *(Row("N", after, LEAKS, LEAK) for after in "CJ"),
    # cloud-provider-aws lets go and never looks back
    *(Row(before, after, LEAKS, CCM_DELETE) for before, after in product(_OF_CCM, _OF_LBC)),
    *(Row(before, "0", LEAKS, CCM_DELETE) for before in _OF_CCM),
    # the AWS Load Balancer Controller cleans up by its finalizer, and cloud-provider-aws makes another one
    *(Row(before, after, REPLACED, LBC_DOCS) for before, after in product(_OF_LBC, _OF_CCM)),
    *(Row(before, "0", OUTAGE, LBC) for before in _OF_LBC),
    # nobody served it
    *(Row("0", after, APPEARS, CCM) for after in _OF_CCM),
    *(Row("0", after, SAME, LBC) for after in _OF_LBC),
]

SAID = {
    LEAKS: ("never deletes", "billed"),
    REPLACED: ("deletes its NLB", "provisions a new"),
    OUTAGE: ("deletes its NLB", "no other controller provisions a new one"),
    APPEARS: ("no controller served this Service before",),
}


def service(annotations: dict[str, str], service_type: str = "LoadBalancer", load_balancer_class: str | None = None) -> str:
    """Return the manifest of a Service; the keys of `annotations` lack their prefix."""
    lines = ["apiVersion: v1", "kind: Service", "metadata:", "  name: web"]
    lines += ["  annotations:", *(f"    {PREFIX}{key}: '{value}'" for key, value in annotations.items())] if annotations else []
    lines += ["spec:", f"  type: {service_type}", "  ports: [{port: 80}]"]
    lines += [f"  loadBalancerClass: {load_balancer_class}"] if load_balancer_class else []
    return "\n".join(lines) + "\n"


def test_the_matrix_has_every_change_once():
    assert sorted((row.before, row.after) for row in MATRIX) == sorted(product(STATES, repeat=2))
    assert all(row.source for row in MATRIX)


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: f"{row.before}-{row.after}")
def test_change_of_a_load_balancer(row):
    found = handover(resource(service(STATES[row.before])), resource(service(STATES[row.after])))
    if row.verdict == SAME:
        assert isinstance(found, Absent), row.source
        return
    assert isinstance(found, Found), row.source
    text = " ".join(catalog.effects(found.value.transition, "1.35")).lower()
    assert [words for words in SAID[row.verdict] if words.lower() not in text] == [], row.source


REFUSED_SINCE_1_36 = {("C", "N"), ("J", "N"), ("N", "C"), ("N", "J")}


@pytest.mark.parametrize("row", [row for row in MATRIX if row.verdict == LEAKS], ids=lambda row: f"{row.before}-{row.after}")
def test_what_1_36_does_instead(row):
    found = handover(resource(service(STATES[row.before])), resource(service(STATES[row.after])))
    assert isinstance(found, Found)
    text = " ".join(catalog.effects(found.value.transition, "1.36"))
    assert ("refuses" in text) == ((row.before, row.after) in REFUSED_SINCE_1_36), CCM_CHECK
    assert "leaks" in text or "never deletes" in text


LEAVING = [
    # the type leaves LoadBalancer in the same update: what was made is deleted only if the new annotations still name it
    ("C", "C", SAME, WANTS),
    ("C", "J", SAME, CCM_DELETE),
    ("C", "N", LEAKS, TYPE_LEAK),
    ("C", "P", LEAKS, TYPE_LEAK),
    ("C", "I", LEAKS, TYPE_LEAK),
    ("C", "0", LEAKS, TYPE_LEAK),
    ("N", "N", SAME, WANTS),
    ("N", "C", LEAKS, TYPE_LEAK),
    ("N", "J", LEAKS, TYPE_LEAK),
    ("N", "I", LEAKS, TYPE_LEAK),
    ("N", "0", LEAKS, TYPE_LEAK),
    ("I", "I", SAME, LBC),
    ("I", "C", SAME, LBC),
    ("T", "C", SAME, LBC),
    ("P", "C", SAME, LBC),
    ("0", "C", SAME, CCM_DELETE),
]


@pytest.mark.parametrize(("before", "after", "verdict", "source"), LEAVING)
def test_change_together_with_the_type(before, after, verdict, source):
    found = handover(resource(service(STATES[before])), resource(service(STATES[after], "ClusterIP")))
    assert isinstance(found, Found if verdict == LEAKS else Absent), source
    if isinstance(found, Found):
        assert "stays billed" in " ".join(catalog.effects(found.value.transition, None))


OWNERS = [
    ("C", None, "aws-ccm", CCM),
    ("J", None, "aws-ccm", CCM),
    ("N", None, "aws-ccm", CCM),
    ("P", None, "aws-lbc", LBC),
    ("I", None, "aws-lbc", LBC),
    ("T", None, "aws-lbc", LBC),
    ("0", None, None, LBC),
    *((state, "service.k8s.aws/nlb", "aws-lbc", LBC) for state in STATES),
    *((state, "eks.amazonaws.com/nlb", "eks-auto", AUTO) for state in STATES),
]


@pytest.mark.parametrize(("state", "load_balancer_class", "owner", "source"), OWNERS)
def test_owner(state, load_balancer_class, owner, source):
    linted = graph(service(STATES[state], load_balancer_class=load_balancer_class), platform="eks")
    found = ownership_of(linted.resources[0], linted)
    assert found.verdict == ("owned" if owner else "nobody"), source
    assert found.controller == owner, source
    assert found.reasons


CLASS_CHANGES = [
    (None, "service.k8s.aws/nlb"),
    ("service.k8s.aws/nlb", None),
    ("service.k8s.aws/nlb", "eks.amazonaws.com/nlb"),
]


@pytest.mark.parametrize(("before", "after"), CLASS_CHANGES)
@pytest.mark.parametrize("state", ["C", "N", "I"])
def test_the_api_server_refuses_a_change_of_class_so_nothing_is_handed_over(before, after, state):
    old, new = (resource(service(STATES[state], load_balancer_class=name)) for name in (before, after))
    assert isinstance(handover(old, new), Absent)
