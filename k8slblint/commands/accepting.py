"""What `baseline` does: scan as `scan` does, and write what was found into the baseline file."""

import os
from collections.abc import Sequence

import click

from k8slblint import baseline, engine
from k8slblint.baseline import Baseline, Entry
from k8slblint.budget import BudgetSpentError, alarm
from k8slblint.commands import output_files
from k8slblint.commands.invocation import budget_of, choice_of_files, list_files, read_config, sources_of, warn_not_kept
from k8slblint.commands.options import Options
from k8slblint.config import Config
from k8slblint.loading.borders import refuse_link_out
from k8slblint.model.errors import UsageError
from k8slblint.model.finding import Report
from k8slblint.model.loaded import Loaded
from k8slblint.model.resource import SourceText
from k8slblint.reporting.excerpt import visible


def run_baseline(paths: Sequence[str], options: Options, *, reason: str, expires: str | None, to_stdout: bool) -> None:
    """Write the baseline of what is found below `paths`; entries that stay keep their reasons and days. Raises `UsageError`."""
    file = options.baseline
    config = read_config(paths, options._replace(baseline=None))
    file = file or config.baseline or os.path.join(os.path.dirname(config.path or ""), baseline.FILE_NAME)
    fresh = Entry("", "", reason=" ".join(reason.split()), expires=baseline.read_date(expires) if expires else None)
    refuse_link_out(file)
    old = baseline.read_baseline(file) if os.path.exists(file) else None
    report, loaded = _scanned(paths, options, config)
    folder = os.path.dirname(os.path.realpath(file))
    reach = baseline.Reach(old or Baseline(file, folder, SourceText(""), ()), {rule.id for rule in report.rules}, loaded)
    entries = baseline.updated(old, report.findings, folder, fresh, lambda entry: not reach.includes(entry))
    text = baseline.text_of(entries)
    if to_stdout:
        click.echo(text, nl=False)
        return
    output_files.write(file, text)
    click.echo(f"k8slblint: wrote {_counted(entries, old)} to '{visible(os.path.relpath(file))}'.{_hint(config, file)}", err=True)


def _scanned(paths: Sequence[str], options: Options, config: Config) -> tuple[Report, Loaded]:
    rules = engine.rules_on(config)
    budget = budget_of(config, options)
    try:
        with alarm(budget):
            sources = sources_of(paths, list_files(paths, choice_of_files(config)), options, budget)
            with engine.read(sources, config, rules) as manifests:
                report, loaded = engine.lint(manifests, config, rules), manifests.loaded
            warn_not_kept(manifests.not_kept())
    except BudgetSpentError as error:
        raise UsageError(f"{error.reason}; `--budget` allows more.") from error
    if budget.spent:
        raise UsageError(f"this is not everything: the budget `{budget.spent.limit}` was spent; `--budget` allows more.")
    if report.failures:
        raise UsageError(f"the check of '{report.failures[0].rule}' failed, so that this is not everything: `k8slblint scan` shows how.")
    return report, loaded


def _counted(entries: Sequence[Entry], old: Baseline | None) -> str:
    before = {entry.key for entry in old.entries} if old else set()
    now = {entry.key for entry in entries}
    noun = "entry" if len(now) == 1 else "entries"
    return f"{len(now)} {noun} ({len(now - before)} new, {len(before - now)} removed)"


def _hint(config: Config, file: str) -> str:
    if config.baseline and os.path.realpath(config.baseline) == os.path.realpath(file):
        return ""
    return f" Name it as `baseline: {os.path.basename(file)}` in the configuration, or with --baseline."
