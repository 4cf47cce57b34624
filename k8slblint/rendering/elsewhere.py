"""What the manifests say of what they deploy and do not hold: values of charts, and patches over what is fetched.

It is added to what was loaded of a revision as partial objects.
"""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from functools import partial

from k8slblint.model.loaded import Loaded, SourceFile
from k8slblint.model.node import Node
from k8slblint.model.resource import HELM_VALUES, VALUE_KINDS, Resource
from k8slblint.rendering.failures import source_text
from k8slblint.rendering.planning import Planned
from k8slblint.rendering.source import AbsentChart
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import NotRendered


class Elsewhere:
    """Collects while units are rendered what is not there, and adds what is said of it."""

    def __init__(self, loaded: Loaded, by_path: Mapping[str, SourceFile], wanted: Container[str], only: Container[str] | None) -> None:
        """Prepare; `wanted` holds the kinds in use, `only` the units that are rendered, None for all."""
        self._loaded = loaded
        self._by_path = by_path
        self._wanted = [kind for kind in VALUE_KINDS if kind in wanted]
        self._only = only
        self._absent: list[tuple[AbsentChart, SourceTree, str]] = []
        self._patched: set[tuple[str, str, int, int]] = set()

    def note_absent(self, name: str, planned: Planned, tree: SourceTree) -> None:
        """Remember the charts that a unit lacks."""
        self._absent += ((one, tree, name) for one in planned.unit.source.absent_charts(tree))

    def add_patched(self, planned: Planned, tree: SourceTree) -> None:
        """Add what patches of a unit say of Services that are fetched; units may share a patch."""
        if HELM_VALUES in self._wanted:
            self._add_partial(planned.unit.source.patched_elsewhere(tree), tree)

    def add_patched_by_deployers(self, not_rendered: Sequence[tuple[NotRendered, SourceTree]]) -> None:
        """Add what objects that deploy what is not in the tree say in patches of it."""
        for one, tree in not_rendered if HELM_VALUES in self._wanted else ():
            if one.patches and self._is_own(one.path, tree):
                from k8slblint.rendering.kustomize.patched_elsewhere import patched_at  # few trees have any

                self._add_partial(patched_at(one.patches, tree, one.namespace or ""), tree)

    def read_charts(self, not_rendered: Sequence[tuple[NotRendered, SourceTree]]) -> Callable[[], None]:
        """Read the files of values of charts that are not in the tree, and return what adds these charts."""
        named = ((one.absent, tree) for one, tree in not_rendered if one.absent is not None and one.absent.name)
        found = [*self._absent, *((chart, tree, tree.shown(chart.file)) for chart, tree in named)]
        if not found:
            return lambda: None
        from k8slblint.rendering.brought_charts import Brought, add_charts, read_files  # few trees have any

        brought = [Brought(*one) for one in found]
        read_files(brought, self._loaded, self._wanted)
        own = [one for one in brought if one.chart.values is not None or self._is_own(one.chart.file, one.tree)]
        return partial(add_charts, own, self._loaded, self._by_path)

    def _is_own(self, file: str, tree: SourceTree) -> bool:
        """Tell whether what is written in a file is of this revision only: of the revision before, files that are the same are left out."""
        return self._only is None or tree.shown(file) in self._loaded.files

    def _add_partial(self, found: Iterable[tuple[str, Node]], tree: SourceTree) -> None:
        for path, node in found:
            one = Resource(node, tree.shown(path), source_text(tree, path))
            if one.order not in self._patched:
                self._patched.add(one.order)
                self._loaded.resources.append(one)
