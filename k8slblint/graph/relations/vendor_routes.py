"""References in the route kinds of vendors: Services, and other objects that they serve; where each name is written.

How each kind is written is in `catalogs/vendor-routes.json`, with its sources.
"""

from collections.abc import Iterator
from typing import Any

from k8slblint.catalog.vendor_routes import ANY_ELEMENT, BackendRow, Gateways, PartRow, Pattern, Speaks, VendorRoute, vendor_routes
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.backends import Backend
from k8slblint.graph.relations.twins import nearest_twin
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource

_MOST_PARTS = 100
"""How many objects of one route are followed; whoever writes more of them does not mean us."""

_SERVICE_ZONE = "svc"

_LONGEST_PORT = 5


class VendorBackend(NamedTuple):
    """A reference to a Service, what the proxy passes on, and whether a number is a port of the Pod."""

    backend: Backend
    speaks: Speaks
    is_pod_port: bool


class PartReference(NamedTuple):
    """An object that another one serves, by kind, namespace and name, and the path of that name."""

    path: Path
    row: PartRow
    type_name: str
    namespace: str | None
    name: str


def is_served_by_itself(route: Resource, known: VendorRoute) -> bool:
    """Tell whether a route has hosts and ports of its own, so that no other needs to name it."""
    if known.role in ("part", "filter") or (known.part_without is not None and not has_value(route, known.part_without)):
        return False
    return known.needs is None or has_value(route, known.needs)


def may_be_named(route: Resource, known: VendorRoute) -> bool:
    """Tell whether a resource is served where another route names it, which may stand elsewhere."""
    return known.role == "part" or (known.part_without is not None and not has_value(route, known.part_without))


def with_parts(route: Resource, graph: ResourceGraph) -> list[Resource]:
    """Return a route and the objects that it names as its parts, and these in turn, each once."""
    found = {id(route): route}
    waiting = [route]
    known = graph.derived(_no_parts)
    while waiting and len(found) < _MOST_PARTS:
        one = waiting.pop()
        if id(one) not in known:
            known[id(one)] = list(_parts(one, graph))
        for part in known[id(one)]:
            if id(part) not in found:
                found[id(part)] = part
                waiting.append(part)
    return list(found.values())


def _no_parts(_: ResourceGraph) -> dict[int, list[Resource]]:
    return {}


def vendor_backends_of(resource: Resource) -> Iterator[VendorBackend]:
    """Yield the Services that one object names, in the order of the catalog; other kinds of backends are left out."""
    known = vendor_routes()[resource.type_name]
    passes_tls = known.passes_tls is not None and resource.get(*known.passes_tls.path) == known.passes_tls.value
    for row in known.backends:
        for path, value in values_at(resource, row.service):
            backend = _backend(resource, row, path, value)
            if backend is not None:
                yield VendorBackend(backend, "tls" if passes_tls else row.speaks, row.is_pod_port)


def names_what_is_unread(resource: Resource) -> bool:
    """Tell whether an object leads to Services by fields that are not read, or by texts that are filled in later."""
    known = vendor_routes()[resource.type_name]
    if known.role == "opaque" or any(has_value(resource, pattern) for pattern in known.unread):
        return True
    return any(has_placeholder(value) for row in known.backends for _, value in values_at(resource, row.service))


def has_value(resource: Resource, pattern: Pattern) -> bool:
    """Tell whether something stands at a pattern: an empty mapping counts, an empty list does not."""
    return any(value != [] for _, value in values_at(resource, pattern))


def values_at(resource: Resource, pattern: Pattern) -> Iterator[tuple[Path, Any]]:
    """Yield path and value of everything at a pattern that is not null, in order."""
    found: list[tuple[Path, Any]] = [((), resource.value)]
    for step in pattern:
        found = [deeper for path, value in found for deeper in _deeper(path, value, step)]
    yield from found


def _deeper(path: Path, value: Any, step: str) -> Iterator[tuple[Path, Any]]:
    if step == ANY_ELEMENT:
        yield from (((*path, index), one) for index, one in enumerate(value if isinstance(value, list) else ()) if one is not None)
    elif isinstance(value, dict) and value.get(step) is not None:
        yield (*path, step), value[step]


def _beside(resource: Resource, pattern: Pattern | None, path: Path) -> Any:
    """Return the value at a pattern in the same elements of lists as a path; None where there is none."""
    if pattern is None:
        return None
    steps: list[str | int] = []
    for index, step in enumerate(pattern):
        is_same = index < len(path) and (path[index] == step or (step == ANY_ELEMENT and isinstance(path[index], int)))
        if step == ANY_ELEMENT and not is_same:
            return None
        steps.append(path[index] if is_same else step)
    return resource.get(*steps)


