"""What protects everything that goes through a Gateway: client certificates, and the networks that its Service allows.

Sources: Gateway API 1.6 (`spec.tls.frontend`); what is said of the Service of a Gateway is in `traffic/balancers/gateway_services`.
"""

from collections.abc import Iterator

from k8slblint.catalog import services as annotations
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.traffic.balancers.gateway_services import described_service
from k8slblint.traffic.protections.forms import Finding, Protection
from k8slblint.traffic.protections.objects import holds_everybody

_FRONTEND = ("spec", "tls", "frontend")

_FILTERS = ("source-ranges", "security-groups")


def of_gateway(gateway: Resource, graph: ResourceGraph) -> Iterator[Finding]:
    """Yield what a Gateway itself asks of all clients."""
    if gateway.mapping(*_FRONTEND):
        yield Protection("client-certificates", "client certificates", gateway, _FRONTEND, is_shared=True)
    described = described_service(gateway, graph)
    if described is None:
        return
    ranges = described.spec.get("loadBalancerSourceRanges")
    if isinstance(ranges, list) and ranges and not holds_everybody(ranges):
        yield Protection("allow-list", "the source ranges of its Service", gateway, ("spec", "gatewayClassName"), is_shared=True)
    for stated in described.stated:
        for key, value in stated.values.items():
            entry = annotations.find(key) if isinstance(value, str) and value and annotations.prefix_of(key) else None
            if entry is not None and entry.decides in _FILTERS and entry.limits:
                yield Protection("allow-list", "the allow list", stated.holder, (*stated.path, key), is_shared=True)
