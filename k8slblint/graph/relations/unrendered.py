"""Which kustomization near an object could not be rendered, so that what is deployed may differ from what is written."""

import posixpath

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource

_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def unrendered_above(resource: Resource, graph: ResourceGraph) -> str | None:
    """Return the kustomization beside an object's folder, or above it, that could not be rendered: it may patch what it deploys."""
    folders = graph.derived(_unrendered)
    path, folder = resource.path, posixpath.dirname(resource.path)
    while folders and folder != path:  # of an absolute path the last folder is `/`, which is above itself
        if folder in folders:
            return folders[folder]
        path, folder = folder, posixpath.dirname(folder)
    return None


def _unrendered(graph: ResourceGraph) -> dict[str, str]:
    """Return the kustomizations that could not be rendered by the folder above theirs."""
    found: dict[str, str] = {}
    for gap in graph.gaps:
        path = gap.path.partition(" [")[0]
        if posixpath.basename(path) in _KUSTOMIZATIONS and "render" in gap.reason:
            found.setdefault(posixpath.dirname(posixpath.dirname(path)), gap.path)
    return found
