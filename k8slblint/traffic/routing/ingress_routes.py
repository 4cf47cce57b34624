"""The rules of Ingresses, and what is read of the routes of vendors, in the form of `forms`.

Sources: Kubernetes API reference 1.37 (Ingress, HTTPIngressPath); for vendors `catalogs/vendor-routes.json`.
"""

from collections.abc import Iterator, Sequence

from k8slblint.catalog.vendor_routes import vendor_routes
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.backends import Backend, backends_of
from k8slblint.graph.relations.vendor_routes import values_at, vendor_backends_of, with_parts
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.hostnames import EVERY
from k8slblint.traffic.routing.forms import Entry, Match, MatchType
from k8slblint.traffic.routing.tls_hosts import is_among, tls_names

_PATH_TYPES: dict[str, MatchType] = {"Exact": "Exact", "Prefix": "PathPrefix"}

_LENGTH_OF_BACKEND_PATH = 7
"""`spec, rules, 0, http, paths, 0, backend`: what is below it belongs to that backend."""

_DEFAULTS = (("spec", "defaultBackend"), ("spec", "backend"))


def entries_of_ingress(ingress: Resource) -> Iterator[Entry]:
    """Yield what the rules of an Ingress say in order, then its default backend, which takes what no rule matches."""
    backends: dict[Path, list[Backend]] = {}
    for backend in backends_of(ingress):
        backends.setdefault(_whose(backend), []).append(backend)
    names = frozenset(name.name.lower() for name in tls_names(ingress))
    for index, rule in enumerate(ingress.sequence("spec", "rules")):
        content = rule if isinstance(rule, dict) else {}
        host = content.get("host")
        host = host.lower() if isinstance(host, str) else EVERY
        http = content.get("http")
        paths = http.get("paths") if isinstance(http, dict) else None
        for position, one in enumerate(paths if isinstance(paths, list) else ()):
            at: Path = ("spec", "rules", index, "http", "paths", position)
            has_tls = is_among(host, names)
            match = match_of(one) if not has_placeholder(host) else Match(unread=True)
            yield Entry(ingress, index, at, host, match, tuple(backends.get((*at, "backend"), ())), None, one, has_tls)
    for path in _DEFAULTS:
        if ingress.mapping(*path):
            yield Entry(ingress, len(ingress.sequence("spec", "rules")), path, EVERY, Match("Any", ""), tuple(backends.get(path, ())))


def _whose(backend: Backend) -> Path:
    path = backend.path
    return path[:2] if path[:2] in _DEFAULTS else path[:_LENGTH_OF_BACKEND_PATH]


def match_of(written: object) -> Match:
    """Return what a path of an Ingress says, as written in `spec.rules[].http.paths[]`."""
    if not isinstance(written, dict):
        return Match(unread=True)
    path, kind = written.get("path"), written.get("pathType")
    is_read = isinstance(path, str | None) and not has_placeholder(path) and not has_placeholder(kind)
    return Match(_PATH_TYPES.get(str(kind), "ImplementationSpecific"), path if isinstance(path, str) and path else "/", unread=not is_read)


def entries_of_vendor(route: Resource, graph: ResourceGraph) -> Iterator[Entry]:
    """Yield for each host of a vendor's route that it leads to its Services: conditions are in the language of the vendor, and not read."""
    known = vendor_routes()[route.type_name]
    backends = tuple(found.backend for member in with_parts(route, graph) for found in vendor_backends_of(member))
    hosts: Sequence[tuple[Path, object]] = [place for pattern in known.hosts for place in values_at(route, pattern)]
    for path, value in hosts or ((("spec",), EVERY),):
        text = value if isinstance(value, str) else ""
        is_host = not any(sign in text for sign in "(`{ ")
        match = Match("Text", "" if is_host else text, unread=has_placeholder(text))
        yield Entry(route, 0, path, text.lower() if is_host else EVERY, match, backends)
