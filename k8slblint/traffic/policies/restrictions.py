"""Whether policies of one kind keep clients away from a load balancer: by a list of addresses, or by any check of who they are.

Sources: `catalogs/gateway-policies.json` (Envoy Gateway SecurityPolicy `authorization`; Istio AuthorizationPolicy, whose `ALLOW` policies
deny everything else); the labels of the workloads that are made for a Gateway are in `catalogs/controllers.json`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from k8slblint.addresses import parse_cidr, parse_stated, subtract
from k8slblint.catalog import controllers
from k8slblint.catalog.gateway_policies import ACCESS_CONTROL, ClientList, GatewayPolicy, SettingPath
from k8slblint.graph.answers import Found
from k8slblint.graph.containers import pod_labels
from k8slblint.graph.graph import ResourceGraph
from k8slblint.graph.reads import GATEWAY
from k8slblint.graph.relations.twins import goes_with
from k8slblint.graph.relations.workloads import workloads_of
from k8slblint.graph.selectors import matches_label_selector
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.traffic.policies.levels import Level
from k8slblint.traffic.policies.settings import settings_of
from k8slblint.traffic.policies.targets import policies_on, references_of

_EVERYTHING = tuple(interval for interval in map(parse_cidr, ("0.0.0.0/0", "::/0")) if interval is not None)


def is_restricted(opening: Resource, known: GatewayPolicy, graph: ResourceGraph) -> bool:
    """Tell whether a policy of a kind allows only clients with certain addresses to use a Gateway, or the proxies behind a Service."""
    clients = known.clients
    return clients is not None and any(_restricts(policy, clients) for policy in _policies_of(opening, known, graph))


def _policies_of(opening: Resource, known: GatewayPolicy, graph: ResourceGraph) -> Sequence[Resource]:
    if opening.type_name == GATEWAY:
        return policies_on(known.type_name, Level(opening).place, opening, graph)
    return (*_selecting(opening, known, graph), *_of_gateway(opening, known, graph))


def is_guarded(gateway: Resource, known: GatewayPolicy, graph: ResourceGraph) -> bool:
    """Tell whether a policy of a kind checks who the clients of a Gateway, or of one of its listeners, are."""
    guards = {guard.field for guard in known.guards if guard.protection in ACCESS_CONTROL}
    if not guards:
        return False
    names = [listener.get("name") for listener in gateway.sequence("spec", "listeners") if isinstance(listener, dict)]
    levels = [Level(gateway, name if isinstance(name, str) else None) for name in (None, *names)]
    policies = (one for level in levels for one in policies_on(known.type_name, level.place, gateway, graph))
    return any(guards & settings_of(one, known) for one in policies)


def _selecting(service: Resource, known: GatewayPolicy, graph: ResourceGraph) -> Iterator[Resource]:
    """Yield the policies that select all the workloads behind a Service by their labels; those without a selector are left out."""
    if known.selects is None:
        return
    labels = [service.mapping("spec", "selector")]
    answer = workloads_of(service, graph)
    carried = [pod_labels(workload) for workload in answer.value] if isinstance(answer, Found) else []
    for policy in graph.in_cluster(graph.scope(service).cluster, known.type_name):
        selector = policy.mapping("spec", *known.selects)
        if policy.namespace not in (service.namespace, known.root_namespace) or not selector.get("matchLabels"):
            continue
        is_whole = any(found and all(matches_label_selector(selector, one) for one in found) for found in (labels, carried))
        if is_whole and next(references_of(policy, known), None) is None and goes_with(policy, service, graph):
            yield policy


def _of_gateway(service: Resource, known: GatewayPolicy, graph: ResourceGraph) -> Sequence[Resource]:
    """Return the policies of the Gateway whose proxies a Service selects by the labels that their controller gives them."""
    selector = service.mapping("spec", "selector")
    for label in _gateway_labels(known.controller):
        name = selector.get(label)
        namespace = selector.get(f"{label.removesuffix('name')}namespace", service.namespace)
        gateway = graph.named(graph.scope(service).cluster, GATEWAY, namespace, name) if isinstance(name, str) else None
        if gateway is not None:
            return policies_on(known.type_name, Level(gateway).place, service, graph)
    return ()


def _gateway_labels(controller: str) -> list[str]:
    known = controllers.controllers()[controller]
    return [label for side in known.gateway for label in side.generated_labels if label.endswith("gateway-name")]


def _restricts(policy: Resource, clients: ClientList) -> bool:
    """Tell whether every rule that allows names addresses, and not all of them, and no other client is allowed."""
    if policy.get("spec", *clients.open_field) in clients.open_values:
        return False
    rules = [rule for rule in policy.sequence("spec", *clients.rules) if isinstance(rule, dict) and _allows(rule, clients)]
    return bool(rules) and all(_names_some(rule, clients) for rule in rules)


def _allows(rule: Mapping[str, Any], clients: ClientList) -> bool:
    return clients.rule_action is None or _at(rule, clients.rule_action[0]) == clients.rule_action[1]


def _names_some(rule: Mapping[str, Any], clients: ClientList) -> bool:
    if clients.sources is None:
        return _is_narrow(rule, clients)
    sources = _at(rule, clients.sources)
    return isinstance(sources, list) and bool(sources) and all(isinstance(one, dict) and _is_narrow(one, clients) for one in sources)


def _is_narrow(source: Mapping[str, Any], clients: ClientList) -> bool:
    """Tell whether a source names addresses in one field at least, and leaves some of each family out; all fields must match."""
    return any(_leaves_out(_at(source, path)) for path in clients.addresses)


def _leaves_out(addresses: object) -> bool:
    """Tell whether some addresses of each family are not listed; what is filled in later is taken for a list that is meant."""
    texts = [text for text in addresses if isinstance(text, str)] if isinstance(addresses, list) else []
    if has_placeholder(texts):
        return True
    known = [interval for interval in map(parse_stated, texts) if interval is not None]
    return bool(known) and all(subtract(everything, known) for everything in _EVERYTHING)


def _at(value: Any, path: SettingPath) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value
