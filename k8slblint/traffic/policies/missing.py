"""Which references of routes and policies name nothing: objects of filters, targets, and listeners or rules of targets.

Sources: `catalogs/gateway-policies.json`; when an object is missing is the matter of `absence`.
"""

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

from k8slblint.catalog.gateway_policies import FilterKind, GatewayPolicy, filter_kinds, gateway_policies
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


class Named(NamedTuple):
    """An object that another one names, and the path of the reference."""

    path: Path
    type_name: str
    namespace: str | None
    name: str


class Missing(NamedTuple):
    """A reference that names nothing: no object, no listener or rule of one (`section`), or nothing that a selector matches.

    `name` is what is written, `near` an object or section with a similar name, `elsewhere` an object of that name in another namespace.
    `known` are the facts about the filter or policy, `holder` the object without the section. `is_certain` tells that all was read,
    `why` in a sentence how a name was read that means something else than it seems to.
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
    why: str = ""

    @property
    def condition(self) -> Condition | None:
        """The condition of a route whose filter names nothing, None where none is known."""
        return Condition(*self.known.condition) if isinstance(self.known, FilterKind) and self.known.condition is not None else None


Found: TypeAlias = Missing | Undecided
"""What a look at a reference finds, if anything: that nothing has its name, or why that is not known."""


def missing_filters(route: Resource, graph: ResourceGraph) -> Iterator[Found]:
    """Yield the objects that filters of a route name and that do not exist."""
    cluster = graph.scope(route).cluster
    for reference in filter_references(route):
        known = filter_kinds().get(reference.type_name)
        if known is None or route.kind not in known.routes or not reference.name or has_placeholder(reference.name):
            continue
        if any(graph.named(cluster, kind, None, reference.name) is not None for kind in known.instead):
            continue
        named = Named(reference.path, reference.type_name, route.namespace, reference.name)
        yield from missing_object(route, named, known, graph)


def missing_targets(policy: Resource, graph: ResourceGraph) -> Iterator[Found]:
    """Yield the targets of a policy that do not exist."""
    known = gateway_policies()[policy.type_name]
    for target in targets_of(policy, graph):
        if target.namespace == policy.namespace and not target.is_selected and target.kind.means in declared():
            yield from _missing_target(policy, known, target, graph)
    for path, selector in references_of(policy, known):
        if path[1] == "targetSelectors":
            yield from _missing_selection(policy, known, path, selector, graph)


def _missing_target(policy: Resource, known: GatewayPolicy, target: Target, graph: ResourceGraph) -> Iterator[Found]:
    cluster, type_name = graph.scope(policy).cluster, target.kind.means
    holder = graph.named(cluster, type_name, target.namespace, target.name)
    if holder is None:
        yield from missing_object(policy, Named(target.path, type_name, target.namespace, target.name), known, graph)
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


def missing_object(source: Resource, named: Named, known: FilterKind | GatewayPolicy, graph: ResourceGraph) -> Iterator[Found]:
    """Yield an object that another one names, if it does not exist; the kind is one that is read."""
    found = absence_of(source, named.type_name, named.namespace, named.name, graph)
    if isinstance(found, Unknown):
        yield Undecided(named.path, found.reason)
    elif found is not None:
        kind = named.type_name.partition(".")[0]
        near, elsewhere, is_certain = found
        yield Missing(named.path, "object", kind, named.namespace, named.name, near, elsewhere, known, is_certain=is_certain)


def _missing_selection(
    policy: Resource, known: GatewayPolicy, path: Path, selector: dict[str, Any], graph: ResourceGraph
) -> Iterator[Found]:
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
