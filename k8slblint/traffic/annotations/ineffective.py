"""Which load balancer annotations of a Service have no effect, and why: written by a controller, unread, overridden, or on another type.

Sources: `catalogs/annotations/` says who reads a key, what overrides it and what is passed over.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

from k8slblint.catalog import controllers as controllers_catalog
from k8slblint.catalog import service_readers as behaviour
from k8slblint.catalog import services as catalog
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.live import is_live
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, least
from k8slblint.traffic.annotations.modes import mode_that_lacks
from k8slblint.traffic.annotations.service_annotations import (
    Annotation,
    Wish,
    annotations_of,
    effective_type,
    is_written_by_controller,
    misplaced_annotations,
    overriding,
    sounds_false,
    stated,
    unread_by_owner,
    wish_of,
)
from k8slblint.traffic.exposure import Reach, exposure_by
from k8slblint.traffic.ownership import Ownership, has_class, ownership_of
from k8slblint.traffic.ownership.implementations import implementations
from k8slblint.traffic.ownership.services import announces_addresses

Why: TypeAlias = Literal[
    "written-back", "wrong-kind", "no-load-balancer", "contested", "unread", "read-by-some", "overridden", "lacks-companion", "other-mode"
]
"""The controller writes the key itself, or reads it on another kind only; the Service has no load balancer; the owner's documentation
says both; the owner does not read the key; only some of those that may be the owner read it; another key or field decides; the owner
reads the key only beside another one, or in another mode of the load balancer."""

_TRIED_OUT = ("ci", "test")
"""Where the type of a Service is often another one than in the cluster for which the annotations are."""


class Difference(NamedTuple):
    """From where an annotation wants the load balancer reached, and from where it is."""

    wish: Wish
    made: Reach


class Ineffective(NamedTuple):
    """Annotations that have no effect for one reason, the gravest first.

    `other` is the key or field that decides or is missing, `value` what it would have to be; for another mode, these are the words for
    the mode, and the sentence about what is lost. `difference` is there where the load
    balancer is reached from elsewhere than one of them asks for. `is_open` tells that source ranges do not hold on a public one,
    `is_harmless` that nothing would change without them.
    """

    why: Why
    annotations: tuple[Annotation, ...]
    confidence: Confidence
    other: str | None = None
    value: str | None = None
    difference: Difference | None = None
    is_open: bool = False
    is_harmless: bool = False


def ineffective_annotations(service: Resource, graph: ResourceGraph) -> Iterator[Ineffective]:
    """Yield what has no effect among the annotations of a Service; nothing that rests on an unknown owner."""
    annotations, misplaced = annotations_of(service), misplaced_annotations(service)
    for annotation in (*annotations, *misplaced):
        if is_written_by_controller(annotation, service):
            yield Ineffective("written-back", (annotation,), "high")
    elsewhere = [one for one in misplaced if not one.entry.written_by_controller and _may_be_here(one, service, graph)]
    if elsewhere:
        yield Ineffective("wrong-kind", _gravest_first(elsewhere), "medium")
    own = [annotation for annotation in annotations if not annotation.entry.written_by_controller]
    if not own:
        return
    owner = ownership_of(service, graph)
    if owner.verdict == "owned":
        unread = list(unread_by_owner(own, owner))
        yield from _unread(unread, owner, service, graph)
        yield from _read_by_some(own, owner, service, graph)
        yield from _passed_over([annotation for annotation in own if annotation not in unread], owner, service, graph)
    elif owner.verdict == "nobody":
        yield from _without_load_balancer([annotation for annotation in own if annotation.is_for_load_balancer], service, graph)


def _may_be_here(annotation: Annotation, service: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a reader of a key may run on the platform of a Service."""
    platforms = _platforms(annotation.entry.readers)
    return graph.scope(service).provider in (*platforms, "unknown") or None in platforms


def is_of_platform(annotation: Annotation, owner: Ownership) -> bool:
    """Tell whether a key is one of the owner's platform, so that somebody meant it for this Service."""
    return bool(_platforms(annotation.entry.readers) & _platforms(owner.candidates) - {None})


def _without_load_balancer(meant: Sequence[Annotation], service: Resource, graph: ResourceGraph) -> Iterator[Ineffective]:
    if not meant or effective_type(service) in (None, "LoadBalancer") or _was_load_balancer(service, graph):
        return
    is_meant = service.get("spec", "type") is not None and graph.scope(service).environment not in _TRIED_OUT
    yield Ineffective("no-load-balancer", _gravest_first(meant), "medium" if is_meant else "low")


