"""The address pools of bare metal: their entries, where each is written, which addresses it contains, and whose controller serves them.

Sources: metallb 0.16 (`IPAddressPool`), 0.13 (`AddressPool`, gone since 0.14), 0.12 (a ConfigMap, which 0.13 and later ignore);
cilium/cilium 023375f6 Documentation/network/lb-ipam.rst (`blocks`, formerly `cidrs`: a CIDR, or `start` and `stop`; `allowFirstLastIPs`);
purelb/purelb 08b4e190 pkg/apis/purelb/v2 and internal/allocator/localpool.go (a CIDR starts at the address as typed); openelb/openelb
f35d3f16 api/network/v1alpha2 (`spec.address`); kube-vip-cloud-provider d3522c6 pkg/ipam (no IPv4 address that ends in .0 or .255);
projectcalico/api d4009e4d `IPPool` (`allowedUses`); antrea-io/antrea 2.3 pkg/apis/crd/v1beta1 `ExternalIPPool`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from k8slblint.addresses import IPV4, AddressError, Interval, PoolRange, parse_address, parse_cidr, parse_pool_entry
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import CILIUM_POOL, METALLB_POOL_KINDS, OTHER_POOL_KINDS
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder, is_to_be_filled
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import KUBE_VIP_POOL, LEGACY_POOL, Resource

POOL_KINDS = (*METALLB_POOL_KINDS, CILIUM_POOL, *OTHER_POOL_KINDS)

_OWN_KINDS = tuple(kind for kind in METALLB_POOL_KINDS if kind != LEGACY_POOL)

_ADDRESSES: Path = ("spec", "addresses")


class Unrendered(NamedTuple):
    """An entry that some tool fills in later, so that nothing is known of its addresses: the reason in one sentence."""

    reason: str


EntryRange: TypeAlias = PoolRange | Unrendered


class PoolEntry(NamedTuple):
    """One entry of a pool: its resource and path, the pool's name, the text as written, and the addresses it holds."""

    resource: Resource
    path: Path
    pool: str
    text: str
    range: EntryRange


def implementation_of(pool: Resource) -> str:
    """Return the id of the controller that serves addresses of a pool, in words of the catalog of controllers."""
    return _IMPLEMENTATIONS[pool.type_name]


def pools_of(controller: str, graph: ResourceGraph, cluster: str) -> list[PoolEntry]:
    """Return the entries of all pools of one controller in one cluster, in reading order, without those that it surely ignores."""
    kinds = [kind for kind, implementation in _IMPLEMENTATIONS.items() if implementation == controller]
    return [entry for pool in graph.in_cluster(cluster, *kinds) if not is_ignored(pool, graph) for entry in pool_entries(pool)]


def is_ignored(pool: Resource, graph: ResourceGraph) -> bool:
    """Tell whether a pool serves nothing: switched off, or in a ConfigMap, while the cluster has pools of a MetalLB that ignores it."""
    if pool.get("spec", "disabled") is True or pool.get("spec", "disable") is True:
        return True
    return pool.type_name == LEGACY_POOL and bool(graph.in_cluster(graph.scope(pool).cluster, *_OWN_KINDS))


def pool_entries(pool: Resource) -> list[PoolEntry]:
    """Return the entries of a pool of any kind, each at its own path."""
    return list(_ENTRIES[pool.type_name](pool))


def gives(pool: Resource, shared: Interval | None) -> bool:
    """Tell whether a pool gives any of the addresses that it shares with something; those that it holds back are never given."""
    if shared is None:
        return False
    is_careful = pool.get("spec", "avoidBuggyIPs") is True or pool.type_name == KUBE_VIP_POOL
    if not is_careful or shared.family != IPV4:
        return not _is_held_back(pool, shared)
    three = range(shared.first, min(shared.first + 2, shared.last) + 1)  # of three in a row at most two are held back
    return any(number & 0xFF not in (0, 255) for number in three)


def _is_held_back(pool: Resource, shared: Interval) -> bool:
    """Tell whether an address is the first or last of a block of Cilium that gives neither."""
    if pool.type_name != CILIUM_POOL or pool.get("spec", "allowFirstLastIPs") != "No" or shared.size > 1:
        return False
    blocks = (parse_cidr(block["cidr"]) for block in pool.sequence("spec", "blocks") if isinstance(_text_at(block, "cidr"), str))
    return any(one is not None and one.size > _PAIR and shared.first in (one.first, one.last) for one in blocks)


_PAIR = 2
"""A block of so many addresses gives both."""


def _of_metallb(pool: Resource) -> Iterator[PoolEntry]:
    addresses = pool.get(*_ADDRESSES)
    if isinstance(addresses, str) and has_placeholder(addresses):
        yield _entry(pool, _ADDRESSES, pool.name, addresses)
        return
    for index, value in enumerate(pool.sequence(*_ADDRESSES)):
        yield _entry(pool, (*_ADDRESSES, index), pool.name, value)


def _entry(resource: Resource, path: Path, pool: str, value: Any) -> PoolEntry:
    return PoolEntry(resource, path, pool, value if isinstance(value, str) else str(value), _range(value))


def _range(value: Any) -> EntryRange:
    if not isinstance(value, str):
        return AddressError("is not a string")
    if is_to_be_filled(value):
        return Unrendered("the addresses of the pool are filled in by another tool")
    return parse_pool_entry(value)


