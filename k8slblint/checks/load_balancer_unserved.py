"""Detects Services and Ingresses whose load balancer no controller provisions."""

from collections.abc import Iterator

from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.model.texts import capital, middle, quoted
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
        yield Problem(
            path=found.value.path,
            headline=f"No controller will provision the load balancer of {resource.id}",
            label=_label(resource, found.value.path),
            why=f"{capital(found.value.reason)}. The Service stays pending.",
            help=found.value.way_out,
            confidence=found.value.confidence,
        )


def _label(service: Resource, path: Path) -> str:
    if path == ("spec", "loadBalancerClass"):
        return f"class {quoted(service.get(*path))} has no controller here"
    return ""


def _of_ingress(ingress: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    for found in unreachable_backends(ingress, graph):
        service = found.service
        default = "" if found.is_stated else " by default"
        yield Problem(
            path=found.backend.path,
            headline=f"{ingress.id} has backend {middle(service.name, _LONGEST_NAME)}, which its load balancer cannot reach",
            label="Service of type ClusterIP, without node ports",
            why=f"{capital(found.reason)}{default}: {found.consequence}.",
            help=f"{found.way_out}.",
            confidence="high" if found.is_stated else "medium" if found.is_default_known else "low",
            related=(
                RelatedPlace(service, ("spec", "type") if service.get("spec", "type") else ("spec",), f"{service.id} has no node ports."),
            ),
        )


_LONGEST_NAME = 20
