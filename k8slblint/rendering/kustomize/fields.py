"""The fields of every file that kustomize takes instructions from, which of them name files, and how such a file is written anew.

kustomize never sees the bytes of such a file: it gets JSON of the value that was read and checked here, with these fields only. Its own
reader folds the case of keys, and not as other programs do, so a field that is not spelt exactly is refused instead of guessed.

Sources: kustomize 5.8 (`sigs.k8s.io/kustomize/api` 0.21.1), `types/kustomization.go` and the types it refers to,
`internal/builtins/*.go` (plug-ins), `internal/plugins/builtinconfig/transformerconfig.go`; Go, `encoding/json/fold.go`.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from k8slblint.model.location import Path

Use: TypeAlias = Literal["resource", "component", "plugin", "patch", "data", "configuration", "schema", "replacements", "targets", "file"]
"""How an entry is read: a file, a folder or a URL (`resource`); a folder or a URL (`component`); the same or the text itself, as the
configuration of a generator, transformer or validator (`plugin`); a file or the text itself (`patch`); a file of any kind of a
generator (`data`); a file of field specifications (`configuration`), of definitions (`schema`), of replacements or of targets of a
plug-in (`replacements`, `targets`); any other file (`file`)."""


class Reference(NamedTuple):
    """One entry that names something: its path in the file, its text, and how it is read."""

    at: Path
    text: str
    use: Use


class FieldProblem(NamedTuple):
    """Why a value is not handed to kustomize: the path of the field, and one sentence without a period."""

    at: Path
    reason: str


class Canonical(NamedTuple):
    """A value with known fields only, what it names, and what is wrong with it, if anything."""

    value: Any
    references: tuple[Reference, ...] = ()
    problem: FieldProblem | None = None


class _Named(NamedTuple):
    """A text that names something; of `KEY=PATH` only the path where `has_key`."""

    use: Use
    has_key: bool = False


class _Each(NamedTuple):
    """A list."""

    of: "_Spec"


class _Fields(NamedTuple):
    """A mapping of known fields; `is_lenient` where kustomize ignores the others."""

    of: "Mapping[str, _Spec]"
    is_lenient: bool = False


_Leaf: TypeAlias = Literal["any", "dropped", "refused"]
"""A value that is handed on as it is (its keys, if any, are free), that changes nothing in what is rendered, or that is never obeyed."""

_Spec: TypeAlias = _Leaf | _Named | _Each | _Fields


def _plain(names: str, **others: _Spec) -> _Fields:
    """Return the fields whose values are handed on as they are, and others."""
    return _Fields({**dict.fromkeys(names.split(), "any"), **others})


_FILE = _Named("file")
_GVK = "group version kind"
_FIELD_SPECS = _Each(_plain(f"{_GVK} path create"))
_SELECTOR = _plain(f"{_GVK} name namespace annotationSelector labelSelector")
_PATCH = _plain("patch", path=_FILE, target=_SELECTOR, options=_plain("allowNameChange allowKindChange"))
_FIELD_OPTIONS = _plain("delimiter index encoding create")
_REPLACEMENT = _plain(
    "sourceValue",
    source=_plain(f"{_GVK} name namespace fieldPath", options=_FIELD_OPTIONS),
    targets=_Each(_plain("fieldPaths", select=_SELECTOR, reject=_Each(_SELECTOR), options=_FIELD_OPTIONS)),
)
_REPLACEMENTS = _Each(_plain("", **_REPLACEMENT.of, path=_Named("replacements")))
_GENERATOR = _plain(
    "namespace name behavior literals",
    files=_Each(_Named("data", has_key=True)),
    envs=_Each(_Named("data")),
    env=_Named("data"),
    options=_plain("labels annotations disableNameSuffixHash immutable"),
)
_SECRET = _plain("type", **_GENERATOR.of)
_IMAGE = _plain("name newName tagSuffix newTag digest")
_REPLICA = _plain("name count")
_SORT_OPTIONS = _plain("order", legacySortOptions=_plain("orderFirst orderLast"))
_HELM_GLOBALS = _plain("chartHome", configHome="dropped")
_HELM_CHART = _plain(
    "name version repo releaseName namespace valuesInline valuesMerge includeCRDs skipHooks apiVersions kubeVersion skipTests",
    additionalValuesFiles=_Each(_FILE),
    valuesFile=_FILE,
    nameTemplate="refused",
    debug="dropped",
    devel="dropped",
)
_OLD_HELM_CHART = _Fields(
    {
        **_plain("chartName chartVersion chartRepoUrl chartHome valuesLocal valuesMerge releaseName").of,
        "values": _FILE,
        **dict.fromkeys(("chartRepoName", "helmBin", "helmHome", "releaseNamespace", "extraArgs"), "dropped"),
    }
)
"""The older form; of what is dropped kustomize reads only `helmHome`, where Helm would look for programs to run."""

KUSTOMIZATION = _plain(
    "apiVersion kind openapi namePrefix nameSuffix namespace commonLabels commonAnnotations buildMetadata",
    metadata=_plain("name namespace labels annotations"),
    labels=_Each(_plain("pairs includeSelectors includeTemplates", fields=_FIELD_SPECS)),
    resources=_Each(_Named("resource")),
    bases=_Each(_Named("resource")),
    components=_Each(_Named("component")),
    crds=_Each(_Named("schema")),
    configurations=_Each(_Named("configuration")),
    generators=_Each(_Named("plugin")),
    transformers=_Each(_Named("plugin")),
    validators=_Each(_Named("plugin")),
    patchesStrategicMerge=_Each(_Named("patch")),
    patches=_Each(_PATCH),
    patchesJson6902=_Each(_PATCH),
    replacements=_REPLACEMENTS,
    configMapGenerator=_Each(_GENERATOR),
    secretGenerator=_Each(_SECRET),
    generatorOptions=_GENERATOR.of["options"],
    images=_Each(_IMAGE),
    imageTags=_Each(_IMAGE),
    replicas=_Each(_REPLICA),
    sortOptions=_SORT_OPTIONS,
    helmGlobals=_HELM_GLOBALS,
    helmCharts=_Each(_HELM_CHART),
    helmChartInflationGenerator=_Each(_OLD_HELM_CHART),
    vars=_Each(_plain("name", objref=_plain(f"apiVersion {_GVK} name namespace"), fieldref=_plain("fieldPath"))),
)
"""A kustomization or a component; the fields that name files stand in the order in which kustomize reads them."""

_OLD_PATCHES = _Fields({**KUSTOMIZATION.of, "patches": KUSTOMIZATION.of["patchesStrategicMerge"]})
"""The same where `patches` are those of kustomize 2."""

_ORDER: Mapping[str, int] = {name.lower(): index for index, name in enumerate(KUSTOMIZATION.of)}

CONFIGURATION = _plain(
    "",
    **dict.fromkeys(
        (
            "namePrefix",
            "nameSuffix",
            "namespace",
            "commonLabels",
            "labels",
            "templateLabels",
            "commonAnnotations",
            "varReference",
            "images",
            "replicas",
        ),
        _FIELD_SPECS,
    ),
    nameReference=_Each(_plain(_GVK, fieldSpecs=_FIELD_SPECS)),
)
"""A file of `configurations`."""


def _lenient(spec: _Spec) -> _Spec:
    """Return the same fields as kustomize reads them in a file of its plug-ins, where it ignores all others."""
    if isinstance(spec, _Each):
        return _Each(_lenient(spec.of))
    if isinstance(spec, _Fields):
        return _Fields({name: _lenient(one) for name, one in spec.of.items()}, is_lenient=True)
    return spec


_TARGETS = _Each(_plain("fieldPath filePathPosition", selector=_SELECTOR))

_LENIENT: Mapping[Use, _Spec] = {"replacements": _lenient(_REPLACEMENT), "targets": _lenient(_plain("", targets=_TARGETS))}

_PLUGINS: Mapping[str, _Fields] = {
    "AnnotationsTransformer": _plain("annotations", fieldSpecs=_FIELD_SPECS),
    "ConfigMapGenerator": _GENERATOR,
    "HashTransformer": _plain(""),
    "HelmChartInflationGenerator": _plain("", **_HELM_GLOBALS.of, **_HELM_CHART.of),
    "IAMPolicyGenerator": _plain("cloud", kubernetesService=_plain("name namespace"), serviceAccount=_plain("name projectId")),
    "ImageTagTransformer": _plain("", imageTag=_IMAGE, fieldSpecs=_FIELD_SPECS),
    "LabelTransformer": _plain("labels", fieldSpecs=_FIELD_SPECS),
    "NamespaceTransformer": _plain("unsetOnly setRoleBindingSubjects", fieldSpecs=_FIELD_SPECS),
    "PatchJson6902Transformer": _plain("jsonOp", target=_SELECTOR, path=_FILE),
    "PatchStrategicMergeTransformer": _plain("patches", paths=_Each(_Named("patch"))),
    "PatchTransformer": _PATCH,
    "PrefixSuffixTransformer": _plain("prefix suffix", fieldSpecs=_FIELD_SPECS),
    "PrefixTransformer": _plain("prefix", fieldSpecs=_FIELD_SPECS),
    "ReplacementTransformer": _plain("", replacements=_REPLACEMENTS),
    "ReplicaCountTransformer": _plain("", replica=_REPLICA, fieldSpecs=_FIELD_SPECS),
    "SecretGenerator": _SECRET,
    "SortOrderTransformer": _plain("", sortOptions=_SORT_OPTIONS),
    "SuffixTransformer": _plain("suffix", fieldSpecs=_FIELD_SPECS),
    "ValueAddTransformer": _plain("value", targets=_TARGETS, targetFilePath=_Named("targets")),
}
"""The plug-ins that are part of kustomize; all others run a program or a container."""

_PLUGIN_HEAD = _plain("apiVersion kind", metadata=_plain("name namespace"))

_SPELLINGS = frozenset({"patchesJSON6902"})
"""Other spellings of fields of the file itself that are common, of fields that nothing but this module reads to decide what may run."""

_FOLDED = {0x17F: "s", 0x212A: "k"}
"""What Go takes for an ASCII letter besides its other case: the long s and the Kelvin sign."""


def fold(key: str) -> str:
    """Return a key as Go's `encoding/json` compares it with the names of fields, which are ASCII."""
    return key.translate(_FOLDED).lower()


