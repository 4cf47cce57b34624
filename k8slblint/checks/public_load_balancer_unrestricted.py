"""Detects internet-facing load balancers that allow every client."""

from collections.abc import Iterator, Sequence

from k8slblint.graph.containers import images_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Cause, Confidence, Problem, Undecided, least
from k8slblint.model.scope import UNDEPLOYED_ENVIRONMENTS
from k8slblint.model.texts import capital, listed
from k8slblint.traffic.access.source_ranges import SourceRanges, access_to, source_ranges
from k8slblint.traffic.exposure import Exposure, exposure_of
from k8slblint.traffic.exposure.datastores import answering_at
from k8slblint.traffic.exposure.entry_points import entry_points_through, targets_of
from k8slblint.traffic.exposure.intent import is_stated_public
from k8slblint.traffic.workloads.http_ports import serves_http
from k8slblint.traffic.workloads.proxies import edge_proxy_behind

_OF_LITTLE_WEIGHT = ("development", "test")

_TYPE = ("spec", "type")

_RANGES = "spec.loadBalancerSourceRanges"


def check(
    service: Resource, graph: ResourceGraph, *, public_ports: Sequence[int], admin_ports: Sequence[int]
) -> Iterator[Problem | Undecided]:
    """Yield a problem at `spec.type`, or at the range of all addresses, where nothing limits who may connect to a public load balancer.

    Shown by default where a port is open that is not usually for the public; what serves the web is shown on request. Those of a cluster
    that their manifests call public are one finding, for which one decision is enough, unless somebody administers something there.
    """
    scope = graph.scope(service)
    if service.get(*_TYPE) != "LoadBalancer" or scope.environment in UNDEPLOYED_ENVIRONMENTS:
        return
    exposure = exposure_of(service, graph)
    if exposure.reach != "internet":
        return
    ranges = source_ranges(service, graph)
    if not (ranges.is_known or ranges.filters):
        yield Undecided(tuple(_RANGES.split(".")), "the source ranges contain a placeholder, or are not valid")
    is_told_elsewhere = bool(ranges.stated) and not ranges.is_open  # ranges that the controller does not keep
    if is_told_elsewhere or access_to(service, graph) != "everybody" or _is_datastore(service, graph):
        return
    ports = _unusual(service, public_ports, graph)
    is_light = scope.environment in _OF_LITTLE_WEIGHT or scope.division == "sample" or edge_proxy_behind(service, graph) is not None
    most: Confidence = "medium" if ports and not is_light else "low"
    yield Problem(
        path=_path(ranges),
        headline=f"{service.id} accepts connections from the whole internet",
        label=f"opens {listed(ports)}" if ports else "",
        why=_why(ranges, exposure),
        help=f"If the clients are known, list them in `{_RANGES}`. If they are in your own network, make the load balancer internal.",
        confidence=least(exposure.confidence, most),
        cause=_cause(service) if _is_meant(service, graph, ranges, admin_ports) else None,
    )


def _cause(service: Resource) -> Cause:
    """Return what makes several Services one finding: that their authors want them public."""
    return Cause.of_alike(service, "accept connections from the whole internet", "list the clients")


def _is_meant(service: Resource, graph: ResourceGraph, ranges: SourceRanges, admin_ports: Sequence[int]) -> bool:
    """Tell whether the manifest itself says that the load balancer is public, and no port is for administrators.

    A range of all addresses beside others is a slip, whatever the scheme.
    """
    ports = service.sequence("spec", "ports")
    is_for_admins = any(isinstance(port, dict) and port.get("port") in admin_ports for port in ports)
    return not is_for_admins and len(ranges.stated) <= 1 and is_stated_public(service, graph)


def _path(ranges: SourceRanges) -> Path:
    if ranges.open_range is not None:
        return ranges.open_range.path
    return ranges.stated[0].path if ranges.stated else _TYPE


def _is_datastore(service: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a datastore answers, which is an error of its own."""
    workloads: list[Resource | None] = [entry.workload for entry in entry_points_through(service, graph)]
    return any(answering_at(target, service, workload) is not None for target in targets_of(service) for workload in workloads or [None])


def _unusual(service: Resource, public_ports: Sequence[int], graph: ResourceGraph) -> list[str]:
    """Return the ports that are not usually for the public, as messages show them."""
    from k8slblint.catalog.open_services import is_open_service

    images = [image for entry in entry_points_through(service, graph) for image in images_of(entry.workload)]
    ports = [port for port in service.sequence("spec", "ports") if isinstance(port, dict) and not has_placeholder(port)]
    return [
        f"{port.get('protocol') or 'TCP'} {port.get('port')}"
        for port in ports
        if isinstance(port.get("port"), int)
        and port.get("port") not in public_ports
        and not (serves_http(port) or is_open_service(port, images))
    ]


def _why(ranges: SourceRanges, exposure: Exposure) -> str:
    how = "Its source ranges contain all addresses" if ranges.stated else "It has no source ranges, security groups or other filter"
    return f"{capital(exposure.reason)}. {how}."
