"""The report as JUnit XML, for the test reports of CI servers: a suite for each rule, a test case for each finding.

Sources: jenkinsci/xunit-plugin 031e285e, `junit-10.xsd`; GitLab 17, `lib/gitlab/ci/parsers/test/junit.rb` (of two cases with the same class
and name only the first is shown); Microsoft, "PublishTestResults@2"; CircleCI, "Collecting test data"; Extensible Markup Language (XML)
1.0, 2.2 (characters that no document may have, not even escaped).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Literal, TypeAlias

from k8slblint.model.finding import CheckFailure, Finding, Report
from k8slblint.model.records import NamedTuple
from k8slblint.model.rule import SEVERITIES, Rule
from k8slblint.reporting.excerpt import visible, visible_place
from k8slblint.reporting.links import page_of
from k8slblint.reporting.summary import counted, coverage, failures, outcome, rendered_from

_RELATED_SHOWN = 5
_RUN = "k8slblint"

_Outcome: TypeAlias = Literal["failure", "error", "skipped", "passed"]


class _Case(NamedTuple):
    """A test case: its name, what came of it and of which type that is, and what there is to read, each in visible characters."""

    name: str
    outcome: _Outcome = "passed"
    kind: str = ""
    message: str = ""
    lines: Sequence[str] = ()


def render(report: Report) -> str:
    """Return one document. A finding that fails the run is a failure, others are skipped cases with their texts.

    A check that crashed and a run that ended early are errors; a rule that found nothing is a case that passed, or skipped where it
    could not decide. Suppressed findings and those that the revision before has too are only counted.
    """
    suites = {name: _unique(cases) for name, cases in _suites(report).items()}
    counts = Counter(case.outcome for cases in suites.values() for case in cases)
    total = {"name": _RUN, "tests": counts.total(), "failures": counts["failure"], "errors": counts["error"]}
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites{_attributes(total)}>"]
    for name, cases in suites.items():
        lines += _suite(name, cases)
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _suites(report: Report) -> dict[str, list[_Case]]:
    """Return the cases by the name of their suite: rules by id, then the run itself."""
    found: dict[str, list[_Case]] = {rule.id: [] for rule in sorted(report.rules, key=lambda rule: rule.id)}
    for finding in report.findings:
        found.setdefault(finding.rule, []).append(_finding(finding, report))
    for failure in report.failures:
        found.setdefault(failure.rule, []).append(_failure(failure))
    for rule in report.rules:
        found[rule.id] = found[rule.id] or [_without_finding(rule, report)]
    return {**found, _RUN: [_run(report)]}


def _finding(finding: Finding, report: Report) -> _Case:
    least = report.fail_on_weakened if finding.leads else report.fail_on
    fails = SEVERITIES.index(finding.severity) >= SEVERITIES.index(least)
    headline = visible(finding.headline)
    name = f"{headline} ({visible(finding.location.path)})"
    return _Case(name, "failure" if fails else "skipped", finding.severity, headline, list(_texts(finding)))


def _texts(finding: Finding) -> Iterator[str]:
    yield f"{visible_place(finding.location)}: {finding.severity}: {visible(finding.label or finding.headline)}"
    yield from (visible(text) for text in (finding.why, finding.help) if text)
    for related in finding.related[:_RELATED_SHOWN]:
        yield f"{visible_place(related.location)}: {visible(related.message)}"
    rest = len(finding.related) - _RELATED_SHOWN
    if rest > 0:
        yield f"There are {counted(rest, 'more such place')}."
    if finding.origin:
        yield f"R{rendered_from(finding.origin)[1:]}."
    yield page_of(finding.rule)


def _failure(failure: CheckFailure) -> _Case:
    resource = visible(failure.resource)
    return _Case(f"The check failed on {resource}", "error", "check failed", visible(failure.error), ["This run cannot be trusted."])


def _without_finding(rule: Rule, report: Report) -> _Case:
    """Return the case of a rule that found nothing: it passed, unless it could not know."""
    title = visible(rule.title)
    if rule.compares_revisions and report.against is None:
        return _Case(title, "skipped", "not run", "needs --against")
    undecided = [one for one in report.completeness.undecided if one.rule == rule.id]
    if undecided:
        reasons = [f"{counted(one.count, 'place')}: {visible(one.reason)}" for one in undecided]
        return _Case(title, "skipped", "undecided", "could not decide everywhere", reasons)
    return _Case(title)


def _run(report: Report) -> _Case:
    """Return the case of the run itself, with what was covered; an error where it is not to be trusted."""
    lines = [*failures(report), outcome(report), *coverage(report)]
    if report.failures or report.completeness.budget:
        return _Case("The run is complete", "error", "incomplete", "findings may be missing", lines)
    return _Case("The run is complete", lines=lines)


def _unique(cases: Sequence[_Case]) -> list[_Case]:
    """Return cases under names of their own: a second one of the same name gets a number."""
    seen: Counter[str] = Counter()
    named = []
    for case in cases:
        seen[case.name] += 1
        named.append(case._replace(name=f"{case.name} ({seen[case.name]})") if seen[case.name] > 1 else case)
    return named


def _suite(name: str, cases: Sequence[_Case]) -> Iterator[str]:
    counts = Counter(case.outcome for case in cases)
    numbers = {"tests": len(cases), "failures": counts["failure"], "errors": counts["error"], "skipped": counts["skipped"]}
    yield f"  <testsuite{_attributes({'name': name, **numbers})}>"
    for case in cases:
        yield from _case(name, case)
    yield "  </testsuite>"


def _case(suite: str, case: _Case) -> Iterator[str]:
    classname = suite if suite == _RUN else f"{_RUN}.{suite}"
    head = f"    <testcase{_attributes({'classname': classname, 'name': case.name})}"
    if case.outcome == "passed" and not case.lines:
        yield f"{head}/>"
        return
    tag = "system-out" if case.outcome == "passed" else case.outcome
    attributes = {} if case.outcome == "passed" else {"type": case.kind, "message": case.message}
    yield f"{head}>"
    yield f"      <{tag}{_attributes(attributes)}>{escape(chr(10).join(case.lines), quote=False)}</{tag}>"
    yield "    </testcase>"


def _attributes(values: Mapping[str, object]) -> str:
    return "".join(f' {name}="{escape(str(value))}"' for name, value in values.items())
