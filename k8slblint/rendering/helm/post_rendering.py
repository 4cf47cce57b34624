"""Applies the patches of a HelmRelease to what its chart renders: kustomize builds the objects, as helm-controller has it do.

Source: fluxcd/helm-controller 0f61a86 `internal/postrender/kustomize.go` (one kustomization for each post-renderer, with the objects as its
resource), `combined.go` (one after the other).
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from k8slblint.model.texts import fitted
from k8slblint.rendering.kustomize.root import KustomizeRoot
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Outcome, Rendered, RenderFailure

Build: TypeAlias = Callable[[KustomizeRoot, SourceTree], Outcome]
"""Builds a kustomization of a tree."""

_FOLDER = ".k8slblint/rendered"

_LONGEST = 190
"""Characters of the reason of kustomize that are repeated."""


def post_rendered(rendered: Rendered, post_renderers: tuple[Mapping[str, Any], ...], tree: SourceTree, build: Build) -> Outcome:
    """Return the objects with the fields that each post-renderer lays over them; each keeps the template that it is from.

    What kustomize refuses may be owed to values that are not known here, and is not told as a fault of the release.
    """
    for options in post_renderers if rendered.documents else ():
        texts = {f"{_FOLDER}/{number:05}.yaml": one for number, one in enumerate(rendered.documents)}
        built = build(
            KustomizeRoot(_FOLDER, options, tuple(texts), is_unrestricted=True),
            tree.overlaid({path: one.text.encode("utf-8", "surrogateescape") for path, one in texts.items()}),
        )
        if isinstance(built, RenderFailure):
            return _unpatched(built)
        placed = (one._replace(file=texts[one.file].file if one.file in texts else "", involved=()) for one in built.documents)
        rendered = rendered._replace(documents=tuple(placed))
    return rendered


def _unpatched(failure: RenderFailure) -> RenderFailure:
    kind = "plugin" if failure.kind == "template" else failure.kind
    reason = f"its post-renderers cannot be run over it: {fitted(failure.reason, _LONGEST)}"
    return RenderFailure(kind, reason, is_out_of_memory=failure.is_out_of_memory)
