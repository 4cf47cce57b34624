"""Which charts of a tree are deployed: those in the configuration, and those that nothing uses, by conventions of names."""

import posixpath
import re
from collections.abc import Collection, Container, Iterator, Sequence

from k8slblint.model.rendering import AssignmentSettings, ChartSettings, ValueSetSettings
from k8slblint.rendering.gitops.paths import environment_called
from k8slblint.rendering.helm import templates
from k8slblint.rendering.helm.charts import Chart, read_chart
from k8slblint.rendering.helm.engine import HelmEngine
from k8slblint.rendering.helm.layers import ValueLayer
from k8slblint.rendering.helm.offered import Offers
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.helm.releases import release_name
from k8slblint.rendering.helm.value_sets import conventional_value_sets
from k8slblint.rendering.kinds import Finder, Listed, Off, Renderer, SourceKind, Wanted
from k8slblint.rendering.kustomize.root import KustomizeRoot
from k8slblint.rendering.source import Parts
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Outcome, RenderFailure, Unit

_CONFIGURED = "stated in the configuration"
_CONVENTION = "found by its name"
_DEFAULTS = "the chart's own defaults"


class _Charts(Finder):
    """The charts of one tree."""

    def __init__(self, listed: Listed) -> None:
        self._tree = listed.tree
        self._settings = listed.charts
        self._folders = [posixpath.dirname(path) for path in listed.files if posixpath.basename(path) == "Chart.yaml"]
        self._stated: set[str] = set()
        self._offers = Offers(listed.tree, self._folders)

    def parts(self, source: ChartRelease) -> Parts:
        return source.parts(self._tree)

    def stated(self) -> Iterator[tuple[Unit, str]]:
        """Yield the charts of the configuration, one unit for each set of values."""
        for chart in self._settings:
            folder = self._tree.relative(chart.path)
            if folder is None or folder not in self._folders:
                continue
            self._stated.add(folder)
            yield from ((self._unit(folder, chart, values), _CONFIGURED) for values in chart.sets)

    def _unit(self, folder: str, chart: ChartSettings, values: ValueSetSettings) -> Unit:
        layers = [ValueLayer(path) for file in values.values if (path := self._tree.relative(file)) is not None]
        layers += [self._assignment(assignment) for assignment in values.assignments]
        release = ChartRelease(
            folder,
            tuple(layers),
            values.release or chart.release or release_name(posixpath.basename(folder)),
            values.namespace or chart.namespace or "default",
            chart.kubernetes_version,
            chart.api_versions,
        )
        return Unit(
            path=layers[-1].file if values.values and layers and layers[-1].file else posixpath.join(folder, "Chart.yaml"),
            source=release,
            label=values.name,
            cluster=values.cluster,
            environment=values.environment,
            namespace=release.namespace,
        )

    def _assignment(self, assignment: AssignmentSettings) -> ValueLayer:
        file = self._tree.relative(assignment.file)
        if file is None:
            return ValueLayer("", form="assignment", name=assignment.name, given=assignment.value)
        return ValueLayer(file, at=assignment.at, form="assignment", name=assignment.name)

    def left(self, used: Container[str]) -> Iterator[tuple[Unit, str]]:
        """Yield the charts that nothing uses, with the sets of values that their files' names tell, else with their defaults.

        Libraries are none of their own, and what podman plays is not for Kubernetes.
        """
        dependencies = {
            dependency
            for folder in self._folders
            if isinstance(chart := read_chart(self._tree, folder), Chart)
            for dependency in chart.local_dependencies
        }
        for folder in self._folders:
            if folder not in used and folder not in self._stated:
                yield from self._by_convention(folder, is_part=folder in dependencies)

    def _by_convention(self, folder: str, *, is_part: bool) -> Iterator[tuple[Unit, str]]:
        """Yield a chart with the sets of values beside it, else with its defaults; one that is a part of others only with such sets."""
        chart = read_chart(self._tree, folder)
        if isinstance(chart, Chart) and (chart.is_library or chart.is_for_podman):
            return
        if isinstance(chart, RenderFailure) and self._is_begun_only(folder):
            return
        sets = self._sets(folder, chart)
        name = release_name(posixpath.basename(folder), chart.name if isinstance(chart, Chart) else "")
        offered = isinstance(chart, Chart) and self._offers.includes(folder, chart)
        plain = Unit(
            posixpath.join(folder, "Chart.yaml"),
            ChartRelease(folder, (), name),
            is_deployed=False,
            is_offered=offered,
            is_copy=isinstance(chart, Chart) and self._offers.is_copy(folder, chart),
        )
        is_among_own = isinstance(chart, Chart) and self._offers.is_among_own(folder, chart)
        for _, files in sets:
            layers = tuple(ValueLayer(file) for file in files)
            yield plain._replace(path=files[-1], source=ChartRelease(folder, layers, name), is_copy=is_among_own), _CONVENTION
        if not sets and not is_part:
            yield plain, _DEFAULTS

    def _is_begun_only(self, folder: str) -> bool:
        """Tell whether a folder has an empty `Chart.yaml`, which Helm refuses, and nothing to install."""
        if self._tree.names(posixpath.join(folder, "templates")):
            return False
        try:
            return not self._tree.read(posixpath.join(folder, "Chart.yaml")).strip()
        except OSError:
            return False

    def _sets(self, folder: str, chart: Chart | RenderFailure) -> list[tuple[str, tuple[str, ...]]]:
        """Return the sets of values of a chart; what bears the name of another chart, a dependency included, is meant for that.

        Those that came with a copy of someone else's chart are alternatives that nobody deploys; one for production was added.
        """
        sets = conventional_value_sets(self._tree, folder)
        if not sets or isinstance(chart, RenderFailure):
            return sets
        if self._offers.is_among_own(folder, chart):
            return [(label, files) for label, files in sets if any(map(environment_called, re.split("[-_./]", label)))]
        names = {posixpath.basename(other) for other in self._folders if other != folder}
        others = names | {name for one in chart.dependencies for name in (one.name, one.alias)} - {chart.name}
        return conventional_value_sets(self._tree, folder, templates.files_read(self._tree, folder), others)

    def undeployed(self, files: Sequence[str], others: Collection[str]) -> Iterator[str]:
        """Yield the files of charts that their templates read: what stands in them is a part of what is rendered, or of something else."""
        for folder in self._folders:
            start = f"{folder}/" if folder else ""
            inside = [file for file in files if file.startswith(start)]
            if not inside:
                continue
            read = templates.files_read(self._tree, folder)
            for file in inside:
                path = file[len(start) :]
                if path.startswith("files/") or path in read:
                    yield file

    def may_deploy_others(self) -> bool:
        """Tell whether templates of a chart may yield objects of Argo CD or Flux."""
        return any(templates.deploys_others(self._tree, folder) for folder in self._folders)


def _start(wanted: Wanted) -> Renderer:
    choice = wanted.settings.helm
    if choice == "off":
        return Off("rendering of charts is off")

    def build(root: KustomizeRoot, tree: SourceTree) -> Outcome:
        return wanted.renderer(root.kind).render_all([(root, tree)])[0]

    return HelmEngine(choice, kept=wanted.kept, native=wanted.native, build=build)


HELM = SourceKind("helm", _Charts, _start)
