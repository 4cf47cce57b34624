"""The text report: what a person reads, and that nothing from a manifest reaches the terminal untamed."""

import pytest

from k8slblint.model.finding import Acceptance, CheckFailure, Completeness, Finding, LocatedFix, Related, UndecidedRule
from k8slblint.model.location import Span
from k8slblint.model.resource import Origin, ResourceId
from k8slblint.model.rule import Condition
from k8slblint.reporting import FORMATS, Terminal, render
from k8slblint.reporting.excerpt import Excerpt, excerpt, visible
from tests.reports import SOURCE_LINE, finding, partly, place, related, report


def marked(line: str, text: str) -> Excerpt:
    """Return the excerpt of a line with the span of `text`."""
    column = line.index(text) + 1
    return excerpt(line, Span(1, column, 1, column + len(text)))


def test_a_finding_is_shown_with_its_line_and_the_summary() -> None:
    assert render(report([finding()]), "text") == (
        "error[node-port-in-production]: Service shop/web opens a node port\n"
        "  --> apps/web.yaml:12:9\n"
        "   |\n"
        "12 |   type: NodePort\n"
        "   |         ^^^^^^^^ opens port 30080\n"
        "   = why: Clients depend on node addresses.\n"
        "   = help: Use `type: ClusterIP`.\n"
        "   = docs: k8slblint explain node-port-in-production\n"
        "\n"
        "Found 1 error.\n"
        "Checked 4 of 4 documents in 3 of 3 files with 2 rules.\n"
    )


def test_everything_that_is_known_is_shown_below_the_line() -> None:
    known = finding(
        severity="warning",
        confidence="medium",
        headline="Service shop/web is open",
        label="",
        why="",
        help="Close it.",
        related=(related(source_line="    address: 10.0.0.5"),),
        traffic=(related("A client connects."), Related(place(), "The node port answers.", SOURCE_LINE)),
        condition=Condition("ResolvedRefs", "False", "RefNotPermitted"),
        fix=LocatedFix("Use type ClusterIP.", (), safe=False),
        origin=Origin("chart/templates/svc.yaml"),
    )
    assert render(report([known]), "text") == (
        "warning[node-port-in-production]: Service shop/web is open\n"
        "  --> apps/web.yaml:12:9\n"
        "   |\n"
        "12 |   type: NodePort\n"
        "   |         ^^^^^^^^\n"
        "   = help: Close it.\n"
        "   = see: nodes.yaml:3:5: Node 'n1' has this address.\n"
        "       3 | address: 10.0.0.5\n"
        "   = traffic:\n"
        "       1. nodes.yaml:3:5: A client connects.\n"
        "       2. apps/web.yaml:12:9: The node port answers.\n"
        "   = condition: ResolvedRefs=False, reason RefNotPermitted\n"
        "   = rendered: from chart/templates/svc.yaml\n"
        "   = fix: Use type ClusterIP.\n"
        "   = confidence: medium\n"
        "   = docs: k8slblint explain node-port-in-production\n"
        "\n"
        "Found 1 warning.\n"
        "Checked 4 of 4 documents in 3 of 3 files with 2 rules.\n"
    )


def test_nothing_found_says_what_was_checked() -> None:
    assert render(report(), "text") == "Nothing found.\nChecked 4 of 4 documents in 3 of 3 files with 2 rules.\n"


def test_what_was_passed_over_and_undecided_is_said_in_few_lines() -> None:
    assert render(report(completeness=partly(), against="main"), "text") == (
        "Nothing found.\n"
        "Checked 30 of 40 documents in 12 of 14 files with 2 rules, compared with 'main'.\n"
        "2 documents with placeholders such as ${VAR}, whose values are not checked.\n"
        "Skipped 2 files: 1 broken symbolic link (old.yaml); 1 chart template, not\n  rendered (chart/templates/).\n"
        "Skipped 10 documents: 10 not Kubernetes.\n"
        "Could not decide: node-port-in-production in 2 places because the value contains\n  a placeholder.\n"
    )


def test_many_undecided_rules_are_counted() -> None:
    undecided = [UndecidedRule(f"rule-{number}", reason, number + 1) for number in range(7) for reason in ("unknown", "absent")]
    many = report(completeness=Completeness(undecided=undecided))
    assert render(many, "text", terminal=Terminal(width=200)).splitlines()[-1] == (
        "Could not decide 56 places: rule-6 (14), rule-5 (12), rule-4 (10), rule-3 (8), 3 more rules; -v and the JSON report say why."
    )
    told = render(many, "text", detail="all").splitlines()
    assert [line for line in told if line.startswith("Could not decide: rule-0")] == [
        f"Could not decide: rule-0 in 1 place because {reason}." for reason in ("unknown", "absent")
    ]
    assert sum(line.startswith("Could not decide") for line in told) == 14


