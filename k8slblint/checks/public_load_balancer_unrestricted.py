"""Notes load balancers that everybody in the internet may connect to: no source ranges, no security groups, no firewall."""

from collections.abc import Iterator, Sequence

from k8slblint.graph.datastores import datastore_ports
from k8slblint.graph.exposure import exposure_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.source_ranges import source_ranges
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import CONFIDENCES, Confidence, Problem, Undecided

_SILENT = ("development", "test", "ci", "local")


def check(resource: Resource, graph: ResourceGraph, *, public_ports: Sequence[int]) -> Iterator[Problem | Undecided]:
    """Yield a note at the type of a Service, or the class of an Ingress, that everybody in the internet reaches.

    `public_ports` are those of the web, which is made for everybody: a Service that opens no other ones is of low confidence.
    """
    exposure = exposure_of(resource, graph)
    if exposure.reach != "internet" or graph.scope(resource).environment in _SILENT:
        return
    ranges = source_ranges(resource, graph)
    if not ranges.is_known:
        yield Undecided(ranges.stated[0].path, "its source ranges are filled in later, or are none")
        return
    if not ranges.is_open or ranges.filters or (resource.kind == "Service" and any(datastore_ports(resource, graph))):
        return  # what `exposed-datastore` tells needs no note
    everybody = ranges.open_range
    how = f"'{everybody.text}' is among its source ranges" if everybody is not None else "nothing restricts who may connect"
    is_for_everybody = resource.kind == "Ingress" or all(port in public_ports for port in _ports(resource))
    least: Confidence = "low" if is_for_everybody else "medium"
    ports = "" if resource.kind == "Ingress" else f" to {_listed(_ports(resource))}"
    yield Problem(
        path=everybody.path if everybody is not None else _path(resource),
        message=(
            f"{resource.id} lets everybody in the internet connect{ports}: {exposure.reason}, and {how}. "
            "If its clients are known, name them in source ranges or a security group; if it is for everybody, say so in a suppression."
        ),
        confidence=min(least, exposure.confidence, key=CONFIDENCES.index),
    )


def _ports(service: Resource) -> list[object]:
    return [port.get("port") for port in service.sequence("spec", "ports") if isinstance(port, dict)]


def _listed(ports: Sequence[object]) -> str:
    return f"port{'s' * (len(ports) != 1)} {', '.join(map(str, ports))}" if ports else "it"


def _path(resource: Resource) -> Path:
    for path in (("spec", "type"), ("spec", "ingressClassName")):
        if resource.get(*path) is not None:
            return path
    return ("metadata", "name")
