"""What could not be rendered is one block of the reports that people read, by kind, with what cures all of a kind."""

import json
from pathlib import Path
from typing import Any

import pytest

from k8slblint.model.finding import Completeness, Finding, SpentBudget, UndecidedRule
from k8slblint.model.location import Location, Span
from k8slblint.model.rule import Rule
from k8slblint.reporting import render
from tests.reports import NODE_PORT, UNUSED, finding, partly, place, report
from tests.test_cli import NODE_PORT as SERVICE
from tests.test_cli import call
from tests.test_reporting_markdown import HOSTILE, assert_harmless

RULE = Rule(id="render-failed", title="Not rendered", since="0.2.0", status="stable", severity="warning", kinds=(), is_remark=True)
RULES = (NODE_PORT, RULE, UNUSED)


def failed(name: str, group: str = "unvendored", **changes: Any) -> Finding:
    fields: dict[str, Any] = {
        "rule": RULE.id,
        "severity": "note",
        "resource": None,
        "location": place(f"charts/{name}/Chart.yaml", 1, 1, 5),
        "headline": f"Chart charts/{name} cannot be rendered: a dependency is not vendored",
        "why": f"The reason of {name}. Its objects are not checked.",
        "help": f"Run `helm dependency build charts/{name}` before the scan." if group == "unvendored" else "Fix the error.",
        "group": group,
        "label": "",
    }
    return finding(**(fields | changes))


def block(*findings: Finding, **options: Any) -> str:
    return render(report(findings, rules=RULES), "text", **options).partition("\n\n")[0]


def test_many_failures_are_one_block_by_kind_with_what_cures_all() -> None:
    findings = [*(failed(f"c{number:02}") for number in range(47)), failed("bad", "template", severity="warning")]
    assert block(*findings).splitlines() == [
        "warning[render-failed]: 48 charts or kustomizations are not rendered, or not entirely",
        "  = 47 lack dependencies: Run `helm dependency build` in the folder of each",
        "      before the scan.",
        *(f"      charts/c{number:02}/Chart.yaml:1:1" for number in range(5)),
        "      and 42 more; -v lists all",
        "  = 1 is refused, at least in part: Fix the error.",
        "      charts/bad/Chart.yaml:1:1: The reason of bad. Its objects are not checked.",
        "  = docs: k8slblint explain render-failed",
    ]


def test_verbose_lists_all_and_few_have_their_own_commands() -> None:
    assert "charts/c46/Chart.yaml" in block(*(failed(f"c{number:02}") for number in range(47)), detail="all")
    few = " ".join(block(failed("a"), failed("b")).split())
    assert "Run `helm dependency build charts/a` before the scan. Run `helm dependency build charts/b` before the scan." in few


def test_units_that_fail_alike_are_counted_though_they_are_one_finding() -> None:
    units = ("chart 'a' with x.yaml", "chart 'a' with y.yaml", "chart 'b'")
    text = block(failed("a", units=units))
    assert "= 3 lack dependencies: Run `helm dependency build` in the folder of each" in text
    assert [line.strip() for line in text.splitlines()[3:6]] == ["charts/a/Chart.yaml:1:1", *units[1:]]


def test_a_single_failure_is_shown_as_any_finding() -> None:
    assert block(failed("a")).startswith("note[render-failed]: Chart charts/a cannot be rendered")
    assert "-->" in block(failed("a"))


def test_the_block_stands_by_its_most_severe_failure_and_errors_stay_last() -> None:
    findings = [finding(), finding(severity="note", headline="Another"), failed("a"), failed("b", "template", severity="warning")]
    heads = [part.splitlines()[0].partition("[")[0] for part in render(report(findings, rules=RULES), "text").split("\n\n")[:-1]]
    assert heads == ["note", "warning", "error"]


def markdown(*findings: Finding, **changes: Any) -> str:
    return render(report(findings, rules=RULES, **changes), "markdown")


_PAGE = "[render-failed](https://github.com/k8slblint/k8slblint/blob/main/docs/rules/render-failed.md)"


def test_markdown_has_the_same_block_in_the_section_of_its_severity() -> None:
    findings = [*(failed(f"c{number:02}") for number in range(47)), failed("bad", "template", severity="warning")]
    text = markdown(finding(), *findings)
    section = text.partition("### Warnings (48)\n\n")[2].partition("\n\n")[0]
    assert section.splitlines() == [
        f"- **warning** 48 charts or kustomizations are not rendered, or not entirely {_PAGE}",
        "  - 47 lack dependencies: Run `helm dependency build` in the folder of each before the scan.",
        *(f"    - `charts/c{number:02}/Chart.yaml:1:1`" for number in range(5)),
        "    - 42 more places",
        "  - 1 is refused, at least in part: Fix the error.",
        "    - `charts/bad/Chart.yaml:1:1`: The reason of bad. Its objects are not checked.",
    ]
    assert "### Errors (1)" in text
    assert "### Notes" not in text


