"""Detects Service ports whose target no selected Pod has."""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence

from k8slblint.admission.grammar import broken_port_name
from k8slblint.catalog.pods import injector_of_annotations, injector_of_port
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.unrendered import left_out_beside, unrendered_above
from k8slblint.graph.relations.workloads import workloads_of
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Cause, Confidence, Problem, RelatedPlace, Undecided
from k8slblint.model.texts import listed, middle, quoted
from k8slblint.traffic.workloads.overlays import made_of_same_base, overlay_of
from k8slblint.traffic.workloads.selection import belong_together, selected_beside
from k8slblint.traffic.workloads.target_ports import (
    ContainerPort,
    DeclaredPorts,
    Probe,
    TargetPort,
    declared_ports,
    mentions_port,
    serves_observers,
    serves_webhooks,
    target_ports,
    unmade_probes,
)

_HEADLESS = "None"

_SHOWN = 5

_FRONT_PORTS = (80, 443)
"""What people write for any web server; a swapped pair has such a number as its target."""

_LONGEST_NAME = 18

_LONGEST_WORKLOAD = 30


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
    told: set[tuple[int, ...]] = set()
    left_out = left_out_beside(service, graph, also_fetched=True)
    for target in targets:
        if isinstance(target.target, int):
            problem: Problem | Undecided | None = _of_number(service, target, pods, graph) if is_read else None
        else:
            problem = _of_name(service, target, target.target, pods, graph, told if is_read else None)
        if isinstance(problem, Problem) and problem.confidence == "high" and not is_certain:
            problem = problem._replace(confidence="medium")
        if isinstance(problem, Problem) and left_out is not None:
            problem = Undecided(problem.path, f"'{service.path}' was not rendered as a whole: {left_out}")
        if problem:
            yield problem
    if left_out is None and service.get("spec", "publishNotReadyAddresses") is not True:
        yield from _never_ready(service, workloads, graph, is_certain=is_certain)


def _never_ready(
    service: Resource, workloads: Sequence[Resource], graph: ResourceGraph, *, is_certain: bool
) -> Iterator[Problem | Undecided]:
    """Yield a problem at each probe of the Pods without which they never get ready, so that a Service sends them nothing."""
    for workload in workloads:
        for probe in (one for one in unmade_probes(workload) if broken_port_name(one.port) is None):  # the API server refuses others
            elsewhere = _why_elsewhere(service, probe.port, [_Pods(workload, DeclaredPorts((), is_whole=False))], graph)
            yield Undecided(_SELECTOR, elsewhere) if elsewhere else _unmade(service, workload, probe, "high" if is_certain else "medium")


def _unmade(service: Resource, workload: Resource, probe: Probe, confidence: Confidence) -> Problem:
    ports = listed([f"'{one}'" for one in probe.declared])
    return Problem(
        path=_SELECTOR,
        headline=f"{service.id} selects Pods that never get ready",
        label=f"container {middle(probe.container, _LONGEST_NAME)} has no port {quoted(probe.port, _LONGEST_NAME)}",
        why=f"The kubelet cannot make the `{probe.kind}` of {_names_of([workload])}: its Pods get no traffic from the Service.",
        help=f"Write the name of a port of the container: {ports}." if ports else "Write the number, or declare the port.",
        confidence=confidence,
        written_at=RelatedPlace(workload, probe.path, ""),
        cause=Cause(
            f"{workload.id} {probe.path}",
            (f"{service.id} and ", " more select Pods that never get ready"),
            f"{service.id} selects them too.",
        ),
    )


_SELECTOR = ("spec", "selector")


def _of_name(
    service: Resource, target: TargetPort, name: str, pods: Sequence[_Pods], graph: ResourceGraph, told: set[tuple[int, ...]] | None
) -> Problem | Undecided | None:
    """Return what is wrong with a named port. `told` holds the workloads of which it was said that they lack a port, None for unread ones.

    Workloads that lack one port of a Service and then others as well are selected by mistake: that is said once.
    """
    lacking = [one for one in pods if not any(port.name == name and port.protocol == target.protocol for port in one.declared.ports)]
    if not lacking or name.isdigit():  # digits are not a valid port name: see `service-rejected`
        return None
    elsewhere = _why_elsewhere(service, name, lacking, graph)
    if elsewhere:
        return Undecided(target.path, elsewhere)
    if len(lacking) < len(pods):
        return _resolved_by_some(service, target, name, lacking) if told is None or _is_news(lacking, told) else None
    if told is None:
        return Undecided(target.path, "the ports of some Pods contain a placeholder")
    sound = _where_resolved(service, name, graph)
    return _unresolved(service, target, name, lacking) if sound is None else _in_one_overlay(service, target, name, lacking, sound)


