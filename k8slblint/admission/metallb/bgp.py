"""Durations of BGP and texts of communities, as MetalLB reads them.

Sources: metallb/metallb 7938d3f8 internal/bgp/community/community.go (`New`), internal/config/config.go (`parseTimers`); Go 1.26
`time.ParseDuration`.
"""

from typing import Literal, TypeAlias

from k8slblint.model.patterns import pattern

CommunityFault: TypeAlias = Literal["value", "format"]
"""What is wrong with a text: a part that is no number of its size, or a form that only the name of an alias may have."""

_LEGACY = 2
_LARGE = 4
_MARK = "large"
_SIXTEEN, _THIRTY_TWO = 0xFFFF, 0xFFFFFFFF
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_DURATION = pattern(r"[+-]?(?:0|(?:[0-9]{1,12}(?:\.[0-9]{0,12})?(?:h|ms|m|s|us|µs|ns))+)")
_PART = pattern(r"([0-9]{1,12}(?:\.[0-9]{0,12})?)(h|ms|m|s|us|µs|ns)")


def community_fault(text: str) -> CommunityFault | None:
    """Return what is wrong with a community: `A:B` with 16 bits each, or `large:A:B:C` with 32 bits each."""
    parts = text.split(":")
    if len(parts) == _LEGACY:
        return None if all(_is_number(part, _SIXTEEN) for part in parts) else "value"
    if len(parts) == _LARGE:
        return None if parts[0] == _MARK and all(_is_number(part, _THIRTY_TWO) for part in parts[1:]) else "value"
    return "format"


def is_large(text: str) -> bool:
    """Tell whether a community is of the form that native mode does not know."""
    return community_fault(text) is None and text.startswith(f"{_MARK}:")


def _is_number(text: str, most: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(most)) + 20 and int(text) <= most


def seconds_of(text: object) -> float | None:
    """Return a duration in seconds, None for what Go does not read as one."""
    if not isinstance(text, str) or _DURATION.fullmatch(text) is None:
        return None
    total = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    return -total if text.startswith("-") else total
