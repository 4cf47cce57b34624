"""Which rules are on, and of those that are off, who says so: an option of the call or a line of the configuration."""

from collections.abc import Iterator

from k8slblint import rulebook
from k8slblint.config import Config, RuleSettings
from k8slblint.model.errors import UsageError
from k8slblint.model.finding import SwitchedOff
from k8slblint.model.location import Path
from k8slblint.model.rule import Rule


def rules_on(config: Config) -> list[Rule]:
    """Return the rules that are on in some environment. Raises `UsageError` for an unknown rule, or when none is on."""
    rules = [rule for rule in _selected(config) if not _is_off(config.rules.get(rule.id, RuleSettings()))]
    if not rules:
        raise UsageError("no rule is enabled: everything that `--select` names is ignored or off; `k8slblint rules` lists all rules.")
    return rules


def is_on(rule: Rule, config: Config) -> bool:
    """Tell whether a rule is on in some environment. Raises `UsageError` for an unknown rule."""
    return rule in _selected(config) and not _is_off(config.rules.get(rule.id, RuleSettings()))


def switched_off(config: Config) -> tuple[SwitchedOff, ...]:
    """Return the stable rules that are off, in all environments or in some, each with who says so."""
    selected = {rule.id for rule in _selected(config)}
    stable = (rule for rule in rulebook.all_rules().values() if rule.status == "stable")
    return tuple(found for rule in stable for found in _switched_off(rule, config, is_selected=rule.id in selected))


def decided_at(rule: Rule, config: Config) -> Path:
    """Return the path in the configuration by which a rule is off; `()` where it is what the configuration does not say."""
    for index, word in enumerate(config.ignore[: len(config.ignore) - len(config.ignored_by_option)]):
        if rulebook.matches(rule.id, word):
            return "ignore", index
    if config.rules.get(rule.id, RuleSettings()).severity == "off":
        return "rules", rule.id, "severity"
    return ("select",) if config.select else ()


def _switched_off(rule: Rule, config: Config, *, is_selected: bool) -> Iterator[SwitchedOff]:
    if not is_selected or _is_off(config.rules.get(rule.id, RuleSettings())):
        yield SwitchedOff(rule.id, _who(rule, config))
        return
    settings = config.rules.get(rule.id, RuleSettings())
    if settings.severity == "off":
        yield SwitchedOff(rule.id, _at(config, "rules", rule.id, "severity"), "other environments")
    for environment, stated in settings.environments.items():
        if stated.severity == "off":
            yield SwitchedOff(rule.id, _at(config, "rules", rule.id, "environments", environment, "severity"), environment)


def _who(rule: Rule, config: Config) -> str:
    if any(rulebook.matches(rule.id, word) for word in config.ignored_by_option):
        return "--ignore"
    path = decided_at(rule, config)
    return "--select" if path in (("select",), ()) and "select" in config.from_options else _at(config, *path)


def _at(config: Config, *path: str | int) -> str:
    location = config.location(*path)
    return f"{location.path}:{location.span.line}"


def _selected(config: Config) -> list[Rule]:
    return rulebook.select_rules(config.select, config.extend_select, config.ignore)


def _is_off(settings: RuleSettings) -> bool:
    """Tell whether a rule is off in every environment."""
    return settings.severity == "off" and all(stated.severity in (None, "off") for stated in settings.environments.values())
