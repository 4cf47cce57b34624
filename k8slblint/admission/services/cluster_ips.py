"""What the API server refuses in the cluster IPs and IP families of a Service.

Sources: Kubernetes 1.34 `pkg/apis/core/validation/validation.go` validateService, ValidateServiceClusterIPsRelatedFields;
`pkg/registry/core/service/storage/alloc.go` initIPFamilyFields.
"""

from collections.abc import Iterator

from k8slblint.admission import ips
from k8slblint.admission.reading import HEADLESS, UNREAD, ServiceFields
from k8slblint.admission.refusal import Refusal, duplicate, forbidden, invalid, of_another_type, shown, unsupported
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource

_IPS = ("spec", "clusterIPs")
_FAMILIES = ("IPv4", "IPv6")
_POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")
_TWO = 2
_FAMILY_HELP = "Write IPv4 or IPv6."


def cluster_ip_refusals(service: Resource, fields: ServiceFields) -> Iterator[Refusal]:
    """Yield what is refused in `clusterIP`, `clusterIPs`, `ipFamilies` and `ipFamilyPolicy`."""
    if fields.type == "ExternalName":
        yield from _external_name(service, fields)
    elif fields.type is not UNREAD:
        if fields.is_headless is True and fields.type in ("LoadBalancer", "NodePort"):
            path = ("spec", "clusterIP") if fields.cluster_ip else _IPS
            reason = invalid(HEADLESS, f"may not be set to 'None' for {fields.type} services")
            fault, help_ = f"is headless and of type {fields.type}", "Remove `clusterIP: None`, or set `type: ClusterIP`."
            yield Refusal(path, fault, reason, field=(*_IPS, 0), help=help_)
        yield from _addresses(service, fields)
        yield from _families(fields)
        yield from _policy(fields)


def _external_name(service: Resource, fields: ServiceFields) -> Iterator[Refusal]:
    reason = forbidden("may not be set for ExternalName services")
    fault, group = "is of type ExternalName, which has no {}", of_another_type(fields.type)
    refusal = Refusal((), fault, reason, dropped_with_type=True, help="Remove the field.", group=group)
    for path, field, name in _leftovers(service, fields):
        yield refusal._replace(path=path, field=field, fault=refusal.fault.format(name))


def _leftovers(service: Resource, fields: ServiceFields) -> Iterator[tuple[Path, Path, str]]:
    """Yield the fields that an ExternalName must not have: where one is written, its path in the server's words, and what it is."""
    if fields.cluster_ips and fields.cluster_ips is not UNREAD:
        yield _IPS if service.sequence(*_IPS) else ("spec", "clusterIP"), _IPS, "cluster IPs"
    if fields.ip_families and fields.ip_families is not UNREAD:
        yield ("spec", "ipFamilies"), (), "IP families"
    if isinstance(fields.ip_family_policy, str):
        yield ("spec", "ipFamilyPolicy"), (), "IP family policy"


def _addresses(service: Resource, fields: ServiceFields) -> Iterator[Refusal]:
    if fields.cluster_ip is UNREAD or fields.cluster_ips is UNREAD or UNREAD in fields.cluster_ips:
        return
    written = [one for one in fields.cluster_ips if isinstance(one, str)]
    if written and fields.cluster_ip is None:
        fault, reason = "sets `clusterIPs` without `clusterIP`", invalid(written, "must be empty when `clusterIP` is not specified")
        yield Refusal(_IPS, fault, reason, rests_on_absence=True, help="Set `clusterIP` to the first of `clusterIPs`.")
    elif written and written[0] != fields.cluster_ip:
        fault, label = "has `clusterIP` and `clusterIPs` that differ", f"`clusterIP` is {shown(fields.cluster_ip)}"
        reason = invalid(written, "first value must match `clusterIP`")
        yield Refusal(_IPS, fault, reason, label=label, help="Set `clusterIP` to the first of `clusterIPs`.")
    if written[:1] == [HEADLESS] and len(written) > 1:
        reason = invalid(written, "'None' must be the first and only value")
        yield Refusal(_IPS, "lists 'None' and other cluster IPs", reason, help="Remove 'None', or the others.")
    if len(written) > _TWO:
        reason = invalid(written, "may only hold up to 2 values")
        yield Refusal(_IPS, f"lists {len(written)} cluster IPs", reason, help="List at most one for each IP family.")
    in_list = bool(service.sequence(*_IPS))
    for index, one in enumerate(written):
        if index or one != HEADLESS:
            yield from _address((*_IPS, index) if in_list else ("spec", "clusterIP"), index, one)
    if HEADLESS not in written and all(ips.read_ip(one) for one in written):
        yield from _families_of(written, fields)


