"""Knows which Pods a Service that selects none was meant to select, and where else its Pods may come from.

Sources: Kubernetes API reference 1.37 (Service, StatefulSet, EndpointSlice); what operators and controllers make and label is in
`catalog.pods`.
"""

import os
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from k8slblint.catalog import pods
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations import WORKLOAD_KINDS, endpoint_slices_of, pod_labels, workloads_beside, workloads_of
from k8slblint.graph.replicas import SCALER_KINDS
from k8slblint.graph.selectors import matches_labels
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource

_HOOK = "helm.sh/hook"

_PASSING_KINDS = ("Job.batch", "CronJob.batch", "PodTemplate")
"""Workloads whose Pods are no servers as a rule."""

_ALIKE = 0.8

_DIGITS = re.compile(r"[0-9]+")


class Meant(NamedTuple):
    """A workload that a Service was most likely meant to select, where its labels stand, and in words how they miss."""

    workload: Resource
    path: Path
    how: str


def is_served_otherwise(service: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a Service has endpoints that no selector makes: an alias, written by hand, or of other clusters."""
    if service.get("spec", "type") == "ExternalName" or not service.mapping("spec", "selector"):
        return True
    if pods.mesh_of_annotation(service.annotations) or endpoint_slices_of(service, graph):
        return True
    return graph.named(graph.scope(service).cluster, "Endpoints", service.namespace, service.name) is not None


def selects_by_runtime_labels(service: Resource, graph: ResourceGraph) -> bool:
    """Tell whether the Pods of a workload beside a Service carry its selector once Kubernetes has set the labels that it sets itself."""
    selector = service.mapping("spec", "selector")
    written = {key: value for key, value in selector.items() if pods.controller_of_label(key) is None}
    if len(written) == len(selector):
        return False
    pod_name = selector.get(pods.pod_name_label())
    return any(
        (not written or matches_labels(written, pod_labels(workload))) and (pod_name is None or _may_have_pod(workload, pod_name))
        for workload in workloads_beside(service, graph)
    )


def pod_beyond_replicas(service: Resource, graph: ResourceGraph) -> tuple[Resource, int, int] | None:
    """Return the StatefulSet of the one Pod that a Service selects by name, and its first and last ordinal, where it has no such Pod."""
    pod_name = service.get("spec", "selector", pods.pod_name_label())
    for workload in workloads_beside(service, graph) if isinstance(pod_name, str) else ():
        span = _ordinals(workload)
        if span is None or _is_scaled(workload, graph) or not _is_pod_of(workload, pod_name):
            continue
        if not span[0] <= int(pod_name.rpartition("-")[2]) <= span[1]:
            return workload, *span
    return None


def meant_by(service: Resource, graph: ResourceGraph) -> Meant | None:
    """Return the workload that a Service which selects no Pods was meant to select, where one stands out.

    It carries the labels on itself instead of its Pods, or it has the name of the Service or no Service at all and misses by one
    label, by the spelling of a value, or by the key.
    """
    selector = service.mapping("spec", "selector")
    found: list[tuple[int, Meant]] = []
    for workload in workloads_beside(service, graph):
        if workload.type_name in _PASSING_KINDS or _HOOK in workload.annotations or not _is_near(service, workload):
            continue
        rank_and_how = _relation(service, selector, workload, graph)
        if rank_and_how:
            found.append((rank_and_how[0], Meant(workload, _labels_path(workload), rank_and_how[1])))
    if found:
        best = min(rank for rank, _ in found)
        return next(meant for rank, meant in found if rank == best)
    return _in_another_namespace(service, graph)


def why_pods_may_be_elsewhere(service: Resource, graph: ResourceGraph) -> str | None:
    """Return why the Pods of a Service may be made by what is not among the manifests, or None where nothing speaks for it."""
    cluster = graph.scope(service).cluster
    reason = graph.why_incomplete(cluster) or _why_role_may_be_set(service, graph)
    if reason:
        return reason
    beside = workloads_beside(service, graph)
    if not beside:
        return f"no workload of namespace '{service.namespace}' is among the manifests"
    made = graph.derived(_makers)
    maker = made.get((cluster, service.namespace)) or made.get((cluster, None))
    if maker:
        return f"{maker.id} may make the Pods"
    if graph.scope(service).division == "sample" and not any(workload.path == service.path for workload in beside):
        return "the samples of this folder may stand alone"
    return None


def operator_of_selector(selector: Mapping[str, Any]) -> str | None:
    """Return in words who makes the Pods that a selector names, or sets its labels at run time, or None."""
    for key, value in selector.items():
        product = pods.operator_of_label(key)
        if product:
            return f"label '{key}' is set by {product}"
        if pods.is_of_control_plane(key, value):
            return f"Pods with '{key}: {value}' are brought along by the cluster"
    return None


def _why_role_may_be_set(service: Resource, graph: ResourceGraph) -> str | None:
    selector = service.mapping("spec", "selector")
    others = {key: value for key, value in selector.items() if not pods.is_role(value)}
    if len(others) == len(selector):
        return None
    member = next((workload for workload in workloads_beside(service, graph) if matches_labels(others, pod_labels(workload))), None)
    return f"the Pods of {member.id} may label themselves with their role" if member else None


def selected_beside(service: Resource, workloads: Sequence[Resource], graph: ResourceGraph) -> list[Resource]:
    """Return those of the selected workloads that are deployed with a Service: one of each identity.

    Where nothing tells that all files are deployed together, the workloads of the Service's own file stand for all, or else those of its
    folder: a tree may hold several versions of one application.
    """
    near = [list(workloads)]
    if graph.scope(service).division in ("none", "sample"):
        folder = os.path.dirname(service.path)
        near = [
            [workload for workload in workloads if workload.path == service.path],
            [workload for workload in workloads if os.path.dirname(workload.path) == folder],
            *near,
        ]
    chosen = next((group for group in near if group), [])
    return list({workload.key: workload for workload in reversed(chosen)}.values())[::-1]


def belong_together(service: Resource, workloads: Sequence[Resource], graph: ResourceGraph) -> bool:
    """Tell whether a Service and the workloads that it selects are certain to be deployed together, and are all there are."""
    scope = graph.scope(service)
    if not graph.is_complete(scope.cluster):
        return False
    return scope.division in ("stated", "named") or all(_is_near(service, workload) for workload in workloads)


def _may_have_pod(workload: Resource, pod_name: object) -> bool:
    return workload.kind == "StatefulSet" and isinstance(pod_name, str) and _is_pod_of(workload, pod_name)


def _is_pod_of(workload: Resource, pod_name: str) -> bool:
    name, _, ordinal = pod_name.rpartition("-")
    return workload.kind == "StatefulSet" and workload.name == name and ordinal.isascii() and ordinal.isdigit()


def _ordinals(workload: Resource) -> tuple[int, int] | None:
    replicas = workload.get("spec", "replicas", default=1)
    start = workload.get("spec", "ordinals", "start", default=0)
    numbers = [number for number in (start, replicas) if isinstance(number, int) and not isinstance(number, bool)]
    return (numbers[0], numbers[0] + numbers[1] - 1) if len(numbers) == 2 else None  # noqa: PLR2004 - the two fields


def _is_scaled(workload: Resource, graph: ResourceGraph) -> bool:
    cluster = graph.scope(workload).cluster
    return any(
        scaler.namespace == workload.namespace and scaler.get("spec", "scaleTargetRef", "name") == workload.name
        for scaler in graph.in_cluster(cluster, *SCALER_KINDS)
    )


def _is_near(service: Resource, workload: Resource) -> bool:
    """Tell whether two resources of one namespace belong together: both name it, or their files stand in one folder or below it."""
    if service.path == workload.path:
        return True
    if all(one.get("metadata", "namespace") is not None for one in (service, workload)):
        return True
    folders = [os.path.dirname(one.path) for one in (service, workload)]
    return any(f"{one}/".startswith(f"{other}/") for one, other in (folders, folders[::-1]))


def _relation(service: Resource, selector: Mapping[str, Any], workload: Resource, graph: ResourceGraph) -> tuple[int, str] | None:
    """Return how strongly and how the Pods of a workload miss a selector, or None where they have nothing to do with it."""
    labels = pod_labels(workload)
    if workload.kind != "Pod" and matches_labels(selector, workload.labels):
        return 0, "carries these labels itself, but its Pods do not"
    is_namesake = workload.name == service.name
    if not is_namesake and _is_selected(workload, graph):
        return None
    differing = [key for key, value in selector.items() if labels.get(key) != value]
    if len(differing) == 1 and (is_namesake or _stand_together(service, workload, graph)):
        return _relation_by_one(differing[0], selector, labels, is_namesake=is_namesake)
    if is_namesake and not any(_is_set_at_run_time(key, selector[key], labels) for key in differing):
        return 3, f"has the Service's name, but its Pods carry {in_words(labels)}"
    return None


def _relation_by_one(key: str, selector: Mapping[str, Any], labels: Mapping[str, Any], *, is_namesake: bool) -> tuple[int, str] | None:
    value = selector[key]
    if _is_set_at_run_time(key, value, labels):
        return None
    written = labels.get(key)
    if isinstance(written, str) and isinstance(value, str) and _are_alike(written, value):
        return 1, f"has Pods that carry '{key}: {written}'"
    other = next((name for name, text in labels.items() if text == value and name not in selector), None)
    if other is not None and isinstance(value, str):
        return 1, f"has Pods that carry '{other}: {value}', not '{key}: {value}'"
    if len(selector) > 1 and (is_namesake or not _differ_in_digits(written, value)):
        lacks = f"'{key}: {written}'" if key in labels else f"the other labels, but not '{key}'"
        return 2, f"has Pods that carry {lacks}"
    return (3, f"has the Service's name, but its Pods carry {in_words(labels)}") if is_namesake else None


def _is_set_at_run_time(key: str, value: object, labels: Mapping[str, Any]) -> bool:
    return pods.controller_of_label(key) is not None or (key not in labels and pods.is_role(value))


def _stand_together(service: Resource, workload: Resource, graph: ResourceGraph) -> bool:
    """Tell whether two resources stand in one file or unit, or in one folder; the files of a sample may be alternatives."""
    if service.path == workload.path:
        return True
    return os.path.dirname(service.path) == os.path.dirname(workload.path) and graph.scope(service).division != "sample"


def _are_alike(one: str, other: str) -> bool:
    """Tell whether one text is likely the other misspelt; numbers that differ are meant to."""
    if _differ_in_digits(one, other):
        return False
    return one.casefold() == other.casefold() or SequenceMatcher(None, one, other).ratio() >= _ALIKE


def _differ_in_digits(one: object, other: object) -> bool:
    return one != other and _DIGITS.sub("0", str(one)) == _DIGITS.sub("0", str(other))


def _in_another_namespace(service: Resource, graph: ResourceGraph) -> Meant | None:
    """Return the only workload of the same file or unit that carries the labels, in another namespace, without a Service of its own."""
    if service.get("metadata", "namespace") is None:
        return None
    selector = service.mapping("spec", "selector")
    cluster = graph.scope(service).cluster
    found = [
        workload
        for workload in graph.derived(_workloads_by_file).get((cluster, service.path), ())
        if workload.namespace != service.namespace
        and workload.get("metadata", "namespace") is not None
        and matches_labels(selector, pod_labels(workload))
    ]
    if len(found) != 1 or _is_selected(found[0], graph):
        return None
    return Meant(found[0], ("metadata", "namespace"), f"carries them, but runs in namespace '{found[0].namespace}'")


def _labels_path(workload: Resource) -> Path:
    template = workload.pod_template_path or ()
    return (*template, "metadata", "labels") if workload.get(*template, "metadata", "labels") is not None else ()


def in_words(labels: Mapping[str, Any]) -> str:
    """Return labels as a message shows them."""
    shown = [f"{key}: {value}" for key, value in labels.items()]
    return f"'{', '.join(shown[:4])}{', ...' if len(shown) > 4 else ''}'" if shown else "no labels"  # noqa: PLR2004 - a line's worth


def _is_selected(workload: Resource, graph: ResourceGraph) -> bool:
    return id(workload) in graph.derived(_selected_workloads)


def _selected_workloads(graph: ResourceGraph) -> frozenset[int]:
    return frozenset(id(workload) for service in graph.of_type("Service") for workload in _workloads(service, graph))


def _workloads(service: Resource, graph: ResourceGraph) -> Sequence[Resource]:
    answer = workloads_of(service, graph)
    return answer.value if isinstance(answer, Found) else ()


def _workloads_by_file(graph: ResourceGraph) -> dict[tuple[str, str], list[Resource]]:
    index: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for workload in graph.of_type(*WORKLOAD_KINDS):
        index[graph.scope(workload).cluster, workload.path].append(workload)
    return index


def _makers(graph: ResourceGraph) -> dict[tuple[str, str | None], Resource]:
    """Return by cluster and namespace the first resource that makes Pods, with namespace None what may make them anywhere."""
    makers = pods.pod_makers()
    is_rendered = any(resource.provenance is not None for resource in graph.resources)
    unseen = makers.deployers if is_rendered else makers.deployers | makers.followed
    index: dict[tuple[str, str | None], Resource] = {}
    for resource in graph.resources:
        cluster = graph.scope(resource).cluster
        if resource.type_name in unseen:
            index.setdefault((cluster, None), resource)
        elif resource.group in makers.by_group or resource.type_name in makers.by_kind:
            index.setdefault((cluster, resource.namespace), resource)
    return index


def workload_with_unread_labels(service: Resource, graph: ResourceGraph) -> Resource | None:
    """Return a workload beside a Service whose Pod labels hold a placeholder, or None."""
    return next((workload for workload in workloads_beside(service, graph) if has_placeholder(pod_labels(workload))), None)
