"""What a helmfile deploys, as far as it is plain YAML: charts of the tree with their values, and charts from elsewhere.

Source: helmfile 1.1, `docs/index.md`. Environments, templates, hooks and bases can be evaluated only by helmfile.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from k8slblint import documents
from k8slblint.model.location import Path
from k8slblint.model.node import Node, smallest_span
from k8slblint.rendering.gitops.deployments import MOST_UNITS, Deployments
from k8slblint.rendering.gitops.fields import NotFollowedError, mapping, sequence, text_of
from k8slblint.rendering.gitops.paths import folder_path
from k8slblint.rendering.helm.layers import ValueLayer
from k8slblint.rendering.helm.release import ChartRelease
from k8slblint.rendering.shelf import WantedChart
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import NotRendered, Unit

_RELEASES = re.compile(r"^releases:", re.MULTILINE)
_BY_HELMFILE = ("transformers", "strategicMergePatches", "jsonPatches", "dependencies", "inherit", "valuesTemplate", "setTemplate")


class _Release(NamedTuple):
    """One release of a helmfile: `line` is where its document begins, `at` where it stands in it; `repositories` those of the file."""

    file: str
    line: int
    value: Mapping[str, Any]
    at: Path
    tree: SourceTree
    repositories: Any = ()


def helmfile_releases(tree: SourceTree, path: str) -> Deployments:
    """Return what a file deploys if it plainly is a helmfile: a top-level list `releases` with a chart each; else nothing."""
    found = Deployments([], [])
    try:
        text = documents.decode(tree.read(path))
        if not _RELEASES.search(text) or documents.is_template(text):
            return found
        roots = [(chunk.line, documents.parse(chunk).root) for chunk in documents.split(text)]
    except (OSError, documents.UndecodableText, documents.BrokenDocument):
        return found
    repositories = [entry for _, root in roots for entry in sequence(mapping(root.value).get("repositories"))]
    for line, root in roots:
        for index, value in enumerate(sequence(mapping(root.value).get("releases"))[:MOST_UNITS]):
            if not isinstance(value, dict) or not isinstance(value.get("chart"), str) or value.get("installed") is False:
                continue
            _add(found, _Release(path, line, value, ("releases", index), tree, repositories), root)
    return found


def _add(found: Deployments, release: _Release, root: Node) -> None:
    name = release.value.get("name")
    try:
        found.units.append(_unit(release))
    except NotFollowedError as error:
        line = smallest_span(root, (*release.at, *(error.at or ("chart",)))).line
        found.not_rendered.append(
            NotRendered(f"helmfile release {name if isinstance(name, str) else ''}".rstrip(), release.file, line, error.reason)
        )


def _unit(release: _Release) -> Unit:
    name, chart, namespace = (text_of(release.value, key) for key in ("name", "chart", "namespace"))
    version = release.value.get("version") if isinstance(release.value.get("version"), str) else ""
    folder = folder_path(chart, posixpath.dirname(release.file)) if chart and "://" not in chart else None
    if folder is None or not release.tree.is_file(posixpath.join(folder, "Chart.yaml")):
        folder = release.tree.shelf.place(WantedChart(*_fetched_from(release, chart), version or ""))
    if not folder:
        raise NotFollowedError(f"chart '{chart}' {version}".rstrip() + " is not in this tree")
    if release.value.get("condition") is not None:
        raise NotFollowedError("only helmfile evaluates its `condition`", ("condition",))
    for key in _BY_HELMFILE:
        if release.value.get(key):
            raise NotFollowedError(f"only helmfile applies its `{key}`", (key,))
    return Unit(
        path=release.file,
        source=ChartRelease(folder, tuple(_layers(release)), name or "release-name", namespace or "default"),
        label=name,
        deployed_by=f"helmfile release {name}",
        cluster=text_of(release.value, "kubeContext") or None,
        namespace=namespace or None,
    )


def _fetched_from(release: _Release, chart: str) -> tuple[str, str]:
    """Return the address of the repository of a chart, `""` where the helmfile does not tell it, and its name."""
    repository, _, name = chart.rpartition("/")
    if "://" in chart:
        return repository, name
    for entry in sequence(release.repositories):
        url = mapping(entry).get("url")
        if mapping(entry).get("name") == repository and isinstance(url, str):
            return f"oci://{url}" if mapping(entry).get("oci") is True and "://" not in url else url, name
    return "", name


def _layers(release: _Release) -> Iterator[ValueLayer]:
    for index, entry in enumerate(sequence(release.value.get("values"))):
        at: Path = ("values", index)
        if isinstance(entry, dict):
            yield ValueLayer(release.file, release.line, (*release.at, *at))
            continue
        path = folder_path(entry, posixpath.dirname(release.file)) if isinstance(entry, str) and "://" not in entry else None
        if not path or path.endswith(".gotmpl") or "{{" in path:
            raise NotFollowedError(f"its values '{entry if isinstance(entry, str) else index}' can be evaluated only by helmfile", at)
        yield ValueLayer(path, is_optional=release.value.get("missingFileHandler") in ("Warn", "Info", "Debug"))
    if release.value.get("secrets"):
        raise NotFollowedError("some of its values are secret", ("secrets",))
    yield from _assignments(release)


def _assignments(release: _Release) -> Iterator[ValueLayer]:
    for index, entry in enumerate(sequence(release.value.get("set"))):
        one = mapping(entry)
        if not isinstance(one.get("name"), str) or "value" not in one:
            raise NotFollowedError("only helmfile evaluates one of its `set`", ("set", index))
        yield ValueLayer(release.file, release.line, (*release.at, "set", index, "value"), "assignment", one["name"])
