"""The files of `catalogs/annotations/`: one entry per annotation key, and the generated index that leads from a key to its file.

`catalog.services` and `catalog.ingress` are the typed views of an entry: what it does to a load balancer, and what replaces it in
Gateway API. Nothing is read before the first question; the index and each file are read once.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, TypeAlias

from k8slblint.catalog.annotation_values import ValueShape
from k8slblint.model.records import NamedTuple
from k8slblint.shipped import read_json

Raw: TypeAlias = Mapping[str, Any]
"""An entry as `schemas/catalog-annotations.schema.json` describes it, with the defaults of its file and its `key` filled in."""


class Source(NamedTuple):
    """Where a fact was read: repository, revision and path, or a page; `date` is the day (ISO) of that revision or of the reading."""

    text: str
    date: str


class Index(NamedTuple):
    """What `tools/generate.py` derives from the files, so that a question opens one or two of them.

    `routes` leads from the beginning of a key (or a whole key) to the files whose entries are about load balancers, `spellings` from an
    old beginning to the current one, `exposure` from a controller to the keys by which it separates internal from internet-facing,
    `fields` to the files that say what it makes of fields; `shared_prefixes` are also read by tools that the catalog does not cover,
    `incomplete_prefixes` by a product whose code is not public, which may read more keys than the catalog has.
    `domains`, `keys` and `stems` lead from a key of an Ingress to the one file of its entry: by the part up to its slash, by the whole
    key where another file has it, by the beginning of malformed keys; `aliases` are prefixes that are read as another one.
    """

    as_of: str
    incompletely_known: tuple[str, ...]
    spellings: Mapping[str, str]
    routes: Mapping[str, tuple[str, ...]]
    exposure: Mapping[str, tuple[str, ...]]
    fields: Mapping[str, tuple[str, ...]]
    shared_prefixes: tuple[str, ...]
    incomplete_prefixes: tuple[str, ...]
    domains: Mapping[str, str]
    keys: Mapping[str, str]
    stems: Mapping[str, str]
    aliases: Mapping[str, str]


class AnnotationFile(NamedTuple):
    """One file: entries by key, families in the file's order, and for aliases without an entry of their own the key that has it.

    `spellings` maps keys that several products read to the keys of the single products; `config_map_keys` are names that the product
    reads in its ConfigMap only.
    """

    name: str
    provider: str
    as_of: str
    sources: Mapping[str, Source]
    keys: Mapping[str, Raw]
    families: tuple[Raw, ...]
    aliases: Mapping[str, str]
    fields: tuple[Raw, ...]
    spellings: Mapping[str, tuple[str, ...]]
    is_case_insensitive: bool = False
    config_map_keys: frozenset[str] = frozenset()

    def sources_of(self, raw: Raw) -> Iterator[Source]:
        """Yield the sources of an entry, each with the section that it names."""
        for source in raw["source"]:
            name, mark, part = source.partition("#")
            found = self.sources[name]
            yield Source(f"{found.text} #{part}", found.date) if mark else found


class Term(NamedTuple):
    """What a setting (a key, a field, or a fact that is derived from fields) must be for something to hold.

    One of `texts` where it names some (none of them with `negated`), else that it is set at all (or is not).
    """

    at: str
    texts: tuple[str, ...] = ()
    negated: bool = False


@cache
def index() -> Index:
    """Return the index."""
    data: dict[str, Any] = read_json("catalogs", "annotations", "index.json")
    for name, value in data.items():
        if isinstance(value, list):
            data[name] = tuple(value)
        elif name in ("routes", "exposure", "fields"):
            data[name] = {key: tuple(names) for key, names in value.items()}
    return Index(**data)


@cache
def annotation_file(name: str) -> AnnotationFile:
    """Return one file by its name without `.json`."""
    data = read_json("catalogs", "annotations", f"{name}.json")
    common = {"readers": data["readers"], "kinds": data["kinds"]}
    keys = {key: {**common, **raw, "key": key} for key, raw in data["keys"].items()}
    return AnnotationFile(
        name=name,
        provider=data["provider"],
        as_of=data["as_of"],
        sources={source: Source(row["text"], row["date"]) for source, row in data["sources"].items()},
        keys=keys,
        families=tuple({**common, **raw} for raw in data.get("families", ())),
        aliases={alias: key for key, raw in keys.items() for alias in raw.get("aliases", ()) if alias not in keys},
        fields=tuple(data.get("fields", ())),
        spellings={key: tuple(single) for key, single in data.get("shared_spellings", {}).items()},
        is_case_insensitive=data.get("case_insensitive", False),
        config_map_keys=frozenset(data.get("config_map_keys", {}).get("names", ())),
    )


def shape_of(raw: Mapping[str, Any]) -> ValueShape:
    """Return what values a key takes, from the `value` of its entry."""
    return ValueShape(
        type=raw["type"],
        choices=tuple(raw.get("choices", ())),
        is_open=raw.get("open", False),
        case=raw.get("case"),
        truth=raw.get("bool"),
        pattern=raw.get("pattern"),
        minimum=raw.get("minimum"),
        maximum=raw.get("maximum"),
        odd=raw.get("odd", False),
        format=raw.get("format"),
        is_strict=raw.get("strict", False),
        parts={name: shape_of(part) for name, part in raw.get("parts", {}).items()},
        family=raw.get("family"),
        length=raw.get("length"),
        is_closed=raw.get("closed", False),
        needed=raw.get("needed"),
        trim=raw.get("trim", "items"),
        separator=raw.get("separator", ","),
        one_per_family=raw.get("one_per_family", False),
        since=raw.get("since"),
        drops_empty=raw.get("drops_empty", False),
    )


def term_of(raw: Raw) -> Term:
    """Return a condition on a setting, from a term of an entry."""
    if "set" in raw:
        return Term(raw["at"], negated=not raw["set"])
    return Term(raw["at"], tuple(raw.get("is") or raw["is_not"]), negated="is_not" in raw)


@lru_cache(maxsize=128)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a regular expression of the catalog, compiled."""
    return re.compile(pattern)
