"""Detects objects of MetalLB that MetalLB refuses."""

from collections.abc import Iterator

from k8slblint.admission.metallb import metallb_refusals
from k8slblint.admission.problems import has_directive
from k8slblint.admission.refusal import Refusal, in_words
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem, RelatedPlace
from k8slblint.model.texts import middle
from k8slblint.traffic.metallb.relations import joint_refusals

_LONGEST_ANSWER = 90


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at each field that MetalLB refuses, by itself or beside other objects of its namespace."""
    if has_directive(resource):
        return
    for refusal in metallb_refusals(resource):
        yield _problem(resource, refusal, confidence=_confidence(resource, refusal))
    for joint in joint_refusals(resource, graph):
        other = (RelatedPlace(joint.other, (), "Both are of one configuration."),) if joint.other is not None else ()
        yield _problem(resource, joint.refusal, confidence=joint.confidence)._replace(related=other)


def _confidence(resource: Resource, refusal: Refusal) -> Confidence:
    """Doubt that a spec lacks something: such a file may patch another, unless a render shows the whole object."""
    return "low" if refusal.rests_on_absence and resource.provenance is None and len(resource.mapping("spec")) < _WHOLE else "high"


_WHOLE = 2
"""Fields of a spec with which it is more than a patch."""


def _problem(resource: Resource, refusal: Refusal, confidence: Confidence) -> Problem:
    answer = middle(f"{in_words(refusal.path)}: {refusal.reason}" if refusal.path else refusal.reason, _LONGEST_ANSWER)
    return Problem(
        path=refusal.path,
        headline=f"{resource.id} {refusal.fault}",
        label=refusal.label,
        why=f"MetalLB's webhook refuses it: {answer}. Without the webhook all of its configuration is invalid, and speakers keep the last "
        "good one.",
        help=refusal.help,
        confidence=confidence,
        discriminator=refusal.reason.partition(":")[0],
    )
