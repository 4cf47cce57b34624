"""Since when `spec.externalIPs` is deprecated, until when it is planned to work, and where it is refused by default.

The facts are in `catalogs/external-ips.json`.
"""

from functools import cache
from typing import Any

from k8slblint.model.records import NamedTuple
from k8slblint.shipped import read_json


class Refusal(NamedTuple):
    """A platform whose new clusters refuse the field: its name in words, the release since when, and the option that allows it."""

    name: str
    since: str
    unless: str


class Plan(NamedTuple):
    """The minor releases of Kubernetes 1 since which the field is deprecated, and is planned to be served no more by default."""

    deprecated_since: int
    off_since: int


def plan() -> Plan:
    """Return what Kubernetes does with the field, and plans to."""
    data = _data()
    return Plan(data["deprecated_since"], data["planned_off_since"])


def refusal_on(platform: str) -> Refusal | None:
    """Return how a platform refuses the field by default, or None where it does not."""
    rows = (row for row in _data()["refused_on"] if row["platform"] == platform)
    return next((Refusal(row["name"], row["since"], row["unless"]) for row in rows), None)


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = read_json("catalogs", "external-ips.json")
    return data
