"""Which objects deploy others, and where each is read: `argo`, `flux`, `helm_operator`, `k3s`. Nothing is run here."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import NamedTuple, TypeAlias

from k8slblint.model.resource import Resource
from k8slblint.rendering.gitops.deployers import Deployer
from k8slblint.rendering.gitops.followed_before import MAY_CHANGE, Answering, FollowedBefore
from k8slblint.rendering.gitops.paths import tells_scope
from k8slblint.rendering.kinds import Printed
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import NotRendered, Unit
from k8slblint.rendering.worth import ARGO_KINDS, FLUX_KINDS, GITOPS_KINDS, HELM_OPERATOR_KIND, K3S_KINDS

MOST_UNITS = 5_000
"""Units that the objects of one tree may deploy; what is beyond is told, and not followed."""


class Deployments(NamedTuple):
    """What objects deploy from a tree, and what they deploy besides."""

    units: list[Unit]
    not_rendered: list[NotRendered]


def deployments(
    objects: Sequence[Resource],
    tree: SourceTree,
    tree_path: Callable[[Resource], str],
    printed: Sequence[Printed] = (),
    patches_release: Callable[[str, str], bool] = lambda _, __: False,
    before: FollowedBefore | None = None,
) -> Deployments:
    """Return what the objects of Argo CD, Flux and the like among `objects` deploy, in their order, then what the printed ones do.

    `tree_path` gives the file of the tree in which an object is written, `""` for one that was itself rendered.
    `objects` should also hold the ConfigMaps that values are taken from; `patches_release` tells whether something changes what the
    HelmRelease of a name in a file deploys. What a kustomization prints takes the place of what is written. `before` is what was found in
    earlier rounds of the same plan.
    """
    replaced = {id(one.written) for one in printed}
    written = [one for one in objects if one.type_name in GITOPS_KINDS and id(one) not in replaced]
    by = {id(one.resource): one for one in printed}
    deployers = [*written, *(one.resource for one in printed)]
    found = Deployments([], [])
    if not deployers:
        return found
    place = partial(_place, by, tree_path)
    before = before or FollowedBefore()
    follow = _follower([*objects, *(one.resource for one in printed)], deployers, tree, place, patches_release, before)
    names: set[tuple[str, str]] = set()
    for one in deployers:
        file = place(one)
        above = by.get(id(one))
        for result in follow(one, file, above):
            if isinstance(result, Unit):
                found.units.append(_distinct(result, _where(above) or file or one.path, names))
            else:
                found.not_rendered.append(result)
            if len(found.units) >= MOST_UNITS:
                reason = f"the objects of this tree deploy more than {MOST_UNITS:,} charts and kustomizations; the others are skipped"
                found.not_rendered.append(NotRendered(f"{one.kind} {one.name}", file or one.path, one.root.line, reason))
                return found
    return found


def _place(printed: Mapping[int, Printed], tree_path: Callable[[Resource], str], one: Resource) -> str:
    by = printed.get(id(one))
    return tree_path(one) if by is None else by.template if by.is_of_file else ""


def _where(by: Printed | None) -> str:
    """Return what tells apart what several kustomizations print of one file: the unit that is above them all."""
    return (by.by.told_by or by.by).path if by is not None and by.is_of_file else ""


def _followed(found: Iterator[Unit | NotRendered], by: Printed | None, tree: SourceTree) -> Iterator[Unit | NotRendered]:
    """Yield what an object deploys; of a printed one the unit that prints it tells what the object's file would tell."""
    for one in found:
        if by is None:
            yield one
        elif isinstance(one, NotRendered):
            yield one if by.written is not None else one._replace(path=by.template, line=1)
        elif by.is_of_file:
            yield _below_list(one, by)
        elif not _prints_itself(one, by.by):
            yield _below(one, by, tree)  # a chart that deploys itself is rendered with the values that it prints that with


def _prints_itself(unit: Unit, by: Unit | None) -> bool:
    """Tell whether a unit is of a chart that nobody else deploys, or that the same object deploys, and that prints itself.

    What it deploys in its turn may print it, too.
    """
    while by is not None:
        is_same = unit.deployed_by == by.deployed_by or not by.is_deployed
        if is_same and unit.source.template_folders() == by.source.template_folders():
            return True
        by = by.told_by
    return False


