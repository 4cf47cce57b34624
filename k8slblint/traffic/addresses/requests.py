"""Which addresses the Services of a cluster ask for, of which controller."""

from collections.abc import Iterator

from k8slblint.addresses import Interval
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.traffic.addresses.pools import implementation_of
from k8slblint.traffic.exposure.pools import requested_addresses
from k8slblint.traffic.ownership import ownership_of


class Request(NamedTuple):
    """A Service of type LoadBalancer with the controllers that may serve it, and the addresses that it asks these for."""

    service: Resource
    controllers: tuple[str, ...]
    addresses: tuple[Interval, ...]


def requests_in(cluster: str, graph: ResourceGraph, kind: str = "Service") -> list[Request]:
    """Return the Services of a cluster that want a load balancer, in reading order; those by values have a kind of their own."""
    known = graph.derived(_no_requests)
    if (cluster, kind) not in known:
        known[cluster, kind] = list(_requests(cluster, kind, graph))
    return known[cluster, kind]


def _no_requests(_: ResourceGraph) -> dict[tuple[str, str], list[Request]]:
    return {}


def _requests(cluster: str, kind: str, graph: ResourceGraph) -> Iterator[Request]:
    for service in graph.in_cluster(cluster, kind):
        if service.get("spec", "type") == "LoadBalancer":
            owners = tuple(ownership_of(service, graph).candidates)
            asked = {address for owner in owners for address in requested_addresses(owner, service)}
            yield Request(service, owners, tuple(sorted(asked)))


def all_ask_for_addresses(pool: Resource, graph: ResourceGraph, *, if_none: bool = False) -> bool:
    """Tell whether there are Services that the controller of a pool serves, and each asks for its address; `if_none`: there are none."""
    controller = implementation_of(pool)
    served = [one for one in requests_in(graph.scope(pool).cluster, graph) if controller in one.controllers]
    return all(one.addresses for one in served) if served else if_none


def is_requested(interval: Interval, cluster: str, graph: ResourceGraph) -> bool:
    """Tell whether a Service of a cluster asks for an address, on purpose therefore."""
    known = graph.derived(_no_addresses)
    if cluster not in known:
        known[cluster] = _addresses(cluster, graph)
    return interval in known[cluster]


def _no_addresses(_: ResourceGraph) -> dict[str, frozenset[Interval]]:
    return {}


def _addresses(cluster: str, graph: ResourceGraph) -> frozenset[Interval]:
    asking = (one for kind in ("Service", HELM_VALUES) for one in requests_in(cluster, graph, kind))
    return frozenset(address for one in asking for address in one.addresses)
