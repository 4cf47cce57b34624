"""Detects annotations of a Service that no controller reads there: not the owner, not with another setting, not on such a Service."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from k8slblint.catalog import controllers as controllers_catalog
from k8slblint.catalog import services as catalog
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Cause, Problem, RelatedPlace, Undecided
from k8slblint.model.texts import capital, served, short_key
from k8slblint.traffic.annotations.elsewhere import Misplaced, misplaced_keys
from k8slblint.traffic.annotations.ineffective import Ineffective, Why, ineffective_annotations, is_of_platform
from k8slblint.traffic.annotations.service_annotations import (
    ANNOTATIONS,
    Annotation,
    annotations_of,
    effective_type,
    names_of,
    shown,
    stated,
)
from k8slblint.traffic.balancers.service_views import has_views, judged_as_service
from k8slblint.traffic.ownership import Ownership, has_class, ownership_of

_REACHES = {
    "internal": "internal",
    "internet": "internet-facing",
    "node": "reachable at the nodes",
    "cluster": "reachable in the cluster only",
}


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem for the annotations that have no effect: one for all that the owner does not read, and one for each other.

    An error where the load balancer is then reached from elsewhere than the annotation asks for.
    """
    if not has_views(resource.type_name):
        for misplaced in misplaced_keys(resource, graph):
            yield _elsewhere(misplaced, resource)
    if resource.reads_as == "Service" or has_views(resource.type_name):
        yield from judged_as_service(_of_service, resource, graph)


