"""Which changes the API server refuses although the object alone is fine.

What the new manifest leaves out is no change: `kubectl apply` keeps what the server allocated, and patchAllocatedValues restores it.
Sources: Kubernetes 1.34 `pkg/apis/core/validation/validation.go` ValidateServiceUpdate, validateUpgradeDowngradeClusterIPs,
validateUpgradeDowngradeIPFamilies, validateLoadBalancerClassField, validateServiceExternalTrafficFieldsUpdate;
`pkg/registry/core/service/storage/storage.go` patchAllocatedValues; `pkg/apis/networking/validation` validateIngressClassSpecUpdate.
"""

from collections.abc import Iterator

from k8slblint.admission import reading
from k8slblint.admission.reading import HEADLESS, UNREAD, ServiceFields
from k8slblint.admission.refusal import Refusal, forbidden, invalid, shown
from k8slblint.model.location import Path
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.rule import Undecided

_UNCHANGEABLE = "may not change once set"
_WITH_CLUSTER_IP = ("ClusterIP", "NodePort", "LoadBalancer")
_TWO = 2
_CLASS: Path = ("spec", "loadBalancerClass")


def update_refusals(before: Resource, after: Resource) -> Iterator[Refusal | Undecided]:
    """Yield what the API server refuses of a change, for a Service, also one by values, or an IngressClass; every followed release does.

    `Undecided` stands for a field that only the cluster knows the old value of.
    """
    if after.kind == "IngressClass":
        yield from _controller(before, after)
    elif after.type_name == HELM_VALUES:
        yield from _class_in_values(before, after)
    elif after.kind == "Service":
        old, new = reading.read(before), reading.read(after)
        yield from _load_balancer_class(before, after, old, new)
        if old.type in _WITH_CLUSTER_IP and new.type in _WITH_CLUSTER_IP:
            yield from _cluster_ip(old, new)
            yield from _secondary_ip(old, new)
            yield from _families(old, new)
        if old.needs_health_check and new.needs_health_check:
            yield from _health_check_port(before, after)


def _controller(before: Resource, after: Resource) -> Iterator[Refusal]:
    path = ("spec", "controller")
    old, new = reading.text(before.get(*path)), reading.text(after.get(*path))
    if isinstance(old, str) and old and new is not UNREAD and new != old:
        fault = f"{'changes' if new else 'removes'} its controller, which is immutable"
        yield Refusal(path, fault, invalid(new or "", "field is immutable"), label=f"was {shown(old)}")


def _load_balancer_class(before: Resource, after: Resource, old: ServiceFields, new: ServiceFields) -> Iterator[Refusal]:
    path = _CLASS
    was, becomes = reading.text(before.get(*path)), reading.text(after.get(*path))
    if not old.type == new.type == "LoadBalancer" or UNREAD in (was, becomes) or was == becomes:
        return
    if was is None:
        fault = "adds a `loadBalancerClass` to an existing load balancer"
    elif becomes is None:
        fault = "removes the `loadBalancerClass` of an existing load balancer"
    else:
        fault = "changes the `loadBalancerClass` of an existing load balancer"
    label = "was not set" if was is None else f"was {shown(was)}"
    yield Refusal(path, fault, invalid(becomes, _UNCHANGEABLE), may_be_set_live=was is None, label=label)


def _class_in_values(before: Resource, after: Resource) -> Iterator[Refusal]:
    """Yield that values name another class; where they name none, the chart or another layer of values may."""
    if before.get(*_CLASS) is not None and after.get(*_CLASS) is not None:
        yield from _load_balancer_class(before, after, reading.read(before), reading.read(after))


