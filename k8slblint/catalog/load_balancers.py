"""Knows which Services, Ingresses and Gateways build cloud load balancers, which share one, what they need and cost.

The facts are in `catalogs/load-balancers.json` and `catalogs/prices.json`.
"""

from functools import lru_cache
from typing import Any

from k8slblint.shipped import read_json

DEFAULT_SERVICE_TYPE = "LoadBalancer"
"""What every controller of `gateway_services` and `ingress_services` makes where nothing else is said."""


def ingress_kinds() -> list[dict[str, Any]]:
    """Return the kinds of cloud load balancers that Ingresses build: controllers, classes, grouping, need of node ports."""
    return _list("ingress")


def ingress_services() -> list[dict[str, Any]]:
    """Return the controllers in the cluster that make a Service of type LoadBalancer for an Ingress, or one for several."""
    return _list("ingress_services")


def class_parameters_scheme(type_name: str) -> tuple[tuple[str, ...], str] | None:
    """Return where class parameters of a kind state the scheme, and the annotation whose texts it takes; None where they do not."""
    for kind in ingress_kinds():
        stated = kind.get("class_parameters_scheme")
        if stated and type_name in kind["class_parameters_kinds"]:
            return tuple(stated["path"]), stated["like"]
    return None


def gateway_kinds() -> list[dict[str, Any]]:
    """Return the kinds of cloud load balancers that Gateways build, by controller and customary class prefix."""
    return _list("gateway")


def gateway_services() -> list[dict[str, Any]]:
    """Return the controllers in the cluster that make a Service of type LoadBalancer for each Gateway, and what may change that."""
    return _list("gateway_services")


def generated_services() -> list[dict[str, str]]:
    """Return the labels by which a Service that was made for a Gateway names it (`name`, and `namespace` where it may be another)."""
    return _list("generated_services")


def service_sharing(platform: str) -> dict[str, Any]:
    """Return the `annotations` and `fields` by which Services of a platform name one load balancer or address to share; maybe empty."""
    return next((row for row in _list("service_sharing") if row["platform"] == platform), {})


def service_product(platform: str, owner: str | None = None, load_balancer_class: str | None = None) -> dict[str, Any]:
    """Return what a Service builds (`product`, as quotas count it) and its `prices`, as far as these differ from the platform's.

    `owner` is that of `graph.aws` on AWS.
    """
    wanted = {"owner": owner, "class": load_balancer_class}
    rows = (row for row in _list("service_products") if row["platform"] == platform)
    return next((row for row in rows if all(row.get(field) in (None, value) for field, value in wanted.items())), {})


def target_group_bindings() -> list[str]:
    """Return the kinds that bind a Service to a target group made elsewhere (`targetType: instance` means node ports)."""
    return _list("target_group_bindings")


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


def priced_platforms() -> list[str]:
    """Return the platforms whose Services have a known price."""
    return list(_prices()["services"])


def prices_of_services(platform: str) -> list[str]:
    """Return the names of the prices that a Service of type LoadBalancer may have on a platform, none where they are unknown."""
    names: list[str] = _prices()["services"].get(platform, [])
    return names


def price(name: str) -> dict[str, Any] | None:
    """Return a list price, or None when unknown.

    `monthly_usd` is the lowest and highest, in US dollars for 730 hours before traffic; `basis`, `date` and `source` say whence.
    With a `tier`, load balancers are not priced one by one: the first `included` units cost `base_usd` together.
    """
    found: dict[str, Any] | None = _prices()["prices"].get(name)
    return found


def _list(name: str) -> list[Any]:
    rows: list[Any] = _catalog()[name]
    return rows


@lru_cache(maxsize=1)
def _catalog() -> dict[str, Any]:
    catalog: dict[str, Any] = read_json("catalogs", "load-balancers.json")
    return catalog


@lru_cache(maxsize=1)
def _prices() -> dict[str, Any]:
    prices: dict[str, Any] = read_json("catalogs", "prices.json")
    return prices
