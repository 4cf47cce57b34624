"""From where the routes of vendors can be reached, and to which Services they route.

A route is reached as the Service of the proxy that serves it, where that is in the manifests. Where it is not, or where an object leads
to Services by fields that are not read, that is unknown, and so is whatever may stand behind it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from k8slblint.catalog.vendor_routes import Gateways, Outside, VendorRoute, vendor_routes
from k8slblint.graph.answers import Found
from k8slblint.graph.containers import pod_labels
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.twins import nearest_twin
from k8slblint.graph.relations.vendor_routes import (
    gateway_names,
    has_value,
    is_served_by_itself,
    may_be_named,
    values_at,
    with_parts,
)
from k8slblint.graph.relations.workloads import workloads_of
from k8slblint.graph.selectors import matches_labels
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import least
from k8slblint.traffic.exposure.services import exposure_of_service
from k8slblint.traffic.exposure.verdict import Exposure, Reach, name_of
from k8slblint.traffic.workloads.proxies import services_of_controller

_WIDTH: Sequence[Reach] = ("cluster", "node", "internal", "unknown", "internet")


class VendorWay(NamedTuple):
    """A route, from where it is reached, and the objects that name what it leads to: itself and its parts."""

    route: Resource
    exposure: Exposure
    members: Sequence[Resource]


def vendor_ways(graph: ResourceGraph) -> Iterator[VendorWay]:
    """Yield what every route of a vendor leads to, in reading order; also parts, where no route in the manifests names them."""
    named: set[int] = set()
    waiting = []
    for route in graph.of_type(*vendor_routes()):
        known = vendor_routes()[route.type_name]
        if is_served_by_itself(route, known):
            members = with_parts(route, graph)
            named.update(map(id, members))
            yield VendorWay(route, exposure_of_vendor_route(route, graph), members)
        elif may_be_named(route, known):
            waiting.append(route)
    for part in waiting:
        if id(part) not in named:
            reason = f"it is unknown whether a route outside the manifests refers to {part.id}"
            yield VendorWay(part, Exposure("unknown", "low", (reason,)), with_parts(part, graph))


def is_vendor_entry(resource: Resource) -> bool:
    """Tell whether a resource is a route of a vendor that is an entry point by itself; one for the mesh only is none."""
    known = vendor_routes().get(resource.type_name)
    if known is None or not is_served_by_itself(resource, known):
        return False
    gateways = known.gateways
    return gateways is None or bool(gateway_names(resource, gateways.names, gateways.except_name))


def is_filtered(route: Resource) -> bool:
    """Tell whether a route of a vendor names something that may ask for a login, or let only some in."""
    known = vendor_routes().get(route.type_name)
    return known is not None and any(has_value(route, pattern) for pattern in known.filters)


def exposure_of_vendor_route(route: Resource, graph: ResourceGraph) -> Exposure:
    """Return from where a route of a vendor is reached."""
    known = vendor_routes()[route.type_name]
    if known.inside is not None and route.labels.get(known.inside[0]) == known.inside[1]:
        return Exposure("cluster", "high", (f"its label `{known.inside[0]}` says '{known.inside[1]}'",))
    if known.role == "opaque" or known.elsewhere is not None:
        return Exposure("unknown", "low", (known.elsewhere or f"the Services behind {route.id} are not read",))
    if known.outside is not None:
        return _by_network(route, known, known.outside)
    if known.gateways is not None:
        return _through_gateways(route, known.gateways, graph)
    services = services_of_controller(graph, graph.scope(route).cluster, known.controller) if known.controller else ()
    if not services:
        return Exposure("unknown", "low", (f"the Service of {_vendor(known)} is not in the manifests",))
    return _through_services(route, known, services, graph)


def exposure_of_proxy(controller: str, cluster: str, graph: ResourceGraph) -> Exposure:
    """Return from where what a controller's proxy leads to is reached: as all of its Services are."""
    services = services_of_controller(graph, cluster, controller)
    missing = Exposure("unknown", "low", (f"the Service of {name_of(controller)} is not in the manifests",))
    return _agreed(services, graph) if services else missing


def _vendor(known: VendorRoute) -> str:
    return known.product or name_of(known.controller or "")


def _by_network(route: Resource, known: VendorRoute, outside: Outside) -> Exposure:
    """Judge a route that the vendor's own network serves."""
    bindings = [value for _, value in values_at(route, outside.bindings)] if outside.bindings else []
    if bindings and outside.value not in bindings:
        return Exposure("cluster", "high", (f"its bindings do not contain '{outside.value}'",))
    addresses = [str(value) for _, value in values_at(route, outside.address)] if outside.address else []
    hosts = [address.rpartition("://")[2].partition("/")[0].partition(":")[0] for address in addresses]
    if outside.inside_suffix and any(host.endswith(outside.inside_suffix) for host in hosts):
        return Exposure("unknown", "low", (f"it is unknown which endpoints serve '{hosts[0]}'",))
    return Exposure("internet", "medium", (f"{_vendor(known)} exposes it to the internet",))


