"""In which mode of a load balancer its controller reads a key at all: with TLS, for HTTP health checks, on one kind of load balancer.

Sources: `read_when` of the entries in `catalogs/annotations/`.
"""

from collections.abc import Mapping

from k8slblint.catalog.annotations import Term
from k8slblint.catalog.services import Mode, ServiceAnnotation, parts_of_key
from k8slblint.graph.answers import Absent, Answer, Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.traffic.annotations.settings import setting


def mode_that_lacks(entry: ServiceAnnotation, reader: str, resource: Resource, graph: ResourceGraph, key: str) -> Answer[Mode]:
    """Return the mode in which a controller would read a key and that a resource is not in; `Absent` where it reads the key.

    `key` is the key as it is written; the parts of a family's key stand in for their names in the mode.
    """
    mode = entry.read_when.get(reader)
    if mode is None:
        return Absent()
    parts = parts_of_key(entry, key)
    unknown: Unknown | None = None
    for group in mode.any_of:
        answers = [_holds(term._replace(at=with_parts(term.at, parts)), reader, resource, graph) for term in group]
        if all(answer is True for answer in answers):
            return Absent()
        if not any(answer is False for answer in answers):
            unknown = next((answer for answer in answers if isinstance(answer, Unknown)), unknown)
    return unknown or Found(mode)


def is_checked(entry: ServiceAnnotation, reader: str, resource: Resource, graph: ResourceGraph, key: str) -> bool:
    """Tell whether a controller checks the value of a key, because it reads it, or checks it in every mode."""
    found = mode_that_lacks(entry, reader, resource, graph, key)
    return isinstance(found, Absent) or (isinstance(found, Found) and found.value.is_checked)


def with_parts(name: str, parts: Mapping[str, str]) -> str:
    """Return the name of a setting with the parts of a family's key for their names: `port_{port}_x` with 80 is `port_80_x`."""
    for part, text in parts.items():
        name = name.replace(f"{{{part}}}", text)
    return name


def _holds(term: Term, reader: str, resource: Resource, graph: ResourceGraph) -> bool | Unknown:
    found = setting(term.at, reader, resource, graph)
    if isinstance(found, Unknown):
        return found
    stated = found.value if isinstance(found, Found) else None
    is_so = bool(stated and set(term.texts) & set(stated.texts)) if term.texts else stated is not None and not stated.by_default
    return is_so != term.negated
