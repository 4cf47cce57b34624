"""Finds Ingresses that each provision a load balancer and could share one in a group."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, RelatedPlace
from k8slblint.traffic.balancers.costs import in_dollars, saving_of
from k8slblint.traffic.balancers.sharing import Shareable, needless, shareable_in
from k8slblint.traffic.workloads.alternatives import are_alternatives

_RELATED = 20


def check(ingress: Resource, graph: ResourceGraph, *, most: int) -> Iterator[Problem]:
    """Yield one problem per cluster and set of load balancers that could be one, at the first Ingress; the others are related.

    Sets of at most `most` load balancers are accepted. Internal and internet-facing ones never share.
    """
    scope = graph.scope(ingress)
    for one in shareable_in(graph, scope):
        if one.group_annotation and len(one.balancers) > most and one.balancers[0].first is ingress:
            others = [balancer.first for balancer in one.balancers[1:]]
            yield Problem(
                path=(),
                headline=f"{ingress.id} and {len(others)} more have a load balancer each",
                label="a load balancer",
                why=f"Without a group, the controller provisions a load balancer for each Ingress.{_saving(one)}",
                help=f"Set `{one.group_annotation}` to one name on Ingresses that one team owns.",
                confidence="low" if are_alternatives(scope, graph) else "medium",
                related=tuple(RelatedPlace(other, (), f"{other.id} also has one.") for other in others[:_RELATED]),
            )


def _saving(one: Shareable) -> str:
    saving = in_dollars(saving_of(one.balancers, needless([one])))
    return f" One for all of them costs about {saving} USD a month less." if saving else ""
