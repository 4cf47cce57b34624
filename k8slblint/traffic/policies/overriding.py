"""Which policies take settings away from others: a more specific one that replaces, or a less specific one that takes precedence.

Sources: the code of each implementation, named in `catalogs/gateway-policies.json`.
"""

from collections.abc import Iterator
from typing import Literal, TypeAlias

from k8slblint.catalog.gateway_policies import GatewayPolicy, WholeList, gateway_policies
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import ROUTE_KINDS
from k8slblint.graph.relations.twins import nearest_twin
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence
from k8slblint.traffic.ownership.gateways import owner_of_gateway
from k8slblint.traffic.policies.effects import asks_to_merge, effect_at, effect_of_gateway, unmerged_release
from k8slblint.traffic.policies.levels import Chain, Level, chains_above
from k8slblint.traffic.policies.releases import release_before
from k8slblint.traffic.policies.settings import Loss, Settings, loss, opts_out, settings_of
from k8slblint.traffic.policies.targets import Target, policies_on, targets_of

How: TypeAlias = Literal["replaced", "replaced-in-release", "blocked", "outranked", "list-replaced"]
"""Replaced by a more specific policy, though it asks for merging in a release that cannot (`replaced-in-release`); all of it is blocked by
a less specific policy; settings that both have count as the less specific one says; or a list that both have counts as the more specific
one says, whole (`list-replaced`)."""


class Overriding(NamedTuple):
    """A policy (`loser`) that loses settings to another (`winner`) for what `target` of the policy in question names.

    `at` is what the loser attaches to, `release` the release of the controller for `replaced-in-release`.
    """

    target: Target
    on: Level
    winner: Resource
    loser: Resource
    at: Level
    lost: Loss
    how: How
    confidence: Confidence
    release: str | None = None


def overridings_of(policy: Resource, graph: ResourceGraph) -> Iterator[Overriding]:
    """Yield what a policy takes away from less specific ones, and what they take away from it.

    Once for each target and other policy; of the targets of one selector, the first stands for all.
    """
    known = gateway_policies()[policy.type_name]
    if known.more_specific not in ("replaces", "merges"):
        return
    seen: set[tuple[object, ...]] = set()
    for target in targets_of(policy, graph):
        level = _level(policy, target, graph)
        for chain in chains_above(level, graph) if level is not None else ():
            if level is None or not may_read(known, chain, graph):
                continue
            for one in _in_chain(policy, known, target, level, chain, graph):
                key = target.path if target.is_selected else level.place, one.winner.key, one.loser.key
                if key not in seen:
                    seen.add(key)
                    yield one


def _level(policy: Resource, target: Target, graph: ResourceGraph) -> Level | None:
    """Return what a target is, where it is in the manifests; a policy that shares it with another of its kind may itself be the loser."""
    kind = target.kind.means
    if (target.namespace != policy.namespace and not target.is_selected) or (kind not in ROUTE_KINDS and not target.kind.has_sections):
        return None
    found = graph.named(graph.scope(policy).cluster, kind, target.namespace, target.name)
    if found is None:
        return None
    level = Level(nearest_twin(found, policy, graph), target.section)
    return level if len(policies_on(policy.type_name, level.place, policy, graph)) == 1 else None


def may_read(known: GatewayPolicy, chain: Chain, graph: ResourceGraph) -> bool:
    """Tell whether the controller of a kind of policy serves the Gateway of a way, or may."""
    owner = owner_of_gateway(chain.gateway, graph)
    return owner.verdict != "owned" or known.controller in owner.candidates


def _in_chain(
    policy: Resource, known: GatewayPolicy, target: Target, level: Level, chain: Chain, graph: ResourceGraph
) -> Iterator[Overriding]:
    if known.parent_wins is not None:
        yield from _by_parents(policy, known, target, level, chain, graph)
    if known.lists:
        yield from _lists(policy, known, target, level, chain, graph)
    if known.more_specific != "replaces":
        return
    before = effect_at(known, chain.levels, policy, graph)
    if before.policy is None or before.at is None:
        return
    release = unmerged_release(policy, known, graph)
    merges = release is None and asks_to_merge(policy, known)
    after = settings_of(policy, known)
    if merges:
        after |= effect_of_gateway(known, chain.levels, policy, graph).settings
    lost = loss(before.settings, after, known.guards)
    if lost.settings:
        how: How = "replaced-in-release" if release is not None else "replaced"
        confidence = _confidence(policy, known, before.settings, lost, chain, graph)
        yield Overriding(target, level, policy, before.policy, before.at, lost, how, confidence, release)


