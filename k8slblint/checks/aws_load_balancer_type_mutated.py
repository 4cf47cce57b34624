"""Detects updates that give a Service AWS annotations of another controller or another kind of load balancer."""

from collections.abc import Iterator

from k8slblint.catalog import aws as catalog
from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.model.texts import middle, sentence, short_key
from k8slblint.traffic.ownership.aws import Handover, handover, is_internet_facing


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at the annotation whose change leaks, replaces or abandons the load balancer of a Service.

    Where the annotation was removed, the problem stands at what is left: `metadata.annotations`, else the name.
    """
    scope = graph.scope(service)
    if graph.base_part is None or (scope.platform_is_stated and scope.provider not in (catalog.platform(), "unknown")):
        return  # the annotations themselves speak for AWS; only the user can say that it is another platform
    before = graph.counterpart(service)
    change = handover(before.value, service) if isinstance(before, Found) else before
    if isinstance(change, Unknown):
        yield Undecided(("metadata", "annotations"), change.reason)
    elif isinstance(before, Found) and isinstance(change, Found):
        if any(one.leaves_unsaid(one.annotations.get(change.value.key)) for one in (before.value, service)):
            yield Undecided(("metadata", "annotations"), "another layer of values may say it too")
            return
        yield _problem(before.value, service, change.value, scope.kubernetes_version)


def _problem(before: Resource, after: Resource, change: Handover, kubernetes_version: str | None) -> Problem:
    effects = catalog.effects(change.transition, kubernetes_version)
    old, new = catalog.kind_made_by(change.before), catalog.kind_made_by(change.after)
    why = (
        *(sentence(text.format(old=old, new=new)) for text in effects),
        *_describe_deletion_protection(after, change),
        *_describe_exposure(before, after, change),
    )
    return Problem(
        path=_place(after, change.key),
        headline=f"{after.id} {_headline(change, is_refused=_is_refused(change, kubernetes_version))}",
        label=_label(before, change),
        why=" ".join(why),
        help=change.transition.remedy,
        related=(_place_before(before, change.key),),
        discriminator=f"{change.before}->{change.after}",
    )


def _is_refused(change: Handover, kubernetes_version: str | None) -> bool:
    """Tell whether every release that is meant refuses the change instead of leaking the load balancer."""
    effects = catalog.effects(change.transition, kubernetes_version)
    return len(effects) < len(change.transition.effects) and effects == [change.transition.effects[-1].text]


def _headline(change: Handover, *, is_refused: bool) -> str:
    """Say what becomes of the load balancer that exists, as a predicate to the Service."""
    old, new = catalog.kind_made_by(change.before), catalog.kind_made_by(change.after)
    if is_refused:
        return f"changes the type of its {old}, which is refused"
    if change.before == "lbc":
        return "loses its NLB and gets no new one" if new is None else f"loses its NLB to a new {new} with another DNS name"
    if change.before == "nobody":
        return f"gets a new {new} with another DNS name"
    if not change.transition.stays_load_balancer:
        return f"gives up its {old}, which is not deleted"
    return f"leaves its {old} behind" + (" and gets no new one" if new is None else "")


def _label(before: Resource, change: Handover) -> str:
    old = before.annotations.get(change.key)
    served = f"; now {_OWNERS[change.after]}" if change.after in _OWNERS and change.after != change.before else ""
    return f"was {'not set' if old is None else middle(str(old), _LONGEST_VALUE)}{served}"


_LONGEST_VALUE = 10

_OWNERS = {
    "ccm-classic": "served by cloud-provider-aws",
    "ccm-nlb": "served by cloud-provider-aws",
    "lbc": "served by AWS Load Balancer Controller",
    "nobody": "served by no controller",
}


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
        yield f"The new one is {'internet-facing' if becomes else 'internal'}."


def _place(service: Resource, key: str) -> Path:
    if service.annotations.get(key) is not None:
        return ("metadata", "annotations", key)
    return ("metadata", "annotations") if service.annotations else ("metadata", "name")


def _place_before(before: Resource, key: str) -> RelatedPlace:
    value = before.annotations.get(key)
    said = "not set" if value is None else f"'{value}'"
    return RelatedPlace(before, _place(before, key), f"`{short_key(key)}` was {said}.")
