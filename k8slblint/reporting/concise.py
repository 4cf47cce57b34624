"""The report with one line for each finding, for long lists and for programs that read lines."""

from k8slblint.model.finding import Finding, Report
from k8slblint.reporting.excerpt import visible, visible_place
from k8slblint.reporting.looks import Detail
from k8slblint.reporting.summary import coverage, failures, incomplete, outcome


def render(report: Report, *, show_suppressed: bool = False, detail: Detail = "normal") -> str:
    """Return `path:line:column: severity[rule] headline` for each finding in order of place, then the summary."""
    shown = [*report.findings, *report.suppressed] if show_suppressed else report.findings
    lines = [_line(finding) for finding in sorted(shown, key=lambda finding: finding.order)]
    lines += failures(report)
    lines += incomplete(report) if detail == "brief" else (outcome(report), *coverage(report, everything=detail == "all"))
    return "".join(f"{line}\n" for line in lines)


def _line(finding: Finding) -> str:
    suppressed = "suppressed " if finding.suppressed else ""
    return f"{visible_place(finding.location)}: {suppressed}{finding.severity}[{finding.rule}] {visible(finding.headline)}"
