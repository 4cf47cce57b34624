"""Which paths of an Ingress lose what follows them: those that a rewrite replaces as a whole, where an API has more below them.

Sources: kubernetes/ingress-nginx dbb11b92 `internal/ingress/controller/template/template.go` (`buildLocation`: with a rewrite, the path is
the beginning of an expression; `buildProxyPass`: `rewrite "(?i)PATH" TARGET break`, none where both are equal), since 0.22.0; NGINX,
ngx_http_rewrite_module (a URI that matches becomes the replacement, whichever part of it matched). Which annotations rewrite, and for whom,
is in `catalogs/route-orders.json`.
"""

from collections.abc import Iterator

from k8slblint.catalog import ingress as catalog
from k8slblint.catalog.route_orders import route_orders
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, least
from k8slblint.traffic.ingress_annotations.values import readers_of
from k8slblint.traffic.ownership import ownership_of

_ROOT = "/"

_SHOWN = ("fixture", "lesson", "sample")
"""What is there to be looked at; the values of a chart that stand alone are not."""

_OF_API = pattern(r"/(?:[A-Za-z0-9-]{1,63}/){0,5}(?:apis?|API|rest|rpc|v[0-9]{1,2}|backend|[a-z0-9-]{1,40}-(?:api|service))/?")
"""Paths below which an application has many: of others, a page or an end point may be all that there is."""


class CutPath(NamedTuple):
    """A path below which all requests arrive as the root; `key` is the annotation that does so, `reader` the id of its controller."""

    key: str
    reader: str
    path: str
    place: Path
    confidence: Confidence


def cut_paths(ingress: Resource, graph: ResourceGraph) -> Iterator[CutPath]:
    """Yield the paths of APIs that an Ingress rewrites to the root as a whole; nothing of samples, where one page answers."""
    keys = [key for key, value in ingress.annotations.items() if value == _ROOT and key in _rewriting()]
    if not keys or graph.why_spared(ingress.path) in _SHOWN:
        return
    for key in keys:
        annotation = catalog.lookup(key)
        readers = readers_of(key, annotation, ingress, graph) if annotation is not None else ()
        if not readers or any(key not in _rewrites_of(reader) for reader in readers):
            continue
        sure = least(ownership_of(ingress, graph).confidence, "medium")
        yield from (CutPath(key, readers[0], path, place, sure) for path, place in _paths(ingress))


def _paths(ingress: Resource) -> Iterator[tuple[str, Path]]:
    for number, rule in enumerate(ingress.sequence("spec", "rules")):
        http = rule.get("http") if isinstance(rule, dict) else None
        rows = http.get("paths") if isinstance(http, dict) else None
        for index, row in enumerate(rows if isinstance(rows, list) else ()):
            path = row.get("path") if isinstance(row, dict) and row.get("pathType") != "Exact" else None
            if isinstance(path, str) and _OF_API.fullmatch(path):
                yield path, ("spec", "rules", number, "http", "paths", index, "path")


def _rewriting() -> frozenset[str]:
    return frozenset(key for order in route_orders().values() for key in order.host_rewrites)


def _rewrites_of(reader: str) -> tuple[str, ...]:
    known = route_orders().get(reader)
    return known.host_rewrites if known is not None else ()
