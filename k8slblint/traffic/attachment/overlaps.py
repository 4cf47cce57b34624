"""Which TLS listeners of a Gateway have hostnames in common: clients that reuse connections may reach the wrong one.

Source: Gateway API 1.6, `apis/v1/gateway_types.go` (ListenerConditionOverlappingTLSConfig); it informs, and is often intended.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.conflicts import listener_sets_of
from k8slblint.traffic.attachment.hostnames import EVERY
from k8slblint.traffic.attachment.listeners import Listener, listeners_of

_SECURE = ("HTTPS", "TLS")

_MOST_LABELS = 128
"""A hostname has at most 253 characters."""


def overlaps_another(listener: Listener, gateway: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a TLS listener has requests in common with another one on its port, in a Gateway and the ListenerSets merged into it."""
    known = graph.derived(_none_yet)
    if id(gateway) not in known:
        sources = (gateway, *listener_sets_of(gateway, graph))
        known[id(gateway)] = frozenset(_overlapping(one for source in sources for one in listeners_of(source, graph)))
    return id(listener) in known[id(gateway)]


def _none_yet(_: ResourceGraph) -> dict[int, frozenset[int]]:
    return {}


def _overlapping(listeners: Iterable[Listener]) -> Iterator[int]:
    ports: dict[int, dict[str, list[Listener]]] = defaultdict(lambda: defaultdict(list))
    for one in listeners:
        if one.protocol in _SECURE and not one.unread & {"port", "protocol", "hostname"}:
            ports[one.port][one.hostname.lower()].append(one)
    for by_host in ports.values():
        for host, same in by_host.items():
            covering = [wildcard for wildcard in _wildcards_over(host) if wildcard in by_host]
            if covering or len(same) > 1:
                yield from map(id, same)
            yield from (id(by_host[wildcard][0]) for wildcard in covering)


def _wildcards_over(host: str) -> Iterator[str]:
    """Yield the hostnames, from the most specific one, that stand for a name and others: `*.b.c`, `*.c` and every one for `a.b.c`."""
    rest = host.removeprefix("*.").partition(".")[2]
    for _ in range(_MOST_LABELS):
        if not rest:
            break
        yield f"*.{rest}"
        rest = rest.partition(".")[2]
    if host != EVERY:
        yield EVERY
