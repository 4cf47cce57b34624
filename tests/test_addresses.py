"""Address arithmetic: read as Go and MetalLB read, exact on integers, equal to the standard library where that means the same."""

import ipaddress
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8slblint.addresses import (
    AddressError,
    EmptyRange,
    Family,
    Interval,
    contains,
    drops_host_bits,
    format_address,
    overlap,
    parse_address,
    parse_cidr,
    parse_pool_entry,
    parse_stated,
    subtract,
)

# What Go 1.26 answered for each text: `net.ParseIP(text).String()` and the network of `net.ParseCIDR(text)`, None for an error.
GO = [
    ("", None, None),
    ("0.0.0.0", "0.0.0.0", None),
    ("10.0.0.1", "10.0.0.1", None),
    ("255.255.255.255", "255.255.255.255", None),
    ("256.0.0.1", None, None),
    ("10.0.0.01", None, None),
    ("010.0.0.1", None, None),
    ("00.0.0.0", None, None),
    ("10.0.0", None, None),
    ("10.0.0.1.2", None, None),
    ("10.0.0.", None, None),
    (".10.0.0", None, None),
    ("10..0.1", None, None),
    ("10.0.0.1 ", None, None),
    (" 10.0.0.1", None, None),
    ("10.0.0.1\t", None, None),
    ("10.0.0.+1", None, None),
    ("10.0.0.-1", None, None),
    ("10.0.0.1_0", None, None),
    ("10.0.0.0x1", None, None),
    ("1000.0.0.1", None, None),
    ("10.0.0.\u0663", None, None),
    ("167772161", None, None),
    ("::", "::", None),
    ("::1", "::1", None),
    ("1::", "1::", None),
    ("2001:db8::1", "2001:db8::1", None),
    ("2001:DB8::A", "2001:db8::a", None),
    ("2001:db8::1%eth0", None, None),
    ("fe80::1%1", None, None),
    ("2001:db8:0:0:0:0:0:1", "2001:db8::1", None),
    ("2001:db8:0:0:0:0:1", None, None),
    ("1:2:3:4:5:6:7:8:9", None, None),
    ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", None),
    ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8", None),
    ("1:2:3:4:5:6:7:8::", None, None),
    ("1::3:4:5:6:7:8", "1:0:3:4:5:6:7:8", None),
    ("1::2:3:4:5:6:7:8", None, None),
    ("1::2::3", None, None),
    (":::", None, None),
    (":1::2", None, None),
    ("1:2:3:4:5:6:7:", None, None),
    (":1:2:3:4:5:6:7", None, None),
    ("00001::", None, None),
    ("0001::", "1::", None),
    ("g::1", None, None),
    ("::ffff:10.0.0.1", "10.0.0.1", None),
    ("::FFFF:a00:1", "10.0.0.1", None),
    ("::ffff:10.0.0.01", None, None),
    ("::10.0.0.1", "::a00:1", None),
    ("64:ff9b::10.0.0.1", "64:ff9b::a00:1", None),
    ("1:2:3:4:5:6:10.0.0.1", "1:2:3:4:5:6:a00:1", None),
    ("1:2:3:4:5:6:7:10.0.0.1", None, None),
    ("1:2:3:4:5:10.0.0.1", None, None),
    ("10.0.0.1::", None, None),
    ("::10.0.0.1:1", None, None),
    ("::10.0.0", None, None),
    ("::10.0.0.1.2", None, None),
    ("[::1]", None, None),
    ("10.0.0.0/24", None, "10.0.0.0/24"),
    ("10.0.0.5/24", None, "10.0.0.0/24"),
    ("10.90.3.0/16", None, "10.90.0.0/16"),
    ("10.0.0.5/32", None, "10.0.0.5/32"),
    ("10.0.0.5/33", None, None),
    ("10.0.0.5/0", None, "0.0.0.0/0"),
    ("10.0.0.0/08", None, "10.0.0.0/8"),
    ("10.0.0.0/008", None, "10.0.0.0/8"),
    ("10.0.0.0/0000000000000000000000024", None, "10.0.0.0/24"),
    ("10.0.0.0/+8", None, None),
    ("10.0.0.0/-8", None, None),
    ("10.0.0.0/", None, None),
    ("10.0.0.0/ 8", None, None),
    ("10.0.0.0/8 ", None, None),
    (" 10.0.0.0/8", None, None),
    ("10.0.0.0/8/8", None, None),
    ("10.0.0.0/255.0.0.0", None, None),
    ("10.0.0.0/8a", None, None),
    ("10.0.0.0/\u0663", None, None),
    ("10.0/8", None, None),
    ("010.0.0.0/8", None, None),
    ("0.0.0.0/0", None, "0.0.0.0/0"),
    ("/8", None, None),
    ("2001:db8::5/64", None, "2001:db8::/64"),
    ("2001:db8::/129", None, None),
    ("2001:db8::1/128", None, "2001:db8::1/128"),
    ("::/0", None, "::/0"),
    ("::1%lo/128", None, None),
    ("::ffff:10.0.0.0/120", None, "10.0.0.0/24"),
    ("::ffff:10.0.0.9/96", None, "0.0.0.0/0"),
    ("::ffff:10.0.0.9/95", None, "::fffe:0:0/95"),
    ("::ffff:10.0.0.9/24", None, "::/24"),
    ("::ffff:10.0.0.9/0", None, "::/0"),
    ("::ffff:10.0.0.9/128", None, "10.0.0.9/32"),
    ("::ffff:10.0.0.9/129", None, None),
    ("::10.0.0.9/120", None, "::a00:0/120"),
    ("::/095", None, "::/95"),
    ("10.0.0.0/1677721600", None, None),
    ("10.0.0.0/16777215", None, None),
    ("10.0.0.0/16777216", None, None),
    ("2001:db8:::/64", None, None),
    ("2001:db8::\uff11/64", None, None),
    ("1:2:3:4:5:6:7:8/128", None, "1:2:3:4:5:6:7:8/128"),
    ("1:2:3:4:5:6:7::8/128", None, None),
    ("::1:2:3:4:5:6:7:8", None, None),
    ("0::0::0", None, None),
    ("1:2", None, None),
    (":", None, None),
    (".", None, None),
    ("1.", None, None),
    ("::.", None, None),
    ("::1.", None, None),
    ("12345::", None, None),
    ("::0.0.0.0", "::", None),
    ("::ffff:0:0", "0.0.0.0", None),
    ("::ffff:255.255.255.256", None, None),
    ("::ffff:1.2.3", None, None),
    ("10.0.0.0/" + "9" * 5000, None, None),
]

