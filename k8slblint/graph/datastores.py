"""Knows which ports of a Service, or of a Pod on its node, lead to a database, a cache, a queue or an admin interface, and how surely."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from k8slblint.catalog.datastores import Datastore, datastore_of_images, datastore_of_port, datastore_of_port_name
from k8slblint.graph.answers import Found
from k8slblint.graph.entry_points import Target, targets_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations import workloads_of
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence


class ExposedPort(NamedTuple):
    """A port that leads to a datastore: where it is written, its outer number, what is behind it, and by what that is told."""

    path: Path
    number: Any
    datastore: Datastore
    evidence: str
    confidence: Confidence
    workload: Resource | None = None


def datastore_ports(service: Resource, graph: ResourceGraph) -> Iterator[ExposedPort]:
    """Yield the ports of a Service that lead to a datastore: by the images of its Pods, else by the port alone.

    Images win: a Pod that runs something else on such a port is no datastore.
    """
    answer = workloads_of(service, graph)
    workloads = answer.value if isinstance(answer, Found) else []
    for target in targets_of(service):
        found = _by_images(target, workloads) if workloads else _by_port(target, service)
        if found is not None:
            yield found._replace(path=target.path, number=service.get(*target.path, "port"))


def datastore_in(workload: Resource) -> Datastore | None:
    """Return the datastore that the containers of a workload run, or None."""
    return datastore_of_images(_images(workload))


def number_of(target: Target, workload: Resource) -> int | None:
    """Return the number of the container port that a target means in a workload; None for a name that no container declares."""
    if isinstance(target.port, int):
        return target.port
    for container in _containers(workload):
        ports = container.get("ports")
        for port in ports if isinstance(ports, list) else ():
            if isinstance(port, dict) and port.get("name") == target.port and isinstance(port.get("containerPort"), int):
                number: int = port["containerPort"]
                return number
    return None


def _by_images(target: Target, workloads: list[Resource]) -> ExposedPort | None:
    for workload in workloads:
        datastore = datastore_in(workload)
        number = number_of(target, workload)
        if datastore is not None and number in datastore.ports:
            evidence = f"{workload.id} runs {datastore.name}"
            return ExposedPort((), None, datastore, evidence, "high", workload)
    return None


def _by_port(target: Target, service: Resource) -> ExposedPort | None:
    """Judge a Service whose Pods are not in the manifests by number and name of its port."""
    if target.protocol != "TCP":
        return None
    numbers = [number for number in (target.port, service.get(*target.path, "port")) if isinstance(number, int)]
    name = service.get(*target.path, "name")
    by_name = datastore_of_port_name(name) if isinstance(name, str) else None
    by_target_name = datastore_of_port_name(target.port) if isinstance(target.port, str) else None
    by_number = next((found for number in numbers if (found := datastore_of_port(number)) is not None), None)
    datastore = by_target_name or by_name or by_number
    if datastore is None:
        return None
    is_sure = by_number is not None and by_number in (by_name, by_target_name)
    evidence = f"port {numbers[0] if numbers else target.port} is that of {datastore.name}, and its Pods are not in the manifests"
    return ExposedPort((), None, datastore, evidence, "medium" if is_sure or by_number is not None else "low")


def _images(workload: Resource) -> list[str]:
    return [container["image"] for container in _containers(workload) if isinstance(container.get("image"), str)]


def _containers(workload: Resource) -> Iterator[dict[str, Any]]:
    for container in workload.sequence(*(workload.pod_template_path or ()), "spec", "containers"):
        if isinstance(container, dict):
            yield container
