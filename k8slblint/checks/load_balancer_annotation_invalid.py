"""Detects values of a Service's annotations that the controller does not accept, or reads differently than they look."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem, Undecided, least
from k8slblint.model.texts import LABEL, PROSE, capital, listed, quoted, sentence, served, short_key, within
from k8slblint.traffic.annotations.misread_values import Misreading, misreading
from k8slblint.traffic.annotations.service_annotations import (
    Annotation,
    Readers,
    annotations_of,
    names_of,
    readers_of,
)
from k8slblint.traffic.balancers.service_views import judged_as_service


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at each value that every controller which may read it refuses, replaces or misreads.

    An error only where the parser of the controller was read, and not its documentation alone.
    Values that are not text are refused by the API server, and left to the rules that report it. Values that are filled in later
    are undecided.
    """
    yield from judged_as_service(_of_service, resource, graph)


def _of_service(service: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    for annotation in annotations_of(service):
        if annotation.is_filled_in_later and annotation.entry.value.type != "text":
            yield Undecided(annotation.path, "the value contains a placeholder")
        elif not annotation.entry.written_by_controller and (annotation.text is not None or annotation.value == ""):
            yield from _judge(annotation, annotation.text or "", service, graph)


def _judge(annotation: Annotation, text: str, service: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    readers = readers_of(annotation, service, graph)
    verdicts = [misreading(annotation, text, reader, service, graph) for reader in readers.names]
    found = [verdict for verdict in verdicts if verdict is not None]
    if not found or len(found) < len(verdicts):
        return
    key, value = short_key(annotation.key), quoted(text, _LONGEST_VALUE)
    is_documented = annotation.entry.is_only_documented
    least_sure: Confidence = "medium" if is_documented else "high"
    yield Problem(
        path=annotation.path,
        headline=f"{service.id} sets `{key}` to {value}, {_FAULTS.get(found[0].fault, 'which is not valid')}",
        label=found[0].wrong if len(found[0].wrong) <= LABEL else "not an accepted value",
        why=_consequences(found, readers),
        help=_way_out(annotation),
        severity="warning" if is_documented else None,
        confidence=least(readers.confidence, least_sure, *(one.confidence for one in found)),
    )


_LONGEST_VALUE = 24

_FAULTS = {"public": "which is not internal", "internal": "which is not public"}


def _consequences(found: list[Misreading], readers: Readers) -> str:
    said = dict.fromkeys(verdict.then for verdict in found)
    parts = []
    for then in said:
        names = names_of([verdict.reader for verdict in found if verdict.then == then])
        parts.append(f"{names} {then}" if then else f"{names} does not accept this value")
    names = names_of([verdict.reader for verdict in found])
    return within(PROSE, sentence(capital("; ".join(parts))), sentence(served(names, readers.why)))


def _way_out(annotation: Annotation) -> str:
    shape = annotation.entry.value
    choices = [choice for choice in shape.choices if choice not in annotation.entry.deprecated_values]
    if choices and not shape.is_open:
        return f"Set {listed([repr(choice) for choice in choices], 'or', _CHOICES)}, or remove the annotation."
    default = f" The default is {annotation.entry.default}." if annotation.entry.default else ""
    return f"Correct the value, or remove the annotation.{default}"


_CHOICES = 6