def _through_services(route: Resource, known: VendorRoute, services: Sequence[Resource], graph: ResourceGraph) -> Exposure:
    if known.entry_points is None:
        return _agreed(services, graph)
    names = [value for _, value in values_at(route, known.entry_points) if isinstance(value, str)]
    serving = [service for service in services if not names or _has_port(service, names)]
    if not serving:
        return Exposure("unknown", "low", (f"no Service of {_vendor(known)} in the manifests has a port '{names[0]}'",))
    return _agreed(serving, graph)


def _has_port(service: Resource, names: Sequence[str]) -> bool:
    return any(isinstance(port, dict) and port.get("name") in names for port in service.sequence("spec", "ports"))


def _agreed(services: Sequence[Resource], graph: ResourceGraph) -> Exposure:
    """Return from where all Services of a proxy are reached; where they differ, it is unknown which of them serves a route."""
    found = [(service, exposure_of_service(service, graph)) for service in services]
    outer = [(service, exposure) for service, exposure in found if exposure.reach != "cluster"]
    if not outer:
        return Exposure("unknown", "low", (f"{services[0].id} is exposed in a way that the manifests do not show",))
    if len({exposure.reach for _, exposure in outer}) > 1:
        return Exposure("unknown", "low", (f"which of {' and '.join(str(service.id) for service, _ in outer[:2])} serves it is unknown",))
    service, exposure = outer[0]
    return exposure._replace(confidence=least(exposure.confidence, "medium"), reasons=(f"it is served by {service.id}", *exposure.reasons))


def _through_gateways(route: Resource, gateways: Gateways, graph: ResourceGraph) -> Exposure:
    names = gateway_names(route, gateways.names, gateways.except_name)
    found = [_of_gateway(route, namespace, name, gateways, graph) for namespace, name in names]
    inside = Exposure("cluster", "high", ("it names no gateway and routes only mesh traffic",))
    return max(found, key=lambda exposure: _WIDTH.index(exposure.reach), default=inside)


def _of_gateway(route: Resource, namespace: str | None, name: str, gateways: Gateways, graph: ResourceGraph) -> Exposure:
    cluster = graph.scope(route).cluster
    found = graph.named(cluster, gateways.kind, namespace, name)
    if found is None:
        return Exposure("unknown", "low", (f"its gateway '{namespace}/{name}' is not in the manifests",))
    gateway = nearest_twin(found, route, graph)
    known = graph.derived(_no_gateways)
    if id(gateway) not in known:
        services = _services_before(gateway, gateways, graph)
        missing = Exposure("unknown", "low", (f"the Service in front of the proxy of {gateway.id} is not in the manifests",))
        known[id(gateway)] = _agreed(services, graph) if services else missing
    return known[id(gateway)]


def _no_gateways(_: ResourceGraph) -> dict[int, Exposure]:
    return {}


def _services_before(gateway: Resource, gateways: Gateways, graph: ResourceGraph) -> list[Resource]:
    """Return the Services that lead to the Pods of a gateway; one without workload in the manifests is known by its selector."""
    labels = gateway.mapping(*gateways.selector)
    if not labels:
        return []
    index, cluster = graph.derived(_services_by_label), graph.scope(gateway).cluster
    rarest = min((index.get((cluster, key, str(value)), {}) for key, value in labels.items()), key=len)
    return [service for service in rarest.values() if any(matches_labels(labels, one) for one in _carried(service, graph))]


def _services_by_label(graph: ResourceGraph) -> dict[tuple[str, str, str], dict[int, Resource]]:
    """Return by cluster and label the Services that lead to Pods which carry it."""
    index: dict[tuple[str, str, str], dict[int, Resource]] = defaultdict(dict)
    for service in graph.of_type("Service"):
        for carried in _carried(service, graph):
            for key, value in carried.items():
                index[graph.scope(service).cluster, key, str(value)][id(service)] = service
    return index


def _carried(service: Resource, graph: ResourceGraph) -> list[dict[str, Any]]:
    """Return the labels of the Pods behind a Service, those that it asks for where its workloads are not in the manifests."""
    answer = workloads_of(service, graph)
    return [pod_labels(workload) for workload in answer.value] if isinstance(answer, Found) else [service.mapping("spec", "selector")]
