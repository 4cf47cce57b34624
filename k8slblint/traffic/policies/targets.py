"""What a policy attaches to: the objects that it names, or selects by their labels, and which policies attach to an object.

Sources: Gateway API 1.6 (GEP-713, policy attachment); the fields and kinds of each policy are in `catalogs/gateway-policies.json`;
selectors of other namespaces: Envoy Gateway d32f2829 `internal/gatewayapi/helpers.go` (resolvePolicyTargetsFromSelectors).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from k8slblint.catalog.gateway_policies import GatewayPolicy, PolicyTarget, gateway_policies
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import declared
from k8slblint.graph.relations.backends import text_or
from k8slblint.graph.relations.twins import goes_with, those_with
from k8slblint.graph.selectors import matches_label_selector
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import CLUSTER_SCOPED_KINDS, Resource
from k8slblint.traffic.attachment.grants import Permitted, permission
from k8slblint.traffic.attachment.listeners import NamespaceRule
from k8slblint.traffic.attachment.namespaces import admits_namespace
from k8slblint.traffic.attachment.references import Reference
from k8slblint.traffic.policies.releases import release_before

_SELECTORS = "targetSelectors"

_MOST_REFERENCES = 64
"""More than any CRD allows (16); others are not read."""

_MOST_SELECTED = 1000
"""Of how many objects of a kind those of other namespaces are looked at."""

_GATEWAY_API = "gateway.networking.k8s.io"


class Target(NamedTuple):
    """An object, or one listener or rule of it (`section`), that a policy is about, and the path in the policy that says so.

    `is_selected` tells that it is one of those that a selector matches.
    """

    path: Path
    kind: PolicyTarget
    namespace: str | None
    name: str
    section: str | None
    is_selected: bool = False


Place: TypeAlias = tuple[str, str | None, str, str | None]
"""What a policy can attach to: `(type_name, namespace, name, section)`."""


def targets_of(policy: Resource, graph: ResourceGraph) -> Sequence[Target]:
    """Return what a policy attaches to, in order.

    What contains a placeholder, or is of a kind that the policy does not attach to, is left out.
    """
    known = graph.derived(_none_yet)
    if id(policy) not in known:
        known[id(policy)] = tuple(_targets(policy, graph))
    return known[id(policy)]


def _none_yet(_: ResourceGraph) -> dict[int, tuple[Target, ...]]:
    return {}


def _targets(policy: Resource, graph: ResourceGraph) -> Iterator[Target]:
    known = gateway_policies()[policy.type_name]
    for path, reference in references_of(policy, known):
        if path[1] == _SELECTORS:
            yield from _selected(policy, known, path, reference, graph)
        else:
            yield from _named(policy, known, path, reference)


def references_of(policy: Resource, known: GatewayPolicy) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the references and selectors in the fields of a policy that name targets."""
    for field in known.refs:
        value = policy.get("spec", field)
        if isinstance(value, dict):
            yield ("spec", field), value
        for index, one in enumerate(value[:_MOST_REFERENCES] if isinstance(value, list) else ()):
            if isinstance(one, dict):
                yield ("spec", field, index), one


def policies_on(type_name: str, place: Place, beside: Resource, graph: ResourceGraph) -> Sequence[Resource]:
    """Return the policies of one kind that attach to a place, of those that are deployed with an object, in reading order."""
    cluster = graph.scope(beside).cluster
    found = graph.derived(_by_place).get((cluster, type_name, place), ())
    return those_with(beside, found, graph) if found else ()


def objects_of(cluster: str, type_name: str, namespace: str | None, graph: ResourceGraph) -> Sequence[Resource]:
    """Return the objects of a kind in one namespace of a cluster; the kind is one that the graph reads."""
    return graph.derived(_by_namespace).get((cluster, type_name, namespace), ())


def policies_of_namespace(beside: Resource, graph: ResourceGraph) -> Iterator[Resource]:
    """Yield the policies of all kinds in the namespace of an object."""
    cluster = graph.scope(beside).cluster
    for kind in gateway_policies():
        if graph.in_cluster(cluster, kind):
            yield from objects_of(cluster, kind, beside.namespace, graph)


