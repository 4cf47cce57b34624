"""Detects changes that make a controller delete a load balancer, or its address, and build another."""

from collections.abc import Iterator

from k8slblint.graph.annotation_changes import Change, Pair, changes, exposure_change, pair_of, place_of
from k8slblint.graph.answers import Absent, Found, Unknown
from k8slblint.graph.aws import handover
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import CONFIDENCES, Problem, RelatedPlace, Undecided

_OF_THE_ADDRESS = ("exposure", "address", "network", "owner", "name", "lifecycle")
"""What must be decided by a setting for its change to touch the load balancer itself, and not only target groups or listeners."""

_WAY_OUT = {
    "Service": "Create a second Service beside this one with the new value, move DNS, then delete this one with its old annotations.",
    "Ingress": "Create a second Ingress beside this one with the new value, move DNS, then delete this one with its old annotations.",
}


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at each setting whose change replaces the load balancer of a Service or an Ingress, or its address."""
    before = graph.before(resource)
    if isinstance(before, Unknown) and graph.previous is not None:
        yield Undecided(("metadata", "name"), before.reason)
    if not isinstance(before, Found):
        return
    pair = pair_of(before.value, resource, graph)
    if pair is None or (resource.kind == "Service" and not isinstance(handover(before.value, resource), Absent)):
        return  # what changes hands on AWS is told by `aws-load-balancer-type-mutated`
    moved = _moved(pair)
    if moved is not None:
        yield moved
        return
    change = exposure_change(pair)
    for found in (*changes(pair), *([change] if change is not None else [])):
        if found.effect == "recreates" and found.entry.decides in _OF_THE_ADDRESS:
            yield _problem(pair, found)


def _problem(pair: Pair, change: Change) -> Problem:
    reach = f" ({pair.reach_before.reach} becomes {pair.reach.reach})" if change.entry.decides == "exposure" else ""
    scope = change.entry.change.scope or "the load balancer"
    related = RelatedPlace(pair.before, place_of(pair.before, change.key), f"`{change.key}` in the revision before.")
    return Problem(
        path=place_of(pair.after, change.key),
        message=(
            f"{change.in_words}{reach}: {pair.owner.names} does not change this in place but builds anew ({scope}), "
            f"so its address or DNS name changes and connections are cut until clients follow. {_WAY_OUT[pair.after.kind]}"
        ),
        confidence=change.confidence,
        related=(related,),
        discriminator=change.entry.key,
    )


def _moved(pair: Pair) -> Problem | None:
    """Return the problem of an Ingress that passes from one controller to another: its address becomes the other one's."""
    owners = pair.owner_before, pair.owner
    if pair.after.kind != "Ingress" or any(owner.verdict != "owned" for owner in owners):
        return None
    if set(owners[0].candidates) & set(owners[1].candidates):
        return None
    path = ("spec", "ingressClassName") if pair.after.get("spec", "ingressClassName") is not None else ("metadata", "annotations")
    return Problem(
        path=path if pair.after.get(*path) is not None else ("metadata", "name"),
        message=(
            f"This Ingress passes from {owners[0].names} to {owners[1].names}: the first one withdraws its load balancer or its rules, and "
            f"the other one serves it at another address, so that hosts fail until DNS has followed. {_WAY_OUT['Ingress']}"
        ),
        confidence=min(owners[0].confidence, owners[1].confidence, key=CONFIDENCES.index),
        related=(RelatedPlace(pair.before, (), f"Before, {owners[0].reason}."),),
        discriminator="owner",
    )
