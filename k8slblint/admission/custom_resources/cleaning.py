"""Reads the schema of a definition that stands among the manifests: keeps what the API server would read, in the form that it must have."""

from collections.abc import Mapping
from typing import Any

_DEEPEST = 60
_MOST_NODES = 50_000
"""Parts of a schema; those of Gateway API have some 4000."""

_LARGEST = 1 << 63
_FLAGS = frozenset({"nullable", "x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields"})
_TEXTS = frozenset({"type", "pattern", "format", "x-kubernetes-list-type"})
_NAMES = frozenset({"required", "x-kubernetes-list-map-keys"})
_LIMITS = frozenset({"minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"})
_JUNCTORS = frozenset({"oneOf", "anyOf", "allOf"})
_RULES = "x-kubernetes-validations"


def schema_of(definition: Any, version: str) -> dict[str, Any] | None:
    """Return the schema of a version of a CustomResourceDefinition, None where it does not serve that version."""
    spec = _member(definition, "spec")
    for one in _elements(_member(spec, "versions")):
        if _member(one, "name") == version and _member(one, "served") is not False:
            return cleaned(_member(_member(one, "schema"), "openAPIV3Schema"))
    return None


def served_versions(definition: Any) -> tuple[str, ...]:
    """Return the names of the versions that a CustomResourceDefinition serves; none where it could not be read."""
    versions = _elements(_member(_member(definition, "spec"), "versions"))
    names = (_member(one, "name") for one in versions if _member(one, "served") is not False)
    return tuple(name for name in names if isinstance(name, str))


def cleaned(schema: Any) -> dict[str, Any]:
    """Return a structural schema with all that is not of the right form left out; what is too large or too deep says nothing."""
    return _Cleaner().clean(schema, 0)


class _Cleaner:
    def __init__(self) -> None:
        self._nodes = 0

    def clean(self, schema: Any, depth: int) -> dict[str, Any]:
        self._nodes += 1
        if not isinstance(schema, dict) or depth > _DEEPEST or self._nodes > _MOST_NODES:
            return {}
        kept = {key: part for key, part in schema.items() if _is_plain(key, part)}
        properties, items, others = (schema.get(key) for key in ("properties", "items", "additionalProperties"))
        if isinstance(properties, dict):
            kept["properties"] = {name: self.clean(part, depth + 1) for name, part in properties.items() if isinstance(name, str)}
        if isinstance(items, dict):
            kept["items"] = self.clean(items, depth + 1)
        if isinstance(others, dict) or others is True:
            kept["additionalProperties"] = self.clean(others, depth + 1) if isinstance(others, dict) else True
        for key in _JUNCTORS & schema.keys():
            kept[key] = [self.clean(part, depth + 1) for part in _elements(schema[key])]
        if isinstance(schema.get("not"), dict):
            kept["not"] = self.clean(schema["not"], depth + 1)
        if _RULES in schema:
            kept[_RULES] = [one for one in _elements(schema[_RULES]) if isinstance(one, dict)]
        return kept


def _is_plain(key: Any, part: Any) -> bool:
    if key in _LIMITS:
        return isinstance(part, int | float) and not isinstance(part, bool) and abs(part) < _LARGEST
    if key in _NAMES:
        return isinstance(part, list) and all(isinstance(one, str) for one in part)
    if key in _TEXTS or key in _FLAGS:
        return isinstance(part, str if key in _TEXTS else bool)
    return key == "default" or (key == "enum" and isinstance(part, list) and bool(part))


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _elements(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
