"""What the files that set up machines say of the addresses of a cluster, and which files are those of which cluster.

A file belongs to a cluster where a folder divides both from the rest, or where its own name for the cluster, or a folder of its path, is
that of the cluster. A file of no cluster in particular belongs to the only cluster of the project that has pools. All else is unknown:
nothing is said. Samples, fixtures and defaults of Ansible roles are no facts.
"""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import itemgetter

from k8slblint.addresses import Interval, parse_address, parse_cidr, parse_stated
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.host_files import HostFile, Saying, Statement
from k8slblint.model.location import Path
from k8slblint.model.patterns import pattern
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence
from k8slblint.model.scope import Scope
from k8slblint.traffic.addresses.pools import POOL_KINDS

_SINGLE: frozenset[Saying] = frozenset({"node", "node-external", "vip", "gateway"})
_ADDRESSES: frozenset[Saying] = frozenset({*_SINGLE, "machines", "pods", "services", "lan", "pool"})
_UNUSABLE = ("127.0.0.0/8", "::1/128", "0.0.0.0/32", "::/128", "169.254.0.0/16", "fe80::/10")
_EVERYTHING = ("0.0.0.0/0", "::/0")
_ROLE_DEFAULTS = pattern(r"(?:^|/)(?:defaults|molecule)/|(?:^|/)roles/[^/]+/vars/")
_INVENTORY = pattern(r"(?:^|/)(?:inventory|inventories|environments?|talos|clusters?)/([^/.]+)(?:/|\.)")
_COMMON_FOLDERS = frozenset(
    {
        *("group_vars", "host_vars", "patches", "patch", "all", "hosts", "inventory", "nodes", "manifests", "clusterconfig"),
        *(
            "global",
            "controller",
            "control-plane",
            "controlplane",
            "worker",
            "workers",
            "talconfig",
            "static-configs",
            "templates",
            "files",
        ),
        *("config", "configs", "cluster-config", "machineconfig", "talos", "kubernetes"),
    }
)


class Said(NamedTuple):
    """One address or range that a file states: what it is, as an interval and as written, where, of which machine, and for whom.

    `resource` stands for the document, and is no object of Kubernetes; `confidence` is that of its cluster being the one asked about.
    """

    says: Saying
    interval: Interval
    text: str
    of: str
    resource: Resource
    path: Path
    confidence: Confidence
    is_default: bool


class Setting(NamedTuple):
    """What a file states of a cluster that is no address: kube-proxy's mode and ARP, the load balancer of k3s."""

    says: Saying
    text: str
    resource: Resource
    path: Path
    confidence: Confidence
    is_default: bool


def said_of(graph: ResourceGraph, scope: Scope) -> list[Said]:
    """Return the addresses that files state for the machines and networks of the cluster of a scope, in reading order."""
    return graph.derived_in(scope, _said)


def _said(graph: ResourceGraph, scope: Scope) -> list[Said]:
    found = [
        Said(statement.says, interval, statement.text, statement.of, resource, statement.at, confidence, statement.is_default)
        for file, resource, confidence in _files_of(graph, scope)
        for statement in file.statements
        if statement.says in _ADDRESSES and (interval := interval_of(statement)) is not None
    ]
    shared = _shared(found)
    return [one._replace(says="vip") if one.says in _OF_MACHINES and one.interval in shared else one for one in found]


_OF_MACHINES = ("node", "node-external")


def _shared(found: Iterable[Said]) -> frozenset[Interval]:
    """Return the addresses that several machines have, on a loopback interface for example: a virtual one, whoever answers for it."""
    holders: dict[Interval, set[str]] = defaultdict(set)
    for one in found:
        if one.says in _OF_MACHINES and one.of:
            holders[one.interval].add(one.of)
    return frozenset(interval for interval, names in holders.items() if len(names) > 1)


def files_of(graph: ResourceGraph, scope: Scope) -> list[tuple[str, Confidence]]:
    """Return the files whose addresses are those of the cluster of a scope, with how sure that is; none where it has no pools."""
    if scope.cluster not in graph.derived(clusters_with_pools):
        return []
    return list(dict.fromkeys((file.path, confidence) for file, _, confidence in _files_of(graph, scope)))


def settings_of(graph: ResourceGraph, scope: Scope) -> list[Setting]:
    """Return what files state of a cluster that is no address."""
    return [
        Setting(statement.says, statement.text, resource, statement.at, confidence, statement.is_default)
        for file, resource, confidence in _files_of(graph, scope)
        for statement in file.statements
        if statement.says not in _ADDRESSES and statement.says != "cluster"
    ]


