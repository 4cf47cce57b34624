"""How many addresses a pool has to give, and how many of them Services need for certain: a lower bound.

Sources: metallb/metallb 7938d3f8 internal/allocator/allocator.go (`poolCount`: with `avoidBuggyIPs` no address that ends in .0 or .255);
cilium/cilium 023375f6 operator/pkg/lbipam/range_store.go (with `allowFirstLastIPs: No` not the first and last of a block of more than two).
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from k8slblint.addresses import IPV4, Family, Interval, subtract
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import CILIUM_POOL
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import KUBE_VIP_POOL, Resource
from k8slblint.traffic.addresses.pools import implementation_of
from k8slblint.traffic.addresses.requests import Request, requests_in
from k8slblint.traffic.addresses.stock import stock_of

_BLOCK = 256
_PAIR = 2


class Capacity(NamedTuple):
    """What a pool has of one family: how many addresses it gives, and which of them Services ask for."""

    family: Family
    size: int
    requested: tuple[Interval, ...]

    @property
    def free(self) -> int:
        """How many addresses are left for Services that ask for none."""
        return max(self.size - len(self.requested), 0)


def capacities_of(pool: Resource, graph: ResourceGraph) -> list[Capacity]:
    """Return what a pool has by family, IPv4 first; nothing of what cannot be read."""
    cluster, controller = graph.scope(pool).cluster, implementation_of(pool)
    held = stock_of(graph, cluster, controller).ranges_of(pool)
    asked = _asked(graph, cluster, controller)
    return [_capacity(pool, family, held, asked) for family in sorted({interval.family for interval in held})]


def _asked(graph: ResourceGraph, cluster: str, controller: str) -> Sequence[Interval]:
    """Return the addresses that Services ask a controller for, in the order of addresses."""
    known = graph.derived(_nothing_asked)
    if (cluster, controller) not in known:
        requests = (one for one in requests_in(cluster, graph) if controller in one.controllers)
        known[cluster, controller] = sorted({address for one in requests for address in one.addresses})
    return known[cluster, controller]


def _nothing_asked(_: ResourceGraph) -> dict[tuple[str, str], Sequence[Interval]]:
    return {}


def _capacity(pool: Resource, family: Family, held: Sequence[Interval], asked: Sequence[Interval]) -> Capacity:
    intervals = [interval for interval in held if interval.family == family]
    size = sum(given_of(pool, interval) for interval in _apart(intervals))
    requested = {one for interval in intervals for one in _within(asked, interval)}
    return Capacity(family, size, tuple(sorted(requested)))


def _within(asked: Sequence[Interval], interval: Interval) -> Sequence[Interval]:
    first = bisect_left(asked, (interval.family, interval.first, 0))
    return asked[first : bisect_left(asked, (interval.family, interval.last + 1, 0))]


def _apart(intervals: Sequence[Interval]) -> Iterator[Interval]:
    """Yield the intervals without what those before them hold: an address that is listed twice is one."""
    seen: list[Interval] = []
    for interval in intervals:
        yield from subtract(interval, seen)
        seen.append(interval)


def given_of(pool: Resource, interval: Interval) -> int:
    """Return how many addresses of an interval a pool gives."""
    is_careful = pool.get("spec", "avoidBuggyIPs") is True or pool.type_name == KUBE_VIP_POOL
    if is_careful and interval.family == IPV4:
        return interval.size - _multiples(interval, 0) - _multiples(interval, _BLOCK - 1)
    if pool.type_name == CILIUM_POOL and pool.get("spec", "allowFirstLastIPs") == "No" and interval.size > _PAIR:
        return interval.size - 2
    return interval.size


def _multiples(interval: Interval, rest: int) -> int:
    """Return how many addresses of an interval end in a number."""
    return (interval.last - rest) // _BLOCK - (interval.first - 1 - rest) // _BLOCK


def served_by(pool: Resource, graph: ResourceGraph) -> list[Request]:
    """Return the Services that the controller of a pool serves, or may."""
    controller = implementation_of(pool)
    return [one for one in requests_in(graph.scope(pool).cluster, graph) if controller in one.controllers]
