"""What to render of a revision: the charts and kustomizations of its trees, and which of its files are not deployed."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import repeat
from typing import NamedTuple

from k8slblint.model.loaded import SourceFile
from k8slblint.model.rendering import RenderSettings
from k8slblint.model.resource import Resource, Standing
from k8slblint.rendering.engines import Engines
from k8slblint.rendering.kinds import Listed, Printed
from k8slblint.rendering.listed_deployers import PrintedBy
from k8slblint.rendering.planning import Planned, unit_name
from k8slblint.rendering.printed import Followed, MayPrint, Render, followed
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import NotRendered, Outcome, RenderFailure
from k8slblint.rendering.watched import WatchedTree

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
    `outcomes` are the units that were rendered to learn what they deploy, by name; of those in `followed` that was followed.
    `plans` are those of its trees, `printed` the objects that kustomizations print and that deploy something.
    """

    units: dict[str, tuple[Planned, SourceTree]]
    not_rendered: list[tuple[NotRendered, SourceTree]]
    standings: dict[str, Standing]
    outcomes: Mapping[str, Outcome] = {}
    followed: frozenset[str] = frozenset()
    plans: "tuple[_PlannedTree, ...]" = ()
    printed: tuple[PrintedBy, ...] = ()


class _PlannedTree(NamedTuple):
    """The plan of a tree, and what it was made of: the tree with what it was asked, its files, and what may deploy something."""

    tree: WatchedTree
    files: frozenset[str]
    deployers: Sequence[Resource]
    plan: Followed

    def holds_for(self, tree: SourceTree, files: Sequence[str], deployers: Sequence[Resource]) -> bool:
        """Tell whether it is also that of another tree, whose files come in another order."""
        is_same = self.files == frozenset(files) and {*map(id, self.deployers)} == {*map(id, deployers)}
        return is_same and self.tree.holds_for(tree)


class Known(NamedTuple):
    """The units of another revision, and the real paths of all files that differ; None where any may."""

    found: PlannedUnits
    changed: frozenset[str] | None

    def outcome_of(self, planned: Planned, tree: SourceTree) -> Outcome | None:
        """Return what became of the same unit of the same files, None where nothing did."""
        name = unit_name(planned.unit, tree.shown(planned.unit.path))
        other, its_tree = self.found.units.get(name, (None, None))
        if self.changed is None or other is None or its_tree is None or other.unit != planned.unit:
            return None
        is_same = not any(f"{one.top}/{path}" in self.changed for one in (tree, its_tree) for path in {*planned.inputs, *other.inputs})
        return self.found.outcomes.get(name) if is_same else None

    def plan_of(self, tree: SourceTree, files: Sequence[str], deployers: Sequence[Resource]) -> Followed | None:
        """Return the plan of the same tree, None where another one may be made of what it is made of here."""
        return next((one.plan for one in self.found.plans if one.holds_for(tree, files, deployers)), None)


def planned_units(revision: Revision, engines: Engines | None = None, known: Known | None = None) -> PlannedUnits:
    """Return what there is to render of a revision; without engines nothing is followed that is itself rendered."""
    plans: list[_PlannedTree] = []
    units: dict[str, tuple[Planned, SourceTree]] = {}
    not_rendered: list[tuple[NotRendered, SourceTree]] = []
    standings: dict[str, Standing] = {}
    outcomes: dict[str, Outcome] = {}
    names: set[str] = set()
    printed: list[PrintedBy] = []
    shown = {file.real: file.path for file in revision.files if file.real}
    reals = {file.path: file.real for file in revision.files}
    for tree in revision.trees:
        files = [path for file in revision.files if file.real and (path := tree.relative(file.real)) is not None]
        tree_path = partial(_tree_path, tree, reals)
        deployers = [one for one in revision.deployers if tree_path(one)]
        printing = known.plan_of(tree, files, deployers) if known is not None else None
        if printing is None:
            asked = WatchedTree(tree)
            printing = followed(Listed(asked, files, deployers, tree_path, revision.settings.charts), *_printing(asked, engines, known))
            plans.append(_PlannedTree(asked, frozenset(files), deployers, printing))
        found = printing.plan
        by_unit: dict[str, list[Printed]] = {}
        for one in printing.printed:
            by_unit.setdefault(unit_name(one.by, one.by.path), []).append(one)
        for planned in found.units:
            name, own = unit_name(planned.unit, tree.shown(planned.unit.path)), unit_name(planned.unit, planned.unit.path)
            units[name] = (planned, tree)
            printed += [PrintedBy(one, name, planned, tree) for one in by_unit.get(own, ())]
            if own in printing.outcomes:
                outcomes[name] = printing.outcomes[own]
            if own in printing.units:
                names.add(name)
        not_rendered += [(one, tree) for one in found.not_rendered]
        for paths, standing in ((found.reach.unreached, _UNREACHED), (found.reach.undeployed, _UNDEPLOYED)):
            standings.update((shown.get(posixpath.join(tree.top, path), ""), standing) for path in paths)
    return PlannedUnits(units, not_rendered, standings, outcomes, frozenset(names), tuple(plans), tuple(printed))


def _printing(tree: SourceTree, engines: Engines | None, known: Known | None) -> tuple[MayPrint, Render]:
    """Return which units may print objects that deploy others, and what renders them, unless the other revision has the same."""

    def render(units: Sequence[Planned]) -> Iterator[Outcome]:
        outcomes = [known.outcome_of(planned, tree) if known is not None else None for planned in units]
        todo = [(planned.rendered, tree) for planned, outcome in zip(units, outcomes, strict=True) if outcome is None]
        rendered = engines.render_each(todo) if engines is not None else repeat(RenderFailure("off", ""))
        yield from (outcome or next(rendered) for outcome in outcomes)

    answers: dict[tuple[str, ...], bool] = {}

    def may_print(planned: Planned, is_listing: bool) -> bool:  # noqa: FBT001 - told by its caller
        if is_listing:
            return True
        source = planned.unit.source
        if not planned.unit.is_deployed and "/ci/" in f"/{planned.unit.path}":
            return False  # values of a test
        key = source.template_folders()
        if key not in answers:
            answers[key] = bool(key) and source.may_deploy_others(tree)
        return answers[key]

    return (may_print if engines is not None else lambda _, __: False), render


def _tree_path(tree: SourceTree, reals: Mapping[str, str], one: Resource) -> str:
    real = reals.get(one.path)
    return (tree.relative(real) or "") if real else ""
