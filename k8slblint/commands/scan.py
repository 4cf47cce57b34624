"""The command `scan`: collects sources, lints them, prints the reports, chooses the exit status."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from k8slblint import engine
from k8slblint.budget import Budget, BudgetSpentError, alarm
from k8slblint.commands import output_files
from k8slblint.commands.invocation import budget_of, choice_of_files, list_files, on_disk, sources_of
from k8slblint.commands.options import Options
from k8slblint.commands.revisions import base_of_hook, with_base, within
from k8slblint.commands.standards import Standards, standards
from k8slblint.config import Config, FailOn
from k8slblint.engine import Sources
from k8slblint.graph.graph import ResourceGraph
from k8slblint.loading import files as found_files
from k8slblint.loading.folders import git_root as repository_root
from k8slblint.model.errors import UsageError
from k8slblint.model.finding import Report, SpentBudget
from k8slblint.model.rule import SEVERITIES, Severity
from k8slblint.reporting import Terminal, render

CLEAN, FINDINGS, UNTRUSTED = 0, 1, 2

WITHOUT_NOVELTY = ("text", "concise", "github")
"""Formats that say of no finding whether it is new: without --new-only they do not need the rules to run over the revision before."""

MANY_FILES = 2000
"""From here on a scan takes about half a second: worth a word."""

SHOWN_BY_GITHUB = 5000
"""How many results of one run code scanning shows (github/docs 2fd966a1, sarif-limits.md)."""


def run_scan(paths: Sequence[str], options: Options) -> int:
    """Lint `paths` as the options say, write the reports, and return the exit status. Raises `UsageError`."""
    against = base_of_hook(options.against)
    judged = standards(paths, options, against)
    if judged.note:
        _say(f"k8slblint: {judged.note}")
    wants_sarif = options.format_ == "sarif" or bool(options.sarif_file)
    budget = budget_of(judged.config, options)
    try:
        with alarm(budget):
            sources, listing, changed = _sources(paths, options, judged.config, budget)
            with engine.read(sources, judged.config, judged.rules) as manifests:
                weakened = list(judged.weakened(manifests.graph, changed))
                tells = wants_sarif or options.format_ not in WITHOUT_NOVELTY
                settings = engine.Settings(options.new_only, judged.accepted, weakened, with_line_hashes=wants_sarif, with_novelty=tells)
                report = engine.lint(manifests, judged.config, judged.rules, settings)
                if against is not None and (options.format_ == "markdown" or options.markdown_file):
                    report = _with_differences(report, manifests, within(on_disk(paths) or ["."], against))
    except BudgetSpentError as error:
        raise UsageError(f"{error.reason} before there was anything to report: raise it with `--budget`.") from error
    _complete(report, listing)
    if options.explain_scope:
        _say(*_explain_scopes(manifests.graph))
    _write_reports(report, options, wants_sarif=wants_sarif)
    return _status(report, judged, exit_zero=options.exit_zero)


def _with_differences(report: Report, manifests: engine.Manifests, is_within: Callable[[str], bool]) -> Report:
    """Add what the change does to traffic; where the budget is spent on that, the report says so and holds the rest."""
    from k8slblint.views.difference import differences  # only the report in Markdown tells

    try:
        return report._replace(differences=differences(manifests.graph, is_within))
    except BudgetSpentError:
        spent = manifests.budget.spent
        report.completeness.budget = SpentBudget(*spent) if spent else None
        return report


def _sources(
    paths: Sequence[str], options: Options, config: Config, budget: Budget
) -> tuple[Sources, found_files.FoundFiles, tuple[str, ...]]:
    """Return what is linted, the listing that it comes from, and the real paths of all files that differ from the revision before."""
    choice = choice_of_files(config)
    listing = list_files(paths, choice)
    if options.progress and len(listing.files) >= MANY_FILES and _is_watched():
        _say(f"k8slblint: reading {len(listing.files)} files ...")
    sources = sources_of(paths, listing, options, budget)
    against = base_of_hook(options.against)
    if against is None:
        return sources, listing, ()
    sources, changed = with_base(sources, on_disk(paths) or ["."], against, choice)
    return sources, listing, changed


def _is_watched() -> bool:
    """Tell whether a person sees standard error: a terminal, and neither CI nor a hook, which hand out terminals too."""
    return _is_terminal(sys.stderr) and not (os.environ.get("CI") or os.environ.get("PRE_COMMIT"))


def _complete(report: Report, listing: found_files.FoundFiles) -> None:
    report.completeness.files_seen += sum(skip.count for skip in listing.skipped)
    report.completeness.files_skipped = [*listing.skipped, *report.completeness.files_skipped]


def _write_reports(report: Report, options: Options, *, wants_sarif: bool) -> None:
    if wants_sarif:
        report = _with_prose(report)
    terminal = _terminal(options)
    is_for_github = wants_sarif or options.markdown_file or options.format_ in _OF_GITHUB
    for_github = _below_repository_root(report) if is_for_github else report
    shown = for_github if options.format_ in _OF_GITHUB else report
    text = _render(shown, options.format_, terminal, show_suppressed=options.show_suppressed)
    if options.output:
        output_files.write(options.output, text)
    else:
        _print(text)
    if wants_sarif and len(report.findings) > SHOWN_BY_GITHUB:
        _say(f"k8slblint: GitHub shows the {SHOWN_BY_GITHUB} most severe of these {len(report.findings)} results.")
    if options.sarif_file:
        output_files.write(options.sarif_file, _render(for_github, "sarif", terminal, show_suppressed=options.show_suppressed))
    if options.markdown_file:
        output_files.write(options.markdown_file, _render(for_github, "markdown", terminal))


_OF_GITHUB = ("sarif", "github", "markdown")
"""Formats whose paths are those from the root of the repository."""


def _terminal(options: Options) -> Terminal:
    """Return what the place that the report goes to can show: links only on a terminal with colours."""
    is_shown = options.output is None and _is_terminal(sys.stdout)
    color = options.output is None and _use_color(options.color)
    return Terminal(color, min(_columns(), WIDEST) if is_shown else Terminal().width, links=color and is_shown)


WIDEST = 120
"""Longer lines are hard to read, however wide the terminal is."""


def _columns() -> int:
    """Return the columns of the terminal on standard output."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or Terminal().width
    except (OSError, ValueError):
        return Terminal().width


