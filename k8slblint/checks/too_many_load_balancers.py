"""Detects clusters whose manifests provision more cloud load balancers than the limit or the budget allows."""

from collections.abc import Iterable, Iterator, Sequence

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem, RelatedPlace
from k8slblint.model.scope import Scope
from k8slblint.traffic.balancers.costs import cost_of, saving_of
from k8slblint.traffic.balancers.groups import LoadBalancer, cloud_load_balancers
from k8slblint.traffic.balancers.quotas import Excess, exceeded_quotas
from k8slblint.traffic.balancers.sharing import Shareable, needless, shareable
from k8slblint.traffic.workloads.alternatives import are_alternatives

_SHOWN = 10

_SHARED_SHOWN = 5

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
        message=_count(scope, balancers, allowed, is_budget=budget is not None)
        + _cost(balancers)
        + "".join(_excess(excess) for excess in exceeded_quotas(balancers))
        + _way_out(balancers, shareable(balancers, graph)),
        severity=None if budget is None else "error",
        confidence=_confidence(scope, graph),
        related=tuple(RelatedPlace(other, _path(other), f"{other.id} provisions a load balancer too.") for other in others[:_RELATED]),
    )


def _confidence(scope: Scope, graph: ResourceGraph) -> Confidence:
    """Return how sure it is that these load balancers are of one cluster: samples side by side say different things of one object."""
    if scope.division == "stated":
        return "high"
    return "low" if are_alternatives(scope, graph) else "medium"


def _bearer(beyond: Sequence[LoadBalancer]) -> Resource:
    services = (balancer.first for balancer in beyond if balancer.first.kind == "Service")
    return next(services, beyond[0].first)


def _path(resource: Resource) -> Path:
    return ("spec", "type") if resource.kind == "Service" else ()


def _count(scope: Scope, balancers: Sequence[LoadBalancer], allowed: int, *, is_budget: bool) -> str:
    limit = "budget" if is_budget else "limit"
    is_split = scope.division not in ("stated", "named") and scope.environment != "unknown"
    environment = f" ({scope.environment})" if is_split else ""
    frontends = sum(balancer.product == "frontend" for balancer in balancers)
    what = "frontends of its cloud load balancers" if frontends == len(balancers) else "cloud load balancers"
    apart = f", {frontends} of them frontends" if 0 < frontends < len(balancers) else ""
    return (
        f"Cluster '{scope.cluster}'{environment} provisions {len(balancers)} {what}{apart} ({_names(balancers, _SHOWN)}), "
        f"{limit} {allowed}; this is the first beyond it."
    )


def _names(balancers: Sequence[LoadBalancer], shown: int) -> str:
    names = ", ".join(f"'{balancer.first.namespace}/{balancer.first.name}'" for balancer in balancers[:shown])
    return names + (f" and {len(balancers) - shown} more" if len(balancers) > shown else "")


def _cost(balancers: Sequence[LoadBalancer]) -> str:
    cost = cost_of(balancers)
    if cost is None:
        return ""
    part = "They cost" if cost.covered == len(balancers) else f"{cost.covered} of them cost"
    where = ", depending on the cloud," if cost.depends_on_cloud else ""
    dates = ", ".join(cost.dates) if len(cost.dates) < 3 else f"{cost.dates[0]} to {cost.dates[-1]}"  # noqa: PLR2004 - else too long
    return f" {part}{where} about {_amount(cost.low, cost.high)} USD a month before traffic (list prices of {dates})."


def _amount(low: float, high: float) -> str:
    return f"{high:.0f}" if round(low) in (0, round(high)) else f"{low:.0f} to {high:.0f}"


def _excess(excess: Excess) -> str:
    quota = excess.quota
    more = {True: ", adjustable", False: ", not adjustable", None: ""}[quota.is_adjustable]
    rule = f"{quota.vendor} allows {quota.limit} {quota.of}s per {quota.per} by default{more}"
    if excess.balancer is None:
        return f" {rule}; these are {excess.amount}."
    first = excess.balancer.first
    return f" {rule}; that of '{first.namespace}/{first.name}' needs {excess.amount}."


def _way_out(balancers: Sequence[LoadBalancer], found: Sequence[Shareable]) -> str:
    if not found:
        return " Put what can share an address behind one Ingress or Gateway."
    saving = saving_of(balancers, needless(found))
    about = "about " if saving and round(saving[0]) > 0 else "up to "
    amount = f" That saves {about}{_amount(*saving)} USD a month." if saving and round(saving[1]) > 0 else ""
    return f" {'; '.join(_suggestions(found))}.{amount}"


def _suggestions(found: Iterable[Shareable]) -> Iterator[str]:
    for one in found:
        count, names = len(one.balancers), _names(one.balancers, _SHARED_SHOWN)
        internal = " internal" if one.balancers[0].is_internal else ""
        if one.group_annotation is None:
            yield f"{count} of them serve only HTTP ({names}) and could stand behind one{internal} Ingress or Gateway"
        else:
            yield f"{count} are of Ingresses ({names}) that could share one{internal} load balancer by one '{one.group_annotation}'"
