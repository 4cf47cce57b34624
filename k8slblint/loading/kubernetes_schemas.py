"""The schemas of Kubernetes kinds: compact files, generated from the package kubernetes-validate.

There is a file for each package of the Kubernetes API (`schemas/kubernetes/apps.json`), read when a kind of it is met. They hold
the definitions of every kind and version, for every release that the package knows, without prose; reading the two that nearly
every run needs takes a third of the time that the package's own file for one release takes (`docs/adr/0003-schemas.md`).
A release newer than the files is read from the package itself when the one that is installed has it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from k8slblint.model.errors import UsageError
from k8slblint.model.patterns import pattern
from k8slblint.schema import reachable
from k8slblint.shipped import read_json

if TYPE_CHECKING:
    from pathlib import Path

Definitions = Mapping[str, dict[str, Any]]

_PACKAGES = {
    "": "core",
    "admissionregistration.k8s.io": "admissionregistration",
    "apiextensions.k8s.io": "apiextensions",
    "apiregistration.k8s.io": "apiregistration",
    "apps": "apps",
    "authentication.k8s.io": "authentication",
    "authorization.k8s.io": "authorization",
    "autoscaling": "autoscaling",
    "batch": "batch",
    "certificates.k8s.io": "certificates",
    "coordination.k8s.io": "coordination",
    "discovery.k8s.io": "discovery",
    "events.k8s.io": "events",
    "flowcontrol.apiserver.k8s.io": "flowcontrol",
    "internal.apiserver.k8s.io": "apiserverinternal",
    "lifecycle.k8s.io": "lifecycle",
    "networking.k8s.io": "networking",
    "node.k8s.io": "node",
    "policy": "policy",
    "rbac.authorization.k8s.io": "rbac",
    "resource.k8s.io": "resource",
    "scheduling.k8s.io": "scheduling",
    "storage.k8s.io": "storage",
    "storagemigration.k8s.io": "storagemigration",
}
"""By API group: the package of its definitions (Kubernetes OpenAPI v2 of 1.25 to 1.37), and the name of our file."""

_SHARED = "meta"
"""The file of what all groups share: `ObjectMeta`, `Quantity`, `IntOrString` ..."""

ALL_KINDS = "kinds.json"
"""The file of the names of all kinds (`apps/v1 Deployment`), for questions that no single group answers."""

_PREFIXES = ("io.k8s.api.", "io.k8s.apimachinery.pkg.", "io.k8s.apiextensions-apiserver.pkg.apis.", "io.k8s.kube-aggregator.pkg.apis.")
_VERSION = pattern(r"v?1\.(\d+)")
_DROPPED = frozenset({"description", "default", "format", "title"})


def definition_name(api_version: str, kind: str) -> str | None:
    """Return the name of a kind's definition (`core.v1.Service`), or None for kinds and versions that are not held."""
    group, _, version = api_version.rpartition("/")
    package = _PACKAGES.get(group)
    if package is None:
        return None
    name = f"{package}.{version}.{kind}"
    return name if name in _shipped(package)["kinds"] else None


def is_own_group(group: str) -> bool:
    """Tell whether an API group is one of Kubernetes itself."""
    return group in _PACKAGES


def kind_in_right_case(api_version: str, kind: str) -> str | None:
    """Return the kind of an API version of Kubernetes itself that differs from `kind` in case only, or None: `Service` for `service`."""
    group, _, version = api_version.rpartition("/")
    package = _PACKAGES.get(group)
    if package is None:
        return None
    wanted = f"{package}.{version}.{kind}"
    found = next((name for name in _shipped(package)["kinds"] if name != wanted and name.lower() == wanted.lower()), None)
    return found.rpartition(".")[2] if found else None


@lru_cache(maxsize=1)
def all_kinds() -> list[tuple[str, str]]:
    """Return apiVersion and kind of every kind that is held, in order."""
    names: list[str] = read_json("schemas", "kubernetes", ALL_KINDS)
    pairs = (name.rpartition(" ") for name in names)
    return [(api_version, kind) for api_version, _, kind in pairs]


