"""Which Ingresses are served by controllers that get no security fixes any more, by cluster and controller."""

from collections import defaultdict
from collections.abc import Sequence

from k8slblint.catalog import controllers as catalog
from k8slblint.graph.containers import main_containers_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import APPLICATION, HELM_CHART, HELM_OPERATOR_RELEASE, HELM_RELEASE, INGRESS_KINDS, WORKLOAD_KINDS
from k8slblint.model.placeholders import parts_of
from k8slblint.model.resource import Resource
from k8slblint.model.scope import UNDEPLOYED_ENVIRONMENTS
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.ownership.deployed_charts import chart_of
from k8slblint.traffic.ownership.implementations import implementations


def served_by_retired(graph: ResourceGraph) -> dict[tuple[str, str], list[Resource]]:
    """Return the Ingresses of each `(cluster, controller)` where the controller is retired, in reading order.

    Those of a cluster on somebody's own machine, or for a run of CI, are left out: nobody can attack it, and it is gone tomorrow.
    A product that reads the keys of another one counts only where the manifests install it; a cluster that runs a build of somebody else
    (its image is not one of the controller's own, as of a vendor that maintains a fork) has none.
    """
    return graph.derived(_by_cluster)


DEPLOYING_KINDS = (HELM_RELEASE, HELM_CHART, HELM_OPERATOR_RELEASE, APPLICATION)
"""The kinds that deploy a chart of a controller."""


def retired_by_chart(deployer: Resource, graph: ResourceGraph) -> str | None:
    """Return the retired controller whose chart an object deploys first in its cluster, where no Ingress there is known to be served by it.

    Values that name another image may be for a build of somebody else.
    """
    scope = graph.scope(deployer)
    chart, values = chart_of(deployer, graph)
    known = [name for name in (catalog.controllers_of_chart(chart) if chart else ()) if catalog.controllers()[name].status == "retired"]
    if len(known) != 1 or scope.environment in UNDEPLOYED_ENVIRONMENTS or _names_image(values):
        return None
    shown = implementations(graph, scope.cluster).get(known[0])
    is_first = shown is not None and shown.resource is deployer
    is_served = any(name == known[0] for cluster, name in served_by_retired(graph) if cluster == scope.cluster)
    return known[0] if is_first and not is_served else None


def _names_image(values: object) -> bool:
    """Tell whether values say which image runs, wherever they do; of a text, whether it has the word."""
    return "image:" in values if isinstance(values, str) else any(part == "image" for part in parts_of(values))


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
