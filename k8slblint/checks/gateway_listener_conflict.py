"""Detects listeners that share a port and cannot be distinguished."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Condition, Problem, RelatedPlace
from k8slblint.model.texts import quoted
from k8slblint.traffic.attachment.conditions import conflicts_on
from k8slblint.traffic.attachment.conflicts import Conflict

_LONGEST_NAME = 22

_RELATED = 5


def check(source: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at each listener of a Gateway or ListenerSet that conflicts with others; of those in one Gateway once per port.

    Two listeners of one object with equal port, protocol and hostname are left out: the API server refuses the object.
    """
    for conflict in conflicts_on(source, graph):
        first = conflict.others[0]
        if first.source is source and first.protocol == conflict.listener.protocol:
            continue
        yield _problem(conflict)


def _problem(conflict: Conflict) -> Problem:
    listener, first = conflict.listener, conflict.others[0]
    by_implementation = conflict.winner == "implementation"
    return Problem(
        path=(*listener.path, "port"),
        headline=_headline(conflict),
        label=f"conflicts with {first.protocol} listener {quoted(first.name, _LONGEST_NAME)}",
        why=_why(conflict),
        help=_help(conflict),
        severity="warning" if by_implementation else None,
        confidence="medium" if by_implementation or conflict.winner == "older" else "high",
        related=tuple(
            RelatedPlace(one.source, (*one.path, "port"), f"{one.source.id} has {one.protocol} listener {quoted(one.name, _LONGEST_NAME)}.")
            for one in conflict.others[:_RELATED]
        ),
        condition=Condition("Conflicted", "True", conflict.reason),
        discriminator=listener.name,
    )


def _headline(conflict: Conflict) -> str:
    listener, first = conflict.listener, conflict.others[0]
    port = listener.port
    if first.source is listener.source:
        return f"{listener.source.id} has {listener.protocol} and {first.protocol} listeners on port {port}"
    if conflict.reason == "HostnameConflict":
        return f"{listener.source.id} repeats a hostname of {first.source.id} on port {port}"
    return f"{listener.source.id} opens port {port} for {listener.protocol}, which {first.source.id} uses"


def _why(conflict: Conflict) -> str:
    if conflict.winner == "implementation":
        return "Most controllers serve plain HTTP and TLS on separate ports only: they mark such listeners as conflicted."
    if conflict.winner == "none":
        return "The controller cannot distinguish their connections: it marks all listeners of this port as conflicted and accepts none."
    if conflict.winner == "other":
        return (
            "Listeners of the Gateway take precedence over those of a ListenerSet: this one is not accepted, and its routes get no traffic."
        )
    return "The listeners of the older ListenerSet take precedence. The one of the younger is not accepted, and its routes get no traffic."


def _help(conflict: Conflict) -> str:
    if conflict.reason == "HostnameConflict":
        return "Give the listener another hostname, or attach its routes to the existing listener."
    return "Give one of the listeners another port."
