"""Detects values of a Service's annotations that the controller does not take, or does not read as they look."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, Undecided
from k8slblint.traffic.annotations.misread_values import Misreading, misreading
from k8slblint.traffic.annotations.service_annotations import (
    Annotation,
    Readers,
    annotations_of,
    names_of,
    readers_of,
    shown,
)


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at each value that every controller which may read it refuses, replaces or misreads.

    Values that are no text are refused by the API server, and left to the rules that tell so. Values that are filled in later
    are undecided.
    """
    for annotation in annotations_of(service):
        if annotation.is_filled_in_later and annotation.entry.value.type != "text":
            yield Undecided(annotation.path, "the value is filled in later")
        elif annotation.text is not None and not annotation.entry.written_by_controller:
            yield from _judge(annotation, annotation.text, service, graph)


def _judge(annotation: Annotation, text: str, service: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    readers = readers_of(annotation, service, graph)
    verdicts = [misreading(annotation, text, reader, service) for reader in readers.names]
    found = [verdict for verdict in verdicts if verdict is not None]
    if not found or len(found) < len(verdicts):
        return
    yield Problem(
        path=annotation.path,
        message=f"`{annotation.key}` is {shown(text)}, which {found[0].wrong}. {_consequences(found, readers)}{_way_out(annotation)}",
        confidence=readers.confidence,
    )


def _consequences(found: list[Misreading], readers: Readers) -> str:
    said = dict.fromkeys(verdict.then for verdict in found)
    parts = []
    for then in said:
        names = names_of([verdict.reader for verdict in found if verdict.then == then])
        told = f"{names} reads it ({readers.why})"
        parts.append(f"{told} and {then}" if then else f"{told}, and does not take this value")
    return "; ".join(parts) + "."


def _way_out(annotation: Annotation) -> str:
    shape = annotation.entry.value
    choices = [choice for choice in shape.choices if choice not in annotation.entry.deprecated_values]
    if choices and not shape.is_open:
        return f" Write {' or '.join(repr(choice) for choice in choices)}, or remove it."
    return f" Without it the default holds: {annotation.entry.default}." if annotation.entry.default else ""
