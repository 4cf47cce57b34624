"""Which cluster a folder names: by the layouts of GitOps trees, by dumps, by samples that are separate clusters."""

from collections import defaultdict
from collections.abc import Iterable

from k8slblint.graph.live import Steps
from k8slblint.graph.scopes.sample_words import CLUSTER_PARENTS
from k8slblint.graph.scopes.samples import folder_alone, folder_aside
from k8slblint.model.places import FilePlace, segments
from k8slblint.model.records import NamedTuple
from k8slblint.model.scope import ClusterSettings, Division

WHOLE = "."
"""The folder of a cluster where that is the scanned folder, or one above it."""


class Cluster(NamedTuple):
    """A cluster with what sets it apart, why, and the folder that does, below what was scanned.

    `is_dump_of_all` tells that everything that was scanned is its dump, which lies in any folder.
    """

    name: str
    division: Division
    reason: str
    folder: str = ""
    is_dump_of_all: bool = False


def stated_cluster(settings: ClusterSettings) -> Cluster:
    """Return the cluster that the configuration states."""
    return Cluster(settings.name, "stated", f"configuration: cluster '{settings.name}'")


def deployed_cluster(path: str, place: FilePlace) -> Cluster | None:
    """Return the cluster that a deployer names, or, for values that nobody is known to deploy, one that stands alone."""
    deployment = place.deployment
    if deployment and deployment.cluster:
        return Cluster(deployment.cluster, "named", f"cluster '{deployment.cluster}': {deployment.reason}")
    if deployment and deployment.stands_alone:
        return Cluster(path, "sample", f"cluster '{path}': {deployment.reason}, so it is a separate cluster")
    return None


def named_cluster(place: FilePlace) -> Cluster | None:
    """Return the cluster of the deepest folder below `clusters/`, `overlays/` and the like."""
    found = _naming_folders(place)
    if found is None:
        return None
    folders, project = found, f"{place.project}: " if place.project else ""
    folder = "/".join(folders)
    name = folder if folders[-2].lower() == "overlays" else folders[-1]
    return Cluster(f"{project}{name}", "named", f"cluster '{project}{name}': folder '{folder}'", _below(place, len(folders)))


def cluster_of_own_deployers(place: FilePlace, overlays: "OwnOverlays", deployer: FilePlace) -> Cluster | None:
    """Return the cluster of an overlay that is sent to the cluster that its deployer runs in; None where the path tells it alone.

    Overlays that several deployers send to their own cluster are of one cluster, whatever the overlays are called, unless one and
    the same application is sent there in several: then each name of an overlay is a cluster.
    """
    found = _naming_folders(place)
    if found is None or found[-2].lower() != "overlays":
        return None
    told = named_cluster(deployer)
    if told is not None:
        return told
    if overlays.are_several(deployer):
        name = f"{place.project}: {found[-1]}" if place.project else found[-1]
        return Cluster(name, "named", f"cluster '{name}': overlays with this name belong to the cluster of their deployers", "")
    return undivided(deployer)


class OwnOverlays:
    """Which overlays deployers send to their own cluster."""

    def __init__(self, places: Iterable[tuple[FilePlace, FilePlace]]) -> None:
        """Take the places of the units that are sent so, each with that of its deployer."""
        self._names: dict[str, dict[tuple[str, ...], set[str]]] = defaultdict(lambda: defaultdict(set))
        for place, deployer in places:
            found = _naming_folders(place)
            if found is not None and found[-2].lower() == "overlays" and named_cluster(deployer) is None:
                self._names[deployer.project][tuple(found[:-1])].add(found[-1])

    def are_several(self, deployer: FilePlace) -> bool:
        """Tell whether one application is deployed in several overlays by the deployers of a project."""
        return any(len(names) > 1 for names in self._names.get(deployer.project, {}).values())


def dumped_cluster(place: FilePlace, roots: frozenset[Steps]) -> Cluster | None:
    """Return the cluster that was dumped into a folder; the scanned folder itself has its name from the path above, if any."""
    root = dump_root(place, roots)
    if root is None:
        return None
    folder = "/".join(root)
    is_file = root == tuple(segments(place.below))
    name = folder.rpartition(".")[0] if is_file else folder or (segments(place.above) or [place.project or "default"])[-1]
    where = f"in '{folder}'" if folder else "in the scanned tree"
    return Cluster(name, "named", f"cluster '{name}': a dump of live objects {where}", folder, is_dump_of_all=not root)


def dump_root(place: FilePlace, roots: frozenset[Steps]) -> Steps | None:
    """Return the folder (or file) of the dump that a file belongs to, below what was scanned."""
    steps = tuple(segments(place.below)) if roots else ()
    return next((steps[:length] for length in range(len(steps) + 1) if steps[:length] in roots), None)


def cluster_put_aside(place: FilePlace) -> Cluster | None:
    """Return the cluster that a folder of things which are no longer deployed stands for, wherever it stands."""
    return _alone(place, folder_aside(place))


def cluster_of_copy(place: FilePlace) -> Cluster:
    """Return the cluster that a copy of what a cluster had stands for, which is a file beside the manifests of that."""
    name = "/".join([*place.folders_above, *segments(place.below)])
    return Cluster(name, "sample", f"cluster '{name}': a copy of live objects, which is a separate cluster", _below(place, 0))


def cluster_of_sample(place: FilePlace) -> Cluster | None:
    """Return the cluster that a folder of samples or tests stands for."""
    return _alone(place, folder_alone(place))


def _alone(place: FilePlace, found: tuple[int, str] | None) -> Cluster | None:
    if found is None:
        return None
    folders = [*place.folders_above, *place.folders_below]
    name = "/".join(folders)
    reason = f"cluster '{name}': each folder below '{'/'.join(folders[: found[0]])}' is a separate cluster"
    return Cluster(name, "sample", reason, _below(place, len(folders)))


def undivided(place: FilePlace) -> Cluster:
    """Return the cluster that a project stands for which nothing divides."""
    name = place.project or "default"
    whole = "this project" if place.project else "the scanned tree"
    return Cluster(name, "none", f"cluster '{name}': nothing divides {whole} into clusters")


def _naming_folders(place: FilePlace) -> list[str] | None:
    """Return the folders that lead to the deepest one below `clusters/`, `overlays/` and the like, with that."""
    folders = [*place.folders_above, *place.folders_below]
    for index in range(len(folders) - 1, 0, -1):
        if folders[index - 1].lower() in CLUSTER_PARENTS:
            return folders[: index + 1]
    return None


def _below(place: FilePlace, count: int) -> str:
    """Return the first `count` folders of a path as seen from the scanned folder."""
    above = place.folders_above
    return "/".join([*above, *place.folders_below][len(above) : count]) or WHOLE
