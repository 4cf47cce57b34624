"""How the command line explains itself, and takes options from the environment."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from k8slblint.commands.cli import cli
from k8slblint.commands.options import Options
from k8slblint.commands.usage import Flag
from tests.test_cli import NODE_PORT, call

SCAN = cli.commands["scan"]
FLAGS = [option for option in SCAN.params if isinstance(option, Flag)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "a.yaml").write_text(NODE_PORT)
    return tmp_path


def test_the_first_page_of_help_fits_a_screen() -> None:
    lines = call("scan", "-h").stdout.rstrip().splitlines()
    assert len(lines) < 24
    assert max(map(len, lines)) <= 80
    assert lines[-1].endswith(" scan --help")


def test_the_whole_help_has_every_option_in_a_section() -> None:
    text = call("scan", "--help").stdout
    for option in FLAGS:
        assert all(word in text for word in (*option.opts, f"{option.section}:"))


def test_every_option_of_a_scan_is_one_of_the_options_and_has_help() -> None:
    assert {option.name for option in FLAGS} <= set(Options._fields)
    assert [option.name for option in FLAGS if not option.help] == []


@pytest.mark.parametrize("name", cli.commands)
def test_every_command_has_help_on_both_options(name: str) -> None:
    for word in ("-h", "--help"):
        assert call(name, word).stdout.startswith("Usage: ")


def test_options_of_two_commands_are_the_same_ones() -> None:
    for name in ("scope", "exposure", "diff", "baseline"):
        own = {option.name: option.help for option in cli.commands[name].params if isinstance(option, Flag)}
        assert own.items() <= {option.name: option.help for option in FLAGS}.items()


def test_a_variable_sets_an_option_and_a_given_one_wins() -> None:
    assert json.loads(call("scan", K8SLBLINT_FORMAT="json").stdout)["findings"]
    assert call("scan", "--format", "text", K8SLBLINT_FORMAT="json").stdout.startswith("warning")
    assert call("scan", K8SLBLINT_FAIL_ON="warning").exit_code == 1
    assert call("scan", K8SLBLINT_ENVIRONMENT="production", K8SLBLINT_EXIT_ZERO="1").exit_code == 0
    found = json.loads(call("scan", "--format", "json", K8SLBLINT_SELECT="invalid-* unused-suppression").stdout)
    assert found["rules"] == ["invalid-resource", "invalid-yaml", "unused-suppression"]


def test_an_empty_variable_says_nothing() -> None:
    assert call("scan", K8SLBLINT_FORMAT="", K8SLBLINT_AGAINST="", K8SLBLINT_REPORT="").stdout == call("scan").stdout


def test_a_wrong_variable_is_named() -> None:
    result = call("scan", K8SLBLINT_FORMAT="xml")
    assert result.exit_code == 2
    assert "K8SLBLINT_FORMAT" in result.stderr
    assert "K8SLBLINT_FORMAT" not in call("scan", "--format", "xml").stderr


def test_the_variables_are_named_like_their_options() -> None:
    names = {option.envvar: option.opts[-1] for option in FLAGS}
    assert names["K8SLBLINT_KUBERNETES_VERSION"] == "--kubernetes-version"
    assert names["K8SLBLINT_OUTPUT"] == "--output"
    assert names["K8SLBLINT_RENDER"] == "--render"
    assert len(names) == len(FLAGS)


def test_the_views_have_formats_of_their_own() -> None:
    assert call("scope", K8SLBLINT_FORMAT="sarif").exit_code == 0
    assert isinstance(cli, click.Group)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_script(shell: str) -> None:
    result = call("completion", shell)
    assert result.exit_code == 0
    assert "_K8SLBLINT_COMPLETE" in result.stdout
    assert f"completion {shell}" in call("completion", "--help").stdout


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("k8slblint sc", {"scan", "scope"}),
        ("k8slblint explain node-port-", {"node-port-in-production", "node-port-conflict"}),
        ("k8slblint scan --select invalid-yaml,unused", {"invalid-yaml,unused-suppression"}),
        ("k8slblint scan --format ju", {"junit"}),
        ("k8slblint scan --new", {"--new-only"}),
    ],
)
def test_the_script_completes_commands_options_and_rules(words: str, wanted: set[str]) -> None:
    environment = {**os.environ, "_K8SLBLINT_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    done = subprocess.run([sys.executable, "-P", "-m", "k8slblint"], env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert {line.partition(",")[2] for line in done.stdout.splitlines()} == wanted


def test_every_option_has_a_variable_that_no_two_share() -> None:
    assert None not in {option.envvar for option in FLAGS}
