"""From where an entry point can be reached, and the reasons: the verdict of exposure.

The defaults and the reading of each controller are in `catalogs/controllers.json` and `catalogs/annotations/`, with their sources.
"""

from k8slblint.catalog.vendor_routes import vendor_routes
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import least
from k8slblint.traffic.exposure.edges import exposure_of_gateway, exposure_of_ingress, ingress_exposure_by
from k8slblint.traffic.exposure.pools import requested_addresses
from k8slblint.traffic.exposure.services import exposure_by, exposure_of_service
from k8slblint.traffic.exposure.vendor_ways import exposure_of_vendor_route
from k8slblint.traffic.exposure.verdict import Exposure, Reach, agreed
from k8slblint.traffic.ownership import ownership_of

__all__ = ["Exposure", "Reach", "exposure_by", "exposure_of", "exposures_in_common", "requested_addresses"]

_BY_KIND = {
    "Service": exposure_of_service,
    "Ingress": exposure_of_ingress,
    "Gateway": exposure_of_gateway,
}


def exposure_of(resource: Resource, graph: ResourceGraph) -> Exposure:
    """Return from where a Service (also one of Helm values), an Ingress, a Gateway or a vendor's route is reached, worked out once.

    `internet` is claimed only where a controller is known that makes it so, whoever may filter the traffic. A load balancer in a
    cloud opens node ports too; the verdict is that of the load balancer.
    """
    known = graph.derived(_no_exposures)
    found = known.get(id(resource))
    if found is None:
        judge = exposure_of_vendor_route if resource.type_name in vendor_routes() else _BY_KIND.get(resource.reads_as, _unjudged)
        found = known[id(resource)] = judge(resource, graph)
    return found


def _unjudged(_: Resource, __: ResourceGraph) -> Exposure:
    """Say nothing of Helm values: other values may override it."""
    return Exposure("unknown", "low", ("other values may override it",))


def exposures_in_common(before: Resource, after: Resource, graph: ResourceGraph, earlier: ResourceGraph) -> tuple[Exposure, Exposure]:
    """Return from where one resource was reached in the revision before, and is now.

    Where it is not known who serves it in one of them, it is who serves it in the other: an update by itself changes no hands.
    """
    was, owner = ownership_of(before, earlier), ownership_of(after, graph)
    common = tuple(name for name in was.candidates if name in owner.candidates)
    if not common or was.candidates == owner.candidates or after.kind == "Gateway":
        return exposure_of(before, earlier), exposure_of(after, graph)
    by = ingress_exposure_by if after.reads_as == "Ingress" else exposure_by
    shared = owner._replace(candidates=common, confidence=least(was.confidence, owner.confidence))
    return agreed(shared, [by(name, before, earlier) for name in common]), agreed(shared, [by(name, after, graph) for name in common])


def _no_exposures(_: ResourceGraph) -> dict[int, Exposure]:
    return {}
