"""The JSON report, version 1: the contract of `schemas/report.schema.json`."""

import json
import re
from collections.abc import Iterable
from typing import Any

from k8slblint.model.finding import Completeness, Finding, LocatedFix, Related, Report, Skip, Spared, UndecidedRule
from k8slblint.model.location import Location
from k8slblint.model.resource import Origin

VERSION = 1
"""The version of the contract: it grows when a field is removed or changes its meaning, not when one is added."""

_SURROGATES = r"\\\\|\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|(?P<lone>\\ud[89a-f][0-9a-f]{2})"


def render(report: Report) -> str:
    """Return the whole report, suppressed findings apart, as ASCII JSON indented by two."""
    return dump(
        {
            "version": VERSION,
            "tool": {"name": "k8slblint", "version": report.version},
            "findings": [_finding(finding) for finding in report.findings],
            "suppressed": [_finding(finding) for finding in report.suppressed],
            "new_only": report.new_only,
            "known": [_finding(finding) for finding in report.known],
            "fixed": [_finding(finding) for finding in report.fixed],
            "completeness": completeness(report.completeness),
            "failures": [{"rule": one.rule, "resource": one.resource, "error": one.error} for one in report.failures],
            "against": report.against,
            "rules": [rule.id for rule in report.rules],
            "switched_off": [one._asdict() for one in report.switched_off],
        }
    )


def dump(value: Any) -> str:
    r"""Return JSON that is safe everywhere: ASCII only, so that no control or format character reaches a terminal.

    A lone surrogate, which strict readers refuse (RFC 8259, section 8.2), becomes U+FFFD. Runners of CI that read the log for
    commands find none: Azure Pipelines takes `##vso[` and `##[` anywhere in a line (azure-pipelines-agent, `Command.TryParse`),
    TeamCity takes `##teamcity[`, GitHub `::` at the start of a line and the older `##[` anywhere; JSON text never starts a line with `::`.
    """
    text = json.dumps(value, indent=2, ensure_ascii=True).replace("##", r"#\u0023")
    if r"\ud" in text:
        text = re.sub(_SURROGATES, lambda match: r"\ufffd" if match["lone"] else match[0], text)
    return text + "\n"


def completeness(seen: Completeness) -> dict[str, Any]:
    """Return what was seen, read and passed over; SARIF carries the same."""
    return {
        "files_seen": seen.files_seen,
        "files_read": seen.files_read,
        "documents_seen": seen.documents_seen,
        "documents_linted": seen.documents_linted,
        "documents_with_placeholders": seen.documents_with_placeholders,
        "files_skipped": _skips(seen.files_skipped),
        "documents_skipped": _skips(seen.documents_skipped),
        "units": [{**one._asdict(), "failure": one.failure or None} for one in seen.units],
        "not_rendered": [one._asdict() for one in seen.not_rendered],
        "sandbox": seen.sandbox,
        "budget": seen.budget._asdict() if seen.budget else None,
        "places_not_proven": seen.places_not_proven,
        "undecided": sorted([*map(_undecided, seen.undecided), *map(_spared, seen.spared)], key=lambda one: (one["rule"], one["reason"])),
    }


def _undecided(one: UndecidedRule) -> dict[str, Any]:
    return {"rule": one.rule, "reason": one.reason, "count": one.count}


def _spared(one: Spared) -> dict[str, Any]:
    where = "in samples, tests, fixtures, dumps, defaults of charts or folders that are no longer deployed"
    return {"rule": one.rule, "reason": f"not shown {where}: `samples: lint` in the configuration shows it", "count": one.count}


def _skips(skips: Iterable[Skip]) -> list[dict[str, Any]]:
    return [{"reason": skip.reason, "count": skip.count, "examples": list(skip.examples)} for skip in skips]


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "headline": finding.headline,
        "label": finding.label,
        "why": finding.why,
        "help": finding.help,
        "message": finding.message,
        "location": _location(finding.location),
        "resource": finding.resource._asdict() if finding.resource else None,
        "field": list(finding.field),
        "related": _places(finding.related),
        "traffic": _places(finding.traffic),
        "condition": finding.condition._asdict() if finding.condition else None,
        "fix": _fix(finding.fix) if finding.fix else None,
        "origin": origin(finding.origin) if finding.origin else None,
        "fingerprint": finding.fingerprint,
        "suppressed": finding.suppressed._asdict() if finding.suppressed else None,
        "novelty": finding.novelty,
    }


def origin(rendered: Origin) -> dict[str, Any]:
    """Return where rendered text came from; SARIF carries the same."""
    return {"path": rendered.path, "exact": rendered.exact, "unit": rendered.unit or None, "also": list(rendered.also)}


def _location(location: Location) -> dict[str, Any]:
    return {"path": location.path, **location.span._asdict()}


def _places(places: Iterable[Related]) -> list[dict[str, Any]]:
    return [_place(place) for place in places]


def _place(place: Related) -> dict[str, Any]:
    return {"location": _location(place.location), "message": place.message, "rendered": place.rendered or None}


def _fix(fix: LocatedFix) -> dict[str, Any]:
    edits = [{"location": _location(edit.location), "text": edit.text} for edit in fix.edits]
    return {"description": fix.description, "edits": edits, "safe": fix.safe}
