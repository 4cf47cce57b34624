"""The report with one line for each finding, for long lists and for programs that read lines."""

from k8slblint.model.finding import Finding, Report
from k8slblint.reporting.excerpt import visible, visible_place
from k8slblint.reporting.looks import Detail
from k8slblint.reporting.remarks import in_lines
from k8slblint.reporting.summary import coverage, failures, incomplete, outcome


def render(report: Report, *, show_suppressed: bool = False, detail: Detail = "normal") -> str:
    """Return `path:line:column: severity[rule] headline` for each finding in order of place, then the summary.

    What could not be rendered for the same reason is one line, unless everything is asked for.
    """
    shown = [*report.findings, *report.suppressed] if show_suppressed else report.findings
    told = [(one, one.headline) for one in shown] if detail == "all" else in_lines(shown, report.rules)
    lines = [_line(*one) for one in sorted(told, key=lambda one: one[0].order)]
    lines += failures(report)
    lines += incomplete(report) if detail == "brief" else (outcome(report), *coverage(report, everything=detail == "all"))
    return "".join(f"{line}\n" for line in lines)


def _line(finding: Finding, headline: str) -> str:
    suppressed = "suppressed " if finding.suppressed else ""
    return f"{visible_place(finding.location)}: {suppressed}{finding.severity}[{finding.rule}] {visible(headline)}"
