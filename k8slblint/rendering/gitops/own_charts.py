"""Which charts of Applications contain the Application that deploys them: it has the values without which they may not render.

Such a chart is installed once by hand, and takes over from there. Only a template without actions is read as it is written: it is printed
whatever the values are. Source: Argo CD 3.1, `docs/operator-manual/cluster-bootstrapping.md` (app of apps).
"""

import posixpath
from collections.abc import Iterator, Sequence
from functools import partial

from k8slblint.budget import OverLimitError
from k8slblint.loading.resources import load
from k8slblint.model.loaded import SourceFile
from k8slblint.model.resource import Resource
from k8slblint.rendering.gitops.fields import is_too_deep, mapping
from k8slblint.rendering.gitops.paths import folder_path
from k8slblint.rendering.gitops.repositories import argo_sources
from k8slblint.rendering.kinds import Listed
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.worth import ARGO_KINDS

_APPLICATION = ARGO_KINDS[0]
_ENDINGS = (".yaml", ".yml")
_LONGEST = 100_000
"""In bytes, of a file with such an Application."""


def with_own(listed: Listed) -> Listed:
    """Return what planning goes by with the Applications that charts have of themselves, unless a file deploys the chart already."""
    folders = [posixpath.dirname(file) for file in listed.files if posixpath.basename(file) == "Chart.yaml"]
    found = [pair for folder in folders for pair in _own(listed.tree, folder)]
    deployed = {folder for one in listed.deployers if found and one.type_name == _APPLICATION for folder in _folders(one)}
    new = [(one, path) for one, path, folder in found if folder not in deployed]
    if not new:
        return listed
    paths = {id(one): path for one, path in new}
    return listed._replace(deployers=[*listed.deployers, *(one for one, _ in new)], tree_path=partial(_path, paths, listed))


def _path(paths: dict[int, str], listed: Listed, one: Resource) -> str:
    return paths.get(id(one)) or listed.tree_path(one)


def _own(tree: SourceTree, folder: str) -> Iterator[tuple[Resource, str, str]]:
    templates = posixpath.join(folder, "templates")
    for path in tree.files_below(templates):
        data = _plain_text(tree, path) if path.endswith(_ENDINGS) else b""
        if b"Application" in data:
            for one in _applications(tree, path, data):
                if folder in _folders(one):
                    yield one, path, folder


def _plain_text(tree: SourceTree, path: str) -> bytes:
    try:
        data = tree.read(path)
    except (OSError, OverLimitError):
        return b""
    return b"" if b"{{" in data or len(data) > _LONGEST else data


def _applications(tree: SourceTree, path: str, data: bytes) -> Sequence[Resource]:
    found = load([SourceFile(tree.shown(path), lambda: data)], wanted={_APPLICATION}, are_rendered=True, budget=tree.budget)
    return [one for one in found.resources if not is_too_deep(one.value)]


def _folders(one: Resource) -> set[str]:
    """Return the folders from which an Application deploys a chart with values."""
    paths = (source.get("path") for source in argo_sources(one) if mapping(source.get("helm")))
    return {folder for path in paths if isinstance(path, str) and (folder := folder_path(path))}
