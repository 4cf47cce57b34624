"""Detects L2 advertisements of MetalLB in clusters whose kube-proxy lets every node answer ARP."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import L2_ADVERTISEMENT
from k8slblint.graph.relations.bundles import are_independent
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace
from k8slblint.traffic.addresses.node_programs import lenient_ipvs


def check(advertisement: Resource, graph: ResourceGraph) -> Iterator[Problem]:
    """Yield a problem at the first L2Advertisement of a cluster with kube-proxy in mode `ipvs` and without strict ARP."""
    scope = graph.scope(advertisement)
    if graph.in_cluster(scope.cluster, L2_ADVERTISEMENT)[0] is not advertisement:
        return
    mode = lenient_ipvs(graph, scope)
    if mode is not None and not are_independent(advertisement, mode.resource, graph):
        yield Problem(
            path=(),
            headline=f"{advertisement.id} needs strict ARP, which kube-proxy has off",
            why="kube-proxy in mode ipvs binds the addresses of load balancers on every node: all of them answer ARP, and traffic goes "
            "to a node that MetalLB did not choose.",
            help="Set `strictARP: true` under `ipvs` in the configuration of kube-proxy.",
            confidence=mode.confidence,
            related=(RelatedPlace(mode.resource, mode.path, "The mode of kube-proxy."),),
        )
