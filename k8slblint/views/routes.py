"""The view of routes: for each listener and each Ingress class what attaches, and what serves each host and path."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, LISTENER_SET_KINDS, ROUTE_KINDS
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.reporting.excerpt import visible
from k8slblint.reporting.json import dump
from k8slblint.traffic.attachment.attachments import Attachment, attachments_of
from k8slblint.traffic.attachment.listeners import Listener, listeners_of
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.routing.forms import Entry
from k8slblint.traffic.routing.tables import Table, class_tables, table_of
from k8slblint.traffic.routing.winners import Loser, Row, rows_of
from k8slblint.traffic.routing.wording import condition_in_words, host_in_words
from k8slblint.views.chart_values import HEADING, Routed, routed, routed_as_json, routed_in_words, unseen_in_words
from k8slblint.views.places import named, place

VERSION = 1
"""The version of the JSON that `as_json` writes; it grows when a field is removed or changes its meaning."""

DECIDED = {
    "match": "a more specific match wins",
    "rule": "the earlier rule wins",
    "age": "the older object wins, and manifests do not show which one that is",
    "controller": "the controller decides, and no specification says how",
}


class Holder(NamedTuple):
    """A Gateway or ListenerSet, the controller of a Gateway in words, its listeners with what they serve, and what does not attach."""

    resource: Resource
    controllers: str
    listeners: tuple[tuple[Listener, Table], ...]
    refused: tuple[Attachment, ...]


class Cluster(NamedTuple):
    """What routes in one cluster: Gateways and ListenerSets, Ingress classes and vendors, routes to parents that are not there.

    `values` are the Ingresses and routes that values ask charts for which are not in the tree.
    """

    name: str
    holders: tuple[Holder, ...]
    classes: tuple[Table, ...]
    astray: tuple[Attachment, ...]
    values: tuple[Routed, ...] = ()


def route_map(graph: ResourceGraph) -> tuple[Cluster, ...]:
    """Return what routes requests, by cluster in reading order."""
    holders: dict[str, list[Holder]] = defaultdict(list)
    classes: dict[str, list[Table]] = defaultdict(list)
    astray: dict[str, list[Attachment]] = defaultdict(list)
    refused: dict[int, list[Attachment]] = defaultdict(list)
    for route in graph.of_type(*LISTENER_SET_KINDS, *ROUTE_KINDS):
        for one in attachments_of(route, graph):
            if one.standing != "accepted" and one.holder is not None:
                refused[id(one.holder)].append(one)
            elif one.standing != "accepted":
                astray[graph.scope(route).cluster].append(one)
    for source in graph.of_type(GATEWAY, *LISTENER_SET_KINDS):
        served = tuple((listener, table_of(listener, graph)) for listener in listeners_of(source, graph))
        names = ownership_of(source, graph).names if source.type_name == GATEWAY else ""
        holders[graph.scope(source).cluster].append(Holder(source, names, served, tuple(refused[id(source)])))
    for table in class_tables(graph):
        classes[table.outlet.cluster].append(table)
    values = routed(graph)
    names_ = dict.fromkeys((*holders, *classes, *astray, *values))
    return tuple(
        Cluster(name, tuple(holders[name]), tuple(classes[name]), tuple(astray[name]), tuple(values.get(name, ()))) for name in names_
    )


def as_text(found: Sequence[Cluster], *, unseen: int = 0) -> str:
    """Return the map as a tree in text; `unseen` is how many deployers may route more."""
    lines = [line for cluster in found for line in _lines(cluster)] or ["no Gateway, route or Ingress"]
    lines += unseen_in_words(unseen, "routes")
    return "".join(visible(line) + "\n" for line in lines)


def _lines(cluster: Cluster) -> Iterator[str]:
    yield f"cluster '{cluster.name}'"
    for holder in cluster.holders:
        yield f"  {named(holder.resource)}{f', by {holder.controllers}' if holder.controllers else ''}"
        for listener, table in holder.listeners:
            yield f"    listener '{listener.name}': {listener.protocol} on port {listener.port}, {host_in_words(listener.hostname)}"
            yield from _hosts(table, "      ")
        yield from (f"    {attachment_in_words(one)}" for one in holder.refused)
    for table in cluster.classes:
        yield f"  {outlet_in_words(table)}"
        yield from _hosts(table, "    ")
    if cluster.astray:
        yield "  without a Gateway here"
        yield from (f"    {attachment_in_words(one)}" for one in cluster.astray)
    if cluster.values:
        yield f"  {HEADING}"
        yield from (f"    {line}" for line in routed_in_words(cluster.values))


def _hosts(table: Table, indent: str) -> Iterator[str]:
    if not table.hosts:
        yield f"{indent}serves nothing"
    for host, entries in table.hosts.items():
        yield f"{indent}{host_in_words(host)}"
        for row in rows_of(entries, table.ordered_by):
            yield f"{indent}  {entry_in_words(row.entry)}"
            yield from (f"{indent}    {loser_in_words(loser)}" for loser in row.losers)


def outlet_in_words(table: Table) -> str:
    """Return the name of an Ingress class, of its group, or of the product whose routes these are, and that its order is not known."""
    unknown = "" if table.has_known_order else " (order not known)"
    return f"{_outlet(table)}{unknown}"


def _outlet(table: Table) -> str:
    outlet = table.outlet
    if any(entry.match.kind == "Text" for entries in table.hosts.values() for entry in entries):
        return f"routes of {outlet.class_name or 'an unknown product'}"
    name = f"Ingress class '{outlet.class_name}'" if outlet.class_name else "Ingresses without a class"
    return f"{name}, group '{outlet.group}'" if outlet.group else name


def entry_in_words(entry: Entry) -> str:
    """Return match, destination and origin of an entry."""
    return f"{condition_in_words(entry)} -> {destination(entry)}, by {entry.source.id} rule {entry.rule + 1}"


def destination(entry: Entry) -> str:
    """Return where the requests of an entry go."""
    if entry.redirect is not None:
        return "a redirect"
    port = (f":{one.port}" if one.port is not None else "" for one in entry.backends)
    names = [f"Service {one.namespace}/{one.name}{number}" for one, number in zip(entry.backends, port, strict=True)]
    return ", ".join(dict.fromkeys(names)) or "no Service"


def loser_in_words(loser: Loser) -> str:
    """Return why an entry with the same match does not get the requests, or may not."""
    verb = "loses" if loser.decided_by in ("match", "rule") else "ties"
    return f"{verb}: {loser.entry.source.id} rule {loser.entry.rule + 1} ({DECIDED[loser.decided_by]})"


def attachment_in_words(one: Attachment) -> str:
    """Return how a route or ListenerSet stands to a parent that does not accept it."""
    source, parent = one.parent.source, one.parent
    target = f"{parent.type_name.partition('.')[0]} {parent.namespace}/{parent.name}"
    if one.standing == "missing":
        return f"{source.id} names {target}, which does not exist"
    if one.standing == "elsewhere":
        return f"{source.id} attaches to {target}, which is not judged"
    if one.standing == "refused":
        why = one.condition.reason if one.condition is not None else one.reason
        return f"{source.id} does not attach: {why}"
    return f"{source.id} may attach to {target}: {one.reason}"


def as_json(found: Sequence[Cluster]) -> str:
    """Return the whole map as JSON: `schemas/routes.schema.json`."""
    clusters = [
        {
            "name": cluster.name,
            "gateways": [_holder(one) for one in cluster.holders],
            "classes": [_class(table) for table in cluster.classes],
            "without_gateway": [_attachment(one) for one in cluster.astray],
            "chart_values": routed_as_json(cluster.values),
        }
        for cluster in found
    ]
    return dump({"version": VERSION, "clusters": clusters})


def _holder(holder: Holder) -> dict[str, Any]:
    listeners = [
        {"name": one.name, "protocol": one.protocol, "port": one.port, "hostname": one.hostname or None, "hosts": _served(table)}
        for one, table in holder.listeners
    ]
    controllers = holder.controllers or None
    return {
        **place(holder.resource),
        "controllers": controllers,
        "listeners": listeners,
        "not_attached": list(map(_attachment, holder.refused)),
    }


def _class(table: Table) -> dict[str, Any]:
    outlet = table.outlet
    return {
        "class": outlet.class_name or None,
        "group": outlet.group or None,
        "controller": outlet.controller,
        "order_known": table.has_known_order,
        "hosts": _served(table),
    }


def _served(table: Table) -> list[dict[str, Any]]:
    return [
        {"host": host or None, "matches": [_row(row) for row in rows_of(entries, table.ordered_by)]}
        for host, entries in table.hosts.items()
    ]


def _row(row: Row) -> dict[str, Any]:
    losers = [{**_origin(loser.entry), "decided_by": loser.decided_by} for loser in row.losers]
    return {**_origin(row.entry), **_match(row.entry), "certain": row.is_certain, "losers": losers}


def _origin(entry: Entry) -> dict[str, Any]:
    return {**place(entry.source, entry.at), "rule": entry.rule + 1}


def _match(entry: Entry) -> dict[str, Any]:
    match = entry.match
    values = {
        field: [{"name": one.name, "type": one.kind, "value": one.value} for one in found]
        for field, found in (("headers", match.headers), ("query", match.query))
    }
    backends = [{"service": {"namespace": one.namespace, "name": one.name}, "port": one.port} for one in entry.backends]
    return {
        "match": {"type": match.kind, "path": match.path or None, "method": match.method or None, **values, "readable": not match.unread},
        "redirects": entry.redirect is not None,
        "tls": entry.has_tls,
        "backends": backends,
    }


def _attachment(one: Attachment) -> dict[str, Any]:
    parent = {"type": one.parent.type_name, "namespace": one.parent.namespace, "name": one.parent.name}
    condition = one.condition._asdict() if one.condition is not None else None
    return {
        **place(one.parent.source, one.parent.path),
        "parent": parent,
        "standing": one.standing,
        "condition": condition,
        "reason": one.reason or None,
    }
