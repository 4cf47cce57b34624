"""The parts of a structural schema in the form in which values are checked: each is made once, when a value leads to it."""

from collections.abc import Callable
from typing import Any, TypeAlias

Check: TypeAlias = Callable[[Any, Any], bool | None]

INT_OR_STRING = "x-kubernetes-int-or-string"
_RULES = "x-kubernetes-validations"


class Node:
    """One part of a schema: `type_words` names its type, `checks` are keywords with what checks them and what they say.

    `members` are the schemas of its fields, `defaults` those of them that have a default, `others` that of all further fields; `is_closed`
    tells that such are dropped. `keys` are the fields that tell elements of a list apart, `rules` its CEL rules with their messages.
    """

    __slots__ = (
        "accepts",
        "checks",
        "defaults",
        "is_closed",
        "is_set",
        "items",
        "junctors",
        "keys",
        "max_items",
        "members",
        "nullable",
        "others",
        "pattern",
        "required",
        "rules",
        "schema",
        "type_words",
    )

    def __init__(self, schema: dict[str, Any], checks: dict[str, Check]) -> None:
        """Read a part of a schema; what is not of the right form says nothing."""
        members, others, items = schema.get("properties"), schema.get("additionalProperties"), schema.get("items")
        self.schema = schema
        self.type_words = "integer or string" if schema.get(INT_OR_STRING) is True else str(schema.get("type"))
        self.accepts = _ACCEPTS.get(self.type_words, _anything)
        self.nullable = schema.get("nullable") is True
        self.checks = [(key, checks[key], limit) for key, limit in schema.items() if key in checks]
        self.pattern = schema.get("pattern") if isinstance(schema.get("pattern"), str) else None
        self.junctors = [(key, schema[key]) for key in ("oneOf", "anyOf", "allOf", "not") if key in schema]
        self.members: dict[str, Any] = members if isinstance(members, dict) else {}
        self.defaults = [name for name, part in self.members.items() if isinstance(part, dict) and part.get("default") is not None]
        self.others = others if isinstance(others, dict) else None
        self.is_closed = bool(self.members) and others is not True and schema.get("x-kubernetes-preserve-unknown-fields") is not True
        self.required = listed(schema.get("required"))
        self.items = items if isinstance(items, dict) else {}
        self.max_items = schema.get("maxItems") if isinstance(schema.get("maxItems"), int) else None
        list_type = schema.get("x-kubernetes-list-type")
        self.is_set = list_type == "set"
        self.keys = tuple(listed(schema.get("x-kubernetes-list-map-keys"))) if list_type == "map" else ()
        self.rules = [
            (rule["rule"], rule.get("message"))
            for rule in listed(schema.get(_RULES))
            if isinstance(rule, dict) and type(rule.get("rule")) is str
        ]


class Nodes:
    """The parts of one schema, by identity: a part that stands in several places is read once."""

    def __init__(self, checks: dict[str, Check]) -> None:
        self._checks = checks
        self._made: dict[int, Node] = {}

    def of(self, schema: dict[str, Any]) -> Node:
        """Return the node of a part."""
        node = self._made.get(id(schema))
        if node is None:
            node = self._made[id(schema)] = Node(schema, self._checks)
        return node


def listed(value: Any) -> list[Any]:
    """Return a list as it is, and nothing for all else."""
    return value if isinstance(value, list) else []


def _is_integer(value: Any) -> bool:
    return type(value) is int or (type(value) is float and value.is_integer())


def _anything(_: Any) -> bool:
    return True


_ACCEPTS: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_integer,
    "number": lambda value: type(value) in (int, float),
    "integer or string": lambda value: type(value) in (int, str),
}
