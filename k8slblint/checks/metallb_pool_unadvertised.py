"""Detects pools of MetalLB that no advertisement announces, and advertisements and policies of Cilium that announce nothing."""

from collections.abc import Iterator, Sequence

from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import CILIUM_L2_POLICY, METALLB_ADVERTISEMENT_KINDS
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem, RelatedPlace, Undecided
from k8slblint.model.texts import listed, middle, quoted
from k8slblint.traffic.addresses.advertising import POOL, advertisements_of, missing_pools, others_may_announce, pool_names, silent_nodes
from k8slblint.traffic.addresses.unread_pools import why_pools_may_be_unread
from k8slblint.traffic.attachment.near_names import is_slip, nearest_name

_LONGEST_NAME = 30
_RELATED = 10


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at a pool that nothing announces, and at each pool that an advertisement names and that does not exist."""
    if resource.type_name == POOL:
        yield from _of_pool(resource, graph)
    elif resource.type_name == CILIUM_L2_POLICY:
        yield from _of_policy(resource)
    else:
        yield from _of_advertisement(resource, graph)


def _of_pool(pool: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """A pool without any advertisement in its cluster may be announced from elsewhere, unless all of it was read."""
    cluster = graph.scope(pool).cluster
    nodes = silent_nodes(pool, graph)
    if nodes and not others_may_announce(cluster, graph):
        yield _without_nodes(pool, nodes)
    if advertisements_of(pool, graph) or others_may_announce(cluster, graph) or not pool.sequence("spec", "addresses"):
        return
    others = [one for one in graph.in_cluster(cluster, *METALLB_ADVERTISEMENT_KINDS) if one.namespace == pool.namespace]
    before = _announced_before(pool, graph)
    if not others and before is None:
        yield Undecided((), "no advertisement of its namespace is among the manifests")
        return
    if any(is_slip(name, pool.name) for one in others for _, name in missing_pools(one, graph)):
        return  # it is reported where the name is misspelt
    reason = why_pools_may_be_unread(cluster, graph)
    if reason:
        yield Undecided((), reason)
        return
    yield Problem(
        path=(),
        headline=f"No advertisement announces {pool.id}",
        label="",
        why=f"MetalLB gives addresses of the pool, but no machine answers for them: clients get no connection. {_cause(before)}",
        help=f"Add {quoted(pool.name, _LONGEST_NAME)} to `ipAddressPools` of an advertisement, or add one for this pool.",
        confidence=_confidence(pool, graph),
        related=tuple(RelatedPlace(one, (), f"{one.id} selects other pools.") for one in others[:_RELATED]),
    )


def _without_nodes(pool: Resource, nodes: Sequence[Resource]) -> Problem:
    """Return the problem of a pool whose advertisements no node may follow, as far as Node objects show."""
    return Problem(
        path=(),
        headline=f"No node announces {pool.id}",
        label=f"none of {len(nodes)} known {'node' if len(nodes) == 1 else 'nodes'} may",
        why="A label excludes each node from load balancers, or no advertisement of the pool selects it: clients get no connection. "
        "kubeadm and Talos set that label on control plane nodes.",
        help="Remove the label `node.kubernetes.io/exclude-from-external-load-balancers`, or select other nodes.",
        confidence="medium",
        related=tuple(RelatedPlace(node, (), "This node announces nothing.") for node in nodes[:_RELATED]),
        discriminator="nodes",
    )


def _cause(before: Resource | None) -> str:
    return f"This change takes away {before.id}." if before is not None else "Each advertisement here selects other pools."


def _announced_before(pool: Resource, graph: ResourceGraph) -> Resource | None:
    """Return the advertisement that announced a pool in the revision before, if there is one to compare with."""
    old = graph.counterpart(pool)
    if graph.base is None or not isinstance(old, Found):
        return None
    return next(iter(advertisements_of(old.value, graph.base)), None)


def _of_advertisement(advertisement: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    missing = missing_pools(advertisement, graph)
    known = pool_names(advertisement, graph)
    reason = why_pools_may_be_unread(graph.scope(advertisement).cluster, graph) or (
        "" if known else "no pool of its namespace is among the manifests"
    )
    for index, name in missing:
        near = nearest_name(name, known)
        if reason and not near:
            yield Undecided(("spec", "ipAddressPools", index), reason)
            continue
        yield Problem(
            path=("spec", "ipAddressPools", index),
            headline=f"{advertisement.id} names a pool that does not exist",
            label=f"no IPAddressPool is named {quoted(name, _LONGEST_NAME)}",
            why="MetalLB passes over the name: the advertisement announces nothing for it.",
            help=f"Write {quoted(near)}." if near else f"Name an existing pool, such as {listed((middle(known[0], _LONGEST_NAME),))}.",
            confidence=_confidence(advertisement, graph),
        )


def _of_policy(policy: Resource) -> Iterator[Problem]:
    """Yield a problem at a policy of Cilium that switches nothing on.

    Source: cilium/cilium 00cfe9e8 pkg/l2announcer/l2announcer.go (`desiredEntries`: what is announced is of these two fields only, both off
    by default).
    """
    stated = [policy.get("spec", field) for field in ("loadBalancerIPs", "externalIPs")]
    if isinstance(policy.get("spec"), dict) and all(value is None or value is False for value in stated):
        yield Problem(
            path=("spec",),
            headline=f"{policy.id} announces no addresses",
            label="neither `loadBalancerIPs` nor `externalIPs` is true",
            why="Cilium announces addresses of the kinds that a policy switches on, and both are off by default: no machine answers "
            "ARP for addresses of Services by this policy.",
            help="Set `loadBalancerIPs: true` for addresses of load balancers, `externalIPs: true` for external IPs.",
        )


def _confidence(resource: Resource, graph: ResourceGraph) -> Confidence:
    scope = graph.scope(resource)
    return "high" if scope.division in ("stated", "named") and graph.is_complete(scope.cluster) else "medium"
