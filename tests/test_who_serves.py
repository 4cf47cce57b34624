"""Who serves a Service, an Ingress or a Gateway: one answer, by one order of precedence, whichever command or rule asks."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from k8slblint.commands.cli import cli
from k8slblint.traffic.balancers.ingresses import ingress_load_balancer
from k8slblint.traffic.ownership import ownership_of, service_platform
from tests.builders import graph

BOTH = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
  annotations:
    kubernetes.io/ingress.class: nginx
    alb.ingress.kubernetes.io/scheme: internet-facing
spec:
  ingressClassName: alb
  defaultBackend: {service: {name: web, port: {number: 80}}}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: alb}
spec: {controller: ingress.k8s.aws/alb}
"""

NGINX_BY_NAME_ONLY = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
  annotations: {nginx.ingress.kubernetes.io/affinity: cookie}
spec:
  ingressClassName: nginx
  defaultBackend: {service: {name: web, port: {number: 80}}}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: ingress.k8s.aws/alb}
"""


def asked(folder: Path, manifest: str, *arguments: str) -> dict[str, Any]:
    """The JSON that a command prints about a folder with one manifest and a budget of no load balancers."""
    (folder / "app.yaml").write_text(manifest, encoding="utf-8")
    (folder / ".k8slblint.yaml").write_text("rules: {too-many-load-balancers: {parameters: {limit: 0}}}\n", encoding="utf-8")
    result = CliRunner().invoke(cli, [arguments[0], str(folder), "--platform", "eks", "--format", "json", *arguments[1:]])
    assert result.exit_code in (0, 1), result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def owners(folder: Path, manifest: str) -> list[str]:
    """The candidates that `exposure` names for the only entry point."""
    (entry,) = asked(folder, manifest, "exposure")["clusters"][0]["entry_points"]
    candidates: list[str] = entry["owner"]["candidates"]
    return candidates


def messages(folder: Path, manifest: str, rule: str) -> list[str]:
    """The messages of a rule in a scan."""
    return [finding["message"] for finding in asked(folder, manifest, "scan", "--select", rule)["findings"]]


def test_the_class_annotation_wins_over_the_class_for_every_command(tmp_path: Path) -> None:
    assert owners(tmp_path, BOTH)[0] == "ingress-nginx"
    assert messages(tmp_path, BOTH, "too-many-load-balancers") == []
    assert messages(tmp_path, BOTH, "ingress-vendor-annotation") == []
    (message,) = messages(tmp_path, BOTH.replace("internet-facing", "internal"), "ingress-annotation-unknown")
    assert "ignores it" in message
    assert "its class annotation says 'nginx'" in message


def test_the_class_object_wins_over_its_customary_name_for_every_command(tmp_path: Path) -> None:
    assert owners(tmp_path, NGINX_BY_NAME_ONLY) == ["aws-lbc"]
    assert len(messages(tmp_path, NGINX_BY_NAME_ONLY, "too-many-load-balancers")) == 1
    (message,) = messages(tmp_path, NGINX_BY_NAME_ONLY, "ingress-annotation-unknown")
    assert "AWS Load Balancer Controller ignores it" in message


CLASSES = """
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: edge}
spec: {controller: traefik.io/ingress-controller}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: usual, annotations: {ingressclass.kubernetes.io/is-default-class: "true"}}
spec: {controller: k8s.io/ingress-nginx}
"""


@pytest.mark.parametrize(
    ("annotation", "field", "classes", "platform", "candidate", "class_name"),
    [
        ("alb", "edge", CLASSES, "eks", "aws-lbc", "alb"),
        ("", "edge", CLASSES, "eks", "traefik", "edge"),
        (None, "edge", CLASSES, "eks", "traefik", "edge"),
        (None, None, CLASSES, "gke", "ingress-nginx", "usual"),
        (None, "gce", "", "gke", None, "gce"),
        ("gce", None, CLASSES, "gke", "gce", "gce"),
        (None, None, "", "gke", "gce", None),
        ("", None, CLASSES, "gke", "gce", None),
        (None, None, "", "eks", None, None),
        ("nothing-known", "alb", "", "eks", None, "nothing-known"),
    ],
)
def test_an_ingress_is_served_by_annotation_then_class_then_default_then_platform(
    annotation: str | None, field: str | None, classes: str, platform: str, candidate: str | None, class_name: str | None
) -> None:
    annotations = "" if annotation is None else f"  annotations: {{kubernetes.io/ingress.class: '{annotation}'}}\n"
    named = "" if field is None else f"  ingressClassName: {field}\n"
    text = f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\n{annotations}spec:\n{named}  rules: []\n{classes}"
    linted = graph(text, platform=platform)
    (ingress,) = linted.of_type("Ingress.networking.k8s.io")
    owner = ownership_of(ingress, linted)
    assert (owner.candidates[:1], owner.class_name) == ((candidate,) if candidate else (), class_name)
    balancer = ingress_load_balancer(ingress, linted)
    assert (balancer is not None) == (candidate in ("aws-lbc", "gce"))


AWS = "service.beta.kubernetes.io/aws-load-balancer-type"


@pytest.mark.parametrize(
    ("annotations", "spec", "scope", "candidate", "platform"),
    [
        (f"{AWS}: nlb", "loadBalancerClass: networking.gke.io/l4-regional-external", "eks", "gke-l4", "gke"),
        (f"{AWS}: nlb", "", "gke", "gcp-ccm", "gke"),
        (f"{AWS}: nlb", "", None, "aws-ccm", "eks"),
        ("", "", "aks", "azure-ccm", "aks"),
        ("metallb.io/loadBalancerIPs: 10.0.0.1", "", None, "metallb", "bare-metal"),
        ("", "loadBalancerClass: tailscale", "eks", "tailscale", "other"),
        (f"{AWS}: nlb", "loadBalancerClass: example.com/own", "eks", None, "other"),
        ("", "", None, None, "unknown"),
    ],
)
def test_a_service_is_served_by_class_then_stated_platform_then_annotations(
    annotations: str, spec: str, scope: str | None, candidate: str | None, platform: str
) -> None:
    text = (
        f"apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  annotations: {{{annotations}}}\nspec:\n  type: LoadBalancer\n  {spec}\n"
    )
    linted = graph(text, **({"platform": scope} if scope else {}))
    (service,) = linted.of_type("Service")
    assert ownership_of(service, linted).candidates[:1] == ((candidate,) if candidate else ())
    assert service_platform(service, linted) == platform


GATEWAY_CLASS = (
    "\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: NAME}\nspec: {controllerName: CONTROLLER}\n"
)


@pytest.mark.parametrize(
    ("class_name", "controller", "candidate"),
    [
        ("istio", None, "istio"),
        ("istio", "gateway.envoyproxy.io/gatewayclass-controller", "envoy-gateway"),
        ("istio", "example.com/own", None),
        ("gke-l7-to-come", None, "gke-gateway"),
        ("own", None, None),
    ],
)
def test_a_gateway_is_served_by_its_class_object_then_by_the_customary_name(
    class_name: str, controller: str | None, candidate: str | None
) -> None:
    text = f"apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{name: edge}}\nspec: {{gatewayClassName: {class_name}}}"
    defined = GATEWAY_CLASS.replace("NAME", class_name).replace("CONTROLLER", controller) if controller else "\n"
    linted = graph(text + defined)
    (gateway,) = linted.of_type("Gateway.gateway.networking.k8s.io")
    owner = ownership_of(gateway, linted)
    assert (owner.candidates[:1], owner.class_name) == ((candidate,) if candidate else (), class_name)


INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec: {%s defaultBackend: {service: {name: web, port: {number: 80}}}}
---
"""
RELEASE = """
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: edge, namespace: edge}
spec: {interval: 5m, chart: {spec: {chart: %s, sourceRef: {kind: HelmRepository, name: charts}}}, values: {%s}}
"""
OF_EDGE = "that of HelmRelease edge/edge"


