"""Detects annotations of a Service that nobody reads there: not its owner, not beside another setting, not on such a Service."""

from collections.abc import Iterator, Sequence

from k8slblint.catalog import controllers as controllers_catalog
from k8slblint.catalog import service_readers as behaviour
from k8slblint.catalog import services as catalog
from k8slblint.graph.exposure import Reach, exposure_by
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.ownership import Ownership, ownership_of
from k8slblint.graph.service_annotations import (
    ANNOTATIONS,
    Annotation,
    annotations_of,
    effective_type,
    is_written_by_controller,
    least,
    names_of,
    overriding,
    shown,
    stated,
    unread_by_owner,
    wish_of,
)
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem, RelatedPlace, Severity, Undecided

_SHOWN = 4

_TRIED_OUT = ("ci", "test")
"""Where the type of a Service is often another one than in the cluster for which the annotations are."""

_REACHES = {"internal": "internal", "internet": "internet-facing"}


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem for the annotations that have no effect: one for all that the owner does not read, and one for each other.

    An error where the load balancer is then reached from elsewhere than the annotation asks for.
    """
    annotations = annotations_of(service)
    if not annotations:
        return
    yield from (_written(annotation) for annotation in annotations if is_written_by_controller(annotation, service))
    own = [annotation for annotation in annotations if annotation.entry.decides != "status"]
    owner = ownership_of(service, graph)
    if owner.verdict == "owned":
        unread = list(unread_by_owner(own, owner))
        contested = [annotation for annotation in unread if _is_contested(annotation, owner)]
        yield from (_contested(annotation, owner) for annotation in contested)
        yield from _unread([annotation for annotation in unread if annotation not in contested], owner, service, graph)
        yield from _passed_over([annotation for annotation in own if annotation not in unread], owner, service, graph)
        return
    meant = [annotation for annotation in own if annotation.is_for_load_balancer]
    if meant and owner.verdict == "unknown":
        yield Undecided(ANNOTATIONS, f"it is not known who serves the Service: {owner.reason}")
    elif meant:
        yield from _without_load_balancer(meant, service, graph)


def _written(annotation: Annotation) -> Problem:
    names = names_of(annotation.entry.readers)
    return Problem(
        path=annotation.path,
        at="key",
        message=f"`{annotation.key}` is written by {names} to say what it has made, and nobody reads it from a manifest: it was copied "
        "from a live object, and will be overwritten or tell what is not so. Remove it.",
    )


def _without_load_balancer(meant: Sequence[Annotation], service: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    service_type = effective_type(service)
    if service_type in (None, "LoadBalancer"):
        return
    first, others = _gravest(meant)
    is_meant = service.get("spec", "type") is not None and graph.scope(service).environment not in _TRIED_OUT
    yield Problem(
        path=first.path,
        at="key",
        message=f"{_listed([first, *others])} {_have(others)} no effect: the Service is of type '{service_type}', for which "
        f"{names_of(first.entry.readers)} makes no load balancer. Set `type: LoadBalancer`, or remove the annotations.",
        confidence="medium" if is_meant else "low",
        related=_related(others, service),
    )


def _is_contested(annotation: Annotation, owner: Ownership) -> bool:
    return any(behaviour.is_contested(name, annotation.key) for name in owner.candidates)


def _contested(annotation: Annotation, owner: Ownership) -> Problem:
    return Problem(
        path=annotation.path,
        at="key",
        message=f"`{annotation.key}` ({shown(annotation.value)}) has no effect, or cannot be relied on: {owner.names} serves the Service "
        f"({owner.reason}), and its documentation says both that it reads the key and that it does not. Remove it.",
        severity="note",
        confidence=owner.confidence,
    )


def _unread(unread: Sequence[Annotation], owner: Ownership, service: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    of_platform = [annotation for annotation in unread if _is_of_platform(annotation, owner)]
    foreign = [annotation for annotation in unread if annotation not in of_platform]
    if of_platform:
        yield _unread_problem(of_platform, owner, service, graph, owner.confidence)
    if foreign:
        is_pinned = service.get("spec", "loadBalancerClass") is not None
        is_known = is_pinned or (graph.scope(service).platform_is_stated and not any(_runs_in_cluster(one) for one in foreign))
        yield _unread_problem(foreign, owner, service, graph, least(owner.confidence, "medium") if is_known else "low")


def _unread_problem(
    unread: Sequence[Annotation], owner: Ownership, service: Resource, graph: ResourceGraph, confidence: Confidence
) -> Problem:
    first, others = _gravest(unread)
    severity, effect = _effect(unread, owner, service, graph)
    return Problem(
        path=first.path,
        at="key",
        message=f"{_listed([first, *others])} {_have(others)} no effect: {owner.names} serves the Service ({owner.reason}) and does not "
        f"read {'them' if others else 'it'}.{effect}{_way_out(first, owner, service)}",
        severity=severity,
        confidence=confidence,
        related=_related(others, service),
        discriminator=",".join(annotation.key for annotation in unread),
    )


def _effect(unread: Sequence[Annotation], owner: Ownership, service: Resource, graph: ResourceGraph) -> tuple[Severity | None, str]:
    contradictions = (_contradiction(annotation, owner, service, graph) for annotation in unread)
    contradiction = next((found for found in contradictions if found is not None), None)
    if contradiction is not None:
        return "error", contradiction
    if any(annotation.entry.decides == "source-ranges" for annotation in unread) and _made(owner, service, graph) == "internet":
        return "error", " The restriction does not hold, and the load balancer is internet-facing."
    return None, ""


def _made(owner: Ownership, service: Resource, graph: ResourceGraph) -> Reach:
    """Return from where the load balancer is reached, whichever of the candidates makes it."""
    reaches = {exposure_by(name, service, graph).reach for name in owner.candidates}
    return reaches.pop() if len(reaches) == 1 else "unknown"


def _contradiction(annotation: Annotation, owner: Ownership, service: Resource, graph: ResourceGraph) -> str | None:
    """Say, as a sentence after a blank, that the load balancer is reached from elsewhere than an annotation asks for."""
    wish, made = _wish(annotation), _made(owner, service, graph)
    if wish is None or made in ("unknown", wish):
        return None
    return f" The load balancer is to be {_REACHES[wish]}, but will be {_REACHES.get(made, f'reached from the {made}')}."


def _wish(annotation: Annotation) -> str | None:
    return wish_of(annotation.entry, annotation.text) if annotation.text is not None and annotation.entry.exposure else None


def _way_out(annotation: Annotation, owner: Ownership, service: Resource) -> str:
    """Name the class that gives the Service to a reader of the key, where none is set yet, and the owner's own key."""
    classes = [name for reader in annotation.entry.readers for name in _classes_of(reader)]
    own = next((entry.key for name in owner.candidates for entry in catalog.exposure_keys(name)), None)
    instead = f" {owner.names} reads `{own}` instead." if own is not None and annotation.entry.exposure else ""
    if classes and service.get("spec", "loadBalancerClass") is None and _is_of_platform(annotation, owner):
        readers = names_of([reader for reader in annotation.entry.readers if _classes_of(reader)])
        return (
            f"{instead} For {readers} set `spec.loadBalancerClass: {classes[0]}` in a new Service: a webhook may do so when a Service is "
            "created, but nothing in the manifests says that one does."
        )
    return instead or " Remove what is not read."


