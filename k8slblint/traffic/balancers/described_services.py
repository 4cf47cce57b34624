"""Services of type LoadBalancer that an object describes and its controller provisions: of a Gateway, its parameters, a database.

Each is handed on as a Service of its own, so that whatever is asked of a Service can be asked of it, with the way back to where it is
written. Sources: in `catalogs/load-balancers.json`, at `gateway_services` and `described_services`; GEP-1867 (`spec.infrastructure`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from k8slblint.catalog import load_balancers as catalog
from k8slblint.catalog.load_balancers import ServiceDescription
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY
from k8slblint.model.location import Path
from k8slblint.model.node import Node
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.balancers.gateway_services import described_service
from k8slblint.traffic.ownership.gateways import controller_names

_LOAD_BALANCER = catalog.DEFAULT_SERVICE_TYPE
_INFRASTRUCTURE = ("spec", "infrastructure", "annotations")


class DescribedBalancer(NamedTuple):
    """A Service that an object describes: `name` tells it from others of the object, `annotations` and `spec` are where that is written."""

    name: object
    service: Resource
    annotations: Path
    spec: Path

    def place(self, path: Path) -> Path:
        """Return where a value of the Service is written in the object."""
        if path[:2] == ("metadata", "annotations"):
            return (*self.annotations, *path[2:])
        return (*self.spec, *path[1:]) if path[0] == "spec" else path


def described_balancers(resource: Resource, graph: ResourceGraph) -> tuple[DescribedBalancer, ...]:
    """Return the load balancers that an object describes, worked out once for each; nothing for other kinds."""
    known = graph.derived(_none_yet)
    if id(resource) not in known:
        known[id(resource)] = resource, tuple(_described(resource, graph))
    return known[id(resource)][1]


def _none_yet(_: ResourceGraph) -> dict[int, tuple[Resource, tuple[DescribedBalancer, ...]]]:
    return {}


def _described(resource: Resource, graph: ResourceGraph) -> Iterator[DescribedBalancer]:
    if resource.type_name == GATEWAY:
        path = _own_annotations(resource, graph)
        if path is not None:
            yield _balancer(resource, None, (path, ("spec",)), {})
        return
    for row in catalog.described_services():
        if row.kind == resource.type_name:
            for path in _places(resource, row.path):
                yield from _of_row(resource, path, row)


def _own_annotations(gateway: Resource, graph: ResourceGraph) -> Path | None:
    """Return the path of the annotations of a Gateway that its Service gets, None where none is made for it.

    Of a controller that is not known, those below `spec.infrastructure` suggest a Service.
    """
    if not controller_names(gateway, graph):
        return _INFRASTRUCTURE
    described = described_service(gateway, graph)
    return next((one.path for one in described.stated if one.holder is gateway), None) if described is not None else None


def _places(resource: Resource, path: tuple[str, ...]) -> Iterator[Path]:
    """Yield the places of a path, one for each element of a list where it says `*`."""
    if "*" not in path:
        yield path
        return
    at = path.index("*")
    for index in range(len(resource.sequence(*path[:at]))):
        yield (*path[:at], index, *path[at + 1 :])


def _of_row(resource: Resource, path: Path, row: ServiceDescription) -> Iterator[DescribedBalancer]:
    spec = resource.mapping(*path, *row.spec)
    if spec.get("type", row.default_type) != row.load_balancer or resource.get(*path, "enabled") is False:
        return
    name = resource.get(*path, "metadata", "name")
    yield _balancer(resource, name if isinstance(name, str) else path, ((*path, *row.annotations), (*path, *row.spec)), spec)


_FIELDS = ("loadBalancerClass", "loadBalancerIP", "loadBalancerSourceRanges", "externalTrafficPolicy")


def _balancer(resource: Resource, name: object, places: tuple[Path, Path], spec: dict[str, Any]) -> DescribedBalancer:
    annotations, at = places
    service = as_service(resource, name if isinstance(name, str) else resource.name, resource.mapping(*annotations), spec)
    return DescribedBalancer(name, service, annotations, at)


def as_service(resource: Resource, name: str, annotations: Mapping[str, Any], spec: Mapping[str, Any]) -> Resource:
    """Return the Service of type LoadBalancer that a controller makes of an object, in its place and namespace."""
    metadata = {"name": name, "namespace": resource.namespace, "labels": resource.labels, "annotations": dict(annotations)}
    fields = {key: spec[key] for key in _FIELDS if key in spec}
    value = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"type": _LOAD_BALANCER, **fields}}
    root = resource.root
    node = Node(value, root.line, root.column, root.end_line, root.end_column)
    return Resource(node, resource.path, resource.source, resource.origin)