def test_examples_of_what_was_skipped_are_listed_on_request() -> None:
    assert "(such as values.yaml:1, ci.yaml:1)" in render(report(completeness=partly()), "text", detail="all")


def test_a_failed_check_is_loud() -> None:
    failed = CheckFailure("node-port-in-production", "Service shop/web in a.yaml", "KeyError: 'x'")
    assert render(report(failures=(failed,)), "text") == (
        "error: 1 check failed: findings may be missing, and this run cannot be trusted. Please report the error.\n"
        "  node-port-in-production on Service shop/web in a.yaml: KeyError: 'x'\n"
        "Nothing found.\n"
        "Checked 4 of 4 documents in 3 of 3 files with 2 rules.\n"
    )


def test_suppressed_findings_are_counted_and_shown_on_request() -> None:
    accepted = finding(suppressed=Acceptance("comment", "agreed with the network team"), location=place("a.yaml"))
    both = report([finding()], suppressed=(accepted,))
    assert "suppressed by" not in render(both, "text")
    assert "\nFound 1 error (1 finding suppressed).\n" in render(both, "text")
    shown = render(both, "text", show_suppressed=True)
    assert shown.startswith("suppressed error[node-port-in-production]: ")
    assert "   = suppressed by comment: agreed with the network team\n" in shown


def test_a_suppression_without_reason_says_so() -> None:
    accepted = finding(suppressed=Acceptance("annotation", ""))
    assert "= suppressed by annotation: no reason given\n" in render(report(suppressed=(accepted,)), "text", show_suppressed=True)


def test_without_a_source_line_the_place_is_enough() -> None:
    shown = render(report([finding(source_line="", why="", help="")]), "text")
    assert shown.startswith(
        "error[node-port-in-production]: Service shop/web opens a node port\n"
        "  --> apps/web.yaml:12:9\n   = what: opens port 30080\n   = docs: "
    )


def test_colour_only_when_asked_for() -> None:
    known = report([finding()], failures=(CheckFailure("rule", "x", "y"),))
    plain, colored = render(known, "text"), render(known, "text", terminal=Terminal(color=True))
    assert "\x1b" not in plain
    assert colored.startswith("\x1b[1;31merror[node-port-in-production]\x1b[0m: \x1b[1mService")
    assert "\x1b[1;31m^^^^^^^^ opens port 30080\x1b[0m" in colored
    assert len(colored) > len(plain)


def test_control_characters_and_runner_commands_are_broken() -> None:
    evil = "\x1b]0;title\x07 ::error::x ##[add-mask]a ##vso[task.complete] \u202edesrever\u2028\ud800\x9b"
    hostile = finding(
        headline=evil + "\r\n::set-output name=a::b",
        label=evil,
        why=evil,
        help=evil,
        location=place(evil),
        source_line="\tname: " + evil,
        related=(Related(place(evil), evil, evil),),
        traffic=(Related(place(evil), evil, evil),),
        condition=Condition(evil, evil, evil),
        fix=LocatedFix(evil, (), safe=False),
        origin=Origin(evil),
        suppressed=Acceptance("config", evil),
    )
    failed = CheckFailure("rule", evil, evil + "\n::error::x")
    text = render(report(suppressed=(hostile,), failures=(failed,), against=evil, completeness=partly()), "text", show_suppressed=True)
    assert all(line.isprintable() for line in text.splitlines())
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    assert "##[" not in text
    assert "##vso[" not in text
    assert "\\x1b]0;title\\x07" in text
    text.encode()


@pytest.mark.parametrize(
    ("line", "text", "shown", "carets"),
    [
        ("  type: NodePort", "NodePort", "  type: NodePort", "        ^^^^^^^^"),
        ("\ttype:\tNodePort", "NodePort", "    type:   NodePort", "            ^^^^^^^^"),
        ("日本: é", "é", "日本: é", "      ^"),
        ("name: 日本", "日本", "name: 日本", "      ^^^^"),
        ("e\u0301: x", "x", "e\u0301: x", "   ^"),
        ("a\x1b: b", "b", "a\\x1b: b", "       ^"),
        ("a: ##[debug]", "##", "a: ##(debug]", "   ^^"),
        ("a: b   ", "b", "a: b", "   ^"),
    ],
)
def test_carets_stand_below_the_span(line: str, text: str, shown: str, carets: str) -> None:
    assert marked(line, text) == (shown, carets)


def test_an_empty_or_missing_span_gets_one_caret() -> None:
    assert excerpt("a:", Span(1, 3, 1, 3)).carets == "  ^"
    assert excerpt("a:", Span(1, 99, 1, 120)).carets == "  ^"


