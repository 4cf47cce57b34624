"""Whether an object that a route or policy names does not exist, or may be somewhere else.

It is missing only where its namespace shows another object of its kind that is deployed together with what names it, and where all of that
namespace was read, or the name of the other one differs by a slip. Where the namespace has none of its kind, it is missing if all of it was
read and an object of that name is in another namespace.
"""

from collections import defaultdict

from k8slblint.graph.answers import Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.twins import why_defined_otherwise
from k8slblint.graph.relations.unrendered import why_not_as_written
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.namespaces import states_namespace
from k8slblint.traffic.attachment.near_names import nearest_name
from k8slblint.traffic.attachment.parents import is_beside
from k8slblint.traffic.policies.targets import objects_of
from k8slblint.traffic.workloads.selection import maker_of_objects

_MOST_COMPARED = 200
"""With how many objects of a namespace a name is compared: the work for each reference has a bound."""


class Absence(NamedTuple):
    """An object that does not exist: a similar name, an object of that name in another namespace, and whether all was read."""

    near: str | None
    elsewhere: Resource | None
    is_certain: bool


def absence_of(source: Resource, type_name: str, namespace: str | None, name: str, graph: ResourceGraph) -> Absence | Unknown | None:
    """Return that an object of a namespace, which another one names, is missing, None where it exists; the kind is one that is read."""
    cluster = graph.scope(source).cluster
    if graph.named(cluster, type_name, namespace, name) is not None:
        return None
    kind = type_name.partition(".")[0]
    namesakes = graph.derived(_by_name).get((type_name, name), ())
    elsewhere = next((one for one in namesakes if graph.scope(one).cluster == cluster), None)
    others = objects_of(cluster, type_name, namespace, graph)[:_MOST_COMPARED]
    if not others and (elsewhere is None or not states_namespace(source) or not is_together(source, elsewhere, graph)):
        return Unknown(f"the namespace of a reference has no {kind} in the manifests")
    beside = [one.name for one in others if is_together(source, one, graph)]
    near, reason = nearest_name(name, beside), graph.why_incomplete(cluster, namespace)
    if near is None and any(one.namespace == namespace for one in namesakes):
        return Unknown(f"a {kind} of that name is in another cluster of the manifests")
    if near is None and others and not beside:
        return Unknown(f"a {kind} may be in another part of the tree: those of its namespace are deployed apart from the reference")
    maker = maker_of_objects(cluster, namespace, graph)
    if near is None and (reason is not None or maker is not None):
        return Unknown(reason or f"{maker.kind if maker else ''} objects may create others in the namespace")
    return Absence(near, elsewhere, reason is None)


def is_together(source: Resource, other: Resource, graph: ResourceGraph) -> bool:
    """Tell whether two objects are probably deployed together."""
    return source.path == other.path or is_beside(source, other, graph)


def why_changed(source: Resource, holder: Resource, graph: ResourceGraph) -> str | None:
    """Return why an object that another one names may have other parts than are written, None where that is not to be expected."""
    doubt = why_not_as_written(holder, graph)
    if doubt or source.path == holder.path:
        return doubt
    return why_defined_otherwise(holder, graph)


def _by_name(graph: ResourceGraph) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for resource in graph.resources:
        found[resource.type_name, resource.name].append(resource)
    return found