def _named(policy: Resource, known: GatewayPolicy, path: Path, reference: Mapping[str, Any]) -> Iterator[Target]:
    name, kind = reference.get("name"), text_or(reference.get("kind"), "Service" if path[1] == "targetReference" else "")
    target = _kind(known, kind, reference.get("group"))
    if target is None or not isinstance(name, str) or not name or has_placeholder(name):
        return
    namespace = None if target.means in CLUSTER_SCOPED_KINDS else text_or(reference.get("namespace"), policy.namespace)
    for section in _sections(reference):
        yield Target(path, target, namespace, name, section)


def _kind(known: GatewayPolicy, kind: str, group: object) -> PolicyTarget | None:
    """Return what a reference is to; without a group, the kind alone says it."""
    if isinstance(group, str):
        return known.target(f"{kind}.{group}" if group else kind)
    return next((target for target in known.targets if target.type_name.partition(".")[0] == kind), None)


def _sections(reference: Mapping[str, Any]) -> list[str | None]:
    named = reference.get("sectionNames")
    found: list[str | None] = [one for one in named[:_MOST_REFERENCES] if isinstance(one, str)] if isinstance(named, list) else []
    section = reference.get("sectionName")
    return found or [section if isinstance(section, str) else None]


def _selected(policy: Resource, known: GatewayPolicy, path: Path, selector: Mapping[str, Any], graph: ResourceGraph) -> Iterator[Target]:
    """Yield the objects that a selector matches: those of the policy's own namespace, and of others where they are asked for."""
    target = _kind(known, text_or(selector.get("kind"), ""), text_or(selector.get("group"), _GATEWAY_API))
    if target is None or target.means not in declared() or has_placeholder(dict(selector)):
        return
    own = objects_of(graph.scope(policy).cluster, target.means, policy.namespace, graph)
    for one in (*own, *_of_other_namespaces(policy, known, path, target, selector, graph)):
        if matches_label_selector(selector, one.labels) and goes_with(policy, one, graph):
            yield Target(path, target, one.namespace, one.name, _sections(selector)[0], is_selected=True)


def _of_other_namespaces(
    policy: Resource, known: GatewayPolicy, path: Path, target: PolicyTarget, selector: Mapping[str, Any], graph: ResourceGraph
) -> Iterator[Resource]:
    """Yield the objects of other namespaces that a selector may match: of those that it names, where a ReferenceGrant permits it."""
    cluster, chosen = graph.scope(policy).cluster, selector.get("namespaces")
    if known.selects_namespaces is None or not isinstance(chosen, dict) or chosen.get("from") not in ("All", "Selector"):
        return
    if release_before(known.selects_namespaces, known.controller, cluster, graph) is not None:
        return
    labels = chosen.get("selector")
    rule = NamespaceRule((*path, "namespaces"), chosen["from"], labels if isinstance(labels, dict) else None)
    kind, _, group = target.means.partition(".")
    for one in graph.in_cluster(cluster, target.means)[:_MOST_SELECTED]:
        reference = Reference(policy, path, "backend", group, kind, one.namespace, one.name)
        is_chosen = one.namespace != policy.namespace and admits_namespace(rule, policy, one, graph) is True
        if is_chosen and isinstance(permission(reference, graph), Permitted):
            yield one


def _by_place(graph: ResourceGraph) -> dict[tuple[str, str, Place], list[Resource]]:
    found: dict[tuple[str, str, Place], list[Resource]] = defaultdict(list)
    for policy in graph.of_type(*gateway_policies()):
        cluster = graph.scope(policy).cluster
        for target in targets_of(policy, graph):
            if target.namespace == policy.namespace or target.is_selected:
                on = found[cluster, policy.type_name, (target.kind.means, target.namespace, target.name, target.section)]
                if not on or on[-1] is not policy:
                    on.append(policy)
    return found


def _by_namespace(graph: ResourceGraph) -> dict[tuple[str, str, str | None], list[Resource]]:
    found: dict[tuple[str, str, str | None], list[Resource]] = defaultdict(list)
    for resource in graph.resources:
        found[graph.scope(resource).cluster, resource.type_name, resource.namespace].append(resource)
    return found
