"""A Service with a load balancer gets AWS annotations that name another controller or another kind of load balancer."""

from collections.abc import Iterator

from k8slblint.catalog import aws as catalog
from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.traffic.ownership.aws import Handover, handover, is_internet_facing


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at the annotation whose change leaks, replaces or abandons the load balancer of a Service.

    Where the annotation was removed, the problem stands at what is left: `metadata.annotations`, else the name.
    """
    scope = graph.scope(service)
    if graph.base_part is None or (scope.platform_is_stated and scope.platform not in (catalog.platform(), "unknown")):
        return  # the annotations themselves speak for AWS; only the user can say that it is another platform
    before = graph.counterpart(service)
    change = handover(before.value, service) if isinstance(before, Found) else before
    if isinstance(change, Unknown):
        yield Undecided(("metadata", "annotations"), change.reason)
    elif isinstance(before, Found) and isinstance(change, Found):
        yield _problem(before.value, service, change.value, scope.kubernetes_version)


def _problem(before: Resource, after: Resource, change: Handover, kubernetes_version: str | None) -> Problem:
    sentences = [
        _describe_change(before, after, change),
        _describe_effect(change, kubernetes_version),
        *_describe_deletion_protection(after, change),
        *_describe_exposure(before, after, change),
        change.transition.remedy,
    ]
    return Problem(
        path=_place(after, change.key),
        message=" ".join(sentences),
        related=(_place_before(before, change.key),),
        discriminator=f"{change.before}->{change.after}",
    )


def _describe_change(before: Resource, after: Resource, change: Handover) -> str:
    old, new = before.annotations.get(change.key), after.annotations.get(change.key)
    if old is None:
        text = f"`{change.key}` is added with '{new}'"
    elif new is None:
        text = f"`{change.key}` ('{old}') is removed"
    else:
        text = f"`{change.key}` changes from '{old}' to '{new}'"
    if change.transition.stays_load_balancer:
        return f"{text}."
    return f"{text} while `spec.type` becomes '{after.get('spec', 'type', default='ClusterIP')}'."


def _describe_effect(change: Handover, kubernetes_version: str | None) -> str:
    old, new = catalog.kind_made_by(change.before), catalog.kind_made_by(change.after)
    return "; ".join(text.format(old=old, new=new) for text in catalog.effects(change.transition, kubernetes_version)) + "."


def _describe_deletion_protection(after: Resource, change: Handover) -> Iterator[str]:
    attribute, effect = catalog.deletion_protection()
    attributes = after.annotations.get(catalog.annotations().attributes)
    if change.before == "lbc" and isinstance(attributes, str) and attribute in attributes.replace(" ", ""):
        yield effect


def _describe_exposure(before: Resource, after: Resource, change: Handover) -> Iterator[str]:
    exposure = catalog.exposure(change.after)
    if exposure is None or not change.transition.stays_load_balancer or exposure == catalog.exposure(change.before):
        return
    was, becomes = is_internet_facing(before, change.before), is_internet_facing(after, change.after)
    if becomes is not None and becomes != was:
        basis = f": {exposure.basis}" if exposure.basis else ""
        yield f"The new one is {'internet-facing' if becomes else 'internal'}{basis}."


def _place(service: Resource, key: str) -> Path:
    if service.annotations.get(key) is not None:
        return ("metadata", "annotations", key)
    return ("metadata", "annotations") if service.annotations else ("metadata", "name")


def _place_before(before: Resource, key: str) -> RelatedPlace:
    value = before.annotations.get(key)
    said = "not set" if value is None else f"'{value}'"
    return RelatedPlace(before, _place(before, key), f"`{key}` in the revision before: {said}.")
