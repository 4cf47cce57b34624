"""Detects clusters whose manifests provision more cloud load balancers than the limit or the budget allows."""

from collections.abc import Iterable, Iterator, Sequence

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem, RelatedPlace
from k8slblint.model.scope import Scope
from k8slblint.model.texts import PROSE, listed, middle, sentence, within
from k8slblint.traffic.balancers.costs import cost_of, in_dollars, saving_of
from k8slblint.traffic.balancers.groups import LoadBalancer, cloud_load_balancers
from k8slblint.traffic.balancers.quotas import Excess, exceeded_quotas
from k8slblint.traffic.balancers.sharing import Shareable, needless, shareable
from k8slblint.traffic.workloads.alternatives import are_alternatives

_RELATED = 20


def check(resource: Resource, graph: ResourceGraph, *, limit: int) -> Iterator[Problem]:
    """Yield one problem per cluster, on the first Service (else the first member) beyond the limit; the others are related.

    A `load_balancers.budget` of the cluster's configuration replaces `limit` and makes it an error.
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
        headline=_headline(scope, balancers, allowed, is_budget=budget is not None),
        label=f"number {allowed + 1}",
        why=_cost(balancers, exceeded_quotas(balancers)),
        help=_way_out(balancers, shareable(balancers, graph)),
        severity=None if budget is None else "error",
        confidence=_confidence(scope, graph),
        related=tuple(RelatedPlace(other, _path(other), f"{other.id} also has a load balancer.") for other in others[:_RELATED]),
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


def _headline(scope: Scope, balancers: Sequence[LoadBalancer], allowed: int, *, is_budget: bool) -> str:
    is_split = scope.division not in ("stated", "named") and scope.environment != "unknown"
    environment = f" ({scope.environment})" if is_split else ""
    frontends = sum(balancer.product == "frontend" for balancer in balancers)
    what = "load balancer frontends" if frontends == len(balancers) else "cloud load balancers"
    limit = f"its budget is {allowed}" if is_budget else f"the limit is {allowed}"
    return f"Cluster {middle(scope.cluster, _LONGEST_NAME)}{environment} has {len(balancers)} {what}, {limit}"


def _cost(balancers: Sequence[LoadBalancer], exceeded: Iterable[Excess]) -> str:
    cost = cost_of(balancers)
    parts = [_excess(excess) for excess in exceeded]
    amount = in_dollars((cost.low, cost.high)) if cost is not None else None
    if cost is not None and amount is not None:
        part = "They cost" if cost.covered == len(balancers) else f"{cost.covered} of them cost"
        parts.insert(0, f"{part} about {amount} USD a month before traffic (list prices).")
    return within(PROSE, *parts) if parts else "Each load balancer is billed and has its own address to protect."


def _excess(excess: Excess) -> str:
    quota = excess.quota
    allows = f"{quota.vendor} allows {quota.limit} {quota.of}s per {quota.per} by default"
    if excess.balancer is None:
        return f"{allows}; here are {excess.amount}."
    return f"{allows}; {middle(str(excess.balancer.first.id), _LONGEST_NAME)} needs {excess.amount}."


def _way_out(balancers: Sequence[LoadBalancer], found: Sequence[Shareable]) -> str:
    if not found:
        return "Put what can share an address behind one Ingress or Gateway."
    saving = in_dollars(saving_of(balancers, needless(found)))
    amount = f": about {saving} USD a month less" if saving else ""
    return f"{sentence('; '.join(_suggestions(found)[:_SUGGESTED]) + amount)}"


_SUGGESTED = 2

_LONGEST_NAME = 24


def _suggestions(found: Iterable[Shareable]) -> list[str]:
    said: list[str] = []
    for one in found:
        names = listed([middle(balancer.first.name, _LONGEST_NAME) for balancer in one.balancers])
        internal = " internal" if one.balancers[0].is_internal else ""
        if one.group_annotation is None:
            said.append(f"{'put' if said else 'Put'} {names} behind one{internal} Ingress or Gateway")
        else:
            said.append(f"{'give' if said else 'Give'} the Ingresses {names} the same `{one.group_annotation}`")
    return said
