"""Knows the units of a tree: what somebody deploys, what no other kustomization includes, and the charts that are left.

Precedence: what the configuration states about a chart, then Argo CD and Flux objects, then conventions of names.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from k8slblint.budget import OverLimitError
from k8slblint.loading.folders import KUSTOMIZATION_NAMES
from k8slblint.model.rendering import AssignmentSettings, ChartSettings, ValueSetSettings
from k8slblint.model.resource import Resource
from k8slblint.rendering.gitops.deployments import Deployments, deployments
from k8slblint.rendering.helm import charts
from k8slblint.rendering.helm.releases import release_name
from k8slblint.rendering.helm.templates import files_read
from k8slblint.rendering.helm.value_sets import conventional_value_sets
from k8slblint.rendering.kustomize import kustomizations
from k8slblint.rendering.kustomize.closures import closure
from k8slblint.rendering.kustomize.kustomizations import Kustomization
from k8slblint.rendering.kustomize.plain_roots import plain_files
from k8slblint.rendering.reach import Known, Reach, reach
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import ChartRelease, KustomizeRoot, NotRendered, PlainFiles, RenderFailure, Unit, ValueLayer

_HELMFILE = re.compile(r"(?:^|/)(?:helmfile(?:[-.][^/]+)?|helmfile\.d/[^/]+)\.ya?ml$")
_CONVENTION = "found by its name"
_DEFAULTS = "the chart's own defaults"
_ROOT = "no other kustomization includes it"
_CONFIGURED = "stated in the configuration"
_BY_NAME = frozenset({_CONVENTION, _DEFAULTS, _ROOT})
"""Reasons of units that nothing in the tree deploys."""


class Planned(NamedTuple):
    """One unit with all that it is made of.

    `inputs` are all files that it depends on, `covered` those of them that are linted only through it (not the file of the object that
    deploys it); `reason` says why it is taken for a unit; `plain` are the files that it deploys as they are, None where something is
    rendered. `is_whole` tells that all it reads is in the tree, `has_charts` that charts are rendered, with values among `covered`.
    """

    unit: Unit
    inputs: frozenset[str]
    covered: frozenset[str]
    reason: str
    plain: tuple[str, ...] | None = None
    is_whole: bool = True
    has_charts: bool = False

    @property
    def is_stated(self) -> bool:
        """Tell whether an object of the tree or the configuration deploys it; else it is taken for a unit by its name."""
        return self.reason not in _BY_NAME


class Plan(NamedTuple):
    """The units of one revision, the objects that deploy what is not in the tree, and which files nobody deploys."""

    units: tuple[Planned, ...]
    not_rendered: tuple[NotRendered, ...]
    reach: Reach = Reach()


class Listed(NamedTuple):
    """What planning goes by: the tree, the files listed in it (by tree path), the objects that deploy, and the charts stated."""

    tree: SourceTree
    files: Sequence[str]
    deployers: Sequence[Resource]
    tree_path: Callable[[Resource], str]
    charts: Sequence[ChartSettings] = ()


def plan(listed: Listed) -> Plan:
    """Return the units of a tree, in the order of their paths."""
    planner = _Planner(listed)
    for add in (planner.add_configured, planner.add_deployed, planner.add_roots, planner.add_charts):
        try:
            add()
        except OverLimitError as error:
            planner.give_up(error)
    units = sorted(planner.units, key=lambda planned: unit_name(planned.unit, planned.unit.path))
    return Plan(tuple(units), tuple(planner.not_rendered), planner.reach())


def unit_name(unit: Unit, path: str) -> str:
    """Return what names a unit among others, with its own path given as it is to be written."""
    return f"{path} [{unit.label}]" if unit.label else path


def _written_in(unit: Unit) -> Iterator[str]:
    """Yield the files in which the unit itself and its values are written."""
    yield unit.path
    if isinstance(unit.source, ChartRelease):
        yield from (layer.file for layer in unit.source.layers if layer.file)


class _Read(NamedTuple):
    """What a kustomize root reads: folders with kustomizations, files, and the files that it only lists, if that is all it does."""

    folders: tuple[str, ...]
    files: tuple[str, ...]
    plain: tuple[str, ...] | None
    is_whole: bool
    has_charts: bool


def _read(tree: SourceTree, root: KustomizeRoot, found: Mapping[str, Kustomization]) -> _Read:
    folders = [path for path in root.files if tree.is_folder(path)] if root.files else [root.folder]
    files = [path for path in (*root.files, *root.patches) if tree.is_file(path)]
    components = [name for name in root.options.get("components", ()) if isinstance(name, str)]
    closures = [closure(tree, folder, found, is_unrestricted=root.is_unrestricted) for folder in (*folders, *components)]
    listed = [plain_files(one) for one in closures]
    plain = None if None in listed or root.patches else (*files, *(path for part in listed for path in part or ()))
    return _Read(
        tuple(folder for one in closures for folder in one.folders),
        (*files, *(path for one in closures for path in one.files)),
        plain,
        not any(one.failure or one.lacks or one.objections for one in closures),
        any(one.has_charts for one in closures),
    )


class _Planner:
    """Collects the units of one tree."""

    def __init__(self, listed: Listed) -> None:
        self._listed = listed
        self._tree = listed.tree
        self.units: list[Planned] = []
        self.not_rendered: list[NotRendered] = []
        names = [path for path in listed.files if posixpath.basename(path) in KUSTOMIZATION_NAMES]
        self._kustomizations = kustomizations.find_kustomizations(self._tree, names)
        self._chart_folders = [posixpath.dirname(path) for path in listed.files if posixpath.basename(path) == "Chart.yaml"]
        self._closures: dict[str, _Read] = {}
        self._deployed_folders: set[str] = set()
        self._used_charts: set[str] = set()

    def give_up(self, error: OverLimitError) -> None:
        """Note that what is deployed was not found out completely."""
        reason = f"what is deployed was not found out to the end, since {error.reason}"
        self.not_rendered.append(NotRendered("this tree", error.culprit or next(iter(self._listed.files), "."), 1, reason))

    def reach(self) -> Reach:
        """Return which files nobody deploys, nothing where that was not found out to the end."""
        stated = [planned for planned in self.units if planned.is_stated]
        known = Known(
            self._tree,
            self._listed.files,
            self._kustomizations,
            self._chart_folders,
            frozenset(map(self._listed.tree_path, self._listed.deployers)),
            [(planned.unit, planned.inputs) for planned in stated],
            frozenset[str]().union(*(planned.inputs for planned in self.units if not planned.is_stated)),
            self.not_rendered,
        )
        try:
            return reach(known)
        except OverLimitError as error:
            self.give_up(error)
            return Reach()

    def add_configured(self) -> None:
        """Add the charts that the configuration states, one unit for each set of values."""
        for chart in self._listed.charts:
            folder = self._below_top(chart.path)
            if folder is None or folder not in self._chart_folders:
                continue
            self._used_charts.add(folder)
            for values in chart.sets:
                self._add_set(folder, chart, values)

    def _add_set(self, folder: str, chart: ChartSettings, values: ValueSetSettings) -> None:
        layers = [ValueLayer(path) for file in values.values if (path := self._below_top(file)) is not None]
        layers += [self._assignment(assignment) for assignment in values.assignments]
        release = ChartRelease(
            folder,
            tuple(layers),
            values.release or chart.release or release_name(posixpath.basename(folder)),
            values.namespace or chart.namespace or "default",
            chart.kubernetes_version,
            chart.api_versions,
        )
        unit = Unit(
            path=layers[-1].file if values.values and layers and layers[-1].file else posixpath.join(folder, "Chart.yaml"),
            source=release,
            label=values.name,
            cluster=values.cluster,
            environment=values.environment,
            namespace=release.namespace,
        )
        self._add(unit, _CONFIGURED)

    def _assignment(self, assignment: AssignmentSettings) -> ValueLayer:
        file = self._below_top(assignment.file)
        if file is None:
            return ValueLayer("", form="assignment", name=assignment.name, given=assignment.value)
        return ValueLayer(file, at=assignment.at, form="assignment", name=assignment.name)

    def add_deployed(self) -> None:
        """Add what Argo CD and Flux objects deploy from the tree."""
        found = deployments(self._listed.deployers, self._tree, self._listed.tree_path)
        self.not_rendered += found.not_rendered
        for unit in found.units:
            self._add(unit, unit.deployed_by)
        for more in self._by_files():
            self.not_rendered += more.not_rendered
            for unit in more.units:
                self._add(unit, unit.deployed_by)

    def _by_files(self) -> Iterator[Deployments]:
        """Yield what files deploy that are no Kubernetes objects: bundles of Rancher Fleet, helmfiles."""
        bundles = [path for path in self._listed.files if posixpath.basename(path) == "fleet.yaml"]
        if bundles:
            from k8slblint.rendering.gitops.fleet import fleet_bundles  # few trees have any

            yield fleet_bundles(self._tree, bundles)
        for path in self._listed.files:
            if _HELMFILE.search(path):
                from k8slblint.rendering.gitops.helmfile import helmfile_releases  # few trees have any

                yield helmfile_releases(self._tree, path)

    def add_roots(self) -> None:
        """Add the kustomizations that no other includes and nobody deploys."""
        for folder in kustomizations.render_roots(self._kustomizations):
            if not self._is_deployed(folder):
                self._add(Unit(self._kustomizations[folder].file, KustomizeRoot(folder)), _ROOT)

    def _is_deployed(self, folder: str) -> bool:
        return folder in self._deployed_folders

    def add_charts(self) -> None:
        """Add the charts that nothing uses, with the sets of values that their files' names tell, else with their defaults."""
        dependencies = {
            dependency
            for folder in self._chart_folders
            if isinstance(chart := charts.read_chart(self._tree, folder), charts.Chart)
            for dependency in chart.local_dependencies
        }
        for folder in self._chart_folders:
            if folder not in self._used_charts | dependencies:
                self._add_chart(folder)

    def _add_chart(self, folder: str) -> None:
        chart = charts.read_chart(self._tree, folder)
        if isinstance(chart, charts.Chart) and chart.is_library:
            return
        sets = self._sets(folder, chart)
        name = release_name(posixpath.basename(folder), chart.name if isinstance(chart, charts.Chart) else "")
        for _, files in sets:
            layers = tuple(ValueLayer(file) for file in files)
            self._add(Unit(files[-1], ChartRelease(folder, layers, name), is_deployed=False), _CONVENTION)
        if not sets:
            self._add(Unit(posixpath.join(folder, "Chart.yaml"), ChartRelease(folder, (), name), is_deployed=False), _DEFAULTS)

    def _sets(self, folder: str, chart: charts.Chart | RenderFailure) -> list[tuple[str, tuple[str, ...]]]:
        """Return the sets of values of a chart; what bears the name of another chart, a dependency included, is meant for that."""
        sets = conventional_value_sets(self._tree, folder)
        if not sets or isinstance(chart, RenderFailure):
            return sets
        names = {posixpath.basename(other) for other in self._chart_folders if other != folder}
        others = names | {name for one in chart.dependencies for name in (one.name, one.alias)} - {chart.name}
        return conventional_value_sets(self._tree, folder, files_read(self._tree, folder), others)

    def _add(self, unit: Unit, reason: str) -> None:
        covered, plain = self._covered(unit)
        if isinstance(unit.source, KustomizeRoot):
            self._deployed_folders.update(self._read_by(unit.source).folders)
        if isinstance(unit.source, ChartRelease):
            self._used_charts.add(unit.source.chart)
        is_whole = not isinstance(unit.source, KustomizeRoot) or self._read_by(unit.source).is_whole
        has_charts = not isinstance(unit.source, KustomizeRoot) or self._read_by(unit.source).has_charts
        inputs = frozenset({*covered, *_written_in(unit)})
        self.units.append(Planned(unit, inputs, covered, reason, plain, is_whole, has_charts))

    def _covered(self, unit: Unit) -> tuple[frozenset[str], tuple[str, ...] | None]:
        """Return the files that a unit is made of, and those that it deploys as they are, if that is all that it does."""
        if isinstance(unit.source, PlainFiles):
            return frozenset(unit.source.files), unit.source.files
        if isinstance(unit.source, KustomizeRoot):
            read = self._read_by(unit.source)
            return frozenset(read.files), None if unit.source.options else read.plain
        layers = [layer.file for layer in unit.source.layers if layer.file and not layer.at]
        return frozenset({*charts.chart_files(self._tree, unit.source.chart), *layers}), None

    def _read_by(self, root: KustomizeRoot) -> "_Read":
        """Return what a root reads, worked out once for each folder."""
        key = "\0".join((root.folder, *root.files, "", *root.patches))
        if key not in self._closures:
            self._closures[key] = _read(self._tree, root, self._kustomizations)
        return self._closures[key]

    def _below_top(self, absolute: str) -> str | None:
        return self._tree.relative(absolute)
