"""Services that a controller leads TCP and UDP to by lists of ports: ConfigMaps that its arguments name, and values of its chart.

Source: kubernetes/ingress-nginx dbb11b92 `internal/ingress/controller/controller.go` (`getStreamServices`: `namespace/name:port`, with
more behind a further colon).
"""

from collections.abc import Iterator

from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import STREAM_SOURCE_KINDS
from k8slblint.graph.relations.backends import Backend, service_of
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.exposure.vendor_ways import exposure_of_proxy
from k8slblint.traffic.exposure.verdict import Exposure
from k8slblint.traffic.routing.vendor_ports import VendorPorts, vendor_ports


class Stream(NamedTuple):
    """A Service that a list of ports leads to, and from where it is reached by that."""

    service: Resource
    exposure: Exposure


def streams(graph: ResourceGraph) -> Iterator[Stream]:
    """Yield what the lists of ports of controllers lead to, in reading order."""
    for resource in graph.of_type(*STREAM_SOURCE_KINDS):
        for opened in vendor_ports(resource, graph):
            yield from _streams_of(opened, resource, graph)


def _streams_of(opened: VendorPorts, resource: Resource, graph: ResourceGraph) -> Iterator[Stream]:
    where = opened.listed_in or resource
    for text in opened.targets:
        name, _, port = text.partition(":")
        namespace, slash, name = name.partition("/")
        if not slash or has_placeholder(text):
            continue
        service = service_of(Backend(resource, opened.path, namespace, name, port.partition(":")[0] or None), graph)
        if isinstance(service, Found):
            exposure = exposure_of_proxy(opened.controller, graph.scope(resource).cluster, graph)
            yield Stream(service.value, exposure._replace(reasons=(*exposure.reasons, f"{where.id} routes to it")))
