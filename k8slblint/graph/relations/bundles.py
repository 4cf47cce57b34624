"""Which bundles of Rancher Fleet are independent of each other: recipes side by side that nothing in the tree deploys together.

Source: Fleet 0.12, `docs/gitrepo-content.md`: a GitRepo makes a bundle of each folder below its `paths` (the whole repository without
them) that has a `fleet.yaml`, and sends them to its targets.
"""

import posixpath

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import FLEET_REPOSITORY
from k8slblint.model.places import segments
from k8slblint.model.resource import Resource

_FILE = "fleet.yaml"


def are_independent(one: Resource, other: Resource, graph: ResourceGraph) -> bool:
    """Tell whether an object of a bundle is not known to be deployed with another one, which may be in no bundle.

    It is known where a GitRepo of the tree deploys the folders of both, and where a user or a folder names the cluster.
    """
    folders = graph.derived(_folders)
    if not folders or graph.scope(one).division in ("stated", "named"):
        return False
    bundles = _bundle(one.path, folders), _bundle(other.path, folders)
    if bundles[0] == bundles[1]:
        return False
    found = [
        folder if folder is not None else posixpath.dirname(path) for folder, path in zip(bundles, (one.path, other.path), strict=True)
    ]
    return not any(all(_covers(paths, folder) for folder in found) for paths in graph.derived(_repositories))


def _bundle(path: str, folders: frozenset[str]) -> str | None:
    """Return the folder of the bundle that a file or a unit is in."""
    folder = posixpath.dirname(path.partition(" [")[0])
    while folder not in folders:
        if not folder or folder == "/":
            return None
        folder = posixpath.dirname(folder)
    return folder


def _folders(graph: ResourceGraph) -> frozenset[str]:
    return frozenset(posixpath.dirname(path) for path in graph.paths_of_files if path.rpartition("/")[2] == _FILE)


def _repositories(graph: ResourceGraph) -> list[tuple[tuple[str, ...], ...]]:
    """Return the folders that each GitRepo deploys, by the names that lead to them from the root of the repository."""
    found = []
    for repository in graph.of_type(FLEET_REPOSITORY):
        paths = [path for path in repository.sequence("spec", "paths") if isinstance(path, str)]
        found.append(tuple(tuple(segments(path)) for path in paths or ("",)))
    return found


def _covers(paths: tuple[tuple[str, ...], ...], folder: str) -> bool:
    """Tell whether a folder is below one of some; it may be named from above the root of the repository."""
    names = tuple(segments(folder))
    return any(not path or path in (names[: len(path)], *_within(names, len(path))) for path in paths)


def _within(names: tuple[str, ...], length: int) -> list[tuple[str, ...]]:
    return [names[start : start + length] for start in range(1, len(names) - length + 1)]