def canonical_kustomization(value: Mapping[str, Any]) -> Canonical:
    """Return a kustomization with known fields only, and all that it names.

    `patches` with an entry that is text (`has_text_patches`) is renamed; where `patchesStrategicMerge` is there too, the file is refused.
    """
    is_old = "patchesStrategicMerge" not in value and has_text_patches(value)
    found = _Reading().read(value, _OLD_PATCHES if is_old else KUSTOMIZATION, ())
    if is_old:
        found = found._replace(value={"patchesStrategicMerge" if name == "patches" else name: one for name, one in found.value.items()})
    schema = value.get("openapi")
    path = schema.get("path") if isinstance(schema, dict) else None
    named = [Reference(("openapi", "path"), path, "schema")] if isinstance(path, str) and path else []
    return found._replace(references=tuple(sorted((*found.references, *named), key=lambda one: _ORDER[str(one.at[0]).lower()])))


def has_text_patches(value: Mapping[str, Any]) -> bool:
    """Tell whether an entry of `patches` is text, which made it another name for `patchesStrategicMerge` up to kustomize 4.

    Sources: `api/types/fix.go` of kustomize 4 (`useLegacyPatch`); removed in 5.0.0 (pull request 4911), which kubectl has since 1.27.
    """
    patches = value.get("patches")
    return isinstance(patches, list | tuple) and any(isinstance(one, str) for one in patches)


