"""Rendering within a run: which charts and kustomizations of two revisions are rendered, and how long their engines live."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from k8slblint.budget import Budget
from k8slblint.config import Config
from k8slblint.loading.resources import load
from k8slblint.model.loaded import Gap, Loaded, SourceFile
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.rendering.deploying import Kinds, Rollout
from k8slblint.rendering.engines import Renderers
from k8slblint.rendering.gitops.deployments import wants_config_maps
from k8slblint.rendering.planning import Planned
from k8slblint.rendering.revisions import Revision, planned_units
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

    `gaps` are those of the listing but for the templates of charts that were rendered. `sandbox` says how renderers were confined so far.
    """

    changed_paths: frozenset[str] | None
    before: Loaded | None
    gaps: tuple[Gap, ...]
    sandbox: Callable[[], str | None]


@contextmanager
def render_into(loaded: Loaded, sources: Sources, config: Config, kinds: Kinds, budget: Budget) -> Iterator[RenderedRun]:
    """Render the units of the sources into `loaded`, and those of the revision before that differ; engines live until the end."""
    with Renderers(config.rendering, budget) as renderers:
        deployers = [*_deployers(loaded), *_config_maps(loaded, sources.files, budget)]
        now = Revision(sources.trees, sources.files, deployers, config.rendering)
        found = planned_units(now)
        before, changed = None, None
        if sources.before is not None:
            before = load(sources.before, wanted=kinds.wanted, versions=kinds.versions, budget=budget)
            old = _revision_before(sources, before, deployers, now)
            found_before = planned_units(old)
            changed = _changed(found.units, found_before.units, sources.changed_in_trees)
            Rollout(before, old, kinds, renderers.engines, changed).deploy(found_before)
        rollout = Rollout(loaded, now, kinds, renderers.engines)
        rollout.deploy(found)
        paths = sources.changed_paths
        gaps = tuple(gap for gap in sources.gaps if not rollout.has_rendered(gap.path))
        changed_paths = paths | changed if paths is not None and changed is not None else paths
        yield RenderedRun(changed_paths, before, gaps, lambda: renderers.sandboxes.state)


def _deployers(loaded: Loaded) -> list[Resource]:
    return [one for one in loaded.resources if one.type_name in GITOPS_KINDS]


def _config_maps(loaded: Loaded, files: Sequence[SourceFile], budget: Budget) -> list[Resource]:
    """Return the ConfigMaps among files where some rollout takes values from them."""
    if not wants_config_maps(_deployers(loaded)):
        return []
    return load(files, wanted=frozenset({"ConfigMap"}), budget=budget).resources


def _revision_before(sources: Sources, before: Loaded, deployers: Sequence[Resource], now: Revision) -> Revision:
    """Return the revision before: for a git revision the files that differ stand for themselves, the others are those of now."""
    old_files = list(sources.before or ())
    old_deployers = _deployers(before)
    if sources.changed_paths is not None:
        known = {file.path for file in old_files} | sources.changed_paths
        old_files += [file for file in sources.files if file.path not in known]
        old_deployers += [one for one in deployers if one.path not in sources.changed_paths]
    return Revision(sources.trees_before, old_files, old_deployers, now.settings)


def _changed(
    units: dict[str, tuple[Planned, SourceTree]], old: dict[str, tuple[Planned, SourceTree]], changed: frozenset[str] | None
) -> frozenset[str] | None:
    """Return the names of the units that differ between two revisions, None where any may."""
    if changed is None:
        return None
    return frozenset(name for name in units.keys() | old.keys() if _differs(units.get(name), old.get(name), changed))


def _differs(one: tuple[Planned, SourceTree] | None, other: tuple[Planned, SourceTree] | None, changed: frozenset[str]) -> bool:
    if one is None or other is None or one[0].unit != other[0].unit:
        return True
    return any(f"{tree.top}/{path}" in changed for planned, tree in (one, other) for path in planned.inputs)
