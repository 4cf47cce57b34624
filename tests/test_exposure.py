"""From where a Service, an Ingress or a Gateway is reached: what decides, what is not known, and who gets in."""

import pytest

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.traffic.access.source_ranges import access_to, source_ranges
from k8slblint.traffic.exposure import Exposure, exposure_of
from tests.builders import graph, graph_of, resources

BETA = "service.beta.kubernetes.io/"

KINDS = ("Service", "Ingress.networking.k8s.io", "Gateway.gateway.networking.k8s.io")


def named(linted: ResourceGraph, kind: str, name: str) -> Resource:
    return next(found for found in linted.of_type(*KINDS) if (found.kind, found.name) == (kind, name))


def of(text: str, name: str = "a", kind: str = "Service", **scope: str) -> Exposure:
    linted = graph(text, **scope)
    return exposure_of(named(linted, kind, name), linted)


def service(spec: str, annotations: str = "{}", name: str = "a") -> str:
    return f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, annotations: {annotations}}}\nspec: {spec}\n"


def ingress(name: str, annotations: str, class_name: str = "alb") -> str:
    return (
        f"---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}, annotations: {annotations}}}\n"
        f"spec: {{ingressClassName: {class_name}, defaultBackend: {{service: {{name: a, port: {{number: 80}}}}}}}}\n"
    )


def proxy(service_spec: str, annotations: str = "{}") -> str:
    """An ingress-nginx with the Service in front of it."""
    return (
        service(f"{{selector: {{app: edge}}, {service_spec}}}", annotations, "edge")
        + "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: edge}\nspec:\n  selector: {matchLabels: {app: edge}}\n"
        "  template:\n    metadata: {labels: {app: edge}}\n"
        "    spec: {containers: [{name: a, image: 'registry.k8s.io/ingress-nginx/controller:v1.13.3'}]}\n"
    )


@pytest.mark.parametrize(
    ("spec", "reach"),
    [
        ("{}", "cluster"),
        ("{type: ClusterIP, externalIPs: [203.0.113.7]}", "node"),
        ("{type: ClusterIP, clusterIP: None, externalIPs: [203.0.113.7]}", "cluster"),
        ("{type: NodePort}", "node"),
        ("{type: ExternalName, externalName: db.example.com}", "cluster"),
        ("{type: LoadBalancer}", "unknown"),
        ("{type: '${TYPE}'}", "unknown"),
        ("{type: [LoadBalancer]}", "unknown"),
        ("[a]", "cluster"),
    ],
)
def test_a_service_without_any_platform(spec: str, reach: str) -> None:
    assert of(service(spec)).reach == reach


@pytest.mark.parametrize(
    ("annotations", "reach", "key"),
    [
        ("{}", "internet", None),
        (f"{{{BETA}aws-load-balancer-internal: 'true'}}", "internal", f"{BETA}aws-load-balancer-internal"),
        (f"{{{BETA}aws-load-balancer-internal: true}}", "unknown", f"{BETA}aws-load-balancer-internal"),
        (f"{{{BETA}aws-load-balancer-internal: '${{INTERNAL}}'}}", "unknown", f"{BETA}aws-load-balancer-internal"),
        (f"{{{BETA}azure-load-balancer-internal: 'true'}}", "internet", None),
    ],
)
def test_the_key_that_decides_is_named(annotations: str, reach: str, key: str | None) -> None:
    found = of(service("{type: LoadBalancer}", annotations), platform="eks")
    assert (found.reach, found.key) == (reach, key)
    assert found.reasons


@pytest.mark.parametrize(
    ("front", "annotations", "reach"),
    [
        ("type: LoadBalancer", "{}", "internet"),
        ("type: LoadBalancer", "{networking.gke.io/load-balancer-type: Internal}", "internal"),
        ("type: NodePort", "{}", "node"),
        ("type: ClusterIP", "{}", "unknown"),
    ],
)
def test_an_ingress_is_reached_as_the_proxy_that_serves_it(front: str, annotations: str, reach: str) -> None:
    found = of(proxy(front, annotations) + ingress("web", "{}", "nginx"), "web", "Ingress", platform="gke")
    assert found.reach == reach
    assert found.confidence != "high"


def test_the_proxy_of_another_controller_tells_nothing() -> None:
    found = of(proxy("type: LoadBalancer") + ingress("web", "{}", "traefik"), "web", "Ingress", platform="gke")
    assert (found.reach, found.confidence) == ("unknown", "low")


@pytest.mark.parametrize(
    ("own", "other", "reach"),
    [
        ("", "", "internal"),
        ("", "internet-facing", "internet"),
        ("", "internal", "internal"),
        ("internet-facing", "", "internet"),
        ("internet-facing", "internet-facing", "internet"),
        ("", "public", "unknown"),
    ],
)
def test_one_ingress_of_a_group_speaks_for_all(own: str, other: str, reach: str) -> None:
    def member(name: str, scheme: str) -> str:
        stated = f", alb.ingress.kubernetes.io/scheme: {scheme}" if scheme else ""
        return ingress(name, f"{{alb.ingress.kubernetes.io/group.name: shop{stated}}}")

    assert of(member("web", own) + member("api", other), "web", "Ingress", platform="eks").reach == reach


