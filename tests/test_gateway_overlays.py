"""What a ConfigMap changes in the Service that Istio makes for a Gateway: what is read of it, and what it decides."""

import pytest

from k8slblint.loading.resources import load
from k8slblint.model.location import Span
from k8slblint.model.resource import GATEWAY_OVERLAY, Resource
from k8slblint.traffic.balancers.gateway_services import described_service
from k8slblint.traffic.exposure import exposure_of
from tests import linting
from tests.linting import scoped, source_file

INTERNAL = 'service.beta.kubernetes.io/aws-load-balancer-internal: "true"'
OPTIONS = f"""\
apiVersion: v1
kind: ConfigMap
metadata: {{name: options, namespace: web}}
data:
  service: |
    metadata:
      annotations:
        {INTERNAL}
    spec:
      externalTrafficPolicy: Local
"""


def gateway(reference: str = 'group: "", kind: ConfigMap, name: options', *, metadata: str = "", controller: str = "istio") -> str:
    return f"""\
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge, namespace: web{metadata}}}
spec:
  gatewayClassName: {controller}
  infrastructure: {{parametersRef: {{{reference}}}}}
  listeners: [{{name: http, port: 80, protocol: HTTP}}]
"""


def overlays(text: str) -> list[Resource]:
    return list(load([source_file("options.yaml", text)], wanted=frozenset({GATEWAY_OVERLAY})).resources)


def exposed(text: str) -> str:
    graph = linting.run(text, config=scoped(platform="eks"))[1]
    (edge,) = graph.of_type("Gateway.gateway.networking.k8s.io")
    return exposure_of(edge, graph).reach


def test_the_patch_of_the_service_reads_as_a_mapping_at_its_place() -> None:
    (found,) = overlays(OPTIONS)
    assert str(found.id) == "GatewayOverlay web/options"
    assert found.value["data"]["service"]["spec"] == {"externalTrafficPolicy": "Local"}
    path = ("data", "service", "metadata", "annotations", "service.beta.kubernetes.io/aws-load-balancer-internal")
    assert found.location(path).span == Span(8, 64, 8, 70)


@pytest.mark.parametrize(
    "text",
    [
        OPTIONS.replace("  service: |", "  service.yaml: |"),
        OPTIONS + "  other: |\n    a: b\n",
        OPTIONS.replace("    metadata:\n", "    metadata: [\n"),
        OPTIONS.replace('"true"', "{{ .Values.internal }}"),
        OPTIONS.replace("apiVersion: v1", "apiVersion: example.com/v1"),
        OPTIONS.replace("data:\n", "data: &data\n").replace("data: &data", "binaryData: {}\ndata: &data") + "  deploy: *data\n",
    ],
)
def test_other_texts_are_not_read(text: str) -> None:
    assert overlays(text) == []


def test_a_list_of_config_maps_is_read_too() -> None:
    listed = "apiVersion: v1\nkind: List\nitems:\n- " + OPTIONS.replace("\n", "\n  ").rstrip() + "\n"
    assert [one.name for one in overlays(listed)] == ["options"]


@pytest.mark.parametrize(
    ("text", "level"),
    [
        (OPTIONS + gateway(), "internal"),
        (OPTIONS.replace(INTERNAL, "a: b") + gateway(), "internet"),
        (OPTIONS + gateway('group: "", kind: ConfigMap, name: option'), "unknown"),
        (OPTIONS.replace("  service: |", "  services: |") + gateway(), "unknown"),
        (OPTIONS.replace("namespace: web", "namespace: other") + gateway(), "unknown"),
        (OPTIONS.replace("service: |", "deployment: |") + gateway(), "internet"),
        (OPTIONS.replace("externalTrafficPolicy: Local", "type: ClusterIP") + gateway(), "unknown"),
    ],
)
def test_a_gateway_is_reached_from_where_its_config_map_says(text: str, level: str) -> None:
    assert exposed(text) == level


def test_defaults_of_a_class_count_unless_there_are_several() -> None:
    labelled = "{name: options, namespace: istio-system, labels: {gateway.istio.io/defaults-for-class: istio}}"
    defaults = OPTIONS.replace("{name: options, namespace: web}", labelled)
    plain = gateway().replace('  infrastructure: {parametersRef: {group: "", kind: ConfigMap, name: options}}\n', "")
    assert exposed(defaults + plain) == "internal"
    assert exposed(defaults.replace("class: istio", "class: other") + plain) == "internet"
    assert exposed(defaults + "---\n" + defaults.replace("name: options", "name: more") + plain) == "unknown"
    own = OPTIONS.replace('"true"', '"false"')
    assert exposed(defaults + "---\n" + own + gateway()) == "internet"


def test_the_text_comes_after_the_annotation_for_the_type() -> None:
    metadata = ", annotations: {networking.istio.io/service-type: NodePort}"
    text = OPTIONS.replace("externalTrafficPolicy: Local", "type: LoadBalancer") + gateway(metadata=metadata)
    graph = linting.run(text)[1]
    (edge,) = graph.of_type("Gateway.gateway.networking.k8s.io")
    assert described_service(edge, graph) is not None
    graph = linting.run(text.replace("type: LoadBalancer", "externalTrafficPolicy: Local"))[1]
    (edge,) = graph.of_type("Gateway.gateway.networking.k8s.io")
    assert described_service(edge, graph) is None
