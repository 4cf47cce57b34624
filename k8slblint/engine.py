"""Knows the order of work: sources are read into a graph; rules run over it and make a report. Nothing is kept between two calls."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from k8slblint import reading, rulebook
from k8slblint.config import Config, RuleSettings
from k8slblint.model.errors import UsageError
from k8slblint.model.finding import Report
from k8slblint.model.resource import HELM_VALUES
from k8slblint.model.rule import Rule
from k8slblint.reading import Manifests, Sources
from k8slblint.running import INVALID_RESOURCE, Run

if TYPE_CHECKING:
    from k8slblint.baseline import Baseline

__all__ = ["Manifests", "Sources", "lint", "read", "rules_on"]


def read(sources: Sources, config: Config, rules: Sequence[Rule] | None = None) -> AbstractContextManager[Manifests]:
    """Return a context with the graph of the sources: with all that `rules` need, without rules with all that there is to see.

    What the graph knows of the cluster does not depend on the rules. Raises `UsageError` on entering.
    """
    if rules is None:
        return reading.read(sources, config, (HELM_VALUES,), are_validated=False)
    kinds = [kind for rule in rules for kind in rule.kinds]
    return reading.read(sources, config, kinds, are_validated=any(rule.id == INVALID_RESOURCE for rule in rules))


def lint(
    manifests: Manifests,
    config: Config,
    rules: Sequence[Rule],
    *,
    with_line_hashes: bool = False,
    new_only: bool = False,
    accepted: "Baseline | None" = None,
) -> Report:
    """Run rules over what was read for them; `with_line_hashes` fills `Finding.line_hash`, which only SARIF needs.

    With a revision before, each finding says whether that lacks it; `new_only` sets apart what it has too. What the baseline has is
    `accepted`.
    """
    return Run(manifests, config, rules, with_line_hashes=with_line_hashes, new_only=new_only, accepted=accepted).report()


def rules_on(config: Config) -> list[Rule]:
    """Return the rules that are on in some environment. Raises `UsageError` for an unknown rule, or when none is on."""
    rules = rulebook.select_rules(config.select, config.extend_select, config.ignore)
    rules = [rule for rule in rules if not _is_off(config.rules.get(rule.id, RuleSettings()))]
    if not rules:
        raise UsageError("no rule is on: what is selected is ignored or off.")
    return rules


def _is_off(settings: RuleSettings) -> bool:
    """Tell whether a rule is off in every environment."""
    return settings.severity == "off" and all(stated.severity in (None, "off") for stated in settings.environments.values())
