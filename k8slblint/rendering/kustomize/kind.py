"""Which kustomizations of a tree are deployed: those that no other includes, and which files beside them no kustomization lists."""

import posixpath
from collections.abc import Collection, Container, Iterator, Sequence

from k8slblint.loading.folders import KUSTOMIZATION_NAMES
from k8slblint.model.placeholders import has_placeholder
from k8slblint.rendering.helm.engine import HelmEngine
from k8slblint.rendering.helm.kind import HELM
from k8slblint.rendering.kinds import Finder, Listed, Off, Renderer, SourceKind, Wanted
from k8slblint.rendering.kustomize.engine import KustomizeEngine
from k8slblint.rendering.kustomize.kustomizations import Kustomization, find_kustomizations, is_inline, render_roots, resolve
from k8slblint.rendering.kustomize.patched_releases import PatchedReleases
from k8slblint.rendering.kustomize.root import KustomizeRoot
from k8slblint.rendering.source import Parts
from k8slblint.rendering.tree import folders_above
from k8slblint.rendering.units import Unit

_ROOT = "no other kustomization includes it"


class _Kustomizations(Finder):
    """The kustomizations of one tree."""

    def __init__(self, listed: Listed) -> None:
        names = [path for path in listed.files if posixpath.basename(path) in KUSTOMIZATION_NAMES]
        self._tree = listed.tree
        self._listed = frozenset(listed.files)
        self._found = find_kustomizations(listed.tree, names)
        self._parts: dict[tuple[object, ...], Parts] = {}
        self._patched = PatchedReleases(self._found, listed.tree)

    def patches_release(self, file: str, name: str) -> bool:
        """Tell whether a kustomization patches its values, its chart and the like."""
        return self._patched.includes(file, name)

    def parts(self, source: KustomizeRoot) -> Parts:
        """Return what a root is made of, worked out once for what it names; with something laid over it, it is no list of files."""
        key = (source.folder, source.files, source.patches, tuple(source.components()), source.is_unrestricted)
        if key not in self._parts:
            self._parts[key] = source.parts(self._tree, self._found)
        parts = self._parts[key]
        return parts._replace(plain=None) if source.options else parts

    def left(self, used: Container[str]) -> Iterator[tuple[Unit, str]]:
        """Yield the kustomizations that no other includes and nobody deploys, without empty files that hold a place."""
        for folder in render_roots(self._found):
            if folder not in used and not self._found[folder].is_blank:
                yield Unit(self._found[folder].file, KustomizeRoot(folder)), _ROOT

    def inflated(self) -> Iterator[str]:
        """Yield the folders of the tree with charts that kustomizations inflate: in their `chartHome`, or at a `repo` that is a folder.

        What tests alone build says nothing of a chart for others.
        """
        for folder, one in self._found.items():
            for chart in one.charts if _OF_TESTS.isdisjoint(folder.split("/")) else ():
                at_repository = "" if "://" in chart.repository else chart.repository
                named = resolve(folder, f"{at_repository}/{chart.name}") if at_repository else None
                yield from (path for path in (chart.folder, named) if path)

    def undeployed(self, files: Sequence[str], others: Collection[str]) -> Iterator[str]:
        """Yield the files beside a kustomization that neither it nor any other one names, and those that patches from elsewhere change."""
        yield from self._patched_elsewhere()
        sound = {folder for folder, one in self._found.items() if _says_all(one)}
        candidates = [file for file in files if posixpath.dirname(file) in sound and file not in others]
        if candidates:
            named = {resolve(folder, one.text) for folder, read in self._found.items() for one in read.references}
            own = {one.file for one in self._found.values()}
            yield from (file for file in candidates if file not in named and file not in own)

    def unlisted(self, files: Sequence[str]) -> Iterator[str]:
        """Yield the files that no kustomization names, in folders of which kustomizations that say all they list name others."""
        named = {path for folder, read in self._found.items() for one in read.references if (path := resolve(folder, one.text))}
        beside = {posixpath.dirname(path) for path in named if self._tree.is_file(path)}
        unclear = {folder for folder, one in self._found.items() if not _says_all(one)}
        left = (file for file in files if file not in named and posixpath.dirname(file) in beside)
        yield from (file for file in left if not unclear or unclear.isdisjoint(folders_above(file)))

    def _patched_elsewhere(self) -> Iterator[str]:
        """Yield the files that a kustomization changes by a patch that is not in the tree, such as one with what must stay private."""
        for folder, read in self._found.items():
            patches = (resolve(folder, one.text) for one in read.references if one.at[:1] in _PATCHES and not is_inline(one.text))
            if any(path is not None and not self._tree.is_file(path) for path in patches):
                named = (resolve(folder, one.text) for one in read.references if one.use == "resource")
                yield from (path for path in named if path in self._listed)


_OF_TESTS = frozenset({".ci", ".github", ".gitlab", ".circleci", "ci", "test", "tests", "e2e", "testdata"})
"""Names of folders that only tests build."""

_PATCHES = (("patches",), ("patchesStrategicMerge",), ("patchesJson6902",))


def _says_all(one: Kustomization) -> bool:
    """Tell whether a kustomization can be read to the end, and nothing in it is filled in later."""
    return one.problem is None and not any(has_placeholder(reference.text) for reference in one.references)


def _start(wanted: Wanted) -> Renderer:
    """Return kustomize, which has Helm render the charts that it inflates."""
    if wanted.settings.kustomize == "off":
        return Off("rendering of kustomizations is off")
    helm = wanted.renderer(HELM.name)
    charts = helm if isinstance(helm, HelmEngine) else None
    return KustomizeEngine(charts, wanted.kept, wanted.settings.kustomize, wanted.native)


KUSTOMIZE = SourceKind("kustomize", _Kustomizations, _start)
