"""What a route of a mesh names as its parent: a Service that is not there, or a port that the Service does not have.

Sources: Gateway API 1.6, GEP-1294 and `apis/v1/shared_types.go` (ParentReference of a Service); istio/istio 86c9f01f
`pilot/pkg/config/kube/gateway/conversion.go` (referenceAllowed) and `route_collections.go` (augmentPortMatch: a route with a port only
matches requests to that port of the Service). `sectionName`, the name of a port, is not judged: Istio does not read it.
"""

from typing import TypeAlias

from k8slblint.graph.answers import Absent, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.backends import Backend
from k8slblint.graph.relations.parents import ParentReference
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.backends.ports import Mistaken, mistaken_for, port_behind
from k8slblint.traffic.backends.services import belong_together, service_behind

SERVICE = "Service"


class NoMeshService(NamedTuple):
    """The Service is not there; `near` are names of others that were probably meant."""

    near: tuple[str, ...]


class NoMeshPort(NamedTuple):
    """The Service has no port of this number: those that it has, and the field of one of them that has it instead, if any."""

    service: Resource
    ports: tuple[str, ...]
    meant: Mistaken | None
    is_sure: bool


MeshFault: TypeAlias = NoMeshService | NoMeshPort


def mesh_fault(parent: ParentReference, graph: ResourceGraph) -> MeshFault | Unknown | None:
    """Return what is wrong with a Service that a route names as its parent; None for other parents and where nothing is."""
    if parent.type_name != SERVICE or not parent.name:
        return None
    answer = service_behind(Backend(parent.source, (*parent.path, "name"), parent.namespace, parent.name, None), graph)
    if isinstance(answer, Unknown):
        return answer
    if isinstance(answer, Absent):
        return NoMeshService(answer.near)
    return _port_fault(parent, answer.value, graph)


def _port_fault(parent: ParentReference, service: Resource, graph: ResourceGraph) -> NoMeshPort | Unknown | None:
    port = parent.port
    if not isinstance(port, int) or isinstance(port, bool):
        return None
    found = port_behind(service, port, graph)
    if not isinstance(found, Absent):
        return found if isinstance(found, Unknown) else None
    return NoMeshPort(service, found.near, mistaken_for(service, port), belong_together(parent.source, service))
