"""The load balancer that is left behind when the annotations of a Service on AWS name another controller."""

from k8slblint.catalog import aws as catalog
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.traffic.changes.updates import is_handed_over
from k8slblint.traffic.differences.pairs import Pair
from k8slblint.traffic.ownership import aws

_LEAVING = ("ccm-classic", "ccm-nlb")
"""Owners that never delete what they made when they are told to make something else (`catalogs/aws.json`, transitions)."""


def effects_of_handover(pair: Pair, graph: ResourceGraph) -> str:
    """Return what becomes of the load balancer of a Service that changes hands on AWS, as one text; empty where it does not."""
    before, after = pair.before, pair.after
    if before is None or after is None or before is after or after.type_name != "Service" or not is_handed_over(before, after, graph):
        return ""
    change = aws.handover(before, after)
    if not isinstance(change, Found):
        return ""
    old, new = catalog.kind_made_by(change.value.before), catalog.kind_made_by(change.value.after)
    texts = catalog.effects(change.value.transition, graph.scope(after).kubernetes_version)
    return "; ".join(text.format(old=old, new=new) for text in texts)


def left_behind(pair: Pair, graph: ResourceGraph) -> str:
    """Return the same text where the load balancer that exists is not deleted, and so goes on answering; else empty."""
    before, after = pair.before, pair.after
    if before is None or after is None:
        return ""
    change = aws.handover(before, after) if after.type_name == "Service" else None
    leaves = isinstance(change, Found) and change.value.before in _LEAVING
    return effects_of_handover(pair, graph) if leaves else ""
