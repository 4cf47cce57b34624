"""Detects infrastructure of Gateway API that serves several namespaces from the namespace of an application."""

from collections.abc import Iterator, Sequence

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace
from k8slblint.model.scope import TRIAL_ENVIRONMENTS
from k8slblint.model.texts import listed, middle
from k8slblint.traffic.roles.crossings import Crossing, Roles, crossing_of_class, crossing_of_gateway

_ID, _NAME, _MANY = 44, 18, 3


def check(
    resource: Resource, graph: ResourceGraph, *, application_namespaces: Sequence[str], infrastructure_namespaces: Sequence[str]
) -> Iterator[Problem]:
    """Yield a problem where a Gateway in a namespace of an application opens to others, or a class has its parameters there."""
    if graph.scope(resource).environment in TRIAL_ENVIRONMENTS:
        return
    roles = Roles(application_namespaces, infrastructure_namespaces)
    if resource.type_name == GATEWAY:
        found = crossing_of_gateway(resource, roles, graph)
        if found is not None:
            yield _of_gateway(resource, found)
    else:
        found = crossing_of_class(resource, roles, graph)
        if found is not None:
            yield _of_class(resource, found)


def _of_gateway(gateway: Resource, found: Crossing) -> Problem:
    return Problem(
        path=found.path,
        headline=f"{middle(str(gateway.id), _ID)} serves other namespaces from that of an application",
        label=f"used by {_guests(found)}" if found.guests else "any namespace may attach routes",
        why=f"Anyone who can edit namespace {found.namespace} can change listeners, certificates and policies of {_guests(found)}.",
        help="Move the Gateway to a namespace of the cluster operators, or set `from: Same` if only this application uses it.",
        confidence=found.confidence,
        related=_related(found),
    )


def _of_class(gateway_class: Resource, found: Crossing) -> Problem:
    return Problem(
        path=found.path,
        headline=f"{middle(str(gateway_class.id), _ID)} has its parameters in the namespace of an application",
        label=f"used by Gateways of {_guests(found)}" if found.guests else "",
        why=f"Anyone who can edit namespace {found.namespace} can change the proxies and load balancers of {_guests(found)}.",
        help="Move the parameters to a namespace of the cluster operators.",
        confidence=found.confidence,
        related=_related(found),
    )


def _guests(found: Crossing) -> str:
    """Name the namespaces that use it, where they are few enough."""
    if not found.guests:
        return "all namespaces that use it"
    return listed(middle(name, _NAME) for name in found.guests) if len(found.guests) < _MANY else f"{len(found.guests)} other namespaces"


def _related(found: Crossing) -> tuple[RelatedPlace, ...]:
    if found.application is None:
        return ()
    return (RelatedPlace(found.application, ("metadata", "name"), f"This is an application in namespace {found.namespace}."),)
