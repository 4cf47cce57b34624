"""What Cluster API, networks of Pods, kube-vip and the templates of whole clusters say of addresses.

Sources: kubernetes-sigs/cluster-api 1.11 `api/core/v1beta1`, `v1beta2`; cluster-api-ipam-provider-in-cluster 1.0 `api/v1alpha2`;
metal3-io/ip-address-manager 1.10 `api/v1alpha1`; ionos-cloud/cluster-api-provider-proxmox 0.7 `api/v1alpha1`;
cluster-api-provider-vsphere 1.13 `apis/v1beta1`; tigera/operator 1.38 `api/v1`; projectcalico/api v3 `IPPool`; cilium/cilium 1.18
`install/kubernetes/cilium/values.yaml`, `pkg/k8s/apis/cilium.io/v2alpha1` (`CiliumPodIPPool`); flannel-io/flannel 0.27
`Documentation/configuration.md`; kube-vip 1.0 `pkg/kubevip/config_envvar.go`; onedr0p/cluster-template 2025-02; MicroK8s 1.27 launch
configurations; canonical/k8s-snap 1.33.
"""

import json
from collections.abc import Iterator
from typing import Any

from k8slblint.loading.hosts.kubernetes import of_kubeadm_at
from k8slblint.loading.hosts.values import documents_in, each, elements, mapping, whole, within, word
from k8slblint.model.host_files import Saying, Statement
from k8slblint.model.location import Path

_SPEC: Path = ("spec",)


def of_cluster_api(value: dict[str, Any]) -> Iterator[Statement]:
    """Yield what an object of Cluster API or one of its providers says."""
    spec = mapping(value.get("spec"))
    name = word(within(value, "metadata", "labels", "cluster.x-k8s.io/cluster-name"))
    if value.get("kind") == "Cluster":
        name = word(within(value, "metadata", "name"))
    if name:
        yield Statement("cluster", name, ("metadata",))
    networks: tuple[Saying, ...] = ("pods", "services")  # by the names of the fields, too
    for network in networks:
        at = (*_SPEC, "clusterNetwork", network, "cidrBlocks")
        yield from each(network, within(spec, *at[1:]), at)
    yield from each("vip", within(spec, "controlPlaneEndpoint", "host"), (*_SPEC, "controlPlaneEndpoint", "host"))
    configuration = mapping(within(spec, "kubeadmConfigSpec", "clusterConfiguration"))
    yield from of_kubeadm_at(configuration, (*_SPEC, "kubeadmConfigSpec", "clusterConfiguration"))
    if spec.get("registrationMethod") == "address":
        yield from each("vip", spec.get("registrationAddress"), (*_SPEC, "registrationAddress"))
    yield from _of_provider(value, spec)


def _of_provider(value: dict[str, Any], spec: dict[str, Any]) -> Iterator[Statement]:
    kind = word(value.get("kind"))
    if kind == "ProxmoxCluster":
        for family in ("ipv4Config", "ipv6Config"):
            at = (*_SPEC, family)
            yield from whole("machines", within(spec, family, "addresses"), (*at, "addresses"))
            yield from each("gateway", within(spec, family, "gateway"), (*at, "gateway"))
    if kind in ("InClusterIPPool", "GlobalInClusterIPPool"):
        yield from _of_machine_pool(spec)
    if kind == "IPPool" and "metal3" in word(value.get("apiVersion")):
        yield from _of_metal3(spec)
    devices = ("template", "spec", "network", "devices")
    for device, at in elements(within(spec, *devices), (*_SPEC, *devices)) if kind == "VSphereMachineTemplate" else ():
        yield from each("node", within(device, "ipAddrs"), (*at, "ipAddrs"))
        yield from each("gateway", within(device, "gateway4"), (*at, "gateway4"))


def _of_machine_pool(spec: dict[str, Any]) -> Iterator[Statement]:
    yield from whole("machines", spec.get("addresses"), (*_SPEC, "addresses"))
    if isinstance(spec.get("first"), str) and isinstance(spec.get("last"), str):
        yield Statement("machines", f"{spec['first']}-{spec['last']}", (*_SPEC, "first"))
    yield from each("gateway", spec.get("gateway"), (*_SPEC, "gateway"))


def _of_metal3(spec: dict[str, Any]) -> Iterator[Statement]:
    for pool, at in elements(spec.get("pools"), (*_SPEC, "pools")):
        start, end = word(within(pool, "start")), word(within(pool, "end"))
        if start and end:
            yield Statement("machines", f"{start}-{end}", (*at, "start"))
        yield from each("gateway", within(pool, "gateway"), (*at, "gateway"))
    for name, address in mapping(spec.get("preAllocations")).items():
        yield from each("node", address, (*_SPEC, "preAllocations", name), str(name))


def of_calico(value: dict[str, Any]) -> Iterator[Statement]:
    """Yield what an `Installation` or an `IPPool` of Calico says."""
    at: Path = (*_SPEC, "calicoNetwork", "ipPools")
    for pool, where in elements(within(value, *at), at):
        if _serves_pods(within(pool, "allowedUses")):
            yield from each("pods", within(pool, "cidr"), (*where, "cidr"))
    if value.get("kind") == "IPPool" and _serves_pods(within(value, "spec", "allowedUses")):
        yield from each("pods", within(value, "spec", "cidr"), (*_SPEC, "cidr"))


