"""What configuration of Talos says of addresses: machine configurations, documents, and the files of talhelper, Omni and TOPF.

Sources: siderolabs/talos 1.11 `pkg/machinery/config/types/v1alpha1/v1alpha1_types.go`, 1.12 `types/network/` (documents with a `kind`,
whose `name` is the address in `Layer2VIPConfig`), 1.14 `KubeNetworkConfig`; budimanjojo/talhelper 3.0 `pkg/config/config.go`;
siderolabs/omni 1.2 `client/pkg/template/internal/models`; postfinance/topf `pkg/config`.
"""

from collections.abc import Iterator
from typing import Any

from k8slblint.loading.hosts.kubernetes import flags_of_talos
from k8slblint.loading.hosts.values import documents_in, each, elements, host_of, mapping, within, word
from k8slblint.model.host_files import ServerFlag, Statement
from k8slblint.model.location import Path

_INTERFACES = ("machine", "network", "interfaces")
_VIP_DOCUMENTS = ("Layer2VIPConfig", "HCloudVIPConfig")


def of_machine_config(value: dict[str, Any]) -> Iterator[Statement]:
    """Yield what a machine configuration or a patch of one says."""
    return of_machine_config_at(value, ())


def of_machine_config_at(value: dict[str, Any], at: Path, of: str = "") -> Iterator[Statement]:
    """Yield the same for one within another file; `of` is the name of the machine, if that is known."""
    name = of or word(within(value, "machine", "network", "hostname"))
    yield from _of_interfaces(within(value, *_INTERFACES), (*at, *_INTERFACES), name)
    yield from _of_cluster(mapping(value.get("cluster")), (*at, "cluster"))


def _of_cluster(cluster: dict[str, Any], at: Path) -> Iterator[Statement]:
    yield from each("vip", host_of(within(cluster, "controlPlane", "endpoint")), (*at, "controlPlane", "endpoint"))
    yield from each("pods", within(cluster, "network", "podSubnets"), (*at, "network", "podSubnets"))
    yield from each("services", within(cluster, "network", "serviceSubnets"), (*at, "network", "serviceSubnets"))
    if "network" not in cluster and within(cluster, "controlPlane", "endpoint") and "clusterName" in cluster:
        yield Statement("pods", "10.244.0.0/16", (*at, "clusterName"), is_default=True)
        yield Statement("services", "10.96.0.0/12", (*at, "clusterName"), is_default=True)
    proxy = mapping(cluster.get("proxy"))
    if proxy.get("disabled") is not True and "mode" in proxy:
        yield Statement("kube-proxy-mode", word(proxy.get("mode")), (*at, "proxy", "mode"))
        arguments = mapping(proxy.get("extraArgs"))
        yield Statement("strict-arp", word(arguments.get("ipvs-strict-arp")), (*at, "proxy", "extraArgs"))
    if isinstance(cluster.get("clusterName"), str):
        yield Statement("cluster", cluster["clusterName"], (*at, "clusterName"))


def _of_interfaces(interfaces: object, at: Path, of: str) -> Iterator[Statement]:
    for interface, where in elements(interfaces, at):
        yield from _of_interface(interface, where, of)
        for vlan, inner in elements(within(interface, "vlans"), (*where, "vlans")):
            yield from _of_interface(vlan, inner, of)


def _of_interface(interface: object, at: Path, of: str) -> Iterator[Statement]:
    for field in ("addresses", "cidr"):
        stated = within(interface, field)
        yield from each("node", stated, (*at, field), of)
        yield from each("lan", stated, (*at, field))
    yield from each("vip", within(interface, "vip", "ip"), (*at, "vip", "ip"))
    yield from _gateways(within(interface, "routes"), (*at, "routes"))


def _gateways(routes: object, at: Path) -> Iterator[Statement]:
    for route, where in elements(routes, at):
        yield from each("gateway", within(route, "gateway"), (*where, "gateway"))


