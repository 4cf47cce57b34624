"""Which files of a tree are not deployed: not listed by the kustomization beside them, input of charts, not reached by a deployer."""

import posixpath
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from k8slblint.rendering.kinds import Finder
from k8slblint.rendering.units import NotRendered, Unit

_GITOPS = ("Application ", "ApplicationSet ", "Kustomization ")
"""Deployers of whole trees; where such a one is followed, what none of them reaches is perhaps deployed by hand, and perhaps never."""


_FLUX = ("Kustomization ", "HelmRelease ")

_FLEET = "Fleet bundle "
"""Deployer of a folder, some files of which give way to those of an overlay, for every cluster that is known."""

_DEEPEST = 20
"""Levels of Kustomizations that apply Kustomizations; there are two or three."""

_BASES = frozenset({"base", "bases"})
"""Names of folders of what overlays complete: nobody deploys such a thing by hand."""

_OF_OTHERS = ("chart ", "its source is another repository", "the content of its source ''")
"""Beginnings of the reasons for which an object is not followed that names no part of this tree; without a source it is a patch."""


_OF_NOTHING = "contains no manifests"
"""End of the reason for which an object is not followed that names a folder in which there is nothing to deploy."""


class Reach(NamedTuple):
    """Files of a tree: `undeployed` are those that nobody deploys, `unreached` those that no deployer of a GitOps tree reaches.

    `unapplied` are the files of objects of Flux that no Kustomization applies, so that what they deploy is not deployed either; of
    HelmReleases also those in a base that nothing includes: who includes it elsewhere adds values.
    """

    undeployed: frozenset[str] = frozenset()
    unreached: frozenset[str] = frozenset()
    unapplied: frozenset[str] = frozenset()


class Known(NamedTuple):
    """What is known of a tree: its listed files, what finds its sources, and the files that hold deployers.

    `units` are those that somebody deploys, with their files; `others` the files of each of the other units. `vendored` are copies that a
    program made of what others publish, `releases` the files of which each object is a HelmRelease.
    """

    files: Sequence[str]
    finders: Sequence[Finder]
    deployer_files: Collection[str]
    units: Sequence[tuple[Unit, frozenset[str]]]
    others: Sequence[frozenset[str]]
    not_rendered: Sequence[NotRendered]
    vendored: frozenset[str] = frozenset()
    releases: frozenset[str] = frozenset()


def unapplied_in(known: Known) -> frozenset[str]:
    """Return `unapplied` of what nobody deploys, which takes far less time than the rest."""
    unapplied = _unapplied(known.units) | _unlisted(known)
    return unapplied | _left_to_others(known, [(unit, files) for unit, files in known.units if unit.deployer not in unapplied])


def _left_to_others(known: Known, units: Sequence[tuple[Unit, frozenset[str]]]) -> frozenset[str]:
    """Return the files of HelmReleases in a base that nothing includes."""
    completed = {unit.deployer for unit, _ in units if unit.deployed_by.startswith(_FLUX[1])}
    of_bases = [file for file in known.deployer_files if file in completed and _is_of_base(file)]
    if not of_bases:
        return frozenset()
    applied = _applied(units)
    unused = [file for file in of_bases if file not in applied]
    perhaps = _perhaps_deployed(known) if unused and _is_gitops(known) else None
    return frozenset(file for file in unused if file not in perhaps) if perhaps is not None else frozenset()


def _applied(units: Sequence[tuple[Unit, frozenset[str]]]) -> frozenset[str]:
    return frozenset[str]().union(*(files - {unit.deployer} for unit, files in units))


def reach(known: Known) -> Reach:
    """Return what nobody deploys."""
    unapplied = _unapplied(known.units) | _unlisted(known)
    units = [(unit, files) for unit, files in known.units if unit.deployer not in unapplied]
    deployed = frozenset[str]().union(*(files for _, files in units))
    left = [file for file in known.files if file not in deployed and (file not in known.deployer_files or file in unapplied)]
    of_unapplied = frozenset[str]().union(*(files for unit, files in known.units if unit.deployer in unapplied))
    switched_off = tuple(folder for unit, _ in known.units if unit.deployer in unapplied and (folder := _folder_of_deployer(unit)))
    undeployed = {
        *(of_unapplied - deployed),
        *(file for file in left if file.startswith(switched_off)),
        *_of_bundles(known, left),
        *({file for unit, _ in units if unit.deployed_by.startswith(_FLEET) for file in unit.source.left_out()}.intersection(left)),
        *_unused_copies(known, left),
    }
    others = frozenset[str]().union(*known.others)
    for finder in known.finders:
        undeployed.update(finder.undeployed(left, others))
    perhaps = _perhaps_deployed(known) if _is_gitops(known) else None
    if perhaps is None:
        return Reach(frozenset(undeployed), unapplied=unapplied)
    left = [file for file in left if file not in perhaps]
    folders = {folder for unit, _ in units if (folder := _folder_of_deployer(unit))}
    undeployed.update(file for file in left if any(above in folders for above in _folders_above(file)))
    undeployed.update({file for unit, _ in units for file in unit.source.left_out()}.intersection(left))
    beside = {posixpath.dirname(file) for file in known.deployer_files if file not in known.releases}  # those are not applied by hand
    unreached = [file for file in left if posixpath.dirname(file) not in beside]
    applied = _applied(units)
    unused = [file for file in known.deployer_files if file not in applied and file not in perhaps]
    undeployed.update(file for file in (*unreached, *unused) if _is_of_base(file))
    return Reach(frozenset(undeployed), frozenset(unreached), unapplied | _left_to_others(known, units))


