"""Which Ingresses ask for one reserved address, and for the same port of it: only one of them gets it.

Source: kubernetes/ingress-gce acbcf5d6 `pkg/loadbalancers/forwarding_rules.go` (getEffectiveIP, checkForwardingRule),
`pkg/annotations/ingress.go` (AllowHTTP).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from k8slblint.catalog.annotation_values import FALSE_IN_GO
from k8slblint.catalog.load_balancers import own_address
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import INGRESS_KINDS
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Confidence
from k8slblint.traffic.ownership import ownership_of
from k8slblint.traffic.workloads.alternatives import are_deployed_together

_HTTP, _HTTPS = 80, 443

_MOST_COMPARED = 20


class SharedAddress(NamedTuple):
    """An address that an Ingress asks for after another one: the key, its name, the other Ingress, and the port that both open."""

    key: str
    name: str
    other: Resource
    port: int
    confidence: Confidence


def shared_address(ingress: Resource, graph: ResourceGraph) -> SharedAddress | None:
    """Return the first Ingress before this one that has its address and one of its ports; None where there is none."""
    key: str = own_address()["key"]
    name = ingress.annotations.get(key)
    if ingress.kind != "Ingress" or not isinstance(name, str) or not _is_served(ingress, graph):
        return None
    asking = graph.derived(_by_address).get((graph.scope(ingress).cluster, name), ())
    for other in asking[:_MOST_COMPARED]:
        if other is ingress:
            return None
        both = _ports(ingress) & _ports(other)
        if both and are_deployed_together(other, ingress, graph):
            return SharedAddress(key, name, other, max(both), ownership_of(ingress, graph).confidence)
    return None


def _by_address(graph: ResourceGraph) -> Mapping[tuple[str, str], Sequence[Resource]]:
    """Return the Ingresses that ask for an address by cluster and its name, in reading order."""
    key: str = own_address()["key"]
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for ingress in graph.of_type(*INGRESS_KINDS):
        name = ingress.annotations.get(key)
        if isinstance(name, str) and name and not has_placeholder(name) and _is_served(ingress, graph):
            found[graph.scope(ingress).cluster, name].append(ingress)
    return {**found}


def _is_served(ingress: Resource, graph: ResourceGraph) -> bool:
    facts, owner = own_address(), ownership_of(ingress, graph)
    return owner.candidates == (facts["controller"],) and owner.class_name in (None, *facts["classes"])


def _ports(ingress: Resource) -> frozenset[int]:
    facts = own_address()
    is_http = ingress.annotations.get(facts["http_off"]) not in FALSE_IN_GO
    is_https = bool(ingress.sequence("spec", "tls")) or any(ingress.annotations.get(key) for key in facts["https"])
    return frozenset(port for port, is_open in ((_HTTP, is_http), (_HTTPS, is_https)) if is_open)
