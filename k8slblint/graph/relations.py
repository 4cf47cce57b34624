"""The edges of the graph: Service to workload and endpoints, Ingress and route to Service, route to Gateway.

Sources: Kubernetes API reference 1.37 (Service, EndpointSlice, Ingress) and Gateway API 1.6 (parentRefs, backendRefs).
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias, TypeVar

from k8slblint.catalog.load_balancers import actions_prefix
from k8slblint.graph.answers import Absent, Answer, Found, Unknown
from k8slblint.graph.containers import pod_labels
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.ordinals import has_pod, labels_of_one_pod
from k8slblint.graph.owner_references import controller_of
from k8slblint.graph.reads import ENDPOINT_SLICE, INGRESS_KINDS, ROUTE_KINDS, WORKLOAD_KINDS
from k8slblint.graph.selectors import matches_labels
from k8slblint.graph.twins import goes_with, nearest_twin, those_with
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource

T = TypeVar("T")


class Backend(NamedTuple):
    """A reference from an Ingress or a route to a Service: where it stands, the Service's namespace and name, and its port.

    `port` is a number, a name (Ingress only) or None.
    """

    source: Resource
    path: Path
    namespace: str | None
    name: str
    port: int | str | None


class ParentReference(NamedTuple):
    """A reference from a route to what it attaches to (a Gateway, a ListenerSet or, in a mesh, a Service)."""

    route: Resource
    path: Path
    type_name: str
    namespace: str | None
    name: str
    section_name: str | None
    port: int | None


ServiceKey: TypeAlias = tuple[str, str | None, str]
"""`(cluster, namespace, name)` of a Service."""


def workloads_of(service: Resource, graph: ResourceGraph) -> Answer[list[Resource]]:
    """Return the workloads whose Pods a Service selects; `Absent.near` names workloads that miss by one label.

    One Pod of a StatefulSet that is selected by its name or index stands for the StatefulSet.
    `Unknown` for a Service without selector (its endpoints are made by hand or by an operator), for selectors with
    placeholders, and when some of the cluster could not be read.
    """
    selector = service.mapping("spec", "selector")
    if not selector:
        return Unknown(f"{service.id} has no selector")
    if has_placeholder(selector):
        return Unknown(f"the selector of {service.id} contains a placeholder")
    cluster = graph.scope(service).cluster
    selected = _selected(service, selector, graph)
    if selected:
        return Found(those_with(service, selected, graph))
    reason = graph.why_incomplete(cluster, service.namespace)
    if reason:
        return Unknown(reason)
    unsure = workload_with_unread_labels(service, graph)
    if unsure:
        return Unknown(f"the Pod labels of {unsure.id} contain a placeholder")
    return Absent(tuple(_near_misses(selector, workloads_beside(service, graph))) if len(selector) > 1 else ())


def workloads_beside(service: Resource, graph: ResourceGraph) -> Sequence[Resource]:
    """Return all workloads of a Service's namespace and cluster, in reading order."""
    return graph.derived(_workloads_by_namespace).get((graph.scope(service).cluster, service.namespace), ())


def workload_with_unread_labels(service: Resource, graph: ResourceGraph) -> Resource | None:
    """Return the first workload of a Service's namespace and cluster whose Pod labels contain a placeholder, or None."""
    return graph.derived(_workloads_with_unread_labels).get((graph.scope(service).cluster, service.namespace))


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


def backends_of(source: Resource) -> Iterator[Backend]:
    """Yield the Services that an Ingress or a route names, in order; other backend kinds are left out."""
    if source.kind == "Ingress":
        yield from _ingress_backends(source)
    else:
        yield from _route_backends(source)


def parents_of(route: Resource) -> Iterator[ParentReference]:
    """Yield what a route attaches to; group and kind default to Gateway, the namespace to the route's own."""
    for index, reference in enumerate(route.sequence("spec", "parentRefs")):
        if isinstance(reference, dict) and isinstance(reference.get("name"), str):
            group = _text_or(reference.get("group"), "gateway.networking.k8s.io")
            kind = _text_or(reference.get("kind"), "Gateway")
            yield ParentReference(
                route=route,
                path=("spec", "parentRefs", index),
                type_name=f"{kind}.{group}" if group else kind,
                namespace=_text_or(reference.get("namespace"), route.namespace),
                name=reference["name"],
                section_name=reference.get("sectionName"),
                port=reference.get("port"),
            )


def gateways_of(route: Resource, graph: ResourceGraph) -> Iterator[tuple[ParentReference, Answer[Resource]]]:
    """Yield each parent of a route with the answer whether it is in the manifests."""
    cluster = graph.scope(route).cluster
    for parent in parents_of(route):
        answer = graph.look_up(cluster, parent.type_name, parent.namespace, parent.name)
        yield parent, Found(nearest_twin(answer.value, route, graph)) if isinstance(answer, Found) else answer


