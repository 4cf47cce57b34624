"""Which resources the API server refuses for their shape: unknown fields, missing ones, values of the wrong type."""

from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import Any

from k8slblint import schema
from k8slblint.loading import kubernetes_schemas
from k8slblint.loading.kubernetes_schemas import Definitions
from k8slblint.loading.served_versions import CUSTOM_FILES, kind_meant, removed, served_instead
from k8slblint.model.definitions import GATEWAY_GROUPS
from k8slblint.model.location import Path, format_path
from k8slblint.model.placeholders import has_placeholder, is_blank, parts_of
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Cause, Confidence, Problem, RelatedPlace, Undecided
from k8slblint.model.texts import listed, middle, quoted
from k8slblint.schema import SchemaError, Validator
from k8slblint.shipped import read_json

_TEXT_MAPS = {"annotations": "an annotation", "labels": "a label"}
_DATA: dict[str, tuple[Path, ...]] = {"ConfigMap": (("data",),), "Secret": (("data",), ("stringData",))}
"""Where objects hold texts by names of their own."""

_STUB = 3
"""So many missing fields of one mapping make a patch of it, or a stub that someone fills in."""

_REFUSED = "The API server refuses the object."
_IDENTITY = frozenset({"apiVersion", "kind", "metadata", "sops"})
_DROPPED = "Strict clients such as kubectl refuse the object; others silently drop the field."


def nearest_version(version: str | None) -> str:
    """Return the Kubernetes release (`1.31`) whose schemas stand for `version`; the newest one for None."""
    return f"1.{kubernetes_schemas.nearest_minor(version)}"


class Declared(NamedTuple):
    """What CustomResourceDefinitions of the tree say about a kind; `path` is where the first of them stands.

    `is_near` tells that one of them stands above or beside the object, so that it is surely the one that the cluster has.
    """

    validators: tuple[Validator, ...]
    path: str
    is_near: bool


def validate(
    resource: Resource, version: str | None = None, declared: Declared | None = None, completed: Callable[[], Container[str]] = frozenset
) -> Iterator[Problem | Undecided]:
    """Yield what does not fit the schema of the resource's kind in a Kubernetes release (`1.31`, `1.31.4`; None if unknown).

    Where several schemas may be the one of the cluster (ours, and those `declared` in the tree), only what all of them refuse is
    said; a kind without any is passed over, and of those of Gateway API all but the metadata is. A definition elsewhere in the tree may
    be older than the one that is installed: what only it does not know, and what is no slip of the pen, has low confidence.
    With None a field counts as known when some release has it. `null` is absent, as for the API server; `status` is not looked
    at; a value that holds a placeholder is unknown. What looks like a patch that some tool applies may lack anything, and so may what
    is in a file of those `completed` by others: that is said with low confidence.
    Sources: Kubernetes OpenAPI by kubernetes-validate 1.37, "Server Side Field Validation" for unknown fields.
    """
    refusal = _refused_kind(resource, version)
    if refusal:
        yield refusal
        return
    shipped = shipped_validators(resource.api_version, resource.kind, version)
    validators = (*shipped, *(declared.validators if declared else ()))
    if not validators:
        yield from _misspelt_kind(resource) or _in_wrong_version(resource) or _in_removed_version(resource, version)
        return
    try:
        errors = _common_errors(resource.value, validators)
    except schema.TooDeeplyNestedError:
        yield Undecided((), "some values are nested too deeply to be checked against a schema")
        return
    is_named = has_name(resource.value) or has_placeholder(resource.get("metadata", default={}))
    if (is_named and not errors) or _has_directive(resource.value):
        return
    if not is_named:
        confidence: Confidence = "high" if shipped else "low"  # files of custom kinds may be for a program that needs no name, as istioctl
        help_ = "Set `metadata.name`."
        yield Problem(
            ("metadata",), f"{resource.kind} has no name", "no `name`, no `generateName`", _REFUSED, help_, at="key", confidence=confidence
        )
    declared = None if shipped else declared
    stubs = {path for path, count in Counter(error.path for error in errors if error.keyword == "required").items() if count >= _STUB}
    problems: list[Problem] = []
    for error in errors:
        if _rests_on_placeholder(error, resource) or _is_foreign(error):
            continue
        if declared and error.keyword == "additionalProperties":
            problems.append(_undeclared(resource, error, declared))
        else:
            is_partial = error.path in stubs or _looks_partial(resource) or (error.keyword == "required" and resource.path in completed())
            problems.extend(_problem(resource, error, version, is_partial=is_partial))
    yield from _strangers_together(resource, problems)


