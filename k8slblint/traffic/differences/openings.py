"""The openings of an entry point: ports of a Service, hosts and paths of an Ingress or a route, listeners, ports of a node.

Sources: Kubernetes API reference 1.37 (Service, Ingress), Gateway API 1.6 (listeners; a route without hostnames has those of its
listeners, a rule without matches every path; a path is a prefix unless its type says otherwise).
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from k8slblint.catalog.vendor_routes import vendor_routes
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, INGRESS_KINDS, LISTENER_SET_KINDS, ROUTE_KINDS
from k8slblint.graph.relations.vendor_routes import values_at
from k8slblint.model.difference import Topic
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.attachments import attachments_of
from k8slblint.traffic.attachment.hostnames import EVERY
from k8slblint.traffic.exposure.entry_points import entry_points_of

MOST_OPENINGS = 2500
"""How many openings of one object are compared (the CRD of HTTPRoute allows 2,048 paths); whoever writes more does not mean us."""

ANY_HOST = "*"

_EXACT = {"Exact": " (exact)", "RegularExpression": " (pattern)"}


class Opening(NamedTuple):
    """One way in: where it is written, and the backends that it leads to, as far as the object names them."""

    path: Path
    backends: tuple[str, ...] = ()


class Openings(NamedTuple):
    """The openings of an object by label, in order; `is_cut` tells that there are more than are looked at."""

    by_label: Mapping[str, Opening]
    is_cut: bool = False


_OF_KIND: dict[str, Topic] = {
    "Service": "port",
    **dict.fromkeys((GATEWAY, *LISTENER_SET_KINDS), "listener"),
    **dict.fromkeys((*INGRESS_KINDS, *ROUTE_KINDS), "host-and-path"),
}


def topic_of(resource: Resource) -> Topic:
    """Return what the openings of an object are called."""
    if resource.pod_template_path is not None:
        return "host-port"
    return _OF_KIND.get(resource.type_name, "host-and-path")


def openings_of(resource: Resource, graph: ResourceGraph) -> Openings:
    """Return what an entry point of a graph lets in; the same label twice is one opening with the backends of both."""
    found: dict[str, Opening] = {}
    every = list(islice(_openings(resource, graph), MOST_OPENINGS + 1))
    for label, opening in every[:MOST_OPENINGS]:
        known = found.get(label)
        merged = dict.fromkeys((*known.backends, *opening.backends)) if known is not None else opening.backends
        found[label] = Opening(known.path if known is not None else opening.path, tuple(merged))
    return Openings(found, len(every) > MOST_OPENINGS)


def _openings(resource: Resource, graph: ResourceGraph) -> Iterator[tuple[str, Opening]]:
    if resource.type_name == "Service":
        yield from _ports(resource)
    elif resource.type_name in INGRESS_KINDS:
        yield from _of_ingress(resource)
    elif resource.type_name in (GATEWAY, *LISTENER_SET_KINDS):
        yield from _listeners(resource)
    elif resource.type_name in ROUTE_KINDS:
        yield from _of_route(resource, graph)
    elif resource.type_name in vendor_routes():
        yield from _hosts_of_vendor(resource)
    else:
        yield from _of_node(resource, graph)


def _ports(service: Resource) -> Iterator[tuple[str, Opening]]:
    for index, port in enumerate(service.sequence("spec", "ports")):
        if isinstance(port, dict) and port.get("port") is not None:
            yield f"{port['port']}/{port.get('protocol') or 'TCP'}", Opening(("spec", "ports", index))


def _listeners(gateway: Resource) -> Iterator[tuple[str, Opening]]:
    for index, listener in enumerate(gateway.sequence("spec", "listeners")):
        if isinstance(listener, dict):
            host = listener.get("hostname") or ANY_HOST
            yield f"{listener.get('protocol')} {listener.get('port')} {host}", Opening(("spec", "listeners", index))


def _of_ingress(ingress: Resource) -> Iterator[tuple[str, Opening]]:
    for field in ("defaultBackend", "backend"):
        if ingress.mapping("spec", field):
            yield f"{ANY_HOST}/", Opening(("spec", field), _backend_of_ingress(ingress, ingress.mapping("spec", field)))
    for number, rule in enumerate(map(_mapping, ingress.sequence("spec", "rules"))):
        host, http = rule.get("host") or ANY_HOST, rule.get("http")
        paths = http.get("paths") if isinstance(http, dict) else None
        for index, path in enumerate(paths if isinstance(paths, list) else ()):
            if isinstance(path, dict):
                text = f"{host}{_path(path.get('path'))}{_EXACT.get(str(path.get('pathType')), '')}"
                backend = path.get("backend")
                steps: Path = ("spec", "rules", number, "http", "paths", index)
                yield text, Opening(steps, _backend_of_ingress(ingress, backend if isinstance(backend, dict) else {}))


def _path(written: object) -> str:
    """Return a path as it is shown: with a slash, `/` where none is written."""
    text = str(written or "/")
    return text if text.startswith("/") else f"/{text}"


def _backend_of_ingress(ingress: Resource, backend: Mapping[str, Any]) -> tuple[str, ...]:
    service = backend.get("service")
    if isinstance(service, dict):
        port = service.get("port")
        number = port.get("number") or port.get("name") if isinstance(port, dict) else None
        return _named(ingress.namespace, service.get("name"), number)
    if backend.get("serviceName") is not None:
        return _named(ingress.namespace, backend.get("serviceName"), backend.get("servicePort"))
    other = backend.get("resource")
    return (f"{other.get('kind')} {ingress.namespace}/{other.get('name')}",) if isinstance(other, dict) else ()


def _named(namespace: object, name: object, port: object) -> tuple[str, ...]:
    return () if name is None else (f"{namespace}/{name}" + (f":{port}" if port is not None else ""),)


def _of_route(route: Resource, graph: ResourceGraph) -> Iterator[tuple[str, Opening]]:
    hosts = [host for host in route.sequence("spec", "hostnames") if isinstance(host, str)] or list(_hosts_of_listeners(route, graph))
    for number, rule in enumerate(map(_mapping, route.sequence("spec", "rules"))):
        references = rule.get("backendRefs")
        backends = tuple(
            text
            for one in (references if isinstance(references, list) else ())
            if isinstance(one, dict)
            for text in _named(one.get("namespace") or route.namespace, one.get("name"), one.get("port"))
        )
        for host in hosts or [ANY_HOST]:
            for index, label in _matches(route, rule):
                steps: Path = ("spec", "rules", number) if index is None else ("spec", "rules", number, "matches", index)
                yield f"{host}{label}", Opening(steps, backends)


def _hosts_of_listeners(route: Resource, graph: ResourceGraph) -> Iterator[str]:
    """Yield the hosts of the listeners that a route without hosts of its own attaches to, or may attach to, in what is read."""
    for attachment in attachments_of(route, graph):
        if attachment.standing != "refused":
            yield from (listener.hostname for listener in attachment.listeners if listener.hostname != EVERY)


def _matches(route: Resource, rule: Mapping[str, Any]) -> Iterator[tuple[int | None, str]]:
    """Yield what a rule matches below its hosts, with the index of the match; a rule without matches takes everything."""
    matches = rule.get("matches")
    if not isinstance(matches, list) or not matches:
        yield None, "/" if route.kind in ("HTTPRoute", "GRPCRoute") else ""
        return
    for index, match in enumerate(map(_mapping, matches)):
        if route.kind == "GRPCRoute":
            method = _mapping(match.get("method"))
            yield index, f"/{method.get('service') or '*'}/{method.get('method') or '*'}"
        else:
            path = _mapping(match.get("path"))
            yield index, f"{_path(path.get('value'))}{_EXACT.get(str(path.get('type')), '')}"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _hosts_of_vendor(route: Resource) -> Iterator[tuple[str, Opening]]:
    for pattern in vendor_routes()[route.type_name].hosts:
        for path, value in values_at(route, pattern):
            if isinstance(value, str):
                yield value, Opening(path)


def _of_node(workload: Resource, graph: ResourceGraph) -> Iterator[tuple[str, Opening]]:
    for way in entry_points_of(workload, graph):
        if way.resource is not workload:
            continue
        for target in way.targets:
            number = workload.get(*target.path, "hostPort") or target.port
            yield f"{number}/{target.protocol}", Opening(target.path)
        if not way.targets:
            yield "all ports", Opening(way.steps[0].path)
