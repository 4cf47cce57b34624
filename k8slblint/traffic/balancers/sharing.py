"""Which load balancers could be merged: Services that serve only HTTP, and Ingresses that are not in a group but could be."""

from collections.abc import Iterable, Iterator, Sequence

from k8slblint.catalog.edge_proxies import edge_proxy_of
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.workloads import workloads_of
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.scope import Scope
from k8slblint.traffic.balancers.groups import LoadBalancer, all_load_balancers, budget_key
from k8slblint.traffic.balancers.ingresses import ingress_load_balancer
from k8slblint.traffic.workloads.http_ports import serves_http
from k8slblint.traffic.workloads.proxies import edge_proxy_in


class Shareable(NamedTuple):
    """Load balancers that could be one, in reading order: by one annotation (`group_annotation`), else behind an entry point for HTTP."""

    balancers: tuple[LoadBalancer, ...]
    group_annotation: str | None = None


def shareable(balancers: Sequence[LoadBalancer], graph: ResourceGraph) -> list[Shareable]:
    """Return what could share a load balancer, at least two at a time; internal and internet-facing ones never together."""
    sets: dict[tuple[str | None, bool], list[LoadBalancer]] = {}
    for balancer in balancers:
        for how in _ways(balancer, graph):
            sets.setdefault((how, balancer.is_internal), []).append(balancer)
    return [Shareable(tuple(found), how) for (how, _), found in sorted(sets.items(), key=lambda entry: entry[0][0] or "") if len(found) > 1]


def shareable_in(graph: ResourceGraph, scope: Scope) -> Sequence[Shareable]:
    """Return the same for the load balancers of a cluster, or of an environment that counts for itself."""
    return graph.derived(_shareable_everywhere).get(budget_key(scope), ())


def _shareable_everywhere(graph: ResourceGraph) -> dict[tuple[str, str], list[Shareable]]:
    return {key: shareable(balancers, graph) for key, balancers in graph.derived(all_load_balancers).items()}


def needless(found: Iterable[Shareable]) -> list[LoadBalancer]:
    """Return the load balancers that go when each set becomes one."""
    return [balancer for one in found for balancer in one.balancers[1:]]


def _ways(balancer: LoadBalancer, graph: ResourceGraph) -> Iterator[str | None]:
    first = balancer.first
    if balancer.is_grouped or any(member.key != first.key for member in balancer.members):
        return
    if first.kind == "Service" and _serves_only_http(first) and not _is_entry_point(first, graph):
        yield None
    if first.kind == "Ingress":
        kind = ingress_load_balancer(first, graph)
        if kind and kind.group_annotation:
            yield kind.group_annotation


def _serves_only_http(service: Resource) -> bool:
    ports = service.sequence("spec", "ports")
    return bool(ports) and all(isinstance(port, dict) and serves_http(port) for port in ports)


def _is_entry_point(service: Resource, graph: ResourceGraph) -> bool:
    """Tell whether an Ingress controller or Gateway stands behind a Service: it is what others could share."""
    workloads = workloads_of(service, graph)
    if edge_proxy_of(service.mapping("spec", "selector"), ()):
        return True
    return isinstance(workloads, Found) and any(map(edge_proxy_in, workloads.value))
