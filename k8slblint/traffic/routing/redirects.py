"""Which redirects lead to the listener they come from, so that a client is sent round for ever.

Source: Gateway API 1.6, `apis/v1/httproute_types.go` (HTTPRequestRedirectFilter: what is left out is as in the request, the port that of
the scheme, else of the listener).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from k8slblint.graph.answers import Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.attachments import attached_listeners
from k8slblint.traffic.attachment.decisions import Decision, all_of
from k8slblint.traffic.attachment.hostnames import EVERY, common
from k8slblint.traffic.attachment.listeners import Listener
from k8slblint.traffic.routing.forms import Entry, Match
from k8slblint.traffic.routing.gateway_routes import RouteRule, hosts_on, rules_of
from k8slblint.traffic.routing.shadowed import are_beside, repeated_in
from k8slblint.traffic.routing.tables import table_of

_PORTS = {"http": 80, "https": 443}

_SCHEMES = {"HTTP": "http", "HTTPS": "https"}


class Loop(NamedTuple):
    """A redirect that leads to its own listener: the path of the filter, and the hosts for which it does.

    `are_some_served` tells that other routes serve some of them, with hostnames that are more specific. `rival` is an entry of another
    route with the same match: where that one is older it takes the requests, and there is no loop. `doubt` says why it is unknown whether
    there is one.
    """

    redirect: Path
    listener: Listener
    hosts: tuple[str, ...]
    are_some_served: bool = False
    rival: Entry | None = None
    doubt: Unknown | None = None


def loops_of(route: Resource, graph: ResourceGraph) -> Iterator[Loop]:
    """Yield the redirects of an HTTPRoute that loop, or may, each once: with the first listener for which it is certain."""
    repeated = {one.rule.number for one in repeated_in(route, graph) if one.is_whole}
    for rule in rules_of(route, graph) if route.kind == "HTTPRoute" else ():
        if rule.redirect is None or rule.number in repeated:
            continue
        found = [loop for listener in attached_listeners(route, graph) for loop in _on(route, rule, rule.redirect, listener, graph)]
        certain = [loop for loop in found if loop.doubt is None]
        yield from (certain or found)[:1]


def _on(route: Resource, rule: RouteRule, path: Path, listener: Listener, graph: ResourceGraph) -> Iterator[Loop]:
    written = route.mapping(*path)
    hosts = tuple(host for host in hosts_on(route, listener) if _stays_at_host(written, host))
    matches = [match for _, match in rule.matches if _stays_at_path(written, match)]
    if not hosts or not matches:
        return
    decision = all_of(_is_readable(written, matches), _stays_at_listener(written, listener))
    if decision is False:
        return
    if isinstance(decision, Unknown):
        yield Loop(path, listener, hosts, doubt=decision)
        return
    rivals = [_rival(route, host, matches, listener, graph) for host in hosts]
    are_some_served = all(_is_served_in_part(host, route, listener, graph) for host in hosts)
    yield Loop(path, listener, hosts, are_some_served, rivals[0] if all(rivals) else None)


def _is_readable(written: Mapping[str, Any], matches: list[Match]) -> Decision:
    if has_placeholder(written) or all(match.unread for match in matches):
        return Unknown("the redirect or its match contains a placeholder or is not valid")
    return True


def _stays_at_host(written: Mapping[str, Any], host: str) -> bool:
    """Tell whether requests for a host are redirected to the same one."""
    wanted = written.get("hostname")
    return wanted is None or (isinstance(wanted, str) and wanted.lower() == host)


def _stays_at_path(written: Mapping[str, Any], match: Match) -> bool:
    """Tell whether a request is redirected to its own path, and whether what matched it will match again.

    A header may be set by a proxy in between, which decides about the next request (`X-Forwarded-Proto`): such a match is left out.
    """
    if match.headers:
        return False
    path = written.get("path")
    if path is None:
        return True
    if not isinstance(path, dict):
        return False
    if path.get("type") == "ReplacePrefixMatch":
        prefix = path.get("replacePrefixMatch")
        return match.kind == "PathPrefix" and isinstance(prefix, str) and prefix.rstrip("/") == match.path.rstrip("/")
    return match.kind == "Exact" and path.get("replaceFullPath") == match.path


def _stays_at_listener(written: Mapping[str, Any], listener: Listener) -> Decision:
    """Tell whether a redirect leads to the scheme and port of a listener."""
    own = _SCHEMES.get(listener.protocol)
    if own is None or listener.unread & {"port", "protocol", "hostname"}:
        return Unknown(f"what listener '{listener.name}' serves is not known")
    scheme = written.get("scheme")
    scheme = scheme.lower() if isinstance(scheme, str) else None
    port = written.get("port")
    if not isinstance(port, int):
        port = _PORTS.get(scheme or "", listener.port)
    if scheme in (None, own):
        if port == listener.port:
            return True
        if written.get("port") is None:
            return Unknown(f"which port in front of the Gateway leads to port {listener.port} of listener '{listener.name}' is not known")
        return False
    if scheme == "https" and port == listener.port:
        return Unknown(f"whether TLS is terminated in front of listener '{listener.name}', which has protocol HTTP, is not known")
    return False


def _is_served_in_part(host: str, route: Resource, listener: Listener, graph: ResourceGraph) -> bool:
    """Tell whether another route serves hosts that a wildcard, or the host that stands for all, includes."""
    if host != EVERY and not host.startswith("*."):
        return False
    others = (entries for name, entries in table_of(listener, graph).hosts.items() if name != host and common(name, host) == name)
    return any(entry.source is not route for entries in others for entry in entries)


def _rival(route: Resource, host: str, matches: list[Match], listener: Listener, graph: ResourceGraph) -> Entry | None:
    """Return an entry of another route that takes the same requests if it is older; each match of the redirect must have one."""
    wanted = {match.requests for match in matches}
    found = {
        entry.match.requests: entry
        for entry in table_of(listener, graph).hosts.get(host, ())
        if entry.source is not route and entry.match.requests in wanted and are_beside(route, entry.source, graph)
    }
    return next(iter(found.values()), None) if len(found) == len(wanted) else None
