"""The Pods of a StatefulSet by name and index, and the StatefulSet that the labels of one of its Pods refer to.

Source: kubernetes/api apps/v1/types.go (StatefulSetPodNameLabel, PodIndexLabel, StatefulSetOrdinals).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from k8slblint.catalog import pods
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import SCALER_KINDS
from k8slblint.model.patterns import pattern
from k8slblint.model.resource import Resource

_ORDINAL = pattern(r"[0-9]{1,9}")


def labels_of_one_pod(selector: Mapping[str, Any]) -> dict[str, Any]:
    """Return the pairs of a selector that mean one Pod of a StatefulSet, by its name or its index."""
    return {key: selector[key] for key in (pods.pod_name_label(), pods.pod_index_label()) if key in selector}


def has_pod(workload: Resource, labels: Mapping[str, Any], graph: ResourceGraph) -> bool:
    """Tell whether a workload is a StatefulSet that has the Pod which `labels` (of `labels_of_one_pod`) mean, as far as it is known."""
    name, index = labels.get(pods.pod_name_label()), labels.get(pods.pod_index_label())
    if workload.kind != "StatefulSet" or not (name is None or is_pod_of(workload, name)):
        return False
    span = ordinals_of(workload)
    if span is None or is_scaled(workload, graph):
        return True
    return all(span[0] <= ordinal <= span[1] for ordinal in _ordinals_in(name, index))


def is_pod_of(workload: Resource, pod_name: object) -> bool:
    """Tell whether a StatefulSet may have a Pod of that name."""
    name, _, ordinal = str(pod_name).rpartition("-")
    return workload.kind == "StatefulSet" and workload.name == name and _ORDINAL.fullmatch(ordinal) is not None


def ordinals_of(workload: Resource) -> tuple[int, int] | None:
    """Return the first and the last index of the Pods of a StatefulSet, None where they are no numbers."""
    replicas = workload.get("spec", "replicas", default=1)
    start = workload.get("spec", "ordinals", "start", default=0)
    numbers = [number for number in (start, replicas) if isinstance(number, int) and not isinstance(number, bool)]
    return (numbers[0], numbers[0] + numbers[1] - 1) if len(numbers) == 2 else None  # noqa: PLR2004 - the two fields


def is_scaled(workload: Resource, graph: ResourceGraph) -> bool:
    """Tell whether an autoscaler decides about the replicas of a workload."""
    cluster = graph.scope(workload).cluster
    return any(
        scaler.namespace == workload.namespace and scaler.get("spec", "scaleTargetRef", "name") == workload.name
        for scaler in graph.in_cluster(cluster, *SCALER_KINDS)
    )


def _ordinals_in(name: object, index: object) -> Iterator[int]:
    texts = (str(name).rpartition("-")[2] if name is not None else "", str(index) if index is not None else "")
    yield from (int(text) for text in texts if _ORDINAL.fullmatch(text))
