"""Which controller reads an annotation of a Service or of a cloud's Ingress, what it decides, and what a change does.

The facts are in `catalogs/annotations/`. A look-up reads the index and the file or two of the key's prefix; all are kept.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from k8slblint.catalog.annotation_values import Parsed, ValueShape, read_value
from k8slblint.catalog.annotations import AnnotationFile, Raw, Term, annotation_file, compiled, index, shape_of, term_of
from k8slblint.model.records import NamedTuple
from k8slblint.model.rule import Confidence

ANY_READER = "any"
"""The reader of keys that belong to Kubernetes itself: every cloud, or every Ingress controller, may read them."""

Effect: TypeAlias = Literal["in-place", "ignored", "recreates", "refused", "leaks", "unknown"]
"""What a change of the value does to what was built before: it is taken over, nothing happens, something is built anew (and an address
or a name changes), the controller refuses it, something stays behind in the cloud, or it is not known."""

Exposure: TypeAlias = Literal["internal", "internet", "refused", "unknown"]
Replaced: TypeAlias = Literal["load-balancer", "address", "targets"]
"""What is built anew: all of it, its address, or only what is behind it, while the address stays."""

RelationKind: TypeAlias = Literal[
    "refused-together",
    "unreliable-together",
    "must-be-equal",
    "overridden-by",
    "overrides",
    "requires",
    "refused-without",
    "counts-equal",
    "counts-at-most",
    "product-below",
    "names-port",
    "disjoint",
    "excludes",
]
"""How two settings bear on each other; what each kind means is told at `Relation`."""

RelationEffect: TypeAlias = Literal["refused", "unfinished", "fails", "ignored", "unreliable"]
"""What comes of a relation that is not kept: the controller refuses the Service, or only a new one, it stops when the load balancer is
there already, it builds what carries no traffic (or not all of it), the setting does nothing, or it is documented not to work as one
would think."""


_DOCUMENTATION = r"\bdocs?/|\.(md|adoc|rst)\b|https?://docs|/docs\."
"""What sources that are no code have in their path or address."""


class Change(NamedTuple):
    """What a change of the value does; `evidence` tells whence it is known, `by_reader` who differs.

    `replaces` tells what is built anew, `scope` says it in words. `removal` is what taking the key away does (or a part of a map),
    where that differs. `unless_with` are keys whose change at the same time makes an ignored one take effect.
    """

    effect: Effect
    evidence: Literal["source", "documented", "inferred"] | None = None
    scope: str | None = None
    by_reader: Mapping[str, Effect] = {}
    replaces: Replaced | None = None
    removal: Effect | None = None
    unless_with: tuple[str, ...] = ()


class Replacement(NamedTuple):
    """What to write instead: a field of the Service, a key, or either; `detail` says which part of it."""

    field: str | None = None
    key: str | None = None
    detail: str | None = None


class Reading(NamedTuple):
    """Which texts make a load balancer internal, which internet-facing, and what every other text does."""

    internal: tuple[str, ...]
    internet: tuple[str, ...]
    otherwise: Exposure

    def of(self, text: str) -> Exposure:
        """Return what a text asks for."""
        if text in self.internal:
            return "internal"
        return "internet" if text in self.internet else self.otherwise


class Relation(NamedTuple):
    """How a setting bears on another one (`other`), for the `readers` (all of the entry where there are none), while all of `when` hold.

    `refused-together`, `unreliable-together`: both are set (`other` to `value` where there is one). `refused-without`: `other` is not
    set (to one of `values`). `must-be-equal`: the texts differ. `counts-equal`: as many items as `other`, `counts-at-most`: not more
    than the number `other`. `disjoint`: no item of `other`. `product-below`: times `other` below `limit`. `names-port`: each item (or
    the `part` of the key) is a name or number of a port of the Service (with `any_number` any number, with `any_case` a name in any
    case), or one of `values`. `excludes`: the setting itself is what cannot be, while `when` holds. `requires`,
    `overridden-by`, `overrides`: it has no effect without, or beside, the other one. `own` are the texts of the setting itself for
    which the relation holds.

    With `if_names_port` it holds only where one of the items is a name or number of a port of the Service.
    `since` is a minor version of Kubernetes, for controllers that are built for one. `why` ends a sentence, `instead` is a sentence.
    """

    kind: RelationKind
    other: str = ""
    value: str | None = None
    values: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    when: tuple[Term, ...] = ()
    readers: tuple[str, ...] = ()
    limit: int | None = None
    part: str | None = None
    any_number: bool = False
    any_case: bool = False
    if_names_port: bool = False
    since: str | None = None
    effect: RelationEffect = "refused"
    confidence: Confidence = "high"
    why: str | None = None
    instead: str | None = None


class Mode(NamedTuple):
    """When a controller reads a key: where all terms of one of `any_of` hold; in every other mode it does not use the value.

    It does not check the value there either, unless `is_checked`. `words` end the sentence "it is read only ...". `lost` is a sentence
    about what a reader of the manifest would miss, None where nothing is lost that anybody would.
    """

    any_of: tuple[tuple[Term, ...], ...]
    words: str
    lost: str | None = None
    confidence: Confidence = "high"
    is_checked: bool = False


class FieldRelations(NamedTuple):
    """What controllers make of a field of the Service, or of a fact about its ports or source ranges (`field`, as in `Term.at`)."""

    field: str
    readers: tuple[str, ...]
    relations: tuple[Relation, ...]
    sources: tuple[str, ...]


class ServiceAnnotation(NamedTuple):
    """What is known of one annotation key, or of the family of keys that match `pattern`.

    `key` is the entry's own spelling (`{port}` stands for a part of a family's keys). `readers` and `not_read_by` are ids of
    controllers. `decides` is a word of the schema, for example `exposure`, `source-ranges`, `address`. `default` is in words.
    `exposure` maps readers to how they read the value. `limits` is false for keys about source ranges and security groups that keep
    nobody out. `part_defaults` is what holds for parts of a map that were never set. `keeps` are the values with which a load balancer or
    its address stays when the Service gives it up (`*`: every value). `opens` tells that everybody is let in without this key and any other
    that filters. `of_any_type` says that the key is read of Services of every type. `sources` are repositories with revision and path,
    `as_of` the day (ISO) of each.

    `value_of` are the values of readers that take something else. `inherits` is the key whose value holds where this one is not set.
    Of values that the key does not take: `if_invalid` is what a reader does with them, a word for it or a predicate to its name,
    `if_empty` the same for the empty text; `says_default` are texts that ask for what happens without the key; `instead_of` says what
    to write for a deprecated value; `members` are those one of which a JSON object must have (none: any object). A key with
    `ignored_without` is passed over where the setting is missing that it requires, `read_when` are the readers that read it in some
    modes only. For those in `contested_for`, the documentation contradicts itself.
    """

    key: str
    provider: str
    readers: tuple[str, ...]
    kinds: tuple[str, ...]
    decides: str
    value: ValueShape
    change: Change
    sources: tuple[str, ...]
    as_of: tuple[str, ...]
    pattern: str | None = None
    default: str | None = None
    status: Literal["current", "deprecated", "removed"] = "current"
    deprecated_since: Mapping[str, str] = {}
    deprecated_values: tuple[str, ...] = ()
    replaced_by: Replacement | None = None
    not_read_by: tuple[str, ...] = ()
    exposure: Mapping[str, Reading] = {}
    relations: tuple[Relation, ...] = ()
    written_by_controller: bool = False
    limits: bool = True
    aliases: tuple[str, ...] = ()
    alias_of: str | None = None
    part_defaults: Mapping[str, str] = {}
    keeps: tuple[str, ...] = ()
    opens: bool = False
    of_any_type: bool = False
    value_of: Mapping[str, ValueShape] = {}
    if_invalid: Mapping[str, str] = {}
    if_empty: Mapping[str, str] = {}
    inherits: str | None = None
    says_default: tuple[str, ...] = ()
    instead_of: Mapping[str, str] = {}
    members: tuple[str, ...] | None = None
    ignored_without: bool = False
    read_when: Mapping[str, Mode] = {}
    contested_for: tuple[str, ...] = ()
    note: str | None = None

    @property
    def is_only_documented(self) -> bool:
        """Tell whether no source of the entry is code: how the reader parses a value, and what it does then, was not looked up."""
        return all(re.search(_DOCUMENTATION, source) for source in self.sources)

    def effect_for(self, reader: str) -> Effect:
        """Return what a change does where this controller is the owner."""
        return self.change.by_reader.get(reader, self.change.effect)

    def removal_effect_for(self, reader: str) -> Effect:
        """Return what taking the key away does where this controller is the owner."""
        effect = self.effect_for(reader)
        return effect if self.change.removal is None or effect == "ignored" else self.change.removal

    def is_deprecated_for(self, reader: str) -> bool:
        """Tell whether this controller's documentation asks for something else."""
        return self.status == "deprecated" or reader in self.deprecated_since


