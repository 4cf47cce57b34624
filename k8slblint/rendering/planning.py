"""What to render in a tree: what a deployer refers to, what no other kustomization includes, and the remaining charts.

Precedence: what the configuration states, then Argo CD and Flux objects and the like, then conventions of names.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import chain
from typing import NamedTuple

from k8slblint.budget import OverLimitError
from k8slblint.rendering.gitops.deployments import Deployments, deployments
from k8slblint.rendering.gitops.followed_before import FollowedBefore
from k8slblint.rendering.gitops.paths import cluster_folder
from k8slblint.rendering.helm.kind import HELM
from k8slblint.rendering.kinds import Finder, Listed
from k8slblint.rendering.plain import PlainFiles
from k8slblint.rendering.reach import Known, Reach, reach, unapplied_in
from k8slblint.rendering.registered import KINDS
from k8slblint.rendering.source import Source
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import NotRendered, Unit
from k8slblint.rendering.vendored import vendored
from k8slblint.rendering.worth import DEPLOYING_KINDS, FLUX_KINDS, GITOPS_KINDS

_HELMFILE = re.compile(r"(?:^|/)(?:helmfile(?:[-.][^/]+)?|helmfile\.d/[^/]+)\.ya?ml(?:\.gotmpl)?$")


_TEMPLATED = ("helmfile.yaml.gotmpl", "helmfile.gotmpl")
"""Names of helmfiles that helmfile 1.x evaluates as templates (`docs/index.md`)."""


class Planned(NamedTuple):
    """One unit with all that it is made of.

    `inputs` are all files that it depends on, `covered` those of them that are linted only through it (not the file of the object that
    deploys it); `reason` says why it is taken for a unit; `plain` are the files that it deploys as they are, None where something is
    rendered. `is_whole` tells that all it reads is in the tree, `has_charts` that charts are rendered, with values among `covered`.
    `is_stated` tells that an object of the tree that is applied itself, or the configuration, deploys it; else it is taken for a unit by
    its name.
    """

    unit: Unit
    inputs: frozenset[str]
    covered: frozenset[str]
    reason: str
    plain: tuple[str, ...] | None = None
    is_whole: bool = True
    has_charts: bool = False
    is_stated: bool = True

    @property
    def rendered(self) -> Source:
        """What has to be rendered: its source, or only the files that this lists."""
        return self.unit.source if self.plain is None else PlainFiles(self.plain)

    @property
    def stands_for_itself(self) -> bool:
        """Whether its files say all about it where they are: in its own folder, without a deployer's changes."""
        unit, folder = self.unit, posixpath.dirname(self.unit.path)
        if self.plain is None or (unit.is_own_cluster and "/overlays/" in f"/{unit.path}"):
            return False  # which cluster its own is depends on its deployer
        if unit.told_by is not None and cluster_folder(unit.told_by.path) != cluster_folder(unit.path):
            return False
        is_inside = all(not folder or path.startswith(f"{folder}/") for path in self.plain)
        return is_inside and unit.substitute is None and unit.namespace is None and unit.cluster is None

    def rendered_without(self, changes: Sequence[tuple[str, bytes]]) -> "Planned":
        """Return it as it was rendered where a part of it was refused."""
        return self._replace(unit=self.unit._replace(source=self.unit.source.rendered_without(changes)))

    def described(self, tree: SourceTree) -> str:
        """Say what is rendered: `chart 'charts/web' with values-prod.yaml (Application argocd/web)`, `kustomization 'overlays/prod'`."""
        by = f" ({self.unit.deployed_by})" if self.unit.deployed_by else ""
        return f"{self.unit.source.described(tree, self.unit.path)}{by}"


class Plan(NamedTuple):
    """The units of one revision, the objects that deploy what is not in the tree, and which files nobody deploys.

    `known` is what the last is found out from, which only the last plan of a tree needs (`reached`).
    """

    units: tuple[Planned, ...]
    not_rendered: tuple[NotRendered, ...]
    known: Known | None = None
    reach: Reach = Reach()


class Searched:
    """What is found in the files of a tree, whatever objects deploy: `finders` find the sources of each kind.

    `before` is what objects were found to deploy in the rounds so far.
    """

    def __init__(self, listed: Listed) -> None:
        """Look for kustomizations and charts."""
        self.finders: Mapping[str, Finder] = {kind.name: kind.finder(listed) for kind in KINDS}
        self._listed = listed
        self._searches = list(_searches(listed))
        self._found: list[Deployments] = []
        self.before = FollowedBefore()

    @cached_property
    def vendored(self) -> frozenset[str]:
        """The files that a program copied."""
        return frozenset(vendored(self._listed.tree, self._listed.files))

    def by_files(self) -> Iterator[Deployments]:
        """Yield what files deploy that are no Kubernetes objects, each looked at once."""
        for number, search in enumerate(self._searches):
            if number == len(self._found):
                self._found.append(search())
            yield self._found[number]


def _searches(listed: Listed) -> Iterator[Callable[[], Deployments]]:
    """Yield what reads files that deploy: bundles of Rancher Fleet, helmfiles."""
    if any(posixpath.basename(path) == "fleet.yaml" for path in listed.files):
        from k8slblint.rendering.gitops.fleet import fleet_bundles  # few trees have any

        yield partial(fleet_bundles, listed.tree, listed.files)
    for path in (*listed.files, *_templated_helmfiles(listed)):
        if _HELMFILE.search(path):
            from k8slblint.rendering.gitops.helmfile import helmfile_releases  # few trees have any

            yield partial(helmfile_releases, listed.tree, path)


