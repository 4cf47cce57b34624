"""Services that routes of a mesh name as their parents: what is there, what is not, and what is not decided."""

import pytest

from k8slblint.graph.reads import ROUTE_KINDS
from k8slblint.traffic.attachment.attachments import attachments_of
from k8slblint.traffic.attachment.mesh import mesh_fault
from k8slblint.views.why import explain
from tests.builders import graph
from tests.gateways import route

SERVICE = """apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: infra}}
spec: {spec}
---
"""


def service(name: str = "checkout", spec: str = "{selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}") -> str:
    return SERVICE.format(name=name, spec=spec)


def fault(parent: str, text: str) -> str:
    built = graph(text + route(f'group: "", kind: Service, {parent}'))
    (one,) = built.of_type(*ROUTE_KINDS)
    (attachment,) = attachments_of(one, built)
    return type(mesh_fault(attachment.parent, built)).__name__


@pytest.mark.parametrize(
    ("parent", "text", "expected"),
    [
        ("name: checkout", service(), "NoneType"),
        ("name: checkout, port: 80", service(), "NoneType"),
        ("name: checkout, sectionName: grpc", service(), "NoneType"),
        ("name: checkout, port: 8080", service(), "NoMeshPort"),
        ("name: checkout, port: '80'", service(), "NoneType"),
        ("name: chekout", service(), "NoMeshService"),
        ("name: other", service(), "Unknown"),
        ("name: checkout-canary", service(), "Unknown"),
        ("name: '${NAME}'", service(), "Unknown"),
        ("name: checkout", "", "Unknown"),
        ("name: checkout, namespace: pay", service(), "Unknown"),
        ("name: checkout, port: 80", service(spec="{type: ExternalName, externalName: a.b}"), "Unknown"),
        ("name: checkout, port: 81", service(spec="{ports: [{port: '${PORT}'}]}"), "Unknown"),
        ("name: checkout, port: 81", service(spec="{ports: 7}"), "Unknown"),
        ("name: ''", service(), "NoneType"),
    ],
)
def test_what_is_wrong_with_a_parent(parent: str, text: str, expected: str) -> None:
    assert fault(parent, text) == expected


def test_gateways_are_not_judged_here() -> None:
    built = graph(route())
    (one,) = built.of_type(*ROUTE_KINDS)
    assert [mesh_fault(attachment.parent, built) for attachment in attachments_of(one, built)] == [None]


@pytest.mark.parametrize(
    ("parent", "answer"), [("name: checkout, port: 8080", "no"), ("name: chekout", "no"), ("name: checkout", "unknown")]
)
def test_the_explanation_of_a_route_says_so(parent: str, answer: str) -> None:
    built = graph(service() + route(f'group: "", kind: Service, {parent}'))
    (one,) = built.of_type(*ROUTE_KINDS)
    assert explain(one, built).steps[0].reply == answer
