"""Whether what deploys a tree builds kustomizations without load restrictions: Argo CD by its settings, a script of the tree, Flux always.

Sources: Argo CD 3.1 `util/settings/settings.go` (`kustomize.buildOptions` of ConfigMap `argocd-cm`, which its Helm chart writes from
`configs.cm`), `util/kustomize/kustomize.go`; argocd-operator `spec.kustomizeBuildOptions`; fluxcd/pkg `kustomize/kustomize_generator.go`.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from k8slblint.rendering.scripts import build_without_restrictions
from k8slblint.rendering.tree import SourceTree

_OPTION = re.compile(
    rb"^[ ]*+[\"']?kustomize(?:\.b|B)uildOptions[\"']?[ ]*+:(?:[ ]*+[|>][-+]?[ ]*+\r?\n)?[^\n#]*?"
    rb"--load[-_]restrictor(?:=|[ ]++)(?:LoadRestrictionsNone|none)\b",
    re.MULTILINE,
)
"""The option in one line, or in the first one of a block; options of single versions of kustomize are left out."""

_MOST_FILES = 20_000
_LARGEST = 1_000_000
_NAME = b"uildOptions"


_OF_FLUX = re.compile(rb"^apiVersion:[ ]++[\"']?kustomize\.toolkit\.fluxcd\.io/", re.MULTILINE)


@lru_cache(maxsize=2)
def lifted_for_argo(tree: SourceTree) -> bool:
    """Tell whether a file of the tree lifts the restrictions for all kustomizations that Argo CD builds."""
    return any(_NAME in data and _OPTION.search(data) is not None for data in _texts(tree))


@lru_cache(maxsize=2)
def are_lifted(tree: SourceTree) -> bool:
    """Tell whether the restrictions may be lifted for a kustomization that nothing in the tree is known to deploy."""
    return (
        lifted_for_argo(tree)
        or build_without_restrictions(tree)
        or any(b"fluxcd" in data and _OF_FLUX.search(data) is not None for data in _texts(tree))
    )


def _texts(tree: SourceTree) -> Iterator[bytes]:
    files = (path for path in tree.files_below("") if path.endswith((".yaml", ".yml")))
    for path in islice(files, _MOST_FILES):
        try:
            data = tree.read(path)
        except OSError:
            continue
        if len(data) <= _LARGEST:
            yield data
