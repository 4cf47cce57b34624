"""Which rendered sets change objects that deploy something: kustomizations patch them, set their namespace, or fill in variables.

What such a set prints is deployed in place of what is written in its files; another set that has the same files prints them too.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.rendering.gitops.paths import tells_scope
from k8slblint.rendering.kinds import Listed, Printed
from k8slblint.rendering.planning import Planned
from k8slblint.rendering.tree import SourceTree
from k8slblint.rendering.units import Unit
from k8slblint.rendering.worth import DEPLOYING_KINDS, TREE_KINDS


class PrintedBy(NamedTuple):
    """An object with the unit that prints it: its name, and what it is made of."""

    printed: Printed
    name: str
    planned: Planned
    tree: SourceTree

    @property
    def deployer(self) -> str:
        """The object as messages name it."""
        return description(self.printed.resource)


class ListedDeployers:
    """The objects that deploy something, by the files of the tree that they are written in."""

    def __init__(self, listed: Listed) -> None:
        self._by_file: dict[str, list[Resource]] = defaultdict(list)
        self._named: dict[tuple[str, str, str], Resource] = {}
        for one in listed.deployers:
            if one.type_name in DEPLOYING_KINDS and (path := listed.tree_path(one)):
                self._by_file[path].append(one)
                self._named.setdefault((path, one.type_name, one.name), one)
        self._of_trees = {path for path, found in self._by_file.items() if any(one.type_name in TREE_KINDS for one in found)}

    @cached_property
    def _filled(self) -> set[str]:
        """The files with placeholders, which only matters where a set fills in variables."""
        return {path for path, found in self._by_file.items() if any(has_placeholder(one.value) for one in found)}

    def printing(self, units: Sequence[Planned]) -> list[Planned]:
        """Return the units that list files with such objects and may change them, or share them with one that may."""
        covering = [(one, files) for one in units if (files := self._files_of(one))]
        changed = {path for one, files in covering if one.plain is None for path in files}
        changed |= {path for one, files in covering if one.unit.substitute is not None for path in files & self._filled}
        shared = Counter(path for one, files in covering if one.is_stated for path in files)
        changed |= {path for path, count in shared.items() if count > 1}
        return [one for one, files in covering if not files.isdisjoint(changed)]

    def lists_trees(self, planned: Planned) -> bool:
        """Tell whether a unit lists objects that deploy folders, other such objects among them."""
        return not self._of_trees.isdisjoint(planned.covered)

    def _files_of(self, planned: Planned) -> frozenset[str] | set[str]:
        if planned.unit.source.is_templated or not self._by_file:
            return frozenset()
        return self._by_file.keys() & planned.covered

    def written(self, one: Resource, file: str) -> Resource | None:
        """Return the object that a kustomization printed as its file has it: kustomize may add to its name."""
        named = self._named.get((file, one.type_name, one.name))
        if named is not None:
            return named
        found = self._by_file.get(file, ())
        return found[0] if len(found) == 1 and found[0].type_name == one.type_name else None


def deploys_itself(one: Resource, by: Unit) -> bool:
    """Tell whether a unit prints the object that deploys it: `flux bootstrap` writes such a Kustomization."""
    kind, _, label = by.deployed_by.partition(" ")
    namespace, _, name = label.rpartition("/")
    return kind == one.kind and name == one.name and namespace in ("", one.get("metadata", "namespace", default=""))


def cluster_above(by: Unit) -> str:
    """Return the path that tells the cluster of what a unit prints, `""` where it tells none: the same object of two units is one then."""
    path = (by.told_by or by).path
    return path if tells_scope(path) else ""


def kept(printed: Sequence[Printed], units: Mapping[str, Planned], name_of: Mapping[int, str]) -> Iterator[Printed]:
    """Yield what is still printed by planned units; `name_of` holds the names of the units that print, by their `id`.

    A unit that is still rendered alike prints the same, whatever another round learned of who deploys it.
    Something deploys a kustomization that was rendered to learn just that: then what deploys it stays, and the rest is printed anew.
    What nobody deploys prints nothing that is deployed elsewhere.
    """
    stated: dict[str, set[str]] = defaultdict(set)
    folders: dict[str, set[str]] = defaultdict(set)
    for one in units.values() if printed else ():
        folders[one.unit.deployed_by].add(one.unit.source.applied_folder())
        for path in one.covered if one.is_stated else ():
            stated[path].add(one.unit.deployed_by)
    for found in printed:
        planned = units.get(name_of[id(found.by)])
        itself = description(found.resource)
        if planned is not None and planned.unit != found.by and is_rendered_alike(planned.unit, found.by):
            found = found._replace(by=planned.unit)  # noqa: PLW2901 - another round knows more of its deployer
        if planned is None or planned.unit != found.by:
            if found.is_of_file and found.by.source.applied_folder() in folders.get(itself, ()):
                yield found
        elif planned.is_stated or not found.is_of_file or not stated[found.template] - {itself}:
            yield found


def is_rendered_alike(one: Unit, other: Unit) -> bool:
    """Tell whether a renderer prints the same of two units: they differ at most in who deploys them, and to where."""
    return (one.path, one.label, one.source, one.namespace, one.substitute) == (
        other.path,
        other.label,
        other.source,
        other.namespace,
        other.substitute,
    )


def description(one: Resource) -> str:
    """Return an object as messages name it: `Application argocd/web`."""
    namespace = one.get("metadata", "namespace")
    return f"{one.kind} {namespace}/{one.name}" if isinstance(namespace, str) and namespace else f"{one.kind} {one.name}"