def _was_load_balancer(service: Resource, graph: ResourceGraph) -> bool:
    """Tell whether the Service is of type LoadBalancer in the earlier revision: its controller needs the annotations for the clean-up."""
    before = graph.counterpart(service)
    return isinstance(before, Found) and before.value.get("spec", "type") == "LoadBalancer"


def _unread(unread: Sequence[Annotation], owner: Ownership, service: Resource, graph: ResourceGraph) -> Iterator[Ineffective]:
    contested = [one for one in unread if any(behaviour.is_contested(name, one.key) for name in owner.candidates)]
    for annotation in contested:
        yield Ineffective("contested", (annotation,), "low", is_harmless=True)
    of_platform = [one for one in unread if one not in contested and is_of_platform(one, owner)]
    foreign = [one for one in unread if one not in contested and one not in of_platform]
    if of_platform:
        found = _together(of_platform, owner.confidence, owner, service, graph)
        opens = found.difference is not None and found.difference.made == "internet"
        yield found._replace(confidence="medium") if opens and found.confidence == "low" else found  # who may be wrong, the harm is great
    if foreign:
        is_pinned = has_class(service)
        may_run_here = any(None in _platforms(one.entry.readers) for one in foreign)
        is_known = is_pinned or (graph.scope(service).platform_is_stated and not may_run_here) or _has_left(foreign, owner, service, graph)
        yield _together(foreign, least(owner.confidence, "medium") if is_known else "low", owner, service, graph)


def _has_left(foreign: Sequence[Annotation], owner: Ownership, service: Resource, graph: ResourceGraph) -> bool:
    """Tell whether all readers of keys give out addresses of the site as the owner does, which the manifests install instead of them."""
    readers = {reader for one in foreign for reader in one.entry.readers}
    shown = implementations(graph, graph.scope(service).cluster)
    return set(owner.candidates) <= shown.keys() and all(map(announces_addresses, {*readers, *owner.candidates}))


def _read_by_some(own: Sequence[Annotation], owner: Ownership, service: Resource, graph: ResourceGraph) -> Iterator[Ineffective]:
    """Yield the keys on AWS that the controller which the manifest asks for does not read, while another may take the Service.

    With low confidence where the other one serves Ingresses of the cluster: it is there, and gives new Services its class.
    """
    first = owner.candidates[0]
    if owner.on_aws not in _OF_CLOUD_PROVIDER or len(owner.candidates) == 1:
        return
    found = [one for one in own if one.is_for_load_balancer and catalog.is_read_by(first, one.key) is False]
    if not found:
        return
    by_first = exposure_by(first, service, graph).reach
    differs = any(_wish(one) not in (None, by_first) for one in found)
    is_there = bool(graph.derived(_servers_of_ingresses).get(graph.scope(service).cluster, frozenset()).intersection(owner.candidates[1:]))
    confidence: Confidence = "medium" if (owner.on_aws == "ccm-nlb" or differs) and not is_there else "low"
    yield Ineffective("read-by-some", _gravest_first(found), least(owner.confidence, confidence))


def _servers_of_ingresses(graph: ResourceGraph) -> dict[str, frozenset[str]]:
    """Return by cluster the controllers that most likely serve its Ingresses."""
    found: dict[str, set[str]] = {}
    for ingress in graph.of_type(*INGRESS_KINDS):
        found.setdefault(graph.scope(ingress).cluster, set()).update(ownership_of(ingress, graph).candidates[:1])
    return {cluster: frozenset(names) for cluster, names in found.items()}


_OF_CLOUD_PROVIDER = ("ccm-classic", "ccm-nlb")
"""What the decision table of AWS calls cloud-provider-aws."""


def _together(
    unread: Sequence[Annotation], confidence: Confidence, owner: Ownership, service: Resource, graph: ResourceGraph
) -> Ineffective:
    differences = (_difference(annotation, owner, service, graph) for annotation in unread)
    restricts = any(annotation.entry.decides == "source-ranges" for annotation in unread)
    return Ineffective(
        "unread",
        _gravest_first(unread),
        confidence,
        difference=next((found for found in differences if found is not None), None),
        is_open=restricts and _made(owner, service, graph) == "internet",
    )


def _passed_over(read: Sequence[Annotation], owner: Ownership, service: Resource, graph: ResourceGraph) -> Iterator[Ineffective]:
    """Yield what the owner knows and passes over; which source ranges hold is a matter of its own."""
    yield from _in_other_mode(read, owner, service, graph)
    for annotation in read:
        if annotation.entry.decides == "source-ranges" or not annotation.is_for_load_balancer or annotation.text is None:
            continue
        others = {overriding(annotation, name, service) for name in owner.candidates}
        if None not in others:
            yield from _overridden(annotation, min(filter(None, others)), owner, service, graph)
        elif behaviour.is_ignored_without(annotation.entry):
            yield from _lacking_companion(annotation, owner, service, graph)


