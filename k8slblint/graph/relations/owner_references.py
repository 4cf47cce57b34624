"""Which object created another one and keeps it as it is, by `metadata.ownerReferences`.

Source: Kubernetes documentation, "Owners and Dependents"; Deployment controller, `pod-template-hash`.
"""

from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource

_ROLLED_OUT_BY = ("Deployment.apps", "Rollout.argoproj.io")


def controller_of(resource: Resource, graph: ResourceGraph) -> Resource | None:
    """Return the object of the graph that made this one and keeps it as it is, or None.

    A Pod whose ReplicaSet was not read still leads to the Deployment (or Rollout) by its `pod-template-hash`.
    """
    owners = (owner for owner in resource.sequence("metadata", "ownerReferences") if isinstance(owner, dict))
    owner = next((owner for owner in owners if owner.get("controller") is True), None)
    if owner is None:
        return None
    group = str(owner.get("apiVersion") or "").rpartition("/")[0]
    kind, name = str(owner.get("kind")), str(owner.get("name"))
    names = [(f"{kind}.{group}" if group else kind, name)]
    if kind == "ReplicaSet":
        names += [(made_by, name.removesuffix(f"-{resource.labels.get('pod-template-hash')}")) for made_by in _ROLLED_OUT_BY]
    cluster = graph.scope(resource).cluster
    found = (graph.look_up(cluster, type_name, resource.namespace, known) for type_name, known in names)
    return next((answer.value for answer in found if isinstance(answer, Found) and answer.value is not resource), None)
