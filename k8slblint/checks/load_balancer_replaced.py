"""An update makes a controller delete a load balancer and build another, or move it to another address."""

from collections.abc import Iterator

from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
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
        elif change.effect == "recreates" and change.replaces in ("load-balancer", "address"):
            yield _problem(before.value, resource, change, () if is_of_cloud else moved_ingresses(resource, graph))


def _problem(before: Resource, after: Resource, change: LoadBalancerChange, moved: tuple[RelatedPlace, ...]) -> Problem:
    return Problem(
        path=change.path,
        message=f"{change.described}. {_effect(after, change)} {_way_out(after, change)}",
        confidence=change.confidence,
        related=(shown_before(before, change.path_before, change.name), *moved),
        discriminator=f"{change.name}: {change.before}->{change.after}",
    )


def _effect(after: Resource, change: LoadBalancerChange) -> str:
    who, lost = change.owner.names, "clients and DNS that know the old address reach nothing until they have the new one."
    if change.replaces == "address":
        becomes = f", which is {change.wanted}" if change.wanted and change.wanted != change.was else ""
        return f"{who} takes the load balancer from its address and gives it another{becomes}: {lost}"
    if change.decides == "owner":
        whose = "the rules of this Ingress" if after.kind == "Ingress" else "the Ingresses of this class"
        if after.kind == "Service":
            return f"{who} deletes the load balancer and builds another one: {lost}"
        return f"{who} moves {whose} to another load balancer, and deletes the old one when no Ingress is left on it: {lost}"
    if change.decides == "exposure":
        which = "each load balancer of this class" if after.kind not in _OF_CLOUD else "the load balancer"
        becomes = f" that is {change.wanted}" if change.wanted else ""
        return f"{who} deletes {which} and then builds another one{becomes}, as a load balancer cannot change its scheme: {lost}"
    if change.wanted:
        return f"{who} drops this Ingress and what it built for it, and {change.wanted} serves it at another address: {lost}"
    return f"{who} deletes the load balancer and builds another one: {lost}"


def _way_out(after: Resource, change: LoadBalancerChange) -> str:
    if after.kind not in _OF_CLOUD:
        return "Restore it, add a second IngressClass with the new parameters, and move the Ingresses one by one, with their DNS."
    where = "the class" if change.wanted and change.decides == "" and after.kind == "Ingress" else "the new value"
    return (
        f"Restore it, add a second {after.kind} beside this one with {where}, move DNS to it, and delete the old one in a later change, "
        "with its annotations untouched."
    )
