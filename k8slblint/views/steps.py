"""The steps of an explanation: what was asked, with answers of yes, no or unknown, as text and as JSON."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal, TypeAlias

from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Condition
from k8slblint.views.places import place

Reply: TypeAlias = Literal["yes", "no", "unknown"]


class Step(NamedTuple):
    """One question on the way of a request in a sentence that holds the answer, where that is written, and the steps that it rests on.

    `decides` tells that the answer above it rests on this one; the other steps say what else happens to requests.
    """

    reply: Reply
    text: str
    resource: Resource | None = None
    path: Path = ()
    condition: Condition | None = None
    steps: tuple["Step", ...] = ()
    decides: bool = True


_WIDTH = len("unknown")


def every(replies: Iterable[Reply]) -> Reply:
    """Return whether all are yes: one no decides."""
    found = set(replies)
    return "no" if "no" in found else "unknown" if "unknown" in found else "yes"


def some(replies: Iterable[Reply]) -> Reply:
    """Return whether one is yes: one yes decides; no where there is none at all."""
    found = set(replies)
    return "yes" if "yes" in found else "unknown" if "unknown" in found else "no"


def lines_of(step: Step, depth: int = 1) -> Iterator[str]:
    """Yield a step and those below it in text, each a line."""
    where = ""
    if step.resource is not None:
        location = step.resource.location(step.path)
        where = f"  ({location.path}:{location.span.line})"
    condition = "" if step.condition is None else f" [{step.condition.type}: {step.condition.status}, {step.condition.reason}]"
    yield f"{'  ' * depth}{step.reply:<{_WIDTH}}  {step.text}{condition}{where}"
    for one in step.steps:
        yield from lines_of(one, depth + 1)


def as_value(step: Step) -> dict[str, Any]:
    """Return a step for JSON."""
    return {
        "answer": step.reply,
        "text": step.text,
        "at": None if step.resource is None else place(step.resource, step.path),
        "condition": None if step.condition is None else step.condition._asdict(),
        "decides": step.decides,
        "steps": [as_value(one) for one in step.steps],
    }
