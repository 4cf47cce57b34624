"""Whether pools of addresses, or what announces them, may be in something that could not be read.

A chart that is deployed and not in the tree is no reason by itself: MetalLB reads objects of its own namespace only (metallb/metallb
7938d3f8 controller/main.go, `--namespace`; internal/k8s/k8s.go, whose cache selects it), into which few charts bring any, and none of
those in `catalogs/charts.json` has a template for pools. Of Cilium's pools, which have no namespace, a name tells.
"""

from collections.abc import Set as AbstractSet

from k8slblint.graph.gaps import why_unread
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import METALLB_POOL_KINDS
from k8slblint.model.loaded import Gap
from k8slblint.model.patterns import pattern

_WORDS = pattern(r"metal-?lb|cilium|ipam|pools?\b|addresses|load-?balanc|networks?\b|\blb\b")
"""Words in the names of charts that may bring pools."""


def why_pools_may_be_unread(cluster: str, graph: ResourceGraph) -> str | None:
    """Return why a pool of a cluster, or what announces one, may not be among the manifests; None where all were read."""
    known = graph.derived(_nothing_asked)
    if cluster not in known:
        gap = _first_gap(cluster, graph)
        known[cluster] = why_unread(gap) if gap is not None else None
    return known[cluster]


def _nothing_asked(_: ResourceGraph) -> dict[str, str | None]:
    return {}


def _first_gap(cluster: str, graph: ResourceGraph) -> Gap | None:
    namespaces = frozenset(pool.namespace for pool in graph.in_cluster(cluster, *METALLB_POOL_KINDS))
    return next((gap for gap in graph.gaps_in(cluster) if _may_hold(gap, namespaces)), None)


def _may_hold(gap: Gap, namespaces: AbstractSet[str | None]) -> bool:
    """Tell whether something that could not be read may hold a pool, or what announces one: anything but most charts."""
    if not gap.chart:
        return True
    from k8slblint.catalog import charts  # few runs ask

    if charts.is_named(gap.chart):
        return False
    is_there = bool(namespaces) and (gap.namespace is None or gap.namespace in namespaces)
    return is_there or _WORDS.search(gap.chart.lower()) is not None
