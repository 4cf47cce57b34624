"""No check about load balancers trips over what YAML may hold."""

import pytest

from k8slblint.checks import load_balancer_settings_conflict, load_balancer_unserved, source_ranges_ineffective, unneeded_node_ports
from k8slblint.model.rule import Problem, Undecided
from tests.builders import graph, run

CHECKS = [load_balancer_settings_conflict, load_balancer_unserved, source_ranges_ineffective, unneeded_node_ports]

BETA = "service.beta.kubernetes.io/"

TEXTS = [
    f"""
apiVersion: v1
kind: Service
metadata: {{name: a, annotations: {{1: a, true: b, {BETA}aws-load-balancer-type: [nlb], {BETA}load-balancer-source-ranges: {{a: b}}}}}}
spec: {{type: LoadBalancer, ports: [null, {{port: "80"}}], loadBalancerSourceRanges: [1, null, {{a: b}}], ipFamilies: {{a: b}},
  loadBalancerIP: [1], allocateLoadBalancerNodePorts: "false", externalTrafficPolicy: [x]}}
""",
    "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: [a]}\nspec: [a]",
    "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: [LoadBalancer], ports: 3}",
    f"""
apiVersion: v1
kind: Service
metadata: {{name: a, annotations: {{{BETA}aws-load-balancer-eip-allocations: 5, {BETA}aws-load-balancer-subnets: 7}}}}
spec: {{type: LoadBalancer, loadBalancerClass: service.k8s.aws/nlb, allocateLoadBalancerNodePorts: false,
  ports: [{{port: 80, nodePort: {{a: b}}, protocol: null, name: 5}}, {{port: true}}, {{port: 1e3}}]}}
""",
    """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a, annotations: {alb.ingress.kubernetes.io/target-type: [instance]}}
spec: {ingressClassName: alb, defaultBackend: {service: {name: [a]}}, rules: 5}
""",
    """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a}
spec: {ingressClassName: alb, defaultBackend: {service: {name: a}}}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: alb}
spec: {controller: ingress.k8s.aws/alb, parameters: [a]}
---
apiVersion: v1
kind: Service
metadata: {name: a, annotations: {alb.ingress.kubernetes.io/target-type: 7}}
spec: {type: 5}
""",
]


@pytest.mark.parametrize("platform", [None, "eks", "gke", "aks", "hetzner", "digitalocean", "bare-metal"])
@pytest.mark.parametrize("text", TEXTS)
def test_odd_values_raise_nothing(text: str, platform: str | None) -> None:
    linted = graph(text, platform=platform)
    for module in CHECKS:
        found = run(module.check, linted, ("Service", "Ingress.networking.k8s.io"))
        assert all(isinstance(one, Problem | Undecided) for one in found)
