"""Which hosts several rules of one controller serve: the index of those that may meet, by cluster, class, group and host."""

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from k8slblint.catalog.ingress_serving import serving_facts
from k8slblint.catalog.load_balancers import ingress_services
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence
from k8slblint.traffic.attachment.hostnames import EVERY
from k8slblint.traffic.balancers.ingresses import entry_of_owner, ingress_load_balancer
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.routing.forms import Entry
from k8slblint.traffic.routing.ingress_routes import entries_of_ingress
from k8slblint.traffic.routing.precedence import order
from k8slblint.traffic.routing.tables import outlet_of_ingress
from k8slblint.traffic.routing.tls_hosts import is_of_documentation


class SharedHost(NamedTuple):
    """A host for which one controller has several entries, in the order of precedence.

    `controller` is its id where that is certain, `candidates` those that it may be.
    """

    host: str
    entries: Sequence[Entry]
    controller: str | None
    candidates: frozenset[str]

    @property
    def is_nginx(self) -> bool:
        """Whether all that may serve it read annotations for the whole host, as ingress-nginx does."""
        return is_host_wide(self.candidates)


def is_host_wide(candidates: Iterable[str]) -> bool:
    """Tell whether one of some controllers reads annotations for the whole host, as ingress-nginx does."""
    known = serving_facts().controllers
    return any(name in known and known[name].host_wide for name in candidates)


_Key = tuple[str, str, str, str, str]


def shared_hosts(graph: ResourceGraph) -> Sequence[SharedHost]:
    """Return the hosts of Ingresses that have more than one entry at one entry point; what has an address of its own shares none.

    Matches are as they are written, not as a controller reads them.
    """
    return graph.derived(_shared_hosts)


def _shared_hosts(graph: ResourceGraph) -> list[SharedHost]:
    found: dict[_Key, list[Entry]] = defaultdict(list)
    controllers: dict[_Key, set[str | None]] = defaultdict(set)
    candidates: dict[_Key, set[str]] = defaultdict(set)
    for source in graph.of_type(*INGRESS_KINDS):
        place = _place(source, graph)
        if place is None:
            continue
        owner = ownership_of(source, graph)
        for entry in entries_of_ingress(source):
            key = (*place, entry.host)
            found[key].append(entry)
            controllers[key].add(owner.controller)
            candidates[key].update(owner.candidates)
    return [_shared(key, entries, controllers[key], candidates[key]) for key, entries in found.items() if len(entries) > 1]


def _shared(key: _Key, entries: Sequence[Entry], controllers: set[str | None], candidates: set[str]) -> SharedHost:
    certain = controllers - {None}
    controller = next(iter(certain)) if len(certain) == 1 else None
    return SharedHost(key[-1], sorted(entries, key=lambda entry: order(entry, controller)), controller, frozenset(candidates))


def _place(source: Resource, graph: ResourceGraph) -> tuple[str, str, str, str] | None:
    """Return cluster, environment, class and group of an Ingress; None where it has no class, or an address of its own."""
    outlet = outlet_of_ingress(source, graph)
    if not outlet.class_name or (not outlet.group and has_own_address(source, graph)):
        return None
    return outlet.cluster, graph.scope(source).environment, outlet.class_name, outlet.group


def has_own_address(ingress: Resource, graph: ResourceGraph) -> bool:
    """Tell whether an Ingress that is in no group has a load balancer or proxy of its own, so that DNS decides who gets a request."""
    kind = ingress_load_balancer(ingress, graph)
    if kind is not None:
        return not kind.shared_by_class
    owner = ownership_of(ingress, graph)
    made = entry_of_owner(owner, ingress_services())
    if made is not None:
        return ingress.annotations.get(made.mode_key) != made.shared_mode
    known = serving_facts().controllers
    return any(name in known and known[name].own_address for name in owner.candidates)


def sureness(host: str, one: Resource, other: Resource, graph: ResourceGraph) -> Confidence:
    """Return how sure it is that two objects with a common host are deployed side by side.

    Files in different folders that nothing divides are often independent of each other where they name every host, or one of documentation.
    """
    if one.path == other.path or graph.scope(one).division in ("stated", "named"):
        return "high"
    is_near = posixpath.dirname(one.path) == posixpath.dirname(other.path)
    return "medium" if is_near or (host != EVERY and not is_of_documentation(host)) else "low"


def by_object(hosts: Sequence[SharedHost]) -> Iterator[tuple[SharedHost, Mapping[int, list[Entry]]]]:
    """Yield each host with its entries by the id of their object, for hosts of several objects."""
    for shared in hosts:
        grouped: dict[int, list[Entry]] = defaultdict(list)
        for entry in shared.entries:
            grouped[id(entry.source)].append(entry)
        if len(grouped) > 1:
            yield shared, grouped
