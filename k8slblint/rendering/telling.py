"""Which rendered set decides the cluster of another one: that which lists, as it stands, the object that deploys the other.

A HelmRelease in `apps/web` belongs to the cluster whose Kustomization in `clusters/<name>` applies that folder. What kustomizations print
is followed in `printed`; here are objects that a set has as they are written.
"""

from collections.abc import Sequence
from operator import is_

from k8slblint.rendering.gitops.paths import cluster_folder, tells_environment
from k8slblint.rendering.planning import Planned

_DEEPEST = 3
"""How many such sets may be above each other: a Kustomization that applies Kustomizations of which one applies a HelmRelease."""


def told(units: tuple[Planned, ...]) -> tuple[Planned, ...]:
    """Return the units, with what tells the cluster of those whose deployer is listed in just one, in their order."""
    for _ in range(_DEEPEST):
        tellers = _tellers(units)
        before, units = units, tuple(_told(one, tellers) for one in units) if any(tellers.values()) else units
        if all(map(is_, units, before)):
            break
    return units


def _tellers(units: Sequence[Planned]) -> dict[str, list[Planned]]:
    """Return by file the units that deploy objects of that, as they stand, for the files that deploy something and tell no cluster."""
    wanted = {one.unit.deployer for one in units if one.unit.told_by is None and one.unit.deployer}
    wanted = {file for file in wanted if not cluster_folder(file)}
    found: dict[str, list[Planned]] = {file: [] for file in wanted}
    for one in units if wanted else ():
        if one.is_stated and not one.unit.source.is_templated:
            for file in wanted & one.covered:
                found[file].append(one)
    return found


def _told(one: Planned, tellers: dict[str, list[Planned]]) -> Planned:
    """Return a unit with what tells its cluster, unless its own path does, or says more of the environment."""
    unit = one.unit
    if unit.told_by is not None or unit.cluster or cluster_folder(unit.path):
        return one
    above = {(teller.unit.told_by or teller.unit).path: teller.unit for teller in tellers.get(unit.deployer, ()) if teller.unit != unit}
    folders = {cluster_folder(path) for path in above}
    if len(folders) != 1 or "" in folders:
        return one
    teller = next(iter(above.values()))
    teller = teller.told_by or teller
    if tells_environment(unit.path) and not tells_environment(teller.path):
        return one
    return one._replace(unit=unit._replace(told_by=teller))
