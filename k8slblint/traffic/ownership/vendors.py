"""Which controller serves a route of a vendor: the one that the kind belongs to."""

from k8slblint.catalog.vendor_routes import vendor_routes
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.traffic.ownership.verdict import Ownership


def owner_of_vendor_route(route: Resource, _: ResourceGraph) -> Ownership:
    """Return who serves a route of a vendor; `unknown` where that is no controller of the catalog."""
    known = vendor_routes()[route.type_name]
    reason = f"only {known.product or 'it'} reads kind '{route.type_name}'"
    if known.controller is None:
        return Ownership("unknown", (), "low", (reason,))
    return Ownership("owned", (known.controller,), "high", (reason,))
