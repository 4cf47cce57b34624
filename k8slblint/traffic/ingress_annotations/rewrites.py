"""Which paths of an Ingress lose what follows them: those that a rewrite replaces as a whole.

That is known where an API has more below its path, and where the value refers to a group that the path does not have.

Sources: kubernetes/ingress-nginx dbb11b92 `internal/ingress/controller/template/template.go` (`buildLocation`: with a rewrite, the path is
the beginning of an expression; `buildProxyPass`: `rewrite "(?i)PATH" TARGET break`, none where both are equal), since 0.22.0; NGINX,
ngx_http_rewrite_module (a URI that matches becomes the replacement, whichever part of it matched; nothing compares the groups with those
that the replacement names), nginx/nginx 0148695d `src/http/ngx_http_script.c` (`ngx_http_script_copy_capture_code`: a group that the match
does not have is empty; `ngx_http_script_regex_end_code`: 500 for an empty URI). Which annotations rewrite, and for whom, is in
`catalogs/route-orders.json`.
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

_OF_GROUPS = pattern(r"[A-Za-z0-9/._~:-]{0,200}(?:\$[1-9][A-Za-z0-9/._~:-]{0,200}){1,9}")
"""Values of which all that varies are groups: a variable such as `$uri` brings the path back."""

_FILLED_LATER = ("{", "}", "<", ">", "$(", "@", "%", "__")


class CutPath(NamedTuple):
    """A path below which all requests arrive as one; `key` is the annotation that does so, `reader` the id of its controller."""

    key: str
    reader: str
    path: str
    place: Path
    confidence: Confidence
    target: str
    """What all requests arrive as; empty where NGINX answers 500 instead."""
    group: int
    """The first group that the value refers to, 0 where it refers to none."""


def cut_paths(ingress: Resource, graph: ResourceGraph) -> Iterator[CutPath]:
    """Yield the paths that an Ingress rewrites to one path as a whole; nothing of samples, where one page answers.

    Those of APIs where the value is the root, and all where the value refers to groups of which the path has none. A path has at most
    as many groups as opening parentheses.
    """
    values = [(key, value) for key, value in ingress.annotations.items() if key in _rewriting() and _may_cut(value)]
    if not values or graph.why_spared(ingress.path) in _SHOWN:
        return
    for key, value in values:
        annotation = catalog.lookup(key)
        readers = readers_of(key, annotation, ingress, graph) if annotation is not None else ()
        if not readers or any(key not in _rewrites_of(reader) for reader in readers):
            continue
        sure = least(ownership_of(ingress, graph).confidence, "medium")
        literals, groups = _parts(value)
        for path, place in _paths(ingress):
            if path != value and (_lacks(path, min(groups)) if groups else _OF_API.fullmatch(path)):
                yield CutPath(key, readers[0], path, place, sure, literals, groups[0] if groups else 0)


def _lacks(path: str, group: int) -> bool:
    """Say whether a path has no such group; what may be filled in later, such as `${BASE}` or `$(BASE)`, is left."""
    return path.count("(") < group and not any(mark in path for mark in _FILLED_LATER)


def _may_cut(value: object) -> bool:
    return isinstance(value, str) and (value == _ROOT or bool(_OF_GROUPS.fullmatch(value)))


def _parts(value: str) -> tuple[str, list[int]]:
    """Return a value without its groups, and their numbers, which are one digit each."""
    first, *rest = value.split("$")
    return first + "".join(text[1:] for text in rest), [int(text[0]) for text in rest]


def _paths(ingress: Resource) -> Iterator[tuple[str, Path]]:
    for number, rule in enumerate(ingress.sequence("spec", "rules")):
        http = rule.get("http") if isinstance(rule, dict) else None
        rows = http.get("paths") if isinstance(http, dict) else None
        for index, row in enumerate(rows if isinstance(rows, list) else ()):
            path = row.get("path") if isinstance(row, dict) and row.get("pathType") != "Exact" else None
            if isinstance(path, str) and path.startswith(_ROOT):
                yield path, ("spec", "rules", number, "http", "paths", index, "path")


def _rewriting() -> frozenset[str]:
    return frozenset(key for order in route_orders().values() for key in order.host_rewrites)


def _rewrites_of(reader: str) -> tuple[str, ...]:
    known = route_orders().get(reader)
    return known.host_rewrites if known is not None else ()
