"""The Code Climate report: issues as GitLab takes them, whatever a manifest says."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from k8slblint.model.finding import Acceptance, Report
from k8slblint.reporting import render
from tests.reports import NODE_PORT, finding, place, related, report
from tests.test_reporting_junit import HOSTILE, hostile

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "code-climate.json").read_text(encoding="utf-8"))


def issues_of(known: Report) -> list[dict[str, Any]]:
    """Return the issues of a report, valid by the schema."""
    issues = json.loads(render(known, "codeclimate"))
    jsonschema_rs.validator_for(SCHEMA).validate(issues)
    assert isinstance(issues, list)
    return issues


def test_a_finding_is_an_issue() -> None:
    (issue,) = issues_of(report([finding(related=(related(),))]))
    assert issue["check_name"] == NODE_PORT.id
    assert issue["description"] == "Service shop/web opens a node port"
    assert (issue["severity"], issue["categories"]) == ("major", ["Security"])
    assert issue["location"] == {"path": "apps/web.yaml", "lines": {"begin": 12, "end": 12}}
    assert issue["fingerprint"] == finding().fingerprint
    assert issue["trace"]["locations"] == [{"path": "nodes.yaml", "lines": {"begin": 3, "end": 3}}]


@pytest.mark.parametrize(("severity", "word"), [("error", "major"), ("warning", "minor"), ("note", "info")])
def test_severities_have_the_words_of_code_climate(severity: str, word: str) -> None:
    assert issues_of(report([finding(severity=severity)]))[0]["severity"] == word


def test_nothing_found_is_an_empty_array() -> None:
    assert render(report(), "codeclimate") == "[]\n"


def test_known_findings_are_issues_too_since_gitlab_compares_by_itself() -> None:
    known = report([finding()], known=(finding(fingerprint="1" * 32),), suppressed=(finding(suppressed=Acceptance("config", "")),))
    assert [issue["fingerprint"][0] for issue in issues_of(known)] == ["0", "1"]


def test_remarks_about_the_run_are_no_issues() -> None:
    remark = NODE_PORT._replace(id="render-failed", is_remark=True)
    assert issues_of(report([finding(rule="render-failed")], rules=(remark,))) == []


@pytest.mark.parametrize("text", [one for one in HOSTILE if "<" not in one])
def test_text_of_manifests_is_one_line_of_visible_characters(text: str) -> None:
    shown = render(report([hostile(text)]), "codeclimate")
    assert shown.isascii()
    assert "##vso[" not in shown
    (issue,) = issues_of(report([hostile(text)]))
    assert issue["description"].isprintable()


def test_markup_of_manifests_is_escaped_in_the_body() -> None:
    text = "[click](https://evil.example) <img src=x> @team #1"
    (issue,) = issues_of(report([finding(why=text, help="", location=place("a/[x](y).yaml"))]))
    assert r"\[click\]\(https\:\/\/evil.example\) \<img src=x\> \@team \#1" in issue["content"]["body"]
