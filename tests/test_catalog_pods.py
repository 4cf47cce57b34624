"""The catalog of what makes Pods: well formed, nothing twice, and questions answered as the operators do it."""

import json

import pytest

from k8slblint.catalog import pods
from k8slblint.graph.reads import KindsInUse
from k8slblint.shipped import catalogs_folder

DATA = json.loads((catalogs_folder() / "pods.json").read_text(encoding="utf-8"))


def test_groups_kinds_and_labels_are_named_once() -> None:
    for field in ("groups", "kinds", "labels"):
        entries = [entry for maker in DATA["makers"] for entry in maker.get(field, ())]
        assert len(entries) == len(set(entries)), field


def test_every_maker_has_a_source_and_something_to_be_told_by() -> None:
    for maker in DATA["makers"]:
        assert maker["product"]
        assert maker["source"]
        assert any(maker.get(field) for field in ("groups", "kinds", "labels")), maker["product"]


def test_the_kinds_are_read() -> None:
    kinds = KindsInUse()
    assert all(f"Any.{group}" in kinds for group in pods.pod_makers().by_group)
    assert all(kind in kinds for kind in (*pods.pod_makers().by_kind, *pods.pod_makers().deployers, "Endpoints"))
    assert "ServiceMonitor.monitoring.coreos.com" not in kinds


@pytest.mark.parametrize(
    ("key", "product"),
    [
        ("cnpg.io/cluster", "CloudNativePG"),
        ("strimzi.io/name", "Strimzi"),
        ("gateway.networking.k8s.io/gateway-name", "Gateway API controllers"),
        ("vault-active", "Vault"),
        ("vault", None),
        ("app.kubernetes.io/name", None),
        ("app", None),
    ],
)
def test_labels_lead_to_operators(key: str, product: str | None) -> None:
    assert pods.operator_of_label(key) == product


@pytest.mark.parametrize("value", [None, [], {}, 1, "web"])
def test_what_is_no_role_is_none(value: object) -> None:
    assert not pods.is_role("role", value)
    assert not pods.is_of_control_plane("k8s-app", value)


@pytest.mark.parametrize(
    ("key", "value", "is_role"),
    [
        ("role", "leader", True),
        ("lock-leader", "true", True),
        ("example.com/is_primary", "yes", True),
        ("lock-leader", "false", False),
        ("leaderboard", "true", False),
        ("role", "frontend", False),
    ],
)
def test_a_role_is_told_by_its_value_or_a_key_that_holds(key: str, value: str, *, is_role: bool) -> None:
    assert pods.is_role(key, value) == is_role


def test_injected_ports_and_meshes_are_known() -> None:
    assert pods.injector_of_port("http-envoy-prom") == "Istio"
    assert pods.injector_of_port("http") is None
    assert pods.injector_of_annotations({"sidecar.opentelemetry.io/inject": "false"}) is None
    assert pods.mesh_of_annotation({"service.cilium.io/global": "true"}) == "Cilium Cluster Mesh"
