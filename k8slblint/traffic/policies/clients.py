"""Whether policies keep clients away from a load balancer; trees without such policies load nothing of what decides that."""

from collections.abc import Iterable

from k8slblint.catalog.gateway_policies import GatewayPolicy, gateway_policies, kinds_with_client_lists
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource


def lists_clients(opening: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a policy allows only clients with certain addresses to use the proxies behind a Service, or of a Gateway."""
    present = _present(kinds_with_client_lists(), opening, graph)
    if not present:
        return False
    from k8slblint.traffic.policies.restrictions import is_restricted

    return any(is_restricted(opening, known, graph) for known in present)


def is_access_controlled(gateway: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a policy of a Gateway, or of one of its listeners, checks who clients are or where they come from."""
    present = _present(gateway_policies(), gateway, graph)
    if not present:
        return False
    from k8slblint.traffic.policies.restrictions import is_guarded

    return any(is_guarded(gateway, known, graph) for known in present)


def _present(kinds: Iterable[str], resource: Resource, graph: ResourceGraph) -> list[GatewayPolicy]:
    """Return the kinds of policies of which the cluster of a resource has any."""
    cluster = graph.scope(resource).cluster
    return [gateway_policies()[kind] for kind in kinds if graph.in_cluster(cluster, kind)]
