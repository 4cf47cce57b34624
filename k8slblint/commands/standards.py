"""By what a run judges: the configuration that counts, the baseline, the rules that are on, and what the change has weakened of them."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from k8slblint import engine
from k8slblint.commands.invocation import baseline_of, laid_over, on_disk, read_config
from k8slblint.commands.options import Options
from k8slblint.config import Config, FailOn, RuleSettings
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.errors import UsageError
from k8slblint.model.records import NamedTuple
from k8slblint.model.rule import Rule
from k8slblint.rulebook import CONFIGURATION_WEAKENED, find_rule

if TYPE_CHECKING:
    from k8slblint.baseline import Baseline
    from k8slblint.commands.earlier import Earlier, Past
    from k8slblint.weakening import Weakened


class Standards(NamedTuple):
    """What counts in a run; `head` is the configuration of now, whichever counts. `past` and `earlier` are None where nothing is compared.

    `note` is what the user must know, or `""`.
    """

    config: Config
    accepted: "Baseline | None"
    rules: tuple[Rule, ...]
    head: Config
    past: "Past | None" = None
    earlier: "Earlier | None" = None
    note: str = ""

    @property
    def fail_on_weakened(self) -> FailOn:
        """The least severity at which a weakened configuration fails the run."""
        return self.earlier.config.fail_on if self.earlier else self.config.fail_on

    def weakened(self, graph: ResourceGraph, changed: Sequence[str]) -> "Iterator[Weakened]":
        """Yield what is reported no longer, but for comments and annotations; `changed` are the files that differ, of any kind."""
        if self.past is None or self.earlier is None:
            return
        from k8slblint.weakening import of_scopes

        accepted = baseline_of(self.head)
        yield from self.past.weakened(self.head, accepted, self.earlier, changed)
        settings = self.earlier.config.scopes
        if settings != self.head.scopes:
            yield from of_scopes(graph.resources, graph.scopes_as(self.head.scopes), graph.scopes_as(settings), self.head)


def standards(paths: Sequence[str], options: Options, against: str | None) -> Standards:
    """Return by what a call judges. Raises `UsageError`."""
    if against is None:
        for name, is_given in (("--new-only", options.new_only), ("--config-from base", options.config_from == "base")):
            if is_given:
                raise UsageError(f"{name} needs --against, the revision or folder to compare with.")
    head = read_config(paths, options)
    accepted = baseline_of(head)
    if against is None:
        return Standards(head, accepted, tuple(engine.rules_on(head)), head)
    from k8slblint.commands.earlier import Past, WrongThenError

    past = Past(against, on_disk(paths) or ["."], options)
    try:
        earlier = past.earlier(head, accepted, partial(laid_over, options=options))
    except WrongThenError as error:
        if options.config_from == "base":
            raise
        return Standards(head, accepted, _rules(head, Config()), head, note=str(error))
    if options.config_from == "base":
        return Standards(earlier.config, earlier.baseline, _rules(earlier.config, earlier.config), head, past, earlier)
    return Standards(head, accepted, _rules(head, earlier.config), head, past, earlier)


def _rules(config: Config, before: Config) -> tuple[Rule, ...]:
    """Return the rules that are on; the rule about weakened configurations as the one before has it."""
    rules = [rule for rule in engine.rules_on(config) if rule.id != CONFIGURATION_WEAKENED]
    if engine.is_on(find_rule(CONFIGURATION_WEAKENED), before):
        rule = find_rule(CONFIGURATION_WEAKENED)
        stated = before.rules.get(rule.id, RuleSettings()).severity
        rules.append(rule._replace(severity=stated) if stated and stated != "off" else rule)
    return tuple(rules)
