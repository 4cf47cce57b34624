"""An update changes what a controller reads only when it builds a load balancer, so the one that exists stays as it is."""

from collections.abc import Iterator

from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, Undecided
from k8slblint.traffic.changes.load_balancers import LoadBalancerChange, load_balancer_changes
from k8slblint.traffic.changes.updates import before_update, shown_before


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at each setting whose change the load balancer that exists does not take over.

    Nothing is said where another change of the same update has it built anew, for then all of them arrive.
    """
    before = before_update(resource, graph)
    if isinstance(before, Unknown):
        yield Undecided(("metadata", "name"), before.reason)
    elif isinstance(before, Found):
        changes = list(load_balancer_changes(before.value, resource, graph))
        known = [change for change in changes if isinstance(change, LoadBalancerChange)]
        yield from (Undecided(("metadata", "annotations"), change.reason) for change in changes if isinstance(change, Unknown))
        if not any(change.effect == "recreates" and change.replaces == "load-balancer" for change in known):
            yield from (_problem(before.value, resource, change) for change in known if change.effect in ("ignored", "refused"))


def _problem(before: Resource, after: Resource, change: LoadBalancerChange) -> Problem:
    return Problem(
        path=change.path,
        message=f"{change.described}. {_effect(change)} {_way_out(after, change)}",
        confidence=change.confidence,
        related=(shown_before(before, change.path_before, change.name),),
        discriminator=f"{change.name}: {change.before}->{change.after}",
    )


def _effect(change: LoadBalancerChange) -> str:
    who = change.owner.names
    if change.effect == "refused":
        return f"{who} refuses to change this on a load balancer that exists: it stays as it is, and the update fails with an event."
    if change.wanted:
        stays = f"it stays {change.was}, and only one that is built anew will be {change.wanted}."
        return f"{who} does not change the scheme of a load balancer that exists: {stays}"
    if change.after is None and change.decides in ("attributes", "listeners", "size", "tls"):
        return f"{who} sets only what is written, so the load balancer keeps the old value."
    if change.after is None:
        return f"{who} reads this only when it builds a load balancer: the one that exists keeps what it has."
    return f"{who} reads this only when it builds a load balancer: the one that exists stays as it is, whatever the manifest says."


def _way_out(after: Resource, change: LoadBalancerChange) -> str:
    if change.after is None and change.decides in ("attributes", "listeners", "size", "tls"):
        return "Write the default explicitly instead of removing it."
    return f"Restore it, or add a second {after.kind} with the new value beside this one, move DNS to it, and delete the old one later."