def nearest_minor(version: str | None) -> int:
    """Return the minor release whose schemas stand for `version`: itself, else the nearest; the newest of our files for None.

    `version` is as clusters report it: `1.31`, `v1.31.4`, `1.31.4-gke.1100`.
    """
    minor = stated_minor(version)
    known = shipped_minors()
    if minor is None:
        return known[-1]
    if minor > known[-1]:
        known = (*known, *packaged_minors())
    return min(known, key=lambda other: abs(other - minor))


def stated_minor(version: str | None) -> int | None:
    """Return the minor release that a version names, None where it names none."""
    match = _VERSION.match(version or "")
    return int(match.group(1)) if match else None


def shipped_minors() -> tuple[int, ...]:
    """Return the minor releases that our files hold, in order."""
    return tuple(range(_shipped(_SHARED)["first"], _shipped(_SHARED)["last"] + 1))


def packaged_minors() -> tuple[int, ...]:
    """Return the minor releases that the installed kubernetes-validate holds, in order; none when it is not installed."""
    folder = _package_folder()
    folders = folder.glob("v1.*.0-local-strict") if folder else ()
    return tuple(sorted(int(found.name.split(".")[1]) for found in folders))


@lru_cache(maxsize=8)
def definitions(minor: int) -> Definitions:
    """Return the definitions of one release, by name (`core.v1.ServicePort`), in the compact form of `extract`."""
    return _Release(minor) if minor in shipped_minors() else extract(minor)


def releases_of(definition: str) -> list[int]:
    """Return the minor releases that have a definition."""
    forms = _forms(definition)
    return [minor for minor in shipped_minors() if _variant(forms, minor) is not None]


def releases_with(definition: str, field: str) -> list[int]:
    """Return the minor releases in which a definition has a field."""
    forms = _forms(definition)
    return [minor for minor in shipped_minors() if field in (_variant(forms, minor) or {}).get("properties", ())]


def extract(minor: int) -> dict[str, dict[str, Any]]:
    """Read from kubernetes-validate what the kinds of one release need.

    The compact form leaves out prose, `null` (Kubernetes reads it as absent, see `validation`), and
    `additionalProperties: false`, which is meant wherever there are `properties`.
    """
    original = _original(minor)
    compact = {short_name(name): _compact(schema) for name, schema in original.items()}
    roots = [{"$ref": f"#/$defs/{short_name(name)}"} for name, schema in original.items() if _is_kind(name, schema)]
    return dict(sorted(reachable(roots, compact).items()))


def short_name(name: str) -> str:
    """Shorten a definition's name: `io.k8s.api.core.v1.ServicePort` is `core.v1.ServicePort`."""
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name


def build() -> dict[str, dict[str, Any]]:
    """Return the content of our files by name: for each definition, its forms with the minor release in which each begins."""
    minors = packaged_minors()
    by_minor = {minor: extract(minor) for minor in minors}
    kinds = {short_name(name) for minor in minors for name, schema in _original(minor).items() if _is_kind(name, schema)}
    files: dict[str, dict[str, Any]] = {}
    for name in sorted({name for found in by_minor.values() for name in found}):
        file = files.setdefault(_package(name), {"first": minors[0], "last": minors[-1], "kinds": [], "definitions": {}})
        file["definitions"][name] = _forms_of(by_minor, name)
        file["kinds"].extend([name] if name in kinds else ())
    return files


