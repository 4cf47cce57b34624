"""Reading and linting are two steps: what looks at a tree runs no check, and sees the same whichever rules are on."""

import gc
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from k8slblint import engine, rulebook
from k8slblint.commands.cli import cli
from k8slblint.commands.options import Options
from k8slblint.commands.scan import run_scan
from k8slblint.config import Config, RuleSettings
from k8slblint.engine import Sources
from tests.linting import source_file

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: LoadBalancer, ports: [{port: 80}]}\n"
POOL = "---\napiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: lan}\nspec: {addresses: [10.0.0.0/24]}\n"
ALL_OFF = "rules: {" + ", ".join(f"{rule}: {{severity: 'off'}}" for rule in rulebook.all_rules()) + "}\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "app.yaml").write_text(SERVICE + POOL, encoding="utf-8")
    return tmp_path


def shown(tree: Path, *arguments: str) -> object:
    """The JSON that a command prints about the tree."""
    result = CliRunner().invoke(cli, [arguments[0], str(tree), "--format", "json", *arguments[1:]])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize("command", ["scope", "exposure"])
def test_what_is_seen_does_not_depend_on_the_rules(tree: Path, command: str) -> None:
    before = shown(tree, command)
    for text in (ALL_OFF, "select: [node-port-conflict]\n"):
        (tree / ".k8slblint.yaml").write_text(text, encoding="utf-8")
        assert shown(tree, command) == before


@pytest.mark.parametrize("arguments", [["scope"], ["exposure"], ["init", "--stdout"]])
def test_commands_that_look_run_no_check(tree: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a check was asked for")

    monkeypatch.setattr(rulebook, "find_check", refuse)
    result = CliRunner().invoke(cli, [arguments[0], str(tree), *arguments[1:]])
    assert result.exit_code == 0, result.output


def test_a_scan_without_any_rule_is_refused(tree: Path) -> None:
    (tree / ".k8slblint.yaml").write_text(ALL_OFF, encoding="utf-8")
    result = CliRunner().invoke(cli, ["scan", str(tree)])
    assert (result.exit_code, "no rule is enabled" in result.output) == (2, True)


def test_one_graph_serves_several_sets_of_rules() -> None:
    sources = Sources([source_file("app.yaml", SERVICE + POOL)])
    config = Config(rules={"load-balancer-ip-deprecated": RuleSettings(severity="off")})
    rules = engine.rules_on(config)
    with engine.read(sources, config, rules) as manifests:
        first = engine.lint(manifests, config, rules)
        again = engine.lint(manifests, config, rules)
        some = engine.lint(manifests, config, rules[:1])
    assert again.findings == first.findings
    assert some.rules == tuple(rules[:1])
    assert first.completeness is not some.completeness


def test_the_engine_leaves_the_garbage_collector_alone(tree: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    was = gc.isenabled()
    run_scan((str(tree),), Options(no_config=True, exit_zero=True))
    assert gc.isenabled() is was
    assert capsysbinary.readouterr().out
