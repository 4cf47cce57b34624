"""The steps of an explanation about policies and filters: which of them act on a route or Gateway, and which would but for a mistake.

They say what is done to requests. Whether requests get through rests on other steps.
"""

from collections.abc import Iterator
from itertools import islice

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, ROUTE_KINDS
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Undecided
from k8slblint.traffic.attachment.attachments import attachments_of
from k8slblint.traffic.attachment.resolved import resolved_refs_of_route
from k8slblint.traffic.policies.acting import Acting, acting_on, overridden_condition, replacing
from k8slblint.traffic.policies.levels import Level
from k8slblint.traffic.policies.missing import Missing, missing_filters, missing_targets
from k8slblint.traffic.policies.targets import policies_of_namespace
from k8slblint.views.steps import Reply, Step

_MOST_SHOWN = 40

_MOST_COMPARED = 200

_UNRESOLVED = {
    "RefNotPermitted": "no ReferenceGrant permits one of its backends",
    "InvalidKind": "one of its backends is of a kind that cannot be one",
    "BackendNotFound": "one of its backends does not exist",
}

_REPLIES: dict[str, Reply] = {"True": "yes", "False": "no"}


def reference_steps(route: Resource, graph: ResourceGraph) -> Iterator[Step]:
    """Yield whether the references of a route to its backends are resolved, as its Gateways see them, and its filters that name nothing."""
    if any(one.holder is not None for one in attachments_of(route, graph)):
        condition = resolved_refs_of_route(route, graph)
        texts = {
            "True": "its references to backends are resolved",
            "False": _UNRESOLVED.get(condition.reason, "one of its backends cannot be used"),
        }
        text = texts.get(condition.status, "whether its references to backends are resolved is not decided")
        reply = _REPLIES.get(condition.status, "unknown")
        yield Step(reply, text, route, ("spec",), condition if condition.status in _REPLIES else None, decides=False)
    for one in missing_filters(route, graph):
        if not isinstance(one, Undecided):
            text = f"its filter names {one.kind} {one.name}, which does not exist"
            yield Step("no", text, route, one.path, one.condition, decides=False)


def policy_steps(resource: Resource, graph: ResourceGraph) -> Iterator[Step]:
    """Yield a step for each policy that reaches a route or Gateway, then for each that names a part of it that is not there."""
    steps = [*(_acting(one, resource, graph) for one in acting_on(resource, graph)), *_misplaced(resource, graph)]
    yield from steps[:_MOST_SHOWN]
    if len(steps) > _MOST_SHOWN:
        yield Step("unknown", f"{len(steps) - _MOST_SHOWN} further policies", resource, decides=False)


def _acting(one: Acting, resource: Resource, graph: ResourceGraph) -> Step:
    reply, text = _standing(one, resource)
    below = tuple(_replacing(one, graph)) if resource.type_name == GATEWAY else ()
    condition = overridden_condition(one.policy) if below and one.standing == "applies" else one.condition
    return Step(reply, text, one.policy, ("metadata", "name"), condition, below, decides=False)


def _standing(one: Acting, resource: Resource) -> tuple[Reply, str]:
    name, on = str(one.policy.id), _on(one.at, resource)
    other = str(one.other.id) if one.other is not None else ""
    if one.standing == "unread":
        return "no", f"{name} does not act {on}: {one.reader}, which reads it, does not serve the Gateway"
    texts: dict[str, tuple[Reply, str]] = {
        "applies": ("yes", f"{name} acts {on}"),
        "combined": ("yes", f"{name} acts {on}, combined with {other}"),
        "replaced": ("no", f"{name} does not act here: {other} replaces it"),
        "partly": ("unknown", f"{name} acts {on}, but not where {other} replaces it"),
        "older": ("unknown", f"{name} acts {on} if it is older than {other}"),
        "blocked": ("no", f"{name} does not act {on}: {other} takes precedence"),
    }
    also = f", and so may {other}: what both set is not decided" if other else ""
    return texts.get(one.standing, ("unknown", f"{name} may act {on}{also}"))


def _on(at: Level, resource: Resource) -> str:
    """Say where a policy attaches: to the object that is explained, a part of it, or what is above it."""
    part = "rule" if at.resource.type_name in ROUTE_KINDS else "listener"
    whole = "it" if at.resource is resource else str(at.resource.id)
    return f"on {whole}" if at.section is None else f"on {part} '{at.section}' of {whole}"


def _replacing(one: Acting, graph: ResourceGraph) -> Iterator[Step]:
    """Yield which more specific policies drop settings of a policy of a Gateway."""
    for found in replacing(one.policy, graph):
        part = f" ({found.on.section})" if found.on.section is not None else ""
        text = f"{found.policy.id} replaces it on {found.on.resource.id}{part}"
        yield Step("no", text, found.policy, found.target.path, decides=False)


def _misplaced(resource: Resource, graph: ResourceGraph) -> Iterator[Step]:
    """Yield the policies of the namespace that name a part of an object that it does not have, or probably mean it by another name."""
    for policy in islice(policies_of_namespace(resource, graph), _MOST_COMPARED):
        for one in missing_targets(policy, graph):
            if not isinstance(one, Undecided):
                yield from _missing(policy, one, resource)


def _missing(policy: Resource, one: Missing, resource: Resource) -> Iterator[Step]:
    if one.what == "section" and one.holder is resource:
        part = "rule" if resource.type_name in ROUTE_KINDS else "listener"
        yield Step("no", f"{policy.id} does not act on it: it has no {part} '{one.name}'", policy, one.path, decides=False)
    elif one.what == "object" and one.kind == resource.kind and one.near == resource.name:
        yield Step("no", f"{policy.id} does not act on it: it names {one.kind} {one.name}", policy, one.path, decides=False)
