"""Counts of the findings of a run: by rule, severity and cluster."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from k8slblint.model.finding import Finding, Report
from k8slblint.model.rule import SEVERITIES
from k8slblint.model.texts import middle
from k8slblint.reporting.excerpt import visible

_LONGEST_NAME = 48

_WORST_FIRST = tuple(reversed(SEVERITIES))

_HEADS = tuple(f"{severity}s" for severity in _WORST_FIRST)

_NO_CLUSTER = "(no object)"
"""Where findings are about text, not about an object of a cluster."""


def statistics(report: Report) -> Iterator[str]:
    """Yield a table by rule and one by cluster, the most findings first; each counts by severity. Nothing where there is no finding.

    Suppressed and known findings are not counted.
    """
    if report.findings:
        yield from _table("rule", report.findings, lambda finding: finding.rule)
        yield ""
        yield from _table("cluster", report.findings, lambda finding: finding.cluster or _NO_CLUSTER)


def _table(title: str, findings: Sequence[Finding], key: Callable[[Finding], str]) -> Iterator[str]:
    counts: dict[str, Counter[str]] = {}
    for finding in findings:
        counts.setdefault(key(finding), Counter())[finding.severity] += 1
    rows = sorted(counts.items(), key=lambda row: (-row[1].total(), row[0]))
    rows = [(middle(visible(name), _LONGEST_NAME), numbers) for name, numbers in rows]
    rows.append(("all", Counter(finding.severity for finding in findings)))
    width = max(len(name) for name in (title, *(name for name, _ in rows)))
    yield f"{title:<{width}}  {'  '.join(f'{word:>8}' for word in _HEADS)}  {'all':>8}"
    for name, numbers in rows:
        yield f"{name:<{width}}  {'  '.join(f'{numbers[severity]:>8}' for severity in _WORST_FIRST)}  {numbers.total():>8}"
