"""The baseline file: what is accepted until it is cured, and what is said of a file that is wrong, outdated or hostile."""

import itertools
import json
import subprocess
from pathlib import Path

import pytest

from tests.histories import History, call, found, scan, service, start

OPEN = "node-port-in-production"
FILE = ".k8slblint-baseline.yaml"
SELECT = ("--select", f"{OPEN},unused-suppression,invalid-yaml")
CONFIG = {".k8slblint.yaml": f"baseline: {FILE}\n"}
BROKEN = "apiVersion: v1\nkind: Service\nmetadata:\n  name: 'x\n"
FINGERPRINT = "0123456789abcdef" * 2


@pytest.fixture(autouse=True)
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    return start(tmp_path / "repo", monkeypatch)


def accept(*arguments: str) -> list[dict[str, str]]:
    """Write the baseline, and return its entries."""
    result = call("baseline", *SELECT, *arguments)
    assert result.exit_code == 0, result.output
    return entries()


def entries() -> list[dict[str, str]]:
    return [json.JSONDecoder().raw_decode(line, 2)[0] for line in Path(FILE).read_text().splitlines() if line.startswith("- ")]


def shown(*arguments: str) -> tuple[list[str], int]:
    """Return the findings that count, and how many are accepted by the baseline."""
    report = scan(*SELECT, *arguments)
    accepted = [one for one in report["suppressed"] if one["suppressed"]["kind"] == "baseline"]
    return found(report["findings"]), len(accepted)


def test_what_is_in_the_baseline_is_accepted_and_what_comes_later_counts(history: History) -> None:
    history.write({**CONFIG, FILE: "", "prod/a.yaml": service("a")})
    (entry,) = accept("--reason", "known when we began", "--expires", "2999-12-31")
    assert entry == {
        "fingerprint": scan("--no-config", *SELECT)["findings"][0]["fingerprint"],
        "rule": OPEN,
        "object": "Service shop/a",
        "path": "prod/a.yaml",
        "reason": "known when we began",
        "expires": "2999-12-31",
    }
    assert shown() == ([], 1)
    assert call("scan", *SELECT).exit_code == 0
    history.write({"prod/b.yaml": service("b")})
    assert shown() == ([f"{OPEN} prod/b.yaml b"], 1)
    assert call("scan", *SELECT).exit_code == 1


def test_the_option_names_a_file_too_and_says_where_a_new_one_is(history: History) -> None:
    history.write({"prod/a.yaml": service("a")})
    result = call("baseline", *SELECT)
    assert result.stderr == (
        f"k8slblint: wrote 1 entry (1 new, 0 removed) to '{FILE}'. "
        f"Name it as `baseline: {FILE}` in the configuration, or with --baseline.\n"
    )
    assert shown() == ([f"{OPEN} prod/a.yaml a"], 0)
    assert shown("--baseline", FILE) == ([], 1)


def test_an_update_keeps_reasons_days_and_remarks_and_drops_what_is_cured(history: History) -> None:
    history.write({**CONFIG, FILE: "", "prod/a.yaml": service("a"), "prod/b.yaml": service("b")})
    accept()
    text = (
        Path(FILE)
        .read_text()
        .replace('"Service shop/a", "path": "prod/a.yaml", "reason": ""', '"Service shop/a", "path": "prod/a.yaml", "reason": "r1"')
    )
    Path(FILE).write_text(text.replace('"r1"', '"ticket 7", "expires": "2999-01-31"'))
    history.write({"prod/b.yaml": None, "prod/c.yaml": service("c"), "prod/a.yaml": "\n\n" + service("a")})
    before = [line for line in Path(FILE).read_text().splitlines() if "shop/a" in line]
    assert {entry["object"] for entry in accept("--reason", "new")} == {"Service shop/a", "Service shop/c"}
    assert [json.loads(line[2:].partition("  #")[0]) for line in Path(FILE).read_text().splitlines() if "shop/a" in line] == [
        json.loads(line[2:].partition("  #")[0]) for line in before
    ]
    assert [entry["reason"] for entry in sorted(entries(), key=lambda one: one["object"])] == ["ticket 7", "new"]
    assert Path(FILE).read_text() == (accept(), Path(FILE).read_text())[1]


def test_an_expired_entry_counts_again_and_is_reported_at_its_line(history: History) -> None:
    history.write({**CONFIG, FILE: "", "prod/a.yaml": service("a")})
    accept("--expires", "2000-01-31")
    assert shown() == ([f"unused-suppression {FILE}", f"{OPEN} prod/a.yaml a"], 0)
    text = call("scan", *SELECT).stdout
    assert "Service shop/a: baseline entry of 'node-port-in-production' expired on 2000-01-31" in " ".join(text.split())
    assert f"{FILE}:3:1" in text


