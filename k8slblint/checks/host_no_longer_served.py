"""Detects hosts that an Ingress or a route served before a change and that nothing serves now."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.model.texts import middle, quoted
from k8slblint.traffic.changes.hosts import dropped_hosts
from k8slblint.traffic.routing.value_hosts import HOST_KEYS

_LONGEST_ID, _LONGEST_HOST = 36, 40

_MOST_RELATED = 8


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem where the hosts of an object are written that dropped some of them."""
    found = dropped_hosts(resource, graph)
    if found is None:
        return
    if (unread := graph.why_arrivals_may_be_missing(graph.scope(resource).cluster)) is not None:
        yield Undecided(("metadata", "name"), unread)
        return
    hosts = [entry.host for entry in found.entries]
    more = f" and {len(hosts) - 1} more" if len(hosts) > 1 else ""
    yield Problem(
        path=_place(resource),
        headline=f"{middle(str(resource.id), _LONGEST_ID)} no longer serves {quoted(hosts[0], _LONGEST_HOST)}{more}",
        label="served by this before",
        why="No Ingress or route of the cluster serves it: requests for it get the default backend, or the certificate of another host.",
        help="Keep it beside the others until clients, webhooks and DNS use another one, or redirect it.",
        severity="note" if found.is_renamed else None,
        confidence="medium",
        related=tuple(
            RelatedPlace(found.before, entry.at, f"{quoted(entry.host, _LONGEST_HOST)} was served by this.")
            for entry in found.entries[:_MOST_RELATED]
        ),
        discriminator=",".join(sorted(hosts)),
    )


def _place(resource: Resource) -> Path:
    """Return where the hosts of an object are written."""
    fields = (("spec", "hostnames"), ("spec", "rules"), ("spec", "routes"), *(("values", key) for key in HOST_KEYS))
    return next((path for path in fields if resource.get(*path) is not None), ("metadata", "name"))
