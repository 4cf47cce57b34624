"""For which Gateways and Ingresses a controller in the cluster creates a Service of type LoadBalancer, and which share one.

Sources: in `catalogs/load-balancers.json`, at each controller. ListenerSets attach to their Gateway and make nothing.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from k8slblint.catalog import load_balancers as catalog
from k8slblint.catalog.load_balancers import GatewayService
from k8slblint.catalog.platforms import platform_of_resource
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.balancers.ingresses import entry_of_owner, is_cloud
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.ownership.gateways import class_object_of, controller_names
from k8slblint.traffic.ownership.services import platform_of_class


class MadeService(NamedTuple):
    """The Service that a controller makes: what tells it from others (`group`), the platform that serves it, and its annotations."""

    group: object
    platform: str
    annotations: Mapping[str, Any] = MappingProxyType({})


class DescribedService(NamedTuple):
    """What is said of a Service that a controller will make: what tells it from others (`group`), its annotations and its class."""

    group: object
    annotations: Mapping[str, Any]
    load_balancer_class: object = None


class _Parameters(NamedTuple):
    """What the objects say that a Gateway and its class name; `is_known` tells that all of them were read."""

    is_known: bool
    service: Mapping[str, Any] = MappingProxyType({})
    is_merged: bool = False


def service_of_gateway(gateway: Resource, graph: ResourceGraph) -> MadeService | None:
    """Return the Service of type LoadBalancer that a controller in the cluster makes for a Gateway.

    None where it makes none, or where that cannot be known; on a platform that is not known to be a cloud it costs nothing.
    """
    described = described_service(gateway, graph)
    platform = _platform(gateway, described.load_balancer_class, graph) if described is not None else None
    return MadeService(described.group, platform, described.annotations) if described is not None and platform else None


def described_service(gateway: Resource, graph: ResourceGraph) -> DescribedService | None:
    """Return what a Gateway and its parameters say of the Service of type LoadBalancer that is made for it, on whatever platform.

    None where none is made, or where that cannot be known.
    """
    class_name = ownership_of(gateway, graph).class_name
    row = _row(controller_names(gateway, graph))
    if row is None or class_name in row.inside_classes or (row.addresses_name_services and _is_unmanaged(gateway)):
        return None
    parameters = _parameters(gateway, class_object_of(gateway, graph), row, graph)
    service_type = gateway.annotations.get(row.type_annotation or "") or parameters.service.get("type")
    wanted = row.parameters.load_balancer if row.parameters else catalog.DEFAULT_SERVICE_TYPE
    if not parameters.is_known or service_type not in (None, wanted):
        return None
    stated = parameters.service.get("annotations")
    annotations = {**(stated if isinstance(stated, dict) else {}), **gateway.mapping("spec", "infrastructure", "annotations")}
    group = ("merged", class_name) if parameters.is_merged else gateway.key
    return DescribedService(group, annotations, parameters.service.get("loadBalancerClass"))


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


def _row(controllers: tuple[str, ...]) -> GatewayService | None:
    """Return the entry of the only controller that a class may be of."""
    return next((row for row in catalog.gateway_services() if (row.class_controller,) == controllers), None)


def _is_unmanaged(gateway: Resource) -> bool:
    """Tell whether the addresses of a Gateway name a Service that exists: a host name, or several."""
    addresses = gateway.sequence("spec", "addresses")
    first = addresses[0] if addresses and isinstance(addresses[0], dict) else {}
    return len(addresses) > 1 or first.get("type", "IPAddress") != "IPAddress"


def _parameters(gateway: Resource, defined: Resource | None, row: GatewayService, graph: ResourceGraph) -> _Parameters:
    """Return what the parameters of a Gateway say about its Service; those of the Gateway come before those of its class."""
    found = _Parameters(is_known=row.parameters is None or not row.parameters.is_required)
    for holder, path in ((defined, ("spec", "parametersRef")), (gateway, ("spec", "infrastructure", "parametersRef"))):
        reference = holder.mapping(*path) if holder else {}
        if reference:
            read = _read(reference, gateway, row, graph)
            if read is None:
                return _Parameters(is_known=False)
            found = _Parameters(
                is_known=True,
                service={**found.service, **read.service},
                is_merged=found.is_merged or (holder is defined and read.is_merged),
            )
    return found


def _read(reference: dict[str, Any], gateway: Resource, row: GatewayService, graph: ResourceGraph) -> _Parameters | None:
    described = row.parameters
    name, namespace = reference.get("name"), reference.get("namespace", gateway.namespace)
    if described is None or f"{reference.get('kind')}.{reference.get('group')}" != described.kind or not isinstance(name, str):
        return None
    found = graph.named(graph.scope(gateway).cluster, described.kind, namespace if isinstance(namespace, str) else None, name)
    if found is None:
        return None
    is_merged = described.merge is not None and found.get(*described.merge) is True
    return _Parameters(is_known=True, service=found.mapping(*described.service), is_merged=is_merged)


def _platform(resource: Resource, load_balancer_class: object, graph: ResourceGraph) -> str | None:
    """Return the cloud that serves the Service made for a resource, None where it is no cloud, or none that is known."""
    if load_balancer_class is not None:
        platform = platform_of_class(load_balancer_class)
        return platform if platform is not None and is_cloud(platform) else None
    own = platform_of_resource(resource)
    platform = own[0] if own else graph.scope(resource).provider
    return platform if is_cloud(platform) and platform != "unknown" else None
