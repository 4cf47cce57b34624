"""The command `scan`: collects sources, lints them, prints the reports, chooses the exit status."""

from collections.abc import Callable, Sequence

from k8slblint import engine
from k8slblint.budget import Budget, BudgetSpentError, alarm
from k8slblint.commands.invocation import budget_of, choice_of_files, list_files, on_disk, sources_of, warn_not_kept
from k8slblint.commands.options import Options
from k8slblint.commands.progress import shown
from k8slblint.commands.reports import Reports
from k8slblint.commands.revisions import with_base, within
from k8slblint.commands.standards import Standards, standards
from k8slblint.commands.terminals import is_watched, say
from k8slblint.commands.touching import base_of_hook
from k8slblint.config import Config, FailOn
from k8slblint.engine import Sources
from k8slblint.graph.graph import ResourceGraph
from k8slblint.loading import files as found_files
from k8slblint.loading.unread import BUILD_FILE, KUSTOMIZE_PATCH, NOT_KUBERNETES
from k8slblint.model.errors import UsageError
from k8slblint.model.finding import Completeness, Report, SpentBudget
from k8slblint.model.rule import SEVERITIES, Severity

CLEAN, FINDINGS, UNTRUSTED = 0, 1, 2

MANY_FILES = 2000
"""From here on a scan takes about half a second: worth a word."""


def run_scan(paths: Sequence[str], options: Options) -> int:
    """Lint `paths` as the options say, write the reports, and return the exit status. Raises `UsageError`."""
    against = base_of_hook(options.against)
    judged = standards(paths, options, against)
    if judged.note:
        say(f"k8slblint: {judged.note}")
    reports = Reports(options)
    budget = budget_of(judged.config, options)
    try:
        with alarm(budget), shown(budget, is_wanted=options.progress):
            sources, listing, changed = _sources(paths, options, judged.config, budget)
            if options.fetch_charts:
                from k8slblint.commands.charts import fetch_locked  # most runs fetch nothing

                fetch_locked(sources, judged.config)
            with engine.read(sources, judged.config, judged.rules) as manifests:
                weakened = list(judged.weakened(manifests.graph, changed))
                settings = engine.Settings(
                    options.new_only,
                    judged.accepted,
                    weakened,
                    with_line_hashes=reports.has("sarif"),
                    with_novelty=reports.tell_what_is_new,
                    joins_causes=True,
                )
                report = engine.lint(manifests, judged.config, judged.rules, settings)
                if against is not None and reports.has("markdown"):
                    report = _with_differences(report, manifests, within(on_disk(paths) or ["."], against))
    except BudgetSpentError as error:
        raise UsageError(f"{error.reason} before there was anything to report: raise it with `--budget`.") from error
    warn_not_kept(manifests.not_kept())
    _complete(report, listing)
    if not options.allow_empty:
        _refuse_empty(paths, report, manifests, is_rendered=options.render)
    if options.explain_scope:
        say(*_explain_scopes(manifests.graph))
    reports.write(report._replace(fail_on=_failing(judged.config.fail_on), fail_on_weakened=_failing(judged.fail_on_weakened)))
    return _status(report, judged, exit_zero=options.exit_zero)


def _refuse_empty(paths: Sequence[str], report: Report, manifests: engine.Manifests, *, is_rendered: bool) -> None:
    """Refuse to call a run clean that has seen no manifest, neither now nor before; a folder that was misspelt would pass for ever.

    Raises:
        UsageError: there is nothing to lint.

    """
    before = manifests.before.completeness if manifests.before is not None else Completeness()
    if _holds_manifests(report.completeness, is_rendered=is_rendered) or _holds_manifests(before, is_rendered=is_rendered):
        return
    if report.findings or report.suppressed or report.known or report.fixed:
        return
    where = f"in '{paths[0]}'" if len(paths) == 1 else f"in '{paths[0]}' and {len(paths) - 1} more"
    raise UsageError(f"no manifest was found {where}, so nothing was checked: {_seen_instead(report)}; --allow-empty accepts that.")


def _seen_instead(report: Report) -> str:
    """Say what there was in place of manifests; reasons are our own words."""
    seen = report.completeness
    if seen.files_skipped:
        number = sum(skip.count for skip in seen.files_skipped)
        return f"{number} {'file was' if number == 1 else 'files were'} skipped, first as {seen.files_skipped[0].reason}"
    return f"of {seen.files_read} files that were read none has any" if seen.files_read > 1 else "name the folder that has them"


def _holds_manifests(seen: Completeness, *, is_rendered: bool) -> bool:
    others = sum(skip.count for skip in seen.documents_skipped if skip.reason == NOT_KUBERNETES)
    is_built = is_rendered and any(skip.reason in (BUILD_FILE, KUSTOMIZE_PATCH) for skip in seen.files_skipped)
    return seen.documents_seen > others or bool(seen.units or seen.not_rendered) or is_built


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
    if options.progress and len(listing.files) >= MANY_FILES and is_watched():
        say(f"k8slblint: reading {len(listing.files)} files ...")
    sources = sources_of(paths, listing, options, budget)
    against = base_of_hook(options.against)
    if against is None:
        return sources, listing, ()
    sources, changed = with_base(sources, on_disk(paths) or ["."], against, choice)
    return sources, listing, changed


def _complete(report: Report, listing: found_files.FoundFiles) -> None:
    report.completeness.files_seen += sum(skip.count for skip in listing.skipped)
    report.completeness.files_skipped = [*listing.skipped, *report.completeness.files_skipped]


def _status(report: Report, judged: Standards, *, exit_zero: bool) -> int:
    if report.failures or report.completeness.budget:
        return UNTRUSTED
    if exit_zero:
        return CLEAN
    fails = any(_is_at_least(one.severity, judged.fail_on_weakened if one.leads else judged.config.fail_on) for one in report.findings)
    return FINDINGS if fails else CLEAN


def _failing(fail_on: FailOn) -> Severity:
    """Return the least severity that a report of tests calls failed; where nothing fails a run, that is an error."""
    return "error" if fail_on == "never" else fail_on


def _is_at_least(severity: Severity, fail_on: FailOn) -> bool:
    return fail_on != "never" and SEVERITIES.index(severity) >= SEVERITIES.index(fail_on)


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
