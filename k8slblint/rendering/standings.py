"""Knows how resources are told that nobody deploys them."""

import posixpath
from collections.abc import Iterable, Sequence

from k8slblint.model.resource import Resource
from k8slblint.rendering.helm.templates import names_unset_value
from k8slblint.rendering.helm.values import merged_values
from k8slblint.rendering.planning import Planned
from k8slblint.rendering.revisions import PlannedUnits
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import ChartRelease, ValueLayer


def note_standings(resources: Iterable[Resource], found: PlannedUnits) -> None:
    """Tell resources that nobody, or no deployer of a GitOps tree, deploys; those of a unit stand or fall with the file of it."""
    for one in resources if found.standings else ():
        planned, tree = found.units.get(one.path, (None, None))
        path = one.path if planned is None or tree is None else tree.shown(planned.unit.path)
        if planned is None or not planned.is_stated:
            one.standing = found.standings.get(path, one.standing)


def note_unset(resources: Sequence[Resource], tree: SourceTree, planned: Planned, files: Sequence[str]) -> None:
    """Tell which objects of a chart with its own defaults print values that it leaves to its releases; `files` are their templates."""
    source = planned.unit.source
    if not isinstance(source, ChartRelease) or source.layers or planned.is_stated:
        return
    defaults = merged_values(tree, [ValueLayer(posixpath.join(source.chart, "values.yaml"), is_optional=True)])
    own = posixpath.join(source.chart, "templates", "")  # the templates of a dependency see other values
    mine = {file for file in files if file.startswith(own)}
    unset = {file for file in mine if isinstance(defaults, dict) and names_unset_value(tree, file, defaults)}
    for one, file in zip(resources, files, strict=True):
        if file in unset:
            one.standing = "undeployed"
