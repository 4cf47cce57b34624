"""The order of work: sources are read into a graph; rules run over it and produce a report.

Nothing is kept between two calls but what renderers answered, where the configuration has a folder for it.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager

from k8slblint import reading
from k8slblint.config import Config
from k8slblint.model.finding import Report
from k8slblint.model.resource import VALUE_KINDS
from k8slblint.model.rule import Rule
from k8slblint.reading import Manifests, Sources
from k8slblint.running import INVALID_RESOURCE, Run, Settings
from k8slblint.switches import is_on, rules_on, switched_off

__all__ = ["Manifests", "Settings", "Sources", "is_on", "lint", "read", "rules_on"]


def read(sources: Sources, config: Config, rules: Sequence[Rule] | None = None) -> AbstractContextManager[Manifests]:
    """Return a context with the graph of the sources: with all that `rules` need, without rules with all that there is to see.

    What the graph knows of the cluster does not depend on the rules. Raises `UsageError` on entering.
    """
    if rules is None:
        return reading.read(sources, config, VALUE_KINDS, are_validated=False, with_all_values=True)
    kinds = [kind for rule in rules for kind in rule.kinds]
    return reading.read(sources, config, kinds, are_validated=any(rule.id == INVALID_RESOURCE for rule in rules))


def lint(manifests: Manifests, config: Config, rules: Sequence[Rule], settings: Settings = Settings()) -> Report:  # noqa: B008 - a value
    """Run rules over what was read for them; with a revision before, each finding says whether that lacks it."""
    report = Run(manifests, config, rules, settings).report()
    return report._replace(switched_off=switched_off(config))
