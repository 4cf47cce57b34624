"""Detects Services that expose Pods which an Ingress or a Gateway exposes as well."""

import posixpath
from collections.abc import Iterator, Sequence

from k8slblint.graph.answers import Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem, RelatedPlace, Undecided, least
from k8slblint.model.scope import TRIAL_ENVIRONMENTS
from k8slblint.model.texts import listed, middle
from k8slblint.traffic.access.source_ranges import access_to
from k8slblint.traffic.balancers.ingresses import why_nodes_are_clients
from k8slblint.traffic.exposure.own_machine import is_mapped_to_own_machine
from k8slblint.traffic.exposure.ways_around import WayAround, may_only_redirect, ways_around
from k8slblint.traffic.ownership import has_class, ownership_of

_OPENING = ("LoadBalancer", "NodePort")

_TYPE = ("spec", "type")

_LONGEST_NAME = 36


def check(service: Resource, graph: ResourceGraph, *, allowed_namespaces: Sequence[str]) -> Iterator[Problem | Undecided]:
    """Yield a problem at `spec.type` of a Service by which clients get around an Ingress or Gateway to the same port of the Pods.

    One problem for each Service; internal load balancers and those that let only listed clients in are taken for meant.
    """
    scope = graph.scope(service)
    if service.get(*_TYPE) not in _OPENING or service.namespace in allowed_namespaces:
        return
    if scope.environment in TRIAL_ENVIRONMENTS:
        return
    found = list(ways_around(service, graph))
    ways = [way for way in found if not isinstance(way, Unknown) and way.own.exposure.reach in ("internet", "node", "unknown")]
    unknown = next((way for way in found if isinstance(way, Unknown)), None)
    nodes = why_nodes_are_clients(service) if service.get(*_TYPE) == "NodePort" and scope.environment == "unknown" else None
    if ways and nodes is not None:
        yield Undecided(_TYPE, nodes)
    elif ways and access_to(service, graph) == "everybody":
        yield _problem(service, sorted(ways, key=lambda way: may_only_redirect(way.edge, graph)), graph)
    elif unknown is not None:
        yield Undecided(_TYPE, unknown.reason)


def _problem(service: Resource, ways: Sequence[WayAround], graph: ResourceGraph) -> Problem:
    first = ways[0]
    ports = dict.fromkeys(str(service.get(*way.target.path, "port")) for way in ways)
    edge = first.edge.source or first.edge.resource
    own = "the ports it opens on every node" if first.own.exposure.reach == "node" else "its load balancer"
    return Problem(
        path=_TYPE,
        headline=f"{service.id} lets clients bypass {middle(str(edge.id), _LONGEST_NAME)}",
        label=f"opens port {listed(ports)} to clients",
        why=f"{edge.id} routes to the same port of {first.own.workload.id}. Clients of {own} bypass its TLS, logins, limits and logs.",
        help=f"Use `type: ClusterIP`. If the Service is the intended way in, remove the {edge.kind} instead.",
        confidence=_confidence(service, first, graph),
        related=tuple(RelatedPlace(*place) for place in _related(ways)),
        traffic=first.own.steps,
    )


def _related(ways: Sequence[WayAround]) -> Iterator[tuple[Resource, tuple[str | int, ...], str]]:
    for way in ways:
        yield way.edge.steps[1].resource, way.edge.steps[1].path, f"This is the other entry point: {way.edge.exposure.reason}."


_ADDING = "components"


def _is_added(service: Resource, way: WayAround) -> bool:
    """Tell whether a component of kustomize adds a Service to what has the other way in: who includes it asks for that."""
    folder, edge = posixpath.dirname(service.written_in), way.edge.source or way.edge.resource
    return service.written_in != service.path and folder.split("/")[-2:-1] == [_ADDING] and posixpath.dirname(edge.written_in) != folder


def _confidence(service: Resource, way: WayAround, graph: ResourceGraph) -> Confidence:
    """Return how sure it is that somebody gets around: where the reach is not known, a cloud's default is likely, a pool is not."""
    reach = way.own.exposure.reach
    if _is_added(service, way):
        return "low"
    if reach == "unknown":
        is_guess = ownership_of(service, graph).verdict == "owned" or has_class(service)
        return "low" if is_guess else least(way.confidence, "medium")
    if reach == "node" and graph.scope(service).environment != "production":
        return "low" if is_mapped_to_own_machine(service, graph) else least(way.confidence, "medium")
    return least(way.confidence, way.own.exposure.confidence)
