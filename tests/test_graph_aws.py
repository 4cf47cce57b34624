"""Who owns a Service of type LoadBalancer on AWS: every row of the decision table, and the near misses of each."""

import pytest

from k8slblint.traffic.ownership.aws import is_internet_facing, owner
from tests.builders import resource

TYPE = "service.beta.kubernetes.io/aws-load-balancer-type"
TARGET = "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type"
INTERNAL = "service.beta.kubernetes.io/aws-load-balancer-internal"
SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme"

LBC_CLASS = "service.k8s.aws/nlb"
AUTO_CLASS = "eks.amazonaws.com/nlb"


def service(annotations: dict[str, str] | None = None, load_balancer_class: str | None = None, service_type: str | None = "LoadBalancer"):
    """Return a Service; the values of `annotations` are YAML as written."""
    lines = ["apiVersion: v1", "kind: Service", "metadata:", "  name: web"]
    if annotations is not None:
        lines += ["  annotations:", *(f"    {key}: {value}" for key, value in annotations.items())]
    lines += ["spec:", "  ports: [{port: 80}]"]
    lines += [f"  type: {service_type}"] if service_type else []
    lines += [f"  loadBalancerClass: {load_balancer_class}"] if load_balancer_class else []
    return resource("\n".join(lines) + "\n")


OWNERS = [
    # a class decides alone
    (LBC_CLASS, {}, "lbc"),
    (LBC_CLASS, {TYPE: "nlb"}, "lbc"),
    (LBC_CLASS, {TYPE: "nlb-ip"}, "lbc"),
    (LBC_CLASS, {TYPE: "external"}, "lbc"),
    (LBC_CLASS, {TYPE: "external", TARGET: "ip"}, "lbc"),
    (AUTO_CLASS, {}, "eks-auto-mode"),
    (AUTO_CLASS, {TYPE: "nlb"}, "eks-auto-mode"),
    ("tailscale", {}, "other-class"),
    ("tailscale", {TYPE: "external", TARGET: "ip"}, "other-class"),
    ("Service.k8s.aws/nlb", {}, "other-class"),
    # no class, nothing that a controller knows
    (None, None, "ccm-classic"),
    (None, {}, "ccm-classic"),
    (None, {TYPE: '""'}, "ccm-classic"),
    (None, {TYPE: ""}, "ccm-classic"),
    (None, {TYPE: "elb"}, "ccm-classic"),
    (None, {TYPE: "classic"}, "ccm-classic"),
    (None, {TYPE: "alb"}, "ccm-classic"),
    (None, {TYPE: "NLB"}, "ccm-classic"),
    (None, {TYPE: '"nlb "'}, "ccm-classic"),
    (None, {TYPE: "External", TARGET: "ip"}, "ccm-classic"),
    (None, {TARGET: "ip"}, "ccm-classic"),
    # nlb
    (None, {TYPE: "nlb"}, "ccm-nlb"),
    (None, {TYPE: "nlb", TARGET: "ip"}, "ccm-nlb"),
    (None, {TYPE: "nlb", TARGET: "${TARGET}"}, "ccm-nlb"),
    # external, nlb-ip
    (None, {TYPE: "external", TARGET: "ip"}, "lbc"),
    (None, {TYPE: "external", TARGET: "instance"}, "lbc"),
    (None, {TYPE: "external"}, "nobody"),
    (None, {TYPE: "external", TARGET: '""'}, "nobody"),
    (None, {TYPE: "external", TARGET: "IP"}, "nobody"),
    (None, {TYPE: "external", TARGET: "instances"}, "nobody"),
    (None, {TYPE: "external", TARGET: '"ip "'}, "nobody"),
    (None, {TYPE: "nlb-ip"}, "lbc"),
    (None, {TYPE: "nlb-ip", TARGET: "instance"}, "lbc"),
    (None, {TYPE: "nlb-ip", TARGET: "junk"}, "lbc"),
    # what cannot be known
    (None, {TYPE: "true"}, "unknown"),
    (None, {TYPE: "1"}, "unknown"),
    (None, {TYPE: "${LB_TYPE}"}, "unknown"),
    (None, {TYPE: "'{{ .Values.type }}'"}, "unknown"),
    (None, {TYPE: "external", TARGET: "${TARGET}"}, "unknown"),
    (None, {TYPE: "external", TARGET: "true"}, "unknown"),
    ("${LB_CLASS}", {TYPE: "nlb"}, "unknown"),
]


@pytest.mark.parametrize(("load_balancer_class", "annotations", "expected"), OWNERS)
def test_owner_of_a_load_balancer(load_balancer_class, annotations, expected):
    found = owner(service(annotations, load_balancer_class))
    assert found.name == expected
    assert found.reason


OTHER_TYPES = [
    ("NodePort", {}, "nobody"),
    ("NodePort", {TYPE: "nlb"}, "nobody"),
    ("NodePort", {TYPE: "external"}, "nobody"),
    ("NodePort", {TYPE: "external", TARGET: "instance"}, "lbc"),
    ("NodePort", {TYPE: "external", TARGET: "ip"}, "lbc"),
    ("NodePort", {TYPE: "nlb-ip"}, "lbc"),
    ("ClusterIP", {TYPE: "external", TARGET: "ip"}, "lbc"),
    ("ClusterIP", {TYPE: "nlb-ip"}, "lbc"),
    ("ClusterIP", {TYPE: "external", TARGET: "instance"}, "nobody"),
    (None, {TYPE: "external", TARGET: "ip"}, "lbc"),
    (None, {}, "nobody"),
    ("ExternalName", {TYPE: "nlb-ip"}, "nobody"),
    ("${SERVICE_TYPE}", {TYPE: "nlb"}, "unknown"),
]


@pytest.mark.parametrize(("service_type", "annotations", "expected"), OTHER_TYPES)
def test_owner_of_other_types(service_type, annotations, expected):
    assert owner(service(annotations, service_type=service_type)).name == expected


EXPOSURES = [
    ("ccm-nlb", {}, True),
    ("ccm-classic", {INTERNAL: '""'}, True),
    ("ccm-classic", {INTERNAL: '"false"'}, True),
    ("ccm-classic", {INTERNAL: '"False"'}, False),
    ("ccm-classic", {INTERNAL: '"true"'}, False),
    ("ccm-classic", {INTERNAL: "0.0.0.0/0"}, False),
    ("ccm-nlb", {SCHEME: "internal"}, True),
    ("ccm-nlb", {INTERNAL: "true"}, None),
    ("ccm-nlb", {INTERNAL: "${INTERNAL}"}, None),
    ("lbc", {}, False),
    ("lbc", {SCHEME: "internet-facing"}, True),
    ("lbc", {SCHEME: "internal"}, False),
    ("lbc", {SCHEME: "public"}, None),
    ("lbc", {SCHEME: "internal", INTERNAL: '"false"'}, False),
    ("lbc", {INTERNAL: '"false"'}, True),
    ("lbc", {INTERNAL: '"T"'}, False),
    ("lbc", {INTERNAL: "0.0.0.0/0"}, None),
    ("eks-auto-mode", {}, False),
    ("eks-auto-mode", {INTERNAL: '"false"'}, False),
    ("eks-auto-mode", {SCHEME: "internet-facing"}, True),
    ("nobody", {}, None),
    ("other-class", {}, None),
    ("unknown", {}, None),
]


@pytest.mark.parametrize(("owner_name", "annotations", "expected"), EXPOSURES)
def test_exposure_of_a_new_load_balancer(owner_name, annotations, expected):
    assert is_internet_facing(service(annotations), owner_name) is expected
