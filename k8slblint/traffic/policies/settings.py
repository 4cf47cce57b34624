"""The settings of a policy, those of them that keep clients out, and what is lost between two policies."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from k8slblint.catalog.gateway_policies import ACCESS_CONTROL, GatewayPolicy, Guard, SettingPath
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource

_ABOUT = ("strategy", "phase", "priority")
"""Fields that say how and when settings apply, not what they are."""

Settings: TypeAlias = frozenset[SettingPath]
"""The names of the settings that a policy has, and the longer paths of those that guard."""


class Loss(NamedTuple):
    """What one policy has and another takes away: names of settings, guards first, and the guards among them."""

    settings: tuple[SettingPath, ...]
    guards: tuple[Guard, ...]

    @property
    def is_access_control(self) -> bool:
        """Tell whether what is lost decides who gets in."""
        return any(guard.protection in ACCESS_CONTROL for guard in self.guards)


def settings_of(policy: Resource, known: GatewayPolicy) -> Settings:
    """Return the settings of a policy: what it targets, how it is merged, and a setting that allows every client are none."""
    values = policy.mapping("spec", *known.settings)
    about = {*known.refs, *_ABOUT, *(known.merging.field[:1] if known.merging is not None else ())}
    found: set[SettingPath] = {(str(name),) for name, value in values.items() if value is not None and name not in about}
    found |= {guard.field for guard in known.guards if _at(values, guard.field) is not None}
    return frozenset(found - {known.opting_out.field} if known.opting_out is not None and opts_out(policy, known) else found)


def opts_out(policy: Resource, known: GatewayPolicy) -> bool:
    """Tell whether a policy says of itself that it allows every client: a default action that allows, without rules."""
    if known.opting_out is None:
        return False
    setting = policy.mapping("spec", *known.settings, *known.opting_out.field)
    return setting.get(known.opting_out.action) == known.opting_out.value and not setting.get("rules")


def loss(before: Settings, after: Settings, guards: Iterable[Guard]) -> Loss:
    """Return which settings are gone; of a setting and a guard below it, only the guard is named."""
    gone = before - after
    lost = tuple(guard for guard in guards if guard.field in gone)
    named = [guard.field for guard in lost]
    plain = sorted(path for path in gone if not any(guard[: len(path)] == path for guard in named))
    return Loss((*named, *plain), lost)


def place_of(known: GatewayPolicy, setting: SettingPath) -> Path:
    """Return the path of a setting in a policy of a kind."""
    return ("spec", *known.settings, *setting)


def _at(values: Mapping[str, Any], path: SettingPath) -> Any:
    value: Any = values
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value