def _strangers_together(resource: Resource, problems: Sequence[Problem]) -> Iterator[Problem]:
    """Yield the problems, made one where fields of one mapping, or of the elements of one list, are unknown for the same reason."""
    strangers: dict[object, list[Problem]] = {}
    for one in problems:
        strangers.setdefault(_slip(one), []).append(one)
    for one in problems:
        first, *others = strangers[_slip(one)]
        if one is first:
            yield _with_cause(resource, _with_others(resource, first, others) if others else first)


def _with_cause(resource: Resource, problem: Problem) -> Problem:
    """Return what is said of the fields of an object, with what it has in common with others: one mistake is often copied."""
    _, has, said = problem.headline.partition(f"{resource.id} has ")
    return problem._replace(cause=Cause.of_alike(resource, f"have {said}", problem.help)) if has and problem.at == "key" else problem


_QUOTE_IT = "Write the value in quotes."


def _slip(problem: Problem) -> object:
    """Return what mistakes have in common: values of one mapping without quotes, fields that lack one parent or are misspelt alike."""
    if problem.help == _QUOTE_IT:
        return problem.path[:-1], _QUOTE_IT
    if problem.at != "key" or len(problem.path) < 2:  # noqa: PLR2004
        return problem.path, problem.headline
    parent = tuple("" if isinstance(part, int) else part for part in problem.path[:-1])
    return parent, problem.confidence, problem.label


def _with_others(resource: Resource, first: Problem, others: Sequence[Problem]) -> Problem:
    if first.help == _QUOTE_IT:
        texts = str(first.path[-2])
        plural = f"{len(others) + 1} {texts if texts in _TEXT_MAPS else f'values in `{texts}`'} that are not text"
        related = tuple(RelatedPlace(resource, one.path, f"This {one.label}.") for one in others[:_SHOWN])
        return first._replace(headline=f"{resource.id} has {plural}", help="Write the values in quotes.", related=related)
    names = dict.fromkeys(str(one.path[-1]) for one in (first, *others))
    related = tuple(RelatedPlace(resource, one.path, "Not a known field either.", "key") for one in others[:_SHOWN])
    if len(names) == 1:
        return first._replace(
            headline=f"{first.headline} {len(others) + 1} times", help=first.help.replace(" the field", " each"), related=related
        )
    place = middle(format_path(_common_parent([one.path for one in (first, *others)])) or "its root", _LONGEST_PLACE)
    if first.label.startswith("did you mean "):  # all of them are in place of one field, as those of an earlier version are
        return first._replace(headline=f"{resource.id} has {len(others) + 1} unknown fields in `{place}`", related=related)
    if first.label != schema.NOT_KNOWN:
        related = tuple(RelatedPlace(resource, one.path, "Is misplaced too.", "key") for one in others[:_SHOWN])
        headline = f"{resource.id} has {len(others) + 1} misplaced fields in `{place}`"
        return first._replace(headline=headline, help=first.help.replace("Move it ", "Move them "), related=related)
    return first._replace(
        headline=f"{resource.id} has {len(others) + 1} unknown fields in `{place}`",
        label=middle(f"not a known field, nor {listed(list(names)[1:], 'or', 2)}", _LONGEST_LABEL),
        help="Remove the fields, or move them to where they belong.",
        related=related,
    )


def _common_parent(paths: Sequence[Path]) -> Path:
    """Return the mapping that has all fields, or the list whose elements have them."""
    parents = {path[:-1] for path in paths}
    first = next(iter(parents))
    return first if len(parents) == 1 else tuple(takewhile(lambda part: not isinstance(part, int), first))


