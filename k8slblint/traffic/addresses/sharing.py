"""Which Services ask for one address, and whether their controller lets them share it.

Sources: metallb/metallb 7938d3f8 internal/allocator/allocator.go (`checkSharing`), internal/allocator/k8salloc/k8salloc.go
(`BackendKey`: the selector with `externalTrafficPolicy: Local`, else nothing); cilium/cilium 023375f6
operator/pkg/lbipam/service_store.go (`isCompatible`).
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from k8slblint.addresses import Interval
from k8slblint.catalog.address_requests import AddressKeys, address_keys, first_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.traffic.addresses.assignment import wishes_of
from k8slblint.traffic.addresses.requests import requests_in

Obstacle: TypeAlias = Literal["no key", "different keys", "namespace", "port", "policy", "selector"]


class Quarrel(NamedTuple):
    """Two Services that ask for one address and cannot share it: the later with the earlier one, where it asks, and what is in the way.

    `detail` is the port that both have, or the keys that differ.
    """

    service: Resource
    other: Resource
    address: Interval
    path: Path
    obstacle: Obstacle
    detail: str
    controller: str


def quarrels_of(service: Resource, graph: ResourceGraph) -> Sequence[Quarrel]:
    """Return the Services before this one that have an address that it asks for, the first for each address."""
    scope = graph.scope(service)
    return graph.derived(_quarrels).get((scope.cluster, scope.environment), {}).get(id(service), ())


def _quarrels(graph: ResourceGraph) -> dict[tuple[str, str], dict[int, list[Quarrel]]]:
    found: dict[tuple[str, str], dict[int, list[Quarrel]]] = defaultdict(lambda: defaultdict(list))
    for (cluster, environment, _, _), asking in _askers(graph).items():
        for index, (service, path, address, keys) in enumerate(asking):
            others = [other for other, *_ in asking[:index][:_MOST] if other.key != service.key]
            quarrel = next((one for other in others if (one := _between(service, other, path, address, keys)) is not None), None)
            if quarrel is not None:
                found[cluster, environment][id(service)].append(quarrel)
    return found


_MOST = 50
"""Services that share an address are compared with so many before them."""

_Asking: TypeAlias = tuple[Resource, Path, Interval, AddressKeys]


def _askers(graph: ResourceGraph) -> dict[tuple[str, str, str, Interval], list[_Asking]]:
    """Return who asks for an address, by cluster, environment, controller and address."""
    found: dict[tuple[str, str, str, Interval], list[_Asking]] = defaultdict(list)
    for cluster, kind in dict.fromkeys((graph.scope(one).cluster, one.kind) for one in graph.of_type("Service", HELM_VALUES)):
        for request in requests_in(cluster, graph, kind):
            keys = address_keys().get(request.controllers[0]) if len(request.controllers) == 1 else None
            for wish in wishes_of(request.service, keys) if keys is not None else ():
                if wish.address is not None and keys is not None:
                    key = cluster, graph.scope(request.service).environment, keys.controller, wish.address
                    found[key].append((request.service, wish.path, wish.address, keys))
    return found


def _between(service: Resource, other: Resource, path: Path, address: Interval, keys: AddressKeys) -> Quarrel | None:
    found = _obstacle(service, other, keys)
    return Quarrel(service, other, address, path, *found, keys.controller) if found is not None else None


def _obstacle(service: Resource, other: Resource, keys: AddressKeys) -> tuple[Obstacle, str] | None:
    own, others = (_text(one, keys.sharing) for one in (service, other))
    if not own or not others:
        may_have_one = any(one.leaves_unsaid(text or None) for one, text in ((service, own), (other, others)))
        return None if may_have_one else ("no key", "")
    if own != others:
        return "different keys", f"'{others}'"
    if HELM_VALUES in (service.kind, other.kind):
        return None  # the chart has the ports, and more
    if keys.across_namespaces and service.namespace != other.namespace and not _are_let_in(service, other, keys):
        return "namespace", ""
    port = next(iter(sorted(_ports(service) & _ports(other))), None)
    if port is not None:
        return "port", port
    return _policies(service, other)


def _policies(service: Resource, other: Resource) -> tuple[Obstacle, str] | None:
    own, others = (one.get("spec", "externalTrafficPolicy", default="Cluster") for one in (service, other))
    if own != others:
        return "policy", f"'{others}'"
    selectors = [json.dumps(one.mapping("spec", "selector"), sort_keys=True, default=str) for one in (service, other)]
    return ("selector", "") if own == "Local" and selectors[0] != selectors[1] else None


def _text(service: Resource, keys: Sequence[str]) -> str:
    key = first_of(keys, service.annotations)
    value: Any = service.annotations.get(key) if key else None
    return value if isinstance(value, str) else ""


def _are_let_in(service: Resource, other: Resource, keys: AddressKeys) -> bool:
    pairs = ((service, other), (other, service))
    return all({"*", guest.namespace} & {name.strip() for name in _text(host, keys.across_namespaces).split(",")} for host, guest in pairs)


def _ports(service: Resource) -> set[str]:
    ports = (port for port in service.sequence("spec", "ports") if isinstance(port, dict) and type(port.get("port")) is int)
    return {f"{port['port']}/{port.get('protocol') or 'TCP'}" for port in ports}
