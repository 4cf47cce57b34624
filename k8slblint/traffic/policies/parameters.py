"""Which settings of the parameters of a Gateway give way to those of the parameters of its class.

Source: kubernetes-sigs/aws-load-balancer-controller 225f4456 `pkg/gateway/lb_config_merger.go`; what wins is in
`catalogs/gateway-policies.json`.
"""

from collections import defaultdict
from collections.abc import Iterator

from k8slblint.catalog.gateway_policies import GatewayPolicy, gateway_policies
from k8slblint.graph.answers import Found
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.ownership.gateways import parameters_of
from k8slblint.traffic.policies.settings import Loss, loss, settings_of


class Outranked(NamedTuple):
    """The parameters of a Gateway, those of its class that take precedence, and the settings that both have with different values."""

    gateway: Resource
    winner: Resource
    lost: Loss


def outranked_by_class(parameters: Resource, graph: ResourceGraph) -> Iterator[Outranked]:
    """Yield the Gateways whose parameters these are, and whose class says otherwise in its own."""
    known = gateway_policies()[parameters.type_name]
    for gateway, winner in graph.derived(_by_parameters).get(id(parameters), ()):
        if winner.type_name == parameters.type_name and winner is not parameters and not _gives_way(winner, known):
            differing = frozenset(
                path
                for path in settings_of(parameters, known) & settings_of(winner, known)
                if path[0] not in _combined(known) and _differs(parameters, winner, path)
            )
            if differing:
                yield Outranked(gateway, winner, loss(differing, frozenset(), known.guards))


def _combined(known: GatewayPolicy) -> tuple[str, ...]:
    return known.merging.by_key if known.merging is not None else ()


def _gives_way(winner: Resource, known: GatewayPolicy) -> bool:
    """Tell whether the parameters of a class prefer those of the Gateway; what is filled in later may say so."""
    stated = winner.get("spec", *known.merging.field) if known.merging is not None else None
    return has_placeholder(stated) or (known.merging is not None and stated in known.merging.values)


def _differs(one: Resource, other: Resource, path: tuple[str, ...]) -> bool:
    values = one.get("spec", *path), other.get("spec", *path)
    return not has_placeholder(list(values)) and values[0] != values[1]


def _by_parameters(graph: ResourceGraph) -> dict[int, list[tuple[Resource, Resource]]]:
    """Return, by the parameters of Gateways, the Gateways with the parameters of their classes."""
    found: dict[int, list[tuple[Resource, Resource]]] = defaultdict(list)
    for gateway in graph.of_type(GATEWAY):
        of_class, own = parameters_of(gateway, graph)
        if isinstance(of_class, Found) and isinstance(own, Found):
            found[id(own.value)].append((gateway, of_class.value))
    return found
