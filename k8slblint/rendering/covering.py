"""Which files and folders are linted where they are rendered, so that their contents are not linted twice."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping

from k8slblint.loading.files import skips_with
from k8slblint.model.loaded import Loaded
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.rendering.planning import Planned
from k8slblint.rendering.source import Source
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.worth import GITOPS_KINDS

COVERED = "linted where it is rendered"


class Covering:
    """What the units of one revision stand for; paths are those of files as reported, by their real paths in `listed`."""

    def __init__(self, listed: Mapping[str, str]) -> None:
        """Cover nothing yet."""
        self._listed = listed
        self._covered: set[str] = set()
        self._built: set[str] = set()
        self._reprinted: set[str] = set()
        self._rendered_values: set[str] = set()
        self._value_holders: dict[str, list[tuple[Source, SourceTree, str]]] = {}
        self._template_folders: set[str] = set()
        self._unused_values: dict[str, list[tuple[int, int]]] = {}

    def shown(self, tree: SourceTree, paths: Iterable[str]) -> Iterator[str]:
        """Yield how those of some paths of a tree are reported that are listed."""
        for path in paths:
            shown = self._listed.get(posixpath.join(tree.top, path))
            if shown is not None:
                yield shown

    def add(self, planned: Planned, tree: SourceTree) -> None:
        """Note which files are linted through a unit; of Helm values that holds only where a chart was rendered with them."""
        source = planned.unit.source
        covered = set(self.shown(tree, planned.covered))
        self._covered |= covered
        if planned.plain is None:
            self._built |= covered
        if planned.has_charts:
            self._rendered_values |= covered
        for path in source.value_holders():
            for shown in self.shown(tree, [path]):
                self._value_holders.setdefault(shown, []).append((source, tree, path))

    def add_rendered(self, planned: Planned, tree: SourceTree, *, is_lacking: bool) -> None:
        """Note that a unit was rendered, perhaps without a part of it."""
        source = planned.unit.source
        for path, lines in source.unused_lines(tree, planned.covered).items() if is_lacking else ():
            for shown in self.shown(tree, [path]):
                self._unused_values.setdefault(shown, []).extend(lines)
        self.add(planned, tree)
        if planned.plain is None and not source.is_templated:
            self._reprinted.update(self.shown(tree, planned.covered))
        self._template_folders.update(tree.shown(folder).rstrip("/") for folder in source.template_folders())

    def holds_template(self, path: str) -> bool:
        """Tell whether a file or folder is part of a chart that was rendered."""
        return path.startswith(tuple(f"{folder}/" for folder in self._template_folders))

    def leave_out(self, loaded: Loaded, kept: set[str], units: set[str]) -> None:
        """Take away what stands in files that were linted where they are rendered, and count it as passed over.

        `kept` are files that stand for themselves, `units` the paths of what was rendered. What deploys something stays, because it is
        followed where it stands; whether it is accepted as it stands says nothing where a kustomization may have patched it.
        """
        covered = self._covered - kept
        for one in loaded.resources:
            if one.type_name in GITOPS_KINDS and one.path in self._built - kept and one.path not in units:
                one.standing = "undeployed"
        left = [one for one in loaded.resources if self._is_linted_elsewhere(one, covered, units)]
        reprinted = self._reprinted - kept - units
        left += [one for one in loaded.refused if one.path in reprinted]
        if left:
            gone = set(map(id, left))
            loaded.resources = [one for one in loaded.resources if id(one) not in gone]
            loaded.refused = [one for one in loaded.refused if id(one) not in gone]
            loaded.completeness.documents_linted -= len(left)
            found = [(COVERED, f"{one.path}:{one.root.line}", 1) for one in left]
            loaded.completeness.documents_skipped = skips_with(loaded.completeness.documents_skipped, found)
        loaded.gaps = [gap for gap in loaded.gaps if gap.path in units or (gap.path not in covered and not self.holds_template(gap.path))]

    def _is_linted_elsewhere(self, one: Resource, covered: set[str], units: set[str]) -> bool:
        """Tell whether what stands in a file is seen in what was rendered of it.

        What deploys something is not rendered, and the path of a unit may be that of a file of values.
        """
        if one.kind == HELM_VALUES:
            if any(first <= one.root.line <= last for first, last in self._unused_values.get(one.path, ())):
                return False
            return one.path in self._rendered_values or self._is_in_rendered_holder(one)
        return one.path in covered and one.path not in units and one.type_name not in GITOPS_KINDS

    def _is_in_rendered_holder(self, values: Resource) -> bool:
        """Tell whether values stand in an object that deploys a chart which was rendered with them."""
        return any(
            first <= values.root.line <= last
            for source, tree, path in self._value_holders.get(values.path, ())
            for first, last in source.value_lines(tree, path)
        )
