"""Knows which resources the API server refuses for their shape: unknown fields, missing ones, values of the wrong type."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from k8slblint import schema
from k8slblint.loading import kubernetes_schemas
from k8slblint.loading.kubernetes_schemas import Definitions
from k8slblint.model.placeholders import has_placeholder, parts_of
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence, Problem, Undecided
from k8slblint.schema import SchemaError, Validator
from k8slblint.shipped import read_json

_CUSTOM_KINDS = {
    "gateway.networking.k8s.io": (
        "gateway-api.json",
        (
            *("Gateway", "GatewayClass", "ListenerSet", "ReferenceGrant", "BackendTLSPolicy"),
            *("GRPCRoute", "HTTPRoute", "TCPRoute", "TLSRoute", "UDPRoute"),
        ),
    ),
    "gateway.networking.x-k8s.io": ("gateway-api.json", ("XListenerSet",)),
    "metallb.io": (
        "metallb.json",
        ("BFDProfile", "BGPAdvertisement", "BGPPeer", "Community", "IPAddressPool", "L2Advertisement"),
    ),
}

VALIDATED_KINDS = frozenset(
    f"{kind}.{group}" if group else kind
    for group, kinds in (
        *((api_version.rpartition("/")[0], kinds) for api_version, (_, kinds) in kubernetes_schemas.KINDS.items()),
        *((group, kinds) for group, (_, kinds) in _CUSTOM_KINDS.items()),
    )
    for kind in kinds
)
"""The kinds that `validate` knows, as `Kind` or `Kind.group`; versions of them that it does not know are passed over."""

_TEXT_MAPS = {"annotations": "annotation", "labels": "label"}
_REFUSED = "The API server refuses the object."
_DROPPED = "kubectl and strict clients refuse the object, others drop the field without a word"


def nearest_version(version: str | None) -> str:
    """Return the Kubernetes release (`1.31`) whose schemas stand for `version`; the newest one for None."""
    return f"1.{kubernetes_schemas.nearest_minor(version)}"


def validate(resource: Resource, version: str | None = None) -> Iterator[Problem | Undecided]:
    """Yield what does not fit the schema of the resource's kind in a Kubernetes release (`1.31`, `1.31.4`; None if unknown).

    With None a field counts as known when some release has it. `null` is absent, as for the API server; `status` is not looked
    at; a value that holds a placeholder is unknown. What looks like a patch that some tool applies may lack anything: that is
    said with low confidence. Kinds of `VALIDATED_KINDS` only; other versions of them are passed over.
    Sources: Kubernetes OpenAPI by kubernetes-validate 1.37, "Server Side Field Validation" for unknown fields.
    """
    minor = kubernetes_schemas.nearest_minor(version)
    validator = _validator(resource.api_version, resource.kind, minor)
    if validator is None:
        return
    try:
        errors = validator.errors(resource.value)
    except schema.TooDeeplyNestedError:
        yield Undecided((), "some values are nested too deeply to be held against a schema")
        return
    names = (resource.get("metadata", "name"), resource.get("metadata", "generateName"))
    has_name = any(name not in (None, "") for name in names) or has_placeholder(resource.get("metadata", default={}))
    if (has_name and not errors) or _has_directive(resource.value):
        return
    if not has_name:
        yield Problem(("metadata",), f"{resource.kind} has neither metadata.name nor metadata.generateName. {_REFUSED}", at="key")
    for error in errors:
        if not (_rests_on_placeholder(error) or _is_foreign(error)):
            yield from _problem(resource, error, version, minor)


def _problem(resource: Resource, error: SchemaError, version: str | None, minor: int) -> Iterator[Problem]:
    message = f"{resource.kind} {error.message.removeprefix('it ')}" if not error.path else error.message
    if error.keyword == "additionalProperties":
        releases = kubernetes_schemas.releases_with(error.definition, error.field)
        if not releases:
            yield Problem(error.path, f"{message.removesuffix('.')}: {_DROPPED}.", at="key")
        elif version is not None:
            span = f"1.{releases[0]} to 1.{releases[-1]}"
            yield Problem(error.path, f"{message.removesuffix('.')} in Kubernetes 1.{minor}, only in {span}: {_DROPPED}.", at="key")
    elif error.keyword == "type" and len(error.path) > 2 and error.path[-3] == "metadata" and error.path[-2] in _TEXT_MAPS:  # noqa: PLR2004
        yield Problem(error.path, _not_text(str(error.path[-2]), str(error.path[-1]), error.value))
    else:
        yield Problem(error.path, f"{message} {_REFUSED}", confidence=_confidence(resource, error))


def _not_text(text_map: str, key: str, value: object) -> str:
    what = schema.describe(value)
    return f"{_TEXT_MAPS[text_map]} '{key}' is {what}; Kubernetes accepts only text and refuses the whole object: write it in quotes."


def _confidence(resource: Resource, error: SchemaError) -> Confidence:
    is_missing = error.keyword == "required" or error.value is None
    return "low" if is_missing and _looks_partial(resource) else "high"


def _looks_partial(resource: Resource) -> bool:
    """Tell whether this may be a patch, or the base of one: no `spec`, no containers, or an apps workload without selector.

    A patch is not always named by a kustomization (`kubectl patch`, Argo CD, Helm post-renderers), and kustomize adds the
    selector of a base by its `commonLabels`.
    """
    template = resource.pod_template
    if template is None:
        return not resource.mapping("spec")
    has_containers = isinstance(template.get("spec"), dict) and bool(template["spec"].get("containers"))
    return not has_containers or (resource.group == "apps" and not resource.mapping("spec", "selector"))


def _rests_on_placeholder(error: SchemaError) -> bool:
    if error.keyword == "additionalProperties":
        return has_placeholder(error.field)
    if error.keyword == "required":
        return isinstance(error.value, dict) and has_placeholder(list(error.value))
    return has_placeholder(error.value) or _is_fill_in(error.value)


def _is_fill_in(value: object) -> bool:
    """Tell whether a value of the wrong type is a blank of some template: `<service-port>`, `{NAME}` (which YAML reads as a mapping)."""
    if isinstance(value, dict):
        return len(value) == 1 and None in value.values()
    return isinstance(value, str) and value.startswith("<") and value.endswith(">")


def _is_foreign(error: SchemaError) -> bool:
    """Tell whether a tool put the field beside the object and takes it away before applying: SOPS writes `sops`."""
    return error.path == ("sops",)


def _has_directive(value: object) -> bool:
    """Tell whether a strategic merge patch speaks: `$patch`, `$retainKeys`, `$deleteFromPrimitiveList/...` (kustomize 5)."""
    return any(isinstance(part, dict) and any(key.startswith("$") for key in part) for part in parts_of(value))


@lru_cache(maxsize=256)
def _validator(api_version: str, kind: str, minor: int) -> Validator | None:
    name = kubernetes_schemas.definition_name(api_version, kind)
    if name is not None:
        return _compiled(name, kubernetes_schemas.definitions(minor))
    group = api_version.rpartition("/")[0]
    file_name, kinds = _CUSTOM_KINDS.get(group, ("", ()))
    if kind not in kinds:
        return None
    content = _custom_schemas(file_name)
    name = content["kinds"].get(f"{api_version}/{kind}")
    return None if name is None else _compiled(name, content["definitions"])


@lru_cache(maxsize=4)
def _custom_schemas(file_name: str) -> dict[str, Any]:
    content: dict[str, Any] = read_json("schemas", "crds", file_name)
    return content


def _compiled(name: str, definitions: Definitions) -> Validator:
    root = {"$ref": f"#/$defs/{name}"}
    needed = schema.reachable(root, definitions)
    return Validator({**root, "$defs": {known: _as_served(definition) for known, definition in needed.items()}})


def _as_served(compact: dict[str, Any]) -> dict[str, Any]:
    """Spell out what the compact form leaves unsaid: `null` counts as absent, and `properties` are all there are.

    A required member must not be null, since that is to lack it. The API server drops nulls of custom resources too
    (Kubernetes, "Custom Resources: Defaulting and Nullable").
    """
    served = {key: member for key, member in compact.items() if key not in ("properties", "items", "additionalProperties")}
    _allow_null(served)
    for key in ("items", "additionalProperties"):
        if isinstance(compact.get(key), dict):
            served[key] = _as_served(compact[key])
    if "properties" in compact:
        required = compact.get("required", ())
        members = {name: _as_served(member) for name, member in compact["properties"].items()}
        for name in required:
            members[name] = _forbid_null(members[name])
        served["properties"] = members
        served["additionalProperties"] = False
    return served


def _allow_null(served: dict[str, Any]) -> None:
    if "type" in served:
        served["type"] = [*([served["type"]] if isinstance(served["type"], str) else served["type"]), "null"]
    if "enum" in served:
        served["enum"] = [*served["enum"], None]


def _forbid_null(served: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in served:
        return {**served, "not": {"type": "null"}}
    return {**served, "type": [name for name in served["type"] if name != "null"]}
