"""Detects redirects that lead to the listener they come from."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.model.texts import PROSE, listed, middle, quoted, within
from k8slblint.traffic.attachment.hostnames import EVERY
from k8slblint.traffic.attachment.listeners import Listener, listeners_of
from k8slblint.traffic.routing.redirects import Loop, loops_of

_LONGEST_NAME = 22

_LONGEST_HOST = 30


def check(route: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem for each redirect that loops; a warning where other routes may take its requests."""
    for loop in loops_of(route, graph):
        path = (*loop.redirect, "scheme") if route.get(*loop.redirect, "scheme") is not None else loop.redirect
        if loop.doubt is not None:
            yield Undecided(path, loop.doubt.reason)
        else:
            yield _problem(route, path, loop, graph)


def _problem(route: Resource, path: tuple[str | int, ...], loop: Loop, graph: ResourceGraph) -> Problem:
    listener = loop.listener
    name = quoted(listener.name, _LONGEST_NAME)
    is_decided = loop.rival is None and not loop.are_some_served
    return Problem(
        path=path,
        headline=f"{route.id} redirects requests of listener {name} to itself",
        label=f"listener {name} serves {listener.protocol} on port {listener.port}",
        why=within(PROSE, _why(loop, name), _unless(loop)),
        help=_help(listener, graph),
        at="value" if path[-1] == "scheme" else "key",
        severity="warning" if loop.are_some_served or _gives_way(route, loop) else None,
        confidence="high" if is_decided else "medium",
        related=(RelatedPlace(listener.source, listener.path, f"The route attaches to listener {name} of {listener.source.id}."),),
        discriminator=str(path[2]),
    )


def _gives_way(route: Resource, loop: Loop) -> bool:
    """Tell whether another route with the same match wins where both are equally old."""
    rival = loop.rival.source if loop.rival is not None else None
    return rival is not None and (rival.namespace or "", rival.name) < (route.namespace or "", route.name)


def _why(loop: Loop, name: str) -> str:
    hosts = "" if EVERY in loop.hosts else f" for {listed(quoted(host, _LONGEST_HOST) for host in loop.hosts)}"
    effect = "scheme, port, host and path stay the same, so browsers stop with too many redirects."
    return f"The redirect also applies to listener {name}{hosts}: {effect}"


def _unless(loop: Loop) -> str:
    if loop.rival is not None:
        return f"If {loop.rival.source.kind} {middle(loop.rival.source.name, _LONGEST_NAME)} is older, it takes these requests."
    return "Hosts that other routes name are not affected." if loop.are_some_served else ""


def _help(listener: Listener, graph: ResourceGraph) -> str:
    own = [one for one in listeners_of(listener.source, graph) if one.protocol == "HTTP" and one.protocol != listener.protocol]
    if not own:
        return "Change the redirect to another scheme, host or path, or attach the route to another listener."
    return (
        f"Attach the redirect to the HTTP listener only: write `sectionName: {middle(own[0].name, _LONGEST_NAME)}` in its parent reference."
    )
