"""The last part of an explanation: from a backend to its Service, and from that to Pods."""

from collections.abc import Iterator, Sequence

from k8slblint.graph.answers import Absent, Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS, ROUTE_KINDS, SCALER_KINDS
from k8slblint.graph.relations.backends import Backend
from k8slblint.graph.relations.workloads import workloads_of
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Condition
from k8slblint.model.texts import listed
from k8slblint.traffic.attachment.grants import Permitted, Refused, permission
from k8slblint.traffic.attachment.references import backend_references
from k8slblint.traffic.backends.ports import port_behind
from k8slblint.traffic.backends.services import service_behind
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
    at = backend.source, backend.path
    answer = service_behind(backend, graph)
    if isinstance(answer, Unknown):
        return Step("unknown", f"{name} may be elsewhere: {answer.reason}", *at)
    if isinstance(answer, Absent):
        return Step("no", f"{name} does not exist", *at)
    service = answer.value
    steps = (*_grant(backend, graph), *_port(backend, service, graph), *service_steps(service, graph))
    reply = every(step.reply for step in steps)
    return Step(reply, f"{name} {_OUTCOMES[reply]}", service, (), None, steps)


_OUTCOMES = {"yes": "has Pods", "no": "cannot answer", "unknown": "may have Pods"}


def _grant(backend: Backend, graph: ResourceGraph) -> Iterator[Step]:
    """Yield whether a reference of a route into another namespace is permitted."""
    if backend.source.type_name not in ROUTE_KINDS or backend.namespace == backend.source.namespace:
        return
    at = backend.source, backend.path[:-1]
    reference = next((one for one in backend_references(backend.source) if one.path == at[1]), None)
    found = permission(reference, graph) if reference is not None else None
    if isinstance(found, Permitted) and found.grant is not None:
        yield Step("yes", f"{found.grant.id} permits the reference", found.grant)
    elif isinstance(found, Refused):
        refusal = Condition("ResolvedRefs", "False", "RefNotPermitted")
        yield Step("no", f"no ReferenceGrant in namespace '{backend.namespace}' permits the reference", *at, refusal)
    elif isinstance(found, Unknown):
        yield Step("unknown", f"a ReferenceGrant must permit the reference: {found.reason}", *at)


def _port(backend: Backend, service: Resource, graph: ResourceGraph) -> Iterator[Step]:
    """Yield whether the Service has the port that an Ingress or a route names; vendors name it in other ways."""
    if backend.source.type_name not in (*INGRESS_KINDS, *ROUTE_KINDS) or service.get("spec", "type") == "ExternalName":
        return
    answer = port_behind(service, backend.port, graph)
    if isinstance(answer, Unknown):
        yield Step("unknown", f"whether it has the port is unknown: {answer.reason}", backend.source, backend.path)
    elif isinstance(answer, Absent):
        ports = listed(answer.near, most=6)
        yield Step("no", f"port {backend.port} is not one of its ports: {ports}", service, ("spec", "ports"))


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
    scalers = graph.in_cluster(graph.scope(workload).cluster, *SCALER_KINDS)
    if workload.get("spec", "replicas") == 0 and not any(one.namespace == workload.namespace for one in scalers):
        return Step("no", f"{workload.id} has no Pods: `replicas` is 0", workload, ("spec", "replicas"))
    return Step("unknown", f"{workload.id} may have no Pods: an autoscaler may stop all of them", workload)
