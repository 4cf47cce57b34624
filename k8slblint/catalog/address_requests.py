"""How Services ask for an address of a pool, for a pool, or to share an address; the facts are in `catalogs/address-requests.json`."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from k8slblint.model.records import NamedTuple
from k8slblint.shipped import read_json


class AddressKeys(NamedTuple):
    """The annotations of one controller; the first that an object has counts, also where it is empty.

    `has_field` tells that `spec.loadBalancerIP` asks for an address too, `across_namespaces` names the keys that both need in different
    namespaces, if there are such.
    """

    controller: str
    addresses: tuple[str, ...]
    has_field: bool
    pool: tuple[str, ...]
    sharing: tuple[str, ...]
    across_namespaces: tuple[str, ...]
    is_of_one_pool: bool


@cache
def address_keys() -> Mapping[str, AddressKeys]:
    """Return the keys by the id of the controller."""
    rows: Sequence[dict[str, Any]] = read_json("catalogs", "address-requests.json")["controllers"]
    return {row["controller"]: _keys(row) for row in rows}


def _keys(row: dict[str, Any]) -> AddressKeys:
    lists = (tuple(row.get(name, ())) for name in ("addresses", "pool", "sharing", "across_namespaces"))
    addresses, pool, sharing, across = lists
    return AddressKeys(row["controller"], addresses, row["field"], pool, sharing, across, row["one_pool"])


def first_of(keys: Sequence[str], annotations: Mapping[str, Any]) -> str | None:
    """Return the key that counts: the first that is there."""
    return next((key for key in keys if key in annotations), None)