def users_of(service: Resource, graph: ResourceGraph) -> Sequence[Backend]:
    """Return the references from Ingresses and routes of the same cluster to a Service, in reading order."""
    key = (graph.scope(service).cluster, service.namespace, service.name)
    return [one for one in graph.derived(_backends_by_service).get(key, ()) if goes_with(one.source, service, graph)]


def service_of(backend: Backend, graph: ResourceGraph) -> Answer[Resource]:
    """Return the Service that a backend names."""
    if has_placeholder(backend.name):
        return Unknown(f"the backend of {backend.source.id} contains a placeholder")
    answer = graph.look_up(graph.scope(backend.source).cluster, "Service", backend.namespace, backend.name)
    return Found(nearest_twin(answer.value, backend.source, graph)) if isinstance(answer, Found) else answer


def port_of(service: Resource, port: int | str | None) -> tuple[int, dict[str, Any]] | None:
    """Return index and content of the Service port of that number or name, or None."""
    for index, entry in enumerate(service.sequence("spec", "ports")):
        if isinstance(entry, dict) and port is not None and port in (entry.get("port"), entry.get("name")):
            return index, entry
    return None


def _text_or(value: object, default: T) -> str | T:
    """Return a text as written, `default` where the field is missing, null or no text at all."""
    return value if isinstance(value, str) else default


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


def _backends_by_service(graph: ResourceGraph) -> dict[ServiceKey, list[Backend]]:
    index: dict[ServiceKey, list[Backend]] = defaultdict(list)
    for source in graph.of_type(*INGRESS_KINDS, *ROUTE_KINDS):
        cluster = graph.scope(source).cluster
        for backend in backends_of(source):
            index[cluster, backend.namespace, backend.name].append(backend)
    return index


def _near_misses(selector: dict[str, Any], workloads: Sequence[Resource]) -> Iterator[str]:
    for workload in workloads:
        labels = pod_labels(workload)
        missing = [key for key, value in selector.items() if labels.get(key) != value]
        if len(missing) == 1:
            yield f"{workload.id} ({missing[0]}: {labels.get(missing[0])!r})"


def _ingress_backends(ingress: Resource) -> Iterator[Backend]:
    for path in _ingress_backend_paths(ingress):
        backend = ingress.mapping(*path)
        service = backend.get("service")
        if isinstance(service, dict):
            name, port = service.get("name"), service.get("port")
            number = port.get("number") or port.get("name") if isinstance(port, dict) else None
            steps: Path = (*path, "service", "name")
        else:
            name, number, steps = backend.get("serviceName"), backend.get("servicePort"), (*path, "serviceName")
        if isinstance(name, str) and number == "use-annotation":
            yield from _action_backends(ingress, name)
        elif isinstance(name, str):
            yield Backend(ingress, steps, ingress.namespace, name, number)


def _action_backends(ingress: Resource, action: str) -> Iterator[Backend]:
    """Yield the Services that an action in an annotation forwards to (AWS Load Balancer Controller, `actions.<name>`)."""
    key = f"{actions_prefix()}{action}"
    try:
        content = json.loads(str(ingress.annotations.get(key, "")))
    except (ValueError, RecursionError):
        return
    forward = content.get("forwardConfig") if isinstance(content, dict) else None
    groups = forward.get("targetGroups") if isinstance(forward, dict) else None
    for group in [content, *(groups if isinstance(groups, list) else ())]:
        if isinstance(group, dict) and isinstance(group.get("serviceName"), str):
            yield Backend(ingress, ("metadata", "annotations", key), ingress.namespace, group["serviceName"], group.get("servicePort"))


def _ingress_backend_paths(ingress: Resource) -> Iterator[Path]:
    yield ("spec", "defaultBackend")
    yield ("spec", "backend")
    for rule_index, rule in enumerate(ingress.sequence("spec", "rules")):
        http = rule.get("http") if isinstance(rule, dict) else None
        paths = http.get("paths") if isinstance(http, dict) else None
        for path_index in range(len(paths) if isinstance(paths, list) else 0):
            yield ("spec", "rules", rule_index, "http", "paths", path_index, "backend")


def _route_backends(route: Resource) -> Iterator[Backend]:
    for rule_index, rule in enumerate(route.sequence("spec", "rules")):
        references = rule.get("backendRefs") if isinstance(rule, dict) else None
        for index, reference in enumerate(references if isinstance(references, list) else ()):
            if not isinstance(reference, dict) or (reference.get("group") or "", reference.get("kind") or "Service") != ("", "Service"):
                continue
            name = reference.get("name")
            if isinstance(name, str):
                path: Path = ("spec", "rules", rule_index, "backendRefs", index, "name")
                yield Backend(route, path, _text_or(reference.get("namespace"), route.namespace), name, reference.get("port"))