@lru_cache(maxsize=4096)
def prefix_of(key: str) -> str | None:
    """Return the vendor's prefix that a key has (or the whole key, where only single keys of a prefix are known), or None.

    Only the index is read.
    """
    spelled = _canonical(key)
    found = _route_of(spelled)
    if found is None or spelled == key:
        return found
    return next(alias for alias in index().spellings if key.startswith(alias))


def find(key: str) -> ServiceAnnotation | None:
    """Return the entry of a key, whoever reads it, or None for a key about which the catalog says nothing of load balancers."""
    spelled = _canonical(key)
    for name in _files_of(spelled):
        file = annotation_file(name)
        raw = file.keys.get(spelled) or file.keys.get(file.aliases.get(spelled, ""))
        if raw is None or not _is_about_balancers(raw):
            raw = next((family for family in file.families if _is_about_balancers(family) and _matches(family["pattern"], spelled)), None)
        if raw is not None:
            return _entry(name, raw["key"])
    return None


def is_read_by(owner: str, key: str) -> bool | None:
    """Tell whether a controller reads a key; None when the key is unknown, or not all that the controller reads is known."""
    found = find(key)
    if found is None:
        return None
    if owner in found.readers:
        return True
    if owner in found.not_read_by:
        return False
    return None if ANY_READER in found.readers or is_incompletely_known(owner) else False