def _templated_helmfiles(listed: Listed) -> Iterator[str]:
    """Yield the helmfiles that are templates as a whole, which no listing has, at the top of a tree or in a folder there."""
    tops = dict.fromkeys(("", *(path.partition("/")[0] for path in listed.files if "/" in path)))
    files = (posixpath.join(top, name) for top in tops for name in _TEMPLATED)
    yield from (path for path in files if listed.tree.is_file(path))


def plan(listed: Listed, searched: Searched | None = None) -> Plan:
    """Return the units of a tree, in the order of their paths; `searched` is what was found in the same files before."""
    planner = _Planner(listed, searched or Searched(listed))
    for add in planner.steps():
        try:
            add()
        except OverLimitError as error:
            planner.give_up(error)
    known = planner.known()
    unapplied = planner.unapplied(known)
    units = sorted(planner.units, key=lambda planned: unit_name(planned.unit, planned.unit.path))
    applied = (one._replace(is_stated=False) if one.unit.deployer in unapplied else one for one in units)
    return Plan(tuple(applied), tuple(planner.not_rendered), known)


def reached(found: Plan) -> Plan:
    """Return a plan with what nobody deploys, nothing where that was not found out to the end."""
    if found.known is None:
        return found
    try:
        return found._replace(known=None, reach=reach(found.known))
    except OverLimitError as error:
        return found._replace(known=None, not_rendered=(*found.not_rendered, _given_up(error, found.known.files)))


def _given_up(error: OverLimitError, files: Sequence[str]) -> NotRendered:
    reason = f"not everything that is deployed was found, because {error.reason}"
    return NotRendered("this tree", error.culprit or next(iter(files), "."), 1, reason)


def unit_name(unit: Unit, path: str) -> str:
    """Return what names a unit among others, with its own path given as it is to be written."""
    return f"{path} [{unit.label}]" if unit.label else path


class _Planner:
    """Collects the units of one tree."""

    def __init__(self, listed: Listed, searched: Searched) -> None:
        self._listed = listed
        self._tree = listed.tree
        self.units: list[Planned] = []
        self.not_rendered: list[NotRendered] = []
        self._searched = searched
        self._finders = searched.finders
        self._used: dict[str, set[str]] = {name: set() for name in self._finders}

    def steps(self) -> Iterator[Callable[[], None]]:
        """Yield what adds units, each to be called before the next is asked for."""
        yield from (partial(self._add_stated, name) for name in self._finders)
        yield self._add_deployed
        yield self._note_inflated
        yield from (partial(self._add_left, name) for name in self._finders)

    def give_up(self, error: OverLimitError) -> None:
        """Note that what is deployed was not found out completely."""
        self.not_rendered.append(_given_up(error, self._listed.files))

    def known(self) -> Known:
        """Return what is known of the tree."""
        deployers = [one for one in self._listed.deployers if one.type_name in GITOPS_KINDS]
        return Known(
            self._listed.files,
            tuple(self._finders.values()),
            frozenset(map(self._listed.tree_path, deployers)),
            [(planned.unit, planned.inputs) for planned in self.units if planned.is_stated],
            [planned.inputs for planned in self.units if not planned.is_stated],
            tuple(self.not_rendered),
            self._searched.vendored,
            frozenset(self._releases()),
        )

    def unapplied(self, known: Known) -> frozenset[str]:
        """Return the files of objects that are not applied, nothing where that was not found out to the end."""
        try:
            return unapplied_in(known)
        except OverLimitError as error:
            self.give_up(error)
            return frozenset()

    def _releases(self) -> Iterator[str]:
        """Yield the files in which all that deploys something is a HelmRelease of Flux, and says which chart it deploys."""
        found: dict[str, bool] = {}
        for one in self._listed.deployers:
            if one.type_name in DEPLOYING_KINDS and (path := self._listed.tree_path(one)):
                is_release = one.type_name == FLUX_KINDS[1] and bool(one.get("spec", "chart") or one.get("spec", "chartRef"))
                found[path] = found.get(path, True) and is_release
        yield from (path for path, is_release in found.items() if is_release)

    def _add_stated(self, kind: str) -> None:
        for unit, reason in self._finders[kind].stated():
            self._add(unit, reason)

    def _add_deployed(self) -> None:
        """Add what Argo CD and Flux objects deploy from the tree, and files of other deployers."""
        for found in chain(self._by_objects(), self._searched.by_files()):
            self.not_rendered += found.not_rendered
            for unit in found.units:
                self._add(unit, unit.deployed_by, is_stated=unit.is_deployed)

    def _by_objects(self) -> Iterator[Deployments]:
        listed, before = self._listed, self._searched.before
        yield deployments(listed.deployers, self._tree, listed.tree_path, listed.printed, self._patches_release, before)

    def _patches_release(self, file: str, name: str) -> bool:
        return any(finder.patches_release(file, name) for finder in self._finders.values())

    def _note_inflated(self) -> None:
        """Take the charts that kustomizations inflate for used: their own defaults say nothing of what is deployed."""
        self._used[HELM.name].update(folder for finder in self._finders.values() for folder in finder.inflated())

    def _add_left(self, kind: str) -> None:
        for unit, reason in self._finders[kind].left(self._used[kind]):
            self._add(unit, reason, is_stated=False)

    def _add(self, unit: Unit, reason: str, *, is_stated: bool = True) -> None:
        source = unit.source
        covered, plain, is_whole, has_charts, folders = self._finders[source.kind].parts(source)
        self._used[source.kind].update(folders)
        inputs = frozenset({*covered, unit.path, *source.value_files()})
        self.units.append(Planned(unit, inputs, covered, reason, plain, is_whole, has_charts, is_stated))
