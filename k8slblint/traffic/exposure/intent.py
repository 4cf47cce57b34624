"""Whether a manifest says in plain words that a load balancer is meant for the internet.

What its author states on purpose is read as people mean it: a key about the scheme states it whichever controller reads it, and a
Service that is called `mqtt-public`, or has a class of that name, is public by design.
"""

import re
from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.traffic.annotations.service_annotations import Wish, annotations_of, wish_of
from k8slblint.traffic.ownership import ownership_of

_FOR_ALL = frozenset({"public", "external", "internet"})
_FOR_SOME = frozenset({"internal", "private", "intranet"})
"""Words of names, between hyphens or dots: `edge-external` is public, and of `external-api-internal` nobody knows."""


def is_stated_public(service: Resource, graph: ResourceGraph) -> bool:
    """Tell whether an annotation, else the class, else the name of a Service says that its load balancer is internet-facing.

    Annotations that contradict each other say nothing.
    """
    wishes = set(_wishes(service))
    if wishes:
        return wishes == {"internet"}
    load_balancer_class = ownership_of(service, graph).class_name or ""
    return any(_says_public(name) for name in (load_balancer_class, service.name))


def _wishes(service: Resource) -> Iterator[Wish]:
    for annotation in annotations_of(service):
        wish = wish_of(annotation.entry, annotation.text) if annotation.decides_exposure and annotation.text is not None else None
        if wish is not None:
            yield wish


def _says_public(name: str) -> bool:
    words = frozenset(re.split(r"[-./_]", name.lower()))
    return not words.isdisjoint(_FOR_ALL) and words.isdisjoint(_FOR_SOME)