def test_a_stale_entry_is_reported_unless_its_file_was_not_read_or_its_rule_is_off(history: History) -> None:
    history.write({**CONFIG, FILE: "", "prod/a.yaml": service("a"), "other/prod/b.yaml": service("b", "ClusterIP")})
    accept()
    history.write({"prod/a.yaml": service("a", "ClusterIP")})
    assert shown() == ([f"unused-suppression {FILE}"], 0)
    assert "matches nothing" in call("scan", *SELECT).stdout
    assert shown("other") == ([], 0)
    assert shown("prod/a.yaml") == ([], 0)
    assert found(scan("--select", "unused-suppression")["findings"]) == []
    accept("other")
    assert len(entries()) == 1, "a run that did not read the file cannot tell"
    accept()
    assert (entries(), Path(FILE).read_text().splitlines()[-1]) == ([], "[]")


def test_a_file_that_moved_keeps_its_entry_and_a_copy_does_not_take_it(history: History) -> None:
    history.write({**CONFIG, FILE: "", "clusters/prod-b/a.yaml": service("a"), "bad.yaml": BROKEN})
    accept()
    history.write({"clusters/prod-a/a.yaml": service("a")})
    assert shown() == ([f"{OPEN} clusters/prod-a/a.yaml a"], 2)
    history.write({"clusters/prod-a/a.yaml": None, "clusters/prod-b/a.yaml": None, "clusters/production/x.yaml": service("a")})
    history.write({"bad.yaml": None, "still-bad.yaml": BROKEN})
    assert shown() == ([], 2)
    reasons = [entry["path"] for entry in accept()]
    assert sorted(reasons) == ["clusters/production/x.yaml", "still-bad.yaml"]


def test_equal_findings_in_one_file_have_an_entry_each(history: History) -> None:
    history.write({**CONFIG, FILE: "", "prod/a.yaml": "---\n".join([service("a")] * 3)})
    assert [entry["fingerprint"][32:] for entry in accept()] == ["", "-2", "-3"]
    assert shown() == ([], 3)
    history.write({"prod/a.yaml": "---\n".join([service("a")] * 4)})
    assert shown() == ([f"{OPEN} prod/a.yaml a"], 3)


def test_two_branches_that_add_entries_merge_without_a_conflict(history: History) -> None:
    texts = {f"prod/{name}.yaml": service(name) for name in "abcdefghijklmnop"}
    history.write({**CONFIG, FILE: "", **texts})
    accept()
    history.commit()
    for branch, name in (("one", "x"), ("two", "zz")):
        history.git("checkout", "-q", "-b", branch, "main")
        history.write({f"prod/{name}.yaml": service(name)})
        accept()
        history.commit()
    history.git("merge", "-q", "-m", "both", "one")
    assert shown() == ([], 18)
    assert [entry["fingerprint"] for entry in entries()] == sorted(entry["fingerprint"] for entry in entries())


