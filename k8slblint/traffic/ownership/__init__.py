"""Which controller reconciles a Service, an Ingress or a Gateway, why, and what is unknown about it."""

from k8slblint.catalog.vendor_routes import vendor_routes
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.traffic.ownership.gateways import owner_of_gateway
from k8slblint.traffic.ownership.helm_values import owner_of_helm_values
from k8slblint.traffic.ownership.ingresses import owner_of_ingress
from k8slblint.traffic.ownership.services import has_class, near_classes, owner_of_service, platform_of_owner
from k8slblint.traffic.ownership.verdict import Ownership

__all__ = ["Ownership", "has_class", "near_classes", "ownership_of", "service_platform"]

_BY_KIND = {"Service": owner_of_service, "Ingress": owner_of_ingress, "Gateway": owner_of_gateway, HELM_VALUES: owner_of_helm_values}


def ownership_of(resource: Resource, graph: ResourceGraph) -> Ownership:
    """Return who reconciles a Service (its load balancer, also one of Helm values), an Ingress, a Gateway or a vendor's route.

    It is worked out once for each.
    """
    known = graph.derived(_no_ownerships)
    found = known.get(id(resource))
    if found is None:
        judge = _owner_of_vendor_route if resource.type_name in vendor_routes() else _BY_KIND[resource.kind]
        found = known[id(resource)] = judge(resource, graph)
    return found


def _owner_of_vendor_route(route: Resource, _: ResourceGraph) -> Ownership:
    """Return the controller that the kind of the route of a vendor belongs to; `unknown` where that is none of the catalog."""
    known = vendor_routes()[route.type_name]
    reason = f"only {known.product or 'it'} reads kind '{route.type_name}'"
    if known.controller is None:
        return Ownership("unknown", (), "low", (reason,))
    return Ownership("owned", (known.controller,), "high", (reason,))


def service_platform(service: Resource, graph: ResourceGraph) -> str:
    """Return the platform of whoever serves a Service, else the one that the Service is taken to be on."""
    return platform_of_owner(ownership_of(service, graph), service, graph)


def _no_ownerships(_: ResourceGraph) -> dict[int, Ownership]:
    return {}