def is_incompletely_known(owner: str) -> bool:
    """Tell whether a controller may read keys which no entry says it reads."""
    return owner in index().incompletely_known


def is_shared_prefix(prefix: str) -> bool:
    """Tell whether other tools, or newer releases, may read keys with a prefix that the catalog does not know."""
    return prefix.startswith(index().shared_prefixes)


def is_incomplete_prefix(prefix: str) -> bool:
    """Tell whether a product whose code is not public reads keys with a prefix: which others it reads is not known."""
    return prefix.startswith(index().incomplete_prefixes)


def as_of(prefix: str) -> str:
    """Return the day (ISO) up to which the keys of a prefix, as `prefix_of` gives it, are known."""
    return max((annotation_file(name).as_of for name in _files_of(_canonical(prefix))), default=index().as_of)


def key_in(written: Mapping[str, Any], annotation: ServiceAnnotation) -> str | None:
    """Return the key by which an annotation stands in a mapping, in whatever spelling of it, or None; null is not there."""
    names = (annotation.key, *annotation.aliases)
    old = (alias + name[len(now) :] for alias, now in index().spellings.items() for name in names if name.startswith(now))
    return next((name for name in (*names, *old) if written.get(name) is not None), None)


def parse_value(annotation: ServiceAnnotation, value: object, reader: str | None = None) -> Parsed:
    """Return a value as a controller reads it (None: as most do): `Valid`, `Invalid` or `Doubtful`."""
    return read_value(value_for(annotation, reader), value)


def value_for(annotation: ServiceAnnotation, reader: str | None) -> ValueShape:
    """Return what values a key takes where this controller reads it (None: where most do)."""
    return annotation.value_of.get(reader or "", annotation.value)


@lru_cache(maxsize=64)
def exposure_keys(owner: str, kind: str = "Service") -> tuple[ServiceAnnotation, ...]:
    """Return the entries by whose `exposure[owner]` a controller tells internal from internet-facing, the deciding one first.

    What it does without any of them is `default_exposure` in `catalog.controllers`.
    """
    found = [find(key) for key in index().exposure.get(owner, ())]
    return tuple(annotation for annotation in found if annotation is not None and kind in annotation.kinds)


@lru_cache(maxsize=64)
def fields_of(owner: str) -> tuple[FieldRelations, ...]:
    """Return what a controller makes of fields of a Service that it does not take as they are."""
    files = map(annotation_file, index().fields.get(owner, ()))
    found = (_fields(raw, file) for file in files for raw in file.fields)
    return tuple(relations for relations in found if owner in relations.readers)


