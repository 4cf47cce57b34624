"""How many Pods a workload keeps: its replicas, or the minimum of an autoscaler.

Sources: Kubernetes API reference 1.37 (Deployment, StatefulSet, HorizontalPodAutoscaler); KEDA 2.17, ScaledObject.
"""

from collections import defaultdict

from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import SCALER_KINDS
from k8slblint.model.resource import Resource

ON_EVERY_NODE = ("DaemonSet.apps", "DaemonSet.extensions")
"""Workloads that have a Pod on each node they may run on."""

_REPLICATED = (
    *("Deployment.apps", "Deployment.extensions", "StatefulSet.apps", "ReplicaSet.apps"),
    *("Rollout.argoproj.io", "DeploymentConfig.apps.openshift.io"),
)

_SINGLE = ("Pod",)

_LEAST_FIELDS = {"HorizontalPodAutoscaler.autoscaling": ("minReplicas", 1), "ScaledObject.keda.sh": ("minReplicaCount", 0)}


def least_replicas(workload: Resource, graph: ResourceGraph) -> Found[int] | Unknown:
    """Return how many Pods a workload has at the least; a field that is left out is its default.

    `Unknown` for placeholders, for kinds without replicas, and where the cluster was not read completely, for then an autoscaler
    that was not read may keep more than the default.
    """
    if workload.type_name in _SINGLE:
        return Found(1)
    if workload.type_name not in _REPLICATED:
        return Unknown(f"{workload.id} has no replicas")
    cluster = graph.scope(workload).cluster
    scalers = graph.derived(_scalers).get((cluster, workload.namespace, workload.kind, workload.name), ())
    stated = workload.get("spec", "replicas")
    if not scalers and stated is None:
        reason = graph.why_incomplete(cluster, workload.namespace)
        return Unknown(reason) if reason else Found(1)
    values = (
        [stated] if not scalers else [scaler.get("spec", field, default=least) for scaler in scalers for field, least in [_field(scaler)]]
    )
    known = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
    return Found(max(known)) if len(known) == len(values) else Unknown(f"the replicas of {workload.id} are not a number")


def _field(scaler: Resource) -> tuple[str, int]:
    return _LEAST_FIELDS[scaler.type_name]


def _scalers(graph: ResourceGraph) -> dict[tuple[str, str | None, str, str], list[Resource]]:
    index: dict[tuple[str, str | None, str, str], list[Resource]] = defaultdict(list)
    for scaler in graph.of_type(*SCALER_KINDS):
        target = scaler.mapping("spec", "scaleTargetRef")
        kind = str(target.get("kind") or "Deployment")
        index[graph.scope(scaler).cluster, scaler.namespace, kind, str(target.get("name"))].append(scaler)
    return index
