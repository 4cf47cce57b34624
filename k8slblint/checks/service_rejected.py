"""Detects Services that the API server refuses for their values."""

from collections.abc import Iterator

from k8slblint.admission.refusal import FIRST, LAST, in_words
from k8slblint.admission.services import Refusal, refusals
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.placeholders import parts_of
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem

_TYPE = "ClusterIP"
"""What a Service is that does not say its type."""


def check(service: Resource, graph: ResourceGraph, *, node_port_range: str) -> Iterator[Problem]:
    """Yield a problem at each field that the API server of the cluster's release refuses, in its own words.

    What looks like a patch that some tool applies may lack anything: that is said with low confidence. Medium is the confidence
    where a flag of the server or the live object decides. Where the revision before shows that the live object is spared, a warning.
    """
    if service.api_version != "v1":
        return
    version = graph.scope(service).kubernetes_version
    first, _, last = node_port_range.partition("-")
    refused = list(refusals(service, version, (int(first), int(last))))
    if not refused or _has_directive(service):
        return
    before = graph.counterpart(service)
    for refusal in refused:
        yield _problem(service, refusal, version, before.value if isinstance(before, Found) else None)


def _problem(service: Resource, refusal: Refusal, version: str | None, before: Resource | None) -> Problem:
    spared = _how_spared(service, refusal, before)
    answer = f"{in_words(refusal.field or refusal.path)}: {refusal.reason}"
    refuses = "refuses to create the Service" if spared else "refuses the Service"
    return Problem(
        path=refusal.path,
        message=f"{refusal.message} {_server(version)} {refuses}: {answer}.{_other_releases(refusal)}{spared}",
        severity="warning" if spared else None,
        confidence=_confidence(service, refusal),
        discriminator=refusal.reason.partition(":")[0],
    )


def _how_spared(service: Resource, refusal: Refusal, before: Resource | None) -> str:
    """Say why the update of a live Service is accepted, or nothing where it is not."""
    if before is None or before.get(*refusal.path) != service.get(*refusal.path):
        return ""
    if refusal.spares_live:
        return " The update of the live Service is accepted, because it leaves the value; a new cluster refuses it."
    if refusal.dropped_with_type and before.get("spec", "type", default=_TYPE) != service.get("spec", "type", default=_TYPE):
        return " The update of the live Service is accepted and drops the field, because `type` changes; a new cluster refuses it."
    return ""


def _server(version: str | None) -> str:
    return f"The API server of Kubernetes {version}" if version else "The API server"


def _other_releases(refusal: Refusal) -> str:
    if refusal.until < LAST:
        return f" From Kubernetes 1.{refusal.until + 1} on it is accepted."
    if refusal.since > max(FIRST, refusal.known_from):
        spared = ", and a live object may keep the value as long as nothing changes it" if refusal.spares_live else ""
        return f" Before Kubernetes 1.{refusal.since} it was accepted{spared}."
    return ""


def _confidence(service: Resource, refusal: Refusal) -> Confidence:
    if refusal.depends_on_flags or refusal.spares_live:
        return "medium"
    spec = service.mapping("spec")
    is_partial = not spec.get("selector") and not (spec.get("type") and spec.get("ports"))
    return "low" if refusal.rests_on_absence and is_partial else "high"


def _has_directive(service: Resource) -> bool:
    """Tell whether a strategic merge patch speaks: `$patch`, `$retainKeys`."""
    return any(isinstance(part, dict) and any(key.startswith("$") for key in part) for part in parts_of(service.value))