def parts_of_key(annotation: ServiceAnnotation, key: str) -> dict[str, str]:
    """Return the parts of a family's key by name, `{"port": "80"}`; nothing for an entry that is no family."""
    if annotation.pattern is None:
        return {}
    pieces = compiled(r"\{(\w+)\}").split(annotation.key)
    shape = "".join("(.+)" if index % 2 else piece.replace(".", r"\.") for index, piece in enumerate(pieces))
    found = compiled(f"^{shape}$").match(_canonical(key))
    return dict(zip(pieces[1::2], found.groups(), strict=True)) if found else {}


def files() -> tuple[str, ...]:
    """Return the names of all files with entries about load balancers, without `.json`, sorted."""
    return tuple(sorted({name for names in index().routes.values() for name in names}))


def entries_of(file: str) -> tuple[ServiceAnnotation, ...]:
    """Return all entries of one file that are about load balancers, families last."""
    data = annotation_file(file)
    return tuple(_entry(file, raw["key"]) for raw in (*data.keys.values(), *data.families) if _is_about_balancers(raw))


def _is_about_balancers(raw: Raw) -> bool:
    return "decides" in raw


def _is_on(key: str, route: str) -> bool:
    return key.startswith(route) if route[-1] in "/-._" else key == route


def _canonical(key: str) -> str:
    for alias, spelling in index().spellings.items():
        if key.startswith(alias):
            return spelling + key[len(alias) :]
    return key


def _route_of(key: str) -> str | None:
    return max((route for route in index().routes if _is_on(key, route)), key=len, default=None)


@lru_cache(maxsize=1024)
def _files_of(key: str) -> tuple[str, ...]:
    found = _route_of(key)
    return index().routes[found] if found is not None else ()


def _matches(pattern: str, key: str) -> bool:
    return compiled(pattern).search(key) is not None


@lru_cache(maxsize=1024)
def _entry(name: str, key: str) -> ServiceAnnotation:
    file = annotation_file(name)
    raw = file.keys.get(key) or next(family for family in file.families if family["key"] == key)
    sources = tuple(file.sources_of(raw))
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in raw.items() if name in ServiceAnnotation._fields
    }
    fields |= {
        "value": shape_of(raw["value"]),
        "value_of": {reader: shape_of(value) for reader, value in raw.get("value_of", {}).items()},
        "status": "current" if raw.get("status") not in ("deprecated", "removed") else raw["status"],
        "change": _change(raw["change"]),
        "relations": tuple(map(_relation, raw.get("relations", ()))),
        "read_when": {reader: _mode(mode) for reader, mode in raw.get("read_when", {}).items()},
        "exposure": {
            reader: Reading(tuple(how["internal"]), tuple(how["internet"]), how["otherwise"])
            for reader, how in raw.get("exposure", {}).items()
        },
    }
    if "replaced_by" in raw:
        fields["replaced_by"] = Replacement(**raw["replaced_by"])
    return ServiceAnnotation(
        provider=file.provider,
        sources=tuple(source.text for source in sources),
        as_of=tuple(source.date for source in sources),
        **fields,
    )


_EFFECTS: Mapping[str, RelationEffect] = {
    "unreliable-together": "unreliable",
    "overridden-by": "ignored",
    "overrides": "ignored",
    "requires": "ignored",
}


_OF_RELATIONS = ("value", "limit", "part", "any_number", "any_case", "if_names_port", "since", "confidence", "why", "instead")


def _relation(raw: Raw) -> Relation:
    fields: dict[str, Any] = {name: tuple(raw.get(name, ())) for name in ("values", "own", "readers")}
    fields |= {name: raw[name] for name in _OF_RELATIONS if name in raw}
    return Relation(
        kind=raw["kind"],
        other=raw.get("with", ""),
        when=tuple(map(term_of, raw.get("when", ()))),
        effect=raw.get("effect") or _EFFECTS.get(raw["kind"], "refused"),
        **fields,
    )


def _mode(raw: Raw) -> Mode:
    groups = tuple(tuple(map(term_of, group)) for group in raw["any_of"])
    return Mode(groups, raw["words"], raw.get("lost"), raw.get("confidence", "high"), raw.get("is_checked", False))


def _fields(raw: Raw, file: AnnotationFile) -> FieldRelations:
    texts = tuple(source.text for source in file.sources_of(raw))
    return FieldRelations(raw["field"], tuple(raw["readers"]), tuple(map(_relation, raw["relations"])), texts)


def _change(raw: Raw) -> Change:
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()}
    return Change(**fields)