def of_document(value: dict[str, Any]) -> Iterator[Statement]:
    """Yield what one of the documents of Talos 1.12 and later says."""
    if value.get("kind") in _VIP_DOCUMENTS:
        yield from each("vip", value.get("name"), ("name",))
    for one, where in elements(value.get("addresses"), ("addresses",)):
        yield from each("node", within(one, "address"), (*where, "address"))
        yield from each("lan", within(one, "address"), (*where, "address"))
    yield from _gateways(value.get("routes"), ("routes",))
    yield from each("pods", value.get("podSubnets"), ("podSubnets",))
    yield from each("services", value.get("serviceSubnets"), ("serviceSubnets",))
    yield from each("vip", host_of(value.get("endpoint")), ("endpoint",))
    if isinstance(value.get("clusterName"), str):
        yield Statement("cluster", value["clusterName"], ("clusterName",))
    if value.get("kind") == "KubeProxyConfig" and "mode" in value:
        yield Statement("kube-proxy-mode", word(value.get("mode")), ("mode",))


def of_node_list(value: dict[str, Any]) -> Iterator[Statement]:
    """Yield what a `talconfig.yaml` of talhelper or a `topf.yaml` says."""
    if isinstance(value.get("clusterName"), str):
        yield Statement("cluster", value["clusterName"], ("clusterName",))
    for key in ("endpoint", "clusterEndpoint"):
        yield from each("vip", host_of(value.get(key)), (key,))
    yield from each("pods", value.get("clusterPodNets"), ("clusterPodNets",))
    yield from each("services", value.get("clusterSvcNets"), ("clusterSvcNets",))
    for node, where in elements(value.get("nodes"), ("nodes",)):
        name = word(within(node, "hostname")) or word(within(node, "host"))
        for key in ("ipAddress", "ip"):
            yield from each("node", within(node, key), (*where, key), name)
        yield from _of_interfaces(within(node, "networkInterfaces"), (*where, "networkInterfaces"), name)
        yield from _of_patches(within(node, "patches"), (*where, "patches"), name)
    for role in ("controlPlane", "worker"):
        yield from _of_interfaces(within(value, role, "networkInterfaces"), (role, "networkInterfaces"), "")
        yield from _of_patches(within(value, role, "patches"), (role, "patches"))
    yield from _of_patches(value.get("patches"), ("patches",))


def of_omni(value: dict[str, Any]) -> Iterator[Statement]:
    """Yield what one of the documents of a cluster template of Omni says."""
    if value.get("kind") == "Cluster" and isinstance(value.get("name"), str):
        yield Statement("cluster", value["name"], ("name",))
    for patch, where in elements(value.get("patches"), ("patches",)):
        inline = within(patch, "inline")
        if isinstance(inline, dict):
            yield from of_machine_config_at(inline, (*where, "inline"))


def _of_patches(patches: object, at: Path, of: str = "") -> Iterator[Statement]:
    """Yield what patches say that are texts; those in files of their own are read there."""
    for text, where in elements(patches, at):
        for patch in documents_in(text):
            yield from (statement._replace(at=where) for statement in of_machine_config_at(patch, where, of))


def flags_of_node_list(value: dict[str, Any]) -> Iterator[ServerFlag]:
    """Yield the flags of kube-apiserver in the patches of a `talconfig.yaml` or a `topf.yaml`, whatever nodes they are for."""
    places: list[tuple[object, Path]] = [(value.get("patches"), ("patches",))]
    places += [(within(value, role, "patches"), (role, "patches")) for role in ("controlPlane", "worker")]
    places += [(within(node, "patches"), (*where, "patches")) for node, where in elements(value.get("nodes"), ("nodes",))]
    for patches, at in places:
        for text, where in elements(patches, at):
            for patch in [text] if isinstance(text, dict) else documents_in(text):
                yield from (flag._replace(at=where) for flag in flags_of_talos(patch))


def flags_of_omni(value: dict[str, Any]) -> Iterator[ServerFlag]:
    """Yield the flags of kube-apiserver in the patches of one of the documents of a cluster template of Omni."""
    for patch, where in elements(value.get("patches"), ("patches",)):
        inline = within(patch, "inline")
        if isinstance(inline, dict):
            yield from (flag._replace(at=(*where, "inline", *flag.at)) for flag in flags_of_talos(inline))