def canonical_plugin(value: Any) -> Canonical | None:
    """Return the configuration of a plug-in with known fields only; None where it is not one that is part of kustomize."""
    kind = value.get("kind") if isinstance(value, dict) else None
    spec = _PLUGINS.get(kind) if isinstance(kind, str) else None
    if spec is None or value.get("apiVersion") != "builtin":
        return None
    return _Reading().read(value, _lenient(_Fields({**_PLUGIN_HEAD.of, **spec.of})), ())


def canonical_file(value: Any, use: Use) -> Canonical:
    """Return what a file that a kustomization or a plug-in names says, with known fields only; a schema as it is."""
    if use == "schema":
        return Canonical(value)
    if use == "configuration":
        return _Reading().read(value, CONFIGURATION, ()) if value is not None else Canonical({})
    spec = _LENIENT[use]
    if use == "replacements" and isinstance(value, list):
        spec = _Each(spec)
    return _Reading().read(value, spec, ())


def written(values: Iterable[Any]) -> bytes:
    """Write documents so that every reader of YAML or JSON sees the same value.

    Not as ASCII: kustomize refuses pairs of surrogates. Escaped is what YAML does not allow or what breaks lines.

    Raises:
        ValueError: a number that is not finite, or text that is no Unicode.
        RecursionError: it is nested too deep.
    """
    return "\n---\n".join(_ESCAPED.sub(_escape, json.dumps(one, ensure_ascii=False, allow_nan=False)) for one in values).encode()