def _is_of_base(file: str) -> bool:
    return not _BASES.isdisjoint(posixpath.dirname(file).split("/"))


def _unapplied(units: Sequence[tuple[Unit, frozenset[str]]]) -> frozenset[str]:
    """Return the files of objects of Flux below the folder of a Kustomization that applies other files there, but not them.

    Leaving `ks.yaml` out of the list above it is how an application is switched off. What it deploys may hold further such objects.
    """
    of_flux = [(unit, files) for unit, files in units if unit.deployer and unit.deployed_by.startswith(_FLUX)]
    found: set[str] = set()
    for _ in range(_DEEPEST):
        alive = [(unit, files) for unit, files in of_flux if unit.deployer not in found]
        applied = frozenset[str]().union(*(files - {unit.deployer} for unit, files in alive))
        appliers: dict[str, set[str]] = defaultdict(set)
        for unit, _ in alive:
            if unit.deployed_by.startswith(_FLUX[0]):
                appliers[f"{unit.source.applied_folder()}/"].add(unit.deployer)
        left = {unit.deployer for unit, _ in alive if unit.deployer not in applied}
        gone = {file for file in left if any(appliers.get(folder, set()) - {file} for folder in _folders_above(file))}
        if not gone:
            break
        found |= gone
    return frozenset(found)


def _unlisted(known: Known) -> frozenset[str]:
    """Return the files of HelmReleases that no unit has, in folders of which kustomizations list other files."""
    listed = frozenset[str]().union(*(files - {unit.deployer} for unit, files in known.units), *known.others) if known.releases else ()
    left = [file for file in known.releases if file not in listed]
    return frozenset(file for finder in known.finders for file in finder.unlisted(left)) if left else frozenset()


def _folder_of_deployer(unit: Unit) -> str:
    """Return the folder of which an object of Argo CD or Flux deploys what is named in it, with a slash, or `""`."""
    folder = unit.source.deployed_folder() if unit.deployed_by.startswith(_GITOPS) else ""
    return folder and f"{folder}/"


def _folders_above(file: str) -> Iterator[str]:
    end = file.find("/")
    while end >= 0:
        yield file[: end + 1]
        end = file.find("/", end + 1)


_BUNDLE = "fleet.yaml"


def _of_bundles(known: Known, left: Sequence[str]) -> Iterator[str]:
    """Yield the files of bundles of Fleet that were not followed: Fleet changes them before it deploys them, but not its own."""
    folders = {posixpath.dirname(one.path) for one in known.not_rendered if posixpath.basename(one.path) == _BUNDLE}
    starts = tuple(f"{folder}/" for folder in folders if folder)
    yield from (file for file in left if file.startswith(starts) and posixpath.basename(file) != _BUNDLE) if starts else ()


def _unused_copies(known: Known, left: Sequence[str]) -> Iterator[str]:
    """Yield the files that a program copied and that nothing of the tree itself takes up."""
    if known.vendored:
        used = frozenset[str]().union(*(files for files in known.others if not files <= known.vendored))
        yield from (file for file in left if file in known.vendored and file not in used)


def _is_gitops(known: Known) -> bool:
    """Tell whether objects of Argo CD or Flux deploy this tree, and none of them may be rendered from a chart."""
    if not any(unit.deployed_by.startswith(_GITOPS) for unit, _ in known.units):
        return False
    return not any(finder.may_deploy_others() for finder in known.finders)


def _perhaps_deployed(known: Known) -> Collection[str] | None:
    """Return the files that objects may deploy which were not followed, with what kustomizations there read; None where that may be any."""
    starts: set[str] = set()
    for one in known.not_rendered:
        if one.description.startswith(_GITOPS) and not (one.reason.startswith(_OF_OTHERS) or one.reason.endswith(_OF_NOTHING)):
            if one.folders is None:
                return None
            starts.update(f"/{folder}/" for folder in one.folders)
    found = {file for file in known.files if any(start in f"/{file}" for start in starts)}
    return found.union(*(files for files in known.others if not found.isdisjoint(files)))
