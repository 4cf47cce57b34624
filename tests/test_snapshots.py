"""A menagerie in which every rule fires: the whole report in every format, compared with what is kept in tests/snapshots."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from k8slblint.commands.cli import cli
from k8slblint.reporting import FORMATS
from k8slblint.rulebook import all_rules

HERE = Path(__file__).parent
SUFFIXES = {"text": "txt", "markdown": "md", "junit": "junit.xml", "codeclimate": "codeclimate.json"}
"""Of the files that are kept, where it is not the name of the format."""


@pytest.fixture(autouse=True)
def menagerie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The menagerie stands alone: the paths of a report must not depend on where this checkout is."""
    shutil.copytree(HERE / "fixtures" / "menagerie", tmp_path, dirs_exist_ok=True)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)


def report(format_: str) -> str:
    arguments = ["scan", "after", "--against", "before", "--select", "ALL", "--format", format_, "--color", "never", "--no-config"]
    result = CliRunner().invoke(cli, arguments, env={"PRE_COMMIT": ""})
    assert result.exit_code == 1, result.stderr
    return result.stdout


@pytest.mark.parametrize("format_", FORMATS)
def test_report_is_as_kept(format_: str, request: pytest.FixtureRequest) -> None:
    text = report(format_)
    kept = HERE / "snapshots" / f"menagerie.{SUFFIXES.get(format_, format_)}"
    if request.config.getoption("--update-snapshots"):
        kept.write_text(text, encoding="utf-8", newline="\n")
    assert text == kept.read_text(encoding="utf-8"), "the report changed; look at it, then run pytest with --update-snapshots"


@pytest.mark.parametrize("format_", FORMATS)
def test_same_bytes_twice(format_: str) -> None:
    assert report(format_) == report(format_)


def test_every_rule_fires_in_the_menagerie() -> None:
    found = json.loads(report("json"))["findings"]
    assert {finding["rule"] for finding in found} == set(all_rules())


def test_the_report_tells_what_it_did_not_read() -> None:
    completeness = json.loads(report("json"))["completeness"]
    assert "unrendered template" in json.dumps(completeness)
    for format_ in FORMATS:
        if format_ == "codeclimate":
            continue  # it has no place for that
        assert "unrendered template" in " ".join(report(format_).split())  # text is wrapped
