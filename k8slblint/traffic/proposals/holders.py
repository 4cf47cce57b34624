"""The Gateways, ListenerSets and ReferenceGrants of a proposal as plain values.

Sources: Gateway API 1.6 `apis/v1/gateway_types.go` (`allowedRoutes`, `allowedListeners`), `referencegrant_types.go`.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from k8slblint.traffic.migration.forms import Target
from k8slblint.traffic.proposals.listeners import PLACEHOLDER, Holder, Layout, listener_of

_GROUP = "gateway.networking.k8s.io"


def objects_of(layout: Layout, target: Target, namespaces: Sequence[str]) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
    """Yield the Gateways and ListenerSets of a layout with their comments; routes of `namespaces` may attach."""
    allowed = _allowed(layout, namespaces)
    has_sets = any(one.kind == "ListenerSet" for one in layout.holders)
    for holder in layout.holders:
        listeners = [listener_of(section, allowed) for section in holder.sections]
        if holder.kind == "Gateway":
            spec: dict[str, Any] = {"gatewayClassName": target.class_name}
            if has_sets:
                spec["allowedListeners"] = {"namespaces": {"from": "Same"}}
            spec["listeners"] = [{"name": "http", "port": 80, "protocol": "HTTP", **allowed}, *listeners]
        else:
            spec = {"parentRef": {"name": holder.gateway}, "listeners": listeners}
        metadata: dict[str, Any] = {"name": holder.name, "namespace": holder.namespace}
        if holder.annotations:
            metadata["annotations"] = dict(holder.annotations)
        yield {"apiVersion": f"{_GROUP}/v1", "kind": holder.kind, "metadata": metadata, "spec": spec}, _comments(holder, layout, target)


def _comments(holder: Holder, layout: Layout, target: Target) -> tuple[str, ...]:
    lines = []
    if holder.kind == "Gateway":
        reach = "the whole cluster" if layout.is_shared else f"namespace {holder.namespace}"
        known = target.implementation
        costs = "most implementations provision a load balancer with its own address for each"
        lines.append(f"One Gateway for {reach}: {f'{target.name} uses the proxy that is installed' if known and known.shares else costs}.")
        lines += known.notes if known is not None else ()
        if known is None:
            lines.append("Set `gatewayClassName` to a GatewayClass of your implementation.")
    if any(name == PLACEHOLDER for section in holder.sections for _, name in section.secrets):
        lines.append(f"Secret {PLACEHOLDER} stands for the default certificate of the controller: create it, or name another.")
    return tuple(lines)


def _allowed(layout: Layout, namespaces: Sequence[str]) -> dict[str, Any]:
    if not layout.is_shared:
        return {}
    names = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": sorted(namespaces)}
    return {"allowedRoutes": {"namespaces": {"from": "Selector", "selector": {"matchExpressions": [names]}}}}


def grants_of(layout: Layout) -> Iterator[dict[str, Any]]:
    """Yield a ReferenceGrant for each namespace whose certificates a Gateway elsewhere refers to."""
    wanted: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for holder in layout.holders:
        for section in holder.sections:
            for place, name in section.secrets:
                if place != holder.namespace:
                    wanted[place, holder.kind][name] = None
    for (place, kind), names in wanted.items():
        for number, start in enumerate(range(0, len(names), 16)):
            some = list(names)[start : start + 16]
            yield {
                "apiVersion": f"{_GROUP}/v1beta1",
                "kind": "ReferenceGrant",
                "metadata": {"name": f"certificates-of-{kind.lower()}s{'' if not number else f'-{number + 1}'}", "namespace": place},
                "spec": {
                    "from": [{"group": _GROUP, "kind": kind, "namespace": layout.namespace}],
                    "to": [{"group": "", "kind": "Secret", "name": name} for name in some],
                },
            }
