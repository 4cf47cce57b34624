"""Fixed addresses across a change: which of them a Service no longer asks for, and which object asks for them instead.

An address that stays among those that are asked for is kept. Sources: metallb/metallb 7938d3f8 controller/service.go
(`convergeBalancer`), cilium/cilium 079d9740 operator/pkg/lbipam/lbipam.go (`stripInvalidAllocations`), kube-vip/kube-vip bee5cfe
pkg/services/processor.go (`serviceChanged`).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from k8slblint.addresses import Interval, parse_address
from k8slblint.catalog import services as catalog
from k8slblint.catalog.annotation_values import Valid
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.traffic.balancers.gateway_services import described_service

FIELD = ("spec", "loadBalancerIP")

_LISTS = ("ip", "ip-list")


def lists_addresses(entry: catalog.ServiceAnnotation) -> bool:
    """Tell whether an annotation names the addresses of a load balancer, so that its value is a set of them."""
    return entry.decides == "address" and entry.value.type in _LISTS and entry.change.replaces == "address"


def are_lost(old: object, new: object) -> bool:
    """Tell whether an address of one parsed value, an address or several, is not in another."""
    return bool(_as_set(old) - _as_set(new))


def annotated_addresses(annotations: Mapping[str, Any], readers: Iterable[str] = ()) -> frozenset[Interval]:
    """Return the addresses that annotations name; of `readers`, where there are any, all read the annotation."""
    found: set[Interval] = set()
    for key, text in annotations.items():
        entry = catalog.find(key) if isinstance(text, str) and catalog.prefix_of(key) else None
        if entry is None or not lists_addresses(entry) or not set(readers) <= set(entry.readers):
            continue
        parsed = catalog.parse_value(entry, text)
        found |= _intervals(_as_set(parsed.value)) if isinstance(parsed, Valid) else set()
    return frozenset(found)


def address_of_field(service: Resource) -> frozenset[Interval]:
    """Return the address of `spec.loadBalancerIP`, as a set."""
    return frozenset(_intervals((service.get(*FIELD),)))


def addresses_of(service: Resource) -> frozenset[Interval]:
    """Return all fixed addresses that a Service asks for, whichever controller reads them."""
    return annotated_addresses(service.annotations) | address_of_field(service)


def takes_all(resource: Resource, addresses: frozenset[Interval], graph: ResourceGraph) -> bool:
    """Tell whether a Service asks for all these addresses now, and for none of them before."""
    before = graph.counterpart(resource)
    had = addresses_of(before.value) if isinstance(before, Found) else frozenset()
    return bool(addresses) and addresses <= addresses_of(resource) and not addresses & had


def takers_of(addresses: frozenset[Interval], cluster: str, graph: ResourceGraph) -> Iterable[Resource]:
    """Yield the objects of a cluster that ask for addresses that they did not ask for before: Services and Gateways."""
    if not addresses:
        return
    for service in graph.in_cluster(cluster, "Service", HELM_VALUES):
        if service.standing == "deployed" and service.get("spec", "type") == "LoadBalancer" and takes_all(service, addresses, graph):
            yield service
    for gateway in graph.in_cluster(cluster, GATEWAY):
        if gateway.standing == "deployed" and addresses <= addresses_of_gateway(gateway, graph):
            yield gateway


def are_handed_over(before: Resource, after: Resource, graph: ResourceGraph) -> bool:
    """Tell whether another Service for the same Pods asks for all addresses that an update of a Service drops: it was split."""
    lost, selector = addresses_of(before) - addresses_of(after), after.mapping("spec", "selector")
    takers = takers_of(lost, graph.scope(after).cluster, graph) if selector else ()
    return any(one.namespace == after.namespace and one.mapping("spec", "selector") == selector for one in takers)


def are_taken_over(before: Resource, after: Resource, graph: ResourceGraph) -> bool:
    """Tell whether another object asks for all addresses that an update drops, and did not before."""
    lost = addresses_of(before) - addresses_of(after)
    return next(iter(takers_of(lost, graph.scope(after).cluster, graph)), None) is not None


def addresses_of_gateway(gateway: Resource, graph: ResourceGraph) -> frozenset[Interval]:
    """Return the addresses that a Gateway asks for: in its own field, or by what it says of the Service made for it."""
    stated = (one.get("value") for one in gateway.sequence("spec", "addresses") if isinstance(one, dict))
    described = described_service(gateway, graph)
    annotations = described.annotations if described is not None else gateway.mapping("spec", "infrastructure", "annotations")
    return frozenset(_intervals(stated)) | annotated_addresses(annotations)


_MAPPED = "::ffff:"
"""What an IPv4 address begins with that is written as one of IPv6 (RFC 4291, 2.5.5.2)."""


def _as_set(value: object) -> set[object]:
    return {_unmapped(one) for one in (value if isinstance(value, tuple) else (value,))}


def _unmapped(address: object) -> object:
    """Return an IPv4 address that is written as one of IPv6 as what it is."""
    if not isinstance(address, str) or not address.startswith(_MAPPED):
        return address
    from ipaddress import AddressValueError, IPv6Address  # few trees have such addresses

    try:
        return str(IPv6Address(address).ipv4_mapped or address)
    except AddressValueError:
        return address


def _intervals(texts: Iterable[object]) -> set[Interval]:
    read = (parse_address(text.strip()) if isinstance(text, str) else None for text in texts)
    return {Interval(one[0], one[1], one[1]) for one in read if one is not None}
