"""The namespace that an object which states none is applied to: that of the Kustomization of Flux above it, or of kustomizations around it.

Sources: Flux 2.7 `docs/spec/v1/kustomizations.md` (`spec.targetNamespace`), kustomize 5.8 (`namespace:`, of which the outermost wins).
"""

import posixpath
from collections import defaultdict
from collections.abc import Callable, Sequence

from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.rendering.gitops.flux_parents import KUSTOMIZATION
from k8slblint.rendering.gitops.paths import folder_path, source_root
from k8slblint.rendering.kustomize.kustomizations import Kustomization, read_kustomization
from k8slblint.rendering.tree import SourceTree, folders_above


class Placements:
    """Answers for the files of a tree; each kustomization on the way is read once."""

    def __init__(self, deployers: Sequence[Resource], tree: SourceTree, tree_path: Callable[[Resource], str]) -> None:
        """Hold what is asked for; nothing is looked at yet."""
        self._deployers = deployers
        self._tree = tree
        self._tree_path = tree_path
        self._applied: dict[str, set[str]] | None = None
        self._read: dict[str, Kustomization | None] = {}
        self._known: dict[str, str] = {}

    def namespace_of(self, file: str) -> str:
        """Return the namespace of the objects in a file that state none, `""` where that is not known."""
        if file not in self._known:
            self._known[file] = self._found(file) if file else ""
        return self._known[file]

    def _found(self, file: str) -> str:
        applied, inner = self._folders_applied(), ""
        current = file
        for folder in folders_above(file):
            kustomization = self._kustomization(folder)
            if kustomization is not None and current in kustomization.includes:
                inner = _namespace_of(kustomization) or inner
                current = folder
            if folder in applied:
                targets = applied[folder]
                return next(iter(targets)) or inner if len(targets) == 1 else ""
        return inner

    def _kustomization(self, folder: str) -> Kustomization | None:
        if folder not in self._read:
            self._read[folder] = read_kustomization(self._tree, folder)
        return self._read[folder]

    def _folders_applied(self) -> dict[str, set[str]]:
        """Return the namespaces that Kustomizations set on what they apply, `""` for none, by their folders."""
        if self._applied is None:
            self._applied = defaultdict(set)
            for one in self._deployers:
                path = one.get("spec", "path", default="./") if one.type_name == KUSTOMIZATION else None
                inside = folder_path(path.lstrip("/")) if isinstance(path, str) else None
                top = source_root(self._tree, self._tree_path(one), inside) if inside is not None else None
                if top is not None and inside is not None:
                    target = one.get("spec", "targetNamespace")
                    self._applied[posixpath.join(top, inside).rstrip("/")].update(_targets(target))
        return self._applied


def _targets(target: object) -> tuple[str, ...]:
    """Return the namespace that is stated; one that is filled in later is any of two."""
    if target is None:
        return ("",)
    return (target,) if isinstance(target, str) and not has_placeholder(target) else ("", "?")


def _namespace_of(one: Kustomization) -> str:
    namespace = one.root.value.get("namespace") if isinstance(one.root.value, dict) else None
    return namespace if isinstance(namespace, str) and not has_placeholder(namespace) else ""
