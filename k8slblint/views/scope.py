"""The view of scopes: a map of clusters, in them environments and platforms, in those folders and their objects."""

import posixpath
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY, INGRESS_KINDS, ROUTE_KINDS, WORKLOAD_KINDS
from k8slblint.graph.relations.owner_references import controller_of
from k8slblint.model.loaded import Gap
from k8slblint.model.node import Node
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import CHART_VALUES, Resource, SourceText
from k8slblint.model.rule import Confidence
from k8slblint.model.scope import Division, Scope
from k8slblint.reporting.excerpt import visible
from k8slblint.reporting.json import dump
from k8slblint.traffic.addresses.hosts import files_of
from k8slblint.traffic.addresses.pools import POOL_KINDS

VERSION = 1
"""The version of the JSON that `as_json` writes; it grows when a field is removed or changes its meaning."""

MOST_FOLDERS = 12
"""How many folders of one environment are shown; of more, those above them are, so that the map fits a screen."""

MOST_GAPS = 5

SERVICE_TYPES = ("LoadBalancer", "NodePort", "ClusterIP", "ExternalName")

_PLURALS = {
    "services": ("Service", "Services"),
    "ingresses": ("Ingress", "Ingresses"),
    "gateways": ("Gateway", "Gateways"),
    "routes": ("route", "routes"),
    "pools": ("address pool", "address pools"),
    "workloads": ("workload", "workloads"),
    "nodes": ("node", "nodes"),
    "others": ("other", "others"),
}

_COUNTED = {
    **dict.fromkeys(INGRESS_KINDS, "ingresses"),
    GATEWAY: "gateways",
    **dict.fromkeys(ROUTE_KINDS, "routes"),
    **dict.fromkeys(POOL_KINDS, "pools"),
    **dict.fromkeys(WORKLOAD_KINDS, "workloads"),
    "Node": "nodes",
}


class Line(NamedTuple):
    """One line of a tree and the lines below it."""

    text: str
    below: "tuple[Line, ...]" = ()


class FolderEntry(NamedTuple):
    """A folder, or what was rendered as one, and how many objects of which kind it holds; `services` are counted by type."""

    path: str
    counts: Mapping[str, int]
    services: Mapping[str, int]


class GroupEntry(NamedTuple):
    """The part of a cluster that has one environment, platform and Kubernetes version; `reasons` says why, without repetition."""

    environment: str
    platform: str
    kubernetes_version: str | None
    reasons: tuple[str, ...]
    folders: tuple[FolderEntry, ...]


class ClusterEntry(NamedTuple):
    """One cluster: its name, what sets it apart, the sentence that says so, its parts, and what of it could not be read.

    `address_files` are the files that set up its machines and say which addresses are in use, where it has address pools.
    """

    name: str
    division: Division
    folder: str
    reason: str
    groups: tuple[GroupEntry, ...]
    gaps: tuple[Gap, ...]
    address_files: tuple[tuple[str, Confidence], ...] = ()


class ScopeMap(NamedTuple):
    """All clusters in reading order; `gaps` stand outside of them, and may hold parts of any."""

    clusters: tuple[ClusterEntry, ...]
    gaps: tuple[Gap, ...] = ()


class Glyphs(NamedTuple):
    """What the branches of a tree are drawn with."""

    branch: str
    last: str
    pass_by: str
    nothing: str


BOXES = Glyphs("├─ ", "└─ ", "│  ", "   ")
ASCII = Glyphs("|- ", "`- ", "|  ", "   ")


class _Place(NamedTuple):
    """A gap with a resource that stands for what could not be read, by which its cluster is inferred."""

    gap: Gap
    stand_in: Resource


def scope_map(graph: ResourceGraph) -> ScopeMap:
    """Return the map of a graph. What a controller made from another object of the graph is not counted beside it."""
    members: dict[str, list[Resource]] = defaultdict(list)
    for resource in graph.resources:
        members[graph.scope(resource).cluster].append(resource)
    gaps: dict[str, list[Gap]] = defaultdict(list)
    scopes = {name: graph.scope(found[0]) for name, found in members.items()}
    anywhere = []
    for gap, stand_in in graph.derived(_gap_places):
        scope = graph.scope(stand_in)
        if scope.division == "none" and members.keys() - {scope.cluster}:
            anywhere.append(gap)
        else:
            gaps[scope.cluster].append(gap)
            scopes.setdefault(scope.cluster, scope)
    clusters = (_cluster(scope, members.get(name, ()), gaps.get(name, ()), graph) for name, scope in scopes.items())
    return ScopeMap(tuple(clusters), tuple(anywhere))


def _gap_places(graph: ResourceGraph) -> tuple[_Place, ...]:
    """Return the gaps with a stand-in each; the graph keeps them, as it knows scopes by the identity of the object."""
    return tuple(_Place(gap, Resource(Node({}, 1, 1, 1, 1), gap.path, SourceText(""))) for gap in dict.fromkeys(graph.gaps))


