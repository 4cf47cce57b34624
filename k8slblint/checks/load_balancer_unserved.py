"""Detects Services and Ingresses that no controller makes a load balancer for, so that they stay pending."""

from collections.abc import Iterator

from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.traffic.balancers.unreachable_backends import unreachable_backends
from k8slblint.traffic.balancers.unserved import unserved


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem where a Service of type LoadBalancer gets none, and at each backend for which an Ingress gets none."""
    if resource.kind == "Ingress":
        yield from _of_ingress(resource, graph)
        return
    found = unserved(resource, graph)
    if isinstance(found, Unknown):
        yield Undecided(("spec", "type"), found.reason)
    if isinstance(found, Found):
        name = f"{resource.namespace}/{resource.name}"
        yield Problem(
            path=found.value.path,
            message=f"Nobody makes a load balancer for Service '{name}': {found.value.reason}. "
            f"It stays without an address, and no event tells so. {found.value.way_out}",
            confidence=found.value.confidence,
        )


def _of_ingress(ingress: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    for found in unreachable_backends(ingress, graph):
        service = found.service
        default = "" if found.is_stated else ", which is the default,"
        yield Problem(
            path=found.backend.path,
            message=f"Service '{service.namespace}/{service.name}' is of type ClusterIP, so it has no node ports, and {found.reason}"
            f"{default} here: {found.consequence}. {found.way_out}.",
            confidence="high" if found.is_stated else "medium" if found.is_default_known else "low",
            related=(
                RelatedPlace(service, ("spec", "type") if service.get("spec", "type") else ("spec",), "The Service has no node ports."),
            ),
        )
