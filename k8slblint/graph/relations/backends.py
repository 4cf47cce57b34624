"""The edge from an Ingress or a route to its Services.

Sources: Kubernetes API reference 1.37 (Ingress) and Gateway API 1.6 (backendRefs).
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias, TypeVar

from k8slblint.catalog.load_balancers import actions_prefix
from k8slblint.graph.answers import Answer, Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS, ROUTE_KINDS
from k8slblint.graph.relations.twins import goes_with, nearest_twin
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource

T = TypeVar("T")


class Backend(NamedTuple):
    """A reference from an Ingress or a route to a Service: where it stands, the Service's namespace and name, and its port.

    `port` is a number, a name (Ingress only) or None.
    """

    source: Resource
    path: Path
    namespace: str | None
    name: str
    port: int | str | None


ServiceKey: TypeAlias = tuple[str, str | None, str]
"""`(cluster, namespace, name)` of a Service."""


def backends_of(source: Resource) -> Iterator[Backend]:
    """Yield the Services that an Ingress or a route names, in order; other backend kinds are left out."""
    if source.kind == "Ingress":
        yield from _ingress_backends(source)
    else:
        yield from _route_backends(source)


def users_of(service: Resource, graph: ResourceGraph) -> Sequence[Backend]:
    """Return the references from Ingresses and routes of the same cluster to a Service, in reading order."""
    key = (graph.scope(service).cluster, service.namespace, service.name)
    return [one for one in graph.derived(_backends_by_service).get(key, ()) if goes_with(one.source, service, graph)]


def named_services(graph: ResourceGraph) -> Iterable[tuple[ServiceKey, frozenset[str]]]:
    """Yield the Services that Ingresses and routes name, whether they exist or not, each once, with the files that name them."""
    for key, backends in graph.derived(_backends_by_service).items():
        yield key, frozenset(one.source.path for one in backends)


def service_of(backend: Backend, graph: ResourceGraph) -> Answer[Resource]:
    """Return the Service that a backend names."""
    if has_placeholder(backend.name):
        return Unknown(f"the backend of {backend.source.id} contains a placeholder")
    answer = graph.look_up(graph.scope(backend.source).cluster, "Service", backend.namespace, backend.name)
    return Found(nearest_twin(answer.value, backend.source, graph)) if isinstance(answer, Found) else answer


def port_of(service: Resource, port: int | str | None) -> tuple[int, dict[str, Any]] | None:
    """Return index and content of the Service port of that number or name, or None."""
    for index, entry in enumerate(service.sequence("spec", "ports")):
        if isinstance(entry, dict) and port is not None and port in (entry.get("port"), entry.get("name")):
            return index, entry
    return None


def text_or(value: object, default: T) -> str | T:
    """Return a text as written, `default` where the field is missing, null or no text at all."""
    return value if isinstance(value, str) else default


def _backends_by_service(graph: ResourceGraph) -> dict[ServiceKey, list[Backend]]:
    index: dict[ServiceKey, list[Backend]] = defaultdict(list)
    for source in graph.of_type(*INGRESS_KINDS, *ROUTE_KINDS):
        cluster = graph.scope(source).cluster
        for backend in backends_of(source):
            index[cluster, backend.namespace, backend.name].append(backend)
    return index


def uses_actions(ingress: Resource) -> bool:
    """Tell whether a backend of an Ingress stands for an action in an annotation, which one controller only reads."""
    return any(number == _ACTION for _, _, number in _written_backends(ingress))


_ACTION = "use-annotation"
"""The port of a backend that is the name of an action (AWS Load Balancer Controller 225f4456, `pkg/ingress/config_types.go`)."""


class NamedBackend(NamedTuple):
    """A backend of an Ingress as it is written: where its name is, and whether that is the name of an action."""

    path: Path
    name: str
    is_action: bool


def named_backends(ingress: Resource) -> Iterator[NamedBackend]:
    """Yield the backends of an Ingress that have a name, in order, those that stand for an action included."""
    return (NamedBackend(path, name, number == _ACTION) for path, name, number in _written_backends(ingress))


def _ingress_backends(ingress: Resource) -> Iterator[Backend]:
    for steps, name, number in _written_backends(ingress):
        if number == _ACTION:
            yield from backends_of_action(ingress, name)
        else:
            yield Backend(ingress, steps, ingress.namespace, name, number)


def _written_backends(ingress: Resource) -> Iterator[tuple[Path, str, Any]]:
    """Yield where the backends of an Ingress are written, with their names and ports."""
    for path in _ingress_backend_paths(ingress):
        backend = ingress.mapping(*path)
        service = backend.get("service")
        if isinstance(service, dict):
            name, port = service.get("name"), service.get("port")
            number = port.get("number") or port.get("name") if isinstance(port, dict) else None
            steps: Path = (*path, "service", "name")
        else:
            name, number, steps = backend.get("serviceName"), backend.get("servicePort"), (*path, "serviceName")
        if isinstance(name, str):
            yield steps, name, number


def backends_of_action(ingress: Resource, action: str) -> Iterator[Backend]:
    """Yield the Services that an action in an annotation forwards to (AWS Load Balancer Controller, `actions.<name>`)."""
    key = f"{actions_prefix()}{action}"
    try:
        content = _in_lower_case(json.loads(str(ingress.annotations.get(key, ""))))
    except (ValueError, RecursionError):
        return
    groups = _in_lower_case(content.get("forwardconfig")).get("targetgroups")
    for group in [content, *map(_in_lower_case, groups if isinstance(groups, list) else ())]:
        if isinstance(group.get("servicename"), str):
            yield Backend(ingress, ("metadata", "annotations", key), ingress.namespace, group["servicename"], group.get("serviceport"))


def _in_lower_case(content: object) -> dict[str, Any]:
    """Return an object of JSON with its members in lower case, as encoding/json of Go finds them in any; empty for anything else."""
    return {str(name).lower(): value for name, value in content.items()} if isinstance(content, dict) else {}


def _ingress_backend_paths(ingress: Resource) -> Iterator[Path]:
    yield ("spec", "defaultBackend")
    yield ("spec", "backend")
    for rule_index, rule in enumerate(ingress.sequence("spec", "rules")):
        http = rule.get("http") if isinstance(rule, dict) else None
        paths = http.get("paths") if isinstance(http, dict) else None
        for path_index in range(len(paths) if isinstance(paths, list) else 0):
            yield ("spec", "rules", rule_index, "http", "paths", path_index, "backend")


def _route_backends(route: Resource) -> Iterator[Backend]:
    for rule_index, rule in enumerate(route.sequence("spec", "rules")):
        references = rule.get("backendRefs") if isinstance(rule, dict) else None
        for index, reference in enumerate(references if isinstance(references, list) else ()):
            if not isinstance(reference, dict) or (reference.get("group") or "", reference.get("kind") or "Service") != ("", "Service"):
                continue
            name = reference.get("name")
            if isinstance(name, str):
                path: Path = ("spec", "rules", rule_index, "backendRefs", index, "name")
                yield Backend(route, path, text_or(reference.get("namespace"), route.namespace), name, reference.get("port"))
