"""Derives `catalogs/annotations/index.json` from the other files of that folder and from `catalogs/controllers.json`."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "catalogs" / "annotations"
NAME = "index.json"


def build_index() -> str:
    """Return the text of the index; `k8slblint.catalog.annotations.Index` says what each part is for."""
    files = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json")) if path.name != NAME}
    controllers = json.loads((FOLDER.parent / "controllers.json").read_text(encoding="utf-8"))["controllers"]
    domains, keys = _domains(files)
    index = {
        "as_of": max(file["as_of"] for file in files.values()),
        "incompletely_known": [name for name, entry in controllers.items() if entry.get("reads_unknown_keys")],
        "spellings": _merged(files, "spellings"),
        "routes": _routes(files),
        "exposure": _exposure(files),
        "fields": _fields(files),
        "shared_prefixes": sorted(prefix for file in files.values() for prefix in file.get("shared_prefixes", ())),
        "incomplete_prefixes": sorted(prefix for file in files.values() if file.get("incomplete") for prefix in file["prefixes"]),
        "domains": domains,
        "keys": keys,
        "stems": {stem: name for name, file in files.items() for stem in file.get("stems", ())},
        "aliases": {alias: row["of"] for alias, row in _merged(files, "aliases").items()},
    }
    return json.dumps(index, indent=1) + "\n"


def _merged(files: dict[str, Any], part: str) -> dict[str, Any]:
    return {key: row for file in files.values() for key, row in file.get(part, {}).items()}


def _entries(file: dict[str, Any], part: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the entries of one view with their keys: `decides` for load balancers, `purpose` for what Gateway API has in their place."""
    for key, entry in (*file["keys"].items(), *((family["key"], family) for family in file.get("families", ()))):
        if part in entry:
            yield key, entry


def _routes(files: dict[str, Any]) -> dict[str, list[str]]:
    """Return the files by the longest stated prefix of each key, and by the whole key where no file states one."""
    prefixes = [prefix for file in files.values() for prefix in file.get("prefixes", ())]
    found: dict[str, set[str]] = {}
    for name, file in files.items():
        for key, entry in _entries(file, "decides"):
            for spelling in (key, *entry.get("aliases", ())):
                route = max((prefix for prefix in prefixes if spelling.startswith(prefix)), key=len, default=spelling)
                found.setdefault(route, set()).add(name)
    return {route: sorted(names) for route, names in sorted(found.items())}


def _exposure(files: dict[str, Any]) -> dict[str, list[str]]:
    """Return the keys by controller, after those that it asks first."""
    found: dict[str, list[tuple[int, str]]] = {}
    for file in files.values():
        for key, entry in _entries(file, "decides"):
            for reader, reading in entry.get("exposure", {}).items():
                found.setdefault(reader, []).append((len(reading.get("after", ())), key))
    return {reader: [key for _, key in sorted(keys)] for reader, keys in sorted(found.items())}


def _fields(files: dict[str, Any]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for name, file in files.items():
        for field in file.get("fields", ()):
            for reader in field["readers"]:
                found.setdefault(reader, set()).add(name)
    return {reader: sorted(names) for reader, names in sorted(found.items())}


def _domains(files: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the file of each domain, the one with its family or with most of its keys, and the keys that another file has."""
    weights: dict[str, Counter[str]] = {}
    places: dict[str, str] = {}
    for name, file in files.items():
        for key, entry in _entries(file, "purpose"):
            domain, slash, _ = key.partition("/")
            is_family = entry.get("match") == "prefix" and key == domain + slash
            if slash:
                weights.setdefault(domain + slash, Counter())[name] += 10_000 if is_family else 1
            places.update({key: name} if "match" not in entry and "pattern" not in entry else {})
        places |= dict.fromkeys(file.get("shared_spellings", ()), name)
    domains = {domain: max(names, key=lambda name: (names[name], name)) for domain, names in sorted(weights.items())}
    stems = tuple(stem for file in files.values() for stem in file.get("stems", ()))
    return domains, {
        key: name for key, name in sorted(places.items()) if domains.get(key[: key.find("/") + 1]) != name and not key.startswith(stems)
    }
