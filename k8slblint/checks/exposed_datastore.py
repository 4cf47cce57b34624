"""Detects databases, caches, queues and admin interfaces that are reached from the internet, or through every node."""

from collections.abc import Iterator, Sequence

from k8slblint.graph.answers import Found
from k8slblint.graph.datastores import ExposedPort, datastore_in, datastore_ports, number_of
from k8slblint.graph.entry_points import EntryPoint, entry_points_through
from k8slblint.graph.exposure import Exposure, exposure_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations import ROUTE_KINDS, gateways_of
from k8slblint.graph.source_ranges import source_ranges
from k8slblint.model.resource import Resource
from k8slblint.model.rule import CONFIDENCES, Problem, RelatedPlace, Severity, Undecided

_SILENT = ("development", "test", "ci", "local")

_REACHES = {"internet": "the internet", "node": "whoever reaches a node"}


def check(resource: Resource, graph: ResourceGraph, *, allowed_ports: Sequence[int]) -> Iterator[Problem | Undecided]:
    """Yield a problem at each port of a Service, or of a Pod on its node, that leads to a datastore from outside.

    Silent in development, test, CI and local environments. Reach that is not known counts as none, and source ranges that let only
    some in as protection.
    """
    if graph.scope(resource).environment in _SILENT:
        return
    if resource.kind == "Service":
        yield from _of_service(resource, graph, allowed_ports)
    elif resource.type_name in ROUTE_KINDS:
        yield from _of_route(resource, graph)
    else:
        yield from _of_workload(resource, graph, allowed_ports)


def _of_service(service: Resource, graph: ResourceGraph, allowed_ports: Sequence[int]) -> Iterator[Problem | Undecided]:
    exposure = exposure_of(service, graph)
    if exposure.reach not in _REACHES:
        return
    ports = [port for port in datastore_ports(service, graph) if port.number not in allowed_ports]
    if not ports or (exposure.reach == "internet" and _is_restricted(service, graph)):
        return
    if exposure.reach == "internet" and (filters := source_ranges(service, graph).filters):
        yield Undecided(ports[0].path, f"who may connect depends on '{filters[0]}', which the manifests do not show")
        return
    for port in ports:
        yield _problem(service, port, exposure, graph)


def _is_restricted(service: Resource, graph: ResourceGraph) -> bool:
    ranges = source_ranges(service, graph)
    return bool(ranges.stated) and not ranges.is_open


def _problem(service: Resource, port: ExposedPort, exposure: Exposure, graph: ResourceGraph) -> Problem:
    return Problem(
        path=(*port.path, "port"),
        message=(
            f"{service.id} opens port {port.number} of a {port.datastore.kind} ({port.datastore.name}) to {_REACHES[exposure.reach]}: "
            f"{port.evidence}, and {exposure.reason}. {_HARM} {_WAY_OUT}"
        ),
        severity=_severity(service, exposure, graph),
        confidence=min(port.confidence, exposure.confidence, key=CONFIDENCES.index),
        traffic=_traffic(service, port, exposure),
    )


_HARM = "Scanners find such a port within hours, and often nothing but a password stands before the data."

_WAY_OUT = "Use type ClusterIP, an internal load balancer, or source ranges that name its clients."


def _severity(resource: Resource, exposure: Exposure, graph: ResourceGraph) -> Severity:
    """Nodes are often in a private network: there it is an error in production only."""
    return "error" if exposure.reach == "internet" or graph.scope(resource).environment == "production" else "warning"


def _traffic(service: Resource, port: ExposedPort, exposure: Exposure) -> tuple[RelatedPlace, ...]:
    steps = [
        RelatedPlace(service, ("spec", "type"), f"A client connects from outside: {exposure.reason}."),
        RelatedPlace(service, (*port.path, "port"), f"Port {port.number} of the Service takes the connection."),
    ]
    if port.workload is not None:
        steps.append(RelatedPlace(port.workload, (), f"It ends at the Pods of {port.workload.id}."))
    return tuple(steps)


def _of_route(route: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Judge a route of bytes; one of HTTP may stand behind authentication that is no matter of manifests."""
    for _, gateway in gateways_of(route, graph):
        for way in entry_points_through(gateway.value, graph) if isinstance(gateway, Found) else ():
            datastore = datastore_in(way.workload)
            is_of_route = len(way.steps) > 1 and way.steps[1].resource is route
            if datastore is None or not is_of_route or way.exposure.reach not in _REACHES:
                continue
            if any(number_of(target, way.workload) in datastore.ports for target in way.targets):
                yield _on_route(route, way, datastore.kind, datastore.name, graph)


def _on_route(route: Resource, way: EntryPoint, kind: str, name: str, graph: ResourceGraph) -> Problem:
    return Problem(
        path=way.steps[1].path,
        message=(
            f"{route.id} leads from {way.resource.id} to a {kind} ({name}, {way.workload.id}), and {_REACHES[way.exposure.reach]} "
            f"reaches it: {way.exposure.reason}. {_HARM} Attach the route to a Gateway that is internal, or take it out."
        ),
        severity=_severity(route, way.exposure, graph),
        confidence=way.exposure.confidence,
        traffic=way.steps,
    )


def _of_workload(workload: Resource, graph: ResourceGraph, allowed_ports: Sequence[int]) -> Iterator[Problem]:
    datastore = datastore_in(workload)
    if datastore is None:
        return
    for way in entry_points_through(workload, graph):
        target = way.targets[0]
        host_port = workload.get(*target.path, "hostPort")
        if target.port in datastore.ports and isinstance(host_port, int) and host_port not in allowed_ports:
            yield _on_node(workload, way, host_port, datastore.kind, datastore.name, graph)


def _on_node(workload: Resource, way: EntryPoint, host_port: int, kind: str, name: str, graph: ResourceGraph) -> Problem:
    return Problem(
        path=(*way.targets[0].path, "hostPort"),
        message=(
            f"{workload.id} opens port {host_port} of a {kind} ({name}) on the node of each Pod, to whoever reaches that node. {_HARM} "
            "Leave `hostPort` out, and reach it by a Service of type ClusterIP."
        ),
        severity=_severity(workload, way.exposure, graph),
        confidence="high",
        traffic=way.steps,
    )
