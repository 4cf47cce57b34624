"""Whether the objects of one inferred cluster are alternatives: samples side by side that are never deployed together."""

from collections import defaultdict

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, INGRESS_KINDS, ROUTE_KINDS, WORKLOAD_KINDS
from k8slblint.graph.relations.bundles import are_independent
from k8slblint.graph.relations.twins import goes_with
from k8slblint.model.resource import Resource
from k8slblint.model.scope import Scope
from k8slblint.traffic.balancers.groups import budget_key

_ENOUGH = 2


def are_alternatives(scope: Scope, graph: ResourceGraph) -> bool:
    """Tell whether several objects of a cluster that nothing divides are written in different folders with different content.

    Such manifests cannot all be applied: a count over all of them says nothing, while what one folder holds may be deployed as it is.
    Measured on 28 repositories: clusters that run have no such object, collections of
    samples 4 to 23. Where a user or a folder names the cluster, that counts.
    """
    if scope.division in ("stated", "named"):
        return False
    return len(graph.derived(_contradicted).get(budget_key(scope), ())) >= _ENOUGH


def _contradicted(graph: ResourceGraph) -> dict[tuple[str, str], set[object]]:
    """Return by budget the objects that are written differently in several folders."""
    first: dict[object, tuple[str, object]] = {}
    found: dict[tuple[str, str], set[object]] = defaultdict(set)
    for resource in graph.of_type("Service", *INGRESS_KINDS, GATEWAY, *ROUTE_KINDS, *WORKLOAD_KINDS):
        key = budget_key(graph.scope(resource))
        folder = resource.path.rpartition("/")[0]
        place, value = first.setdefault((key, resource.key), (folder, resource.value))
        if place != folder and value != resource.value:
            found[key].add(resource.key)
    return found


def are_deployed_together(one: Resource, other: Resource, graph: ResourceGraph) -> bool:
    """Tell whether two objects of one cluster exist side by side: no overlays of one base, no alternatives, of one environment.

    Samples are independent of each other unless they share a file.
    """
    if one.path == other.path:
        return one.key != other.key
    scope, of_other = graph.scope(one), graph.scope(other)
    if (scope.cluster, scope.environment) != (of_other.cluster, of_other.environment) or "sample" in (scope.division, of_other.division):
        return False
    is_same_base = one.written_in == other.written_in and one.provenance is not None and other.provenance is not None
    if one.key == other.key or is_same_base or are_alternatives(scope, graph):
        return False
    return goes_with(one, other, graph) and not are_independent(one, other, graph)
