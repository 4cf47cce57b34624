"""Detects routes that send plain HTTP to a port that serves TLS."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace
from k8slblint.model.texts import HEADLINE, LABEL, fitted, middle
from k8slblint.traffic.attachment.protocols import PlainBackend, plain_backend
from k8slblint.traffic.attachment.references import Reference, backend_references, is_at_gateway
from k8slblint.traffic.attachment.serving import backend_readings

_LONGEST_NAME = 30


def check(route: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at the port of each backend that serves TLS, where nothing has the controller of the route's Gateways speak it.

    Of low confidence where no Gateway of the route is known, as some controllers infer TLS from the port, and where nothing but a name says
    that the backend serves it.
    """
    if not is_at_gateway(route):
        return
    for reference in backend_references(route):
        found = plain_backend(reference, graph) if reference.is_service and reference.weight != 0 else None
        if found is not None:
            yield _problem(reference, found, is_known=bool(backend_readings(route, graph)))


def _problem(reference: Reference, found: PlainBackend, *, is_known: bool) -> Problem:
    service = middle(found.service.name, _LONGEST_NAME)
    named = f" ({found.name})" if found.name else ""
    policy = f"Add a BackendTLSPolicy that targets Service {service}"
    policy += f" with `sectionName: {found.name}`" if found.name else ""
    other = f", or send to its port {found.plain}" if found.plain not in (None, found.port) else ""
    return Problem(
        path=(*reference.path, "port"),
        headline=fitted(f"{reference.source.id} sends plain HTTP to port {found.port} of Service {found.service.name}", HEADLINE),
        label=fitted(f"port {found.port}{named} serves TLS", LABEL),
        why="No BackendTLSPolicy and no `appProtocol` says that it serves TLS: the backend answers plain requests with 400 or a reset.",
        help=f"{policy}{other}.",
        confidence="medium" if is_known and found.is_numbered else "low",
        related=(RelatedPlace(found.service, ("spec", "ports", found.number), f"The port of {found.service.id}."),),
    )
