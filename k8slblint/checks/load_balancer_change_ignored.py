"""Detects updates of settings that a controller reads only when it provisions a load balancer, so the existing one does not change."""

from collections.abc import Iterator

from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, Undecided
from k8slblint.model.texts import quoted, short_key
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
    field = short_key(change.name)
    verb, fault = (
        "removes" if change.after is None else "changes",
        ", which is refused" if change.effect == "refused" else " without effect",
    )
    return Problem(
        path=change.path,
        headline=f"{after.id} {verb} `{field}`{fault}",
        label=_label(change),
        why=_effect(change),
        help=_way_out(after, change),
        confidence=change.confidence,
        related=(shown_before(before, change.path_before, change.name),),
        discriminator=f"{change.name}: {change.before}->{change.after}",
    )


def _label(change: LoadBalancerChange) -> str:
    return "was not set" if change.before is None else f"was {quoted(change.before)}"


def _effect(change: LoadBalancerChange) -> str:
    who = change.owner.names
    if change.effect == "refused":
        return f"{who} refuses to change this on an existing load balancer: the update fails with an event."
    if change.wanted:
        stays = f"it stays {change.was}, and only a recreated one will be {change.wanted}."
        return f"{who} does not change the scheme of an existing load balancer: {stays}"
    if change.after is None and change.decides in ("attributes", "listeners", "size", "tls"):
        return f"{who} applies only settings that are written, so the load balancer keeps the old value."
    return f"{who} reads this only when it provisions a load balancer, so the existing one does not change."


def _way_out(after: Resource, change: LoadBalancerChange) -> str:
    if change.after is None and change.decides in ("attributes", "listeners", "size", "tls"):
        return "Set the default value explicitly instead of removing the setting."
    return f"Restore the value. To change it, create a second {after.reads_as} with the new value, move DNS to it, then delete this one."
