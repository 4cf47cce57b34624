"""What a route or ListenerSet names as its parent: whether that is there, and what was probably meant if it is not.

A Gateway is often deployed from another repository. It is said to be missing only where its namespace shows another one that is deployed
together with the route, and where all of that namespace was read, or the name of the other one differs by a slip; or where its
namespace shows nothing at all, and a Gateway of nearly this name, or in a namespace of nearly this name, is there.
"""

import os
from collections import defaultdict
from collections.abc import Sequence

from k8slblint.graph.answers import Absent, Answer, Found, Unknown
from k8slblint.graph.graph import NameKey, ResourceGraph
from k8slblint.graph.reads import GATEWAY, LISTENER_SET_KINDS
from k8slblint.graph.relations.parents import ParentReference, namesakes
from k8slblint.graph.relations.twins import nearest_twin
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.namespaces import UNSTATED, states_namespace
from k8slblint.traffic.attachment.near_names import is_slip, nearest_name

HOLDERS = (GATEWAY, *LISTENER_SET_KINDS)
"""The kinds that have listeners."""

_MOST_COMPARED = 200
"""With how many Gateways of a namespace a name is compared: the work for each route has a bound."""

_Place = tuple[str, str, str | None]
"""`(cluster, type_name, namespace)`."""


class MissingParent(NamedTuple):
    """What is known of a parent that is not there: others in its namespace, a near miss among them, and others elsewhere.

    `is_certain` tells that all of its namespace was read.
    """

    beside: tuple[Resource, ...]
    near: Resource | None
    elsewhere: tuple[Resource, ...]
    is_certain: bool


def holder_of(parent: ParentReference, graph: ResourceGraph) -> Answer[Resource]:
    """Return the Gateway or ListenerSet that a reference names; `Absent` only where the evidence is complete."""
    cluster = graph.scope(parent.source).cluster
    found = graph.named(cluster, parent.type_name, parent.namespace, parent.name)
    if found is not None:
        return Found(nearest_twin(found, parent.source, graph))
    if has_placeholder(parent.name) or has_placeholder(parent.namespace):
        return Unknown("the reference to a parent contains a placeholder")
    doubt = _why_unsure(parent, cluster, graph)
    return Unknown(doubt) if doubt else Absent()


def missing_parent(parent: ParentReference, graph: ResourceGraph) -> MissingParent:
    """Return what is known of a parent that `holder_of` says is absent."""
    cluster = graph.scope(parent.source).cluster
    beside = _beside(parent, cluster, graph)
    near = nearest_name(parent.name, [one.name for one in beside])
    named = _meant_elsewhere(parent, cluster, graph) or graph.derived(_by_name).get((cluster, parent.type_name, parent.name), [])
    return MissingParent(
        tuple(beside),
        next((one for one in beside if one.name == near), None),
        tuple(named),
        graph.why_incomplete(cluster, parent.namespace) is None,
    )


def _why_unsure(parent: ParentReference, cluster: str, graph: ResourceGraph) -> str | None:
    """Return why a parent that is not among the manifests may exist nevertheless."""
    if parent.source.get(*parent.path, "namespace") is None and not states_namespace(parent.source):
        return UNSTATED.reason
    beside = _beside(parent, cluster, graph)
    what = f"{parent.type_name.partition('.')[0]} '{parent.namespace}/{parent.name}'"
    if not beside and not _meant_elsewhere(parent, cluster, graph):
        return f"{what} may be deployed from elsewhere: its namespace shows no other one"
    if any(graph.scope(one).cluster != cluster for one in namesakes(parent, graph)):
        return f"{what} is in another cluster of the manifests"
    if not beside or any(is_beside(parent.source, one, graph) for one in _near_beside(parent, cluster, graph)):
        return None
    if not _is_deployed_with_one(parent, cluster, graph):
        return f"{what} may be in another part of the tree: what is beside it is deployed apart from the route"
    return graph.why_incomplete(cluster, parent.namespace)


def _meant_elsewhere(parent: ParentReference, cluster: str, graph: ResourceGraph) -> list[Resource]:
    """Return the Gateways that are probably meant by a reference to a namespace in which the manifests show nothing at all.

    That is one of the same name in a namespace of nearly this name, or one whose name differs by a slip, wherever it is.
    """
    written = str(parent.namespace)
    if (cluster, written) in graph.derived(_namespaces_in_use):
        return []
    namesakes = graph.derived(_by_name).get((cluster, parent.type_name, parent.name), [])[:_MOST_COMPARED]
    found = [one for one in namesakes if states_namespace(one) and _is_near_namespace(written, str(one.namespace))]
    if found or namesakes:
        return found
    every = graph.derived(_by_cluster).get((cluster, parent.type_name), [])[:_MOST_COMPARED]
    return [one for one in every if states_namespace(one) and is_slip(parent.name, one.name)]


