"""Knows what Argo CD and Flux objects deploy, as far as it stands in the tree; nothing is run here.

Sources: Argo CD 3.2 (`Application`, `ApplicationSet` specifications), Flux 2.7 (kustomize-controller v1, helm-controller v2,
`pkg/kustomize/kustomize_generator.go` for folders without a kustomization).
"""

import posixpath
from collections.abc import Callable, Sequence
from typing import NamedTuple

from k8slblint.model.resource import Resource
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import NotRendered, Unit

ARGO_KINDS = ("Application.argoproj.io", "ApplicationSet.argoproj.io")
FLUX_KINDS = (
    "Kustomization.kustomize.toolkit.fluxcd.io",
    "HelmRelease.helm.toolkit.fluxcd.io",
    "GitRepository.source.toolkit.fluxcd.io",
)
GITOPS_KINDS = frozenset({*ARGO_KINDS, *FLUX_KINDS})
"""The kinds that deploy something, or name where it is from."""

MOST_UNITS = 2_000
"""Units that the objects of one tree may deploy; a generator that yields more is not followed further."""


class Deployments(NamedTuple):
    """What a tree's objects deploy from it, and those that deploy something else."""

    units: list[Unit]
    not_rendered: list[NotRendered]


def deployments(objects: Sequence[Resource], tree: SourceTree, tree_path: Callable[[Resource], str]) -> Deployments:
    """Return what the objects deploy; `tree_path` gives the file of an object, `""` where it was rendered itself."""
    from k8slblint.rendering import argo, flux  # only trees with such objects need them

    found = Deployments([], [])
    for one in objects:
        if one.type_name in ARGO_KINDS:
            added = argo.deployed(one, tree, tree_path(one))
        elif one.type_name in FLUX_KINDS[:2]:
            added = flux.deployed(one, objects, tree, tree_path(one))
        else:
            continue
        found.units.extend(added.units[: MOST_UNITS - len(found.units)])
        found.not_rendered.extend(added.not_rendered)
    return found


def source_root(tree: SourceTree, file: str, path: str) -> str | None:
    """Return the folder that a path of a deployer is relative to: the top of the tree, else a folder above the deployer's own file.

    A tree without a repository around it may hold several; None where the path exists below none of them.
    """
    plain = posixpath.normpath(path.lstrip("/") or ".")
    if plain.startswith(".."):
        return None
    steps = posixpath.dirname(file).split("/") if file else []
    for length in range(len(steps) + 1):
        above = "/".join(steps[:length])
        if tree.is_folder(joined(above, plain)):
            return above
    return None


def joined(folder: str, path: str) -> str:
    """Return a path below a folder of the tree; `.` and the top are `""`."""
    whole = posixpath.normpath(posixpath.join(folder, path.lstrip("/")))
    return "" if whole == "." else whole


def wants_config_maps(objects: Sequence[Resource]) -> bool:
    """Tell whether some object takes values or variables from ConfigMaps."""
    return any(
        one.get("spec", "postBuild", "substituteFrom") or one.get("spec", "valuesFrom") for one in objects if one.type_name in FLUX_KINDS
    )
