"""Detects updates for which a controller deletes a load balancer and provisions another, or changes its address."""

from collections.abc import Iterator

from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.model.texts import brief, quoted
from k8slblint.traffic.changes.addresses import are_handed_over
from k8slblint.traffic.changes.load_balancers import LoadBalancerChange, class_parameter_changes, load_balancer_changes, moved_ingresses
from k8slblint.traffic.changes.updates import before_update, shown_before

_OF_CLOUD = ("Service", "Ingress")


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at each setting whose change costs a load balancer its address, at what is left where it was removed."""
    before = before_update(resource, graph)
    if isinstance(before, Unknown):
        yield Undecided(("metadata", "name"), before.reason)
    if not isinstance(before, Found):
        return
    is_of_cloud = resource.kind in _OF_CLOUD
    changes = load_balancer_changes(before.value, resource, graph) if is_of_cloud else class_parameter_changes(before.value, resource)
    for change in changes:
        if isinstance(change, Unknown):
            yield Undecided(("metadata", "annotations"), change.reason)
        elif (
            change.effect == "recreates"
            and change.replaces in ("load-balancer", "address")
            and not _is_harmless(change, before.value, resource, graph)
        ):
            yield _problem(before.value, resource, change, () if is_of_cloud else moved_ingresses(resource, graph))


def _is_harmless(change: LoadBalancerChange, before: Resource, after: Resource, graph: ResourceGraph) -> bool:
    return change.replaces == "address" and after.kind == "Service" and are_handed_over(before, after, graph)


def _problem(before: Resource, after: Resource, change: LoadBalancerChange, moved: tuple[RelatedPlace, ...]) -> Problem:
    return Problem(
        path=change.path,
        headline=f"{after.id} {_headline(after, change)}",
        label="was not set" if change.before is None else f"was {quoted(change.before)}",
        why=f"{_effect(after, change)}: clients and DNS records that use the old address fail until they are updated.",
        help=_way_out(after, change),
        confidence=change.confidence,
        related=(shown_before(before, change.path_before, change.name_before or change.name), *moved),
        discriminator=f"{change.name}: {change.before}->{change.after}",
    )


def _headline(after: Resource, change: LoadBalancerChange) -> str:
    if after.kind not in _OF_CLOUD:
        return "gives its Ingresses new load balancers"
    return "gets another address" if change.replaces == "address" else "gets a new load balancer with another address"


def _effect(after: Resource, change: LoadBalancerChange) -> str:
    who, heir = brief(change.owner.names, "The controller"), brief(change.wanted or "", "another controller")
    if change.replaces == "address":
        becomes = f", which is {change.wanted}" if change.wanted and change.wanted != change.was else ""
        return f"{who} releases the address and assigns another{becomes}"
    if change.decides == "owner":
        if after.kind == "Service":
            return f"{who} deletes the load balancer and provisions another"
        whose = "the rules of this Ingress" if after.kind == "Ingress" else "the Ingresses of this class"
        return f"{who} moves {whose} to another load balancer, and deletes the old one with its last Ingress"
    if change.decides == "exposure":
        which = "each load balancer of this class" if after.kind not in _OF_CLOUD else "the load balancer"
        becomes = f", which is {change.wanted}" if change.wanted else ""
        return f"{who} cannot change the scheme, deletes {which} and provisions another{becomes}"
    if change.wanted:
        return f"{who} deletes what it provisioned for this Ingress, and {heir} serves it at another address"
    return f"{who} deletes the load balancer and provisions another"


def _way_out(after: Resource, change: LoadBalancerChange) -> str:
    if after.kind not in _OF_CLOUD:
        return "Restore the value, add a second IngressClass with the new parameters, and move Ingresses and DNS one by one."
    where = "the new class" if change.wanted and change.decides == "" and after.kind == "Ingress" else "the new value"
    return f"Restore the value. Create a second {after.kind} with {where}, move DNS to it, then delete this one unchanged."
