"""The files of annotation keys: well formed, one entry per key, every name resolves, and the index is what the files make it."""

import json
import sys
import time
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from k8slblint.catalog import ingress, services
from k8slblint.catalog.annotation_values import ValueShape, read_value
from k8slblint.catalog.annotations import annotation_file
from k8slblint.catalog.controllers import controllers
from k8slblint.shipped import catalogs_folder, schemas_folder

ROOT = Path(__file__).parent.parent
FOLDER = catalogs_folder() / "annotations"
FILES = sorted(path.stem for path in FOLDER.glob("*.json") if path.name != "index.json")


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    repeated = [key for index, (key, _) in enumerate(pairs) if key in dict(pairs[:index])]
    assert not repeated, f"written twice: {repeated}"
    return dict(pairs)


@cache
def read(name: str) -> dict[str, Any]:
    """Return one file of annotation keys; a key that is written twice fails."""
    data: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"), object_pairs_hook=_refuse_duplicates)
    return data


def entries(name: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the entries of one file with their keys, families last."""
    data = read(name)
    return [*data["keys"].items(), *((family["key"], family) for family in data.get("families", ()))]


EVERY = [(name, key, entry) for name in FILES for key, entry in entries(name)]


@pytest.mark.parametrize("name", FILES)
def test_a_file_fits_the_schema(name: str) -> None:
    schema = json.loads((schemas_folder() / "catalog-annotations.schema.json").read_text(encoding="utf-8"))
    errors = jsonschema.Draft202012Validator(schema).iter_errors(read(name))
    assert [f"{list(error.absolute_path)}: {error.message}" for error in errors] == []


def test_no_key_stands_twice() -> None:
    keys = Counter(key.replace("{", "").replace("}", "").lower() for _, key, _ in EVERY)
    assert [key for key, times in keys.items() if times > 1] == []
    assert len(keys) > 1700


def test_an_entry_takes_one_line() -> None:
    for name in FILES:
        lines = (FOLDER / f"{name}.json").read_text(encoding="utf-8").splitlines()
        assert sum('"value": {"type"' in line for line in lines) == len(entries(name)), name


def test_every_source_of_a_file_is_used_and_dated() -> None:
    for name in FILES:
        data = read(name)
        every = [entry for _, entry in entries(name)] + data.get("fields", [])
        used = {source.partition("#")[0] for entry in every for source in entry["source"]}
        used |= {row["source"].partition("#")[0] for entry in every for row in entry.get("parsing", {}).values()}
        used |= {family["closed"]["source"] for family in data.get("families", ()) if "closed" in family}
        used |= {data["config_map_keys"]["source"]} if "config_map_keys" in data else set()
        assert used == set(data["sources"]), name
        assert all(source["date"] <= data["as_of"] for source in data["sources"].values()), name


def _named_controllers(entry: dict[str, Any]) -> set[str]:
    lists = ("readers", "not_read_by", "contested_for", "also_read_by", "exposure", "deprecated_since", "if_invalid")
    named = {reader for field in lists for reader in entry.get(field, ())}
    named |= set(entry.get("change", {}).get("by_reader", ()))
    named |= {reader for relation in entry.get("relations", ()) for reader in relation.get("readers", ())}
    return named | ({entry["controller"]} if "controller" in entry else set())


def test_every_entry_names_controllers_of_the_one_list() -> None:
    known = {*controllers(), services.ANY_READER}
    assert {name: unknown for name in FILES if (unknown := set(read(name)["readers"]) - known)} == {}
    assert {key: unknown for _, key, entry in EVERY if (unknown := _named_controllers(entry) - known)} == {}


def test_what_ties_an_ingress_names_products_that_read_ingresses() -> None:
    for _, key, entry in EVERY:
        if "purpose" in entry:
            found = ingress.lookup(key)
            assert found is not None
            assert {found.controller, *found.also_read_by} <= set(ingress.controllers()), key


def test_every_entry_names_known_targets_and_keys() -> None:
    targets = set(json.loads((catalogs_folder() / "gateway-api.json").read_text(encoding="utf-8"))["targets"])
    for _, key, entry in EVERY:
        assert set(entry.get("gateway_api", {}).get("targets", ())) <= targets, key
        for other in (*entry.get("requires", ()), *entry.get("refused_beside", ()), *entry.get("aliases", ())):
            assert ingress.lookup(other) or services.find(other), (key, other)
    assert {target for _, _, entry in EVERY for target in entry.get("gateway_api", {}).get("targets", ())} == targets


def test_the_index_is_what_the_files_make_it() -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import catalog_index
    finally:
        sys.path.pop(0)
    assert (FOLDER / catalog_index.NAME).read_text(encoding="utf-8") == catalog_index.build_index()


def test_stated_prefixes_begin_keys_of_their_file() -> None:
    for name in FILES:
        data = read(name)
        keys = [spelling for key, entry in entries(name) for spelling in (key, *entry.get("aliases", ()))]
        for prefix in (*data.get("prefixes", ()), *data.get("shared_prefixes", ())):
            assert any(key.startswith(prefix) for key in keys), (name, prefix)
        assert all(any(prefix.startswith(shared) for prefix in data["prefixes"]) for shared in data.get("shared_prefixes", ()))


def test_both_views_of_an_entry_are_of_one_file() -> None:
    merged = [(name, key) for name, key, entry in EVERY if "decides" in entry and "purpose" in entry]
    assert len(merged) > 120
    for name, key in merged:
        assert key in annotation_file(name).keys or any(family["key"] == key for family in annotation_file(name).families)


def test_what_an_index_of_exposure_asks_first_is_read_by_the_same_controller() -> None:
    keys = {key: entry for _, key, entry in EVERY}
    for _, _, entry in EVERY:
        for reader, reading in entry.get("exposure", {}).items():
            assert all(reader in keys[first]["exposure"] for first in reading.get("after", ()))


def test_no_pattern_of_a_value_hangs_on_a_hostile_text() -> None:
    texts = [piece * 4000 + "!" for piece in ("a", "1", " ", "a,", "1, ", "://", "-", "a.", "\\n")]
    patterns = {entry["value"]["pattern"] for _, _, entry in EVERY if "pattern" in entry["value"]}
    began = time.monotonic()
    for pattern in patterns:
        for text in texts:
            read_value(ValueShape("text", pattern=pattern), text)
    assert time.monotonic() - began < 60
