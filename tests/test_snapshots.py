"""A menagerie in which every rule fires: the whole report in every format, compared with what is kept in tests/snapshots."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from k8slblint.cli import cli
from k8slblint.reporting import FORMATS
from k8slblint.rulebook import all_rules

HERE = Path(__file__).parent
SUFFIXES = {"text": "txt", "json": "json", "sarif": "sarif", "github": "github"}


def report(monkeypatch: pytest.MonkeyPatch, format_: str) -> str:
    monkeypatch.chdir(HERE / "fixtures" / "menagerie")
    arguments = ["scan", "after", "--against", "before", "--format", format_, "--color", "never", "--no-config"]
    result = CliRunner().invoke(cli, arguments, env={"PRE_COMMIT": ""})
    assert result.exit_code == 1, result.stderr
    return result.stdout


@pytest.mark.parametrize("format_", FORMATS)
def test_report_is_as_kept(format_: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    text = report(monkeypatch, format_)
    kept = HERE / "snapshots" / f"menagerie.{SUFFIXES[format_]}"
    if request.config.getoption("--update-snapshots"):
        kept.write_text(text, encoding="utf-8", newline="\n")
    assert text == kept.read_text(encoding="utf-8"), "the report changed; look at it, then run pytest with --update-snapshots"


@pytest.mark.parametrize("format_", FORMATS)
def test_same_bytes_twice(format_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert report(monkeypatch, format_) == report(monkeypatch, format_)


def test_every_rule_fires_in_the_menagerie(monkeypatch: pytest.MonkeyPatch) -> None:
    found = json.loads(report(monkeypatch, "json"))["findings"]
    assert {finding["rule"] for finding in found} == set(all_rules())


def test_the_report_tells_what_it_did_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    completeness = json.loads(report(monkeypatch, "json"))["completeness"]
    assert "unrendered template" in json.dumps(completeness)
    for format_ in FORMATS:
        assert "unrendered template" in report(monkeypatch, format_)
