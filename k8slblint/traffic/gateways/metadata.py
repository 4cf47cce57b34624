"""Which annotations of a Gateway or a route no controller reads there, and where they belong.

Sources: in `catalogs/load-balancers.json` (`gateway_metadata`), at each controller; `catalogs/annotations/` for the keys.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from k8slblint.catalog import controllers as controllers_catalog
from k8slblint.catalog import ingress as ingress_catalog
from k8slblint.catalog import services as catalog
from k8slblint.catalog.load_balancers import GatewayMetadata, gateway_metadata
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.parents import gateways_of
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence
from k8slblint.traffic.annotations.elsewhere import is_for_services
from k8slblint.traffic.annotations.service_annotations import is_unfilled, wish_of
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.ownership.gateways import controller_names

_INFRASTRUCTURE = ("spec", "infrastructure", "annotations")


class UnreadKeys(NamedTuple):
    """Keys among the annotations of a Gateway or route that nothing reads there, all for one reason.

    `readers` are ids of the controllers that read them elsewhere; `kind` is where (`Service` or `Ingress`). `served_by` is what serves
    the Gateway, and `instead` where the keys belong, both None where any other answer would be the same or none is known.
    `asks_for_internal` tells that one of them asks for an internal load balancer, `is_replaced` that the annotations of the Gateway
    count only while there are none for its infrastructure.
    """

    keys: tuple[str, ...]
    kind: str
    readers: tuple[str, ...]
    served_by: str | None
    instead: str | None
    confidence: Confidence
    asks_for_internal: bool = False
    is_replaced: bool = False


def metadata_of(gateway: Resource, graph: ResourceGraph) -> GatewayMetadata | None:
    """Return what becomes of the annotations of a Gateway, None where its implementation is not known."""
    names = controller_names(gateway, graph)
    return gateway_metadata(names[0]) if len(names) == 1 else None


def copies_metadata(gateway: Resource, graph: ResourceGraph) -> bool | None:
    """Tell whether the annotations of a Gateway reach the Service that is made for it; None where that is not known."""
    known = metadata_of(gateway, graph)
    if known is None:
        return None
    return known.copies == "unless-infrastructure" and not gateway.mapping(*_INFRASTRUCTURE)


def unread_keys(resource: Resource, graph: ResourceGraph) -> Iterator[UnreadKeys]:
    """Yield the load balancer keys, and the keys of Ingress controllers, that nothing reads on a Gateway or a route."""
    if not resource.annotations:
        return
    if resource.kind == "Gateway":
        yield from _of_service_on_gateway(resource, graph)
        yield from _of_ingress(resource, [resource], graph)
        return
    keys = _service_keys(resource.annotations)
    if keys:
        yield _found(resource, keys, "Service", None, None, "high")
    found = [answer.value if isinstance(answer, Found) else None for _, answer in gateways_of(resource, graph)]
    yield from _of_ingress(resource, found, graph)


def _of_service_on_gateway(gateway: Resource, graph: ResourceGraph) -> Iterator[UnreadKeys]:
    known = metadata_of(gateway, graph)
    if known is None or copies_metadata(gateway, graph):
        return
    stated = gateway.mapping(*_INFRASTRUCTURE)
    keys = [key for key in _service_keys(gateway.annotations) if key not in stated]
    if keys:
        found = _found(gateway, keys, "Service", _name(known), known.instead, ownership_of(gateway, graph).confidence)
        yield found._replace(is_replaced=known.copies == "unless-infrastructure")


def _of_ingress(resource: Resource, gateways: Sequence[Resource | None], graph: ResourceGraph) -> Iterator[UnreadKeys]:
    """Yield the keys of Ingress controllers that none of the implementations behind `gateways` reads; one of them may not be known."""
    names: list[str] = []
    for gateway in gateways:
        served = controller_names(gateway, graph) if gateway is not None and gateway.kind == "Gateway" else ()
        names += served or [""]
    keys = [key for key, value in resource.annotations.items() if isinstance(value, str) and _is_unread(key, names)]
    if keys:
        found = _found(resource, keys, "Ingress", None, None, "high" if names and "" not in names else "medium")
        known = metadata_of(resource, graph) if resource.kind == "Gateway" else None
        is_own = known is not None and controllers_catalog.gateway_controllers()[known.class_controller][0] in found.readers
        yield found._replace(instead=known.instead) if known is not None and is_own else found


def _is_unread(key: str, names: Sequence[str]) -> bool:
    """Tell whether none of some implementations (`""`: not known which) reads a key of an Ingress controller on Gateways and routes."""
    known = ingress_catalog.lookup(key)
    if known is None or known.not_routing or not known.is_known_key or set(known.applies_to) != {"Ingress"}:
        return False
    every = controllers_catalog.controllers()
    makers = [one.id for one in ingress_catalog.claimants(key)]
    if not makers or not all(name in every and every[name].ingress for name in makers):
        return False
    return all(_reads_none(name, key) if name else not any(every[one].gateway for one in makers) for name in names or ("",))


def _reads_none(controller_name: str, key: str) -> bool:
    known = controllers_catalog.gateway_controllers().get(controller_name)
    row = gateway_metadata(controller_name)
    if known is None or (row is not None and row.reads_no_ingress_keys):
        return known is not None
    return known[0] not in {one.id for one in ingress_catalog.readers(key)}


def _service_keys(annotations: Mapping[str, Any]) -> list[str]:
    found = []
    for key, value in annotations.items():
        entry = catalog.find(key) if isinstance(value, str) and catalog.prefix_of(key) is not None else None
        if entry is not None and "Gateway" not in entry.kinds and is_for_services(entry):
            found.append(key)
    return found


def _found(
    resource: Resource, keys: Sequence[str], kind: str, served_by: str | None, instead: str | None, confidence: Confidence
) -> UnreadKeys:
    readers: dict[str, None] = {}
    for key in keys:
        entry = catalog.find(key) if kind == "Service" else None
        names = entry.readers if entry is not None else [one.id for one in ingress_catalog.claimants(key)]
        readers.update(dict.fromkeys(names))
    asks = kind == "Service" and any(_asks_for_internal(key, resource.annotations[key]) for key in keys)
    return UnreadKeys(tuple(keys), kind, tuple(readers), served_by, instead, confidence, asks)


def _asks_for_internal(key: str, value: str) -> bool:
    entry = catalog.find(key)
    return entry is not None and bool(entry.exposure) and not is_unfilled(value) and wish_of(entry, value) == "internal"


def _name(known: GatewayMetadata) -> str:
    owner, _ = controllers_catalog.gateway_controllers()[known.class_controller]
    return controllers_catalog.controllers()[owner].name
