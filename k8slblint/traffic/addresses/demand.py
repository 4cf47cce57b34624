"""Whether the Services of a cluster ask for more addresses than its pools have: a lower bound, as much is made at run time.

Sources: metallb/metallb 7938d3f8 internal/allocator/allocator.go (`AllocateFromPool`, `Allocate`: pools with `autoAssign: false` serve only
who names them), k8salloc (Services of one sharing key may share an address); Kubernetes 1.37 Service `ipFamilyPolicy`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from k8slblint.catalog.address_requests import AddressKeys, address_keys, first_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.addresses.assignment import pool_named_by, wishes_of
from k8slblint.traffic.addresses.capacity import capacities_of
from k8slblint.traffic.addresses.pools import implementation_of
from k8slblint.traffic.addresses.requests import requests_in
from k8slblint.traffic.addresses.stock import stock_of


class Shortage(NamedTuple):
    """What a pool, or all pools of a cluster together, have (`size`), and the Services that need addresses of them for sure.

    `pools` are those; `needed` counts those that may share one address once. `is_of_all` tells that it is about all pools.
    """

    size: int
    needed: int
    services: tuple[Resource, ...]
    pools: tuple[Resource, ...]
    is_of_all: bool


def shortage_of(pool: Resource, graph: ResourceGraph) -> Shortage | None:
    """Return by how much a pool is too small, or, of the first pool of a cluster, all of them together; None where that is not sure."""
    controller = implementation_of(pool)
    cluster = graph.scope(pool).cluster
    stock = stock_of(graph, cluster, controller)
    keys = address_keys().get(controller)
    if keys is None or id(pool) not in stock.entries or not stock.is_readable:
        return None
    needed = _needed(graph, cluster, keys)
    named = _shortage((pool,), needed.get(pool.name, ()), keys, graph, is_of_all=False)
    return named or (_shortage(stock.pools, needed.get(None, ()), keys, graph, is_of_all=True) if pool is stock.pools[0] else None)


def _needed(graph: ResourceGraph, cluster: str, keys: AddressKeys) -> Mapping[str | None, Sequence[Resource]]:
    """Return the Services that one controller and no other serves: by the pool that they name, and all by None."""
    known = graph.derived(_nothing_needed)
    if (cluster, keys.controller) not in known:
        found: dict[str | None, list[Resource]] = defaultdict(list)
        for request in requests_in(cluster, graph):
            if request.controllers == (keys.controller,):
                named = pool_named_by(request.service, keys)
                found[None].append(request.service)
                if named is not None:
                    found[named[1]].append(request.service)
        known[cluster, keys.controller] = found
    return known[cluster, keys.controller]


def _nothing_needed(_: ResourceGraph) -> dict[tuple[str, str], Mapping[str | None, Sequence[Resource]]]:
    return {}


def _size(pool: Resource, graph: ResourceGraph) -> int:
    return sum(capacity.size for capacity in capacities_of(pool, graph))


def _shortage(
    pools: tuple[Resource, ...], services: Sequence[Resource], keys: AddressKeys, graph: ResourceGraph, *, is_of_all: bool
) -> Shortage | None:
    size = sum(_size(pool, graph) for pool in pools)
    needed = len({_share_of(service, keys) for service in services})
    return Shortage(size, needed, tuple(services), pools, is_of_all) if needed > size else None


def _share_of(service: Resource, keys: AddressKeys) -> object:
    """Return what Services have in common that may share an address: the address they ask for, else their key, else nothing."""
    wishes = wishes_of(service, keys)
    if wishes and wishes[0].address is not None:
        return wishes[0].address
    key = first_of(keys.sharing, service.annotations)
    value = service.annotations.get(key) if key else None
    return value if isinstance(value, str) and value else service.key
