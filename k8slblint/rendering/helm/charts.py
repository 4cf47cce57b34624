"""What a Helm chart consists of: its files, its dependencies, and those that are missing."""

import os
import posixpath
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from k8slblint import documents
from k8slblint.budget import Budget, OverLimitError
from k8slblint.loading.ignores import IgnoreRules
from k8slblint.model.node import Node
from k8slblint.rendering.helm.archives import (
    ARCHIVES,
    FILE_LIMIT,
    BrokenArchiveError,
    read_archive,
)
from k8slblint.rendering.helm.neighbours import Neighbours
from k8slblint.rendering.shelf import WantedChart
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import RenderFailure

MOST_CHARTS = 1_000
"""Charts that one chart may consist of, dependencies of dependencies included, each as often as Helm renders it."""

_MOST_FILES = 10_000
_MOST_FOLDERS = 2_000
DEEPEST = 30
_OWN_FILES = ("Chart.yaml", "Chart.lock", "values.yaml", "values.schema.json", "requirements.yaml", "requirements.lock", ".helmignore")
_OWN_FOLDERS = ("templates", "crds", "charts")
REQUIREMENTS = "requirements.yaml"
CHART_FILE = "Chart.yaml"
_OF_PODMAN = ("podman kube play", "podman play kube")


class Dependency(NamedTuple):
    """A declared dependency; `place` is where it is in the tree (a folder or a `.tgz`), or `""` where it is missing."""

    name: str
    repository: str = ""
    conditions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    alias: str = ""
    place: str = ""
    version: str = ""


