"""Which policies have one target with another of their kind, of which the implementation accepts only the older one.

Sources: the code of each implementation, named in `catalogs/gateway-policies.json`: Envoy Gateway takes one policy for each target, NGINX
Gateway Fabric several that do not set the same.
"""

from collections.abc import Iterator
from typing import Any

from k8slblint.catalog.gateway_policies import GatewayPolicy, SettingPath, gateway_policies
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.policies.absence import is_together
from k8slblint.traffic.policies.targets import Target, policies_on, targets_of
from k8slblint.traffic.workloads.alternatives import are_alternatives

_MOST_COMPARED = 50


class SharedTarget(NamedTuple):
    """A target of a policy, another policy that has it, and the settings that both have (none where any two conflict).

    `is_sure` tells that both are in one file.
    """

    target: Target
    other: Resource
    settings: tuple[SettingPath, ...]
    is_sure: bool


def shared_targets(policy: Resource, graph: ResourceGraph) -> Iterator[SharedTarget]:
    """Yield the targets that an older policy may have, where that one is accepted if both are equally old: it is first by name.

    Once for each other policy.
    """
    known = gateway_policies()[policy.type_name]
    if known.conflicted is None or are_alternatives(graph.scope(policy), graph):
        return
    seen: set[object] = set()
    for target in targets_of(policy, graph):
        place = target.kind.means, target.namespace, target.name, target.section
        for other in policies_on(policy.type_name, place, policy, graph)[:_MOST_COMPARED]:
            if other.key in seen or not _precedes(other, policy, graph):
                continue
            common = tuple(path for path in known.conflicting if _sets(other, known, path) and _sets(policy, known, path))
            if common or not known.conflicting:
                seen.add(other.key)
                yield SharedTarget(target, other, common, other.path == policy.path)


def _precedes(other: Resource, policy: Resource, graph: ResourceGraph) -> bool:
    """Tell whether another policy is deployed beside one and precedes it by name."""
    first, second = ((one.namespace or "", one.name) for one in (other, policy))
    is_same_place = graph.scope(other).environment == graph.scope(policy).environment
    is_named = not has_placeholder([other.name, policy.name])
    return first < second and is_named and is_same_place and is_together(policy, other, graph)


def _sets(policy: Resource, known: GatewayPolicy, path: SettingPath) -> bool:
    value: Any = policy.get("spec", *known.settings, *path)
    return value is not None
