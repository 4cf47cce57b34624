"""SARIF 2.1.0 as GitHub code scanning and other consumers read it.

Sources: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0" with errata 01; GitHub Docs, "SARIF support for
code scanning" 058fa63b and "SARIF results exceed one or more limits" 2fd966a1; Microsoft SARIF Multitool 5.7.0, rule kinds Sarif and Ghas.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from k8slblint.model.finding import CheckFailure, Finding, LocatedFix, Novelty, Related, Report, UndecidedRule
from k8slblint.model.location import Location, Span, format_path
from k8slblint.model.resource import ResourceId
from k8slblint.model.rule import Rule, Severity
from k8slblint.reporting.backslashes import escaped
from k8slblint.reporting.json import completeness, dump, origin
from k8slblint.reporting.links import HOME, page_of

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_PROBLEM_SEVERITY: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "recommendation"}
_ROOT = "The folder in which k8slblint was started: the root of the repository."
_NO_DEPLOYMENT = "This is not a finding: the file is a sample, a test, a dump, or in a folder that is no longer deployed."
_LONGEST_DESCRIPTION = 1024
_LONGEST_CONTEXT = 1000
_RELATED_LIMIT = 50
_BASELINE_STATES: dict[Novelty, str] = {"new": "new", "known": "unchanged"}
"""The words of SARIF 2.1.0, 3.27.24."""

_Json = dict[str, Any]


def render(report: Report, *, show_suppressed: bool = False) -> str:
    """Return one run with every rule that was on, one result per finding, and what was covered.

    Suppressed findings are left out unless asked for, because GitHub opens an alert for them all the same. Those that the revision before
    has too are there, as unchanged: without them GitHub would close their alerts. Remarks about the run (`render-failed`, invalid samples)
    are notifications of the tool, not results: no alert of code scanning can be closed by the one who edits the file.
    """
    return dump({"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(report, show_suppressed=show_suppressed)]})


def _run(report: Report, *, show_suppressed: bool) -> _Json:
    findings = [*report.findings, *report.known, *(report.suppressed if show_suppressed else ())]
    rules = _rules(report, (*findings, *report.spared))
    indexes = {rule.id: index for index, rule in enumerate(rules)}
    remarks = {rule.id for rule in rules if rule.is_remark}
    ordered = sorted(findings, key=lambda finding: finding.order)
    properties: _Json = {"completeness": completeness(report.completeness), "suppressedCount": len(report.suppressed)}
    if report.against is not None:
        properties |= {
            "against": report.against,
            "newOnly": report.new_only,
            "knownCount": len(report.known),
            "fixedCount": len(report.fixed),
        }
    if report.differences is not None:
        properties["exposureChanged"] = report.differences.changes_exposure
    return {
        "tool": {"driver": _driver(report.version, rules)},
        "automationDetails": {"id": "k8slblint/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": _ROOT}}},
        "invocations": [_invocation(report, indexes, [finding for finding in report.findings if finding.rule in remarks])],
        "results": [_result(finding, indexes) for finding in ordered if finding.rule not in remarks],
        "properties": properties,
    }


def _rules(report: Report, findings: Iterable[Finding]) -> list[Rule]:
    """Return the rules that were on, and those that a finding or a failure names besides, by id."""
    rules = {rule.id: rule for rule in report.rules}
    named = {finding.rule for finding in findings}
    named.update(failure.rule for failure in report.failures)
    named.update(undecided.rule for undecided in report.completeness.undecided)
    for rule_id in named - rules.keys():
        rules[rule_id] = _unlisted(rule_id, report.version)
    return [rules[rule_id] for rule_id in sorted(rules)]


def _unlisted(rule_id: str, version: str) -> Rule:
    title = rule_id.replace("-", " ").capitalize()
    return Rule(id=rule_id, title=title, since=version, status="stable", severity="warning", kinds=())


def _driver(version: str, rules: Iterable[Rule]) -> _Json:
    return {
        "name": "k8slblint",
        "fullName": f"k8slblint {version}",
        "organization": "k8slblint",
        "version": version,
        "semanticVersion": version,
        "informationUri": HOME,
        "rules": [_rule(rule) for rule in rules],
    }


def _rule(rule: Rule) -> _Json:
    descriptor: _Json = {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.id.split("-")),
        "shortDescription": {"text": _sentence(rule.title)},
        "fullDescription": {"text": _sentence(_full_description(rule))},
        "help": {"text": _help(rule, "{}", "{}"), "markdown": _help(rule, "## {}", "<{}>")},
        "helpUri": page_of(rule.id),
        "defaultConfiguration": {"level": rule.severity},
        "properties": _rule_properties(rule),
    }
    if rule.aliases:
        descriptor["deprecatedIds"] = list(rule.aliases)
    return descriptor


def _full_description(rule: Rule) -> str:
    """Return the first paragraph of the rationale, within what GitHub accepts."""
    text = " ".join(rule.rationale.strip().split("\n\n")[0].split()) or rule.title
    return text if len(text) < _LONGEST_DESCRIPTION else text[: _LONGEST_DESCRIPTION - 4].rsplit(" ", 1)[0] + "..."


def _help(rule: Rule, heading: str, link: str) -> str:
    parts = [rule.title]
    if rule.rationale:
        parts += [heading.format("Why"), rule.rationale.strip()]
    if rule.remediation:
        parts += [heading.format("What to do"), rule.remediation.strip()]
    if rule.references:
        parts += [heading.format("References"), "\n".join("- " + link.format(reference) for reference in rule.references)]
    return "\n\n".join(parts) + "\n"


def _rule_properties(rule: Rule) -> _Json:
    properties: _Json = {
        "tags": sorted({*rule.tags, "security"} if rule.security else rule.tags),
        "precision": rule.confidence,
        "problem.severity": _PROBLEM_SEVERITY[rule.severity],
    }
    if rule.security:
        properties["security-severity"] = rule.security
    return properties


def _invocation(report: Report, indexes: dict[str, int], remarks: Sequence[Finding]) -> _Json:
    notifications = [_failed(failure, indexes) for failure in report.failures]
    notifications += [_remark(finding, indexes) for finding in remarks]
    notifications += [_spared(finding, indexes) for finding in report.spared]
    notifications += [_undecided(rule, indexes) for rule in report.completeness.undecided]
    return {"executionSuccessful": not report.failures, "toolExecutionNotifications": notifications}


def _failed(failure: CheckFailure, indexes: dict[str, int]) -> _Json:
    text = f"The check of '{failure.rule}' failed on '{failure.resource}': '{failure.error}'."
    return _notification("error", failure.rule, text, indexes)


def _remark(finding: Finding, indexes: dict[str, int]) -> _Json:
    notification = _notification(finding.severity, finding.rule, finding.message, indexes)
    return {**notification, "locations": [_location(finding.location, finding.source_line)], "properties": _remark_properties(finding)}


def _spared(finding: Finding, indexes: dict[str, int]) -> _Json:
    notification = _remark(finding._replace(severity="note"), indexes)
    return {**notification, "message": {"text": f"{finding.message} {_NO_DEPLOYMENT}"}}


def _remark_properties(finding: Finding) -> _Json:
    return {"fingerprint": finding.fingerprint, "headline": finding.headline, "why": finding.why, "help": finding.help}


def _undecided(rule: UndecidedRule, indexes: dict[str, int]) -> _Json:
    places = "1 place" if rule.count == 1 else f"{rule.count} places"
    return _notification("note", rule.rule, f"'{rule.rule}' could not decide in {places}: {_sentence(rule.reason)}", indexes)


def _notification(level: str, rule_id: str, text: str, indexes: dict[str, int]) -> _Json:
    return {"level": level, "message": {"text": text}, "associatedRule": {"id": rule_id, "index": indexes[rule_id]}}


def _result(finding: Finding, indexes: dict[str, int]) -> _Json:
    result: _Json = {
        "ruleId": finding.rule,
        "ruleIndex": indexes[finding.rule],
        "level": finding.severity,
        "kind": "fail",
        "message": {"text": _message(finding), "markdown": _markdown(finding)},
        "locations": [_primary_location(finding)],
        "partialFingerprints": _fingerprints(finding),
        "properties": _result_properties(finding),
    }
    if finding.novelty:
        result["baselineState"] = _BASELINE_STATES[finding.novelty]
    if finding.related:
        result["relatedLocations"] = [_related(number, place) for number, place in enumerate(finding.related[:_RELATED_LIMIT], 1)]
    if finding.traffic:
        result["codeFlows"] = [{"threadFlows": [{"locations": list(_steps(finding.traffic))}]}]
    if finding.fix and finding.fix.edits:
        result["fixes"] = [_fix(finding.fix)]
    if finding.suppressed:
        result["suppressions"] = [_suppression(finding)]
    return result


def _message(finding: Finding) -> str:
    """Return the headline and the help, then a link to each related place: GitHub shows only those that the text links to."""
    sentences = [_sentence(_without_links(text)) for text in (finding.headline, finding.help) if text]
    for number, place in enumerate(finding.related[:_RELATED_LIMIT], 1):
        where = re.sub(r"[\\\[\]]", r"\\\g<0>", f"{place.location.path}:{place.location.span.line}")
        sentences.append(f"See [{where}]({number}): {_sentence(_without_links(place.message))}")
    rest = len(finding.related) - _RELATED_LIMIT
    if rest > 0:
        sentences.append(f"There are {rest} more such places.")
    return " ".join(sentences)


def _markdown(finding: Finding) -> str:
    """Return all texts and related places; what comes from manifests is escaped, so that it is neither markup nor a link."""
    parts = [f"**{escaped(finding.headline)}**"]
    parts += [escaped(_sentence(text)) for text in (finding.label, finding.why) if text]
    if finding.help:
        parts.append(f"**Help:** {escaped(_sentence(finding.help))}")
    related = finding.related[:_RELATED_LIMIT]
    lines = [f"- [{escaped(_place(place))}]({number}): {escaped(_sentence(place.message))}" for number, place in enumerate(related, 1)]
    if lines:
        parts.append("\n".join(lines))
    parts.append(f"[{finding.rule}]({page_of(finding.rule)})")
    return "\n\n".join(parts)


def _place(place: Related) -> str:
    return f"{place.location.path}:{place.location.span.line}"


def _without_links(text: str) -> str:
    """Return text that no viewer takes for an embedded link (SARIF 2.1.0, 3.11.6)."""
    return text.replace("](", "] (")


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith(".") else f"{text}."


def _fingerprints(finding: Finding) -> dict[str, str]:
    standard = {"primaryLocationLineHash": finding.line_hash} if finding.line_hash else {}
    return {**standard, "k8slblint/v1": finding.fingerprint}


def _result_properties(finding: Finding) -> _Json:
    properties: _Json = {"confidence": finding.confidence}
    if finding.field:
        properties["field"] = format_path(finding.field)
    if finding.resource:
        properties["resource"] = finding.resource._asdict()
    if finding.condition:
        properties["condition"] = finding.condition._asdict()
    if finding.origin:
        properties["origin"] = origin(finding.origin)
    return properties


def _primary_location(finding: Finding) -> _Json:
    location = _location(finding.location, finding.source_line)
    if finding.resource:
        location["logicalLocations"] = [_logical(finding.resource)]
    return location


def _logical(resource: ResourceId) -> _Json:
    parts = (resource.namespace, resource.kind, resource.name)
    return {"name": resource.name, "fullyQualifiedName": "/".join(part for part in parts if part), "kind": "resource"}


def _related(number: int, place: Related) -> _Json:
    text = _sentence(_without_links(place.message))
    return {"id": number, **_location(place.location, place.source_line), "message": {"text": _with_rendered(text, place)}}


def _with_rendered(text: str, place: Related) -> str:
    """Return a message with the excerpt of the rendered object, which stands in no file, below it."""
    return f"{text}\n\n{place.rendered}" if place.rendered else text


def _steps(traffic: Sequence[Related]) -> Iterator[_Json]:
    """Yield the way of the traffic in packet order; the last step is the one at fault."""
    for number, place in enumerate(traffic, 1):
        location = _location(place.location, place.source_line)
        location["message"] = {"text": _sentence(_without_links(place.message))}
        yield {"location": location, "nestingLevel": number, "importance": "essential" if number == len(traffic) else "important"}


def _location(location: Location, source_line: str) -> _Json:
    span = _one_line(location.span, source_line)
    region = _region(span)
    physical = {"artifactLocation": _artifact(location.path), "region": region}
    snippet = source_line[span.column - 1 : span.end_column - 1]
    if snippet:
        region["snippet"] = {"text": snippet}
    if snippet and len(snippet) < len(source_line) <= _LONGEST_CONTEXT:
        physical["contextRegion"] = {"startLine": span.line, "endLine": span.line, "snippet": {"text": source_line}}
    return {"physicalLocation": physical}


def _one_line(span: Span, source_line: str) -> Span:
    """Return the part of a span on its first line: GitHub shows an alert in a pull request only if all its lines changed."""
    if span.end_line == span.line:
        return span
    return Span(span.line, span.column, span.line, max(span.column + 1, len(source_line) + 1))


def _region(span: Span) -> _Json:
    return {"startLine": span.line, "startColumn": span.column, "endLine": span.end_line, "endColumn": span.end_column}


def _artifact(path: str) -> _Json:
    """Return a reference to a file: below SRCROOT, or, when it lies elsewhere, by itself (RFC 3986, RFC 8089)."""
    uri = quote(path, safe="/", errors="replace")
    if path.startswith("/"):
        return {"uri": f"file://{uri}"}
    if re.match("[A-Za-z]:/", path):
        return {"uri": f"file:///{path[:2]}{quote(path[2:], safe='/', errors='replace')}"}
    return {"uri": uri} if path.startswith("../") else {"uri": uri, "uriBaseId": "SRCROOT"}


def _fix(fix: LocatedFix) -> _Json:
    by_path: dict[str, list[_Json]] = {}
    for edit in fix.edits:
        replacement = {"deletedRegion": _region(edit.location.span), "insertedContent": {"text": edit.text}}
        by_path.setdefault(edit.location.path, []).append(replacement)
    changes = [{"artifactLocation": _artifact(path), "replacements": replacements} for path, replacements in by_path.items()]
    return {"description": {"text": _sentence(fix.description)}, "artifactChanges": changes}


def _suppression(finding: Finding) -> _Json:
    accepted = finding.suppressed
    kind = "external" if accepted and accepted.kind in ("config", "baseline") else "inSource"
    suppression = {"kind": kind, "status": "accepted"}
    if accepted and accepted.reason:
        suppression["justification"] = accepted.reason
    return suppression
