"""The workflow commands by which GitHub Actions annotates a change.

Sources: GitHub Docs, "Workflow commands for GitHub Actions"; actions/toolkit, `docs/problem-matchers.md` (limits);
actions/runner 079cdb1d, `ActionCommand.cs` (encoding); astral-sh/ruff issue 22074 (columns of spans over several lines).
"""

from collections import Counter
from collections.abc import Iterator

from k8slblint.model.finding import CheckFailure, Finding, Report
from k8slblint.model.rule import SEVERITIES, Severity
from k8slblint.reporting.excerpt import visible, visible_place
from k8slblint.reporting.links import page_of
from k8slblint.reporting.summary import coverage, failures, outcome, rendered_from

_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}
_SHOWN_PER_LEVEL = 10
_RELATED_SHOWN = 5


def render(report: Report) -> str:
    """Return one workflow command for each failed check and each finding, the most severe first, then the summary.

    Text of manifests never starts a line, and each command is one line. Suppressed findings are only counted.
    """
    lines = [_failure(failure) for failure in report.failures]
    lines += [_annotation(finding) for finding in sorted(report.findings, key=lambda one: (not one.leads, -SEVERITIES.index(one.severity)))]
    lines += [f"k8slblint: {line}" for line in _summary(report)]
    return "\n".join(lines) + "\n"


def _failure(failure: CheckFailure) -> str:
    text = f"The check failed on {visible(failure.resource)}: {visible(failure.error)}. This run cannot be trusted."
    return f"::error title={_property(f'k8slblint: {failure.rule}')}::{_message(text)}"


def _annotation(finding: Finding) -> str:
    span = finding.location.span
    place = {"file": visible(finding.location.path), "line": span.line, "endLine": span.end_line}
    if span.line == span.end_line:  # otherwise GitHub drops the annotation
        place |= {"col": span.column, "endColumn": span.end_column}
    place["title"] = visible(finding.headline)
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in place.items())
    return f"::{_COMMANDS[finding.severity]} {properties}::{_message(chr(10).join(_text(finding)))}"


def _text(finding: Finding) -> Iterator[str]:
    yield from (visible(text) for text in (finding.why, finding.help) if text)
    for related in finding.related[:_RELATED_SHOWN]:
        yield f"{visible_place(related.location)}: {visible(related.message)}"
    if finding.origin:
        yield f"R{rendered_from(finding.origin)[1:]}."
    yield f"Rule {finding.rule}: {page_of(finding.rule)}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


def _summary(report: Report) -> Iterator[str]:
    yield outcome(report)
    yield from list(failures(report))[:1]
    yield from coverage(report)
    levels = Counter(finding.severity for finding in report.findings)
    levels["error"] += len(report.failures)
    hidden = sum(max(0, count - _SHOWN_PER_LEVEL) for count in levels.values())
    if hidden:
        yield f"GitHub shows {_SHOWN_PER_LEVEL} annotations of each level for a step; {hidden} more are in the log only."
