"""What a Gateway, its class and the objects that they name as parameters say of the Service that is made for it.

Sources: in `catalogs/load-balancers.json` (`gateway_services`, `gateway_metadata`), at each controller. ListenerSets attach to their
Gateway and have no Service.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from k8slblint.catalog import load_balancers as catalog
from k8slblint.catalog.load_balancers import GatewayService, ServiceParameters
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.ownership.gateways import class_object_of, controller_names

_INFRASTRUCTURE: Path = ("spec", "infrastructure", "annotations")

_METADATA: Path = ("metadata", "annotations")


class StatedAnnotations(NamedTuple):
    """A mapping of annotations that reaches the Service: the object that contains it, and its path there."""

    holder: Resource
    path: Path

    @property
    def values(self) -> dict[str, Any]:
        """The annotations as written."""
        return self.holder.mapping(*self.path)


class DescribedService(NamedTuple):
    """What is said of a Service that a controller will make: what tells it from others (`group`), its annotations and its class.

    `stated` are the mappings that its annotations come from, of which the last wins; `spec` are the fields that parameters set.
    """

    group: object
    annotations: Mapping[str, Any]
    load_balancer_class: object = None
    stated: tuple[StatedAnnotations, ...] = ()
    spec: Mapping[str, Any] = MappingProxyType({})


class _Parameters(NamedTuple):
    """What the objects say that a Gateway and its class name; `is_known` tells that all of them were read."""

    is_known: bool
    service: Mapping[str, Any] = MappingProxyType({})
    stated: tuple[StatedAnnotations, ...] = ()
    is_merged: bool = False


class MadeType(NamedTuple):
    """The type of a Service that is made for a Gateway, as Kubernetes calls it, and the object that states it, if one does."""

    name: str
    by: Resource | None = None


def made_type(gateway: Resource, graph: ResourceGraph) -> MadeType | None:
    """Return the type of the Service that is made for a Gateway; None where none is made, or where that cannot be known."""
    row = _row(controller_names(gateway, graph))
    if row is None or ownership_of(gateway, graph).class_name in row.inside_classes or _has_other_addresses(gateway, row):
        return None
    parameters = _parameters(gateway, class_object_of(gateway, graph), row, graph)
    stated, by = parameters.service.get("type"), parameters.stated[-1].holder if parameters.stated else None
    if not stated:
        stated, by = gateway.annotations.get(row.type_annotation or ""), gateway
    if not parameters.is_known or has_placeholder(stated):
        return None
    if not stated:
        return MadeType(catalog.DEFAULT_SERVICE_TYPE)
    suffix = row.parameters.load_balancer.removeprefix(catalog.DEFAULT_SERVICE_TYPE) if row.parameters is not None else ""
    return MadeType(stated.removesuffix(suffix), by) if isinstance(stated, str) else None


def described_service(gateway: Resource, graph: ResourceGraph) -> DescribedService | None:
    """Return what a Gateway and its parameters say of the Service of type LoadBalancer that is made for it, on whatever platform.

    None where none is made, or where that cannot be known.
    """
    row, made = _row(controller_names(gateway, graph)), made_type(gateway, graph)
    if row is None or made is None or made.name != catalog.DEFAULT_SERVICE_TYPE:
        return None
    parameters = _parameters(gateway, class_object_of(gateway, graph), row, graph)
    own = _own_annotations(gateway, row)
    has_last_word = row.parameters is not None and row.parameters.annotations_win
    stated = (own, *parameters.stated) if has_last_word else (*parameters.stated, own)
    annotations = {key: value for one in stated for key, value in one.values.items()}
    group = ("merged", ownership_of(gateway, graph).class_name) if parameters.is_merged else gateway.key
    spec = {**row.defaults, **parameters.service}
    return DescribedService(group, annotations, parameters.service.get("loadBalancerClass"), stated, spec)


def _row(controllers: tuple[str, ...]) -> GatewayService | None:
    """Return the entry of the only controller that a class may be of."""
    return next((row for row in catalog.gateway_services() if (row.class_controller,) == controllers), None)


def _has_other_addresses(gateway: Resource, row: GatewayService) -> bool:
    """Tell whether the addresses of a Gateway stand for something else than a load balancer of its own.

    They name a Service that exists (a host name, or several), or the implementation itself serves them.
    """
    addresses = gateway.sequence("spec", "addresses")
    first = addresses[0] if addresses and isinstance(addresses[0], dict) else {}
    is_unmanaged = len(addresses) > 1 or first.get("type", "IPAddress") != "IPAddress"
    return (row.addresses_name_services and is_unmanaged) or (row.serves_addresses and bool(addresses))


def _own_annotations(gateway: Resource, row: GatewayService) -> StatedAnnotations:
    """Return the annotations of a Gateway that reach its Service: those for its infrastructure, or in their absence its own."""
    known = catalog.gateway_metadata(row.class_controller)
    is_copied = known is not None and known.copies == "unless-infrastructure" and not gateway.mapping(*_INFRASTRUCTURE)
    return StatedAnnotations(gateway, _METADATA if is_copied else _INFRASTRUCTURE)


def _parameters(gateway: Resource, defined: Resource | None, row: GatewayService, graph: ResourceGraph) -> _Parameters:
    """Return what the parameters of a Gateway say about its Service; those of the Gateway come before those of its class."""
    found = _Parameters(is_known=row.parameters is None or not row.parameters.is_required)
    if row.parameters is not None and row.parameters.class_label is not None:
        defaults = _defaults_of_class(gateway, row.parameters, graph)
        if len(defaults) > 1:
            return _Parameters(is_known=False)
        for one in defaults:
            found = _combined(found, one, row.parameters, is_of_class=True)
    for holder, path in ((defined, ("spec", "parametersRef")), (gateway, ("spec", "infrastructure", "parametersRef"))):
        reference = holder.mapping(*path) if holder else {}
        if not reference:
            continue
        read = _read(reference, gateway, row.parameters, graph) if row.parameters is not None else None
        if read is None or row.parameters is None:
            return _Parameters(is_known=False)
        found = _combined(found, read, row.parameters, is_of_class=holder is defined)
    return found


def _combined(before: _Parameters, read: Resource, described: ServiceParameters, *, is_of_class: bool) -> _Parameters:
    """Return what parameters of the class and of the Gateway say together: these replace those unless they are merged."""
    replaces = described.replaces_unless is not None and read.get(*described.replaces_unless) is None
    kept = _Parameters(is_known=True) if replaces else before
    stated = StatedAnnotations(read, described.annotations or (*described.service, "annotations"))
    is_merged = is_of_class and described.merge is not None and read.get(*described.merge) is True
    patched = _patched(read, described)
    return _Parameters(
        is_known=all(isinstance(read.get(*path), dict) for path in patched),
        service={**kept.service, **read.mapping(*described.service), **_fields_in(read, patched)},
        stated=(*kept.stated, stated, *(StatedAnnotations(read, (*path, "metadata", "annotations")) for path in patched)),
        is_merged=before.is_merged or is_merged,
    )


def _patched(read: Resource, described: ServiceParameters) -> list[Path]:
    """Return where parameters have patches of the whole Service; what one that is a list of operations does is not known."""
    if described.patches is None:
        return []
    at = (*described.service, described.patches)
    stated = read.get(*at)
    places: list[Path] = [(*at, index) for index in range(len(stated))] if isinstance(stated, list) else [at]
    return [(*path, "value") for path in places] if stated is not None else []


def _fields_in(read: Resource, patched: Sequence[Path]) -> dict[str, Any]:
    return {key: value for path in patched for key, value in read.mapping(*path, "spec").items()}


def _defaults_of_class(gateway: Resource, described: ServiceParameters, graph: ResourceGraph) -> list[Resource]:
    """Return the objects that hold the defaults of a Gateway's class; which of several counts depends on their age."""
    class_name, label = gateway.get("spec", "gatewayClassName"), described.class_label or ""
    found = graph.in_cluster(graph.scope(gateway).cluster, described.kind)
    return [one for one in found if one.labels.get(label) == class_name]


def _read(reference: dict[str, Any], gateway: Resource, described: ServiceParameters, graph: ResourceGraph) -> Resource | None:
    name, namespace = reference.get("name"), reference.get("namespace", gateway.namespace)
    named = described.kind if described.named_as is None else f"{described.named_as}."
    if f"{reference.get('kind')}.{reference.get('group')}" != named or not isinstance(name, str):
        return None
    return graph.named(graph.scope(gateway).cluster, described.kind, namespace if isinstance(namespace, str) else None, name)
