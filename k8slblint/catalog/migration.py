"""What replaces settings of Ingresses in Gateway API, for the specification and for each target; `catalogs/migration.json`.

Needs are handles: those of `catalogs/gateway-api.json` that name no field, and more for fields that are experimental or say only a part.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeAlias

from k8slblint.model.records import NamedTuple
from k8slblint.shipped import read_json

Loss: TypeAlias = Literal["lost-protection", "changed-routing", "lost-behaviour", "cosmetic"]

LOSSES: tuple[Loss, ...] = ("lost-protection", "changed-routing", "lost-behaviour", "cosmetic")
"""The gravest first."""

PathReading: TypeAlias = Literal["element", "text", "expression", "stars", "kong"]
"""How a controller compares a path: by elements, as the beginning of a text, as a regular expression, exactly unless it has wildcards
(load balancers of clouds), as a regular expression after `/~` and else as the beginning of a text (Kong)."""


class Means(NamedTuple):
    """The object of an implementation that meets a need, and its field."""

    object: str
    field: str
    note: str = ""

    @property
    def name(self) -> str:
        """The kind and the field: `SecurityPolicy spec.basicAuth`."""
        return f"{self.object} {self.field}"


class MigrationTarget(NamedTuple):
    """An implementation to migrate to: its `controllerName`, the customary name of its class, and what it gives by need.

    `lacks` are kinds that it does not serve, `notes` what a Gateway needs besides; `shares`: no Gateway has its own load balancer.
    """

    id: str
    name: str
    controller: str
    class_name: str
    gives: Mapping[str, Means]
    lacks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    shares: bool = False


class PathRules(NamedTuple):
    """How a controller compares `Prefix` and `ImplementationSpecific` paths, and for how many labels `*` stands in a host, if known.

    `host_expressions` tells that some keys turn all paths of a host into regular expressions, `host_tls` that a certificate serves all
    Ingresses of its host.
    """

    prefix: PathReading
    other: PathReading
    wildcard: Literal["one", "many"] | None = None
    host_expressions: bool = False
    host_tls: bool = False


class Redirecting(NamedTuple):
    """The status with which a controller redirects hosts with TLS to HTTPS by default, and the role of the key that turns it off."""

    status: int
    switch: str

    @property
    def switches(self) -> tuple[str, str]:
        """The roles of the keys that turn it off: the first that is set counts."""
        return self.switch, f"old-{self.switch}"


class Dialect(NamedTuple):
    """The keys whose values are translated, by their roles; `spoken_by` are the ids of the products that read them so."""

    id: str
    spoken_by: tuple[str, ...]
    keys: Mapping[str, str]


class Default(NamedTuple):
    """What Ingresses of a controller rely on although nothing asks for it: `says` is a predicate to its name.

    `is_carried` tells that a proposal carries it over, as the `header` of responses where it is one; `switch` is what turns it off.
    """

    controller: str
    name: str
    loss: Loss
    says: str
    need: str = ""
    is_carried: bool = False
    header: tuple[str, str] | None = None
    switch: str = ""


class LostSetting(NamedTuple):
    """A setting of a controller as a whole that is lost with it, where it has one of the values `only`, or any."""

    controller: str
    name: str
    loss: Loss
    need: str = ""
    only: tuple[str, ...] = ()


class References(NamedTuple):
    """An annotation that names objects of these kinds: `namespace-name@kubernetescrd` where `is_dashed`, else `[namespace:]name`.

    Where `is_json` the value is `{"default": name, "ports": {port: name}}`.
    `type_at` is the field that says what an object is, empty where each key of `spec` is a part; `chain` is the part that names others,
    `target` the target that reads the same objects.
    """

    kinds: tuple[str, ...]
    target: str = ""
    is_dashed: bool = False
    is_json: bool = False
    type_at: str = ""
    chain: str = ""


class Part(NamedTuple):
    """What is lost with a part of such an object, the need that it meets, and the field that does the same or a part of it."""

    loss: Loss
    need: str = ""
    field: str = ""
    is_exact: bool = False


@cache
def references_of(key: str) -> References | None:
    """Return what objects an annotation names, None where it names none."""
    row = next((row for row in _catalog()["references"] if row["key"] == key), None)
    if row is None:
        return None
    target, type_at, chain = (row.get(field, "") for field in ("target", "type_at", "chain"))
    return References(tuple(row["kinds"]), target, "dashed" in row, "json" in row, type_at, chain)


def parts_of(name: str) -> Part:
    """Return what a part of an object is; one that is not known counts as a protection."""
    row = _catalog()["parts"].get(name)
    return Part(row["is"], row.get("need", ""), row.get("field", ""), "exact" in row) if row else Part("lost-protection")


@cache
def targets() -> dict[str, MigrationTarget]:
    """Return the implementations by the names that a call gives them."""
    return {name: _target(name, row) for name, row in _catalog()["targets"].items()}


def _target(name: str, row: Mapping[str, Any]) -> MigrationTarget:
    gives = {need: _means(one) for need, one in row["gives"].items()}
    aside = tuple(row.get("lacks", ())), tuple(row.get("notes", ())), "shares" in row
    return MigrationTarget(name, row["name"], row["controller"], row["class"], gives, *aside)


def loss_of(if_ignored: str, category: str) -> Loss:
    """Return what it means that a key is not carried over, by what becomes of it where it is ignored and by what it is about."""
    for row in _catalog()["consequences"]:
        if row["if_ignored"] == if_ignored and category in row.get("categories", (category,)):
            found: Loss = row["is"]
            return found
    return "lost-behaviour"


def need_of(handle: str) -> str:
    """Return the need that a place in `catalogs/gateway-api.json` answers; the handle itself where that is a need."""
    return next((str(row["need"]) for row in _catalog()["needs"] if handle.startswith(row["begins"])), handle)


def path_rules(controller: str) -> PathRules | None:
    """Return how a controller compares paths, None where that is not known."""
    row = _catalog()["paths"].get(controller)
    return PathRules(row["prefix"], row["other"], row.get("wildcard"), "expressions" in row, "tls" in row) if row else None


def redirecting(controller: str) -> Redirecting | None:
    """Return how a controller redirects to HTTPS by default, None where it does not."""
    row = _catalog()["redirects"].get(controller)
    return Redirecting(row["status"], row["switch"]) if row else None


@cache
def dialect_of(controller: str) -> Dialect | None:
    """Return the dialect that a product reads, None where its keys are not translated."""
    for name, row in _catalog()["dialects"].items():
        if controller in row["spoken_by"]:
            return Dialect(name, tuple(row["spoken_by"]), row["keys"])
    return None


@cache
def defaults_of(controller: str) -> tuple[Default, ...]:
    """Return what Ingresses of a controller rely on silently."""
    return tuple(_default(row) for row in _catalog()["defaults"] if row["controller"] == controller)


@cache
def lost_settings(controller: str) -> tuple[LostSetting, ...]:
    """Return the settings of a controller as a whole that a migration loses."""
    known = _catalog()["settings"]
    if known["controller"] != controller:
        return ()
    return tuple(LostSetting(controller, row["name"], row["is"], row.get("need", ""), tuple(row.get("only", ()))) for row in known["keys"])


@cache
def redirect_keys(controller: str) -> tuple[str, ...]:
    """Return the keys of which the first that is set turns the redirect to HTTPS off; none where a controller has no such default."""
    known, dialect = redirecting(controller), dialect_of(controller)
    if known is None or dialect is None:
        return ()
    return tuple(dialect.keys[role] for role in known.switches if role in dialect.keys)


def is_alone(controller: str | None) -> bool:
    """Tell whether a controller that is none of a cloud has an address for each Ingress."""
    return controller in _catalog()["alone"]


@cache
def snippet_guards() -> frozenset[str]:
    """Return the directives of NGINX that keep somebody out."""
    return frozenset(_catalog()["snippet_guards"])


def _means(row: Mapping[str, Any]) -> Means:
    return Means(row["object"], row["field"], row.get("note", ""))


def _default(row: Mapping[str, Any]) -> Default:
    header = row.get("header")
    return Default(
        row["controller"],
        row["name"],
        row["is"],
        row["says"],
        row.get("need", ""),
        "carried" in row,
        (header["name"], header["value"]) if header else None,
        row.get("switch", ""),
    )


@cache
def _catalog() -> dict[str, Any]:
    catalog: dict[str, Any] = read_json("catalogs", "migration.json")
    return catalog