def _serves_pods(uses: object) -> bool:
    return not isinstance(uses, list) or not uses or "Workload" in uses


def of_cilium(value: dict[str, Any]) -> Iterator[Statement]:
    """Yield what values of the chart of Cilium say, in a file of their own or in the object that deploys it, and a `CiliumPodIPPool`."""
    for at in ((), ("cilium",), ("spec", "values"), ("spec", "source", "helm", "valuesObject")):
        values = mapping(within(value, *at)) if at else value
        yield from _of_cilium_values(values, at)
    for at in (("spec", "valuesContent"), ("spec", "source", "helm", "values")):
        for values in documents_in(within(value, *at)):
            yield from (statement._replace(at=at) for statement in _of_cilium_values(values, at))
    if value.get("kind") == "CiliumPodIPPool":
        for family in ("ipv4", "ipv6"):
            yield from each("pods", within(value, "spec", family, "cidrs"), (*_SPEC, family, "cidrs"))


def _of_cilium_values(values: dict[str, Any], at: Path) -> Iterator[Statement]:
    mode = within(values, "ipam", "mode")
    operator = mapping(within(values, "ipam", "operator"))
    for key, stated in operator.items() if mode in (None, "cluster-pool") else ():
        if str(key).startswith("clusterPoolIPv") and "PodCIDR" in str(key):
            yield from each("pods", stated, (*at, "ipam", "operator", key))
    yield from each("vip", values.get("k8sServiceHost"), (*at, "k8sServiceHost"))


def of_flannel(value: dict[str, Any]) -> Iterator[Statement]:
    """Yield what the ConfigMap of flannel says."""
    try:
        network = json.loads(word(within(value, "data", "net-conf.json")))
    except (ValueError, RecursionError):
        return
    settings = mapping(network)
    at: Path = ("data", "net-conf.json")
    if settings.get("EnableIPv4") is not False:
        yield from each("pods", settings.get("Network"), at)
    if settings.get("EnableIPv6") is True:
        yield from each("pods", settings.get("IPv6Network"), at)


def of_config_maps(value: dict[str, Any]) -> Iterator[Statement]:
    """Yield what the ConfigMaps say in which kubeadm keeps its own configuration and that of kube-proxy."""
    for key in ("ClusterConfiguration", "config.conf"):
        at: Path = ("data", key)
        for inner in documents_in(within(value, *at)):
            yield from (statement._replace(at=at) for statement in of_kubeadm_at(inner, at))


def of_kube_vip(value: dict[str, Any]) -> Iterator[Statement]:
    """Yield the address that kube-vip holds for the API server: of a Pod, a DaemonSet, or values of its chart."""
    for at in (_SPEC, ("spec", "template", "spec")):
        for container, where in elements(within(value, *at, "containers"), (*at, "containers")):
            yield from _of_environment(container, where)
    yield from each("vip", within(value, "config", "address"), ("config", "address"))


def _of_environment(container: object, at: Path) -> Iterator[Statement]:
    for one, where in elements(within(container, "env"), (*at, "env")):
        if within(one, "name") in ("address", "vip_address"):
            yield from each("vip", within(one, "value"), (*where, "value"))


_TEMPLATE: dict[str, Saying] = {
    "node_cidr": "lan",
    "cluster_api_addr": "vip",
    "cluster_pod_cidr": "pods",
    "cluster_svc_cidr": "services",
    "node_default_gateway": "gateway",
    "controller_vip": "vip",
    "pod_network": "pods",
    "service_network": "services",
}


def of_cluster_template(value: dict[str, Any]) -> Iterator[Statement]:
    """Yield what the input of a template of a whole cluster says."""
    for key, says in _TEMPLATE.items():
        yield from each(says, value.get(key), (key,))
    for key in ("nodes", "node_inventory"):
        for node, at in elements(value.get(key), (key,)):
            yield from each("node", within(node, "address"), (*at, "address"), word(within(node, "name")))


def of_microk8s(value: dict[str, Any]) -> Iterator[Statement]:
    """Yield what a launch configuration of MicroK8s, or a bootstrap configuration of Canonical Kubernetes, says."""
    for addon, at in elements(value.get("addons"), ("addons",)):
        if within(addon, "name") == "metallb":
            yield from whole("pool", within(addon, "args"), (*at, "args"))
    yield from each("pods", within(value, "extraKubeProxyArgs", "--cluster-cidr"), ("extraKubeProxyArgs", "--cluster-cidr"))
    yield from each("pods", value.get("pod-cidr"), ("pod-cidr",))
    yield from each("services", value.get("service-cidr"), ("service-cidr",))
    at = ("cluster-config", "load-balancer")
    if within(value, *at, "enabled") is True:
        yield from whole("pool", within(value, *at, "cidrs"), (*at, "cidrs"))
