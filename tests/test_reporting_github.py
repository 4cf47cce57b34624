"""The workflow commands: an annotation per finding, and no way for a manifest to give commands of its own."""

import re

from k8slblint.model.finding import Acceptance, CheckFailure
from k8slblint.model.resource import Origin
from k8slblint.reporting import render
from tests.reports import finding, partly, place, related, report

PAGE = "https://github.com/k8slblint/k8slblint/blob/main/docs/rules/node-port-in-production.md"
BODY = f"Clients depend on node addresses.%0AUse `type: ClusterIP`.%0ARule node-port-in-production: {PAGE}"
SUMMARY = "k8slblint: Checked 4 of 4 documents in 3 of 3 files with 2 rules.\n"


def test_errors_come_first_then_warnings_then_notices() -> None:
    findings = [finding(severity=severity, location=place(path)) for severity, path in (("note", "a"), ("warning", "b"), ("error", "c"))]
    tail = f"line=12,endLine=12,col=9,endColumn=17,title=Service shop/web opens a node port::{BODY}\n"
    assert render(report(findings), "github") == (
        f"::error file=c,{tail}::warning file=b,{tail}::notice file=a,{tail}k8slblint: Found 1 error, 1 warning, 1 note.\n{SUMMARY}"
    )


def test_a_span_over_several_lines_has_no_columns() -> None:
    shown = render(report([finding(location=place(end_line=14))]), "github")
    assert shown.startswith("::error file=apps/web.yaml,line=12,endLine=14,title=Service shop/web opens a node port::")


def test_related_places_and_origin_are_part_of_the_message() -> None:
    known = finding(related=tuple(related(line=line) for line in range(1, 9)), origin=Origin("chart/templates/svc.yaml"))
    message = render(report([known]), "github").splitlines()[0].split("::", 2)[2]
    assert message.split("%0A") == [
        "Clients depend on node addresses.",
        "Use `type: ClusterIP`.",
        *(f"nodes.yaml:{line}:5: Node 'n1' has this address." for line in range(1, 6)),
        "Rendered from chart/templates/svc.yaml.",
        f"Rule node-port-in-production: {PAGE}",
    ]


def test_special_characters_are_encoded() -> None:
    known = finding(headline="100%, a: b", why="50%, c: d\r\nnext", location=place("my apps/a,b:c%d#é.yaml"))
    shown = render(report([known]), "github").splitlines()[0]
    assert shown.startswith("::error file=my apps/a%2Cb%3Ac%25d#é.yaml,line=12,")
    assert ",title=100%25%2C a%3A b::50%25, c: d\\r\\nnext%0A" in shown


def test_no_text_of_a_manifest_gives_a_command() -> None:
    evil = "\n::add-mask::x\r::stop-commands::y\u2028::error::z ##[set-output name=a]b \x1b[2K"
    hostile = finding(headline=evil, why=evil, help=evil, location=place(evil), related=(related(evil),), origin=Origin(evil))
    failed = CheckFailure("a-rule", evil, evil)
    shown = render(report([hostile], failures=(failed,), against=evil, completeness=partly()), "github")
    lines = shown.split("\n")
    assert all(line.isprintable() for line in lines)
    assert [re.match("::[a-z-]+|k8slblint: ", line)[0] for line in lines[:-1]] == ["::error", "::error", *["k8slblint: "] * 7]
    assert "##[" not in shown
    assert "::add-mask" not in lines[1].split("::")[1]


def test_nothing_found_still_tells_what_was_checked() -> None:
    assert render(report(), "github") == f"k8slblint: Nothing found.\n{SUMMARY}"


def test_suppressed_findings_are_only_counted() -> None:
    known = report(suppressed=(finding(suppressed=Acceptance("comment", "agreed")),))
    assert render(known, "github", show_suppressed=True) == f"k8slblint: Nothing found (1 finding suppressed).\n{SUMMARY}"


def test_a_failed_check_is_the_first_error() -> None:
    shown = render(report([finding()], failures=(CheckFailure("a-rule", "Service web", "KeyError: 1"),)), "github")
    assert shown.startswith(
        "::error title=k8slblint%3A a-rule::The check failed on Service web: KeyError: 1. This run cannot be trusted.\n::error file="
    )
    assert "\nk8slblint: 1 check failed: findings may be missing" in shown


def test_what_github_will_not_show_is_counted() -> None:
    many = [finding(location=place(line=line)) for line in range(1, 16)] + [finding(severity="note", location=place(line=99))] * 12
    shown = render(report(many, failures=(CheckFailure("a-rule", "x", "y"),)), "github").splitlines()
    assert sum(line.startswith("::") for line in shown) == 28
    assert shown[-1] == "k8slblint: GitHub shows 10 annotations of each level for a step; 8 more are in the log only."


def test_coverage_is_told() -> None:
    shown = render(report(completeness=partly(), against="main"), "github")
    assert "\nk8slblint: Skipped 10 documents: 10 not Kubernetes.\n" in shown
    assert "compared with 'main'" in shown
