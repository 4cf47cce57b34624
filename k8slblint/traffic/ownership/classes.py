"""What the class of an Ingress means where it is not that of one object: an annotation, two classes, none, or one that does not exist.

Sources: Kubernetes `plugin/pkg/admission/network/defaultingressclass/admission.go` (an Ingress without field and annotation gets the
default class); how each controller reads classes is in `catalogs/ingress-serving.json`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from k8slblint.catalog import CLASS_ANNOTATION
from k8slblint.catalog import ingress as catalog
from k8slblint.catalog.annotation_values import TRUE_IN_GO
from k8slblint.catalog.controllers import controllers_of_chart, controllers_of_image
from k8slblint.catalog.ingress_serving import ClassReading, serving_facts
from k8slblint.graph.answers import Absent, Answer, Found, Unknown
from k8slblint.graph.containers import main_containers_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_CLASS, INGRESS_KINDS
from k8slblint.model.placeholders import has_placeholder, is_blank
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.near_names import is_slip
from k8slblint.traffic.ownership.deployed_charts import chart_of
from k8slblint.traffic.ownership.implementations import implementations, names_in_settings
from k8slblint.traffic.ownership.ingresses import is_default_class
from k8slblint.traffic.ownership.stated_settings import value_at


class Annotated(NamedTuple):
    """An Ingress that names its class in the annotation: who reads it so (ids), and what its field says, None without one.

    `readers` are the controllers that the annotation may mean, `by_field` those of the field.
    """

    value: str
    field: str | None
    readers: tuple[str, ...]
    by_field: tuple[str, ...]


def annotated_class(ingress: Resource, graph: ResourceGraph) -> Annotated | None:
    """Return what an Ingress says by the annotation, None where it has none that can be read."""
    value, field = ingress.annotations.get(CLASS_ANNOTATION), ingress.get("spec", "ingressClassName")
    if not isinstance(value, str) or not value or has_placeholder(value) or is_blank(value):
        return None
    stated = field if isinstance(field, str) and not has_placeholder(field) else None
    return Annotated(value, stated, _meant(value, ingress, graph, of_annotation=True), _of_field(stated, ingress, graph))


_KUBERNETES = ("", "kubernetes.io", "networking.k8s.io", "networking.kubernetes.io")
_LIKE_CLASS = frozenset({"ingressclass", "ingressclassname", "specingressclassname"})


def class_nobody_reads(ingress: Resource) -> tuple[str, str] | None:
    """Return the annotation of an Ingress that is to name its class, and the name, where nothing else does.

    A key of another domain may be read.
    Source: kubernetes/api networking/v1beta1/well_known_annotations.go (`AnnotationIngressClass`).
    """
    if stated_class(ingress) != (None, None):
        return None
    for key, value in ingress.annotations.items():
        domain, _, name = key.rpartition("/")
        is_like_it = domain in _KUBERNETES and "".join(filter(str.isalnum, name)).lower() in _LIKE_CLASS
        if is_like_it and isinstance(value, str) and not has_placeholder(value):
            return key, value
    return None


class Stated(NamedTuple):
    """What an Ingress says of its class, as written: the annotation and the field, None where they are missing."""

    annotation: object
    field: object


def stated_class(ingress: Resource) -> Stated:
    """Return what an Ingress says of its class."""
    return Stated(ingress.annotations.get(CLASS_ANNOTATION), ingress.get("spec", "ingressClassName"))


def unread_class(ingress: Resource, graph: ResourceGraph) -> Sequence[catalog.Controller]:
    """Return the controllers whose class an Ingress names only in the field, which they do not read; none where another may serve it."""
    scope, stated = graph.scope(ingress), stated_class(ingress)
    if stated.annotation is not None or not isinstance(stated.field, str):
        return ()
    known = catalog.controllers_of_class_name(stated.field, of_annotation=True)
    readings = [reading_of(one.id) for one in known]
    is_unread = all(one is not None and one.field == "ignored" for one in readings)
    is_there = scope.provider == "unknown" or any(one.platform == scope.provider for one in known)
    is_defined = graph.named(scope.cluster, INGRESS_CLASS, None, stated.field) is not None
    return known if is_unread and is_there and not is_defined else ()


def _of_field(name: str | None, ingress: Resource, graph: ResourceGraph) -> tuple[str, ...]:
    return _meant(name, ingress, graph, of_annotation=False) if name is not None else ()


def _meant(name: str, ingress: Resource, graph: ResourceGraph, *, of_annotation: bool) -> tuple[str, ...]:
    """Return the controllers that a class may mean: of the IngressClass of this name, else by custom, those in the manifests first."""
    cluster = graph.scope(ingress).cluster
    defined = graph.named(cluster, INGRESS_CLASS, None, name)
    string = defined.get("spec", "controller") if defined is not None else None
    by_object = catalog.controllers_of_string(string) if isinstance(string, str) else ()
    found = by_object or catalog.controllers_of_class_name(name, of_annotation=of_annotation)
    shown = implementations(graph, cluster)
    present = [known.id for known in found if known.id in shown]
    return tuple(present or [known.id for known in found])


def sharers_of_annotation(ingress: Resource, graph: ResourceGraph) -> Sequence[str]:
    """Return the controllers in the manifests that all serve the class in the annotation of an Ingress; one that copies another is none."""
    value = stated_class(ingress).annotation
    if not isinstance(value, str) or has_placeholder(value):
        return ()
    shown = implementations(graph, graph.scope(ingress).cluster)
    known = [one for one in catalog.controllers_of_class_name(value, of_annotation=True) if one.id in shown and not one.emulates]
    reading = [one.id for one in known if (how := reading_of(one.id)) is not None and how.annotation is None]
    return reading if len(reading) > 1 else ()


def reading_of(controller: str) -> ClassReading | None:
    """Return how a controller reads classes, None where that was not looked up."""
    return serving_facts().classes.get(controller)


def defaults_of(cluster: str, graph: ResourceGraph) -> Sequence[Resource]:
    """Return the default IngressClasses of a cluster's manifests, in reading order."""
    return graph.derived(_defaults).get(cluster, ())


