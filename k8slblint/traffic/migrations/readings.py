"""How the controller of an entry reads its path, and who takes a request among the entries of a host.

Sources: `catalogs/path-readings.json`; the order of entries is that of `traffic/routing/precedence`.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from k8slblint.catalog.path_readings import PathReading, path_reading
from k8slblint.catalog.route_orders import route_orders
from k8slblint.graph.answers import Absent, Answer, Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.model.resource import Resource
from k8slblint.traffic.migrations.entries import ingresses_in, routes_in
from k8slblint.traffic.migrations.shapes import Shape, shape_of_ingress, shape_of_route
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.routing.forms import Entry
from k8slblint.traffic.routing.path_readings import makes_expressions
from k8slblint.traffic.routing.precedence import order
from k8slblint.traffic.routing.wording import condition_in_words

_UNKNOWN = PathReading("elements", None)


def shape_of(entry: Entry, graph: ResourceGraph) -> Shape | None:
    """Return which paths an entry takes, None where that is not known; the graph is that of the entry's revision.

    It is worked out once for each entry of `entries_of`, which keeps them.
    """
    known = graph.derived(_no_shapes)
    if id(entry) not in known:
        known[id(entry)] = _shape(entry, graph)
    return known[id(entry)]


def _no_shapes(_: ResourceGraph) -> dict[int, Shape | None]:
    return {}


def _shape(entry: Entry, graph: ResourceGraph) -> Shape | None:
    if entry.source.type_name not in INGRESS_KINDS:
        return _of_rule(entry) if entry.source.get("spec", "routes") is not None else shape_of_route(entry.match)
    reading = _reading(entry.source, graph)
    return shape_of_ingress(entry.match, reading, is_expression=_is_expression(entry, graph))


def _of_rule(entry: Entry) -> Shape | None:
    """Return what a rule of Traefik takes, whose prefixes go by characters (traefik fd5a576d pkg/muxer/http/matcher.go)."""
    if entry.match.unread or entry.match.kind not in ("Exact", "PathPrefix"):
        return None
    return Shape("exact" if entry.match.kind == "Exact" else "start", entry.match.path)


def _reading(ingress: Resource, graph: ResourceGraph) -> PathReading:
    """Return how paths are read by whoever may serve an Ingress: where they differ, by elements, or not at all."""
    found = [path_reading(name) for name in ownership_of(ingress, graph).candidates] or [_UNKNOWN]
    prefixes, others = {one.prefix for one in found}, {one.implementation_specific for one in found}
    return PathReading(min(prefixes) if len(prefixes) == 1 else "elements", others.pop() if len(others) == 1 else None)


def _is_expression(entry: Entry, graph: ResourceGraph) -> bool:
    """Tell whether an Ingress of the host, of whatever class, makes its paths expressions; worked out once for each host."""
    known = graph.derived(_no_hosts)
    names = ownership_of(entry.source, graph).candidates
    key = graph.scope(entry.source).cluster, entry.host, names
    if key not in known:
        orders = [route_orders()[name] for name in names if name in route_orders()]
        known[key] = any(makes_expressions(one, other) for one in orders for other in ingresses_in(*key[:2], graph))
    return known[key]


def _no_hosts(_: ResourceGraph) -> dict[tuple[str, str, tuple[str, ...]], bool]:
    return {}


Ordered: TypeAlias = Sequence[tuple[Entry, Shape | None]]
"""Entries of one host with what they take, in the order of precedence."""

MOST_ENTRIES = 128
"""With how many entries of one host others are compared: the work for each has a bound."""


def winner(path: str, entries: Ordered) -> Answer[Entry]:
    """Return the entry that takes a request for a path."""
    for entry, shape in entries:
        if shape is None:
            return Unknown(f"which paths {condition_in_words(entry)} of {entry.source.id} matches is not known")
        if shape.takes(path):
            return Found(entry)
    return Absent()


def wins(entry: Entry, path: str, entries: Ordered) -> bool:
    """Tell whether it is certain that an entry takes a request for a path."""
    answer = winner(path, entries)
    return isinstance(answer, Found) and answer.value is entry


def ordered_ingresses(cluster: str, host: str, graph: ResourceGraph) -> Ordered:
    """Return the entries of Ingresses, and of routes of Traefik, for a host; worked out once, none where there are too many to compare."""
    return _ordered(ingresses_in, cluster, host, graph)


def ordered_routes(cluster: str, host: str, graph: ResourceGraph) -> Ordered:
    """Return the entries of routes for a host; worked out once, none where there are too many to compare."""
    return _ordered(routes_in, cluster, host, graph)


_Lister: TypeAlias = Callable[[str, str, ResourceGraph], Sequence[Entry]]


def _ordered(entries: _Lister, cluster: str, host: str, graph: ResourceGraph) -> Ordered:
    known = graph.derived(_none_yet)
    key = entries, cluster, host
    if key not in known:
        found = entries(cluster, host, graph)
        known[key] = in_order(found, graph) if len(found) <= MOST_ENTRIES else []
    return known[key]


def _none_yet(_: ResourceGraph) -> dict[tuple[_Lister, str, str], Ordered]:
    return {}


def in_order(entries: Sequence[Entry], graph: ResourceGraph) -> Ordered:
    """Return the entries of one host in the order of precedence; those that ask for more than a path, or lead to HTTPS, are left out."""
    plain = [one for one in entries if not (one.match.headers or one.match.query or one.match.method or leads_to_https(one))]
    return [(one, shape_of(one, graph)) for one in sorted(plain, key=order)]


_SAME_REQUEST = frozenset(("scheme", "port", "statusCode"))


def leads_to_https(entry: Entry) -> bool:
    """Tell whether an entry only sends a client to the same host and path over HTTPS: another listener's business."""
    written = entry.source.mapping(*entry.redirect) if entry.redirect is not None else {}
    return written.get("scheme") == "https" and written.keys() <= _SAME_REQUEST
