"""The JUnit report: what Jenkins, GitLab, Azure Pipelines and CircleCI take, whatever a manifest says."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import xmlschema

from k8slblint.model.finding import CheckFailure, Completeness, Finding, Report, SpentBudget, UndecidedRule
from k8slblint.reporting import render
from tests.reports import NODE_PORT, UNUSED, finding, partly, place, related, report

SCHEMA = xmlschema.XMLSchema(str(Path(__file__).parent / "schemas" / "junit.xsd"))


def suites_of(known: Report) -> dict[str, ET.Element]:
    """Return the suites of a report by name; it is valid by the schema, and its numbers are those of its cases."""
    text = render(known, "junit")
    SCHEMA.validate(text)
    root = ET.fromstring(text.encode("utf-8"))  # noqa: S314 - our own text
    for element in (root, *root):
        counted = {"tests": "testcase", "failures": "failure", "errors": "error"}
        assert {name: element.get(name) for name in counted} == {
            name: str(len(element.findall(f".//{tag}"))) for name, tag in counted.items()
        }
    return {str(suite.get("name")): suite for suite in root}


def only_case(known: Report, suite: str = NODE_PORT.id) -> ET.Element:
    (case,) = suites_of(known)[suite]
    return case


def told(case: ET.Element) -> tuple[str, Any]:
    (one,) = case
    return one.tag, one.get("message")


def test_a_finding_is_a_failed_case_of_the_suite_of_its_rule() -> None:
    case = only_case(report([finding(related=(related(),))]))
    assert case.get("classname") == "k8slblint.node-port-in-production"
    assert case.get("name") == "Service shop/web opens a node port (apps/web.yaml)"
    (failure,) = case
    assert (failure.tag, failure.get("type"), failure.get("message")) == ("failure", "error", "Service shop/web opens a node port")
    assert (failure.text or "").splitlines() == [
        "apps/web.yaml:12:9: error: opens port 30080",
        "Clients depend on node addresses.",
        "Use `type: ClusterIP`.",
        "nodes.yaml:3:5: Node 'n1' has this address.",
        "https://github.com/k8slblint/k8slblint/blob/main/docs/rules/node-port-in-production.md",
    ]


@pytest.mark.parametrize(
    ("severity", "fail_on", "tag"),
    [("error", "error", "failure"), ("warning", "error", "skipped"), ("warning", "warning", "failure"), ("note", "warning", "skipped")],
)
def test_what_does_not_fail_the_run_is_a_skipped_case(severity: str, fail_on: Any, tag: str) -> None:
    assert told(only_case(report([finding(severity=severity)], fail_on=fail_on)))[0] == tag


@pytest.mark.parametrize(("fail_on", "tag"), [("warning", "failure"), ("error", "skipped")])
def test_a_weakened_configuration_fails_at_the_severity_that_held_before(fail_on: Any, tag: str) -> None:
    assert told(only_case(report([finding(severity="warning", leads=True)], fail_on="note", fail_on_weakened=fail_on)))[0] == tag


def test_cases_of_one_class_have_names_of_their_own_since_gitlab_drops_the_others() -> None:
    names = [case.get("name") for case in suites_of(report([finding(), finding(location=place(line=14))]))[NODE_PORT.id]]
    assert names == ["Service shop/web opens a node port (apps/web.yaml)", "Service shop/web opens a node port (apps/web.yaml) (2)"]


def test_a_rule_that_found_nothing_passed() -> None:
    assert list(only_case(report())) == []
    assert list(suites_of(report())) == [NODE_PORT.id, UNUSED.id, "k8slblint"]


def test_a_rule_that_could_not_decide_or_was_not_run_is_skipped() -> None:
    seen = Completeness(undecided=[UndecidedRule(NODE_PORT.id, "the value contains a placeholder", 2)])
    case = only_case(report(completeness=seen))
    assert told(case) == ("skipped", "could not decide everywhere")
    assert case[0].text == "2 places: the value contains a placeholder"
    compares = NODE_PORT._replace(compares_revisions=True)
    assert told(only_case(report(rules=(compares,)))) == ("skipped", "needs --against")


def test_a_crashed_check_and_a_run_that_ended_early_are_errors() -> None:
    failed = report(failures=(CheckFailure(NODE_PORT.id, "Service shop/web", "KeyError: 'x'"),))
    assert told(only_case(failed)) == ("error", "KeyError: 'x'")
    assert told(only_case(failed, "k8slblint")) == ("error", "findings may be missing")
    early = report(completeness=Completeness(budget=SpentBudget("seconds", "a.yaml")))
    assert told(only_case(early, "k8slblint")) == ("error", "findings may be missing")


def test_the_case_of_the_run_says_what_was_covered() -> None:
    case = only_case(report(completeness=partly()), "k8slblint")
    assert case[0].tag == "system-out"
    assert "Skipped 2 files: 1 broken symbolic link (old.yaml)" in (case[0].text or "")


HOSTILE = (
    "a \x00\x01\x08\x0b\x1f b",
    "]]> <![CDATA[ x ]]>",
    "</failure></testcase><testcase name='forged'/>",
    "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    '"\' type="passed" & &amp; &#0; &#x1b;',
    "lone \ud800 and \udfff",
    "\ufffe \uffff \U0001fffe",
    "line\r\n::error::forged\u2028##vso[task.complete]",
    "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\u202e reversed \ufeff",
)


def hostile(text: str) -> Finding:
    return finding(
        headline=text, label=text, why=text, help=text, location=place(f"apps/{text}.yaml"), source_line=text, related=(related(text),)
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_manifests_is_text_and_nothing_else(text: str) -> None:
    known = report([hostile(text)], failures=(CheckFailure(NODE_PORT.id, text, text),), against=text)
    cases = suites_of(known)[NODE_PORT.id]
    assert [[one.tag for one in case] for case in cases] == [["failure"], ["error"]]
    shown = render(known, "junit")
    assert all(character.isprintable() or character == "\n" for character in shown)
    assert not [line for line in shown.splitlines() if line.lstrip().startswith("::")]
    assert "##vso[" not in shown


def test_suppressed_and_known_findings_are_only_counted() -> None:
    known = report(suppressed=(finding(),), known=(finding(),), new_only=True, against="main")
    suites = suites_of(known)
    assert list(suites[NODE_PORT.id][0]) == []
    assert "1 known finding not shown, 1 finding suppressed" in (suites["k8slblint"][0][0].text or "")
