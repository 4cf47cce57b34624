"""The edge from a Service to its workloads and endpoints.

Source: Kubernetes API reference 1.37 (Service, EndpointSlice).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from k8slblint.graph.answers import Absent, Answer, Found, Unknown
from k8slblint.graph.containers import passing_pod_labels, pod_labels
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import ENDPOINT_SLICE, WORKLOAD_KINDS
from k8slblint.graph.relations.ordinals import has_pod, labels_of_one_pod
from k8slblint.graph.relations.owner_references import controller_of
from k8slblint.graph.relations.twins import those_with
from k8slblint.graph.relations.unread import why_meant_may_be_unread
from k8slblint.graph.selectors import matches_labels
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource


def workloads_of(service: Resource, graph: ResourceGraph) -> Answer[list[Resource]]:
    """Return the workloads whose Pods a Service selects; `Absent.near` names workloads that miss by one label.

    One Pod of a StatefulSet that is selected by its name or index stands for the StatefulSet.
    `Unknown` for a Service without selector (its endpoints are made by hand or by an operator), for selectors with
    placeholders, and when some of the cluster could not be read; also where that is something beside the Service, in a tree of which
    nothing tells that its folders are deployed together, and only other folders have Pods with its labels.
    """
    answers = graph.derived(_answers)
    known = answers.get(id(service))
    if known is None:
        known = answers[id(service)] = service, _workloads_of(service, graph)
    return known[1]


def _answers(_graph: ResourceGraph) -> dict[int, tuple[Resource, Answer[list[Resource]]]]:
    """Return what was answered for each Service, which the entry keeps alive: several rules ask for every one of them."""
    return {}


def _workloads_of(service: Resource, graph: ResourceGraph) -> Answer[list[Resource]]:
    selector = service.mapping("spec", "selector")
    if not selector:
        return Unknown(f"{service.id} has no selector")
    if has_placeholder(selector):
        return Unknown(f"the selector of {service.id} contains a placeholder")
    cluster = graph.scope(service).cluster
    selected = _selected(service, selector, graph)
    if selected:
        unread = why_meant_may_be_unread(service, selected, graph)
        return Found(those_with(service, selected, graph)) if unread is None else Unknown(unread)
    reason = graph.why_incomplete(cluster, service.namespace) or why_labels_are_unsure(service, graph)
    if reason:
        return Unknown(reason)
    return Absent(tuple(_near_misses(selector, workloads_beside(service, graph))) if len(selector) > 1 else ())


def workloads_beside(service: Resource, graph: ResourceGraph) -> Sequence[Resource]:
    """Return all workloads of a Service's namespace and cluster, in reading order."""
    return graph.derived(_workloads_by_namespace).get((graph.scope(service).cluster, service.namespace), ())


def workload_with_unread_labels(service: Resource, graph: ResourceGraph) -> Resource | None:
    """Return the first workload of a Service's namespace and cluster whose Pod labels contain a placeholder, or None."""
    return graph.derived(_workloads_with_unread_labels).get((graph.scope(service).cluster, service.namespace))


def why_labels_are_unsure(service: Resource, graph: ResourceGraph) -> str | None:
    """Return why Pods beside a Service that selects none may have its labels after all, or None."""
    unread = workload_with_unread_labels(service, graph)
    if unread:
        return f"the Pod labels of {unread.id} contain a placeholder"
    passing = graph.derived(_passing_labels).get((graph.scope(service).cluster, service.namespace), ())
    selector = service.mapping("spec", "selector")
    rolled_out = next((workload for workload, labels in passing if matches_labels(selector, labels)), None)
    return f"Pods of {rolled_out.id} have these labels only while it is rolled out" if rolled_out else None


def _selected(service: Resource, selector: dict[str, Any], graph: ResourceGraph) -> list[Resource]:
    of_one_pod = labels_of_one_pod(selector)
    if not of_one_pod:
        candidates = _candidates(service, selector, graph)
        return [workload for workload in candidates if matches_labels(selector, pod_labels(workload))]
    written = {key: value for key, value in selector.items() if key not in of_one_pod}
    return [
        workload
        for workload in workloads_beside(service, graph)
        if has_pod(workload, of_one_pod, graph) and (not written or matches_labels(written, pod_labels(workload)))
    ]


def _candidates(service: Resource, selector: dict[str, Any], graph: ResourceGraph) -> Sequence[Resource]:
    """Return the workloads of a Service's namespace that carry the rarest pair of its selector."""
    index = graph.derived(_workloads_by_label)
    cluster = graph.scope(service).cluster
    found = [index.get((cluster, service.namespace, key, str(value)), ()) for key, value in selector.items()]
    return min(found, key=len)


def endpoint_slices_of(service: Resource, graph: ResourceGraph) -> Sequence[Resource]:
    """Return the EndpointSlices written by hand for a Service (label `kubernetes.io/service-name`)."""
    slices = graph.in_cluster(graph.scope(service).cluster, ENDPOINT_SLICE)
    return [
        endpoints
        for endpoints in slices
        if endpoints.namespace == service.namespace and endpoints.labels.get("kubernetes.io/service-name") == service.name
    ]


def workloads(graph: ResourceGraph) -> Iterator[Resource]:
    """Yield the workloads of all clusters, without those that another one of them makes (a Pod of a Deployment in a dump)."""
    for found in graph.derived(_workloads_by_namespace).values():
        yield from found


def _workloads_by_namespace(graph: ResourceGraph) -> dict[tuple[str, str | None], list[Resource]]:
    index: dict[tuple[str, str | None], list[Resource]] = defaultdict(list)
    for workload in graph.of_type(*WORKLOAD_KINDS):
        if controller_of(workload, graph) is not None:
            continue  # a Pod or ReplicaSet of a dump is told by what made it
        index[graph.scope(workload).cluster, workload.namespace].append(workload)
    return index


def _workloads_with_unread_labels(graph: ResourceGraph) -> dict[tuple[str, str | None], Resource]:
    found: dict[tuple[str, str | None], Resource] = {}
    for place, workloads in graph.derived(_workloads_by_namespace).items():
        unread = next((workload for workload in workloads if has_placeholder(pod_labels(workload))), None)
        if unread:
            found[place] = unread
    return found


def _workloads_by_label(graph: ResourceGraph) -> dict[tuple[str, str | None, str, str], list[Resource]]:
    index: dict[tuple[str, str | None, str, str], list[Resource]] = defaultdict(list)
    for (cluster, namespace), workloads in graph.derived(_workloads_by_namespace).items():
        for workload in workloads:
            for key, value in pod_labels(workload).items():
                index[cluster, namespace, key, str(value)].append(workload)
    return index


def _passing_labels(graph: ResourceGraph) -> dict[tuple[str, str | None], list[tuple[Resource, dict[str, Any]]]]:
    found = {
        place: [(workload, labels) for workload in workloads for labels in passing_pod_labels(workload)]
        for place, workloads in graph.derived(_workloads_by_namespace).items()
    }
    return {place: labels for place, labels in found.items() if labels}


def _near_misses(selector: dict[str, Any], workloads: Sequence[Resource]) -> Iterator[str]:
    for workload in workloads:
        labels = pod_labels(workload)
        missing = [key for key, value in selector.items() if labels.get(key) != value]
        if len(missing) == 1:
            yield f"{workload.id} ({missing[0]}: {labels.get(missing[0])!r})"