def _defaults(graph: ResourceGraph) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = defaultdict(list)
    for one in graph.of_type(INGRESS_CLASS):
        if is_default_class(one, graph):
            found[graph.scope(one).cluster].append(one)
    return found


def class_named_by(ingress: Resource, graph: ResourceGraph) -> Answer[Resource]:
    """Return the IngressClass that the field of an Ingress names; `Absent` where the manifests show the cluster's others and no such.

    Unknown for customary names, which controllers and platforms bring along, for names that a workload is told, and in clusters in
    which most names are of classes that are elsewhere.
    """
    name, scope = ingress.get("spec", "ingressClassName"), graph.scope(ingress)
    if not isinstance(name, str) or has_placeholder(name) or is_blank(name):
        return Unknown("its class is missing or contains a placeholder")
    defined = graph.named(scope.cluster, INGRESS_CLASS, None, name)
    if defined is not None:
        return Found(defined)
    reason = _why_elsewhere(name, scope.cluster, graph) or (
        "samples may be independent of each other" if scope.division == "sample" else None
    )
    if reason is not None:
        return Unknown(reason)
    return Absent(tuple(one for one in graph.derived(_names).get(scope.cluster, ()) if is_slip(name, one)))


def _names(graph: ResourceGraph) -> dict[str, tuple[str, ...]]:
    """Return by cluster the names of its first IngressClasses, with which others are compared."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for one in graph.of_type(INGRESS_CLASS):
        found[graph.scope(one).cluster][one.name] = None
    return {cluster: tuple(names)[:_MOST_COMPARED] for cluster, names in found.items()}


_MOST_COMPARED = 50


def _why_elsewhere(name: str, cluster: str, graph: ResourceGraph) -> str | None:
    """Return why a class that no manifest defines may exist all the same."""
    customary = (*catalog.controllers_of_class_name(name), *catalog.controllers_of_class_name(name, of_annotation=True))
    if customary:
        return f"class '{name}' is created by its controller or by the platform"
    gap = why_classes_may_be_elsewhere(cluster, graph)
    if gap is not None:
        return gap
    from k8slblint.traffic.ownership.chart_classes import class_by_chart  # few runs ask

    if (made := class_by_chart(name, cluster, graph)) is not None:
        return f"chart '{made.chart}' makes class '{name}'"
    if name in names_in_settings(graph, cluster):
        return f"a workload has '{name}' in its arguments"
    by_name = [one for one in implementations(graph, cluster) if (known := reading_of(one)) is not None and not known.needs_object]
    return f"{by_name[0]} compares names of classes and needs no object" if by_name else None


def why_classes_may_be_elsewhere(cluster: str, graph: ResourceGraph) -> str | None:
    """Return why a cluster may have IngressClasses that its manifests do not show, None where they evidently show all."""
    reason = graph.why_incomplete(cluster)
    if reason is not None:
        return reason
    defined, undefined = graph.derived(_named_classes).get(cluster, (0, 0))
    if not defined:
        return "no Ingress of this cluster names an IngressClass that is among the manifests"
    return "most Ingresses of this cluster name classes that are not among the manifests" if undefined >= defined else None


def _named_classes(graph: ResourceGraph) -> dict[str, tuple[int, int]]:
    """Return by cluster how many Ingresses name classes that the manifests define, and how many name others."""
    counts: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for ingress in graph.of_type(*INGRESS_KINDS):
        name, cluster = ingress.get("spec", "ingressClassName"), graph.scope(ingress).cluster
        if isinstance(name, str):
            is_there = graph.named(cluster, INGRESS_CLASS, None, name) is not None
            found, missing = counts[cluster]
            counts[cluster] = (found + is_there, missing + (not is_there))
    return {**counts}


class Classless(NamedTuple):
    """What the controllers in a cluster's manifests do with an Ingress without a class: the ids of those that serve it, and of others.

    `unsure` are those of which only values of a chart that is elsewhere tell.
    """

    takers: tuple[str, ...]
    others: tuple[str, ...]
    unsure: tuple[str, ...] = ()


def classless_in(cluster: str, graph: ResourceGraph) -> Classless:
    """Return which controllers of a cluster's manifests serve an Ingress without a class, by default or as they are told."""
    found = graph.derived(_classless).get(cluster, {})
    return Classless(*(tuple(name for name, takes in found.items() if takes is told) for told in (True, False, None)))


