"""Which objects deploy others, and where each of them is read: Argo CD in `argo`, Flux in `flux`. Nothing is run here."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from k8slblint.model.resource import Resource
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import NotRendered, Unit
from k8slblint.rendering.worth import ARGO_KINDS, FLUX_KINDS, GITOPS_KINDS

MOST_UNITS = 5_000
"""Units that the objects of one tree may deploy; what is beyond is told, and not followed."""


class Deployments(NamedTuple):
    """What objects deploy from a tree, and what they deploy besides."""

    units: list[Unit]
    not_rendered: list[NotRendered]


def deployments(objects: Sequence[Resource], tree: SourceTree, tree_path: Callable[[Resource], str]) -> Deployments:
    """Return what the Argo CD and Flux objects among `objects` deploy, in their order.

    `tree_path` gives the file of the tree in which an object is written, `""` for one that was itself rendered.
    `objects` should also hold the ConfigMaps that values are taken from.
    """
    deployers = [one for one in objects if one.type_name in GITOPS_KINDS]
    found = Deployments([], [])
    if not deployers:
        return found
    follow = _follower(objects, deployers, tree, tree_path)
    names: set[tuple[str, str]] = set()
    for one in deployers:
        file = tree_path(one)
        for result in islice(follow(one, file), 2 * MOST_UNITS):
            if isinstance(result, Unit):
                found.units.append(_distinct(result, file, names))
            else:
                found.not_rendered.append(result)
            if len(found.units) >= MOST_UNITS:
                reason = f"the objects of this tree deploy more than {MOST_UNITS:,} charts and kustomizations; the others are skipped"
                found.not_rendered.append(NotRendered(f"{one.kind} {one.name}", file or one.path, one.root.line, reason))
                return found
    return found


def _follower(
    objects: Sequence[Resource], deployers: Sequence[Resource], tree: SourceTree, tree_path: Callable[[Resource], str]
) -> Callable[[Resource, str], Iterator[Unit | NotRendered]]:
    """Return what follows one object of a tree, given with its file."""
    from k8slblint.rendering.gitops import (
        argo,  # only trees with such objects need them
        flux,
    )
    from k8slblint.rendering.gitops.repositories import Repositories

    repositories = Repositories(deployers, tree, tree_path)
    config_maps = flux.ConfigMaps(objects, deployers, tree_path)

    def follow(one: Resource, file: str) -> Iterator[Unit | NotRendered]:
        if one.type_name in ARGO_KINDS:
            return argo.follow(one, file, tree, repositories)
        if one.type_name in FLUX_KINDS[:2]:
            return flux.follow(one, file, tree, repositories, config_maps)
        return iter(())

    return follow


def _distinct(unit: Unit, file: str, names: set[tuple[str, str]]) -> Unit:
    """Return a unit with a label that no other of its path has: objects of several clusters may have one name and folder."""
    label, number = unit.label, 1
    while (unit.path, label) in names:
        number += 1
        label = f"{unit.label} of {file}" if number == 2 and file else f"{unit.label} {number}"  # noqa: PLR2004 - the second of its name
    names.add((unit.path, label))
    return unit._replace(label=label)


def wants_config_maps(objects: Sequence[Resource]) -> bool:
    """Tell whether some object takes values or variables from ConfigMaps, or makes others do so."""
    found = [one for one in objects if one.type_name in FLUX_KINDS]
    if any(one.get("spec", "postBuild", "substituteFrom") or one.get("spec", "valuesFrom") for one in found):
        return True
    patches = (entry.get("patch") for one in found for entry in one.sequence("spec", "patches") if isinstance(entry, dict))
    return any(isinstance(patch, str) and "postBuild" in patch for patch in patches)
