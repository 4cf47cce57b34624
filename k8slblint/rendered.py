"""Rendering within a run: which charts and kustomizations of two revisions are rendered, and how long their engines live."""

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from k8slblint.budget import Budget
from k8slblint.config import Config
from k8slblint.loading.folders import KUSTOMIZATION_NAMES
from k8slblint.loading.resources import load
from k8slblint.model.loaded import Gap, Loaded, SourceFile
from k8slblint.model.records import NamedTuple
from k8slblint.model.rendering import RenderSettings
from k8slblint.model.resource import Resource
from k8slblint.rendering.deploying import Kinds, Rollout
from k8slblint.rendering.engines import Renderers
from k8slblint.rendering.fetched.beside import shelf_of
from k8slblint.rendering.filled_values import refilled, waits_for_variables
from k8slblint.rendering.gitops.deployments import wants_config_maps
from k8slblint.rendering.gitops.secret_keys import SECRET_KINDS
from k8slblint.rendering.planning import Planned
from k8slblint.rendering.revisions import Known, PlannedUnits, Revision, planned_units
from k8slblint.rendering.shelf import Shelf, WantedChart
from k8slblint.rendering.standings import note_left
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.worth import GITOPS_KINDS


class Sources(Protocol):
    """What rendering asks of the sources of a run."""

    @property
    def files(self) -> Sequence[SourceFile]:
        """The files now."""

    @property
    def before(self) -> Sequence[SourceFile] | None:
        """The files before."""

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What listing the files had to leave out."""

    @property
    def changed_paths(self) -> frozenset[str] | None:
        """The only files that differ."""

    @property
    def trees(self) -> Sequence[SourceTree]:
        """The trees now."""

    @property
    def trees_before(self) -> Sequence[SourceTree]:
        """The trees before."""

    @property
    def changed_in_trees(self) -> frozenset[str] | None:
        """The real paths of all files that differ."""


class RenderedRun(NamedTuple):
    """What changed, files and units, and what was loaded of the revision before; None where nothing is compared or any may differ.

    `gaps` are those of the listing but for the templates of charts that were rendered. `sandbox` says how renderers were confined so far,
    `not_kept` why what they made is not kept for later runs although it should be.
    """

    changed_paths: frozenset[str] | None
    before: Loaded | None
    gaps: tuple[Gap, ...]
    sandbox: Callable[[], str | None]
    not_kept: Callable[[], str]


@contextmanager
def render_into(loaded: Loaded, sources: Sources, config: Config, kinds: Kinds, budget: Budget) -> Iterator[RenderedRun]:
    """Render the units of the sources into `loaded`, and those of the revision before that differ; engines live until the end."""
    with Renderers(config.rendering, budget, [tree.top for tree in (*sources.trees, *sources.trees_before)]) as renderers:
        deployers = _with_config_maps(_deployers(loaded), sources.files, budget, loaded.kinds)
        now = Revision(with_shelves(sources.trees, config.rendering, budget), sources.files, deployers, config.rendering)
        found = planned_units(now, renderers.engines)
        before, changed, rollout_before = None, None, None
        regrouped: Sequence[SourceFile] = ()
        if sources.before is not None:
            before = load(sources.before, wanted=kinds.wanted, versions=kinds.versions, are_compared=True, budget=budget)
            old = _revision_before(sources, before, now, budget)
            found_before = planned_units(old, renderers.engines, Known(found, sources.changed_in_trees))
            waiting = frozenset(one.path for one in loaded.resources if waits_for_variables(one))
            regrouped = _regrouped(found, found_before, sources, waiting)
            if regrouped:
                before = load([*sources.before, *regrouped], wanted=kinds.wanted, versions=kinds.versions, are_compared=True, budget=budget)
            changed = _changed(found.units, found_before.units, sources.changed_in_trees)
            rollout_before = Rollout(before, old, kinds, renderers.engines, changed)
            rollout_before.deploy(found_before)
            note_left(before.resources, found_before, found, _gone(old.deployers, now.deployers))
        rollout = Rollout(loaded, now, kinds, renderers.engines)
        rollout.deploy(found)
        if changed is not None and rollout_before is not None:
            changed |= {name for one in (rollout, rollout_before) for unit in changed for name in one.variants.get(unit, ())}
        paths = sources.changed_paths
        if paths is not None:
            paths |= {file.path for file in regrouped}
        gaps = tuple(gap for gap in sources.gaps if not rollout.has_rendered(gap.path))
        changed_paths = paths | changed if paths is not None and changed is not None else paths
        yield RenderedRun(changed_paths, before, gaps, lambda: renderers.kept.record.state, lambda: renderers.kept.note)


def with_shelves(trees: Sequence[SourceTree], settings: RenderSettings, budget: Budget) -> tuple[SourceTree, ...]:
    """Return the trees, each with the charts beside it. Raises `UsageError` for a lock that cannot be read."""
    return tuple(tree.with_shelf(shelf_of(tree, settings.chart_folders, settings.cache or "", budget)) for tree in trees)


def wanted_charts(sources: Sources, config: Config, budget: Budget) -> list[tuple[SourceTree, tuple[WantedChart, ...]]]:
    """Return for each tree the charts that it deploys and does not contain, in the order in which they are found; nothing is rendered."""
    loaded = load(sources.files, wanted=GITOPS_KINDS, budget=budget)
    shelves = [Shelf() for _ in sources.trees]
    trees = [tree.with_shelf(shelf) for tree, shelf in zip(sources.trees, shelves, strict=True)]
    planned_units(Revision(trees, sources.files, _with_config_maps(_deployers(loaded), sources.files, budget), config.rendering))
    return [(tree, tuple(shelf.asked)) for tree, shelf in zip(trees, shelves, strict=True)]


def _deployers(loaded: Loaded) -> list[Resource]:
    return [one for one in loaded.resources if one.type_name in GITOPS_KINDS]


def _with_config_maps(
    deployers: list[Resource], files: Sequence[SourceFile], budget: Budget, kinds: Mapping[str, Iterable[str]] | None = None
) -> list[Resource]:
    """Return deployers with the ConfigMaps among files, and what makes Secrets, where some rollout takes values from them.

    `kinds` are those of the documents of files that were read.
    """
    above = [file for file in files if posixpath.basename(file.path) in KUSTOMIZATION_NAMES] if deployers else []
    if not wants_config_maps(deployers) and not any(map(_adds_values, above)):
        return deployers
    known = kinds or {}
    asked = (file for file in files if file.path not in known or any(map(_is_or_holds, known[file.path])))
    wanted = SECRET_KINDS | {"ConfigMap"}
    return [
        *deployers,
        *load(filter(_may_hold_values, asked), wanted=wanted, kustomizations=above, are_wanted_alone=True, budget=budget).resources,
    ]


_OF_VALUES = frozenset({"ConfigMap", *(name.partition(".")[0] for name in SECRET_KINDS)})


def _is_or_holds(name: str) -> bool:
    """Tell whether an object of a kind has values, or may hold one that has: a list, or what is filled in."""
    kind = name.partition(".")[0]
    return kind in _OF_VALUES or kind.endswith("List") or "{" in name


_VALUES = (b"ConfigMap", b"Secret")
"""What stands in the name of each of the kinds."""

_WRITTEN_OTHERWISE = (b"\0", b"\\")
"""What a file has in which a name may be spelled by other bytes: UTF-16, or escapes."""


def _may_hold_values(file: SourceFile) -> bool:
    """Tell whether a file may have an object that is, or makes, a ConfigMap or Secret."""
    data = _bytes_of(file)
    return any(word in data for word in _VALUES) or any(sign in data for sign in _WRITTEN_OTHERWISE)


def _adds_values(file: SourceFile) -> bool:
    """Tell whether a kustomization may add values from ConfigMaps to what it lists, by a patch in it."""
    data = _bytes_of(file)
    return any(field in data for field in _FROM_MAPS)


_FROM_MAPS = (b"valuesFrom", b"substituteFrom")


def _bytes_of(file: SourceFile) -> bytes:
    """Return what a file holds, nothing where it cannot be read."""
    try:
        return file.read()
    except OSError:
        return b""


def _revision_before(sources: Sources, before: Loaded, now: Revision, budget: Budget) -> Revision:
    """Return the revision before: for a git revision the files that differ stand for themselves, the others are those of now."""
    old_files = list(sources.before or ())
    old_deployers = _deployers(before)
    if sources.changed_paths is None:
        return Revision(
            with_shelves(sources.trees_before, now.settings, budget),
            old_files,
            _with_config_maps(old_deployers, old_files, budget),
            now.settings,
        )
    known = {file.path for file in old_files} | sources.changed_paths
    unchanged = [file for file in sources.files if file.path not in known]
    same = [one for one in now.deployers if one.path not in sources.changed_paths]
    followed = [*old_deployers, *(one for one in same if one.type_name in GITOPS_KINDS)]
    maps = [one for one in same if one.type_name not in GITOPS_KINDS]
    deployers = _with_config_maps(followed, old_files if maps else [*old_files, *unchanged], budget)
    return Revision(with_shelves(sources.trees_before, now.settings, budget), [*old_files, *unchanged], [*deployers, *maps], now.settings)


def _gone(before: Sequence[Resource], now: Sequence[Resource]) -> Iterator[Resource]:
    there = {one.key for one in now}
    yield from (one for one in before if one.key not in there)


def _regrouped(found: PlannedUnits, found_before: PlannedUnits, sources: Sources, waiting: frozenset[str]) -> list[SourceFile]:
    """Return the files that are the same in both revisions, but that a unit of both deploys in one of them only.

    What no kustomization lists any more is gone, though its file stays, and so is what an object deploys that is listed no more.
    In the other revision the file is not deployed at all, or it is seen only in what is rendered of it. Of files with Helm values that are
    `waiting` for variables those are among them whose variables differ.
    """
    if sources.changed_paths is None:
        return []
    moved: set[str] = set()
    for name in found.units.keys() & found_before.units.keys():
        now, was = (_covered(*one.units[name]) for one in (found, found_before))
        moved |= now ^ was if found.units[name][0].is_stated == found_before.units[name][0].is_stated else now | was
    restated = _rendered_only(found) ^ _rendered_only(found_before)
    found_otherwise = moved | restated
    filled = waiting.intersection(refilled(found.units, found_before.units)) if waiting else waiting
    files = [one for one in sources.files if (one.real in found_otherwise or one.path in filled) and one.path not in sources.changed_paths]
    certain = {one.path for one in files if one.real in restated or one.path in filled}
    differ = (one for one in files if one.path in certain or (one.path in found.standings) != (one.path in found_before.standings))
    return sorted(differ, key=lambda file: file.path)


def _rendered_only(found: PlannedUnits) -> frozenset[str]:
    """Return the real paths of manifests that are seen only in what is rendered of them: something is patched or filled in."""
    units = [(planned, tree) for planned, tree in found.units.values() if not planned.unit.source.is_templated]
    rendered = [_covered(planned, tree) for planned, tree in units if not planned.stands_for_itself]
    if not rendered:
        return frozenset()
    deployed = frozenset[str]().union(*(_covered(planned, tree) for planned, tree in units if planned.unit.deployer))
    plain = [(planned, _covered(planned, tree)) for planned, tree in units if planned.stands_for_itself]
    kept = frozenset[str]().union(*(files if planned.unit.deployer else files - deployed for planned, files in plain))
    return frozenset[str]().union(*rendered) - kept


def _covered(planned: Planned, tree: SourceTree) -> frozenset[str]:
    """Return the real paths of the files that are linted through a unit."""
    return frozenset(posixpath.join(tree.top, path) for path in planned.covered)


def _changed(
    units: dict[str, tuple[Planned, SourceTree]], old: dict[str, tuple[Planned, SourceTree]], changed: frozenset[str] | None
) -> frozenset[str] | None:
    """Return the names of the units that differ between two revisions, None where any may."""
    if changed is None:
        return None
    return frozenset(name for name in units.keys() | old.keys() if _differs(units.get(name), old.get(name), changed))


def _differs(one: tuple[Planned, SourceTree] | None, other: tuple[Planned, SourceTree] | None, changed: frozenset[str]) -> bool:
    if one is None or other is None or one[0].unit != other[0].unit or one[0].is_stated != other[0].is_stated:
        return True
    return any(f"{tree.top}/{path}" in changed for planned, tree in (one, other) for path in planned.inputs)
