"""The last part of an explanation: from a backend to its Service, and from that to Pods."""

from collections.abc import Iterator, Sequence

from k8slblint.graph.answers import Absent, Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS, ROUTE_KINDS
from k8slblint.graph.relations.backends import Backend, port_of, service_of
from k8slblint.graph.relations.workloads import workloads_of
from k8slblint.model.resource import Resource
from k8slblint.model.texts import listed
from k8slblint.traffic.workloads.replicas import ON_EVERY_NODE, least_replicas
from k8slblint.traffic.workloads.selection import (
    is_served_otherwise,
    operator_of_selector,
    selects_by_runtime_labels,
    why_pods_may_be_elsewhere,
)
from k8slblint.views.steps import Step, every, some


def backend_steps(backends: Sequence[Backend], graph: ResourceGraph) -> Iterator[Step]:
    """Yield a step for each Service that is named, each port once."""
    seen: set[tuple[object, ...]] = set()
    for backend in backends:
        key = backend.namespace, backend.name, backend.port
        if key not in seen:
            seen.add(key)
            yield _backend(backend, graph)


def _backend(backend: Backend, graph: ResourceGraph) -> Step:
    name = f"Service {backend.namespace}/{backend.name}"
    answer = service_of(backend, graph)
    if isinstance(answer, Unknown):
        return Step("unknown", f"{name} may be elsewhere: {answer.reason}", backend.source, backend.path)
    if isinstance(answer, Absent):
        return _absent(backend, name, graph)
    service = answer.value
    steps = [*_port(backend, service), *service_steps(service, graph)]
    if backend.source.type_name in ROUTE_KINDS and backend.namespace != backend.source.namespace:
        steps.insert(0, Step("unknown", f"a ReferenceGrant in namespace '{backend.namespace}' must allow the reference"))
    reply = every(step.reply for step in steps)
    return Step(reply, f"{name} {_OUTCOMES[reply]}", service, (), None, tuple(steps))


_OUTCOMES = {"yes": "has Pods", "no": "cannot answer", "unknown": "may have Pods"}


def _absent(backend: Backend, name: str, graph: ResourceGraph) -> Step:
    cluster = graph.scope(backend.source).cluster
    is_shown = any(one.namespace == backend.namespace for one in graph.in_cluster(cluster, "Service"))
    if is_shown:
        return Step("no", f"{name} does not exist", backend.source, backend.path)
    return Step("unknown", f"{name} may be elsewhere: no Service of its namespace is in the manifests", backend.source, backend.path)


def _port(backend: Backend, service: Resource) -> Iterator[Step]:
    by_name = backend.source.type_name in (*INGRESS_KINDS, *ROUTE_KINDS)
    if service.get("spec", "type") == "ExternalName" or not by_name:
        return
    if backend.port is None:
        yield Step("no", "the reference names no port", backend.source, backend.path[:-1])
    elif port_of(service, backend.port) is None:
        ports = (str(one.get("port")) for one in service.sequence("spec", "ports") if isinstance(one, dict))
        yield Step("no", f"port {backend.port} is not one of its ports: {listed(ports, most=6)}", service, ("spec", "ports"))


def service_steps(service: Resource, graph: ResourceGraph) -> Iterator[Step]:
    """Yield whether a Service has Pods: one step for each workload, or one that says why there is none."""
    if service.get("spec", "type") == "ExternalName":
        yield Step("unknown", f"it is an alias of '{service.get('spec', 'externalName')}'", service, ("spec", "externalName"))
    elif is_served_otherwise(service, graph):
        yield Step("unknown", "its endpoints are not those of a selector", service, ("spec",))
    else:
        yield _selected(service, graph)


def _selected(service: Resource, graph: ResourceGraph) -> Step:
    answer = workloads_of(service, graph)
    path = ("spec", "selector")
    if isinstance(answer, Unknown):
        return Step("unknown", f"whether it selects Pods is unknown: {answer.reason}", service, path)
    if isinstance(answer, Found):
        steps = tuple(_workload(one, graph) for one in answer.value)
        return Step(some(one.reply for one in steps), f"it selects the Pods of {_count(len(steps))}", service, path, None, steps)
    doubt = why_pods_may_be_elsewhere(service, graph) or operator_of_selector(service, graph)
    if doubt is None and selects_by_runtime_labels(service, graph):
        doubt = "Kubernetes sets labels that it selects"
    if doubt:
        return Step("unknown", f"it selects no Pod of the manifests: {doubt}", service, path)
    return Step("no", "it selects no Pods: no Pod template has all labels of its selector", service, path)


def _count(number: int) -> str:
    return f"{number} workload{'s' * (number != 1)}"


def _workload(workload: Resource, graph: ResourceGraph) -> Step:
    if workload.type_name in ON_EVERY_NODE:
        return Step("yes", f"{workload.id} runs a Pod on its nodes", workload)
    least = least_replicas(workload, graph)
    if isinstance(least, Unknown):
        return Step("unknown", f"how many Pods {workload.id} has is unknown: {least.reason}", workload)
    if least.value:
        return Step("yes", f"{workload.id} has {least.value} Pod{'s' * (least.value != 1)} or more", workload)
    stated = workload.get("spec", "replicas") == 0
    return Step("no" if stated else "unknown", f"{workload.id} may have no Pods: its least number is 0", workload, ("spec", "replicas"))
