"""Every file of the catalogs: it fits its schema, which asks for sources and a day, and no schema is left without a file."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from k8slblint.shipped import catalogs_folder, schemas_folder

FILES = sorted(catalogs_folder().glob("*.json"))


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs), f"written twice in {[key for key, _ in pairs]}"
    return dict(pairs)


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_refuse_duplicates)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_fits_its_schema(path: Path) -> None:
    schema = _read(schemas_folder() / f"catalog-{path.stem}.schema.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    errors = jsonschema.Draft202012Validator(schema).iter_errors(_read(path))
    assert [f"{list(error.absolute_path)}: {error.message}" for error in errors] == []


def test_every_schema_of_a_catalog_has_its_file() -> None:
    described = {path.name.removeprefix("catalog-").removesuffix(".schema.json") for path in schemas_folder().glob("catalog-*.json")}
    assert described == {path.stem for path in FILES} | {"annotations"}


def test_schemas_ask_for_a_day_and_for_sources() -> None:
    for path in schemas_folder().glob("catalog-*.json"):
        schema = _read(path)
        assert "as_of" in schema["required"], path.name
        assert '"source"' in json.dumps(schema) or '"sources"' in json.dumps(schema) or '"repository"' in json.dumps(schema), path.name


def test_schemas_take_no_fields_that_they_do_not_name() -> None:
    def objects(node: Any) -> list[dict[str, Any]]:
        if isinstance(node, dict):
            return [node, *(found for value in node.values() for found in objects(value))]
        return [found for value in node for found in objects(value)] if isinstance(node, list) else []

    for path in schemas_folder().glob("catalog-*.json"):
        for node in objects(_read(path)):
            if node.get("type") == "object" and "properties" in node and "$ref" not in node:
                assert node.get("additionalProperties") is False, (path.name, list(node["properties"]))
