"""Detects Service ports whose target no selected Pod has."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from k8slblint.catalog.pods import injector_of_annotations, injector_of_port
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations import workloads_of
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.traffic.workloads.selection import belong_together, selected_beside
from k8slblint.traffic.workloads.target_ports import ContainerPort, DeclaredPorts, TargetPort, declared_ports, target_ports

_HEADLESS = "None"

_SHOWN = 5


class _Pods(NamedTuple):
    """A workload that a Service selects, with the ports that its Pods declare."""

    workload: Resource
    declared: DeclaredPorts


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at each `targetPort` that names a port which no selected Pod declares with this protocol.

    A warning where only some of the workloads declare it, a note of low confidence for a number that none declares: such a list
    is for information only. Headless Services are left out: nothing translates their ports.
    """
    if service.api_version != "v1" or service.get("spec", "type") == "ExternalName" or service.get("spec", "clusterIP") == _HEADLESS:
        return
    targets = list(target_ports(service))
    answer = workloads_of(service, graph) if targets else None
    if not isinstance(answer, Found):
        return
    workloads = selected_beside(service, answer.value, graph)
    is_certain = belong_together(service, workloads, graph)
    selected = [(workload, declared_ports(workload)) for workload in workloads]
    pods = [_Pods(workload, declared) for workload, declared in selected if declared is not None]
    is_read = len(pods) == len(selected)
    for target in targets:
        if isinstance(target.target, int):
            problem: Problem | Undecided | None = _of_number(service, target, pods) if is_read else None
        else:
            problem = _of_name(service, target, target.target, pods, is_read=is_read)
        if isinstance(problem, Problem) and problem.confidence == "high" and not is_certain:
            problem = problem._replace(confidence="medium")
        if problem:
            yield problem


def _of_name(service: Resource, target: TargetPort, name: str, pods: Sequence[_Pods], *, is_read: bool) -> Problem | Undecided | None:
    if name.isdigit():  # no port name; `service-rejected` tells
        return None
    lacking = [one for one in pods if not any(port.name == name and port.protocol == target.protocol for port in one.declared.ports)]
    if not lacking:
        return None
    injector = injector_of_port(name) or next(filter(None, (injector_of_annotations(_annotations(one.workload)) for one in lacking)), None)
    if injector:
        return Undecided(target.path, f"port '{name}' may be that of a sidecar which {injector} injects")
    if len(lacking) == len(pods) and not is_read:
        return Undecided(target.path, "the ports of some Pods hold a placeholder")
    return _unresolved(service, target, name, lacking) if len(lacking) == len(pods) else _resolved_by_some(service, target, name, lacking)


def _unresolved(service: Resource, target: TargetPort, name: str, lacking: Sequence[_Pods]) -> Problem:
    return Problem(
        path=target.path,
        message=(
            f"{_what(service, target)} leads to port name '{name}' with protocol {target.protocol}, which no container of "
            f"{_names(lacking)} declares{_instead(name, lacking)}. The port has no endpoints, so connections to it are refused. "
            f"{_way_out(target, name, lacking)}"
        ),
        related=tuple(_related(lacking)),
    )


def _resolved_by_some(service: Resource, target: TargetPort, name: str, lacking: Sequence[_Pods]) -> Problem:
    return Problem(
        path=target.path,
        message=(
            f"{_what(service, target)} leads to port name '{name}' with protocol {target.protocol}, which the Pods of {_names(lacking)} do "
            f"not declare{_instead(name, lacking)}, though the Service selects them: they get no traffic on this port. Declare the "
            "port there too, or select by labels that these Pods do not have."
        ),
        severity="warning",
        confidence="medium" if any(_near(target, name, one.declared.ports) for one in lacking) else "low",
        related=tuple(_related(lacking)),
    )


def _of_number(service: Resource, target: TargetPort, pods: Sequence[_Pods]) -> Problem | None:
    if any(not one.declared.is_whole or _is_declared(target, one.declared.ports) for one in pods):
        return None
    numbers = sorted({f"{port.number}" for one in pods for port in one.declared.ports}, key=int)
    return Problem(
        path=target.path,
        message=(
            f"{_what(service, target)} leads to port {target.target}, but the containers of {_names(pods)} declare only "
            f"{', '.join(numbers)}. Such lists are for information, so the traffic arrives if something listens there; if nothing does, "
            "connections are refused. Check the number, or declare the port."
        ),
        severity="note",
        confidence="low",
        related=tuple(_related(pods)),
    )


def _is_declared(target: TargetPort, ports: Sequence[ContainerPort]) -> bool:
    return any(port.number == target.target for port in ports)


def _what(service: Resource, target: TargetPort) -> str:
    port = service.mapping("spec", "ports", target.number)
    name = f"'{port['name']}' ({port.get('port')})" if isinstance(port.get("name"), str) else f"{port.get('port')}"
    return f"Port {name} of Service '{service.namespace}/{service.name}'"


def _names(pods: Sequence[_Pods]) -> str:
    shown = [f"{one.workload.kind} '{one.workload.name}'" for one in pods[:_SHOWN]]
    return ", ".join(shown) + (f" and {len(pods) - _SHOWN} more" if len(pods) > _SHOWN else "")


def _instead(name: str, lacking: Sequence[_Pods]) -> str:
    ports = [port for one in lacking for port in one.declared.ports]
    other = next((port for port in ports if port.name == name), None)
    if other:
        return f" ('{name}' is declared there with protocol {other.protocol})"
    names = list(dict.fromkeys(f"'{port.name}' ({port.number})" if port.name else f"{port.number} without a name" for port in ports))
    if not names:
        return " (they declare no ports)"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f" (they declare {', '.join(names[:_SHOWN])}{more})"


def _near(target: TargetPort, name: str, ports: Sequence[ContainerPort]) -> ContainerPort | None:
    """Return the port that was meant: of this name with another protocol, in another case, or the only one of this protocol."""
    of_protocol = [port for port in ports if port.protocol == target.protocol]
    same = next((port for port in ports if port.name and port.name.casefold() == name.casefold()), None)
    return same or (of_protocol[0] if len(of_protocol) == 1 else None)


def _way_out(target: TargetPort, name: str, lacking: Sequence[_Pods]) -> str:
    near = _near(target, name, [port for one in lacking for port in one.declared.ports])
    if near and near.name and near.name.casefold() == name.casefold() and near.name != name:
        return f"Did you mean '{near.name}'? Write `targetPort: {near.name}`."
    if near and near.name and near.name != name:
        return f"Declare a port of this name, or write `targetPort: {near.name}`."
    if near and near.name == name:
        return f"Give both ports the same protocol, {target.protocol} or {near.protocol}."
    if near:
        return f"Name port {near.number} of container '{near.container}' so, or write `targetPort: {near.number}`."
    return "Declare a port of this name, or write the number."


def _related(pods: Sequence[_Pods]) -> Iterator[RelatedPlace]:
    for one in pods[:_SHOWN]:
        first = one.declared.ports[0].path[:-1] if one.declared.ports else (*(one.workload.pod_template_path or ()), "spec", "containers")
        yield RelatedPlace(one.workload, first, f"The ports of {one.workload.kind} '{one.workload.name}'.")


def _annotations(workload: Resource) -> dict[str, object]:
    return workload.mapping(*(workload.pod_template_path or ()), "metadata", "annotations")
