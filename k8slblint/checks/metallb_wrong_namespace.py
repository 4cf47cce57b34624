"""Detects objects of MetalLB outside the namespace that MetalLB runs in."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace
from k8slblint.model.texts import middle, quoted
from k8slblint.traffic.addresses.advertising import home_of

_LONGEST_NAME = 30


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at the namespace of an object that states another one than that of MetalLB; one without may get it later."""
    home = home_of(graph.scope(resource).cluster, graph)
    if home is None or not resource.get("metadata", "namespace") or resource.namespace == home.namespace:
        return
    name = middle(home.namespace, _LONGEST_NAME)
    yield Problem(
        path=("metadata", "namespace"),
        headline=f"{resource.id} is outside the namespace of MetalLB",
        label=f"MetalLB runs in {quoted(home.namespace, _LONGEST_NAME)}",
        why="The webhook of MetalLB refuses the object. Without the webhook MetalLB never reads it, as it watches its own namespace only.",
        help=f"Write `namespace: {name}`.",
        confidence=home.confidence,
        related=(RelatedPlace(home.shown_by, (), "This shows where MetalLB runs."),),
    )
