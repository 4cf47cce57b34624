"""Detects Ingresses and IngressClasses that the API server, or the webhook of their controller, refuses for their values."""

from collections.abc import Iterator

from k8slblint.admission.ingresses import class_refusals, ingress_refusals
from k8slblint.admission.problems import grouped, has_directive, problem_of, together
from k8slblint.admission.refusal import Refusal
from k8slblint.catalog import ingress as catalog
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem
from k8slblint.model.texts import LABEL, PROSE, capital, middle, sentence, within
from k8slblint.traffic.webhooks import WebhookRefusal, webhook_refusals

_LONGEST_ANSWER = 120


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at each field that the API server of the cluster's release, or a webhook in the manifests, refuses, in its words.

    What looks like a patch that some tool applies may lack anything: that is said with low confidence. Where the revision before shows
    that only creating the object is refused, a warning.
    """
    if resource.api_version != "networking.k8s.io/v1" or has_directive(resource):
        return
    yield from _of_api_server(resource, graph)
    for refusal in webhook_refusals(resource, graph) if resource.kind == "Ingress" else ():
        if _is_new(resource, refusal, graph):
            yield _of_webhook(resource, refusal)


def _of_api_server(resource: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    version = graph.scope(resource).kubernetes_version
    refused = list(ingress_refusals(resource, version) if resource.kind == "Ingress" else class_refusals(resource))
    before = graph.counterpart(resource) if refused else None
    for refusal, *others in grouped(refused):
        spared = _SPARED if refusal.spares_live and isinstance(before, Found) else ""
        problem = problem_of(resource, refusal, version, spared)
        yield together(problem._replace(confidence=_confidence(resource, refusal)), resource, refusal, others)


_SPARED = " An update is accepted; a new cluster refuses it."


def _confidence(resource: Resource, refusal: Refusal) -> Confidence:
    """Doubt that a spec lacks everything: such files patch others, unless a render shows the whole object."""
    return "low" if refusal.rests_on_absence and len(refusal.path) == 1 and resource.provenance is None else "high"


def _is_new(resource: Resource, refusal: WebhookRefusal, graph: ResourceGraph) -> bool:
    """Tell whether a webhook refuses what is there: one that only forbids new uses spares what the revision before has."""
    before = graph.counterpart(resource) if refusal.spares_live else None
    return not (isinstance(before, Found) and before.value.get(*refusal.path) == resource.get(*refusal.path))


def _of_webhook(resource: Resource, refusal: WebhookRefusal) -> Problem:
    name = catalog.controllers()[refusal.controller].name
    answer = sentence(middle(refusal.answer, _LONGEST_ANSWER))
    return Problem(
        path=refusal.path,
        headline=f"{resource.id} {refusal.fault}",
        label=refusal.label if len(refusal.label) <= LABEL else "",
        why=within(PROSE, f"The webhook of {name} refuses it: {answer}", sentence(capital(refusal.because))),
        help=refusal.help,
        at="key" if refusal.path[0] == "metadata" else "value",
        confidence=refusal.confidence,
        discriminator="webhook",
    )
