"""Whether a route attaches to what it names, and a ListenerSet to its Gateway: the condition Accepted of each parent.

Follows Gateway API 1.6: `apis/v1/shared_types.go` (ParentReference, RouteConditionReason), `listenerset_types.go`, GEP-1713 and the
conformance tests. Each parent is judged alone. A listener whose fields are not all known makes the answer unknown only where it matters.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, TypeAlias

from k8slblint.graph.answers import Absent, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, LISTENER_SET_KINDS
from k8slblint.graph.relations.parents import ParentReference, parents_of
from k8slblint.graph.relations.twins import why_defined_otherwise
from k8slblint.graph.relations.unrendered import why_not_as_written
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Condition
from k8slblint.traffic.attachment.decisions import Decision, all_of
from k8slblint.traffic.attachment.hostnames import EVERY, meet
from k8slblint.traffic.attachment.kinds import admits_kind
from k8slblint.traffic.attachment.listeners import Listener, listeners_of, namespace_rule
from k8slblint.traffic.attachment.namespaces import admits_namespace
from k8slblint.traffic.attachment.parents import HOLDERS, holder_of

Standing: TypeAlias = Literal["accepted", "refused", "missing", "elsewhere", "unknown"]
"""How a source stands to one parent.

`missing`: the parent does not exist, and no status is ever written. `elsewhere`: the parent is a Service of a mesh or of a kind that
implementations define, which is not judged.
"""

KINDS_WITH_HOSTNAMES = ("HTTPRoute", "GRPCRoute", "TLSRoute")

NO_SERVICE = "Service.gateway.networking.k8s.io"
"""A kind that does not exist: what `kind: Service` means without `group: ""`, whose default the API server writes (GEP-1294)."""

ACCEPTED = Condition("Accepted", "True", "Accepted")


class Attachment(NamedTuple):
    """What a controller makes of one parent of a route or ListenerSet.

    `holder` is the Gateway or ListenerSet, where it is in the manifests. `listeners` are those that the route attaches to; where that is
    unknown, may attach to; of a refused one, those that came nearest: they passed all steps before the one that `condition` names.
    `condition` is None where no status is written or none is known. `reason` says in one sentence why the answer is unknown.
    """

    parent: ParentReference
    standing: Standing
    condition: Condition | None = None
    holder: Resource | None = None
    listeners: tuple[Listener, ...] = ()
    reason: str = ""


def attachments_of(source: Resource, graph: ResourceGraph) -> Sequence[Attachment]:
    """Return what becomes of each parent that a route or ListenerSet names, in order."""
    known = graph.derived(_none_yet)
    if id(source) not in known:
        known[id(source)] = tuple(_attachment(parent, graph) for parent in parents_of(source))
    return known[id(source)]


def _none_yet(_: ResourceGraph) -> dict[int, tuple[Attachment, ...]]:
    return {}


def _attachment(parent: ParentReference, graph: ResourceGraph) -> Attachment:
    is_set = parent.source.type_name in LISTENER_SET_KINDS
    if parent.type_name == NO_SERVICE:
        return Attachment(parent, "missing")
    if parent.type_name not in ((GATEWAY,) if is_set else HOLDERS):
        return Attachment(parent, "elsewhere")
    answer = holder_of(parent, graph)
    if isinstance(answer, Unknown):
        return Attachment(parent, "unknown", reason=answer.reason)
    if isinstance(answer, Absent):
        return Attachment(parent, "missing")
    judged = _judged(parent, answer.value, graph)
    doubt = _why_unsure(parent.source, answer.value, graph) if judged.standing == "refused" else None
    return Attachment(parent, "unknown", holder=answer.value, reason=doubt) if doubt else judged


def _judged(parent: ParentReference, holder: Resource, graph: ResourceGraph) -> Attachment:
    if parent.source.type_name in LISTENER_SET_KINDS:
        return _of_listener_set(parent, holder, graph)
    if holder.type_name in LISTENER_SET_KINDS:
        above = attachments_of(holder, graph)
        if not above or above[0].standing in ("missing", "refused"):
            return Attachment(parent, "refused", None, holder, reason=f"{holder.id} is not attached itself")
        if above[0].standing != "accepted":
            return Attachment(parent, "unknown", holder=holder, reason=above[0].reason or f"the parent of {holder.id} is not judged")
    return _of_route(parent, holder, graph)


def _why_unsure(source: Resource, holder: Resource, graph: ResourceGraph) -> str | None:
    """Return why a source may meet another parent than the one that is judged, or a changed one.

    It may be patched by what was not rendered, or another file defines it otherwise; what is in one file belongs together.
    """
    doubt = why_not_as_written(source, graph) or why_not_as_written(holder, graph)
    if doubt:
        return doubt
    if source.path == holder.path:
        return None
    if source.path in graph.derived(_unread_in_part):
        return f"'{source.path}' could not be read as a whole"
    return why_defined_otherwise(holder, graph)


def _unread_in_part(graph: ResourceGraph) -> frozenset[str]:
    return frozenset(gap.path for gap in graph.gaps if not gap.is_of_deployer)


def _of_listener_set(parent: ParentReference, gateway: Resource, graph: ResourceGraph) -> Attachment:
    path = ("spec", "allowedListeners", "namespaces")
    written = gateway.get("spec", "allowedListeners")
    rule = namespace_rule(written.get("namespaces") if isinstance(written, dict) else written, path, "None")
    decision = admits_namespace(rule, gateway, parent.source, graph)
    if isinstance(decision, Unknown):
        return Attachment(parent, "unknown", holder=gateway, reason=decision.reason)
    if decision:
        return Attachment(parent, "accepted", ACCEPTED, gateway)
    return Attachment(parent, "refused", Condition("Accepted", "False", "NotAllowed"), gateway)


_Candidates: TypeAlias = list[tuple[Listener, Decision]]


def _of_route(parent: ParentReference, holder: Resource, graph: ResourceGraph) -> Attachment:
    """Go through the three steps of the specification: the listeners that are named, those of them that allow the route, the hostnames."""
    candidates: _Candidates = [(listener, True) for listener in listeners_of(holder, graph)]
    if not candidates:
        return Attachment(parent, "unknown", holder=holder, reason=f"{holder.id} has no listeners")
    steps: tuple[tuple[str, Callable[[Listener], Decision]], ...] = (
        ("NoMatchingParent", lambda one: _is_named(parent, one)),
        ("NotAllowedByListeners", lambda one: _allows(one, parent.source, graph)),
        ("NoMatchingListenerHostname", lambda one: _shares_hostname(one, parent.source)),
    )
    for reason, test in steps:
        left = [(one, all_of(before, test(one))) for one, before in candidates]
        left = [(one, decision) for one, decision in left if decision is not False]
        if not left:
            return _refused(parent, holder, reason, candidates)
        candidates = left
    attached = tuple(one for one, decision in candidates if decision is True)
    if attached:
        return Attachment(parent, "accepted", ACCEPTED, holder, attached)
    return Attachment(parent, "unknown", None, holder, tuple(one for one, _ in candidates), _doubt(candidates))


def _refused(parent: ParentReference, holder: Resource, reason: str, candidates: _Candidates) -> Attachment:
    """Return that a step left no listener: which reason is shown is unknown where no listener is certain to have got there."""
    reached = tuple(one for one, decision in candidates if decision is True)
    if not reached:
        return Attachment(parent, "unknown", holder=holder, reason=_doubt(candidates))
    return Attachment(parent, "refused", Condition("Accepted", "False", reason), holder, reached)


def _doubt(candidates: _Candidates) -> str:
    return next((decision.reason for _, decision in candidates if isinstance(decision, Unknown)), "")


def _is_named(parent: ParentReference, listener: Listener) -> Decision:
    """Tell whether a listener has the name and the port that a reference states."""
    return all_of(
        _is_equal(parent.section_name, listener.name, "name" in listener.unread, listener),
        _is_equal(parent.port, listener.port, "port" in listener.unread, listener),
    )


def _is_equal(wanted: object, value: object, is_unread: bool, listener: Listener) -> Decision:  # noqa: FBT001 - the only caller is above
    if wanted is None or (isinstance(wanted, str) and wanted == value):
        return True
    if is_unread or has_placeholder(wanted) or not isinstance(wanted, type(value)):
        return Unknown(
            f"name or port of a listener of {listener.source.id}, or of the reference to it, contains a placeholder or is not valid"
        )
    return wanted == value


def _allows(listener: Listener, route: Resource, graph: ResourceGraph) -> Decision:
    return all_of(admits_kind(listener, route.type_name), admits_namespace(listener.namespaces, listener.source, route, graph))


def _shares_hostname(listener: Listener, route: Resource) -> Decision:
    """Tell whether some hostname of a route is for the listener."""
    written = route.get("spec", "hostnames")
    if route.kind not in KINDS_WITH_HOSTNAMES or written is None or written == []:
        return True
    return _any_meets(written if isinstance(written, list) else [written], listener)


def _any_meets(hostnames: Iterable[object], listener: Listener) -> Decision:
    """Tell whether a listener serves one of some hostnames; what a placeholder stands for is the same wherever it is written."""
    is_unread = "hostname" in listener.unread
    doubt: Decision = Unknown(f"the hostname of listener '{listener.name}' contains a placeholder or is not valid") if is_unread else False
    if listener.hostname == EVERY:
        return doubt if is_unread else True
    for hostname in hostnames:
        if isinstance(hostname, str) and meet(hostname, listener.hostname):
            return True
        if not isinstance(hostname, str) or has_placeholder(hostname):
            doubt = Unknown("a hostname of the route contains a placeholder or is not valid")
    return doubt


def attached_listeners(route: Resource, graph: ResourceGraph) -> Iterator[Listener]:
    """Yield the listeners that a route is certain to attach to, each once."""
    seen: set[int] = set()
    for attachment in attachments_of(route, graph):
        for listener in attachment.listeners if attachment.standing == "accepted" else ():
            if id(listener) not in seen:
                seen.add(id(listener))
                yield listener
