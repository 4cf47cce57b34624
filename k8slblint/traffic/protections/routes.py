"""What protects the rules of a route of Gateway API: filters, policies of all levels, annotations, the parameters of its Gateways.

Sources: Gateway API 1.6 (`ExternalAuth`, `RequestRedirect`); which policies protect, and how levels combine, is in
`catalogs/gateway-policies.json`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from k8slblint.catalog.gateway_policies import GatewayPolicy, gateway_policies, plugin_kinds
from k8slblint.catalog.protections import OF_POLICIES, ObjectReference, opaque_policies, protecting_kinds
from k8slblint.graph.answers import Found, Unknown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.relations.backends import backends_of, service_of
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import CLUSTER_SCOPED_KINDS, Resource
from k8slblint.traffic.attachment.attachments import attachments_of
from k8slblint.traffic.ownership.gateways import owner_of_gateway, parameters_of
from k8slblint.traffic.policies.effects import effect_at
from k8slblint.traffic.policies.filters import filter_references
from k8slblint.traffic.policies.levels import Chain, Level, chains_above
from k8slblint.traffic.policies.settings import place_of, settings_of
from k8slblint.traffic.policies.targets import policies_on, references_of
from k8slblint.traffic.protections.forms import Doubt, Finding, Protection
from k8slblint.traffic.protections.gateways import of_gateway
from k8slblint.traffic.protections.ingresses import of_plugins_everywhere
from k8slblint.traffic.protections.meshes import of_mesh
from k8slblint.traffic.protections.objects import missing, of_object
from k8slblint.traffic.protections.references import of_reference

_MOST_CHAINS = 64


def of_route(route: Resource, rule: int, graph: ResourceGraph) -> Iterator[Finding]:
    """Yield what protects a rule of a route, by its number from 0."""
    chains = list(chains_above(Level(route), graph))[:_MOST_CHAINS]
    yield from _of_core_filters(route, rule)
    yield from _of_extensions(route, rule, graph)
    yield from _of_plugins(route, rule, graph)
    yield from _of_policies(route, rule, chains, graph)
    yield from _of_backends(route, rule, graph)
    yield from _of_gateways(route, chains, graph)
    yield from _of_tls(route, graph)


def _of_core_filters(route: Resource, rule: int) -> Iterator[Finding]:
    for index, one in enumerate(route.sequence("spec", "rules", rule, "filters")):
        kind = one.get("type") if isinstance(one, dict) else None
        path = ("spec", "rules", rule, "filters", index)
        if kind == "ExternalAuth":
            yield Protection("authentication", "external authentication", route, path)
        elif kind == "RequestRedirect" and route.get(*path, "requestRedirect", "scheme") == "https":
            yield Protection("https-redirect", "the redirect to HTTPS", route, path)


def _of_extensions(route: Resource, rule: int, graph: ResourceGraph) -> Iterator[Finding]:
    cluster = graph.scope(route).cluster
    for one in filter_references(route):
        if one.path[2] != rule:
            continue
        kind, _, group = one.type_name.partition(".")
        names = (one.type_name, *(name for name in protecting_kinds() if name in CLUSTER_SCOPED_KINDS and name.endswith(f".{group}")))
        if one.type_name in gateway_policies():
            policy = graph.named(cluster, one.type_name, route.namespace, one.name)
            yield from _settings(policy, gateway_policies()[one.type_name]) if policy is not None else (missing(kind, one.name),)
        elif one.type_name in protecting_kinds():
            places = ((name, None if name in CLUSTER_SCOPED_KINDS else route.namespace) for name in names)
            found = next((it for name, where in places if (it := graph.named(cluster, name, where, one.name)) is not None), None)
            yield from of_object(found, graph) if found is not None else (missing(kind, one.name),)
        else:
            yield Doubt(f"what {kind} '{one.name}' does is not read")


def _of_plugins(route: Resource, rule: int, graph: ResourceGraph) -> Iterator[Finding]:
    """Yield what plugins protect that annotations of the route, or of the Services behind a rule, name."""
    for known in plugin_kinds().values():
        reference = ObjectReference(known.annotation, "name", (known.type_name, known.everywhere))
        for holder in (route, *_services(route, rule, graph)):
            text = holder.annotations.get(known.annotation)
            if isinstance(text, str):
                yield from of_reference(reference, text, holder, graph)


def _services(route: Resource, rule: int, graph: ResourceGraph) -> list[Resource]:
    answers = (service_of(backend, graph) for backend in backends_of(route) if backend.path[2] == rule)
    return [answer.value for answer in answers if isinstance(answer, Found)]


def _of_policies(route: Resource, rule: int, chains: Sequence[Chain], graph: ResourceGraph) -> Iterator[Finding]:
    cluster = graph.scope(route).cluster
    name = route.get("spec", "rules", rule, "name")
    own = (*([Level(route, name)] if isinstance(name, str) else ()), Level(route))
    if not chains:
        yield Doubt(f"the Gateways of {route.id} are not in the manifests")
    for known in [gateway_policies()[kind] for kind in gateway_policies() if graph.in_cluster(cluster, kind)]:
        if (cluster, known.type_name) in graph.derived(_filled_in_later):
            yield Doubt(f"what a {known.kind} applies to is filled in later")
        for levels in dict.fromkeys(_levels(known, own, chain, graph) for chain in chains) if chains else (own,):
            yield from _at_levels(known, levels, route, graph)


def _filled_in_later(graph: ResourceGraph) -> frozenset[tuple[str, str]]:
    """Return the clusters and kinds of policies of which one names a target with a placeholder."""
    policies = ((policy, gateway_policies()[kind]) for kind in gateway_policies() for policy in graph.of_type(kind))
    return frozenset(
        (graph.scope(policy).cluster, known.type_name)
        for policy, known in policies
        if any(has_placeholder(reference) for _, reference in references_of(policy, known))
    )


def _levels(known: GatewayPolicy, own: tuple[Level, ...], chain: Chain, graph: ResourceGraph) -> tuple[Level, ...]:
    """Return the levels of one way to a route, none where its controller does not read such policies."""
    owner = owner_of_gateway(chain.gateway, graph)
    is_read = owner.verdict != "owned" or known.controller in owner.candidates
    return (*own, *chain.levels) if is_read else ()


def _at_levels(known: GatewayPolicy, levels: Sequence[Level], route: Resource, graph: ResourceGraph) -> Iterator[Finding]:
    if known.type_name in opaque_policies():
        found = next((one for level in levels for one in policies_on(known.type_name, level.place, route, graph)), None)
        yield from [Doubt(f"what {found.id} does is not read")] if found is not None else []
    elif known.more_specific == "replaces":
        effect = effect_at(known, levels, route, graph)
        if effect.policy is not None and effect.at is not None:
            yield from _guarding(effect.policy, known, effect.settings, is_shared=effect.at.resource is not route)
    else:
        for level in levels:
            for policy in policies_on(known.type_name, level.place, route, graph):
                yield from _guarding(policy, known, settings_of(policy, known), is_shared=level.resource is not route)


def _settings(policy: Resource, known: GatewayPolicy) -> Iterator[Protection]:
    return _guarding(policy, known, settings_of(policy, known), is_shared=False)


def _guarding(policy: Resource, known: GatewayPolicy, settings: Any, *, is_shared: bool) -> Iterator[Protection]:
    for guard in known.guards:
        family = OF_POLICIES.get(guard.protection)
        if family is not None and guard.field in settings:
            words = f"`{'.'.join(guard.field)}` of {policy.kind} {policy.name}"
            yield Protection(family, words, policy, place_of(known, guard.field), is_shared=is_shared)


def _of_backends(route: Resource, rule: int, graph: ResourceGraph) -> Iterator[Finding]:
    """Yield what policies of the Services behind a rule protect."""
    cluster = graph.scope(route).cluster
    for known in [gateway_policies()[kind] for kind in gateway_policies() if graph.in_cluster(cluster, kind)]:
        if any(target.means == "Service" for target in known.targets):
            for service in _services(route, rule, graph):
                for policy in policies_on(known.type_name, Level(service).place, route, graph):
                    yield from _guarding(policy, known, settings_of(policy, known), is_shared=True)


def _of_gateways(route: Resource, chains: Sequence[Chain], graph: ResourceGraph) -> Iterator[Finding]:
    gateways = {id(chain.gateway): chain.gateway for chain in chains}.values()
    cluster = graph.scope(route).cluster
    for gateway in gateways:
        owner = owner_of_gateway(gateway, graph)
        yield from of_gateway(gateway, graph)
        yield from of_plugins_everywhere(owner, cluster, graph)
        yield from of_mesh(owner.candidates, cluster, graph)
        for found in parameters_of(gateway, graph):
            if isinstance(found, Unknown):
                yield Doubt(found.reason, ("allow-list", "firewall"))
            elif isinstance(found, Found) and found.value.type_name in gateway_policies():
                yield from _settings(found.value, gateway_policies()[found.value.type_name])


def _of_tls(route: Resource, graph: ResourceGraph) -> Iterator[Finding]:
    """Yield that a listener with TLS takes the route; unknown where it is not known which listeners do."""
    found = attachments_of(route, graph)
    listeners = [listener for one in found if one.standing == "accepted" for listener in one.listeners]
    tls = next((listener for listener in listeners if listener.protocol in ("HTTPS", "TLS")), None)
    if tls is not None:
        yield Protection("tls", "TLS", tls.source, tls.path, is_shared=True)
    if not listeners or any(one.standing == "unknown" for one in found):
        yield Doubt(f"which listeners serve {route.id} is not known", ("tls", "https-redirect"))
    elif all(listener.protocol in ("HTTPS", "TLS") for listener in listeners):
        yield Protection("https-redirect", "HTTPS only", route, ("spec", "parentRefs"))
