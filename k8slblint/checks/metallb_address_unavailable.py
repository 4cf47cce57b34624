"""Detects Services that ask for an address or a pool that they cannot get."""

from collections.abc import Iterator

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.rule import Confidence, Problem, RelatedPlace, Undecided
from k8slblint.model.texts import listed, middle, quoted
from k8slblint.traffic.addresses.assignment import Fault, entries_in_words, faults_of
from k8slblint.traffic.addresses.unread_pools import why_pools_may_be_unread
from k8slblint.traffic.attachment.near_names import nearest_name
from k8slblint.traffic.exposure.verdict import name_of
from k8slblint.traffic.ownership import ownership_of

_RELATED = 10
_LONGEST_NAME = 30
_ABSENCE = ("in no pool", "no pool", "several pools")


def check(service: Resource, graph: ResourceGraph) -> Iterator[Problem | Undecided]:
    """Yield a problem at each request of a Service that its controller cannot fulfil, where the cluster has pools and all were read."""
    if service.get("spec", "type") != "LoadBalancer":
        return
    owner = ownership_of(service, graph)
    if owner.controller is None or owner.confidence == "low":
        return
    for fault in faults_of(service, owner.controller, graph):
        if service.kind == HELM_VALUES and fault.kind == "not allowed":
            continue  # the chart has its labels
        is_sure = fault.kind not in _ABSENCE or (fault.kind == "no pool" and _near(fault) is not None)
        reason = None if is_sure else why_pools_may_be_unread(graph.scope(service).cluster, graph)
        if reason:
            yield Undecided(fault.path, reason)
        else:
            yield _problem(service, fault, owner.controller, _confidence(fault, service, graph))


def _confidence(fault: Fault, service: Resource, graph: ResourceGraph) -> Confidence:
    scope = graph.scope(service)
    is_sure = fault.kind not in _ABSENCE or (scope.division in ("stated", "named") and graph.is_complete(scope.cluster))
    return "high" if is_sure and service.kind != HELM_VALUES else "medium"


def _problem(service: Resource, fault: Fault, controller: str, confidence: Confidence) -> Problem:
    name = name_of(controller)
    return Problem(
        path=fault.path,
        headline=f"{service.id} {_HEADLINES[fault.kind]}",
        label=_label(fault),
        why=f"{name} {_WHY[fault.kind].format(text=quoted(fault.text))}. The Service stays pending.",
        help=_way_out(fault),
        confidence=confidence,
        related=tuple(RelatedPlace(pool, (), f"A pool of {name}.") for pool in fault.pools[:_RELATED]),
    )


_HEADLINES = {
    "in no pool": "asks for an address that no pool contains",
    "no pool": "names an address pool that does not exist",
    "not of pool": "asks for an address that its pool does not contain",
    "held back": "asks for an address that its pool holds back",
    "not allowed": "asks for a pool that does not serve it",
    "several pools": "asks for addresses that no single pool contains",
}
_WHY = {
    "in no pool": "gives only addresses of its pools, and {text} is in none of them",
    "no pool": "finds no pool {text}",
    "not of pool": "takes the address from the pool that the annotation names, which does not contain {text}",
    "held back": "never gives {text}: the pool leaves out addresses of this kind",
    "not allowed": "serves only Services that the pool selects, and this is none of them",
    "several pools": "takes all addresses of a Service from one pool",
}


def _near(fault: Fault) -> str | None:
    return nearest_name(fault.text, (pool.name for pool in fault.pools))


def _label(fault: Fault) -> str:
    if fault.kind == "in no pool":
        return f"pools contain {listed(entries_in_words(fault.pools), most=2)}"
    if fault.kind == "not of pool":
        return f"the pool contains {listed(entries_in_words(fault.pools), most=2)}"
    if fault.kind == "not allowed":
        return f"IPAddressPool {quoted(fault.pools[0].name, _LONGEST_NAME)}" if fault.text == fault.pools[0].name else ""
    return ""


def _way_out(fault: Fault) -> str:
    if fault.kind == "no pool":
        near = _near(fault)
        return f"Write {quoted(near)}." if near else f"Name an existing pool, such as {middle(fault.pools[0].name, _LONGEST_NAME)}."
    if fault.kind == "not allowed":
        return "Move the Service to a pool that serves it, or widen the selection of the pool."
    if fault.kind == "several pools":
        return "Put both addresses into one pool."
    if fault.kind == "held back":
        return "Ask for another address."
    return "Ask for an address of a pool, or add the address to a pool."
