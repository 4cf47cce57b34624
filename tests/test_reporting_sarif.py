"""The SARIF report: what GitHub code scanning and other readers need, valid by the schema and by Microsoft's SARIF Multitool."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema_rs
import pytest

from k8slblint import rulebook
from k8slblint.model.finding import Acceptance, CheckFailure, Finding, LocatedFix, Related, Replacement, Report
from k8slblint.model.resource import Origin
from k8slblint.model.rule import Condition, Rule
from k8slblint.reporting import render
from tests.linting import run as lint
from tests.reports import NODE_PORT, SOURCE_LINE, finding, partly, place, related, report

HERE = Path(__file__).parent
SCHEMA = json.loads((HERE / "schemas" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
VERSION = json.loads((HERE / "npm" / "package.json").read_text(encoding="utf-8"))["devDependencies"]["@microsoft/sarif-multitool"]
FULL = finding(
    related=(related(source_line="    address: 10.0.0.5"), related("Node 'n2' too", line=9)),
    traffic=(related("A client connects."), Related(place(), "The node port answers.", SOURCE_LINE)),
    condition=Condition("ResolvedRefs", "False", "RefNotPermitted"),
    fix=LocatedFix("Use type ClusterIP", (Replacement(place(), "ClusterIP"),), safe=True),
    origin=Origin("chart/templates/svc.yaml"),
)
HOSTILE = finding(
    rule="invalid-yaml",
    severity="warning",
    headline="[click](https://evil.example) and [me](1)\r\n\x1b[31m {0} \ud800",
    location=place("my apps/a#b%c é[1].yaml", 3, 4, 9, end_line=5),
    source_line="\ta: \u202e日本 \x1b[0m",
    resource=None,
    field=(),
    related=(Related(place("x [y](2).yaml", 1), "see [z](3)"),),
    line_hash="",
)

PAGE = "https://github.com/k8slblint/k8slblint/blob/main/docs/rules/node-port-in-production.md"


def run_of(known: Report, *, show_suppressed: bool = False) -> dict[str, Any]:
    """Return the only run of the report, valid by the schema."""
    log = json.loads(render(known, "sarif", show_suppressed=show_suppressed))
    jsonschema_rs.validator_for(SCHEMA).validate(log)
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def result_of(known: Finding) -> dict[str, Any]:
    """Return the result of one finding."""
    (result,) = run_of(report([known]))["results"]
    assert isinstance(result, dict)
    return result


def rule_of(rule: Rule) -> dict[str, Any]:
    """Return how a rule is described."""
    (described,) = run_of(report(rules=(rule,)))["tool"]["driver"]["rules"]
    assert isinstance(described, dict)
    return described


def physical(location: dict[str, Any]) -> tuple[str, int, int, int, int]:
    """Return file, line, column, end line and end column of a location."""
    region = location["physicalLocation"]["region"]
    uri = location["physicalLocation"]["artifactLocation"]["uri"]
    return uri, region["startLine"], region["startColumn"], region["endLine"], region["endColumn"]


def test_the_run_has_the_parts_that_readers_need() -> None:
    run = run_of(report())
    assert run["results"] == []
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["automationDetails"] == {"id": "k8slblint/"}
    assert list(run["originalUriBaseIds"]["SRCROOT"]) == ["description"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"], driver["semanticVersion"]) == ("k8slblint", "0.1.0", "0.1.0")
    assert [rule["id"] for rule in driver["rules"]] == ["node-port-in-production", "unused-suppression"]


def test_a_rule_is_described_for_github() -> None:
    link = "https://kubernetes.io/docs/concepts/services-networking/service/"
    text = "A Service of type NodePort opens a port\nof every node.\n\nClients then depend on node addresses."
    assert rule_of(NODE_PORT) == {
        "id": "node-port-in-production",
        "name": "NodePortInProduction",
        "shortDescription": {"text": "Service opens a node port in production."},
        "fullDescription": {"text": "A Service of type NodePort opens a port of every node."},
        "help": {
            "text": f"{NODE_PORT.title}\n\nWhy\n\n{text}\n\nWhat to do\n\nUse type ClusterIP.\n\nReferences\n\n- {link}\n",
            "markdown": f"{NODE_PORT.title}\n\n## Why\n\n{text}\n\n## What to do\n\nUse type ClusterIP.\n\n## References\n\n- <{link}>\n",
        },
        "helpUri": "https://github.com/k8slblint/k8slblint/blob/main/docs/rules/node-port-in-production.md",
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "tags": ["exposure", "security", "service"],
            "precision": "high",
            "problem.severity": "error",
            "security-severity": "5.0",
        },
        "deprecatedIds": ["node-port"],
    }


def test_a_rule_that_is_not_about_security_has_no_security_severity() -> None:
    rule = Rule(id="a-b", title="A defect", since="0.1.0", status="stable", severity="note", kinds=(), confidence="medium", tags=("cost",))
    described = rule_of(rule)
    assert described["properties"] == {"tags": ["cost"], "precision": "medium", "problem.severity": "recommendation"}
    assert described["help"] == {"text": "A defect\n", "markdown": "A defect\n"}
    assert described["fullDescription"] == {"text": "A defect."}


def test_a_long_description_is_cut_to_what_github_accepts() -> None:
    rule = Rule(id="a-b", title="A defect", since="0.1.0", status="stable", severity="note", kinds=(), rationale="many words " * 500)
    text = rule_of(rule)["fullDescription"]["text"]
    assert len(text) <= 1024
    assert re.search("(many|words)\\.\\.\\.$", text)


def test_a_result_is_at_its_token_with_both_fingerprints() -> None:
    result = result_of(finding())
    assert result == {
        "ruleId": "node-port-in-production",
        "ruleIndex": 0,
        "level": "error",
        "kind": "fail",
        "message": {
            "text": "Service shop/web opens a node port. Use `type: ClusterIP`.",
            "markdown": (
                "**Service shop\\/web opens a node port**\n\nopens port 30080.\n\nClients depend on node addresses.\n\n"
                "**Help:** Use \\`type\\: ClusterIP\\`.\n\n"
                "[node-port-in-production](https://github.com/k8slblint/k8slblint/blob/main/docs/rules/node-port-in-production.md)"
            ),
        },
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "apps/web.yaml", "uriBaseId": "SRCROOT"},
                    "region": {"startLine": 12, "startColumn": 9, "endLine": 12, "endColumn": 17, "snippet": {"text": "NodePort"}},
                    "contextRegion": {"startLine": 12, "endLine": 12, "snippet": {"text": "  type: NodePort"}},
                },
                "logicalLocations": [{"name": "web", "fullyQualifiedName": "shop/Service/web", "kind": "resource"}],
            }
        ],
        "partialFingerprints": {
            "primaryLocationLineHash": "a7f2ff13bc495cf2:1",
            "k8slblint/v1": "0123456789abcdef0123456789abcdef",
        },
        "properties": {
            "confidence": "high",
            "field": "spec.type",
            "resource": {"api_version": "v1", "kind": "Service", "namespace": "shop", "name": "web"},
        },
    }


def test_related_places_are_linked_from_the_message() -> None:
    result = result_of(FULL)
    assert result["message"]["text"] == (
        "Service shop/web opens a node port. Use `type: ClusterIP`. "
        "See [nodes.yaml:3](1): Node 'n1' has this address. See [nodes.yaml:9](2): Node 'n2' too."
    )
    assert [place["id"] for place in result["relatedLocations"]] == [1, 2]
    assert physical(result["relatedLocations"][0]) == ("nodes.yaml", 3, 5, 3, 9)
    assert result["relatedLocations"][0]["message"]["text"] == "Node 'n1' has this address."
    assert result["relatedLocations"][0]["physicalLocation"]["region"]["snippet"]["text"] == "addr"


def test_many_related_places_are_counted() -> None:
    result = result_of(finding(related=tuple(related(line=line) for line in range(1, 61))))
    assert len(result["relatedLocations"]) == 50
    assert result["message"]["text"].endswith(" There are 10 more such places.")


def test_the_way_of_the_traffic_is_one_code_flow() -> None:
    ((thread,),) = ([flow["threadFlows"] for flow in result_of(FULL)["codeFlows"]],)
    (locations,) = [one["locations"] for one in thread]
    assert [(step["nestingLevel"], step["importance"]) for step in locations] == [(1, "important"), (2, "essential")]
    assert [step["location"]["message"]["text"] for step in locations] == ["A client connects.", "The node port answers."]
    assert physical(locations[1]["location"]) == ("apps/web.yaml", 12, 9, 12, 17)


def test_a_fix_is_a_replacement_by_region() -> None:
    region = {"startLine": 12, "startColumn": 9, "endLine": 12, "endColumn": 17}
    assert result_of(FULL)["fixes"] == [
        {
            "description": {"text": "Use type ClusterIP."},
            "artifactChanges": [
                {
                    "artifactLocation": {"uri": "apps/web.yaml", "uriBaseId": "SRCROOT"},
                    "replacements": [{"deletedRegion": region, "insertedContent": {"text": "ClusterIP"}}],
                }
            ],
        }
    ]


def test_what_else_is_known_stands_in_the_properties() -> None:
    properties = result_of(FULL)["properties"]
    assert properties["condition"] == {"type": "ResolvedRefs", "status": "False", "reason": "RefNotPermitted"}
    assert properties["origin"] == {"path": "chart/templates/svc.yaml", "exact": False, "unit": None, "also": []}


@pytest.mark.parametrize(
    ("path", "artifact"),
    [
        ("my apps/a#b%c.yaml", {"uri": "my%20apps/a%23b%25c.yaml", "uriBaseId": "SRCROOT"}),
        ("é/日.yaml", {"uri": "%C3%A9/%E6%97%A5.yaml", "uriBaseId": "SRCROOT"}),
        ("a:b?.yaml", {"uri": "a%3Ab%3F.yaml", "uriBaseId": "SRCROOT"}),
        ("<stdin>", {"uri": "%3Cstdin%3E", "uriBaseId": "SRCROOT"}),
        ("../x.yaml", {"uri": "../x.yaml"}),
        ("/tmp/a b.yaml", {"uri": "file:///tmp/a%20b.yaml"}),  # noqa: S108 - a path, not a file
        ("C:/a b.yaml", {"uri": "file:///C:/a%20b.yaml"}),
        ("a\ud800.yaml", {"uri": "a%3F.yaml", "uriBaseId": "SRCROOT"}),
    ],
)
def test_paths_are_uri_references(path: str, artifact: dict[str, str]) -> None:
    (location,) = result_of(finding(location=place(path)))["locations"]
    assert location["physicalLocation"]["artifactLocation"] == artifact


def test_a_span_over_several_lines_is_cut_to_its_first() -> None:
    (location,) = result_of(HOSTILE)["locations"]
    assert physical(location) == ("my%20apps/a%23b%25c%20%C3%A9%5B1%5D.yaml", 3, 4, 3, len(HOSTILE.source_line) + 1)
    (location,) = result_of(finding(location=place(end_line=20), source_line=""))["locations"]
    assert physical(location) == ("apps/web.yaml", 12, 9, 12, 10)


def test_a_huge_line_is_not_repeated_as_context() -> None:
    (location,) = result_of(finding(source_line="x" * 100_000))["locations"]
    assert "contextRegion" not in location["physicalLocation"]
    assert location["physicalLocation"]["region"]["snippet"]["text"] == "xxxxxxxx"


def test_text_of_manifests_makes_no_links() -> None:
    text = result_of(HOSTILE)["message"]["text"]
    assert re.findall(r"\]\(([^)]*)\)", text.replace(r"\]", "")) == ["1"]
    assert text.startswith("[click] (https://evil.example) and [me] (1)\r\n")
    assert text.endswith(r" See [x \[y\](2).yaml:1](1): see [z] (3).")


def test_without_a_line_hash_github_computes_it() -> None:
    assert list(result_of(HOSTILE)["partialFingerprints"]) == ["k8slblint/v1"]


def test_a_rule_that_was_not_listed_is_described_all_the_same() -> None:
    run = run_of(report([HOSTILE], rules=(), failures=(CheckFailure("crashed-rule", "Service web", "KeyError"),)))
    rules = run["tool"]["driver"]["rules"]
    assert [(rule["id"], rule["shortDescription"]["text"]) for rule in rules] == [
        ("crashed-rule", "Crashed rule."),
        ("invalid-yaml", "Invalid yaml."),
    ]
    assert run["results"][0]["ruleIndex"] == 1


def test_suppressed_findings_are_left_out_unless_asked_for() -> None:
    reasons = (Acceptance("comment", "agreed"), Acceptance("annotation", ""), Acceptance("config", "known"))
    accepted = tuple(finding(suppressed=reason, location=place(line=line)) for line, reason in enumerate(reasons, 1))
    known = report(suppressed=accepted)
    run = run_of(known)
    assert (run["results"], run["properties"]["suppressedCount"]) == ([], 3)
    shown = run_of(known, show_suppressed=True)["results"]
    assert [result["suppressions"] for result in shown] == [
        [{"kind": "inSource", "status": "accepted", "justification": "agreed"}],
        [{"kind": "inSource", "status": "accepted"}],
        [{"kind": "external", "status": "accepted", "justification": "known"}],
    ]


def test_failures_coverage_and_doubt_are_told() -> None:
    failed = CheckFailure("unused-suppression", "Service web", "KeyError: 1")
    run = run_of(report(completeness=partly(), failures=(failed,), against="main"))
    (invocation,) = run["invocations"]
    assert invocation == {
        "executionSuccessful": False,
        "toolExecutionNotifications": [
            {
                "level": "error",
                "message": {"text": "The check of 'unused-suppression' failed on 'Service web': 'KeyError: 1'."},
                "associatedRule": {"id": "unused-suppression", "index": 1},
            },
            {
                "level": "note",
                "message": {"text": "'node-port-in-production' could not decide in 2 places: the value contains a placeholder."},
                "associatedRule": {"id": "node-port-in-production", "index": 0},
            },
        ],
    }
    assert run["properties"]["completeness"]["documents_skipped"][0]["count"] == 10
    assert run["properties"]["against"] == "main"
    assert run_of(report())["invocations"][0]["executionSuccessful"] is True


def test_every_link_has_its_place_and_every_uri_its_path() -> None:
    for result in run_of(report([FULL, HOSTILE]))["results"]:
        linked = re.findall(r"\]\((\d+)\):", result["message"]["text"])
        assert [int(number) for number in linked] == [place["id"] for place in result["relatedLocations"]]
    (location,) = result_of(HOSTILE)["locations"]
    assert unquote(location["physicalLocation"]["artifactLocation"]["uri"]) == HOSTILE.location.path


def test_the_text_is_ascii() -> None:
    assert render(report([HOSTILE]), "sarif").isascii()


@pytest.fixture(scope="session")
def multitool(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install Microsoft's SARIF Multitool of tests/npm/package-lock.json, once for all runs, and return its program."""
    npm = shutil.which("npm")
    if npm is None or sys.platform not in {"linux", "darwin", "win32"}:
        pytest.skip("npm is needed for the SARIF Multitool")
    cache = getattr(pytestconfig, "cache", None)
    folder = cache.mkdir(f"sarif-multitool-{VERSION}") if cache is not None else tmp_path_factory.mktemp("sarif-multitool")
    name = "Sarif.Multitool.exe" if sys.platform == "win32" else "Sarif.Multitool"
    program = folder / "node_modules" / "@microsoft" / f"sarif-multitool-{sys.platform}" / name
    if not program.exists():
        _install(npm, folder)
    program.chmod(0o755)  # its install script does no more than this
    return program


