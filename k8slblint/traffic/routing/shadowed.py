"""Which rules and routes never receive a request, because others match the same ones.

Source: Gateway API 1.6, `apis/v1/httproute_types.go` and `grpcroute_types.go` (precedence, and hostnames of both kinds on one listener);
conformance tests `tcproute-multiple-routes-attachment.go` and `udproute-multiple-routes-attachment.go`.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from k8slblint.catalog.route_orders import same_match
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, ROUTE_KINDS
from k8slblint.graph.relations.twins import goes_with
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Condition
from k8slblint.traffic.attachment.attachments import attached_listeners
from k8slblint.traffic.attachment.hostnames import EVERY
from k8slblint.traffic.attachment.listeners import Listener
from k8slblint.traffic.attachment.parents import is_beside
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.routing.forms import Entry
from k8slblint.traffic.routing.gateway_routes import RouteRule, entries_of, hosts_on, rules_of
from k8slblint.traffic.workloads.alternatives import are_alternatives

L4_KINDS = ("TLSRoute", "TCPRoute", "UDPRoute")

_OF_BOTH = ("HTTPRoute", "GRPCRoute")

_MOST_COMPARED = 50
"""With how many others of the same host and match one route is compared: the work for each has a bound."""


class Repeated(NamedTuple):
    """A rule whose matches at these positions earlier rules of its route have already; `is_whole` tells that it has no others.

    `earlier` are the rules that get the requests, one for each position.
    """

    rule: RouteRule
    positions: tuple[int, ...]
    earlier: tuple[RouteRule, ...]
    is_whole: bool


class Tie(NamedTuple):
    """Another route that has the same host and match on a listener: only the older one of both gets these requests.

    `entry` is of the route that was asked for, `other` of the other one. `is_whole` tells that the route has nothing else on any listener.
    `condition` is what the controller of the Gateway shows of the younger route, None where it shows nothing.
    """

    listener: Listener
    entry: Entry
    other: Entry
    is_whole: bool
    condition: Condition | None = None


class Clash(NamedTuple):
    """A route of the other of the two kinds HTTPRoute and GRPCRoute with a common host on a listener, and the hosts of both.

    `is_accepted` tells that the controller is a known one, which may accept both: NGINX Gateway Fabric has both on one host in its own
    tests (`tests/suite/manifests/rate-limit-policy`); of the others that is a guess, so that nothing is claimed of them.
    """

    listener: Listener
    host: str
    other: Resource
    of_other: str
    is_accepted: bool


def repeated_in(route: Resource, graph: ResourceGraph) -> Iterator[Repeated]:
    """Yield the rules of an HTTPRoute or GRPCRoute that repeat matches of earlier ones, which is decided inside of one route."""
    if route.kind not in _OF_BOTH:
        return
    first: dict[object, RouteRule] = {}
    for rule in rules_of(route, graph):
        found = [(at, first[match.requests]) for at, (_, match) in enumerate(rule.matches) if not match.unread and match.requests in first]
        if found:
            yield Repeated(rule, tuple(at for at, _ in found), tuple(one for _, one in found), len(found) == len(rule.matches))
        for _, match in rule.matches:
            if not match.unread:
                first.setdefault(match.requests, rule)


def ties_of(route: Resource, graph: ResourceGraph) -> list[Tie]:
    """Return for each rule of a route the first other route that takes its requests if it is older, where that one wins among equals.

    Of two routes that are equally old the first by namespace and name wins, so that only the other one of both is told. What leads to
    the same backends is left out, and rules that are repeated inside the route.
    """
    if are_alternatives(graph.scope(route), graph):
        return []
    repeated = {one.rule.number for one in repeated_in(route, graph) if one.is_whole}
    found: dict[tuple[int, int], Tie] = {}
    total = tied = 0
    rules: set[int] = set()
    for listener, entry in entries_of(route, graph):
        if entry.rule in repeated:
            continue
        total += 1
        rules.add(entry.rule)
        other = _equal(entry, listener, graph)
        if other is not None:
            tied += 1
            found.setdefault((entry.rule, id(other.source)), Tie(listener, entry, other, is_whole=False))
    is_every_rule = {rule for rule, _ in found} == rules and not repeated
    return [
        tie._replace(is_whole=tied == total, condition=_condition_of(tie, graph, is_every_rule=is_every_rule)) for tie in found.values()
    ]


def _condition_of(tie: Tie, graph: ResourceGraph, *, is_every_rule: bool) -> Condition | None:
    """Return the condition of the younger route: a controller may skip a rule as a whole for one of its matches."""
    owner = ownership_of(tie.listener.source, graph) if tie.listener.source.type_name == GATEWAY else None
    known = same_match().get(owner.controller or "") if owner is not None else None
    if known is None or tie.entry.source.kind not in known.kinds:
        return None
    return known.whole if is_every_rule else known.part


def _equal(entry: Entry, listener: Listener, graph: ResourceGraph) -> Entry | None:
    if entry.match.unread:
        return None
    key = id(listener), entry.source.kind, entry.host, entry.match.requests
    others = graph.derived(_entries_by_match).get(key, ())[:_MOST_COMPARED]
    return next((one for one in others if _takes_from(one.source, entry.source, graph) and not do_the_same(one, entry)), None)


def do_the_same(one: Entry, other: Entry) -> bool:
    """Tell whether the same becomes of requests, whichever of two entries takes them."""
    return one.source.namespace == other.source.namespace and one.outcome == other.outcome


def _takes_from(other: Resource, route: Resource, graph: ResourceGraph) -> bool:
    """Tell whether another route is deployed beside one, and precedes it where both are equally old."""
    if other.key == route.key or (other.namespace or "", other.name) > (route.namespace or "", route.name):
        return False
    return are_beside(route, other, graph)


def are_beside(route: Resource, other: Resource, graph: ResourceGraph) -> bool:
    """Tell whether two routes are probably of one deployment."""
    return other.path == route.path or (is_beside(route, other, graph) and goes_with(route, other, graph))


def _entries_by_match(graph: ResourceGraph) -> dict[object, list[Entry]]:
    found: dict[object, list[Entry]] = defaultdict(list)
    for route in graph.of_type(*ROUTE_KINDS):
        for listener, entry in entries_of(route, graph):
            if not entry.match.unread:
                found[id(listener), route.kind, entry.host, entry.match.requests].append(entry)
    return {key: sorted(entries, key=_name) for key, entries in found.items() if len(entries) > 1}


def _name(entry: Entry) -> tuple[str, str]:
    return entry.source.namespace or "", entry.source.name


def clash_of(route: Resource, graph: ResourceGraph) -> Clash | None:
    """Return the first route of the other HTTP kind with a common host on a listener, of which one is not accepted."""
    if route.kind not in _OF_BOTH or are_alternatives(graph.scope(route), graph):
        return None
    other_kind = _OF_BOTH[1 - _OF_BOTH.index(route.kind)]
    for listener in attached_listeners(route, graph):
        hosts = graph.derived(_hosts_by_listener).get((id(listener), other_kind))
        for host in hosts_on(route, listener) if hosts is not None else ():
            for of_other, other in _meeting(host, hosts or _Hosts({}, {})):
                if _takes_from(other, route, graph):
                    return Clash(listener, host, other, of_other, _is_known(listener, graph))
    return None


def _is_known(listener: Listener, graph: ResourceGraph) -> bool:
    return listener.source.type_name == GATEWAY and bool(ownership_of(listener.source, graph).candidates)


class _Hosts(NamedTuple):
    """The hosts of routes on one listener: by name, and by each wildcard that covers them."""

    named: dict[str, list[tuple[str, Resource]]]
    covered: dict[str, list[tuple[str, Resource]]]


def _meeting(host: str, hosts: _Hosts) -> Sequence[tuple[str, Resource]]:
    found = [one for name in (host, *_wildcards(host)) for one in hosts.named.get(name, ())[:_MOST_COMPARED]]
    return [*found, *hosts.covered.get(host, ())[:_MOST_COMPARED]]


def _hosts_by_listener(graph: ResourceGraph) -> dict[tuple[int, str], _Hosts]:
    found: dict[tuple[int, str], _Hosts] = {}
    for route in graph.of_type(*ROUTE_KINDS):
        for listener in attached_listeners(route, graph) if route.kind in _OF_BOTH else ():
            hosts = found.setdefault((id(listener), route.kind), _Hosts({}, {}))
            for host in hosts_on(route, listener):
                hosts.named.setdefault(host, []).append((host, route))
                for wildcard in _wildcards(host):
                    hosts.covered.setdefault(wildcard, []).append((host, route))
    return found


def _wildcards(host: str) -> Iterator[str]:
    """Yield the hosts that stand for a host and others: wildcards of its domains, and the one of all hosts."""
    if host == EVERY:
        return
    labels = host.removeprefix("*.").split(".")
    yield from (f"*.{'.'.join(labels[index:])}" for index in range(1, len(labels)))
    yield EVERY