def _below_list(unit: Unit, by: Printed) -> Unit:
    """Return a unit as one whose deployer a kustomization lists, which stays in its own file."""
    above = by.by
    teller = above.told_by or above
    return unit._replace(
        cluster=unit.cluster or above.cluster,
        environment=unit.environment or above.environment,
        deployer=by.template,
        told_by=unit.told_by or (teller if tells_scope(teller.path) else None),
    )


def _below(unit: Unit, by: Printed, tree: SourceTree) -> Unit | NotRendered:
    """Return a unit as one that another unit deploys: what is one of several sets of values stands alone, and so do its charts.

    Where nothing deploys that other unit, values may be missing that tell more than its own: a file that is named with them is not there.
    """
    above = by.by
    is_deployed = above.is_deployed or not (above.source.value_files() or above.is_offered)
    is_doubtful = not is_deployed and not unit.source.is_templated
    if is_doubtful or (not above.is_deployed and unit.source.lacks_values(tree)):
        reason = f"it is itself rendered from {above.source.described(tree, above.path)}"
        return NotRendered(unit.deployed_by, by.template, 1, reason)
    return unit._replace(
        cluster=unit.cluster or above.cluster,
        environment=unit.environment or above.environment,
        is_deployed=is_deployed,
        is_offered=above.is_offered,
        deployer=above.deployer or above.path,
        told_by=unit.told_by if tells_scope(unit.path) and not tells_scope(above.path) else above.told_by or above,
    )


_Follow: TypeAlias = Callable[[Deployer], Iterator[Unit | NotRendered]]


def _follower(
    objects: Sequence[Resource],
    deployers: Sequence[Resource],
    tree: SourceTree,
    tree_path: Callable[[Resource], str],
    patches_release: Callable[[str, str], bool],
    before: FollowedBefore,
) -> Callable[[Resource, str, Printed | None], Sequence[Unit | NotRendered]]:
    """Return what follows one object of a tree, given with its file and what prints it."""
    from k8slblint.rendering.gitops import (
        argo,  # only trees with such objects need them
        flux,
    )
    from k8slblint.rendering.gitops.config_maps import ConfigMaps
    from k8slblint.rendering.gitops.placements import Placements
    from k8slblint.rendering.gitops.repositories import Repositories

    answering = Answering(
        repositories=Repositories(deployers, tree, tree_path),
        config_maps=ConfigMaps(objects, deployers, tree_path),
        placements=Placements(deployers, tree, tree_path),
    )
    repositories, config_maps, placements = map(answering.noting, MAY_CHANGE)
    around = flux.Around(tree, repositories, config_maps, placements, patches_release)
    kinds = {one.type_name for one in deployers}
    followers: dict[str, _Follow] = {
        **dict.fromkeys(ARGO_KINDS, lambda one: argo.follow(one, tree, repositories)),
        **dict.fromkeys(FLUX_KINDS[:2], lambda one: flux.follow(one, around)),
    }
    anew: dict[str, _Follow] = {}
    if K3S_KINDS[0] in kinds:
        from k8slblint.rendering.gitops import k3s  # few trees have such objects

        configs = k3s.ChartConfigs(deployers, tree_path)
        anew[K3S_KINDS[0]] = lambda one: k3s.follow(one, tree, configs)
    if HELM_OPERATOR_KIND in kinds:
        from k8slblint.rendering.gitops import helm_operator  # few trees have such objects

        followers[HELM_OPERATOR_KIND] = lambda one: helm_operator.follow(one, tree, repositories, config_maps)

    def follow(one: Resource, file: str, above: Printed | None) -> Sequence[Unit | NotRendered]:
        follower = followers.get(one.type_name) or anew.get(one.type_name)
        if follower is None:
            return ()
        deployer = partial(Deployer, one, file, above if above is not None and above.is_of_file else None)
        found = partial(_found, follower, deployer, above, tree)
        return found() if one.type_name in anew else before.deployed(one, above, answering, found)

    return follow


def _found(follow: _Follow, deployer: Callable[[], Deployer], above: Printed | None, tree: SourceTree) -> list[Unit | NotRendered]:
    return [*islice(_followed(follow(deployer()), above, tree), 2 * MOST_UNITS)]


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
    found = [one for one in objects if one.type_name in (*FLUX_KINDS, HELM_OPERATOR_KIND)]
    if any(one.get("spec", "postBuild", "substituteFrom") or one.get("spec", "valuesFrom") for one in found):
        return True
    patches = (entry.get("patch") for one in found for entry in one.sequence("spec", "patches") if isinstance(entry, dict))
    return any(isinstance(patch, str) and "postBuild" in patch for patch in patches)
