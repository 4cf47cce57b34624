"""Policies and filters of Gateway API implementations: what they attach to, and what a more specific one does to another.

The facts are in `catalogs/gateway-policies.json`, with the code that each was read in.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeAlias

from k8slblint.catalog.rows import Rows
from k8slblint.model.records import NamedTuple
from k8slblint.model.rule import Condition
from k8slblint.shipped import read_json

Protection: TypeAlias = Literal["authentication", "authorization", "allow-list", "exposure", "rate-limit", "limit", "request-check"]
"""How a setting of a policy protects: by who clients are, what they may do, where they come from, how much they may send."""

MoreSpecific: TypeAlias = Literal["replaces", "merges", "adds", "one-level", "parameters", "unread"]
"""What a policy does to one of a less specific target: see `catalog-gateway-policies.schema.json`."""

ACCESS_CONTROL: tuple[Protection, ...] = ("authentication", "authorization", "allow-list")
"""What decides who gets in at all."""

SettingPath: TypeAlias = tuple[str, ...]
"""A path below the settings of a policy: `("tls", "clientValidation")`."""


class PolicyTarget(NamedTuple):
    """A kind (`Kind.group`, as it is written) that a policy attaches to, and whether to one listener or rule of it.

    `means` is the kind of the object, `since` the first release.
    """

    type_name: str
    means: str
    has_sections: bool
    since: str | None


class Guard(NamedTuple):
    """A setting that keeps clients or requests out."""

    field: SettingPath
    protection: Protection


class Merging(NamedTuple):
    """A field of a policy that makes it combine with one of a less specific target, with any value or one of `values`, since a release.

    `by_key` are settings that are combined in any case.
    """

    field: SettingPath
    values: tuple[str, ...]
    since: str | None
    by_key: tuple[str, ...]


class ParentWins(NamedTuple):
    """How a less specific policy takes precedence: by a `field` of its own or an `annotation` of its target, over everything or a field."""

    field: SettingPath | None
    annotation: str | None
    values: tuple[str, ...]
    blocks: Literal["everything", "same-fields"]
    since: str


class OptingOut(NamedTuple):
    """A setting in which a default action without rules says that all clients are meant."""

    field: SettingPath
    action: str
    value: str


class ClientList(NamedTuple):
    """How a policy lists the addresses of clients: in the rules that allow, or in the `sources` of each.

    Rules without `rule_action` at its field do not count; a value of `open_values` at `open_field` allows all other clients.
    """

    rules: SettingPath
    sources: SettingPath | None
    addresses: tuple[SettingPath, ...]
    rule_action: tuple[SettingPath, str] | None
    open_field: SettingPath
    open_values: tuple[str, ...]


class WholeList(NamedTuple):
    """A setting that says who gets in, of which only that of the most specific policy counts, whole.

    `closed_field` with one of `closed_values` keeps all others out; so does nothing there, where `is_closed_by_default`.
    """

    field: SettingPath
    closed_field: SettingPath
    closed_values: tuple[str, ...]
    is_closed_by_default: bool


class GatewayPolicy(NamedTuple):
    """A kind of policy: `refs` are the fields of `spec` that name its targets, `settings` is where below `spec` its settings are.

    `missing` says what happens where a target does not exist, `missing_section` where only its listener or rule does not.
    `selects` is the field that selects workloads instead of targets, in all namespaces for a policy in `root_namespace`.
    `overridden` is the condition of a policy that a more specific one replaces somewhere, `conflicted` that of a younger one on one target.
    `conflicting` are settings that two on one target cannot both have; any two conflict where it is empty. `selects_namespaces` is the
    first release in which a selector selects in other namespaces.
    """

    kind: str
    type_name: str
    controller: str
    refs: tuple[str, ...]
    targets: tuple[PolicyTarget, ...]
    more_specific: MoreSpecific
    settings: SettingPath
    merging: Merging | None
    parent_wins: ParentWins | None
    guards: tuple[Guard, ...]
    lists: tuple[WholeList, ...]
    opting_out: OptingOut | None
    clients: ClientList | None
    selects: SettingPath | None
    root_namespace: str | None
    since: str | None
    missing: str | None
    missing_section: str | None
    overridden: Condition | None
    conflicted: Condition | None
    conflicting: tuple[SettingPath, ...]
    selects_namespaces: str | None
    source: str
    as_of: str

    def target(self, type_name: str) -> PolicyTarget | None:
        """Return what is known of a kind as a target of this policy, None where it is none."""
        return next((target for target in self.targets if target.type_name == type_name), None)


class PluginKind(NamedTuple):
    """A kind that configures a named plugin, of which only the most specific object counts, whole.

    Routes and Services name it in `annotation`; `everywhere` is the kind that applies to everything with the label `label: value`.
    `guards` are the settings that keep clients out, by plugin.
    """

    kind: str
    type_name: str
    controller: str
    annotation: str
    name: SettingPath
    settings: SettingPath
    everywhere: str
    label: str
    value: str
    guards: Mapping[str, tuple[Guard, ...]]
    source: str
    as_of: str


class FilterKind(NamedTuple):
    """A kind that a filter of a route names: what happens where the object does not exist, and the condition that shows it, if any.

    `instead` are kinds without a namespace that are looked up by the same name.
    """

    kind: str
    type_name: str
    controller: str
    routes: tuple[str, ...]
    instead: tuple[str, ...]
    missing: str
    condition: tuple[str, str, str] | None
    source: str
    as_of: str


@cache
def gateway_policies() -> Mapping[str, GatewayPolicy]:
    """Return every kind of policy by `Kind.group`; a row is read when it is asked for."""
    return Rows({f"{row['kind']}.{row['group']}": row for row in _catalog()["policies"]}, _policy)


@cache
def kinds_with_client_lists() -> tuple[str, ...]:
    """Return the kinds of policies that can list the addresses of clients."""
    return tuple(f"{row['kind']}.{row['group']}" for row in _catalog()["policies"] if "clients" in row)


@cache
def plugin_kinds() -> Mapping[str, PluginKind]:
    """Return every kind that configures a plugin by `Kind.group`."""
    return {f"{row['kind']}.{row['group']}": _plugin(row) for row in _catalog()["plugins"]}


@cache
def filter_kinds() -> Mapping[str, FilterKind]:
    """Return every kind that filters of routes name by `Kind.group`."""
    return {f"{row['kind']}.{group}": _filter(row, group) for row in _catalog()["filters"] for group in row["groups"]}


@cache
def named_kinds() -> Mapping[str, FilterKind]:
    """Return the kinds that objects name by an annotation, by that; `routes` are the kinds of those objects."""
    return {row["annotation"]: _filter({"routes": row["holders"], **row}, row["group"]) for row in _catalog()["named"]}


@cache
def kinds_read() -> frozenset[str]:
    """Return the kinds of all policies, plugins and filters; cheap, as every scan asks for them."""
    catalog = _catalog()
    policies = {f"{row['kind']}.{row['group']}" for row in (*catalog["policies"], *catalog["plugins"], *catalog["named"])}
    everywhere = {f"{row['everywhere']['kind']}.{row['group']}" for row in catalog["plugins"]}
    filters = {f"{row['kind']}.{group}" for row in catalog["filters"] for group in row["groups"]}
    instead = {kind for row in catalog["filters"] for kind in row.get("instead", ())}
    return frozenset(policies | everywhere | filters | instead)


@cache
def _catalog() -> dict[str, Any]:
    content: dict[str, Any] = read_json("catalogs", "gateway-policies.json")
    return content


def _policy(raw: Mapping[str, Any]) -> GatewayPolicy:
    return GatewayPolicy(
        kind=raw["kind"],
        type_name=f"{raw['kind']}.{raw['group']}",
        controller=raw["controller"],
        refs=tuple(raw["refs"]),
        targets=tuple(_target(row) for row in raw["targets"]),
        more_specific=raw["more_specific"],
        settings=_path(raw["settings"]) if "settings" in raw else (),
        merging=_merging(raw["merge"]) if "merge" in raw else None,
        parent_wins=_parent_wins(raw["parent_wins"]) if "parent_wins" in raw else None,
        guards=_guards(raw.get("guards", ())),
        lists=tuple(map(_list, raw.get("lists", ()))),
        opting_out=OptingOut(_path(raw["opts_out"]["field"]), raw["opts_out"]["action"], raw["opts_out"]["value"])
        if "opts_out" in raw
        else None,
        clients=_clients(raw["clients"]) if "clients" in raw else None,
        selects=_path(raw["selects"]) if "selects" in raw else None,
        root_namespace=raw.get("root_namespace"),
        since=raw.get("since"),
        missing=raw.get("missing"),
        missing_section=raw.get("missing_section"),
        overridden=_condition(raw, "overridden"),
        conflicted=_condition(raw, "conflicted"),
        conflicting=tuple(map(_path, raw.get("conflicting", ()))),
        selects_namespaces=raw.get("selects_namespaces"),
        source=raw["source"],
        as_of=raw["date"],
    )


def _target(raw: Mapping[str, Any]) -> PolicyTarget:
    type_name = f"{raw['kind']}.{raw['group']}" if raw["group"] else raw["kind"]
    return PolicyTarget(type_name, raw.get("means", type_name), raw.get("sections", False), raw.get("since"))


def _merging(raw: Mapping[str, Any]) -> Merging:
    return Merging(_path(raw["field"]), tuple(raw.get("values", ())), raw.get("since"), tuple(raw.get("by_key", ())))


def _list(raw: Mapping[str, Any]) -> WholeList:
    closed = raw["closed"]
    return WholeList(_path(raw["field"]), _path(closed["field"]), tuple(closed["values"]), closed.get("by_default", False))


def _condition(raw: Mapping[str, Any], name: str) -> Condition | None:
    written = raw.get("conditions", {}).get(name)
    return Condition(written["type"], written["status"], written["reason"]) if written is not None else None


def _parent_wins(raw: Mapping[str, Any]) -> ParentWins:
    field = _path(raw["field"]) if "field" in raw else None
    return ParentWins(field, raw.get("annotation"), tuple(raw["values"]), raw["blocks"], raw["since"])


def _clients(raw: Mapping[str, Any]) -> ClientList:
    action = raw.get("rule_action")
    return ClientList(
        rules=_path(raw["rules"]),
        sources=_path(raw["sources"]) if "sources" in raw else None,
        addresses=tuple(map(_path, raw["addresses"])),
        rule_action=(_path(action["field"]), action["value"]) if action else None,
        open_field=_path(raw["open"]["field"]),
        open_values=tuple(raw["open"]["values"]),
    )


def _plugin(raw: Mapping[str, Any]) -> PluginKind:
    everywhere = raw["everywhere"]
    return PluginKind(
        kind=raw["kind"],
        type_name=f"{raw['kind']}.{raw['group']}",
        controller=raw["controller"],
        annotation=raw["annotation"],
        name=_path(raw["name"]),
        settings=_path(raw["settings"]),
        everywhere=f"{everywhere['kind']}.{raw['group']}",
        label=everywhere["label"],
        value=everywhere["value"],
        guards={name: _guards(rows) for name, rows in raw["guards"].items()},
        source=raw["source"],
        as_of=raw["date"],
    )


def _filter(raw: Mapping[str, Any], group: str) -> FilterKind:
    condition = raw.get("condition")
    return FilterKind(
        kind=raw["kind"],
        type_name=f"{raw['kind']}.{group}",
        controller=raw["controller"],
        routes=tuple(raw["routes"]),
        instead=tuple(raw.get("instead", ())),
        missing=raw["missing"],
        condition=(condition["type"], condition["status"], condition["reason"]) if condition else None,
        source=raw["source"],
        as_of=raw["date"],
    )


def _guards(rows: Any) -> tuple[Guard, ...]:
    return tuple(Guard(_path(row["field"]), row["is"]) for row in rows)


def _path(text: str) -> SettingPath:
    return tuple(text.split("."))
