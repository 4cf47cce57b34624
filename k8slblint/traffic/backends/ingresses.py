"""What is wrong with the backends of an Ingress: a Service that does not exist, or a port that it does not have.

Sources: ingress-nginx `serviceEndpoints` and haproxy-ingress 465a51ce `FindServicePort` take a `targetPort` for the port, Kong 1fa68f86
`translate_upstreams.go` one that is a name. Traefik `loadService`, `LookupServicePort` of the AWS and the Alibaba Cloud controllers,
ingress-gce acbcf5d6 `ServicePort`, Contour 31c4bb38 `dag/cache.go`, HAProxy `GetBackendName` and F5 NGINX
`getEndpointsForPortFromEndpointSlices` do not.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

from k8slblint.catalog import ingress as catalog
from k8slblint.graph.answers import Absent, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.backends import Backend, backends_of
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.backends.ports import Mistaken, mistaken_for, port_behind
from k8slblint.traffic.backends.services import service_behind
from k8slblint.traffic.ownership import ownership_of

_LONGEST_PORT = 5

Lenience: TypeAlias = Literal["all", "some", "none"]
"""Which of the controllers that may serve an Ingress find the port by its `targetPort` all the same; `some` where that is not known."""


class NoService(NamedTuple):
    """The Service does not exist; `near` are names that were probably meant, `elsewhere` is a namespace that has one of this name."""

    near: tuple[str, ...]
    elsewhere: str | None


class NoPort(NamedTuple):
    """The Service lacks the port; `ports` are those that it has, `mistaken` the one whose `targetPort` or `nodePort` was written."""

    service: Resource
    ports: tuple[str, ...]
    mistaken: Mistaken | None
    lenience: Lenience


Fault: TypeAlias = NoService | NoPort


class Missing(NamedTuple):
    """A Service and port that an Ingress names, at one or more backends, and what is wrong with it; `port` is a number where it is one."""

    backends: Sequence[Backend]
    port: int | str | None
    fault: Fault | Unknown


def missing_backends(ingress: Resource, graph: ResourceGraph) -> Iterator[Missing]:
    """Yield the backends of an Ingress that are missing or not known to exist, those with the same Service and port as one."""
    found: dict[tuple[str, int | str | None], list[Backend]] = defaultdict(list)
    for backend in backends_of(ingress):
        found[backend.name, _port_of(backend)].append(backend)
    for (_, port), backends in found.items():
        fault = _fault_of(backends[0], port, graph)
        if fault is not None:
            yield Missing(backends, port, fault)


def port_path(backend: Backend) -> Path:
    """Return where the port of a backend is written."""
    *steps, last = backend.path
    if last == "serviceName":
        return (*steps, "servicePort")
    if last != "name":
        return backend.path
    field = "number" if backend.source.get(*steps, "port", "number") else "name"
    return (*steps, "port", field)


def _port_of(backend: Backend) -> int | str | None:
    """Return the port that a backend names; digits are a number, because the name of a port has a letter.

    The AWS Load Balancer Controller reads `"80"` in an action as a number, as ingress-nginx does.
    """
    port: object = backend.port
    if isinstance(port, str):
        return int(port) if port.isascii() and port.isdigit() and len(port) <= _LONGEST_PORT else port
    return port if isinstance(port, int) and not isinstance(port, bool) else None


def _fault_of(backend: Backend, port: int | str | None, graph: ResourceGraph) -> Fault | Unknown | None:
    answer = service_behind(backend, graph)
    if isinstance(answer, Absent):
        return NoService(answer.near, _namespace_with(backend, graph))
    if isinstance(answer, Unknown):
        return answer
    service = answer.value
    if port is None or service.get("spec", "type") == "ExternalName":
        return None
    found = port_behind(service, port, graph, backend.source)
    if isinstance(found, Absent):
        mistaken = mistaken_for(service, port)
        return NoPort(service, found.near, mistaken, _lenience(backend.source, port, mistaken, graph))
    return found if isinstance(found, Unknown) else None


def _namespace_with(backend: Backend, graph: ResourceGraph) -> str | None:
    services = graph.in_cluster(graph.scope(backend.source).cluster, "Service")
    return next((one.namespace for one in services if one.name == backend.name and one.namespace != backend.namespace), None)


def _lenience(ingress: Resource, port: int | str, mistaken: Mistaken | None, graph: ResourceGraph) -> Lenience:
    """Return which controllers of an Ingress send traffic to a port all the same, because it is a `targetPort`."""
    if mistaken is None or mistaken.field != "targetPort":
        return "none"
    known = catalog.controllers()
    candidates = [known[name] for name in ownership_of(ingress, graph).candidates if name in known]
    lenient = ("all", "named") if isinstance(port, str) else ("all",)
    if candidates and all(one.target_ports in lenient for one in candidates):
        return "all"
    is_strict = candidates and all(one.target_ports is not None and one.target_ports not in lenient for one in candidates)
    return "none" if is_strict else "some"
