"""Annotations of Gateways and of their parameters, judged as those of the Services that are made for them, where they are written."""

import pytest

from k8slblint.catalog.load_balancers import gateway_parameters_kinds
from k8slblint.model.finding import Finding
from k8slblint.model.resource import GATEWAY_OVERLAY
from k8slblint.rulebook import read_rule
from k8slblint.traffic.exposure import exposure_of
from tests.linting import findings, run, scoped

INVALID = "load-balancer-annotation-invalid"

SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme"

RULES = (
    *(f"load-balancer-annotation-{name}" for name in ("deprecated", "ignored", "invalid", "unknown")),
    "load-balancer-settings-conflict",
)


def gateway(class_name: str, infrastructure: str = "", annotations: str = "", name: str = "edge", more: str = "") -> str:
    return f"""---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: {name}, annotations: {{{annotations}}}}}
spec:
  gatewayClassName: {class_name}
  listeners: [{{name: http, port: 80, protocol: HTTP}}]
  infrastructure: {{{infrastructure}}}{more}
"""


def gateway_class(controller: str, parameters: str = "") -> str:
    return f"""---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {{name: own}}
spec: {{controllerName: {controller}{parameters}}}
"""


def envoy_proxy(service: str, name: str = "proxy", more: str = "") -> str:
    return f"""---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyProxy
metadata: {{name: {name}}}
spec: {{provider: {{type: Kubernetes, kubernetes: {{envoyService: {{{service}}}}}}}{more}}}
"""


def names_proxy(name: str = "proxy") -> str:
    return f"parametersRef: {{group: gateway.envoyproxy.io, kind: EnvoyProxy, name: {name}}}"


def invalid(text: str) -> list[Finding]:
    return findings(text, INVALID, config=scoped(platform="eks"))


def places(text: str) -> list[tuple[str, str]]:
    return [(str(one.resource.kind if one.resource else ""), one.headline) for one in invalid(text)]


def test_an_annotation_for_the_infrastructure_is_judged_at_its_line_and_named_after_the_gateway() -> None:
    text = gateway("eg", f"annotations: {{{SCHEME}: intern}}")
    (found,) = invalid(text)
    assert found.headline == "Gateway default/edge sets `aws-load-balancer-scheme` to 'intern', which is not valid"
    assert found.location.span.line == 1 + text.splitlines().index(f"  infrastructure: {{annotations: {{{SCHEME}: intern}}}}")


@pytest.mark.parametrize(
    ("controller", "kind", "group", "spec"),
    [
        (
            "gateway.envoyproxy.io/gatewayclass-controller",
            "EnvoyProxy",
            "gateway.envoyproxy.io",
            "{provider: {type: Kubernetes, kubernetes: {envoyService: {annotations: {%s}}}}}",
        ),
        ("kgateway.dev/kgateway", "GatewayParameters", "gateway.kgateway.dev", "{kube: {service: {extraAnnotations: {%s}}}}"),
        ("agentgateway.dev/agentgateway", "AgentgatewayParameters", "agentgateway.dev", "{service: {metadata: {annotations: {%s}}}}"),
        (
            "konghq.com/gateway-operator",
            "GatewayConfiguration",
            "gateway-operator.konghq.com",
            "{dataPlaneOptions: {network: {services: {ingress: {annotations: {%s}}}}}}",
        ),
        (
            "projectcontour.io/gateway-controller",
            "ContourDeployment",
            "projectcontour.io",
            "{envoy: {networkPublishing: {serviceAnnotations: {%s}}}}",
        ),
    ],
)
def test_the_annotations_of_each_kind_of_parameters_are_judged_there(controller: str, kind: str, group: str, spec: str) -> None:
    reference = f", parametersRef: {{group: {group}, kind: {kind}, name: p, namespace: default}}"
    written = f"---\napiVersion: {group}/v1\nkind: {kind}\nmetadata: {{name: p}}\nspec: {spec % f'{SCHEME}: intern'}\n"
    text = gateway_class(controller, reference) + gateway("own") + written
    ((holder, headline),) = places(text)
    assert holder == kind
    assert headline.startswith(f"{kind} default/p sets `aws-load")


def test_parameters_that_no_gateway_of_the_manifests_uses_are_judged_by_themselves() -> None:
    assert [kind for kind, _ in places(gateway("eg") + envoy_proxy(f"annotations: {{{SCHEME}: intern}}"))] == ["EnvoyProxy"]
    assert places(gateway("eg") + envoy_proxy(f"type: ClusterIP, annotations: {{{SCHEME}: intern}}")) == []
    assert places(envoy_proxy(f"type: LoadBalancer, annotations: {{{SCHEME}: intern}}"))[0][0] == "EnvoyProxy"


def test_parameters_of_several_gateways_are_reported_once() -> None:
    two = gateway("eg", names_proxy()) + gateway("eg", names_proxy(), name="other")
    assert len(places(two + envoy_proxy(f"annotations: {{{SCHEME}: intern}}"))) == 1


def test_what_another_object_replaces_is_not_judged() -> None:
    both = gateway("eg", f"annotations: {{{SCHEME}: intern}}, {names_proxy()}") + envoy_proxy(f"annotations: {{{SCHEME}: internal}}")
    assert places(both) == []
    kind = "gateway-operator.konghq.com, kind: GatewayConfiguration"
    kong = (
        gateway_class("konghq.com/gateway-operator")
        + gateway("own", f"annotations: {{{SCHEME}: intern}}, parametersRef: {{group: {kind}, name: p}}")
        + "---\napiVersion: gateway-operator.konghq.com/v2beta1\nkind: GatewayConfiguration\nmetadata: {name: p}\nspec: "
        f"{{dataPlaneOptions: {{network: {{services: {{ingress: {{annotations: {{{SCHEME}: internal}}}}}}}}}}}}\n"
    )
    assert [kind for kind, _ in places(kong)] == ["Gateway"]


