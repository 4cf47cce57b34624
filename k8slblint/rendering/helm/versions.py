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
_CONSTRAINT = re.compile(rf"(?P<operator>=|!=|>=?|<=?|=>|=<|~>?|\^)?\s*v?{_PART}(?:\.{_PART})?(?:\.{_PART})?", re.ASCII)
_BETWEEN_CONSTRAINTS = re.compile(r"[\s,]*")
_RANGE = re.compile(r"(\S+)\s+-\s+(\S+)")
_LONGEST = 200
_ABOVE_ALL: _Version = (1 << 40, 0, 0)


def fits(version: str, wanted: str) -> bool:
    """Tell whether a version is in a range (`8.4.*`, `^1.2`, `>=1.0.0 <2.0.0`, `1.x || 2.x`); an empty one takes any.

    False where either cannot be read, or names a pre-release, which only an equal text takes.
    """
    if wanted.strip() in ("", "*") or version == wanted.strip():
        return _VERSION.fullmatch(version) is not None
    found = _VERSION.fullmatch(version)
    if found is None or found["pre"] or len(wanted) > _LONGEST:
        return False
    number = (int(found[1]), int(found[2]), int(found[3]))
    return any(_holds(number, part.strip()) for part in wanted.split("||"))


def newest(versions: Iterable[str]) -> str | None:
    """Return the highest of some versions, releases before pre-releases; None where none can be read."""
    read = [
        (found["pre"] is None, int(found[1]), int(found[2]), int(found[3]), one) for one in versions if (found := _VERSION.fullmatch(one))
    ]
    return max(read)[-1] if read else None


def _holds(version: _Version, constraints: str) -> bool:
    between = _RANGE.fullmatch(constraints)
    text = f">={between[1]} <={between[2]}" if between else constraints
    end, is_held = 0, bool(text)
    while end < len(text):
        found = _CONSTRAINT.match(text, end)
        if found is None:
            return False
        low, high = _bounds(found[2], found[3], found[4])
        is_held = is_held and _is_within(version, found["operator"] or "=", low, high, len([one for one in found.groups()[1:] if one]))
        end = _end_of_gap(text, found.end())
    return is_held


def _end_of_gap(text: str, end: int) -> int:
    gap = _BETWEEN_CONSTRAINTS.match(text, end)
    return gap.end() if gap else end


def _bounds(major: str, minor: str | None, patch: str | None) -> tuple[_Version, _Version]:
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