LOW = st.integers(0, 40)
ADDRESSES = st.one_of(
    st.tuples(st.just(4), st.integers(0, 2**32 - 1)),
    st.tuples(st.just(6), st.one_of(st.integers(0, 2**128 - 1), st.integers(0, 2**16), st.integers(0, 127).map(lambda bit: 1 << bit))),
)
TEXTS = st.text(alphabet="0123456789abF.:/%", max_size=24) | st.from_regex(r"[0-9a-f]{0,4}(::?[0-9a-f]{0,4}){1,9}", fullmatch=True)


def number(text: str) -> int:
    return int(ipaddress.ip_address(text))


def interval(low: int, high: int) -> Interval:
    return Interval(4, min(low, high), max(low, high))


def members(intervals: Sequence[Interval]) -> list[int]:
    return [value for held in intervals for value in range(held.first, held.last + 1)]


@pytest.mark.parametrize(("text", "address"), [(text, address) for text, address, _ in GO])
def test_an_address_is_read_as_go_reads_it(text: str, address: str | None) -> None:
    read = parse_address(text)
    assert (read and format_address(*read)) == address


@pytest.mark.parametrize(("text", "network"), [(text, network) for text, _, network in GO])
def test_a_cidr_is_read_as_go_reads_it(text: str, network: str | None) -> None:
    read = parse_cidr(text)
    if network is None:
        assert read is None
    else:
        expected = ipaddress.ip_network(network)
        assert read == (expected.version, int(expected.network_address), int(expected.broadcast_address))


@given(TEXTS)
def test_an_address_is_read_as_the_standard_library_reads_it(text: str) -> None:
    try:
        expected = ipaddress.ip_address(text)
    except ValueError:
        assert parse_address(text) is None
        return
    if "%" in text:
        assert parse_address(text) is None
        return
    mapped = expected.ipv4_mapped if isinstance(expected, ipaddress.IPv6Address) else None
    assert parse_address(text) == ((4, int(mapped)) if mapped else (expected.version, int(expected)))


@given(ADDRESSES)
def test_a_written_address_is_that_of_the_standard_library_and_reads_back(address: tuple[Family, int]) -> None:
    family, value = address
    kind = ipaddress.IPv4Address if family == 4 else ipaddress.IPv6Address
    text = format_address(family, value)
    assert kind(text) == kind(value)
    if family == 6 and value >> 32 != 0xFFFF:
        assert text == str(kind(value))
        assert parse_address(text) == address


@given(ADDRESSES, st.integers(0, 128))
def test_a_cidr_holds_the_addresses_that_the_standard_library_says(address: tuple[Family, int], prefix: int) -> None:
    family, value = address
    text = f"{format_address(family, value)}/{prefix}"
    if prefix > (32 if family == 4 else 128):
        assert parse_cidr(text) is None
        return
    network = (ipaddress.IPv4Network if family == 4 else ipaddress.IPv6Network)((value, prefix), strict=False)
    read = parse_cidr(text)
    if value >> 32 != 0xFFFF:
        assert read == (family, int(network.network_address), int(network.broadcast_address))
        assert read
        assert drops_host_bits(text, read) == (value != int(network.network_address))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("10.0.0.1-10.0.0.9", "10.0.0.1", "10.0.0.9"),
        ("10.0.0.1 -\t10.0.0.9\n", "10.0.0.1", "10.0.0.9"),
        ("\u00a010.0.0.1-10.0.0.9\u3000", "10.0.0.1", "10.0.0.9"),
        ("10.0.0.1-10.0.0.1", "10.0.0.1", "10.0.0.1"),
        ("0.0.0.0-255.255.255.255", "0.0.0.0", "255.255.255.255"),
        ("::1-::ff", "::1", "::ff"),
        ("FD00::1-fd00:0::2", "fd00::1", "fd00::2"),
        ("::ffff:10.0.0.1-10.0.0.9", "10.0.0.1", "10.0.0.9"),
        ("10.0.0.5/24", "10.0.0.0", "10.0.0.255"),
        ("fd00::5/127", "fd00::4", "fd00::5"),
    ],
)
def test_an_entry_holds_from_first_to_last(text: str, first: str, last: str) -> None:
    assert parse_pool_entry(text) == Interval(6 if ":" in first else 4, number(first), number(last))


