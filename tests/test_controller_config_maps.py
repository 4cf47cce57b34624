"""The ConfigMap of an Ingress controller is read where it states settings; all others are passed over unparsed."""

import pytest

from k8slblint.loading.plain_text import SETTINGS_KEYS, states_settings
from k8slblint.loading.resources import load
from k8slblint.shipped import read_json
from tests.linting import findings, run, source_file

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  allow-snippet-annotations: 'true'\n"


def config_maps(text: str) -> list[str]:
    return [one.name for one in run(text)[1].resources if one.kind == "ConfigMap"]


def test_the_keys_are_those_of_the_catalog() -> None:
    rows = [row for entry in read_json("catalogs", "controllers.json")["controllers"].values() for row in entry.get("settings", ())]
    assert {row["field"][-1] for row in rows if row.get("kind") == "ConfigMap"} == set(SETTINGS_KEYS)


def test_a_config_map_with_settings_is_read() -> None:
    assert config_maps(CONFIG) == ["c"]


@pytest.mark.parametrize(
    "text",
    [
        CONFIG.replace("allow-snippet-annotations: 'true'", "notes: allow-snippet-annotations is off here"),
        CONFIG.replace("allow-snippet-annotations", "use-gzip"),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: allow-snippet-annotations}\ndata: 5\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: allow-snippet-annotations}\n",
    ],
)
def test_any_other_config_map_is_passed_over(text: str) -> None:
    assert config_maps(text) == []


def test_what_only_mentions_the_keys_is_no_settings_object() -> None:
    assert not states_settings("v1", "Secret", CONFIG)
    assert not states_settings("v1", "ConfigMap", "data: {a: b}")


def test_it_can_still_be_opened_by_name() -> None:
    loaded = load([source_file("app.yaml", CONFIG)], wanted=frozenset({"Ingress.networking.k8s.io"}))
    assert list(loaded.unopened) == ["ConfigMap"]


@pytest.mark.parametrize("value", ["[1, 2]", "{a: {b: c}}", "'" + "x" * 50_000 + "'", "null", "'<b>`x`'"])
def test_hostile_settings_say_nothing(value: str) -> None:
    text = CONFIG.replace("'true'", value)
    assert [one.rule for one in findings(text) if one.rule.startswith("ingress-annotation")] == []
