"""Where the reports of a scan go, and in which formats: one to standard output or a file, others beside it to files."""

import os
from collections.abc import Sequence

from k8slblint.commands import output_files
from k8slblint.commands.options import Options
from k8slblint.commands.terminals import print_text, say, terminal
from k8slblint.loading.folders import git_root as repository_root
from k8slblint.model.errors import UsageError
from k8slblint.model.finding import Report
from k8slblint.model.records import NamedTuple
from k8slblint.reporting import FORMATS, PLAIN, Detail, render

SHOWN_BY_GITHUB = 5000
"""How many results of one run code scanning shows (github/docs 2fd966a1, sarif-limits.md)."""

_WITHOUT_NOVELTY = frozenset({"text", "concise", "github", "junit", "codeclimate"})
"""Formats that say of no finding whether it is new: without --new-only they do not need the rules to run over the revision before."""

_FROM_ROOT = frozenset({"sarif", "github", "markdown", "codeclimate", "junit"})
"""Formats for servers, whose paths are those from the root of the repository."""


class Destination(NamedTuple):
    """One report: its format and the file that it goes to, None for standard output."""

    format_: str
    path: str | None = None


class Reports:
    """The reports that a call asks for."""

    def __init__(self, options: Options) -> None:
        """Find out what goes where. Raises `UsageError`, so that a run does not end in vain."""
        self._options = options
        more = [_stated(text) for text in options.report]
        if options.sarif_file:
            more.append(Destination("sarif", options.sarif_file))
        self._destinations = [Destination(options.format_, options.output), *more]
        _refuse_one_file_for_two(self._destinations)

    def has(self, format_: str) -> bool:
        """Tell whether a report in this format is asked for."""
        return any(one.format_ == format_ for one in self._destinations)

    @property
    def tell_what_is_new(self) -> bool:
        """Whether some report says of a finding that it is new."""
        return any(one.format_ not in _WITHOUT_NOVELTY for one in self._destinations)

    def write(self, report: Report) -> None:
        """Write the reports, the first of them to standard output unless a file is named. Raises `UsageError`."""
        if self.has("sarif"):
            report = _with_prose(report)
        from_root = _below_repository_root(report) if any(one.format_ in _FROM_ROOT for one in self._destinations) else report
        for one in self._destinations:
            self._write(from_root if one.format_ in _FROM_ROOT else report, one)
        if self._options.statistics:
            self._write_statistics(report)
        if self._options.format_ == "codeclimate":
            _say_summary(report)
        if self.has("sarif") and len(report.findings) > SHOWN_BY_GITHUB:
            say(f"k8slblint: GitHub shows the {SHOWN_BY_GITHUB} most severe of these {len(report.findings)} results.")

    def _write_statistics(self, report: Report) -> None:
        """Print counts below a report for people, to standard error beside one for programs."""
        from k8slblint.reporting.statistics import statistics

        lines = list(statistics(report))
        if self._options.output is None and self._options.format_ in ("text", "concise"):
            print_text("".join(f"{line}\n" for line in ["", *lines] if lines))
        else:
            say(*lines)

    def _write(self, report: Report, one: Destination) -> None:
        options = self._options
        shown = terminal(options.color) if one.path is None else PLAIN
        detail: Detail = "all" if options.verbose else "brief" if options.quiet else "normal"
        text = render(report, one.format_, terminal=shown, show_suppressed=options.show_suppressed, detail=detail)
        if one.path is None:
            print_text(text)
        else:
            output_files.write(one.path, text)


def _stated(text: str) -> Destination:
    format_, _, path = text.partition("=")
    if format_ not in FORMATS or not path:
        raise UsageError(f"'{text}' is not a report; write it as FORMAT=FILE, and FORMAT is one of {', '.join(FORMATS)}.")
    return Destination(format_, path)


def _refuse_one_file_for_two(destinations: Sequence[Destination]) -> None:
    seen: set[str] = set()
    for path in (one.path for one in destinations if one.path is not None):
        real = os.path.realpath(path)
        if real in seen and not real.startswith("/dev/"):
            raise UsageError(f"'{path}' is named for two reports: name another file for one of them.")
        seen.add(real)


def _say_summary(report: Report) -> None:
    """Say on standard error what the format has no place for."""
    from k8slblint.reporting.summary import coverage, failures, outcome

    say(*failures(report), outcome(report), *coverage(report))


def _below_repository_root(report: Report) -> Report:
    """Return the report with paths from the root of the repository, from where servers resolve them, wherever the run started."""
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
