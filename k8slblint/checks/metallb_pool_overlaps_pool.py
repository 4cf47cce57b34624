"""Detects address pools, and entries of one pool, that share addresses."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem, RelatedPlace
from k8slblint.model.texts import middle
from k8slblint.traffic.addresses.overlaps import Clash, clashes_of
from k8slblint.traffic.addresses.pools import implementation_of
from k8slblint.traffic.exposure.verdict import name_of

_LONGEST_NAME = 30


def check(pool: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at each entry of a pool that shares an address with one that is written before it."""
    for clash in clashes_of(pool, graph):
        yield _problem(clash, graph)


def _problem(clash: Clash, graph: ResourceGraph) -> Problem:
    pool, other = clash.entry.resource, clash.other.resource
    name = middle(str(other.id), _LONGEST_NAME)
    headline = f"{pool.id} lists addresses twice" if pool is other else f"{pool.id} overlaps {name}"
    return Problem(
        path=clash.entry.path,
        headline=headline,
        label=f"shares {clash.shared}",
        why=_consequence(clash),
        help="Give each pool its own addresses, or make one pool of both." if pool is not other else "Remove one of the entries.",
        confidence=_confidence(clash, graph),
        related=(RelatedPlace(other, clash.other.path, f"This entry contains {clash.shared} too."),),
        discriminator=f"{other.key}{clash.other.text}",
    )


def _consequence(clash: Clash) -> str:
    owner = implementation_of(clash.entry.resource)
    if not clash.is_of_one_controller:
        names = name_of(implementation_of(clash.other.resource)), name_of(owner)
        return f"{names[0]} and {names[1]} do not know each other: both can give one address, and two machines answer for it."
    if owner == "metallb":
        return (
            "The webhook of MetalLB refuses the pool. Without it the whole configuration is invalid, and speakers keep the last good one."
        )
    if owner == "cilium-lb-ipam":
        if clash.entry.resource is clash.other.resource:
            return "Cilium reports PoolConflict and disables all ranges of the pool: its Services wait for an address."
        return "Cilium reports PoolConflict and disables all ranges of the newer pool: its Services wait for an address."
    if owner == "openelb":
        return "The webhook of OpenELB refuses the pool."
    return f"{name_of(owner)} can give one address to two Services, and two machines answer for it."


def _confidence(clash: Clash, graph: ResourceGraph) -> Confidence:
    """Return how sure it is that both pools are deployed together: what one file holds is."""
    pool, other = clash.entry.resource, clash.other.resource
    if pool.path == other.path or graph.scope(pool).division in ("stated", "named"):
        return "high"
    return "low" if clash.entry.range == clash.other.range else "medium"