_LONGEST_PLACE = 24
_LONGEST_LABEL = 58
_SHOWN = 5


def is_sound(value: object, api_version: str, kind: str, version: str | None) -> bool:
    """Tell whether an object of a kind that we have a schema for fits it, in a Kubernetes release."""
    return fits(value, shipped_validators(api_version, kind, version)) and not _not_served(api_version, kind, version)


def fits(value: object, validators: Sequence[Validator]) -> bool:
    """Tell whether `validate` has surely nothing to say about an object; the cheapest question."""
    try:
        return has_name(value) and any(validator.is_valid(value) for validator in validators)
    except ValueError:  # all that jsonschema-rs raises for a value
        return False


def has_name(value: object) -> bool:
    """Tell whether an object has a name, or asks for one to be generated."""
    metadata = value.get("metadata") if isinstance(value, dict) else None
    return isinstance(metadata, dict) and any(metadata.get(key) not in (None, "") for key in ("name", "generateName"))


@lru_cache(maxsize=512)
def shipped_validators(api_version: str, kind: str, version: str | None) -> tuple[Validator, ...]:
    """Return what our schemas say about a kind in a Kubernetes release; nothing about a kind that they do not know.

    With None it is the newest release that has the kind.
    """
    name = kubernetes_schemas.definition_name(api_version, kind)
    if name is None:
        return _custom_validators(api_version, kind)
    minor = kubernetes_schemas.nearest_minor(version)
    releases = kubernetes_schemas.releases_of(name)
    if minor not in releases and minor <= kubernetes_schemas.shipped_minors()[-1]:
        minor = releases[-1] if version is None else min(releases, key=lambda other: abs(other - minor))
    return (Validator({"$ref": f"#/$defs/{name}"}, _served_release(minor)),)


def _custom_validators(api_version: str, kind: str) -> tuple[Validator, ...]:
    file_name = CUSTOM_FILES.get(api_version.rpartition("/")[0])
    if file_name is None:
        return ()
    content = _custom_schemas(file_name)
    name = content["kinds"].get(f"{api_version}/{kind}")
    return () if name is None else (Validator({"$ref": f"#/$defs/{name}"}, _Served(content["definitions"])),)


def _refused_kind(resource: Resource, version: str | None) -> Problem | None:
    served = _not_served(resource.api_version, resource.kind, version)
    if not served:
        return None
    headline = f"{resource.id} is of a kind that Kubernetes 1.{kubernetes_schemas.stated_minor(version)} does not have"
    help_ = "Use an `apiVersion` that this release has."
    return Problem(("apiVersion",), headline, f"only in Kubernetes {served}", _REFUSED, help_)


def _not_served(api_version: str, kind: str, version: str | None) -> str:
    """Return the releases that have a kind which the stated one does not have, or `""`."""
    name = kubernetes_schemas.definition_name(api_version, kind) if version else None
    if name is None:
        return ""
    minor = kubernetes_schemas.stated_minor(version)
    releases = kubernetes_schemas.releases_of(name)
    if minor in releases or minor not in kubernetes_schemas.shipped_minors():
        return ""
    return f"1.{releases[0]} to 1.{releases[-1]}"


def _in_wrong_version(resource: Resource) -> list[Problem]:
    served = served_instead(resource.api_version, resource.kind)
    if not served:
        return []
    fault = f"{resource.id} is of a kind that {resource.api_version} does not have"
    where = "in this version" if resource.group not in GATEWAY_GROUPS else "in this API group"
    why = f"No release serves {resource.kind} {where}. {_REFUSED}"
    return [Problem(("apiVersion",), fault, f"did you mean {served[0]}?", why, f"Write `apiVersion: {served[0]}`.")]


