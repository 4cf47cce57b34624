"""Which Services select the proxies of a controller that runs in the cluster, and which workloads are such proxies."""

from collections import defaultdict
from collections.abc import Sequence

from k8slblint.catalog import controllers as catalog
from k8slblint.catalog.edge_proxies import edge_proxy_of
from k8slblint.graph.answers import Found
from k8slblint.graph.containers import images_of, pod_labels
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.workloads import workloads_of
from k8slblint.model.resource import Resource


def services_of_controller(graph: ResourceGraph, cluster: str, controller: str) -> Sequence[Resource]:
    """Return the Services of a cluster that select Pods which run a controller's image, without those for its webhook."""
    return graph.derived(_by_controller).get((cluster, controller), ())


def _by_controller(graph: ResourceGraph) -> dict[tuple[str, str], list[Resource]]:
    index: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for service in graph.of_type("Service"):
        workloads = workloads_of(service, graph)
        for workload in workloads.value if isinstance(workloads, Found) else ():
            for name in _controllers_in(workload):
                known = index[graph.scope(service).cluster, name]
                if service not in known and not _is_for_webhook(service):
                    known.append(service)
    return index


def _controllers_in(workload: Resource) -> set[str]:
    return {name for image in images_of(workload) for name in catalog.controllers_of_image(image)}


def _is_for_webhook(service: Resource) -> bool:
    ports = [port.get("name") for port in service.sequence("spec", "ports") if isinstance(port, dict)]
    return bool(ports) and all(isinstance(name, str) and ("webhook" in name or "metrics" in name) for name in ports)


def edge_proxy_behind(service: Resource, graph: ResourceGraph) -> str | None:
    """Return the Ingress controller or Gateway data plane that a Service leads to, or None where none is known."""
    workloads = workloads_of(service, graph)
    if not isinstance(workloads, Found):
        return edge_proxy_of(service.mapping("spec", "selector"), ())
    return next(filter(None, map(edge_proxy_in, workloads.value)), None)


def edge_proxy_in(workload: Resource) -> str | None:
    """Return the Ingress controller or Gateway data plane that runs in a workload, or None where none is known."""
    return edge_proxy_of(pod_labels(workload), images_of(workload))


def is_proxy_in_cluster(controller: str) -> bool:
    """Tell whether a controller serves Ingresses and Gateways by proxies in the cluster, which reach Pods without node ports."""
    known = catalog.controllers().get(controller)
    if known is None or known.runs_in_cluster is not True or known.proxies_outside:
        return False
    return known.platform is None and known.ingress_default_exposure is None  # else it sets up what a cloud offers
