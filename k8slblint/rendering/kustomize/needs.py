"""What one build of a kustomization is given: the files that it reads in canonical form, and a wrapper that shows where objects come from.

Sources: kustomize 5.8, `api/internal/loader` (what may be read); fluxcd/pkg and Argo CD where they are named.
"""

import json
import posixpath
from collections.abc import Mapping
from typing import Any, NamedTuple

from k8slblint.rendering import bounds
from k8slblint.rendering.kustomize.answers import Given
from k8slblint.rendering.kustomize.closures import UNRESTRICTED, Closure, closure
from k8slblint.rendering.kustomize.fields import canonical_kustomization, written
from k8slblint.rendering.kustomize.load_restrictions import are_lifted, lifted_for_argo
from k8slblint.rendering.kustomize.output import UP, why_refused
from k8slblint.rendering.kustomize.root import KustomizeRoot
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Outcome, Rendered, RenderFailure


class Needs(NamedTuple):
    """What one build reads: `tree` holds the generated kustomization too, `file` is the kustomization of the root.

    `instructions` are the documents that kustomize is given in place of some of the `files`, `charts` the paths of charts by the folders
    in which it looks for them.
    """

    tree: SourceTree
    files: tuple[str, ...]
    instructions: Mapping[str, tuple[Any, ...]]
    file: str
    wrapper: bytes
    charts: Mapping[str, str]
    is_unrestricted: bool
    generated: str = ""
    lacks: tuple[RenderFailure, ...] = ()
    objections: tuple[RenderFailure, ...] = ()

    def read(self, path: str) -> bytes:
        """Return what kustomize is given of a file."""
        return written(self.instructions[path]) if path in self.instructions else self.tree.read(path)

    def given(self) -> Given:
        """Return what kustomize is given. Raises `OSError`, `ValueError` or `RecursionError`."""
        return Given({path: self.read(path) for path in self.files}, self.wrapper, self.file, self.is_unrestricted)

    def placed(self, failure: RenderFailure) -> RenderFailure:
        """Return the failure of a chart with its place, which is the kustomization where it has none of its own."""
        is_placed = failure.file and failure.kind != "renderer"
        return failure if is_placed else failure._replace(file=self.file, line=1)

    def out_of_memory(self, *, is_certain: bool) -> RenderFailure:
        """Return the failure of a kustomize that was ended, mostly for lack of memory."""
        reason = f"kustomize took more than {bounds.MEMORY // 1_000_000} MB of memory"
        return RenderFailure("bounds", reason, self.file, is_out_of_memory=is_certain)


_BESIDE_PLUGINS = "it has plug-ins and reads files outside of its folder, which is rendered in no folder but its own"


def needs_of(root: KustomizeRoot, tree: SourceTree) -> tuple[Needs, RenderFailure | None]:
    """Return what the build of a root reads, and what keeps it from being built, or None."""
    generated = ""
    if root.files:
        generated = posixpath.join(root.folder, "kustomization.yaml")
        resources = [posixpath.relpath(file, root.folder or ".") for file in root.files]
        patches = [{"path": posixpath.relpath(file, root.folder or ".")} for file in root.patches]
        tree = tree.overlaid({generated: json.dumps({"resources": resources, "patches": patches}).encode()})
    folders = (root.folder, *root.components())
    parts = [closure(tree, folder, is_unrestricted=root.is_unrestricted) for folder in folders]
    first = parts[0].kustomizations[0] if parts[0].kustomizations else None
    file = first.file if first else ""
    named = first.root.value.get("buildMetadata") if first else None
    build_metadata = tuple(one for one in named if one == "managedByLabel") if isinstance(named, list) else ()
    instructions = {path: documents for part in parts for path, documents in part.instructions.items()}
    if file in instructions:
        instructions[file] = (_with_components(instructions[file][0], root),)
    files = tuple(dict.fromkeys((*instructions, *(path for part in parts for path in part.data))))
    charts = {folder: place for part in reversed(parts) for folder, place in part.charts.items()}
    has_plugins = any(part.has_plugins for part in parts)
    as_built = [closure(tree, folder) for folder in folders] if has_plugins and root.is_unrestricted else parts
    objections = tuple(one for part in as_built for one in part.objections)
    restricted = [one for one in objections if one.cause == UNRESTRICTED]
    is_unrestricted = (root.is_unrestricted or bool(restricted)) and not has_plugins
    objection = restricted[0] if restricted and not is_unrestricted else None
    if restricted and (root.is_unrestricted or (lifted_for_argo(tree) if root.is_of_argo else are_lifted(tree))):
        objections = tuple(one for one in objections if one.cause != UNRESTRICTED)
        objection = objection and objection._replace(kind="plugin", reason=_BESIDE_PLUGINS, cause="")
    wrapper, failure = _wrapper(root, build_metadata)
    lacks = tuple(one for part in parts for one in part.lacks)
    needs = Needs(tree, files, instructions, file, wrapper, charts, is_unrestricted, generated, lacks, objections)
    return needs, _failure_of(parts, root, generated) or objection or (failure and failure._replace(file=file))


