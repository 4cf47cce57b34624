"""How the controller of an entry reads its path, and who takes a request among the entries of a host.

Sources: `catalogs/path-readings.json`; the order of entries is that of `traffic/routing/precedence`.
"""

from collections.abc import Sequence

from k8slblint.catalog.path_readings import PathReading, path_reading
from k8slblint.graph.answers import Absent, Answer, Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.model.resource import Resource
from k8slblint.traffic.migrations.entries import ingresses_in
from k8slblint.traffic.migrations.shapes import Shape, shape_of_ingress, shape_of_route
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.routing.forms import Entry
from k8slblint.traffic.routing.precedence import order
from k8slblint.traffic.routing.wording import condition_in_words

_UNKNOWN = PathReading("elements", None, ())


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
    return shape_of_ingress(entry.match, reading, is_expression=_is_expression(entry, reading, graph))


def _of_rule(entry: Entry) -> Shape | None:
    """Return what a rule of Traefik takes, whose prefixes go by characters (traefik fd5a576d pkg/muxer/http/matcher.go)."""
    if entry.match.unread or entry.match.kind not in ("Exact", "PathPrefix"):
        return None
    return Shape("exact" if entry.match.kind == "Exact" else "start", entry.match.path)


def _reading(ingress: Resource, graph: ResourceGraph) -> PathReading:
    """Return how paths are read by whoever may serve an Ingress: where they differ, by elements, or not at all."""
    found = [path_reading(name) for name in ownership_of(ingress, graph).candidates] or [_UNKNOWN]
    prefixes, others = {one.prefix for one in found}, {one.implementation_specific for one in found}
    keys = dict.fromkeys(key for one in found for key in one.expression_keys)
    return PathReading(min(prefixes) if len(prefixes) == 1 else "elements", others.pop() if len(others) == 1 else None, tuple(keys))


def _is_expression(entry: Entry, reading: PathReading, graph: ResourceGraph) -> bool:
    """Tell whether an Ingress of the host, of whatever class, makes its paths expressions; worked out once for each host."""
    if not reading.expression_keys:
        return False
    known = graph.derived(_no_hosts)
    key = graph.scope(entry.source).cluster, entry.host, reading
    if key not in known:
        sources = {id(one.source): one.source for one in ingresses_in(*key[:2], graph)}
        known[key] = any(_asks(one, reading) for one in sources.values())
    return known[key]


def _no_hosts(_: ResourceGraph) -> dict[tuple[str, str, PathReading], bool]:
    return {}


def _asks(ingress: Resource, reading: PathReading) -> bool:
    said = ((ingress.annotations.get(key), value) for key, value in reading.expression_keys)
    return any(isinstance(text, str) and text and value in (None, text) for text, value in said)


def winner(path: str, entries: Sequence[tuple[Entry, Shape | None]]) -> Answer[Entry]:
    """Return the entry that takes a request for a path, of entries in the order of precedence."""
    for entry, shape in entries:
        if shape is None:
            return Unknown(f"which paths {condition_in_words(entry)} of {entry.source.id} matches is not known")
        if shape.takes(path):
            return Found(entry)
    return Absent()


def in_order(entries: Sequence[Entry], graph: ResourceGraph) -> list[tuple[Entry, Shape | None]]:
    """Return the entries of one host with what they take, in the order of precedence; those that ask for more than a path are left out."""
    plain = [one for one in entries if one.redirect is None and not (one.match.headers or one.match.query or one.match.method)]
    return [(one, shape_of(one, graph)) for one in sorted(plain, key=order)]
