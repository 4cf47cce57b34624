"""Validates a value against a JSON schema, and says in plain words what does not match.

jsonschema-rs does the work: in our process its import costs a quarter of jsonschema's, and it checks an object some
hundred times faster (`docs/adr/0003-schemas.md`). It is imported when a value does not plainly fit, or values come in number.
"""

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from k8slblint.schema.plain import plainly_fits
from k8slblint.schema.wording import SchemaError, describe, explain

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

__all__ = ["SchemaError", "TooDeeplyNestedError", "Validator", "compile", "describe", "errors", "reachable", "referenced"]

_DEFINITION = "#/$defs/"
_TRIES_BEFORE_IMPORT = 30
"""Values of one schema; by then the slower way has cost about what the import of jsonschema-rs costs (measured)."""

_TRIES_BEFORE_COMPILING = 16
"""The same once it is imported."""


class TooDeeplyNestedError(Exception):
    """A value is nested too deeply to be held against a schema."""


class Validator:
    """A schema that many values can be held against; `schema` is of draft 2020-12.

    Its references name entries of its own `$defs`, or of `definitions`, of which only those that values lead to are read.
    """

    __slots__ = ("_compiled", "_definitions", "_schema", "_tries")

    def __init__(self, schema: dict[str, Any], definitions: Mapping[str, dict[str, Any]] | None = None) -> None:
        self._schema = schema
        self._definitions: Mapping[str, dict[str, Any]] = schema.get("$defs", {}) if definitions is None else definitions
        self._compiled: Draft202012Validator | None = None
        self._tries = 0

    def is_valid(self, value: object) -> bool:
        """Tell whether the value fits; the cheapest question."""
        if self._compiled is None:
            self._tries += 1
            tries = _TRIES_BEFORE_COMPILING if "jsonschema_rs" in sys.modules else _TRIES_BEFORE_IMPORT
            if self._tries <= tries and plainly_fits(value, self._schema, self._definitions):
                return True
        return self._compile().is_valid(value)

    def errors(self, value: object) -> list[SchemaError]:
        """Return everything that does not fit, by path; see `wording.explain`.

        Raises:
            TooDeeplyNestedError: when mappings and lists are nested more deeply than jsonschema-rs takes (some 250 levels).
        """
        try:
            if self.is_valid(value):
                return []
            compiled = self._compile()
            return explain(compiled.iter_errors(value), self._schema)
        except ValueError as error:  # all that jsonschema-rs raises for a value
            raise TooDeeplyNestedError(str(error)) from error

    def _compile(self) -> "Draft202012Validator":
        if self._compiled is None:
            from jsonschema_rs import Draft202012Validator

            if "$defs" not in self._schema:
                self._schema = {**self._schema, "$defs": reachable(self._schema, self._definitions)}
            self._compiled = Draft202012Validator(self._schema, validate_formats=False)
        return self._compiled


def errors(value: object, schema: dict[str, Any]) -> list[SchemaError]:
    """Hold one value against one schema; for many values see `compile`."""
    return Validator(schema).errors(value)


def compile(schema: dict[str, Any], definitions: Mapping[str, dict[str, Any]] | None = None) -> Validator:  # noqa: A001 - read as schema.compile
    """Compile a schema whose `$ref`s name entries of `definitions`; only those it reaches are taken along."""
    return Validator(schema, definitions)


def reachable(schema: object, definitions: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the definitions that a schema names in `$ref`, and those which they name in turn."""
    found: dict[str, dict[str, Any]] = {}
    waiting = list(referenced(schema))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = definitions[name]
            waiting.extend(referenced(found[name]))
    return found


def referenced(schema: object) -> Iterator[str]:
    """Yield the name in each `$ref` to `#/$defs/` within a schema."""
    if isinstance(schema, dict):
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference.startswith(_DEFINITION):
            yield reference.removeprefix(_DEFINITION)
        for member in schema.values():
            yield from referenced(member)
    elif isinstance(schema, list):
        for item in schema:
            yield from referenced(item)