def _cluster_ip(old: ServiceFields, new: ServiceFields) -> Iterator[Refusal | Undecided]:
    was, becomes = old.primary, new.primary
    path = _ip_path(new)
    reason = invalid([becomes], _UNCHANGEABLE)
    if UNREAD in (was, becomes) or was == becomes:
        return
    if becomes is None:
        if was == HEADLESS and new.type in ("NodePort", "LoadBalancer"):
            rule = f"may not be set to 'None' for {new.type} services"
            label = "`clusterIP` keeps its old value 'None' when left out"
            fault = f"is headless and cannot become a {new.type} Service"
            yield Refusal(("spec", "type"), fault, invalid(HEADLESS, rule), field=("spec", "clusterIPs", 0), label=label)
    elif becomes == HEADLESS:
        label = f"was {was}" if was else "was assigned by the cluster"
        yield Refusal(path, "has a cluster IP and cannot become headless", reason, field=("spec", "clusterIPs", 0), label=label)
    elif was is None:
        yield Undecided(path, f"only the cluster knows whether '{becomes}' is the cluster IP that the Service has; another one is refused")
    else:
        fault = "is headless and cannot get a cluster IP" if was == HEADLESS else "changes its cluster IP, which is immutable"
        yield Refusal(path, fault, reason, field=("spec", "clusterIPs", 0), label=f"was {was}")


def _ip_path(fields: ServiceFields) -> Path:
    return ("spec", "clusterIP") if fields.cluster_ip else ("spec", "clusterIPs")


def _secondary_ip(old: ServiceFields, new: ServiceFields) -> Iterator[Refusal]:
    was, becomes = old.cluster_ips, new.cluster_ips
    if was is UNREAD or becomes is UNREAD or UNREAD in was or UNREAD in becomes or len(was) < _TWO or was[:1] != becomes[:1]:
        return
    if len(becomes) == _TWO and was[1] != becomes[1]:
        fault = "changes its second cluster IP, which is immutable"
        yield Refusal(("spec", "clusterIPs", 1), fault, invalid(list(becomes), _UNCHANGEABLE), label=f"was {was[1]}")
    elif len(becomes) == 1:
        yield from _release(new, "clusterIPs", "second cluster IP", was[1], "clusterIP")


def _families(old: ServiceFields, new: ServiceFields) -> Iterator[Refusal | Undecided]:
    was, becomes = old.ip_families, new.ip_families
    if was is UNREAD or becomes is UNREAD or UNREAD in was or UNREAD in becomes or not becomes:
        return
    if UNREAD in (old.primary, new.primary) or HEADLESS in (old.primary, new.primary):
        return  # headless Services change their families freely, and a Service that stops being headless is refused for that
    path = ("spec", "ipFamilies")
    if not was:
        if becomes[0] == "IPv6":
            yield Undecided(path, "only the cluster knows the first IP family that it gave the Service; another one is refused")
    elif was[0] != becomes[0]:
        fault = "changes its first IP family, which is immutable"
        yield Refusal((*path, 0), fault, invalid(list(becomes), _UNCHANGEABLE), label=f"was {was[0]}")
    elif len(was) == _TWO and len(becomes) == 1:
        yield from _release(new, "ipFamilies", "second IP family", was[1], "ipFamily")


def _release(new: ServiceFields, field: str, what: str, was: object, name: str) -> Iterator[Refusal]:
    policy = new.ip_family_policy
    if policy is UNREAD or policy == "SingleStack":
        return
    fault = f"removes its {what} without `ipFamilyPolicy: SingleStack`"
    reason = invalid(policy, f"must be set to 'SingleStack' when releasing the secondary {name}")
    yield Refusal(("spec", field), fault, reason, field=("spec", "ipFamilyPolicy"), label=f"the second was {was}")


def _health_check_port(before: Resource, after: Resource) -> Iterator[Refusal | Undecided]:
    path = ("spec", "healthCheckNodePort")
    was, becomes = reading.number(before.get(*path)) or None, reading.number(after.get(*path)) or None
    if becomes is None or UNREAD in (was, becomes) or was == becomes:
        return
    if was is None:
        reason = f"only the cluster knows whether {becomes} is the health check port that it gave the Service; another one is refused"
        yield Undecided(path, reason)
    else:
        yield Refusal(path, "changes its `healthCheckNodePort`, which is immutable", forbidden("field is immutable"), label=f"was {was}")
