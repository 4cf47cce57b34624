"""The report in Markdown: what comes first, and that nothing of a manifest does anything in it but be read."""

import json
import re
from pathlib import Path

import pytest

from k8slblint.model.difference import Difference, Differences, Side, Unread
from k8slblint.model.finding import CheckFailure, Completeness, Report, UndecidedRule
from k8slblint.model.location import Location, Span
from k8slblint.model.resource import ResourceId
from k8slblint.reporting import render
from k8slblint.reporting.differences import as_markdown
from k8slblint.reporting.escaping import code, prose
from k8slblint.reporting.markdown_text import MOST_CHARACTERS
from tests.histories import call, service, start
from tests.reports import finding, report

HOSTILE = (
    "<script>alert(1)</script>",
    "</details></code><h1>x",
    "<!-- hidden",
    "`",
    "``a` b ```",
    "`x``y`z`",
    "a`b",
    "![x](https://evil.example/x.png)",
    "[approve](https://evil.example)",
    "[a]: https://evil.example",
    "https://evil.example/x",
    "www.evil.example",
    "someone@evil.example",
    "@k8slblint/admins",
    "#1 GH-1 owner/repo#1 0123456789abcdef",
    "**bold** _x_ ~~y~~ $x$ :tada:",
    "x | y\\| z || ",
    "\\`a\\`",
    "&lt;b&gt; &#64;x",
    "line\n# heading\n- item\r\n> quote\u2028more",
    "\n\n<details>\n\n::error::x",
    "::error title=x::y",
    "##[error]x ##vso[task.complete]",
    "# heading",
    "1. item",
    "- item",
    "===",
    "---",
    "\u202egnp.exe",
    "\x1b[31mred",
    " ",
    "\u00a0\u200b@x",
    "a" * 5000,
)


def bare(line: str) -> str:
    """Return a line without its code spans, as CommonMark finds them: a run of backticks up to the next run of the same length."""
    left, rest = "", line
    while (opening := re.search(r"`+", rest)) is not None:
        closing = re.search(rf"(?<!`){opening[0]}(?!`)", rest[opening.end() :])
        left += rest[: opening.start()]
        assert closing is not None, f"an open code span: {line}"
        rest = rest[opening.end() + closing.end() :]
    return left + rest


_OWN = re.compile(
    r"\[[a-z-]+\]\(https://github\.com/k8slblint/k8slblint/blob/main/docs/rules/[a-z-]+\.md\)|\*\*|</?(?:sub|details|summary)>|^#{2,3} |^> "
)
"""What the report itself writes: links to pages of rules, bold, small print, folded sections, headings."""


def assert_harmless(text: str) -> None:
    """Fail where anything outside of code spans could be markup, a link, a mention, a reference or a command."""
    for line in text.split("\n"):
        assert not re.match(r"\s*::", line), line
        assert "##[" not in line
        left = _OWN.sub("", bare(line))
        assert re.fullmatch(r"(?: {0,4}- | {2})?[A-Za-z0-9 .,;:'\"()/%=+·-]*", left), line
        assert not re.search(r"www\.|://|(?:^|\s):[a-z]+:", left), line
        assert not re.match(r" *(?:[0-9]+[.)]|[=+-]+)(?:\s|$)", re.sub(r"^ *- ", "", left)), line
        assert line.isprintable(), ascii(line)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_shown_and_does_nothing(text: str) -> None:
    for written in (
        prose(text),
        prose(f"Service {text} is new"),
        code(text),
        f"- {prose(text)}",
        f"{prose(text)} {code(text)} {prose(text)}",
    ):
        assert "\n" not in written
        assert_harmless(written)
        assert len(written) < 2000


@pytest.mark.parametrize(
    "line", ["@x", "[a](b)", "a `b", "<b>", "a | b", "https://x", "www.x", "#1", "1. x", "- - x", "::error::x", "`a`b`c` @x"]
)
def test_the_test_itself_sees_what_is_not_harmless(line: str) -> None:
    with pytest.raises(AssertionError):
        assert_harmless(line)


def test_what_our_own_texts_hold_reads_as_it_is_meant() -> None:
    text = "Use `type: ClusterIP` (or `externalTrafficPolicy: Local`), as 'internal' says; 2.5% of 10.0.0.0/8."
    assert prose(text) == text


def test_words_that_could_mean_something_are_code() -> None:
    assert prose("Ingress shop/web leads ${DOMAIN}/a_b, to @x") == "Ingress shop/web leads `${DOMAIN}/a_b`, to `@x`"
    assert code("a`b") == "``a`b``"
    assert code("`a`") == "`` `a` ``"


