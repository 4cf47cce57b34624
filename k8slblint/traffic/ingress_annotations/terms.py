"""Whether a condition of the catalog holds for an Ingress: on its annotations, its fields, the parameters of its class, its controller.

Sources: `catalogs/annotations/` (`read_if` and `needs` of each product's parser).
"""

import os

from k8slblint.catalog.annotations import Term
from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.traffic.ownership.implementations import implementations
from k8slblint.traffic.ownership.ingresses import class_parameters_of, ingress_class_of
from k8slblint.traffic.ownership.stated_settings import stated_setting

_UNKNOWN = object()


def holds(term: Term, ingress: Resource, reader: str, graph: ResourceGraph) -> bool | None:
    """Tell whether a condition on the other settings of an Ingress, or of its controller `reader`, holds; None where that is not known."""
    value = _value_at(term.at, ingress, reader, graph)
    is_set = not term.texts and isinstance(value, list | dict) and bool(value)  # whatever is filled in within
    if value is _UNKNOWN or (has_placeholder(value) and not is_set):
        return None
    met = value in term.texts if term.texts else value not in (None, "", [], {})
    return met is not term.negated


def _value_at(at: str, ingress: Resource, reader: str, graph: ResourceGraph) -> object:
    if at.startswith("class."):
        return _value_of_class(at.removeprefix("class."), ingress, graph)
    if at == "paths.specific":
        return _has_specific_path(ingress)
    if at == "controller.plus":
        return _build_of(reader, ingress, graph)
    return ingress.annotations.get(at) if "/" in at else ingress.get(*at.split("."))


def _value_of_class(field: str, ingress: Resource, graph: ResourceGraph) -> object:
    parameters = class_parameters_of(ingress, graph)
    if parameters is not None:
        return parameters.get(*field.split("."))
    defined = ingress_class_of(ingress, graph)
    return _UNKNOWN if defined is not None and defined.mapping("spec", "parameters") else None


def _has_specific_path(ingress: Resource) -> object:
    """Return whether some path of an Ingress leaves to its controller how it is matched: `true` or `false`."""
    kinds = []
    for index, _ in enumerate(ingress.sequence("spec", "rules")):
        kinds += [path.get("pathType") for path in ingress.sequence("spec", "rules", index, "http", "paths") if isinstance(path, dict)]
    return _UNKNOWN if any(map(has_placeholder, kinds)) else str(any(kind in (None, "ImplementationSpecific") for kind in kinds)).lower()


def _build_of(reader: str, ingress: Resource, graph: ResourceGraph) -> object:
    """Return whether a controller has its commercial build: as it is told, or not at all where a workload without the argument is shown.

    In a collection of examples, the controller of one folder says nothing of that of another.
    """
    cluster = graph.scope(ingress).cluster
    stated = stated_setting(reader, "plus", cluster, graph)
    if isinstance(stated, Found):
        return stated.value.value
    shown = implementations(graph, cluster).get(reader)
    if isinstance(stated, Unknown) or shown is None or shown.path[-1] != "image":
        return _UNKNOWN
    is_apart = graph.is_shown_to_work(ingress.path) and os.path.dirname(ingress.path) != os.path.dirname(shown.resource.path)
    return _UNKNOWN if is_apart else "no"
