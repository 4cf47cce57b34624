"""The rules of HTTPRoute, GRPCRoute, TLSRoute, TCPRoute and UDPRoute in the form of `forms`.

Source: Gateway API 1.6, `apis/v1/httproute_types.go` and `grpcroute_types.go` (defaults of matches), `tlsroute_types.go`.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.backends import Backend, backends_of
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.attachments import KINDS_WITH_HOSTNAMES, attached_listeners
from k8slblint.traffic.attachment.hostnames import common
from k8slblint.traffic.attachment.listeners import Listener
from k8slblint.traffic.routing.forms import Entry, Match, MatchType, ValueMatch

_LONGEST_HOST = 253

_MOST_HOSTS, _MOST_RULES, _MOST_MATCHES, _MOST_ENTRIES = 64, 64, 256, 8192
"""More of them are not looked at: the API server refuses more than 16 hostnames, 16 rules and 128 matches of a route."""

_OUTCOME = ("backendRefs", "filters", "timeouts", "retry", "sessionPersistence")
"""The fields of a rule that are no conditions."""


class RouteRule(NamedTuple):
    """A rule of a route: its number from 0, its matches with their paths, its backends, and the path of its redirect if it has one."""

    number: int
    matches: tuple[tuple[Path, Match], ...]
    backends: tuple[Backend, ...]
    redirect: Path | None
    outcome: object


def rules_of(route: Resource, graph: ResourceGraph) -> tuple[RouteRule, ...]:
    """Return the rules of a route in order; worked out once for each."""
    known = graph.derived(_none_yet)
    if id(route) not in known:
        known[id(route)] = tuple(_rules(route))
    return known[id(route)]


def _none_yet(_: ResourceGraph) -> dict[int, tuple[RouteRule, ...]]:
    return {}


def entries_of(route: Resource, graph: ResourceGraph) -> tuple[tuple[Listener, Entry], ...]:
    """Return what a route says on each listener that it certainly attaches to, for each host that both have in common; worked out once."""
    known = graph.derived(_no_entries)
    if id(route) not in known:
        known[id(route)] = tuple(islice(_entries(route, graph), _MOST_ENTRIES))
    return known[id(route)]


def _no_entries(_: ResourceGraph) -> dict[int, tuple[tuple[Listener, Entry], ...]]:
    return {}


def _entries(route: Resource, graph: ResourceGraph) -> Iterator[tuple[Listener, Entry]]:
    for listener in attached_listeners(route, graph):
        has_tls = listener.protocol in ("HTTPS", "TLS")
        for host in hosts_on(route, listener):
            for rule in rules_of(route, graph):
                for at, match in rule.matches:
                    yield listener, Entry(route, rule.number, at, host, match, rule.backends, rule.redirect, rule.outcome, has_tls)


def hosts_on(route: Resource, listener: Listener) -> tuple[str, ...]:
    """Return the hosts that a route serves on a listener, each once; those that contain a placeholder are left out."""
    written = route.get("spec", "hostnames") if route.kind in KINDS_WITH_HOSTNAMES else None
    if not isinstance(written, list) or not written:
        return () if written else (listener.hostname.lower(),)
    plain = (host for host in written[:_MOST_HOSTS] if isinstance(host, str) and len(host) <= _LONGEST_HOST and not has_placeholder(host))
    found = (common(host, listener.hostname) for host in plain)
    return tuple(dict.fromkeys(host for host in found if host is not None))


def _rules(route: Resource) -> Iterator[RouteRule]:
    backends: dict[object, list[Backend]] = {}
    for backend in backends_of(route):
        backends.setdefault(backend.path[2], []).append(backend)
    for index, rule in enumerate(route.sequence("spec", "rules")[:_MOST_RULES]):
        content = rule if isinstance(rule, dict) else {}
        path: Path = ("spec", "rules", index)
        outcome = {field: content[field] for field in _OUTCOME if field in content}
        yield RouteRule(index, tuple(_matches(route, path, content)), tuple(backends.get(index, ())), _redirect(path, content), outcome)


def _redirect(path: Path, rule: Mapping[str, Any]) -> Path | None:
    filters = rule.get("filters")
    for index, one in enumerate(filters if isinstance(filters, list) else ()):
        if isinstance(one, dict) and one.get("type") == "RequestRedirect" and isinstance(one.get("requestRedirect"), dict):
            return (*path, "filters", index, "requestRedirect")
    return None


def _matches(route: Resource, path: Path, rule: Mapping[str, Any]) -> Iterator[tuple[Path, Match]]:
    read = _READERS.get(route.kind)
    if read is None:
        yield path, Match("Any", "")
        return
    written = rule.get("matches")
    if written is None or written == []:
        yield path, read({})
        return
    for index, one in enumerate(written[:_MOST_MATCHES] if isinstance(written, list) else ()):
        yield (*path, "matches", index), read(one) if isinstance(one, dict) else Match(unread=True)


_PATH_TYPES: Mapping[str, MatchType] = {kind: kind for kind in ("Exact", "PathPrefix", "RegularExpression")}

_SERVICE_TYPES: Mapping[str, MatchType] = {"Exact": "Service", "RegularExpression": "ServiceExpression"}


def _http(match: Mapping[str, Any]) -> Match:
    path = _mapping(match.get("path"))
    kind = _PATH_TYPES.get(str(path.get("type") or "PathPrefix"))
    value = path.get("value")
    method = match.get("method")
    texts = [text for text in (value, method) if text is not None]
    is_read = kind is not None and isinstance(match.get("path"), dict | None) and not has_placeholder(match)
    return Match(
        kind or "ImplementationSpecific",
        value if isinstance(value, str) else "/",
        method if isinstance(method, str) else "",
        _values(match.get("headers"), fold=True),
        _values(match.get("queryParams"), fold=False),
        not is_read or not all(isinstance(text, str) for text in texts),
    )


def _grpc(match: Mapping[str, Any]) -> Match:
    named = _mapping(match.get("method"))
    kind = _SERVICE_TYPES.get(str(named.get("type") or "Exact"))
    texts = (named.get("service"), named.get("method"))
    service, method = (text if isinstance(text, str) else "" for text in texts)
    is_read = kind is not None and all(isinstance(text, str | None) for text in texts) and not has_placeholder(match)
    return Match(kind or "Service", service, method, _values(match.get("headers"), fold=True), (), not is_read)


_READERS = {"HTTPRoute": _http, "GRPCRoute": _grpc}


def _values(written: object, *, fold: bool) -> tuple[ValueMatch, ...]:
    """Return the conditions of a list; of several with one name only the first counts, and names of headers are compared without case."""
    found: dict[str, ValueMatch] = {}
    for one in written if isinstance(written, list) else ():
        if isinstance(one, dict) and isinstance(one.get("name"), str):
            name = one["name"].lower() if fold else one["name"]
            found.setdefault(name, ValueMatch(name, str(one.get("type") or "Exact"), str(one.get("value"))))
    return tuple(found.values())


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