def _backend(resource: Resource, row: BackendRow, path: Path, value: Any) -> Backend | None:
    kind = _beside(resource, row.kind, path)
    if not isinstance(value, str) or has_placeholder(value) or (kind is not None and kind not in row.kinds):
        return None
    if kind is None and "Service" not in row.kinds:
        return None
    stated = _beside(resource, row.namespace, path)
    named = _READERS[row.written](value, stated if isinstance(stated, str) else resource.namespace)
    if named is None:
        return None
    port = _number(_beside(resource, row.port, path))
    return Backend(resource, path, named.namespace, named.name, named.port if port is None else port)


def _number(port: object) -> int | str | None:
    """Return a port as a number, also where it is written as a text of digits."""
    if isinstance(port, bool) or not isinstance(port, int | str):
        return None
    return int(port) if isinstance(port, str) and port.isascii() and port.isdigit() and len(port) <= _LONGEST_PORT else port


class _Named(NamedTuple):
    namespace: str | None
    name: str
    port: int | str | None = None


def _by_name(text: str, namespace: str | None) -> _Named | None:
    return _Named(namespace, text)


def _qualified(text: str, namespace: str | None) -> _Named | None:
    own, slash, name = text.partition("/")
    return _Named(own, name) if slash else _Named(namespace, text)


def _by_host(text: str, namespace: str | None) -> _Named | None:
    """Read a host of a mesh: a name without dots is of the own namespace, of others only `name.namespace.svc...` means a Service."""
    labels = text.split(".")
    if len(labels) == 1:
        return _Named(namespace, text)
    return _Named(labels[1], labels[0]) if len(labels) > 2 and labels[2] == _SERVICE_ZONE else None  # noqa: PLR2004 - after the namespace


def _by_url(text: str, namespace: str | None) -> _Named | None:
    """Read `[scheme://]name[.namespace[.svc...]][:port][/path]`; no Service has an underscore in its name (`http_status:404`)."""
    rest = text.rpartition("://")[2].partition("/")[0]
    host, _, port = rest.partition(":")
    labels = host.split(".")
    if not labels[0] or "_" in labels[0] or (len(labels) > 2 and labels[2] != _SERVICE_ZONE):  # noqa: PLR2004 - after the namespace
        return None
    return _Named(labels[1] if len(labels) > 1 else namespace, labels[0], _number(port) if port else None)


_READERS = {"name": _by_name, "qualified": _qualified, "host": _by_host, "url": _by_url}


def _parts(resource: Resource, graph: ResourceGraph) -> Iterator[Resource]:
    cluster = graph.scope(resource).cluster
    for row in vendor_routes()[resource.type_name].parts:
        for _, named, kind in _named_parts(resource, row):
            found = graph.named(cluster, f"{kind}.{resource.group}", named.namespace, named.name)
            if found is not None:
                yield nearest_twin(found, resource, graph)


def part_references(resource: Resource) -> Iterator[PartReference]:
    """Yield where an object names others of its groups that it serves, in the order of the catalog."""
    for row in vendor_routes()[resource.type_name].parts:
        for path, named, kind in _named_parts(resource, row):
            yield PartReference(path, row, f"{kind}.{resource.group}", named.namespace, named.name)


def _named_parts(resource: Resource, row: PartRow) -> Iterator[tuple[Path, _Named, str]]:
    for path, value in values_at(resource, row.name):
        if not isinstance(value, str) or (row.where is not None and _beside(resource, row.where.path, path) != row.where.value):
            continue
        stated = _beside(resource, row.namespace, path)
        named = _READERS[row.written](value, stated if isinstance(stated, str) else resource.namespace)
        if named is not None:
            yield from ((path, named, kind) for kind in row.kinds)


def gateway_names(route: Resource, names: Pattern, except_name: str) -> list[tuple[str | None, str]]:
    """Return namespace and name of each object that opens ports for a route."""
    return [(namespace, name) for _, namespace, name in _named_gateways(route, names, except_name)]


def gateway_references(route: Resource, known: Gateways) -> Iterator[tuple[Path, str | None, str]]:
    """Yield where a route names the objects that open its ports, with their namespaces and names."""
    yield from _named_gateways(route, known.names, known.except_name)


def _named_gateways(route: Resource, names: Pattern, except_name: str) -> Iterator[tuple[Path, str | None, str]]:
    for path, value in values_at(route, names):
        named = _qualified(value, route.namespace) if isinstance(value, str) and value != except_name else None
        if named is not None:
            yield path, named.namespace, named.name
