"""Who gets the requests of each match of a host, and why the others with the same match do not."""

from collections.abc import Mapping, Sequence

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.traffic.routing.forms import Entry
from k8slblint.traffic.routing.precedence import BY_HOST, Decider, decider
from k8slblint.traffic.routing.tables import Table


class Loser(NamedTuple):
    """An entry that another one with the same match precedes, and what decides that."""

    entry: Entry
    decided_by: Decider


class Row(NamedTuple):
    """An entry that gets requests, or would if it is older than those that only age decides about; the losers are in order."""

    entry: Entry
    losers: tuple[Loser, ...]

    @property
    def is_certain(self) -> bool:
        """Whether the entry wins whatever is not in the manifests."""
        return all(loser.decided_by in ("match", "rule") for loser in self.losers)


def rows_of(entries: Sequence[Entry], controller: str | None = None) -> list[Row]:
    """Return the rows of the entries for one host, in the order of precedence that they come in."""
    found: dict[object, list[Entry]] = {}
    for entry in entries:
        whole = controller == BY_HOST and entry.source is not entries[0].source
        key = entries[0].match.requests if whole else entry.match.requests
        found.setdefault((id(entry),) if entry.match.unread else key, []).append(entry)
    return [Row(first, tuple(Loser(one, decider(first, one, controller)) for one in others)) for first, *others in found.values()]


def standings_in(table: Table, host: str, graph: ResourceGraph) -> Mapping[tuple[int, Path], Row]:
    """Return the row of each entry for a host by `(id of its object, path of its match)`; worked out once for each host."""
    entries = table.hosts.get(host, ())
    known = graph.derived(_none_yet)
    if id(entries) not in known:
        rows = rows_of(entries, table.outlet.controller)
        known[id(entries)] = {(id(one.source), one.at): row for row in rows for one in (row.entry, *(loser.entry for loser in row.losers))}
    return known[id(entries)]


def _none_yet(_: ResourceGraph) -> dict[int, dict[tuple[int, Path], Row]]:
    return {}
