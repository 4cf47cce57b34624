"""Detects Ingresses and IngressClasses that the API server refuses for their values."""

from collections.abc import Iterator

from k8slblint.admission.ingresses import class_refusals, ingress_refusals
from k8slblint.admission.problems import grouped, has_directive, problem_of, together
from k8slblint.admission.refusal import Refusal
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at each field that the API server of the cluster's release refuses, in its own words.

    What looks like a patch that some tool applies may lack anything: that is said with low confidence. Where the revision before shows
    that only creating the object is refused, a warning.
    """
    if resource.api_version != "networking.k8s.io/v1":
        return
    version = graph.scope(resource).kubernetes_version
    refused = list(ingress_refusals(resource, version) if resource.kind == "Ingress" else class_refusals(resource))
    if not refused or has_directive(resource):
        return
    before = graph.counterpart(resource)
    for refusal, *others in grouped(refused):
        spared = _SPARED if refusal.spares_live and isinstance(before, Found) else ""
        problem = problem_of(resource, refusal, version, spared)
        yield together(problem._replace(confidence=_confidence(resource, refusal)), resource, refusal, others)


_SPARED = " An update is accepted; a new cluster refuses it."


def _confidence(resource: Resource, refusal: Refusal) -> Confidence:
    """Doubt that a spec lacks everything: such files patch others, unless a render shows the whole object."""
    return "low" if refusal.rests_on_absence and len(refusal.path) == 1 and resource.provenance is None else "high"
