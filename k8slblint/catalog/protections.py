"""What keeps clients out of an Ingress or a route: keys, objects that keys and filters name, and what may do so in a way that is not read.

The facts are in `catalogs/protections.json`; which policies protect is in `catalogs/gateway-policies.json`.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeAlias

from k8slblint.catalog.gateway_policies import Protection as PolicyWord
from k8slblint.catalog.vendor_routes import ANY_ELEMENT, Pattern
from k8slblint.model.records import NamedTuple
from k8slblint.shipped import read_json

Family: TypeAlias = Literal[
    "authentication",
    "authorization",
    "client-certificates",
    "allow-list",
    "deny-list",
    "rate-limit",
    "firewall",
    "https-redirect",
    "tls",
]
"""How something protects: by who clients are, by their certificates or addresses, by how much or what they send, by encryption.

`authorization` stands for rules of a policy about identities, addresses, or both."""

Written: TypeAlias = Literal["name", "namespace/name", "namespace-name@provider", "json"]

OF_POLICIES: Mapping[PolicyWord, Family] = {
    "authentication": "authentication",
    "authorization": "authorization",
    "allow-list": "allow-list",
    "rate-limit": "rate-limit",
    "request-check": "firewall",
}
"""What the words of the catalog of policies mean; its limits of sizes and connections are not counted."""


class Unless(NamedTuple):
    """Another key which leaves a protection without effect with one of these values."""

    key: str
    values: tuple[str, ...]


class ProtectingKey(NamedTuple):
    """An annotation that switches a protection on; where `contains` is not empty, only with a value that contains it."""

    key: str
    family: Family
    words: str
    contains: str
    unless: tuple[Unless, ...]


class ObjectReference(NamedTuple):
    """An annotation that names objects of one of these kinds."""

    key: str
    written: Written
    kinds: tuple[str, ...]


class ProtectingField(NamedTuple):
    """A field that protects, if it has `value` (None: any); a list at `open_at` below it that holds every address opens it."""

    pattern: Pattern
    family: Family
    words: str
    value: Any
    open_at: str


class ProtectingKind(NamedTuple):
    """What the objects of a kind protect; one with none of the fields, and none that is `harmless`, may do anything.

    Where `off` is true it does nothing, `parts` names others of its kinds that act with it.
    """

    fields: tuple[ProtectingField, ...]
    opaque: tuple[Pattern, ...]
    harmless: tuple[Pattern, ...]
    harmless_values: frozenset[str]
    parts: Pattern | None
    off: Pattern | None


@cache
def protecting_keys() -> Mapping[str, ProtectingKey]:
    """Return the annotations that switch a protection on, by key."""
    return {row["key"]: _key(row) for row in _catalog()["annotations"]}


@cache
def object_references() -> Mapping[str, ObjectReference]:
    """Return the annotations that name objects which may protect, by key."""
    return {row["key"]: ObjectReference(row["key"], row["written"], tuple(row["kinds"])) for row in _catalog()["references"]}


def is_opaque_key(key: str) -> bool:
    """Tell whether an annotation may protect in a way that is not read."""
    names, beginnings = _opaque()
    return key in names or key.startswith(beginnings)


@cache
def protecting_kinds() -> Mapping[str, ProtectingKind]:
    """Return what objects protect, by `Kind.group`."""
    return {kind: _kind(row) for row in _catalog()["objects"] for kind in row["kinds"]}


@cache
def opaque_policies() -> frozenset[str]:
    """Return the kinds of policies whose settings are not read, and may protect."""
    return frozenset(_catalog()["opaque_policies"])


@cache
def opaque_groups() -> frozenset[str]:
    """Return the API groups of products whose policies are in no catalog."""
    return frozenset(row["group"] for row in _catalog()["opaque_groups"])


@cache
def asking_by_default() -> frozenset[str]:
    """Return the ids of controllers that let in nobody without being told so."""
    return frozenset(row["controller"] for row in _catalog()["asking_by_default"])


@cache
def kinds_read() -> frozenset[str]:
    """Return the kinds of the objects that may protect."""
    return frozenset(kind for row in _catalog()["objects"] for kind in row["kinds"])


@cache
def _opaque() -> tuple[frozenset[str], tuple[str, ...]]:
    rows = _catalog()["opaque_annotations"]
    return frozenset(row for row in rows if row[-1] != "*"), tuple(row[:-1] for row in rows if row[-1] == "*")


@cache
def _catalog() -> dict[str, Any]:
    content: dict[str, Any] = read_json("catalogs", "protections.json")
    return content


def _key(row: Mapping[str, Any]) -> ProtectingKey:
    unless = tuple(Unless(one["key"], tuple(one["values"])) for one in row.get("unless", ()))
    return ProtectingKey(row["key"], row["is"], row["words"], row.get("contains", ""), unless)


def _kind(row: Mapping[str, Any]) -> ProtectingKind:
    return ProtectingKind(
        tuple(map(_field, row["fields"])),
        tuple(map(_pattern, row["opaque"])),
        tuple(map(_pattern, row.get("harmless", ()))),
        frozenset(row.get("harmless_values", ())),
        _pattern(row["parts"]) if "parts" in row else None,
        _pattern(row["off"]) if "off" in row else None,
    )


def _field(row: Mapping[str, Any]) -> ProtectingField:
    return ProtectingField(_pattern(row["field"]), row["is"], row["words"], row.get("value"), row.get("open_at", ""))


def _pattern(text: str) -> Pattern:
    return tuple(text.replace(ANY_ELEMENT, f".{ANY_ELEMENT}").split("."))