def _in_removed_version(resource: Resource, version: str | None) -> list[Problem]:
    """Return the problem of a version that releases had once: a warning where the release is not known, for it may be one of those."""
    gone = removed(resource.api_version, resource.kind)
    minor = kubernetes_schemas.stated_minor(version)
    if gone is None or (minor is not None and minor < gone.since):
        return []
    fault = f"{resource.id} is of a version that Kubernetes 1.{gone.since} removed"
    server = f"Kubernetes 1.{gone.since} and later do" if minor is None else f"Kubernetes 1.{minor} does"
    why = f"{server} not serve {resource.kind} in {resource.api_version}, so the API server refuses the object."
    help_ = f"Write `apiVersion: {gone.served}`, and the fields that this version has."
    cause = Cause.of_alike(resource, f"are of versions that Kubernetes 1.{gone.since} removed", help_)
    sure = Problem(("apiVersion",), fault, f"served as {gone.served}", why, help_, cause=cause)
    return [sure if minor is not None else sure._replace(severity="warning", confidence="medium")]


def _misspelt_kind(resource: Resource) -> list[Problem]:
    meant = kind_meant(resource.api_version, resource.kind)
    if not meant:
        return []
    owner = "Gateway API" if resource.group in GATEWAY_GROUPS else "Kubernetes"
    why = f"{owner} has no kind {quoted(resource.kind)} in {resource.api_version}. {_REFUSED}"
    return [Problem(("kind",), f"{resource.id} has a misspelt kind", f"did you mean {meant}?", why, f"Write `kind: {meant}`.")]


def _common_errors(value: object, validators: Sequence[Validator]) -> list[SchemaError]:
    """Return the errors that all schemas find, in the words of the first."""
    first, *others = (validator.errors(value) for validator in validators)
    also = [{(error.path, error.keyword) for error in found} for found in others]
    return [error for error in first if all((error.path, error.keyword) in found for found in also)]


def _problem(resource: Resource, error: SchemaError, version: str | None, *, is_partial: bool) -> Iterator[Problem]:
    what = f"{resource.id} {error.fault}"
    if error.keyword == "additionalProperties":
        releases = kubernetes_schemas.releases_with(error.definition, error.field)
        if not releases:
            yield Problem(error.path, what, error.label, _DROPPED, error.help, at="key")
        elif version is not None:
            fault = f"{resource.id} has a field that Kubernetes {nearest_version(version)} does not have"
            label = f"only in Kubernetes 1.{releases[0]} to 1.{releases[-1]}"
            yield Problem(error.path, fault, label, _DROPPED, "Remove the field, or upgrade the cluster.", at="key")
    elif error.keyword == "type" and len(error.path) > 2 and error.path[-3] == "metadata" and error.path[-2] in _TEXT_MAPS:  # noqa: PLR2004
        what = f"{resource.id} has {_TEXT_MAPS[str(error.path[-2])]} that is not text"
        why = "Kubernetes accepts only text there and refuses the whole object."
        yield Problem(error.path, what, f"is {schema.describe(error.value)}", why, _QUOTE_IT)
    elif error.keyword == "type" and error.path[:-1] in _DATA.get(resource.kind, ()) and isinstance(error.value, bool | int | float):
        yield Problem(error.path, what, error.label, _REFUSED, _QUOTE_IT)
    else:
        confidence = _confidence(error, is_partial=is_partial)
        yield Problem(error.path, what, error.label, _REFUSED, error.help, confidence=confidence)


def _undeclared(resource: Resource, error: SchemaError, declared: Declared) -> Problem:
    why = f"The definition in {declared.path} does not have it. {_DROPPED}"
    is_slip = bool(error.suggestion) or error.is_misplaced
    confidence: Confidence = "high" if is_slip or declared.is_near else "low"
    return Problem(error.path, f"{resource.id} {error.fault}", error.label, why, error.help, at="key", confidence=confidence)


def _confidence(error: SchemaError, *, is_partial: bool) -> Confidence:
    is_missing = error.keyword == "required" or error.value is None
    return "low" if is_missing and is_partial else "high"


_HELM_RELEASE = "HelmRelease.helm.toolkit.fluxcd.io"
"""Source: Flux 2.9, helm-controller api/v2 (`HelmReleaseSpec`: one of `chart` and `chartRef` is required)."""


