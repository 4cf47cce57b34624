"""Templates of OpenShift: their objects are read, and what a parameter fills in is a placeholder."""

import json

import pytest

from tests.linting import findings, run

_HEAD = (
    "apiVersion: %s\nkind: Template\nmetadata: {name: shop}\n"
    "parameters:\n- {name: NAME, value: web}\n- {name: COUNT, value: '1'}\nobjects:\n"
)
_SERVICE = (
    "- apiVersion: v1\n  kind: Service\n  metadata: {name: '%s', namespace: shop}\n"
    "  spec:\n    selector: {app: '%s'}\n    ports: [{port: 80, targetPort: %s}]\n"
)
_WORKLOAD = (
    "- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: '%s', namespace: shop}\n"
    "  spec:\n    replicas: ${{COUNT}}\n    selector: {matchLabels: {app: '%s'}}\n    template:\n      metadata: {labels: {app: '%s'}}\n"
    "      spec: {containers: [{name: web, image: '${IMAGE}', ports: [{name: http, containerPort: 8080}]}]}\n"
)


@pytest.mark.parametrize("version", ["template.openshift.io/v1", "v1"])
def test_the_objects_of_a_template_are_judged(version: str) -> None:
    text = _HEAD % version + _SERVICE % ("web", "web", "htpp") + _WORKLOAD % ("web", "web", "web")
    found = findings(text)
    assert [(one.rule, one.location.span.line) for one in found] == [("service-port-unresolved", 13)]


def test_what_parameters_fill_in_is_never_refused() -> None:
    text = (
        _HEAD % "template.openshift.io/v1" + _SERVICE % ("${NAME}", "${NAME}", "'${PORT}'") + _WORKLOAD % ("${NAME}", "${NAME}", "${NAME}")
    )
    assert findings(text) == []


def test_json_templates_and_odd_ones() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"type": "nodePort", "ports": [{"port": 80}]}}
    template = {"apiVersion": "template.openshift.io/v1", "kind": "Template", "metadata": {"name": "shop"}, "objects": [service, 7, None]}
    assert [one.rule for one in findings({"shop.json": json.dumps(template)})] == ["service-rejected"]
    for objects in ({"a": 1}, "text", None):
        assert findings({"shop.json": json.dumps({**template, "objects": objects})}) == []


def test_a_template_of_another_group_is_left_alone() -> None:
    text = (_HEAD % "templates.example.com/v1") + _SERVICE % ("web", "web", "htpp")
    assert run(text)[1].of_type("Service") == []
