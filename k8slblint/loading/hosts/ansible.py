"""What Ansible says of addresses: inventories in YAML and INI, and the variables of kubespray, k3s-ansible and roles for RKE2 and k3s.

Which hosts are machines of a cluster is told by their groups. An address is the first of `ip` (kubespray: what kubelet and etcd bind),
`access_ip`, `node_ip` and `ansible_host` that is one, else the host's own name.

Sources: kubernetes-sigs/kubespray 2.28 `inventory/sample`, `roles/kubespray_defaults`, `docs/ansible/inventory.md`;
timothystewart6/k3s-ansible `inventory/sample/group_vars/all.yml`; PyratLabs/ansible-role-k3s 3.5 `README.md`;
lablabs/ansible-role-rke2 1.38 `defaults/main.yml`; rancherfederal/rke2-ansible 2.0 `docs/`; ansible 2.19 `plugins/inventory/{ini,yaml}.py`.
"""

import re
from collections.abc import Iterator
from typing import Any

from k8slblint.loading.hosts.kubernetes import of_k3s_at
from k8slblint.loading.hosts.values import documents_in, each, host_of, mapping, whole, within, word
from k8slblint.model.host_files import Saying, Statement
from k8slblint.model.location import Path
from k8slblint.model.patterns import pattern

_CLUSTER_GROUP = pattern(
    r"k3s_?(?:cluster|master|worker|servers?|agents?|nodes?)?|servers?|agents?|masters?|nodes?|workers?|control[-_]?planes?|controllers?"
    r"|kube[-_](?:control[-_]plane|master|node)|etcd|k8s[-_]cluster|k8s[-_]?(?:masters?|nodes?|workers?)?|rke2[-_]?(?:servers|agents|cluster)?"
    r"|kubernetes|metal",
    re.IGNORECASE,
)
_ADDRESS_VARIABLES = ("ip", "access_ip", "node_ip", "k3s_node_ip", "rke2_bind_address")
_EXTERNAL_VARIABLES = ("ansible_host", "ansible_ssh_host")
_LEVELS = 20
"""Of groups within groups that are followed."""


def of_inventory(value: dict[str, Any]) -> Iterator[Statement]:
    """Yield the addresses of the machines of a cluster in an inventory that is YAML, and what its variables say."""
    for name, group in value.items():
        yield from _of_group(str(name), group, (name,), inherited=False, level=0)


def _of_group(name: str, group: object, at: Path, *, inherited: bool, level: int) -> Iterator[Statement]:
    if not isinstance(group, dict) or level > _LEVELS:
        return
    is_meant = inherited or _CLUSTER_GROUP.fullmatch(name) is not None
    hosts = mapping(group.get("hosts"))
    for host, variables in hosts.items() if is_meant else ():
        yield from of_host(str(host), mapping(variables), (*at, "hosts", host))
    variables = mapping(group.get("vars"))
    yield from (statement._replace(at=(*at, "vars", *statement.at)) for statement in of_variables(variables))
    for child, inner in mapping(group.get("children")).items():
        yield from _of_group(str(child), inner, (*at, "children", child), inherited=is_meant, level=level + 1)


def is_cluster_group(name: str) -> bool:
    """Tell whether the hosts of a group are machines of a cluster."""
    return _CLUSTER_GROUP.fullmatch(name) is not None


def of_host(name: str, variables: dict[str, Any], at: Path) -> Iterator[Statement]:
    """Yield the addresses of one machine; that by which Ansible reaches it is `node-external` where another is stated."""
    own = next((key for key in _ADDRESS_VARIABLES if word(variables.get(key))), None)
    if own is not None:
        yield from each("node", variables[own], (*at, own), name)
    external = next((key for key in _EXTERNAL_VARIABLES if word(variables.get(key))), None)
    if external is not None:
        yield from each("node-external", variables[external], (*at, external), name)
    if own is None and external is None:
        yield Statement("node-external", name, at, name)


