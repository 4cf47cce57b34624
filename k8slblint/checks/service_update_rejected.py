"""Detects changes of a Service or an IngressClass that the API server refuses: fields that are immutable once set."""

from collections.abc import Iterator

from k8slblint.admission.refusal import in_words
from k8slblint.admission.services import Refusal
from k8slblint.admission.services.updates import update_refusals
from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.model.texts import middle, quoted

_WAY_OUT = {
    "Service": "Restore the field. To change it, create a second Service, move clients and DNS to it, then delete this one.",
    "IngressClass": "Restore the field, and create a second IngressClass for the other controller.",
}


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at each field whose change the API server refuses, so that the update is not applied."""
    if graph.base_part is None:
        return
    before = graph.counterpart(resource)
    if isinstance(before, Unknown):
        yield Undecided(("metadata", "name"), before.reason)
    elif isinstance(before, Found):
        for refusal in update_refusals(before.value, resource):
            yield _problem(before.value, resource, refusal) if isinstance(refusal, Refusal) else refusal


def _problem(before: Resource, after: Resource, refusal: Refusal) -> Problem:
    answer = middle(f"{in_words(refusal.field or refusal.path)}: {refusal.reason}", _LONGEST_ANSWER)
    return Problem(
        path=refusal.path,
        headline=f"{after.id} {refusal.fault}",
        label=refusal.label,
        why=f"The API server refuses the whole update: {answer}.",
        help=_WAY_OUT[after.reads_as],
        confidence="medium" if refusal.may_be_set_live or after.kind == HELM_VALUES else "high",
        related=(RelatedPlace(before, refusal.path, _describe_before(before, refusal)),),
        discriminator=refusal.reason.partition(":")[0],
    )


_LONGEST_ANSWER = 150


def _describe_before(before: Resource, refusal: Refusal) -> str:
    value = before.get(*refusal.path)
    if value is None or isinstance(value, dict | list):
        return f"`{in_words(refusal.path)}` {'was not set' if value is None else 'before the change'}."
    return f"`{in_words(refusal.path)}` was {quoted(value)}."
