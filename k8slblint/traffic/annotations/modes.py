"""In which mode of a load balancer its controller reads a key at all: with TLS, for HTTP health checks, on one kind of load balancer.

Sources: `read_when` of the entries in `catalogs/annotations/`.
"""

from k8slblint.catalog.services import Mode, ServiceAnnotation, Term
from k8slblint.graph.answers import Absent, Answer, Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.traffic.annotations.settings import setting


def mode_that_lacks(entry: ServiceAnnotation, reader: str, resource: Resource, graph: ResourceGraph) -> Answer[Mode]:
    """Return the mode in which a controller would read a key and that a resource is not in; `Absent` where it reads the key."""
    mode = entry.read_when.get(reader)
    if mode is None:
        return Absent()
    unknown: Unknown | None = None
    for group in mode.any_of:
        answers = [_holds(term, reader, resource, graph) for term in group]
        if all(answer is True for answer in answers):
            return Absent()
        if not any(answer is False for answer in answers):
            unknown = next((answer for answer in answers if isinstance(answer, Unknown)), unknown)
    return unknown or Found(mode)


def _holds(term: Term, reader: str, resource: Resource, graph: ResourceGraph) -> bool | Unknown:
    found = setting(term.at, reader, resource, graph)
    if isinstance(found, Unknown):
        return found
    stated = found.value if isinstance(found, Found) else None
    is_so = bool(stated and set(term.texts) & set(stated.texts)) if term.texts else stated is not None and not stated.by_default
    return is_so != term.negated
