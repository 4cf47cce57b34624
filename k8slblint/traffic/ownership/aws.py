"""Which controller owns the load balancer of a Service on AWS, and the effect of a change of its annotations.

Sources: kubernetes/cloud-provider-aws 63ec440c (`isNLB`, `isLBExternal`), kubernetes/cloud-provider 46666112
(`wantsLoadBalancer`), kubernetes-sigs/aws-load-balancer-controller 225f4456 (`IsServiceSupported`); the values are in
the catalog. All of them compare values exactly: with case, without trimming.
"""

from typing import Any

from k8slblint.catalog import aws as catalog
from k8slblint.catalog.aws import OwnerName, Ownership, Reading, Transition
from k8slblint.graph.answers import Absent, Answer, Found, Unknown
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.records import NamedTuple
from k8slblint.model.resource import Resource


class Owner(NamedTuple):
    """Who makes the load balancer of a Service, and why."""

    name: OwnerName
    reason: str


class Handover(NamedTuple):
    """A harmful change of owner between two revisions; `key` is the annotation that changed.

    `after` is whom the new annotations name, also where the Service is no longer of type LoadBalancer.
    """

    before: OwnerName
    after: OwnerName
    key: str
    transition: Transition


class _Claim(NamedTuple):
    service_type: str
    owner: OwnerName


def owner(service: Resource) -> Owner:
    """Return who owns the load balancer of a Service, going by its manifest alone.

    The cluster may decide otherwise: the webhook of the AWS Load Balancer Controller, and EKS Auto Mode, set
    `spec.loadBalancerClass` when a Service without one is created. The AWS Load Balancer Controller also serves
    Services of type NodePort, and ClusterIP with ip targets, whose annotations name it.
    """
    service_type = _service_type(service)
    if isinstance(service_type, Unknown):
        return Owner("unknown", service_type.reason)
    if service_type.value == "LoadBalancer" and not isinstance(served := _owner_by_class(service), Absent):
        return Owner("unknown", served.reason) if isinstance(served, Unknown) else served.value
    row = _row(service)
    if isinstance(row, Unknown):
        return Owner("unknown", row.reason)
    if service_type.value in ("LoadBalancer", *row.value.other_types):
        return Owner(row.value.owner, row.value.reason)
    return Owner("nobody", f"a Service of type '{service_type.value}' has no load balancer")


def targets_pods(service: Resource) -> bool:
    """Tell whether the annotations of a Service ask for traffic to Pods, past the nodes, for those controllers that read them."""
    keys = catalog.annotations()
    target_types, types = catalog.pod_targets()
    return service.annotations.get(keys.target_type) in target_types or service.annotations.get(keys.type) in types


def is_internet_facing(service: Resource, owner_name: OwnerName) -> bool | None:
    """Tell whether the load balancer that this owner newly makes is internet-facing; None when that cannot be known."""
    exposure = catalog.exposure(owner_name)
    if exposure is None:
        return None
    keys = catalog.annotations()
    for key, reading in ((keys.scheme, exposure.scheme), (keys.internal, exposure.internal)):
        text = _annotation(service, key)
        if reading is not None and not isinstance(text, Absent):
            return _read(text.value, reading) if isinstance(text, Found) else None
    return exposure.is_internet_facing_by_default


def handover(before: Resource, after: Resource) -> Answer[Handover]:
    """Return the harmful change of owner that the annotations of one Service undergo, `Absent` when there is none.

    Harmless are: equal annotations, a Service that was not of type LoadBalancer, a class (nobody reads the annotations
    then, and the API server refuses to change a class), and values that mean the same to every controller.
    """
    key = _changed_key(before, after)
    if key is None or _has_class(before) or _has_class(after):
        return Absent()
    was_type = _service_type(before)
    if isinstance(was_type, Found) and was_type.value != "LoadBalancer":
        return Absent()
    old, new = _claim(before), _claim(after)
    if isinstance(old, Unknown):
        return old
    if isinstance(new, Unknown):
        return new
    names = old.value.owner, new.value.owner
    found = catalog.transition(*names, stays_load_balancer=new.value.service_type == "LoadBalancer")
    return Found(Handover(*names, key, found)) if found else Absent()


def _claim(service: Resource) -> Found[_Claim] | Unknown:
    service_type = _service_type(service)
    if isinstance(service_type, Unknown):
        return service_type
    load_balancer_class = _text(service, "spec", "loadBalancerClass")
    if isinstance(load_balancer_class, Unknown):
        return load_balancer_class
    row = _row(service)
    return row if isinstance(row, Unknown) else Found(_Claim(service_type.value, row.value.owner))


def _changed_key(before: Resource, after: Resource) -> str | None:
    keys = catalog.annotations()
    for key in (keys.type, keys.target_type):
        if before.annotations.get(key) != after.annotations.get(key):
            return key
    return None


def _has_class(service: Resource) -> bool:
    return isinstance(_text(service, "spec", "loadBalancerClass"), Found)


def _owner_by_class(service: Resource) -> Answer[Owner]:
    load_balancer_class = _text(service, "spec", "loadBalancerClass")
    if not isinstance(load_balancer_class, Found):
        return load_balancer_class
    known = catalog.owner_of_class(load_balancer_class.value)
    return Found(Owner(*known) if known else Owner("other-class", f"class '{load_balancer_class.value}' does not belong to AWS"))


def _row(service: Resource) -> Found[Ownership] | Unknown:
    keys = catalog.annotations()
    kind = _annotation(service, keys.type)
    if isinstance(kind, Unknown):
        return kind
    rows = [row for row in catalog.ownership() if row.type in (None, _value(kind))]
    target = _annotation(service, keys.target_type) if any(row.target_type for row in rows) else Absent()
    if isinstance(target, Unknown):
        return target
    return Found(next(row for row in rows if row.target_type in (None, _value(target))))


def _value(text: Found[str] | Absent) -> str | None:
    return text.value if isinstance(text, Found) else None


def _service_type(service: Resource) -> Found[str] | Unknown:
    text = _text(service, "spec", "type")
    return Found("ClusterIP") if isinstance(text, Absent) else text


def _annotation(service: Resource, key: str) -> Answer[str]:
    return _text(service, "metadata", "annotations", key)


def _text(service: Resource, *path: str) -> Answer[str]:
    value: Any = service.get(*path)
    if value is None:
        return Absent()
    if not isinstance(value, str):
        return Unknown(f"'{path[-1]}' is not a string, which the API server refuses")
    if has_placeholder(value):
        return Unknown(f"'{path[-1]}' contains a placeholder")
    return Found(value)


def _read(text: str, reading: Reading) -> bool | None:
    if text in reading.internet_facing:
        return True
    return False if reading.internal is None or text in reading.internal else None
