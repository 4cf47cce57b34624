"""Which controller reads an annotation of an Ingress, and its counterpart in Gateway API; the facts are in `catalogs/annotations/`.

A lookup reads the index and the one file of the key's prefix, which takes a millisecond or two; both are kept.
"""

from collections.abc import Container, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Literal, TypeAlias

from k8slblint.catalog.annotation_values import ValueShape
from k8slblint.catalog.annotations import AnnotationFile, Raw, annotation_file, compiled, index, shape_of
from k8slblint.catalog.controller_list import controller_list
from k8slblint.catalog.ingress_parsing import Parsing, parsing_of
from k8slblint.catalog.wildcards import fits
from k8slblint.model.records import NamedTuple
from k8slblint.shipped import read_json

Match: TypeAlias = Literal["exact", "pattern", "glob", "prefix"]
Channel: TypeAlias = Literal["standard", "experimental", "implementation-specific"]
Fidelity: TypeAlias = Literal["exact", "partial", "policy", "none"]
IfIgnored: TypeAlias = Literal["exposure", "outage", "behaviour", "cosmetic", "issuance", "none"]
Status: TypeAlias = Literal["active", "deprecated", "controller-retired", "removed", "never-existed", "controller-written", "ambiguous"]

ANY_CONTROLLER = "any"
"""The `controller` of keys that belong to Kubernetes itself or to several products at once."""

_CHANNELS: tuple[Channel, ...] = ("standard", "experimental", "implementation-specific")


class Controller(NamedTuple):
    """A product that reads annotations: `name` as messages show it (it contains `vendor`), and by what it is recognised.

    `controller_strings` are values of `IngressClass.spec.controller` (a trailing `*` is a wildcard), `class_names` customary
    names of its IngressClass, `class_annotation_values` of the class annotation. `emulates` maps ids of products whose keys it
    reads in the same sense to how many: `all`, `most` (the exceptions are marked) or `some` (those that are marked).
    `routes` is false for products that read annotations of an Ingress but do not serve it. `takes_no_class` tells that where its
    platform is, it serves Ingresses that name no class and for which there is no default one. `target_ports` are the `targetPort`s of a
    Service that it takes for the port which a backend names, None where that is not known. `is_documented_only` tells that what it reads
    is known from documentation, and no source can be read.
    """

    id: str
    name: str
    vendor: str
    platform: str | None = None
    retired: bool = False
    controller_strings: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    class_annotation_values: tuple[str, ...] = ()
    annotation_prefixes: tuple[str, ...] = ()
    emulates: Mapping[str, str] = {}
    routes: bool = True
    takes_no_class: bool = False
    target_ports: Literal["all", "named", "none"] | None = None
    is_documented_only: bool = False


class Target(NamedTuple):
    """A place in Gateway API: a field or object of the API, an object of one implementation, or a need that the API does not meet.

    For such a need `policies` lists objects of implementations that do (possibly none are known), and `name` is only a handle;
    otherwise `policies` is None. `since` is the first release that has the field in `channel`, None for what is in no release.
    """

    name: str
    channel: Channel
    since: str | None = None
    policies: tuple[str, ...] | None = None
    note: str | None = None


class GatewayApi(NamedTuple):
    """What takes the place of an annotation in Gateway API; without `targets` nothing does, and `fidelity` is `none`.

    `note` says what gets lost.
    """

    targets: tuple[Target, ...] = ()
    fidelity: Fidelity = "none"
    note: str | None = None

    @property
    def channel(self) -> Channel | None:
        """The least settled channel among the targets, or None without targets."""
        return max((target.channel for target in self.targets), key=_CHANNELS.index, default=None)

    @property
    def since(self) -> str | None:
        """The release from which all targets can be used, or None where one of them is in no release or is no part of the API."""
        releases = [target.since for target in self.targets]
        return max((release for release in releases if release), key=_release, default=None) if all(releases) else None


class Risk(NamedTuple):
    """What an attacker may do who can write the key: `level` is medium or high, `why` a phrase."""

    level: Literal["medium", "high"]
    why: str


