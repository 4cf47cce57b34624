"""What creates Pods besides workloads, and which labels and ports Pods get at run time; the facts are in `catalogs/pods.json`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple
from k8slblint.shipped import read_json

_PARTS = pattern(r"[-_./]")
_TRUE = ("true", "yes", "1")


class PodMakers(NamedTuple):
    """What makes Pods that no Pod template of the manifests shows: operators by API group and kind, and objects that deploy others.

    `by_group` and `by_kind` (`Kind.group`) name the product. `followed` are the deployers that rendering follows: what they deploy is
    among the resources of a rendered run, or there is a gap; what other `deployers` deploy is never seen.
    """

    by_group: dict[str, str]
    by_kind: dict[str, str]
    deployers: frozenset[str]
    followed: frozenset[str]


def pod_makers() -> PodMakers:
    """Return what makes Pods besides workloads."""
    return _facts().makers


def operator_of_label(key: str, value: object = None) -> str | None:
    """Return the product that sets a Pod label at run time or on the Pods that it makes, or None; some keys only with one value."""
    facts = _facts()
    return (
        facts.labels.get(key)
        or facts.labels.get(f"{key}={value}")
        or next((product for prefix, product in facts.prefixes if key.startswith(prefix)), None)
    )


def controller_of_label(key: str) -> str | None:
    """Return which part of Kubernetes sets a Pod label that stands in no Pod template, or None."""
    return _facts().controllers.get(key)


def pod_name_label() -> str:
    """Return the label that holds the name of a Pod of a StatefulSet."""
    return _facts().pod_name


def pod_index_label() -> str:
    """Return the label that holds the index of a Pod of a StatefulSet."""
    return _facts().pod_index


def is_role(key: str, value: object) -> bool:
    """Tell whether a label says which member leads, by its value or, if that is true, its key: agents in the Pods write it at run time."""
    if not isinstance(value, str):
        return False
    return value in _facts().roles or (value in _TRUE and _PARTS.split(key)[-1].lower() in _facts().role_keys)


def is_of_control_plane(key: str, value: object) -> bool:
    """Tell whether a label marks Pods that a cluster brings along (control plane, DNS, network plugin)."""
    return isinstance(value, str) and value in _facts().managed.get(key, ())


def mesh_of_annotation(annotations: Mapping[str, Any]) -> str | None:
    """Return the product that adds endpoints of other clusters to a Service with these annotations, or None."""
    return next((product for key, product in _facts().meshes.items() if annotations.get(key) == "true"), None)


def injector_of_port(name: str) -> str | None:
    """Return the product that injects a sidecar with a port of this name, or None."""
    return _facts().ports.get(name)


def injector_of_annotations(annotations: Mapping[str, Any]) -> str | None:
    """Return the product that injects a sidecar with ports of the user's choice into Pods with these annotations, or None."""
    return next((product for key, product in _facts().injecting.items() if annotations.get(key) not in (None, "false", False)), None)


class _Facts(NamedTuple):
    makers: PodMakers
    labels: dict[str, str]
    prefixes: tuple[tuple[str, str], ...]
    controllers: dict[str, str]
    pod_name: str
    pod_index: str
    roles: frozenset[str]
    role_keys: frozenset[str]
    managed: dict[str, frozenset[str]]
    ports: dict[str, str]
    meshes: dict[str, str]
    injecting: dict[str, str]


@cache
def _facts() -> _Facts:
    data: dict[str, Any] = read_json("catalogs", "pods.json")
    makers = data["makers"]

    def products(field: str) -> dict[str, str]:
        return {entry: maker["product"] for maker in makers for entry in maker.get(field, ())}

    labels = products("labels")
    return _Facts(
        makers=PodMakers(products("groups"), products("kinds"), frozenset(data["deployers"]), frozenset(data["followed_deployers"])),
        labels={label: product for label, product in labels.items() if not label.endswith("/")},
        prefixes=tuple((label, product) for label, product in labels.items() if label.endswith("/")),
        controllers={row["label"]: row["by"] for row in data["controller_labels"]},
        pod_name=next(row["label"] for row in data["controller_labels"] if row.get("names") == "pod"),
        pod_index=next(row["label"] for row in data["controller_labels"] if row.get("names") == "index"),
        roles=frozenset(data["role_labels"]["values"]),
        role_keys=frozenset(data["role_labels"]["keys"]),
        managed={row["label"]: frozenset(row["values"]) for row in data["managed_pods"]},
        ports={name: row["product"] for row in data["injected_ports"] for name in row["names"]},
        meshes={row["annotation"]: row["product"] for row in data["remote_endpoints"]},
        injecting={row["annotation"]: row["product"] for row in data["injecting_annotations"]},
    )