_NETWORKS: dict[str, Saying] = {
    "kube_service_addresses": "services",
    "kube_pods_subnet": "pods",
    "calico_pool_cidr": "pods",
    "cilium_pool_cidr": "pods",
    "rke2_cluster_cidr": "pods",
    "rke2_service_cidr": "services",
    "apiserver_endpoint": "vip",
    "k3s_registration_address": "vip",
    "kubevip_address": "vip",
    "control_plane_endpoint": "vip",
    "keepalived_vip": "vip",
    "keepalived_vip_ip": "vip",
    "keepalived_vip_address": "vip",
    "kube_proxy_mode": "kube-proxy-mode",
}
_OF_SECOND_FAMILY: dict[str, Saying] = {"kube_service_addresses_ipv6": "services", "kube_pods_subnet_ipv6": "pods"}
_POOLS = ("metal_lb_ip_range", "kube_vip_lb_ip_range", "metallb_ip_range", "load_balancer_ip_pool")
_K3S_SETTINGS = (
    "k3s_server",
    "k3s_agent",
    "k3s_server_config",
    "cluster_rke2_config",
    "group_rke2_config",
    "host_rke2_config",
    "rke2_config",
)

NAMES = tuple(
    sorted(
        {
            *_NETWORKS,
            *_POOLS,
            *_K3S_SETTINGS,
            *("loadbalancer_apiserver", "kube_vip_address", "metallb_config", "rke2_api_ip", "rke2_loadbalancer_ip_range"),
            *("cilium_bgp_lb_cidr", "kube_apiserver_node_port_range", "extra_server_args", "server_config_yaml"),
        }
    )
)
"""The variables that tell a file of variables; each is read by one program and no other."""


def of_variables(value: dict[str, Any]) -> Iterator[Statement]:
    """Yield what variables of a group or of a playbook say."""
    for key, says in _NETWORKS.items():
        yield from each(says, value.get(key), (key,))
    if value.get("enable_dual_stack_networks") is True or value.get("ipv6_stack") is True:
        for key, says in _OF_SECOND_FAMILY.items():
            yield from each(says, value.get(key), (key,))
    if "kube_proxy_strict_arp" in value:
        yield Statement("strict-arp", word(value["kube_proxy_strict_arp"]), ("kube_proxy_strict_arp",))
    yield from _vips(value)
    yield from _pools(value)
    yield from _of_k3s_roles(value)


def _vips(value: dict[str, Any]) -> Iterator[Statement]:
    yield from each("vip", within(value, "loadbalancer_apiserver", "address"), ("loadbalancer_apiserver", "address"))
    if value.get("kube_vip_enabled") is True:
        yield from each("vip", value.get("kube_vip_address"), ("kube_vip_address",))
    if value.get("rke2_ha_mode") is True:
        yield from each("vip", value.get("rke2_api_ip"), ("rke2_api_ip",))


def _pools(value: dict[str, Any]) -> Iterator[Statement]:
    for key in _POOLS:
        yield from whole("pool", value.get(key), (key,))
    if value.get("cilium_bgp") is True:
        yield from whole("pool", value.get("cilium_bgp_lb_cidr"), ("cilium_bgp_lb_cidr",))
    for name, text in mapping(value.get("rke2_loadbalancer_ip_range")).items():
        yield from whole("pool", text, ("rke2_loadbalancer_ip_range", name))
    if value.get("metallb_enabled") is True:
        for name, pool in mapping(within(value, "metallb_config", "address_pools")).items():
            yield from whole("pool", within(pool, "ip_range"), ("metallb_config", "address_pools", name, "ip_range"))


def _of_k3s_roles(value: dict[str, Any]) -> Iterator[Statement]:
    for key in _K3S_SETTINGS:
        yield from of_k3s_at(mapping(value.get(key)), (key,))
    for inner in documents_in(value.get("server_config_yaml")):
        yield from (statement._replace(at=("server_config_yaml",)) for statement in of_k3s_at(inner, ()))
    if re.search(r"--disable[ =][\"']?(?:[a-z-]+,)*servicelb\b", word(value.get("extra_server_args"))):
        yield Statement("servicelb", "off", ("extra_server_args",))
    if word(value.get("calico_iface")) or word(value.get("cilium_iface")):
        yield from each("pods", value.get("cluster_cidr"), ("cluster_cidr",))
    yield from each("vip", host_of(value.get("api_endpoint")), ("api_endpoint",))