def _of_service(service: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    for found in _together(ineffective_annotations(service, graph)):
        if found.why in _FOR_WANT_OF_ANOTHER and service.may_be_completed:
            yield Undecided(ANNOTATIONS, "another layer of values may say more")
            continue
        yield _problem(found, ownership_of(service, graph), service)
    if not any(annotation.is_for_load_balancer for annotation in annotations_of(service)):
        return
    owner = ownership_of(service, graph)
    if owner.verdict == "unknown":
        yield Undecided(ANNOTATIONS, f"the controller of the Service is unknown: {owner.reason}")


_FOR_WANT_OF_ANOTHER: Sequence[Why] = ("lacks-companion", "other-mode", "read-by-some", "unread", "no-load-balancer")
"""Reasons that another key, class or type would change."""

_ONE_REASON: Sequence[Why] = ("overridden", "other-mode")


def _together(found: Iterable[Ineffective]) -> Iterator[Ineffective]:
    """Yield what has no effect, as one what the same setting takes the effect of and what is no graver than the other."""
    groups: dict[object, list[Ineffective]] = {}
    for number, one in enumerate(found):
        alone = one.why not in _ONE_REASON or one.difference is not None or one.is_open
        groups.setdefault(number if alone else one._replace(annotations=()), []).append(one)
    for first, *others in groups.values():
        yield first._replace(annotations=(*first.annotations, *(one for other in others for one in other.annotations)))


def _elsewhere(found: Misplaced, resource: Resource) -> Problem:
    """Return the problem of keys that are on the wrong object, or in the wrong place of a Service."""
    first, *others = found.annotations
    kinds = " or ".join(first.entry.kinds)
    is_label = found.where == "labels"
    place = "as an annotation, not as a label" if is_label else f"on kind {kinds} only"
    help_ = "Move the key to `metadata.annotations`." if is_label else "Move the annotation to the Service, or remove it."
    return Problem(
        path=(*found.path, first.key),
        at="key",
        headline=f"{resource.id} sets `{short_key(first.key)}` without effect",
        label=f"not read among {found.where}" if is_label else f"not read on kind {resource.kind}",
        why=f"{names_of(first.entry.readers)} reads it {place}. The load balancer is provisioned without this setting.",
        help=help_,
        confidence="medium",
        related=tuple(RelatedPlace(resource, (*found.path, one.key), "This one has no effect either.", "key") for one in others),
        discriminator="elsewhere",
        cause=None if others else Cause.of_alike(resource, f"set `{short_key(first.key)}` without effect", help_),
    )


def _problem(found: Ineffective, owner: Ownership, service: Resource) -> Problem:
    first, *others = found.annotations
    is_grave = found.difference is not None or found.is_open
    help_ = _way_out(found, owner, service)
    effect = ", which may have no effect" if found.why == "read-by-some" else " without effect"
    return Problem(
        path=first.path,
        at="key",
        headline=_headline(found, service),
        label="may have no effect" if found.why in _MAY_BE_READ else "has no effect",
        why=f"{capital(_reason(found, owner, service))}.{_effect(found)}",
        help=help_,
        severity="error" if is_grave else "note" if found.is_harmless else None,
        confidence=found.confidence,
        related=tuple(RelatedPlace(service, other.path, "This one has no effect either.", "key") for other in others),
        discriminator=found.why,
        cause=None if is_grave or others else Cause.of_alike(service, f"set `{short_key(first.key)}`{effect}", help_),
    )


_MAY_BE_READ = ("contested", "read-by-some")


def _headline(found: Ineffective, service: Resource) -> str:
    if found.difference is not None:
        return f"{service.id} is meant to be {_REACHES[found.difference.wish]} but will be {_REACHES[found.difference.made]}"
    if found.is_open:
        return f"{service.id} is internet-facing although an annotation restricts it"
    first, *others = found.annotations
    if found.why in _MAY_BE_READ:
        return f"{service.id} sets `{short_key(first.key)}`, which may have no effect"
    if others and found.why in _ONE_REASON:
        return f"{service.id} sets {len(found.annotations)} annotations without effect"
    if others:
        return f"{service.id} has {len(found.annotations)} annotations that no controller reads here"
    return f"{service.id} sets `{short_key(first.key)}` without effect"


def _reason(found: Ineffective, owner: Ownership, service: Resource) -> str:
    readers, it = names_of(found.annotations[0].entry.readers), "it" if len(found.annotations) == 1 else "them"
    serves = served(owner.names, owner.reason)
    reasons: dict[Why, str] = {
        "written-back": f"{readers} writes it to report the state of a live object, from which it was copied",
        "wrong-kind": f"{readers} reads {it} on kind {' or '.join(found.annotations[0].entry.kinds)} only",
        "no-load-balancer": f"{readers} provisions no load balancer for a Service of type '{effective_type(service)}'",
        "contested": f"{serves}. Its documentation contradicts itself about this key",
        "unread": f"{serves}. It does not read {'this annotation' if it == 'it' else 'these annotations'}",
        "read-by-some": f"{names_of(owner.candidates[:1])} does not read {it}, and serves the Service unless it has the class of {readers}",
        "overridden": f"`{found.other}` ({shown(stated(found.other or '', service))}) takes precedence for {owner.names}",
        "other-mode": f"{owner.names} reads {it} only {found.other}. {found.value}",
        "lacks-companion": f"{owner.names} reads it only together with `{found.other}: {found.value!r}`, which is not set",
    }
    return reasons[found.why]


def _effect(found: Ineffective) -> str:
    if found.difference is not None and found.why == "unread":
        return ""
    return " The restriction does not hold." if found.is_open else ""


_WAYS_OUT: Mapping[Why, str] = {
    "no-load-balancer": "Set `type: LoadBalancer`, or remove the annotations.",
    "other-mode": "Set what makes the controller read it, or remove it.",
    "lacks-companion": "Set that annotation too, or remove this one.",
}


def _way_out(found: Ineffective, owner: Ownership, service: Resource) -> str:
    match found.why:
        case "read-by-some":
            return _classes_for(found.annotations[0])
        case "unread":
            return _instead_of_unread(found.annotations[0], owner, service)
        case "overridden" if found.difference is not None:
            return "Set both to the same value, or remove the annotation."
        case "wrong-kind":
            return f"Move the setting to the {found.annotations[0].entry.kinds[0]}."
        case _:
            return _WAYS_OUT.get(found.why, f"Remove the annotation{'s' if len(found.annotations) > 1 else ''}.")


def _instead_of_unread(annotation: Annotation, owner: Ownership, service: Resource) -> str:
    """Name the owner's own key about exposure, and the class that gives the Service to a reader of the key, where none is set yet."""
    own = next((entry.key for name in owner.candidates for entry in catalog.exposure_keys(name)), None)
    instead = f"Set `{own}`, which {owner.names} reads." if own is not None and annotation.entry.exposure else ""
    readers = [reader for reader in annotation.entry.readers if _classes_of(reader)]
    if not readers or has_class(service) or not is_of_platform(annotation, owner):
        return instead or "Remove what has no effect."
    return f"{instead} {_classes_for(annotation)}".lstrip()


def _classes_for(annotation: Annotation) -> str:
    """Say which class gives a new Service to each reader of a key."""
    classes = [f"`{_classes_of(reader)[0]}` ({names_of([reader])})" for reader in annotation.entry.readers if _classes_of(reader)]
    return f"Create a new Service with `spec.loadBalancerClass` {' or '.join(classes)}."


def _classes_of(reader: str) -> tuple[str, ...]:
    known = controllers_catalog.controllers().get(reader)
    return tuple(row.name for row in known.service.classes) if known is not None and known.service is not None else ()