def _why_elsewhere(service: Resource, name: str, lacking: Sequence[_Pods], graph: ResourceGraph) -> str | None:
    """Return why a port may be declared by what is not seen: a sidecar that is injected, a patch that was not applied."""
    injector = injector_of_port(name) or next(filter(None, (injector_of_annotations(_annotations(one.workload)) for one in lacking)), None)
    if injector:
        return f"port '{name}' may belong to a sidecar that {injector} injects"
    if any(one.workload.provenance is not None and one.workload.provenance.may_print(f"name: {name}\n") for one in lacking):
        return f"the template of the Pods declares port '{name}' with other values"
    unrendered = unrendered_above(service, graph)
    if unrendered and service.provenance is None:
        return f"'{unrendered}', which could not be rendered, may add the port"
    if any(_names_port(one.workload, name) for one in lacking):
        return f"an annotation of the Pods names port '{name}', which what reads it may add"
    if service.standing == "variant" and all(_is_of_another_chart(service, one.workload) for one in lacking):
        return "the values with which the Service is printed may give a port to the dependency that has the Pods"
    patch = next(filter(None, (graph.patch_of(one.workload) for one in lacking)), None)
    return f"'{patch}', which was not rendered, may add the port" if patch else None


def _is_of_another_chart(service: Resource, workload: Resource) -> bool:
    """Tell whether a workload is printed by another chart of the same release, which has values of its own."""
    written = [one.provenance.written_in for one in (service, workload) if one.provenance is not None]
    charts = {path.rpartition("/templates/")[0] or path for path in written if path}
    return len(charts) > 1


def _names_port(workload: Resource, name: str) -> bool:
    """Tell whether a Pod annotation has the name of a port with a number beside it, as injectors of sidecars read it: `http:8080`."""
    texts = (value for value in _annotations(workload).values() if isinstance(value, str))
    return any(f"{name}:" in re.split(r"(?<=:)|[\s,;]", text) for text in texts)


def _is_news(lacking: Sequence[_Pods], told: set[tuple[int, ...]]) -> bool:
    """Tell whether nothing was said of these workloads so far, and remember that it is now."""
    these = tuple(id(one.workload) for one in lacking)
    is_news = these not in told
    told.add(these)
    return is_news


def _unresolved(service: Resource, target: TargetPort, name: str, lacking: Sequence[_Pods]) -> Problem:
    return Problem(
        path=target.path,
        headline=f"{service.id} targets port {quoted(name, _LONGEST_NAME)}, which no container has",
        label=_label(target, lacking),
        why=f"{_who_declares(name, lacking)}. The port has no endpoints, so connections are refused.",
        help=_way_out(target, name, lacking),
        related=tuple(_related(lacking)),
    )


def _where_resolved(service: Resource, name: str, graph: ResourceGraph) -> Resource | None:
    """Return what another overlay makes of the Service, where some of its Pods have a port of this name there."""
    for other in made_of_same_base(service, graph):
        answer = workloads_of(other, graph)
        if name not in (target.target for target in target_ports(other)) or not isinstance(answer, Found):
            continue
        declared = (declared_ports(workload) for workload in selected_beside(other, answer.value, graph))
        if any(port.name == name for one in declared if one is not None for port in one.ports):
            return other
    return None


def _in_one_overlay(service: Resource, target: TargetPort, name: str, lacking: Sequence[_Pods], sound: Resource) -> Problem:
    """Return the problem of an overlay that takes a port away: the base is right, as another overlay of it shows."""
    here, there = (middle(overlay_of(one), _LONGEST_OVERLAY) for one in (service, sound))
    return Problem(
        path=target.path,
        headline=f"{service.id} targets port {quoted(name, _LONGEST_NAME)}, which no container has in {here}",
        label=f"{there} has the port",
        why=f"{_who_declares(name, lacking)} in {here}, where connections are refused; in {there} the base has it.",
        help=f"Keep the container in {here}, or patch `targetPort` there too. Leave the base as it is: {there} needs it.",
        related=(RelatedPlace(service, target.path, "The Service of the base."), *_related(lacking)),
        written_at=RelatedPlace(lacking[0].workload, (), "", "overlay"),
    )


