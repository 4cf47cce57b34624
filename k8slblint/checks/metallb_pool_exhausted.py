"""Detects address pools with fewer addresses than the Services of the manifests need."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace
from k8slblint.traffic.addresses.demand import shortage_of
from k8slblint.traffic.addresses.pools import implementation_of
from k8slblint.traffic.exposure.verdict import name_of

_RELATED = 20


def check(pool: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem where more Services need an address of a pool, or of all pools, than there are; who may share one counts once."""
    shortage = shortage_of(pool, graph)
    if shortage is None:
        return
    which = f"{pool.id} and the others have" if shortage.is_of_all and len(shortage.pools) > 1 else f"{pool.id} has"
    noun = "address" if shortage.size == 1 else "addresses"
    who = "the manifests have" if shortage.is_of_all else "Services that name the pool are"
    yield Problem(
        path=("spec",),
        headline=f"{which} {shortage.size} {noun} for {shortage.needed} Services",
        label="",
        why=f"{name_of(implementation_of(pool))} gives each Service an address unless they may share one, and {who} {shortage.needed}. "
        "The last ones stay pending; which ones can change after a restart.",
        help="Widen the pool, or let Services share an address.",
        at="key",
        confidence="high" if graph.scope(pool).division in ("stated", "named") else "medium",
        related=tuple(RelatedPlace(service, (), "This Service needs an address.") for service in shortage.services[:_RELATED]),
    )
