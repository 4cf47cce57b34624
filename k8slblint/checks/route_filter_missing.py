"""Detects filters of routes, targets of policies, annotations and parts of vendor routes that name nothing."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from k8slblint.catalog.controllers import controllers
from k8slblint.catalog.gateway_policies import ACCESS_CONTROL, FilterKind, gateway_policies, named_kinds
from k8slblint.catalog.vendor_routes import vendor_routes
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.model.scope import UNDEPLOYED_ENVIRONMENTS
from k8slblint.model.texts import middle, quoted, within

if TYPE_CHECKING:
    from k8slblint.traffic.policies.missing import Found, Missing

_ID, _NAME = 40, 24

_HOLDERS = ("Service", "Ingress")


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at a name in a filter, a target of a policy, an annotation or a vendor's route that nothing in the namespace has."""
    if _names_nothing(resource) or graph.scope(resource).environment in UNDEPLOYED_ENVIRONMENTS:
        return
    for found in _missing(resource, graph):
        yield found if isinstance(found, Undecided) else _problem(resource, found)


def _names_nothing(resource: Resource) -> bool:
    """Tell whether this is a Service or an Ingress, of which there are many, without an annotation that names another object."""
    return resource.kind in _HOLDERS and named_kinds().keys().isdisjoint(resource.annotations)


def _missing(resource: Resource, graph: ResourceGraph) -> "Iterator[Found]":
    if resource.kind in _HOLDERS or resource.type_name in vendor_routes():
        from k8slblint.traffic.policies.named import missing_named, missing_parts

        return missing_named(resource, graph) if resource.kind in _HOLDERS else missing_parts(resource, graph)
    from k8slblint.traffic.policies.missing import missing_filters, missing_targets

    return (missing_targets if resource.type_name in gateway_policies() else missing_filters)(resource, graph)


def _problem(resource: Resource, found: "Missing") -> Problem:
    return Problem(
        path=_path(resource, found),
        headline=_headline(resource, found),
        label=_label(found),
        why=within(240, f"{_consequence(resource, found)}.", _whereabouts(found)),
        help=_help(found),
        confidence="high" if found.what != "selection" and found.is_certain else "medium",
        related=_related(found),
        condition=found.condition,
        discriminator=f"{found.what} {found.kind} {found.name}",
    )


def _path(resource: Resource, found: "Missing") -> tuple[str | int, ...]:
    if found.what != "object":
        return found.path
    return (*found.path, "name") if resource.get(*found.path, "name") is not None else found.path


def _headline(resource: Resource, found: "Missing") -> str:
    what = middle(str(resource.id), _ID)
    if found.what == "section" and found.holder is not None:
        part = "listener" if found.kind in ("Gateway", "ListenerSet") else "rule"
        return f"{what} targets {part} {quoted(found.name, _NAME)}, which does not exist"
    if found.what == "selection":
        return f"{what} selects no {found.kind}"
    verb = "uses" if isinstance(found.known, FilterKind) else "targets"
    return f"{what} {verb} {found.kind} {middle(found.name, _NAME)}, which does not exist"


def _label(found: "Missing") -> str:
    if found.near is not None:
        return f"similar: {middle(found.near, 40)}"
    if found.elsewhere is not None:
        return f"exists in namespace {middle(str(found.elsewhere.namespace), 30)}"
    if found.what == "selection":
        return f"matches no {found.kind} of this namespace"
    return ""


def _consequence(resource: Resource, found: "Missing") -> str:
    """Say what the controller makes of it; of a policy without a source, only what is clear from the API."""
    from k8slblint.traffic.policies.settings import settings_of

    known = found.known
    if isinstance(known, FilterKind):
        return known.missing
    guarding = {guard.field for guard in known.guards if guard.protection in ACCESS_CONTROL}
    lost = "so its access control does not apply" if guarding & settings_of(resource, known) else ""
    name = controllers()[known.controller].name
    said = {"object": known.missing, "section": known.missing_section, "selection": None}[found.what]
    said = said or f"{name} applies the policy to nothing"
    return f"{said}, {lost}" if lost else said


def _whereabouts(found: "Missing") -> str:
    if found.what != "object" or found.why:
        return found.why
    if found.elsewhere is not None:
        return f"Namespace {found.namespace} has no {found.kind} of this name."
    return f"Namespace {found.namespace} has other objects of kind {found.kind}, but none of this name."


def _help(found: "Missing") -> str:
    if found.near is not None:
        return f"Write {quoted(found.near)}, or add what is missing."
    if found.elsewhere is not None:
        mover = "filter" if isinstance(found.known, FilterKind) else "policy"
        return f"References cannot leave the namespace: move the {mover} or the {found.kind}, or correct the name."
    if found.what == "selection":
        return f"Correct the labels of the selector, or put the policy into the namespace of the {found.kind}."
    return "Correct the name, add what is missing, or remove the reference."


def _related(found: "Missing") -> tuple[RelatedPlace, ...]:
    if found.holder is not None:
        where = ("spec", "rules") if found.what == "section" and found.kind.endswith("Route") else ("spec", "listeners")
        if found.what == "selection" or found.holder.get(*where) is None:
            return (RelatedPlace(found.holder, ("metadata",), "This one has other labels."),)
        return (RelatedPlace(found.holder, where, "These are the names to choose from.", at="key"),)
    if found.elsewhere is not None:
        return (RelatedPlace(found.elsewhere, ("metadata", "name"), "This is in another namespace."),)
    return ()
