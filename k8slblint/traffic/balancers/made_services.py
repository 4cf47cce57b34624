"""For which Gateways and Ingresses a controller in the cluster creates a Service of type LoadBalancer, and which share one.

Sources: in `catalogs/load-balancers.json`, at each controller. ListenerSets attach to their Gateway and make nothing.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from k8slblint.catalog import load_balancers as catalog
from k8slblint.catalog.platforms import platform_of_resource
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.balancers.gateway_services import described_service
from k8slblint.traffic.balancers.ingresses import entry_of_owner, is_cloud
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.ownership.services import platform_of_class


class MadeService(NamedTuple):
    """The Service that a controller makes: what tells it from others (`group`), the platform that serves it, and its annotations."""

    group: object
    platform: str
    annotations: Mapping[str, Any] = MappingProxyType({})


def service_of_gateway(gateway: Resource, graph: ResourceGraph) -> MadeService | None:
    """Return the Service of type LoadBalancer that a controller in the cluster makes for a Gateway.

    None where it makes none, or where that cannot be known; on a platform that is not known to be a cloud it costs nothing.
    """
    described = described_service(gateway, graph)
    platform = _platform(gateway, described.load_balancer_class, graph) if described is not None else None
    return MadeService(described.group, platform, described.annotations) if described is not None and platform else None


def service_of_ingress(ingress: Resource, graph: ResourceGraph) -> MadeService | None:
    """Return the Service of type LoadBalancer that a controller in the cluster makes for an Ingress, or for several together."""
    row = entry_of_owner(ownership_of(ingress, graph), catalog.ingress_services())
    if row is None or ingress.annotations.get(row.type_key, row.load_balancer_type) != row.load_balancer_type:
        return None
    platform = _platform(ingress, ingress.annotations.get(row.class_key), graph)
    if platform is None:
        return None
    if ingress.annotations.get(row.mode_key) != row.shared_mode:
        return MadeService(ingress.key, platform)
    cluster = graph.scope(ingress).cluster
    is_written = any(service.name == row.shared_service for service in graph.in_cluster(cluster, "Service"))
    return None if is_written else MadeService(("shared", row.name), platform)


def gateway_of_service(service: Resource, graph: ResourceGraph) -> Resource | None:
    """Return the Gateway for which a controller made a Service that stands in the manifests, as in the dump of a cluster."""
    for labels in catalog.generated_services():
        name = service.labels.get(labels.name)
        namespace = service.labels.get(labels.namespace) if labels.namespace else service.namespace
        if isinstance(name, str) and isinstance(namespace, str):
            return graph.named(graph.scope(service).cluster, GATEWAY, namespace, name)
    return None


def _platform(resource: Resource, load_balancer_class: object, graph: ResourceGraph) -> str | None:
    """Return the cloud that serves the Service made for a resource, None where it is no cloud, or none that is known."""
    if load_balancer_class is not None:
        platform = platform_of_class(load_balancer_class)
        return platform if platform is not None and is_cloud(platform) else None
    own = platform_of_resource(resource)
    platform = own[0] if own else graph.scope(resource).provider
    return platform if is_cloud(platform) and platform != "unknown" else None