_LONGEST_OVERLAY = 26


def _resolved_by_some(service: Resource, target: TargetPort, name: str, lacking: Sequence[_Pods]) -> Problem:
    return Problem(
        path=target.path,
        headline=f"{service.id} targets port {quoted(name, _LONGEST_NAME)}, which some of its Pods lack",
        label=_label(target, lacking),
        why=f"{_who_declares(name, lacking)}: its Pods are selected, but get no traffic on this port.",
        help="Declare the port there too, or select by labels that these Pods do not have.",
        severity="warning",
        confidence="medium" if any(_near(target, name, one.declared.ports) for one in lacking) else "low",
        related=tuple(_related(lacking)),
    )


def _of_number(service: Resource, target: TargetPort, pods: Sequence[_Pods], graph: ResourceGraph) -> Problem | None:
    if any(not one.declared.is_whole or _is_declared(target, one.declared.ports) for one in pods):
        return None
    numbers = sorted({f"{port.number}" for one in pods for port in one.declared.ports}, key=int)
    meant = _meant_number(service, target, pods)
    if meant is not None and (meant == target.port or not _is_led_to(meant, service, graph)):
        return Problem(
            path=target.path,
            headline=f"{service.id} targets port {target.target}, but its Pods listen on {meant}",
            label=f"declared: {meant}",
            why=f"{_names(pods)} is configured for port {meant}. Nothing is known to listen on {target.target}: connections are refused.",
            help=f"Write `targetPort: {meant}`, or declare port {target.target}.",
            severity="warning",
            confidence="medium",
            related=tuple(_related(pods)),
        )
    return Problem(
        path=target.path,
        headline=f"{service.id} targets port {target.target}, which no container declares",
        label=f"declared: {listed(numbers)}",
        why=f"Such lists are informational: if nothing in {_names(pods)} listens there, connections are refused.",
        help="Check the number, or declare the port.",
        severity="note",
        confidence="low",
        related=tuple(_related(pods)),
    )


def _meant_number(service: Resource, target: TargetPort, pods: Sequence[_Pods]) -> int | None:
    """Return the only port that all Pods declare, where their arguments, probes or the port of the Service agree that it was meant.

    Of several it is the one that the port of the Service has the number of: both are swapped.

    That of metrics or probes is not meant for others, nor are they for it, unless both numbers were swapped: programs serve them on a port
    of their own, which few declare. One that another port of the Service leads to is not missed by it. Where nothing speaks for the
    target, that of a webhook is what its library listens on.
    """
    declared = {port.number: port for one in pods for port in one.declared.ports if port.protocol == target.protocol}
    if not declared or not isinstance(target.target, int) or not all(one.declared.ports for one in pods):
        return None
    number = next(iter(declared)) if len(declared) == 1 else target.port
    port = declared.get(number) if number is not None else None
    if number is None or port is None:
        return None
    if any(mentions_port(one.workload, target.target) or serves_webhooks(one.workload, target.target) for one in pods):
        return None
    if serves_observers(port.name) and not serves_observers(target.name):
        return None
    if any(other.target == number for other in target_ports(service) if other.number != target.number):
        return None
    is_copied = number in _FRONT_PORTS and target.target not in _FRONT_PORTS  # a list written by habit: an image may listen elsewhere
    is_swapped = target.is_written and target.port == number and not is_copied
    is_apart = serves_observers(target.name) and not serves_observers(port.name)
    return number if is_swapped or (not is_apart and all(mentions_port(one.workload, number) for one in pods)) else None


def _is_led_to(number: int, service: Resource, graph: ResourceGraph) -> bool:
    """Tell whether another Service of the same Pods leads to a port, so that this one is there for something else."""
    return not graph.derived(_leading).get((*_pods_of(service, graph), number), {service.name}) <= {service.name}


def _leading(graph: ResourceGraph) -> Mapping[Hashable, set[str]]:
    """Return the names of the Services that lead to a number of the same Pods."""
    found: dict[Hashable, set[str]] = defaultdict(set)
    for service in graph.of_type("Service"):
        for target in target_ports(service):
            found[*_pods_of(service, graph), target.target].add(service.name)
    return found