def _install(npm: str, folder: Path) -> None:
    for file in ("package.json", "package-lock.json"):
        shutil.copy(HERE / "npm" / file, folder)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    run = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False)
    if run.returncode and not os.environ.get("CI"):
        pytest.skip(f"npm cannot install the SARIF Multitool: {run.stdout[-500:]}")
    assert run.returncode == 0, run.stdout


@pytest.fixture
def complaints(multitool: Path, tmp_path: Path) -> Callable[[str], list[tuple[str, str]]]:
    """Return a function that gives the level and rule of everything the Multitool has to say about a SARIF text."""

    def validate(text: str) -> list[tuple[str, str]]:
        (tmp_path / "out.sarif").write_text(text, encoding="utf-8")
        command = [str(multitool), "validate", "out.sarif", "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning;Note"]
        command += ["--config", str(HERE / "npm" / "multitool.xml"), "--output", "said.sarif", "--log", "ForceOverwrite"]
        environment = os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
        run = subprocess.run(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False
        )
        assert (tmp_path / "said.sarif").exists(), run.stdout  # the exit status is 0 whatever it finds
        results = json.loads((tmp_path / "said.sarif").read_text(encoding="utf-8-sig"))["runs"][0]["results"]
        return [(result.get("level", "warning"), result["ruleId"]) for result in results]

    return validate


