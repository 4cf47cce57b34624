"""Packs a chart with the charts that it depends on into the archive that an engine renders."""

import json
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from k8slblint import documents
from k8slblint.budget import OverLimitError
from k8slblint.loading.ignores import IgnoreRules
from k8slblint.rendering.helm.archives import ARCHIVES, CHART_LIMIT, FILE_LIMIT, AbsentArchiveError, BrokenArchiveError, write_archive
from k8slblint.rendering.helm.charts import (
    CHART_FILE,
    DEEPEST,
    MOST_CHARTS,
    REQUIREMENTS,
    Chart,
    KnownCharts,
    RefusedError,
    first_mapping,
    join,
    walk,
)
from k8slblint.rendering.helm.schemas import canonical, repacked
from k8slblint.rendering.shelf import is_on_shelf
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import RenderFailure

_FORWARDED = "kubeVersion"


def archive(tree: SourceTree, chart: Chart, left_out: tuple[str, ...] = ()) -> bytes | RenderFailure:
    """Return a chart as the bytes of a `.tgz`, with its `file://` dependencies, without the dependencies named in `left_out`.

    Its `kubeVersion` is taken away: the version of the cluster is mostly our guess, and only one of the engines asks for it.
    What describes it, schemas and packed charts are written anew (`schemas.canonical`).
    """
    return counted_archive(tree, chart, left_out)[0]


def counted_archive(
    tree: SourceTree, chart: Chart, left_out: tuple[str, ...], contents: list[tuple[str, bytes]] | None = None
) -> tuple[bytes | RenderFailure, int]:
    """Return the archive of a chart, and how many charts of the budget it takes; see `archive`. `contents` gets what was packed."""
    packer = _Packer(tree, chart)
    contents = [] if contents is None else contents
    try:
        if chart.folder.endswith(ARCHIVES):
            return packer.repacked(chart.folder), packer.count
        contents += packer.contents(chart, left_out, 0)
        return write_archive(contents), packer.count
    except RefusedError as refused:
        return refused.failure, packer.count
    except OverLimitError as error:
        return RenderFailure("bounds", error.reason, error.culprit or chart.file), packer.count
    except OSError as error:
        reason = f"a file of the chart cannot be read: {error.strerror or 'it is too large'}"
        return RenderFailure("missing", reason, chart.file), packer.count


