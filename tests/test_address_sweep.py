"""The sweep over intervals against an oracle that enumerates addresses."""

from hypothesis import given
from hypothesis import strategies as st

from k8slblint.addresses import Interval
from k8slblint.traffic.addresses.sweep import MOST, first_met, meetings

_HIGHEST = {4: 2**32 - 1, 6: 2**128 - 1}


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    """Intervals of either family, most of them among few addresses at either end, from one address to all."""
    family = draw(st.sampled_from((4, 6)))
    ends = st.one_of(st.integers(0, 24), st.integers(_HIGHEST[family] - 8, _HIGHEST[family]))
    first, last = sorted((draw(ends), draw(ends)))
    return Interval(family, first, last)


def share(one: Interval, other: Interval) -> bool:
    """The oracle: whether any end of either, or any address between near ends, is in both."""
    if one.family != other.family:
        return False
    near = {*range(25), *range(_HIGHEST[one.family] - 8, _HIGHEST[one.family] + 1)}
    return any(one.first <= address <= one.last and other.first <= address <= other.last for address in near)


LISTS = st.lists(intervals(), max_size=12)


@given(LISTS, LISTS)
def test_every_meeting_is_found_and_no_other(left: list[Interval], right: list[Interval]) -> None:
    expected = {(i, j) for i, one in enumerate(left) for j, other in enumerate(right) if share(one, other)}
    found = list(meetings(left, right))
    assert len(found) == len(set(found))
    assert set(found) == expected


@given(LISTS, LISTS, st.integers(1, 3))
def test_partners_are_limited_and_nobody_loses_all(left: list[Interval], right: list[Interval], most: int) -> None:
    expected = {i for i, one in enumerate(left) if any(share(one, other) for other in right)}
    found = list(meetings(left, right, most))
    assert {i for i, _ in found} == expected
    assert all(sum(1 for i, _ in found if i == index) <= most for index in expected)
    assert all(share(left[i], right[j]) for i, j in found)


@given(LISTS)
def test_whoever_shares_an_address_is_told_of_one_partner(held: list[Interval]) -> None:
    found = list(first_met(held))
    assert all(share(held[one], held[other]) and one != other for one, other in found)
    in_a_clash = {i for i, one in enumerate(held) if any(i != j and share(one, other) for j, other in enumerate(held))}
    assert {index for pair in found for index in pair} <= in_a_clash
    starts = {i for i in in_a_clash if any(_before(held, j, i) and share(held[i], held[j]) for j in in_a_clash)}
    assert {one for one, _ in found} == starts


def _before(held: list[Interval], one: int, other: int) -> bool:
    return (held[one].family, held[one].first, one) < (held[other].family, held[other].first, other)


def test_a_hundred_thousand_intervals_give_no_square() -> None:
    same = [Interval(4, 0, 255)] * 50_000
    assert len(list(meetings(same[:500], same))) == 500 * MOST
    assert len(list(first_met(same))) == len(same) - 1
    apart = [Interval(4, 2 * number, 2 * number) for number in range(50_000)]
    odd = [Interval(4, 2 * number + 1, 2 * number + 1) for number in range(50_000)]
    assert list(meetings(apart, odd)) == []
