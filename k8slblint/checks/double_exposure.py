"""Detects workloads that are reached past their Ingress or Gateway: by a load balancer or node port of their own as well."""

from collections.abc import Iterator, Sequence

from k8slblint.catalog.edge_proxies import edge_proxy_of
from k8slblint.graph.alternatives import are_alternatives
from k8slblint.graph.entry_points import EntryPoint, Target, entry_points_of, entry_points_through
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.load_balancers import why_node_port_is_needed
from k8slblint.graph.node_ports import are_deployed_together
from k8slblint.graph.ownership import ownership_of
from k8slblint.graph.relations import container_port_of, pod_labels
from k8slblint.model.resource import Resource
from k8slblint.model.rule import CONFIDENCES, Confidence, Problem, RelatedPlace

_SILENT = ("development", "test", "ci", "local")


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at the type of a Service that opens a container port to the outside which an Ingress or Gateway opens too.

    Not where a controller needs the node ports, for the edge proxies themselves, where both are no more than internal, and where
    Service and Ingress may be alternatives.
    """
    ways = entry_points_through(service, graph)
    if not ways or graph.scope(service).environment in _SILENT or why_node_port_is_needed(service, graph) is not None:
        return
    for way in ways:
        if way.exposure.reach not in ("internet", "node") or _is_edge_proxy(way.workload):
            continue
        edges = [edge for edge in _through_edges(way.workload, graph) if _lead_to_same(way, edge)]
        judged = [(edge, confidence) for edge in edges if (confidence := _confidence(service, way, edge, graph)) is not None]
        if judged:
            yield _problem(service, way, *max(judged, key=lambda pair: CONFIDENCES.index(pair[1])))
            return


def _through_edges(workload: Resource, graph: ResourceGraph) -> Iterator[EntryPoint]:
    return (way for way in entry_points_of(workload, graph) if way.resource.kind in ("Ingress", "Gateway"))


def _lead_to_same(one: EntryPoint, other: EntryPoint) -> bool:
    numbers = {_number(target, one.workload) for target in one.targets}
    return any(_number(target, other.workload) in numbers for target in other.targets)


def _number(target: Target, workload: Resource) -> object:
    """Return the number of a container port that is named, else what is written."""
    path = container_port_of(workload, target.port)
    number = workload.get(*path, "containerPort") if path is not None else None
    return number if number is not None else target.port


def _confidence(service: Resource, way: EntryPoint, edge: EntryPoint, graph: ResourceGraph) -> Confidence | None:
    together = are_deployed_together(service, edge.resource, graph)
    if together is None:
        return None
    if service.path != edge.resource.path and are_alternatives(graph.scope(service), graph):
        return "low"  # samples side by side are seldom applied together
    if way.exposure.reach == "node" and ownership_of(edge.resource, graph).verdict != "owned":
        return "low"  # whoever serves it may need the node ports
    return min(together, way.exposure.confidence, key=CONFIDENCES.index)


def _problem(service: Resource, way: EntryPoint, edge: EntryPoint, confidence: Confidence) -> Problem:
    from_where = "the internet" if way.exposure.reach == "internet" else "whoever reaches a node"
    return Problem(
        path=("spec", "type"),
        message=(
            f"{way.workload.id} is behind {edge.resource.id}, and {service.id} lets {from_where} reach the same port past it: "
            f"{way.exposure.reason}. TLS, authentication, limits and logs of the edge do not hold on this way. "
            "Use type ClusterIP for the Service behind the edge, or remove one of the two ways."
        ),
        confidence=confidence,
        related=tuple(_without_last(edge.steps)),
        traffic=way.steps,
    )


def _without_last(steps: Sequence[RelatedPlace]) -> Sequence[RelatedPlace]:
    return steps[:2]


def _is_edge_proxy(workload: Resource) -> bool:
    containers = workload.sequence(*(workload.pod_template_path or ()), "spec", "containers")
    images = [container["image"] for container in containers if isinstance(container, dict) and isinstance(container.get("image"), str)]
    return edge_proxy_of(pod_labels(workload), images) is not None
