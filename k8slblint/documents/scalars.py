"""The meaning of YAML scalars in Kubernetes: sigs.k8s.io/yaml 1.4, following its `goyaml.v2/resolve.go`."""

import math
import re
import struct
from typing import Any, TypeAlias

Value: TypeAlias = str | int | float | bool | None

MERGE_KEY = str(b"<<", "ascii")
"""What a plain `<<` is resolved to: a text of its own, so that identity tells it from a quoted one."""

WORDS: dict[str, Value] = {
    "<<": MERGE_KEY,
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_NUMBER_STARTS = frozenset("0123456789+-.")
_NUMBER_CHARACTERS = frozenset("0123456789abcdefABCDEFoOxX+-._")
"""All that a number is written with: most other texts that begin like one (`10m`, `-web`) have something else."""

_INTEGER = r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))"
_BASES = ((2, 16), (3, 2), (4, 8), (5, 10))
_FLOAT = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
_DOTTED_FLOAT = r"\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?"
_SIGN_AFTER_PREFIX = r"0b([+-][01]+)|-0b([01]+)"
_TIMESTAMP = (
    r"(?a)[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
    r"(?:[Tt][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})| [0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?)?"
)
_REFUSED_KEYS: dict[type, str] = {type(None): "null", dict: "a mapping", list: "a sequence", int: "an integer above 2^63-1"}
_LONGEST_INTEGER = 80

_TAG_PREFIX = "tag:yaml.org,2002:"
_TYPE_TAGS: dict[type, str] = {type(None): "null", bool: "bool", int: "int", float: "float", str: "str"}


class UnresolvableScalarError(ValueError):
    """A scalar that its explicit tag does not fit; the text says why."""


def resolve(text: str) -> Value:
    """Return the value of a plain scalar without a tag; infinite and not-a-number floats are returned as such."""
    if text in WORDS:
        return WORDS[text]
    return _number(text) if text[0] in _NUMBER_STARTS else text


def resolve_tagged(text: str, tag: str) -> Value:
    """Return the value of a scalar with an explicit tag; tags other than YAML's own types make it text.

    Raises:
        UnresolvableScalarError: the text is no value of that type.
    """
    name = tag.removeprefix(_TAG_PREFIX) if tag.startswith(_TAG_PREFIX) else ""
    if name == "binary":
        return _decode_binary(text)
    if name == "merge" and text == MERGE_KEY:
        return MERGE_KEY
    if name not in ("bool", "int", "float", "null", "timestamp"):
        return text
    value = resolve(text)
    found = _TYPE_TAGS[type(value)]
    if name == "timestamp" and re.fullmatch(_TIMESTAMP, text):
        return text
    if name == "float" and found == "int" and isinstance(value, int) and value < 1 << 63:
        return float(value)
    if name != found:
        raise UnresolvableScalarError(f"`{text}` cannot be read as !!{name}")
    return value


def to_json_number(value: float) -> float:
    """Return a float as it comes out of the conversion to JSON: without a fraction it is an integer, `08` is 8.

    Raises:
        UnresolvableScalarError: JSON has no such number.
    """
    if not math.isfinite(value):
        raise UnresolvableScalarError("Kubernetes converts YAML to JSON, which has no number for infinity and not-a-number")
    if not value.is_integer() or abs(value) > 1 << 63:
        return value
    integer = _shortest_digits(value)
    return integer if -(1 << 63) <= integer < 1 << 63 else value


def key_text(value: Any) -> str:
    """Return the text that a mapping key becomes in JSON: `yes` is "true", `1` is "1", `1e10` is "1e+10".

    Raises:
        UnresolvableScalarError: Kubernetes refuses such a key: null, a collection, an integer above 2^63-1.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_key(value)
    if isinstance(value, int) and value < 1 << 63:
        return str(value)
    raise UnresolvableScalarError(f"a key must be text, a number or a boolean, and is {_REFUSED_KEYS[type(value)]}")


def _shortest_digits(value: float) -> int:
    """Return the integer that Go writes for a whole float: the shortest digits that tell it apart, then zeros."""
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    return int(whole + fraction) * 10 ** (int(exponent) - len(fraction)) if exponent else int(value)


def _number(text: str) -> Value:
    if text.isdigit() and text.isascii() and text[0] != "0" and len(text) < 19:
        return int(text)
    if not _NUMBER_CHARACTERS.issuperset(text) or text.count(".") > 1:
        return text
    if text[0] == ".":
        return _finite(text, text.replace("_", "")) if re.fullmatch(_DOTTED_FLOAT, text) else text
    plain = text.replace("_", "")
    integer = _integer(plain)
    if integer is not None:
        return integer
    if re.fullmatch(_FLOAT, plain):
        return _finite(text, plain)
    quirk = re.fullmatch(_SIGN_AFTER_PREFIX, plain)
    return int(quirk[1] or f"-{quirk[2]}", 2) if quirk and len(plain) < 64 else text


def _finite(text: str, plain: str) -> float | str:
    """Return the float, or the text itself where it is too large for one (`1e400`)."""
    value = float(plain)
    return text if math.isinf(value) else value


def _integer(plain: str) -> int | None:
    """Return the integer that fits 64 bits, unsigned ones without a sign, or None."""
    found = re.fullmatch(_INTEGER, plain) if len(plain) <= _LONGEST_INTEGER else None
    if found is None:
        return None
    digits, base = next((found[group], base) for group, base in _BASES if found[group])
    value = int(digits, base)
    limit = {"": 1 << 64, "+": 1 << 63, "-": (1 << 63) + 1}[found[1]]
    if value >= limit:
        return None
    return -value if found[1] == "-" else value


def _decode_binary(text: str) -> str:
    import base64  # only the tag !!binary needs it

    try:
        return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True).decode("utf-8", "replace")
    except ValueError:
        raise UnresolvableScalarError("the !!binary value is not valid base64") from None


def _float_key(value: float) -> str:
    """Write a float as Go's `FormatFloat(value, 'g', -1, 32)` does, which sigs.k8s.io/yaml applies to keys."""
    try:
        single = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        single = math.copysign(math.inf, value)
    if not math.isfinite(single):
        return ".nan" if math.isnan(single) else ".inf" if single > 0 else "-.inf"
    precision = next(digits for digits in range(9) if digits == 8 or _is_single(f"{single:.{digits}e}", single))
    mantissa, _, exponent = f"{single:.{precision}e}".partition("e")
    power = int(exponent)
    if -4 <= power < 6:
        return f"{single:.{max(precision - power, 0)}f}"
    return f"{mantissa}e{power:+03d}"


def _is_single(text: str, single: float) -> bool:
    return bool(struct.unpack("f", struct.pack("f", float(text)))[0] == single)
