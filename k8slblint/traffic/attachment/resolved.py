"""The condition ResolvedRefs of routes and listeners, as far as manifests decide it.

Source: Gateway API 1.6, `apis/v1/shared_types.go` (RouteConditionResolvedRefs) and `gateway_types.go` (ListenerConditionResolvedRefs,
ListenerReasonNoValidCACertificate): RefNotPermitted goes before whatever the object itself is like.
"""

from collections.abc import Iterable, Iterator

from k8slblint.graph.answers import Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Condition
from k8slblint.traffic.attachment.backends import NoPort, NoService, WrongKind, fault_of
from k8slblint.traffic.attachment.certificates import certificate_fault
from k8slblint.traffic.attachment.grants import Refused, permission
from k8slblint.traffic.attachment.listeners import Listener
from k8slblint.traffic.attachment.references import Reference, authorities_of_port, backend_references, references_of_listener

RESOLVED = Condition("ResolvedRefs", "True", "ResolvedRefs")

_UNKNOWN = Condition("ResolvedRefs", "Unknown", "Pending")


def resolved_refs_of_route(route: Resource, graph: ResourceGraph) -> Condition:
    """Return ResolvedRefs of a route at its Gateways: False for the first backend that is, Unknown where one is not decided."""
    return _worst(_of_backend(reference, graph) for reference in backend_references(route))


def resolved_refs_of_listener(listener: Listener, graph: ResourceGraph) -> Condition:
    """Return ResolvedRefs of a listener as far as its certificates and those of clients decide it."""
    return _worst(_of_certificate(reference, graph) for reference in _references(listener))


def has_no_authority(listener: Listener, graph: ResourceGraph) -> bool:
    """Tell whether a listener validates clients, and none of the CA certificates can be used: then it is not accepted."""
    found = [_of_certificate(reference, graph) for reference in _references(listener) if reference.purpose == "CA"]
    return bool(found) and all(one.status == "False" for one in found)


def _worst(conditions: Iterable[Condition]) -> Condition:
    found = list(conditions)
    for status in ("False", "Unknown"):
        worst = next((one for one in found if one.status == status), None)
        if worst is not None:
            return worst
    return RESOLVED


def _of_backend(reference: Reference, graph: ResourceGraph) -> Condition:
    """Return the condition of one backend; controllers differ on a port that is not there, on the weight 0 and on other kinds."""
    allowed = permission(reference, graph)
    if isinstance(allowed, Refused):
        return Condition("ResolvedRefs", "False", "RefNotPermitted")
    fault = fault_of(reference, graph)
    if isinstance(fault, WrongKind):
        return Condition("ResolvedRefs", "False", "InvalidKind")
    if isinstance(fault, NoService) and reference.weight != 0:
        return Condition("ResolvedRefs", "False", "BackendNotFound")
    if isinstance(fault, NoPort) and fault.reason and reference.weight != 0:
        return Condition("ResolvedRefs", "False", fault.reason)
    is_known = fault is None and reference.is_service and not isinstance(allowed, Unknown)
    return RESOLVED if is_known else _UNKNOWN


def _of_certificate(reference: Reference, graph: ResourceGraph) -> Condition:
    allowed = permission(reference, graph)
    if isinstance(allowed, Refused):
        return Condition("ResolvedRefs", "False", "RefNotPermitted")
    fault = certificate_fault(reference, graph)
    if fault is None:
        return _UNKNOWN if isinstance(allowed, Unknown) else RESOLVED
    return _UNKNOWN if isinstance(fault, Unknown) else Condition("ResolvedRefs", "False", fault.reason)


def _references(listener: Listener) -> Iterator[Reference]:
    """Yield the references that concern one listener: its own, and for HTTPS those that validate clients on its port."""
    yield from references_of_listener(listener.source, int(listener.path[-1]))
    if listener.protocol == "HTTPS":
        yield from authorities_of_port(listener.source, listener.port)
