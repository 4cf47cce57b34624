"""What the controller of an Ingress makes of its paths: which of them are expressions, and for whom all paths of a host are.

Sources: the code of each controller, named in `catalogs/route-orders.json`. A controller that is not there leaves its paths as written.
"""

from collections.abc import Iterable, Sequence
from typing import cast

from k8slblint.catalog.annotation_values import TRUE_IN_GO
from k8slblint.catalog.route_orders import RouteOrder
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.traffic.routing.forms import Entry, MatchType


def read_by(known: RouteOrder | None, entries: Sequence[Entry]) -> Sequence[Entry]:
    """Return the entries for one host as a controller reads their paths."""
    if known is None:
        return entries
    if any(makes_expressions(known, entry) for entry in entries):
        return [_expression(entry) for entry in entries]
    return [_typed(known, entry) for entry in entries]


def is_set(source: Resource, keys: Iterable[str]) -> bool:
    """Tell whether one of some annotations of an object is true."""
    return any(str(source.annotations.get(key)) in TRUE_IN_GO for key in keys)


def makes_expressions(known: RouteOrder, entry: Entry) -> bool:
    """Tell whether an entry makes all paths of its host expressions: by a flag, or because it rewrites its path to another one."""
    if not known.host_flags or entry.source.kind != "Ingress" or entry.match.kind == "Any":
        return False
    if is_set(entry.source, known.host_flags):
        return True
    targets = [entry.source.annotations.get(key) for key in known.host_rewrites]
    return any(isinstance(target, str) and target not in ("", entry.match.path) and not has_placeholder(target) for target in targets)


def _expression(entry: Entry) -> Entry:
    if entry.match.unread or entry.match.kind == "Any":
        return entry
    return entry._replace(match=entry.match._replace(kind="RegularExpression", path=f"^{entry.match.path}"))


def _typed(known: RouteOrder, entry: Entry) -> Entry:
    """Return an entry with the type that its path has for the controller, where the Ingress leaves that open."""
    if entry.source.kind != "Ingress" or entry.match.kind != "ImplementationSpecific" or entry.match.unread:
        return entry
    path = entry.match.path
    stated = entry.source.annotations.get(known.path_type_key) if known.path_type_key is not None else None
    kind = known.path_types.get(stated) if isinstance(stated, str) else None
    starts = known.expression_start is not None and path.startswith(known.expression_start)
    if kind is None and (starts or any(sign in path for sign in known.expression_signs)):
        kind = "RegularExpression"
    return entry if kind is None else entry._replace(match=entry.match._replace(kind=cast("MatchType", kind)))
