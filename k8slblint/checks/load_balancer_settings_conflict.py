"""Detects Services and Ingresses whose settings exclude each other for the controller that makes their load balancer."""

from collections.abc import Iterator

from k8slblint.catalog import controllers
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace, Severity, Undecided
from k8slblint.traffic.annotations.relations import Conflict, conflicts
from k8slblint.traffic.annotations.settings import Setting
from k8slblint.traffic.ownership import ownership_of

_SEVERITIES: dict[str, Severity] = {
    "refused": "error",
    "fails": "error",
    "ignored": "warning",
    "unreliable": "warning",
}


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at each setting that the controller of the resource does not take together with another one.

    An error where the controller refuses it or builds what carries no traffic, a warning where a setting has no effect
    or the combination is documented not to work.
    """
    for found in conflicts(resource, graph):
        yield _problem(resource, graph, found) if isinstance(found, Conflict) else found


def _problem(resource: Resource, graph: ResourceGraph, found: Conflict) -> Problem:
    name = controllers.controllers()[found.controller].name
    why = f": {found.relation.why}" if found.relation.why else ""
    owner = f"{name} ({ownership_of(resource, graph).reason})"
    consequence = f"The {resource.kind} is served by {owner}, {_CONSEQUENCES[found.relation.effect]}"
    message = f"{_what(found, name)}{why}. {consequence}. {found.relation.instead or _way_out(found)}."
    other = found.other
    return Problem(
        path=found.path,
        message=message[0].upper() + message[1:],
        severity=_SEVERITIES[found.relation.effect],
        confidence=found.confidence,
        related=(RelatedPlace(resource, other.path, f"{_said(other)}."),) if other is not None and not other.by_default else (),
        discriminator=f"{found.relation.kind} {found.relation.other}".strip(),
    )


def _what(found: Conflict, name: str) -> str:
    """Say what is, in one sentence without its end."""
    own, other = found.own, found.other
    others_name = other.name if other is not None else found.relation.other
    match found.relation.kind:
        case "refused-together" | "unreliable-together":
            said = f"`{own.name}` and `{others_name}` are both set"
        case "refused-without":
            said = f"{_said(own, found.items)}, and {_said(other) if other is not None else f'`{others_name}` is not set'}"
        case "must-be-equal" | "product-below":
            said = f"{_said(own)}, and {_said(other) if other is not None else 'nothing else'}"
        case "counts-equal":
            said = f"`{own.name}` has {_count(own)} and `{others_name}` has {_count(other)}, where {name} needs as many"
        case "disjoint":
            said = f"`{own.name}` and `{others_name}` both have {_quoted(found.items)}"
        case "names-port":
            said = f"`{own.name}` names {_quoted(found.items)}, and the Service has no such port"
        case _:
            said = _said(own, found.items)
    return said


_CONSEQUENCES = {
    "refused": "which refuses it: a new one gets no load balancer, and no change of an existing one arrives any more",
    "fails": "which builds the load balancer all the same, and traffic fails",
    "ignored": "which ignores the setting",
    "unreliable": "for which this does not do what it seems to say",
}


def _way_out(found: Conflict) -> str:
    if found.relation.kind == "refused-without":
        wanted = f" to {' or '.join(map(repr, found.relation.values))}" if found.relation.values else ""
        return f"Set `{found.relation.other}`{wanted}, or remove `{found.own.name}`"
    if found.relation.kind == "must-be-equal":
        return "Give both the same value, or remove one of them"
    if found.relation.kind == "counts-equal":
        return "List as many of the one as of the other"
    return "Remove one of them" if found.other is not None else f"Change `{found.own.name}`"


def _said(setting: Setting, items: tuple[str, ...] = ()) -> str:
    """Write what a setting says, or what some of its items are: `key` is 'value'; a default is told as one."""
    if setting.words is not None:
        return setting.words.format(", ".join(items or setting.texts))
    verb = "has" if items and len(items) < len(setting.texts) else "is"
    return f"`{setting.name}` {verb} {_quoted(items or setting.texts)}{' by default' if setting.by_default else ''}"


def _quoted(texts: tuple[str, ...]) -> str:
    return ", ".join(f"'{text}'" for text in texts)


def _count(setting: Setting | None) -> str:
    number = len(setting.texts) if setting is not None else 0
    return f"{number} {'entry' if number == 1 else 'entries'}"
