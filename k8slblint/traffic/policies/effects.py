"""Which settings of a kind of policy are in effect for a route, a rule or a listener, and which policy they are from.

Sources: the code of each implementation, named in `catalogs/gateway-policies.json`. With `mergeType`, Envoy Gateway combines a policy of a
route or a rule with the closest one of the listener or Gateway, never with that of the route (d32f2829
`internal/gatewayapi/securitypolicy.go`, processSecurityPolicyForRoute).
"""

from collections.abc import Sequence

from k8slblint.catalog.gateway_policies import GatewayPolicy
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import ROUTE_KINDS
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.policies.levels import Level
from k8slblint.traffic.policies.releases import release_before
from k8slblint.traffic.policies.settings import Settings, settings_of
from k8slblint.traffic.policies.targets import policies_on


class Effect(NamedTuple):
    """The settings in effect at a level, and the policy that replaces all less specific ones, with what it attaches to."""

    settings: Settings
    policy: Resource | None
    at: Level | None


_NOTHING = Effect(frozenset(), None, None)


def effect_at(known: GatewayPolicy, levels: Sequence[Level], beside: Resource, graph: ResourceGraph) -> Effect:
    """Return what is in effect at the first of some levels with a policy of a kind that replaces less specific ones.

    Of several policies on one level it is unknown which is older: only what all of them set is certain.
    """
    for index, level in enumerate(levels):
        found = policies_on(known.type_name, level.place, beside, graph)
        if found:
            settings = frozenset.intersection(*(settings_of(one, known) for one in found))
            if asks_to_merge(found[0], known) and unmerged_release(found[0], known, graph) is None:
                settings |= effect_of_gateway(known, levels[index + 1 :], beside, graph).settings
            return Effect(settings, found[0], level)
    return _NOTHING


def effect_of_gateway(known: GatewayPolicy, levels: Sequence[Level], beside: Resource, graph: ResourceGraph) -> Effect:
    """Return what is in effect at the closest listener or Gateway with a policy."""
    return effect_at(known, [level for level in levels if level.resource.type_name not in ROUTE_KINDS], beside, graph)


def asks_to_merge(policy: Resource, known: GatewayPolicy) -> bool:
    """Tell whether a policy asks to be combined with a less specific one."""
    return known.merging is not None and policy.get("spec", *known.merging.field) is not None


def unmerged_release(policy: Resource, known: GatewayPolicy, graph: ResourceGraph) -> str | None:
    """Return the release that cannot merge though a policy asks for it; the API server drops a field that the CRD does not have."""
    if known.merging is None or not asks_to_merge(policy, known):
        return None
    return release_before(known.merging.since, known.controller, graph.scope(policy).cluster, graph)
