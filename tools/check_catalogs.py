"""Compares the annotation keys of the catalogs with the sources of a controller: `tools/check_catalogs UPSTREAM FOLDER`.

UPSTREAM is a name of `catalogs/upstreams.json`, FOLDER a checkout of its repository. Sources are read as text. Keys that the catalog has
and the sources no longer name are `gone`, keys that only the sources name are `new`; exit status 1 tells that there are some.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from go_constants import constants, literals, sources, value_of

CATALOGS = Path(__file__).parent.parent / "catalogs"
_KEY = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]*[A-Za-z0-9]")
_UNREAD = ("removed", "never-existed")


class Differences(NamedTuple):
    """Keys that are in the catalog only, and keys that are in the sources only, sorted."""

    gone: tuple[str, ...]
    new: tuple[str, ...]


class _Known(NamedTuple):
    """What the catalog says an upstream reads, and every key of the catalog; families as regular expressions with their stems."""

    read: frozenset[str]
    every: frozenset[str]
    families: tuple[tuple[str, str], ...]


def compare(name: str, folder: Path) -> Differences:
    """Return how the catalog and the sources of an upstream differ."""
    upstream = _upstreams()[name]
    found, known = keys_of(upstream, folder), _known(upstream)
    unspelled, others = tuple(upstream.get("dynamic", ())), tuple(upstream.get("others", ()))
    gone = {key for key in known.read if key not in found and not key.startswith(unspelled)}
    new = {key for key in found if key not in known.every and not key.startswith(unspelled + others) and not _is_of_family(key, known)}
    return Differences(tuple(sorted(gone)), tuple(sorted(new)))


def keys_of(upstream: dict[str, Any], folder: Path) -> frozenset[str]:
    """Return the keys that sources name: constants and quoted texts with one of the prefixes, and constants that hold what follows one."""
    texts = list(sources(folder, upstream["files"]))
    shared: dict[str, str] = {}
    for _, text in texts:
        shared.update(constants(text))
    wanted = upstream.get("names")
    found = {key for _, text in texts for key in literals(text)} if wanted is None else set()
    for _, text in texts:
        own = constants(text)
        for name, expression in own.items():
            value = value_of(expression, {**shared, **own}) if wanted is None or re.search(wanted, name) else None
            if value is not None:
                found.add(value)
                found.update(row["prefix"] + value for row in upstream.get("suffixes", ()) if re.search(row["names"], name))
    return frozenset(key for key in found if key.startswith(tuple(upstream["prefixes"])) and _KEY.fullmatch(key))


def _is_of_family(key: str, known: _Known) -> bool:
    """Tell whether a key is one of a family, or the part of it that the sources spell, without what they fill in."""
    return any(re.search(pattern, key) or stem.rstrip(".-_") == key.rstrip(".-_") for pattern, stem in known.families)


def _known(upstream: dict[str, Any]) -> _Known:
    prefixes, emulated = tuple(upstream["prefixes"]), set(upstream.get("emulates", ()))
    read: set[str] = set()
    every: set[str] = set()
    families: list[tuple[str, str]] = []
    for key, entry in _entries():
        if "key" in entry:
            families += [(entry["pattern"], key.partition("{")[0])] if "pattern" in entry else []
            continue
        spellings = {key, *entry.get("aliases", ())}
        every |= spellings
        readers = set(entry["readers"]) | set(entry.get("also_read_by", ()))
        is_emulated = bool(emulated & readers) and not set(upstream["readers"]) & set(entry.get("not_read_by", ()))
        is_read = is_emulated or set(upstream["readers"]) & readers
        if is_read and entry.get("status") not in _UNREAD and key.startswith(prefixes):
            read.add(key)
    return _Known(frozenset(read), frozenset(every), tuple(families))


def _entries() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((CATALOGS / "annotations").glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        if path.name != "index.json":
            common = {"readers": data["readers"]}
            yield from ((key, {**common, **entry}) for key, entry in data["keys"].items())
            yield from ((family["key"], {**common, **family}) for family in data.get("families", ()))


def _upstreams() -> dict[str, dict[str, Any]]:
    upstreams: dict[str, dict[str, Any]] = json.loads((CATALOGS / "upstreams.json").read_text(encoding="utf-8"))["upstreams"]
    return upstreams


def main(arguments: list[str]) -> int:
    """Print what differs; return 0 when nothing does, 1 when something does, 2 for a wrong call."""
    known = _upstreams()
    if len(arguments) != 2 or arguments[0] not in known or not Path(arguments[1]).is_dir():  # noqa: PLR2004 - the name and the folder
        print(f"usage: tools/check_catalogs UPSTREAM FOLDER\nUPSTREAM is one of: {', '.join(known)}", file=sys.stderr)
        return 2
    differences = compare(arguments[0], Path(arguments[1]))
    for word, keys in (("gone", differences.gone), ("new", differences.new)):
        for key in keys:
            print(f"{word}: {key}")
    return 1 if differences.gone or differences.new else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
