"""Which nodes the Pods of a template run on: all of them, one of them, or spread over them.

Source: Kubernetes API reference 1.37 (PodSpec, Affinity, TopologySpreadConstraint).
"""

from typing import Any

from k8slblint.graph.containers import pod_labels
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import WORKLOAD_KINDS
from k8slblint.graph.selectors import matches_label_selector
from k8slblint.model.resource import Resource

_HOSTNAME = "kubernetes.io/hostname"

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def is_pinned(workload: Resource) -> bool:
    """Tell whether the Pods of a workload must run on nodes that are named."""
    spec = _pod_spec(workload)
    if spec.get("nodeName") or _HOSTNAME in _mapping(spec.get("nodeSelector")):
        return True
    required = _mapping(_mapping(_mapping(spec.get("affinity")).get("nodeAffinity")).get(_REQUIRED))
    expressions = [
        expression
        for term in _mappings(required.get("nodeSelectorTerms"))
        for field in ("matchExpressions", "matchFields")
        for expression in _mappings(term.get(field))
    ]
    return any(expression.get("key") in (_HOSTNAME, "metadata.name") for expression in expressions)


def is_spread(workload: Resource) -> bool:
    """Tell whether something keeps the Pods of a workload from sharing a node."""
    spec = _pod_spec(workload)
    if any(constraint.get("topologyKey") == _HOSTNAME for constraint in _mappings(spec.get("topologySpreadConstraints"))):
        return True
    return bool(_mapping(_mapping(spec.get("affinity")).get("podAntiAffinity")))


def is_joined_by_clients(workload: Resource, graph: ResourceGraph) -> bool:
    """Tell whether some other workload of the namespace must run on the nodes of this one's Pods."""
    labels = pod_labels(workload)
    cluster = graph.scope(workload).cluster
    return any(
        term.get("topologyKey") == _HOSTNAME and matches_label_selector(_mapping(term.get("labelSelector")), labels)
        for other in graph.in_cluster(cluster, *WORKLOAD_KINDS)
        if other.namespace == workload.namespace and other is not workload
        for term in _mappings(_mapping(_mapping(_pod_spec(other).get("affinity")).get("podAffinity")).get(_REQUIRED))
    )


def _pod_spec(workload: Resource) -> dict[str, Any]:
    return workload.mapping(*(workload.pod_template_path or ()), "spec")


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _mappings(value: object) -> list[dict[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
