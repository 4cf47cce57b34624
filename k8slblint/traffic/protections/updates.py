"""What protected an Ingress or a route before a change and does not now, for objects that stay."""

from collections.abc import Iterator

from k8slblint.catalog.gateway_policies import gateway_policies
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.live import is_live
from k8slblint.graph.reads import ENDPOINT_SLICE, ENDPOINTS, ROUTE_KINDS, WORKLOAD_KINDS
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.access.admitted import widening
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.policies.levels import Level
from k8slblint.traffic.policies.targets import policies_on
from k8slblint.traffic.protections import guarding_of
from k8slblint.traffic.protections.forms import INGRESS, Guarding, Protection
from k8slblint.traffic.protections.losses import Lost, losses
from k8slblint.traffic.routing.gateway_routes import rules_of


class LostByUpdate(NamedTuple):
    """A loss of a rule of an object that is there in both revisions, and the object before."""

    before: Resource
    rule: int
    lost: Lost


def lost_by_update(after: Resource, graph: ResourceGraph) -> Iterator[LostByUpdate]:
    """Yield what no longer protects an Ingress or a rule of a route; what other rules tell of is left out.

    These are an allow list of an Ingress that is removed or grows (`exposure-widened`), and a policy that stays and is replaced by a more
    specific one (`gateway-policy-overridden`). TLS of a route goes with its listener, which is seen in the same change.
    """
    told: set[object] = set()
    for before, new, was, becomes in _states(after, graph):
        for lost in losses(was, becomes):
            key = lost.first.family, lost.first.source.key, lost.first.path
            if key not in told and not _is_told(lost.first, before, after, graph):
                told.add(key)
                yield LostByUpdate(before, new, lost)


def gained_by_update(after: Resource, graph: ResourceGraph) -> Iterator[LostByUpdate]:
    """Yield what protects an Ingress or a rule of a route and did not before, each once; its own list of addresses is left out."""
    told: set[object] = set()
    for before, new, was, becomes in _states(after, graph):
        for gained in losses(becomes, was):
            key = gained.first.family, gained.first.source.key, gained.first.path
            is_list = gained.first.family == "allow-list" and gained.first.source is after
            if key not in told and not is_list:
                told.add(key)
                yield LostByUpdate(before, new, gained)


def _states(after: Resource, graph: ResourceGraph) -> Iterator[tuple[Resource, int, Guarding, Guarding]]:
    """Yield an object as it was, a rule of now, and what protected and protects that rule."""
    answer = graph.counterpart(after)
    base = graph.base
    if base is None or not isinstance(answer, Found) or is_live(answer.value):
        return
    before = answer.value
    if before.may_be_completed or after.may_be_completed:
        return  # another layer of values may say it
    if before is not after or graph.derived(_may_differ_elsewhere):
        for old, new in _rules(before, after, graph, base):
            yield before, new, guarding_of(before, base, old), guarding_of(after, graph, new)


_INDIFFERENT = frozenset((*WORKLOAD_KINDS, ENDPOINTS, ENDPOINT_SLICE, "Node", "Namespace"))
"""Kinds whose objects protect nothing, and change most often."""


def _may_differ_elsewhere(graph: ResourceGraph) -> bool:
    """Tell whether an object differs from the revision before that may protect what did not change."""
    changed = (one for one in graph.resources if graph.is_changed(one))
    return any(one.type_name not in _INDIFFERENT for one in (*graph.removed, *changed))


def _rules(before: Resource, after: Resource, graph: ResourceGraph, base: ResourceGraph) -> Iterator[tuple[int, int]]:
    """Yield the numbers of the rules of both revisions that match the same requests; those that are new are left out."""
    if after.type_name not in ROUTE_KINDS:
        routes = after.sequence("spec", "routes") if after.reads_as != INGRESS else [None]
        old = before.sequence("spec", "routes") if after.reads_as != INGRESS else [None]
        yield from ((index, index) for index, one in enumerate(routes) if index < len(old) and _match(one) == _match(old[index]))
        return
    known = {frozenset(match.requests for _, match in rule.matches): rule.number for rule in reversed(rules_of(before, base))}
    for rule in rules_of(after, graph):
        number = known.get(frozenset(match.requests for _, match in rule.matches))
        if number is not None and before.get("spec", "hostnames") == after.get("spec", "hostnames"):
            yield number, rule.number


def _match(route: object) -> object:
    return route.get("match") if isinstance(route, dict) else route


def _is_told(gone: Protection, before: Resource, after: Resource, graph: ResourceGraph) -> bool:
    if gone.family == "tls" and after.reads_as != INGRESS:
        return True  # whoever takes a listener away knows it
    if after.reads_as == INGRESS:
        is_list = gone.family == "allow-list" and gone.source is before
        return is_list and isinstance(widening(before, after, ownership_of(after, graph).candidates), Found)
    if gone.source.type_name not in gateway_policies():
        return False
    stays = graph.named(graph.scope(after).cluster, gone.source.type_name, gone.source.namespace, gone.source.name)
    return (
        stays is not None
        and stays.get(*gone.path) is not None
        and all(stays.get("spec", field) == gone.source.get("spec", field) for field in gateway_policies()[stays.type_name].refs)
        and bool(policies_on(stays.type_name, Level(after).place, after, graph))
    )
