"""What MetalLB refuses in one of its objects, each with the words of its webhook.

Source: metallb/metallb 7938d3f8 internal/config/config.go (`addressPoolFromCR`, `addressPoolServiceAllocationsFromCR`, `peerFromCR`,
`l2AdvertisementFromCR`, `bgpAdvertisementFromCR`, `communitiesFromCrs`, `ParseCIDR`), config/crd/bases (the rules in CEL).
"""

from collections.abc import Callable, Iterator, Mapping

from k8slblint.addresses import AddressError, parse_address, parse_pool_entry
from k8slblint.admission.metallb.bgp import community_fault, seconds_of
from k8slblint.admission.metallb.lists import repeated_selectors, repeated_texts
from k8slblint.admission.refusal import Refusal, shown
from k8slblint.model.location import Path
from k8slblint.model.placeholders import has_placeholder, is_blank
from k8slblint.model.resource import Resource
from k8slblint.model.texts import LABEL

_SPEC: Path = ("spec",)
_WHOLE_V4, _WHOLE_V6 = 32, 128
_SHORTEST_HOLD = 3


def metallb_refusals(resource: Resource) -> list[Refusal]:
    """Return what MetalLB refuses in an object of its group; nothing for one with placeholders where they would decide."""
    reader = _READERS.get(resource.kind)
    if reader is None or resource.group != "metallb.io":
        return []
    return [refusal for refusal in reader(resource) if not _is_to_be_filled(resource, refusal.path)]


def _is_to_be_filled(resource: Resource, path: Path) -> bool:
    return has_placeholder(resource.get(*path[:_DEPTH])) or is_blank(resource.get(*path))


_DEPTH = 2
"""How far up a placeholder makes a refusal uncertain: the field of the spec."""


def _pool(pool: Resource) -> Iterator[Refusal]:
    addresses = pool.get(*_SPEC, "addresses")
    if pool.get(*_SPEC) is not None and (addresses is None or addresses == []):
        reason = "pool has no prefixes defined"
        yield Refusal(_SPEC, "has no addresses", reason, rests_on_absence=True, help="List ranges or CIDRs under `addresses`.")
    for index, text in enumerate(pool.sequence(*_SPEC, "addresses")):
        entry = parse_pool_entry(text) if isinstance(text, str) else None
        if isinstance(entry, AddressError):
            form = "IP range" if "-" in text else "CIDR"
            path = (*_SPEC, "addresses", index)
            yield Refusal(path, f"has an invalid address {shown(text)}", f'invalid {form} "{text}"', label=_label(entry), help=_FORMS)
    allocation: Path = (*_SPEC, "serviceAllocation")
    yield from repeated_texts(pool.get(*allocation, "namespaces"), (*allocation, "namespaces"), "namespaces")
    for field in ("namespaceSelectors", "serviceSelectors"):
        yield from repeated_selectors(pool.get(*allocation, field), (*allocation, field), field)


def _label(error: AddressError) -> str:
    """Return what is wrong with an entry, without the advice where both do not fit."""
    return error.reason if len(error.reason) <= LABEL else error.reason.partition(";")[0]


_FORMS = "Write a CIDR (`10.0.0.0/28`, one address as `/32`) or a range (`10.0.0.1-10.0.0.9`)."


def _advertisement(resource: Resource) -> Iterator[Refusal]:
    yield from repeated_texts(resource.get(*_SPEC, "ipAddressPools"), (*_SPEC, "ipAddressPools"), "ipAddressPools")
    for field in ("ipAddressPoolSelectors", "nodeSelectors", "serviceSelectors"):
        yield from repeated_selectors(resource.get(*_SPEC, field), (*_SPEC, field), field)


def _bgp_advertisement(resource: Resource) -> Iterator[Refusal]:
    yield from _advertisement(resource)
    yield from repeated_texts(resource.get(*_SPEC, "communities"), (*_SPEC, "communities"), "community")
    yield from repeated_texts(resource.get(*_SPEC, "peers"), (*_SPEC, "peers"), "peers")
    for field, most, family in (("aggregationLength", _WHOLE_V4, "IPv4"), ("aggregationLengthV6", _WHOLE_V6, "IPv6")):
        length = resource.get(*_SPEC, field)
        if type(length) is not int:
            continue
        path: Path = (*_SPEC, field)
        if length > most:
            yield Refusal(
                path, f"has an aggregation length of {length}", f"invalid aggregation length for {family}", help=f"At most {most}."
            )
        elif length != most and resource.sequence(*_SPEC, "serviceSelectors"):
            reason = f"serviceSelectors and {field} are mutually exclusive"
            yield Refusal(path, f"has `{field}` beside `serviceSelectors`", reason, help="Remove one of them.")
    for index, text in enumerate(resource.sequence(*_SPEC, "communities")):
        if isinstance(text, str) and community_fault(text) == "value":
            yield _community((*_SPEC, "communities", index), text)


