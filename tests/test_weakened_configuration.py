"""What a change makes k8slblint report no longer is a finding that the change itself cannot silence."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.histories import History, call, scan, service, start

RULE = "configuration-weakened"
OPEN = "node-port-in-production"
CONFIG = ".k8slblint.yaml"
BASE = """\
fail_on: warning
min_confidence: low
samples: lint
exclude: ["!kept.yaml"]
rules:
  node-port-in-production: {severity: error}
clusters:
- name: live
  paths: [prod]
  environment: production
  load_balancers: {budget: 3}
  node_addresses: [192.0.2.1]
"""


@pytest.fixture(autouse=True)
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    return start(tmp_path / "repo", monkeypatch)


def weakened(*arguments: str) -> list[str]:
    """Return what is weakened since HEAD, as `path:line headline`; all of it leads the report."""
    found: list[dict[str, Any]] = scan("--against", "HEAD", *arguments)["findings"]
    leading = [one for one in found if one["rule"] == RULE]
    assert found[: len(leading)] == leading
    assert {one["severity"] for one in leading} <= {"warning"}
    return [f"{one['location']['path']}:{one['location']['line']} {one['headline']}" for one in leading]


def change(history: History, before: str, after: str) -> list[str]:
    history.commit({CONFIG: before, "prod/a.yaml": service("a", "ClusterIP"), "dev/a.yaml": service("a", "ClusterIP")})
    history.write({CONFIG: after})
    return weakened()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            "{}",
            f"# x\nignore: [double-exposure, {OPEN}]\n",
            [f"{CONFIG}:2 Configuration switches off rule double-exposure", f"{CONFIG}:2 Configuration switches off rule {OPEN}"],
        ),
        ("{}", "ignore: ['*-annotation-*']\n", [f"{CONFIG}:1 Configuration switches off 9 rules"]),
        ("{}", f"rules:\n  {OPEN}:\n    severity: off\n", [f"{CONFIG}:3 Configuration switches off rule {OPEN}"]),
        (
            f"select: [{RULE}, external-ips]\n",
            f"# x\nselect: [{RULE}]\n",
            [f"{CONFIG}:2 Configuration switches off rule external-ips"],
        ),
        ("{}", f"rules:\n  {OPEN}: {{severity: note}}\n", [f"{CONFIG}:2 Configuration lowers {OPEN} from error to note"]),
        (
            "{}",
            f"rules:\n  {OPEN}:\n    environments:\n      production: {{severity: off}}\n",
            [f"{CONFIG}:4 Configuration lowers {OPEN} from error to off in production"],
        ),
        ("{}", f"rules:\n  {OPEN}: {{confidence: low}}\n", [f"{CONFIG}:2 Configuration lowers the confidence of {OPEN} from high to low"]),
        (
            "{}",
            "rules:\n  too-many-load-balancers: {parameters: {limit: 50}}\n",
            [f"{CONFIG}:2 Configuration lets too-many-load-balancers accept more"],
        ),
        (
            "{}",
            f"rules:\n  {OPEN}:\n    parameters:\n      allowed_ports: [30080]\n",
            [f"{CONFIG}:4 Configuration lets {OPEN} accept more"],
        ),
        ("{}", "fail_on: never\n", [f"{CONFIG}:1 Configuration fails on never, and before on error"]),
        ("{}", "min_confidence: high\n", [f"{CONFIG}:1 Configuration shows findings of high confidence, and before of medium"]),
        ("exclude: [a]\n", "exclude:\n- a\n- prod/\n", [f"{CONFIG}:3 Configuration excludes 'prod/'"]),
        ("{}", "rendering: {helm: off}\n", [f"{CONFIG}:1 Configuration switches off rendering with helm"]),
        (
            "{}",
            f"suppressions:\n- rule: {OPEN}\n  resource: {{name: a}}\n  reason: agreed\n",
            [f"{CONFIG}:2 Configuration accepts findings of {OPEN}"],
        ),
        (
            "{}",
            "clusters:\n- {name: live, paths: [prod], environment: development}\n",
            [f"{CONFIG}:2 Cluster live is now treated as development"],
        ),
        (
            BASE,
            BASE.replace("budget: 3", "budget: 4").replace("  node_addresses: [192.0.2.1]\n", ""),
            [
                f"{CONFIG}:8 Configuration no longer states addresses of cluster 'live'",
                f"{CONFIG}:11 Configuration allows cluster 'live' 4 load balancers, before 3",
            ],
        ),
        (BASE, BASE.replace("lint", "spare"), [f"{CONFIG}:3 Configuration no longer checks samples and tests"]),
        (
            BASE,
            BASE.replace("!kept.yaml", "x"),
            [f"{CONFIG}:4 Configuration no longer includes 'kept.yaml'", f"{CONFIG}:4 Configuration excludes 'x'"],
        ),
    ],
)
def test_what_is_reported_less_stands_at_its_line(history: History, before: str, after: str, expected: list[str]) -> None:
    found = change(history, before, after)
    assert found == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ignore: [double-exposure]\n", "ignore: []\n"),
        ("fail_on: never\n", "{}"),
        ("{}", "fail_on: note\nmin_confidence: low\nsamples: lint\n"),
        ("{}", "extend_select: [ALL]\n"),
        ("exclude: [a, b]\n", "# moved\nexclude:\n- b\n"),
        ("{}", "clusters:\n- {name: live, paths: [prod], environment: production}\n"),
        ("{}", "exclude: ['!a']\nrules: {too-many-load-balancers: {parameters: {limit: 1}}}\n"),
        (BASE, "# a remark\n" + BASE),
        ("suppressions: [{rule: double-exposure, reason: a}]\n", "suppressions: [{rule: double-exposure, reason: b}]\n"),
    ],
)
def test_what_is_reported_as_before_or_more_is_silent(history: History, before: str, after: str) -> None:
    assert change(history, before, after) == []


def test_a_nearer_or_a_removed_configuration_counts_by_what_it_comes_to(history: History) -> None:
    history.commit({CONFIG: "min_confidence: low\n", "prod/a.yaml": service("a")})
    history.write({f"prod/{CONFIG}": "ignore: [node-port-in-production]\n"})
    found = weakened("prod")
    assert f"prod/{CONFIG}:1 Configuration switches off rule {OPEN}" in found
    assert f"prod/{CONFIG}:1 Configuration shows findings of medium confidence, and before of low" in found
    history.write({CONFIG: None, f"prod/{CONFIG}": None})
    assert weakened() == [f"{CONFIG}:1 Configuration shows findings of medium confidence, and before of low"]


HOSTILE = {
    CONFIG: f"ignore: ['*']\nselect: [{OPEN}]\nfail_on: never\nmin_confidence: high\nexclude: ['*']\n"
    f"rules: {{{RULE}: {{severity: off}}}}\nsuppressions: [{{rule: {RULE}, reason: x}}]\nbaseline: b.yaml\n",
    ".k8slblintignore": "*\n",
}


def test_a_change_cannot_hide_that_it_hides(history: History) -> None:
    fingerprint = "0" * 32
    baseline = f'- {{"fingerprint": "{fingerprint}", "rule": "{RULE}"}}\n'
    history.commit({"prod/a.yaml": service("a"), CONFIG: "fail_on: warning\n"})
    note = f"# k8slblint: ignore-file[{RULE}, {OPEN}] x"
    hostile = {
        **HOSTILE,
        CONFIG: HOSTILE[CONFIG]
        .replace("ignore: ['*']", f"ignore: [{RULE}, double-exposure]")
        .replace(f"[{OPEN}]", f"[{OPEN}, unused-suppression]"),
    }
    history.commit()
    history.write({**hostile, "b.yaml": baseline, "prod/a.yaml": f"{note}\n{service('a')}"})
    history.git("add", "-A", "-f")
    result = call("scan", "--against", "HEAD", "--new-only")
    assert result.exit_code == 1, "the revision before fails on warnings"
    said = " ".join(result.stdout.split())
    for words in (
        "excludes '*'",
        "fails on never",
        f"accepts findings of {RULE}",
        "Baseline accepts 1 finding",
        "Ignore file excludes '*'",
    ):
        assert words in said
    assert weakened("--new-only") == weakened()


def test_comments_annotations_and_baseline_entries_that_are_new_are_reported(history: History) -> None:
    history.commit(
        {
            "prod/a.yaml": service("a", note=f"# k8slblint: ignore[{OPEN}] agreed"),
            "prod/b.yaml": service("b"),
            "prod/c.yaml": service("c", note=f"k8slblint.io/ignore={OPEN}: agreed"),
        }
    )
    history.write(
        {
            "prod/a.yaml": "# moved\n" + service("a", note=f"# k8slblint: ignore[{OPEN}] another reason"),
            "prod/b.yaml": service("b", note=f"# k8slblint: ignore[{OPEN}] new"),
            "prod/c.yaml": service("c", note=f"k8slblint.io/ignore={OPEN}, double-exposure: agreed"),
        }
    )
    assert weakened() == [
        "prod/b.yaml:7 New comment accepts findings of node-port-in-production",
        "prod/c.yaml:6 Service shop/c: new annotation accepts double-exposure",
    ]


def test_a_comment_that_moves_to_another_object_is_new(history: History) -> None:
    one, two = service("a", note=f"# k8slblint: ignore[{OPEN}] x"), service("b")
    history.commit({"prod/a.yaml": f"{one}---\n{two}"})
    history.write({"prod/a.yaml": f"{service('a')}---\n{service('b', note=f'# k8slblint: ignore[{OPEN}] x')}"})
    assert [one.partition(" ")[2] for one in weakened()] == [f"New comment accepts findings of {OPEN}"]


def test_a_file_that_moves_brings_its_comments(history: History) -> None:
    history.commit({"prod/a.yaml": service("a", note=f"# k8slblint: ignore[{OPEN}] x")})
    history.git("mv", "prod", "production")
    assert weakened() == []


def test_a_baseline_that_accepts_more_or_for_longer_is_reported(history: History) -> None:
    history.commit({CONFIG: "baseline: b.yaml\n", "b.yaml": "", "prod/a.yaml": service("a"), "prod/b.yaml": service("b", "ClusterIP")})
    call("baseline", "--expires", "2998-01-01", "--select", OPEN)
    history.commit()
    assert weakened() == []
    history.write({"prod/b.yaml": service("b"), "b.yaml": Path("b.yaml").read_text().replace("2998", "2999")})
    call("baseline", "--select", OPEN)
    found = [one.partition(" ")[2] for one in weakened()]
    assert sorted(found) == [f"Baseline accepts 1 finding of {OPEN}", f"Baseline accepts for longer 1 finding of {OPEN}"]


def test_the_configuration_of_the_base_counts_where_that_is_wanted(history: History) -> None:
    history.commit({CONFIG: "{}\n", "prod/a.yaml": service("a", "ClusterIP")})
    history.write({CONFIG: f"ignore: [{OPEN}]\n", "prod/b.yaml": service("b")})
    assert call("scan", "--against", "HEAD").exit_code == 0
    result = call("scan", "--against", "HEAD", "--config-from", "base")
    assert result.exit_code == 1
    assert f"error[{OPEN}]" in result.stdout
    assert f"warning[{RULE}]" in result.stdout


def test_a_file_that_git_does_not_track_is_no_part_of_a_change(history: History) -> None:
    history.commit({"prod/a.yaml": service("a")})
    history.write({"ci.yaml": f"ignore: [{OPEN}]\n"})
    assert weakened("--config", "ci.yaml") == []
    history.git("add", "ci.yaml")
    assert weakened("--config", "ci.yaml") == [f"ci.yaml:1 Configuration switches off rule {OPEN}"]


def test_the_options_of_the_call_decide_whether_it_is_on(history: History) -> None:
    history.commit({CONFIG: "{}\n", "prod/a.yaml": service("a")})
    history.write({CONFIG: f"ignore: [{OPEN}]\n"})
    assert weakened("--ignore", RULE) == []
    assert weakened("--select", OPEN + ",double-exposure") == []
    assert len(weakened()) == 1


def test_before_the_first_commit_nothing_is_weakened(history: History) -> None:
    history.write({CONFIG: f"ignore: [{OPEN}]\n", "a.yaml": service("a")})
    assert weakened() == []


def test_two_folders_are_compared_as_well(history: History) -> None:
    history.write({"old/a.yaml": service("a"), "now/a.yaml": service("a"), f"old/{CONFIG}": "{}\n", f"now/{CONFIG}": f"ignore: [{OPEN}]\n"})
    found = scan("now", "--against", "old")["findings"]
    assert [one["location"]["path"] for one in found if one["rule"] == RULE] == [f"now/{CONFIG}"]


def test_the_summary_says_which_rules_are_off_and_by_whom(history: History) -> None:
    history.write(
        {
            CONFIG: f"ignore: [double-exposure]\nrules:\n  {OPEN}:\n    environments:\n      test: {{severity: off}}\n",
            "a.yaml": service("a"),
        }
    )
    text = " ".join(call("scan", "--ignore", "external-ips").stdout.split())
    assert f"Switched off by {CONFIG}:1: double-exposure." in text
    assert "Switched off by --ignore: external-ips." in text
    assert f"Switched off by {CONFIG}:5 in test: {OPEN}." in text
    off = scan("--select", "invalid-yaml")["switched_off"]
    assert {one["by"] for one in off} == {"--select"}
    assert "invalid-yaml" not in {one["rule"] for one in off}


def test_every_format_puts_it_first(history: History) -> None:
    history.commit({CONFIG: "{}\n", "a/prod/a.yaml": service("a", "ClusterIP")})
    history.write({CONFIG: "ignore: [double-exposure]\n", "a/prod/a.yaml": service("a")})
    for format_ in ("text", "concise", "github"):
        assert "switches off" in call("scan", "--against", "HEAD", "--format", format_).stdout.splitlines()[0], format_
    sarif = json.loads(call("scan", "--against", "HEAD", "--format", "sarif").stdout)
    assert sarif["runs"][0]["results"][0]["ruleId"] == RULE


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# x\nclusters:\n- {name: a, paths: [clusters/prdo]}\n", "line 3: there is no 'clusters/prdo' here; did you mean 'prod'?"),
        ("clusters:\n- {name: a, paths: [elsewhere]}\n", "line 2: there is no 'elsewhere' here; there are 'clusters'."),
        ("clusters:\n- {name: a, paths: ['clusters/{a,b}/*']}\n", "line 2: '{' in 'clusters/{a,b}/*' has no meaning; patterns have"),
        ("rendering: {charts: [{path: clusters}]}\n", "line 1: there is no Chart.yaml in 'clusters'."),
        ("rendering: {charts: [{path: chart}]}\n", "line 1: there is no 'chart' here; there are 'clusters'."),
        ("rules:\n  node-prot-in-production: {}\n", "line 2: there is no rule 'node-prot-in-production'; did you mean"),
        ("clusters:\n- {name: a, paths: [../outside]}\n", "line 2: there is no '../outside' here."),
    ],
)
def test_what_a_configuration_names_exists_or_is_an_error_with_its_line(history: History, text: str, words: str) -> None:
    history.write({"clusters/prod/a.yaml": service("a"), CONFIG: text})
    (history.folder.parent / "secret-name").mkdir()
    result = call("scan")
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stderr.startswith(f"k8slblint: configuration '{CONFIG}' ")
    assert "secret-name" not in result.stderr


def test_a_configuration_that_was_wrong_can_be_cured(history: History) -> None:
    history.commit({CONFIG: "ignore: [no-such-rule]\n", "prod/a.yaml": service("a", "ClusterIP")})
    history.write({CONFIG: "ignore: []\n"})
    result = call("scan", "--against", "HEAD")
    assert result.exit_code == 0
    assert result.stderr.startswith("k8slblint: the configuration of 'HEAD' is wrong, and changes to it are not reported: ")
    assert call("scan", "--against", "HEAD", "--config-from", "base").exit_code == 2


def test_a_statement_that_is_taken_away_counts_too(history: History) -> None:
    before = "clusters:\n- {name: live, paths: [apps], environment: production}\n"
    history.commit({CONFIG: before, "apps/a.yaml": service("a")})
    history.write({CONFIG: before.replace(", environment: production", "")})
    assert weakened() == [f"{CONFIG}:1 Cluster live is now treated as unknown"]