def _address(path: Path, index: int, one: str) -> Iterator[Refusal]:
    if rule := ips.broken_ip(one):
        help_ = "For a headless Service write `None`." if one.lower() == "none" else "Write an IPv4 or IPv6 address, or remove the field."
        yield Refusal(path, f"has cluster IP {shown(one)}, which is not valid", invalid(one, rule), field=(*_IPS, index), help=help_)
    elif rule := ips.broken_strict_ip(one):
        yield ips.strict_refusal(path, one, rule, (*_IPS, index))


def _families_of(written: list[str], fields: ServiceFields) -> Iterator[Refusal]:
    families = [ips.family_name(address[0]) for one in written if (address := ips.read_ip(one))]
    if len(families) > 1 and len(set(families)) == 1:
        fault, reason = f"lists two {families[0]} cluster IPs", invalid(written, "may specify no more than one IP for each IP family")
        yield Refusal(_IPS, fault, reason, help="List one for each IP family.")
    if fields.ip_families is UNREAD:
        return
    for index, (family, wanted) in enumerate(zip(families, fields.ip_families, strict=False)):
        if wanted in _FAMILIES and family != wanted:
            path = (*_IPS, index)
            reason = invalid(written[index], f"expected an {wanted} value as indicated by `ipFamilies[{index}]`")
            fault, label = "has cluster IPs and `ipFamilies` that do not match", f"is {family}; `ipFamilies[{index}]` is {wanted}"
            yield Refusal(path, fault, reason, label=label, help="List `ipFamilies` in the order of the cluster IPs.")


def _families(fields: ServiceFields) -> Iterator[Refusal]:
    if fields.ip_families is UNREAD:
        return
    seen: set[str] = set()
    for index, family in enumerate(fields.ip_families):
        path = ("spec", "ipFamilies", index)
        if family is UNREAD:
            continue
        if family not in _FAMILIES:
            yield Refusal(path, f"has IP family {shown(family)}, which is not valid", unsupported(family, _FAMILIES), help=_FAMILY_HELP)
        if family in seen:
            yield Refusal(path, f"lists IP family {shown(family)} twice", duplicate(family), help="List each IP family once.")
        seen.add(family)


def _policy(fields: ServiceFields) -> Iterator[Refusal]:
    policy = fields.ip_family_policy
    if policy is UNREAD:
        return
    path = ("spec", "ipFamilyPolicy")
    if policy is not None and policy not in _POLICIES:
        fault, help_ = f"has `ipFamilyPolicy` {shown(policy)}, which is not valid", f"Write {', '.join(_POLICIES[:-1])} or {_POLICIES[-1]}."
        yield Refusal(path, fault, unsupported(policy, _POLICIES), help=help_)
        return
    if policy is None and not (fields.is_headless is False or fields.has_selector is True):
        return  # headless without selector becomes RequireDualStack
    if policy in (None, "SingleStack"):
        for what, values in (("IP families", fields.ip_families), ("cluster IPs", fields.cluster_ips)):
            if values is not UNREAD and len(values) == _TWO:
                label = "" if policy else "`ipFamilyPolicy` defaults to SingleStack"
                rule = f"must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified"
                reason, help_ = invalid("SingleStack", rule), "Set `ipFamilyPolicy` to PreferDualStack or RequireDualStack."
                yield Refusal(
                    path, f"lists two {what} but is SingleStack", reason, rests_on_absence=policy is None, label=label, help=help_
                )
                return
