"""IP addresses and CIDRs as the API server reads them: loosely before release 1.36, strictly for new values since.

Sources: k8s.io/utils/net `ParseIPSloppy`; apimachinery `pkg/util/validation/ip.go`; KEP-4858 (StrictIPCIDRValidation: beta and on in 1.36).
"""

from typing import Final

from k8slblint import addresses
from k8slblint.addresses import IPV4, IPV6, Family
from k8slblint.admission.refusal import Refusal, invalid, shown
from k8slblint.model.location import Path

_STRICT_SINCE: Final = 36

_NOT_AN_IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
_NOT_A_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
_LEADING_ZEROS = "must not have leading 0s"
_MAPPED = "must not be an IPv4-mapped IPv6 address"
_CIDR_LEADING_ZEROS = "must not have leading 0s in IP or prefix length"
_CIDR_MAPPED = "must not have an IPv4-mapped IPv6 address"
_HOST_BITS = "must not have bits set beyond the prefix length"

_LOOPBACK = 127
_LINK_LOCAL = 169 << 8 | 254
_LINK_LOCAL_MULTICAST = 224 << 16


def read_ip(text: str) -> tuple[Family, int] | None:
    """Read an address as `ParseIPSloppy` does: octets may have leading zeros; a mapped address is an IPv4 address."""
    return addresses.parse_address(_without_leading_zeros(text))


def broken_ip(text: str) -> str | None:
    """Return the rule that an address breaks in every release, or None."""
    return None if read_ip(text) else _NOT_AN_IP


def broken_cidr(text: str) -> str | None:
    """Return the rule that a CIDR breaks in every release, or None."""
    address, slash, prefix = text.partition("/")
    return None if addresses.parse_cidr(f"{_without_leading_zeros(address)}{slash}{prefix}") else _NOT_A_CIDR


def broken_strict_ip(text: str) -> str | None:
    """Return the rule that a readable address breaks since release 1.36, or None."""
    if _without_leading_zeros(text) != text:
        return _LEADING_ZEROS
    address = read_ip(text)
    return _MAPPED if address and address[0] == IPV4 and ":" in text else None


def broken_strict_cidr(text: str) -> str | None:
    """Return the rule that a readable CIDR breaks since release 1.36, or None."""
    address, _, prefix = text.partition("/")
    broken = broken_strict_ip(address)
    if broken == _LEADING_ZEROS or (len(prefix) > 1 and prefix.startswith("0")):
        return _CIDR_LEADING_ZEROS
    if broken:
        return _CIDR_MAPPED
    interval = addresses.parse_cidr(text)
    return _HOST_BITS if interval and addresses.drops_host_bits(text, interval) else None


def ambiguity(text: str, minor: int | None) -> str | None:
    """Return the rule of the strict reading that a CIDR breaks where the release (None: not known which) still accepts it, or None."""
    return None if broken_cidr(text) or (minor is not None and minor >= _STRICT_SINCE) else broken_strict_cidr(text)


def strict_refusal(path: Path, text: str, rule: str, field: Path = ()) -> Refusal:
    """Return the refusal of an address or CIDR that breaks a rule of the strict reading; values of live objects may stay (ratcheting)."""
    fault = f"has {'address' if '/' not in text else 'IP range'} {shown(text)} in a form that is not valid"
    help_ = "Write IPv4 octets without leading zeros, no IPv4-mapped IPv6 address, and a network address before a prefix."
    return Refusal(path, fault, invalid(text, rule), _STRICT_SINCE, field=field, spares_live=True, help=help_)


def special_range(family: Family, number: int) -> str | None:
    """Return the rule that an external IP breaks for what it means (`ValidateNonSpecialIP`), or None."""
    if number == 0:
        return f"may not be unspecified ({addresses.format_address(family, number)})"
    if number >> 24 == _LOOPBACK if family == IPV4 else number == 1:
        return "may not be in the loopback range (127.0.0.0/8, ::1/128)"
    if number >> 16 == _LINK_LOCAL if family == IPV4 else number >> 118 == 0xFE80 >> 6:
        return "may not be in the link-local range (169.254.0.0/16, fe80::/10)"
    if number >> 8 == _LINK_LOCAL_MULTICAST if family == IPV4 else number >> 112 & 0xFF0F == 0xFF02:  # noqa: PLR2004
        return "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"
    return None


def family_name(family: Family) -> str:
    """Return the word of `ipFamilies` for a family."""
    return "IPv6" if family == IPV6 else "IPv4"


def _without_leading_zeros(text: str) -> str:
    head, colon, dotted = text.rpartition(":")
    if "." not in dotted:
        return text
    octets = (octet.lstrip("0") or octet[:1] for octet in dotted.split("."))
    return f"{head}{colon}{'.'.join(octets)}"
