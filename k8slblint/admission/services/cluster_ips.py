"""Knows what the API server refuses in the cluster IPs and IP families of a Service.

Sources: Kubernetes 1.34 `pkg/apis/core/validation/validation.go` validateService, ValidateServiceClusterIPsRelatedFields;
`pkg/registry/core/service/storage/alloc.go` initIPFamilyFields.
"""

from collections.abc import Iterator

from k8slblint.admission import ips
from k8slblint.admission.reading import HEADLESS, UNREAD, ServiceFields
from k8slblint.admission.refusal import Refusal, duplicate, forbidden, invalid, unsupported
from k8slblint.model.location import Path
from k8slblint.model.resource import Resource

_IPS = ("spec", "clusterIPs")
_FAMILIES = ("IPv4", "IPv6")
_POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")
_TWO = 2


def cluster_ip_refusals(service: Resource, fields: ServiceFields) -> Iterator[Refusal]:
    """Yield what is refused in `clusterIP`, `clusterIPs`, `ipFamilies` and `ipFamilyPolicy`."""
    if fields.type == "ExternalName":
        yield from _external_name(service, fields)
    elif fields.type is not UNREAD:
        if fields.is_headless is True and fields.type in ("LoadBalancer", "NodePort"):
            path = ("spec", "clusterIP") if fields.cluster_ip else _IPS
            reason = invalid(HEADLESS, f"may not be set to 'None' for {fields.type} services")
            message = f"A headless Service (`clusterIP` 'None') cannot be of type {fields.type}."
            yield Refusal(path, message, reason, field=(*_IPS, 0))
        yield from _addresses(service, fields)
        yield from _families(fields)
        yield from _policy(fields)


def _external_name(service: Resource, fields: ServiceFields) -> Iterator[Refusal]:
    reason = forbidden("may not be set for ExternalName services")
    message = "A Service of type ExternalName is a DNS alias and takes no {}."
    if fields.cluster_ips and fields.cluster_ips is not UNREAD:
        path = _IPS if service.sequence(*_IPS) else ("spec", "clusterIP")
        yield Refusal(path, message.format("cluster IPs"), reason, field=_IPS, dropped_with_type=True)
    if fields.ip_families and fields.ip_families is not UNREAD:
        yield Refusal(("spec", "ipFamilies"), message.format("IP families"), reason, dropped_with_type=True)
    if isinstance(fields.ip_family_policy, str):
        yield Refusal(("spec", "ipFamilyPolicy"), message.format("IP family policy"), reason, dropped_with_type=True)


def _addresses(service: Resource, fields: ServiceFields) -> Iterator[Refusal]:
    if fields.cluster_ip is UNREAD or fields.cluster_ips is UNREAD or UNREAD in fields.cluster_ips:
        return
    written = [one for one in fields.cluster_ips if isinstance(one, str)]
    if written and fields.cluster_ip is None:
        message = "`clusterIPs` is set and `clusterIP` is not."
        yield Refusal(_IPS, message, invalid(written, "must be empty when `clusterIP` is not specified"), rests_on_absence=True)
    elif written and written[0] != fields.cluster_ip:
        message = f"`clusterIPs` starts with '{written[0]}' and `clusterIP` is '{fields.cluster_ip}'."
        yield Refusal(_IPS, message, invalid(written, "first value must match `clusterIP`"))
    if written[:1] == [HEADLESS] and len(written) > 1:
        yield Refusal(_IPS, "'None' stands beside other cluster IPs.", invalid(written, "'None' must be the first and only value"))
    if len(written) > _TWO:
        yield Refusal(_IPS, f"{len(written)} cluster IPs are listed.", invalid(written, "may only hold up to 2 values"))
    in_list = bool(service.sequence(*_IPS))
    for index, one in enumerate(written):
        if index or one != HEADLESS:
            yield from _address((*_IPS, index) if in_list else ("spec", "clusterIP"), index, one)
    if HEADLESS not in written and all(ips.read_ip(one) for one in written):
        yield from _families_of(written, fields)


def _address(path: Path, index: int, one: str) -> Iterator[Refusal]:
    if rule := ips.broken_ip(one):
        hint = " Headless is written 'None', with a capital." if one.lower() == "none" else ""
        yield Refusal(path, f"'{one}' is no IP address.{hint}", invalid(one, rule), field=(*_IPS, index))
    elif rule := ips.broken_strict_ip(one):
        yield ips.strict_refusal(path, one, rule, (*_IPS, index))


def _families_of(written: list[str], fields: ServiceFields) -> Iterator[Refusal]:
    families = [ips.family_name(address[0]) for one in written if (address := ips.read_ip(one))]
    if len(families) > 1 and len(set(families)) == 1:
        message = f"All cluster IPs are of family {families[0]}."
        yield Refusal(_IPS, message, invalid(written, "may specify no more than one IP for each IP family"))
    if fields.ip_families is UNREAD:
        return
    for index, (family, wanted) in enumerate(zip(families, fields.ip_families, strict=False)):
        if wanted in _FAMILIES and family != wanted:
            path = (*_IPS, index)
            message = f"Cluster IP '{written[index]}' is {family}, and `ipFamilies` asks for {wanted} at its place."
            yield Refusal(path, message, invalid(written[index], f"expected an {wanted} value as indicated by `ipFamilies[{index}]`"))


def _families(fields: ServiceFields) -> Iterator[Refusal]:
    if fields.ip_families is UNREAD:
        return
    seen: set[str] = set()
    for index, family in enumerate(fields.ip_families):
        path = ("spec", "ipFamilies", index)
        if family is UNREAD:
            continue
        if family not in _FAMILIES:
            yield Refusal(path, f"'{family}' is no IP family; case matters.", unsupported(family, _FAMILIES))
        if family in seen:
            yield Refusal(path, f"{family} is listed twice.", duplicate(family))
        seen.add(family)


def _policy(fields: ServiceFields) -> Iterator[Refusal]:
    policy = fields.ip_family_policy
    if policy is UNREAD:
        return
    path = ("spec", "ipFamilyPolicy")
    if policy is not None and policy not in _POLICIES:
        yield Refusal(path, f"'{policy}' is no policy for IP families.", unsupported(policy, _POLICIES))
        return
    if policy is None and not (fields.is_headless is False or fields.has_selector is True):
        return  # headless without selector becomes RequireDualStack
    if policy in (None, "SingleStack"):
        for what, values in (("IP families", fields.ip_families), ("cluster IPs", fields.cluster_ips)):
            if values is not UNREAD and len(values) == _TWO:
                said = "`ipFamilyPolicy` is SingleStack" if policy else "`ipFamilyPolicy` is not set and so becomes SingleStack"
                rule = f"must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified"
                message = f"Two {what} are asked for, and {said}."
                yield Refusal(path, message, invalid("SingleStack", rule), rests_on_absence=policy is None)
                return
