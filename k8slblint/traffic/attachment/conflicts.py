"""Which listeners of a Gateway, and of the ListenerSets that are merged into it, cannot be distinguished.

Source: Gateway API 1.6, `apis/v1/gateway_types.go` (distinct listeners: by port and hostname within HTTP, HTTPS and TLS, by port within TCP
and UDP; TCP beside any of the first three), `listenerset_types.go` and GEP-1713 (the Gateway wins, then the older ListenerSet).
HTTP beside HTTPS or TLS on one port is left to the implementation. HTTPS beside TLS is not judged, nor are other protocols.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, TypeAlias

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import LISTENER_SET_KINDS
from k8slblint.graph.relations.twins import goes_with, nearest_twin
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.attachments import attachments_of
from k8slblint.traffic.attachment.listeners import Listener, listeners_of

Winner: TypeAlias = Literal["none", "other", "older", "implementation"]
"""Who keeps the port: `none` of them in one Gateway, the `other` where that has precedence, the `older` of two ListenerSets.

`implementation`: whether they conflict at all differs between controllers.
"""

Reason: TypeAlias = Literal["HostnameConflict", "ProtocolConflict"]

_HTTP_FAMILY = ("HTTP", "HTTPS", "TLS")
_SECURE = ("HTTPS", "TLS")
_STREAMS = ("TCP", "UDP")


class Conflict(NamedTuple):
    """A listener that conflicts with others on its port; of several in one Gateway, the one to blame most.

    Condition Conflicted=True with this reason: on all of them where nobody wins, else on `listener` alone.
    """

    listener: Listener
    others: tuple[Listener, ...]
    reason: Reason
    winner: Winner


def conflicts_of(gateway: Resource, graph: ResourceGraph) -> Sequence[Conflict]:
    """Return the conflicts among the listeners of a Gateway and of the ListenerSets that certainly attach to it."""
    known = graph.derived(_none_yet)
    if id(gateway) not in known:
        known[id(gateway)] = tuple(_conflicts(gateway, graph))
    return known[id(gateway)]


def listener_sets_of(gateway: Resource, graph: ResourceGraph) -> Sequence[Resource]:
    """Return the ListenerSets that certainly attach to a Gateway, by namespace and name: of copies in several files the nearest."""
    return graph.derived(_sets_by_gateway).get(id(gateway), ())


def _none_yet(_: ResourceGraph) -> dict[int, tuple[Conflict, ...]]:
    return {}


def _sets_by_gateway(graph: ResourceGraph) -> dict[int, list[Resource]]:
    found: dict[int, dict[object, Resource]] = defaultdict(dict)
    for one in graph.of_type(*LISTENER_SET_KINDS):
        for attachment in attachments_of(one, graph):
            gateway = attachment.holder
            if attachment.standing == "accepted" and gateway is not None and nearest_twin(one, gateway, graph) is one:
                found[id(gateway)].setdefault(one.key, one)
    return {gateway: sorted(sets.values(), key=lambda one: (str(one.namespace), one.name)) for gateway, sets in found.items()}


def _conflicts(gateway: Resource, graph: ResourceGraph) -> Iterator[Conflict]:
    ports: dict[tuple[bool, int], list[Listener]] = defaultdict(list)
    for source in (gateway, *listener_sets_of(gateway, graph)):
        for listener in listeners_of(source, graph):
            if not listener.unread & {"port", "protocol", "hostname"} and listener.protocol in (*_HTTP_FAMILY, *_STREAMS):
                ports[listener.protocol == "UDP", listener.port].append(listener)
    for group in ports.values():
        if len(group) > 1:
            own = [one for one in group if one.source is gateway]
            yield from _within(own)
            yield from _of_sets(gateway, group, graph)


def _within(own: Sequence[Listener]) -> Iterator[Conflict]:
    """Yield the conflicts among the listeners that a Gateway itself has on one port: none of them wins."""
    streams, others = _divided(own, "TCP")
    if streams and others:
        yield Conflict(streams[0], (*streams[1:], *others), "ProtocolConflict", "none")
    else:
        plain, secure = _divided(own, "HTTP")
        if plain and secure and secure[0].protocol in _SECURE:
            first, *rest = (plain, secure) if len(plain) <= len(secure) else (secure, plain)
            yield Conflict(first[0], tuple(rest[0]), "ProtocolConflict", "implementation")
    for same in _indistinct(own):
        if len(same) > 1:
            yield Conflict(same[-1], tuple(same[:-1]), "ProtocolConflict" if same[0].protocol in _STREAMS else "HostnameConflict", "none")


def _divided(listeners: Iterable[Listener], protocol: str) -> tuple[list[Listener], list[Listener]]:
    """Return the listeners with a protocol, and the others."""
    every = list(listeners)
    return [one for one in every if one.protocol == protocol], [one for one in every if one.protocol != protocol]


def _indistinct(listeners: Iterable[Listener]) -> Iterable[list[Listener]]:
    found: dict[tuple[str, str], list[Listener]] = defaultdict(list)
    for one in listeners:
        found[one.protocol, one.hostname.lower()].append(one)
    return found.values()


def _of_sets(gateway: Resource, group: Sequence[Listener], graph: ResourceGraph) -> Iterator[Conflict]:
    """Yield for each listener of a ListenerSet the first one before it that it conflicts with, those of the Gateway first."""
    first_of_host: dict[tuple[str, str], Listener] = {}
    first_of_protocol: dict[str, Listener] = {}
    for one in group:
        conflict = _with_earlier(one, first_of_host, first_of_protocol, graph) if one.source is not gateway else None
        if conflict is not None:
            yield conflict
            if conflict.winner == "other":
                continue  # what is not accepted takes nothing from those after it
        first_of_host.setdefault((one.protocol, one.hostname.lower()), one)
        first_of_protocol.setdefault(one.protocol, one)


def _with_earlier(
    one: Listener, of_host: dict[tuple[str, str], Listener], of_protocol: dict[str, Listener], graph: ResourceGraph
) -> Conflict | None:
    same = of_host.get((one.protocol, one.hostname.lower()))
    against = _HTTP_FAMILY if one.protocol == "TCP" else ("TCP",) if one.protocol in _HTTP_FAMILY else ()
    other = next((of_protocol[protocol] for protocol in against if protocol in of_protocol), None)
    reason: Reason = "ProtocolConflict" if other is not None or one.protocol in _STREAMS else "HostnameConflict"
    found = other or same
    if found is not None:
        return _between(one, found, reason, graph)
    apart = _SECURE if one.protocol == "HTTP" else ("HTTP",) if one.protocol in _SECURE else ()
    other = next((of_protocol[protocol] for protocol in apart if protocol in of_protocol), None)
    return Conflict(one, (other,), "ProtocolConflict", "implementation") if other is not None and _is_sure(one, other, graph) else None


def _between(one: Listener, other: Listener, reason: Reason, graph: ResourceGraph) -> Conflict | None:
    if one.source is other.source:
        return Conflict(one, (other,), reason, "none")
    if not _is_sure(one, other, graph):
        return None
    return Conflict(one, (other,), reason, "older" if other.source.type_name in LISTENER_SET_KINDS else "other")


def _is_sure(one: Listener, other: Listener, graph: ResourceGraph) -> bool:
    """Tell whether two listeners are deployed together: of copies in several files each goes with its own neighbours."""
    return goes_with(one.source, other.source, graph)
