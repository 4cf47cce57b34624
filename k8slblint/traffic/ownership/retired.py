"""Which Ingresses are served by controllers that get no security fixes any more, by cluster and controller."""

from collections import defaultdict
from collections.abc import Sequence

from k8slblint.catalog import controllers as catalog
from k8slblint.graph.containers import main_containers_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS, WORKLOAD_KINDS
from k8slblint.model.resource import Resource
from k8slblint.model.scope import UNDEPLOYED_ENVIRONMENTS
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.ownership.implementations import implementations


def served_by_retired(graph: ResourceGraph) -> dict[tuple[str, str], list[Resource]]:
    """Return the Ingresses of each `(cluster, controller)` where the controller is retired, in reading order.

    Those of a cluster on somebody's own machine, or for a run of CI, are left out: nobody can attack it, and it is gone tomorrow.
    A product that reads the keys of another one counts only where the manifests install it; a cluster that runs a build of somebody else
    (its image is not one of the controller's own, as of a vendor that maintains a fork) has none.
    """
    return graph.derived(_by_cluster)


def _by_cluster(graph: ResourceGraph) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for ingress in graph.of_type(*INGRESS_KINDS):
        scope = graph.scope(ingress)
        cluster = scope.cluster
        controller = None if scope.environment in UNDEPLOYED_ENVIRONMENTS else _retired(ingress, cluster, graph)
        if controller is not None:
            found[cluster, controller].append(ingress)
    forks = {pair for pair in found if _is_fork(*pair, graph)}
    return {pair: ingresses for pair, ingresses in found.items() if pair not in forks}


def _retired(ingress: Resource, cluster: str, graph: ResourceGraph) -> str | None:
    """Return the controller of an Ingress if it is retired and no other may serve it."""
    known = catalog.controllers()
    shown = implementations(graph, cluster)
    candidates = ownership_of(ingress, graph).candidates
    copies = {name for name in candidates if name not in shown and _copies(known[name], candidates)}
    left = [name for name in candidates if name not in copies]
    return left[0] if len(left) == 1 and known[left[0]].status == "retired" else None


def _copies(one: catalog.Controller, others: Sequence[str]) -> bool:
    """Tell whether a product reads the keys of one of the others."""
    return one.ingress is not None and any(other in one.ingress.emulates for other in others)


def _is_fork(cluster: str, controller: str, graph: ResourceGraph) -> bool:
    """Tell whether a workload with all labels of a controller runs an image that is not the controller's."""
    labels = catalog.controllers()[controller].workload_labels
    for workload in graph.in_cluster(cluster, *WORKLOAD_KINDS) if labels else ():
        if all(workload.labels.get(key) == value for key, value in labels.items()):
            images = [str(container.get("image", "")) for _, container in main_containers_of(workload)]
            if images and not any(controller in catalog.controllers_of_image(image) for image in images):
                return True
    return False
