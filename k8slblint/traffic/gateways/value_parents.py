"""Parents that a route in Helm values names and that the manifests have under another name or in another namespace.

The chart makes the route, in a namespace that only what deploys it may say. A Gateway may be deployed from elsewhere, so that nothing is
claimed of one that merely is not there: only where one of its name is in other namespaces and in no other cluster, or one beside it
differs by a slip.
"""

from collections.abc import Iterator

from k8slblint.graph.answers import Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY
from k8slblint.graph.relations.parents import ParentReference, parents_of
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.namespaces import states_namespace
from k8slblint.traffic.attachment.near_names import is_slip

_MOST_COMPARED = 200


class MeantParent(NamedTuple):
    """A reference that names nothing in the manifests, and what was probably meant: another namespace, or another name."""

    parent: ParentReference
    meant: Resource

    @property
    def is_elsewhere(self) -> bool:
        """Tell whether what is meant has the name, and is in another namespace."""
        return self.meant.name == self.parent.name


def meant_parents(values: Resource, graph: ResourceGraph) -> Iterator[MeantParent | tuple[ParentReference, Unknown]]:
    """Yield the parents of a route in values that the manifests have otherwise; unknown where the namespace is not said."""
    gateways = graph.derived(_gateways)
    for reference in parents_of(values):
        if reference.type_name != GATEWAY or not gateways or has_placeholder([reference.name, str(reference.namespace)]):
            continue
        parent = reference._replace(namespace=reference.namespace or values.get("deployedTo") or None)
        if parent.namespace is None:
            yield reference, Unknown("the values do not say the namespace that the chart is deployed to")
            continue
        found = _meant(parent, values, graph)
        if found is not None:
            yield MeantParent(parent, found)


def _meant(parent: ParentReference, values: Resource, graph: ResourceGraph) -> Resource | None:
    gateways, cluster = graph.derived(_gateways), graph.scope(values).cluster
    namesakes = gateways.get(parent.name, ())
    if any(not states_namespace(one) or one.namespace == parent.namespace for one in namesakes):
        return None
    if namesakes:
        here = [one for one in namesakes if graph.scope(one).cluster == cluster]
        return here[0] if len(here) == len(namesakes) else None
    beside = graph.derived(_by_namespace).get((cluster, parent.namespace), ())[:_MOST_COMPARED]
    return next((one for one in beside if states_namespace(one) and is_slip(parent.name, one.name)), None)


def _gateways(graph: ResourceGraph) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = {}
    for gateway in graph.of_type(GATEWAY):
        found.setdefault(gateway.name, []).append(gateway)
    return found


def _by_namespace(graph: ResourceGraph) -> dict[tuple[str, str | None], list[Resource]]:
    found: dict[tuple[str, str | None], list[Resource]] = {}
    for gateway in graph.of_type(GATEWAY):
        found.setdefault((graph.scope(gateway).cluster, gateway.namespace), []).append(gateway)
    return found
