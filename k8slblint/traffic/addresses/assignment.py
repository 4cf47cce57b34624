"""Whether a Service can get the address or the pool that it asks for, and which pools may serve it.

Sources: metallb/metallb 7938d3f8 controller/service.go (`convergeBalancer`, `getDesiredLbIPs`, `allocateIPs`),
internal/allocator/allocator.go (`Assign`, `poolFor`, `isPoolCompatibleWithService`), internal/config/config.go
(`addressPoolServiceAllocationsFromCR`); cilium/cilium 023375f6 operator/pkg/lbipam/lbipam.go (`satisfyService`: an address in no pool that
selects the Service is reported as `no_pool` or `pool_selector_mismatch`, and the Service waits).
"""

from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

from k8slblint.addresses import Interval, parse_address
from k8slblint.catalog.address_requests import AddressKeys, address_keys, first_of
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import CILIUM_POOL
from k8slblint.graph.selectors import may_match_label_selector
from k8slblint.model.location import Path
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource
from k8slblint.traffic.addresses.pools import gives, pool_entries
from k8slblint.traffic.addresses.stock import Stock, stock_of

FaultKind: TypeAlias = Literal["in no pool", "no pool", "not of pool", "held back", "not allowed", "several pools"]

_FIELD: Path = ("spec", "loadBalancerIP")


class Fault(NamedTuple):
    """Why a Service stays without an address: at which path, the text as written, and the pools that it is about."""

    kind: FaultKind
    path: Path
    text: str
    pools: tuple[Resource, ...] = ()


class Wish(NamedTuple):
    """One address that a Service asks for: where, as written, and read; None where it is no address."""

    path: Path
    text: str
    address: Interval | None


def wishes_of(service: Resource, keys: AddressKeys) -> list[Wish]:
    """Return the addresses that a Service asks a controller for, those of the annotation before that of the field."""
    key = first_of(keys.addresses, service.annotations)
    value = service.annotations.get(key) if key else None
    found = (
        [_wish(("metadata", "annotations", key), text) for text in value.split(",") if text.strip()]
        if key and isinstance(value, str)
        else []
    )
    field = service.get(*_FIELD) if keys.has_field else None
    return [*found, *([_wish(_FIELD, field)] if isinstance(field, str) and field else [])]


def _wish(path: Path, text: str) -> Wish:
    address = parse_address(text.strip())
    return Wish(path, text.strip(), Interval(address[0], address[1], address[1]) if address else None)


def pool_named_by(service: Resource, keys: AddressKeys) -> tuple[Path, str] | None:
    """Return the pool that a Service names, with the path of the annotation."""
    key = first_of(keys.pool, service.annotations)
    value = service.annotations.get(key) if key else None
    return (("metadata", "annotations", key), value) if key and isinstance(value, str) and value else None


def faults_of(service: Resource, controller: str, graph: ResourceGraph) -> list[Fault]:
    """Return why a Service gets nothing of what it asks a controller for; nothing where pools cannot all be read."""
    keys = address_keys().get(controller)
    stock = stock_of(graph, graph.scope(service).cluster, controller)
    if keys is None or not stock.pools or not stock.is_readable:
        return []
    wishes = wishes_of(service, keys)
    own = [fault for wish in wishes if (fault := _fault_of(wish, service, stock, graph)) is not None]
    named = pool_named_by(service, keys)
    return [*own, *(_faults_of_name(service, *named, wishes, stock, graph) if named else ()), *_faults_together(wishes, stock, keys, own)]


def _fault_of(wish: Wish, service: Resource, stock: Stock, graph: ResourceGraph) -> Fault | None:
    if wish.address is None:
        return None  # load-balancer-annotation-invalid and service-rejected report it
    holding = stock.holders(wish.address)
    if not holding:
        return Fault("in no pool", wish.path, wish.text, stock.pools)
    giving = [pool for pool in holding if gives(pool, wish.address)]
    if not giving:
        return Fault("held back", wish.path, wish.text, tuple(holding))
    if all(may_serve(pool, service, graph) is False for pool in giving):
        return Fault("not allowed", wish.path, wish.text, tuple(giving))
    return None


def _faults_of_name(
    service: Resource, path: Path, name: str, wishes: Sequence[Wish], stock: Stock, graph: ResourceGraph
) -> Iterator[Fault]:
    named = stock.by_name.get(name, ())
    if not named:
        yield Fault("no pool", path, name, stock.pools)
        return
    if all(may_serve(pool, service, graph) is False for pool in named):
        yield Fault("not allowed", path, name, named)
    for wish in wishes:
        holders = stock.holders(wish.address) if wish.address is not None else []
        if holders and not any(pool.name == name for pool in holders):
            yield Fault("not of pool", wish.path, wish.text, named)


def _faults_together(wishes: Sequence[Wish], stock: Stock, keys: AddressKeys, own: Sequence[Fault]) -> Iterator[Fault]:
    """Yield that addresses of several pools are asked for; of an annotation beside the field `load-balancer-settings-conflict` tells."""
    if not keys.is_of_one_pool or own or (len(wishes) > 1 and wishes[-1].path == _FIELD):
        return
    holders = [{id(pool) for pool in stock.holders(wish.address)} for wish in wishes if wish.address is not None]
    if len(holders) > 1 and not set.intersection(*holders):
        yield Fault("several pools", wishes[-1].path, wishes[-1].text, stock.pools)


def may_serve(pool: Resource, service: Resource, graph: ResourceGraph) -> bool | None:
    """Tell whether a pool serves a Service that asks for it, None where that depends on what is not known."""
    if pool.type_name == CILIUM_POOL:
        selector = pool.mapping("spec", "serviceSelector")
        labels = {**service.labels, "io.kubernetes.service.namespace": service.namespace, "io.kubernetes.service.name": service.name}
        return may_match_label_selector(selector, labels) if selector else True
    allocation = pool.mapping("spec", "serviceAllocation")
    return _allows(allocation, service, graph) if allocation else True


def _allows(allocation: dict[str, object], service: Resource, graph: ResourceGraph) -> bool | None:
    """Tell whether `serviceAllocation` of MetalLB allows a Service: its namespace and its labels, each where there is a condition."""
    namespaces = allocation.get("namespaces")
    listed = service.namespace in namespaces if isinstance(namespaces, list) and namespaces else None
    by_label = _selected(allocation.get("namespaceSelectors"), _labels_of_namespace(service, graph))
    allowed = [answer for answer in (listed, by_label) if answer is not None]
    if listed is False and not isinstance(allocation.get("namespaceSelectors"), list):
        return False
    if listed is False and by_label is False:
        return False
    selectors = allocation.get("serviceSelectors")
    if isinstance(selectors, list) and selectors and _selected(selectors, service.labels) is False:
        return False
    return True if True in allowed or not allowed else None


def _labels_of_namespace(service: Resource, graph: ResourceGraph) -> dict[str, object] | None:
    found = graph.named(graph.scope(service).cluster, "Namespace", None, service.namespace or "")
    return {**found.labels, "kubernetes.io/metadata.name": found.name} if found is not None else None


def _selected(selectors: object, labels: dict[str, object] | None) -> bool | None:
    if not isinstance(selectors, list) or not selectors or labels is None:
        return None
    answers = [may_match_label_selector(one, labels) if isinstance(one, dict) else None for one in selectors]
    return True if True in answers else None if None in answers else False


def entries_in_words(pools: Sequence[Resource]) -> list[str]:
    """Return the entries of pools as written."""
    return [entry.text for pool in pools for entry in pool_entries(pool)]
