"""Which platform a file is on, as far as paths and manifests show it: evidence applies to what is deployed together.

A path that names a platform speaks for what stands below it, and an object in such a folder, where nothing divides a project, for no
more. An object that only a platform's controllers read (a kind, a node, a class of
a controller) speaks for its cluster, and for clusters of the project without evidence of their own where nothing names another platform,
unless its own cluster is called like the platform. A provider that the catalog does not have, told by an annotation of its load balancers,
makes a platform unknown.
An annotation speaks for its cluster where folders or the user set that apart; where nothing divides a project, only if no path and no
other object of it names another platform. The provisioner of a StorageClass, and labels that nodes must have, speak where nothing else
does: for their cluster, or, where nothing divides a project, for their folder and the one above. Samples stand alone, and what is written
for one of several alternatives, objects of one identity that differ, says nothing about the others.
"""

import posixpath
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache

from k8slblint.catalog import platforms
from k8slblint.graph.containers import required_node_labels
from k8slblint.graph.reads import STORAGE_CLASS
from k8slblint.graph.scopes.clusters import Cluster
from k8slblint.model.patterns import pattern
from k8slblint.model.places import FilePlace, segments
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.scope import DISTRIBUTIONS, Platform

_TOKENS = pattern(r"[a-z0-9]+")

_UNKNOWN = "platform unknown: the manifests do not show it"


class _Evidence(NamedTuple):
    """What one object tells: `is_weak` where only an annotation or a class of its own says so, `only_below` for which folder.

    What `is_last` counts only where nothing else is said.
    """

    path: str
    platform: Platform
    reason: str
    is_weak: bool
    only_below: str
    is_last: bool = False


