"""Finds TCP and UDP ports that are opened by means that only one controller reads, and names the route that replaces them."""

from collections.abc import Iterator

from k8slblint.catalog.controllers import controllers
from k8slblint.catalog.edge_tcp import protocol_of, standard_since, support_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace
from k8slblint.model.texts import HEADLINE, LABEL, PROSE, fitted, listed, within
from k8slblint.traffic.routing.vendor_ports import VendorPorts, vendor_ports

_SUPPORT = {
    "yes": "{who} serves {route}, too.",
    "no": "{who} serves no {route}: choose another implementation of Gateway API for it.",
    "unknown": "Conformance reports do not say whether {who} serves {route}.",
}


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem for each object, argument or list of ports by which a controller opens ports on its own."""
    for found in vendor_ports(resource, graph):
        known = controllers()[found.controller]
        protocol = protocol_of(found.route)
        ports = f" {'ports' if len(found.ports) > 1 else 'port'} {listed(found.ports)}" if found.ports else ""
        yield Problem(
            path=found.path,
            at="value",
            headline=fitted(f"{resource.id} routes {protocol} by means of {known.vendor} only", HEADLINE),
            label=fitted(f"{protocol}{ports}: {found.route} in Gateway API", LABEL),
            why=_why(found, known.name),
            help=f"Add a listener with protocol {protocol} to a Gateway and a {found.route} with the same backend, then remove this.",
            related=tuple(_related(found)),
            discriminator=found.route,
        )


def _why(found: VendorPorts, who: str) -> str:
    return within(
        PROSE,
        f"{found.route} is in the standard channel of Gateway API since {standard_since(found.route)}, and works with several controllers.",
        _SUPPORT[support_of(found.controller, found.route)].format(who=who, route=found.route),
    )


def _related(found: VendorPorts) -> Iterator[RelatedPlace]:
    if found.listed_in is not None:
        yield RelatedPlace(found.listed_in, ("data",), "It lists the ports.", "key")