def _looks_partial(resource: Resource) -> bool:
    """Tell whether this may be a patch, or the base of one: nothing in it, no containers, or an apps workload without selector.

    A patch is not always named by a kustomization (`kubectl patch`, Argo CD, Helm post-renderers), and kustomize adds the
    selector of a base by its `commonLabels`, and then the labels of its Pods too. A HelmRelease without a chart deploys nothing.
    """
    if resource.type_name == _HELM_RELEASE:
        return not resource.get("spec", "chart", "spec", "chart") and not resource.get("spec", "chartRef")
    template = resource.pod_template
    if template is None:
        return not any(value for key, value in resource.value.items() if key not in _IDENTITY)
    containers = template["spec"].get("containers") if isinstance(template.get("spec"), dict) else None
    if not containers or (resource.group != "apps" or resource.mapping("spec", "selector")):
        return not containers
    labels = template["metadata"].get("labels") if isinstance(template.get("metadata"), dict) else None
    has_images = isinstance(containers, list) and all(isinstance(one, dict) and one.get("image") for one in containers)
    return not labels or not has_images


def _rests_on_placeholder(error: SchemaError, resource: Resource) -> bool:
    if error.keyword == "additionalProperties":
        return has_placeholder(error.field) or (is_blank(error.field) and resource.get(*error.path) in (None, ""))
    if error.keyword == "required":
        return isinstance(error.value, dict) and has_placeholder(list(error.value))
    return has_placeholder(error.value) or is_blank(error.value)


def _is_foreign(error: SchemaError) -> bool:
    """Tell whether a tool put the field beside the object and takes it away before applying: SOPS writes `sops`."""
    return error.path == ("sops",)


def _has_directive(value: object) -> bool:
    """Tell whether a strategic merge patch speaks: `$patch`, `$retainKeys`, `$deleteFromPrimitiveList/...` (kustomize 5)."""
    return any(isinstance(part, dict) and any(key.startswith("$") for key in part) for part in parts_of(value))


@lru_cache(maxsize=4)
def _custom_schemas(file_name: str) -> dict[str, Any]:
    content: dict[str, Any] = read_json("schemas", "crds", file_name)
    return content


@lru_cache(maxsize=8)
def _served_release(minor: int) -> "_Served":
    return _Served(kubernetes_schemas.definitions(minor))


class _Served(Mapping[str, dict[str, Any]]):
    """Definitions as the API server applies them, made of the compact ones when they are asked for."""

    def __init__(self, compact: Definitions) -> None:
        self._compact = compact
        self._made: dict[str, dict[str, Any]] = {}

    def __getitem__(self, name: str) -> dict[str, Any]:
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = as_served(self._compact[name])
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(self._compact)

    def __len__(self) -> int:
        return len(self._compact)


def as_served(compact: dict[str, Any]) -> dict[str, Any]:
    """Spell out what the compact form leaves unsaid: `null` counts as absent, and `properties` are all there are.

    With `additionalProperties: true` beside them they are not.

    A required member must not be null, since that is to lack it, unless its type says so. The API server drops nulls of custom
    resources too (Kubernetes, "Custom Resources: Defaulting and Nullable").
    """
    if not compact:
        return {}
    served = {key: member for key, member in compact.items() if key not in ("properties", "items", "additionalProperties")}
    _allow_null(served)
    for key in ("items", "additionalProperties"):
        if isinstance(compact.get(key), dict):
            served[key] = as_served(compact[key])
    if "properties" in compact:
        required = compact.get("required", ())
        members = {name: as_served(member) for name, member in compact["properties"].items()}
        for name in required:
            if "null" not in compact["properties"][name].get("type", ()):
                members[name] = _forbid_null(members[name])
        served["properties"] = members
        served["additionalProperties"] = compact.get("additionalProperties") is True
    return served


def _allow_null(served: dict[str, Any]) -> None:
    if "type" in served:
        names = [served["type"]] if isinstance(served["type"], str) else served["type"]
        served["type"] = [*(name for name in names if name != "null"), "null"]
    if "enum" in served:
        served["enum"] = [*served["enum"], None]


def _forbid_null(served: dict[str, Any]) -> dict[str, Any]:
    if "type" not in served:
        return {**served, "not": {"type": "null"}}
    return {**served, "type": [name for name in served["type"] if name != "null"]}
