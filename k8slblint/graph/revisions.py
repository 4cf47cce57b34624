"""Which resource of one revision is which of the earlier one, also when files were moved or renamed, and which are gone."""

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Protocol

from k8slblint.graph.answers import Answer, Found, Unknown
from k8slblint.graph.live import are_alike, is_live
from k8slblint.model.loaded import Gap
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.scope import Scope
from k8slblint.model.sibling_folders import sibling_folder


class Revision(Protocol):
    """What pairing asks of a graph."""

    resources: tuple[Resource, ...]

    def scope(self, resource: Resource) -> Scope:
        """Return where a resource belongs."""

    def place_key(self, resource: Resource) -> str:
        """Return what names the file of a resource in both revisions."""

    @property
    def clusters_of_files(self) -> frozenset[str]:
        """The clusters that have files or units, also without an object that was read."""

    def is_changed(self, resource: Resource) -> bool:
        """Tell whether the file of a resource may differ from the other revision."""


class ComparedRevision(Revision, Protocol):
    """What is asked of the later of two graphs to find what is gone."""

    gaps: tuple[Gap, ...]

    def key_of(self, path: str) -> str:
        """Return what names a file in both revisions."""

    def was_missing(self, gap: Gap) -> bool:
        """Tell whether what could not be read could not be read before either, and is the same."""

    def counterpart(self, resource: Resource) -> Answer[Resource]:
        """Return the same resource in the revision before."""

    def cluster_now(self, cluster: str) -> str:
        """Return the name that a cluster of the revision before has now."""


def renamed_clusters(after: Revision, before: Revision) -> dict[str, str]:
    """Return by the name that clusters have now the one that they had before: a folder was renamed, or is stated under another name.

    The cluster of before is gone with all its files, that of now is new, and of all objects in the two at least half are in both. What
    left one known environment for another was made anew; where several match as well as each other, none does.
    """
    gone, arrived = _objects_by_cluster(before), _objects_by_cluster(after)
    stayed = {after.scope(one).cluster for one in after.resources if not after.is_changed(one)}
    if not gone or not arrived:
        return {}
    gone = {scope: objects for scope, objects in gone.items() if scope.cluster not in after.clusters_of_files}
    arrived = {scope: objects for scope, objects in arrived.items() if scope.cluster not in before.clusters_of_files}
    gone, arrived = (
        {scope: objects for scope, objects in found.items() if scope.cluster not in {*stayed, *(other.cluster for other in others)}}
        for found, others in ((gone, arrived), (arrived, gone))
    )
    pairs = [(_likeness(arrived[new], gone[old]), new.cluster, old.cluster) for new in arrived for old in gone if _may_be_one(new, old)]
    pairs = [pair for pair in pairs if pair[0] >= _ALIKE]
    best = [one for one in pairs if not any(other is not one and other[0] >= one[0] and _meet(one, other) for other in pairs)]
    return {new: old for _, new, old in best}


_ALIKE = 0.5


class _Named(NamedTuple):
    """A cluster that is known by name, with its environment."""

    cluster: str
    environment: str
    is_stated: bool


def _objects_by_cluster(revision: Revision) -> dict[_Named, set[object]]:
    found: dict[_Named, set[object]] = defaultdict(set)
    for resource in revision.resources:
        scope = revision.scope(resource)
        if resource.standing == "deployed" and _is_known(scope) and not is_live(resource):
            found[_Named(scope.cluster, scope.environment, scope.division == "stated")].add(resource.key)
    return found


def _may_be_one(new: _Named, old: _Named) -> bool:
    return not (new.is_stated and old.is_stated) and (new.environment == old.environment or "unknown" in (new.environment, old.environment))


def _likeness(one: set[object], other: set[object]) -> float:
    return len(one & other) / len(one | other)


def _meet(one: tuple[float, str, str], other: tuple[float, str, str]) -> bool:
    return one[1] == other[1] or one[2] == other[2]


def pair_revisions(after: Revision, before: Revision, renamed: Mapping[str, str]) -> dict[int, Answer[Resource]]:
    """Return, by `id()` of each resource of `after`, its counterpart in `before`; new resources are left out.

    `renamed` holds by the name of a cluster now that which it had before.

    A resource in the same file is the same one. Otherwise it moved: its counterpart is the resource of the same identity
    that is gone from its own file, provided that there is exactly one, in the same cluster if several are gone.
    Objects of a live cluster, which stand in no file of their own, are found by identity alone.
    """
    return _Pairing(after, before, renamed).pairs()


