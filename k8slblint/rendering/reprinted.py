"""What becomes of objects of unused kinds that look refused where they are written, once kustomizations have changed them."""

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from k8slblint.budget import Budget
from k8slblint.loading.resources import load
from k8slblint.loading.validation import fits, is_sound, shipped_validators
from k8slblint.model.loaded import Loaded, SourceFile
from k8slblint.model.resource import Resource
from k8slblint.rendering.joined import Joined
from k8slblint.rendering.planning import Planned
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import MOST_OBJECTS


class Reprinted:
    """Judges objects that were refused as they stand (`refused`) by what is printed of them, in whatever units that is.

    Patches may add what an object lacks, so that only what is printed says whether the API server refuses it.
    """

    def __init__(self, loaded: Loaded, listed: dict[str, str], versions: Sequence[str | None]) -> None:
        """Remember what is refused; `listed` holds the reported paths of files by their real paths."""
        self._declared = loaded.declared
        self._listed = listed
        self._versions = versions
        self._types: dict[str, set[str]] = {}
        for one in loaded.refused:
            self._types.setdefault(one.path, set()).add(one.type_name)

    @property
    def paths(self) -> Iterable[str]:
        """The files with objects that are refused as they stand."""
        return self._types.keys()

    def printed(self, file: SourceFile, text: Joined, planned: Planned, tree: SourceTree, budget: Budget) -> Sequence[Resource]:
        """Return the objects of a rendered unit that come from files with refused ones and are not sound as they are printed, either.

        Raises:
            OverLimitError: there are more objects than one unit may have, or the budget is spent.

        """
        if not self._types or planned.plain is not None or planned.unit.source.is_templated:
            return ()
        types = {name for path in self._shown(tree, planned.covered) for name in self._types.get(path, ())}
        if not types:
            return ()
        loaded = load([file], wanted=types, are_rendered=True, are_wanted_alone=True, budget=budget, most_objects=MOST_OBJECTS)
        written = ((one, next(self._shown(tree, [text.file_at(one.root.line)]), "")) for one in loaded.resources)
        return [one for one, path in written if one.type_name in self._types.get(path, ()) and not self._is_sound(one, path)]

    def _shown(self, tree: SourceTree, paths: Iterable[str]) -> Iterator[str]:
        shown = (self._listed.get(posixpath.join(tree.top, path)) for path in paths if path)
        return (path for path in shown if path is not None)

    def _is_sound(self, one: Resource, path: str) -> bool:
        """Tell whether what is printed is accepted; what is not is held against the definitions that hold for its file, too."""
        declared = self._declared.get((path, one.api_version, one.kind))
        if declared is not None and fits(one.value, declared.validators):
            return True
        if shipped_validators(one.api_version, one.kind, None) and all(
            is_sound(one.value, one.api_version, one.kind, version) for version in self._versions
        ):
            return True
        if declared is not None:
            self._declared[one.path, one.api_version, one.kind] = declared
        return False
