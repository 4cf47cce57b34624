"""Detects Services that the API server refuses for their values."""

from collections.abc import Iterator, Sequence

from k8slblint.admission.refusal import FIRST, LAST, in_words
from k8slblint.admission.services import NODE_PORTS, Refusal, refusals
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.placeholders import parts_of
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem, RelatedPlace
from k8slblint.model.texts import listed, middle
from k8slblint.traffic.balancers.node_port_range import is_in_range_elsewhere, shows_another_range, stated_range

_TYPE = "ClusterIP"
"""What a Service is that does not say its type."""


_DEFAULT_RANGE = f"{NODE_PORTS[0]}-{NODE_PORTS[1]}"


def check(service: Resource, graph: ResourceGraph, *, node_port_range: str) -> Iterator[Problem]:
    """Yield a problem at each field that the API server of the cluster's release refuses, in its own words.

    What looks like a patch that some tool applies may lack anything: that is said with low confidence. Medium is the confidence
    where a flag of the server or the live object decides, low where something shows that the flag is set. Where the revision before
    shows that the live object is spared, a warning.
    """
    if service.api_version != "v1":
        return
    version = graph.scope(service).kubernetes_version
    start, _, end = node_port_range.partition("-")
    stated = stated_range(service, graph) if node_port_range == _DEFAULT_RANGE else None
    first, last = stated or (int(start), int(end))
    refused = list(refusals(service, version, (first, last)))
    if not refused or _has_directive(service):
        return
    before = graph.counterpart(service)
    for refusal, *others in _grouped(refused):
        problem = _problem(service, refusal, version, before.value if isinstance(before, Found) else None)
        if refusal.depends_on_flags and not stated and _has_another_range(service, refusal, graph, (first, last)):
            problem = problem._replace(confidence="low")
        yield _together(problem, refusal, others, service) if others else problem


def _has_another_range(service: Resource, refusal: Refusal, graph: ResourceGraph, checked: tuple[int, int]) -> bool:
    """Tell whether something shows that the flag is set: what the Services ask for, or an API server that the tree sets up."""
    return shows_another_range(graph, *checked) or is_in_range_elsewhere(service.get(*refusal.path), graph)


def _grouped(refused: Sequence[Refusal]) -> list[list[Refusal]]:
    """Return the refusals by mistake, in order: those of one group are one."""
    groups: dict[object, list[Refusal]] = {}
    for number, refusal in enumerate(refused):
        groups.setdefault(refusal.group or number, []).append(refusal)
    return list(groups.values())


def _together(problem: Problem, first: Refusal, others: Sequence[Refusal], service: Resource) -> Problem:
    """Return one problem for several refusals with one cause."""
    fields = [in_words(one.path).removesuffix(".name") for one in (first, *others)]
    help_ = first.help if first.rests_on_absence else f"Remove {listed([f'`{field}`' for field in fields])}."
    return problem._replace(
        headline=f"{service.id} {first.group.format(len(others) + 1)}",
        label=f"{listed([field.removeprefix('spec.') for field in fields[1:]])} too",
        help=help_,
        related=tuple(RelatedPlace(service, one.path, "This one is refused too.") for one in others),
    )


def _problem(service: Resource, refusal: Refusal, version: str | None, before: Resource | None) -> Problem:
    spared = _how_spared(service, refusal, before)
    answer = middle(f"{in_words(refusal.field or refusal.path)}: {refusal.reason}", _LONGEST_ANSWER)
    return Problem(
        path=refusal.path,
        headline=f"{service.id} {refusal.fault}",
        label=refusal.label,
        why=f"{_server(version)} refuses {'to create it' if spared else 'it'}: {answer}.{spared or _other_releases(refusal)}",
        help=refusal.help,
        severity="warning" if spared else None,
        confidence=_confidence(service, refusal),
        discriminator=refusal.reason.partition(":")[0],
    )


_LONGEST_ANSWER = 110


def _how_spared(service: Resource, refusal: Refusal, before: Resource | None) -> str:
    """Say why the update of a live Service is accepted, or nothing where it is not."""
    if before is None or before.get(*refusal.path) != service.get(*refusal.path):
        return ""
    if refusal.spares_live:
        return " An update that keeps the value is accepted; a new cluster refuses it."
    if refusal.dropped_with_type and before.get("spec", "type", default=_TYPE) != service.get("spec", "type", default=_TYPE):
        return " The update is accepted and drops the field, because `type` changes."
    return ""


def _server(version: str | None) -> str:
    return f"Kubernetes {version}" if version else "The API server"


def _other_releases(refusal: Refusal) -> str:
    if refusal.until < LAST:
        return f" Kubernetes 1.{refusal.until + 1} and later accept it."
    if refusal.since > max(FIRST, refusal.known_from):
        return f" Kubernetes before 1.{refusal.since} accepts it."
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
