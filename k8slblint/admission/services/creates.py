"""Which Services the API server refuses to create, and in which releases.

Sources: Kubernetes 1.34 `pkg/apis/core/validation/validation.go` validateService and what it calls; the earlier forms of
`validateServiceExternalTrafficPolicy` (1.29 allows it with external IPs, kubernetes pull 119150) and
`validateServiceTrafficDistribution` (KEP-4444, KEP-3015).
"""

from collections.abc import Iterator

from k8slblint.admission import grammar, ips, reading
from k8slblint.admission.metadata import label_keys, label_values, metadata_refusals
from k8slblint.admission.reading import UNREAD, ServiceFields, Text
from k8slblint.admission.refusal import (
    NODE_PORTS,
    Refusal,
    as_answered,
    forbidden,
    invalid,
    is_refused,
    minor_of,
    of_another_type,
    required,
    shown,
    unsupported,
)
from k8slblint.admission.services.cluster_ips import cluster_ip_refusals
from k8slblint.admission.services.ports import allocation, out_of_range, port_refusals
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource
from k8slblint.model.texts import listed

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_RANGES_ANNOTATION = "service.beta.kubernetes.io/load-balancer-source-ranges"
_LONGEST_AFFINITY = 86400
_LAST_WITHOUT_EXTERNAL_IPS = 28
_LAST_WITH_ONE_DISTRIBUTION = 33
_DISTRIBUTED_SINCE = 31
_CLOSE = "PreferClose"
_DISTRIBUTIONS = (_CLOSE, "PreferSameNode", "PreferSameZone")
_ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'"


_REMOVE = "Remove the field, or set `type: LoadBalancer`."


def refusals(service: Resource, version: str | None, node_ports: tuple[int, int] = NODE_PORTS) -> Iterator[Refusal]:
    """Yield what the API server of a release (`1.34`) refuses in a new Service, in the order of `validateService`.

    With None only what every release from 1.25 to 1.37 refuses that knows the field. Placeholders and values of the wrong type are
    passed over. `node_ports` are the first and last port of `--service-node-port-range`.
    """
    minor = minor_of(version)
    yield from (as_answered(refusal, minor) for refusal in _all(service, node_ports) if is_refused(refusal, minor))


def _all(service: Resource, node_ports: tuple[int, int]) -> Iterator[Refusal]:
    fields = reading.read(service)
    yield from metadata_refusals(service)
    yield from _enumerated(("spec", "type"), fields.type, _TYPES)
    yield from _external_name(service, fields)
    yield from port_refusals(fields, node_ports)
    selector = service.mapping("spec", "selector")
    yield from label_keys(("spec", "selector"), selector)
    yield from label_values(("spec", "selector"), selector)
    yield from _affinity(service)
    yield from cluster_ip_refusals(service, fields)
    yield from _external_ips(fields)
    yield from _source_ranges(service, fields)
    yield from _load_balancer_fields(service, fields)
    yield from _traffic_policies(service, fields, node_ports)
    yield from _distribution(reading.text(service.get("spec", "trafficDistribution")))


def _enumerated(path: Path, value: Text, supported: tuple[str, ...]) -> Iterator[Refusal]:
    if isinstance(value, str) and value not in supported:
        fault, help_ = (
            f"has `{path[-1]}` {shown(value)}, which is not valid",
            f"Write {listed(supported, 'or', len(supported))}; case matters.",
        )
        yield Refusal(path, fault, unsupported(value, supported), help=help_)


def _external_name(service: Resource, fields: ServiceFields) -> Iterator[Refusal]:
    name = reading.text(service.get("spec", "externalName"))
    if fields.type != "ExternalName" or name is UNREAD:
        return
    host = (name or "").removesuffix(".")
    path = ("spec", "externalName")
    if not host:
        fault, help_ = "is of type ExternalName without `externalName`", "Set `externalName` to a DNS name."
        yield Refusal(path, fault, required(), rests_on_absence=name is None, help=help_)
    elif broken := grammar.broken_subdomain(host):
        fault, help_ = f"has external name {shown(name)}, which is not a DNS name", "Write a lowercase DNS name without port or path."
        yield Refusal(path, fault, invalid(host, broken), help=help_)