def test_a_span_over_several_lines_is_marked_to_the_end_of_its_first() -> None:
    assert excerpt("a: [b,", Span(1, 4, 3, 1)).carets == "   ^^^"


def test_a_long_line_is_cut_around_the_span() -> None:
    line = "x" * 5000 + "NODE" + "y" * 5000
    shown, carets = marked(line, "NODE")
    assert shown == "..." + "x" * 40 + "NODE" + "y" * 76 + "..."
    assert carets == " " * 43 + "^^^^"
    assert marked("NODE" + "y" * 5000, "NODE") == ("NODE" + "y" * 116 + "...", "^^^^")
    assert len(marked("z" * 5000, "z" * 5000)[1]) == 120


def test_visible_text_is_one_line() -> None:
    assert visible("a\nb\tc\u00a0é日") == "a\\nb\\tc\\xa0é日"


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_report_gives_the_same_text_and_covers_completeness(name: str) -> None:
    known = report([finding(related=(related(),))], completeness=partly())
    text = render(known, name)
    assert text == render(known, name)
    assert text.endswith("\n")
    if name == "codeclimate":
        return  # an array of issues has no place for what was covered
    assert "not Kubernetes" in text
    assert "the value contains" in " ".join(text.split())


def test_an_unknown_format_is_an_error() -> None:
    with pytest.raises(ValueError, match="there is no format 'xml'; there are text, concise, json, sarif, github"):
        render(report(), "xml")


def test_texts_are_wrapped_between_words_at_the_width_of_the_terminal() -> None:
    long = "https://example.com/" + "x" * 90
    known = finding(
        why=f"Traffic is lost whenever the only Pod moves to another node of the cluster, see {long} for the reasons.", help="a " * 60
    )
    text = render(report([known]), "text")
    assert all(len(line) <= 80 for line in text.splitlines() if long not in line)
    assert any(line.strip() == long for line in text.splitlines())
    wide = render(report([known]), "text", terminal=Terminal(width=200))
    assert len(wide.splitlines()) < len(text.splitlines())


def test_errors_come_last_next_to_the_summary() -> None:
    found = [finding(severity=severity, location=place(path)) for severity, path in (("error", "a"), ("note", "b"), ("warning", "c"))]
    heads = [line.split("[")[0] for line in render(report(found), "text").splitlines() if "[node-port-in-production]" in line]
    assert heads == ["note", "warning", "error"]


def other(name: str, **changes: object) -> Finding:
    """Return the finding of another Service."""
    resource = ResourceId("v1", "Service", "shop", name)
    return finding(resource=resource, headline=f"Service shop/{name} opens a node port", location=place(f"apps/{name}.yaml"), **changes)


def test_findings_of_one_cause_are_one_block_with_all_places() -> None:
    text = render(report([finding(), other("api"), other("img", why="Another reason.")]), "text")
    assert text.count("= docs:") == 2
    assert "   = 1 more:\n       apps/web.yaml:12:9 Service shop/web opens a node port\n" in text
    assert "\nFound 3 errors.\n" in text


def test_findings_with_places_of_their_own_stay_alone() -> None:
    text = render(report([finding(related=(related(),)), other("api", related=(related(),))]), "text")
    assert text.count("= docs:") == 2


def test_what_one_command_cures_is_one_block_with_every_command() -> None:
    charts = [
        finding(resource=None, headline=f"Chart {name} cannot be rendered", help=f"Run `build {name}`.", group="x", location=place(name))
        for name in "ab"
    ]
    text = render(report(charts), "text")
    assert text.count("= docs:") == 1
    assert "= help: Run `build a`. Run `build b`." in text
    assert "b:12:9 Chart b cannot be rendered" in text


def test_the_rule_is_a_link_only_where_the_terminal_shows_it() -> None:
    known = report([finding()])
    link = "\x1b]8;;https://github.com/k8slblint/k8slblint/blob/main/docs/rules/node-port-in-production.md\x1b\\"
    assert link in render(known, "text", terminal=Terminal(color=True, links=True))
    assert "]8;;" not in render(known, "text", terminal=Terminal(color=True))


def test_the_concise_form_is_one_line_for_each_finding_in_order_of_place() -> None:
    lines = render(report([finding(severity="note", location=place("b")), finding(location=place("a"))]), "concise").splitlines()
    assert lines[:2] == [
        "a:12:9: error[node-port-in-production] Service shop/web opens a node port",
        "b:12:9: note[node-port-in-production] Service shop/web opens a node port",
    ]
    assert lines[2] == "Found 1 error, 1 note."
