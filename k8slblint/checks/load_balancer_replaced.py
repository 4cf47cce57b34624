"""Detects updates for which a controller deletes a load balancer and provisions another, or changes its address."""

from collections.abc import Iterator

from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.model.texts import brief, quoted
from k8slblint.traffic.balancers.described_services import described_balancers
from k8slblint.traffic.changes.addresses import are_handed_over, are_taken_over
from k8slblint.traffic.changes.load_balancers import LoadBalancerChange, class_parameter_changes, load_balancer_changes, moved_ingresses
from k8slblint.traffic.changes.updates import before_update, shown_before, was_on_trial

_OF_CLOUD = ("Service", "Ingress")

_PARAMETERS = "IngressClassParams"


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at each setting whose change costs a load balancer its address, at what is left where it was removed."""
    before = before_update(resource, graph)
    if isinstance(before, Unknown):
        yield Undecided(("metadata", "name"), before.reason)
    if not isinstance(before, Found) or was_on_trial(before.value, graph):
        return
    if resource.reads_as not in (*_OF_CLOUD, _PARAMETERS):
        yield from _of_described(before.value, resource, graph)
        return
    is_of_cloud = resource.reads_as in _OF_CLOUD
    changes = load_balancer_changes(before.value, resource, graph) if is_of_cloud else class_parameter_changes(before.value, resource)
    for change in changes:
        if isinstance(change, Unknown):
            yield Undecided(("metadata", "annotations"), change.reason)
        elif _replaces(change) and not _is_harmless(change, before.value, resource, graph):
            yield _problem(before.value, resource, change, () if is_of_cloud else moved_ingresses(resource, graph))


def _replaces(change: LoadBalancerChange) -> bool:
    return change.effect == "recreates" and change.replaces in ("load-balancer", "address")


def _of_described(before: Resource, after: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield the same of the Services that an object describes, at the settings where it describes them."""
    earlier = {one.name: one for one in described_balancers(before, graph.base)} if graph.base is not None else {}
    for now in described_balancers(after, graph):
        was = earlier.get(now.name)
        for change in load_balancer_changes(was.service, now.service, graph) if was is not None else ():
            if isinstance(change, Unknown):
                yield Undecided(now.place(("metadata", "annotations")), change.reason)
            elif was is not None and _replaces(change) and not are_taken_over(was.service, now.service, graph):
                at = change._replace(path=now.place(change.path), path_before=was.place(change.path_before))
                yield _problem(before, after, at, (), now.service)


def _is_harmless(change: LoadBalancerChange, before: Resource, after: Resource, graph: ResourceGraph) -> bool:
    if after.kind == HELM_VALUES:
        return change.replaces == "address" and are_taken_over(before, after, graph)
    return change.replaces == "address" and after.kind == "Service" and are_handed_over(before, after, graph)


def _problem(
    before: Resource, after: Resource, change: LoadBalancerChange, moved: tuple[RelatedPlace, ...], described: Resource | None = None
) -> Problem:
    """Return the problem of a change; `described` is the Service that the object describes and the change is about."""
    return Problem(
        path=change.path,
        headline=f"{after.id} {_headline(described or after, change)}",
        label="was not set" if change.before is None else f"was {quoted(change.before)}",
        why=f"{_effect(described or after, change)}: clients and DNS records that use the old address fail until they are updated.",
        help=_way_out(after, change),
        confidence=change.confidence,
        related=(shown_before(before, change.path_before, change.name_before or change.name), *moved),
        discriminator=f"{change.name}: {change.before}->{change.after}",
    )


def _headline(after: Resource, change: LoadBalancerChange) -> str:
    if after.reads_as not in _OF_CLOUD:
        return "gives its Ingresses new load balancers"
    return "gets another address" if change.replaces == "address" else "gets a new load balancer with another address"


def _effect(after: Resource, change: LoadBalancerChange) -> str:
    who, heir = brief(change.owner.names, "The controller"), brief(change.wanted or "", "another controller")
    if change.replaces == "address":
        becomes = f", which is {change.wanted}" if change.wanted and change.wanted != change.was else ""
        return f"{who} releases the address and assigns another{becomes}"
    if change.decides == "owner":
        if after.reads_as == "Service":
            return f"{who} deletes the load balancer and provisions another"
        whose = "the rules of this Ingress" if after.reads_as == "Ingress" else "the Ingresses of this class"
        return f"{who} moves {whose} to another load balancer, and deletes the old one with its last Ingress"
    if change.decides == "exposure":
        which = "each load balancer of this class" if after.reads_as not in _OF_CLOUD else "the load balancer"
        becomes = f", which is {change.wanted}" if change.wanted else ""
        return f"{who} cannot change the scheme, deletes {which} and provisions another{becomes}"
    if change.wanted:
        return f"{who} deletes what it provisioned for this Ingress, and {heir} serves it at another address"
    return f"{who} deletes the load balancer and provisions another"


def _way_out(after: Resource, change: LoadBalancerChange) -> str:
    if after.kind == _PARAMETERS:
        return "Restore the value, add a second IngressClass with the new parameters, and move Ingresses and DNS one by one."
    where = "the new class" if change.wanted and change.decides == "" and after.reads_as == "Ingress" else "the new value"
    return f"Restore the value. Create a second {after.reads_as} with {where}, move DNS to it, then delete this one unchanged."
