"""Detects Services that claim addresses with `spec.externalIPs`."""

from collections.abc import Iterator, Sequence

from k8slblint.addresses import contains, parse_stated
from k8slblint.catalog import external_ips
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.placeholders import has_placeholder
from k8slblint.model.resource import Resource
from k8slblint.model.rule import Problem, Undecided

_FIELD = ("spec", "externalIPs")

_LISTED = 4


def check(service: Resource, graph: ResourceGraph, *, allowed_addresses: Sequence[str]) -> Iterator[Problem | Undecided]:
    """Yield a problem at `spec.externalIPs` where it claims an address that is not allowed.

    An error where the cluster refuses the field or no longer serves it; where nothing reads it, that is what is said.
    """
    if service.api_version != "v1":
        return
    written = service.sequence(*_FIELD)
    addresses = [text for text in written if isinstance(text, str) and text and not has_placeholder(text)]
    claimed = [text for text in addresses if not _is_allowed(text, allowed_addresses)]
    if claimed:
        yield _problem(service, claimed, graph)
    elif len(addresses) < len(written):
        yield Undecided(_FIELD, f"the addresses of {service.id} hold a placeholder")


def _is_allowed(text: str, allowed_addresses: Sequence[str]) -> bool:
    claimed = parse_stated(text)
    allowed = (parse_stated(one) for one in allowed_addresses)
    return claimed is not None and any(interval is not None and contains(interval, claimed) for interval in allowed)


def _problem(service: Resource, claimed: Sequence[str], graph: ResourceGraph) -> Problem:
    scope = graph.scope(service)
    listed = ", ".join(f"'{text}'" for text in claimed[:_LISTED]) + (
        f" and {len(claimed) - _LISTED} more" if len(claimed) > _LISTED else ""
    )
    what = f"Service '{service.namespace}/{service.name}' claims {listed} with `spec.externalIPs`"
    unread = _why_unread(service)
    if unread:
        return Problem(_FIELD, f"{what}, which does nothing: {unread}. Remove the field.", at="key")
    refusal = external_ips.refusal_on(scope.platform)
    if refusal:
        refused = f"clusters created with {refusal.name} {refusal.since} or later refuse unless they were made with `{refusal.unless}`"
        return _graver(f"{what}, which {refused}: the Service is not created. {_way_out(service)}")
    off_since = external_ips.plan().off_since
    if _minor(scope.kubernetes_version) >= off_since:
        unserved = f"which kube-proxy does not serve from Kubernetes 1.{off_since} on, as planned (KEP-5707): no traffic arrives there"
        return _graver(f"{what}, {unserved}. {_way_out(service)}")
    return Problem(_FIELD, f"{what}, {_risk()}. {_way_out(service)}", at="key")


def _graver(message: str) -> Problem:
    return Problem(_FIELD, message, at="key", severity="error", confidence="medium")


def _risk() -> str:
    plan = external_ips.plan()
    return (
        f"deprecated since Kubernetes 1.{plan.deprecated_since}; the plan is that kube-proxy stops serving it by default in "
        f"1.{plan.off_since} (KEP-5707). Nothing checks such an address: whoever may write Services takes over the traffic of the "
        "cluster to it (CVE-2020-8554)"
    )


def _why_unread(service: Resource) -> str | None:
    if service.get("spec", "type") == "ExternalName":
        return "a Service of type ExternalName is only an alias in DNS"
    if service.get("spec", "clusterIP") == "None":
        return "no proxy serves a headless Service"
    return None


def _way_out(service: Resource) -> str:
    if service.get("spec", "type") == "LoadBalancer":
        return "Let the load balancer implementation assign the address (MetalLB, kube-vip, Cilium LB IPAM, a cloud)."
    return "Use type LoadBalancer with an implementation that assigns the address (MetalLB, kube-vip, Cilium LB IPAM), or an Ingress."


def _minor(version: str | None) -> int:
    minor = (version or "").partition(".")[2].partition(".")[0]
    return int(minor) if minor.isdigit() else 0
