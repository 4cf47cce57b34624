"""Which features of Gateway API a Gateway, a route or a policy asks for, and with which fields.

Source: kubernetes-sigs/gateway-api v1.6.1 pkg/features and conformance/tests; the fields are in `catalogs/gateway-features.json`.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from k8slblint.catalog.gateway_features import AskingField, Feature, features
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.backends import backends_of, port_of, service_of
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.attachments import attachments_of

EACH = "*"
"""What stands for every item of a list in the path of a field."""


class AskedFeature(NamedTuple):
    """A feature that an object asks for, with the fields that do, in order of the catalog."""

    feature: Feature
    paths: tuple[Path, ...]


def asked_features(resource: Resource, graph: ResourceGraph) -> list[AskedFeature]:
    """Return the features that an object asks for, in order of the catalog."""
    paths: dict[int, list[Path]] = {}
    keys = _keys_of(resource.value)
    for number, field, steps in _fields_of(resource.kind):
        if steps <= keys and (asking := list(_asking(field, resource, graph))):
            paths.setdefault(number, []).extend(asking)
    return [AskedFeature(features()[number], tuple(found)) for number, found in paths.items()]


@cache
def _fields_of(kind: str) -> tuple[tuple[int, AskingField, frozenset[str]], ...]:
    """Return the fields of a kind that ask for features, each with the number of its feature and the keys that lead to it."""
    found = ((number, field) for number, feature in enumerate(features()) for field in feature.asked_by if field.kind == kind)
    return tuple((number, field, frozenset(field.path) - {EACH}) for number, field in found)


def _keys_of(value: dict[str, Any]) -> set[str]:
    """Return all keys in an object: most fields that are asked for are not there."""
    found: set[str] = set()
    pending: list[Any] = [value]
    for part in pending:
        if isinstance(part, dict):
            found.update(part)
        pending += [one for one in (part.values() if isinstance(part, dict) else part) if isinstance(one, dict | list)]
    return found


def _asking(field: AskingField, resource: Resource, graph: ResourceGraph) -> Iterator[Path]:
    places = [path for path, value in _places(resource.value, field.path) if _is_so(field, path, value, resource)]
    if field.app_protocol is not None:
        speaking = _backends_speaking(field.app_protocol, resource, graph) if places else frozenset()
        places = [path for path in places if path in speaking]
    if field.listener_mode is not None:
        places = [path for path in _parents_in_mode(field.listener_mode, resource, graph) if path in places]
    if field.times > 1:
        places = _repeated(places, field.times)
    yield from places


def _is_so(field: AskingField, path: Path, value: Any, resource: Resource) -> bool:
    if field.without is not None:
        return isinstance(value, dict) and value.get(field.without) in (None, "")
    if value in (None, "", [], {}) or value == field.unless or (field.value is not None and value != field.value):
        return False
    holder = resource.mapping(*path[:-1]) if field.beside else {}
    return all(holder.get(key, text) == text for key, text in field.beside)


def _places(value: Any, steps: Sequence[str], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield what is at a path, with the indexes of the items that it leads through."""
    if not steps:
        yield path, value
    elif steps[0] == EACH:
        for index, item in enumerate(value if isinstance(value, list) else ()):
            yield from _places(item, steps[1:], (*path, index))
    elif isinstance(value, dict) and steps[0] in value:
        yield from _places(value[steps[0]], steps[1:], (*path, steps[0]))


def _repeated(places: Sequence[Path], times: int) -> list[Path]:
    """Return the last of those places that are in items of one list, where there are at least `times` of them."""
    lists: dict[Path, list[Path]] = defaultdict(list)
    for path in places:
        last = max(number for number, part in enumerate(path) if isinstance(part, int))
        lists[path[:last]].append(path)
    return [paths[-1] for paths in lists.values() if len(paths) >= times]


def _backends_speaking(protocol: str, route: Resource, graph: ResourceGraph) -> frozenset[Path]:
    """Return the paths of the backends whose Service says that its port speaks a protocol."""
    found = set()
    for backend in backends_of(route):
        service = service_of(backend, graph)
        port = port_of(service.value, backend.port) if isinstance(service, Found) else None
        if port is not None and port[1].get("appProtocol") == protocol:
            found.add(backend.path[:-1])
    return frozenset(found)


def _parents_in_mode(mode: str, route: Resource, graph: ResourceGraph) -> Iterator[Path]:
    """Yield the references to a parent of which every TLS listener that the route attaches to handles TLS in one mode."""
    for attachment in attachments_of(route, graph):
        modes = {listener.tls_mode for listener in attachment.listeners if listener.protocol == "TLS"}
        if attachment.standing == "accepted" and modes == {mode}:
            yield attachment.parent.path
