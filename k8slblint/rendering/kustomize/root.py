"""A folder that kustomize builds, as deployed: its files, and the namespaces of its objects.

Source: kustomize 5, `namespace:` (set on all objects of a kustomization; the outermost wins); Argo CD 3.1 and Flux 2: the namespace of a
destination is that of objects which name none.
"""

import posixpath
from collections.abc import Callable, Collection, Container, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from k8slblint import documents
from k8slblint.budget import OverLimitError
from k8slblint.model.location import Span
from k8slblint.model.node import Node
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.rendering.branches import Branches
from k8slblint.rendering.helm.layers import ValueLayer
from k8slblint.rendering.kustomize.branches import branches_of
from k8slblint.rendering.kustomize.closures import closure
from k8slblint.rendering.kustomize.kustomizations import Kustomization, kustomization_file, read_kustomization, resolve
from k8slblint.rendering.kustomize.patch_places import place_of_patch
from k8slblint.rendering.kustomize.plain_roots import plain_files
from k8slblint.rendering.source import AbsentChart, Namespace, Parts, Source
from k8slblint.rendering.tree import SourceTree


@dataclass(frozen=True)
class KustomizeRoot(Source):
    """A folder that kustomize builds.

    `options` are further fields of a kustomization that a deployer lays over it (`namespace`, `patches`, `images` ...), with paths
    from the top of the tree in `components`; `files` (and folders) stand in for `resources:` where the folder has none.
    `patches` are files that change what those hold; `is_unrestricted` lets a kustomization read files of the tree outside of its own
    folder, as Flux does. `is_of_argo` tells that Argo CD builds it, whose settings may say the same. `overlaid` is where the object that
    deploys it has patches.
    """

    kind: ClassVar[str] = "kustomize"
    prints_texts: ClassVar[bool] = True

    folder: str
    options: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    is_unrestricted: bool = False
    patches: tuple[str, ...] = ()
    is_of_argo: bool = field(default=False, compare=False)
    overlaid: ValueLayer | None = field(default=None, compare=False)

    def components(self) -> list[str]:
        """Return the folders of the components that are laid over it."""
        named = self.options.get("components")
        return [one.strip("/") for one in named if isinstance(one, str)] if isinstance(named, list | tuple) else []

    def described(self, tree: SourceTree, path: str) -> str:
        """Name the folder."""
        return f"kustomization '{tree.shown(self.folder)}'"

    def branches(self, tree: SourceTree, text_of: Callable[[str], str]) -> Branches | None:
        """Return the parts of its lists."""
        if self.files or self.patches:
            return None
        return branches_of(closure(tree, self.folder, is_unrestricted=self.is_unrestricted), self.options, text_of)

    def place_of_patch(self, tree: SourceTree, resource: Resource) -> tuple[str, Span] | None:
        """Return the place in its own kustomization, None where it has none."""
        file = kustomization_file(tree, self.folder)
        try:
            return None if file is None else (file, place_of_patch(documents.decode(tree.read(file)), resource))
        except (OSError, OverLimitError, documents.UndecodableText):
            return None

    def parts(self, tree: SourceTree, found: Mapping[str, Kustomization]) -> Parts:
        """Return what it reads, without what is laid over it; `found` are kustomizations of the tree that were read already."""
        folders = [path for path in self.files if tree.is_folder(path)] if self.files else [self.folder]
        files = [path for path in (*self.files, *self.patches) if tree.is_file(path)]
        closures = [closure(tree, folder, found, is_unrestricted=self.is_unrestricted) for folder in (*folders, *self.components())]
        listed = [plain_files(one) for one in closures]
        plain = None if None in listed or self.patches else (*files, *(path for part in listed for path in part or ()))
        return Parts(
            frozenset({*files, *(path for one in closures for path in one.files)}),
            plain,
            is_whole=not any(one.failure or one.lacks or one.objections for one in closures),
            has_charts=any(one.has_charts for one in closures),
            folders=tuple(folder for one in closures for folder in one.folders),
        )

    def patched_elsewhere(self, tree: SourceTree) -> Iterator[tuple[str, Node]]:
        """Yield what patches say of Services of a base that is fetched."""
        from k8slblint.rendering.kustomize.patched_elsewhere import patched_elsewhere  # few kustomizations have such a base

        namespace = self.options.get("namespace")
        found = closure(tree, self.folder, is_unrestricted=self.is_unrestricted)
        yield from patched_elsewhere(found, self.overlaid, namespace if isinstance(namespace, str) else "")

    def absent_charts(self, tree: SourceTree) -> Iterator[AbsentChart]:
        """Yield the charts that its kustomizations inflate and that would be fetched."""
        from k8slblint.rendering.kustomize.absent_charts import absent_charts  # few kustomizations have any

        yield from absent_charts(closure(tree, self.folder, is_unrestricted=self.is_unrestricted))

    def unused_lines(self, tree: SourceTree, files: Collection[str]) -> dict[str, list[tuple[int, int]]]:
        """Return the kustomizations whose charts are left out, and the files of their values, as a whole."""
        found: dict[str, list[tuple[int, int]]] = {}
        for one in closure(tree, self.folder, is_unrestricted=self.is_unrestricted).kustomizations:
            for chart in one.charts:
                if chart.is_elsewhere(tree):
                    values = (resolve(one.folder, other.text) for other in one.references if other.at[: len(chart.at)] == chart.at)
                    found |= {path: [_ALL_LINES] for path in (one.file, *values) if path and path in files}
        return found

    def deployed_folder(self) -> str:
        """Return the folder; the top of the tree says too little. Where Flux lists all that is there, it says so too."""
        return self.folder

    def applied_folder(self) -> str:
        """Return the folder, but for the top of the tree."""
        return self.folder

    def telling_paths(self, tree: SourceTree, deployer: str) -> Iterator[str]:
        """Yield the kustomization, then the deployer's file."""
        yield kustomization_file(tree, self.folder) or deployer
        yield deployer

    def only_namespaces(self, tree: SourceTree) -> frozenset[str]:
        """Return the namespaces that its kustomizations set, where each one with objects of its own does."""
        laid_over = self.options.get("namespace")
        if self.files or (laid_over is not None and not _is_set(laid_over)):
            return frozenset()
        found = closure(tree, self.folder, is_unrestricted=self.is_unrestricted).kustomizations
        outer = laid_over or (_set_by(found[0]) if found else "")
        if outer or not found:
            return frozenset({outer} if outer else ())
        folders = {one.folder for one in found}
        stated = {_set_by(one) for one in found if _set_by(one) or _has_own_objects(one, folders)}
        return frozenset() if "" in stated else frozenset(stated)

    def namespaces(self, tree: SourceTree, files: Collection[str], stated: str | None) -> dict[str, Namespace]:
        """Return the namespace that the outermost kustomization sets, or else the nearest one, or else the one stated."""
        known: dict[str, str] = {}
        laid_over = self.options.get("namespace")
        outer = laid_over if isinstance(laid_over, str) and laid_over else _namespace_of(self.folder, tree, known)
        found: dict[str, Namespace] = {}
        for path in files:
            forced = outer or _nearest(posixpath.dirname(path), tree, known)
            if forced:
                found[path] = Namespace(forced, is_forced=True)
            elif stated:
                found[path] = Namespace(stated, is_forced=False)
        return found


