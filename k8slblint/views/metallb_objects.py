"""The objects that replace MetalLB's configuration before 0.13: of ConfigMaps, values of its chart, and AddressPools.

Follows metallb 7938d3f8 `configmaptocrs/main.go` and `types.go`: which field becomes which; names are those of pools, no numbers.
A comment names the fields that are not carried over: those that are not known, and values that are no scalars or lists of them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import LEGACY_POOL, Resource
from k8slblint.traffic.addresses.pools import is_ignored
from k8slblint.views.manifests import document

_V1BETA1, _V1BETA2 = "metallb.io/v1beta1", "metallb.io/v1beta2"

_NAMESPACE = "metallb-system"

_POOL_FIELDS = {"addresses": "addresses", "autoAssign": "autoAssign", "avoidBuggyIPs": "avoidBuggyIPs"}

_ADVERTISEMENT_FIELDS = {
    "aggregation-length": "aggregationLength",
    "aggregation-length-v6": "aggregationLengthV6",
    "localpref": "localPref",
    **{name: name for name in ("aggregationLength", "aggregationLengthV6", "localPref", "communities")},
}

_PEER_FIELDS = {
    "my-asn": "myASN",
    "peer-asn": "peerASN",
    "peer-address": "peerAddress",
    "source-address": "sourceAddress",
    "peer-port": "peerPort",
    "hold-time": "holdTime",
    "keepalive-time": "keepaliveTime",
    "router-id": "routerID",
    "password": "password",
    "bfd-profile": "bfdProfile",
    "ebgp-multihop": "ebgpMultiHop",
}

_PROFILE_FIELDS = {
    "receive-interval": "receiveInterval",
    "transmit-interval": "transmitInterval",
    "detect-multiplier": "detectMultiplier",
    "echo-interval": "echoInterval",
    "echo-mode": "echoMode",
    "passive-mode": "passiveMode",
    "minimum-ttl": "minimumTtl",
}

_NESTED = ("bgpAdvertisements", "node-selectors")

_LONGEST_NAME = 63

_Written: TypeAlias = tuple[Mapping[str, Any], Sequence[str]]
"""An object, and the comments above it."""


def as_manifests(graph: ResourceGraph) -> str:
    """Return the objects as YAML documents, in the order of the pools; a comment where there is nothing to convert."""
    pools = [pool for pool in graph.of_type(LEGACY_POOL, "AddressPool.metallb.io") if not is_ignored(pool, graph)]
    text = "".join(document(one, comments) for pool in pools for one, comments in _of_pool(pool))
    return text or "# no pool of MetalLB is in a form that later versions ignore\n"


def _of_pool(pool: Resource) -> Iterator[_Written]:
    spec = pool.mapping("spec")
    namespace = pool.namespace or _NAMESPACE
    name = _name(pool.name)
    at = pool.location()
    comments = [f"from {at.path}:{at.span.line}", *_left_out(spec, (*_POOL_FIELDS, "protocol", "bgpAdvertisements"))]
    yield _object(_V1BETA1, "IPAddressPool", name, namespace, _fields(spec, _POOL_FIELDS)), comments
    if spec.get("protocol") == "bgp":
        advertised = [one for one in pool.sequence("spec", "bgpAdvertisements") if isinstance(one, dict)] or [{}]
        for number, one in enumerate(advertised, 1):
            its_name = name if number == 1 else f"{name[: _LONGEST_NAME - 8]}-{number}"
            yield (
                _object(_V1BETA1, "BGPAdvertisement", its_name, namespace, {**_for(name), **_fields(one, _ADVERTISEMENT_FIELDS)}),
                _left_out(one, _ADVERTISEMENT_FIELDS),
            )
    else:
        yield _object(_V1BETA1, "L2Advertisement", name, namespace, _for(name)), []
    config = pool.mapping("config")
    yield from _peers(config, namespace)
    yield from _profiles(config, namespace)
    yield from _communities(config, namespace)


def _for(pool: str) -> dict[str, Any]:
    return {"ipAddressPools": [pool]}


def _peers(config: Mapping[str, Any], namespace: str) -> Iterator[_Written]:
    for number, peer in enumerate(_mappings(config.get("peers")), 1):
        spec = _fields(peer, _PEER_FIELDS)
        if isinstance(spec.get("bfdProfile"), str):
            spec["bfdProfile"] = _name(spec["bfdProfile"])
        selectors = [_selector(one) for one in _mappings(peer.get("node-selectors"))]
        if selectors:
            spec["nodeSelectors"] = selectors
        yield _object(_V1BETA2, "BGPPeer", f"peer{number}", namespace, spec), _left_out(peer, (*_PEER_FIELDS, "node-selectors"))


def _selector(selector: Mapping[str, Any]) -> dict[str, Any]:
    labels = selector.get("match-labels")
    found: dict[str, Any] = {"matchLabels": _fields(labels, {key: key for key in labels})} if isinstance(labels, dict) else {}
    wanted = [_fields(one, {key: key for key in ("key", "operator", "values")}) for one in _mappings(selector.get("match-expressions"))]
    return {**found, **({"matchExpressions": wanted} if wanted else {})}


def _profiles(config: Mapping[str, Any], namespace: str) -> Iterator[_Written]:
    for profile in _mappings(config.get("bfd-profiles")):
        if isinstance(profile.get("name"), str):
            spec = _fields(profile, _PROFILE_FIELDS)
            yield _object(_V1BETA1, "BFDProfile", _name(profile["name"]), namespace, spec), _left_out(profile, (*_PROFILE_FIELDS, "name"))


def _communities(config: Mapping[str, Any], namespace: str) -> Iterator[_Written]:
    named = config.get("bgp-communities")
    pairs = named.items() if isinstance(named, dict) else ()
    aliases = [{"name": key, "value": value} for key, value in pairs if isinstance(key, str) and isinstance(value, str)]
    if aliases:
        yield _object(_V1BETA1, "Community", "communities", namespace, {"communities": sorted(aliases, key=lambda one: one["name"])}), ()


def _object(version: str, kind: str, name: str, namespace: str, spec: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def _fields(value: Mapping[str, Any], names: Mapping[Any, str]) -> dict[str, Any]:
    """Return the known fields of a mapping that hold scalars or lists of scalars, under their new names."""
    return {name: value[key] for key, name in names.items() if key in value and isinstance(key, str) and _is_plain(value[key])}


def _left_out(value: Mapping[str, Any], known: Collection[str]) -> list[str]:
    """Return a comment with the fields of a mapping that are not carried over, if any."""
    left = [str(key) for key, one in value.items() if key not in known or not (_is_plain(one) or key in _NESTED)]
    return [f"not carried over: {', '.join(left)}"] if left else []


def _is_plain(value: object) -> bool:
    parts = value if isinstance(value, list) else [value]
    return all(isinstance(one, str | int) for one in parts)


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _name(name: str) -> str:
    """Return a name that the API server takes: lower case, `-` for other signs, from the first letter on, 63 at most."""
    text = "".join(sign if sign in "abcdefghijklmnopqrstuvwxyz0123456789" else "-" for sign in name[:_LONGEST_NAME].lower())
    return text.lstrip("-0123456789").rstrip("-") or "pool"