def _classes_of(reader: str) -> tuple[str, ...]:
    known = controllers_catalog.controllers().get(reader)
    return tuple(row.name for row in known.service.classes) if known is not None and known.service is not None else ()


def _platforms(names: Sequence[str]) -> set[str | None]:
    known = controllers_catalog.controllers()
    return {known[name].platform for name in names if name in known}


def _is_of_platform(annotation: Annotation, owner: Ownership) -> bool:
    """Tell whether the key is one of the owner's platform, so that somebody meant it for this Service."""
    return bool(_platforms(annotation.entry.readers) & _platforms(owner.candidates) - {None})


def _runs_in_cluster(annotation: Annotation) -> bool:
    return None in _platforms(annotation.entry.readers)


def _passed_over(read: Sequence[Annotation], owner: Ownership, service: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    for annotation in read:
        if annotation.entry.decides == "source-ranges" or not annotation.is_for_load_balancer:
            continue
        others = {overriding(annotation, name, service) for name in owner.candidates}
        if None not in others:
            yield from _overridden(annotation, min(filter(None, others)), owner, service, graph)
        elif behaviour.is_ignored_without(annotation.entry):
            yield from _missing(annotation, owner, service, graph)


def _overridden(annotation: Annotation, other: str, owner: Ownership, service: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    if annotation.value in annotation.entry.deprecated_values or annotation.text is None or has_placeholder(stated(other, service)):
        return
    wish, contradiction = _wish(annotation), _contradiction(annotation, owner, service, graph)
    if wish is not None and contradiction is None:
        return  # both say the same
    yield Problem(
        path=annotation.path,
        at="key",
        message=f"`{annotation.key}` has no effect: `{other}` ({shown(stated(other, service))}) decides, and {owner.names} passes over the "
        f"annotation.{contradiction or ''} {'Make the two say the same, or remove' if contradiction else 'Remove'} the annotation.",
        severity="error" if contradiction else "note" if annotation.entry.decides == "owner" else None,
        confidence=owner.confidence,
    )


def _missing(annotation: Annotation, owner: Ownership, service: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    relation = next((relation for relation in annotation.entry.relations if relation.kind == "requires"), None)
    if relation is None or relation.value is None or _is_met(relation.other, relation.value, owner, service, graph):
        return
    off = isinstance(annotation.value, str) and annotation.value.strip().lower() == "false"
    if off or annotation.text is None:
        return
    is_public = _wish(annotation) == "internal" and _made(owner, service, graph) == "internet"
    yield Problem(
        path=annotation.path,
        at="key",
        message=f"`{annotation.key}` ({shown(annotation.value)}) has no effect: {owner.names} reads it only beside "
        f"`{relation.other}: {relation.value!r}`, which is not set.{' The load balancer will be internet-facing.' if is_public else ''} "
        "Set that too, or remove the annotation.",
        severity="error" if is_public else None,
        confidence=owner.confidence,
    )


def _is_met(other: str, value: str, owner: Ownership, service: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a required setting is there, or may be; a key about exposure is judged by what the owner makes of the Service."""
    found = stated(other, service)
    entry = catalog.find(other)
    readings = [entry.exposure[name] for name in owner.candidates if name in entry.exposure] if entry is not None else []
    if has_placeholder(found):
        return True
    if not readings:
        return bool(found == value)
    return _made(owner, service, graph) in ("unknown", readings[0].of(value))


def _gravest(annotations: Sequence[Annotation]) -> tuple[Annotation, list[Annotation]]:
    first = next((annotation for annotation in annotations if annotation.decides_exposure), annotations[0])
    return first, [annotation for annotation in annotations if annotation is not first]


def _listed(annotations: Sequence[Annotation]) -> str:
    first = annotations[0]
    others = [f"`{annotation.key.partition('/')[2]}`" for annotation in annotations[1:_SHOWN]]
    rest = len(annotations) - _SHOWN
    return ", ".join((f"`{first.key}` ({shown(first.value)})", *others)) + (f" and {rest} more" if rest > 0 else "")


def _have(others: Sequence[Annotation]) -> str:
    return "have" if others else "has"


def _related(others: Sequence[Annotation], service: Resource) -> tuple[RelatedPlace, ...]:
    return tuple(RelatedPlace(service, annotation.path, "This one has no effect either.", "key") for annotation in others)
