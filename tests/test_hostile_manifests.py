"""Manifests with anything anywhere: no check fails, and the list of what is reached can be made, whatever stands in a field."""

import copy
import json
import random
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from k8slblint import documents
from k8slblint.config import Config
from k8slblint.rulebook import all_rules, read_rule
from k8slblint.views.exposure import as_json, as_text, exposure_map
from tests.linting import run, scoped

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, "", [], {}, "x", [1], [None], {"a": None}, [["a"]], {"": ""}),
    *("${X}", "{{ .Values.x }}", "0.0.0.0/0", "true", "é" * 300, 10**30),
)

FIELDS = ("annotations", "ports", "selector", "spec", "metadata", "labels")

PLATFORMS = ("", "eks", "gke", "aks", "bare-metal", "hetzner", "digitalocean", "oci")


@cache
def objects() -> tuple[dict[str, Any], ...]:
    """The objects of all examples of all rules."""
    texts = [text for name in all_rules() for example in read_rule(name).examples for text in (example.bad, example.good)]
    return tuple(found for text in texts for found in _objects(text))


def _objects(text: str) -> Iterator[dict[str, Any]]:
    for chunk in documents.split(text):
        try:
            value = documents.parse(chunk).root
        except documents.BrokenDocument:
            continue
        if value is not None and isinstance(value.value, dict):
            yield value.value


def spoil(value: Any, dice: random.Random) -> None:
    """Put something else at some place below `value`."""
    if isinstance(value, dict) and value:
        key = dice.choice(list(value))
        chance = dice.random()
        if chance < 0.25:
            value[key] = copy.deepcopy(dice.choice(VALUES))
        elif chance < 0.32:
            del value[key]
        elif chance < 0.37:
            value[dice.choice(FIELDS)] = copy.deepcopy(dice.choice(VALUES))
        else:
            spoil(value[key], dice)
    elif isinstance(value, list) and value:
        index = dice.randrange(len(value))
        if dice.random() < 0.4:
            value[index] = copy.deepcopy(dice.choice(VALUES))
        else:
            spoil(value[index], dice)


def spoilt(found: list[dict[str, Any]], most: int, dice: random.Random) -> str:
    found = copy.deepcopy(found)
    for one in found:
        for _ in range(dice.randint(0, most)):
            spoil(one, dice)
    return "\n---\n".join(json.dumps(one) for one in found)


@pytest.mark.usefixtures("names_of_any_length")
@pytest.mark.parametrize("seed", range(120))
def test_no_check_fails(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - dice, no secrets
    chosen = dice.sample(objects(), dice.randint(2, 12))
    after, before = spoilt(chosen, 4, dice), spoilt(dice.sample(chosen, len(chosen) // 2), 2, dice)
    platform = dice.choice(PLATFORMS)
    config = scoped(platform=platform) if platform else Config()
    report, graph = run(after, before=before, config=config._replace(min_confidence="low"))
    assert report.failures == ()
    found = exposure_map(graph)
    assert json.loads(as_json(found))["version"] == 1
    as_text(found, reasons=True, everything=True)
