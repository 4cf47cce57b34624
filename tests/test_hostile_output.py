"""What a manifest says never speaks to the CI runner that reads the log, in any format."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from k8slblint.commands.cli import cli
from k8slblint.reporting import FORMATS
from k8slblint.reporting.excerpt import visible
from k8slblint.reporting.json import dump
from k8slblint.reporting.wrapping import wrapped

COMMANDS = (
    "##vso[task.prependpath]/tmp/evil",
    "##[error]forged",
    "##teamcity[buildStatus]",
    "###[debug]x",
    "####vso[task.setvariable variable=a]b",
    "\\##[x]",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_json_of_a_command_holds_the_same_value_and_no_command(command):
    text = dump({command: [command]})
    assert "##" not in text
    assert json.loads(text) == {command: [command]}


@pytest.mark.parametrize("line", ["::error::x", "  ::add-mask::x", "::error file=a,line=1::x", "\t::stop-commands::x"])
def test_a_line_never_begins_with_a_workflow_command(line):
    assert not visible(line).lstrip().startswith("::")


@pytest.mark.parametrize("width", range(20, 60))
def test_no_line_of_a_paragraph_begins_with_a_workflow_command(width):
    paragraph = visible("an object deploys (Application ::stop-commands::x/api: its ::error file=a::b is no folder ::debug::c)")
    assert not [line for line in wrapped(paragraph, width, indent="  ") if line.lstrip().startswith("::")]


@pytest.mark.parametrize("line", ["::1/128", "::ffff:10.0.0.1", "a ::error::b", "::", ":: a ::"])
def test_two_colons_that_are_no_command_stay(line):
    assert visible(line) == line


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": COMMANDS[1], "annotations": {COMMANDS[0]: COMMANDS[2]}},
        "spec": {"type": COMMANDS[0], "loadBalancerClass": COMMANDS[1], "ports": [{"port": 80, "name": COMMANDS[1]}]},
    }
    folder = tmp_path / "clusters" / COMMANDS[1]
    folder.mkdir(parents=True)
    (folder / f"{COMMANDS[1]}.yaml").write_text(json.dumps(service), encoding="utf-8")
    balanced = {**service, "spec": {**service["spec"], "type": "LoadBalancer"}}
    (folder / "lb.yaml").write_text(json.dumps(balanced), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        *(["scan", "--format", form] for form in FORMATS),
        *([command, "--format", form] for command in ("scope", "exposure") for form in ("text", "json")),
        ["init", "--stdout"],
    ],
)
def test_no_output_holds_a_command(tree: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]):
    monkeypatch.chdir(tree)
    result = CliRunner().invoke(cli, [arguments[0], ".", *arguments[1:]])
    assert result.exit_code in (0, 1), result.output
    shown = result.output + result.stderr
    assert "error]" in shown, "what is hostile is shown at all"
    assert not any(marker in shown for marker in ("##vso[", "##[", "##teamcity["))
