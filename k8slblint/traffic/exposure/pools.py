"""From where addresses of a pool can be reached: those of MetalLB, Cilium and others without internal and public load balancers.

Sources: metallb/metallb 7938d3f8 controller/service.go; cilium/cilium 023375f6 Documentation/network/lb-ipam.rst.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from k8slblint.addresses import Interval, is_private, parse_address
from k8slblint.catalog import services as annotations
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.traffic.addresses.pools import pools_of
from k8slblint.traffic.exposure.verdict import Exposure, name_of

_ADDRESS = "address"


def exposure_of_pool(controller: str, service: Resource, graph: ResourceGraph) -> Exposure:
    """Judge addresses of the site: private ones are internal; whether others are reached from the internet cannot be known."""
    return exposure_of_addresses(controller, list(requested_addresses(controller, service)), graph.scope(service).cluster, graph)


def exposure_of_addresses(controller: str, requested: Sequence[Interval], cluster: str, graph: ResourceGraph) -> Exposure:
    """Judge the addresses that are asked for, else those of the pools of a cluster."""
    if requested:
        if all(is_private(address) for address in requested):
            return Exposure("internal", "high", (f"it asks for the private address {requested[0]}",))
        return Exposure("unknown", "low", (f"whether the internet reaches {requested[0]} depends on the network of the site",))
    if _has_private_pools(controller, cluster, graph):
        return Exposure("internal", "medium", (f"all pools of {name_of(controller)} in the manifests contain private addresses",))
    return Exposure(
        "unknown", "low", (f"its address comes from a pool of {name_of(controller)}, and it is unknown whether that is reachable",)
    )


def requested_addresses(controller: str, service: Resource) -> Iterator[Interval]:
    """Yield the addresses that a Service asks a controller for: by an annotation that it reads, or by `spec.loadBalancerIP`."""
    return addresses_in(controller, service.annotations, service.get("spec", "loadBalancerIP"))


def addresses_in(controller: str, wanted: Mapping[str, Any], *further: object) -> Iterator[Interval]:
    """Yield the addresses in the annotations that a controller reads, and in further texts."""
    texts = list(further)
    for key, value in wanted.items():
        entry = annotations.find(key) if annotations.prefix_of(key) else None
        if entry is not None and entry.decides == _ADDRESS and controller in entry.readers and isinstance(value, str):
            texts.extend(value.split(","))
    for text in texts:
        address = parse_address(text.strip()) if isinstance(text, str) else None
        if address is not None:
            yield Interval(address[0], address[1], address[1])


def _has_private_pools(controller: str, cluster: str, graph: ResourceGraph) -> bool:
    """Tell whether a controller has pools in a cluster that all contain private addresses; worked out once for both."""
    known = graph.derived(_no_pools)
    if (controller, cluster) not in known:
        pools = list(_pool_ranges(controller, graph, cluster))
        known[controller, cluster] = bool(pools) and all(isinstance(pool, Interval) and is_private(pool) for pool in pools)
    return known[controller, cluster]


def _no_pools(_: ResourceGraph) -> dict[tuple[str, str], bool]:
    return {}


def _pool_ranges(controller: str, graph: ResourceGraph, cluster: str) -> Iterator[object]:
    return (entry.range for entry in pools_of(controller, graph, cluster))