def _affinity(service: Resource) -> Iterator[Refusal]:
    affinity = reading.text(service.get("spec", "sessionAffinity"))
    yield from _enumerated(("spec", "sessionAffinity"), affinity or None, ("ClientIP", "None"))
    path = ("spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds")
    seconds = reading.number(service.get(*path))
    if affinity == "ClientIP" and isinstance(seconds, int) and not 0 < seconds <= _LONGEST_AFFINITY:
        reason = invalid(seconds, f"must be greater than 0 and less than {_LONGEST_AFFINITY}")
        yield Refusal(path, f"has session affinity of {seconds} seconds", reason, help=f"Use 1 to {_LONGEST_AFFINITY} seconds.")


def _external_ips(fields: ServiceFields) -> Iterator[Refusal]:
    if fields.external_ips is UNREAD:
        return
    for index, one in enumerate(fields.external_ips):
        path = ("spec", "externalIPs", index)
        address = ips.read_ip(one) if isinstance(one, str) else None
        if not isinstance(one, str):
            continue
        if address is None:
            fault, help_ = f"has external IP {shown(one)}, which is not valid", "Write an IPv4 or IPv6 address."
            group = "has {} external IPs that are not valid"
            yield Refusal(path, fault, invalid(one, ips.broken_ip(one) or ""), help=help_, group=group, one_cure=True)
        elif rule := ips.special_range(*address):
            fault, help_ = f"has external IP {shown(one)}, which no client can reach", "Use an address that is routed to the nodes."
            yield Refusal(path, fault, invalid(one, rule), help=help_)
        elif rule := ips.broken_strict_ip(one):
            yield ips.strict_refusal(path, one, rule)


def _source_ranges(service: Resource, fields: ServiceFields) -> Iterator[Refusal]:
    path: Path = ("spec", "loadBalancerSourceRanges")
    field = reading.texts(service.get(*path))
    annotation = reading.text(service.annotations.get(_RANGES_ANNOTATION))
    if field is UNREAD:
        return
    if field:
        entries = [((*path, index), entry) for index, entry in enumerate(field)]
    elif isinstance(annotation, str):
        path = ("metadata", "annotations", _RANGES_ANNOTATION)
        entries = [(path, entry) for entry in annotation.split(",")] if annotation.strip() else []
    else:
        return
    if fields.type in _TYPES and fields.type != "LoadBalancer":
        fault, help_ = f"sets source ranges on type {fields.type}", "Remove the ranges, or set `type: LoadBalancer`."
        rests_on_absence = service.get("spec", "type") is None
        yield Refusal(path, fault, forbidden(_ONLY_LOAD_BALANCER), rests_on_absence=rests_on_absence, help=help_)
    for place, entry in entries:
        if isinstance(entry, str):
            yield from _cidr(place, entry.strip())


def _cidr(path: Path, cidr: str) -> Iterator[Refusal]:
    if rule := ips.broken_cidr(cidr):
        is_address = ips.read_ip(cidr) is not None
        help_ = f"Write {cidr}/{128 if ':' in cidr else 32} for the single address." if is_address else "Write a CIDR, such as 10.0.0.0/8."
        group = "has {} source ranges without a prefix length" if is_address else "has {} source ranges that are not CIDRs"
        fault = f"has source range {shown(cidr)}, which is not a CIDR"
        yield Refusal(path, fault, invalid(cidr, rule), help=help_, group=group, one_cure=True)
    elif rule := ips.broken_strict_cidr(cidr):
        yield ips.strict_refusal(path, cidr, rule)


def _load_balancer_fields(service: Resource, fields: ServiceFields) -> Iterator[Refusal]:
    load_balancer_class = reading.text(service.get("spec", "loadBalancerClass"))
    path = ("spec", "loadBalancerClass")
    if fields.type == "LoadBalancer":
        broken = grammar.broken_qualified_name(load_balancer_class) if isinstance(load_balancer_class, str) else None
        if broken:
            fault, help_ = f"has `loadBalancerClass` {shown(load_balancer_class)}, which is not valid", "Write `name` or `domain/name`."
            yield Refusal(path, fault, invalid(load_balancer_class, broken), help=help_)
        return
    if fields.type not in _TYPES:
        return
    rests_on_absence = service.get("spec", "type") is None
    allocates = service.get("spec", "allocateLoadBalancerNodePorts")
    for name, is_set in (
        ("allocateLoadBalancerNodePorts", isinstance(allocates, bool)),
        ("loadBalancerClass", isinstance(load_balancer_class, str)),
    ):
        if is_set:
            fault, reason = f"sets `{name}` on type {fields.type}", forbidden(_ONLY_LOAD_BALANCER)
            refusal = Refusal(("spec", name), fault, reason, rests_on_absence=rests_on_absence, dropped_with_type=True, help=_REMOVE)
            yield refusal._replace(group=of_another_type(fields.type))