class ByValue(NamedTuple):
    """What holds of a key for the values in which `pattern` is found: another equivalent, another loss.

    With the field `needless_with` every controller does what such a value asks for, without the key.
    """

    pattern: str
    gateway_api: GatewayApi | None = None
    if_ignored: IfIgnored | None = None
    needless_with: str | None = None


class Injection(NamedTuple):
    """How a text gets into the configuration of the proxy: it contains `pattern`, and the release is before the fixed ones."""

    pattern: str
    cve: str
    fixed_in: tuple[str, ...]


class Closed(NamedTuple):
    """Of a prefix of which the catalog has every key: what becomes of an Ingress with another one.

    `exceptions` is found in keys of which that is not known.
    """

    then: Literal["ignored", "ingress-dropped"]
    exceptions: str | None = None


class IngressAnnotation(NamedTuple):
    """What is known of one annotation key, or of the family of keys that the key asked for belongs to.

    `key` is the entry's: the key itself for `exact`, else the prefix, the glob, or a name that stands for `pattern`.
    `open_values` are values that ask for no protection, so that nothing is lost with them where `if_ignored` is `exposure`.
    `controller` is the id of the product that owns the key; `also_read_by` maps other products' ids to since when or how far,
    `not_read_by` names products that read other keys of the prefix. `same_as` holds the keys of single products that a shared
    spelling stands for. `not_routing` marks keys about DNS and certificates. `requires`: does nothing unless one of these keys
    is set too, `refused_beside`: asks for a certificate, which is refused where one of these keys is set too. `default` is what holds
    without the key, in words; `scope` what the key changes where that is more than the object's own routes; `by_value` is what holds for
    some values instead; `parsing` is what single products make of its text. `replaced_by` is the key that does now what a removed one
    did, `since` the first release of its product that reads it, `closed` tells of a prefix that
    no other key of it is read; `injection` of texts that some releases copy into their configuration, `secret` of a value that is a
    secret itself. `sources` are
    repositories with revision and path, `as_of` the day (ISO) up to which the keys of the file are known.
    """

    key: str
    match: Match
    controller: str
    category: str
    purpose: str
    if_ignored: IfIgnored
    sources: tuple[str, ...]
    as_of: str
    value: ValueShape
    default: str | None = None
    parsing: Mapping[str, Parsing] = {}
    gateway_api: GatewayApi = GatewayApi()
    by_value: tuple[ByValue, ...] = ()
    status: Status = "active"
    not_routing: bool = False
    applies_to: tuple[str, ...] = ("Ingress",)
    open_values: tuple[str, ...] = ()
    risk: Risk | None = None
    scope: str | None = None
    requires: tuple[str, ...] = ()
    refused_beside: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    alias_of: str | None = None
    same_as: tuple[str, ...] = ()
    also_read_by: Mapping[str, str] = {}
    not_read_by: tuple[str, ...] = ()
    removed_in: str | None = None
    replaced_by: str | None = None
    since: str | None = None
    closed: Closed | None = None
    injection: Injection | None = None
    secret: bool = False
    note: str | None = None

    @property
    def owner(self) -> Controller:
        """The product that owns the key."""
        return controllers()[self.controller]

    def is_inert_beside(self, keys: Container[str]) -> bool:
        """Tell whether the key does nothing, since none of those is among `keys` that it does nothing without."""
        return bool(self.requires) and not any(one in keys for one in self.requires)

    @property
    def is_known_key(self) -> bool:
        """Tell whether the catalog knows this very key, and not only its prefix."""
        return self.category != "prefix"


@lru_cache(maxsize=4096)
def lookup(key: str) -> IngressAnnotation | None:
    """Return what is known of a key, or None for keys of no product of the catalog.

    An exact entry wins over a pattern or glob, which win over the longest prefix.
    """
    key = _canonical(key)
    name = _file_of(key)
    if name is None:
        return None
    file = annotation_file(name)
    wanted = key.lower() if file.is_case_insensitive else key
    raw = file.keys.get(wanted)
    if raw is not None and _is_about_ingresses(raw):
        return _annotation(wanted, raw, file)
    family = _family(wanted, file.families)
    return _annotation(key, family, file) if family is not None else None