@pytest.mark.parametrize(
    ("named", "chart", "values", "owner", "confidence", "says"),
    [
        ("ingressClassName: nginx,", "ingress-nginx", "", "ingress-nginx", "high", OF_EDGE),
        (
            "ingressClassName: inner,",
            "ingress-nginx",
            "controller: {ingressClassResource: {name: inner}}",
            "ingress-nginx",
            "high",
            OF_EDGE,
        ),
        (
            "ingressClassName: nginx,",
            "ingress-nginx",
            "controller: {ingressClassResource: {name: inner}}",
            "ingress-nginx",
            "medium",
            "no manifest",
        ),
        ("ingressClassName: inner,", "ingress-nginx", "", "", "low", "no manifest"),
        ("ingressClassName: inner,", "ingress-nginx", "controller: {ingressClassResource: {name: '${NAME}'}}", "", "low", "no manifest"),
        ("ingressClassName: inner,", "ingress-nginx", "controller: {ingressClassResource: {name: [inner]}}", "", "low", "no manifest"),
        (
            "",
            "ingress-nginx",
            "controller: {ingressClassResource: {default: true}}",
            "ingress-nginx",
            "medium",
            "the default class 'nginx'",
        ),
        ("", "ingress-nginx", "controller: {ingressClassResource: {default: true, enabled: false}}", "", "low", "names no class"),
        ("", "ingress-nginx", "", "", "low", "names no class"),
        ("ingressClassName: web,", "traefik", "ingressClass: {name: web}", "traefik", "high", OF_EDGE),
        ("ingressClassName: web,", "other", "ingressClass: {name: web}", "", "low", "no manifest"),
    ],
)
def test_the_values_of_a_chart_that_is_absent_tell_its_class(
    named: str, chart: str, values: str, owner: str, confidence: str, says: str
) -> None:
    known = graph(INGRESS % named + RELEASE % (chart, values))
    (ingress,) = known.of_type("Ingress.networking.k8s.io")
    found = ownership_of(ingress, known)
    assert (found.candidates[:1], found.confidence) == ((owner,) if owner else (), confidence)
    assert says in found.reason


def test_parameters_of_an_application_win_over_its_values() -> None:
    application = """
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: edge, namespace: argocd}
spec:
  destination: {namespace: edge}
  source:
    repoURL: https://kubernetes.github.io/ingress-nginx
    chart: ingress-nginx
    targetRevision: 4.11.3
    helm:
      values: |
        controller:
          ingressClassResource:
            name: outer
            default: true
      parameters: [{name: controller.ingressClassResource.name, value: inner}]
"""
    known = graph(INGRESS % "" + application)
    (ingress,) = known.of_type("Ingress.networking.k8s.io")
    assert "the default class 'inner'" in ownership_of(ingress, known).reason
