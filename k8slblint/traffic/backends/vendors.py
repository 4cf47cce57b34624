"""What is wrong with the Services and Gateways that a vendor's route names, of those kinds whose controllers' consequence is known.

Sources: `missing` of the rows in `catalogs/vendor-routes.json`.
"""

from collections.abc import Iterator
from typing import TypeAlias

from k8slblint.catalog.vendor_routes import vendor_routes
from k8slblint.graph.answers import Absent, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.backends import Backend
from k8slblint.graph.relations.vendor_routes import gateway_references, vendor_backends_of
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.namespaces import UNSTATED, states_namespace
from k8slblint.traffic.attachment.near_names import nearest_name
from k8slblint.traffic.backends.ports import Mistaken, mistaken_for, port_behind
from k8slblint.traffic.backends.services import service_behind, why_objects_may_be_elsewhere

_OF_ANOTHER_PROVIDER = "@"
"""What is in the names of services that Traefik gets from another provider (`resolveReference`)."""


class VendorNoService(NamedTuple):
    """The Service does not exist; `near` are names of others that were probably meant."""

    near: tuple[str, ...]


class VendorNoPort(NamedTuple):
    """The Service lacks the port; `ports` are those that it has, `mistaken` the one whose `targetPort` or `nodePort` was written."""

    service: Resource
    ports: tuple[str, ...]
    mistaken: Mistaken | None


VendorFault: TypeAlias = VendorNoService | VendorNoPort | Unknown


class MissingGateway(NamedTuple):
    """A Gateway that does not exist, at `path`; `meant` is one that exists, of nearly this name or in another namespace."""

    path: Path
    namespace: str | None
    name: str
    meant: Resource | None


def is_judged(type_name: str) -> bool:
    """Tell whether it is known what becomes of a route of a vendor that names a Service which does not exist."""
    return type_name in vendor_routes() and vendor_routes()[type_name].missing is not None


def vendor_faults(route: Resource, graph: ResourceGraph) -> Iterator[tuple[Backend, VendorFault]]:
    """Yield the backends of a route that are missing, or not known to exist; each Service and port once."""
    seen = set()
    for one in vendor_backends_of(route):
        backend = one.backend
        key = (backend.namespace, backend.name, backend.port)
        if key in seen or _OF_ANOTHER_PROVIDER in backend.name:
            continue
        seen.add(key)
        fault = _fault_of(backend, is_pod_port=one.is_pod_port, graph=graph)
        if fault is not None:
            yield backend, fault


def _fault_of(backend: Backend, *, is_pod_port: bool, graph: ResourceGraph) -> VendorFault | None:
    answer = service_behind(backend, graph)
    if isinstance(answer, Absent):
        return VendorNoService(answer.near)
    if isinstance(answer, Unknown):
        return answer
    service = answer.value
    if backend.port is None or is_pod_port or service.get("spec", "type") == "ExternalName":
        return None
    found = port_behind(service, backend.port, graph, backend.source)
    if isinstance(found, Absent):
        return VendorNoPort(service, found.near, mistaken_for(service, backend.port))
    return found if isinstance(found, Unknown) else None


def port_path(backend: Backend) -> Path:
    """Return where the port of a vendor's backend is written, else where its name is."""
    beside = (*backend.path[:-1], "port")
    return next((path for path in ((*beside, "number"), beside) if backend.source.get(*path) is not None), backend.path)


def missing_gateways(route: Resource, graph: ResourceGraph) -> Iterator[MissingGateway | tuple[Path, Unknown]]:
    """Yield the objects that a route names to open its ports and that do not exist, or may be elsewhere."""
    known = vendor_routes()[route.type_name].gateways
    if known is None:
        return
    cluster = graph.scope(route).cluster
    for path, namespace, name in gateway_references(route, known):
        if has_placeholder([name, namespace]) or not isinstance(graph.look_up(cluster, known.kind, namespace, name), Absent | Unknown):
            continue
        there = graph.in_cluster(cluster, known.kind)
        beside = {one.name: one for one in there if one.namespace == namespace}
        near = nearest_name(name, beside)
        meant = beside[near] if near is not None else next((one for one in there if one.name == name), None)
        doubt = graph.why_incomplete(cluster, namespace) or (
            _why_one_namespace(route, namespace, meant) if meant else why_objects_may_be_elsewhere(route, namespace, graph)
        )
        if doubt is None and not there:
            doubt = f"no {known.kind.partition('.')[0]} is among the manifests"
        yield (path, Unknown(doubt)) if doubt else MissingGateway(path, namespace, name, meant)


def _why_one_namespace(route: Resource, namespace: str | None, meant: Resource) -> str | None:
    """Say why an object may be in the namespace that a route asks for: whoever applies a manifest that states none chooses it."""
    is_stated = states_namespace(meant) and (namespace != route.namespace or states_namespace(route))
    return None if is_stated or meant.namespace == namespace else UNSTATED.reason
