"""Which repository a tree is, judged by the objects in it; git is not asked.

A folder that exists in the tree is taken for the one that is meant, unless the object plainly names another repository: of all
repositories named, the tree is the one that the GitRepository `flux-system` of `flux bootstrap` names; else one is another if at most
half as many of the folders named of it are there as of the one of which most are; the top folder, which any has, does not count.
Repositories are told apart by their last name, so that forks, mirrors and other protocols are the same.
"""

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from k8slblint.model.resource import Resource
from k8slblint.rendering.gitops.fields import mapping, sequence
from k8slblint.rendering.gitops.paths import cluster_folder, folder_path, source_root
from k8slblint.rendering.gitops.source_roots import is_beside, is_foreign
from k8slblint.rendering.tree import SourceTree

BOOTSTRAPPED = "flux-system"
"""The GitRepository and Kustomization that `flux bootstrap` makes (Flux 2.7, `cmd/flux/bootstrap.go`)."""

_SOURCES = "source.toolkit.fluxcd.io"
_CHART_SOURCES = ("HelmRepository", "HelmChart", "OCIRepository")
"""The kinds that charts come from (Flux 2.7, source-controller, `docs/spec/v1`)."""

WILDCARD = re.compile(r"[*?\[{]")
_FILLED_IN = re.compile(r"[{}<>$]")
_MANY = 3
"""So many folders of a repository that are there show that another, of which only the top is named, is not this one."""

MAIN = frozenset({"", "HEAD", "main", "master"})
"""What the branch is called that a tree mostly is a checkout of."""

_END = re.compile(r"(?:\.git/*+|(?<!/)/++)$")