def as_told(outcome: Outcome, needs: Needs) -> Outcome:
    """Return what came of a rendering with what it lacks; where it fails perhaps for that reason, what it lacks is the failure."""
    if isinstance(outcome, Rendered):
        return outcome._replace(lacks=needs.lacks, objections=needs.objections)
    return needs.lacks[0] if needs.lacks and outcome.kind == "template" else outcome


def _failure_of(parts: list[Closure], root: KustomizeRoot, generated: str) -> RenderFailure | None:
    failure = next((part.failure for part in parts if part.failure), None)
    if failure and failure.file == generated:
        return failure._replace(file="", line=1)
    return failure._replace(file=root.folder) if failure and not failure.file and failure.kind != "missing" else failure


def _with_components(kustomization: Mapping[str, Any], root: KustomizeRoot) -> Mapping[str, Any]:
    """Return the kustomization of the root with the components that a deployer adds to it: its own patches work on what they bring.

    Sources: fluxcd/pkg `kustomize/kustomize_generator.go`, Argo CD `util/kustomize/kustomize.go` (`kustomize edit add component`).
    """
    added = [posixpath.relpath(one or ".", root.folder or ".") for one in root.components()]
    return {**kustomization, "components": [*(kustomization.get("components") or ()), *added]} if added else kustomization


_OVERLAID = frozenset(
    {"namespace", "namePrefix", "nameSuffix", "images", "labels", "commonLabels", "commonAnnotations", "replicas", "patches"}
)
"""What a deployer may lay over a root."""


def _wrapper(root: KustomizeRoot, build_metadata: tuple[str, ...]) -> tuple[bytes, RenderFailure | None]:
    """Return the kustomization that is built: it adds annotations to the root, and what a deployer lays over it, which names no file."""
    content, references, problem = canonical_kustomization({name: one for name, one in root.options.items() if name != "components"})
    unknown = next((f"unknown field '{name}'" for name in content if name not in _OVERLAID), problem.reason if problem else "")
    named = f"'{references[0].text}' is a file, and cannot be applied to a root" if references else ""
    if reason := unknown or named:
        return b"", RenderFailure("template", reason)
    content["resources"] = [(UP + root.folder).rstrip("/")]
    content["buildMetadata"] = ["originAnnotations", "transformerAnnotations", *build_metadata]
    try:
        return written([content]), None
    except (ValueError, RecursionError):
        return b"", RenderFailure("template", "the fields that its deployer adds cannot be written as JSON")


def refused(errors: str, folder: str, needs: Needs) -> RenderFailure:
    """Return the failure that kustomize told of a build in `folder`, and the kustomization that it is about."""
    message, inner = why_refused(errors, folder)
    named = (path for path in needs.files if posixpath.dirname(path) == inner and "ustomization" in path)
    file = next(named, needs.file)
    file = "" if file == needs.generated else file
    return RenderFailure("template", f"kustomize refuses it: {message.rstrip('. ')}", file)
