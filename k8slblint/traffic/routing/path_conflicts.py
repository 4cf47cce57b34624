"""Which paths of Ingresses are served twice at one entry point, and who gets the requests.

Sources: kubernetes/ingress-nginx dbb11b92 `internal/ingress/controller/controller.go` (`getBackendServers`: the first by age;
`checkOverlap`: the webhook refuses a second one, except canaries); who wins elsewhere is in `precedence`.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from k8slblint.catalog.ingress_serving import serving_facts
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.records import NamedTuple
from k8slblint.traffic.routing.forms import Entry
from k8slblint.traffic.routing.precedence import Decider
from k8slblint.traffic.routing.shared_hosts import SharedHost, shared_hosts
from k8slblint.traffic.routing.winners import rows_of
from k8slblint.traffic.workloads.alternatives import are_deployed_together


class PathConflict(NamedTuple):
    """An entry whose requests another one gets too, or instead, at an entry point that both are served at.

    The other one comes first where only age decides and both are equally old. `refuses` tells that the controller's webhook refuses the
    younger of both.
    """

    shared: SharedHost
    entry: Entry
    other: Entry
    decided_by: Decider
    refuses: bool


def path_conflicts(source: object, graph: ResourceGraph) -> Sequence[PathConflict]:
    """Return the conflicts of an Ingress with entries that come before its own; worked out once for all."""
    return graph.derived(_by_source).get(id(source), ())


def _by_source(graph: ResourceGraph) -> dict[int, list[PathConflict]]:
    found: dict[int, list[PathConflict]] = defaultdict(list)
    for shared in shared_hosts(graph):
        for conflict in _conflicts(shared, graph):
            found[id(conflict.entry.source)].append(conflict)
    return found


def _conflicts(shared: SharedHost, graph: ResourceGraph) -> Iterator[PathConflict]:
    facts = serving_facts()
    known = [facts.controllers[name] for name in shared.candidates if name in facts.controllers]
    plain = [_as_served(entry, is_default=any(one.prefix_is_default for one in known)) for entry in shared.entries if _is_compared(entry)]
    certain = facts.controllers.get(shared.controller or "")
    refuses = certain is not None and certain.refuses_second
    for row in rows_of(plain, shared.controller):
        for loser in row.losers:
            if _differ(row.entry, loser.entry) and _are_together(row.entry, loser.entry, graph):
                yield PathConflict(shared, loser.entry, row.entry, loser.decided_by, refuses and row.entry.source is not loser.entry.source)


def _is_compared(entry: Entry) -> bool:
    """Tell whether an entry says all by its path: no default backend, solver of certificates, canary, or condition elsewhere."""
    match, facts = entry.match, serving_facts()
    if match.unread or match.kind == "Any" or match.path.startswith(facts.solver_paths):
        return False
    return not any(str(key).startswith(facts.told_apart_by) for key in entry.source.annotations)


def _as_served(entry: Entry, *, is_default: bool) -> Entry:
    """Return an entry with its type of path as the controller takes it: ingress-nginx serves what is up to it as a prefix."""
    if not is_default or entry.match.kind != "ImplementationSpecific":
        return entry
    return entry._replace(match=entry.match._replace(kind="PathPrefix"))


def _differ(one: Entry, other: Entry) -> bool:
    """Tell whether requests go to different Services, as far as both name any."""
    ends = [{(backend.namespace, backend.name, str(backend.port)) for backend in entry.backends} for entry in (one, other)]
    return bool(ends[0] and ends[1]) and ends[0] != ends[1]


def _are_together(one: Entry, other: Entry, graph: ResourceGraph) -> bool:
    return one.source is other.source or are_deployed_together(one.source, other.source, graph)
