"""What programs on the nodes of a cluster do with addresses of load balancers, as far as files state it: kube-proxy and ServiceLB of k3s.

Sources: Kubernetes 1.37 pkg/proxy/ipvs (`strictARP` sets `arp_ignore` and `arp_announce`; without it each node answers ARP for the
addresses that kube-proxy binds to `kube-ipvs0`); metallb/metallb 7938d3f8 website/content/installation/_index.md, configuration/k3s.md;
k3s 1.34 pkg/cloudprovider/servicelb.go (on unless `servicelb` is disabled; RKE2 has it off).
"""

from k8slblint.graph.graph import ResourceGraph
from k8slblint.model.scope import Scope
from k8slblint.traffic.addresses.hosts import Setting, settings_of


def lenient_ipvs(graph: ResourceGraph, scope: Scope) -> Setting | None:
    """Return the setting by which kube-proxy runs in mode `ipvs` without strict ARP, None where no file states it, or one the other."""
    settings = settings_of(graph, scope)
    modes = [one for one in settings if one.says == "kube-proxy-mode"]
    strict = [one.text for one in settings if one.says == "strict-arp"]
    if not modes or any(one.text != "ipvs" for one in modes) or "true" in strict:
        return None
    return modes[0]


def service_lb(graph: ResourceGraph, scope: Scope) -> Setting | None:
    """Return the setting by which ServiceLB of k3s runs, by default too; None where a file switches it off or none is of a server."""
    found = [one for one in settings_of(graph, scope) if one.says == "servicelb" and "rke2" not in one.resource.path.lower()]
    return found[0] if found and all(one.text == "on" for one in found) else None