def _print(text: str) -> None:
    """Write to standard output as UTF-8; a reader that closes the pipe early has seen enough."""
    if sys.stdout is None:
        raise UsageError("standard output is closed: name a file with `--output`.")
    try:
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise UsageError(f"standard output cannot be written: {error.strerror}.") from error


def _render(report: Report, format_: str, terminal: Terminal, *, show_suppressed: bool = False) -> str:
    return render(report, format_, terminal=terminal, show_suppressed=show_suppressed)


def _below_repository_root(report: Report) -> Report:
    """Return the report with paths from the root of the repository, from where GitHub resolves them, wherever the run started."""
    here = os.path.realpath(".")
    root = repository_root(here)
    prefix = os.path.relpath(here, root).replace(os.sep, "/") if root else "."
    if prefix == ".":
        return report
    from k8slblint.reporting.rebase import rebased

    return rebased(report, prefix)


def _with_prose(report: Report) -> Report:
    from k8slblint.rulebook import read_rule

    return report._replace(rules=tuple(read_rule(rule.id) for rule in report.rules))


def _use_color(choice: str) -> bool:
    """Decide on colours: the option, then NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, TERM=dumb, else whether it is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE"):
        return True
    return os.environ.get("TERM") != "dumb" and (_is_terminal(sys.stdout) or os.environ.get("GITHUB_ACTIONS") == "true")


def _is_terminal(stream: Any) -> bool:
    return stream is not None and bool(stream.isatty())


def _status(report: Report, judged: Standards, *, exit_zero: bool) -> int:
    if report.failures or report.completeness.budget:
        return UNTRUSTED
    if exit_zero:
        return CLEAN
    fails = any(_is_at_least(one.severity, judged.fail_on_weakened if one.leads else judged.config.fail_on) for one in report.findings)
    return FINDINGS if fails else CLEAN


def _is_at_least(severity: Severity, fail_on: FailOn) -> bool:
    return fail_on != "never" and SEVERITIES.index(severity) >= SEVERITIES.index(fail_on)


def _say(*lines: str) -> None:
    """Print lines to standard error; what comes from manifests can neither move the cursor nor speak to a CI runner."""
    from k8slblint.reporting.excerpt import visible

    for line in lines:
        click.echo(visible(line), err=True)


def _explain_scopes(graph: ResourceGraph) -> list[str]:
    files: dict[tuple[str, ...], list[str]] = {}
    heads: dict[tuple[str, ...], str] = {}
    for resource in graph.resources:
        scope = graph.scope(resource)
        key = (scope.cluster, scope.environment, scope.platform, *scope.reasons)
        version = f", Kubernetes {scope.kubernetes_version}" if scope.kubernetes_version else ""
        heads[key] = f"cluster '{scope.cluster}', environment {scope.environment}, platform {scope.platform}{version}"
        paths = files.setdefault(key, [])
        if not paths or paths[-1] != resource.path:
            paths.append(resource.path)
    lines = []
    for key, head in heads.items():
        lines.append(head)
        lines += [f"  because: {reason}" for reason in key[3:]]
        lines += [f"  {path}" for path in files[key]]
    return lines