_ALL_LINES = (1, 1_000_000_000)


def _is_set(namespace: object) -> bool:
    return isinstance(namespace, str) and bool(namespace) and not has_placeholder(namespace)


def _set_by(one: Kustomization) -> str:
    """Return the namespace that a kustomization sets on all that it holds, or `""`."""
    namespace = one.root.value.get("namespace") if isinstance(one.root.value, dict) else None
    return str(namespace) if _is_set(namespace) else ""


def _has_own_objects(one: Kustomization, folders: Container[str]) -> bool:
    """Tell whether a kustomization has objects besides those of the folders that it includes."""
    named = (reference for reference in one.references if reference.use in ("resource", "component", "plugin"))
    return bool(one.charts) or one.problem is not None or any(resolve(one.folder, reference.text) not in folders for reference in named)


def _nearest(folder: str, tree: SourceTree, known: dict[str, str]) -> str:
    """Return the namespace that the nearest kustomization at or above a folder sets, or `""`."""
    while True:
        if kustomization_file(tree, folder) is not None:
            return _namespace_of(folder, tree, known)
        if not folder:
            return ""
        folder = posixpath.dirname(folder)


def _namespace_of(folder: str, tree: SourceTree, known: dict[str, str]) -> str:
    if folder not in known:
        known[folder] = _read_namespace(folder, tree)
    return known[folder]


def _read_namespace(folder: str, tree: SourceTree) -> str:
    read = read_kustomization(tree, folder)
    namespace = read.root.value.get("namespace") if read is not None else None
    return namespace if isinstance(namespace, str) and not has_placeholder(namespace) else ""
