"""What MetalLB refuses of several objects together: each makes its whole configuration invalid.

Sources: metallb/metallb 7938d3f8 internal/config/config.go (`poolsFor`, `peersFor`, `validateBGPAdvPerPool`,
`BGPAdvertisementsHaveCompatibleLocalPref`, `isAggrLengthDifferent`), internal/config/validation.go
(`DiscardFRROnly`, `checkFRRPeersCompatible`, `validateConfig`).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from k8slblint.addresses import IPV4, Interval, widest_prefix
from k8slblint.admission.metallb.bgp import is_large
from k8slblint.admission.refusal import Refusal, shown
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import METALLB_OTHER_KINDS
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence
from k8slblint.traffic.addresses.advertising import POOL, announces
from k8slblint.traffic.addresses.pools import PoolEntry, pool_entries
from k8slblint.traffic.metallb.modes import mode_of

_SPEC: Path = ("spec",)
_ADVERTISEMENT = "BGPAdvertisement.metallb.io"
_PEER, _PROFILE, _COMMUNITY = METALLB_OTHER_KINDS
_WHOLE_V4, _WHOLE_V6 = 32, 128
_MOST = 200
"""Objects of one kind in one namespace that are compared with each other."""


class Joint(NamedTuple):
    """A refusal that rests on another object too; `other` is that, `confidence` how sure it is that both are of one configuration."""

    refusal: Refusal
    other: Resource | None
    confidence: Confidence = "high"


def joint_refusals(resource: Resource, graph: ResourceGraph) -> list[Joint]:
    """Return what MetalLB refuses of an object because of others in its namespace and cluster."""
    found: list[Joint] = []
    if resource.type_name == _ADVERTISEMENT:
        found = [*_aggregation(resource, graph), *_preferences(resource, graph)]
    elif resource.type_name == _PEER and resource.version == "v1beta2":
        found = [*_echo(resource, graph), *_peers_of_frr(resource, graph)]
    elif resource.type_name == _COMMUNITY:
        found = list(_aliases(resource, graph))
    native = _of_native_mode(resource) if mode_of(graph.scope(resource).cluster, graph) == "native" else ()
    return [*found, *(Joint(refusal, None) for refusal in native)]


def _beside(resource: Resource, graph: ResourceGraph, type_name: str) -> list[Resource]:
    """Return the objects of a kind that MetalLB reads together with an object."""
    found = graph.in_cluster(graph.scope(resource).cluster, type_name)
    environment = graph.scope(resource).environment
    return [one for one in found if one.namespace == resource.namespace and graph.scope(one).environment == environment][:_MOST]


def _pools_of(advertisement: Resource, graph: ResourceGraph) -> list[Resource]:
    return [pool for pool in _beside(advertisement, graph, POOL) if announces(advertisement, pool)]


def _length(advertisement: Resource, family: int) -> int:
    field, whole = ("aggregationLength", _WHOLE_V4) if family == IPV4 else ("aggregationLengthV6", _WHOLE_V6)
    stated = advertisement.get(*_SPEC, field)
    return stated if type(stated) is int else whole


def _aggregation(advertisement: Resource, graph: ResourceGraph) -> Iterator[Joint]:
    """Yield the first entry of a pool whose widest block is narrower than what is to be announced for it."""
    for pool in _pools_of(advertisement, graph):
        for entry in pool_entries(pool):
            joint = _too_wide(advertisement, entry) if isinstance(entry.range, Interval) else None
            if joint is not None:
                yield joint
                return


def _too_wide(advertisement: Resource, entry: PoolEntry) -> Joint | None:
    if not isinstance(entry.range, Interval):
        return None
    length, widest = _length(advertisement, entry.range.family), widest_prefix(entry.range)
    if length >= widest:
        return None
    field = "aggregationLength" if entry.range.family == IPV4 else "aggregationLengthV6"
    reason = f"invalid aggregation length {length}: prefix {widest} in this pool is more specific"
    fault = f"announces more than {shown(entry.text)} contains"
    return Joint(
        Refusal((*_SPEC, field), fault, reason, label=f"no block is wider than /{widest}", help=f"Set {widest} or more."), entry.resource
    )


def _preferences(advertisement: Resource, graph: ResourceGraph) -> Iterator[Joint]:
    """Yield the first earlier advertisement with another `localPref` for the same addresses, peers and nodes."""
    if advertisement.sequence(*_SPEC, "serviceSelectors"):
        return
    for other in _beside(advertisement, graph, _ADVERTISEMENT):
        if other is advertisement:
            return
        if other.sequence(*_SPEC, "serviceSelectors") or _preference(other) == _preference(advertisement):
            continue
        if _may_differ_in_nodes(advertisement, other) or _have_other_peers(advertisement, other):
            continue
        if any(announces(other, pool) and _is_same_update(advertisement, other, pool) for pool in _pools_of(advertisement, graph)):
            reason = f"invalid local preference {_preference(advertisement)}: {_preference(other)} was already set"
            fault = "sets another `localPref` for the same addresses"
            yield Joint(Refusal((*_SPEC, "localPref"), fault, reason, help="Use one `localPref`, or different peers."), other)
            return


def _preference(advertisement: Resource) -> int:
    stated = advertisement.get(*_SPEC, "localPref")
    return stated if type(stated) is int else 0


def _may_differ_in_nodes(one: Resource, other: Resource) -> bool:
    """Tell whether nodes may keep two advertisements apart: which nodes there are is not in the manifests."""
    return bool(one.sequence(*_SPEC, "nodeSelectors") or other.sequence(*_SPEC, "nodeSelectors"))


def _have_other_peers(one: Resource, other: Resource) -> bool:
    peers = [set(map(str, each.sequence(*_SPEC, "peers"))) for each in (one, other)]
    return all(peers) and not peers[0] & peers[1]


def _is_same_update(one: Resource, other: Resource, pool: Resource) -> bool:
    """Tell whether both announce the same prefixes of a pool: not those of another length for each family that it has."""
    families = {entry.range.family for entry in pool_entries(pool) if isinstance(entry.range, Interval)}
    if not families:
        return False
    return not all(_length(one, family) != _length(other, family) for family in families)


def _echo(peer: Resource, graph: ResourceGraph) -> Iterator[Joint]:
    """Yield a peer with BFD in echo mode that an IPv6 pool is announced to."""
    name = peer.get(*_SPEC, "bfdProfile")
    profile = next((one for one in _beside(peer, graph, _PROFILE) if one.name == name), None) if isinstance(name, str) else None
    if profile is None or profile.get(*_SPEC, "echoMode") is not True:
        return
    for advertisement in _beside(peer, graph, _ADVERTISEMENT):
        names = advertisement.sequence(*_SPEC, "peers")
        pool = next((one for one in _pools_of(advertisement, graph) if _has_ipv6(one)), None)
        if pool is not None and (not names or peer.name in names):
            reason = f"pool {pool.name} references peer {peer.name} which has bfd echo enabled"
            fault = "has BFD echo, which IPv6 pools cannot use"
            yield Joint(Refusal((*_SPEC, "bfdProfile"), fault, reason, help="Switch `echoMode` off in the BFDProfile."), pool)
            return


def _has_ipv6(pool: Resource) -> bool:
    return any(isinstance(entry.range, Interval) and entry.range.family != IPV4 for entry in pool_entries(pool))


def _peers_of_frr(peer: Resource, graph: ResourceGraph) -> Iterator[Joint]:
    """Yield the first earlier peer that cannot run on the same node, where FRR runs and no selector keeps both apart."""
    if mode_of(graph.scope(peer).cluster, graph) not in ("frr", "frr-k8s") or peer.sequence(*_SPEC, "nodeSelectors"):
        return
    for other in _beside(peer, graph, _PEER):
        if other is peer:
            return
        refusal = _together(peer, other) if not other.sequence(*_SPEC, "nodeSelectors") else None
        if refusal is not None:
            yield Joint(refusal, other)
            return


def _together(peer: Resource, other: Resource) -> Refusal | None:
    if _text(peer, "routerID") != _text(other, "routerID"):
        reason = "in FRR mode peers selecting the same node must all have the same RouterID"
        path: Path = (*_SPEC, "routerID") if peer.get(*_SPEC, "routerID") else _SPEC
        return Refusal(
            path, "has another router ID than a peer of the same nodes", reason, help="Use one `routerID`, or select other nodes."
        )
    if _identity(peer) == _identity(other):
        reason = "FRR mode doesn't support duplicate BGPPeers selecting the same node"
        field = "peerAddress" if peer.get(*_SPEC, "peerAddress") else "interface"
        return Refusal((*_SPEC, field), "repeats a peer", reason, help="Remove one of them, or select other nodes.")
    if peer.get(*_SPEC, "myASN") != other.get(*_SPEC, "myASN") and _text(peer, "vrf") == _text(other, "vrf"):
        reason = "in FRR mode peers selecting the same node must have the same myAsn within the same VRF"
        return Refusal((*_SPEC, "myASN"), "has another AS number than a peer of the same nodes", reason, help="Use one `myASN`.")
    return None


def _text(peer: Resource, field: str) -> str:
    value: Any = peer.get(*_SPEC, field)
    return value if isinstance(value, str) else ""


def _identity(peer: Resource) -> tuple[str, str]:
    return _text(peer, "peerAddress") or _text(peer, "interface"), _text(peer, "vrf")


def _aliases(community: Resource, graph: ResourceGraph) -> Iterator[Joint]:
    """Yield the aliases that an earlier object defines too."""
    known: dict[object, Resource] = {}
    for other in _beside(community, graph, _COMMUNITY):
        if other is community:
            break
        known.update((name, other) for name in _names(other))
    for index, name in enumerate(_names(community)):
        if name in known:
            reason = f'duplicate definition of community "{name}"'
            path: Path = (*_SPEC, "communities", index, "name")
            yield Joint(Refusal(path, f"defines community {shown(name)} again", reason, help="Remove one of them."), known[name])


def _names(community: Resource) -> list[object]:
    aliases = community.sequence(*_SPEC, "communities")
    return [alias.get("name") if isinstance(alias, dict) else index for index, alias in enumerate(aliases)]


_ONLY_FRR = (
    *("bfdProfile", "keepaliveTime", "vrf", "connectTime", "enableGracefulRestart"),
    *("disableMP", "dualStackAddressFamily", "dynamicASN", "interface", "localASN"),
)


def _of_native_mode(resource: Resource) -> Sequence[Refusal]:
    """Return what only FRR can do, where the native implementation runs."""
    if resource.type_name == _PROFILE:
        return [_needs_frr((), "is a BFD profile")]
    if resource.type_name == _PEER:
        fields = [field for field in _ONLY_FRR if resource.get(*_SPEC, field) not in (None, False, "", 0, "0s")]
        return [_needs_frr((*_SPEC, field), f"has `{field}`") for field in fields]
    if resource.type_name == _ADVERTISEMENT:
        texts = enumerate(resource.sequence(*_SPEC, "communities"))
        return [
            _needs_frr((*_SPEC, "communities", i), "has a large community") for i, one in texts if isinstance(one, str) and is_large(one)
        ]
    return []


def _needs_frr(path: Path, fault: str) -> Refusal:
    return Refusal(path, f"{fault}, which native mode does not know", "set on native bgp mode", help="Run MetalLB with FRR, or remove it.")
