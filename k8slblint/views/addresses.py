"""The view of addresses: what is known of the address space of each cluster, and what its pools have left."""

from collections.abc import Iterator, Sequence
from typing import Any

from k8slblint.addresses import Interval, drops_host_bits
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.reporting.excerpt import visible
from k8slblint.reporting.json import dump
from k8slblint.traffic.addresses.capacity import Capacity, capacities_of, served_by
from k8slblint.traffic.addresses.pools import POOL_KINDS, PoolEntry, implementation_of, is_ignored, pool_entries
from k8slblint.traffic.addresses.space import Range, Role, ranges_of
from k8slblint.traffic.exposure.verdict import name_of
from k8slblint.views.chart_values import HEADING, Asked, asked_in, named_values, unseen_in_words
from k8slblint.views.places import named, place

VERSION = 1
"""The version of the JSON that `as_json` writes; it grows when a field is removed or changes its meaning."""

_WORDS: dict[Role, str] = {
    "node": "node",
    "node-external": "node, from outside",
    "machines": "range of machines",
    "pods": "Pod network",
    "services": "Service network",
    "vip": "virtual address",
    "gateway": "router",
    "dhcp": "DHCP",
    "network": "network",
    "lan": "network of machines",
    "pool": "pool of a tool",
}


class Pool(NamedTuple):
    """A pool with its entries, what it has by family, and how many Services of its controller ask for no address."""

    resource: Resource
    entries: tuple[PoolEntry, ...]
    capacities: tuple[Capacity, ...]
    others: int


class Cluster(NamedTuple):
    """The address space of one cluster in one environment; `values` are addresses that values ask for, of charts that are not there."""

    name: str
    environment: str
    pools: tuple[Pool, ...]
    ranges: tuple[Range, ...]
    values: tuple[Asked, ...] = ()


def address_map(graph: ResourceGraph) -> tuple[Cluster, ...]:
    """Return what is known of addresses, for each cluster that has pools, in reading order."""
    pools: dict[tuple[str, str], list[Resource]] = {}
    for pool in graph.of_type(*POOL_KINDS):
        if pool_entries(pool) and not is_ignored(pool, graph):
            scope = graph.scope(pool)
            pools.setdefault(scope.whereabouts, []).append(pool)
    return tuple(_cluster(name, environment, found, graph) for (name, environment), found in pools.items())


def _cluster(name: str, environment: str, pools: Sequence[Resource], graph: ResourceGraph) -> Cluster:
    ranges = _sorted(ranges_of(graph, graph.scope(pools[0])))
    return Cluster(name, environment, tuple(_pool(one, graph) for one in pools), tuple(ranges), asked_in(name, graph))


def _pool(pool: Resource, graph: ResourceGraph) -> Pool:
    others = sum(1 for one in served_by(pool, graph) if not one.addresses)
    return Pool(pool, tuple(pool_entries(pool)), tuple(capacities_of(pool, graph)), others)


def _sorted(ranges: Sequence[Range]) -> list[Range]:
    return sorted(ranges, key=lambda one: (one.interval.family, one.interval.first, one.interval.last, one.role))


def as_text(found: Sequence[Cluster], *, unseen: int = 0) -> str:
    """Return the map as text; `unseen` is how many deployers may ask for more addresses."""
    lines = [line for cluster in found for line in _lines(cluster)] or ["no address pool"]
    lines += unseen_in_words(unseen, "requests for addresses") if found else ()
    return "".join(visible(line) + "\n" for line in lines)


def _lines(cluster: Cluster) -> Iterator[str]:
    environment = "" if cluster.environment == "unknown" else f", {cluster.environment}"
    yield f"cluster '{cluster.name}'{environment}"
    for pool in cluster.pools:
        yield f"  {named(pool.resource)}, by {name_of(implementation_of(pool.resource))}"
        yield from (f"    {entry.text}{_what_it_means(entry)}" for entry in pool.entries)
        yield from (f"    {_capacity_in_words(one, pool.others)}" for one in pool.capacities)
    if not cluster.ranges:
        yield "  nothing else is known: state `node_addresses` and `networks` of the cluster in the configuration"
    width = max((len(_as_range(one)) for one in cluster.ranges), default=0)
    yield from (f"  {_as_range(one):<{width}}  {_range_in_words(one)}" for one in cluster.ranges)
    if cluster.values:
        yield f"  {HEADING}"
        yield from (f"    {', '.join(map(_address, one.addresses))}  for {named_values(one.resource)}" for one in cluster.values)


def _what_it_means(entry: PoolEntry) -> str:
    if not isinstance(entry.range, Interval):
        return f"  ({entry.range.reason})"
    return "" if str(entry.range) in (entry.text, f"{entry.text}/32") else f"  = {entry.range}"


def _capacity_in_words(one: Capacity, others: int) -> str:
    noun = "address" if one.size == 1 else "addresses"
    asked = f", {len(one.requested)} requested, {one.free} free" if one.requested else ""
    takers = f"; {others} Service{'s' if others != 1 else ''} without a requested address" if others else ""
    return f"IPv{one.family}: {one.size} {noun}{asked}{takers}"


def _range_in_words(one: Range) -> str:
    name = f" {one.name}" if one.name else ""
    default = ", by default" if one.is_default else ""
    return f"{_WORDS[one.role]}{name}{default}  ({_source(one)})"


def _as_range(one: Range) -> str:
    """Return a range as a person reads it: an address alone, else as written, unless that is an address within it."""
    if one.interval.size == 1:
        return _address(one.interval)
    return str(one.interval) if drops_host_bits(one.text, one.interval) else one.text


def _source(one: Range) -> str:
    if one.resource is None:
        return "the configuration"
    location = one.resource.location(one.path)
    return f"{location.path}:{location.span.line}"


def as_json(found: Sequence[Cluster]) -> str:
    """Return the map as JSON: `schemas/addresses.schema.json`."""
    clusters = [
        {
            "name": cluster.name,
            "environment": cluster.environment,
            "pools": [_pool_as_json(one) for one in cluster.pools],
            "ranges": [_range_as_json(one) for one in cluster.ranges],
            "chart_values": [{**place(one.resource), "addresses": list(map(_address, one.addresses))} for one in cluster.values],
        }
        for cluster in found
    ]
    return dump({"version": VERSION, "clusters": clusters})


def _pool_as_json(pool: Pool) -> dict[str, Any]:
    entries = [
        {"text": entry.text, "line": entry.resource.location(entry.path).span.line, "range": _interval(entry.range)}
        for entry in pool.entries
    ]
    capacities = [
        {"family": one.family, "addresses": one.size, "requested": list(map(_address, one.requested)), "free": one.free}
        for one in pool.capacities
    ]
    controller = implementation_of(pool.resource)
    return {**place(pool.resource), "controller": controller, "entries": entries, "capacity": capacities, "other_services": pool.others}


def _interval(range_: object) -> str | None:
    return str(range_) if isinstance(range_, Interval) else None


def _address(interval: Interval) -> str:
    return str(interval).partition("/")[0]


def _range_as_json(one: Range) -> dict[str, Any]:
    location = one.resource.location(one.path) if one.resource is not None else None
    return {
        "role": one.role,
        "range": str(one.interval),
        "text": one.text,
        "name": one.name or None,
        "path": location.path if location is not None else None,
        "line": location.span.line if location is not None else None,
        "default": one.is_default,
        "confidence": one.confidence,
    }
