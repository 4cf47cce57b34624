"""What serves each host where requests arrive: the one index of routing by cluster, listener or class, and host."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS, ROUTE_KINDS, vendor_route_kinds
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.listeners import Listener
from k8slblint.traffic.balancers.ingresses import group_of
from k8slblint.traffic.exposure.vendor_ways import is_vendor_entry
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.routing.forms import Entry
from k8slblint.traffic.routing.gateway_routes import entries_of
from k8slblint.traffic.routing.ingress_routes import entries_of_ingress, entries_of_vendor
from k8slblint.traffic.routing.precedence import host_rank, order


class Outlet(NamedTuple):
    """Where requests arrive: a listener, or an Ingress class (with its group, where several Ingresses share a load balancer).

    `class_name` is empty for a listener and for Ingresses without a class; routes of a vendor have its name. `controller` is the id of the
    controller where that is certain.
    """

    cluster: str
    listener: Listener | None = None
    class_name: str = ""
    group: str = ""
    controller: str | None = None


class Table(NamedTuple):
    """What serves an outlet: its entries by host, the most specific host first, each list in the order of precedence."""

    outlet: Outlet
    hosts: Mapping[str, Sequence[Entry]]


def table_of(listener: Listener, graph: ResourceGraph) -> Table:
    """Return what the routes that certainly attach to a listener serve."""
    found = graph.derived(_by_listener).get(id(listener))
    return found or Table(Outlet(graph.scope(listener.source).cluster, listener), {})


def class_tables(graph: ResourceGraph) -> Sequence[Table]:
    """Return the tables of Ingress classes, and of the vendors whose routes there are, by cluster in reading order."""
    return graph.derived(_by_class)


def class_table(ingress: Resource, graph: ResourceGraph) -> Table | None:
    """Return the table that an Ingress or a vendor's route is in; None for what is only a part of others."""
    return graph.derived(_by_outlet).get(outlet_of_ingress(ingress, graph))


def _by_outlet(graph: ResourceGraph) -> dict[Outlet, Table]:
    return {table.outlet: table for table in class_tables(graph)}


def outlet_of_ingress(ingress: Resource, graph: ResourceGraph) -> Outlet:
    """Return where the requests of an Ingress or of a vendor's route arrive."""
    owner = ownership_of(ingress, graph)
    group = group_of(ingress, graph) if ingress.type_name in INGRESS_KINDS else None
    is_vendor = ingress.type_name not in INGRESS_KINDS
    name = owner.names if is_vendor else owner.class_name or ""
    return Outlet(graph.scope(ingress).cluster, None, name, group[1] if group else "", owner.controller)


def _by_listener(graph: ResourceGraph) -> dict[int, Table]:
    listeners: dict[int, Listener] = {}
    found: dict[int, dict[str, list[Entry]]] = defaultdict(lambda: defaultdict(list))
    for route in graph.of_type(*ROUTE_KINDS):
        for listener, entry in entries_of(route, graph):
            listeners[id(listener)] = listener
            found[id(listener)][entry.host].append(entry)
    return {key: _table(Outlet(graph.scope(one.source).cluster, one), found[key]) for key, one in listeners.items()}


def _by_class(graph: ResourceGraph) -> tuple[Table, ...]:
    found: dict[Outlet, dict[str, list[Entry]]] = {}
    for source in graph.of_type(*INGRESS_KINDS, *vendor_route_kinds()):
        is_ingress = source.type_name in INGRESS_KINDS
        if not is_ingress and not is_vendor_entry(source):
            continue
        hosts = found.setdefault(outlet_of_ingress(source, graph), {})
        for entry in entries_of_ingress(source) if is_ingress else entries_of_vendor(source, graph):
            hosts.setdefault(entry.host, []).append(entry)
    return tuple(_table(outlet, hosts) for outlet, hosts in found.items())


def _table(outlet: Outlet, hosts: Mapping[str, list[Entry]]) -> Table:
    ordered = sorted(hosts, key=lambda host: (host_rank(host), host))
    return Table(outlet, {host: tuple(sorted(hosts[host], key=lambda entry: order(entry, outlet.controller))) for host in ordered})
