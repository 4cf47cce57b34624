"""Detects Services that claim addresses with `spec.externalIPs`."""

from collections.abc import Iterator, Sequence

from k8slblint.addresses import contains, parse_stated
from k8slblint.catalog import external_ips
from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.placeholders import is_to_be_filled
from k8slblint.model.resource import HELM_VALUES, Resource
from k8slblint.model.rule import Problem, RelatedPlace, Undecided
from k8slblint.model.texts import listed, middle, quoted
from k8slblint.traffic.addresses.nodes import NodeAddress, node_addresses

_FIELD = ("spec", "externalIPs")


def check(service: Resource, graph: ResourceGraph, *, allowed_addresses: Sequence[str]) -> Iterator[Problem | Undecided]:
    """Yield a problem at `spec.externalIPs` where it claims an address that is not allowed.

    An error where the cluster refuses the field or no longer serves it; where nothing reads it, that is what is said.
    """
    if service.api_version != "v1" and service.kind != HELM_VALUES:
        return
    written = service.sequence(*_FIELD)
    addresses = [text for text in written if isinstance(text, str) and text and not is_to_be_filled(text)]
    claimed = [text for text in addresses if not _is_allowed(text, allowed_addresses)]
    if claimed:
        yield _problem(service, claimed, graph)
    elif len(addresses) < len(written):
        yield Undecided(_FIELD, f"the addresses of {service.id} contain a placeholder")


def _is_allowed(text: str, allowed_addresses: Sequence[str]) -> bool:
    claimed = parse_stated(text)
    allowed = (parse_stated(one) for one in allowed_addresses)
    return claimed is not None and any(interval is not None and contains(interval, claimed) for interval in allowed)


def _problem(service: Resource, claimed: Sequence[str], graph: ResourceGraph) -> Problem:
    scope = graph.scope(service)
    unread = _why_unread(service)
    if unread:
        return Problem(_FIELD, f"{service.id} claims external IPs that have no effect", "", f"{unread}.", "Remove the field.", at="key")
    taken = _address_of_node(claimed, graph, service)
    if taken is not None:
        return _of_node(service, taken)
    headline = f"{service.id} claims {listed([quoted(text) for text in claimed], most=2)} as external IPs"
    refusal = external_ips.refusal_on(scope.platform)
    if refusal:
        why = f"{refusal.name} clusters created with {refusal.since} or later refuse the Service unless created with `{refusal.unless}`."
        return _graver(headline, why, service)
    off_since = external_ips.plan().off_since
    if _minor(scope.kubernetes_version) >= off_since:
        return _graver(
            headline, f"kube-proxy does not serve them from Kubernetes 1.{off_since} on (KEP-5707): no traffic arrives.", service
        )
    return Problem(
        _FIELD, headline, f"deprecated since Kubernetes 1.{external_ips.plan().deprecated_since}", _risk(), _way_out(service), at="key"
    )


def _address_of_node(claimed: Sequence[str], graph: ResourceGraph, service: Resource) -> NodeAddress | None:
    """Return the first address of a Node object of the cluster that is among those claimed."""
    wanted = [interval for interval in map(parse_stated, claimed) if interval is not None]
    known = node_addresses(graph, graph.scope(service))
    return next((node for node in known if node.node and any(contains(one, node.interval) for one in wanted)), None)


def _of_node(service: Resource, taken: NodeAddress) -> Problem:
    """Return the problem of an address that a node has: kube-proxy takes it on all nodes, for this node too.

    Source: Kubernetes 1.37 pkg/proxy/ipvs/proxier.go (`syncProxyRules` binds the `externalIPs` of Services to `kube-ipvs0`).
    """
    node = middle(taken.node, _LONGEST_NODE)
    return Problem(
        _FIELD,
        f"{service.id} claims an address of node {node}",
        f"{quoted(taken.text)} is an address of node {node}",
        "kube-proxy takes the address on every node: in mode ipvs other nodes answer for it themselves, so that the node cannot be "
        "reached and becomes NotReady; in other modes the node loses the port.",
        f"Remove the address. {_way_out(service)}",
        at="key",
        related=(RelatedPlace(taken.resource, taken.path, f"This is an address of node {node}."),) if taken.resource is not None else (),
        confidence=taken.confidence,
    )


_LONGEST_NODE = 20


def _graver(headline: str, why: str, service: Resource) -> Problem:
    return Problem(_FIELD, headline, why=why, help=_way_out(service), at="key", severity="error", confidence="medium")


def _risk() -> str:
    return (
        "The cluster does not check them: anyone who may write Services can take over traffic to any address (CVE-2020-8554). "
        f"kube-proxy is planned to stop serving them in 1.{external_ips.plan().off_since} (KEP-5707)."
    )


def _why_unread(service: Resource) -> str | None:
    if service.get("spec", "type") == "ExternalName":
        return "A Service of type ExternalName is only a DNS alias"
    if service.get("spec", "clusterIP") == "None":
        return "kube-proxy does not serve a headless Service"
    return None


def _way_out(service: Resource) -> str:
    if service.get("spec", "type") == "LoadBalancer":
        return "Let the load balancer implementation assign the address (MetalLB, kube-vip, Cilium LB IPAM, or the cloud)."
    return "Use `type: LoadBalancer` with MetalLB, kube-vip or Cilium LB IPAM, which assign the address, or use an Ingress."


def _minor(version: str | None) -> int:
    minor = (version or "").partition(".")[2].partition(".")[0]
    return int(minor) if minor.isdigit() else 0
