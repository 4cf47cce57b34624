"""Knows where the schemas of Kubernetes kinds come from: a compact file of ours, made of the package kubernetes-validate.

The file holds the definitions that the kinds below reach, for every release that the package knows, without prose;
reading it takes a fifth of the time that the package's own file for one release takes (`docs/adr/0003-schemas.md`).
A release newer than the file is read from the package itself when the one that is installed has it.
"""

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from k8slblint.model.errors import UsageError
from k8slblint.schema import reachable
from k8slblint.shipped import read_json

if TYPE_CHECKING:
    from pathlib import Path

Definitions = dict[str, dict[str, Any]]

KINDS = {
    "v1": ("core.v1", ("Service", "Endpoints", "Pod", "PodTemplate", "ReplicationController", "Namespace", "Node")),
    "apps/v1": ("apps.v1", ("Deployment", "DaemonSet", "StatefulSet", "ReplicaSet")),
    "batch/v1": ("batch.v1", ("Job", "CronJob")),
    "discovery.k8s.io/v1": ("discovery.v1", ("EndpointSlice",)),
    "networking.k8s.io/v1": ("networking.v1", ("Ingress", "IngressClass")),
}
"""By apiVersion: the package of the definitions (Kubernetes OpenAPI v2, without `io.k8s.api.`) and the kinds we follow."""

_PREFIXES = ("io.k8s.api.", "io.k8s.apimachinery.pkg.")
_VERSION = re.compile(r"v?1\.(\d+)")
_DROPPED = frozenset({"description", "default", "format", "title"})


def definition_name(api_version: str, kind: str) -> str | None:
    """Return the name of a kind's definition (`core.v1.Service`), or None for kinds and versions that are not held."""
    package, kinds = KINDS.get(api_version, ("", ()))
    return f"{package}.{kind}" if kind in kinds else None


def nearest_minor(version: str | None) -> int:
    """Return the minor release whose schemas stand for `version`: itself, else the nearest; the newest of the file for None.

    `version` is as clusters report it: `1.31`, `v1.31.4`, `1.31.4-gke.1100`.
    """
    match = _VERSION.match(version or "")
    known = shipped_minors()
    if match is None:
        return known[-1]
    minor = int(match.group(1))
    if minor > known[-1]:
        known = (*known, *packaged_minors())
    return min(known, key=lambda other: abs(other - minor))


def shipped_minors() -> tuple[int, ...]:
    """Return the minor releases that our file holds, in order."""
    return tuple(range(_shipped()["first"], _shipped()["last"] + 1))


def packaged_minors() -> tuple[int, ...]:
    """Return the minor releases that the installed kubernetes-validate holds, in order; none when it is not installed."""
    folder = _package_folder()
    folders = folder.glob("v1.*.0-local-strict") if folder else ()
    return tuple(sorted(int(found.name.split(".")[1]) for found in folders))


@lru_cache(maxsize=8)
def definitions(minor: int) -> Definitions:
    """Return the definitions of one release, by name (`core.v1.ServicePort`), in the compact form of `extract`."""
    if minor not in shipped_minors():
        return extract(minor)
    chosen = ((name, _variant(variants, minor)) for name, variants in _shipped()["definitions"].items())
    return {name: schema for name, schema in chosen if schema is not None}


def releases_with(definition: str, field: str) -> list[int]:
    """Return the minor releases in which a definition has a field."""
    variants = _shipped()["definitions"].get(definition, [])
    return [minor for minor in shipped_minors() if field in (_variant(variants, minor) or {}).get("properties", ())]


def extract(minor: int) -> Definitions:
    """Read from kubernetes-validate what the kinds of one release need.

    The compact form leaves out prose, `null` (Kubernetes reads it as absent, see `validation`), and
    `additionalProperties: false`, which is meant wherever there are `properties`.
    """
    folder = _package_folder()
    if folder is None:
        msg = "the package kubernetes-validate is not installed"
        raise UsageError(msg)
    path = folder / f"v1.{minor}.0-local-strict" / "_definitions.json"
    original = json.loads(path.read_text(encoding="utf-8"))["$defs"]
    compact = {short_name(name): _compact(schema) for name, schema in original.items()}
    roots = [{"$ref": f"#/$defs/{package}.{kind}"} for package, kinds in KINDS.values() for kind in kinds]
    return dict(sorted(reachable(roots, compact).items()))


def short_name(name: str) -> str:
    """Shorten a definition's name: `io.k8s.api.core.v1.ServicePort` is `core.v1.ServicePort`."""
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name


def build() -> dict[str, Any]:
    """Return the content of our file: for each definition, its forms with the minor release in which each begins."""
    minors = packaged_minors()
    by_minor = {minor: extract(minor) for minor in minors}
    names = sorted({name for found in by_minor.values() for name in found})
    forms: dict[str, list[list[Any]]] = {name: [] for name in names}
    for minor, found in by_minor.items():
        for name in names:
            if (forms[name][-1][1] if forms[name] else None) != found.get(name):
                forms[name].append([minor, found.get(name)])
    return {"first": minors[0], "last": minors[-1], "definitions": forms}


@lru_cache(maxsize=1)
def _shipped() -> dict[str, Any]:
    content: dict[str, Any] = read_json("schemas", "kubernetes.json")
    return content


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


def _compact_properties(properties: dict[str, dict[str, Any]]) -> Definitions:
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
