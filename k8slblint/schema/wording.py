"""Says in plain words what does not match a schema."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from k8slblint.model.location import Path, format_path
from k8slblint.model.records import NamedTuple
from k8slblint.schema.places import element_for, emptied_by, places_of

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

_LONGEST_VALUE = 60

_TYPE_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}

_LIMIT_WORDS = {
    "minimum": "{} or more",
    "maximum": "{} or less",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "{} or more characters",
    "maxLength": "{} or fewer characters",
    "minItems": "{} or more elements",
    "maxItems": "{} or fewer elements",
    "minProperties": "{} or more members",
    "maxProperties": "{} or fewer members",
    "uniqueItems": "elements that all differ",
}


class SchemaError(NamedTuple):
    """One thing that does not fit.

    `path` leads to the wrong value, to the unknown field (`keyword` is `additionalProperties`), or to the mapping that lacks
    `field` (`keyword` is `required`). `keyword` is the JSON Schema keyword (draft 2020-12) that failed; `definition` names the
    innermost `$defs` entry it stands in, `""` outside of any; `suggestion` is the field that an unknown one may mean, `is_misplaced`
    tells that the field is known elsewhere in the object.
    `message` is one sentence that names the field and quotes the value. `fault` says the same as a predicate to the object, `label`
    what is written there, `help` what to write instead.
    """

    path: Path
    message: str
    keyword: str
    field: str = ""
    definition: str = ""
    value: Any = None
    suggestion: str = ""
    is_misplaced: bool = False
    fault: str = ""
    label: str = ""
    help: str = ""


def explain(raw_errors: "Iterable[ValidationError]", schema: dict[str, Any]) -> list[SchemaError]:
    """Return what jsonschema-rs found in our words, by path.

    Each thing is told once: of alternatives only the one meant, and no field is missing that stands there misspelt.
    """
    found = {(error.path, error.message): error for error in _described(raw_errors, schema)}
    meant = {(error.path[:-1], error.suggestion) for error in found.values() if error.suggestion}
    told = (error for error in found.values() if (error.path, error.field) not in meant)
    return sorted(told, key=_order)


_NAMES = 2
"""So many names of a path a headline has room for."""


def describe(value: object) -> str:
    """Say what a value is, quoting scalars: `the text '80'`, `the number 80`, `a list`, `null`."""
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {_quoted(value)}" if value else "empty text"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "null"


def nearest_name(name: str, known: Iterable[str]) -> str:
    """Return the known name that a misspelt one may mean, whatever the case of its letters, or `""`."""
    import difflib

    by_lower = {other.lower(): other for other in known}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.7)
    return by_lower[near[0]] if near else ""


def _described(raw_errors: "Iterable[ValidationError]", schema: dict[str, Any]) -> Iterator[SchemaError]:
    for raw in raw_errors:
        details = raw.kind.as_dict()
        if raw.kind.name == "additionalProperties":
            yield from _unknown_fields(raw, details["unexpected"], schema)
        elif raw.kind.name in ("anyOf", "oneOf") and details.get("context"):
            yield from _alternatives(raw, details["context"], schema)
        elif raw.kind.name == "required":
            field = details["property"]
            error = _error(raw, f"{_subject(raw.instance_path)} lacks the required field '{field}'.", field=field)
            fault = f"has no `{_short((*raw.instance_path, field))}`"
            yield error._replace(fault=fault, label=f"lacks the required field `{field}`", help=f"Set `{field}`.")
        else:
            error = _mismatch(raw, _expected(raw))
            fields = _fields_of(raw, schema) if raw.instance is None else ()
            yield error._replace(label="is empty", help=_set_one_of(fields)) if fields else error


def _fields_of(raw: "ValidationError", schema: dict[str, Any]) -> tuple[str, ...]:
    """Return the fields of a mapping of which nothing but the key is written."""
    place: Any = schema
    for part in raw.schema_path[:-1]:
        place = place[part]
    reference = str(place.get("$ref", "")).rpartition("/")[2] if isinstance(place, dict) else ""
    definitions = schema.get("$defs", {})
    definition = definitions[reference] if reference and reference in definitions else place
    fields = definition.get("properties", {}) if isinstance(definition, dict) else {}
    required = definition.get("required", ()) if fields else ()
    return tuple(required) or tuple(sorted(fields, reverse=True))


def _set_one_of(fields: Iterable[str]) -> str:
    names = [f"`{name}`" for name in fields]
    if len(names) > _MOST_FIELDS:
        return "Set its fields, or remove the key."
    return f"Set {' or '.join(filter(None, (', '.join(names[:-1]), names[-1])))}."


_MOST_FIELDS = 4


def _mismatch(raw: "ValidationError", expected: str) -> SchemaError:
    """Return the error of a value that is not what is expected there."""
    path = tuple(raw.instance_path)
    fault = f"has {'an empty' if raw.instance is None else 'an invalid'} `{_short(path)}`" if path else "is not valid"
    written = expected.replace(": quote it", ", in quotes").replace(": remove the quotes", ", without quotes").replace("?)", ")")
    return _error(raw, _sentence(raw, expected))._replace(fault=fault, label=f"is {_shown(raw)}", help=f"Write {written}.")


def _error(raw: "ValidationError", message: str, *, field: str = "") -> SchemaError:
    place = raw.schema_path
    definition = str(place[1]) if len(place) > 1 and place[0] == "$defs" else ""
    return SchemaError(tuple(raw.instance_path), message, raw.kind.name, field, definition, raw.instance)


NOT_KNOWN = "not a known field"
"""The label of a field that means nothing where it is."""


def _unknown_fields(raw: "ValidationError", names: list[str], schema: dict[str, Any]) -> Iterator[SchemaError]:
    parent: Any = schema
    for part in raw.schema_path[:-1]:
        parent = parent[part]
    present = raw.instance.keys() if isinstance(raw.instance, dict) else ()
    paths = [(*raw.instance_path, name) for name in names]
    here = tuple(raw.instance_path)
    for name, path, known in zip(names, paths, places_of(paths, schema), strict=True):
        above = emptied_by(name, raw.instance, here, schema) if known is None else None
        found = element_for(name, raw.instance, here, schema) if known is None and above is None else known
        suggestion = nearest_name(name, parent.get("properties", {}).keys() - present) if found is None else ""
        place = found if found is not None or suggestion else _place_of_label(path, raw.instance, parent)
        hint = _did_you_mean(suggestion) if place is None else f" here, it belongs {_where(place)}"
        error = _error(raw, f"{_subject(path)} is not a known field{hint}.", field=name)
        if above is not None and not suggestion:
            yield _unindented(error, path, above)
            continue
        yield error._replace(
            path=path,
            value=None,
            suggestion=suggestion,
            is_misplaced=place is not None,
            fault=f"has unknown field `{_short(path)}`" if place is None else f"has misplaced field `{_apart(path, place)}`",
            label=f"did you mean {suggestion}?" if suggestion else NOT_KNOWN if place is None else f"belongs {_where(place)}",
            help=f"Write `{suggestion}`." if suggestion else "Remove the field." if place is None else f"Move it {_to(place)}.",
        )


def _place_of_label(path: Path, selector: object, definition: dict[str, Any]) -> Path | None:
    """Return where a label belongs that is written in a label selector itself, as selectors of Services have them."""
    has_labels = definition.get("properties", {}).keys() >= _LABEL_SELECTOR
    is_text = isinstance(selector, dict) and isinstance(selector.get(path[-1]), str)
    return (*path[:-1], "matchLabels") if has_labels and is_text else None


_LABEL_SELECTOR = frozenset({"matchLabels", "matchExpressions"})
"""The fields of a `LabelSelector` (Kubernetes 1.37, `meta/v1`)."""


def _unindented(error: SchemaError, path: Path, empty: Path) -> SchemaError:
    """Return the error of a field that the empty value above it should hold."""
    name = next((part for part in reversed(empty) if isinstance(part, str)), "")
    return error._replace(
        path=path,
        value=None,
        fault=f"has `{path[-1]}` outside of the empty `{name}`",
        label=f"lost its indentation below `{name}`",
        help=f"Indent it below `{name}`; an element of a list begins with `- `.",
    )


def _alternatives(raw: "ValidationError", branches: "list[list[ValidationError]]", schema: dict[str, Any]) -> Iterator[SchemaError]:
    meant = [branch for branch in branches if branch and not _is_other_type(branch, raw)]
    if meant:
        yield from _described(max(meant, key=_specificity), schema)
    elif any(branches):
        expected = dict.fromkeys(_expected(error) for branch in branches for error in branch)
        yield _mismatch(raw, " or ".join(expected))
    else:
        error = _error(raw, f"{_subject(raw.instance_path)} fits more than one of the forms it may have.")
        fault = f"has `{_short(tuple(raw.instance_path))}` in more than one form"
        yield error._replace(fault=fault, help="Remove the fields of all forms but one.")


def _is_other_type(branch: "list[ValidationError]", raw: "ValidationError") -> bool:
    return any(error.kind.name in ("type", "const", "enum") and error.instance_path == raw.instance_path for error in branch)


def _specificity(branch: "Iterable[ValidationError]") -> tuple[int, int]:
    depths = [len(error.instance_path) for error in branch]
    return max(depths), -len(depths)


def _sentence(raw: "ValidationError", expected: str) -> str:
    return f"{_subject(raw.instance_path)} is {_shown(raw)}; expected {expected}."


def _shown(raw: "ValidationError") -> str:
    if raw.kind.name in ("minItems", "maxItems") and isinstance(raw.instance, list):
        return f"a list of {len(raw.instance)}"
    if raw.kind.name in ("minProperties", "maxProperties") and isinstance(raw.instance, dict):
        return f"a mapping of {len(raw.instance)}"
    if raw.kind.name in ("minLength", "maxLength") and raw.instance:
        return f"{len(str(raw.instance))} characters long"
    return describe(raw.instance)


def _expected(raw: "ValidationError") -> str:
    details = raw.kind.as_dict()
    words = _LIMIT_WORDS.get(raw.kind.name)
    if words:
        return words.format(details.get("limit"))
    if raw.kind.name == "type":
        return _expected_type(raw.instance, [name for name in details["types"] if name != "null"] or ["null"])
    if raw.kind.name == "enum":
        return _expected_word(raw.instance, [option for option in details["options"] if option is not None])
    if raw.kind.name == "const":
        return _quoted(details["expected_value"])
    if raw.kind.name == "pattern":
        return f"text that matches {_quoted(details['pattern'])}"
    return "a value" if raw.kind.name == "not" and raw.instance is None else f"something else ({raw.message})"


def _expected_type(value: object, types: list[str]) -> str:
    words = " or ".join(_TYPE_WORDS[name] for name in sorted(types, key=list(_TYPE_WORDS).index))
    if types == ["string"] and isinstance(value, bool | int | float):
        return f"{words}: quote it"
    is_number = isinstance(value, str) and value.lstrip("+-").isdecimal()
    if (is_number and types in (["integer"], ["number"])) or (types == ["boolean"] and value in ("true", "false")):
        return f"{words}: remove the quotes"
    return words


def _expected_word(value: object, options: list[Any]) -> str:
    words = ", ".join(map(_quoted, options))
    near = nearest_name(value, [option for option in options if isinstance(option, str)]) if isinstance(value, str) else ""
    return (f"one of {words}" if len(options) > 1 else words) + _did_you_mean(near)


def _did_you_mean(name: str) -> str:
    return f" (did you mean '{name}'?)" if name else ""


def _where(place: Path) -> str:
    return f"in {format_path(place)}" if place else "at the top level"


def _to(place: Path) -> str:
    return f"to {format_path(place)}" if place else "to the top level"


def _short(path: Path, most: int = _NAMES) -> str:
    """Write the end of a path, which is what a headline has room for: `ports[0].port`, `backend`.

    It does not read like one from the root: `template.spec.hostNetwork`, `volumeClaimTemplates[0].spec.nodeSelector`.
    """
    names = [index for index, part in enumerate(path) if isinstance(part, str)]
    most = min(most, len(names))
    while 0 < most < len(names) and path[names[-most]] in _OF_ROOT:
        most += 1
    return format_path(path[names[-most] if most else 0 :])


_OF_ROOT = ("spec", "metadata")
"""Fields that the root of an object has, and what is embedded in it too."""


def _apart(path: Path, place: Path) -> str:
    """Write the end of a path that does not read like the place where its field belongs: `template.spec.backoffLimit`."""
    return _short(path, _NAMES + 1) if _short(path) == format_path((*place, path[-1])) else _short(path)


def _quoted(value: object) -> str:
    text = str(value)
    text = text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
    return f"'{text}'"


def _subject(path: Iterable[str | int]) -> str:
    return format_path(tuple(path)) or "it"


def _order(error: SchemaError) -> tuple[list[tuple[bool, int, str]], str]:
    return [(isinstance(part, str), part if isinstance(part, int) else 0, str(part)) for part in error.path], error.message
