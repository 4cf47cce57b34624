"""Which hosts an Ingress or a route that stays served before a change, and nothing serves now."""

from collections.abc import Iterator, Sequence

from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import vendor_route_kinds
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import HELM_VALUES, INGRESS_VALUES, ROUTE_VALUES, Resource
from k8slblint.traffic.attachment.hostnames import EVERY
from k8slblint.traffic.changes.updates import was_on_trial
from k8slblint.traffic.exposure.vendor_ways import is_vendor_entry
from k8slblint.traffic.migrations.entries import HTTP_ROUTES, entries_of, former_kinds
from k8slblint.traffic.routing.forms import Entry, Match
from k8slblint.traffic.routing.value_hosts import hosts_of_values


class DroppedHosts(NamedTuple):
    """The hosts that an object served before, with the first entry for each; `is_renamed` tells that it serves new ones instead."""

    before: Resource
    entries: tuple[Entry, ...]
    is_renamed: bool


def dropped_hosts(after: Resource, graph: ResourceGraph) -> DroppedHosts | None:
    """Return the hosts that an object served before and that nothing serves now although their Services are there, or None."""
    answer = graph.counterpart(after)
    if graph.base is None or not isinstance(answer, Found) or not graph.is_changed(after) or was_on_trial(answer.value, graph):
        return None
    before = answer.value
    now = {entry.host for entry in _entries(after, graph)}
    was: dict[str, Entry] = {}
    for entry in _entries(before, graph.base):
        was.setdefault(entry.host, entry)
    if not now or EVERY in now or any(map(has_placeholder, now)):
        return None
    gone = [entry for host, entry in was.items() if host not in now and host != EVERY and not has_placeholder(host)]
    lost = tuple(entry for entry in gone if not _is_served(entry.host, after, graph) and not _is_gone_behind(entry, after, graph))
    return DroppedHosts(before, lost, bool(now - was.keys())) if lost else None


def _entries(source: Resource, graph: ResourceGraph) -> Sequence[Entry]:
    """Return what an object serves; of values of a chart, which has the paths and the Services behind them, the hosts only."""
    if source.kind != HELM_VALUES:
        return entries_of(source, graph)
    return [Entry(source, 0, host.path, host.name.lower(), Match()) for host in hosts_of_values(source)]


def _is_served(host: str, after: Resource, graph: ResourceGraph) -> bool:
    return not graph.derived(_served).get(graph.scope(after).cluster, frozenset()).isdisjoint(_standing_for(host))


def _standing_for(host: str) -> Iterator[str]:
    """Yield the hosts that stand for a host, among others: itself, the wildcards of its domains, and the one of all hosts."""
    yield from (host, EVERY)
    labels = host.removeprefix("*.").split(".")
    yield from (f"*.{'.'.join(labels[index:])}" for index in range(1, len(labels)))


def _served(graph: ResourceGraph) -> dict[str, frozenset[str]]:
    """Return the hosts that Ingresses and routes of each cluster serve, redirects among them."""
    found: dict[str, set[str]] = {}
    for one in graph.of_type(*dict.fromkeys((*former_kinds(), *HTTP_ROUTES, *vendor_route_kinds(), INGRESS_VALUES, ROUTE_VALUES))):
        if one.standing == "deployed" and (one.type_name not in vendor_route_kinds() or is_vendor_entry(one)):
            found.setdefault(graph.scope(one).cluster, set()).update(entry.host for entry in _entries(one, graph))
    return {cluster: frozenset(hosts) for cluster, hosts in found.items()}


def _is_gone_behind(entry: Entry, after: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a Service behind an entry was among the manifests and is no more: the application is removed."""
    if graph.base is None:
        return False
    was, now = graph.base.scope(entry.source).cluster, graph.scope(after).cluster
    names = [(one.namespace, one.name) for one in entry.backends]
    return any(graph.base.named(was, "Service", *name) is not None and graph.named(now, "Service", *name) is None for name in names)
