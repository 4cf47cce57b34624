"""Kinds outside Ingress and Gateway API that route traffic to Services; the facts are in `catalogs/vendor-routes.json`.

A `Pattern` is a path whose step `ANY_ELEMENT` stands for every element of a list: `spec.routes[].name`.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeAlias

from k8slblint.catalog.rows import Rows
from k8slblint.model.records import NamedTuple
from k8slblint.shipped import read_json

ANY_ELEMENT = "[]"

Pattern: TypeAlias = tuple[str, ...]

Written: TypeAlias = Literal["name", "qualified", "host", "url"]
"""How a Service is named: by name, as `namespace/name`, by the DNS name of a mesh, or in a URL with or without scheme and port."""

Speaks: TypeAlias = Literal["http", "tls", "tcp"]
"""What a proxy passes on: requests, TLS that it does not end, or bytes."""

Role: TypeAlias = Literal["route", "part", "filter", "opaque"]
"""Served by itself, only where a route names it (`filter`: and no way in by itself), or leading to Services by fields that are not read."""


class Condition(NamedTuple):
    """A text that must stand at a path."""

    path: Pattern
    value: str


class BackendRow(NamedTuple):
    """Where a kind names Services; `kind` is where it says what is named: nothing there, or one of `kinds`, means a Service.

    `is_pod_port` tells that a number is a port of the Pod; a name is that of a port of the Service.
    """

    service: Pattern
    written: Written
    speaks: Speaks
    namespace: Pattern | None = None
    port: Pattern | None = None
    is_pod_port: bool = False
    kind: Pattern | None = None
    kinds: tuple[str, ...] = ("Service",)


class PartRow(NamedTuple):
    """Where a kind names other objects of its groups that it serves; `missing` is what becomes of requests where one does not exist."""

    kinds: tuple[str, ...]
    name: Pattern
    written: Written
    namespace: Pattern | None = None
    where: Condition | None = None
    missing: str | None = None


class Gateways(NamedTuple):
    """The objects of `kind` that open the ports, by name (`except_name` is none), and where they hold the labels of the proxy's Pods.

    `hosts` are those that they serve, as `namespace/host` where only one namespace may use them; None where they do not matter.
    """

    names: Pattern
    kind: str
    except_name: str
    selector: Pattern
    hosts: Pattern | None


class Subsets(NamedTuple):
    """The objects of `kind` that divide the Service of `host` into parts, by their names; a route names one beside the host."""

    kind: str
    host: Pattern
    names: Pattern


class Outside(NamedTuple):
    """When a network of the vendor brings the internet: see `catalog-vendor-routes.schema.json`."""

    bindings: Pattern | None = None
    value: str = ""
    address: Pattern | None = None
    inside_suffix: str = ""


class VendorRoute(NamedTuple):
    """A kind that leads traffic to Services; `controller` is an id, None where `product` is no controller of the list.

    `unread` are references that are not followed. Without a value at `part_without` it is a part, without one at `needs` it leads nowhere.
    `entry_points` names ports of the proxy. `elsewhere` says why it never shows from where it is reached, `inside` the label that keeps
    it in the cluster. `filters` may let only some in. `missing` is what becomes of requests for a Service that does not exist.
    """

    kind: str
    groups: tuple[str, ...]
    controller: str | None
    product: str | None
    role: Role
    backends: tuple[BackendRow, ...]
    parts: tuple[PartRow, ...]
    unread: tuple[Pattern, ...]
    filters: tuple[Pattern, ...]
    hosts: tuple[Pattern, ...]
    part_without: Pattern | None
    needs: Pattern | None
    entry_points: Pattern | None
    gateways: Gateways | None
    subsets: Subsets | None
    outside: Outside | None
    elsewhere: str | None
    inside: tuple[str, str] | None
    makes_pods: bool
    passes_tls: Condition | None
    missing: str | None
    source: str
    as_of: str


class LeadingAnnotation(NamedTuple):
    """An annotation by which another than a Service's owner leads traffic to it; `value` is the only text that counts, None for any.

    A text that does not contain `contains` does not count.
    """

    key: str
    value: str | None
    contains: str
    controller: str
    reach: Literal["internet", "internal", "unknown"]
    why: str
    source: str
    as_of: str


@cache
def vendor_routes() -> Mapping[str, VendorRoute]:
    """Return every kind by `Kind.group`, for each of its groups; a row is read when it is asked for."""
    return Rows({f"{row['kind']}.{group}": row for row in _catalog()["routes"] for group in row["groups"]}, _route)


class DroppedGroup(NamedTuple):
    """An API group that a controller (an id) reads no more from a release on; `instead` is the group that takes its place."""

    group: str
    controller: str
    release: tuple[int, int, int]
    instead: str
    source: str


@cache
def dropped_groups() -> Mapping[str, DroppedGroup]:
    """Return the API groups that some controller dropped, by name."""
    return {row["group"]: _dropped(row) for row in _catalog()["dropped"]}


def _dropped(row: Mapping[str, Any]) -> DroppedGroup:
    major, minor, patch = map(int, row["release"].split("."))
    return DroppedGroup(row["group"], row["controller"], (major, minor, patch), row["instead"], row["source"])


@cache
def named_by_routes() -> frozenset[str]:
    """Return the kinds of the objects that open the ports of routes, and that divide Services for them (`Kind.group`)."""
    return frozenset(row[part]["kind"] for row in _catalog()["routes"] for part in ("gateways", "subsets") if part in row)


@cache
def _catalog() -> dict[str, Any]:
    content: dict[str, Any] = read_json("catalogs", "vendor-routes.json")
    return content


@cache
def leading_annotations() -> tuple[LeadingAnnotation, ...]:
    """Return the annotations of Services that lead traffic to them."""
    return tuple(
        LeadingAnnotation(
            key=row["key"],
            value=row.get("value"),
            contains=row.get("contains", ""),
            controller=row["controller"],
            reach=row["reach"],
            why=row["why"],
            source=row["source"],
            as_of=row["date"],
        )
        for row in _catalog()["annotations"]
    )


def _route(raw: Mapping[str, Any]) -> VendorRoute:
    inside = raw.get("inside")
    return VendorRoute(
        kind=raw["kind"],
        groups=tuple(raw["groups"]),
        controller=raw.get("controller"),
        product=raw.get("product"),
        role=raw.get("role", "route"),
        backends=tuple(map(_backend, raw.get("backends", ()))),
        parts=tuple(map(_part, raw.get("parts", ()))),
        unread=_patterns(raw, "unread"),
        filters=_patterns(raw, "filters"),
        hosts=_patterns(raw, "hosts"),
        part_without=_optional(raw, "part_without"),
        needs=_optional(raw, "needs"),
        entry_points=_optional(raw, "entry_points"),
        gateways=_gateways(raw["gateways"]) if "gateways" in raw else None,
        subsets=_subsets(raw["subsets"]) if "subsets" in raw else None,
        outside=_outside(raw["outside"]) if "outside" in raw else None,
        elsewhere=raw.get("elsewhere"),
        inside=(inside["label"], inside["value"]) if inside else None,
        makes_pods=raw.get("makes_pods", False),
        passes_tls=_condition(raw["passes_tls"]) if "passes_tls" in raw else None,
        missing=raw.get("missing"),
        source=raw["source"],
        as_of=raw["date"],
    )


def _backend(raw: Mapping[str, Any]) -> BackendRow:
    return BackendRow(
        service=_pattern(raw["service"]),
        written=raw.get("written", "name"),
        speaks=raw["speaks"],
        namespace=_optional(raw, "namespace"),
        port=_optional(raw, "port"),
        is_pod_port=raw.get("port_of") == "pod",
        kind=_optional(raw, "kind"),
        kinds=tuple(raw.get("kinds", ("Service",))),
    )


def _part(raw: Mapping[str, Any]) -> PartRow:
    where = _condition(raw["where"]) if "where" in raw else None
    written, missing = raw.get("written", "name"), raw.get("missing")
    return PartRow(tuple(raw["kinds"]), _pattern(raw["name"]), written, _optional(raw, "namespace"), where, missing)


def _gateways(raw: Mapping[str, Any]) -> Gateways:
    return Gateways(_pattern(raw["names"]), raw["kind"], raw["except"], _pattern(raw["selector"]), _optional(raw, "hosts"))


def _subsets(raw: Mapping[str, Any]) -> Subsets:
    return Subsets(raw["kind"], _pattern(raw["host"]), _pattern(raw["names"]))


def _outside(raw: Mapping[str, Any]) -> Outside:
    return Outside(_optional(raw, "bindings"), raw.get("value", ""), _optional(raw, "address"), raw.get("inside_suffix", ""))


def _condition(raw: Mapping[str, Any]) -> Condition:
    return Condition(_pattern(raw["path"]), raw["value"])


def _patterns(raw: Mapping[str, Any], field: str) -> tuple[Pattern, ...]:
    return tuple(map(_pattern, raw.get(field, ())))


def _optional(raw: Mapping[str, Any], field: str) -> Pattern | None:
    return _pattern(raw[field]) if field in raw else None


def _pattern(text: str) -> Pattern:
    return tuple(text.replace(ANY_ELEMENT, f".{ANY_ELEMENT}").split("."))