def _of_cilium(pool: Resource) -> Iterator[PoolEntry]:
    for field in ("blocks", "cidrs"):
        for index, block in enumerate(pool.sequence("spec", field)):
            yield PoolEntry(pool, ("spec", field, index), pool.name, _block_text(block), _block_range(block))


def _of_antrea(pool: Resource) -> Iterator[PoolEntry]:
    for index, block in enumerate(pool.sequence("spec", "ipRanges")):
        named = {**block, "stop": block.get("end")} if isinstance(block, dict) else block
        yield PoolEntry(pool, ("spec", "ipRanges", index), pool.name, _block_text(named), _block_range(named))


def _of_purelb(pool: Resource) -> Iterator[PoolEntry]:
    for group in ("local", "remote"):
        at: Path = ("spec", group)
        for field in ("v4pools", "v6pools"):
            for index, one in enumerate(pool.sequence(*at, field)):
                yield from _typed_entry(pool, (*at, field, index, "pool"), _text_at(one, "pool"))
        for field in ("v4pool", "v6pool"):
            yield from _typed_entry(pool, (*at, field, "pool"), pool.get(*at, field, "pool"))
        yield from _typed_entry(pool, (*at, "pool"), pool.get(*at, "pool"))


def _typed_entry(pool: Resource, path: Path, value: Any) -> Iterator[PoolEntry]:
    """Yield an entry of PureLB, where a CIDR begins at the address as it is typed."""
    if value is None:
        return
    entry = _entry(pool, path, pool.name, value)
    first = parse_address(entry.text.partition("/")[0]) if "-" not in entry.text else None
    if isinstance(entry.range, Interval) and first is not None:
        entry = entry._replace(range=entry.range._replace(first=first[1]))
    yield entry


def _of_openelb(pool: Resource) -> Iterator[PoolEntry]:
    value = pool.get("spec", "address")
    if value is not None:
        entry = _entry(pool, ("spec", "address"), pool.name, value)
        single = parse_address(entry.text)
        yield entry._replace(range=Interval(single[0], single[1], single[1])) if single else entry


def _of_calico(pool: Resource) -> Iterator[PoolEntry]:
    """Yield the range of an `IPPool` from which load balancers get addresses; others are those of Pods."""
    if "LoadBalancer" in pool.sequence("spec", "allowedUses"):
        yield _entry(pool, ("spec", "cidr"), pool.name, pool.get("spec", "cidr"))


def _of_kube_vip(pool: Resource) -> Iterator[PoolEntry]:
    """Yield the ranges of kube-vip's cloud provider, which trims nothing; `0.0.0.0/32` stands for DHCP."""
    for key, texts in pool.mapping("spec").items():
        for text in texts.split(",") if isinstance(texts, str) else ():
            if text != _DHCP:
                entry = _entry(pool, ("spec", key), pool.name, text)
                yield entry if text == text.strip() else entry._replace(range=AddressError("has white space around it"))


_DHCP = "0.0.0.0/32"

_CALICO_KINDS = tuple(kind for kind in OTHER_POOL_KINDS if kind.startswith("IPPool."))

_ENTRIES: Mapping[str, Callable[[Resource], Iterator[PoolEntry]]] = {
    **dict.fromkeys(METALLB_POOL_KINDS, _of_metallb),
    CILIUM_POOL: _of_cilium,
    KUBE_VIP_POOL: _of_kube_vip,
    "ServiceGroup.purelb.io": _of_purelb,
    "Eip.network.kubesphere.io": _of_openelb,
    "ExternalIPPool.crd.antrea.io": _of_antrea,
    **dict.fromkeys(_CALICO_KINDS, _of_calico),
}
_IMPLEMENTATIONS: Mapping[str, str] = {
    **dict.fromkeys(METALLB_POOL_KINDS, "metallb"),
    CILIUM_POOL: "cilium-lb-ipam",
    KUBE_VIP_POOL: "kube-vip",
    "ServiceGroup.purelb.io": "purelb",
    "Eip.network.kubesphere.io": "openelb",
    "ExternalIPPool.crd.antrea.io": "antrea",
    **dict.fromkeys(_CALICO_KINDS, "calico"),
}


def _text_at(value: object, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _block_text(block: object) -> str:
    if not isinstance(block, dict):
        return str(block)
    ends = [str(block[end]) for end in ("start", "stop") if block.get(end) is not None]
    return str(block["cidr"]) if isinstance(block.get("cidr"), str) else "-".join(ends)


def _block_range(block: object) -> EntryRange:
    if not isinstance(block, dict):
        return AddressError("is not a block")
    if has_placeholder(block):
        return Unrendered("the addresses of the pool are filled in by another tool")
    if isinstance(block.get("cidr"), str):
        return parse_cidr(block["cidr"]) or AddressError("is not a CIDR")
    first, last = (parse_address(block[end]) if isinstance(block.get(end), str) else None for end in ("start", "stop"))
    last = last or first
    is_range = first is not None and last is not None and first[0] == last[0] and first[1] <= last[1]
    return Interval(first[0], first[1], last[1]) if is_range and first and last else AddressError("is not a range of one family")