def test_members_of_a_group_that_do_not_agree_make_it_unknown_for_the_rest() -> None:
    group = "alb.ingress.kubernetes.io/group.name: shop"
    schemes = [f"{{{group}}}", *(f"{{{group}, alb.ingress.kubernetes.io/scheme: {scheme}}}" for scheme in ("internal", "internet-facing"))]
    text = "".join(ingress(f"web-{index}", annotations) for index, annotations in enumerate(schemes))
    assert of(text, "web-0", "Ingress", platform="eks").reach == "unknown"


def test_another_group_says_nothing() -> None:
    public = "alb.ingress.kubernetes.io/group.name: GROUP, alb.ingress.kubernetes.io/scheme: internet-facing"
    text = ingress("web", "{alb.ingress.kubernetes.io/group.name: shop}") + ingress("api", f"{{{public.replace('GROUP', 'other')}}}")
    assert of(text, "web", "Ingress", platform="eks").reach == "internal"


def test_a_group_ends_with_its_cluster() -> None:
    group = "alb.ingress.kubernetes.io/group.name: shop"
    one = resources(ingress("web", f"{{{group}}}"), "clusters/a/web.yaml")
    other = resources(ingress("web", f"{{{group}, alb.ingress.kubernetes.io/scheme: internet-facing}}"), "clusters/b/web.yaml")
    linted = graph_of([*one, *other])
    assert [exposure_of(found, linted).reach for found in linted.of_type("Ingress.networking.k8s.io")] == ["internal", "internet"]


@pytest.mark.parametrize(
    ("platform", "spec", "annotations", "access"),
    [
        ("aks", "", "{}", "everybody"),
        ("aks", "loadBalancerSourceRanges: [10.0.0.0/8]", "{}", "listed"),
        ("aks", "loadBalancerSourceRanges: []", f"{{{BETA}load-balancer-source-ranges: 10.0.0.0/8}}", "listed"),
        ("aks", "loadBalancerSourceRanges: [0.0.0.0/0]", f"{{{BETA}load-balancer-source-ranges: 10.0.0.0/8}}", "everybody"),
        ("aks", "loadBalancerSourceRanges: [0.0.0.0/1, 128.0.0.0/1]", "{}", "everybody"),
        ("aks", "loadBalancerSourceRanges: ['::/0']", "{}", "everybody"),
        ("aks", "loadBalancerSourceRanges: ['${OFFICE}']", "{}", "unknown"),
        ("aks", "loadBalancerSourceRanges: 10.0.0.0/8", "{}", "unknown"),
        ("aks", "loadBalancerSourceRanges: [{a: b}]", "{}", "unknown"),
        ("aks", "", f"{{{BETA}azure-allowed-ip-ranges: 10.0.0.0/8}}", "listed"),
        ("aks", "", f"{{{BETA}azure-allowed-service-tags: AzureFrontDoor.Backend}}", "unknown"),
        ("aks", "", f"{{{BETA}azure-disable-load-balancer-nsg-rule: 'false'}}", "everybody"),
        ("aks", "", f"{{{BETA}aws-load-balancer-security-groups: sg-1}}", "everybody"),
        ("eks", "", f"{{{BETA}aws-load-balancer-security-groups: sg-1}}", "unknown"),
        ("eks", "", f"{{{BETA}aws-load-balancer-security-groups: ''}}", "everybody"),
        ("eks", "", f"{{{BETA}aws-load-balancer-extra-security-groups: sg-1}}", "everybody"),
        ("digitalocean", "", f"{{{BETA}do-loadbalancer-deny-rules: 'ip:1.2.3.4'}}", "everybody"),
        ("digitalocean", "", f"{{{BETA}do-loadbalancer-allow-rules: 'ip:1.2.3.4'}}", "unknown"),
        ("hetzner", "loadBalancerSourceRanges: [10.0.0.0/8]", "{}", "everybody"),  # it has no firewall
    ],
)
def test_who_gets_in(platform: str, spec: str, annotations: str, access: str) -> None:
    linted = graph(service(f"{{type: LoadBalancer{', ' if spec else ''}{spec}}}", annotations), platform=platform)
    assert access_to(named(linted, "Service", "a"), linted) == access


def test_auto_mode_does_not_read_the_annotation_of_kubernetes() -> None:
    spec = "{type: LoadBalancer, loadBalancerClass: eks.amazonaws.com/nlb}"
    linted = graph(service(spec, f"{{{BETA}load-balancer-source-ranges: 10.0.0.0/8}}"), platform="eks")
    assert source_ranges(named(linted, "Service", "a"), linted).stated == ()


@pytest.mark.parametrize("platform", [None, "eks", "gke", "aks", "bare-metal"])
@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: [a]}\nspec: {type: LoadBalancer, loadBalancerClass: [a]}",
        "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {1: 2}}\nspec: {type: LoadBalancer, loadBalancerIP: {a: b}}",
        ingress("a", "{alb.ingress.kubernetes.io/group.name: [a]}"),
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec: {ingressClassName: [alb], rules: a}",
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: a}\nspec: {gatewayClassName: [a], infrastructure: a}",
    ],
)
def test_odd_values_raise_nothing(text: str, platform: str | None) -> None:
    linted = graph(text, platform=platform)
    (only,) = linted.resources
    assert exposure_of(only, linted).reach in ("internet", "internal", "node", "cluster", "unknown")
    assert access_to(only, linted) in ("everybody", "listed", "unknown")