def for_value(annotation: IngressAnnotation, value: object) -> tuple[IngressAnnotation, str | None]:
    """Return what is known of a key with this value, and the field with which it is needless."""
    text = value if isinstance(value, str) else ""
    row = next((row for row in annotation.by_value if compiled(row.pattern).search(text)), None) if text else None
    if row is None:
        return annotation, None
    changed = annotation._replace(gateway_api=row.gateway_api or annotation.gateway_api, if_ignored=row.if_ignored or annotation.if_ignored)
    return changed, row.needless_with


@lru_cache(maxsize=4096)
def readers(key: str) -> tuple[Controller, ...]:
    """Return the products that read a key: those it was made for first, then those that read it in the same sense."""
    annotation = lookup(key)
    if annotation is None:
        return ()
    own = _owners(key, annotation)
    emulators = (known.id for known in controllers().values() if any(known.emulates.get(name) in ("all", "most") for name in own))
    left_out = {ANY_CONTROLLER, *annotation.not_read_by}
    also = () if annotation.same_as and not annotation.is_known_key else annotation.also_read_by
    return tuple(controllers()[name] for name in dict.fromkeys((*own, *also, *emulators)) if name not in left_out)


def is_config_map_key(key: str) -> bool:
    """Tell whether the product of a key's prefix reads a setting of this name in its ConfigMap, and not on an Ingress."""
    known = _canonical(key)
    name = _file_of(known)
    return name is not None and known.rpartition("/")[2] in annotation_file(name).config_map_keys


def closing_of(key: str) -> Closed | None:
    """Return what becomes of an Ingress with a key that its product does not know; None where others may read it, or that is not known."""
    known = _canonical(key)
    name = _file_of(known)
    if name is None:
        return None
    file = annotation_file(name)
    wanted = known.lower() if file.is_case_insensitive else known
    prefixes = [family for family in file.families if family.get("match") == "prefix" and wanted.startswith(family["key"])]
    longest = max(prefixes, key=lambda family: len(family["key"]), default=None)
    closed = _annotation(known, longest, file).closed if longest is not None else None
    return closed if closed is None or closed.exceptions is None or not compiled(closed.exceptions).search(wanted) else None


@cache
def keys_of_prefix(prefix: str) -> tuple[str, ...]:
    """Return the keys that users may set on Ingresses under a prefix (`nginx.org/`), without those that no release reads."""
    name = _file_of(_canonical(prefix))
    if name is None:
        return ()
    file = annotation_file(name)
    here = (raw for key, raw in file.keys.items() if key.startswith(_canonical(prefix)) and _is_about_ingresses(raw))
    return tuple(raw["key"] for raw in here if "Ingress" in raw["kinds"] and raw.get("status") not in _UNREAD and _is_for_users(raw))


_UNREAD = ("removed", "never-existed")


def _is_for_users(raw: Raw) -> bool:
    return not raw.get("written_by_controller", False)


@lru_cache(maxsize=4096)
def claimants(key: str) -> tuple[Controller, ...]:
    """Return the products that a key may have been made for: one where the spelling is unambiguous, several for a shared one."""
    found = [known for known in readers(key) if known.routes]
    ids = {known.id for known in found}
    return tuple(known for known in found if not ids.intersection(known.emulates))


@cache
def controllers() -> dict[str, Controller]:
    """Return every product of the catalog that reads annotations of Ingresses, by its id."""
    entries = controller_list()["controllers"]
    return {name: _controller(name, raw) for name, raw in entries.items() if "ingress" in raw}


def controllers_of_string(controller_string: str) -> tuple[Controller, ...]:
    """Return the products that serve classes with this `spec.controller`; several, where forks kept the string."""
    return tuple(known for known in controllers().values() if any(fits(controller_string, own) for own in known.controller_strings))


def controllers_of_class_name(name: str, *, of_annotation: bool = False) -> tuple[Controller, ...]:
    """Return the products whose class customarily has this name: in `spec.ingressClassName`, or in the class annotation."""
    if of_annotation:
        return tuple(known for known in controllers().values() if name in known.class_annotation_values)
    return tuple(known for known in controllers().values() if name in known.class_names)


def vendors() -> tuple[str, ...]:
    """Return the vendors of the products that serve Ingresses, sorted."""
    return tuple(sorted({known.vendor for known in controllers().values() if known.routes}, key=str.lower))