class Chart(NamedTuple):
    """A chart: `folder` is its folder or `.tgz`, `metadata` what its `Chart.yaml` holds.

    `embedded` are the charts in `charts/`, by name; `local_dependencies` the folders of its `file://` dependencies.
    """

    folder: str
    name: str
    is_library: bool
    api_version: str
    metadata: Mapping[str, Any]
    dependencies: tuple[Dependency, ...] = ()
    embedded: Mapping[str, str] = {}
    local_dependencies: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The file that stands for the chart: its `Chart.yaml`, or the `.tgz`."""
        return self.folder if self.folder.endswith(ARCHIVES) else join(self.folder, "Chart.yaml")

    @property
    def is_for_podman(self) -> bool:
        """Whether it says that podman plays what it makes, which reads numbers where Kubernetes wants text (podman 5.6 kube play)."""
        keywords = self.metadata.get("keywords")
        texts = [self.metadata.get("description"), *(keywords if isinstance(keywords, list) else ())]
        return any(words in text.lower() for text in texts if isinstance(text, str) for words in _OF_PODMAN)

    @property
    def missing(self) -> tuple[Dependency, ...]:
        """The declared dependencies that are not in the tree."""
        return tuple(one for one in self.dependencies if not one.place)


class RefusedError(Exception):
    """Carries a failure up from the depth of a chart."""

    def __init__(self, failure: RenderFailure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


def read_chart(tree: SourceTree, folder: str) -> Chart | RenderFailure:
    """Return the chart in a folder of the tree, or in a `.tgz`."""
    file = folder if folder.endswith(ARCHIVES) else join(folder, "Chart.yaml")
    try:
        data = tree.read(file)
        metadata = tree.seen.made(_packed_metadata, data, tree.budget, file) if file == folder else tree.seen.made(first_mapping, data)
    except OSError:
        return RenderFailure("missing", f"there is no file `{tree.shown(file)}`", file)
    except documents.UndecodableText as error:
        return RenderFailure("template", f"the chart cannot be read: {error.problem.message}", file, error.problem.line)
    except documents.BrokenDocument as error:
        return RenderFailure("template", f"the chart cannot be read: {error.problem.message}", file, error.problem.line)
    name = metadata.get("name")
    if not isinstance(name, str) or not name or "/" in name:
        return RenderFailure("template", "the chart has no valid name", file)
    is_library, api_version = metadata.get("type") == "library", str(metadata.get("apiVersion", ""))
    if file == folder:
        return Chart(folder, name, is_library, api_version, metadata)
    embedded = _embedded(tree, folder)
    found = tuple(_dependencies(tree, folder, metadata, embedded))
    local = tuple(dict.fromkeys(place for one in found if (place := _local_place(tree, folder, one.repository))))
    return Chart(folder, name, is_library, api_version, metadata, found, embedded, local)


def chart_files(tree: SourceTree, folder: str) -> list[str]:
    """Return the paths of the files that make up a chart, those of the charts in its `charts/` included."""
    if folder.endswith(ARCHIVES):
        return [folder]
    own = [join(folder, name) for name in _OWN_FILES]
    try:
        inside = [path for name in _OWN_FOLDERS for path in walk(tree, join(folder, name))]
    except RefusedError:
        inside = []
    return [path for path in own if tree.is_file(path)] + inside


def defaults_elsewhere(tree: SourceTree, folder: str) -> Iterator[str]:
    """Yield the default values of the charts in other folders that a chart depends on, and of those that they depend on."""
    waiting, known = [folder], {folder}
    while waiting and len(known) <= MOST_CHARTS:
        chart = read_chart(tree, waiting.pop())
        places = [] if isinstance(chart, RenderFailure) else [one for one in chart.local_dependencies if one not in known]
        waiting += places
        known.update(places)
        yield from (path for one in places if tree.is_file(path := join(one, "values.yaml")))


def template_places(tree: SourceTree, chart: Chart) -> dict[str, str]:
    """Return which folder or `.tgz` each chart lies in, by the path that Helm prints: `app/charts/web` -> `charts/web`."""
    known, places = KnownCharts(tree), dict[str, str]()
    pending = [(chart, chart.name)]
    while pending and len(places) <= MOST_CHARTS:
        one, printed = pending.pop()
        places[printed] = one.folder
        for name, inner in known.below(one):
            if f"{printed}/charts/{name}" not in places:
                pending.append((inner, f"{printed}/charts/{name}"))
    return places


class KnownCharts:
    """The charts of a tree, each read once."""

    def __init__(self, tree: SourceTree) -> None:
        self._tree = tree
        self._charts: dict[str, Chart | RenderFailure] = {}

    def chart(self, place: str) -> Chart | RenderFailure:
        """Return the chart in a folder or `.tgz`."""
        if place not in self._charts:
            self._charts[place] = read_chart(self._tree, place)
        return self._charts[place]

    def below(self, chart: Chart) -> list[tuple[str, Chart]]:
        """Return the charts that a chart consists of besides itself, by the names that Helm gives them: aliases, else their own."""
        named = {(one.alias or one.name): one.place for one in chart.dependencies if one.place}
        found = ((name, self.chart(place)) for name, place in {**chart.embedded, **named}.items())
        return [(name, inner) for name, inner in found if isinstance(inner, Chart)]


def missing_failure(chart: Chart, dependency: Dependency) -> RenderFailure:
    """Return the failure of a chart whose dependency is not in the tree."""
    where = f" of {dependency.repository}" if dependency.repository else ""
    reason = f"its dependency `{dependency.name}`{where} is not in the folder `charts/`, where `helm dependency build` would put it"
    return RenderFailure("missing", reason, chart.file, is_unvendored=True)


def walk(tree: SourceTree, folder: str, ignores: IgnoreRules | None = None) -> Iterator[str]:
    """Yield the files below the folder of a chart as Helm finds them: links are followed, but none that leads out of the tree.

    What is ignored counts as well: folders that link to each other have more paths than anybody can look at.
    """
    stack = [(folder, 0)]
    start = len(folder) + 1 if folder else 0
    seen = folders = 0
    while stack:
        place, depth = stack.pop()
        folders += 1
        tree.budget.ask(place)
        for name in tree.names(place):
            path = join(place, name)
            is_file = tree.is_file(path)
            seen += 1
            if seen > _MOST_FILES or folders > _MOST_FOLDERS or depth > DEEPEST:
                raise RefusedError(RenderFailure("bounds", "the chart has too many files or folders, or folders nested too deeply", place))
            if name == ".git" or (ignores and ignores.ignores(path[start:], is_folder=not is_file)):
                continue
            if is_file:
                yield path
            elif tree.is_folder(path):
                stack.append((path, depth + 1))
            elif os.path.islink(os.path.join(tree.top, *path.split("/"))):
                raise RefusedError(RenderFailure("missing", f"`{path[start:]}` is a link that points outside the tree", path))


def _dependencies(tree: SourceTree, folder: str, metadata: Mapping[str, Any], embedded: Mapping[str, str]) -> Iterator[Dependency]:
    declared = metadata.get("dependencies")
    if declared is None:
        declared = _requirements(tree, folder)
    near = Neighbours(tree, folder, partial(stated_in, tree))
    for one in declared if isinstance(declared, list) else []:
        name = one.get("name") if isinstance(one, dict) else None
        if isinstance(name, str) and name:
            repository = str(one.get("repository") or "")
            conditions = tuple(part.strip() for part in str(one.get("condition") or "").split(",") if part.strip())
            tags = one.get("tags")
            labels = tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
            version = str(one.get("version") or "")
            place = (
                embedded.get(name)
                or _local_place(tree, folder, repository)
                or near.place(name, version, repository)
                or tree.beside(WantedChart(_fetched_from(repository), name, version))
            )
            yield Dependency(name, repository, conditions, labels, str(one.get("alias") or ""), place, version)


def _fetched_from(repository: str) -> str:
    """Return the address of a repository, `""` where it is named by what only the configuration of a Helm knows (`@name`)."""
    return repository if "://" in repository else ""


def _requirements(tree: SourceTree, folder: str) -> Any:
    try:
        return tree.made(first_mapping, join(folder, REQUIREMENTS)).get("dependencies")
    except (OSError, documents.UndecodableText, documents.BrokenDocument):
        return None


def _local_place(tree: SourceTree, folder: str, repository: str) -> str:
    """Return the folder in the tree that a `file://` repository names, or `""`."""
    path = repository.removeprefix("file://")
    if path == repository or path.startswith("/"):
        return ""
    place = posixpath.normpath(posixpath.join(folder, path))
    return place if not place.startswith("..") and tree.is_file(join(place, "Chart.yaml")) else ""


def stated_in(tree: SourceTree, place: str) -> tuple[str, str]:
    """Return name and version of the chart in a folder, `("", "")` where there is none."""
    try:
        metadata = tree.made(first_mapping, join(place, CHART_FILE))
    except (OSError, documents.UndecodableText, documents.BrokenDocument):
        return "", ""
    return str(metadata.get("name") or ""), str(metadata.get("version") or "")


def _embedded(tree: SourceTree, folder: str) -> dict[str, str]:
    """Return where the charts in `charts/` are, by name."""
    found: dict[str, str] = {}
    for entry in tree.names(join(folder, "charts")):
        place = join(folder, f"charts/{entry}")
        if entry[0] in "._" or not (entry.endswith(ARCHIVES) or tree.is_file(join(place, "Chart.yaml"))):
            continue
        try:
            data = tree.read(place if entry.endswith(ARCHIVES) else join(place, "Chart.yaml"))
            metadata = (
                tree.seen.made(_packed_metadata, data, tree.budget, place)
                if entry.endswith(ARCHIVES)
                else tree.seen.made(first_mapping, data)
            )
        except (OSError, documents.UndecodableText, documents.BrokenDocument):
            continue
        if isinstance(metadata.get("name"), str):
            found[metadata["name"]] = place
    return found


def _packed_metadata(data: bytes, budget: Budget, place: str) -> dict[str, Any]:
    """Return the `Chart.yaml` of a `.tgz`, which `helm package` puts first; empty where it is none. Only its start is unpacked."""
    try:
        for path, content in read_archive(data, budget.part(None, 2 * FILE_LIMIT, place)):
            if path == CHART_FILE:
                return first_mapping(content)
    except (BrokenArchiveError, OverLimitError):
        pass
    return {}


def first_mapping(data: bytes) -> dict[str, Any]:
    """Return the first document of a file; empty where that is no mapping."""
    node = first_document(data)
    return node.value if node is not None and isinstance(node.value, dict) else {}


def first_document(data: bytes, line: int = 0) -> Node | None:
    """Return the document of a file that holds a line, the first one for line 0.

    Raises:
        UndecodableText: the bytes are no text.
        BrokenDocument: the document cannot be read.
    """
    chunks = documents.split(documents.decode(data))
    chosen = next((chunk for chunk in reversed(chunks) if chunk.line <= line), chunks[0] if chunks else None)
    return documents.parse(chosen).root if chosen is not None else None


def join(folder: str, name: str) -> str:
    """Return the path of an entry of a folder, `""` for the top."""
    return f"{folder}/{name}" if folder else name
