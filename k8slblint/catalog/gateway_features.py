"""Which features of Gateway API each implementation claims in its conformance reports, and what its code does with other fields.

The facts are in `catalogs/gateway-features.json`; releases of Gateway API are `v1.6` or, before v1.5, `v1.4.1`.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal, TypeAlias

from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple
from k8slblint.shipped import read_json

Outcome: TypeAlias = Literal["ignored", "refused", "works"]

Minor: TypeAlias = tuple[int, int]
"""The first two numbers of a version."""

_VERSION = pattern(r"v?([0-9]{1,4})\.([0-9]{1,4})(?:[.+-].*)?")


class AskingField(NamedTuple):
    """A field by which an object asks for a feature: `kind` of Gateway API, `path` with `*` for each item of a list.

    The field must be `value`, or neither empty nor `unless`; `times` of the items of its last list must be so, the key `without` must be
    missing in the mapping there, keys `beside` it must have these texts (or be missing). The port of the Service there must have
    `app_protocol`, and the listeners that the parent there names must have `listener_mode`.
    """

    kind: str
    path: tuple[str, ...]
    value: str | int | None = None
    unless: str | None = None
    times: int = 1
    without: str | None = None
    beside: tuple[tuple[str, str], ...] = ()
    app_protocol: str | None = None
    listener_mode: str | None = None


class Feature(NamedTuple):
    """A feature of the conformance tests, or a field without one; what asks for it asks for the feature `within`, too."""

    name: str
    asked_by: tuple[AskingField, ...]
    within: str | None = None


class Behaviour(NamedTuple):
    """What the code of an implementation does with fields; `then` are words.

    `condition` is `(type, status, reason)`, shown by versions from `condition_since` on.
    """

    outcome: Outcome
    source: str
    then: str | None = None
    condition: tuple[str, str, str] | None = None
    condition_since: Minor | None = None


class FeatureReport(NamedTuple):
    """What a conformance report of one version says; in neither set is what its tests did not know. `minor` is None for `main`."""

    version: str
    minor: Minor | None
    release: str
    claimed: frozenset[str]
    not_claimed: frozenset[str]


class GatewayImplementation(NamedTuple):
    """An implementation: repositories of `images` whose tag is its version, `charts` that have its version, reports by release."""

    name: str
    images: tuple[str, ...]
    charts: tuple[str, ...]
    behaviour: Mapping[str, Behaviour]
    reports: tuple[FeatureReport, ...]


@cache
def features() -> tuple[Feature, ...]:
    """Return the features that a field asks for, by name."""
    rows = _catalog()["features"].items()
    return tuple(Feature(name, tuple(map(_field, row["asked_by"])), row.get("within")) for name, row in rows if row["asked_by"])


@cache
def gateway_implementation(controller: str) -> GatewayImplementation | None:
    """Return the implementation of a `controllerName`, None where none of its reports is known."""
    row = next((row for row in _catalog()["implementations"] if controller in row["controllers"]), None)
    return _implementation(row) if row is not None else None


@cache
def newest_release() -> Minor:
    """Return the newest release of Gateway API that any implementation has a report of."""
    return max(filter(None, (minor_of(row["release"]) for row in _catalog()["reports"])))


def minor_of(version: str) -> Minor | None:
    """Return the first two numbers of a version (`v3.7.10`, `1.36.2-gke.1`), None where it is something else (`main`)."""
    found = _VERSION.fullmatch(version.strip())
    return (int(found[1]), int(found[2])) if found else None


def _implementation(row: Mapping[str, Any]) -> GatewayImplementation:
    return GatewayImplementation(
        name=row["name"],
        images=tuple(row["images"]),
        charts=tuple(row["charts"]),
        behaviour={name: _behaviour(part) for part in row["behaviour"] for name in part["features"]},
        reports=tuple(_report(report) for report in _catalog()["reports"] if report["project"] in row["projects"]),
    )


def _behaviour(row: Mapping[str, Any]) -> Behaviour:
    shown = row.get("condition")
    condition = (shown["type"], shown["status"], shown["reason"]) if shown else None
    since = minor_of(shown["since"]) if shown and "since" in shown else None
    return Behaviour(row["outcome"], row["source"], row.get("then"), condition, since)


def _report(row: Mapping[str, Any]) -> FeatureReport:
    return FeatureReport(
        version=row["version"],
        minor=minor_of(row["version"]),
        release=row["release"],
        claimed=frozenset(row["claimed"]),
        not_claimed=frozenset(row["not_claimed"]),
    )


def _field(row: Mapping[str, Any]) -> AskingField:
    special: dict[str, Any] = {
        name: row[name] for name in ("value", "unless", "times", "without", "app_protocol", "listener_mode") if name in row
    }
    return AskingField(row["kind"], _texts(row["path"]), beside=tuple(row.get("beside", {}).items()), **special)


def _texts(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(values)


@cache
def _catalog() -> dict[str, Any]:
    catalog: dict[str, Any] = read_json("catalogs", "gateway-features.json")
    return catalog
