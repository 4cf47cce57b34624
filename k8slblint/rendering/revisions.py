"""What to render of a revision: the charts and kustomizations of its trees, and which of its files are not deployed."""

import posixpath
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

from k8slblint.model.loaded import SourceFile
from k8slblint.model.rendering import RenderSettings
from k8slblint.model.resource import Resource, Standing
from k8slblint.rendering.kinds import Listed
from k8slblint.rendering.planning import Planned, plan, unit_name
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import NotRendered

_UNREACHED: Standing = "unreached"
_UNDEPLOYED: Standing = "undeployed"


class Revision(NamedTuple):
    """One revision to render: its trees, the files listed in it, the objects that may deploy something, and what the user states."""

    trees: Sequence[SourceTree]
    files: Sequence[SourceFile]
    deployers: Sequence[Resource]
    settings: RenderSettings = RenderSettings()


class PlannedUnits(NamedTuple):
    """The units of a revision by name, each with its tree, the objects that deploy what is not there, and what nobody deploys.

    `standings` holds files as reported, and units by the file that stands for them, where somebody is not known to deploy them.
    """

    units: dict[str, tuple[Planned, SourceTree]]
    not_rendered: list[tuple[NotRendered, SourceTree]]
    standings: dict[str, Standing]


def planned_units(revision: Revision) -> PlannedUnits:
    """Return what there is to render of a revision."""
    units: dict[str, tuple[Planned, SourceTree]] = {}
    not_rendered: list[tuple[NotRendered, SourceTree]] = []
    standings: dict[str, Standing] = {}
    shown = {file.real: file.path for file in revision.files if file.real}
    reals = {file.path: file.real for file in revision.files}
    for tree in revision.trees:
        files = [path for file in revision.files if file.real and (path := tree.relative(file.real)) is not None]
        tree_path = partial(_tree_path, tree, reals)
        deployers = [one for one in revision.deployers if tree_path(one)]
        found = plan(Listed(tree, files, deployers, tree_path, revision.settings.charts))
        for planned in found.units:
            units[unit_name(planned.unit, tree.shown(planned.unit.path))] = (planned, tree)
        not_rendered += [(one, tree) for one in found.not_rendered]
        for paths, standing in ((found.reach.unreached, _UNREACHED), (found.reach.undeployed, _UNDEPLOYED)):
            standings.update((shown.get(posixpath.join(tree.top, path), ""), standing) for path in paths)
    return PlannedUnits(units, not_rendered, standings)


def _tree_path(tree: SourceTree, reals: Mapping[str, str], one: Resource) -> str:
    real = reals.get(one.path)
    return (tree.relative(real) or "") if real else ""
