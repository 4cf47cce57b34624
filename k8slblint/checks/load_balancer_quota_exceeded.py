"""Detects load balancers that need more listeners or target groups than their cloud ever allows."""

from collections.abc import Iterator

from k8slblint.catalog.quotas import Quota, quota
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem, RelatedPlace, least
from k8slblint.model.texts import short_key
from k8slblint.traffic.balancers.quotas import Excess, fixed_limits_exceeded
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.workloads.alternatives import are_alternatives

_RELATED = 20

_SPLIT_SERVICE = "Move some of the ports to a second Service."

_SPLIT_GROUP = "Give some of the Ingresses another group, so that they get their own ALB."


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at a Service or an Ingress whose load balancer exceeds a limit that its cloud does not raise.

    Of an ALB that Ingresses share it is at the first of them. Limits that can be raised are left to the rule that counts load balancers.
    """
    for excess in graph.derived(fixed_limits_exceeded).get(id(resource), ()):
        yield _of_balancer(resource, excess, graph)
    if resource.kind == "Ingress":
        yield from _of_actions(resource, graph)


def _of_balancer(resource: Resource, excess: Excess, graph: ResourceGraph) -> Problem:
    members = excess.balancer.members if excess.balancer else ()
    others = [member for member in members if member is not resource]
    what = excess.quota.of
    path: Path = ("spec", "ports") if resource.kind == "Service" else ()
    return Problem(
        path=path,
        headline=f"{resource.id} needs {excess.amount} {what}s; an {excess.quota.per} has at most {excess.quota.limit}",
        label=_label(resource, len(members)),
        why=f"{excess.quota.vendor} never raises this limit: the call for number {_next(excess.quota)} fails; nothing follows it.",
        help=_SPLIT_SERVICE if resource.kind == "Service" else _SPLIT_GROUP,
        confidence=_confidence(resource, graph, is_shared=bool(others)),
        related=tuple(RelatedPlace(one, (), f"{one.id} shares the load balancer.") for one in others[:_RELATED]),
        discriminator=what,
    )


def _label(resource: Resource, members: int) -> str:
    if resource.kind == "Service":
        return "a listener for each port"
    return f"{members} Ingresses share it" if members > 1 else "a target group for each backend"


def _of_actions(ingress: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    from k8slblint.traffic.ingress_annotations.alb_rules import AWS_LBC, forwarded_target_groups  # a scan of Services does without it

    limit = quota("eks", "target group", "action")
    most = limit.limit if limit is not None else None
    exceeded = [(key, count) for key, count in forwarded_target_groups(ingress) if most is not None and count > most]
    if limit is None or not exceeded or AWS_LBC not in ownership_of(ingress, graph).candidates:
        return
    for key, count in exceeded:
        yield Problem(
            path=("metadata", "annotations", key),
            headline=f"{ingress.id} forwards to {count} target groups in one action, the limit is {limit.limit}",
            label=f"{limit.vendor} allows {limit.limit}",
            why=f"{limit.vendor} does not raise this limit: the rule of `{short_key(key)}` is refused, and reconciling stops there.",
            help="Split the targets over several rules, or let Pods of one Service share a target group.",
            confidence=ownership_of(ingress, graph).confidence,
        )


def _next(exceeded: Quota) -> int:
    return (exceeded.limit or 0) + 1


def _confidence(resource: Resource, graph: ResourceGraph, *, is_shared: bool) -> Confidence:
    """Return how sure it is: who serves it, and, where several objects share the load balancer, whether they are deployed together."""
    if is_shared and are_alternatives(graph.scope(resource), graph):
        return "low"
    return least("high", ownership_of(resource, graph).confidence)
