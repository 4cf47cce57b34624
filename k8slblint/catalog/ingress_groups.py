"""Which settings the Ingresses of one load balancer must agree on; the facts are in `catalogs/ingress-groups.json`."""

from functools import cache
from typing import Any, Literal, TypeAlias

from k8slblint.model.records import NamedTuple
from k8slblint.shipped import read_json

Compare: TypeAlias = Literal["text", "bool", "list", "set", "parts", "map", "ports"]
"""How values are compared: as text, as a Go bool, as a list with or without its order, part by part, all parts, or JSON by port."""

Steps: TypeAlias = tuple[str, ...]


class Place(NamedTuple):
    """Where a setting is written: an annotation of the Ingress, and a field of the parameters of its class."""

    key: str
    class_field: Steps


class Companion(NamedTuple):
    """An annotation that a member must have, with the value true if `is_true`."""

    key: str
    is_true: bool = False


class GroupSetting(NamedTuple):
    """A setting of a group: see `catalog-ingress-groups.schema.json` for the fields."""

    key: str
    compare: Compare
    source: str
    other_key: str | None = None
    class_field: Steps = ()
    class_parts: Steps = ()
    class_excludes: bool = False
    first_class_settles: Steps = ()
    per_port: Literal["any", "HTTPS"] | None = None
    skips_empty: bool = False
    all_members: bool = False
    key_has_port: bool = False
    with_key: Companion | None = None
    without: Place | None = None


class GroupFacts(NamedTuple):
    """What is known of groups: by which `controllers` they are read so, the listeners of a member, and the settings.

    `plain` and `tls` are the listeners `(port, protocol)` of a member that lists none, without and with a certificate.
    """

    controllers: tuple[str, ...]
    plain: tuple[int, str]
    tls: tuple[int, str]
    listen_ports: str
    certificates: Place
    certificates_created_by: str
    redirect: Place
    settings: tuple[GroupSetting, ...]


@cache
def group_facts() -> GroupFacts:
    """Return what is known of groups of Ingresses."""
    raw = read_json("catalogs", "ingress-groups.json")
    certificates = raw["certificates"]
    plain, tls = ((row["port"], row["protocol"]) for row in (raw["default_ports"]["plain"], raw["default_ports"]["tls"]))
    return GroupFacts(
        tuple(raw["controllers"]),
        plain,
        tls,
        raw["listen_ports"],
        _place(certificates),
        certificates["created_by"],
        _place(raw["redirect"]),
        tuple(map(_setting, raw["settings"])),
    )


def _place(raw: dict[str, Any]) -> Place:
    return Place(raw["key"], tuple(raw["class_field"]))


def _setting(raw: dict[str, Any]) -> GroupSetting:
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()}
    if "with_key" in raw:
        fields["with_key"] = Companion(**raw["with_key"])
    if "without" in raw:
        fields["without"] = _place(raw["without"])
    return GroupSetting(**fields)