def _traffic_policies(service: Resource, fields: ServiceFields, node_ports: tuple[int, int]) -> Iterator[Refusal]:
    path = ("spec", "externalTrafficPolicy")
    policy = fields.external_traffic_policy
    rests_on_absence = service.get("spec", "type") is None
    if fields.type in ("LoadBalancer", "NodePort"):
        yield from _enumerated(path, policy, ("Cluster", "Local"))
    elif isinstance(policy, str) and fields.type in _TYPES:
        if fields.type == "ClusterIP" and fields.external_ips:
            yield from _enumerated(path, policy, ("Cluster", "Local"))
            fault, rule = "sets `externalTrafficPolicy` on type ClusterIP", "may only be set when `type` is 'NodePort' or 'LoadBalancer'"
            yield Refusal(path, fault, invalid(policy, rule), until=_LAST_WITHOUT_EXTERNAL_IPS, help="Remove the field.")
        else:
            fault = f"sets `externalTrafficPolicy` on type {fields.type}"
            reason, help_ = invalid(policy, "may only be set for externally-accessible services"), "Remove the field, or correct `type`."
            refusal = Refusal(path, fault, reason, rests_on_absence=rests_on_absence, dropped_with_type=True, help=help_)
            yield refusal._replace(group=of_another_type(fields.type))
    yield from _health_check(service, fields, node_ports)
    internal = reading.text(service.get("spec", "internalTrafficPolicy"))
    yield from _enumerated(("spec", "internalTrafficPolicy"), internal, ("Cluster", "Local"))


def _health_check(service: Resource, fields: ServiceFields, node_ports: tuple[int, int]) -> Iterator[Refusal]:
    path = ("spec", "healthCheckNodePort")
    port = reading.number(service.get(*path))
    if not isinstance(port, int) or port == 0 or UNREAD in (fields.type, fields.external_traffic_policy):
        return
    if not fields.needs_health_check:
        fault = "sets `healthCheckNodePort` without a health check"
        reason = invalid(port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")
        help_ = "Remove the field, or use `type: LoadBalancer` with `externalTrafficPolicy: Local`."
        group = of_another_type(fields.type) if fields.type != "LoadBalancer" else ""
        yield Refusal(path, fault, reason, rests_on_absence=True, dropped_with_type=True, help=help_, group=group)
    elif rule := out_of_range(port):
        yield Refusal(path, f"has `healthCheckNodePort` {port}, which is not valid", invalid(port, rule), help="Use a node port, or none.")
    else:
        yield from allocation(path, port, node_ports)


def _distribution(value: Text) -> Iterator[Refusal]:
    path = ("spec", "trafficDistribution")
    if not isinstance(value, str) or value == _CLOSE:
        return
    only_close = unsupported(value, (_CLOSE,))
    if value in _DISTRIBUTIONS:
        fault, since = f"has `trafficDistribution` {shown(value)}, which is too new", _DISTRIBUTED_SINCE
        yield Refusal(path, fault, only_close, since, _LAST_WITH_ONE_DISTRIBUTION, since, help=f"Write {_CLOSE}.")
    else:
        fault = f"has `trafficDistribution` {shown(value)}, which is not valid"
        earlier = (_LAST_WITH_ONE_DISTRIBUTION, only_close)
        reason = unsupported(value, _DISTRIBUTIONS)
        help_ = f"Write {_CLOSE}; case matters."
        yield Refusal(path, fault, reason, _DISTRIBUTED_SINCE, known_from=_DISTRIBUTED_SINCE, earlier=earlier, help=help_)
