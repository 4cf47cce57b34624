"""Which controller will provision the load balancer of a Service that is only in Helm values."""

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import least
from k8slblint.traffic.ownership.services import owner_of_service
from k8slblint.traffic.ownership.verdict import Ownership


def owner_of_helm_values(values: Resource, graph: ResourceGraph) -> Ownership:
    """Return who makes the load balancer, as for a Service of that type and class.

    Values are layered: another file, or the chart, may state another type or a class. So nothing is of nobody for sure, and nothing
    is more certain than a documented default.
    """
    owner = owner_of_service(values, graph)
    if owner.verdict == "nobody":
        return Ownership("unknown", (), "low", (*owner.reasons, "the chart or other values may override it"))
    return owner._replace(confidence=least(owner.confidence, "medium"))