def _community(path: Path, text: str) -> Refusal:
    return Refusal(
        path,
        f"has an invalid community {shown(text)}",
        "invalid community value",
        help="Write `A:B` with numbers up to 65535, or `large:A:B:C`.",
    )


def _communities(resource: Resource) -> Iterator[Refusal]:
    at: Path = (*_SPEC, "communities")
    aliases = resource.sequence(*at)
    for index, alias in enumerate(aliases):
        value = alias.get("value") if isinstance(alias, dict) else None
        if isinstance(value, str) and community_fault(value) is not None:
            yield _community((*at, index, "value"), value)
    names = [alias.get("name") if isinstance(alias, dict) else None for alias in aliases]
    yield from (one._replace(path=(*at, int(one.path[-1]), "name")) for one in repeated_texts(names, at, "community"))


def _peer(peer: Resource) -> Iterator[Refusal]:
    if peer.version != "v1beta2" or not isinstance(peer.get(*_SPEC), dict):
        return
    yield from _numbers(peer)
    yield from _ends(peer)
    yield from _timers(peer)
    yield from repeated_selectors(peer.get(*_SPEC, "nodeSelectors"), (*_SPEC, "nodeSelectors"), "nodeSelectors")
    if peer.get(*_SPEC, "password") and peer.get(*_SPEC, "passwordSecret", "name"):
        reason = "can not have both password and secret ref set"
        yield Refusal((*_SPEC, "password"), "has a password and the Secret of one", reason, help="Remove `password`.")


def _numbers(peer: Resource) -> Iterator[Refusal]:
    own, other, mode = (peer.get(*_SPEC, field) for field in ("myASN", "peerASN", "dynamicASN"))
    if own == 0:
        yield Refusal((*_SPEC, "myASN"), "has no AS number of its side", "missing local ASN", help="Set `myASN`.")
    if not other and not mode:
        reason = "missing peer ASN and dynamicASN"
        yield Refusal(_SPEC, "has no AS number of its peer", reason, rests_on_absence=True, help="Set `peerASN` or `dynamicASN`.")
    if other and mode:
        reason = "both peer ASN and dynamicASN specified"
        yield Refusal((*_SPEC, "dynamicASN"), "has `peerASN` and `dynamicASN`", reason, help="Remove one of them.")
    if own is not None and own == other and peer.get(*_SPEC, "ebgpMultiHop") is True:
        reason = "invalid ebgp-multihop parameter set for an ibgp peer"
        yield Refusal((*_SPEC, "ebgpMultiHop"), "has `ebgpMultiHop` within one AS", reason, help="Remove `ebgpMultiHop`.")


def _ends(peer: Resource) -> Iterator[Refusal]:
    address, interface = peer.get(*_SPEC, "peerAddress"), peer.get(*_SPEC, "interface")
    if not address and not interface:
        reason = "peer has no Address or Interface specified"
        yield Refusal(_SPEC, "has neither address nor interface", reason, rests_on_absence=True, help="Set `peerAddress` or `interface`.")
    if address and interface:
        reason = "peer has both Address and Interface specified"
        yield Refusal((*_SPEC, "interface"), "has an address and an interface", reason, help="Remove one of them.")
    for field, words in (
        ("peerAddress", "invalid BGPPeer address"),
        ("sourceAddress", "invalid source IP"),
        ("routerID", "invalid router ID"),
    ):
        text = peer.get(*_SPEC, field)
        if isinstance(text, str) and text and parse_address(text) is None:
            fault = f"has an invalid `{field}`"
            yield Refusal((*_SPEC, field), fault, f'{words} "{text}"', label="is not an IP address", help="Write an IP address.")


def _timers(peer: Resource) -> Iterator[Refusal]:
    hold, alive = (seconds_of(peer.get(*_SPEC, field)) for field in ("holdTime", "keepaliveTime"))
    full = hold if hold is not None else alive * 3 if alive is not None else None
    if full is not None and int(full) != 0 and int(full) < _SHORTEST_HOLD:
        field = "holdTime" if hold is not None else "keepaliveTime"
        reason = "invalid hold time: must be 0 or >=3s"
        yield Refusal((*_SPEC, field), "has a hold time below 3 seconds", reason, help="Set a `holdTime` of 3 seconds or more, or 0.")
    elif hold is not None and alive is not None and alive > hold:
        reason = "invalid keepaliveTime, must be lower than holdTime"
        yield Refusal((*_SPEC, "keepaliveTime"), "has a keepalive time above its hold time", reason, help="Set a lower `keepaliveTime`.")


_READERS: Mapping[str, Callable[[Resource], Iterator[Refusal]]] = {
    "IPAddressPool": _pool,
    "L2Advertisement": _advertisement,
    "BGPAdvertisement": _bgp_advertisement,
    "BGPPeer": _peer,
    "Community": _communities,
}
