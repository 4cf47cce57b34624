"""Which custom kinds the CustomResourceDefinitions of a tree declare, and their schemas."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache, partial
from typing import Any

from k8slblint import documents
from k8slblint.documents import BrokenDocument, Chunk
from k8slblint.loading import kubernetes_schemas
from k8slblint.loading.crd_text import UnusualTextError, read_definition
from k8slblint.loading.validation import as_served
from k8slblint.model.definitions import CustomDefinition
from k8slblint.schema import Validator, reachable

CRD = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")
"""The apiVersion and kind whose schemas are read; v1beta1 is served by no release since 1.22."""

_GROUP = r"""\n {2}group:[ \t]+["']?([\w.-]+)["']?[ \t]*(?=\n)"""
_KIND = r"""\n {2}names:[ \t]*+(?:\n {4,}+[^\n]*+)*?\n {4}kind:[ \t]++["']?(\w++)["']?[ \t]*+(?=\n)"""
"""The kind of a definition in its usual form; nothing that a part has taken is given back, or blanks would match in many ways."""

_OF_GATEWAY_API = "gateway.networking."
"""In the text of every definition of Gateway API: `gateway-rejected` asks for those, whatever else is validated."""

_DEEPEST = 100
_METADATA = "apis.meta.v1.ObjectMeta"
_OPEN = "x-kubernetes-preserve-unknown-fields"
_IDENTITY: dict[str, Any] = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
_NUMBERS = frozenset({"minimum", "maximum"})
_SIZES = frozenset({"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"})
_LARGEST = 1 << 63
_TYPES = frozenset({"object", "array", "string", "integer", "number", "boolean"})


class CustomKinds:
    """The custom kinds that a tree declares; a definition counts for the project it stands in, and is read when it is needed."""

    def __init__(self) -> None:
        self._declared: dict[tuple[str, str, str], list[tuple[str, Chunk]]] = defaultdict(list)
        self.of_gateway_api: list[CustomDefinition] = []
        self.given: list[tuple[Chunk, str, str]] = []

    def declare(self, chunk: Chunk, project: str, path: str) -> None:
        """Take note of a CustomResourceDefinition."""
        self.given.append((chunk, project, path))
        group, kind = _names(chunk)
        if group and kind:
            self._declared[project, group, kind].append((path, chunk))
            if is_of_gateway_api(chunk):
                self.of_gateway_api.append(CustomDefinition(group, kind, path, chunk.text, cache(partial(_value, chunk))))

    def are_declared(self, project: str, api_version: str, kind: str) -> bool:
        """Tell whether a project declares a kind, in whatever version."""
        return (project, api_version.rpartition("/")[0], kind) in self._declared

    def validators(self, project: str, api_version: str, kind: str, values: Sequence[Any]) -> list[tuple[str, Validator]]:
        """Return what each definition of the project says about objects of a kind, with its path.

        `values` must be all the objects that will be asked about.
        """
        group, _, version = api_version.rpartition("/")
        found = self._declared.get((project, group, kind), ())
        return [(path, _validator(schema)) for path, chunk in found for schema in _schemas(_read(chunk, values), kind, version)]


def is_of_gateway_api(chunk: Chunk) -> bool:
    """Tell whether a definition may be one of Gateway API."""
    return _OF_GATEWAY_API in chunk.text


def compact(schema: Any, depth: int = 0) -> dict[str, Any]:
    """Return a structural schema in the compact form of ours, without prose, patterns, formats, CEL rules and junctors.

    Fields that the schema does not name are pruned by the API server, unless it says `x-kubernetes-preserve-unknown-fields`.
    What is required and has a default is never missing. Source: Kubernetes 1.37, "Extend the Kubernetes API with
    CustomResourceDefinitions": pruning, defaulting, int or string, RawExtension. What no server would accept is left open.
    """
    if not isinstance(schema, dict) or not schema or depth > _DEEPEST:
        return {}
    if schema.get("x-kubernetes-int-or-string") is True:
        return {"type": ["integer", "string"]}
    members = schema.get("properties")
    members = members if isinstance(members, dict) else {}
    kept = dict(_plain_keywords(schema, members))
    if schema.get("type") == "array":
        kept["items"] = compact(schema.get("items"), depth + 1)
    if schema.get("type") == "object":
        kept |= _object(schema, members, depth)
    return kept


def _object(schema: dict[str, Any], members: dict[str, Any], depth: int) -> dict[str, Any]:
    others = schema.get("additionalProperties")
    if isinstance(others, dict):
        return {"additionalProperties": compact(others, depth + 1)}
    properties = {name: compact(member, depth + 1) for name, member in members.items()}
    if schema.get("x-kubernetes-embedded-resource") is True:
        properties |= {**_IDENTITY, "metadata": {"type": "object"}}
    return {"properties": properties, **({"additionalProperties": True} if others is True or schema.get(_OPEN) is True else {})}


def _plain_keywords(schema: dict[str, Any], members: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    if isinstance(schema.get("type"), str) and schema["type"] in _TYPES:
        yield "type", [schema["type"], "null"] if schema.get("nullable") is True else schema["type"]
    for keyword, argument in schema.items():
        is_number = isinstance(argument, int | float) and not isinstance(argument, bool) and abs(argument) < _LARGEST
        if (keyword in _NUMBERS and is_number) or (keyword in _SIZES and is_number and isinstance(argument, int) and argument >= 0):
            yield keyword, argument
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        yield "enum", schema["enum"]
    required = schema.get("required")
    if isinstance(required, list) and schema.get("type") == "object":
        defaulted = {name for name, member in members.items() if isinstance(member, dict) and "default" in member}
        names = [name for name in required if isinstance(name, str) and name in members and name not in defaulted]
        if names:
            yield "required", names


def _names(chunk: Chunk) -> tuple[str | None, str | None]:
    """Return the group and the kind that a definition declares."""
    group, kind = (None, None) if chunk.is_json else (re.search(_GROUP, chunk.text), re.search(_KIND, chunk.text))
    if group and kind:
        return group[1], kind[1]
    spec = _member(_value(chunk), "spec")
    found = _member(spec, "group"), _member(_member(spec, "names"), "kind")
    return (found[0], found[1]) if isinstance(found[0], str) and isinstance(found[1], str) else (None, None)


def _read(chunk: Chunk, values: Sequence[Any]) -> Any:
    if chunk.is_json:
        return _value(chunk)
    try:
        return read_definition(chunk, values)
    except (BrokenDocument, UnusualTextError):
        return _value(chunk)


def _value(chunk: Chunk) -> Any:
    try:
        return documents.parse(chunk).root.value
    except BrokenDocument:
        return None


def _schemas(definition: Any, kind: str, version: str) -> Iterator[dict[str, Any]]:
    """Yield the schema of a served version of a definition, as that of a whole object."""
    spec = _member(definition, "spec")
    versions = _member(spec, "versions")
    for one in versions if isinstance(versions, list) else ():
        given = _member(_member(one, "schema"), "openAPIV3Schema")
        is_served = _member(one, "name") == version and _member(one, "served") is True
        is_pruned = _member(spec, "preserveUnknownFields") is not True
        if is_served and is_pruned and isinstance(given, dict) and _member(_member(spec, "names"), "kind") == kind:
            schema = compact(given)
            if "properties" in schema:
                metadata = {"$ref": f"#/$defs/{_METADATA}"}
                yield {**schema, "properties": {**schema["properties"], **_IDENTITY, "metadata": metadata, "status": {}}}


def _validator(schema: dict[str, Any]) -> Validator:
    return Validator(as_served(schema), _metadata())


@lru_cache(maxsize=1)
def _metadata() -> dict[str, dict[str, Any]]:
    newest = kubernetes_schemas.definitions(kubernetes_schemas.nearest_minor(None))
    metadata = reachable({"$ref": f"#/$defs/{_METADATA}"}, newest)
    return {name: as_served(part) for name, part in metadata.items()}


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None
