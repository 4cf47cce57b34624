"""What is wrong with the backends of a route: not there, not on this port, not of a kind that serves, or none at all.

Sources: Gateway API 1.6, `apis/v1/httproute_types.go` (backendRefs: requests for an invalid backend, and those of a rule without any, are
answered with 500; a weight of 0 forwards nothing), `object_reference_types.go` (kinds). Without a group Envoy Gateway reads `Backend` and
`ServiceImport` (`validateBackendRefKind`), AWS VPC Lattice `ServiceImport`, and Traefik names with `@` (`loadHTTPBackendRef`).
"""

from typing import Any, Literal, TypeAlias

from k8slblint.graph.answers import Absent, Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.backends import Backend, text_or
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.listeners import GATEWAY_API
from k8slblint.traffic.attachment.references import Reference
from k8slblint.traffic.attachment.serving import backend_readings, may_read_core
from k8slblint.traffic.backends.ports import Mistaken, ServicePort, mistaken_for, port_behind
from k8slblint.traffic.backends.services import service_behind

_CORE = "core"
_CORE_WORDS = frozenset((_CORE, "v1"))
"""What is written for the core group, whose name is the empty text; about half of the controllers read `core`."""

_OWN_GROUPS = frozenset(("apps", "batch", "extensions", "networking.k8s.io", "discovery.k8s.io"))
"""Groups of Kubernetes without a kind that an implementation serves."""

_CORE_KINDS = frozenset(
    (
        *(
            "Pod",
            "Node",
            "Namespace",
            "Secret",
            "ConfigMap",
            "Endpoints",
            "PersistentVolumeClaim",
            "ServiceAccount",
            "ReplicationController",
        ),
        *("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Ingress", "EndpointSlice"),
    )
)
"""Kinds that are no backend whatever the group; of other kinds without a group some implementations find the group themselves."""

_UNANSWERED = frozenset(("RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror", "URLRewrite", "CORS"))
"""Filters that need a backend; a redirect answers itself, those of implementations may."""


class WrongKind(NamedTuple):
    """No implementation serves this kind; `is_group` tells that only the group of a Service is wrong, `is_case` only its case."""

    is_group: bool = False
    is_case: bool = False


class NoService(NamedTuple):
    """The Service is not there; `near` are names of others that were probably meant."""

    near: tuple[str, ...]


class NoPort(NamedTuple):
    """The Service lacks the port; `ports` are those that it has, `mistaken` the one whose `targetPort` or `nodePort` was written.

    `reason` is that of ResolvedRefs, None where the controllers of the route give none, different ones, or are not known.
    """

    service: Resource
    ports: tuple[str, ...]
    mistaken: Mistaken | None
    reason: str | None = None


class WrongProtocol(NamedTuple):
    """The port of the Service is for `protocol`, and a route of this kind sends another one."""

    port: "BackendPort"
    protocol: str


Fault: TypeAlias = WrongKind | NoService | NoPort | WrongProtocol


def fault_of(reference: Reference, graph: ResourceGraph) -> Fault | Unknown | None:
    """Return what is wrong with a backend, Unknown where that cannot be known, None where it serves or its kind is not of this API."""
    if reference.is_filled_in:
        return Unknown(f"a backend of {reference.source.id} contains a placeholder")
    if not reference.is_service:
        return _wrong_kind(reference, graph)
    found = backend_port(reference, graph)
    if isinstance(found, Absent):
        return NoService(found.near)
    return found if isinstance(found, NoPort | Unknown) else _wrong_protocol(reference, found)


def _wrong_protocol(reference: Reference, found: "BackendPort") -> WrongProtocol | None:
    """Return that no port of the number is for what a route sends: UDP for a UDPRoute, TCP for all others."""
    sent = "UDP" if reference.source.kind == "UDPRoute" else "TCP"
    ports = [one for one in found.service.sequence("spec", "ports") if isinstance(one, dict) and one.get("port") == reference.port]
    protocols = [text_or(one.get("protocol"), "TCP") for one in ports]
    is_known = all(one in _PROTOCOLS for one in protocols)
    return WrongProtocol(found, protocols[0]) if protocols and is_known and sent not in protocols else None