def difference(text: str) -> Difference:
    side = Side("internet", (text, text), text, text, (1.0, 2.0))
    resource = ResourceId(text, text, text, text)
    location = Location(text, Span(1, 1, 1, 2))
    return Difference(
        "entry-point", "added", "more-exposed", text, text, resource, text, None, side, location, location, "high", text, text, (text, text)
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_report_does_nothing(text: str) -> None:
    one = difference(text)
    topics = (
        "entry-point",
        "host-and-path",
        "source-ranges",
        "load-balancer",
        "cost",
        "address-pool",
        "node-port",
        "external-address",
        "workload",
    )
    changes = [one._replace(topic=topic, before=side) for topic in topics for side in (None, Side("internal", (text,)))]
    changes = [one._replace(after=None, before=one.after) if number % 3 == 0 else one for number, one in enumerate(changes)]
    changes = [one._replace(topic="entry-point") if one.topic == "cost" else one for one in changes]
    known = Differences(tuple(changes), tuple(changes), (Unread(text, text),))
    assert_harmless(as_markdown(known))
    hostile = finding(headline=f"Service {text}", why=text, help=text, location=Location(text, Span(1, 1, 1, 2)), novelty="new")
    seen = Completeness(undecided=[UndecidedRule("node-port-in-production", text, 1)])
    whole = Report(
        "0",
        (hostile, hostile._replace(novelty="known")),
        (),
        seen,
        (),
        failures=(CheckFailure("a-rule", text, text),),
        against=text,
        fixed=(hostile,),
        known=(hostile,),
        differences=known,
    )
    assert_harmless(render(whole, "markdown"))
    assert_harmless(render(whole._replace(against=None), "markdown"))


def test_without_a_base_findings_are_grouped_by_severity() -> None:
    text = render(report([finding(), finding(severity="note", headline="Service shop/api is small")]), "markdown")
    assert re.findall(r"^### .*", text, re.MULTILINE) == ["### Errors (1)", "### Notes (1)"]
    assert text.startswith("## k8slblint\n\nFound 1 error, 1 note.\n")


def test_with_a_base_exposure_comes_first_then_new_fixed_known_and_undecided() -> None:
    findings = [finding(novelty="new"), finding(novelty="known", headline="Service shop/old is old")]
    side = Side("internet", ("80/TCP",), "NLB", "AWS Load Balancer Controller", (18.2, 18.2))
    change = difference("web")._replace(topic="load-balancer", after=side, note="", resource=ResourceId("v1", "Service", "shop", "web"))
    known = Differences((change,), (change._replace(reason="nobody knows"),))
    fixed = finding(headline="Service shop/gone was bad")
    text = render(report(findings)._replace(against="main", fixed=(fixed,), differences=known), "markdown")
    heads = re.findall(r"^(?:### |<details><summary>)([A-Z][a-z ]+)", text, re.MULTILINE)
    assert [head.strip() for head in heads] == ["More exposed", "New findings", "Fixed findings", "Known findings", "Could not be decided"]
    assert "**Adds 1 internet-facing load balancer (NLB, about 18 USD a month)**" in text.splitlines()[2]


def test_a_report_that_is_too_long_is_cut_and_says_so() -> None:
    findings = [finding(headline=f"Service shop/web-{number} opens a port", why="x " * 100, related=()) for number in range(2000)]
    findings = [one._replace(group="", why=f"{one.why}{number}") for number, one in enumerate(findings)]
    text = render(report(findings), "markdown")
    assert len(text) <= MOST_CHARACTERS
    left = re.search(r"> This report is cut: ([0-9]+) more items do not fit", text)
    assert left
    assert text.count("\n- ") + int(left[1]) == 2000
    assert_harmless(text)


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_tree_does_nothing_in_the_report_of_a_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    history = start(tmp_path / "repository", monkeypatch)
    history.commit({"web.yaml": service("web", "ClusterIP")})
    text = json.dumps(value)
    hosts = f"{{host: {text}, http: {{paths: [{{path: {text}, backend: {{service: {{name: {text}, port: {{name: {text}}}}}}}}}]}}}}"
    history.write(
        {
            "web.yaml": service("web", "NodePort").replace("name: web\n", f"name: {text}\n"),
            "in.yaml": "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n"
            f"  name: {text}\n  annotations: {{alb.ingress.kubernetes.io/scheme: {text}, kubernetes.io/ingress.class: {text}}}\n"
            f"spec:\n  rules: [{hosts}]\n",
            "pool.yaml": "apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\n"
            f"metadata: {{name: {text}}}\nspec: {{addresses: [{text}]}}\n",
        }
    )
    for arguments in (["scan", "--against", "HEAD", "--select", "ALL"], ["scan"], ["diff", "HEAD"]):
        result = call(*arguments, "--format", "markdown", "--platform", "eks")
        assert result.exit_code in (0, 1), result.output
        assert_harmless(result.stdout)
