"""Detects configuration of MetalLB in forms that later versions ignore or will drop."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import LEGACY_POOL, Resource
from k8slblint.model.rule import Problem
from k8slblint.model.texts import middle, quoted
from k8slblint.traffic.addresses.pools import is_ignored
from k8slblint.traffic.metallb.releases import reads_config_maps

_LONGEST_NAME = 30


def check(resource: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at a pool in a ConfigMap that no known MetalLB reads, at an `AddressPool`, and at a `BGPPeer` of v1beta1."""
    if resource.type_name == "BGPPeer.metallb.io":
        if resource.version == "v1beta1":
            yield _peer(resource)
    elif resource.type_name == LEGACY_POOL:
        if not reads_config_maps(graph.scope(resource).cluster, graph):
            yield _in_config_map(resource, graph)
    else:
        yield _address_pool(resource)


def _in_config_map(pool: Resource, graph: ResourceGraph) -> Problem:
    left_over = " The manifests have pools of a later version too: remove the ConfigMap." if is_ignored(pool, graph) else ""
    return Problem(
        path=("metadata", "name"),
        headline=f"{pool.id} is in a ConfigMap, which MetalLB ignores",
        label="read by MetalLB before 0.13",
        why="MetalLB 0.13 and later read objects only: without them no Service gets an address." + left_over,
        help=_converted(pool),
        confidence="high" if left_over else "medium",
    )


def _address_pool(pool: Resource) -> Problem:
    return Problem(
        path=("kind",),
        headline=f"{pool.id} is of a kind that MetalLB dropped",
        label="removed in MetalLB 0.14",
        why="MetalLB 0.14 and later do not know the kind: nothing reads the object, and no Service gets its addresses.",
        help=_converted(pool),
        at="value",
        confidence="medium",
    )


def _converted(pool: Resource) -> str:
    """Return what takes the place of a pool: the object, and the advertisement for its protocol."""
    kind = "BGPAdvertisement" if pool.get("spec", "protocol") == "bgp" else "L2Advertisement"
    name = quoted(pool.name, _LONGEST_NAME)
    kept = [field for field in ("autoAssign", "avoidBuggyIPs") if pool.get("spec", field) is not None]
    fields = ", ".join(f"`{field}`" for field in ("addresses", *kept))
    return (
        f"Write an IPAddressPool {name} with the same {fields}, and a {kind} with `ipAddressPools: [{middle(pool.name, _LONGEST_NAME)}]`."
    )


def _peer(peer: Resource) -> Problem:
    return Problem(
        path=("apiVersion",),
        headline=f"{peer.id} uses a deprecated version of its API",
        label="deprecated since MetalLB 0.14.9",
        why="MetalLB stores v1beta2, which has no `matchLabels` with lists and more fields; a later release stops serving v1beta1.",
        help="Write `apiVersion: metallb.io/v1beta2`, and `nodeSelectors` as label selectors.",
    )
