"""The report in Markdown, for pull requests and job summaries: what a change does to exposure first, then its findings.

Whatever manifests, paths and configurations hold is written by `escaping`; nothing else of theirs gets into it.
"""

from collections.abc import Iterator, Sequence

from k8slblint.model.finding import Finding, Report
from k8slblint.model.rule import SEVERITIES, Rule, Severity
from k8slblint.model.texts import sentence
from k8slblint.reporting import differences
from k8slblint.reporting.blocks import Block, blocks
from k8slblint.reporting.escaping import code, prose
from k8slblint.reporting.excerpt import visible_place
from k8slblint.reporting.links import page_of
from k8slblint.reporting.markdown_text import BREAK, Section, document
from k8slblint.reporting.remarks import SHOWN, Entry, Remarks, remarks
from k8slblint.reporting.summary import counted, coverage, failures, outcome

_PLURALS: dict[Severity, str] = {"error": "Errors", "warning": "Warnings", "note": "Notes"}

_PLACES_SHOWN = 10

_LONGEST_CURE = 800
"""Of some commands, each as long as a help may be."""


def render(report: Report) -> str:
    """Return the report in Markdown; what does not fit into a comment is counted. Suppressed findings are only counted."""
    lines = [prose(line) for line in failures(report)]
    if report.differences is not None:
        lines.append(differences.exposure_line(report.differences))
    lines.append(prose(outcome(report)))
    return document("k8slblint", lines, list(_sections(report)), [f"<sub>{prose(' '.join(_covered(report)), most=2000)}</sub>"])


def _covered(report: Report) -> Iterator[str]:
    yield from (line for line in coverage(report) if not line.startswith("Could not decide"))


def _sections(report: Report) -> Iterator[Section]:
    if report.differences is not None:
        yield from differences.sections(report.differences)
    if report.against is None:
        yield from _by_severity(report)
    else:
        known = [*report.known, *(finding for finding in report.findings if finding.novelty == "known")]
        yield Section(f"New findings ({len(report.new)})", list(_findings(report.new, report.rules)))
        yield Section(f"Fixed findings ({len(report.fixed)})", list(_brief(report.fixed)))
        yield Section(f"Known findings ({len(known)})", list(_brief(known)), is_folded=True)
    undecided = list(_undecided(report))
    yield Section(f"{differences.UNDECIDED} ({len(undecided)})", undecided, is_folded=len(undecided) > _PLACES_SHOWN)


def _by_severity(report: Report) -> Iterator[Section]:
    """Yield a section for each severity; remarks about the run are together in that of the most severe of them."""
    together, alone = remarks(report.findings, report.rules)
    for severity in reversed(SEVERITIES):
        number = sum(finding.severity == severity for finding in alone)
        if together and together.severity == severity:
            number += len(report.findings) - len(alone)
        yield Section(f"{_PLURALS[severity]} ({number})", list(_items(together, alone, severity)))


def _findings(findings: Sequence[Finding], rules: Sequence[Rule]) -> Iterator[str]:
    """Yield the findings as items, the most severe first."""
    together, alone = remarks(findings, rules)
    for severity in reversed(SEVERITIES):
        yield from _items(together, alone, severity)


def _items(together: Remarks | None, alone: Sequence[Finding], severity: Severity) -> Iterator[str]:
    """Yield what has a severity: findings of one cause together, and last the remarks about the run, by what cures them."""
    yield from map(_item, blocks([finding for finding in alone if finding.severity == severity]))
    if together and together.severity == severity:
        yield _together(together)


def _together(remarked: Remarks) -> str:
    """Return all remarks of a rule as one item: a line for each kind with its cure, below it the first places."""
    lines = [f"**{remarked.severity}** {prose(remarked.headline)} {_rule(remarked.rule)}"]
    for kind in remarked.kinds:
        lines.append(f"  - {prose(kind.title)}: {prose(kind.cure, most=_LONGEST_CURE)}")
        lines += [f"    - {_place(entry)}" for entry in kind.entries[:SHOWN]]
        if len(kind.entries) > SHOWN:
            lines.append(f"    - {counted(len(kind.entries) - SHOWN, 'more place')}")
    return "\n".join(lines)


def _place(entry: Entry) -> str:
    place = code(entry.place if isinstance(entry.place, str) else visible_place(entry.place))
    return f"{place}: {prose(entry.reason)}" if entry.reason else place


def _item(block: Block) -> str:
    finding = block.first
    lines = [_headline(finding)]
    lines += [prose(sentence(text)) for text in (finding.why, finding.help) if text]
    others = block.others[:_PLACES_SHOWN]
    places = [f"  - {prose(other.headline)} ({code(visible_place(other.location))})" for other in others]
    if len(block.others) > len(others):
        places.append(f"  - {counted(len(block.others) - len(others), 'more place')}")
    return "\n".join([BREAK.join(lines), *places])


def _headline(finding: Finding) -> str:
    return f"**{finding.severity}** {prose(finding.headline)} ({code(visible_place(finding.location))}) {_rule(finding.rule)}"


def _rule(rule_id: str) -> str:
    return f"[{rule_id}]({page_of(rule_id)})"


def _brief(findings: Sequence[Finding]) -> Iterator[str]:
    yield from (_headline(finding) for finding in sorted(findings, key=lambda finding: -SEVERITIES.index(finding.severity)))


def _undecided(report: Report) -> Iterator[str]:
    if report.differences is not None:
        yield from differences.undecided_items(report.differences)
    for rule in report.completeness.undecided:
        yield f"{code(rule.rule)} in {counted(rule.count, 'place')}: {prose(sentence(rule.reason))}"