class _Pairing:
    """Two revisions with the indexes by which resources of one are found in the other."""

    def __init__(self, after: Revision, before: Revision, renamed: Mapping[str, str]) -> None:
        self._renamed = renamed
        self._after = after
        self._before = before
        self._pairs: dict[int, Answer[Resource]] = {}
        self._taken: set[int] = set()
        self._candidates: dict[object, list[Resource]] = defaultdict(list)
        self._in_place: dict[object, list[Resource]] = defaultdict(list)
        for resource in before.resources:
            if resource.standing != "deployed":
                continue
            self._candidates[resource.key].append(resource)
            self._in_place[resource.key, before.place_key(resource)].append(resource)

    def pairs(self) -> dict[int, Answer[Resource]]:
        """Return the counterparts by `id()`."""
        deployed = (one for one in self._after.resources if one.standing == "deployed" and self._after.is_changed(one))
        moved = [resource for resource in deployed if not self._stayed(resource)]
        clusters: dict[object, set[str]] = defaultdict(set)
        for resource in moved:
            clusters[resource.key].add(self._after.scope(resource).cluster)
        for resource in moved:
            answer = self._moved_from(resource, len(clusters[resource.key]))
            if answer is not None:
                self._pairs[id(resource)] = answer
        self._pair_values([one for one in moved if one.kind == HELM_VALUES and id(one) not in self._pairs])
        return self._pairs

    def _pair_values(self, left: Sequence[Resource]) -> None:
        """Pair values of one release that have another name now: it names no namespace any more, or the key of its only entry is new."""
        gone: dict[object, list[Resource]] = defaultdict(list)
        used = self._used() if left else set()
        for old in self._before.resources if left else ():
            if old.kind == HELM_VALUES and old.standing == "deployed" and id(old) not in used:
                gone[_release_of(old, self._before)].append(old)
        arrived: dict[object, list[Resource]] = defaultdict(list)
        for new in left:
            arrived[_release_of(new, self._after)].append(new)
        for release, news in arrived.items():
            for new, old in _same_entries(news, gone.get(release, ())) if release is not None else ():
                self._pairs[id(new)] = Found(old)

    def _used(self) -> set[int]:
        return {id(answer.value) for answer in self._pairs.values() if isinstance(answer, Found)}

    def _stayed(self, resource: Resource) -> bool:
        found = [old for old in self._in_place.get((resource.key, self._after.place_key(resource)), ()) if id(old) not in self._taken]
        if found:
            self._pairs[id(resource)] = Found(found[0])
            self._taken.add(id(found[0]))
        return bool(found)

    def _moved_from(self, new: Resource, clusters: int) -> Answer[Resource] | None:
        """Return the counterpart of a resource that is new in its place; `clusters` is how many have one of its identity."""
        gone = [old for old in self._candidates.get(new.key, ()) if id(old) not in self._taken]
        if not gone:
            return None if new.key in self._candidates else self._elsewhere(new)
        scope = self._after.scope(new)
        scope = scope._replace(cluster=self._renamed.get(scope.cluster, scope.cluster))
        in_cluster = [old for old in gone if _is_same_cluster(scope, old, self._before.scope(old))]
        narrowed = in_cluster or [old for old in gone if not _are_apart(scope, self._before.scope(old))]
        if not in_cluster and is_live(gone[0]) and (clusters > 1 or not narrowed):
            return self._unless_dumped(new, scope, gone[0])
        return self._one_of(new, narrowed) if narrowed else None

    def _one_of(self, new: Resource, found: list[Resource]) -> Answer[Resource]:
        narrowed = _most_alike(self._after.place_key(new), [(self._before.place_key(old), old) for old in found])
        if len(narrowed) == 1 or all(are_alike(old, narrowed[0]) for old in narrowed):
            return Found(narrowed[0])
        places = ", ".join(f"'{old.path}'" for old in narrowed[:3])
        return Unknown(f"{new.id} was in several files of the earlier revision ({places})")

    def _unless_dumped(self, new: Resource, scope: Scope, live: Resource) -> Unknown | None:
        """Say that a live object may or may not be of this cluster, unless there is a dump of this very cluster without it."""
        if any(_is_same_cluster(scope, old, self._before.scope(old)) for old in self._live):
            return None
        return Unknown(f"{new.id} is live in '{live.path}', and whether that is cluster '{scope.cluster}' is not known")

    def _elsewhere(self, new: Resource) -> Unknown | None:
        """Say that a resource which names no namespace may be one of the live ones of its name."""
        if new.namespace is None or new.get("metadata", "namespace") is not None:
            return None
        found = self._live_by_name.get((new.type_name, new.name))
        return Unknown(f"{new.id} names no namespace; the live cluster has one in namespace '{found.namespace}'") if found else None

    @cached_property
    def _live(self) -> list[Resource]:
        return [old for old in self._before.resources if is_live(old)]

    @cached_property
    def _live_by_name(self) -> dict[tuple[str, str], Resource]:
        return {(old.type_name, old.name): old for old in reversed(self._live)}


