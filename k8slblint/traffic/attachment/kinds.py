"""Which kinds of routes a listener takes, by its protocol and by what it lists.

Source: Gateway API 1.6, `apis/v1/gateway_types.go` (ProtocolType, AllowedRoutes) and the conformance tests of supported kinds.
"""

from collections.abc import Iterator, Mapping

from k8slblint.graph.answers import Unknown
from k8slblint.traffic.attachment.decisions import Decision, all_of, any_of
from k8slblint.traffic.attachment.listeners import GATEWAY_API, Listener, RouteKind

KINDS_OF_PROTOCOL: Mapping[str, tuple[str, ...]] = {
    "HTTP": ("HTTPRoute", "GRPCRoute"),
    "HTTPS": ("HTTPRoute", "GRPCRoute"),
    "TLS": ("TLSRoute",),
    "TCP": ("TCPRoute",),
    "UDP": ("UDPRoute",),
}

PROTOCOLS_OF_IMPLEMENTATIONS = frozenset({"HBONE", "DTLS", "TURN-UDP", "TURN-TCP", "TURN-TLS", "TURN-DTLS"})
"""Protocols without a domain that implementations define, by their source: Istio (`pilot/pkg/config/kube/gateway/conversion.go`, waypoints)
and the gateway operator of STUNner (listeners)."""


def is_protocol(name: str) -> bool:
    """Tell whether a protocol is one of the API, or may be one of an implementation: those have a domain (`example.com/bar`)."""
    return name in KINDS_OF_PROTOCOL or "/" in name or name in PROTOCOLS_OF_IMPLEMENTATIONS


def admits_kind(listener: Listener, type_name: str) -> Decision:
    """Tell whether routes of a kind (`Kind.group`) may attach to a listener."""
    if "allowedRoutes" in listener.unread:
        return Unknown(f"the allowed routes of listener '{listener.name}' contain a placeholder or are not valid")
    listed = not listener.kinds or any(kind.type_name == type_name for kind in listener.kinds)
    return all_of(listed, carries(listener, type_name))


def carries(listener: Listener, type_name: str) -> Decision:
    """Tell whether the protocol of a listener fits routes of a kind (`Kind.group`), whatever kinds it lists."""
    kind, _, group = type_name.partition(".")
    if "protocol" in listener.unread or listener.protocol not in KINDS_OF_PROTOCOL:
        return Unknown(f"which routes protocol '{listener.protocol}' takes depends on the implementation")
    if group != GATEWAY_API:
        return Unknown(f"which listeners take {kind} depends on the implementation")
    if kind == "TCPRoute" and listener.protocol == "TLS" and listener.tls_mode != "Passthrough":
        return Unknown("whether TCPRoutes attach to a TLS listener that terminates TLS depends on the implementation")
    return kind in KINDS_OF_PROTOCOL[listener.protocol]


def invalid_kinds(listener: Listener) -> Iterator[RouteKind]:
    """Yield the kinds that a listener lists and its protocol cannot take."""
    yield from (kind for kind in listener.kinds if carries(listener, kind.type_name) is False)


def takes_any_kind(listener: Listener) -> Decision:
    """Tell whether a listener takes routes of any kind at all."""
    if not listener.kinds:
        return True
    return any_of(carries(listener, kind.type_name) for kind in listener.kinds)
