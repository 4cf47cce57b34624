"""Texts that no scan produces, or only in rare cases: rules, help of options, pages, and the literals of the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from k8slblint.commands.cli import cli
from k8slblint.model.rule import Rule
from k8slblint.model.texts import LABEL
from k8slblint.rulebook import all_rules, read_rule
from tests.texts import faults_of_line, faults_of_prose

ROOT = Path(__file__).parent.parent
HELP = 90
MODULES = sorted((ROOT / "k8slblint").rglob("*.py"))
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
RULES = [read_rule(rule_id) for rule_id in all_rules()]


def rule_id(rule: Rule) -> str:
    return rule.id


@pytest.mark.parametrize("rule", RULES, ids=rule_id)
def test_the_title_of_a_rule_is_a_short_headline(rule: Rule) -> None:
    assert len(rule.title) <= LABEL
    assert not rule.title.endswith(".")
    assert rule.title[0].isupper()
    assert not faults_of_line(rule.title)


@pytest.mark.parametrize("rule", RULES, ids=rule_id)
def test_the_prose_of_a_rule_keeps_to_the_guide(rule: Rule) -> None:
    texts = (
        rule.rationale,
        rule.remediation,
        *(parameter.description for parameter in rule.parameters),
        *(one.title for one in rule.examples),
    )
    assert [fault for text in texts for fault in faults_of_prose(text)] == []


def options_of(command: click.Command, name: str) -> Iterator[tuple[str, str]]:
    """Yield each help text of a command and of those below it, with its name."""
    yield name, command.help or ""
    if isinstance(command, click.Group):
        for below, found in command.commands.items():
            yield from options_of(found, f"{name} {below}")
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden and not (option.name == "format_" and option.help is None):
            yield f"{name} --{option.name}", option.help or ""


def test_the_help_of_every_option_is_one_short_sentence() -> None:
    for name, text in options_of(cli, "k8slblint"):
        ending = text.removesuffix("]").rpartition(" [")[0] if text.endswith("]") else text.rstrip(".")
        assert text[:1].isupper(), name
        assert text.endswith((".", "]", "...")), name
        assert len(ending) <= HELP + 40 * (" " not in name.partition("--")[2]), name
        assert not faults_of_line(text), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_keep_to_the_guide(page: Path) -> None:
    prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    assert faults_of_prose(prose) == ()


def literals(module: Path) -> Iterator[str]:
    """Yield the texts of a module that may reach a person: literals of several words, neither docstrings nor patterns nor types."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare
        if is_text and " " in node.value and "(?" not in node.value and "[..." not in node.value:  # type: ignore[attr-defined]  # a Constant
            yield node.value  # type: ignore[attr-defined]


def test_literals_and_summaries_of_modules_keep_to_the_guide() -> None:
    for module in MODULES:
        summary = (ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or "").partition("\n")[0]
        assert not summary.startswith("Knows"), module
        found = [fault for text in (summary, *literals(module)) for fault in faults_of_prose(text)]
        assert found == [], module
