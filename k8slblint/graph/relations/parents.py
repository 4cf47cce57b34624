"""The edge from a route or a ListenerSet to what it attaches to.

Source: Gateway API 1.6 (parentRefs of routes, parentRef of ListenerSets).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from k8slblint.graph.answers import Answer, Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, LISTENER_SET_KINDS
from k8slblint.graph.relations.backends import text_or
from k8slblint.graph.relations.twins import nearest_twin
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource


class ParentReference(NamedTuple):
    """A reference from a route to a Gateway, a ListenerSet or, in a mesh, a Service, or from a ListenerSet to its Gateway.

    `section_name` and `port` are as written, whatever their type.
    """

    source: Resource
    path: Path
    type_name: str
    namespace: str | None
    name: str
    section_name: str | None
    port: int | None


def parents_of(source: Resource) -> Iterator[ParentReference]:
    """Yield what a route or ListenerSet attaches to; group and kind default to Gateway, the namespace to its own."""
    if source.type_name in LISTENER_SET_KINDS:
        yield from _reference(source, ("spec", "parentRef"), source.get("spec", "parentRef"))
        return
    for index, reference in enumerate(source.sequence("spec", "parentRefs")):
        yield from _reference(source, ("spec", "parentRefs", index), reference)


def _reference(source: Resource, path: Path, reference: object) -> Iterator[ParentReference]:
    if isinstance(reference, dict) and isinstance(reference.get("name"), str):
        group = text_or(reference.get("group"), "gateway.networking.k8s.io")
        kind = text_or(reference.get("kind"), "Gateway")
        yield ParentReference(
            source=source,
            path=path,
            type_name=f"{kind}.{group}" if group else kind,
            namespace=text_or(reference.get("namespace"), source.namespace),
            name=reference["name"],
            section_name=reference.get("sectionName"),
            port=reference.get("port"),
        )


def gateways_of(source: Resource, graph: ResourceGraph) -> Iterator[tuple[ParentReference, Answer[Resource]]]:
    """Yield each parent of a route or ListenerSet with the answer whether it is in the manifests."""
    cluster = graph.scope(source).cluster
    for parent in parents_of(source):
        answer = graph.look_up(cluster, parent.type_name, parent.namespace, parent.name)
        yield parent, Found(nearest_twin(answer.value, source, graph)) if isinstance(answer, Found) else answer


def namesakes(parent: ParentReference, graph: ResourceGraph) -> Sequence[Resource]:
    """Return the Gateways and ListenerSets of the name and namespace that a reference states, of whatever cluster."""
    return graph.derived(_by_identity).get((parent.type_name, parent.namespace, parent.name), ())


def _by_identity(graph: ResourceGraph) -> dict[tuple[str, str | None, str], list[Resource]]:
    found: dict[tuple[str, str | None, str], list[Resource]] = defaultdict(list)
    for holder in graph.of_type(GATEWAY, *LISTENER_SET_KINDS):
        found[holder.type_name, holder.namespace, holder.name].append(holder)
    return found
