"""Whether all was read that may protect an Ingress or a route.

What protects an Ingress is on it, or is named by it or its class; of some controllers other objects do, too. Policies of routes are in the
namespaces of the route and of its Gateways.
"""

from k8slblint.catalog.gateway_policies import gateway_policies, plugin_kinds
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.traffic.balancers.ingresses import group_of
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.policies.levels import Level, chains_above
from k8slblint.traffic.protections.forms import INGRESS


def why_unread(source: Resource, graph: ResourceGraph) -> str | None:
    """Return why something that protects an Ingress or a route may be missing from what was read, None where all was read."""
    if source.reads_as == INGRESS and not _has_others(source, graph):
        return None
    cluster = graph.scope(source).cluster
    gateways = () if source.reads_as == INGRESS else chains_above(Level(source), graph)
    namespaces = dict.fromkeys((source.namespace, *(chain.gateway.namespace for chain in gateways)))
    ask = graph.why_incomplete if graph.base_part is None else graph.why_arrivals_may_be_missing
    return next((reason for namespace in namespaces if (reason := ask(cluster, namespace)) is not None), None)


def _has_others(ingress: Resource, graph: ResourceGraph) -> bool:
    """Tell whether objects that it does not name may protect an Ingress: members of its group, plugins for all, policies of a mesh."""
    candidates = set(ownership_of(ingress, graph).candidates)
    plugins = {known.controller for known in plugin_kinds().values()}
    meshes = {known.controller for known in gateway_policies().values() if known.selects is not None}
    return group_of(ingress, graph) is not None or bool(candidates & (plugins | meshes))
