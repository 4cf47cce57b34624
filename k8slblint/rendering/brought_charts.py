"""The charts that are deployed and not in the tree, as resources: each with all of its values, and what these say of its Services.

Values that a release is given in several layers count together; those of a dependency are below its alias in the values of the chart
that has it. What a file of values says is read once, and for one chart only: where several charts get it, nobody knows for which one it is.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import NamedTuple

from k8slblint import documents
from k8slblint.loading.helm_values import may_hold_services, service_views_for, tells_of_controllers
from k8slblint.loading.kustomize_scalars import as_printed
from k8slblint.loading.value_holders import Chart
from k8slblint.model.loaded import Deployment, Loaded, SourceFile
from k8slblint.model.location import Location, Path, Span
from k8slblint.model.node import Node
from k8slblint.model.resource import CHART_VALUES, HELM_VALUES, Origin, Place, Resource, SourceText
from k8slblint.rendering.failures import source_text, whole_line
from k8slblint.rendering.helm.values import merged_values
from k8slblint.rendering.roots import roots_of
from k8slblint.rendering.source import AbsentChart
from k8slblint.rendering.tree import SourceTree


class Brought(NamedTuple):
    """A chart that is not there: `path` is that of the unit that brings it, or the file of what deploys it."""

    chart: AbsentChart
    tree: SourceTree
    path: str


def add_charts(found: Iterable[Brought], loaded: Loaded, files: Mapping[str, SourceFile]) -> None:
    """Add a resource for each chart of a controller that no object deploys, or that an object gives several layers of values.

    `files` are those of the tree by their paths as reported. What goes to another cluster gets a path of its own.
    """
    for one in found:
        chart = one.chart
        if _is_said_by_object(chart) or not tells_of_controllers(chart.name):
            continue
        path = one.path
        if chart.cluster is not None and chart.label:
            path = f"{one.path} [{chart.label}]"
            loaded.files.setdefault(path, _file_for(one, path, files.get(one.path)))
        loaded.resources.append(_resource(one, path))


def _is_said_by_object(chart: AbsentChart) -> bool:
    """Tell whether the values of a chart are those in the one object that deploys it, which is there by itself."""
    inside = [layer.file == chart.file and layer.at[:1] == ("spec",) for layer in chart.layers[:2]]
    return chart.deployer is not None and inside in ([], [True])


def _file_for(one: Brought, path: str, known: SourceFile | None) -> SourceFile:
    by = " ".join(one.chart.by)
    deployment = Deployment(one.chart.cluster, None, stands_alone=False, reason=by, deployer=one.path)
    file = SourceFile(path, "".encode, known.scope_path if known is not None else one.path, deployment=deployment)
    return file if known is None else file._replace(project=known.project, above=known.above, outer_project=known.outer_project)


def _resource(one: Brought, path: str) -> Resource:
    chart, tree = one.chart, one.tree
    source = source_text(tree, chart.file)
    span = whole_line(source, chart.line)
    kind, name = chart.by
    values = chart.values if chart.values is not None else merged_values(tree, chart.layers)
    is_known = isinstance(values, Mapping)
    value = {
        "apiVersion": "",
        "kind": HELM_VALUES,
        "is": CHART_VALUES,
        "by": {"kind": kind},
        "deployer": list(chart.deployer or ()),
        "isWhole": chart.is_whole and is_known,
        "metadata": {"name": name},
        "spec": {"chart": chart.name, "version": chart.version, "values": values if is_known else {}},
    }
    made = Resource(Node(value, *span), path, source)
    made.provenance = _Named(tree.shown(chart.file), source, span)
    return made


class _Named:
    """Places a chart where it is named."""

    def __init__(self, file: str, source: SourceText, span: Span) -> None:
        self.written_in = file
        self._place = Place(Location(file, span), source, Origin(file, exact=True))

    def announce(self, resource: Resource, path: Path, at: str) -> None:
        """Need nothing: there is one place."""

    def mentions(self, word: str) -> bool:
        """Tell whether a word stands in the file."""
        return word in self._place.source.text

    def may_print(self, text: str) -> bool:
        """Say no: it is no template."""
        return False

    def has_silent_workload(self, printed: Container[str]) -> bool:
        """Say no, likewise."""
        return False

    def start(self, resource: Resource, path: Path, at: str) -> Place:
        """Return the place."""
        return self._place

    def place(self, resource: Resource, path: Path, at: str) -> Place:
        """Return the place."""
        return self._place


def read_files(found: Iterable[Brought], loaded: Loaded, wanted: Container[str]) -> None:
    """Read what files of values say of the Services, Ingresses and routes of charts that are not there, of the kinds that are `wanted`.

    It takes the place of what was read of them while nothing told which chart they are for.
    """
    asked: dict[tuple[int, str, tuple[str, ...]], list[Brought]] = {}
    for one in found:
        for layer in one.chart.layers:
            if layer.file and not layer.at and one.tree.shown(layer.file) in loaded.files:
                asked.setdefault((id(one.tree), layer.file, one.chart.keys), []).append(one)
    chosen = ((own, file, keys, chart) for (_, file, keys), own in asked.items() if (chart := _common(own)))
    read = (_read(own, file, keys, chart, loaded.files[own[0].tree.shown(file)]) for own, file, keys, chart in chosen)
    made = [one for found_there in read for one in found_there if one.type_name in wanted]
    places = {(one.path, one.root.line, one.root.column, one.type_name) for one in made}
    if made:
        loaded.resources = [one for one in loaded.resources if not _is_among(one, places)]
        loaded.resources += made


def _is_among(one: Resource, places: Container[tuple[str, int, int, str]]) -> bool:
    return one.kind == HELM_VALUES and one.provenance is None and (one.path, one.root.line, one.root.column, one.type_name) in places


def _common(found: list[Brought]) -> Chart | None:
    """Return the chart that values are for, with what is the same for all that are given them; None where they are for several."""
    names, repositories, versions = ({getattr(one.chart, key) for one in found} for key in ("name", "repository", "version"))
    if len(names) != 1:
        return None
    return Chart(names.pop(), repositories.pop() if len(repositories) == 1 else "", versions.pop() if len(versions) == 1 else "")


def _read(own: list[Brought], file: str, keys: tuple[str, ...], chart: Chart, listed: SourceFile) -> Iterator[Resource]:
    """Yield what a file says of a chart that some bring; kustomize prints what it makes of charts as it does all objects."""
    tree, is_printed = own[0].tree, any(one.chart.by[0] == "Kustomization" for one in own)
    source = source_text(tree, file)
    if not may_hold_services(source.text) or documents.is_template(source.text):
        return
    for root in roots_of(tree, file) or ():
        node: Node | None = root
        for key in keys:
            node = node.child(key) if node is not None else None
        if node is not None and isinstance(node.value, dict):
            views = service_views_for(node, listed.scope_path or listed.path, chart, keys)
            made = (Resource(view, listed.path, source) for view in views)
            yield from map(as_printed, made) if is_printed else made
