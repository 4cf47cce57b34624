"""Mistakes that people reported in public, retyped: each is found at its line, and what they wrote in its place is silent."""

import pytest

from tests import linting

K8S = "service.beta.kubernetes.io/"
NODE = "apiVersion: v1\nkind: Node\nmetadata: {name: rack-7}\nstatus: {addresses: [{type: InternalIP, address: 10.60.0.7}]}\n"


def balancer(*annotations: str, spec: str = "ports: [{port: 5671}]") -> str:
    """A Service of type LoadBalancer whose annotations begin in line 6."""
    notes = "".join(f"    {one}\n" for one in annotations)
    head = (
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: till\n  annotations:\n"
        if notes
        else "apiVersion: v1\nkind: Service\nmetadata:\n  name: till\n"
    )
    return f"{head}{notes}spec: {{type: LoadBalancer, selector: {{app: till}}, {spec}}}\n"


PODS = (
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: till\n{}spec:\n  selector: {{matchLabels: {{app: till}}}}\n"
    "  template: {{metadata: {{labels: {{app: till}}}}, spec: {{containers: [{{name: c, image: example.com/c}}]}}}}\n"
)
EIPS = f"{K8S}aws-load-balancer-eip-allocations: eipalloc-1,eipalloc-2"
SUBNETS = f"{K8S}aws-load-balancer-subnets: subnet-1"
NLB = (
    f"{K8S}aws-load-balancer-type: external",
    f"{K8S}aws-load-balancer-nlb-target-type: ip",
    f"{K8S}aws-load-balancer-scheme: internet-facing",
)
TWO = "ports: [{name: a, port: 80, nodePort: 30500}, {name: b, port: 53, protocol: UDP, nodePort: NUMBER}]"


@pytest.mark.parametrize(
    ("platform", "mistake", "rule", "line", "corrected"),
    [
        (
            "openstack",
            PODS.format(f"  annotations:\n    {K8S}openstack-internal-load-balancer: 'true'\n").removeprefix("---\n"),
            "load-balancer-annotation-ignored",
            6,
            balancer(f"{K8S}openstack-internal-load-balancer: 'true'"),
        ),
        (
            "aks",
            balancer("x").replace("annotations:\n    x", "annotations: 'azure-load-balancer-internal: true'"),
            "invalid-resource",
            5,
            balancer(f"{K8S}azure-load-balancer-internal: 'true'"),
        ),
        (
            "unknown",
            f"{balancer(spec='externalIPs: [10.60.0.7], ports: [{port: 443}]')}---\n{NODE}",
            "external-ips",
            5,
            f"{balancer()}---\n{NODE}",
        ),
        ("gke", balancer("loud.google.com/neg: '{}'"), "load-balancer-annotation-unknown", 6, balancer("cloud.google.com/neg: '{}'")),
        (
            "digitalocean",
            balancer(f"{K8S}do-load-balancer-internal: 'false'"),
            "load-balancer-annotation-unknown",
            6,
            balancer(f"{K8S}do-loadbalancer-name: a"),
        ),
        (
            "bare-metal",
            balancer("metallb.universe.tf/pool-name: lan"),
            "load-balancer-annotation-unknown",
            6,
            balancer("metallb.universe.tf/address-pool: lan"),
        ),
        ("aks", balancer(spec=TWO.replace("NUMBER", "30500")), "service-rejected", 5, balancer(spec=TWO.replace("NUMBER", "30501"))),
        (
            "eks",
            balancer(*NLB, EIPS, SUBNETS),
            "load-balancer-settings-conflict",
            9,
            balancer(*NLB, EIPS, f"{SUBNETS},subnet-2"),
        ),
    ],
)
def test_a_reported_mistake_is_found_and_its_correction_silent(platform: str, mistake: str, rule: str, line: int, corrected: str):
    config = linting.scoped(platform=platform) if platform != "unknown" else None
    assert line in [one.location.span.line for one in linting.findings(mistake, rule, config=config)]
    assert linting.findings(corrected, rule, config=config) == []


def test_a_service_whose_annotations_are_refused_exposes_nothing():
    text = balancer("x", spec="ports: [{name: amqp, port: 5672}]").replace("annotations:\n    x", "annotations: 'a: b'")
    assert {one.rule for one in linting.findings(text, config=linting.scoped(platform="aks"))} == {"invalid-resource"}


def test_a_node_is_named_whose_address_is_claimed():
    text = balancer(spec="externalIPs: [10.60.0.7], ports: [{port: 443}]")
    (found,) = linting.findings(f"{text}---\n{NODE}", "external-ips")
    assert "rack-7" in found.headline


@pytest.mark.parametrize("value", ["10", "10Mbps", "10mbps"])
def test_a_bandwidth_may_have_its_unit(value: str):
    text = balancer(
        f"{K8S}oci-load-balancer-shape: flexible",
        f"{K8S}oci-load-balancer-shape-flex-min: '{value}'",
        f"{K8S}oci-load-balancer-shape-flex-max: '100'",
    )
    assert linting.findings(text, "load-balancer-annotation-invalid") == []
