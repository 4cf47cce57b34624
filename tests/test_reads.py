"""What the graph reads: one list, which a run loads whole, and beyond which no question goes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from k8slblint.commands.cli import cli
from k8slblint.graph.answers import Unknown
from k8slblint.graph.reads import KindsInUse, UndeclaredKindError, declared
from tests.builders import graph

WEBHOOK = """
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: aws-load-balancer-webhook}
webhooks: [{name: mservice.elbv2.k8s.aws}]
---
"""

NLB_IP = """
apiVersion: v1
kind: Service
metadata:
  name: web
  annotations: {service.beta.kubernetes.io/aws-load-balancer-type: external}
spec: {type: LoadBalancer, ports: [{port: 80}]}
"""

GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec:
  gatewayClassName: CLASS
  listeners: [{name: http, port: 80, protocol: HTTP}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: CLASS}
spec:
  controllerName: CONTROLLER
  parametersRef: {group: GROUP, kind: KIND, name: options, namespace: infra}
---
"""

PARAMETERS = {
    "nginx": (
        "gateway.nginx.org/nginx-gateway-controller",
        "gateway.nginx.org",
        "NginxProxy",
        "{kubernetes: {service: {type: LoadBalancer}}}",
    ),
    "kgateway": ("kgateway.dev/kgateway", "gateway.kgateway.dev", "GatewayParameters", "{kube: {service: {type: LoadBalancer}}}"),
    "contour": (
        "projectcontour.io/gateway-controller",
        "projectcontour.io",
        "ContourDeployment",
        "{envoy: {networkPublishing: {type: LoadBalancerService}}}",
    ),
    "cilium": ("io.cilium/gateway-controller", "cilium.io", "CiliumGatewayClassConfig", "{service: {type: LoadBalancer}}"),
}


def with_parameters(class_name: str, *, spec: str | None = None) -> str:
    """A Gateway whose class names an object of parameters, and that object."""
    controller, group, kind, makes = PARAMETERS[class_name]
    text = GATEWAY.replace("CLASS", class_name).replace("CONTROLLER", controller).replace("GROUP", group).replace("KIND", kind)
    options = f"apiVersion: {group}/v1alpha1\nkind: {kind}\nmetadata: {{name: options, namespace: infra}}\nspec: {spec or makes}\n"
    return text + options


def invoke(folder: Path, manifest: str, *arguments: str) -> str:
    """The output of a command on a folder with one manifest."""
    (folder / "app.yaml").write_text(manifest, encoding="utf-8")
    result = CliRunner().invoke(cli, [arguments[0], str(folder), "--no-config", *arguments[1:]])
    assert result.exit_code in (0, 1), result.output
    return result.stdout


def unserved(folder: Path, manifest: str) -> list[str]:
    """The messages of `load-balancer-unserved` that a scan shows by default."""
    shown = json.loads(invoke(folder, manifest, "scan", "--select", "load-balancer-unserved", "--platform", "eks", "--format", "json"))
    return [finding["message"] for finding in shown["findings"]]


def test_a_webhook_in_the_manifests_makes_an_unserved_load_balancer_doubtful(tmp_path: Path) -> None:
    assert len(unserved(tmp_path, NLB_IP)) == 1
    assert unserved(tmp_path, WEBHOOK + NLB_IP) == []


@pytest.mark.parametrize("class_name", PARAMETERS)
def test_a_gateway_is_reached_as_the_parameters_of_its_class_say(tmp_path: Path, class_name: str) -> None:
    found = json.loads(invoke(tmp_path, with_parameters(class_name), "exposure", "--platform", "eks", "--format", "json"))
    (entry,) = found["clusters"][0]["entry_points"]
    assert entry["reach"] == "internet", entry["reasons"]


@pytest.mark.parametrize(("service_type", "reach"), [("NodePort", "node"), ("ClusterIP", "unknown")])
@pytest.mark.parametrize("class_name", PARAMETERS)
def test_a_gateway_whose_parameters_ask_for_another_type_has_no_load_balancer(
    tmp_path: Path, class_name: str, service_type: str, reach: str
) -> None:
    spec = PARAMETERS[class_name][3].replace("LoadBalancer", service_type)
    found = json.loads(invoke(tmp_path, with_parameters(class_name, spec=spec), "exposure", "--platform", "eks", "--format", "json"))
    (entry,) = found["clusters"][0]["entry_points"]
    assert entry["reach"] == reach


@pytest.mark.parametrize("class_name", PARAMETERS)
def test_a_scan_counts_the_load_balancer_that_parameters_ask_for(tmp_path: Path, class_name: str) -> None:
    (tmp_path / ".k8slblint.yaml").write_text("rules: {too-many-load-balancers: {parameters: {limit: 0}}}\n", encoding="utf-8")
    (tmp_path / "app.yaml").write_text(with_parameters(class_name), encoding="utf-8")
    arguments = ["scan", str(tmp_path), "--select", "too-many-load-balancers", "--platform", "eks", "--format", "json", "--exit-zero"]
    shown = json.loads(CliRunner().invoke(cli, arguments).stdout)
    assert len(shown["findings"]) == 1


def test_a_kind_that_is_not_declared_cannot_be_asked_for() -> None:
    linted = graph(NLB_IP)
    with pytest.raises(UndeclaredKindError, match=r"Widget\.example\.com"):
        linted.of_type("Service", "Widget.example.com")
    with pytest.raises(UndeclaredKindError):
        linted.in_cluster("", "Widget.example.com")
    with pytest.raises(UndeclaredKindError):
        linted.named("", "Widget.example.com", None, "web")


def test_a_reference_of_a_manifest_to_a_kind_that_is_not_read_leads_to_what_is_not_known() -> None:
    answer = graph(NLB_IP).look_up("", "Widget.example.com", "default", "web")
    assert answer == Unknown("objects of kind 'Widget.example.com' are not read")


def test_a_run_loads_whatever_the_graph_may_be_asked_for() -> None:
    loaded, asked = KindsInUse(), declared()
    made = {"HelmValues", "HelmValues.chart", "HelmValues.ingress", "HelmValues.route"}
    assert [name for name in sorted(asked.names - made) if name not in loaded] == []
    assert [group for group in sorted(asked.groups) if f"Any.{group}" not in loaded] == []


def test_a_rule_may_be_about_a_kind_that_no_question_reads() -> None:
    linted = graph(NLB_IP)
    assert linted.of_kinds_of_rule("Widget.example.com") == []
    assert len(linted.of_kinds_of_rule("Widget.example.com", "Service")) == 1
