"""Detects settings of a Service in the values of a chart that is not in the tree which the API server refuses, or no template reads."""

from collections.abc import Iterator, Mapping

from k8slblint.admission.service_values import ValueFault, unknown_keys, value_faults
from k8slblint.admission.services import NODE_PORTS
from k8slblint.catalog import charts
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem
from k8slblint.model.texts import middle, quoted
from k8slblint.traffic.balancers.node_port_range import is_in_range_elsewhere, range_of_hosts, shows_another_range, stated_range
from k8slblint.traffic.changes.chart_values import chart_for, keys_of

_DEFAULT_RANGE = f"{NODE_PORTS[0]}-{NODE_PORTS[1]}"

_REFUSED = "Charts pass this setting on as it is, and the API server refuses the Service, so that the release is not installed or upgraded."
_UNREAD = "Helm ignores values that no template reads: the release succeeds, and the setting has no effect."


def check(values: Resource, graph: ResourceGraph, *, node_port_range: str) -> Iterator[Problem]:
    """Yield a problem at each setting of a Service that no chart can repair, and at each key that is a field but for a letter or its case.

    A chart that is known to accept a spelling is left alone. Ports outside of the range of node ports are warnings: a flag of the API
    server decides, and where something shows that it is set, nothing is said.
    """
    known = keys_of(values, graph)
    if known is not None:
        for unknown in unknown_keys(values, known.keys, known.others):
            yield _of_key(values, unknown, chart_for(values, graph))
    if values.reads_as != "Service":
        return
    first, _, last = node_port_range.partition("-")
    node_ports = (int(first), int(last))
    for fault in value_faults(values, charts.own_keys() if known is None else values.mapping("values"), node_ports):
        if fault.depends_on_flags and node_port_range == _DEFAULT_RANGE and _has_another_range(values, fault, graph):
            continue
        if fault.fault == "case" and charts.accepts_any_case(chart_for(values, graph), fault.field):
            continue
        yield _problem(values, fault)


def _has_another_range(values: Resource, fault: ValueFault, graph: ResourceGraph) -> bool:
    """Tell whether the cluster has another range that holds a port, or the tree shows that some cluster has one."""
    number = int(fault.written)
    stated = stated_range(values, graph) or range_of_hosts(values, graph)
    if stated is not None:
        return stated[0] <= number <= stated[1]
    return shows_another_range(graph, *NODE_PORTS) or is_in_range_elsewhere(number, graph)


def _problem(values: Resource, fault: ValueFault) -> Problem:
    written, said = quoted(fault.written, _LONGEST), f"{values.id} "
    field = f"`{fault.field}`"
    match fault.fault:
        case "case" | "spelling":
            label = f"did you mean {fault.meant}?" if fault.fault == "spelling" else f"case matters: {fault.meant}"
            help_ = f"Write `{fault.field}: {fault.meant}`."
            headline = f"{said}sets {field} to {written}, which is not valid"
            return Problem(fault.path, headline, label, _REFUSED, help_, confidence="medium")
        case "key":
            key = middle(fault.written, _LONGEST)
            return Problem(
                fault.path,
                f"{said}has the key `{key}`, which is no field of a Service",
                f"did you mean `{fault.meant}`?",
                _UNREAD,
                f"Write `{fault.meant}`.",
                severity="warning",
                confidence="medium",
                at="key",
            )
        case "node-port" | "no-port":
            return _of_port(values, fault)
    return _of_shape(values, fault)


def _of_key(values: Resource, fault: ValueFault, chart: Mapping[str, str]) -> Problem:
    key, named = middle(fault.written, _LONGEST), f"{chart['name']} {chart['version']}".strip()
    is_refused = fault.fault == "refused"
    return Problem(
        fault.path,
        f"{values.id} has the key `{key}`, which its chart {'refuses' if is_refused else 'does not read'}",
        f"did you mean `{fault.meant}`?" if fault.meant else f"{middle(named, 2 * _LONGEST)} has no such key",
        _REFUSED_BY_SCHEMA if is_refused else _UNREAD,
        f"Write `{fault.meant}`." if fault.meant else "Remove the key, or use one that the chart has.",
        severity=None if is_refused else "warning",
        confidence="medium",
        at="key",
    )


_REFUSED_BY_SCHEMA = "The schema of the chart's values allows no other keys here: Helm refuses them, and the release is not upgraded."

_LONGEST = 24


def _of_port(values: Resource, fault: ValueFault) -> Problem:
    if fault.fault == "no-port":
        why, help_ = _REFUSED, "Use a number from 30000 to 32767, or leave it out."
        return Problem(fault.path, f"{values.id} asks for node port {fault.written}", "ports end at 65535", why, help_, confidence="medium")
    return Problem(
        fault.path,
        f"{values.id} asks for node port {fault.written}, outside of the range",
        f"the range is {fault.meant} by default",
        "The API server refuses a node port outside of its range (`--service-node-port-range`), and the release is not upgraded.",
        f"Use a port of {fault.meant}, or state the range of the cluster in `node_port_range`.",
        severity="warning",
        confidence="medium",
    )


def _of_shape(values: Resource, fault: ValueFault) -> Problem:
    wanted = {"scalar": "text", "list": "a list", "annotations": "a mapping"}[fault.fault]
    instead = f"Write `{fault.field}: {fault.meant}`." if fault.meant else f"Write {wanted}."
    return Problem(
        fault.path,
        f"{values.id} gives `{fault.field}` {fault.written} instead of {wanted}",
        f"did you mean {fault.meant}?" if fault.meant else f"is {fault.written}",
        _REFUSED,
        instead,
        confidence="medium",
        at="key",
    )
