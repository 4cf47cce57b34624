"""Knows which Ingress and Gateway classes build cloud load balancers, what they need and cost.

The facts are in `catalogs/load-balancers.json` and `catalogs/prices.json`.
"""

from functools import lru_cache
from typing import Any

from k8slblint.shipped import read_json


def ingress_kinds() -> list[dict[str, Any]]:
    """Return the kinds of cloud load balancers that Ingresses build: controllers, classes, grouping, need of node ports."""
    kinds: list[dict[str, Any]] = _catalog()["ingress"]
    return kinds


def class_parameters_scheme(type_name: str) -> tuple[tuple[str, ...], str] | None:
    """Return where class parameters of a kind state the scheme, and the annotation whose texts it takes; None where they do not."""
    for kind in ingress_kinds():
        stated = kind.get("class_parameters_scheme")
        if stated and type_name in kind["class_parameters_kinds"]:
            return tuple(stated["path"]), stated["like"]
    return None


def gateway_kinds() -> list[dict[str, Any]]:
    """Return the kinds of cloud load balancers that Gateways build, by controller and customary class prefix."""
    kinds: list[dict[str, Any]] = _catalog()["gateway"]
    return kinds


def target_group_bindings() -> list[str]:
    """Return the kinds that bind a Service to a target group made elsewhere (`targetType: instance` means node ports)."""
    kinds: list[str] = _catalog()["target_group_bindings"]
    return kinds


def refusal_without_node_ports(controllers: list[str]) -> dict[str, Any] | None:
    """Return what controllers do with backends that have no node ports where these are needed; None where they do not refuse them.

    `consequence` and `instead` are words, `default_is_unknown_of` the controllers whose default targets are not known.
    """
    wanted = set(controllers)
    return next((row for row in _catalog()["without_node_ports"] if wanted & set(row["controllers"])), None)


def actions_prefix() -> str:
    """Return the prefix of the annotations that hold actions which Ingress backends name with the port `use-annotation`."""
    prefix: str = _catalog()["actions_prefix"]
    return prefix


def prices_of_services(platform: str) -> list[str]:
    """Return the names of the prices that a Service of type LoadBalancer may have on a platform.

    All of them where the platform is `unknown`, none where its prices are.
    """
    services: dict[str, list[str]] = _prices()["services"]
    known = services.values() if platform == "unknown" else [services.get(platform, [])]
    return [name for names in known for name in names]


def price(name: str) -> dict[str, Any] | None:
    """Return a list price, or None when unknown.

    `monthly_usd` is the lowest and highest, in US dollars for 730 hours before traffic; `basis`, `date` and `source` say whence.
    """
    found: dict[str, Any] | None = _prices()["prices"].get(name)
    return found


@lru_cache(maxsize=1)
def _catalog() -> dict[str, Any]:
    catalog: dict[str, Any] = read_json("catalogs", "load-balancers.json")
    return catalog


@lru_cache(maxsize=1)
def _prices() -> dict[str, Any]:
    prices: dict[str, Any] = read_json("catalogs", "prices.json")
    return prices
