"""Marks resources that are not deployed."""

from collections.abc import Iterable, Sequence

from k8slblint.model.resource import Resource
from k8slblint.rendering.planning import Planned
from k8slblint.rendering.revisions import PlannedUnits
from k8slblint.rendering.tree import SourceTree


def note_standings(resources: Iterable[Resource], found: PlannedUnits) -> None:
    """Tell resources that nobody, or no deployer of a GitOps tree, deploys; those of a unit stand or fall with the file of it."""
    for one in resources if found.standings else ():
        planned, tree = found.units.get(one.path, (None, None))
        path = one.path if planned is None or tree is None else tree.shown(planned.unit.path)
        if planned is None or not planned.is_stated:
            one.standing = found.standings.get(path, one.standing)


def note_unset(resources: Sequence[Resource], tree: SourceTree, planned: Planned, files: Sequence[str]) -> None:
    """Tell which objects print values that a source which nobody deploys leaves to whoever does; `files` are their templates."""
    unset = () if planned.is_stated else planned.unit.source.unset(tree, frozenset(files))
    for one, file in zip(resources, files, strict=True):
        if file in unset:
            one.standing = "undeployed"
