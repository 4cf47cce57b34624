"""What keeps clients out of the entries of Ingresses and routes, and what a change takes away."""

from k8slblint.catalog.vendor_routes import vendor_routes
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.traffic.protections.forms import INGRESS, Doubt, Guarding, Protection, guarding
from k8slblint.traffic.protections.ingresses import of_ingress
from k8slblint.traffic.protections.routes import of_route
from k8slblint.traffic.protections.vendors import of_vendor_route

__all__ = ["Doubt", "Guarding", "Protection", "guarding_of"]


def guarding_of(source: Resource, graph: ResourceGraph, rule: int = 0) -> Guarding:
    """Return what protects an Ingress, or one rule of a route by its number from 0; worked out once for each."""
    known = graph.derived(_none_yet)
    key = (id(source), 0 if source.reads_as == INGRESS else rule)
    if key not in known:
        if source.reads_as == INGRESS:
            found = of_ingress(source, graph)
        elif source.type_name in vendor_routes():
            found = of_vendor_route(source, rule, graph)
        else:
            found = of_route(source, rule, graph)
        known[key] = guarding(found)
    return known[key]


def _none_yet(_: ResourceGraph) -> dict[tuple[int, int], Guarding]:
    return {}
