"""Detects Services whose selector matches no Pods."""

from collections.abc import Iterator

from k8slblint.graph.answers import Found
from k8slblint.graph.containers import pod_labels
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.unrendered import left_out_beside, unrendered_around
from k8slblint.graph.relations.workloads import why_labels_are_unsure, workloads_beside, workloads_of
from k8slblint.graph.selectors import matches_labels
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem, RelatedPlace, Undecided
from k8slblint.model.texts import middle
from k8slblint.traffic.workloads.meant import Meant, in_words, may_be_alias, meant_by
from k8slblint.traffic.workloads.overlays import beside_of_same_base, made_of_same_base, overlay_of
from k8slblint.traffic.workloads.selection import (
    have_neighbours_pods,
    is_of_bundle,
    is_served_otherwise,
    operator_of_selector,
    pod_beyond_replicas,
    selects_by_runtime_labels,
    why_pods_may_be_elsewhere,
)

_SELECTOR = ("spec", "selector")

_OF_BUNDLE = "an operator bundle has no namespaces: all of it is installed in one"


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at `spec.selector` of a Service that selects no Pods of its namespace, with the workload that was meant.

    Certain where such a workload stands out and all of the cluster was read. Undecided where the Pods may come from elsewhere:
    from an operator, a chart that was not rendered, another repository.
    """
    if service.api_version != "v1" or is_served_otherwise(service, graph):
        return
    if isinstance(workloads_of(service, graph), Found):
        return
    doubt = _why_unreadable(service, graph)
    if doubt:
        yield Undecided(_SELECTOR, doubt)
        return
    beyond = pod_beyond_replicas(service, graph)
    if beyond:
        yield _beyond_replicas(service, *beyond, graph)
        return
    if selects_by_runtime_labels(service, graph):
        return
    unrendered = unrendered_around(service, graph) if service.provenance is None else None
    doubt = f"'{unrendered}', which could not be rendered, may add the labels" if unrendered else operator_of_selector(service, graph)
    doubt = doubt or left_out_beside(service, graph)
    meant = None if doubt else meant_by(service, graph)
    is_elsewhere = meant is not None and meant.workload.namespace != service.namespace
    doubt = doubt or (_OF_BUNDLE if is_elsewhere and is_of_bundle(service) else None)
    doubt = doubt or (None if meant else why_pods_may_be_elsewhere(service, graph))
    if doubt:
        yield Undecided(_SELECTOR, doubt)
        return
    if not (meant and _is_refused(meant.workload, service)):
        problem = _problem(service, meant, graph)
        sound = None if is_elsewhere else _where_selected(service, graph)
        yield _in_one_overlay(problem, service, *sound, graph) if sound else problem


def _is_refused(workload: Resource, service: Resource) -> bool:
    """Tell whether a workload selects what a Service selects, and its own Pods do not have it: it is refused, which is told there."""
    own = workload.mapping(*_SELECTOR, "matchLabels")
    is_meant = workload.api_version == "apps/v1" and matches_labels(service.mapping(*_SELECTOR), own)
    return is_meant and not matches_labels(own, pod_labels(workload))


def _why_unreadable(service: Resource, graph: ResourceGraph) -> str | None:
    selector = service.mapping(*_SELECTOR)
    if has_placeholder(selector):
        return f"the selector of {service.id} contains a placeholder"
    if not all(isinstance(value, str) for value in selector.values()):
        return f"the selector of {service.id} contains what is not text"
    return why_labels_are_unsure(service, graph)


def _problem(service: Resource, meant: Meant | None, graph: ResourceGraph) -> Problem:
    related: tuple[RelatedPlace, ...] = ()
    near = "No Pod template in its namespace has these labels."
    if meant:
        near = f"{meant.workload.kind} {middle(meant.workload.name, _LONGEST_NAME)} {meant.how}."
        related = (RelatedPlace(meant.workload, meant.path, f"{meant.workload.kind} {meant.workload.name} {meant.how}."),)
    return Problem(
        path=_SELECTOR,
        headline=f"{service.id} selects no Pods",
        label=f"no Pods have {middle(in_words(service.mapping(*_SELECTOR)), _LONGEST_SELECTOR)}",
        why=f"{near} {_effect(service)}",
        help="Select labels that the Pods have, or add these labels to the Pods.",
        confidence=_confidence(service, meant, graph),
        related=related,
    )


def _where_selected(service: Resource, graph: ResourceGraph) -> tuple[Resource, Resource] | None:
    """Return what another overlay makes of the Service, where it selects Pods there, and the workload that these are of.

    One chart with other values is no other overlay.
    """
    for other in (one for one in made_of_same_base(service, graph) if overlay_of(one) != overlay_of(service)):
        found = workloads_of(other, graph)
        beside = [one for one in found.value if one.path == other.path] if isinstance(found, Found) else []
        if beside:
            return other, beside[0]
    return None


def _in_one_overlay(problem: Problem, service: Resource, sound: Resource, selected: Resource, graph: ResourceGraph) -> Problem:
    """Return the problem of an overlay that keeps the Service from its Pods: the base is right, as another overlay of it shows."""
    here, there = (middle(overlay_of(one), _LONGEST_OVERLAY) for one in (service, sound))
    mapping = service.mapping(*_SELECTOR)
    own = None if mapping != sound.mapping(*_SELECTOR) else beside_of_same_base(service, selected, graph)
    return problem._replace(
        headline=f"{service.id} selects no Pods in {here}",
        why=f"In {there} the same base selects Pods of {selected.kind} {middle(selected.name, _LONGEST_NAME)}. {_effect(service)}",
        help=f"Make selector and Pod labels agree in {here}. Leave the base as it is: {there} needs it.",
        related=(RelatedPlace(service, _SELECTOR, "The Service of the base."), *problem.related),
        written_at=RelatedPlace(own or service, (), "", "overlay"),
    )


_LONGEST_OVERLAY = 26

_LONGEST_NAME = 40

_LONGEST_SELECTOR = 45


def _effect(service: Resource) -> str:
    if service.get("spec", "clusterIP") == "None":
        return "Its DNS name resolves to no address."
    return "Without endpoints connections are refused, and an Ingress answers 503."


def _confidence(service: Resource, meant: Meant | None, graph: ResourceGraph) -> Confidence:
    if meant:
        return "high" if graph.is_complete(graph.scope(service).cluster) else "medium"
    beside = [one for one in workloads_beside(service, graph) if one.path == service.path]
    is_for_others = all(may_be_alias(service, pod_labels(one), graph) for one in beside)  # another release may bring the Pods
    return "medium" if (beside and not is_for_others) or have_neighbours_pods(service, graph) else "low"


def _beyond_replicas(service: Resource, workload: Resource, first: int, last: int, graph: ResourceGraph) -> Problem:
    pods = f"'{workload.name}-{first}' to '{workload.name}-{last}'" if last > first else f"only '{workload.name}-{first}'"
    has = f"has {pods}" if last >= first else "has none"
    return Problem(
        path=_SELECTOR,
        headline=f"{service.id} selects a Pod that its StatefulSet does not have",
        label=f"StatefulSet {middle(workload.name, _LONGEST_NAME)} {has}",
        why=f"The selector names one Pod: {middle(in_words(service.mapping(*_SELECTOR)), _LONGEST_NAME * 2)}. {_effect(service)}",
        help="Raise `spec.replicas` of the StatefulSet, or remove the Service.",
        confidence="high" if graph.is_complete(graph.scope(service).cluster) else "medium",
        related=(RelatedPlace(workload, ("spec", "replicas"), f"StatefulSet {workload.name} {has}."),),
    )
