"""When a Service gives up its load balancer: it is removed, renamed, moved, or of another type; and what stays nevertheless.

Sources: kubernetes/cloud-provider 46666112 (`processServiceDeletion`, `syncLoadBalancerIfNeeded`: the load balancer goes with the type
or the Service); what keeps an address or a load balancer is in `catalogs/annotations/`, with its source.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from k8slblint.catalog import services as catalog
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.live import is_live
from k8slblint.graph.reads import GATEWAY
from k8slblint.graph.relations.workloads import workloads_of
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.balancers.made_services import gateway_of_service
from k8slblint.traffic.changes.addresses import addresses_of, takers_of
from k8slblint.traffic.ownership import Ownership

Succession: TypeAlias = Literal["renamed", "moved"]


class Heir(NamedTuple):
    """A new Service in the place of one that is gone, for the same Pods: under another name, or in another namespace."""

    service: Resource
    how: Succession


def is_removed(resource: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a resource is one of the revision before that is gone."""
    return id(resource) in graph.derived(_removed)


def _removed(graph: ResourceGraph) -> dict[int, Resource]:
    """Return what is gone by id; what its deployer keeps is not, nor what a manifest leaves out that a live cluster has."""
    return {id(gone): gone for gone in graph.removed if not gone.is_kept and not is_live(gone)}


def heir_of(gone: Resource, graph: ResourceGraph) -> Heir | None:
    """Return the new load balancer Service that takes the place of one that is gone, or None."""
    return graph.derived(_heirs).get(id(gone))


def predecessor_of(service: Resource, graph: ResourceGraph) -> tuple[Resource, Succession] | None:
    """Return the Service that is gone and whose place this new one takes, and how, or None."""
    heirs = graph.derived(_heirs).items()
    found = next(((gone, heir.how) for gone, heir in heirs if heir.service is service), None)
    return (graph.derived(_removed)[found[0]], found[1]) if found is not None else None


def _heirs(graph: ResourceGraph) -> dict[int, Heir]:
    found: dict[int, Heir] = {}
    taken: set[int] = set()
    for gone in graph.derived(_removed).values():
        if gone.type_name != "Service" or graph.base_part is None or not is_load_balancer(gone):
            continue
        for service in _load_balancers(gone, graph):
            how = _succession(gone, service)
            if how is not None and id(service) not in taken and not isinstance(graph.counterpart(service), Found):
                found[id(gone)] = Heir(service, how)
                taken.add(id(service))
                break
    return found


def _succession(gone: Resource, service: Resource) -> Succession | None:
    if gone.mapping("spec", "selector") != service.mapping("spec", "selector") or not gone.mapping("spec", "selector"):
        return None
    if gone.namespace == service.namespace:
        return "renamed"
    return "moved" if gone.name == service.name else None


def taker_of(gone: Resource, graph: ResourceGraph) -> Resource | None:
    """Return the object that asks for all fixed addresses of a removed Service, and did not before: they are handed over, not lost."""
    if graph.base_part is None:
        return None
    return next(iter(takers_of(addresses_of(gone), graph.cluster_now(graph.base_part.scope(gone).cluster), graph)), None)


def maker_of(gone: Resource, graph: ResourceGraph) -> Resource | None:
    """Return the Gateway that stays, whose controller provisions a removed Service again, or None."""
    made_for = gateway_of_service(gone, graph.base) if graph.base is not None else None
    if made_for is None or graph.base is None:
        return None
    return graph.named(graph.cluster_now(graph.base.scope(gone).cluster), GATEWAY, made_for.namespace, made_for.name)


def stand_in_of(gone: Resource, graph: ResourceGraph) -> Resource | None:
    """Return a load balancer Service for the same Pods and ports that was there before and stays: the traffic may have moved already."""
    for service in _load_balancers(gone, graph):
        if _succession(gone, service) == "renamed" and service.name != gone.name and _ports(gone) <= _ports(service):
            before = graph.counterpart(service)
            if isinstance(before, Found) and is_load_balancer(before.value):
                return service
    return None


def _ports(service: Resource) -> set[tuple[str, str]]:
    """Return ports with their protocols, as they are written."""
    ports = (port for port in service.sequence("spec", "ports") if isinstance(port, dict))
    return {(str(port.get("port")), str(port.get("protocol") or "TCP")) for port in ports}


def _load_balancers(gone: Resource, graph: ResourceGraph) -> Sequence[Resource]:
    """Return the load balancer Services of now in the cluster and environment of a resource of now or before."""
    scope = graph.scope(gone) if graph.base_part is None or not is_removed(gone, graph) else graph.base_part.scope(gone)
    return [
        service
        for service in graph.in_cluster(graph.cluster_now(scope.cluster), "Service")
        if is_load_balancer(service) and service.standing == "deployed" and graph.scope(service).environment == scope.environment
    ]


def is_one_of_copies(gone: Resource, graph: ResourceGraph) -> bool:
    """Tell whether an object of the same identity stays in the cluster of a removed one: which clusters there are is then a guess."""
    cluster = graph.cluster_now(graph.base_part.scope(gone).cluster) if graph.base_part is not None else ""
    return graph.named(cluster, gone.type_name, gone.namespace, gone.name) is not None


def has_successor(gone: Resource, graph: ResourceGraph) -> bool:
    """Tell whether something stays or comes in the place of a removed Service, of which other findings tell where they must."""
    return any(found(gone, graph) is not None for found in (heir_of, stand_in_of, maker_of, taker_of))


def is_load_balancer(service: Resource) -> bool:
    """Tell whether a Service is of type LoadBalancer."""
    return bool(service.get("spec", "type") == "LoadBalancer")


def goes_with_its_workloads(gone: Resource, graph: ResourceGraph) -> bool:
    """Tell whether all workloads that a removed Service selected are removed with it."""
    if graph.base is None:
        return False
    selected = workloads_of(gone, graph.base)
    return isinstance(selected, Found) and bool(selected.value) and all(is_removed(workload, graph) for workload in selected.value)


def keeper_of(service: Resource, owner: Ownership) -> str | None:
    """Return the annotation by which the load balancer or its address stays when the Service gives it up, or None."""
    for key, value in service.annotations.items():
        entry = catalog.find(key) if isinstance(value, str) and value and catalog.prefix_of(key) else None
        if entry is None or not entry.keeps or (owner.candidates and not set(owner.candidates) & set(entry.readers)):
            continue
        if "*" in entry.keeps or value.lower() in entry.keeps:
            return key
    return None
