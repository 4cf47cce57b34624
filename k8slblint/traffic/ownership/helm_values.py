"""Which controller will provision the load balancer of a Service that is only in Helm values."""

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import least
from k8slblint.traffic.ownership.ingresses import owner_of_ingress, place_of_class_annotation
from k8slblint.traffic.ownership.services import owner_of_service
from k8slblint.traffic.ownership.verdict import Ownership


def owner_of_helm_values(values: Resource, graph: ResourceGraph) -> Ownership:
    """Return who makes the load balancer, as for a Service of that type and class.

    Values are layered: another file, or the chart, may state another type or a class. So nothing is of nobody for sure, and nothing
    is more certain than a documented default.
    """
    if values.reads_as == "Ingress":
        return _owner_of_ingress(values, graph)
    owner = owner_of_service(values, graph)
    if owner.verdict == "nobody":
        return Ownership("unknown", (), "low", (*owner.reasons, "the chart or other values may override it"))
    return owner._replace(confidence=least(owner.confidence, "medium"))


def _owner_of_ingress(values: Resource, graph: ResourceGraph) -> Ownership:
    """Return who serves an Ingress whose class the values name; the chart, or another layer, may name one that they do not."""
    owner = owner_of_ingress(values, graph)
    if values.get("spec", "ingressClassName") is None and place_of_class_annotation(values) is None:
        return Ownership("unknown", (), "low", ("the values name no class, and the chart may",))
    return owner._replace(confidence=least(owner.confidence, "medium"))
