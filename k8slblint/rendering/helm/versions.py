"""Whether the version of a chart matches the range that a dependency states.

Source: github.com/Masterminds/semver 3.4, README, "Checking Version Constraints", which Helm 3.19 asks (`pkg/resolver`).
"""

import re
from collections.abc import Iterable
from typing import TypeAlias

_Version: TypeAlias = tuple[int, int, int]

_NUMBER = r"(0|[1-9]\d{0,8})"
_VERSION = re.compile(rf"v?{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?P<pre>-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?", re.ASCII)
_PART = r"(\d{1,9}|[xX*])"
_PRE = r"-[0-9A-Za-z.-]+"
_CONSTRAINT = re.compile(
    rf"(?P<operator>=|!=|>=?|<=?|=>|=<|~>?|\^)?\s*v?{_PART}(?:\.{_PART})?(?:\.{_PART})?(?P<pre>{_PRE})?(?:\+[0-9A-Za-z.-]+)?",
    re.ASCII,
)
_LOWEST = "-0"
"""The pre-release that is below all others: what states it takes pre-releases as well."""
_BETWEEN_CONSTRAINTS = re.compile(r"[\s,]*")
_RANGE = re.compile(r"(\S+)\s+-\s+(\S+)")
_LONGEST = 200
_ABOVE_ALL: _Version = (1 << 40, 0, 0)


def fits(version: str, wanted: str) -> bool:
    """Tell whether a version is in a range (`8.4.*`, `^1.2`, `>=1.0.0 <2.0.0`, `1.x || 2.x`, `~1.x-0`); an empty one takes any.

    A range takes pre-releases where each constraint names one. False where either cannot be read, and for a pre-release where that is
    another than the lowest, with which it would have to be compared.
    """
    if wanted.strip() in ("", "*") or version == wanted.strip():
        return _VERSION.fullmatch(version) is not None
    found = _VERSION.fullmatch(version)
    if found is None or len(wanted) > _LONGEST:
        return False
    number = (int(found[1]), int(found[2]), int(found[3]))
    return any(_holds(number, part.strip(), is_release=found["pre"] is None) for part in wanted.split("||"))


def newest(versions: Iterable[str]) -> str | None:
    """Return the highest of some versions, releases before pre-releases; None where none can be read."""
    read = [
        (found["pre"] is None, int(found[1]), int(found[2]), int(found[3]), one) for one in versions if (found := _VERSION.fullmatch(one))
    ]
    return max(read)[-1] if read else None


def _holds(version: _Version, constraints: str, *, is_release: bool) -> bool:
    between = _RANGE.fullmatch(constraints)
    text = f">={between[1]} <={between[2]}" if between else constraints
    end, is_held = 0, bool(text)
    while end < len(text):
        found = _CONSTRAINT.match(text, end)
        if found is None:
            return False
        numbers = found.groups()[1:4]
        low, high = _bounds(*numbers)
        operator, pre = found["operator"] or "=", found["pre"]
        is_taken = is_release or pre == _LOWEST
        if pre and all(one and one.isdigit() for one in numbers):
            operator, is_taken = _FROM_PRE_RELEASES.get(operator, operator), is_taken and operator not in ("=", "!=")
        is_held = is_held and is_taken and _is_within(version, operator, low, high, len([one for one in numbers if one]))
        end = _end_of_gap(text, found.end())
    return is_held


_FROM_PRE_RELEASES = {">": ">=", "<=": "<", "=<": "<"}
"""What operators before a pre-release come to for a release: that of the same number comes after it."""


def _end_of_gap(text: str, end: int) -> int:
    gap = _BETWEEN_CONSTRAINTS.match(text, end)
    return gap.end() if gap else end


def _bounds(major: str, minor: str | None, patch: str | None, /) -> tuple[_Version, _Version]:
    """Return the first version that a partial one stands for, and the first after those."""
    if not major.isdigit():
        return (0, 0, 0), _ABOVE_ALL
    if minor is None or not minor.isdigit():
        return (int(major), 0, 0), (int(major) + 1, 0, 0)
    if patch is None or not patch.isdigit():
        return (int(major), int(minor), 0), (int(major), int(minor) + 1, 0)
    return (int(major), int(minor), int(patch)), (int(major), int(minor), int(patch) + 1)


def _is_within(version: _Version, operator: str, low: _Version, high: _Version, parts: int) -> bool:
    if operator == "!=":
        return not low <= version < high
    if operator in (">=", "=>"):
        return version >= low
    if operator == ">":
        return version >= high
    if operator == "<":
        return version < low
    if operator in ("<=", "=<"):
        return version < high
    return low <= version < _end_of(operator, low, high, parts)


def _end_of(operator: str, low: _Version, high: _Version, parts: int) -> _Version:
    """Return the first version after those that `=`, `~` or `^` take."""
    if operator.startswith("~") and parts > 1:
        return max(high, (low[0], low[1] + 1, 0))
    if operator == "^":
        if low[0]:
            return (low[0] + 1, 0, 0)
        return (0, low[1] + 1, 0) if low[1] else high
    return high