def kinds_of(files: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return what the file of all kinds holds, made of the others."""
    found = []
    for group, package in _PACKAGES.items():
        for name in files[package]["kinds"]:
            _, version, kind = name.split(".")
            found.append((f"{group}/{version}" if group else version, kind))
    return [" ".join(pair) for pair in sorted(found)]


def _forms_of(by_minor: Mapping[int, Definitions], name: str) -> list[list[Any]]:
    forms: list[list[Any]] = []
    for minor, found in by_minor.items():
        if (forms[-1][1] if forms else None) != found.get(name):
            forms.append([minor, found.get(name)])
    return forms


class _Release(Mapping[str, dict[str, Any]]):
    """The definitions of one release; a file of ours is read when the first of its definitions is asked for."""

    def __init__(self, minor: int) -> None:
        self._minor = minor

    def __getitem__(self, name: str) -> dict[str, Any]:
        schema = _variant(_forms(name), self._minor)
        if schema is None:
            raise KeyError(name)
        return schema

    def __iter__(self) -> Iterator[str]:
        names = sorted(name for package in (*_PACKAGES.values(), _SHARED) for name in _shipped(package)["definitions"])
        return (name for name in names if _variant(_forms(name), self._minor) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _forms(name: str) -> list[list[Any]]:
    package = _package(name)
    forms: list[list[Any]] = _shipped(package)["definitions"].get(name, []) if package else []
    return forms


def _package(name: str) -> str:
    package = name.partition(".")[0]
    return package if package in _PACKAGES.values() else _SHARED


@lru_cache(maxsize=64)
def _shipped(package: str) -> dict[str, Any]:
    content: dict[str, Any] = read_json("schemas", "kubernetes", f"{package}.json")
    return content


def _original(minor: int) -> dict[str, dict[str, Any]]:
    folder = _package_folder()
    if folder is None:
        msg = "the package kubernetes-validate is not installed"
        raise UsageError(msg)
    path = folder / f"v1.{minor}.0-local-strict" / "_definitions.json"
    found: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["$defs"]
    return found


def _is_kind(name: str, schema: dict[str, Any]) -> bool:
    """Tell whether a definition is that of objects in manifests; lists are taken apart, options of calls are no objects."""
    identities = schema.get("x-kubernetes-group-version-kind", ())
    return len(identities) == 1 and _package(short_name(name)) != _SHARED and not name.endswith("List")


def _package_folder() -> "Path | None":
    from importlib.util import find_spec
    from pathlib import Path

    spec = find_spec("kubernetes_validate")  # finds the package without running it
    locations = spec.submodule_search_locations if spec else None
    return Path(next(iter(locations))) / "kubernetes-json-schema" if locations else None


def _variant(variants: list[list[Any]], minor: int) -> dict[str, Any] | None:
    current = None
    for since, schema in variants:
        if since <= minor:
            current = schema
    return current


def _compact(schema: dict[str, Any]) -> dict[str, Any]:
    if "oneOf" in schema:
        return {"type": sorted({name for branch in schema["oneOf"] for name in branch["type"] if name != "null"})}
    kept = {key: member for key, member in schema.items() if key not in _DROPPED and not key.startswith("x-")}
    compact = {key: _COMPACTED[key](member) if key in _COMPACTED else member for key, member in kept.items()}
    if not compact.get("additionalProperties", True):
        del compact["additionalProperties"]
    return _without_status(compact)


def _compact_type(names: str | list[str]) -> str | list[str]:
    others = [name for name in ([names] if isinstance(names, str) else names) if name != "null"]
    return others[0] if len(others) == 1 else others


def _compact_properties(properties: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: _compact(schema) for name, schema in properties.items()}


def _compact_reference(reference: str) -> str:
    return "#/$defs/" + short_name(reference.rsplit("/", 1)[1])


def _compact_member(schema: dict[str, Any] | bool) -> dict[str, Any] | bool:  # noqa: FBT001 - a JSON schema may be a boolean
    return schema if isinstance(schema, bool) else _compact(schema)


_COMPACTED: dict[str, Callable[[Any], Any]] = {
    "$ref": _compact_reference,
    "additionalProperties": _compact_member,
    "items": _compact_member,
    "properties": _compact_properties,
    "type": _compact_type,
}


def _without_status(schema: dict[str, Any]) -> dict[str, Any]:
    """Leave an object's kind and status open: the kind is what chose the schema, and a status is not the user's."""
    properties = schema.get("properties", {})
    if "apiVersion" in properties and "kind" in properties:
        text = {"type": "string"}
        schema["properties"] = {**properties, "apiVersion": text, "kind": text} | ({"status": {}} if "status" in properties else {})
    return schema
