"""How controllers expose TCP and UDP by their own means, and which routes of Gateway API replace them; `catalogs/edge-tcp.json`."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeAlias

from k8slblint.catalog.controllers import controllers
from k8slblint.catalog.gateway_features import gateway_implementation
from k8slblint.model.records import NamedTuple
from k8slblint.shipped import read_json

RouteKind: TypeAlias = Literal["TCPRoute", "UDPRoute", "TLSRoute"]

Support: TypeAlias = Literal["yes", "no", "unknown"]


class RouteCase(NamedTuple):
    """A kind of route that replaces an object; where there is a `field`, only if its text is `value`."""

    route: RouteKind
    field: tuple[str, ...] = ()
    value: str = ""


class NotReplaced(NamedTuple):
    """A text in a field of the elements of a list that says what no route of Gateway API can."""

    path: tuple[str, ...]
    field: str
    text: str


class EdgeKind(NamedTuple):
    """A kind by which a controller exposes TCP or UDP; the first case that fits counts, unless the object says what no route can."""

    controller: str
    routes: tuple[RouteCase, ...]
    not_replaced: NotReplaced | None = None


class PortsConfigMap(NamedTuple):
    """An argument of a controller that names a ConfigMap with ports, and where the values of its chart list them."""

    controller: str
    argument: str
    route: RouteKind
    value: tuple[str, ...] = ()


@cache
def edge_kinds() -> Mapping[str, EdgeKind]:
    """Return the kinds by `Kind.group`."""
    return {
        f"{row['kind']}.{group}": EdgeKind(row["controller"], tuple(map(_case, row["routes"])), _not_replaced(row))
        for row in _catalog()["kinds"]
        for group in row["groups"]
    }


@cache
def ports_config_maps() -> tuple[PortsConfigMap, ...]:
    """Return the arguments that name ConfigMaps with ports."""
    rows = _catalog()["config_maps"]
    return tuple(PortsConfigMap(row["controller"], row["argument"], row["route"], tuple(row.get("value", ()))) for row in rows)


def protocol_of(route: RouteKind) -> str:
    """Return the protocol of the listener that a kind of route attaches to."""
    return str(_catalog()["routes"][route]["protocol"])


def standard_since(route: RouteKind) -> str:
    """Return the first release of Gateway API that has a kind of route in its standard channel."""
    return str(_catalog()["routes"][route]["since"])


def support_of(controller: str, route: RouteKind) -> Support:
    """Return whether a controller serves a kind of route, by its code or its conformance reports; `no` if it serves no Gateway at all."""
    if controller in _catalog()["routes"][route]["serving"]:
        return "yes"
    known = controllers().get(controller)
    sides = known.gateway if known is not None else ()
    found = [gateway_implementation(side.controller) for side in sides]
    if any(route in report.claimed for one in found if one is not None for report in one.reports):
        return "yes"
    behaviours = [one.behaviour[route].outcome for one in found if one is not None and route in one.behaviour]
    return "no" if not sides or "ignored" in behaviours or "refused" in behaviours else "unknown"


def _case(row: dict[str, Any]) -> RouteCase:
    return RouteCase(row["route"], tuple(row.get("field", ())), row.get("value", ""))


def _not_replaced(row: dict[str, Any]) -> NotReplaced | None:
    found = row.get("not_replaced")
    return NotReplaced(tuple(found["in"]), found["field"], found["text"]) if found else None


@cache
def _catalog() -> dict[str, Any]:
    catalog: dict[str, Any] = read_json("catalogs", "edge-tcp.json")
    return catalog
