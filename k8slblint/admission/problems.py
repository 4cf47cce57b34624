"""A refusal as a problem: the server's words, the releases that share its view, and several refusals with one cause as one."""

from collections.abc import Sequence
from typing import Any

from k8slblint.admission.refusal import FIRST, LAST, Refusal, in_words
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace
from k8slblint.model.texts import listed, middle

_LONGEST_ANSWER = 110

_RELATED = 20
"""How many other fields with one cause a problem names at most; its headline counts all of them."""


def grouped(refused: Sequence[Refusal]) -> list[list[Refusal]]:
    """Return the refusals by mistake, in order: those of one group are one."""
    groups: dict[object, list[Refusal]] = {}
    for number, refusal in enumerate(refused):
        groups.setdefault(refusal.group or number, []).append(refusal)
    return list(groups.values())


def together(problem: Problem, resource: Resource, first: Refusal, others: Sequence[Refusal]) -> Problem:
    """Return the problem of the first of several refusals with one cause, in words of all; the problem itself if there is only one."""
    if not others:
        return problem
    elsewhere = [one for one in others if one.path != first.path]
    fields = [in_words(one.path).removesuffix(".name") for one in (first, *elsewhere)]
    removing = f"Remove {listed([f'`{field}`' for field in fields])}"
    help_ = first.help if first.rests_on_absence or first.one_cure else f"{removing}."
    help_ = f"{removing}, or correct `type`." if first.dropped_with_type else help_
    return problem._replace(
        headline=f"{resource.id} {first.group.format(len(others) + 1)}",
        label=f"{listed([field.removeprefix('spec.') for field in fields[1:]])} too" if elsewhere else problem.label,
        help=help_,
        related=tuple(RelatedPlace(resource, one.path, "This one is refused too.") for one in elsewhere[:_RELATED]),
    )


def problem_of(resource: Resource, refusal: Refusal, version: str | None, spared: str = "") -> Problem:
    """Return the problem of one refusal; `spared` says why the update of a live object is accepted, and makes it a warning."""
    answer = middle(f"{in_words(refusal.field or refusal.path)}: {refusal.reason}", _LONGEST_ANSWER)
    return Problem(
        path=refusal.path,
        headline=f"{resource.id} {refusal.fault}",
        label=refusal.label,
        why=f"{_server(version)} refuses {'to create it' if spared else 'it'}: {answer}.{spared or _other_releases(refusal)}",
        help=refusal.help,
        severity="warning" if spared else None,
        discriminator=refusal.reason.partition(":")[0],
    )


def has_directive(resource: Resource) -> bool:
    """Tell whether a strategic merge patch speaks: `$patch`, `$retainKeys`."""
    pending: list[Any] = [resource.value]
    for part in pending:
        if isinstance(part, dict):
            if [key for key in part if key.startswith("$")]:
                return True
            pending += [one for one in part.values() if isinstance(one, dict | list)]
        else:
            pending += [one for one in part if isinstance(one, dict | list)]
    return False


def _server(version: str | None) -> str:
    return f"Kubernetes {version}" if version else "The API server"


def _other_releases(refusal: Refusal) -> str:
    if refusal.until < LAST:
        return f" Kubernetes 1.{refusal.until + 1} and later accept it."
    if refusal.since > max(FIRST, refusal.known_from):
        return f" Kubernetes before 1.{refusal.since} accepts it."
    return ""