def _controller(name: str, raw: Mapping[str, Any]) -> Controller:
    return Controller(
        id=name,
        name=raw["name"],
        vendor=raw["vendor"],
        platform=raw.get("platform"),
        retired=raw["status"] == "retired",
        annotation_prefixes=tuple(raw.get("annotation_prefixes", ())),
        **_fields(Controller, raw["ingress"]),
    )


def _is_about_ingresses(raw: Raw) -> bool:
    return "purpose" in raw


def _canonical(key: str) -> str:
    for alias, current in index().aliases.items():
        if key.startswith(alias):
            return current + key[len(alias) :]
    return key


def _file_of(key: str) -> str | None:
    known = index()
    domain, slash, _ = key.partition("/")
    name = known.keys.get(key) or (known.domains.get(domain + slash) if slash else None)
    return name or next((file for stem, file in known.stems.items() if key.startswith(stem)), None)


def _family(key: str, families: Sequence[Raw]) -> Raw | None:
    found: Raw | None = None
    for family in filter(_is_about_ingresses, families):
        if family.get("match") != "prefix":
            if _fits(key, family):
                return family
        elif key.startswith(family["key"]) and (found is None or len(family["key"]) > len(found["key"])):
            found = family
    return found


def _fits(key: str, family: Raw) -> bool:
    if family.get("match") == "glob":
        return fits(key, family["key"])
    return compiled(family["pattern"]).search(key) is not None


def _owners(key: str, annotation: IngressAnnotation) -> list[str]:
    if annotation.same_as:
        return [single.controller for single in map(lookup, annotation.same_as) if single is not None]
    if annotation.is_known_key:
        return [annotation.controller]
    sharing = [name for name, known in controllers().items() if key.startswith(known.annotation_prefixes)]
    return [annotation.controller, *sharing]


def _annotation(asked: str, raw: Raw, file: AnnotationFile) -> IngressAnnotation:
    shown = {"key": asked, "match": "exact"} if raw.get("match") is None and "pattern" not in raw else {"match": "pattern"}
    fields = _fields(IngressAnnotation, {**shown, **raw})
    fields |= {
        "controller": raw.get("controller", raw["readers"][0]),
        "applies_to": tuple(raw["kinds"]),
        "status": "controller-written" if raw.get("written_by_controller") else raw.get("status", "active"),
        "value": shape_of(raw["value"]),
        "parsing": {name: parsing_of(row, raw, file) for name, row in raw.get("parsing", {}).items()},
        "risk": Risk(**raw["risk"]) if "risk" in raw else None,
        "replaced_by": raw.get("replaced_by", {}).get("key"),
        "injection": _injection(raw["injection"]) if "injection" in raw else None,
        "closed": Closed(raw["closed"]["then"], raw["closed"].get("except")) if "closed" in raw else None,
        "gateway_api": _gateway_api(raw.get("gateway_api", {})),
        "by_value": tuple(map(_by_value, raw.get("by_value", ()))),
        "same_as": file.spellings.get(asked, ()),
        "sources": tuple(source.text for source in file.sources_of(raw)),
    }
    return IngressAnnotation(as_of=file.as_of, **fields)


def _injection(raw: Mapping[str, Any]) -> Injection:
    return Injection(raw["pattern"], raw["cve"], tuple(raw["fixed_in"]))


def _by_value(raw: Mapping[str, Any]) -> ByValue:
    found = _gateway_api(raw["gateway_api"]) if "gateway_api" in raw else None
    return ByValue(raw["pattern"], found, raw.get("if_ignored"), raw.get("needless_with"))


def _gateway_api(raw: Mapping[str, Any]) -> GatewayApi:
    return GatewayApi(tuple(_targets()[name] for name in raw.get("targets", ())), raw.get("fidelity", "none"), raw.get("note"))


def _fields(of: type[Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a result type that an entry has, lists as tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in raw.items() if name in of._fields}


@cache
def _targets() -> dict[str, Target]:
    targets = read_json("catalogs", "gateway-api.json")["targets"]
    return {name: Target(name=name, **_fields(Target, entry)) for name, entry in targets.items()}


def _release(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.removeprefix("v").split("."))
