"""Who makes no load balancer: AWS's decision table (`catalogs/aws.json`), classes, bare metal, ALB backends without node ports."""

from typing import Any

import pytest

from k8slblint.checks.load_balancer_unserved import check
from k8slblint.model.rule import Problem, Undecided
from tests.builders import graph, run
from tests.texts import words_of

AWS = "service.beta.kubernetes.io/aws-load-balancer-"
TYPE = ("metadata", "annotations", f"{AWS}type")
CLASS = ("spec", "loadBalancerClass")
WEBHOOK = """
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: aws-load-balancer-webhook}
webhooks: [{name: mservice.elbv2.k8s.aws}]
---
"""


def service(spec: str, annotations: str = "{}") -> str:
    """A Service of type LoadBalancer; `spec` are further fields of a flow mapping."""
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: web, namespace: shop, annotations: {annotations}}}
spec: {{type: LoadBalancer, {spec} ports: [{{port: 80}}]}}
"""


def ingress(target_type: str | None, service_spec: str, more: str = "") -> str:
    """An Ingress of class `alb` with one backend."""
    annotation = f"alb.ingress.kubernetes.io/target-type: {target_type}" if target_type else ""
    return f"""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: web, namespace: shop, annotations: {{{annotation}}}}}
spec: {{ingressClassName: alb, defaultBackend: {{service: {{name: web, port: {{number: 80}}}}}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: web, namespace: shop}}
spec: {{{service_spec} ports: [{{port: 80}}]}}
{more}"""


def found(text: str, **scope: Any) -> list[Problem | Undecided]:
    """What the check yields for Services and Ingresses."""
    return run(check, graph(text, **scope), ("Service", "Ingress.networking.k8s.io"))


INSTANCE = "{alb.ingress.kubernetes.io/target-type: instance}"
EXTERNAL = f"{{{AWS}type: external}}"


@pytest.mark.parametrize(
    ("text", "scope", "path", "says", "confidence"),
    [
        (service("", EXTERNAL), {}, TYPE, "needs target type", "medium"),
        (service("", EXTERNAL), {"platform": "eks"}, TYPE, "mservice.elbv2.k8s.aws", "medium"),
        (service("", f"{{{AWS}type: external, {AWS}nlb-target-type: IP}}"), {}, TYPE, "needs target type", "medium"),
        (WEBHOOK + service("", EXTERNAL), {}, TYPE, "needs target type", "low"),
        (service("loadBalancerClass: service.k8s.aws/NLB,"), {}, CLASS, "Set the class to 'service.k8s.aws/nlb'", "medium"),
        (service("loadBalancerClass: io.cilium/l2-anouncer,"), {}, CLASS, "Set the class to 'io.cilium/l2-announcer'", "medium"),
        (service("loadBalancerClass: eks.amazonaws.com/nlb,"), {"platform": "aks"}, CLASS, "the platform here is 'aks'", "medium"),
        (service(""), {"platform": "bare-metal"}, ("spec", "type"), "installs a controller that serves", "low"),
    ],
)
def test_a_service_that_nobody_serves(text: str, scope: dict[str, str], path: tuple[str, ...], says: str, confidence: str) -> None:
    (problem,) = found(text, **scope)
    assert isinstance(problem, Problem)
    assert (problem.path, problem.confidence) == (path, confidence)
    assert says in words_of(problem)


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        (service("", f"{{{AWS}type: external, {AWS}nlb-target-type: ip}}"), {}),
        (service("", f"{{{AWS}type: external, {AWS}nlb-target-type: instance}}"), {"platform": "eks"}),
        (service("", f"{{{AWS}type: nlb-ip}}"), {}),
        (service("loadBalancerClass: service.k8s.aws/nlb,", EXTERNAL), {}),
        (service("", f"{{{AWS}type: nlb}}"), {}),
        (service(""), {"platform": "gke"}),
        (service("loadBalancerClass: io.cilium/node,"), {"platform": "eks"}),
        (service("loadBalancerClass: tailscale,"), {"platform": "bare-metal"}),
        (service("", EXTERNAL).replace("LoadBalancer", "ClusterIP"), {}),
        (service("", EXTERNAL).replace("LoadBalancer", "NodePort"), {"platform": "eks"}),
    ],
)
def test_a_service_that_somebody_serves_or_that_wants_nothing(text: str, scope: dict[str, str]) -> None:
    assert found(text, **scope) == []


@pytest.mark.parametrize(
    "text",
    [
        service(""),
        service("loadBalancerClass: balancers.example.com/internal,"),
        service("loadBalancerClass: tailscale-private,"),
        service("loadBalancerClass: '{{ .class }}',"),
        service("loadBalancerClass: [a],"),
        service("", f"{{{AWS}type: '${{TYPE}}'}}"),
    ],
)
def test_what_nobody_can_tell_is_undecided(text: str) -> None:
    assert [type(one) for one in found(text)] == [Undecided]


def test_what_a_change_leaves_behind_is_told_by_the_rule_about_changes() -> None:
    after = service("", EXTERNAL)
    assert [type(one) for one in run(check, graph(after, service("", f"{{{AWS}type: nlb}}")))] == [Undecided]
    assert [type(one) for one in run(check, graph(after, after))] == [Problem]
    assert [type(one) for one in run(check, graph(after, service("", EXTERNAL).replace("LoadBalancer", "ClusterIP")))] == [Problem]


def test_an_address_in_the_status_shows_that_somebody_serves_it() -> None:
    status = "status: {loadBalancer: {ingress: [{hostname: web-1.elb.eu-central-1.amazonaws.com}]}}\n"
    assert [type(one) for one in found(service("", EXTERNAL) + status)] == [Undecided]


def test_bare_metal_with_something_that_serves_is_fine() -> None:
    pool = "apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: lan, namespace: metallb-system}\n---"
    assert found(pool + service(""), platform="bare-metal") == []


AUTO_MODE = """---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: alb}
spec: {controller: eks.amazonaws.com/alb}
"""


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        (ingress("instance", ""), "high"),
        (ingress("instance", "type: ClusterIP,"), "high"),
        (ingress(None, ""), "medium"),
        (ingress(None, "", AUTO_MODE), "low"),
        (ingress("ip", "").replace(", namespace: shop}\n", f", namespace: shop, annotations: {INSTANCE}}}\n"), "high"),
    ],
)
def test_an_alb_cannot_reach_a_service_without_node_ports(text: str, confidence: str) -> None:
    (problem,) = found(text)
    assert isinstance(problem, Problem)
    assert problem.path == ("spec", "defaultBackend", "service", "name")
    assert problem.confidence == confidence
    assert "Ingress shop/web has backend web, which its load balancer cannot reach" in words_of(problem)


CLASS_WITH_PARAMETERS = """---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: alb}
spec: {controller: ingress.k8s.aws/alb, parameters: {apiGroup: elbv2.k8s.aws, kind: IngressClassParams, name: alb}}
"""

PARAMETERS = """---
apiVersion: elbv2.k8s.aws/v1beta1
kind: IngressClassParams
metadata: {name: alb}
spec: {targetType: ip}
"""


@pytest.mark.parametrize(
    "text",
    [
        ingress("ip", ""),
        ingress("instance", "type: NodePort,"),
        ingress("instance", "type: LoadBalancer,").partition("---")[0],
        ingress("instance", "type: ExternalName, externalName: example.com,"),
        ingress(None, "", CLASS_WITH_PARAMETERS + PARAMETERS),
        ingress(None, "", CLASS_WITH_PARAMETERS),
        ingress(None, "").replace("ingressClassName: alb", "ingressClassName: nginx"),
        ingress("instance", "").replace("name: web, port", "name: elsewhere, port"),
    ],
)
def test_an_ingress_whose_backends_can_be_reached_or_are_not_known(text: str) -> None:
    assert found(text) == []