def _cluster(scope: Scope, members: Sequence[Resource], gaps: Sequence[Gap], graph: ResourceGraph) -> ClusterEntry:
    groups: dict[tuple[str, str, str | None], list[Resource]] = defaultdict(list)
    for resource in members:
        found = graph.scope(resource)
        groups[found.environment, found.platform, found.kubernetes_version].append(resource)
    entries = tuple(_group(*key, found, graph) for key, found in groups.items())
    files = tuple(files_of(graph, scope))
    return ClusterEntry(scope.cluster, scope.division, scope.folder, scope.reasons[0], entries, tuple(gaps), files)


def _group(environment: str, platform: str, version: str | None, members: Sequence[Resource], graph: ResourceGraph) -> GroupEntry:
    reasons = dict.fromkeys(reason for resource in members for reason in graph.scope(resource).reasons[1:])
    folders: dict[str, list[Resource]] = defaultdict(list)
    for resource in members:
        folders[_folder_of(resource)].append(resource)
    entries = tuple(_folder(path, found, graph) for path, found in sorted(folders.items()))
    return GroupEntry(environment, platform, version, tuple(reasons), entries)


def _folder_of(resource: Resource) -> str:
    """Return the folder of a resource, or the unit that was rendered."""
    return resource.path if resource.provenance is not None else posixpath.dirname(resource.path) or "."


def _folder(path: str, members: Iterable[Resource], graph: ResourceGraph) -> FolderEntry:
    counts: Counter[str] = Counter()
    services: Counter[str] = Counter()
    for resource in members:
        word = _COUNTED.get(resource.type_name, "others")
        if resource.type_name == CHART_VALUES:
            continue
        if resource.type_name == "Service":
            counts["services"] += 1
            services[_service_type(resource)] += 1
        elif word != "workloads" or controller_of(resource, graph) is None:
            counts[word] += 1
    return FolderEntry(path, counts, services)


def _service_type(service: Resource) -> str:
    stated = service.get("spec", "type", default="ClusterIP")
    return stated if stated in SERVICE_TYPES else "unknown"


def as_json(found: ScopeMap) -> str:
    """Return the map as JSON, with every folder, reason and gap; docs/scope.md describes it."""
    return dump({"version": VERSION, "clusters": [_cluster_json(cluster) for cluster in found.clusters], "gaps": _gaps_json(found.gaps)})


def _cluster_json(cluster: ClusterEntry) -> dict[str, Any]:
    return {
        "name": cluster.name,
        "division": cluster.division,
        "folder": cluster.folder or None,
        "reason": cluster.reason,
        "scopes": [_group_json(group) for group in cluster.groups],
        "gaps": _gaps_json(cluster.gaps),
        "address_files": [{"path": path, "confidence": confidence} for path, confidence in cluster.address_files],
    }


def _group_json(group: GroupEntry) -> dict[str, Any]:
    return {
        "environment": group.environment,
        "platform": group.platform,
        "kubernetes_version": group.kubernetes_version,
        "reasons": list(group.reasons),
        "folders": [_folder_json(folder) for folder in group.folders],
    }


def _folder_json(folder: FolderEntry) -> dict[str, Any]:
    counts = {word: folder.counts.get(word, 0) for word in _PLURALS}
    return {"path": folder.path, "counts": counts, "service_types": {kind: folder.services[kind] for kind in _types(folder.services)}}


def _gaps_json(gaps: Iterable[Gap]) -> list[dict[str, str]]:
    return [{"path": gap.path, "reason": gap.reason} for gap in gaps]


def as_text(found: ScopeMap, *, reasons: bool = False, everything: bool = False, glyphs: Glyphs = BOXES) -> str:
    """Return the map as a tree; `reasons` says why of each part, `everything` leaves no folder, sample or gap out."""
    text = _Text(reasons=reasons, everything=everything)
    trees = list(text.clusters(found))
    if not trees:
        return "No objects that k8slblint reads were found.\n"
    return "\n".join("\n".join(_drawn(tree, glyphs)) for tree in trees) + "\n"


