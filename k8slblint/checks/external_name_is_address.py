"""Detects Services of type ExternalName that name an IP address."""

from collections.abc import Iterator

from k8slblint.addresses import IPV4, parse_address
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem
from k8slblint.model.texts import quoted

_FIELD = ("spec", "externalName")


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at an external name that is an IPv4 address, which no DNS server resolves; the API server refuses an IPv6 address.

    Silent where an Ingress or a route names the Service: ingress-nginx and other proxies connect to the address without DNS.
    Sources: coredns/coredns plugin/kubernetes (only a host that is no address becomes a record); kubernetes/ingress-nginx dbb11b92
    internal/ingress/controller/endpointslices.go.
    """
    name = service.get(*_FIELD)
    is_alias = service.api_version == "v1" and service.get("spec", "type") == "ExternalName"
    address = parse_address(name) if is_alias and isinstance(name, str) else None
    if address is None or address[0] != IPV4:
        return
    from k8slblint.graph.relations.backends import users_of  # few Services name an address
    from k8slblint.traffic.backends.services import is_named_by_vendors

    if not users_of(service, graph) and not is_named_by_vendors(service, graph):
        yield Problem(
            path=_FIELD,
            headline=f"{service.id} is an alias of the address {quoted(name)}",
            label="not a DNS name",
            why="Kubernetes takes an external name for the name of a host: DNS servers such as CoreDNS make no record of an address, and "
            "clients that look up the Service get no answer.",
            help="Write a Service without selector, and an EndpointSlice with the address, or name a host.",
            confidence="medium",
        )