class _Packer:
    """Collects the files of one chart with its dependencies; each folder is read once, however often it is depended on."""

    def __init__(self, tree: SourceTree, chart: Chart) -> None:
        self._tree = tree
        self._known = KnownCharts(tree)
        self._part = tree.budget.part(None, CHART_LIMIT, chart.file, "bytes unpacked")
        self._files: dict[str, list[tuple[str, bytes]]] = {}
        self._counts: dict[str, int] = {}
        count = self._count(chart, 0)
        self._is_refused = count > MOST_CHARTS
        self.count = min(count, MOST_CHARTS)
        tree.budget.spend("charts", self.count, chart.file)

    def _count(self, chart: Chart, depth: int) -> int:
        """Return of how many charts a chart consists: one that is depended on twice counts twice, as Helm renders it."""
        if depth > DEEPEST:
            return MOST_CHARTS + 1
        if chart.folder not in self._counts:
            below = sum(self._count(inner, depth + 1) for _, inner in self._known.below(chart))
            self._counts[chart.folder] = min(1 + below, MOST_CHARTS + 1)
        return self._counts[chart.folder]

    def repacked(self, path: str) -> bytes:
        """Return a packed chart written anew."""
        try:
            return repacked(self._tree.read(path), self._part)
        except BrokenArchiveError as error:
            raise RefusedError(_failure(error, path)) from None

    def contents(self, chart: Chart, left_out: tuple[str, ...], depth: int) -> Iterator[tuple[str, bytes]]:
        """Yield the files of a chart: the path inside the chart and the bytes.

        Helm asks only the chart that is rendered for its missing dependencies, not those that it depends on, and so do we.
        """
        if depth > DEEPEST or self._is_refused:
            reason = "the chart depends on itself, or its dependencies are too many or nested too deeply"
            raise RefusedError(RenderFailure("bounds", reason, chart.file))
        yield from self._own(chart, left_out)
        embedded = set(chart.embedded.values())
        for place in dict.fromkeys(one.place for one in chart.dependencies if one.place and one.place not in embedded):
            inner = self._known.chart(place)
            if isinstance(inner, RenderFailure):
                raise RefusedError(inner)
            if is_on_shelf(place):
                yield f"charts/{posixpath.basename(place)}", self.repacked(place)
                continue
            yield from ((f"charts/{inner.name}/{path}", data) for path, data in self.contents(inner, (), depth + 1))

    def _own(self, chart: Chart, left_out: tuple[str, ...]) -> list[tuple[str, bytes]]:
        if chart.folder not in self._files:
            ignores = _helm_ignores(self._tree, chart.folder)
            start = len(chart.folder) + 1 if chart.folder else 0
            paths = [path for path in walk(self._tree, chart.folder, ignores) if "\\" not in path[start:]]
            self._files[chart.folder] = [(path[start:], self._file(chart, path, path[start:], left_out)) for path in paths]
        return self._files[chart.folder]

    def _file(self, chart: Chart, path: str, inside: str, left_out: tuple[str, ...]) -> bytes:
        if inside == CHART_FILE:
            return _metadata_file(chart, left_out)
        data = self._tree.read(path)
        self._part.spend(len(data))
        if len(data) > FILE_LIMIT:
            raise RefusedError(RenderFailure("bounds", f"Helm refuses a file of this size in a chart: {inside}", path))
        if inside.startswith("templates/"):
            _refuse_undecodable(data, path)
        if inside == REQUIREMENTS and left_out:
            return json.dumps(_without_dependencies(first_mapping(data), left_out)).encode()
        try:
            return canonical(inside, data, self._part)
        except (documents.BrokenDocument, documents.UndecodableText):
            return b"{}"  # of a chart in `charts/`: Helm says what is wrong with it, or passes it over
        except BrokenArchiveError as error:
            raise RefusedError(_failure(error, path)) from None


def _failure(error: BrokenArchiveError, path: str) -> RenderFailure:
    return RenderFailure("remote" if isinstance(error, AbsentArchiveError) else "template", str(error), path)


def _refuse_undecodable(data: bytes, path: str) -> None:
    """Refuse a template that is not UTF-8: one engine would pass its bytes on, the other replace them."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reason = f"the template is not UTF-8: byte 0x{data[error.start]:02X}"
        raise RefusedError(RenderFailure("template", reason, path, line)) from None


def _metadata_file(chart: Chart, left_out: tuple[str, ...]) -> bytes:
    """Return the `Chart.yaml` that is handed to Helm; JSON is YAML."""
    metadata = {key: value for key, value in chart.metadata.items() if key != _FORWARDED}
    return json.dumps(_without_dependencies(metadata, left_out), ensure_ascii=False).encode("utf-8", "replace")


def _without_dependencies(metadata: Mapping[str, Any], left_out: tuple[str, ...]) -> dict[str, Any]:
    declared = metadata.get("dependencies")
    if not isinstance(declared, list):
        return dict(metadata)
    kept = [one for one in declared if not (isinstance(one, dict) and one.get("name") in left_out)]
    return {**metadata, "dependencies": kept}


def _helm_ignores(tree: SourceTree, folder: str) -> IgnoreRules:
    """Return the rules of `.helmignore`, with the one of Helm's own (`pkg/ignore/rules.go`: `AddDefaults`)."""
    try:
        text = tree.read(join(folder, ".helmignore")).decode("utf-8", "replace")
    except OSError:
        text = ""
    return IgnoreRules([*text.replace("\r\n", "\n").split("\n"), "/templates/.?*"])
