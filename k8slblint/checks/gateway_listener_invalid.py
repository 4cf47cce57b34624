"""Detects listeners that a controller does not accept, or accepts only in part."""

from collections.abc import Callable, Iterator, Mapping

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Condition, Problem
from k8slblint.model.texts import HEADLINE, LABEL, fitted, listed, middle, quoted
from k8slblint.traffic.attachment.certificates import CertificateFault, certificate_fault
from k8slblint.traffic.attachment.conditions import ListenerVerdict, verdicts_of
from k8slblint.traffic.attachment.grants import Refused, permission
from k8slblint.traffic.attachment.kinds import KINDS_OF_PROTOCOL, takes_any_kind
from k8slblint.traffic.attachment.listeners import listeners_of
from k8slblint.traffic.attachment.near_names import nearest_name
from k8slblint.traffic.attachment.references import Purpose, Reference, listener_references

_MEANT = {"GRPC": "HTTP", "GRPCS": "HTTPS", "HTTP2": "HTTPS", "H2C": "HTTP", "WS": "HTTP", "WSS": "HTTPS", "SSL": "TLS"}
"""What people write for a protocol that the API has under another name."""

_LONGEST_NAME = 25


def check(source: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem for each fault of a listener of a Gateway or ListenerSet, and for each certificate that cannot be used.

    Silent about certificates that no grant permits: the controller does not read them (`reference-not-permitted`). Those that are not
    among the manifests are the rule, and nothing is said of them.
    """
    for listener in listeners_of(source, graph):
        for verdict in verdicts_of(listener):
            yield _WORDED[verdict.condition.reason](verdict)
    for reference in listener_references(source):
        fault = certificate_fault(reference, graph)
        if isinstance(fault, CertificateFault) and not isinstance(permission(reference, graph), Refused):
            yield _of_certificate(reference, fault)


_PURPOSES: Mapping[Purpose, tuple[str, str, str]] = {
    "certificate": (
        "a certificate",
        "The controller has no certificate for the listener, and does not serve TLS on it.",
        "Refer to a Secret with `tls.crt` and `tls.key`.",
    ),
    "CA": (
        "CA certificates",
        "The controller cannot validate clients by them, and does not accept the listeners that need them.",
        "Refer to a ConfigMap that has the certificates under `ca.crt`.",
    ),
    "client certificate": (
        "a client certificate",
        "The controller presents no client certificate to backends.",
        "Refer to a Secret with `tls.crt` and `tls.key`.",
    ),
}
"""What a reference of a listener or Gateway is for: its name, the effect of one that cannot be used, and the way out."""


def _of_certificate(reference: Reference, fault: CertificateFault) -> Problem:
    what, effect, way_out = _PURPOSES[reference.purpose]
    named = f"{middle(reference.kind, _LONGEST_NAME)} {middle(reference.name, _LONGEST_NAME)}"
    return Problem(
        path=reference.path,
        headline=fitted(f"{reference.source.id} refers to {what} that cannot be used", HEADLINE),
        label=fitted(fault.text, LABEL),
        why=f"{named} {fault.text}. {effect}",
        help=way_out,
        confidence="high" if fault.is_written else "medium",
        condition=Condition("ResolvedRefs", "False", fault.reason),
    )


def _of_protocol(verdict: ListenerVerdict) -> Problem:
    written = verdict.value
    upper = written.upper()
    meant = upper if upper in KINDS_OF_PROTOCOL else _MEANT.get(upper) or nearest_name(upper, KINDS_OF_PROTOCOL)
    return Problem(
        path=verdict.path,
        headline=f"{verdict.listener.source.id} has a listener with unsupported protocol {quoted(written, _LONGEST_NAME)}",
        label=f"listener {quoted(verdict.listener.name, _LONGEST_NAME)} is not accepted",
        why=f"Gateway API has the protocols {listed(KINDS_OF_PROTOCOL, most=len(KINDS_OF_PROTOCOL))}, in upper case. "
        "The controller does not open a listener with any other one.",
        help=f"Write `protocol: {meant}`." if meant else "Use one of these, or a protocol of the implementation with its domain.",
        condition=verdict.condition,
    )


def _of_kind(verdict: ListenerVerdict) -> Problem:
    listener, kind = verdict.listener, middle(verdict.value, _LONGEST_NAME)
    taken = [f"{one}s" for one in KINDS_OF_PROTOCOL.get(listener.protocol, ())]
    effect = "The controller leaves the kind out." if takes_any_kind(listener) is not False else "No route can attach to the listener."
    return Problem(
        path=verdict.path,
        headline=f"{listener.source.id} allows {kind} on a listener with protocol {listener.protocol}",
        label=f"listener {quoted(listener.name, _LONGEST_NAME)} takes {listed(taken)}",
        why=f"A listener with protocol {listener.protocol} takes {listed(taken)} only. {effect}",
        help=_other_kind(verdict.value, listener.protocol),
        condition=verdict.condition,
    )


def _other_kind(kind: str, protocol: str) -> str:
    near = nearest_name(kind, KINDS_OF_PROTOCOL[protocol])
    if near:
        return f"Write `kind: {near}`."
    other = next((name for name, kinds in KINDS_OF_PROTOCOL.items() if kind in kinds), None)
    return f"Remove the kind, or add a listener with protocol {other}." if other else "Remove the kind."


_WORDED: Mapping[str, Callable[[ListenerVerdict], Problem]] = {"UnsupportedProtocol": _of_protocol, "InvalidRouteKinds": _of_kind}
"""How each reason of a verdict is worded."""