_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


class _Reading:
    """Holds a value against what is known of it; goes only as deep as that does."""

    def __init__(self) -> None:
        self._references: list[Reference] = []
        self._problem: FieldProblem | None = None

    def read(self, value: Any, spec: _Spec, at: Path) -> Canonical:
        kept = self._value(value, spec, at)
        return Canonical(kept, tuple(self._references), self._problem)

    def _value(self, value: Any, spec: _Spec, at: Path) -> Any:
        if value is None or spec == "any":
            return value
        if isinstance(spec, _Named):
            self._refer(value, spec, at)
            return value
        if isinstance(spec, _Each):
            if isinstance(value, list | tuple):
                return [self._value(one, spec.of, (*at, index)) for index, one in enumerate(value)]
            return self._refuse(at, "is not a list")
        if isinstance(spec, _Fields):
            return self._mapping(value, spec, at) if isinstance(value, dict) else self._refuse(at, "is not a mapping")
        if spec == "refused" and value not in ("", [], {}, False):
            self._refuse(at, "is not supported, since Helm would run it as a template with access to the environment and the network")
        return None

    def _mapping(self, value: dict[str, Any], spec: _Fields, at: Path) -> dict[str, Any]:
        folded: dict[str, str] | None = None
        kept: dict[str, Any] = {}
        for key, one in value.items():
            name = key
            if key not in spec.of:
                folded = folded or {fold(known): known for known in spec.of}
                name = folded.get(key.lower(), key) if (at or key in _SPELLINGS) and key.isascii() else key
            if name not in spec.of or (name != key and (name in value or name in kept)):
                if not spec.is_lenient or (folded and fold(key) in folded):
                    self._note((*at, key), f"unknown field '{key}'")
            elif spec.of[name] == "dropped":
                continue
            else:
                kept[name] = self._value(one, spec.of[name], (*at, key))
        return kept

    def _refer(self, value: Any, spec: _Named, at: Path) -> None:
        if not isinstance(value, str):
            self._refuse(at, "is not text")
        elif value:
            path = value.partition("=")[2] if spec.has_key and "=" in value else value
            self._references.append(Reference(at, path, spec.use))

    def _refuse(self, at: Path, reason: str) -> None:
        name = next((f"'{part}'" for part in reversed(at) if isinstance(part, str)), "the file")
        entry = f"an entry of {name}" if at and isinstance(at[-1], int) else name
        self._note(at, f"{entry} {reason}")

    def _note(self, at: Path, reason: str) -> None:
        self._problem = self._problem or FieldProblem(at, reason)
