"""Which references of routes and policies name nothing: objects of filters, targets, and listeners or rules of targets.

Sources: `catalogs/gateway-policies.json`; when an object is missing is the matter of `absence`.
"""

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

from k8slblint.catalog.gateway_policies import FilterKind, GatewayPolicy, filter_kinds, gateway_policies, named_kinds
from k8slblint.graph.answers import Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, LISTENER_SET_KINDS, declared
from k8slblint.graph.relations.twins import nearest_twin
from k8slblint.graph.selectors import matches_label_selector
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Condition, Undecided
from k8slblint.traffic.attachment.near_names import nearest_name
from k8slblint.traffic.policies.absence import absence_of, is_together, why_changed
from k8slblint.traffic.policies.filters import filter_references
from k8slblint.traffic.policies.targets import Target, objects_of, references_of, targets_of

What: TypeAlias = Literal["object", "section", "selection"]

_RULES = ("HTTPRoute.gateway.networking.k8s.io", "GRPCRoute.gateway.networking.k8s.io")


class Missing(NamedTuple):
    """A reference that names nothing: no object, no listener or rule of one (`section`), or nothing that a selector matches.

    `name` is what is written, `near` an object or section with a similar name, `elsewhere` an object of that name in another namespace.
    `known` are the facts about the filter or policy, `holder` the object without the section. `is_certain` tells that all was read.
    """

    path: Path
    what: What
    kind: str
    namespace: str | None
    name: str
    near: str | None
    elsewhere: Resource | None
    known: FilterKind | GatewayPolicy
    holder: Resource | None = None
    is_certain: bool = True

    @property
    def condition(self) -> Condition | None:
        """The condition of a route whose filter names nothing, None where none is known."""
        return Condition(*self.known.condition) if isinstance(self.known, FilterKind) and self.known.condition is not None else None


def missing_filters(route: Resource, graph: ResourceGraph) -> Iterator[Missing | Undecided]:
    """Yield the objects that filters of a route name and that do not exist."""
    cluster = graph.scope(route).cluster
    for reference in filter_references(route):
        known = filter_kinds().get(reference.type_name)
        if known is None or route.kind not in known.routes or not reference.name or has_placeholder(reference.name):
            continue
        if any(graph.named(cluster, kind, None, reference.name) is not None for kind in known.instead):
            continue
        yield from _missing_object(route, reference.path, reference.type_name, reference.name, known, graph)


def missing_named(holder: Resource, graph: ResourceGraph) -> Iterator[Missing | Undecided]:
    """Yield the objects that annotations of an object name and that do not exist."""
    for key, known in named_kinds().items():
        name = holder.annotations.get(key)
        if holder.type_name in known.routes and isinstance(name, str) and name and not has_placeholder(name):
            yield from _missing_object(holder, ("metadata", "annotations", key), known.type_name, name, known, graph)


def missing_targets(policy: Resource, graph: ResourceGraph) -> Iterator[Missing | Undecided]:
    """Yield the targets of a policy that do not exist."""
    known = gateway_policies()[policy.type_name]
    for target in targets_of(policy, graph):
        if target.namespace == policy.namespace and not target.is_selected and target.kind.means in declared():
            yield from _missing_target(policy, known, target, graph)
    for path, selector in references_of(policy, known):
        if path[1] == "targetSelectors":
            yield from _missing_selection(policy, known, path, selector, graph)


def _missing_target(policy: Resource, known: GatewayPolicy, target: Target, graph: ResourceGraph) -> Iterator[Missing | Undecided]:
    cluster, type_name = graph.scope(policy).cluster, target.kind.means
    holder = graph.named(cluster, type_name, target.namespace, target.name)
    if holder is None:
        yield from _missing_object(policy, target.path, type_name, target.name, known, graph)
    elif target.section is not None and target.kind.has_sections:
        holder = nearest_twin(holder, policy, graph)
        names = _sections(holder)
        if names is None or target.section in names or has_placeholder([target.section, *names]):
            return
        doubt = why_changed(policy, holder, graph)
        if doubt is not None:
            yield Undecided(target.path, doubt)
            return
        near = nearest_name(target.section, names)
        path = (*target.path, "sectionName") if policy.get(*target.path, "sectionName") is not None else target.path
        yield Missing(path, "section", holder.kind, target.namespace, target.section, near, None, known, holder)


def _missing_object(
    source: Resource, path: Path, type_name: str, name: str, known: FilterKind | GatewayPolicy, graph: ResourceGraph
) -> Iterator[Missing | Undecided]:
    found = absence_of(source, type_name, name, graph)
    if isinstance(found, Unknown):
        yield Undecided(path, found.reason)
    elif found is not None:
        kind = type_name.partition(".")[0]
        near, elsewhere, is_certain = found
        yield Missing(path, "object", kind, source.namespace, name, near, elsewhere, known, is_certain=is_certain)


def _missing_selection(
    policy: Resource, known: GatewayPolicy, path: Path, selector: dict[str, Any], graph: ResourceGraph
) -> Iterator[Missing | Undecided]:
    """Yield a selector in a policy's own namespace that matches none of the objects that are there."""
    kind, group = selector.get("kind"), selector.get("group", "gateway.networking.k8s.io")
    target = known.target(f"{kind}.{group}")
    if target is None or target.means not in declared() or selector.get("namespaces") or has_placeholder(selector):
        return
    cluster = graph.scope(policy).cluster
    others = objects_of(cluster, target.means, policy.namespace, graph)
    if any(matches_label_selector(selector, one.labels) or has_placeholder(one.labels) for one in others):
        return
    reason = graph.why_incomplete(cluster, policy.namespace)
    if reason is not None or not any(is_together(policy, one, graph) for one in others):
        yield Undecided(path, reason or f"the namespace of a selector has no {kind} beside the policy in the manifests")
        return
    yield Missing(path, "selection", str(kind), policy.namespace, _labels(selector), None, None, known, others[0])


def _labels(selector: dict[str, Any]) -> str:
    labels = selector.get("matchLabels")
    return ",".join(f"{key}={value}" for key, value in labels.items()) if isinstance(labels, dict) else ""


def _sections(holder: Resource) -> list[str] | None:
    """Return the names of the listeners or rules of an object, None where it has no such parts, or does not name them."""
    if holder.type_name in (GATEWAY, *LISTENER_SET_KINDS):
        parts = holder.sequence("spec", "listeners")
    elif holder.type_name in _RULES:
        parts = holder.sequence("spec", "rules")
    else:
        return None
    return [part["name"] for part in parts if isinstance(part, dict) and isinstance(part.get("name"), str)]
