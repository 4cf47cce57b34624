"""IP addresses as MetalLB reads them: exact intervals of integers, one family each.

The reading is that of Go's `net.ParseIP` and `net.ParseCIDR` (Go 1.26, `net/ip.go` and `net/netip/netip.go`), which
MetalLB calls, and of MetalLB's own `ParseCIDR` for ranges (metallb 0.16, `internal/config/config.go`).
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Final, Literal, NamedTuple, TypeAlias

Family: TypeAlias = Literal[4, 6]

IPV4: Final = 4

IPV6: Final = 6

_BITS = {IPV4: 32, IPV6: 128}

_OCTETS = 4

_HIGHEST_OCTET = 255

_PREFIX = r"0*([0-9]{1,3})"

_GROUP = r"[0-9A-Fa-f]{1,4}"

_MAPPED_PREFIX = 0xFFFF
"""What stands before an IPv4 address in its 16-byte form, `::ffff:a.b.c.d`."""

_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
"""What Go's `strings.TrimSpace` trims; Python's `strip` takes four control characters more."""

_PRIVATE = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "127.0.0.0/8",
    "fc00::/7",
    "fe80::/10",
    "::1/128",
)

_LOOPBACK = ("127.0.0.0/8", "::1/128")

_DASHES = "\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"


class Interval(NamedTuple):
    """All addresses of one family from `first` to `last`, both included."""

    family: Family
    first: int
    last: int

    @property
    def size(self) -> int:
        """How many addresses there are; at least one."""
        return self.last - self.first + 1

    def __str__(self) -> str:
        """Write the interval as MetalLB would read it back: a range, or a CIDR for a single address."""
        first = format_address(self.family, self.first)
        return f"{first}/{_BITS[self.family]}" if self.first == self.last else f"{first}-{format_address(self.family, self.last)}"


class EmptyRange(NamedTuple):
    """A range that MetalLB accepts and that holds no address at all: its ends are of two families."""

    reason: str


class AddressError(NamedTuple):
    """A text that MetalLB refuses, and why; the reason completes a sentence about the text."""

    reason: str


PoolRange: TypeAlias = Interval | EmptyRange | AddressError


def parse_address(text: str) -> tuple[Family, int] | None:
    """Read one address as `net.ParseIP` does: no zone, no leading zeros; an IPv4-mapped IPv6 address is an IPv4 address."""
    written = _parse_as_written(text)
    if written is None:
        return None
    family, number = written
    return (IPV4, number & 0xFFFFFFFF) if family == IPV6 and number >> 32 == _MAPPED_PREFIX else (family, number)


def parse_cidr(text: str) -> Interval | None:
    """Read a CIDR as `net.ParseCIDR` does: nothing is trimmed, host bits are dropped, `/08` is 8, a bare address is refused."""
    address, _, length = text.partition("/")
    written, prefix = _parse_as_written(address), _parse_prefix(length)
    if written is None or prefix is None or prefix > _BITS[written[0]]:
        return None
    family, number = written
    host_bits = _BITS[family] - prefix
    first = number >> host_bits << host_bits
    last = first | (1 << host_bits) - 1
    if family == IPV6 and first >> 32 == last >> 32 == _MAPPED_PREFIX:
        return Interval(IPV4, first & 0xFFFFFFFF, last & 0xFFFFFFFF)
    return Interval(family, first, last)


def parse_pool_entry(text: str) -> PoolRange:
    """Read one entry of a MetalLB pool: a range where it has a `-`, split at the first one with both halves trimmed, else a CIDR."""
    start, dash, end = text.partition("-")
    if dash:
        return _parse_range(start.strip(_SPACE), end.strip(_SPACE))
    return parse_cidr(text) or AddressError(_why_no_cidr(text))


def parse_stated(text: str) -> Interval | None:
    """Read what a person states: an address, a range or a CIDR; a CIDR with host bits is the address of an interface, so only that."""
    stated = text.strip()
    address = parse_address(stated.partition("/")[0])
    entry = parse_pool_entry(stated)
    interval = entry if isinstance(entry, Interval) else None
    is_address = address is not None and ("/" not in stated or (interval is not None and address[1] != interval.first))
    return Interval(address[0], address[1], address[1]) if address and is_address else interval


def drops_host_bits(text: str, interval: Interval) -> bool:
    """Tell whether a CIDR, read as `interval`, was written with another address than its first."""
    address = parse_address(text.partition("/")[0])
    return address is not None and address != (interval.family, interval.first)


def contains(outer: Interval, inner: Interval) -> bool:
    """Tell whether every address of `inner` lies in `outer`."""
    return outer.family == inner.family and outer.first <= inner.first and inner.last <= outer.last


def overlap(one: Interval, other: Interval) -> Interval | None:
    """Return the addresses that both intervals hold, or None where they share none."""
    if one.first > other.last or other.first > one.last or one.family != other.family:
        return None
    return Interval(one.family, max(one.first, other.first), min(one.last, other.last))


def widest_prefix(interval: Interval) -> int:
    """Return the prefix length of the widest aligned block that an interval contains whole."""
    bits = _BITS[interval.family]
    for length in range(bits + 1):
        size = 1 << (bits - length)
        if (interval.first + size - 1) // size * size + size - 1 <= interval.last:
            return length
    return bits


def is_private(interval: Interval) -> bool:
    """Tell whether no address of an interval is routed in the internet.

    Private ranges of RFC 1918 and RFC 4193, shared address space of RFC 6598, link-local and loopback addresses.
    """
    return any(contains(private, interval) for private in _private())


def is_loopback(interval: Interval) -> bool:
    """Tell whether all addresses of an interval are those by which a machine reaches only itself (RFC 1122, RFC 4291)."""
    return any(contains(loopback, interval) for loopback in map(parse_cidr, _LOOPBACK) if loopback is not None)


@cache
def _private() -> tuple[Interval, ...]:
    return tuple(interval for interval in map(parse_cidr, _PRIVATE) if interval is not None)


def subtract(interval: Interval, taken: Iterable[Interval]) -> list[Interval]:
    """Return what is left of an interval, in ascending order, when all of `taken` is cut out."""
    left = []
    first = interval.first
    for cut in sorted(shared for other in taken if (shared := overlap(interval, other))):
        if first < cut.first:
            left.append(Interval(interval.family, first, cut.first - 1))
        first = max(first, cut.last + 1)
    if first <= interval.last:
        left.append(Interval(interval.family, first, interval.last))
    return left


def format_address(family: Family, number: int) -> str:
    """Write an address: dotted decimal, or RFC 5952 (lower case, the longest run of zero groups as `::`)."""
    if family == IPV4:
        return ".".join(str(number >> shift & 0xFF) for shift in (24, 16, 8, 0))
    groups = [f"{number >> shift & 0xFFFF:x}" for shift in range(112, -1, -16)]
    start, length = _longest_zeros(groups)
    if length <= 1:
        return ":".join(groups)
    return f"{':'.join(groups[:start])}::{':'.join(groups[start + length :])}"


def _longest_zeros(groups: list[str]) -> tuple[int, int]:
    best = (0, 0)
    start = 0
    for index, group in enumerate(groups):
        if group != "0":
            start = index + 1
        elif index + 1 - start > best[1]:
            best = (start, index + 1 - start)
    return best


def _parse_as_written(text: str) -> tuple[Family, int] | None:
    if ":" in text:
        number = _parse_ipv6(text)
        return None if number is None else (IPV6, number)
    number = _parse_ipv4(text)
    return None if number is None else (IPV4, number)


def _parse_ipv4(text: str) -> int | None:
    octets = text.split(".")
    return int.from_bytes(map(int, octets)) if len(octets) == _OCTETS and all(map(_is_octet, octets)) else None


def _is_octet(text: str) -> bool:
    is_number = text.isascii() and text.isdigit() and (text[0] != "0" or text == "0")
    return is_number and len(text) <= len(str(_HIGHEST_OCTET)) and int(text) <= _HIGHEST_OCTET


def _parse_ipv6(text: str) -> int | None:
    head, gap, tail = text.partition("::")
    high = head.split(":") if head else []
    low = tail.split(":") if tail else []
    end = low if gap else high
    if end and "." in end[-1]:
        number = _parse_ipv4(end.pop())
        if number is None:
            return None
        end += [f"{number >> 16:x}", f"{number & 0xFFFF:x}"]
    missing = 8 - len(high) - len(low)
    if (missing < 1 if gap else missing) or not all(re.fullmatch(_GROUP, group) for group in (*high, *low)):
        return None
    return int("".join(group.zfill(4) for group in (*high, *["0"] * missing, *low)), 16)


def _parse_prefix(text: str) -> int | None:
    length = re.fullmatch(_PREFIX, text)
    return int(length.group(1)) if length else None


def _parse_range(start: str, end: str) -> PoolRange:
    first, last = parse_address(start), parse_address(end)
    if first is None:
        return AddressError(f"starts with '{start}', which is {_why_no_address(start)}")
    if last is None:
        return AddressError(f"ends in '{end}', which is {_why_no_address(end)}")
    if _sixteen_bytes(*first) > _sixteen_bytes(*last):
        return AddressError("starts after it ends")
    if first[0] != last[0]:
        return EmptyRange("has ends of two address families, so it contains no addresses")
    return Interval(first[0], first[1], last[1])


def _sixteen_bytes(family: Family, number: int) -> int:
    return number | _MAPPED_PREFIX << 32 if family == IPV4 else number


def _why_no_address(text: str) -> str:
    if parse_cidr(text):
        return "a CIDR; a range takes two plain addresses"
    if text.isdigit():
        return "only a part of an address; write it in full"
    return "not an IP address" if text else "not an address"


def _why_no_cidr(text: str) -> str:
    address = parse_address(text)
    if address:
        return f"is a single address; write '{text}/{_BITS[IPV6 if ':' in text else IPV4]}'"
    if not text.strip(_SPACE):
        return "is empty"
    if text != text.strip(_SPACE):
        return "has white space around it, which MetalLB does not trim"
    dash = next((letter for letter in text if letter in _DASHES), None)
    if dash:
        return f"has the letter U+{ord(dash):04X} where a range needs a plain '-'"
    if parse_address(text.partition("/")[0]):
        return f"has no valid prefix length after '/': '{text.partition('/')[2]}'"
    return "is neither a CIDR nor a range"
