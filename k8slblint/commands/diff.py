"""What `diff` does: it reads two revisions as a scan with `--against` does, and prints what differs for traffic."""

from collections.abc import Sequence

from k8slblint import engine
from k8slblint.budget import Budget, BudgetSpentError, alarm
from k8slblint.commands import output_files
from k8slblint.commands.invocation import budget_of, choice_of_files, list_files, on_disk, read_config, sources_of, warn_not_kept
from k8slblint.commands.options import Options
from k8slblint.commands.revisions import between, with_base, within
from k8slblint.commands.touching import is_folder
from k8slblint.commands.views import print_text
from k8slblint.config import Config
from k8slblint.engine import Sources
from k8slblint.model.difference import Differences
from k8slblint.model.errors import UsageError
from k8slblint.reporting import differences as reporting
from k8slblint.views.difference import differences


def run_diff(base: str, head: str | None, options: Options) -> None:
    """Print what differs for traffic between `base` and `head`, each a revision or a folder. Raises `UsageError`.

    Without `head` it is the working tree. Nothing is judged: there is no exit status for a difference.
    """
    head_is_folder = head is not None and is_folder(head)
    if head is not None and head_is_folder and options.paths:
        raise UsageError("--path names what to compare of revisions; a folder to compare is named instead of HEAD.")
    paths = (head,) if head is not None and head_is_folder else options.paths or (".",)
    revision = None if head_is_folder else head
    if revision is not None and is_folder(base):
        raise UsageError(f"'{base}' is a folder and '{revision}' a revision: compare two of one kind.")
    config = read_config(paths, options)
    found = _differences(paths, base, revision, config, options)
    _write(found, base, head, options)


def _differences(paths: Sequence[str], base: str, revision: str | None, config: Config, options: Options) -> Differences:
    budget = budget_of(config, options)
    try:
        with alarm(budget):
            sources = _sources(paths, base, revision, config, options, budget)
            with engine.read(sources, config) as manifests:
                found = differences(manifests.graph, within(on_disk(paths) or ["."], base))
            warn_not_kept(manifests.not_kept())
    except BudgetSpentError as error:
        raise UsageError(f"{error.reason}; `--budget` allows more.") from error
    if budget.spent:
        by = f" by '{budget.spent.spent_by}'" if budget.spent.spent_by else ""
        raise UsageError(f"this is not everything: the budget `{budget.spent.limit}` was spent{by}; `--budget` allows more.")
    return found


def _sources(paths: Sequence[str], base: str, revision: str | None, config: Config, options: Options, budget: Budget) -> Sources:
    choice = choice_of_files(config)
    sources = sources_of(paths, list_files(paths, choice), options, budget)
    named = on_disk(paths) or ["."]
    return with_base(sources, named, base, choice)[0] if revision is None else between(sources, named, base, revision, choice)


def _write(found: Differences, base: str, head: str | None, options: Options) -> None:
    if options.format_ == "json":
        text = reporting.as_json(found, base, head)
    elif options.format_ == "markdown":
        text = reporting.as_markdown(found)
    else:
        text = reporting.as_text(found, reasons=options.reasons, everything=options.all_)
    if options.output:
        output_files.write(options.output, text)
    else:
        print_text(text)
