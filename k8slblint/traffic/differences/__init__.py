"""What a change between two revisions does to traffic, as facts: built from what is answered elsewhere about each of the two."""

from collections.abc import Callable

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.difference import DIRECTIONS, TOPICS
from k8slblint.traffic.differences.entries import entry_facts, explained
from k8slblint.traffic.differences.facts import Fact, Spot
from k8slblint.traffic.differences.load_balancers import load_balancer_facts
from k8slblint.traffic.differences.pairs import Pairs
from k8slblint.traffic.differences.ports_and_pools import node_facts, pool_facts
from k8slblint.traffic.differences.protections import protection_facts
from k8slblint.traffic.differences.source_ranges import source_range_facts
from k8slblint.traffic.differences.workloads import workload_facts

__all__ = ["Fact", "Spot", "facts_of"]


def facts_of(graph: ResourceGraph, is_within: Callable[[str], bool]) -> list[Fact]:
    """Return all facts that differ between a graph and its base, in the order of reports, each once; none where there is no base.

    An object that stands in several units of one cluster is told once. `is_within` tells of a path whether it is compared.
    """
    base = graph.base
    if base is None:
        return []
    pairs = Pairs(graph, is_within)
    entries = list(entry_facts(pairs, graph, base))
    found = [
        *entries,
        *node_facts(pairs),
        *source_range_facts(pairs, graph, base),
        *protection_facts(pairs, graph),
        *workload_facts(pairs, explained(entries), graph, base),
        *load_balancer_facts(pairs, graph, base),
        *pool_facts(pairs),
    ]
    return sorted({_identity(fact): fact for fact in reversed(found)}.values(), key=_order)


def _identity(fact: Fact) -> object:
    key = fact.resource.key if fact.resource is not None else None
    return fact.topic, fact.scope.cluster, fact.scope.environment, key, fact.subject, fact.change, fact.before, fact.after


def _order(fact: Fact) -> tuple[object, ...]:
    place = fact.resource.order if fact.resource is not None else ("", "", 0, 0)
    return TOPICS.index(fact.topic), DIRECTIONS.index(fact.direction), fact.scope.cluster, place, fact.subject
