"""Which port of a Service a backend names, or what the number is instead.

Source: Kubernetes 1.37 API reference, ServicePort; a backend of an Ingress or a route names `port` or `name`, never `targetPort`.
"""

from typing import Any, Literal, TypeAlias

from k8slblint.graph.answers import Absent, Answer, Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.backends import port_of
from k8slblint.graph.relations.twins import twins_of
from k8slblint.graph.relations.unread import why_meant_may_be_unread
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource

OtherField: TypeAlias = Literal["targetPort", "nodePort"]


class ServicePort(NamedTuple):
    """One entry of `spec.ports` of a Service: its place in the list and content."""

    number: int
    content: dict[str, Any]


class Mistaken(NamedTuple):
    """The field of a Service port that has the number or name which a backend asks for, and the number of that port."""

    entry: ServicePort
    field: OtherField


def port_behind(service: Resource, port: int | str | None, graph: ResourceGraph, named_by: Resource | None = None) -> Answer[ServicePort]:
    """Return the port of a Service that a backend names by number or name; `Absent.near` are the ports that it has.

    Unknown for an alias of a host outside (ExternalName), for a Service that the API server refuses because it has no ports, for
    placeholders, and where another file or a patch may define the ports otherwise, or what could not be read beside the source that it is
    `named_by`.
    """
    doubt = _why_unread(service, port)
    if doubt is not None or port is None:
        return Unknown(doubt or f"a backend of {service.id} names no port")
    found = port_of(service, port)
    if found is not None:
        return Found(ServicePort(*found))
    patch = graph.patch_of(service)
    if patch is not None:
        return Unknown(f"'{patch}', which was not rendered, may add the port")
    twin = next((one for one in twins_of(service, graph) if port_of(one, port) is not None), None)
    if twin is not None:
        return Unknown(f"{service.id} has the port in another file")
    unread = why_meant_may_be_unread(named_by, [service], graph) if named_by is not None else None
    if unread is not None:
        return Unknown(unread)
    return Absent(tuple(_described(one) for one in service.sequence("spec", "ports") if isinstance(one, dict)))


def _why_unread(service: Resource, port: int | str | None) -> str | None:
    ports = service.sequence("spec", "ports")
    if service.get("spec", "type") == "ExternalName":
        return f"{service.id} is an alias of a host outside the cluster"
    if not ports and service.get("spec", "clusterIP") != "None":
        return f"{service.id} has no ports, which only a headless Service may"
    return f"the ports of {service.id} contain a placeholder" if has_placeholder([port, ports]) else None


def mistaken_for(service: Resource, port: int | str) -> Mistaken | None:
    """Return the port of a Service whose `targetPort` or `nodePort` a backend names instead of its number, or None."""
    fields: tuple[OtherField, ...] = ("targetPort", "nodePort")
    for field in fields:
        for index, entry in enumerate(service.sequence("spec", "ports")):
            if isinstance(entry, dict) and entry.get(field) == port and isinstance(entry.get("port"), int):
                return Mistaken(ServicePort(index, entry), field)
    return None


def _described(entry: dict[str, Any]) -> str:
    """Return a port as messages show it: `80` or `80 (http)`."""
    name = entry.get("name")
    return f"{entry.get('port')} ({name})" if isinstance(name, str) and name else f"{entry.get('port')}"