def _in_other_mode(read: Sequence[Annotation], owner: Ownership, service: Resource, graph: ResourceGraph) -> Iterator[Ineffective]:
    """Yield what nobody who may serve the Service reads in the mode that it is in, together by what is lost."""
    lost: dict[str, list[Annotation]] = {}
    modes: dict[str, catalog.Mode] = {}
    for annotation in read:
        answers = [mode_that_lacks(annotation.entry, name, service, graph, annotation.key) for name in owner.candidates]
        found = [answer.value for answer in answers if isinstance(answer, Found) and answer.value.lost]
        if len(found) == len(answers) and annotation.text is not None and not sounds_false(annotation.text):
            lost.setdefault(found[0].words, []).append(annotation)
            modes.setdefault(found[0].words, found[0])
    for words, annotations in lost.items():
        confidence = least(owner.confidence, modes[words].confidence)
        differences = (_difference(annotation, owner, service, graph) for annotation in annotations)
        difference = next((one for one in differences if one is not None), None)
        ordered = _gravest_first(annotations)
        yield Ineffective("other-mode", ordered, confidence, other=words, value=modes[words].lost, difference=difference)


def _overridden(annotation: Annotation, other: str, owner: Ownership, service: Resource, graph: ResourceGraph) -> Iterator[Ineffective]:
    if annotation.value in annotation.entry.deprecated_values or has_placeholder(stated(other, service)):
        return
    difference = _difference(annotation, owner, service, graph)
    says_the_same = difference is None and _wish(annotation) is not None
    is_harmless = difference is None and annotation.entry.decides == "owner"
    if not says_the_same and not (is_harmless and is_live(service)):  # in a live object a webhook may have set the class
        yield Ineffective("overridden", (annotation,), owner.confidence, other, difference=difference, is_harmless=is_harmless)


def _lacking_companion(annotation: Annotation, owner: Ownership, service: Resource, graph: ResourceGraph) -> Iterator[Ineffective]:
    relation = next((relation for relation in annotation.entry.relations if relation.kind == "requires"), None)
    if relation is None or relation.value is None or (annotation.entry.value.type == "bool" and sounds_false(str(annotation.value))):
        return
    if not _is_met(relation.other, relation.value, owner, service, graph):
        difference = _difference(annotation, owner, service, graph) or _wished_beside(relation, owner, service, graph)
        yield Ineffective("lacks-companion", (annotation,), owner.confidence, relation.other, relation.value, difference)


def _is_met(other: str, value: str, owner: Ownership, service: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a required setting is there, or may be; a key about exposure is judged by what the owner makes of the Service."""
    found = stated(other, service)
    if has_placeholder(found):
        return True
    entry = catalog.find(other)
    readings = [entry.exposure[name] for name in owner.candidates if name in entry.exposure] if entry is not None else []
    return _made(owner, service, graph) in ("unknown", readings[0].of(value)) if readings else bool(found == value)


def _wished_beside(relation: catalog.Relation, owner: Ownership, service: Resource, graph: ResourceGraph) -> Difference | None:
    """Return the difference where the required setting would make the load balancer internal, and without it the internet reaches it."""
    entry, made = catalog.find(relation.other), _made(owner, service, graph)
    wishes = {entry.exposure[name].of(relation.value or "") for name in owner.candidates if name in entry.exposure} if entry else set()
    return Difference("internal", made) if wishes == {"internal"} and made == "internet" else None


def _made(owner: Ownership, service: Resource, graph: ResourceGraph) -> Reach:
    """Return from where the load balancer is reached, whichever of the candidates makes it."""
    reaches = {exposure_by(name, service, graph).reach for name in owner.candidates}
    return reaches.pop() if len(reaches) == 1 else "unknown"


def _difference(annotation: Annotation, owner: Ownership, service: Resource, graph: ResourceGraph) -> Difference | None:
    wish, made = _wish(annotation), _made(owner, service, graph)
    return None if wish is None or made in ("unknown", wish) else Difference(wish, made)


def _wish(annotation: Annotation) -> Wish | None:
    return wish_of(annotation.entry, annotation.text) if annotation.text is not None and annotation.entry.exposure else None


def _gravest_first(annotations: Sequence[Annotation]) -> tuple[Annotation, ...]:
    return tuple(sorted(annotations, key=lambda annotation: not annotation.decides_exposure))


def _platforms(names: Sequence[str]) -> set[str | None]:
    known = controllers_catalog.controllers()
    return {known[name].platform for name in names if name in known}
