"""Detects changes of settings that a controller reads only when it builds a load balancer, or refuses afterwards."""

from collections.abc import Iterator

from k8slblint.graph.annotation_changes import Change, Pair, changes, exposure_change, pair_of, place_of
from k8slblint.graph.answers import Absent, Found, Unknown
from k8slblint.graph.aws import handover
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided

_EFFECTS = {
    "ignored": "reads it only when it builds a load balancer, so the one that is there stays, and the manifest no longer says what runs",
    "refused": "refuses the change of a load balancer that is there, so that no further update of it arrives until this is undone",
}


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at each setting of a Service or an Ingress whose change does nothing to the load balancer that is there."""
    before = graph.before(resource)
    if isinstance(before, Unknown) and graph.previous is not None:
        yield Undecided(("metadata", "name"), before.reason)
    if not isinstance(before, Found):
        return
    pair = pair_of(before.value, resource, graph)
    if pair is None or (resource.kind == "Service" and not isinstance(handover(before.value, resource), Absent)):
        return  # then a new load balancer is built, which reads everything
    change = exposure_change(pair)
    found = [*changes(pair), *([change] if change is not None else [])]
    if not any(one.effect == "recreates" and one.entry.decides in ("exposure", "owner") for one in found):
        yield from (_problem(pair, one) for one in found if one.effect in _EFFECTS)


def _problem(pair: Pair, change: Change) -> Problem:
    danger = ""
    if change.entry.decides == "exposure":
        danger = f" The load balancer stays {_WORDS[pair.reach_before.reach]}, although the manifest now says {_WORDS[pair.reach.reach]}."
    return Problem(
        path=place_of(pair.after, change.key),
        message=(
            f"{change.in_words}: {pair.owner.names} {_EFFECTS[change.effect]}.{danger} "
            f"Undo it, or create a second {pair.after.kind} with the new value beside this one, move DNS, "
            "then delete this one with its old annotations."
        ),
        confidence=change.confidence,
        related=(RelatedPlace(pair.before, place_of(pair.before, change.key), f"`{change.key}` in the revision before."),),
        discriminator=change.entry.key,
    )


_WORDS = {"internal": "internal", "internet": "internet-facing"}
