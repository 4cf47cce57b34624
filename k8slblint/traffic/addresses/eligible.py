"""Which pools serve a Service that asks for no address, and why none does.

Sources: metallb/metallb 7938d3f8 internal/allocator/allocator.go (`Allocate`, `pinnedPoolsForService`, `findBestPoolForService`: pools
with `autoAssign: false` are left out, those with `serviceAllocation` serve whom that selects, a family that no pool has is not given);
cilium/cilium 023375f6 operator/pkg/lbipam/lbipam.go (`no_pool`, `pool_selector_mismatch`); k3s 1.34 pkg/cloudprovider/servicelb.go (a port
of a Service is a host port of every node); Kubernetes 1.37 Service `ipFamilies`, `ipFamilyPolicy`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from k8slblint.addresses import IPV4, IPV6
from k8slblint.catalog.address_requests import address_keys
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.addresses.assignment import may_serve, pool_named_by, wishes_of
from k8slblint.traffic.addresses.node_programs import service_lb
from k8slblint.traffic.addresses.stock import Stock, stock_of
from k8slblint.traffic.ownership import has_class, ownership_of

_FAMILIES = {"IPv4": IPV4, "IPv6": IPV6}


class NoAddress(NamedTuple):
    """Why a Service gets no address: at which path, the reason as a sentence without period, and the way out."""

    path: Path
    reason: str
    way_out: str


def no_address_for(service: Resource, controller: str, graph: ResourceGraph) -> NoAddress | None:
    """Return why no pool of a controller serves a Service on its own; None where one may, where it asks itself, or that is unknown."""
    keys = address_keys().get(controller)
    stock = stock_of(graph, graph.scope(service).cluster, controller)
    if keys is None or not stock.pools or not stock.is_readable or wishes_of(service, keys) or pool_named_by(service, keys):
        return None
    able = (pool for pool in stock.pools if pool.get("spec", "autoAssign") is not False and may_serve(pool, service, graph) is not False)
    first = next(able, None)
    if first is None:
        return NoAddress(("spec", "type"), _why_none(stock.pools), "Name a pool, or let one serve the Service.")
    return _missing_family(service, chain((first,), able), stock)


def _why_none(pools: Sequence[Resource]) -> str:
    if all(pool.get("spec", "autoAssign") is False for pool in pools):
        return "all address pools have `autoAssign: false`, and the Service names none"
    return "no address pool serves the Service: each selects others, or has `autoAssign: false`"


def _missing_family(service: Resource, pools: Iterable[Resource], stock: Stock) -> NoAddress | None:
    """Return the first family that a Service states and needs, and that no pool has."""
    stated = [name for name in service.sequence("spec", "ipFamilies") if name in _FAMILIES]
    needs_all = service.get("spec", "ipFamilyPolicy") == "RequireDualStack"
    wanted = list(_FAMILIES) if needs_all else stated if len(stated) == 1 else []
    have = {interval.family for pool in (pools if wanted else ()) for interval in stock.ranges_of(pool)}
    missing = next((name for name in wanted if _FAMILIES[name] not in have), None)
    if missing is None:
        return None
    path: Path = ("spec", "ipFamilyPolicy") if needs_all else ("spec", "ipFamilies")
    return NoAddress(path, f"no address pool that serves the Service has {missing} addresses", f"Add a pool with {missing} addresses.")


def taken_port(service: Resource, graph: ResourceGraph) -> NoAddress | None:
    """Return the first port that a Service before this one has on every node of k3s, where files show that ServiceLB runs.

    Labels may divide the nodes: then nothing is known.
    """
    scope = graph.scope(service)
    if scope.platform != _K3S or any(key.endswith(_POOL_LABEL) for key in service.labels) or service_lb(graph, scope) is None:
        return None
    for index, port in enumerate(service.sequence("spec", "ports")):
        holder = graph.derived(_holders).get((graph.scope(service).cluster, *_number(port)))
        if holder is not None and holder is not service and holder.key != service.key:
            reason = f"ServiceLB of k3s has port {port['port']} of every node for {holder.id} already"
            return NoAddress(("spec", "ports", index, "port"), reason, "Use another port, or one Service for both.")
    return None


_K3S = "k3s"
_POOL_LABEL = "/lbpool"
"""How the label ends by which k3s and RKE2 choose nodes for a Service."""


def _number(port: Any) -> tuple[int, str]:
    if not isinstance(port, dict) or type(port.get("port")) is not int:
        return (0, "")
    return port["port"], str(port.get("protocol") or "TCP")


def _holders(graph: ResourceGraph) -> dict[tuple[str, int, str], Resource]:
    """Return who has a port first, by cluster, number and protocol, of the Services that ServiceLB serves."""
    found: dict[tuple[str, int, str], Resource] = {}
    by_cluster: dict[str, list[Resource]] = defaultdict(list)
    for service in graph.of_type("Service"):
        if service.get("spec", "type") == "LoadBalancer" and ownership_of(service, graph).verdict == "unknown" and not has_class(service):
            by_cluster[graph.scope(service).cluster].append(service)
    for cluster, services in by_cluster.items():
        for service in services:
            for port in service.sequence("spec", "ports"):
                if _number(port)[0]:
                    found.setdefault((cluster, *_number(port)), service)
    return found
