"""In which order controllers try the paths of a host.

The facts are in `catalogs/route-orders.json`, with the code that each was read in.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeAlias

from k8slblint.catalog.rows import Rows
from k8slblint.model.records import NamedTuple
from k8slblint.model.rule import Condition
from k8slblint.shipped import read_json

Order: TypeAlias = Literal[
    "longest", "exact-first", "expression-first", "expression-second", "expression-last", "rule-length", "groups", "one-object"
]
"""See `catalog-route-orders.schema.json`."""


class RouteOrder(NamedTuple):
    """How a controller orders the paths of a host, and what it makes of paths whose type is neither Exact nor Prefix.

    `path_types` are the values of `path_type_key`. `host_flags` and `host_rewrites` are annotations of any Ingress of a host that make
    all its paths expressions; `shared_by` those of an Ingress that shares the paths of another one. `priority_key` and `priority_field`
    say which comes first. `first_of_equals` is which of equally old objects precedes, by namespace and name.
    """

    order: Order
    equal: Literal["age", "rule", "controller"]
    is_prefix_otherwise: bool
    path_type_key: str | None
    path_types: Mapping[str, str]
    expression_signs: str
    expression_start: str | None
    host_flags: tuple[str, ...]
    host_rewrites: tuple[str, ...]
    shared_by: tuple[str, ...]
    priority_key: str | None
    priority_field: str | None
    first_of_equals: Literal["first", "last"]


class SameMatch(NamedTuple):
    """The conditions of a route where an older one has matches of all (`whole`) or some of its rules, which are skipped then."""

    kinds: tuple[str, ...]
    whole: Condition
    part: Condition


@cache
def same_match() -> Mapping[str, SameMatch]:
    """Return what controllers (ids) make of rules with a match that an older route has, where they show it."""
    rows = read_json("catalogs", "route-orders.json")["same_match"]
    return {row["controller"]: SameMatch(tuple(row["kinds"]), _condition(row["whole"]), _condition(row["part"])) for row in rows}


def _condition(raw: Mapping[str, str]) -> Condition:
    return Condition(raw["type"], raw["status"], raw["reason"])


@cache
def route_orders() -> Mapping[str, RouteOrder]:
    """Return the known orders by the ids of controllers."""
    content = read_json("catalogs", "route-orders.json")
    return Rows({row["controller"]: row for row in content["orders"]}, _order)


def _order(raw: Mapping[str, Any]) -> RouteOrder:
    types, on_host, priority = (raw.get(name, {}) for name in ("path_types", "host_expressions", "priority"))
    return RouteOrder(
        order=raw["order"],
        equal=raw["equal"],
        is_prefix_otherwise=raw.get("otherwise") == "prefix",
        path_type_key=types.get("annotation"),
        path_types=types.get("values", {}),
        expression_signs=raw.get("expression_signs", ""),
        expression_start=raw.get("expression_start"),
        host_flags=tuple(on_host.get("flags", ())),
        host_rewrites=tuple(on_host.get("rewrites", ())),
        shared_by=tuple(raw.get("shared_by", ())),
        priority_key=priority.get("annotation"),
        priority_field=priority.get("field"),
        first_of_equals=raw.get("first_of_equals", "first"),
    )
