"""Who gets the requests of each match of a host, and why the others with the same match do not."""

from collections.abc import Mapping, Sequence

from k8slblint.catalog.route_orders import RouteOrder
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.traffic.routing.forms import Entry
from k8slblint.traffic.routing.precedence import Decider, decider, order_known_of
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
    known = order_known_of(controller)
    is_for_one = known is not None and known.order == "one-object"
    prefixes = _Prefixes(known)
    found: dict[object, list[Entry]] = {}
    for entry in entries:
        whole = is_for_one and entry.source is not entries[0].source
        key: object = entries[0].match.requests if whole else entry.match.requests
        if entry.match.unread:
            key = (id(entry),)
        elif key not in found:
            key = prefixes.row_of(entry, key)
        found.setdefault(key, []).append(entry)
    return [Row(first, tuple(Loser(one, decider(first, one, controller)) for one in others)) for first, *others in found.values()]


class _Prefixes:
    """The rows of prefixes so far, where the first match is taken, however long it is: such a row takes all that is below it."""

    def __init__(self, known: RouteOrder | None) -> None:
        self._is_used = known is not None and known.order in ("rule-length", "groups")
        otherwise = ("ImplementationSpecific",) if known is not None and known.is_prefix_otherwise else ()
        self._kinds = ("PathPrefix", *otherwise)
        self._rows: dict[str, object] = {}

    def row_of(self, entry: Entry, key: object) -> object:
        """Return the row of an earlier prefix that takes all requests of an entry; its own row, `key`, without one."""
        if not self._is_used or entry.match.kind not in (*self._kinds, "Exact"):
            return key
        path = entry.match.path.rstrip("/")
        elements = path.split("/")[:_MOST_ELEMENTS]
        above = ("/".join(elements[:end]) for end in range(1, len(elements) + 1))
        row = next((self._rows[one] for one in (*above, path) if one in self._rows), key)
        if entry.match.kind in self._kinds:
            self._rows.setdefault(path, row)
        return row


_MOST_ELEMENTS = 64


def standings_in(table: Table, host: str, graph: ResourceGraph) -> Mapping[tuple[int, Path], Row]:
    """Return the row of each entry for a host by `(id of its object, path of its match)`; worked out once for each host."""
    entries = table.hosts.get(host, ())
    known = graph.derived(_none_yet)
    if id(entries) not in known:
        rows = rows_of(entries, table.ordered_by)
        known[id(entries)] = {(id(one.source), one.at): row for row in rows for one in (row.entry, *(loser.entry for loser in row.losers))}
    return known[id(entries)]


def _none_yet(_: ResourceGraph) -> dict[int, dict[tuple[int, Path], Row]]:
    return {}
