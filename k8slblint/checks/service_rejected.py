"""Detects Services that the API server refuses for their values."""

from collections.abc import Callable, Iterator, Sequence

from k8slblint.admission.problems import grouped, has_directive, problem_of, together
from k8slblint.admission.services import NODE_PORTS, Refusal, refusals
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem
from k8slblint.traffic.balancers.node_port_range import is_in_range_elsewhere, is_in_use, range_of_hosts, shows_another_range, stated_range

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
    if not refused or has_directive(service):
        return
    if node_port_range == _DEFAULT_RANGE and not stated and any(one.depends_on_flags for one in refused):
        stated = range_of_hosts(service, graph)
        refused = _still_refused(refused, list(refusals(service, version, stated))) if stated else refused
    found = graph.counterpart(service)
    before = found.value if isinstance(found, Found) else None
    for is_moved, spared, (refusal, *others) in _grouped_alike(
        refused,
        lambda one: one.depends_on_flags and not stated and _has_another_range(service, one, graph, (first, last)),
        lambda one: _how_spared(service, one, before),
    ):
        problem = problem_of(service, refusal, version, spared)
        problem = problem._replace(confidence="low" if is_moved else _confidence(service, refusal))
        yield together(problem, service, refusal, others)


def _grouped_alike(
    refused: Sequence[Refusal], is_moved: Callable[[Refusal], bool], how_spared: Callable[[Refusal], str]
) -> Iterator[tuple[bool, str, list[Refusal]]]:
    """Yield the refusals by mistake, those of node ports apart where only some may be in range, or are those of the live object."""
    for group in grouped(refused):
        alike: dict[tuple[bool, str], list[Refusal]] = {}
        for one in group if group[0].depends_on_flags else group[:1]:
            alike.setdefault((is_moved(one), how_spared(one)), []).append(one)
        if not group[0].depends_on_flags:
            next(iter(alike.values())).extend(group[1:])
        yield from ((moved, spared, ones) for (moved, spared), ones in alike.items())


def _still_refused(refused: Sequence[Refusal], with_range: Sequence[Refusal]) -> list[Refusal]:
    """Return the refusals that remain with another range; what only that range refuses is not among them."""
    remaining = {one.path: one for one in with_range if one.depends_on_flags}
    return [remaining.get(one.path, one) for one in refused if not one.depends_on_flags or one.path in remaining]


def _has_another_range(service: Resource, refusal: Refusal, graph: ResourceGraph, checked: tuple[int, int]) -> bool:
    """Tell whether something shows that the flag is set: what the Services ask for, an API server that the tree sets up, or a live tree."""
    is_elsewhere = is_in_range_elsewhere(service.get(*refusal.path), graph)
    return is_elsewhere or is_in_use(service, graph) or shows_another_range(graph, *checked)


def _how_spared(service: Resource, refusal: Refusal, before: Resource | None) -> str:
    """Say why the update of a live Service is accepted, or nothing where it is not."""
    if before is None or before.get(*refusal.path) != service.get(*refusal.path):
        return ""
    if refusal.spares_live:
        return " An update that keeps the value is accepted; a new cluster refuses it."
    if refusal.dropped_with_type and before.get("spec", "type", default=_TYPE) != service.get("spec", "type", default=_TYPE):
        return " The update is accepted and drops the field, because `type` changes."
    return ""


def _confidence(service: Resource, refusal: Refusal) -> Confidence:
    if refusal.depends_on_flags or refusal.spares_live:
        return "medium"
    spec = service.mapping("spec")
    is_partial = not spec.get("selector") and not (spec.get("type") and spec.get("ports"))
    return "low" if refusal.rests_on_absence and is_partial else "high"