def _is_near_namespace(written: str, known: str) -> bool:
    """Tell whether a namespace was probably meant by another one: a slip, or one that continues the other (`network`, `networking`)."""
    shorter, longer = sorted((written, known), key=len)
    return is_slip(written, known) or (len(shorter) >= _SHORTEST_START and longer.startswith(shorter))


_SHORTEST_START = 5


def _namespaces_in_use(graph: ResourceGraph) -> frozenset[tuple[str, str | None]]:
    named = ((one, one.name if one.type_name == "Namespace" else one.namespace) for one in graph.resources)
    return frozenset((graph.scope(one).cluster, namespace) for one, namespace in named)


def _beside(parent: ParentReference, cluster: str, graph: ResourceGraph) -> Sequence[Resource]:
    return graph.derived(_by_namespace).get((cluster, parent.type_name, parent.namespace), [])[:_MOST_COMPARED]


def _near_beside(parent: ParentReference, cluster: str, graph: ResourceGraph) -> Sequence[Resource]:
    """Return the holders beside a parent whose names differ from its name by a slip: once for all routes that name it."""
    known = graph.derived(_none_near_yet)
    key = (cluster, parent.type_name, parent.namespace, parent.name)
    if key not in known:
        known[key] = tuple(one for one in _beside(parent, cluster, graph) if is_slip(parent.name, one.name))
    return known[key]


def _none_near_yet(_: ResourceGraph) -> dict[NameKey, tuple[Resource, ...]]:
    return {}


def _is_deployed_with_one(parent: ParentReference, cluster: str, graph: ResourceGraph) -> bool:
    """Tell whether one of the holders beside a parent is of one deployment with its route: of one file, or of one cluster.

    A cluster that is a collection of samples is not one deployment.
    """
    paths = graph.derived(_paths_beside).get((cluster, parent.type_name, parent.namespace), ())
    if parent.source.path in paths:
        return True
    scope = graph.scope(parent.source)
    is_one = scope.division in ("stated", "named") or (scope.division == "none" and scope.cluster not in graph.derived(_collections))
    return bool(paths) and is_one


def is_beside(source: Resource, holder: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a route and a Gateway belong together by their place: one file or folder, or a stated or named cluster."""
    if source.path == holder.path or graph.scope(source).division in ("stated", "named"):
        return states_namespace(holder)
    return states_namespace(holder) and os.path.dirname(source.path) == os.path.dirname(holder.path)


def _paths_beside(graph: ResourceGraph) -> dict[_Place, frozenset[str]]:
    """Return the files of the holders that are compared, of those that state their namespace."""
    groups = graph.derived(_by_namespace).items()
    return {place: frozenset(one.path for one in holders[:_MOST_COMPARED] if states_namespace(one)) for place, holders in groups}


def _collections(graph: ResourceGraph) -> frozenset[str]:
    """Return the clusters in which several files define one object differently: these are alternatives, not one deployment."""
    first: dict[tuple[str, object], Resource] = {}
    found: set[str] = set()
    for one in graph.resources:
        cluster = graph.scope(one).cluster
        if cluster not in found and one.type_name != "Namespace":
            other = first.setdefault((cluster, one.key), one)
            if other.path != one.path and other.value != one.value:
                found.add(cluster)
    return frozenset(found)


def _by_namespace(graph: ResourceGraph) -> dict[_Place, list[Resource]]:
    found: dict[_Place, list[Resource]] = defaultdict(list)
    for holder in graph.of_type(*HOLDERS):
        if not has_placeholder(holder.name):
            found[graph.scope(holder).cluster, holder.type_name, holder.namespace].append(holder)
    return found


def _by_cluster(graph: ResourceGraph) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for holder in graph.of_type(*HOLDERS):
        found[graph.scope(holder).cluster, holder.type_name].append(holder)
    return found


def _by_name(graph: ResourceGraph) -> dict[tuple[str, str, str], list[Resource]]:
    found: dict[tuple[str, str, str], list[Resource]] = defaultdict(list)
    for holder in graph.of_type(*HOLDERS):
        found[graph.scope(holder).cluster, holder.type_name, holder.name].append(holder)
    return found
