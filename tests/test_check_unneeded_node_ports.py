"""Which node ports are opened for nothing: where controllers send traffic is in `catalogs/controllers.json`."""

from typing import Any

import pytest

from k8slblint.checks.unneeded_node_ports import check
from k8slblint.grading import of_one_cause
from k8slblint.model.rule import Problem, Undecided
from tests.builders import graph, run
from tests.linting import findings
from tests.texts import words_of

AWS = "service.beta.kubernetes.io/aws-load-balancer-"
NLB = "loadBalancerClass: service.k8s.aws/nlb,"
RANGES = "loadBalancerSourceRanges: [10.0.0.0/8],"
METALLB = "metallb.io/address-pool: lan"


def found(annotations: str = "", more: str = "", ports: str = "[{port: 80}]", **scope: Any) -> list[Problem | Undecided]:
    """What the check yields for a Service of type LoadBalancer."""
    text = f"""
apiVersion: v1
kind: Service
metadata: {{name: web, annotations: {{{annotations}}}}}
spec: {{type: LoadBalancer, {more} ports: {ports}}}
"""
    return run(check, graph(text, **scope))


@pytest.mark.parametrize(
    ("annotations", "more", "scope", "says", "confidence"),
    [
        (f"{AWS}nlb-target-type: ip", NLB, {}, "targets are Pod IPs", "medium"),
        (f"{AWS}nlb-target-type: ip", "loadBalancerClass: eks.amazonaws.com/nlb,", {}, "targets are Pod IPs", "medium"),
        (f"{AWS}type: external, {AWS}nlb-target-type: ip", "", {}, "bypassing the load balancer", "medium"),
        (f"{AWS}type: nlb-ip", "", {}, "targets are Pod IPs", "medium"),
        (METALLB, RANGES, {}, "bypassing the source ranges of the Service", "medium"),
        (METALLB, "", {"environment": "production"}, "at the address of the Service", "medium"),
        (METALLB, "", {}, "at the address of the Service", "low"),
        ("", "loadBalancerClass: io.cilium/l2-announcer," + RANGES, {}, "Cilium LB IPAM", "medium"),
        ("", "loadBalancerClass: tailscale," + RANGES, {}, "its own proxy", "low"),
    ],
)
def test_node_ports_that_the_load_balancer_does_not_use(
    annotations: str, more: str, scope: dict[str, str], says: str, confidence: str
) -> None:
    (problem,) = found(annotations, more, **scope)
    assert isinstance(problem, Problem)
    assert problem.path == ("spec", "type")
    assert says in words_of(problem)
    assert "keeps its node ports" in words_of(problem)
    assert problem.confidence == confidence


@pytest.mark.parametrize(
    ("annotations", "more", "ports", "scope"),
    [
        (f"{AWS}nlb-target-type: ip", NLB + "allocateLoadBalancerNodePorts: false,", "[{port: 80}]", {}),
        (f"{AWS}nlb-target-type: ip", NLB, "[{port: 80, nodePort: 30080}, {port: 81}]", {}),
        (f"{AWS}nlb-target-type: instance", NLB, "[{port: 80}]", {}),
        (f"{AWS}scheme: internal", NLB, "[{port: 80}]", {}),
        (f"{AWS}type: nlb, {AWS}nlb-target-type: ip", "", "[{port: 80}]", {"platform": "eks"}),
        ("", RANGES, "[{port: 80}]", {"platform": "gke"}),
        ("", RANGES, "[{port: 80}]", {"platform": "aks"}),
        ("", RANGES, "[{port: 80}]", {"platform": "digitalocean"}),
        ("", RANGES, "[{port: 80}]", {}),
        ("", "loadBalancerClass: example.com/own,", "[{port: 80}]", {}),
    ],
)
def test_node_ports_that_are_used_asked_for_or_not_known(annotations: str, more: str, ports: str, scope: dict[str, str]) -> None:
    assert found(annotations, more, ports, **scope) == []


def test_a_placeholder_leaves_it_undecided() -> None:
    (one,) = found(f"{AWS}nlb-target-type: ip", NLB + "allocateLoadBalancerNodePorts: '{{ .allocate }}',")
    assert isinstance(one, Undecided)
    (one,) = found(f"{AWS}nlb-target-type: ip", NLB, "[{port: 80, nodePort: '${NODE_PORT}'}]")
    assert isinstance(one, Undecided)


POOL = """\
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: lan, namespace: metallb-system}
spec: {addresses: [10.9.0.0/24]}
"""
BALANCED = """\
---
apiVersion: v1
kind: Service
metadata: {name: NAME}
spec: {type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/8], ports: [{port: 80}]}
"""


def test_services_of_a_cluster_are_one_finding() -> None:
    (one,) = of_one_cause(findings(POOL + "".join(BALANCED.replace("NAME", name) for name in ("a", "b", "c")), "unneeded-node-ports"))
    assert one.headline == "Service default/a and 2 more open node ports that bypass their source ranges"
    assert len(one.related) == 2
