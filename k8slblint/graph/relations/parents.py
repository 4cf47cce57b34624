"""The edge from a route to what it attaches to.

Source: Gateway API 1.6 (parentRefs).
"""

from collections.abc import Iterator

from k8slblint.graph.answers import Answer, Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.backends import text_or
from k8slblint.graph.relations.twins import nearest_twin
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource


class ParentReference(NamedTuple):
    """A reference from a route to what it attaches to (a Gateway, a ListenerSet or, in a mesh, a Service)."""

    route: Resource
    path: Path
    type_name: str
    namespace: str | None
    name: str
    section_name: str | None
    port: int | None


def parents_of(route: Resource) -> Iterator[ParentReference]:
    """Yield what a route attaches to; group and kind default to Gateway, the namespace to the route's own."""
    for index, reference in enumerate(route.sequence("spec", "parentRefs")):
        if isinstance(reference, dict) and isinstance(reference.get("name"), str):
            group = text_or(reference.get("group"), "gateway.networking.k8s.io")
            kind = text_or(reference.get("kind"), "Gateway")
            yield ParentReference(
                route=route,
                path=("spec", "parentRefs", index),
                type_name=f"{kind}.{group}" if group else kind,
                namespace=text_or(reference.get("namespace"), route.namespace),
                name=reference["name"],
                section_name=reference.get("sectionName"),
                port=reference.get("port"),
            )


def gateways_of(route: Resource, graph: ResourceGraph) -> Iterator[tuple[ParentReference, Answer[Resource]]]:
    """Yield each parent of a route with the answer whether it is in the manifests."""
    cluster = graph.scope(route).cluster
    for parent in parents_of(route):
        answer = graph.look_up(cluster, parent.type_name, parent.namespace, parent.name)
        yield parent, Found(nearest_twin(answer.value, route, graph)) if isinstance(answer, Found) else answer