def test_the_multitool_has_nothing_to_complain_of(complaints: Callable[[str], list[tuple[str, str]]]) -> None:
    accepted = finding(suppressed=Acceptance("comment", "agreed"))
    rules = tuple(rulebook.read_rule(rule_id) for rule_id in rulebook.all_rules())
    failed = CheckFailure("node-port-in-production", "Service shop/web in a.yaml", "KeyError: 'x'")
    known = report([FULL, HOSTILE], suppressed=(accepted,), rules=rules, completeness=partly(), failures=(failed,), against="main")
    known = known._replace(spared=(finding(rule="invalid-resource"), HOSTILE))
    assert complaints(render(known, "sarif", show_suppressed=True)) == []
    assert complaints(render(report(), "sarif")) == []


def test_the_multitool_would_complain(complaints: Callable[[str], list[tuple[str, str]]]) -> None:
    broken = render(report([finding()]), "sarif").replace('"startLine": 12', '"startLine": 0').replace("apps/web.yaml", "a b.yaml")
    assert {level for level, _ in complaints(broken)} >= {"error"}


def test_a_remark_about_the_run_is_a_notification_and_no_result() -> None:
    remark = Rule(id="render-failed", title="Not rendered", since="0.1.0", status="stable", severity="note", kinds=(), is_remark=True)
    found = finding(rule=remark.id, severity="note", resource=None, headline="Chart web cannot be rendered", help="Run it.")
    run = run_of(report([finding(), found], rules=(NODE_PORT, remark)))
    assert [result["ruleId"] for result in run["results"]] == [NODE_PORT.id]
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["level"] == "note"
    assert notification["message"]["text"] == "Chart web cannot be rendered. Clients depend on node addresses. Run it."
    assert notification["associatedRule"]["id"] == "render-failed"
    assert notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "apps/web.yaml"