def _pods_of(service: Resource, graph: ResourceGraph) -> tuple[str, str | None, frozenset[tuple[str, str]]]:
    selector = frozenset((key, str(value)) for key, value in service.mapping("spec", "selector").items())
    return graph.scope(service).cluster, service.namespace, selector


def _is_declared(target: TargetPort, ports: Sequence[ContainerPort]) -> bool:
    return any(port.number == target.target for port in ports)


def _label(target: TargetPort, lacking: Sequence[_Pods]) -> str:
    names = [port.name for one in lacking for port in one.declared.ports if port.name and port.protocol == target.protocol]
    return f"declared: {listed(dict.fromkeys(names))}" if names else ""


def _names(pods: Sequence[_Pods]) -> str:
    return _names_of([one.workload for one in pods])


def _names_of(workloads: Sequence[Resource]) -> str:
    return listed([f"{one.kind} {middle(one.name, _LONGEST_WORKLOAD)}" for one in workloads], most=2)


def _who_declares(name: str, lacking: Sequence[_Pods]) -> str:
    """Say which ports the workloads declare; of those that declare none it is said apart."""
    declaring = [one for one in lacking if one.declared.ports]
    silent = [one for one in lacking if not one.declared.ports]
    if not declaring or not silent:
        return f"{_names(lacking)} {_declared(name, lacking)}"
    return f"{_names(declaring)} {_declared(name, declaring)}, {_names(silent)} none"


def _declared(name: str, lacking: Sequence[_Pods]) -> str:
    """Say which ports the workloads declare, as a predicate to them."""
    ports = [port for one in lacking for port in one.declared.ports]
    verb = "declares" if len(lacking) == 1 else "declare"
    other = next((port for port in ports if port.name == name), None)
    if other:
        return f"{verb} {quoted(name, _LONGEST_NAME)} with protocol {other.protocol}, not with the one of the Service"
    names = dict.fromkeys(f"'{port.name}' ({port.number})" if port.name else f"{port.number} without a name" for port in ports)
    return f"{verb} {listed(names)}" if names else f"{verb} no ports"


def _near(target: TargetPort, name: str, ports: Sequence[ContainerPort]) -> ContainerPort | None:
    """Return the port that was meant: of this name with another protocol, in another case, or the only one of this protocol."""
    of_protocol = [port for port in ports if port.protocol == target.protocol]
    same = next((port for port in ports if port.name and port.name.casefold() == name.casefold()), None)
    return same or (of_protocol[0] if len(of_protocol) == 1 else None)


def _way_out(target: TargetPort, name: str, lacking: Sequence[_Pods]) -> str:
    near = _near(target, name, [port for one in lacking for port in one.declared.ports])
    if near and near.name and near.name.casefold() == name.casefold() and near.name != name:
        return f"Write `targetPort: {near.name}`."
    if near and near.name and near.name != name:
        other = f", or write `targetPort: {near.name}`" if _is_port_of(target, near) else " on the container that listens there"
        return f"Declare a port with this name{other}."
    if near and near.name == name:
        return f"Give both ports the same protocol, {target.protocol} or {near.protocol}."
    if near and not _is_port_of(target, near):
        return f"Declare port {quoted(name, _LONGEST_NAME)} on the container that listens there, or write its number as `targetPort`."
    if near:
        return f"Give port {near.number} of container {near.container} this name, or write `targetPort: {near.number}`."
    return "Declare a port with this name, or write the number."


_USUAL_PORTS = {80: (80, 3000, 5000, 8000, 8080, 8081, 8888, 9000), 443: (443, 6443, 8443, 4443, 9443)}
"""Ports of containers that a Service commonly opens as 80 or 443."""


def _is_port_of(target: TargetPort, declared: ContainerPort) -> bool:
    """Tell whether a container port may be the one that was meant: its number is that of the Service port, or commonly behind it."""
    return target.port is None or declared.number in (target.port, *_USUAL_PORTS.get(target.port, ()))


def _related(pods: Sequence[_Pods]) -> Iterator[RelatedPlace]:
    for one in pods[:_SHOWN]:
        first = one.declared.ports[0].path[:-1] if one.declared.ports else (*(one.workload.pod_template_path or ()), "spec", "containers")
        yield RelatedPlace(one.workload, first, f"The ports of {one.workload.id}.")


def _annotations(workload: Resource) -> dict[str, object]:
    return workload.mapping(*(workload.pod_template_path or ()), "metadata", "annotations")