def test_markdown_of_a_change_has_one_block_of_what_is_new_and_each_that_is_known() -> None:
    new = [failed(name, novelty="new") for name in ("a", "b", "c")]
    known = [failed(name, novelty="known") for name in ("d", "e")]
    text = markdown(*new, *known, against="main")
    assert "### New findings (3)" in text
    assert text.count("not rendered, or not entirely") == 1
    assert "3 lack dependencies" in text
    assert "Known findings (2)" in text
    assert text.count("- **note** Chart charts/") == 2


def test_markdown_shows_a_single_failure_as_any_finding() -> None:
    assert "- **note** Chart charts/a cannot be rendered" in markdown(failed("a"))


def test_commands_of_a_few_are_whole_in_markdown() -> None:
    names = [f"{number}{'x' * 150}" for number in range(3)]
    text = markdown(*(failed(name) for name in names))
    assert all(f"Run `helm dependency build charts/{name}` before the scan." in text for name in names)


@pytest.mark.parametrize("bad", HOSTILE)
def test_nothing_of_a_manifest_does_anything_in_the_block_of_markdown(bad: str) -> None:
    place_ = Location(bad, Span(1, 1, 1, 2))
    one = failed("a", "template", why=bad, help=bad, units=(bad, bad), location=place_)
    assert_harmless(markdown(one, failed("b", "missing", why=bad, help=bad)))


@pytest.mark.parametrize("format_", ["json", "sarif", "github", "junit"])
def test_other_formats_still_tell_of_each(format_: str) -> None:
    text = render(report([failed("a"), failed("b")], rules=RULES), format_)
    assert "charts/a/Chart.yaml" in text
    assert "charts/b/Chart.yaml" in text


def test_nothing_of_a_manifest_steers_the_terminal_from_the_block() -> None:
    bad = "\x1b]0;owned\x07\u202e ::error::x"
    text = block(failed(bad, "template", why=bad, help=bad, units=(bad, bad)), failed("b", "missing", why=bad), detail="all")
    assert text.replace("\n", "").isprintable()
    assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]


def test_a_tree_of_broken_charts_is_counted_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    for number in range(9):
        chart = tmp_path / "charts" / f"c{number}"
        (chart / "templates").mkdir(parents=True)
        dependency = "dependencies: [{name: redis, version: 1.0.0, repository: https://charts.example.com}]\n"
        (chart / "Chart.yaml").write_text(f"apiVersion: v2\nname: c{number}\nversion: 1.0.0\n{dependency}")
        (chart / "templates" / "svc.yaml").write_text(SERVICE)
    text = call("scan").stdout
    assert text.count("[render-failed]") == 1
    assert "9 lack dependencies" in text
    told = json.loads(call("scan", "--format", "json").stdout)
    assert [one["rule"] for one in told["findings"]].count("render-failed") == 1, "one cause is one finding there"


def test_quiet_prints_findings_only_and_still_says_what_cannot_be_trusted() -> None:
    assert render(report(), "text", detail="brief") == ""
    assert render(report(), "concise", detail="brief") == ""
    assert render(report([finding()]), "concise", detail="brief").count("\n") == 1
    assert "Found" not in render(report([finding()]), "text", detail="brief")
    early = report(completeness=Completeness(budget=SpentBudget("seconds", "a.yaml")))
    assert "Stopped early" in render(early, "text", detail="brief")


def test_verbose_leaves_nothing_out_of_the_summary() -> None:
    undecided = [UndecidedRule(f"rule-{number}", "unknown", 2) for number in range(7)]
    text = render(report(completeness=Completeness(undecided=undecided)), "text", detail="all")
    assert "rule-6" in text
    assert "more place" not in text
    assert "values.yaml:1, ci.yaml:1" in render(report(completeness=partly()), "concise", detail="all")


@pytest.mark.parametrize(("option", "shown"), [("-q", False), ("--quiet", False), ("-v", True), ("--verbose", True)])
def test_the_options_reach_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, shown: bool) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(SERVICE)
    assert ("Checked 1 of 1" in call("scan", option).stdout) == shown


def test_one_line_for_what_fails_alike_in_the_concise_form() -> None:
    kustomization = "Kustomization apps/c is rendered in part: it needs the network"
    chart = "Chart charts/{} cannot be rendered: it needs the network"
    findings = [failed(name, "remote", headline=chart.format(name)) for name in "ab"]
    findings += [failed("c", "remote", headline=kustomization), failed("d", "missing", severity="warning"), finding()]
    lines = render(report(findings, rules=RULES), "concise", detail="brief").splitlines()
    assert [line for line in lines if "render-failed" in line] == [
        "charts/a/Chart.yaml:1:1: note[render-failed] 2 charts and 1 kustomization need the network; -v and the text report list them",
        "charts/d/Chart.yaml:1:1: warning[render-failed] Chart charts/d cannot be rendered: a dependency is not vendored",
    ]
    everything = render(report(findings, rules=RULES), "concise", detail="all")
    assert everything.count("[render-failed]") == 4
