"""Detects Services that the API server refuses for their values."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.validation import Refusal, refusals
from k8slblint.graph.validation.refusal import FIRST, LAST, in_words
from k8slblint.model.placeholders import parts_of
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem


def check(service: Resource, graph: ResourceGraph, *, node_port_range: str) -> Iterator[Problem]:
    """Yield a problem at each field that the API server of the cluster's release refuses, in its own words.

    What looks like a patch that some tool applies may lack anything: that is said with low confidence. Medium is the confidence
    where a flag of the server or the live object decides.
    """
    if service.api_version != "v1" or _has_directive(service):
        return
    version = graph.scope(service).kubernetes_version
    first, _, last = node_port_range.partition("-")
    for refusal in refusals(service, version, (int(first), int(last))):
        answer = f"{in_words(refusal.field or refusal.path)}: {refusal.reason}"
        yield Problem(
            path=refusal.path,
            message=f"{refusal.message} {_server(version)} refuses the Service: {answer}.{_other_releases(refusal)}",
            confidence=_confidence(service, refusal),
            discriminator=refusal.reason.partition(":")[0],
        )


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
