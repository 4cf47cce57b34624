"""Which policies reach a route, a listener or a Gateway, and what becomes of each there: it applies, or others replace it.

Sources: the code of each implementation, named in `catalogs/gateway-policies.json`, which also holds the conditions that it sets.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

from k8slblint.catalog.controllers import controllers
from k8slblint.catalog.gateway_policies import GatewayPolicy, gateway_policies
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, ROUTE_KINDS
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Condition
from k8slblint.traffic.policies.effects import asks_to_merge, unmerged_release
from k8slblint.traffic.policies.levels import Chain, Level, chains_above
from k8slblint.traffic.policies.overriding import may_read, overridings_of
from k8slblint.traffic.policies.targets import Target, policies_on

Standing: TypeAlias = Literal["applies", "combined", "replaced", "partly", "older", "unread", "undecided", "blocked"]
"""`combined` with `other`, which asks for it; `replaced` by `other`, or `partly`: only on some listeners; the `older` one of it and `other`
applies; `unread`: another controller serves the Gateway; `blocked` by `other`, which takes precedence; `undecided` where only the cluster
or the controller knows."""

_MOST_SECTIONS = 64

_MOST_COMPARED = 200


class Acting(NamedTuple):
    """A policy that attaches to a level of an object or above it, what becomes of it there, and the condition that shows it, if any."""

    policy: Resource
    at: Level
    standing: Standing
    other: Resource | None = None
    condition: Condition | None = None

    @property
    def reader(self) -> str:
        """The name of the implementation that reads the policy."""
        return controllers()[gateway_policies()[self.policy.type_name].controller].name


class Replacing(NamedTuple):
    """A more specific policy that takes settings from another, the target that says so, and what it is."""

    policy: Resource
    target: Target
    on: Level


def acting_on(resource: Resource, graph: ResourceGraph) -> Iterator[Acting]:
    """Yield the policies that reach a route or Gateway, kind by kind, those of the most specific levels first."""
    own = _own_levels(resource)
    chains = tuple(chains_above(own[0], graph)) if resource.type_name in ROUTE_KINDS else (Chain(resource, ()),)
    cluster = graph.scope(resource).cluster
    for known in (gateway_policies()[kind] for kind in gateway_policies() if graph.in_cluster(cluster, kind)):
        levels = dict.fromkeys((*own[1:], own[0], *(level for chain in chains for level in chain.levels)))
        for level in levels:
            found = policies_on(known.type_name, level.place, resource, graph)
            yield from (_acting(policy, level, found, known, own, chains, graph) for policy in found)


def replacing(policy: Resource, graph: ResourceGraph) -> Iterator[Replacing]:
    """Yield the more specific policies that take settings from a policy."""
    for other in graph.in_cluster(graph.scope(policy).cluster, policy.type_name)[:_MOST_COMPARED]:
        for found in overridings_of(other, graph) if other is not policy else ():
            if found.loser is policy and found.winner is other and found.how != "list-replaced":
                yield Replacing(other, found.target, found.on)


def overridden_condition(policy: Resource) -> Condition | None:
    """Return the condition that shows that more specific policies replace a policy, None where none is known."""
    return gateway_policies()[policy.type_name].overridden


def _own_levels(resource: Resource) -> tuple[Level, ...]:
    """Return an object and its named parts: the rules of a route, the listeners of a Gateway."""
    parts = resource.sequence("spec", "listeners" if resource.type_name == GATEWAY else "rules")[:_MOST_SECTIONS]
    names = [part.get("name") for part in parts if isinstance(part, dict)]
    return (Level(resource), *(Level(resource, name) for name in names if isinstance(name, str)))


def _acting(
    policy: Resource,
    at: Level,
    beside: Sequence[Resource],
    known: GatewayPolicy,
    own: Sequence[Level],
    chains: Sequence[Chain],
    graph: ResourceGraph,
) -> Acting:
    readers = [chain for chain in chains if may_read(known, chain, graph)]
    if chains and not readers:
        return Acting(policy, at, "unread")
    if len(beside) > 1 and known.more_specific != "adds":
        other = next(one for one in beside if one is not policy)
        is_one = known.more_specific == "replaces"
        return Acting(policy, at, "older" if is_one else "undecided", other, known.conflicted if is_one else None)
    if known.more_specific == "unread" or not readers:
        return Acting(policy, at, "undecided")
    if known.more_specific == "replaces":
        return _replaceable(policy, at, known, own, readers, graph)
    if known.parent_wins is not None:
        blocked = next((one for one in overridings_of(policy, graph) if one.loser is policy and one.how == "blocked"), None)
        if blocked is not None:
            return Acting(policy, at, "blocked", blocked.winner)
    return Acting(policy, at, "applies" if any(chain.is_certain for chain in readers) else "undecided")


def _replaceable(
    policy: Resource, at: Level, known: GatewayPolicy, own: Sequence[Level], chains: Sequence[Chain], graph: ResourceGraph
) -> Acting:
    """Return what becomes of a policy of which only the most specific one applies; rules of a route are ways of their own."""
    if at.resource is own[0].resource and at.section is not None:
        return Acting(policy, at, "applies")
    ways = [(own[0], *chain.levels) for chain in chains]
    through = [way for way in ways if at in way]
    above = [_more_specific(policy, way[: way.index(at)], known, graph) for way in through]
    others = [one for one in above if one is not None]
    if others and asks_to_merge(others[0], known) and unmerged_release(others[0], known, graph) is None:
        if _is_closest(policy, at, known, through, graph):
            return Acting(policy, at, "combined", others[0])
        return Acting(policy, at, "replaced", others[0], known.overridden)
    if others:
        return Acting(policy, at, "replaced" if len(others) == len(ways) else "partly", others[0], known.overridden)
    is_whole = len(through) == len(ways) and any(chain.is_certain for chain in chains)
    return Acting(policy, at, "applies" if is_whole or at.section is not None else "undecided")


def _more_specific(policy: Resource, levels: Sequence[Level], known: GatewayPolicy, graph: ResourceGraph) -> Resource | None:
    found = (one for level in levels for one in policies_on(known.type_name, level.place, policy, graph))
    return next(found, None)


def _is_closest(policy: Resource, at: Level, known: GatewayPolicy, ways: Sequence[Sequence[Level]], graph: ResourceGraph) -> bool:
    """Tell whether a policy is the one that a route's policy combines with: the closest of a listener or Gateway."""
    if at.resource.type_name in ROUTE_KINDS:
        return False
    between = [[level for level in way[: way.index(at)] if level.resource.type_name not in ROUTE_KINDS] for way in ways]
    return any(_more_specific(policy, levels, known, graph) is None for levels in between)
