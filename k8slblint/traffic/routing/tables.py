"""What serves each host where requests arrive: the one index of routing by cluster, listener or class, and host."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from k8slblint.catalog.ingress import claimants
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS, ROUTE_KINDS, vendor_route_kinds
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.listeners import Listener
from k8slblint.traffic.balancers.ingresses import group_of
from k8slblint.traffic.exposure.vendor_ways import is_vendor_entry
from k8slblint.traffic.ingress_annotations.values import originals_of
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.routing.forms import Entry
from k8slblint.traffic.routing.gateway_routes import entries_of
from k8slblint.traffic.routing.ingress_routes import entries_of_ingress, entries_of_vendor
from k8slblint.traffic.routing.precedence import host_rank, in_order, order_known_of


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
    """What serves an outlet: its entries by host, the most specific host first, each list in the order of precedence.

    `ordered_by` is the id of the controller whose order that is, None for those of Gateway API and of the Ingress specification.
    """

    outlet: Outlet
    hosts: Mapping[str, Sequence[Entry]]
    ordered_by: str | None = None

    @property
    def has_known_order(self) -> bool:
        """Whether the order is that of Gateway API or of a controller; that of many controllers, and of vendors' routes, was not read."""
        if self.outlet.listener is not None:
            return True
        known = order_known_of(self.ordered_by)
        is_vendor = any(entry.match.kind == "Text" for entries in self.hosts.values() for entry in entries)
        return known is not None and (not is_vendor or known.priority_field is not None)


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
    sources: dict[Outlet, list[Resource]] = defaultdict(list)
    for source in graph.of_type(*INGRESS_KINDS, *vendor_route_kinds()):
        is_ingress = source.type_name in INGRESS_KINDS
        if not is_ingress and not is_vendor_entry(source):
            continue
        outlet = outlet_of_ingress(source, graph)
        sources[outlet].append(source)
        hosts = found.setdefault(outlet, {})
        for entry in entries_of_ingress(source) if is_ingress else entries_of_vendor(source, graph):
            hosts.setdefault(entry.host, []).append(entry)
    return tuple(_table(outlet, hosts, _orderer(outlet, sources[outlet], graph)) for outlet, hosts in found.items())


_MOST_KEYS = 64


def _orderer(outlet: Outlet, sources: Sequence[Resource], graph: ResourceGraph) -> str | None:
    """Return the id of the controller behind an outlet: of several that may be, the one whose annotations the Ingresses have."""
    if outlet.controller is not None:
        return outlet.controller
    owner = ownership_of(sources[0], graph)
    originals = originals_of(owner, sources[0], graph) if owner.verdict == "owned" else ()
    if len(originals) < 2:  # noqa: PLR2004 - there is nothing to choose from
        return originals[0] if originals else None
    keys = dict.fromkeys(key for source in sources for key in list(source.annotations)[:_MOST_KEYS])
    claims = ({known.id for known in claimants(key)}.intersection(originals) for key in keys)
    told = {name for claim in claims if len(claim) == 1 for name in claim}
    return told.pop() if len(told) == 1 else None


def _table(outlet: Outlet, hosts: Mapping[str, list[Entry]], ordered_by: str | None = None) -> Table:
    ordered = sorted(hosts, key=lambda host: (host_rank(host), host))
    return Table(outlet, {host: in_order(hosts[host], ordered_by) for host in ordered}, ordered_by)
