"""Which kustomization near an object could not be rendered, so that what is deployed may differ from what is written."""

import posixpath

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource

_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def unrendered_above(resource: Resource, graph: ResourceGraph) -> str | None:
    """Return the kustomization beside an object's folder, or above it, that could not be rendered: it may patch what it deploys."""
    return _first(resource.path, graph.derived(_folders_above))


def why_not_as_written(resource: Resource, graph: ResourceGraph) -> str | None:
    """Return what was not rendered and may change an object before it is applied, in words; None where nothing is known of."""
    patch = graph.patch_of(resource)
    if patch:
        return f"'{patch}', which was not rendered, patches {resource.kind}s"
    unrendered = unrendered_above(resource, graph) if resource.provenance is None else None
    return f"'{unrendered}', which could not be rendered, may change the {resource.kind}" if unrendered else None


def unrendered_around(resource: Resource, graph: ResourceGraph) -> str | None:
    """Return the kustomization of an object's folder, or of one above it, that could not be rendered."""
    return _first(resource.path, graph.derived(_folders))


def left_out_beside(resource: Resource, graph: ResourceGraph, *, also_fetched: bool = False) -> str | None:
    """Return why something is missing of the rendered set that an object is of: a template that Helm refuses, for example.

    What would have to be fetched is seldom what is beside it, and counts where it is `also_fetched`.
    """
    if resource.provenance is None:
        return None
    return graph.derived(_left_out_or_fetched if also_fetched else _left_out).get(resource.path)


def _left_out(graph: ResourceGraph) -> dict[str, str]:
    """Return why sets were rendered in part, by their names."""
    return {gap.path: gap.reason for gap in reversed(graph.gaps) if gap.is_part and not gap.url}


def _left_out_or_fetched(graph: ResourceGraph) -> dict[str, str]:
    return {gap.path: gap.reason for gap in reversed(graph.gaps) if gap.is_part}


def _first(path: str, folders: dict[str, str]) -> str | None:
    for _ in range(path.count("/") + 1):
        path = posixpath.dirname(path)
        if path in folders:
            return folders[path]
    return None


def _folders_above(graph: ResourceGraph) -> dict[str, str]:
    """Return the kustomizations that could not be rendered by the folder above theirs."""
    return {posixpath.dirname(folder): path for folder, path in reversed(graph.derived(_folders).items())}


def _folders(graph: ResourceGraph) -> dict[str, str]:
    """Return the kustomizations that could not be rendered by their folder."""
    found: dict[str, str] = {}
    for gap in graph.gaps:
        path = gap.path.partition(" [")[0]
        if posixpath.basename(path) in _KUSTOMIZATIONS and "render" in gap.reason:
            found.setdefault(posixpath.dirname(path), gap.path)
    return found