class PlatformEvidence:
    """Answers `platform_of(path)` from the paths and objects of one revision."""

    def __init__(self, resources: Sequence[Resource], place_of: Callable[[str], FilePlace], cluster_of: Callable[[str], Cluster]) -> None:
        """Hold what evidence is read from; `cluster_of` tells the cluster of a path."""
        self._resources = resources
        self._place_of = place_of
        self._cluster_of = cluster_of
        self._other_cloud_of = lru_cache(maxsize=None)(lambda path: _other_cloud(place_of(path)))
        self._of_project = lru_cache(maxsize=None)(self._found_in_project)

    def platform_of(self, path: str) -> tuple[Platform, str]:
        """Return the platform of what stands at `path`, and why in one sentence."""
        place = self._place_of(path)
        in_path = _platform_of_path(place)
        if in_path is not None and in_path[0] not in DISTRIBUTIONS:
            return in_path
        told = self._by_evidence(path, place)
        return in_path if in_path is not None and told[0] == "unknown" else told

    def _by_evidence(self, path: str, place: FilePlace) -> tuple[Platform, str]:
        cluster = self._cluster_of(path)
        folder = self._other_cloud_of(path)
        here = [one for one in self._by_cluster.get(cluster.name, ()) if self._speaks_for(one, path, folder)]
        found = [one for one in here if not one.is_last]
        if not found and folder:
            return "unknown", f"platform unknown: folder '{folder}' may run on another cloud than the rest"
        if not found and cluster.division != "sample":
            found = self._of_project(place.project)
        found = found or [one for one in here if one.is_last]
        return self._agreed(found, path, cluster)

    def _agreed(self, found: Sequence[_Evidence], path: str, cluster: Cluster) -> tuple[Platform, str]:
        unlisted = next((one for one in found if one.platform == "unknown"), None)
        if unlisted is not None:
            return "unknown", f"platform unknown: {unlisted.reason} is of a provider that is not known"
        providers = [one for one in found if one.platform not in DISTRIBUTIONS]
        found = providers or found
        told = {one.platform: one for one in found}
        if len(told) > 1:
            return "unknown", f"platform unknown: the manifests refer to {' and '.join(sorted(told))}"
        if not told:
            return "unknown", _UNKNOWN
        ((platform, _),) = told.items()
        first = min(found, key=lambda one: (one.path != path, one.is_weak))
        if first.is_weak and first.path != path and cluster.division == "none":
            named_in_paths = self._named_in_paths.get(self._place_of(path).project, ())
            other = next((named for named in sorted(named_in_paths) if named != platform), None)
            if other is not None:
                return "unknown", f"platform unknown: the manifests refer to {platform}, and a path to {other}"
        return platform, f"platform '{platform}': {first.reason}"

    def _speaks_for(self, one: _Evidence, path: str, folder: str) -> bool:
        """Tell whether evidence of one file of a cluster holds for another one of it."""
        if one.path == path:
            return True
        if one.is_weak and self._is_alternative(one.path, path):
            return False
        if not path.startswith(one.only_below) or (one.is_last and not self._is_near(one.path, path)):
            return False
        return self._other_cloud_of(one.path) == folder

    def _is_near(self, one: str, path: str) -> bool:
        """Tell whether what a StorageClass or Pod says of the nodes holds for a file: of its cluster, or of a folder around it."""
        if self._cluster_of(one).division in ("stated", "named"):
            return True
        place = self._place_of(one)
        folders = place.folders_below
        around = folders[: max(len(folders) - 1, 1)]
        return path.startswith(one.removesuffix(place.below) + "/".join((*around, "")) if around else _folder(one))

    def _folder_of_platform(self, path: str, platform: Platform) -> str:
        """Return the folder of a file that is called like a platform, with a slash: what is beside it may be on another one."""
        if self._cluster_of(path).division != "none":
            return ""
        place = self._place_of(path)
        folders = place.folders_below
        named = next((index for index, folder in enumerate(folders, 1) if _platform_of_segment(folder) == platform), 0)
        return path.removesuffix(place.below) + "/".join((*folders[:named], "")) if named else ""

    def _is_alternative(self, one: str, other: str) -> bool:
        """Tell whether a file is one of several alternatives to which another file is none of the same: a twin, or of another folder."""
        if one in self._with_twins and _folder(one) == _folder(other):
            return True
        return _folder(one) in self._folders_with_twins and _folder(one) != _folder(other)

    @cached_property
    def _with_twins(self) -> set[str]:
        """The files with an object that another file of the cluster defines otherwise."""
        first: dict[object, Resource] = {}
        found: set[str] = set()
        for resource in self._resources:
            if resource.kind == HELM_VALUES or resource.kind in ("Namespace", "Node"):
                continue
            other = first.setdefault((self._cluster_of(resource.path).name, resource.key), resource)
            if other.path != resource.path and other.value != resource.value:
                found |= {other.path, resource.path}
        return found

    @cached_property
    def _folders_with_twins(self) -> frozenset[str]:
        return frozenset(_folder(path) for path in self._with_twins)

    @cached_property
    def _by_cluster(self) -> dict[str, list[_Evidence]]:
        found: dict[str, list[_Evidence]] = defaultdict(list)
        for one in self._evidence:
            found[self._cluster_of(one.path).name].append(one)
        return found

    @cached_property
    def _by_project(self) -> dict[str, list[_Evidence]]:
        found: dict[str, list[_Evidence]] = defaultdict(list)
        for one in self._evidence:
            found[self._place_of(one.path).project].append(one)
        return found

    def _found_in_project(self, project: str) -> list[_Evidence]:
        """Return what speaks for clusters that have no evidence of their own: nothing where any path or object names another platform."""
        here = [one for one in self._by_project.get(project, ()) if not one.is_last]
        if len({one.platform for one in here} - DISTRIBUTIONS | self._named_in_paths.get(project, set())) > 1:
            return []
        strong = (one for one in here if not one.is_weak and self._cluster_of(one.path).division != "sample")
        return [one for one in strong if not one.only_below and not self._names_itself(one)]

    def _names_itself(self, one: _Evidence) -> bool:
        """Tell whether the cluster of some evidence is called like its platform: then others are not called so for a reason."""
        return _platform_of_segment(posixpath.basename(self._cluster_of(one.path).name)) == one.platform

    @cached_property
    def _evidence(self) -> list[_Evidence]:
        found = []
        for resource in self._resources:
            told = platforms.platform_of_resource(resource)
            if told:
                reason = f"{told[1]} of {resource.id} in '{resource.path}'"
                only_below = self._folder_of_platform(resource.path, told[0])
                found.append(_Evidence(resource.path, told[0], reason, platforms.is_weak_evidence(resource), only_below))
                continue
            told = _told_by_nodes(resource)
            if told:
                reason = f"{told[1]} of {resource.id} in '{resource.path}'"
                found.append(_Evidence(resource.path, told[0], reason, is_weak=True, only_below="", is_last=True))
        return found

    @cached_property
    def _named_in_paths(self) -> dict[str, set[Platform]]:
        """The platforms that paths name, by project; `another cloud` for folders that name one by a word of other things too."""
        found: dict[str, set[Platform]] = defaultdict(set)
        for path in {resource.path for resource in self._resources if resource.kind != HELM_VALUES}:
            place = self._place_of(path)
            named = filter(None, map(_platform_of_segment, segments(place.below)))
            found[place.project].update(platform for platform in named if platform not in DISTRIBUTIONS)
            if self._other_cloud_of(path):
                found[place.project].add("another cloud")
        return found


def _platform_of_path(place: FilePlace) -> tuple[Platform, str] | None:
    """Return the platform that the nearest folder, or the file's name, tells; a provider wins over what runs on any."""
    names = ((segment, _platform_of_segment(segment)) for segment in reversed(segments(place.above) + segments(place.below)))
    told = [(platform, f"platform '{platform}': path segment '{segment}'") for segment, platform in names if platform]
    return next((one for one in told if one[0] not in DISTRIBUTIONS), told[0] if told else None)


def _told_by_nodes(resource: Resource) -> tuple[Platform, str] | None:
    """Return the platform whose disks a StorageClass makes, or whose nodes Pods require, and by what."""
    if resource.type_name == STORAGE_CLASS:
        provisioner = resource.get("provisioner")
        platform = platforms.platform_of_provisioner(provisioner)
        return (platform, f"provisioner '{provisioner}'") if platform else None
    told = platforms.platform_of_node_labels(required_node_labels(resource)) if resource.pod_template_path is not None else None
    return (told[0], f"node label '{told[1]}'") if told else None


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _other_cloud(place: FilePlace) -> str:
    """Return the folder of a path that is called like a cloud, by a word that means other things too, or `""`."""
    ambiguous = platforms.ambiguous_folders()
    return next((folder for folder in reversed(place.folders_below) if folder.lower() in ambiguous), "")


@lru_cache(maxsize=4096)
def _platform_of_segment(segment: str) -> Platform | None:
    return platforms.platform_of_words(_TOKENS.findall(segment.lower()))
