"""How controllers read the text of an annotation: truth values, numbers, lists, networks, JSON, durations, as Go reads them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from k8slblint.catalog.selector_texts import selector_fault
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple

ValueType: TypeAlias = Literal[
    "text",
    "choice",
    "bool",
    "int",
    "int-list",
    "number",
    "list",
    "space-list",
    "map",
    "json",
    "ip",
    "ip-list",
    "cidr",
    "cidr-list",
    "network-list",
    "duration",
    "label-selector",
]

TRUE_IN_GO = ("1", "t", "T", "TRUE", "true", "True")
FALSE_IN_GO = ("0", "f", "F", "FALSE", "false", "False")
"""What `strconv.ParseBool` takes (Go 1.25); everything else is an error."""

_WORDS = {"on": True, "enabled": True, "off": False, "disabled": False}
"""What the HAProxy Technologies controller takes besides (haproxytech/client-native `GetBoolValue`), in any case."""

_INTEGER = r"[+-]?[0-9]{1,18}"
_NUMBER = r"[+-]?([0-9]{1,300}(\.[0-9]{0,300})?|\.[0-9]{1,300})([eE][+-]?[0-9]{1,3})?"
_DURATION = r"[+-]?(0|(([0-9]{1,18}(\.[0-9]{0,18})?|\.[0-9]{1,18})(ns|us|µs|μs|ms|s|m|h))+)"


class ValueShape(NamedTuple):
    """What values a key takes.

    `choices` are all there are unless `is_open`; `case` tells whether the reader compares them exactly (None: not known).
    `truth` is how a truth value is read: `go` as `strconv.ParseBool`, `exact` only the text `true` is true, `fold` the same in
    any case, `words` as `go` and on, off, enabled, disabled in any case, None not known. `pattern` is searched in the whole text.
    `minimum` and `maximum` are inclusive, `odd` asks for odd numbers. `format` says in words what is not checked. Of a map, `is_strict`
    refuses parts without `=`, `parts` are the shapes of the parts that the reader checks; one that `is_closed` takes no others, none that
    are empty, and no blanks around them. Of JSON, `parts` are members by their path (`forwardConfig.targetGroups.weight`, through lists;
    `*` is each member of an object); `needed` tells of a part that it must be there, always or in each element of a list of several.
    `family` is the only one of addresses, `length` the only one of prefixes. `trim` tells where the reader drops blanks: around items of
    a list, around the whole text only, nowhere.
    `separator` is that of a list. `since` is the minor release of Kubernetes for which the first controller was built that reads the value
    so. `drops_empty`: empty items of a list are passed over.
    """

    type: ValueType
    choices: tuple[str, ...] = ()
    is_open: bool = False
    case: Literal["exact", "any"] | None = None
    truth: Literal["go", "exact", "fold", "words"] | None = None
    pattern: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    odd: bool = False
    format: str | None = None
    is_strict: bool = False
    parts: Mapping[str, "ValueShape"] = {}
    family: Literal[4, 6] | None = None
    length: int | None = None
    is_closed: bool = False
    needed: Literal["always", "several"] | None = None
    trim: Literal["items", "ends", "none"] = "items"
    separator: str = ","
    since: str | None = None
    one_per_family: bool = False
    drops_empty: bool = False


class Valid(NamedTuple):
    """A value as the controller reads it: str, bool, int, float, tuple of str, dict, or what the JSON holds."""

    value: Any


class Invalid(NamedTuple):
    """A value that the controller does not take, or does not read as it looks; `reason` ends a sentence that begins with the value."""

    reason: str


class Doubtful(NamedTuple):
    """A value of which it is not known how the controller reads it."""

    reason: str


Parsed: TypeAlias = Valid | Invalid | Doubtful


def read_value(shape: ValueShape, value: object) -> Parsed:
    """Return what a controller makes of the value of an annotation, which may be anything that YAML holds."""
    if value is None:
        return Doubtful("is null")
    if not isinstance(value, str):
        return Invalid("is not text; the API server accepts only text, so quote it")
    if has_placeholder(value):
        return Doubtful("contains a placeholder")
    if not value.strip() and shape.type != "text":
        return Doubtful("is empty")
    parsed = _READERS[shape.type](shape, value)
    if isinstance(parsed, Valid) and shape.pattern is not None and not _compiled(shape.pattern).search(value):
        return Invalid(f"does not fit the pattern {shape.pattern}")
    return parsed


def _read_text(_shape: ValueShape, text: str) -> Parsed:
    return Valid(text)


def _read_choice(shape: ValueShape, text: str) -> Parsed:
    if text in shape.choices:
        return Valid(text)
    alike = next((choice for choice in shape.choices if choice.lower() == text.strip().lower()), None)
    if alike is not None and text == text.strip() and shape.case == "any":
        return Valid(alike)
    if shape.is_open or (alike is not None and shape.case != "exact"):
        return Doubtful(f"is not one of {_listed(shape.choices)}, and others may be read")
    return Invalid(f"is not one of {_listed(shape.choices)}")


def _read_bool(shape: ValueShape, text: str) -> Parsed:
    if text in ("true", "false"):
        return Valid(text == "true")
    if shape.truth == "words" and text.lower() in _WORDS:
        return Valid(_WORDS[text.lower()])
    if shape.truth in ("go", "words"):
        return (
            Valid(text in TRUE_IN_GO) if text in TRUE_IN_GO + FALSE_IN_GO else Invalid(f"is not one of {_listed(TRUE_IN_GO + FALSE_IN_GO)}")
        )
    if shape.truth == "fold" and text.lower() in ("true", "false"):
        return Valid(text.lower() == "true")
    if shape.truth is not None:
        return Invalid("does not count as true: only 'true' does")
    return Doubtful("is neither 'true' nor 'false', and how others are read is unknown")


def _read_int(shape: ValueShape, text: str) -> Parsed:
    if not re.fullmatch(_INTEGER, text):
        return Doubtful("contains blanks") if re.fullmatch(_INTEGER, text.strip()) else Invalid("is not a whole number")
    number = int(text)
    if shape.choices and str(number) not in shape.choices:
        return Doubtful(f"is not one of {_listed(shape.choices)}") if shape.is_open else Invalid(f"is not one of {_listed(shape.choices)}")
    if shape.minimum is not None and number < shape.minimum:
        return Invalid(f"is below {shape.minimum}")
    if shape.maximum is not None and number > shape.maximum:
        return Invalid(f"is above {shape.maximum}")
    return Invalid("is even; only odd numbers are taken") if shape.odd and number % 2 == 0 else Valid(number)


def _read_number(_shape: ValueShape, text: str) -> Parsed:
    return Valid(float(text)) if re.fullmatch(_NUMBER, text) else Invalid("is not a number")


def _read_list(shape: ValueShape, text: str) -> Parsed:
    if shape.trim == "none":
        blank = _with_blank(text.split(","))
        if blank is not None:
            return Invalid(f"contains {blank!r} with a blank")
    return Valid(tuple(item for item in map(str.strip, text.split(",")) if item))


def _with_blank(items: Iterable[str]) -> str | None:
    return next((item for item in items if item != item.strip()), None)


def _read_space_list(_shape: ValueShape, text: str) -> Parsed:
    return Valid(tuple(text.split()))


def _read_map(shape: ValueShape, text: str) -> Parsed:
    pairs = [item.strip().partition("=") for item in _map_items(shape, text)]
    if shape.is_strict and len(pairs) > 1 and not all(key for key, _, _ in pairs):
        return Doubtful("has a comma without a part beside it, which releases of its reader take differently")
    if shape.is_closed:
        return _read_known({key: value.partition("=")[0] for key, _, value in pairs if key}, shape)
    pairs = [pair for pair in pairs if any(pair)]
    odd = next((key for key, equals, _ in pairs if not (equals and key.strip())), None)
    if odd is not None:
        return (
            Invalid(f"contains '{odd.strip()}', which is not key=value")
            if shape.is_strict
            else Doubtful("has a part that is not key=value")
        )
    return _read_parts({key.strip(): value.strip() for key, _, value in pairs}, shape)


def _map_items(shape: ValueShape, text: str) -> list[str]:
    """Split a map at its commas; a strict reader takes one after a backslash for a part of a value."""
    if not shape.is_strict:
        return text.split(",")
    return [item.replace("\0", ",") for item in text.replace("\\,", "\0").split(",")]


def _read_known(found: Mapping[str, str], shape: ValueShape) -> Parsed:
    """Read a map that has no other parts than those that its reader knows, none of them empty; blanks count."""
    for name, value in found.items():
        if name not in shape.parts:
            return Invalid(f"sets '{name}', which is not known there")
        if not value:
            return Invalid(f"sets '{name}' to '', which is empty")
    return _read_parts(found, shape)


def _read_parts(found: Mapping[str, str], shape: ValueShape) -> Parsed:
    for name, part in shape.parts.items():
        parsed = read_value(part, found[name]) if name in found else Valid(None)
        if isinstance(parsed, Invalid):
            return Invalid(f"sets '{name}' to '{found[name]}', which {parsed.reason}")
    return Valid(found)


def _read_json(shape: ValueShape, text: str) -> Parsed:
    import json

    try:
        content = json.loads(text)
    except RecursionError:
        return Doubtful("is nested too deeply")
    except ValueError as error:
        return Invalid(f"is not valid JSON ({error})")
    for path, part in shape.parts.items():
        wrong = _wrong_member(content, path, part)
        if wrong is not None:
            return Invalid(wrong)
    return Valid(content)


def _wrong_member(content: object, path: str, part: ValueShape) -> str | None:
    """Tell what is wrong with a member of JSON, which is found as Go finds it: by its name in any case."""
    *names, last = path.split(".")
    holders = [(content, False)]
    for name in names:
        found = [_member(holder, name) for holder, _ in holders]
        holders = [(one, isinstance(value, list) and len(value) > 1) for value in found for one in _each_of(value)]
    for holder, is_one_of_several in holders:
        if last == _ANY and isinstance(holder, dict):
            return next(_wrong_among(holder, part), None)
        value = _member(holder, last)
        if value is None and (part.needed == "always" or (part.needed == "several" and is_one_of_several)):
            return f"has {'a part' if names else 'an action'} without '{last}'"
        if value is not None and isinstance(holder, dict):
            reason = _wrong_json(value, part)
            if reason is not None:
                return f"sets '{last}' to '{str(value)[:_LONGEST_MEMBER]}', which {reason}"
    return None


_LONGEST_MEMBER = 40

_ANY = "*"
"""What stands for every member of an object, whatever its name."""


def _wrong_among(holder: Mapping[str, object], part: ValueShape) -> Iterator[str]:
    """Yield what is wrong with each member of an object that is."""
    found = ((value, _wrong_json(value, part)) for value in holder.values())
    yield from (f"has '{str(value)[:_LONGEST_MEMBER]}', which {wrong}" for value, wrong in found if wrong is not None)


def _member(holder: object, name: str) -> object:
    if not isinstance(holder, dict):
        return None
    return next((value for key, value in reversed(holder.items()) if str(key).lower() == name.lower()), None)


def _each_of(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _wrong_json(value: object, part: ValueShape) -> str | None:
    if part.type == "bool":
        return None if isinstance(value, bool) else "is not a bare true or false"
    if part.type == "map":
        return None if isinstance(value, dict) else "is not an object"
    if part.type == "int" and (isinstance(value, bool) or not isinstance(value, int)):
        return "is not a number"
    if part.type != "int" and not isinstance(value, str):
        return "is not text"
    parsed = read_value(part, str(value))
    return parsed.reason if isinstance(parsed, Invalid) else "is empty" if value == "" else None


def _read_ip(shape: ValueShape, text: str) -> Parsed:
    import ipaddress

    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return Invalid("is not a valid IP address")
    if shape.family in (None, address.version):
        return Valid(str(address))
    is_mapped = address.version == 6 and address.ipv4_mapped is not None  # noqa: PLR2004 - the version of IP
    return Doubtful("is an IPv4 address in an IPv6 one") if is_mapped else Invalid(f"is not an IPv{shape.family} address")


def _read_ips(shape: ValueShape, text: str) -> Parsed:
    parsed = _each(_read_ip)(shape, text)
    if not shape.one_per_family or not isinstance(parsed, Valid):
        return parsed
    are_ipv6 = [":" in address for address in parsed.value]
    doubled = next((is_ipv6 for is_ipv6 in (False, True) if are_ipv6.count(is_ipv6) > 1), None)
    return parsed if doubled is None else Invalid(f"contains several IPv{6 if doubled else 4} addresses")


def _read_cidr(shape: ValueShape, text: str) -> Parsed:
    import ipaddress

    address, slash, length = text.partition("/")
    try:
        network = ipaddress.ip_network((address, int(length)), strict=False) if slash and length.isascii() and length.isdigit() else None
    except ValueError:
        network = None
    if network is None:
        return Invalid("is not a valid CIDR")
    if shape.family not in (None, network.version):
        return Invalid(f"is not an IPv{shape.family} CIDR")
    if shape.length not in (None, network.prefixlen):
        return Invalid(f"is not a /{shape.length}")
    return Valid(str(network))


def _read_network(shape: ValueShape, text: str) -> Parsed:
    """Read an IP address or a CIDR; addresses with a zone are none to Go (`net.ParseIP`)."""
    if "%" in text:
        return Invalid("is not a valid IP address or CIDR")
    parsed = _read_cidr(shape, text) if "/" in text else _read_ip(shape, text)
    return Invalid("is not a valid IP address or CIDR") if isinstance(parsed, Invalid) else parsed


def _each(read: Callable[[ValueShape, str], Parsed]) -> Callable[[ValueShape, str], Parsed]:
    """Return a reader of lists; `choices` of a list are words that its items may be besides."""

    def read_all(shape: ValueShape, text: str) -> Parsed:
        items = text.split() if shape.separator == " " else _items(shape, text)
        found: list[object] = []
        for item in items:
            blank = shape.trim != "items" and item != item.strip()
            parsed = Invalid("has a blank") if blank else Valid(item) if item in shape.choices else read(shape, item)
            if not isinstance(parsed, Valid):
                return type(parsed)(f"contains '{item}', which {parsed.reason}")
            found.append(parsed.value)
        return Valid(tuple(found))

    return read_all


def _items(shape: ValueShape, text: str) -> list[str]:
    whole = text if shape.trim == "none" else text.strip()
    items = [item.strip() if shape.trim == "items" else item for item in whole.split(",")]
    return [item for item in items if item] if shape.drops_empty else items


def _read_label_selector(_shape: ValueShape, text: str) -> Parsed:
    fault = selector_fault(text)
    return Valid(text) if fault is None else Invalid(fault)


def _read_duration(_shape: ValueShape, text: str) -> Parsed:
    return Valid(text) if re.fullmatch(_DURATION, text) else Invalid("is not a duration such as 30s or 1m30s")


def _listed(choices: tuple[str, ...]) -> str:
    return ", ".join(f"'{choice}'" for choice in choices)


@lru_cache(maxsize=128)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.removesuffix("$") + r"\Z" if pattern.endswith("$") else pattern)


_READERS: dict[ValueType, Callable[[ValueShape, str], Parsed]] = {
    "text": _read_text,
    "choice": _read_choice,
    "bool": _read_bool,
    "int": _read_int,
    "int-list": _each(_read_int),
    "label-selector": _read_label_selector,
    "number": _read_number,
    "list": _read_list,
    "space-list": _read_space_list,
    "map": _read_map,
    "json": _read_json,
    "ip": _read_ip,
    "ip-list": _read_ips,
    "cidr": _read_cidr,
    "cidr-list": _each(_read_cidr),
    "network-list": _each(_read_network),
    "duration": _read_duration,
}