@pytest.mark.parametrize(("merge", "kinds"), [("", ["own"]), (", mergeType: StrategicMerge", ["own", "of-class"])])
def test_parameters_of_the_gateway_replace_those_of_its_class_unless_they_are_merged(merge: str, kinds: list[str]) -> None:
    of_class = ", parametersRef: {group: gateway.envoyproxy.io, kind: EnvoyProxy, name: of-class, namespace: default}"
    text = (
        gateway_class("gateway.envoyproxy.io/gatewayclass-controller", of_class)
        + gateway("own", names_proxy("own"))
        + envoy_proxy(f"annotations: {{{SCHEME}: intern}}", "of-class")
        + envoy_proxy("annotations: {service.beta.kubernetes.io/aws-load-balancer-ip-address-type: ipv5}", "own", merge)
    )
    assert sorted(one.resource.name for one in invalid(text) if one.resource) == sorted(kinds)


@pytest.mark.parametrize(
    ("infrastructure", "annotations", "lines"),
    [
        ("", f"{SCHEME}: intern", 1),
        ("annotations: {example.com/a: b}", f"{SCHEME}: intern", 0),
        (f"annotations: {{{SCHEME}: intern}}", "", 1),
    ],
)
def test_istio_copies_the_annotations_of_a_gateway_unless_there_are_some_for_its_infrastructure(
    infrastructure: str, annotations: str, lines: int
) -> None:
    assert len(places(gateway("istio", infrastructure, annotations))) == lines


@pytest.mark.parametrize(
    "text",
    [
        gateway("eg", annotations=f"{SCHEME}: intern"),
        gateway("platform", f"annotations: {{{SCHEME}: intern}}"),
        gateway("eg", f"annotations: {{{SCHEME}: intern}}, {names_proxy()}") + envoy_proxy("type: ClusterIP"),
        gateway("eg", f"annotations: {{{SCHEME}: intern}}, {names_proxy('absent')}"),
        gateway("istio", f"annotations: {{{SCHEME}: intern}}, parametersRef: {{group: '', kind: ConfigMap, name: c}}"),
        gateway("istio", f"annotations: {{{SCHEME}: intern}}", "networking.istio.io/service-type: ClusterIP"),
        gateway("nginx", f"annotations: {{{SCHEME}: intern}}", more="\n  addresses: [{value: 192.0.2.1}]"),
    ],
    ids=("metadata", "unknown class", "cluster IP", "absent parameters", "overlay", "service type", "own addresses"),
)
def test_what_reaches_no_load_balancer_is_not_judged(text: str) -> None:
    assert places(text) == []


def test_the_class_of_the_parameters_decides_who_reads_the_annotations() -> None:
    text = gateway("eg", f"annotations: {{metallb.io/address-pool: a}}, {names_proxy()}") + envoy_proxy(
        "loadBalancerClass: service.k8s.aws/nlb"
    )
    (found,) = findings(text, "load-balancer-annotation-ignored", config=scoped(platform="eks"))
    assert found.headline.startswith("Gateway default/edge sets `address-pool`")


@pytest.mark.parametrize(("infrastructure", "reach"), [("", "internal"), ("annotations: {example.com/a: b}", "internet")])
def test_what_istio_copies_decides_from_where_the_gateway_is_reached(infrastructure: str, reach: str) -> None:
    text = gateway("istio", infrastructure, "networking.gke.io/load-balancer-type: Internal")
    _, graph = run(text, config=scoped(platform="gke"))
    assert exposure_of(graph.resources[0], graph).reach == reach


def test_settings_of_two_objects_that_exclude_each_other_are_shown_in_both() -> None:
    zone = "load-balancer.hetzner.cloud/network-zone: eu-central"
    text = gateway("eg", f"annotations: {{load-balancer.hetzner.cloud/location: fsn1}}, {names_proxy()}") + envoy_proxy(
        f"annotations: {{{zone}}}"
    )
    (found,) = findings(text, "load-balancer-settings-conflict", config=scoped(platform="hetzner"))
    assert found.headline.startswith("Gateway default/edge sets ")
    assert [place.location.span.line for place in found.related] == [text.splitlines().index(text.splitlines()[-1]) + 1]


def test_every_rule_about_annotations_names_the_kinds_that_contain_some() -> None:
    without = {"CiliumGatewayClassConfig.cilium.io", "NginxProxy.gateway.nginx.org", GATEWAY_OVERLAY}  # the last is only read for exposure
    holding = gateway_parameters_kinds() - without
    for rule in RULES:
        assert {*holding, "Gateway.gateway.networking.k8s.io"} <= set(read_rule(rule).kinds), rule


@pytest.mark.parametrize(
    "infrastructure", ["annotations: [1]", "annotations: {a: {b: c}}", f"annotations: {{{SCHEME}: [internal]}}", "annotations: x"]
)
def test_what_has_another_shape_fails_nothing(infrastructure: str) -> None:
    findings(gateway("eg", infrastructure) + gateway("istio", "", "a: [1]", "other"))
    findings(gateway("eg", names_proxy()) + envoy_proxy("annotations: [a]") + envoy_proxy("annotations: 5", "second"))