def test_a_run_from_another_folder_finds_the_same_entries(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    history.write({**CONFIG, FILE: "", "prod/a.yaml": service("a")})
    accept()
    monkeypatch.chdir("prod")
    assert shown() == ([], 1)


LINE = f'- {{"fingerprint": "{FINGERPRINT}", "rule": "{OPEN}"'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f'{LINE}, "expires": "2026-13-45"}}\n', "line 1: '2026-13-45' is not a date; write it as YYYY-MM-DD."),
        (f'{LINE}, "expires": "tomorrow"}}\n', "line 1: 'tomorrow' is not a date"),
        (f'{LINE}, "expires": "\uff12\uff10\uff12\uff16-01-01"}}\n', "is not a date"),
        (f"# x\n{LINE}}}\n{LINE}}}\n", "line 3: this finding is in line 2 already; remove one of them."),
        (f'- {{"fingerprint": ".*", "rule": "{OPEN}"}}\n', "line 1: 'fingerprint' is '.*', which is not 32 hexadecimal digits."),
        (f'- {{"fingerprint": "{FINGERPRINT}", "rule": "*"}}\n', "line 1: 'rule' is '*', which is not a rule id."),
        (f'{LINE}, "rule": "x"}}\n', "line 1: 'rule' is set twice."),
        (f'{LINE}, "paths": "x"}}\n', "line 1: an entry has no 'paths'; it has fingerprint, rule, object, path, reason, expires."),
        (f'{LINE}, "reason": 1}}\n', "line 1: 'reason' is not a text."),
        (f'{LINE}, "reason": "a\\u0000b"}}\n', "line 1: 'reason' is not a text."),
        (f'{LINE}, "path": "/etc/passwd"}}\n', "line 1: 'path' is not relative to the folder of this file."),
        (f'- {{"fingerprint": "{FINGERPRINT}"}}\n', "line 1: 'rule' is missing."),
        (f"{LINE}}} x\n", "line 1: only a remark after `#` may follow an entry."),
        ("<<<<<<< HEAD\n", "line 1: a merge of git is not finished here"),
        ("- &a [*a]\n", "line 1: this is not an entry"),
        ("- " + "[" * 5000 + "\n", "line 1: this is not an entry"),
        ('- {"a":' * 1200 + "\n", "line 1: this is not an entry"),
        (f'{LINE}, "reason": "{"x" * 10_000}"}}\n', "line 1: it has more than 10000 characters, which no entry has."),
        (b"- \xff\n", "is not UTF-8 at byte 3."),
        (b"x" * 20_000_001, "cannot be read: it is too large."),
    ],
    ids=itertools.count(),
)
def test_a_wrong_baseline_is_one_sentence_with_its_line(text: str | bytes, words: str) -> None:
    Path(FILE).write_bytes(text if isinstance(text, bytes) else text.encode())
    for command in ("scan", "baseline"):
        result = call(command, "--baseline", FILE)
        assert result.exit_code == 2
        assert result.stderr.startswith(f"k8slblint: baseline '{FILE}' ")
        assert words in result.stderr
        assert (result.stderr.count("\n"), result.stdout) == (1, "")


def test_a_baseline_of_the_configuration_stays_in_the_repository(history: History) -> None:
    (history.folder.parent / "secret.yaml").write_text("password")
    history.write({".k8slblint.yaml": "fail_on: error\nbaseline: ../secret.yaml\n"})
    result = call("scan")
    assert (
        result.stderr == "k8slblint: configuration '.k8slblint.yaml' line 2: the baseline '../secret.yaml' is outside of the repository.\n"
    )
    history.write({".k8slblint.yaml": "baseline: none.yaml\n"})
    assert "line 1: the baseline 'none.yaml' does not exist; `k8slblint baseline` writes one." in call("scan").stderr
    Path("link.yaml").symlink_to("../secret.yaml")
    history.write({".k8slblint.yaml": "baseline: link.yaml\n"})
    assert "is outside of the repository" in call("scan").stderr
    assert "password" not in call("scan", "--baseline", "link.yaml").stderr


@pytest.mark.usefixtures("names_of_any_length")
def test_names_of_a_hostile_tree_cannot_leave_their_line(history: History) -> None:
    name = 'a"}\\n- {}\x85 # ##[x]\u2028'
    history.write({FILE: "", "prod/a.yaml": service("a").replace("name: a\n", f"name: {json.dumps(name)}\n")})
    accept("--baseline", FILE)
    assert len(Path(FILE).read_text().splitlines()) == 3
    assert Path(FILE).read_text().isascii()
    assert shown("--baseline", FILE)[1] == 1


def test_the_file_is_yaml_as_well(history: History) -> None:
    history.write({FILE: "", "prod/a.yaml": service("a")})
    accept()
    from k8slblint import documents

    (chunk,) = documents.split(Path(FILE).read_text())
    assert [entry["rule"] for entry in documents.parse(chunk).root.value] == [OPEN]


def test_sarif_and_text_say_what_the_baseline_accepts(history: History) -> None:
    history.write({**CONFIG, FILE: "", "prod/a.yaml": service("a")})
    accept("--reason", "ticket 7")
    assert "(1 finding suppressed)" in call("scan", *SELECT).stdout
    sarif = json.loads(call("scan", "--format", "sarif", "--show-suppressed", *SELECT).stdout)
    (result,) = sarif["runs"][0]["results"]
    assert result["suppressions"] == [{"kind": "external", "status": "accepted", "justification": "ticket 7"}]


def test_git_itself_can_take_both_sides(history: History) -> None:
    """A union merge of two sides that add neighbours is a valid file, in whichever order the lines come."""
    history.write({**CONFIG, FILE: "", "prod/a.yaml": service("a"), "prod/b.yaml": service("b")})
    accept()
    head, *lines = Path(FILE).read_text().splitlines(keepends=True)
    Path(FILE).write_text("".join([head, lines[0], *reversed(lines[1:])]))
    assert shown() == ([], 2)
    assert subprocess.run(("git", "status", "--short"), capture_output=True, check=True).stdout
