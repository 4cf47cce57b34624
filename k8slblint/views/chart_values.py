"""What values say of the Services, Ingresses and routes of charts that are not in the tree, for the views: stated, and never complete."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from k8slblint.addresses import Interval
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import HELM_VALUES, INGRESS_VALUES, ROUTE_VALUES, Resource
from k8slblint.traffic.exposure import requested_addresses
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.ownership.classes import stated_class
from k8slblint.traffic.routing.value_hosts import hosts_of_values
from k8slblint.views.places import place

HEADING = "values of absent charts say"


class Routed(NamedTuple):
    """An Ingress or route that values ask a chart for: its hosts, and the class or the parents that it has."""

    resource: Resource
    hosts: tuple[str, ...]
    through: tuple[str, ...]


class Asked(NamedTuple):
    """A Service that values ask a chart for, and the addresses that it wants."""

    resource: Resource
    addresses: tuple[Interval, ...]


def unseen_deployers(graph: ResourceGraph) -> int:
    """Return how many objects deploy what is not in the tree: charts whose entry points nobody knows here.

    Those that are known to open nothing but what their values ask for are not among them: that is shown.
    """
    return sum(gap.is_of_deployer and not gap.is_closed for gap in graph.gaps)


def unseen_in_words(unseen: int, what: str) -> Iterator[str]:
    """Yield the line that says how many objects could not be looked into, and `what` of theirs is not shown."""
    if unseen:
        verb, whose = ("deploys", "its") if unseen == 1 else ("deploy", "their")
        objects = f"{unseen} object{'s' * (unseen != 1)}"
        yield f"{objects} {verb} charts or sources outside this tree: {whose} {what} are not shown, but for what values say"


def stated(graph: ResourceGraph, *kinds: str) -> Iterator[Resource]:
    """Yield the values of some kinds that deploy a chart which is not there, in reading order."""
    for one in graph.of_type(*kinds):
        if one.standing == "deployed" and (one.get("deployer", "kind") or one.get("chart", "name")):
            yield one


def balancers(graph: ResourceGraph) -> Iterator[Resource]:
    """Yield the Services of such values that are reached from outside of the cluster by what is stated."""
    yield from (one for one in stated(graph, HELM_VALUES) if one.get("spec", "type") in ("LoadBalancer", "NodePort"))


def routed(graph: ResourceGraph) -> dict[str, list[Routed]]:
    """Return the Ingresses and routes of such values, by cluster; those of which neither hosts nor parents are known are left out."""
    found: dict[str, list[Routed]] = defaultdict(list)
    for one in stated(graph, INGRESS_VALUES, ROUTE_VALUES):
        row = Routed(one, tuple(dict.fromkeys(host.name for host in hosts_of_values(one))), tuple(dict.fromkeys(_through(one))))
        if row.hosts or row.through:
            found[graph.scope(one).cluster].append(row)
    return found


def _through(one: Resource) -> Iterator[str]:
    classes = stated_class(one)
    name = classes.field or classes.annotation
    if isinstance(name, str) and name:
        yield f"Ingress class '{name}'"
    for parent in one.sequence("spec", "parentRefs"):
        if isinstance(parent, dict) and isinstance(parent.get("name"), str):
            namespace, kind = (parent.get(key) for key in ("namespace", "kind"))
            where = f"{namespace}/" if isinstance(namespace, str) and namespace else ""
            yield f"{kind if isinstance(kind, str) else 'Gateway'} {where}{parent['name']}"


def asked_in(cluster: str, graph: ResourceGraph) -> tuple[Asked, ...]:
    """Return the Services of such values in a cluster that want addresses of their own."""
    there = (one for one in stated(graph, HELM_VALUES) if graph.scope(one).cluster == cluster)
    found = (Asked(one, tuple(sorted(_addresses(one, graph)))) for one in there)
    return tuple(row for row in found if row.addresses)


def _addresses(one: Resource, graph: ResourceGraph) -> set[Interval]:
    owners = ownership_of(one, graph).candidates if one.get("spec", "type") == "LoadBalancer" else ()
    return {address for owner in owners for address in requested_addresses(owner, one)}


def named_values(resource: Resource) -> str:
    """Return values with their place: `Service by values web/web:service  (app.yaml:4)`."""
    location = resource.location()
    return f"{resource.reads_as} by values {resource.name}  ({location.path}:{location.span.line})"


def routed_in_words(rows: Iterable[Routed]) -> Iterator[str]:
    """Yield a line for each Ingress or route of values."""
    for row in rows:
        hosts = ", ".join(f"'{host}'" for host in row.hosts) or "hosts are not stated"
        through = f", through {', '.join(row.through)}" if row.through else ""
        yield f"{named_values(row.resource)}: {hosts}{through}"


def routed_as_json(rows: Sequence[Routed]) -> list[dict[str, Any]]:
    """Return the same for JSON."""
    return [{**place(row.resource), "reads_as": row.resource.reads_as, "hosts": [*row.hosts], "through": [*row.through]} for row in rows]