@pytest.mark.parametrize("text", ["10.0.0.1-fd00::1", "10.0.0.1-::ffff:0:0:0", "::1-10.0.0.1", "0.0.0.0-::1:0:0:0"])
def test_a_range_of_two_families_is_accepted_and_empty(text: str) -> None:
    assert isinstance(parse_pool_entry(text), EmptyRange)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        (" ", "is empty"),
        ("10.0.0.5", "write '10.0.0.5/32'"),
        ("fd00::5", "write 'fd00::5/128'"),
        ("::ffff:10.0.0.5", "write '::ffff:10.0.0.5/128'"),
        (" 10.0.0.0/24", "white space"),
        ("10.0.0.0/24 ", "white space"),
        ("10.0.0.1\u201310.0.0.9", "U+2013"),
        ("10.0.0.1..10.0.0.9", "neither a CIDR nor a range"),
        ("10.0.0.0/33", "prefix length"),
        ("10.0.0.0/255.255.255.0", "prefix length"),
        ("10.0.0.1-10", "ends in '10', which is only a part"),
        ("10.0.0.1-", "not an address"),
        ("-10.0.0.1", "not an address"),
        ("10.0.0.0/24-10.0.0.9", "starts with '10.0.0.0/24', which is a CIDR"),
        ("10.0.0.0-10.0.0.9/32", "ends in '10.0.0.9/32', which is a CIDR"),
        ("10.0.0.1-10.0.0.2-10.0.0.3", "not an IP address"),
        ("fe80::1%eth0-fe80::2", "not an IP address"),
        ("10.0.0.9-10.0.0.1", "starts after it ends"),
        ("fd00::1-10.0.0.1", "starts after it ends"),
        ("\x1c10.0.0.1-10.0.0.9", "not an IP address"),
        ("lan", "neither a CIDR nor a range"),
    ],
)
def test_a_refused_entry_says_why(text: str, reason: str) -> None:
    refused = parse_pool_entry(text)
    assert isinstance(refused, AddressError)
    assert reason in refused.reason


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("10.0.0.5", "10.0.0.5", "10.0.0.5"),
        (" fd00::5 ", "fd00::5", "fd00::5"),
        ("10.0.0.5/24", "10.0.0.5", "10.0.0.5"),
        ("10.0.0.0/30", "10.0.0.0", "10.0.0.3"),
        ("10.0.0.1-10.0.0.9", "10.0.0.1", "10.0.0.9"),
    ],
)
def test_what_a_person_states_may_be_an_address_a_cidr_or_a_range(text: str, first: str, last: str) -> None:
    assert parse_stated(text) == Interval(6 if ":" in first else 4, number(first), number(last))


@pytest.mark.parametrize("text", ["", "node-1", "10.0.0.0/40", "10.0.0.9-10.0.0.1", "10.0.0.1-fd00::1"])
def test_what_a_person_states_may_be_no_address(text: str) -> None:
    assert parse_stated(text) is None


@given(LOW, LOW, LOW, LOW)
def test_overlap_and_containment_agree_with_sets(a: int, b: int, c: int, d: int) -> None:
    one, other = interval(a, b), interval(c, d)
    shared = sorted(set(members([one])) & set(members([other])))
    assert members([found] if (found := overlap(one, other)) else []) == shared
    assert overlap(other, one) == overlap(one, other)
    assert contains(one, other) == (shared == members([other]))


@given(LOW, LOW, st.lists(st.tuples(LOW, LOW), max_size=6))
def test_subtraction_agrees_with_sets(a: int, b: int, cuts: list[tuple[int, int]]) -> None:
    whole, taken = interval(a, b), [interval(*cut) for cut in cuts]
    left = subtract(whole, taken)
    assert members(left) == sorted(set(members([whole])) - set(members(taken)))
    assert all(one.last + 1 < other.first for one, other in pairwise(left))


def test_families_never_meet() -> None:
    four, six = Interval(4, 0, 99), Interval(6, 0, 99)
    assert overlap(four, six) is None
    assert not contains(four, six)
    assert subtract(four, [six]) == [four]


def test_an_interval_is_written_as_metallb_reads_it() -> None:
    for text in ("10.0.0.1-10.0.0.9", "10.0.0.1/32", "fd00::1/128", "fd00::1-fd00::ff"):
        assert str(parse_pool_entry(text)) == text
