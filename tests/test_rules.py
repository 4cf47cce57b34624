"""Every example of a rule file and every fixture: bad ones fire exactly on the marked lines, good ones are silent."""

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from k8slblint import rulebook
from k8slblint.config import Config
from k8slblint.explain import rule_page
from k8slblint.model.rule import Example, Rule
from tests.linting import expectations, findings, scoped, with_parameters

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "tests" / "fixtures" / "rules"
RULES = [rulebook.read_rule(rule_id) for rule_id in rulebook.all_rules()]
EXAMPLES = [pytest.param(rule, example, id=f"{rule.id}: {example.title}") for rule in RULES for example in rule.examples]
FIXTURE_FILES = [path for path in sorted(FIXTURES.glob("*/*.yaml")) if not path.name.endswith(".before.yaml")]


def _fired(text: str, rule: str, before: str | None, config: Config) -> set[tuple[int, str]]:
    config = config._replace(extend_select=(rule,))  # a rule in preview is off else
    return {(finding.location.span.line, finding.rule) for finding in findings(text, rule, before=before, config=config)}


def _example_config(rule: Rule, example: Example) -> Config:
    return with_parameters(scoped(**dict(example.scope)), rule.id, dict(example.parameters))


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_bad_example_fires_on_the_marked_lines(rule: Rule, example: Example) -> None:
    text, expected = expectations(example.bad)
    assert expected, "a bad example marks at least one line"
    assert _fired(text, rule.id, example.before, _example_config(rule, example)) == expected


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_good_example_is_silent(rule: Rule, example: Example) -> None:
    assert _fired(example.good, rule.id, example.before, _example_config(rule, example)) == set()


@pytest.mark.parametrize("path", FIXTURE_FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_fixture(path: Path) -> None:
    text, expected = expectations(path.read_text(encoding="utf-8"))
    earlier = path.with_name(path.name.replace(".yaml", ".before.yaml"))
    before = earlier.read_text(encoding="utf-8") if earlier.exists() else None
    stated = re.match(r"# scope:(.*)", text)
    options: dict[str, Any] = dict(word.split("=", 1) for word in stated.group(1).split()) if stated else {}
    assert bool(expected) == path.name.startswith("bad-")
    assert _fired(text, path.parent.name, before, scoped(**options)) == expected


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.stage == "checks"], ids=lambda rule: rule.id)
def test_check_takes_exactly_the_declared_parameters(rule: Rule) -> None:
    signature = inspect.signature(rulebook.find_check(rule))
    keyword_only = {name for name, parameter in signature.parameters.items() if parameter.kind is parameter.KEYWORD_ONLY}
    assert keyword_only == {parameter.name for parameter in rule.parameters}
    assert len(signature.parameters) - len(keyword_only) == 2


def test_rule_files_and_checks_are_the_same_set() -> None:
    checks = {path.stem.replace("_", "-") for path in (ROOT / "k8slblint" / "checks").glob("*.py")} - {"--init--"}
    assert {rule.id for rule in RULES if rule.stage == "checks"} == checks


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_file_is_named_after_its_id_and_documented(rule: Rule) -> None:
    assert (rulebook.rules_folder() / f"{rule.id}.yaml").is_file()
    page = (ROOT / "docs" / "rules" / f"{rule.id}.md").read_text(encoding="utf-8")
    assert page == rule_page(rule), "docs/rules is stale: run `nox -s docs`"


def test_index_is_fresh() -> None:
    index = rulebook.rules_folder() / rulebook.INDEX_NAME
    assert index.read_text(encoding="utf-8") == rulebook.build_index(), "rules/index.json is stale: run `nox -s docs`"


def test_every_check_has_bad_and_good_fixtures() -> None:
    for rule in RULES:
        if rule.stage == "checks":
            names = [path.name for path in (FIXTURES / rule.id).glob("*.yaml")]
            assert any(name.startswith("bad-") for name in names), rule.id
            assert any(name.startswith("good-") for name in names), rule.id
