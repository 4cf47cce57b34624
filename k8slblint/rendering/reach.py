"""Knows which files of a tree nobody deploys: what a kustomization beside them does not list, input of charts, what no deployer reaches."""

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from k8slblint.model.placeholders import has_placeholder
from k8slblint.rendering.helm import templates
from k8slblint.rendering.kustomize.kustomizations import Kustomization, resolve
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import KustomizeRoot, NotRendered, Unit

_GITOPS = ("Application ", "ApplicationSet ", "Kustomization ")
"""Deployers of whole trees; where such a one is followed, what none of them reaches is perhaps deployed by hand, and perhaps never."""


class Reach(NamedTuple):
    """Files of a tree: `undeployed` are those that nobody deploys, `unreached` those that no deployer of a GitOps tree reaches."""

    undeployed: frozenset[str] = frozenset()
    unreached: frozenset[str] = frozenset()


class Known(NamedTuple):
    """What is known of a tree: its listed files, kustomizations by folder, folders of charts, and the files that hold deployers.

    `units` are those that somebody deploys, with their files; `others` the files of all other units.
    """

    tree: SourceTree
    files: Sequence[str]
    kustomizations: Mapping[str, Kustomization]
    charts: Sequence[str]
    deployer_files: Collection[str]
    units: Sequence[tuple[Unit, frozenset[str]]]
    others: frozenset[str]
    not_rendered: Sequence[NotRendered]


def reach(known: Known) -> Reach:
    """Return what nobody deploys."""
    deployed = frozenset[str]().union(*(files for _, files in known.units))
    left = [file for file in known.files if file not in deployed and file not in known.deployer_files]
    undeployed = {*_unlisted(known, left), *_chart_input(known, left), *_of_bundles(known, left)}
    if not left or not _is_gitops(known):
        return Reach(frozenset(undeployed))
    folders = {folder for unit, _ in known.units if (folder := _folder_of_deployer(unit))}
    undeployed.update(file for file in left if any(above in folders for above in _folders_above(file)))
    beside = {posixpath.dirname(file) for file in known.deployer_files}
    return Reach(frozenset(undeployed), frozenset(file for file in left if posixpath.dirname(file) not in beside))


def _folder_of_deployer(unit: Unit) -> str:
    """Return the folder whose kustomization an object of Argo CD or Flux deploys, with a slash, or `""`; the top says too little."""
    source = unit.source
    is_one = unit.deployed_by.startswith(_GITOPS) and isinstance(source, KustomizeRoot) and not source.files
    return f"{source.folder}/" if is_one and isinstance(source, KustomizeRoot) and source.folder else ""


def _folders_above(file: str) -> Iterator[str]:
    end = file.find("/")
    while end >= 0:
        yield file[: end + 1]
        end = file.find("/", end + 1)


def _unlisted(known: Known, left: Sequence[str]) -> Iterator[str]:
    """Yield the files beside a kustomization that neither it nor any other one names."""
    sound = {folder for folder, one in known.kustomizations.items() if _says_all(one)}
    candidates = [file for file in left if posixpath.dirname(file) in sound and file not in known.others]
    if candidates:
        named = {resolve(folder, one.text) for folder, read in known.kustomizations.items() for one in read.references}
        files = {one.file for one in known.kustomizations.values()}
        yield from (file for file in candidates if file not in named and file not in files)


def _says_all(one: Kustomization) -> bool:
    """Tell whether a kustomization can be read to the end, and nothing in it is filled in later."""
    return one.problem is None and not any(has_placeholder(reference.text) for reference in one.references)


def _chart_input(known: Known, left: Sequence[str]) -> Iterator[str]:
    """Yield the files of charts that their templates read: what stands in them is a part of what is rendered, or of something else."""
    for folder in known.charts:
        start = f"{folder}/" if folder else ""
        inside = [file for file in left if file.startswith(start)]
        if not inside:
            continue
        read = templates.files_read(known.tree, folder)
        for file in inside:
            path = file[len(start) :]
            if path.startswith("files/") or path in read:
                yield file


def _of_bundles(known: Known, left: Sequence[str]) -> Iterator[str]:
    """Yield the files of bundles of Fleet that were not followed: Fleet changes them before it deploys them."""
    folders = {posixpath.dirname(one.path) for one in known.not_rendered if posixpath.basename(one.path) == "fleet.yaml"}
    starts = tuple(f"{folder}/" for folder in folders if folder)
    yield from (file for file in left if file.startswith(starts)) if starts else ()


def _is_gitops(known: Known) -> bool:
    """Tell whether objects of Argo CD or Flux deploy this tree, and all of them that may name a part of it were followed."""
    if not any(unit.deployed_by.startswith(_GITOPS) for unit, _ in known.units):
        return False
    if any(one.description.startswith(_GITOPS) and not one.reason.startswith("chart ") for one in known.not_rendered):
        return False
    return not any(templates.deploys_others(known.tree, folder) for folder in known.charts)
