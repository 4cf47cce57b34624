"""Knows how a report looks to a person at a terminal: each finding with its source line, then what was covered."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from k8slblint.model.finding import Finding, Related, Report
from k8slblint.reporting.excerpt import excerpt, visible, visible_place
from k8slblint.reporting.summary import coverage, failures, outcome, rendered_from

_Paint: TypeAlias = Callable[[str, str], str]

_STYLES = {"error": "1;31", "warning": "1;33", "note": "1;36", "frame": "1;34", "strong": "1", "good": "32"}
"""Colours by role (ECMA-48, Select Graphic Rendition)."""


def render(report: Report, *, color: bool = False, show_suppressed: bool = False) -> str:
    """Return the findings, each with its source line and carets, and a summary; escape sequences only with `color`."""
    paint = _colored if color else _plain
    shown = [*report.findings, *report.suppressed] if show_suppressed else report.findings
    blocks = ["\n".join(_block(finding, paint)) for finding in sorted(shown, key=lambda finding: finding.order)]
    blocks.append("\n".join(_summary(report, paint)))
    return "\n\n".join(blocks) + "\n"


def _colored(role: str, text: str) -> str:
    return f"\x1b[{_STYLES[role]}m{text}\x1b[0m"


def _plain(_role: str, text: str) -> str:
    return text


def _block(finding: Finding, paint: _Paint) -> Iterator[str]:
    margin = " " * len(str(finding.location.span.line))
    first, *more = finding.message.splitlines() or [""]
    suppressed = "suppressed " if finding.suppressed else ""
    yield f"{suppressed}{paint(finding.severity, f'{finding.severity}[{finding.rule}]')}: {paint('strong', visible(first))}"
    bar = paint("frame", "|")
    yield from (f"{margin} {bar} {visible(line)}" for line in more)
    yield f"{margin}{paint('frame', '-->')} {visible_place(finding.location)}"
    yield from _source(finding, margin, paint)
    equals = paint("frame", "=")
    yield from (f"{margin} {equals} {note}" for note in _notes(finding, f"{margin}     "))


def _source(finding: Finding, margin: str, paint: _Paint) -> Iterator[str]:
    if finding.source_line.strip():
        line, carets = excerpt(finding.source_line, finding.location.span)
        indent = carets.index("^")
        bar = paint("frame", "|")
        yield f"{margin} {bar}"
        yield f"{paint('frame', str(finding.location.span.line))} {bar} {line}"
        yield f"{margin} {bar} {' ' * indent}{paint(finding.severity, carets[indent:])}"


def _notes(finding: Finding, indent: str) -> Iterator[str]:
    """Yield what else there is to know; notes of several lines carry their own `indent`."""
    for related in finding.related:
        yield "\n".join(["note: " + _sentence(related), *_quoted(related, indent)])
    if finding.traffic:
        steps = (f"{indent}{number}. {_sentence(step)}" for number, step in enumerate(finding.traffic, 1))
        yield "\n".join(["traffic:", *steps])
    if finding.condition:
        yield visible(f"condition: {finding.condition.type}={finding.condition.status}, reason {finding.condition.reason}")
    if finding.origin:
        yield rendered_from(finding.origin)
    if finding.fix:
        yield f"fix: {visible(finding.fix.description)}"
    if finding.confidence != "high":
        yield f"confidence: {finding.confidence}"
    if finding.suppressed:
        reason = visible(finding.suppressed.reason) or "no reason given"
        yield f"suppressed by {finding.suppressed.kind}: {reason}"


def _sentence(related: Related) -> str:
    return f"{visible_place(related.location)}: {visible(related.message)}"


def _quoted(related: Related, indent: str) -> Iterator[str]:
    yield from (f"{indent}| {visible(line)}" for line in related.rendered.splitlines())
    if related.source_line.strip():
        yield f"{indent}{related.location.span.line} | {excerpt(related.source_line, related.location.span).line.strip()}"


def _summary(report: Report, paint: _Paint) -> Iterator[str]:
    crashed = list(failures(report))
    if crashed:
        yield f"{paint('error', 'error')}: {paint('strong', crashed[0])}"
        yield from (f"  {line}" for line in crashed[1:])
    yield paint("strong" if report.findings or crashed else "good", outcome(report))
    yield from coverage(report)
