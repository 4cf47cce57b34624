"""Detects values of a Service's annotations that the controller does not take, or does not read as they look."""

from collections.abc import Iterator
from typing import NamedTuple

from k8slblint.catalog import service_readers as behaviour
from k8slblint.catalog import services as catalog
from k8slblint.catalog.annotation_values import Invalid, Valid
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.service_annotations import (
    Annotation,
    Readers,
    annotations_of,
    is_unfilled,
    names_of,
    overriding,
    readers_of,
    shown,
    sounds_false,
    wish_of,
)
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, Undecided

_REFUSES = "refuses it: the load balancer is neither made nor changed until the value is right"


class _Verdict(NamedTuple):
    """What is wrong with a value (a predicate to it), and what one controller does then (a predicate to its name)."""

    reader: str
    wrong: str
    then: str | None


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at each value that every controller which may read it refuses, replaces or misreads.

    Values that are no text are refused by the API server, and left to the rules that tell so. Values that are filled in later
    are undecided.
    """
    for annotation in annotations_of(service):
        if isinstance(annotation.value, str) and is_unfilled(annotation.value) and annotation.entry.value.type != "text":
            yield Undecided(annotation.path, "the value is filled in later")
        elif annotation.text is not None and not annotation.entry.written_by_controller:
            yield from _judge(annotation, annotation.text, service, graph)


def _judge(annotation: Annotation, text: str, service: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    readers = readers_of(annotation, service, graph)
    verdicts = [_verdict(annotation, text, reader, service) for reader in readers.names]
    found = [verdict for verdict in verdicts if verdict is not None]
    if not found or len(found) < len(verdicts):
        return
    yield Problem(
        path=annotation.path,
        message=f"`{annotation.key}` is {shown(text)}, which {found[0].wrong}. {_consequences(found, readers)}{_way_out(annotation)}",
        confidence=readers.confidence,
    )


def _consequences(found: list[_Verdict], readers: Readers) -> str:
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


def _verdict(annotation: Annotation, text: str, reader: str, service: Resource) -> _Verdict | None:
    """Return what is wrong with a value for one controller, or None where nothing is known to be."""
    if overriding(annotation, reader, service):
        return None
    reading = annotation.entry.exposure.get(reader)
    if reading is not None:
        return _of_exposure(annotation, text, reader, reading)
    if behaviour.says_default(annotation.entry, text):
        return None
    wrong = _wrong_shape(annotation, text, reader)
    if wrong is None:
        return None
    then = behaviour.on_invalid(reader, annotation.entry)
    counts_as_false = then.effect == "false" or (then.effect == "unknown" and annotation.entry.value.truth in ("exact", "fold"))
    if annotation.entry.value.type == "bool" and counts_as_false and sounds_false(text):
        return None
    return _Verdict(reader, wrong, then.words)


def _of_exposure(annotation: Annotation, text: str, reader: str, reading: catalog.Reading) -> _Verdict | None:
    if text in (*reading.internal, *reading.internet):
        return None
    wish, made = wish_of(annotation.entry, text), reading.of(text)
    if made == "refused":
        known = "no truth value" if annotation.entry.value.type == "bool" else f"none of {_listed((*reading.internal, *reading.internet))}"
        return _Verdict(reader, f"is {known}", _REFUSES)
    if made == "internet" and wish != "internet":
        means = "looks like an internal load balancer but is not one" if wish else "is no word that makes a load balancer internal"
        known = _listed(reading.internal)
        return _Verdict(reader, means, f"makes the load balancer public: only {known} makes it internal")
    if made == "internal" and wish == "internet":
        return _Verdict(
            reader,
            "looks like a public load balancer but is not one",
            f"makes the load balancer internal, so that the internet does not reach it: only {_listed(reading.internet)} makes it public",
        )
    return None


def _wrong_shape(annotation: Annotation, text: str, reader: str) -> str | None:
    parsed = catalog.parse_value(annotation.entry, text)
    if isinstance(parsed, Invalid):
        return parsed.reason
    if not isinstance(parsed, Valid):
        return None
    if behaviour.keeps_blanks(reader, annotation.entry):
        kept = next((item for item in text.split(",") if item != item.strip()), None)
        if kept is not None:
            return f"holds the item {kept!r} with its blank, which is no port"
    members = behaviour.json_members(annotation.entry)
    return None if members is None else _wrong_members(parsed.value, members)


def _wrong_members(value: object, members: tuple[str, ...]) -> str | None:
    if not isinstance(value, dict):
        return "is no JSON object"
    if members and value and not any(str(key).lower() in members for key in value):
        return f"has none of the members {_listed(members)}"
    return None


def _listed(texts: tuple[str, ...]) -> str:
    return " or ".join(repr(text) for text in texts if text) or "the empty text"
