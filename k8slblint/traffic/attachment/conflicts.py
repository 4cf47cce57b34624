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


def conflicts_touching(listener: Listener, gateway: Resource, graph: ResourceGraph) -> Sequence[Conflict]:
    """Return the conflicts that may cost a listener of a Gateway, or of a ListenerSet that is merged into it, its acceptance."""
    index = graph.derived(_no_index)
    if id(gateway) not in index:
        found: dict[int, list[Conflict]] = defaultdict(list)
        for conflict in conflicts_of(gateway, graph):
            for one in (conflict.listener, *(other for other in conflict.others if not _has_precedence(other, conflict, gateway))):
                found[id(one)].append(conflict)
        index[id(gateway)] = found
    return index[id(gateway)].get(id(listener), ())


def _has_precedence(other: Listener, conflict: Conflict, gateway: Resource) -> bool:
    return other.source is gateway and conflict.listener.source is not gateway


def _no_index(_: ResourceGraph) -> dict[int, dict[int, list[Conflict]]]:
    return {}


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


class _Earlier:
    """The listeners of one port that take precedence over the next one: those of the Gateway, or of the ListenerSets before it."""

    def __init__(self) -> None:
        self._by_host: dict[tuple[str, str], Listener] = {}
        self._by_protocol: dict[str, list[Listener]] = defaultdict(list)
        self._named: set[tuple[str, ...]] = set()

    def add(self, one: Listener) -> None:
        self._by_host.setdefault((one.protocol, one.hostname.lower()), one)
        self._by_protocol[one.protocol].append(one)

    def same_as(self, one: Listener) -> tuple[Listener, ...]:
        """Return the first listener that differs neither in protocol nor in hostname."""
        found = self._by_host.get((one.protocol, one.hostname.lower()))
        return (found,) if found is not None else ()

    def of_protocols(self, protocols: tuple[str, ...]) -> tuple[Listener, ...]:
        """Return the listeners with one of some protocols: all of them when first asked with an answer, later the first one.

        So the work for a port stays linear, and each listener in a conflict is named at least once.
        """
        if protocols in self._named:
            return next((tuple(self._by_protocol[protocol][:1]) for protocol in protocols if protocol in self._by_protocol), ())
        found = tuple(other for protocol in protocols for other in self._by_protocol.get(protocol, ()))
        if found:
            self._named.add(protocols)
        return found


def _of_sets(gateway: Resource, group: Sequence[Listener], graph: ResourceGraph) -> Iterator[Conflict]:
    """Yield for each listener of a ListenerSet what it conflicts with: the Gateway before other ListenerSets, certainly before perhaps."""
    of_gateway, of_sets = _Earlier(), _Earlier()
    for one in group:
        if one.source is gateway:
            of_gateway.add(one)
            continue
        conflict = _certain(one, of_gateway, graph) or _certain(one, of_sets, graph) or _perhaps(one, (of_gateway, of_sets), graph)
        if conflict is not None:
            yield conflict
        if conflict is None or conflict.winner != "other":
            of_sets.add(one)  # what is not accepted takes nothing from those after it


def _certain(one: Listener, earlier: _Earlier, graph: ResourceGraph) -> Conflict | None:
    against = _HTTP_FAMILY if one.protocol == "TCP" else ("TCP",) if one.protocol in _HTTP_FAMILY else ()
    others = _deployed_with(one, earlier.of_protocols(against), graph) or _deployed_with(one, earlier.same_as(one), graph)
    if not others:
        return None
    reason: Reason = "HostnameConflict" if others[0].protocol == one.protocol and one.protocol in _HTTP_FAMILY else "ProtocolConflict"
    if one.source is others[0].source:
        return Conflict(one, others, reason, "none")
    return Conflict(one, others, reason, "older" if others[0].source.type_name in LISTENER_SET_KINDS else "other")


def _perhaps(one: Listener, earlier: Sequence[_Earlier], graph: ResourceGraph) -> Conflict | None:
    apart = _SECURE if one.protocol == "HTTP" else ("HTTP",) if one.protocol in _SECURE else ()
    others = _deployed_with(one, tuple(other for group in earlier for other in group.of_protocols(apart)), graph)
    return Conflict(one, others, "ProtocolConflict", "implementation") if others else None


def _deployed_with(one: Listener, others: tuple[Listener, ...], graph: ResourceGraph) -> tuple[Listener, ...]:
    """Return the listeners that are deployed together with one: of copies in several files each goes with its own neighbours."""
    return tuple(other for other in others if other.source is one.source or goes_with(one.source, other.source, graph))
