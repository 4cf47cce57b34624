"""Detects clusters whose manifests provision more cloud load balancers than the limit or the budget allows."""

from collections.abc import Iterator, Sequence

from k8slblint.catalog.load_balancers import price, prices_of_services
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.load_balancers import LoadBalancer, cloud_load_balancers
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace
from k8slblint.model.scope import Scope

_HTTP_PORTS = (80, 443, 8080, 8443)

_HTTP_NAMES = ("http", "https", "http2", "web", "h2c")

_SHOWN = 10

_RELATED = 20


def check(resource: Resource, graph: ResourceGraph, *, limit: int) -> Iterator[Problem]:
    """Yield one problem per cluster, on the first Service (else the first member) beyond the limit; the others are related.

    A `load_balancers.budget` of the cluster's configuration takes the place of `limit` and makes it an error.
    """
    scope = graph.scope(resource)
    balancers = cloud_load_balancers(graph, scope)
    budget = scope.settings.load_balancer_budget if scope.settings else None
    allowed = limit if budget is None else budget
    if len(balancers) <= allowed or _bearer(balancers[allowed:]) is not resource:
        return
    others = [balancer.first for balancer in balancers if resource not in balancer.members]
    yield Problem(
        path=_path(resource),
        message=_message(scope, balancers, allowed, is_budget=budget is not None),
        severity=None if budget is None else "error",
        confidence="high" if scope.division == "stated" else "medium",
        related=tuple(RelatedPlace(other, _path(other), f"{other.id} provisions a load balancer too.") for other in others[:_RELATED]),
    )


def _bearer(beyond: Sequence[LoadBalancer]) -> Resource:
    services = (balancer.first for balancer in beyond if balancer.first.kind == "Service")
    return next(services, beyond[0].first)


def _path(resource: Resource) -> Path:
    return ("spec", "type") if resource.kind == "Service" else ()


def _message(scope: Scope, balancers: Sequence[LoadBalancer], allowed: int, *, is_budget: bool) -> str:
    names = ", ".join(f"'{balancer.first.namespace}/{balancer.first.name}'" for balancer in balancers[:_SHOWN])
    more = f" and {len(balancers) - _SHOWN} more" if len(balancers) > _SHOWN else ""
    limit = "budget" if is_budget else "limit"
    is_split = scope.division not in ("stated", "named") and scope.environment != "unknown"
    environment = f" ({scope.environment})" if is_split else ""
    return (
        f"Cluster '{scope.cluster}'{environment} provisions {len(balancers)} cloud load balancers ({names}{more}), {limit} {allowed}; "
        f"this is the first beyond it.{_cost(balancers)}{_shareable(balancers)}"
    )


def _cost(balancers: Sequence[LoadBalancer]) -> str:
    ranges = [[entry["monthly_usd"] for name in balancer.prices if (entry := price(name))] for balancer in balancers]
    known = [found for found in ranges if found]
    if not known:
        return ""
    low = sum(min(lowest for lowest, _ in found) for found in known)
    high = sum(max(highest for _, highest in found) for found in known)
    dates = sorted({entry["date"] for balancer in balancers for name in balancer.prices if (entry := price(name))})
    amount = f"{low:.0f}" if round(low) == round(high) else f"{low:.0f} to {high:.0f}"
    part = "They cost" if len(known) == len(balancers) else f"{len(known)} of them cost"
    anywhere = tuple(prices_of_services("unknown"))
    where = ", depending on the cloud," if any(balancer.prices == anywhere for balancer in balancers) else ""
    return f" {part}{where} about {amount} USD a month before traffic (list prices of {', '.join(dates)})."


def _shareable(balancers: Sequence[LoadBalancer]) -> str:
    shareable = [balancer.first for balancer in balancers if len(balancer.members) == 1 and _serves_only_http(balancer.first)]
    if len(shareable) < 2:  # noqa: PLR2004 - sharing needs two
        return " Put what can share an address behind one Ingress or Gateway."
    return f" {len(shareable)} of them serve only HTTP and could stand behind one Ingress or Gateway."


def _serves_only_http(resource: Resource) -> bool:
    ports = resource.sequence("spec", "ports")
    return resource.kind == "Service" and bool(ports) and all(isinstance(port, dict) and _is_http(port) for port in ports)


def _is_http(port: dict[str, object]) -> bool:
    name = str(port.get("name") or "").partition("-")[0]
    protocol = port.get("protocol", "TCP")
    return protocol == "TCP" and (port.get("port") in _HTTP_PORTS or name in _HTTP_NAMES or port.get("appProtocol") in _HTTP_NAMES)
