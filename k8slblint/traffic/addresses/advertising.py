"""Which advertisements announce which pools of MetalLB, and in which namespace MetalLB reads its objects.

Sources: metallb/metallb 7938d3f8 internal/config/config.go (`setL2AdvertisementsToPools`, `setBGPAdvertisementsToPools`: no names and no
selectors are all pools, names that do not exist are passed over), internal/k8s/k8s.go (objects are listed in the namespace that MetalLB
runs in), internal/k8s/nodes/nodes.go (a node with a label that excludes it announces nothing).
"""

from collections import Counter
from collections.abc import Sequence

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import METALLB_ADVERTISEMENT_KINDS, METALLB_OTHER_KINDS, OTHER_ANNOUNCERS, WORKLOAD_KINDS
from k8slblint.graph.selectors import matches_label_selector
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence
from k8slblint.traffic.ownership.deployed_charts import chart_of
from k8slblint.traffic.ownership.implementations import implementations

POOL = "IPAddressPool.metallb.io"

CONFIGURATION_KINDS = (POOL, "AddressPool.metallb.io", *METALLB_ADVERTISEMENT_KINDS, *METALLB_OTHER_KINDS)
"""The kinds that MetalLB reads in its own namespace only."""

_ENOUGH = 3
"""So many objects in one namespace show that it is the one that MetalLB runs in."""


def advertisements_of(pool: Resource, graph: ResourceGraph) -> list[Resource]:
    """Return the advertisements that announce addresses of a pool."""
    found = graph.in_cluster(graph.scope(pool).cluster, *METALLB_ADVERTISEMENT_KINDS)
    return [one for one in found if one.namespace == pool.namespace and announces(one, pool)]


def announces(advertisement: Resource, pool: Resource) -> bool:
    """Tell whether an advertisement selects a pool of its namespace: by name, by labels, or all where it has neither."""
    names, selectors = _names(advertisement), advertisement.sequence("spec", "ipAddressPoolSelectors")
    if not names and not selectors:
        return True
    return pool.name in names or any(isinstance(one, dict) and matches_label_selector(one, pool.labels) for one in selectors)


def _names(advertisement: Resource) -> list[str]:
    return [name for name in advertisement.sequence("spec", "ipAddressPools") if isinstance(name, str)]


def missing_pools(advertisement: Resource, graph: ResourceGraph) -> list[tuple[int, str]]:
    """Return the names of pools that an advertisement lists and that do not exist in its namespace, with their indexes."""
    pools = graph.in_cluster(graph.scope(advertisement).cluster, POOL, "AddressPool.metallb.io")
    known = {pool.name for pool in pools if pool.namespace == advertisement.namespace}
    listed = enumerate(advertisement.sequence("spec", "ipAddressPools"))
    return [(index, name) for index, name in listed if isinstance(name, str) and name not in known]


def pool_names(advertisement: Resource, graph: ResourceGraph) -> tuple[str, ...]:
    """Return the names of the pools in the namespace of an advertisement."""
    pools = graph.in_cluster(graph.scope(advertisement).cluster, POOL, "AddressPool.metallb.io")
    return tuple(dict.fromkeys(pool.name for pool in pools if pool.namespace == advertisement.namespace))


def others_may_announce(cluster: str, graph: ResourceGraph) -> bool:
    """Tell whether the manifests configure another program to announce addresses, such as Calico's BGP."""
    return bool(graph.in_cluster(cluster, *OTHER_ANNOUNCERS))


def silent_nodes(pool: Resource, graph: ResourceGraph) -> list[Resource]:
    """Return the Node objects of a cluster where each of them is kept from announcing a pool, else nothing.

    A label excludes a node, or no advertisement of the pool selects it.
    """
    nodes = graph.in_cluster(graph.scope(pool).cluster, "Node")
    advertisements = advertisements_of(pool, graph)
    if not advertisements or any(_may_announce(node, advertisements) for node in nodes):
        return []
    return list(nodes)


def _may_announce(node: Resource, advertisements: Sequence[Resource]) -> bool:
    if _EXCLUDED in node.labels or not node.labels:
        return not node.labels
    selectors = [one.sequence("spec", "nodeSelectors") for one in advertisements]
    return any(not own or any(isinstance(one, dict) and matches_label_selector(one, node.labels) for one in own) for own in selectors)


_EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers"


class Home(NamedTuple):
    """The namespace that MetalLB runs in, how sure that is, and what shows it."""

    namespace: str
    confidence: Confidence
    shown_by: Resource


def home_of(cluster: str, graph: ResourceGraph) -> Home | None:
    """Return the namespace in which MetalLB of a cluster reads its objects: that of its workload, else that of most objects."""
    known = graph.derived(_no_homes)
    if cluster not in known:
        known[cluster] = _home(cluster, graph)
    return known[cluster]


def _no_homes(_: ResourceGraph) -> dict[str, Home | None]:
    return {}


def _home(cluster: str, graph: ResourceGraph) -> Home | None:
    shown = implementations(graph, cluster).get("metallb")
    if shown is not None and shown.resource.type_name in WORKLOAD_KINDS:
        return Home(shown.resource.namespace or "", "high", shown.resource)
    if shown is not None and chart_of(shown.resource, graph)[0]:
        return None  # a chart is released into a namespace that its deployer states in many ways
    return _of_most(graph.in_cluster(cluster, *CONFIGURATION_KINDS))


def _of_most(objects: Sequence[Resource]) -> Home | None:
    stated = [one for one in objects if one.get("metadata", "namespace")]
    counts = Counter(one.namespace or "" for one in stated)
    namespace = _called_so(counts) or _with_most(counts)
    return Home(namespace, "medium", next(one for one in stated if one.namespace == namespace)) if namespace else None


def _called_so(counts: Counter[str]) -> str:
    """Return the only namespace that is called after MetalLB, where no other one has more objects; only one of them is read."""
    named = [name for name in counts if _NAME in name]
    return named[0] if len(named) == 1 and counts[named[0]] == max(counts.values()) else ""


_NAME = "metallb"


def _with_most(counts: Counter[str]) -> str:
    (first, most), *others = counts.most_common(2) or [("", 0)]
    return first if most >= _ENOUGH and not (others and others[0][1] > 1) else ""
