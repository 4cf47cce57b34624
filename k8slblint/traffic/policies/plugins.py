"""Which plugin configurations replace one that applies to everything: only the most specific object counts, whole.

Sources: Kong/kubernetes-ingress-controller 1fa68f86 `internal/dataplane/kongstate/kongstate.go`; the precedence of Kong's plugins.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from k8slblint.catalog.gateway_policies import Guard, PluginKind, plugin_kinds
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS, ROUTE_KINDS
from k8slblint.graph.relations.twins import goes_with
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.policies.filters import filter_references

_NAMING = (*ROUTE_KINDS, *INGRESS_KINDS, "Service")

_MOST_NAMES = 64


class Replaced(NamedTuple):
    """A plugin configuration for everything that another one replaces for `user`, and the settings that the other one lacks."""

    user: Resource
    everywhere: Resource
    lost: tuple[Guard, ...]


def replaced_by(plugin: Resource, graph: ResourceGraph) -> Iterator[Replaced]:
    """Yield what a plugin configuration replaces, once, for the first route or Service that names it."""
    known = plugin_kinds()[plugin.type_name]
    cluster = graph.scope(plugin).cluster
    name = plugin.get(*known.name)
    guards = known.guards.get(name, ()) if isinstance(name, str) else ()
    users = graph.derived(_users).get((cluster, plugin.type_name, plugin.namespace, plugin.name), ()) if guards else ()
    user = next((one for one in users if goes_with(one, plugin, graph)), None)
    if user is None or plugin.get("disabled") is True or has_placeholder(plugin.mapping(*known.settings)):
        return
    everywhere = [
        one
        for one in graph.in_cluster(cluster, known.everywhere)
        if str(one.labels.get(known.label)).lower() == known.value and one.get(*known.name) == name
    ]
    if len(everywhere) == 1 and everywhere[0].get("disabled") is not True:
        lost = tuple(guard for guard in guards if _has(everywhere[0], known, guard) and not _has(plugin, known, guard))
        if lost:
            yield Replaced(user, everywhere[0], lost)


def _has(plugin: Resource, known: PluginKind, guard: Guard) -> bool:
    return bool(plugin.get(*known.settings, *guard.field))


def _users(graph: ResourceGraph) -> Mapping[tuple[str, str, str | None, str], list[Resource]]:
    """Return the routes and Services that name a plugin configuration, by cluster, kind, namespace and name."""
    found: dict[tuple[str, str, str | None, str], list[Resource]] = defaultdict(list)
    for known in plugin_kinds().values():
        for resource in graph.of_type(*_NAMING):
            cluster = graph.scope(resource).cluster
            for name in dict.fromkeys((*_named(resource.annotations.get(known.annotation)), *_filtered(resource, known))):
                found[cluster, known.type_name, resource.namespace, name].append(resource)
    return found


def _named(value: Any) -> list[str]:
    names = value.split(",")[:_MOST_NAMES] if isinstance(value, str) else []
    return [name.strip() for name in names if name.strip()]


def _filtered(resource: Resource, known: PluginKind) -> list[str]:
    return [one.name for one in filter_references(resource) if one.type_name == known.type_name]
