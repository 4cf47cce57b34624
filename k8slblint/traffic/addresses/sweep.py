"""Which intervals of two lists meet, found in one sweep over the addresses."""

import heapq
from collections.abc import Iterator, Sequence

from k8slblint.addresses import Interval

MOST = 200
"""Partners that one interval is told of: a reader wants a few, and a list of equal ranges would give a square."""


def meetings(left: Sequence[Interval], right: Sequence[Interval], most: int = MOST) -> Iterator[tuple[int, int]]:
    """Yield the indexes of an interval of `left` and one of `right` that share an address, in the order in which the meetings begin.

    Each interval of `left` is paired with at most `most` others. The time is that of sorting, and of what is yielded.
    """
    sides = (left, right)
    starts = sorted((one.family, one.first, side, index) for side, intervals in enumerate(sides) for index, one in enumerate(intervals))
    open_: tuple[dict[int, int], dict[int, int]] = ({}, {})
    ends: list[tuple[int, int, int, int]] = []
    count = [0] * len(left)
    for family, first, side, index in starts:
        while ends and ends[0][:2] < (family, first):
            _, _, closed, gone = heapq.heappop(ends)
            open_[closed].pop(gone, None)
        yield from _met(side, index, open_, count, most)
        if side or count[index] < most:
            open_[side][index] = index
        heapq.heappush(ends, (family, sides[side][index].last, side, index))


def _met(side: int, index: int, open_: tuple[dict[int, int], dict[int, int]], count: list[int], most: int) -> Iterator[tuple[int, int]]:
    """Yield the meetings of an interval that begins; those of `left` that have enough are no longer open."""
    for other in list(open_[1 - side]) if side else _first(open_[1], most):
        own, partner = (other, index) if side else (index, other)
        count[own] += 1
        if side and count[own] >= most:
            del open_[0][own]
        yield own, partner


def _first(found: dict[int, int], most: int) -> list[int]:
    return [index for index, _ in zip(found, range(most), strict=False)]


def first_met(intervals: Sequence[Interval]) -> Iterator[tuple[int, int]]:
    """Yield each interval that shares an address with one that begins before it, with the one of those that reaches furthest.

    The order is that of the addresses; of intervals that begin alike the earlier in the list is before the later.
    """
    furthest = -1
    for index in sorted(range(len(intervals)), key=lambda number: (intervals[number].family, intervals[number].first, number)):
        one, before = intervals[index], intervals[furthest] if furthest >= 0 else None
        is_met = before is not None and before.family == one.family and one.first <= before.last
        if is_met:
            yield index, furthest
        if before is None or before.family != one.family or one.last > before.last:
            furthest = index
