"""The type of the Service that a controller makes for a Gateway decides from where that is reached: parameters, annotations, classes."""

import pytest

from k8slblint.traffic.exposure import exposure_of
from tests import linting
from tests.linting import scoped

CLASS = """\
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: edge}
spec: {controllerName: NAME, parametersRef: {REFERENCE}}
"""
GATEWAY = """\
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: edge, annotations: {ANNOTATIONS}}
spec:
  gatewayClassName: edge
  INFRASTRUCTURE
  listeners: [{name: http, port: 80, protocol: HTTP}]
"""

PARAMETERS = {
    "gateway.envoyproxy.io/gatewayclass-controller": (
        "gateway.envoyproxy.io/v1alpha1",
        "EnvoyProxy",
        "provider: {type: Kubernetes, kubernetes: {envoyService: {type: TYPE}}}",
    ),
    "gateway.nginx.org/nginx-gateway-controller": ("gateway.nginx.org/v1alpha2", "NginxProxy", "kubernetes: {service: {type: TYPE}}"),
    "kgateway.dev/kgateway": ("gateway.kgateway.dev/v1alpha1", "GatewayParameters", "kube: {service: {type: TYPE}}"),
    "io.cilium/gateway-controller": ("cilium.io/v2alpha1", "CiliumGatewayClassConfig", "service: {type: TYPE}"),
    "projectcontour.io/gateway-controller": (
        "projectcontour.io/v1alpha1",
        "ContourDeployment",
        "envoy: {networkPublishing: {type: TYPEService}}",
    ),
    "konghq.com/gateway-operator": (
        "gateway-operator.konghq.com/v2beta1",
        "GatewayConfiguration",
        "dataPlaneOptions: {network: {services: {ingress: {type: TYPE}}}}",
    ),
    "agentgateway.dev/agentgateway": ("agentgateway.dev/v1alpha1", "AgentgatewayParameters", "service: {spec: {type: TYPE}}"),
}


def parameters(controller: str, service_type: str) -> str:
    version, kind, spec = PARAMETERS[controller]
    written = spec.replace("TYPE", service_type)
    return f"---\napiVersion: {version}\nkind: {kind}\nmetadata: {{name: edge, namespace: edge}}\nspec: {{{written}}}\n"


def reference(controller: str, *, is_of_class: bool = True) -> str:
    version, kind, _ = PARAMETERS[controller]
    return f"group: {version.partition('/')[0]}, kind: {kind}, name: edge{', namespace: edge' if is_of_class else ''}"


def reach(text: str, platform: str = "eks") -> str:
    graph = linting.run(text, config=scoped(platform=platform))[1]
    (edge,) = graph.of_type("Gateway.gateway.networking.k8s.io")
    return exposure_of(edge, graph).reach


def written(controller: str, service_type: str, annotations: str = "", infrastructure: str = "") -> str:
    defined = CLASS.replace("NAME", controller).replace("REFERENCE", reference(controller))
    gateway = GATEWAY.replace("ANNOTATIONS", annotations).replace("INFRASTRUCTURE", infrastructure)
    return parameters(controller, service_type) + defined + gateway


@pytest.mark.parametrize("platform", ["eks", "bare-metal"])
@pytest.mark.parametrize("controller", PARAMETERS)
def test_only_a_service_of_type_load_balancer_has_a_load_balancer(controller: str, platform: str) -> None:
    assert reach(written(controller, "ClusterIP"), platform) == "unknown"
    assert reach(written(controller, "NodePort"), platform) == "node"


@pytest.mark.parametrize("controller", PARAMETERS)
def test_a_load_balancer_is_as_its_platform_makes_it(controller: str) -> None:
    assert reach(written(controller, "LoadBalancer")) == "internet"


PROXY = """\
---
apiVersion: v1
kind: Service
metadata: {name: fabric, namespace: edge, annotations: {service.beta.kubernetes.io/aws-load-balancer-scheme: internet-facing}}
spec: {type: LoadBalancer, selector: {app: fabric}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: fabric, namespace: edge}
spec:
  selector: {matchLabels: {app: fabric}}
  template:
    metadata: {labels: {app: fabric}}
    spec: {containers: [{name: c, image: "ghcr.io/nginx/nginx-gateway-fabric:2.1.0"}]}
"""


def test_a_service_of_the_controller_itself_does_not_stand_for_that_of_a_gateway() -> None:
    controller = "gateway.nginx.org/nginx-gateway-controller"
    assert reach(written(controller, "ClusterIP") + PROXY) == "unknown"
    assert reach(written(controller, "NodePort") + PROXY) == "node"


@pytest.mark.parametrize(("own", "expected"), [("ClusterIP", "unknown"), ("NodePort", "node"), ("LoadBalancer", "internet")])
def test_parameters_of_the_gateway_win(own: str, expected: str) -> None:
    controller = "gateway.envoyproxy.io/gatewayclass-controller"
    named = reference(controller, is_of_class=False).replace("name: edge", "name: own")
    of_gateway = parameters(controller, own).replace("name: edge", "name: own")
    infrastructure = f"infrastructure: {{parametersRef: {{{named}}}}}"
    assert reach(of_gateway + written(controller, "LoadBalancer", infrastructure=infrastructure)) == expected


@pytest.mark.parametrize(
    ("annotation", "expected"), [("ClusterIP", "unknown"), ("NodePort", "node"), ("LoadBalancer", "internet"), ("[a]", "unknown")]
)
def test_istio_reads_an_annotation_of_the_gateway(annotation: str, expected: str) -> None:
    text = GATEWAY.replace("ANNOTATIONS", f"networking.istio.io/service-type: {annotation}").replace("INFRASTRUCTURE", "")
    assert reach(text.replace("gatewayClassName: edge", "gatewayClassName: istio")) == expected


@pytest.mark.parametrize("service_type", ['"{{ .Values.type }}"', "${TYPE}", "[ClusterIP]", "{a: b}", "7", "clusterip"])
def test_what_is_no_type_is_not_known(service_type: str) -> None:
    assert reach(written("gateway.envoyproxy.io/gatewayclass-controller", service_type)) == "unknown"


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ("patch: {value: {spec: {type: ClusterIP}}}", "unknown"),
        ("patch: {type: JSONMerge, value: {spec: {type: NodePort}}}", "node"),
        ("patch: {value: {metadata: {labels: {a: b}}}}", "internet"),
        ("patch: {value: [{op: replace, path: /spec/type, value: ClusterIP}]}", "unknown"),
        ("patch: [7]", "unknown"),
        ("patch: text", "unknown"),
        ("patch: {}", "unknown"),
    ],
)
def test_a_patch_of_the_service_has_the_last_word(patch: str, expected: str) -> None:
    controller = "gateway.envoyproxy.io/gatewayclass-controller"
    assert reach(written(controller, "LoadBalancer").replace("{type: LoadBalancer}", f"{{type: LoadBalancer, {patch}}}")) == expected


def test_the_last_of_several_patches_wins() -> None:
    patches = "patches: [{value: {spec: {type: NodePort}}}, {value: {spec: {type: ClusterIP}}}]"
    text = written("gateway.nginx.org/nginx-gateway-controller", "LoadBalancer")
    assert reach(text.replace("{type: LoadBalancer}", f"{{type: LoadBalancer, {patches}}}")) == "unknown"
    assert reach(text.replace("{type: LoadBalancer}", "{type: LoadBalancer, patches: []}")) == "internet"