def test_what_is_wrong_in_samples_is_a_notification_and_no_result() -> None:
    spared = finding(rule="invalid-resource", headline="Service shop/web has port 70000", novelty="new")
    run = run_of(report([finding()], spared=(spared, HOSTILE), against="main"))
    assert [result["ruleId"] for result in run["results"]] == [NODE_PORT.id]
    first, second = run["invocations"][0]["toolExecutionNotifications"]
    assert first["level"] == second["level"] == "note"
    assert first["message"]["text"].startswith("Service shop/web has port 70000. Clients depend on node addresses.")
    assert first["message"]["text"].endswith(
        "This is not a finding: the file is a sample, a test, a dump, or in a folder that is no longer deployed."
    )
    rules = run["tool"]["driver"]["rules"]
    assert [rules[one["associatedRule"]["index"]]["id"] for one in (first, second)] == ["invalid-resource", "invalid-yaml"]
    assert second["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "my%20apps/a%23b%25c%20%C3%A9%5B1%5D.yaml"


@pytest.mark.parametrize(("path", "is_told"), [("testdata/x.yaml", True), ("samples/x.yaml", True), ("deploy/x.yaml", False)])
def test_a_run_tells_of_broken_samples_in_notifications(path: str, is_told: bool) -> None:
    texts = {
        path: "apiVersion: v1\nkind: Service\nmetadata: {name: [\n",
        "web.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
    }
    run = run_of(lint(texts)[0])
    notified = [one["associatedRule"]["id"] for one in run["invocations"][0]["toolExecutionNotifications"]]
    assert ("invalid-yaml" in notified) == is_told
    assert ("invalid-yaml" in [result["ruleId"] for result in run["results"]]) != is_told


def test_hostile_names_are_no_markup_in_markdown() -> None:
    evil = "[x](https://evil.example) <img src=x> **bold** `code` | @team #1 https://evil.example www.evil.example"
    markdown = result_of(finding(headline=evil, why=evil, help=evil, related=(related(evil),)))["message"]["markdown"]
    for line in markdown.split("\n"):
        assert not re.search(r"(?<!\\)<img|(?<!\\)`|[^\\]@|//evil|www\.evil", line)
    assert markdown.endswith(f"[node-port-in-production]({PAGE})")
