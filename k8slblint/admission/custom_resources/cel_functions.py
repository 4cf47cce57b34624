"""The functions and methods of CEL rules, and the two ways in which they fail.

Sources: CEL language definition, "Standard definitions"; Kubernetes 1.37, the CEL libraries of strings, IP addresses and formats.
"""

import re
from collections.abc import Callable
from typing import Any, NoReturn

from k8slblint import addresses
from k8slblint.admission import grammar
from k8slblint.admission.custom_resources.patterns import matches
from k8slblint.admission.custom_resources.unknowns import is_open
from k8slblint.model.records import NamedTuple


class UnknownValueError(Exception):
    """The answer depends on a value that is not known."""


class EvaluationError(Exception):
    """The rule fails for this value, as on the API server, which then refuses the object; the text says why."""


def fail(why: str) -> NoReturn:
    """Fail as the rule does on the API server."""
    raise EvaluationError(why)


def _size(value: Any) -> int:
    if not isinstance(value, str | list | dict):
        return fail("no such overload")
    if is_open(value):
        raise UnknownValueError
    return len(value)


def matching(value: str, pattern: Any) -> bool:
    """Tell whether a text matches a pattern."""
    found = matches(str(pattern), value)
    if found is None:
        raise UnknownValueError
    return found


def substring(value: str, start: int, end: int | None = None) -> str:
    """Return a part of a text, from one place up to another."""
    last = len(value) if end is None else end
    return value[start:last] if 0 <= start <= last <= len(value) else fail("index out of range")


_SECOND = 10**9
_UNITS = {"h": 3600 * _SECOND, "m": 60 * _SECOND, "s": _SECOND, "ms": 10**6, "us": 10**3, "ns": 1}
_PARTS = r"([0-9]{1,9}(?:\.[0-9]{0,9})?)(h|ms|us|ns|m|s)"


def duration(text: Any) -> int:
    """Return the nanoseconds that a duration of Go stands for (`1h30m`)."""
    sign, rest = (-1, text[1:]) if isinstance(text, str) and text.startswith("-") else (1, text)
    parts = re.findall(_PARTS, rest) if isinstance(rest, str) else []
    if rest != "0" and (not parts or "".join(f"{number}{unit}" for number, unit in parts) != rest):
        return fail("invalid duration")
    return sign * sum(_nanoseconds(number, _UNITS[unit]) for number, unit in parts)


def _nanoseconds(number: str, unit: int) -> int:
    whole, _, decimals = number.partition(".")
    return int(whole) * unit + int(decimals.ljust(9, "0")) * unit // _SECOND


def is_ip(text: Any) -> bool:
    """Tell whether a text is an IP address."""
    return isinstance(text, str) and "%" not in text and addresses.parse_address(text) is not None


class _Format(NamedTuple):
    """A format that a text is held against; `broken` returns the rule that it breaks."""

    broken: Callable[[str], str | None]


class _Formats:
    """Stands for the word `format`."""

    __slots__ = ()


FORMATS = _Formats()
_NAMED_FORMATS = {"dns1123Label": grammar.broken_label, "dns1123Subdomain": grammar.broken_subdomain}


def is_label(text: str) -> bool:
    """Tell whether a text is a DNS label."""
    return not grammar.broken_label(text)


def _validate(value: _Format, text: Any) -> list[str] | None:
    broken = value.broken(text) if isinstance(text, str) else "no text"
    return [broken] if broken else None


FUNCTIONS: dict[str, Callable[[Any], Any]] = {"size": _size, "duration": duration, "isIP": is_ip}

_NONE, _ONE = (0, 0), (1, 1)
METHODS: dict[str, tuple[Callable[..., Any], type | tuple[type, ...], tuple[int, int]]] = {
    "size": (_size, (str, list, dict), _NONE),
    "matches": (matching, str, _ONE),
    "startsWith": (str.startswith, str, _ONE),
    "endsWith": (str.endswith, str, _ONE),
    "contains": (str.__contains__, str, _ONE),
    "split": (str.split, str, _ONE),
    "substring": (substring, str, (1, 2)),
    "validate": (_validate, _Format, _ONE),
    **{name: (lambda _, broken=broken: _Format(broken), _Formats, _NONE) for name, broken in _NAMED_FORMATS.items()},
}