class Repositories:
    """The repositories that the objects of a tree name."""

    def __init__(self, objects: Sequence[Resource], tree: SourceTree, tree_path: Callable[[Resource], str]) -> None:
        """Look at Applications, ApplicationSets, Kustomizations, HelmReleases and GitRepositories."""
        self._git = {(one.namespace or "", one.name): one for one in objects if one.type_name == "GitRepository.source.toolkit.fluxcd.io"}
        self._tree_path = tree_path
        self._charts: dict[tuple[str, str], list[Resource]] = {}
        for one in objects:
            if one.kind in _CHART_SOURCES and one.group == _SOURCES:
                self._charts.setdefault((one.kind, one.name), []).append(one)
        named = {name for (_, own), one in self._git.items() if own == BOOTSTRAPPED and (name := name_of(one.get("spec", "url")))}
        self._ours = named
        self._named: Mapping[str, int] = {}
        self._found: Mapping[str, int] = {}
        self._branches = {_branch(one) for (_, own), one in self._git.items() if own == BOOTSTRAPPED} - {""}
        self._others = set() if named else self._less_found(objects, tree, tree_path)

    def _less_found(self, objects: Sequence[Resource], tree: SourceTree, tree_path: Callable[[Resource], str]) -> set[str]:
        named = {(name, path, tree_path(one)) for one in objects for name, path in self._folders_of(one) if name}
        found = {(name, path) for name, path, by in named if path and source_root(tree, by, path) is not None}
        counts = Counter(name for name, _ in found)
        self._named, self._found = Counter(name for name, path in {(name, path) for name, path, _ in named} if path), counts
        most = max(counts.values(), default=0)
        of_root = {name for name, path, _ in named if not path} if most >= _MANY else set()
        return {name for name in {*counts, *of_root} if 2 * counts[name] <= most}

    def _folders_of(self, one: Resource) -> Iterator[tuple[str, str]]:
        """Yield the repositories that an object names, each with a folder of it."""
        if one.group == "argoproj.io":
            for source in argo_sources(one):
                path = source.get("path")
                if isinstance(path, str):
                    start, pattern, _ = path.partition("{{")
                    yield name_of(source.get("repoURL")), folder_path(start.rpartition("/")[0] if pattern else path) or ""
            return
        in_git = one.get("spec", "chart", "git")
        if in_git is not None:  # a HelmRelease of helm-operator
            yield name_of(in_git), folder_path(str(one.get("spec", "chart", "path", default="")).lstrip("/")) or ""
            return
        reference = one.get("spec", "sourceRef") or one.get("spec", "chart", "spec", "sourceRef")
        path = one.get("spec", "path") or one.get("spec", "chart", "spec", "chart") or ("./" if one.kind == "Kustomization" else None)
        repository = self.git_repository(reference, one)
        if repository is not None and isinstance(path, str):
            yield name_of(repository.get("spec", "url")), folder_path(path.lstrip("/")) or ""
        elif mapping(reference).get("name") == BOOTSTRAPPED and isinstance(path, str):
            yield BOOTSTRAPPED, folder_path(path.lstrip("/")) or ""

    def git_repository(self, reference: Any, by: Resource) -> Resource | None:
        """Return the GitRepository that a `sourceRef` names, or None where it is not among the objects."""
        reference = mapping(reference)
        name, namespace = reference.get("name"), reference.get("namespace") or by.get("metadata", "namespace")
        if not isinstance(name, str):
            return None
        if isinstance(namespace, str) and (namespace, name) in self._git:
            return self._git[namespace, name]
        named = [one for (_, own), one in self._git.items() if own == name]
        return named[0] if len(named) == 1 else None

    def chart_source(self, reference: Any, by: Resource) -> Resource | None:
        """Return the source of charts that a reference names, or None where it is not among the objects.

        Of several of a name and namespace it is that in the folder of the object, else in that of its cluster, unless all say the same.
        """
        kind, name = (str(mapping(reference).get(key)) for key in ("kind", "name"))
        namespace = mapping(reference).get("namespace") or by.get("metadata", "namespace")
        named = self._charts.get((kind, name), [])
        found = [one for one in named if namespace and one.get("metadata", "namespace") == namespace] or named
        if len(found) > 1:
            found = self._near(found, by)
        is_same = all(one.get("spec") == found[0].get("spec") for one in found[1:])
        return found[0] if found and is_same else None

    def _near(self, found: list[Resource], by: Resource) -> list[Resource]:
        file = self._tree_path(by)
        folder, cluster = posixpath.dirname(file), cluster_folder(file)
        beside = [one for one in found if file and posixpath.dirname(self._tree_path(one)) == folder]
        return beside or [one for one in found if cluster and cluster_folder(self._tree_path(one)) == cluster] or found

    def is_this(self, url: Any) -> bool:
        """Tell whether a URL may be that of this tree; a URL that names nothing may, and one that is a path of it is."""
        if is_foreign(url):
            return is_beside(url)
        name = name_of(url)
        return not name or (name in self._ours if self._ours else name not in self._others)

    def is_surely_this(self, url: Any) -> bool:
        """Tell whether a URL is surely that of this tree: `flux bootstrap` named it, or most of many folders named of it are here."""
        name = name_of(url)
        found = self._found.get(name, 0)
        return bool(name) and (name in self._ours or (found >= _MANY and self._named.get(name, 0) - found <= found // _MANY))

    def follows_main(self, repository: Resource) -> bool:
        """Tell whether a GitRepository follows the branch that a tree mostly is a checkout of, and no tag or commit."""
        reference = repository.mapping("spec", "ref")
        branch = reference.get("branch")
        return not reference or (reference.keys() == {"branch"} and (branch in MAIN or (branch in self._branches and branch != "")))

    def is_image_of_others(self, url: Any) -> bool:
        """Tell whether an artifact is in the registry of GitHub below an account that none of the repositories of this tree belongs to."""
        owner = _owner_in(_OF_IMAGES, url)
        ours = {_owner_in(_OF_REPOSITORIES, one.get("spec", "url")) for (_, own), one in self._git.items() if own == BOOTSTRAPPED}
        return bool(owner) and bool(ours) and "" not in ours and owner not in ours

    def another_branch(self, repository: Resource | None) -> str:
        """Return the branch that a GitRepository names where `flux bootstrap` wrote this tree into others, else `""`."""
        branch = _branch(repository) if repository is not None and self._branches else ""
        return branch if branch not in self._branches else ""


_OF_IMAGES = "oci://ghcr.io/"
_OF_REPOSITORIES = "github.com"
"""Where packages have the account of the repository that publishes them (docs.github.com, "Working with the Container registry")."""


def _owner_in(host: str, url: Any) -> str:
    """Return the account that follows a host in a URL, in lower case, or `""` where that is filled in later or the host is another one."""
    _, found, path = url.strip().partition(host) if isinstance(url, str) else ("", "", "")
    owner = re.split(r"[/:]", path.lstrip("/:"), maxsplit=1)[0].lower() if found else ""
    return "" if _FILLED_IN.search(owner) else owner


def _branch(repository: Resource) -> str:
    """Return the branch that a GitRepository follows; a tag or commit takes precedence over it (Flux 2.7, `gitrepositories.md`)."""
    reference = repository.mapping("spec", "ref")
    branch = reference.get("branch")
    is_it = (
        isinstance(branch, str)
        and not _FILLED_IN.search(branch)
        and not any(reference.get(key) for key in ("tag", "semver", "commit", "name"))
    )
    return branch if is_it and isinstance(branch, str) else ""


def name_of(url: Any) -> str:
    """Return the last name in the URL of a repository, in lower case, or `""` where that is filled in later or is none of a repository."""
    if is_foreign(url):
        return ""
    name = re.split(r"[/:]", _END.sub("", url.strip()))[-1].lower() if isinstance(url, str) else ""
    return "" if _FILLED_IN.search(name) else name


def argo_sources(one: Resource) -> Iterator[dict[str, Any]]:
    """Yield the sources of an Application that are no charts; of an ApplicationSet also the folders that its generators look at."""
    spec = one.mapping("spec")
    if one.kind == "ApplicationSet":
        for generator in sequence(spec.get("generators")):
            yield from _git_folders(generator)
        spec = mapping(mapping(spec.get("template")).get("spec"))
    for source in (spec.get("source"), *sequence(spec.get("sources"))):
        if isinstance(source, dict) and not source.get("chart"):
            yield source


def _git_folders(generator: Any) -> Iterator[dict[str, Any]]:
    """Yield the folders that a git generator, also within a matrix, looks at, as sources: what stands above the first pattern."""
    for kind in ("matrix", "merge"):
        for inner in sequence(mapping(mapping(generator).get(kind)).get("generators")):
            yield from _git_folders(inner) if "git" in mapping(inner) else ()
    git = mapping(mapping(generator).get("git"))
    for key in ("directories", "files"):
        for entry in sequence(git.get(key)):
            path = mapping(entry).get("path")
            if isinstance(path, str):
                yield {"repoURL": git.get("repoURL"), "path": WILDCARD.split(path, maxsplit=1)[0].rpartition("/")[0]}