def _confidence(policy: Resource, known: GatewayPolicy, before: Settings, lost: Loss, chain: Chain, graph: ResourceGraph) -> Confidence:
    """Return how sure it is that nobody means the loss.

    A policy that allows every client, or asks for another login, is a decision, and so is one without settings, which does nothing else;
    one that repeats most settings of the other was written with it in view, and leaves the rest out on purpose.
    """
    own = settings_of(policy, known)
    if not own or (lost.is_access_control and opts_out(policy, known)):
        return "low"
    if not lost.guards and len(own & before) > len(lost.settings):
        return "low"
    decides = {guard.field for guard in known.guards if guard.protection == "authentication"} & own
    is_owned = chain.is_certain and owner_of_gateway(chain.gateway, graph).verdict == "owned"
    return "high" if is_owned and lost.is_access_control and not decides else "medium"


def _by_parents(
    policy: Resource, known: GatewayPolicy, target: Target, level: Level, chain: Chain, graph: ResourceGraph
) -> Iterator[Overriding]:
    """Yield what less specific policies that take precedence keep a policy from setting."""
    rule = known.parent_wins
    cluster = graph.scope(policy).cluster
    if rule is None or release_before(rule.since, known.controller, cluster, graph) is not None:
        return
    own = settings_of(policy, known)
    for above in chain.levels:
        found = policies_on(known.type_name, above.place, policy, graph)
        winner = next((one for one in found if _takes_precedence(one, above, known)), None)
        if winner is None:
            continue
        kept = frozenset() if rule.blocks == "everything" else own - settings_of(winner, known)
        lost = loss(own, kept, known.guards)
        if lost.settings:
            how: How = "blocked" if rule.blocks == "everything" else "outranked"
            yield Overriding(target, level, winner, policy, level, lost, how, "medium")
        return


def _lists(
    policy: Resource, known: GatewayPolicy, target: Target, level: Level, chain: Chain, graph: ResourceGraph
) -> Iterator[Overriding]:
    """Yield the lists of less specific policies that a policy replaces by its own.

    That is likely a mistake where all but the listed clients were kept out, and the own list lets all but some in.
    """
    for one in known.lists:
        if _list_of(policy, known, one) is None:
            continue
        for above in chain.levels:
            found = policies_on(known.type_name, above.place, policy, graph)
            if any(_takes_precedence(other, above, known) for other in found):
                return
            other = next((other for other in found if _list_of(other, known, one) is not None), None)
            if other is None:
                continue
            if _list_of(other, known, one) != _list_of(policy, known, one):
                opens = _is_closed(other, known, one) and not _is_closed(policy, known, one)
                lost = loss(frozenset({one.field}), frozenset(), known.guards)
                yield Overriding(target, level, policy, other, above, lost, "list-replaced", "medium" if opens else "low")
            break


def _list_of(policy: Resource, known: GatewayPolicy, one: WholeList) -> object:
    value = policy.get("spec", *known.settings, *one.field)
    return value if isinstance(value, dict) and not has_placeholder(value) else None


def _is_closed(policy: Resource, known: GatewayPolicy, one: WholeList) -> bool:
    stated = policy.get("spec", *known.settings, *one.closed_field)
    return one.is_closed_by_default if stated is None else stated in one.closed_values


def _takes_precedence(policy: Resource, at: Level, known: GatewayPolicy) -> bool:
    rule = known.parent_wins
    if rule is None:
        return False
    stated = policy.get("spec", *rule.field) if rule.field is not None else at.resource.annotations.get(str(rule.annotation))
    return isinstance(stated, str) and stated in rule.values
