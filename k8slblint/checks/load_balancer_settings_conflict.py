"""Detects Services and Ingresses whose settings exclude each other for the controller that provisions their load balancer."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from k8slblint.catalog import controllers
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.rule import Problem, RelatedPlace, Severity, Undecided
from k8slblint.model.texts import HEADLINE, LABEL, PROSE, capital, fitted, listed, quoted, sentence, served, short_key, within
from k8slblint.traffic.annotations.relations import Conflict, conflicts
from k8slblint.traffic.annotations.settings import Setting
from k8slblint.traffic.balancers.service_views import has_views, judged_as_service
from k8slblint.traffic.ownership import ownership_of

if TYPE_CHECKING:
    from k8slblint.traffic.annotations.shared_addresses import SharedAddress

_SEVERITIES: dict[str, Severity] = {
    "refused": "error",
    "unfinished": "error",
    "fails": "error",
    "ignored": "warning",
    "unreliable": "warning",
}


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at each setting that the controller of the resource does not accept together with another one.

    An error where the controller refuses it or provisions what carries no traffic, a warning where a setting has no effect
    or the combination is documented not to work.
    """
    if has_views(resource.type_name):
        yield from judged_as_service(_of_settings, resource, graph)
    else:
        yield from _of_settings(resource, graph)


def _of_settings(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    for found in conflicts(resource, graph):
        if isinstance(found, Conflict) and resource.kind == HELM_VALUES and _rests_on_absence(found):
            yield Undecided(found.path, "the chart or another layer of values may say more")
        else:
            yield _problem(resource, graph, found) if isinstance(found, Conflict) else found
    if resource.kind == "Ingress":
        from k8slblint.traffic.annotations.shared_addresses import shared_address  # Services have none by name

        shared = shared_address(resource, graph)
        if shared is not None:
            yield _of_shared(shared, resource)


def _of_shared(found: "SharedAddress", ingress: Resource) -> Problem:
    return Problem(
        path=("metadata", "annotations", found.key),
        headline=fitted(f"{ingress.id} names the address {quoted(found.name, _LONGEST_NAME)} of another Ingress", HEADLINE),
        label=fitted(f"{found.other.id} has it", LABEL),
        why=f"GCP gives port {found.port} of an address to one load balancer: for the second, the controller gets an error each time.",
        help="Reserve an address for each Ingress, or put all rules into one Ingress.",
        severity="error",
        confidence=found.confidence,
        related=(RelatedPlace(found.other, ("metadata", "annotations", found.key), "This Ingress has the address."),),
        discriminator="shared-address",
    )


_LONGEST_NAME = 24


def _rests_on_absence(found: Conflict) -> bool:
    return found.other is None or found.other.by_default or found.own.by_default


def _problem(resource: Resource, graph: ResourceGraph, found: Conflict) -> Problem:
    name = controllers.controllers()[found.controller].name
    reason = found.relation.why or _what(found, name)
    served_by = sentence(served(name, ownership_of(resource, graph).reason, f"the {resource.reads_as}"))
    other = found.other
    return Problem(
        path=found.path,
        headline=f"{resource.id} {_headline(found)}",
        label=_label(found),
        why=within(PROSE, f"{sentence(capital(reason))} {name} {_CONSEQUENCES[found.relation.effect]}.", served_by),
        help=f"{found.relation.instead or _way_out(found)}.",
        severity=_SEVERITIES[found.relation.effect],
        confidence=found.confidence,
        related=(RelatedPlace(resource, other.path, f"{_said(other)}."),) if other is not None and not other.by_default else (),
        discriminator=f"{found.relation.kind} {found.relation.other}".strip(),
    )


def _headline(found: Conflict) -> str:
    """Say what is wrong, as a predicate to the object; keys stand without their domain."""
    own, other = short_key(found.own.name), short_key(found.other.name if found.other is not None else found.relation.other)
    match found.relation.kind:
        case _ if found.other is not None and found.other.words is not None:
            return f"sets `{own}`, which other settings rule out"
        case "refused-without":
            return f"sets `{own}` without a matching `{other}`"
        case "names-port":
            return f"names a port in `{own}` that it does not have"
        case "product-below":
            return f"sets `{own}` and `{other}` too high together"
        case "counts-equal" | "counts-at-most" | "must-be-equal":
            return f"sets `{own}` and `{other}` to values that do not match"
    return f"sets `{own}`, which conflicts with `{other}`" if other else f"sets `{own}` to a value that does not fit"


def _label(found: Conflict) -> str:
    """Say what the setting conflicts with, as far as a label has room for it."""
    other, kind = found.other, found.relation.kind
    if kind == "names-port":
        return f"no such port: {listed(map(quoted, found.items))}"
    if other is None:
        return ""
    name, said = short_key(other.name), f"conflicts with `{short_key(other.name)}`"
    if other.words is not None:
        said = _said(other, found.items if kind == "disjoint" else ())
    elif other.by_default:
        said = f"the other is {_quoted(other.texts)} by default"
    elif kind in ("product-below", "must-be-equal"):
        said = f"the other is {listed(map(quoted, other.texts))}"
    elif kind == "disjoint":
        said = f"{listed(map(quoted, found.items))} also in `{name}`"
    return said if len(said) <= LABEL else f"conflicts with `{name}`"


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
        case "counts-at-most" if other is not None:
            said = f"`{own.name}` has {_count(own)}, and {_said(other)}"
        case "disjoint":
            said = f"`{own.name}` and `{others_name}` both have {_quoted(found.items)}"
        case "names-port":
            said = f"`{own.name}` names {_quoted(found.items)}, and the Service has no such port"
        case _:
            said = _said(own, found.items)
    return said


_CONSEQUENCES = {
    "refused": "refuses the setting, and neither provisions nor updates the load balancer",
    "unfinished": "provisions the load balancer, but stops with an error, and a new Service gets no address",
    "fails": "provisions the load balancer, but traffic fails",
    "ignored": "ignores the setting",
    "unreliable": "does not do what the setting suggests",
}


def _way_out(found: Conflict) -> str:
    if found.relation.kind == "refused-without":
        wanted = f" to {' or '.join(map(repr, found.relation.values))}" if found.relation.values else ""
        return f"Set `{found.relation.other}`{wanted}, or remove `{found.own.name}`"
    if found.relation.kind == "must-be-equal":
        return "Set both to the same value, or remove one of them"
    if found.relation.kind == "counts-equal":
        return "Give both the same number of entries"
    return "Remove one of them" if found.other is not None else f"Change `{found.own.name}`"


def _said(setting: Setting, items: tuple[str, ...] = ()) -> str:
    """Write what a setting says, or what some of its items are: `key` is 'value'; a default is shown as one."""
    if setting.words is not None:
        return setting.words.format(", ".join(items or setting.texts))
    verb = "has" if items and len(items) < len(setting.texts) else "is"
    return f"`{setting.name}` {verb} {_quoted(items or setting.texts)}{' by default' if setting.by_default else ''}"


def _quoted(texts: tuple[str, ...]) -> str:
    return ", ".join(f"'{text}'" for text in texts)


def _count(setting: Setting | None) -> str:
    number = len(setting.texts) if setting is not None else 0
    return f"{number} {'entry' if number == 1 else 'entries'}"