def interval_of(statement: Statement) -> Interval | None:
    """Return the addresses that a statement means: one address for a machine, whatever prefix stands behind it, else all of a range."""
    text = statement.text.strip()
    if statement.says in _SINGLE:
        address = parse_address(text.partition("/")[0])
        interval = Interval(address[0], address[1], address[1]) if address else None
    elif statement.says == "lan":
        interval = parse_cidr(text)
    else:
        interval = parse_cidr(text) or parse_stated(text)
    return interval if interval is not None and not _is_unusable(interval) else None


def _is_unusable(interval: Interval) -> bool:
    """Tell whether an interval says nothing of a site: loopback, link-local and unspecified addresses, and everything."""
    inside = (parse_cidr(text) for text in _UNUSABLE)
    whole = map(parse_cidr, _EVERYTHING)
    return any(
        one is not None and one.family == interval.family and one.first <= interval.first and interval.last <= one.last for one in inside
    ) or any(one == interval for one in whole)


class _Site(NamedTuple):
    """One file with what tells its cluster: by a folder that divides the project, and by names."""

    file: HostFile
    resource: Resource
    cluster: str
    is_divided: bool
    names: frozenset[str]


class _Sites(NamedTuple):
    """The files that set up machines: by the cluster that their place or a name in it tells, and those of which nothing tells it.

    `are_of_several` tells that files of several names set up machines: then the cluster of none is known that no name tells.
    """

    of_cluster: dict[str, list[tuple[int, _Site]]]
    unnamed: list[tuple[int, _Site]]
    are_of_several: bool


def _files_of(graph: ResourceGraph, scope: Scope) -> list[tuple[HostFile, Resource, Confidence]]:
    """Return the files of the cluster of a scope in their order, with how sure it is that they are."""
    sites = graph.derived(_sorted_sites)
    found: list[tuple[int, _Site, Confidence]] = [(number, site, "high") for number, site in sites.of_cluster.get(scope.cluster, [])]
    if not sites.are_of_several and set(graph.derived(clusters_with_pools)) <= {scope.cluster}:
        found += [(number, site, "medium") for number, site in sites.unnamed]
        found.sort(key=itemgetter(0))
    return [(site.file, site.resource, confidence) for _, site, confidence in found if _may_be_of(graph, site, scope)]


def _sorted_sites(graph: ResourceGraph) -> _Sites:
    """Sort the files by cluster once; names that mean several clusters mean none."""
    rivals = graph.derived(clusters_with_pools)
    sites = graph.derived(_sites)
    of_cluster: dict[str, list[tuple[int, _Site]]] = defaultdict(list)
    unnamed: list[tuple[int, _Site]] = []
    for number, site in enumerate(sites):
        named = [site.cluster] if site.is_divided else [cluster for cluster, name in rivals.items() if name and name in site.names]
        if len(named) == 1:
            of_cluster[named[0]].append((number, site))
        elif not named:
            unnamed.append((number, site))
    names = {name for site in sites if not site.is_divided and (name := _own_name(site))}
    return _Sites(of_cluster, unnamed, len(names) > 1)


def _own_name(site: _Site) -> str:
    """Return what the folder calls the cluster of a file, nothing where it has no name of its own."""
    found = _INVENTORY.search(site.file.path)
    name = _plain(found[1]) if found else ""
    return "" if name in _COMMON_FOLDERS or name.replace("-", "_") in _COMMON_FOLDERS else name


def _sites(graph: ResourceGraph) -> list[_Site]:
    stated: dict[str, set[str]] = defaultdict(set)
    for file in graph.host_files:
        stated[posixpath.dirname(file.path)].update(_plain(one.text) for one in file.statements if one.says == "cluster")
    return [
        _Site(file, Resource(file.root, file.path, file.source), graph.cluster_of(file.path), graph.is_divided(file.path), names)
        for file in graph.host_files
        if file.statements and graph.why_spared(file.path) is None and not _ROLE_DEFAULTS.search(file.path)
        for names in (frozenset({*_names_in(file.path), *stated[posixpath.dirname(file.path)]}),)
    ]


def _names_in(path: str) -> Iterator[str]:
    for segment in path.split("/"):
        yield _plain(segment.partition(".")[0])


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "-")


def _may_be_of(graph: ResourceGraph, site: _Site, scope: Scope) -> bool:
    """Tell whether the path of a file names no other environment than that of the cluster."""
    told = graph.environment_of(site.file.path)
    return told in ("unknown", scope.environment) or scope.environment == "unknown"


def clusters_with_pools(graph: ResourceGraph) -> dict[str, str]:
    """Return the clusters that have pools, each with the last word of its name."""
    clusters = dict.fromkeys(graph.scope(pool).cluster for pool in graph.of_type(*POOL_KINDS))
    return {cluster: _plain(re.split(r"[/: ]", cluster)[-1]) for cluster in clusters}
