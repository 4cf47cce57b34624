"""Whether policies that select proxies by their labels, or are of products that are not read, may protect what a cluster serves.

Sources: `catalogs/gateway-policies.json` (policies that select workloads), `catalogs/protections.json` (API groups of others).
"""

from collections.abc import Iterable, Iterator

from k8slblint.catalog.gateway_policies import gateway_policies
from k8slblint.catalog.protections import opaque_groups
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.traffic.policies.targets import references_of
from k8slblint.traffic.protections.forms import Doubt


def of_mesh(controllers: Iterable[str], cluster: str, graph: ResourceGraph) -> Iterator[Doubt]:
    """Yield why what these controllers serve may be protected by policies that do not name it."""
    serving = set(controllers)
    selecting = graph.derived(_selecting).get(cluster, {})
    found = next((policy for controller, policy in selecting.items() if not serving or controller in serving), None)
    other = graph.derived(_of_others).get(cluster)
    for policy in (found, other):
        if policy is not None:
            yield Doubt(f"whether {policy.id} applies to it is not known")


def _selecting(graph: ResourceGraph) -> dict[str, dict[str, Resource]]:
    """Return by cluster and controller the first policy that guards, and names no target."""
    known = [policy for policy in gateway_policies().values() if policy.selects is not None]
    found: dict[str, dict[str, Resource]] = {}
    for kind in known:
        for policy in graph.of_type(kind.type_name):
            if next(references_of(policy, kind), None) is None:
                found.setdefault(graph.scope(policy).cluster, {}).setdefault(kind.controller, policy)
    return found


def _of_others(graph: ResourceGraph) -> dict[str, Resource]:
    groups = opaque_groups()
    return {graph.scope(one).cluster: one for one in graph.resources if one.group in groups}
