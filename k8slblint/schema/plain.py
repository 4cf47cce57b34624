"""Whether a value plainly matches a schema, without any validator: yes, or ask one.

A scan of a few sound objects needs no more, and saves the import of a validator. What stands here covers the keywords that the
schemas of Kubernetes kinds are written in (JSON Schema draft 2020-12); any other keyword is answered with "ask".
"""

from collections.abc import Callable, Mapping, Sized
from typing import Any, TypeAlias

Definitions: TypeAlias = Mapping[str, dict[str, Any]]
_Check: TypeAlias = Callable[[Any, Any, dict[str, Any], Definitions], bool]

_SILENT = frozenset({"$comment", "$defs", "$id", "$schema", "default", "description", "title"})


def plainly_fits(value: object, schema: dict[str, Any], definitions: Definitions) -> bool:
    """Tell whether a value surely fits; False leaves it open, as where it is nested too deeply for Python.

    `definitions` are those that `$ref`s to `#/$defs/` name.
    """
    try:
        return _fits(value, schema, definitions)
    except RecursionError:
        return False


def _fits(value: object, schema: dict[str, Any], definitions: Definitions) -> bool:
    for keyword, argument in schema.items():
        check = _CHECKS.get(keyword)
        if not (check(value, argument, schema, definitions) if check else keyword in _SILENT):
            return False
    return True


def _fits_reference(value: object, reference: str, _schema: dict[str, Any], definitions: Definitions) -> bool:
    target = definitions.get(reference.removeprefix("#/$defs/"))
    return target is not None and _fits(value, target, definitions)


def _has_type(value: object, names: str | list[str], _schema: dict[str, Any], _definitions: Definitions) -> bool:
    known = _TYPE_NAMES.get(type(value), ())
    return any(name in known for name in ([names] if isinstance(names, str) else names))


def _is_one_of(value: object, options: list[Any], _schema: dict[str, Any], _definitions: Definitions) -> bool:
    return any(type(option) is type(value) and option == value for option in options)


def _has_required(value: object, names: list[str], _schema: dict[str, Any], _definitions: Definitions) -> bool:
    return not isinstance(value, dict) or all(name in value for name in names)


def _fit_properties(value: object, members: dict[str, dict[str, Any]], _schema: dict[str, Any], definitions: Definitions) -> bool:
    if not isinstance(value, dict):
        return True
    return all(_fits(member, members[name], definitions) for name, member in value.items() if name in members)


def _fit_others(value: object, allowed: dict[str, Any] | bool, schema: dict[str, Any], definitions: Definitions) -> bool:  # noqa: FBT001 - a JSON schema may be a boolean
    if not isinstance(value, dict) or allowed is True or "patternProperties" in schema:
        return not isinstance(value, dict) or allowed is True
    members = schema.get("properties", ())
    others = [member for name, member in value.items() if name not in members]
    return not others if allowed is False else all(_fits(member, allowed, definitions) for member in others)


def _fit_items(value: object, schema: dict[str, Any], _parent: dict[str, Any], definitions: Definitions) -> bool:
    return not isinstance(value, list) or all(_fits(item, schema, definitions) for item in value)


def _at_least(value: object, limit: float, _schema: dict[str, Any], _definitions: Definitions) -> bool:
    return not isinstance(value, int | float) or value >= limit


def _at_most(value: object, limit: float, _schema: dict[str, Any], _definitions: Definitions) -> bool:
    return not isinstance(value, int | float) or value <= limit


def _shortest(kind: type[Sized]) -> _Check:
    return lambda value, limit, _schema, _definitions: not isinstance(value, kind) or len(value) >= limit


def _longest(kind: type[Sized]) -> _Check:
    return lambda value, limit, _schema, _definitions: not isinstance(value, kind) or len(value) <= limit


def _differs(value: object, schema: dict[str, Any], _parent: dict[str, Any], _definitions: Definitions) -> bool:
    return schema == {"type": "null"} and value is not None


_TYPE_NAMES: dict[type, tuple[str, ...]] = {
    dict: ("object",),
    list: ("array",),
    str: ("string",),
    bool: ("boolean",),
    int: ("integer", "number"),
    float: ("number",),
    type(None): ("null",),
}

_CHECKS: dict[str, _Check] = {
    "$ref": _fits_reference,
    "additionalProperties": _fit_others,
    "enum": _is_one_of,
    "items": _fit_items,
    "maxItems": _longest(list),
    "maxLength": _longest(str),
    "maxProperties": _longest(dict),
    "maximum": _at_most,
    "minItems": _shortest(list),
    "minLength": _shortest(str),
    "minProperties": _shortest(dict),
    "minimum": _at_least,
    "not": _differs,
    "properties": _fit_properties,
    "required": _has_required,
    "type": _has_type,
}