class _Text:
    """Words a map."""

    def __init__(self, *, reasons: bool, everything: bool) -> None:
        self._reasons = reasons
        self._everything = everything

    def clusters(self, found: ScopeMap) -> Iterator[Line]:
        """Yield a tree for each cluster; samples, which stand alone each, are one tree."""
        samples = [cluster for cluster in found.clusters if cluster.division == "sample" and not self._everything]
        samples = samples if len(samples) > 1 else []
        for cluster in found.clusters:
            if cluster not in samples:
                yield self._cluster(cluster)
        if samples:
            yield self._samples(samples)
        if found.gaps:
            yield Line("in any of these clusters", tuple(self._gaps(found.gaps)))

    def _cluster(self, cluster: ClusterEntry) -> Line:
        why = "configuration" if cluster.division == "stated" else cluster.reason.removeprefix(f"cluster '{cluster.name}': ")
        head = f"cluster '{cluster.name}'" if cluster.folder == cluster.name else f"cluster '{cluster.name}' ({why})"
        groups = [self._group(group, cluster.folder) for group in cluster.groups]
        return Line(head, (*groups, *self._address_files(cluster.address_files), *self._gaps(cluster.gaps)))

    def _address_files(self, files: Sequence[tuple[str, Confidence]]) -> Iterator[Line]:
        if files:
            shown = files if self._everything else files[:MOST_GAPS]
            lines = [Line(path if confidence == "high" else f"{path}, as no other cluster has address pools") for path, confidence in shown]
            if len(files) > len(shown):
                lines.append(Line(f"{len(files) - len(shown)} more"))
            yield Line(f"addresses in use: read from {len(files)} {'file' if len(files) == 1 else 'files'}", tuple(lines))

    def _samples(self, samples: Sequence[ClusterEntry]) -> Line:
        folders = [folder for cluster in samples for group in cluster.groups for folder in group.folders]
        gaps = [gap for cluster in samples for gap in cluster.gaps]
        head = f"{len(samples)} examples, tests and the like, each a separate cluster (--all shows them)"
        return Line(head, (*self._folders(folders), *self._gaps(gaps)))

    def _group(self, group: GroupEntry, cluster_folder: str) -> Line:
        version = f", Kubernetes {group.kubernetes_version}" if group.kubernetes_version else ""
        head = f"environment {group.environment}, platform {group.platform}{version}"
        because = [Line(f"because: {reason}") for reason in group.reasons] if self._reasons else []
        if cluster_folder and [folder.path for folder in group.folders] == [cluster_folder]:
            return Line(f"{head}: {_described(group.folders[0])}", tuple(because))
        return Line(head, (*because, *self._folders(group.folders)))

    def _folders(self, folders: Sequence[FolderEntry]) -> Iterator[Line]:
        shown = list(folders) if self._everything else _above(folders)
        for folder in shown if self._everything else shown[:MOST_FOLDERS]:
            yield Line(f"{folder.path}: {_described(folder)}")
        if len(shown) > MOST_FOLDERS and not self._everything:
            rest = shown[MOST_FOLDERS:]
            yield Line(f"{len(rest)} more folders: {_described(_summed('', rest))}")

    def _gaps(self, gaps: Sequence[Gap]) -> Iterator[Line]:
        if gaps:
            shown = gaps if self._everything else gaps[:MOST_GAPS]
            lines = [Line(f"{gap.path}: {gap.reason}") for gap in shown]
            if len(gaps) > len(shown):
                lines.append(Line(f"{len(gaps) - len(shown)} more"))
            yield Line(f"not read: {len(gaps)}, so no rule reports anything as missing here", tuple(lines))


def _above(folders: Sequence[FolderEntry]) -> list[FolderEntry]:
    """Return the folders, put together by the folders above them when they are too many: by the deepest that are few enough."""
    depth = max((folder.path.count("/") for folder in folders), default=0)
    grouped = {folder.path: [folder] for folder in folders}
    while len(grouped) > MOST_FOLDERS and depth > 0:
        grouped = defaultdict(list)
        for folder in folders:
            grouped["/".join(folder.path.split("/")[:depth])].append(folder)
        depth -= 1
    return [found[0] if len(found) == 1 else _summed(path, found) for path, found in grouped.items()]


def _summed(path: str, folders: Sequence[FolderEntry]) -> FolderEntry:
    counts: Counter[str] = Counter()
    services: Counter[str] = Counter()
    for folder in folders:
        counts.update(folder.counts)
        services.update(folder.services)
    return FolderEntry(f"{path}/" if path else "", counts, services)


def _described(folder: FolderEntry) -> str:
    return (
        ", ".join(_counted(word, count, folder.services) for word in _PLURALS if (count := folder.counts.get(word, 0)))
        or "only objects that controllers created"
    )


def _counted(word: str, count: int, services: Mapping[str, int]) -> str:
    noun = _PLURALS[word][count != 1]
    kinds = _types(services) if word == "services" else []
    if kinds == ["unknown"]:
        return f"{count} {noun} of unknown type"
    if len(kinds) == 1:
        return f"{count} {kinds[0]} {noun}"
    by_type = f" ({', '.join(f'{services[kind]} {kind}' for kind in kinds)})" if kinds else ""
    return f"{count} {noun}{by_type}"


def _types(services: Mapping[str, int]) -> list[str]:
    return [kind for kind in (*SERVICE_TYPES, "unknown") if services.get(kind)]


def _drawn(line: Line, glyphs: Glyphs) -> Iterator[str]:
    """Yield the lines of a tree; text of manifests and names of files can neither move the cursor nor speak to a CI runner."""
    yield visible(line.text)
    for index, below in enumerate(line.below):
        is_last = index == len(line.below) - 1
        first, *rest = _drawn(below, glyphs)
        yield (glyphs.last if is_last else glyphs.branch) + first
        yield from ((glyphs.nothing if is_last else glyphs.pass_by) + text for text in rest)
