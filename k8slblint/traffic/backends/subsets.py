"""Which parts of a Service exist that a vendor's route names: the subsets of Istio, which DestinationRules of the same host define.

Sources: istio/istio 86c9f01f pilot/pkg/networking/core/route/route.go (`GetDestinationCluster`: a cluster for each subset),
pilot/pkg/model/destination_rule.go (rules of one host are merged), pkg/config/host/name.go (`SubsetOf`). Which rules a client sees
depends on its namespace and `exportTo`: here those of all namespaces count.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from k8slblint.catalog.vendor_routes import Subsets, vendor_routes
from k8slblint.graph.answers import Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.unrendered import why_not_as_written
from k8slblint.graph.relations.vendor_routes import values_at
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.attachment.near_names import nearest_name

_MOST_RULES = 50
"""How many rules of one host are read; whoever writes more does not mean us."""

_FIELD, _ZONE, _WILDCARD = "subset", ".svc", "*."


class NoSubset(NamedTuple):
    """A subset that no rule of its host defines: `holder` is the first of these rules, `names` are theirs, `near` a similar one."""

    path: Path
    name: str
    host: str
    holder: Resource
    names: tuple[str, ...]
    near: str | None


def missing_subsets(route: Resource, graph: ResourceGraph) -> Iterator[NoSubset | tuple[Path, Unknown]]:
    """Yield the subsets that a route names and that no rule of the host has, or why that is not known; each host and name once."""
    known = vendor_routes()[route.type_name]
    if known.subsets is None:
        return
    seen = set()
    for path, host in (found for row in known.backends for found in values_at(route, row.service)):
        name = route.get(*path[:-1], _FIELD)
        if not isinstance(host, str) or not isinstance(name, str) or not name or (host, name) in seen or has_placeholder([host, name]):
            continue
        seen.add((host, name))
        fault = _fault((*path[:-1], _FIELD), name, full_host(host, route.namespace), known.subsets, route, graph)
        if fault is not None:
            yield fault


def _fault(
    path: Path, name: str, host: str, known: Subsets, route: Resource, graph: ResourceGraph
) -> NoSubset | tuple[Path, Unknown] | None:
    rules = _rules_of(host, graph.derived(_by_host).get(graph.scope(route).cluster, {}))[:_MOST_RULES]
    if not rules:
        return path, Unknown(f"no {known.kind.partition('.')[0]} of the host is among the manifests")
    names = [text for rule in rules for _, text in values_at(rule, known.names) if isinstance(text, str)]
    if name in names or has_placeholder(names):
        return None
    near = nearest_name(name, names)
    doubt = next((why for rule in rules if (why := why_not_as_written(rule, graph))), None)
    if near is None:
        doubt = doubt or graph.why_incomplete(graph.scope(route).cluster, rules[0].namespace)
    return (path, Unknown(doubt)) if doubt else NoSubset(path, name, host, rules[0], tuple(dict.fromkeys(names)), near)


def full_host(host: str, namespace: str | None) -> str:
    """Return a host of the mesh with its namespace: one without dots is a Service of the own namespace."""
    if "." not in host and host != "*":
        return f"{host}.{namespace}{_ZONE}"
    labels = host.split(".")
    return ".".join(labels[:3]) if len(labels) > 3 and labels[2] == _ZONE[1:] else host  # noqa: PLR2004 - after the zone comes the domain


def _rules_of(host: str, by_host: Mapping[str, Sequence[Resource]]) -> list[Resource]:
    """Return the rules of a host, and those of each domain that it is in."""
    found = list(by_host.get(host, ()))
    rest = host
    while rest:
        rest = rest.partition(".")[2]
        found += by_host.get(f"{_WILDCARD}{rest}", ())
    return found + list(by_host.get("*", ()))


def _by_host(graph: ResourceGraph) -> dict[str, dict[str, list[Resource]]]:
    """Return the rules of each cluster by host."""
    found: dict[str, dict[str, list[Resource]]] = defaultdict(lambda: defaultdict(list))
    for known in (row.subsets for row in vendor_routes().values() if row.subsets is not None):
        for rule in graph.of_type(known.kind):
            host = rule.get(*known.host)
            if isinstance(host, str):
                found[graph.scope(rule).cluster][full_host(host, rule.namespace)].append(rule)
    return found
