"""Which rules exist, their metadata, which are on, and which function checks each."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib import import_module
from typing import Any, TypeAlias

from k8slblint.model.errors import UsageError
from k8slblint.model.rule import Example, Parameter, Problem, Rule, Undecided
from k8slblint.shipped import read_json, rules_folder

Check: TypeAlias = "Callable[..., Iterator[Problem | Undecided]]"
"""`check(resource, graph, **parameters)`; the contract of every module in `checks`."""

INDEX_NAME = "index.json"

CONFIGURATION_WEAKENED = "configuration-weakened"
"""The rule about what a change makes k8slblint report no longer; the configuration of the change itself does not reach it."""

_INDEXED = (
    *("title", "since", "status", "severity", "confidence", "kinds", "stage"),
    *("compares_revisions", "reports_removed", "is_remark", "security", "tags", "aliases"),
)


@lru_cache(maxsize=1)
def all_rules() -> Mapping[str, Rule]:
    """Return every shipped rule by id, without its prose and examples, from the generated index (no YAML is read)."""
    index = read_json("rules", INDEX_NAME)
    return {rule_id: _rule({"id": rule_id, **entry}) for rule_id, entry in index.items()}


@lru_cache(maxsize=128)
def read_rule(rule_id: str) -> Rule:
    """Return one rule with its prose and examples, from its YAML file."""
    return _rule(read_rule_file(str(rules_folder() / f"{rule_id}.yaml")))


def read_rule_file(path: str) -> dict[str, Any]:
    """Return the content of a rule file. Raises `UsageError` when it does not fit `schemas/rule.schema.json`."""
    from k8slblint import documents, schema

    (chunk,) = documents.split(documents.decode(_read(path)))
    content: dict[str, Any] = documents.parse(chunk).root.value
    rule_schema = read_json("schemas", "rule.schema.json")
    for error in schema.errors(content, rule_schema):
        msg = f"rule file '{os.path.basename(path)}' is not valid: {error.message}"
        raise UsageError(msg)
    return content


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def build_index() -> str:
    """Return the text of the index: what a scan needs to know of each rule, so that it reads one small file."""
    index = {}
    for path in sorted(rules_folder().glob("*.yaml")):
        content = read_rule_file(str(path))
        entry = {name: content[name] for name in _INDEXED if name in content}
        index[content["id"]] = {**entry, "parameters": content.get("parameters", {})}
    return json.dumps(index, indent=1, ensure_ascii=False) + "\n"


def find_rule(rule_id: str) -> Rule:
    """Return the rule of that id or former id. Raises `UsageError` with near matches."""
    canonical = canonical_id(rule_id)
    if canonical is None:
        msg = f"there is no rule '{rule_id}'{_did_you_mean(rule_id)}; `k8slblint rules` lists all rules."
        raise UsageError(msg)
    return all_rules()[canonical]


def canonical_id(rule_id: str) -> str | None:
    """Return the id that a rule has today, or None when no rule ever had this one."""
    rules = all_rules()
    if rule_id in rules:
        return rule_id
    return next((rule.id for rule in rules.values() if rule_id in rule.aliases), None)


def select_rules(select: Iterable[str], extend: Iterable[str], ignore: Iterable[str]) -> list[Rule]:
    """Return the rules that are on: those selected (stable ones when `select` is empty) and `extend`, without `ignore`.

    Words are ids, patterns (`metallb-*`) or `ALL`. Raises `UsageError` for a word that matches no rule.
    """
    rules = all_rules()
    chosen = set(_matching(select)) or {rule.id for rule in rules.values() if rule.status != "preview"}
    chosen |= set(_matching(extend))
    chosen -= set(_matching(ignore))
    return [rule for rule in rules.values() if rule.id in chosen]


def matches(rule_id: str, word: str) -> bool:
    """Tell whether a word of `select_rules` means a rule."""
    return word == "ALL" or fnmatchcase(rule_id, word) or canonical_id(word) == rule_id


def find_check(rule: Rule) -> Check:
    """Return the function that detects what the rule names: `check` of the module of the same stem."""
    check: Check = import_module(f"k8slblint.checks.{rule.id.replace('-', '_')}").check
    return check


def _matching(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        if word == "ALL":
            yield from all_rules()
        elif "*" in word or "?" in word:
            found = [rule_id for rule_id in all_rules() if fnmatchcase(rule_id, word)]
            if not found:
                msg = f"no rule matches '{word}'; `k8slblint rules` lists all rules."
                raise UsageError(msg)
            yield from found
        else:
            yield find_rule(word).id


def _did_you_mean(rule_id: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(rule_id, all_rules(), n=1, cutoff=0.5)
    return f"; did you mean '{near[0]}'?" if near else ""


def _rule(content: Mapping[str, Any]) -> Rule:
    parameters = content.get("parameters") or {}
    return Rule(
        id=content["id"],
        title=content["title"],
        since=content["since"],
        status=content["status"],
        severity=content["severity"],
        kinds=tuple(content["kinds"]),
        stage=content.get("stage", "checks"),
        confidence=content.get("confidence", "high"),
        compares_revisions=content.get("compares_revisions", False),
        reports_removed=content.get("reports_removed", False),
        is_remark=content.get("is_remark", False),
        security=content.get("security"),
        tags=tuple(content.get("tags", ())),
        aliases=tuple(content.get("aliases", ())),
        rationale=content.get("rationale", "").strip(),
        remediation=content.get("remediation", "").strip(),
        parameters=tuple(Parameter(name, entry["schema"], entry["default"], entry["description"]) for name, entry in parameters.items()),
        references=tuple(content.get("references", ())),
        examples=tuple(_example(example) for example in content.get("examples", ())),
    )


def _example(content: Mapping[str, Any]) -> Example:
    return Example(
        title=content["title"],
        bad=content["bad"],
        good=content["good"],
        before=content.get("before"),
        scope=tuple(content.get("scope", {}).items()),
        parameters=tuple(content.get("parameters", {}).items()),
    )
