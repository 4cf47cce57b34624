"""Whether the Services of a cluster ask for more addresses than its pools have: a lower bound, as much is made at run time.

Sources: metallb/metallb 7938d3f8 internal/allocator/allocator.go (`AllocateFromPool`, `Allocate`: pools with `autoAssign: false` serve only
who names them), k8salloc (Services of one sharing key may share an address); Kubernetes 1.37 Service `ipFamilyPolicy`.
"""

from collections.abc import Sequence

from k8slblint.catalog.address_requests import AddressKeys, address_keys, first_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.addresses.assignment import pool_named_by, pools_in, wishes_of
from k8slblint.traffic.addresses.capacity import capacities_of, served_by
from k8slblint.traffic.addresses.pools import Unrendered, implementation_of, pool_entries


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
    keys = address_keys().get(controller)
    pools = pools_in(graph, graph.scope(pool).cluster, controller)
    if keys is None or pool not in pools or any(isinstance(entry.range, Unrendered) for one in pools for entry in pool_entries(one)):
        return None
    services = [one.service for one in served_by(pool, graph) if one.controllers == (controller,)]
    return _of_named(pool, services, keys, graph) or (_of_all(pools, services, keys, graph) if pool is pools[0] else None)


def _of_named(pool: Resource, services: Sequence[Resource], keys: AddressKeys, graph: ResourceGraph) -> Shortage | None:
    naming = [service for service in services if (named := pool_named_by(service, keys)) and named[1] == pool.name]
    return _shortage((pool,), naming, keys, graph, is_of_all=False)


def _of_all(pools: Sequence[Resource], services: Sequence[Resource], keys: AddressKeys, graph: ResourceGraph) -> Shortage | None:
    return _shortage(tuple(pools), services, keys, graph, is_of_all=True)


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
