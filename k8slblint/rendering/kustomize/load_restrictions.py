"""Whether the Argo CD of a tree builds kustomizations without load restrictions, as the kustomize-controller of Flux always does.

Sources: Argo CD 3.1 `util/settings/settings.go` (`kustomize.buildOptions` of ConfigMap `argocd-cm`, which its Helm chart writes from
`configs.cm`), `util/kustomize/kustomize.go`; argocd-operator `spec.kustomizeBuildOptions`; fluxcd/pkg `kustomize/kustomize_generator.go`.
"""

import re
from functools import lru_cache
from itertools import islice

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


@lru_cache(maxsize=2)
def lifted_for_argo(tree: SourceTree) -> bool:
    """Tell whether a file of the tree lifts the restrictions for all kustomizations that Argo CD builds."""
    files = (path for path in tree.files_below("") if path.endswith((".yaml", ".yml")))
    return any(_lifts(tree, path) for path in islice(files, _MOST_FILES))


def _lifts(tree: SourceTree, path: str) -> bool:
    try:
        data = tree.read(path)
    except OSError:
        return False
    return _NAME in data and len(data) <= _LARGEST and _OPTION.search(data) is not None