def _classless(graph: ResourceGraph) -> dict[str, dict[str, bool | None]]:
    found: dict[str, dict[str, bool | None]] = defaultdict(dict)
    for resource in graph.resources:
        for name in _installed_by(resource, graph):
            reading = reading_of(name)
            if reading is not None:
                own = found[graph.scope(resource).cluster]
                known, told = own.get(name), _takes_classless(resource, reading, graph)
                own[name] = told if known is None else known or bool(told)
    return found


def _installed_by(resource: Resource, graph: ResourceGraph) -> set[str]:
    images = [container.get("image") for _, container in main_containers_of(resource)]
    found = {name for image in images if isinstance(image, str) for name in controllers_of_image(image)}
    chart, _ = chart_of(resource, graph)
    return found.union(controllers_of_chart(chart) if chart else ())


def _takes_classless(resource: Resource, reading: ClassReading, graph: ResourceGraph) -> bool | None:
    """Tell whether a controller that an object installs takes such Ingresses; None where its chart may tell it otherwise."""
    chart, values = chart_of(resource, graph)
    if reading.without == "served" and chart is not None:
        return None
    arguments = [text for _, container in main_containers_of(resource) for text in _arguments(container)]
    if any(text.casefold().startswith(reading.ignored_if) for text in arguments if reading.ignored_if):
        return False
    if reading.without == "served":
        return True
    told = reading.served_if_argument
    if told is not None and any(_says(text.casefold(), told) for text in arguments):
        return True
    return bool(reading.served_if_value) and value_at(values, reading.served_if_value) in (True, "true")


def _arguments(container: Mapping[str, Any]) -> Iterator[str]:
    for field in ("command", "args"):
        texts = container.get(field)
        yield from (text for text in (texts if isinstance(texts, list) else ()) if isinstance(text, str))


def _says(text: str, argument: str) -> bool:
    return text == argument or (text.startswith(f"{argument}=") and text.partition("=")[2] in map(str.casefold, TRUE_IN_GO))
