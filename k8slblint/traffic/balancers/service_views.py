"""Gateways and their parameters seen as the Services that are made for them, so that what judges a Service judges their annotations.

Source: Gateway API 1.6 (GEP-1867); where annotations come from is in `catalogs/load-balancers.json`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from k8slblint.catalog.load_balancers import gateway_parameters_kinds
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.traffic.balancers.described_services import DescribedBalancer, as_service, described_balancers
from k8slblint.traffic.balancers.gateway_services import DescribedService, StatedAnnotations, described_service
from k8slblint.traffic.ownership.gateways import parameters_of

Judge: TypeAlias = Callable[[Resource, ResourceGraph], Iterator[Problem | Undecided]]

_ANNOTATIONS: Path = ("metadata", "annotations")

_SERVICES = ("Service", HELM_VALUES)


class ServiceView(NamedTuple):
    """A Service of type LoadBalancer as a controller will make it for a Gateway, and where each of its annotations is written."""

    service: Resource
    places: Mapping[str, StatedAnnotations]


def has_views(type_name: str) -> bool:
    """Tell whether objects of a kind (`Kind.group`) may contain annotations of Services that are made for Gateways."""
    return type_name == GATEWAY or type_name in gateway_parameters_kinds()


def judged_as_service(judge: Judge, resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield what `judge` finds wrong with the annotations of a Service, or with those of the Services that are made for a Gateway.

    Of these, each finding is placed at the annotation in the object (a Gateway or its parameters) that contains it, and named after it.
    """
    if resource.type_name in _SERVICES:
        yield from judge(resource, graph)
        return
    seen = set()
    for view in _views_of(resource, graph):
        for one in judge(view.service, graph):
            moved = _moved(one, view, resource)
            if moved is not None and (moved.path, isinstance(moved, Undecided)) not in seen:
                seen.add((moved.path, isinstance(moved, Undecided)))
                yield moved


def _views_of(resource: Resource, graph: ResourceGraph) -> Sequence[ServiceView]:
    """Return the views that an object adds annotations to; parameters that no Gateway of the manifests uses are one by themselves."""
    found = graph.derived(_views).get(id(resource))
    if found is None and resource.type_name != GATEWAY and id(resource) not in graph.derived(_used_parameters):
        balancers = described_balancers(resource, graph)
        return [ServiceView(one.service, _stated(resource, one)) for one in balancers]
    return found or ()


def _stated(resource: Resource, balancer: DescribedBalancer) -> dict[str, StatedAnnotations]:
    return dict.fromkeys(balancer.service.annotations, StatedAnnotations(resource, balancer.annotations))


def _used_parameters(graph: ResourceGraph) -> frozenset[int]:
    """Return the identities of the parameters that a Gateway or GatewayClass names, as far as they are in the manifests."""
    answers = [answer for gateway in graph.of_type(GATEWAY) for answer in parameters_of(gateway, graph)]
    return frozenset(id(answer.value) for answer in answers if isinstance(answer, Found))


def _moved(one: Problem | Undecided, view: ServiceView, holder: Resource) -> Problem | Undecided | None:
    """Return what was found, at the annotation in its holder; None where that is another object, or it is about another part."""
    place = _place(one.path, view)
    if place is None or place[0] is not holder:
        return None
    if isinstance(one, Undecided):
        return one._replace(path=place[1])
    made, own = str(view.service.id), str(holder.id)
    return one._replace(
        path=place[1],
        headline=one.headline.replace(made, own),
        why=one.why.replace(made, own),
        help=one.help.replace(made, own),
        related=tuple(_moved_places(one.related, view)),
        fix=None,
        written_at=None,
        traffic=(),
    )


def _moved_places(places: Sequence[RelatedPlace], view: ServiceView) -> Iterator[RelatedPlace]:
    for one in places:
        if one.resource is not view.service:
            yield one
        elif (place := _place(one.path, view)) is not None:
            yield one._replace(resource=place[0], path=place[1])


def _place(path: Path, view: ServiceView) -> tuple[Resource, Path] | None:
    """Return the object and the path where an annotation of the view is written, None for any other path."""
    key = path[len(_ANNOTATIONS)] if path[: len(_ANNOTATIONS)] == _ANNOTATIONS and len(path) > len(_ANNOTATIONS) else None
    stated = view.places.get(key) if isinstance(key, str) else None
    return (stated.holder, (*stated.path, *path[len(_ANNOTATIONS) :])) if stated is not None else None


def _views(graph: ResourceGraph) -> dict[int, list[ServiceView]]:
    """Return the views by identity of each object that contains some of their annotations; the graph keeps them alive."""
    found: dict[int, list[ServiceView]] = defaultdict(list)
    for gateway in graph.of_type(GATEWAY):
        described = described_service(gateway, graph)
        if described is not None and described.annotations:
            view = _view(gateway, described)
            for holder in {id(place.holder): place.holder for place in view.places.values()}.values():
                found[id(holder)].append(view)
    return dict(found)


def _view(gateway: Resource, described: DescribedService) -> ServiceView:
    places = {key: stated for stated in described.stated for key in stated.values}
    return ServiceView(as_service(gateway, gateway.name, described.annotations, described.spec), places)
