"""Which controllers of address pools take the same Services: those of a cluster that are installed and serve Services without a class."""

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.bundles import are_independent
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder, is_blank
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence
from k8slblint.model.scope import Scope
from k8slblint.traffic.addresses.node_programs import service_lb
from k8slblint.traffic.addresses.pools import POOL_KINDS, implementation_of, is_ignored, pool_entries
from k8slblint.traffic.addresses.requests import requests_in
from k8slblint.traffic.ownership import has_class

_SERVICE_LB = "k3s-servicelb"


class Rival(NamedTuple):
    """A controller that takes Services without a class, and the place that shows it."""

    controller: str
    resource: Resource
    path: Path
    confidence: Confidence


class Contest(NamedTuple):
    """Services that several controllers take, the first in reading order, and who these are."""

    services: tuple[Resource, ...]
    rivals: tuple[Rival, ...]


def contest_in(graph: ResourceGraph, scope: Scope) -> Contest | None:
    """Return the Services of a cluster without a class that at least two controllers with pools, or ServiceLB, take.

    Bundles of Fleet that nothing deploys together may be of two clusters.
    """
    return graph.derived_in(scope, _contest)


def _contest(graph: ResourceGraph, scope: Scope) -> Contest | None:
    rivals = _with_pools(graph, scope)
    on_nodes = service_lb(graph, scope) if rivals else None
    services = [one for one in requests_in(scope.cluster, graph) if not has_class(one.service)]
    taken = {
        name: [one.service for one in services if name in one.controllers and graph.scope(one.service).environment == scope.environment]
        for name in rivals
    }
    able = [rival for name, rival in rivals.items() if taken[name]]
    if on_nodes is not None and able and not are_independent(able[0].resource, on_nodes.resource, graph):
        able.append(Rival(_SERVICE_LB, on_nodes.resource, on_nodes.path, "medium" if on_nodes.is_default else on_nodes.confidence))
        return Contest(tuple(taken[able[0].controller]), tuple(able))
    both = [service for service in taken[able[0].controller] if len(able) > 1 and service in taken[able[1].controller]] if able else []
    if both and any(are_independent(rival.resource, one, graph) for rival in able[:2] for one in (able[0].resource, both[0])):
        return None
    return Contest(tuple(both), tuple(able)) if both else None


def _with_pools(graph: ResourceGraph, scope: Scope) -> dict[str, Rival]:
    """Return the controllers with pools; of pools whose addresses a person fills in, that person chooses which to deploy."""
    found: dict[str, Rival] = {}
    for pool in graph.in_cluster(scope.cluster, *POOL_KINDS):
        has_addresses = any(has_placeholder(entry.text) or not is_blank(entry.text) for entry in pool_entries(pool))
        if has_addresses and not is_ignored(pool, graph) and graph.scope(pool).environment == scope.environment:
            found.setdefault(implementation_of(pool), Rival(implementation_of(pool), pool, ("kind",), "high"))
    return found
