"""The report as a person reads it in a terminal: each finding with its source line, why it matters and what to do.

Findings of one cause are one block with a list of places. The most severe come last, next to the summary.
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from k8slblint.model.finding import Finding, Related, Report
from k8slblint.model.records import NamedTuple
from k8slblint.model.rule import SEVERITIES
from k8slblint.reporting.blocks import Block, blocks
from k8slblint.reporting.excerpt import excerpt, visible, visible_place
from k8slblint.reporting.links import page_of
from k8slblint.reporting.looks import Detail, Terminal
from k8slblint.reporting.remarks import SHOWN, Entry, Remarks, remarks
from k8slblint.reporting.summary import coverage, failures, incomplete, outcome, rendered_from
from k8slblint.reporting.wrapping import wrapped

_Paint: TypeAlias = Callable[[str, str], str]

_STYLES = {"error": "1;31", "warning": "1;33", "note": "1;36", "frame": "1;34", "strong": "1", "good": "32"}
"""Colours by role (ECMA-48, Select Graphic Rendition)."""


class _Style(NamedTuple):
    """How text is written: its colours, the columns of the terminal, whether it understands links (OSC 8), and how much is told."""

    paint: _Paint
    width: int
    links: bool
    detail: Detail


def render(report: Report, terminal: Terminal, *, show_suppressed: bool = False, detail: Detail = "normal") -> str:
    """Return the findings, each with its source line, carets and texts, and a summary; escape sequences only as the terminal knows them."""
    style = _Style(_colored if terminal.color else _plain, terminal.width, terminal.links, detail)
    together, alone = remarks(report.findings, report.rules)
    shown = [*alone, *report.suppressed] if show_suppressed else alone
    ordered = sorted(shown, key=lambda finding: (not finding.leads, SEVERITIES.index(finding.severity), finding.order))
    ranked = [(_rank(block.first), "\n".join(_block(block, style))) for block in blocks(ordered)]
    if together:
        text = "\n".join(_remarks(together, style))
        ranked.append(((True, SEVERITIES.index(together.severity)), text))
        ranked.sort(key=lambda item: item[0])
    summary = "\n".join(_summary(report, style))
    return "".join(f"{text}\n\n" for _, text in ranked)[: None if summary else -1] + (f"{summary}\n" if summary else "")


def _rank(finding: Finding) -> tuple[bool, int]:
    return not finding.leads, SEVERITIES.index(finding.severity)


def _remarks(together: Remarks, style: _Style) -> Iterator[str]:
    """Yield one block: a note for each kind with its cure, below it the places, of which the first are enough for most."""
    paint = style.paint
    head = f"{together.severity}[{together.rule}]"
    yield f"{paint(together.severity, head)}: {paint('strong', together.headline)}"
    for kind in together.kinds:
        shown = kind.entries if style.detail == "all" else kind.entries[:SHOWN]
        lines = [line for entry in shown for line in _remark(entry, style)]
        if len(shown) < len(kind.entries):
            lines.append(f"and {len(kind.entries) - len(shown)} more; -v lists all")
        yield from _note(kind.title, [visible(kind.cure), *lines], " ", style)
    yield f"  {paint('frame', '=')} docs: {_linked(f'k8slblint explain {together.rule}', together.rule, style)}"


def _remark(entry: Entry, style: _Style) -> list[str]:
    place = visible(entry.place) if isinstance(entry.place, str) else visible_place(entry.place)
    return wrapped(f"{place}: {visible(entry.reason)}" if entry.reason else place, style.width - len(_UNDER_NOTE), indent="  ")


_UNDER_NOTE = "      "


def _colored(role: str, text: str) -> str:
    return f"\x1b[{_STYLES[role]}m{text}\x1b[0m"


def _plain(_role: str, text: str) -> str:
    return text


def _block(block: Block, style: _Style) -> Iterator[str]:
    finding = block.first
    paint = style.paint
    margin = " " * len(str(finding.location.span.line))
    suppressed = "suppressed " if finding.suppressed else ""
    head = f"{finding.severity}[{finding.rule}]"
    lines = wrapped(visible(finding.headline), style.width, first=len(suppressed) + len(head) + 2, indent="    ")
    yield f"{suppressed}{paint(finding.severity, head)}: {paint('strong', lines[0])}"
    yield from (paint("strong", line) for line in lines[1:])
    yield f"{margin}{paint('frame', '-->')} {visible_place(finding.location)}"
    yield from _source(finding, margin, paint)
    for word, text in _notes(block, style):
        yield from _note(word, text, margin, style)
    link = _linked(f"k8slblint explain {finding.rule}", finding.rule, style)
    yield f"{margin} {paint('frame', '=')} docs: {link}"


def _linked(text: str, rule_id: str, style: _Style) -> str:
    return f"\x1b]8;;{page_of(rule_id)}\x1b\\{text}\x1b]8;;\x1b\\" if style.links else text


def _source(finding: Finding, margin: str, paint: _Paint) -> Iterator[str]:
    if finding.source_line.strip():
        line, carets = excerpt(finding.source_line, finding.location.span)
        indent = carets.index("^")
        bar = paint("frame", "|")
        label = f" {visible(finding.label)}" if finding.label else ""
        yield f"{margin} {bar}"
        yield f"{paint('frame', str(finding.location.span.line))} {bar} {line}"
        yield f"{margin} {bar} {' ' * indent}{paint(finding.severity, carets[indent:] + label)}"


def _note(word: str, text: list[str], margin: str, style: _Style) -> Iterator[str]:
    """Yield one note: its word, its first paragraph wrapped behind it, and further lines as they are, all indented alike."""
    indent = f"{margin}   "
    first = wrapped(text[0], style.width, first=len(margin) + len(word) + 5, indent=f"{indent}  ") if text[0] else [""]
    yield f"{margin} {style.paint('frame', '=')} {word}: {first[0]}".rstrip()
    yield from first[1:]
    yield from (f"{indent}  {line}" for line in text[1:])


def _notes(block: Block, style: _Style) -> Iterator[tuple[str, list[str]]]:
    """Yield what else there is to know: a word, and lines, of which the first may be wrapped."""
    yield from _texts(block.first)
    finding = block.first
    if block.others:
        yield f"{len(block.others)} more", ["", *(f"{visible_place(other.location)} {visible(other.headline)}" for other in block.others)]
    for related in finding.related:
        yield "see", [_sentence(related), *_quoted(related)]
    if finding.traffic:
        room = style.width - len(str(finding.location.span.line)) - 5
        yield "traffic", ["", *(line for number, step in enumerate(finding.traffic, 1) for line in _step(number, step, room))]
    if finding.condition:
        yield "condition", [visible(f"{finding.condition.type}={finding.condition.status}, reason {finding.condition.reason}")]
    if finding.origin:
        yield "rendered", [rendered_from(finding.origin).removeprefix("rendered ")]
    if finding.fix:
        yield "fix", [visible(finding.fix.description)]
    if finding.confidence != "high":
        yield "confidence", [finding.confidence]
    if finding.suppressed:
        yield f"suppressed by {finding.suppressed.kind}", [visible(finding.suppressed.reason) or "no reason given"]


def _texts(finding: Finding) -> Iterator[tuple[str, list[str]]]:
    label = "" if finding.source_line.strip() else finding.label  # which else is at the caret
    for word, text in (("what", label), ("why", finding.why), ("help", finding.help)):
        if text:
            yield word, [visible(text)]


def _step(number: int, step: Related, room: int) -> list[str]:
    return wrapped(f"{number}. {_sentence(step)}", room, indent="   ")


def _sentence(related: Related) -> str:
    return f"{visible_place(related.location)}: {visible(related.message)}"


def _quoted(related: Related) -> Iterator[str]:
    yield from (f"| {visible(line)}" for line in related.rendered.splitlines())
    if related.source_line.strip():
        yield f"{related.location.span.line} | {excerpt(related.source_line, related.location.span).line.strip()}"


def _summary(report: Report, style: _Style) -> Iterator[str]:
    crashed = list(failures(report))
    if crashed:
        yield f"{style.paint('error', 'error')}: {style.paint('strong', crashed[0])}"
        yield from (f"  {line}" for line in crashed[1:])
    if style.detail == "brief":
        lines = incomplete(report)
    else:
        yield style.paint("strong" if report.findings or crashed else "good", outcome(report))
        lines = coverage(report, everything=style.detail == "all")
    for line in lines:
        yield from wrapped(line, style.width, indent="  ")