def _release_of(values: Resource, revision: Revision) -> object:
    """Return what names the object that deploys values in both revisions, by its file; None for values that are in none."""
    deployer = values.mapping("deployer")
    name = deployer.get("name")
    return (values.type_name, revision.place_key(values), deployer.get("kind"), name) if name else None


def _same_entries(news: Sequence[Resource], olds: Sequence[Resource]) -> Iterator[tuple[Resource, Resource]]:
    """Yield the values that are at one path in both revisions, else those that are the only ones, beside each other."""
    by_path = {tuple(map(str, old.sequence("path"))): old for old in olds}
    for new in news:
        old = by_path.get(tuple(map(str, new.sequence("path"))))
        is_only = len(news) == len(olds) == 1 and new.sequence("path")[:-1] == olds[0].sequence("path")[:-1]
        if old is not None or is_only:
            yield new, old or olds[0]


def _most_alike(path: str, candidates: Sequence[tuple[str, Resource]]) -> list[Resource]:
    """Return the candidates whose paths end most like `path`: of `k8s/{dev,prod}/s.yaml` the one with the same folder moved."""
    likeness = [_common_end(path.split("/"), other.split("/")) for other, _ in candidates]
    return [old for (_, old), alike in zip(candidates, likeness, strict=True) if alike == max(likeness)]


def _common_end(one: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    for left, right in zip(reversed(one), reversed(other), strict=False):
        if left != right:
            break
        count += 1
    return count


def _is_same_cluster(scope: Scope, old: Resource, before: Scope) -> bool:
    """Tell whether both clusters have one name; a dump may lie in any folder, the last of which names its cluster."""
    name = before.cluster.rpartition("/")[2] if before.division == "named" and is_live(old) else before.cluster
    return scope.cluster in (before.cluster, name)


def _are_apart(one: Scope, other: Scope) -> bool:
    """Tell whether both clusters are known by name: what leaves one and enters the other is deleted and made anew."""
    return one.cluster != other.cluster and _is_known(one) and _is_known(other)


def _is_known(scope: Scope) -> bool:
    """Tell whether the name of a cluster says which one it is: a dump that is all there is has the name of any folder."""
    return scope.division in ("stated", "named") and not scope.is_dump_of_all


def removed(graph: ComparedRevision, base: Revision, kept: Container[int]) -> tuple[Resource, ...]:
    """Return the deployed resources of `base` that are gone, in reading order; `kept` holds the `id` of those that have a counterpart.

    One whose file cannot be read now is not among them, nor one that moved; a part that was missing before for the same reason, a chart
    of the network for example, did not hold it.
    """
    present: dict[object, list[Resource]] = defaultdict(list)
    for one in graph.resources:
        if one.standing == "deployed":
            present[*graph.scope(one).whereabouts, one.key].append(one)
    unread = [gap for gap in graph.gaps if not (gap.is_part and graph.was_missing(gap))]
    files = {graph.key_of(gap.path) for gap in unread if not gap.is_of_deployer}
    deployers = {graph.key_of(gap.path) for gap in unread}
    return tuple(
        resource
        for resource in base.resources
        if id(resource) not in kept
        and resource.standing == "deployed"
        and all(_was_copy(graph, base, one, resource) for one in present.get(_identity_now(graph, base, resource), ()))
        and not _is_unread(base.place_key(resource), files, deployers)
    )


def _identity_now(graph: ComparedRevision, base: Revision, gone: Resource) -> tuple[object, ...]:
    cluster, environment = base.scope(gone).whereabouts
    return graph.cluster_now(cluster), environment, gone.key


def _was_copy(graph: ComparedRevision, base: Revision, one: Resource, gone: Resource) -> bool:
    """Tell whether an object is a copy of one that is gone in a folder beside it, for another cluster, and was so before.

    One cluster cannot hold two objects of one identity. The folder of what is gone is still in use.
    """
    folder = sibling_folder(base.place_key(gone), graph.place_key(one))
    if folder is None or not isinstance(graph.counterpart(one), Found):
        return False
    return any(other.standing == "deployed" and graph.place_key(other).startswith(folder) for other in graph.resources)


def _is_unread(key: str, files: set[str], deployers: set[str]) -> bool:
    """Tell whether a file could not be read, or of a unit (`apps/web.yaml [argocd/web]`) what the file that deploys it brings."""
    return key in files or key.partition(" [")[0] in (deployers if " [" in key else files)
