"""How controllers serve Ingresses where no annotation is asked for; the facts are in `catalogs/ingress-serving.json`."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

from k8slblint.model.records import NamedTuple
from k8slblint.shipped import read_json


class ServingController(NamedTuple):
    """What is known of one controller: see `catalog-ingress-serving.schema.json` for the fields."""

    source: str
    prefix_is_default: bool = False
    refuses_second: bool = False
    host_wide: bool = False
    own_address: bool = False
    first_wins: bool = False
    one_proxy: bool = False


class ClassReading(NamedTuple):
    """How a controller reads the class of an Ingress: which of annotation and field decides, and what becomes of one `without`.

    `field` and `annotation` are None where they are read. With `needs_object` a class in the field counts only where it exists.
    `served_if_argument` (or a value of its chart) has it serve those without one, the arguments `ignored_if` keep it from that.
    """

    wins: Literal["annotation", "field", "either", "both"]
    without: Literal["served", "ignored"]
    source: str
    field: Literal["ignored", "unknown"] | None = None
    annotation: Literal["ignored", "unknown"] | None = None
    needs_object: bool = False
    served_if_argument: str | None = None
    served_if_value: tuple[str, ...] = ()
    ignored_if: tuple[str, ...] = ()


class HostWideKey(NamedTuple):
    """An annotation that holds for all paths of a host; `unless` is another one with values that switch it off.

    One that is `at_root` leads by the path `/` of a host to the address of a Service, and passes over other paths.
    With `names` it is about other hosts: those that it lists, or the host with or without `www.`.
    """

    key: str
    effect: Literal["regex", "all-paths", "none"]
    source: str
    once: bool = False
    is_true: bool = False
    at_root: bool = False
    unless_path: bool = False
    unless: tuple[str, tuple[str, ...]] | None = None
    says: str = ""
    severity: Literal["note", "warning"] = "warning"
    names: Literal["list", "www"] | None = None


class UniqueHost(NamedTuple):
    """A kind of which one object has a host, or a host and path; `effect` is which of several is served."""

    controller: str
    host: tuple[str, ...]
    effect: Literal["none", "oldest"]
    path: tuple[str, ...] = ()
    class_field: tuple[str, ...] = ()
    with_ingresses: bool = False


class EqualRules(NamedTuple):
    """A kind with rules in the language of a vendor; `match`, `priority` and `services` are fields of an element of `routes`.

    `classes` are fields that name a class: what states another one, or none, may be served by another process.
    """

    controller: str
    routes: tuple[str, ...]
    match: str
    priority: str
    services: str
    entry_points: tuple[str, ...]
    tls: tuple[str, ...]
    classes: tuple[tuple[str, ...], ...]


class DefaultCertificate(NamedTuple):
    """An argument of a controller, or a value of its chart, that gives it a certificate for all hosts."""

    controller: str
    argument: str
    value: tuple[str, ...] = ()


class TlsFacts(NamedTuple):
    """Where TLS may be ended without a word in the Ingress.

    By the controllers `by_itself`, with a default certificate, at `entry_points` (controller, beginning of an argument, words in it),
    or in front of the load balancer: by workloads of `front_images`, or where an Ingress has one of `front_keys`.
    """

    by_itself: frozenset[str]
    default_certificates: tuple[DefaultCertificate, ...]
    entry_points: tuple[tuple[str, str, tuple[str, ...]], ...]
    front_images: frozenset[str]
    front_keys: frozenset[str]


class ServingFacts(NamedTuple):
    """What is known of all: prefixes of keys that tell rules with one path apart, paths of solvers, and controllers by id.

    `canary` is the key that makes an Ingress a part of another one, `classless_ignored_on` are platforms that serve none without a class.
    """

    told_apart_by: tuple[str, ...]
    solver_paths: tuple[str, ...]
    canary: str
    host_wide_keys: tuple[HostWideKey, ...]
    controllers: Mapping[str, ServingController]
    classes: Mapping[str, ClassReading]
    classless_ignored_on: tuple[str, ...]


@cache
def serving_facts() -> ServingFacts:
    """Return how controllers serve Ingresses."""
    raw = read_json("catalogs", "ingress-serving.json")
    controllers = {name: ServingController(**row) for name, row in raw["controllers"].items()}
    prefixes = tuple(row["prefix"] for row in raw["told_apart_by"])
    keys = tuple(map(_host_wide_key, raw["host_wide_keys"]))
    return ServingFacts(
        prefixes,
        tuple(raw["solver_paths"]),
        raw["canary"]["key"],
        keys,
        controllers,
        {name: _class_reading(row) for name, row in raw["classes"].items()},
        tuple(raw["classless_ignored_on"]["platforms"]),
    )


def _class_reading(raw: dict[str, Any]) -> ClassReading:
    told = raw.get("served_if", {})
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in raw.items() if name != "served_if"
    }
    return ClassReading(**fields, served_if_argument=told.get("argument"), served_if_value=tuple(told.get("value", ())))


def _host_wide_key(raw: dict[str, Any]) -> HostWideKey:
    unless = raw.get("unless")
    return HostWideKey(**{**raw, "unless": (unless["key"], tuple(unless["values"])) if unless else None})


@cache
def tls_facts() -> TlsFacts:
    """Return where TLS may be ended without a word in the Ingress."""
    raw = read_json("catalogs", "ingress-serving.json")["tls"]
    front = raw["in_front"]
    return TlsFacts(
        frozenset(raw["by_itself"]),
        tuple(DefaultCertificate(row["controller"], row["argument"], tuple(row.get("value", ()))) for row in raw["default_certificates"]),
        tuple((row["controller"], row["argument"], tuple(row["words"])) for row in raw["entry_points"]),
        frozenset(front["images"]),
        frozenset(front["keys"]),
    )


@cache
def unique_hosts() -> Mapping[str, UniqueHost]:
    """Return the kinds (`Kind.group`) of which one object has a host."""
    rows = read_json("catalogs", "ingress-serving.json")["unique_hosts"]
    return {
        row["kind"]: UniqueHost(
            row["controller"],
            tuple(row["host"]),
            row["effect"],
            tuple(row.get("path", ())),
            tuple(row.get("class", ())),
            row.get("with_ingresses", False),
        )
        for row in rows
    }


@cache
def equal_rules() -> Mapping[str, EqualRules]:
    """Return the kinds (`Kind.group`) with rules in the language of a vendor."""
    rows = read_json("catalogs", "ingress-serving.json")["equal_rules"]
    return {row["kind"]: _equal_rules(row) for row in rows}


def _equal_rules(raw: dict[str, Any]) -> EqualRules:
    fields: dict[str, Any] = {name: _frozen(raw[name]) for name in EqualRules._fields}
    return EqualRules(**fields)


def _frozen(value: Any) -> Any:
    """Return a value of a catalog with tuples for its lists, at every level."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
