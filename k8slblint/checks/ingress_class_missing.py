"""Detects Ingresses that no controller, or more than one, may serve for their class, and a second default class."""

from collections.abc import Iterator

from k8slblint.catalog import CLASS_ANNOTATION, controllers
from k8slblint.catalog.ingress_serving import serving_facts
from k8slblint.graph.answers import Absent
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem, RelatedPlace
from k8slblint.model.texts import HEADLINE, LABEL, brief, fitted, listed, quoted
from k8slblint.traffic.ownership.classes import (
    class_named_by,
    classless_in,
    defaults_of,
    sharers_of_annotation,
    stated_class,
    unread_class,
    why_classes_may_be_elsewhere,
)
from k8slblint.traffic.workloads.alternatives import are_deployed_together

_LONGEST_CLASS = 30

_FIELD = ("spec", "ingressClassName")


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at the class, or at an Ingress without one; of IngressClasses at the second default one.

    Silent where the manifests do not evidently show all classes of the cluster.
    """
    if resource.kind == "IngressClass":
        yield from _second_default(resource, graph)
    else:
        stated = stated_class(resource)
        if isinstance(stated.field, str) and stated.annotation is None:
            yield from (*_not_read(resource, stated.field, graph), *_undefined(resource, stated.field, graph))
        elif stated.field is None and stated.annotation is None and not defaults_of(graph.scope(resource).cluster, graph):
            yield from _classless(resource, graph)
        elif isinstance(stated.annotation, str):
            yield from _shared(resource, stated.annotation, graph)


def _shared(ingress: Resource, annotation: str, graph: ResourceGraph) -> Iterator[Problem]:
    sharers = sharers_of_annotation(ingress, graph)
    if sharers:
        yield Problem(
            path=("metadata", "annotations", CLASS_ANNOTATION),
            headline=fitted(f"{ingress.id} may be served by several controllers", HEADLINE),
            label=fitted(f"{len(sharers)} controllers answer to {quoted(annotation, _LONGEST_CLASS)}", LABEL),
            why=f"{_names(tuple(sharers))} are installed and read this annotation: each serves it, and its status shows one of them.",
            help="Name the class in `spec.ingressClassName`: an IngressClass belongs to one controller.",
            confidence="medium",
        )


def _second_default(ingress_class: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    defaults = defaults_of(graph.scope(ingress_class).cluster, graph)
    if ingress_class in defaults[1:2] and are_deployed_together(defaults[0], ingress_class, graph):
        yield Problem(
            path=("metadata", "annotations"),
            headline=fitted(f"{ingress_class.id} is a default class beside {defaults[0].name}", HEADLINE),
            label="the second default class",
            why="The API server refuses a new Ingress without a class while two classes are the default one.",
            help="Keep `ingressclass.kubernetes.io/is-default-class` on one class only.",
            at="key",
            confidence="high" if defaults[0].path == ingress_class.path else "medium",
            related=(RelatedPlace(defaults[0], ("metadata", "name"), f"{defaults[0].id} is the default too."),),
        )


def _not_read(ingress: Resource, named: str, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a class in the field whose controllers read only the annotation, unless another one has an object for it."""
    readers = unread_class(ingress, graph)
    if readers:
        who = listed([one.name for one in readers], "or")
        is_sure = any(one.platform == graph.scope(ingress).provider for one in readers)
        yield Problem(
            path=_FIELD,
            headline=fitted(f"{ingress.id} has its class where {brief(who)} does not read it", HEADLINE),
            label=fitted(f"{quoted(named, _LONGEST_CLASS)} is read from the annotation only", LABEL),
            why=f"{who} reads `{CLASS_ANNOTATION}`, and leaves an Ingress with only `ingressClassName` to others: no controller serves it.",
            help=f"Write the annotation `{CLASS_ANNOTATION}: {named}`, and remove the field.",
            confidence="high" if is_sure else "medium",
        )


def _undefined(ingress: Resource, named: str, graph: ResourceGraph) -> Iterator[Problem]:
    found = class_named_by(ingress, graph)
    if isinstance(found, Absent):
        near = f"similar: {listed([quoted(name, _LONGEST_CLASS) for name in found.near])}" if found.near else "no IngressClass of this name"
        yield Problem(
            path=_FIELD,
            headline=fitted(f"{ingress.id} names class {quoted(named, _LONGEST_CLASS)}, which no manifest defines", HEADLINE),
            label=fitted(near, LABEL),
            why="Controllers look up the IngressClass and leave an Ingress alone when it does not exist. No event says so.",
            help=f"Write `ingressClassName: {found.near[0]}`." if found.near else "Correct the name, or add the IngressClass.",
            confidence="high" if found.near else "medium",
        )


def _classless(ingress: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    scope = graph.scope(ingress)
    found = classless_in(scope.cluster, graph)
    if len(found.takers) > 1:
        why = f"{_names(found.takers)} serve Ingresses without a class: each answers for its hosts, and the status shows one of them."
        yield _without_class(ingress, "may be served by several controllers", why, "medium")
    elif not found.takers and not found.unsure and found.others and why_classes_may_be_elsewhere(scope.cluster, graph) is None:
        is_sure = scope.provider in serving_facts().classless_ignored_on
        why = f"No IngressClass in the manifests is the default one, and {_names(found.others)} ignores an Ingress without a class."
        yield _without_class(ingress, "has no class, and there is no default one", why, "medium" if is_sure else "low")


def _without_class(ingress: Resource, fault: str, why: str, confidence: Confidence) -> Problem:
    return Problem(
        path=(),
        headline=fitted(f"{ingress.id} {fault}", HEADLINE),
        label="no `ingressClassName`",
        why=why,
        help="Write `ingressClassName` in `spec`.",
        confidence=confidence,
    )


def _names(found: tuple[str, ...]) -> str:
    known = controllers.controllers()
    return listed([known[name].name for name in found])