_PROTOCOLS = ("TCP", "UDP")


class BackendPort(NamedTuple):
    """The Service behind a backend and its port."""

    service: Resource
    port: ServicePort


def backend_port(reference: Reference, graph: ResourceGraph) -> BackendPort | NoPort | Absent | Unknown:
    """Return Service and port behind a backend of kind Service."""
    backend = Backend(reference.source, reference.path, reference.namespace, reference.name, reference.port)
    answer = service_behind(backend, graph)
    if not isinstance(answer, Found):
        return answer
    port = port_behind(answer.value, reference.port, graph, reference.source)
    if isinstance(port, Found):
        return BackendPort(answer.value, port.value)
    mistaken = mistaken_for(answer.value, reference.port) if reference.port is not None else None
    if isinstance(port, Unknown):
        return port
    reasons = {one.port_reason for one in backend_readings(reference.source, graph)}
    return NoPort(answer.value, port.near, mistaken, reasons.pop() if len(reasons) == 1 else None)


def _wrong_kind(reference: Reference, graph: ResourceGraph) -> WrongKind | None:
    group, kind = reference.group, reference.kind
    if "@" in reference.name:
        return None
    if group == _CORE and may_read_core(backend_readings(reference.source, graph)):
        return None
    if kind == "Service" and group in _CORE_WORDS | {GATEWAY_API}:
        return WrongKind(is_group=True)
    if not group and kind.casefold() in ("service", "services"):
        return WrongKind(is_case=True)
    is_ours = group in _OWN_GROUPS or (group in _CORE_WORDS | {""} and kind in _CORE_KINDS)
    return WrongKind() if is_ours else None


Emptiness: TypeAlias = Literal["none", "weights"]
"""Why a rule forwards nothing: it names no backends, or all of them have the weight 0."""


def why_empty(route: Resource, rule: dict[str, Any], graph: ResourceGraph) -> Emptiness | None:
    """Return why no request of a rule is forwarded, None where one may be, something else may answer it, or it is meant to block.

    People block paths and hosts by rules that only match: such a rule is a mistake where it changes requests that go nowhere, or where no
    rule of the route forwards anything although it matches every request.
    """
    types = _types_of_filters(rule)
    if not types.issubset(_UNANSWERED):
        return None
    backends = rule.get("backendRefs")
    if backends:
        weights = [one.get("weight", 1) for one in backends if isinstance(one, dict)] if isinstance(backends, list) else []
        return "weights" if weights and all(weight == 0 for weight in weights) else None
    is_meant = not types and (not _matches_all(rule) or _forwards_any(route))
    return None if is_meant or _is_answered_otherwise(route, graph) else "none"


def _types_of_filters(rule: dict[str, Any]) -> set[str]:
    filters = rule.get("filters")
    return {str(one.get("type")) for one in filters if isinstance(one, dict)} if isinstance(filters, list) else set()


def _matches_all(rule: dict[str, Any]) -> bool:
    """Tell whether a rule of an HTTPRoute or GRPCRoute has no match, or one of everything."""
    matches = rule.get("matches")
    return not matches or any(one in _MATCHES_OF_ALL for one in (matches if isinstance(matches, list) else ()))


_MATCHES_OF_ALL: tuple[object, ...] = ({}, {"path": {"value": "/"}}, {"path": {"type": "PathPrefix", "value": "/"}})


def _forwards_any(route: Resource) -> bool:
    """Tell whether some rule of a route has backends or may answer by itself."""
    rules = [rule for rule in route.sequence("spec", "rules") if isinstance(rule, dict)]
    return any(rule.get("backendRefs") or not _types_of_filters(rule).issubset(_UNANSWERED) for rule in rules)


def _is_answered_otherwise(route: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a policy or an annotation may answer for a controller of a route's Gateways."""
    by = {what for one in backend_readings(route, graph) for what in one.answers_by}
    return "policy" in by or any(key in by for key in route.annotations)
