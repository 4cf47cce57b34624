"""The conditions of listeners, Gateways and ListenerSets, as far as manifests decide them.

Source: Gateway API 1.6, `apis/v1/gateway_types.go` (ListenerConditionType, GatewayConditionType) and `listenerset_types.go`.
"""

from collections.abc import Iterator, Sequence

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import LISTENER_SET_KINDS
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Condition
from k8slblint.traffic.attachment.attachments import ACCEPTED, attachments_of
from k8slblint.traffic.attachment.conflicts import Conflict, conflicts_touching
from k8slblint.traffic.attachment.kinds import invalid_kinds, is_protocol
from k8slblint.traffic.attachment.listeners import Listener, RouteKind, listeners_of
from k8slblint.traffic.attachment.overlaps import overlaps_another
from k8slblint.traffic.attachment.resolved import has_no_authority, resolved_refs_of_listener

_OVERLAPPING = Condition("OverlappingTLSConfig", "True", "OverlappingHostnames")

_LISTENERS_NOT_VALID = "ListenersNotValid"


class ListenerVerdict(NamedTuple):
    """What is wrong with one listener by itself: the condition, where it comes from, and the value that is wrong."""

    listener: Listener
    condition: Condition
    path: Path
    value: str
    kind: RouteKind | None = None


def verdicts_of(listener: Listener) -> Iterator[ListenerVerdict]:
    """Yield what is wrong with a listener whatever else there is, without its references."""
    if "protocol" not in listener.unread and not is_protocol(listener.protocol):
        unsupported = Condition("Accepted", "False", "UnsupportedProtocol")
        yield ListenerVerdict(listener, unsupported, (*listener.path, "protocol"), listener.protocol)
    if "allowedRoutes" not in listener.unread:
        for kind in invalid_kinds(listener):
            yield ListenerVerdict(listener, Condition("ResolvedRefs", "False", "InvalidRouteKinds"), (*kind.path, "kind"), kind.kind, kind)


def conflicts_on(source: Resource, graph: ResourceGraph) -> Sequence[Conflict]:
    """Return the conflicts of which a listener of a Gateway or ListenerSet is the one to blame."""
    gateway = source
    if source.type_name in LISTENER_SET_KINDS:
        above = attachments_of(source, graph)
        if not above or above[0].standing != "accepted" or above[0].holder is None:
            return ()
        gateway = above[0].holder
    found = (
        conflict for one in listeners_of(source, graph) for conflict in conflicts_touching(one, gateway, graph) if conflict.listener is one
    )
    return list(found)


def conditions_of_listener(listener: Listener, gateway: Resource, graph: ResourceGraph) -> tuple[Condition, ...]:
    """Return Accepted, Conflicted and ResolvedRefs of a listener of a Gateway, or of a ListenerSet that is merged into it.

    ResolvedRefs is False for the first kind of routes or certificate that is wrong. OverlappingTLSConfig is the last
    one where it is True; controllers never set it to False. A status is Unknown where another value, an object that
    is not among the manifests, or the implementation decides.
    """
    verdicts = [verdict.condition for verdict in verdicts_of(listener)]
    conflicted = _conflicted(listener, gateway, graph)
    accepted = next((one for one in verdicts if one.type == "Accepted"), ACCEPTED)
    if conflicted.status == "True":
        accepted = Condition("Accepted", "False", conflicted.reason)
    elif accepted.status == "True" and (conflicted.status == "Unknown" or listener.unread & {"port", "protocol", "hostname"}):
        accepted = Condition("Accepted", "Unknown", "Pending")
    if accepted.status == "True" and has_no_authority(listener, graph):
        accepted = Condition("Accepted", "False", "NoValidCACertificate")
    resolved = next((one for one in verdicts if one.type == "ResolvedRefs"), None) or resolved_refs_of_listener(listener, graph)
    overlapping = (_OVERLAPPING,) if overlaps_another(listener, gateway, graph) else ()
    return accepted, conflicted, resolved, *overlapping


def _conflicted(listener: Listener, gateway: Resource, graph: ResourceGraph) -> Condition:
    found = Condition("Conflicted", "False", "NoConflicts")
    for conflict in conflicts_touching(listener, gateway, graph):
        is_certain = conflict.winner in ("none", "other")
        if is_certain:
            return Condition("Conflicted", "True", conflict.reason)
        found = Condition("Conflicted", "Unknown", conflict.reason)
    return found


def accepted_of(source: Resource, graph: ResourceGraph) -> Condition:
    """Return the condition Accepted of a Gateway or ListenerSet, as far as its listeners decide it.

    A Gateway with some valid listeners is accepted with reason ListenersNotValid, one without any is not; a ListenerSet likewise, and never
    below a Gateway that is not accepted.
    """
    gateway = source
    if source.type_name in LISTENER_SET_KINDS:
        above = next(iter(attachments_of(source, graph)), None)
        if above is None or above.standing in ("missing", "elsewhere", "unknown") or above.holder is None:
            return Condition("Accepted", "Unknown", "Pending")
        if above.standing == "refused" and above.condition is not None:
            return above.condition
        gateway = above.holder
        if accepted_of(gateway, graph).status == "False":
            return Condition("Accepted", "False", "ParentNotAccepted")
    statuses = [conditions_of_listener(one, gateway, graph)[0].status for one in listeners_of(source, graph)]
    if not statuses or ("True" not in statuses and "Unknown" in statuses):
        return Condition("Accepted", "Unknown", "Pending")
    if "True" not in statuses:
        return Condition("Accepted", "False", _LISTENERS_NOT_VALID)
    return Condition("Accepted", "True", _LISTENERS_NOT_VALID if "False" in statuses else "Accepted")
