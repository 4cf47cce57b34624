"""The report as issues of Code Climate, which GitLab shows as code quality in merge requests.

Sources: codeclimate/platform 73db926b, `spec/analyzers/SPEC.md`, "Issues"; GitLab 17, "Code Quality report format" (a JSON array; issues of
two pipelines are matched by `fingerprint`, and of two with the same one only the first is shown).
"""

from typing import Any

from k8slblint.model.finding import Finding, Report
from k8slblint.model.location import Location
from k8slblint.model.rule import Severity
from k8slblint.reporting.backslashes import escaped
from k8slblint.reporting.excerpt import visible
from k8slblint.reporting.json import dump
from k8slblint.reporting.links import page_of

_SEVERITIES: dict[Severity, str] = {"error": "major", "warning": "minor", "note": "info"}
"""The words of Code Climate; `critical` and `blocker` are left to tools that know what they stop."""

_RELATED_LIMIT = 50


def render(report: Report) -> str:
    """Return a JSON array with an issue for each finding, also for those that the revision before has too: GitLab compares by itself.

    Suppressed findings and remarks about the run are left out. What was covered has no place in this format.
    """
    rules = {rule.id: rule for rule in report.rules}
    remarks = {rule.id for rule in report.rules if rule.is_remark}
    secured = {rule.id for rule in rules.values() if rule.security}
    found = sorted((*report.findings, *report.known), key=lambda finding: finding.order)
    return dump([_issue(finding, is_security=finding.rule in secured) for finding in found if finding.rule not in remarks])


def _issue(finding: Finding, *, is_security: bool) -> dict[str, Any]:
    issue: dict[str, Any] = {
        "type": "issue",
        "check_name": finding.rule,
        "description": visible(finding.headline),
        "content": {"body": _body(finding)},
        "categories": ["Security" if is_security else "Bug Risk"],
        "severity": _SEVERITIES[finding.severity],
        "fingerprint": finding.fingerprint,
        "location": _location(finding.location),
    }
    if finding.related:
        issue["trace"] = {"locations": [_location(place.location) for place in finding.related[:_RELATED_LIMIT]], "stacktrace": False}
    return issue


def _body(finding: Finding) -> str:
    """Return why and help in Markdown; text of manifests in it is neither markup nor a link."""
    parts = [escaped(visible(text)) for text in (finding.why, finding.help) if text]
    return "\n\n".join([*parts, f"[{finding.rule}]({page_of(finding.rule)})"])


def _location(location: Location) -> dict[str, Any]:
    return {"path": location.path, "lines": {"begin": location.span.line, "end": location.span.end_line}}
