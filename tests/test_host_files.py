"""What each program that sets up clusters says of addresses: a document of each format, and what must not be read."""

from pathlib import Path

import pytest

from k8slblint import documents
from k8slblint.loading.hosts.reading import MOST_FILES, host_files, may_set_up_machines
from k8slblint.loading.hosts.values import MOST
from k8slblint.model.host_files import HostFile
from k8slblint.model.loaded import SourceFile
from k8slblint.model.node import smallest_span


def read(text: str, path: str = "site.yaml") -> tuple[HostFile, ...]:
    return host_files([SourceFile(path, text.encode)])


def said(text: str, path: str = "site.yaml") -> list[tuple[str, str]]:
    return [(one.says, one.text) for file in read(text, path) for one in file.statements if not one.is_default]


FORMATS = {
    "kubeadm, a node and networks": (
        (
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nlocalAPIEndpoint: {advertiseAddress: 10.8.1.11}\n"
            "nodeRegistration: {kubeletExtraArgs: [{name: node-ip, value: '10.8.1.11,fd08::11'}]}\n---\n"
            "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\ncontrolPlaneEndpoint: '[fd08::5]:6443'\n"
            "networking: {podSubnet: 'fd00:a::/56,10.200.0.0/16', serviceSubnet: 10.201.0.0/16}\n"
        ),
        [
            ("node", "10.8.1.11"),
            ("node", "10.8.1.11"),
            ("node", "fd08::11"),
            ("pods", "fd00:a::/56"),
            ("pods", "10.200.0.0/16"),
            ("services", "10.201.0.0/16"),
            ("vip", "fd08::5"),
        ],
    ),
    "kubeadm, flags as a mapping": (
        (
            "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nnetworking: {serviceSubnet: 10.9.0.0/16}\n"
            "controllerManager: {extraArgs: {cluster-cidr: 10.7.0.0/16}}\n"
        ),
        [("services", "10.9.0.0/16"), ("pods", "10.7.0.0/16")],
    ),
    "kubeadm, a machine that joins": (
        (
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\ndiscovery: {bootstrapToken: {"
            "apiServerEndpoint: '10.8.1.5:6443'}}\n"
            "controlPlane: {localAPIEndpoint: {advertiseAddress: 10.8.1.12}}\n"
        ),
        [("node", "10.8.1.12"), ("vip", "10.8.1.5")],
    ),
    "kube-proxy": (
        (
            "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: 10.7.0.0/16\nmode: ipvs\n"
            "ipvs: {strictARP: true}\n"
        ),
        [("pods", "10.7.0.0/16"), ("kube-proxy-mode", "ipvs"), ("strict-arp", "true")],
    ),
    "a ConfigMap of kubeadm": (
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kubeadm-config}\ndata:\n  ClusterConfiguration: |\n"
            "    kind: ClusterConfiguration\n    networking:\n      podSubnet: 10.6.0.0/16\n      serviceSubnet: 10.5.0.0/16\n"
        ),
        [("pods", "10.6.0.0/16"), ("services", "10.5.0.0/16")],
    ),
    "k3s, lists and a flag of k3s itself": (
        (
            "cluster-init: true\nnode-ip: [10.8.2.11, 'fd08:2::11']\ncluster-cidr: [10.52.0.0/16]\nservice-cidr: 10.53.0.0/16\n"
            "disable: [servicelb, traefik]\nkube-proxy-arg: [proxy-mode=ipvs, ipvs-strict-arp=true]\n"
        ),
        [
            ("node", "10.8.2.11"),
            ("node", "fd08:2::11"),
            ("pods", "10.52.0.0/16"),
            ("services", "10.53.0.0/16"),
            ("servicelb", "off"),
            ("kube-proxy-mode", "ipvs"),
            ("strict-arp", "true"),
        ],
    ),
    "RKE2, an agent": ("server: https://10.8.3.9:9345\nnode-ip: 10.8.3.12\n", [("node", "10.8.3.12"), ("vip", "10.8.3.9")]),
    "k3s, one text with commas": (
        "tls-san: [k.example]\ncluster-cidr: 10.42.0.0/16,fd42::/56\ndisable: servicelb,traefik\nservice-cidr+: [10.44.0.0/16]\n",
        [("pods", "10.42.0.0/16"), ("pods", "fd42::/56"), ("services", "10.44.0.0/16"), ("servicelb", "off")],
    ),
    "RKE": (
        (
            "nodes:\n- {address: 203.0.113.7, internal_address: 10.8.4.7, hostname_override: a}\nservices:\n  kube-api: {}\n"
            "  kube-controller: {cluster_cidr: 10.45.0.0/16, service_cluster_ip_range: 10.46.0.0/16}\n"
        ),
        [("node", "10.8.4.7"), ("pods", "10.45.0.0/16"), ("services", "10.46.0.0/16")],
    ),
    "an inventory in YAML": (
        (
            "k3s_cluster:\n  children:\n    server:\n      hosts:\n        10.8.5.38:\n    agent:\n      hosts:\n"
            "        w1: {ansible_host: 10.8.5.41}\n        w2: {ip: 10.8.5.42, ansible_host: 203.0.113.42}\n"
            "storage:\n  hosts:\n    nas: {ansible_host: 10.8.5.3}\n"
        ),
        [("node-external", "10.8.5.38"), ("node-external", "10.8.5.41"), ("node", "10.8.5.42"), ("node-external", "203.0.113.42")],
    ),
    "variables of kubespray": (
        (
            "kube_service_addresses: 10.233.0.0/18\nkube_pods_subnet: 10.233.64.0/18\nkube_pods_subnet_ipv6: fd85::/112\n"
            "kube_proxy_mode: ipvs\nkube_proxy_strict_arp: true\nloadbalancer_apiserver: {address: 10.8.6.9, port: 8383}\n"
            "metallb_enabled: true\nmetallb_config:\n  address_pools:\n    main: {ip_range: [10.8.6.128/26, 10.8.6.200-10.8.6.210]}\n"
        ),
        [
            ("services", "10.233.0.0/18"),
            ("pods", "10.233.64.0/18"),
            ("kube-proxy-mode", "ipvs"),
            ("strict-arp", "true"),
            ("vip", "10.8.6.9"),
            ("pool", "10.8.6.128/26"),
            ("pool", "10.8.6.200-10.8.6.210"),
        ],
    ),
    "variables of kubespray, dual stack": (
        "kube_pods_subnet: 10.233.64.0/18\nkube_pods_subnet_ipv6: fd85::/112\nenable_dual_stack_networks: true\n",
        [("pods", "10.233.64.0/18"), ("pods", "fd85::/112")],
    ),
    "variables of k3s-ansible": (
        (
            "apiserver_endpoint: 10.8.7.222\nmetal_lb_ip_range: 10.8.7.80 - 10.8.7.90\ncluster_cidr: 10.52.0.0/16\n"
            'extra_server_args: "--tls-san {{ apiserver_endpoint }} --disable servicelb --disable traefik"\n'
        ),
        [("vip", "10.8.7.222"), ("pool", "10.8.7.80 - 10.8.7.90"), ("servicelb", "off")],
    ),
    "variables of k3s-ansible with Calico": (
        "apiserver_endpoint: 10.8.7.222\ncalico_iface: eth0\ncluster_cidr: 10.52.0.0/16\n",
        [("vip", "10.8.7.222"), ("pods", "10.52.0.0/16")],
    ),
    "variables of a role for k3s": (
        (
            "k3s_registration_address: 10.8.8.9\nk3s_server:\n  node-ip: '{{ ansible_host }}'\n  cluster-cidr: 10.142.0.0/16\n"
            "  disable: [servicelb]\n"
        ),
        [("vip", "10.8.8.9"), ("node", "{{"), ("node", "ansible_host"), ("node", "}}"), ("pods", "10.142.0.0/16"), ("servicelb", "off")],
    ),
    "variables of a role for RKE2": (
        (
            "rke2_ha_mode: true\nrke2_api_ip: 10.8.9.100\nrke2_loadbalancer_ip_range: {range-global: 10.8.9.200-10.8.9.250}\n"
            "rke2_cluster_cidr: [10.42.0.0/16]\n"
        ),
        [("pods", "10.42.0.0/16"), ("vip", "10.8.9.100"), ("pool", "10.8.9.200-10.8.9.250")],
    ),
    "Talos": (
        (
            "machine:\n  network:\n    hostname: w1\n    interfaces:\n    - interface: eth0\n      addresses: [10.8.10.57/23]\n"
            "      routes: [{network: 0.0.0.0/0, gateway: 10.8.10.1}]\n      vlans: [{vlanId: 5, "
            "addresses: [10.5.0.57/24], vip: {ip: 10.5.0.9}}]\n"
            "cluster:\n  controlPlane: {endpoint: 'https://10.8.10.50:6443'}\n  network: {"
            "podSubnets: [10.48.0.0/15], serviceSubnets: [10.46.0.0/16]}\n"
        ),
        [
            ("node", "10.8.10.57/23"),
            ("lan", "10.8.10.57/23"),
            ("gateway", "10.8.10.1"),
            ("node", "10.5.0.57/24"),
            ("lan", "10.5.0.57/24"),
            ("vip", "10.5.0.9"),
            ("vip", "10.8.10.50"),
            ("pods", "10.48.0.0/15"),
            ("services", "10.46.0.0/16"),
        ],
    ),
    "documents of Talos": (
        (
            "apiVersion: v1alpha1\nkind: LinkConfig\nname: eno1\naddresses: [{address: 10.8.11.21/24}]\nroutes: [{"
            "gateway: 10.8.11.1}]\n---\n"
            "apiVersion: v1alpha1\nkind: Layer2VIPConfig\nname: 10.8.11.20\nlink: eno1\n---\n"
            "apiVersion: v1alpha1\nkind: KubeNetworkConfig\npodSubnets: [10.49.0.0/16]\n"
        ),
        [
            ("node", "10.8.11.21/24"),
            ("lan", "10.8.11.21/24"),
            ("gateway", "10.8.11.1"),
            ("vip", "10.8.11.20"),
            ("pods", "10.49.0.0/16"),
        ],
    ),
    "talhelper": (
        (
            "clusterName: oak\nendpoint: https://10.8.12.10:6443\nclusterPodNets: [10.60.0.0/16]\nclusterSvcNets: [10.61.0.0/16]\nnodes:\n"
            "- hostname: oak-1\n  ipAddress: 10.8.12.20\n  networkInterfaces: [{interface: eth0, dhcp: true, vip: {ip: 10.8.12.10}}]\n"
            "  patches:\n  - |-\n    machine:\n      network:\n        interfaces: [{interface: eth1, addresses: [10.9.12.20/24]}]\n"
        ),
        [
            ("cluster", "oak"),
            ("vip", "10.8.12.10"),
            ("pods", "10.60.0.0/16"),
            ("services", "10.61.0.0/16"),
            ("node", "10.8.12.20"),
            ("vip", "10.8.12.10"),
            ("node", "10.9.12.20/24"),
            ("lan", "10.9.12.20/24"),
        ],
    ),
    "TOPF": (
        "clusterName: oak\nclusterEndpoint: https://10.8.13.10:6443\nnodes:\n- {host: oak-1, ip: 10.8.13.21, role: control-plane}\n",
        [("cluster", "oak"), ("vip", "10.8.13.10"), ("node", "10.8.13.21")],
    ),
    "Omni": (
        (
            "kind: Cluster\nname: ash\n---\nkind: Machine\nname: 430d\npatches:\n- name: a\n  inline:\n    machine:\n      network:\n"
            "        interfaces: [{interface: eth0, addresses: [10.8.14.21/24]}]\n"
        ),
        [("cluster", "ash"), ("node", "10.8.14.21/24"), ("lan", "10.8.14.21/24")],
    ),
    "kops": (
        (
            "apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nspec: {networkCIDR: 172.20.0.0/16, serviceClusterIPRange: 100.64.0.0/13,"
            " podCIDR: 100.96.0.0/11}\n"
        ),
        [("lan", "172.20.0.0/16"), ("services", "100.64.0.0/13"), ("pods", "100.96.0.0/11")],
    ),
    "Cluster API": (
        (
            "apiVersion: cluster.x-k8s.io/v1beta1\nkind: Cluster\nmetadata: {name: quarry}\nspec:\n"
            "  controlPlaneEndpoint: {host: 10.8.15.4}\n"
            "  clusterNetwork: {pods: {cidrBlocks: [10.62.0.0/16]}, services: {cidrBlocks: [10.63.0.0/16]}}\n"
        ),
        [("cluster", "quarry"), ("pods", "10.62.0.0/16"), ("services", "10.63.0.0/16"), ("vip", "10.8.15.4")],
    ),
    "machines of Proxmox": (
        (
            "apiVersion: infrastructure.cluster.x-k8s.io/v1alpha2\nkind: ProxmoxCluster\nmetadata: {name: quarry}\nspec:\n"
            "  controlPlaneEndpoint: {host: 10.8.16.4}\n  ipv4Config: {addresses: [10.8.16.5-10.8.16.50], prefix: 24, gateway: 10.8.16.1}\n"
        ),
        [("vip", "10.8.16.4"), ("machines", "10.8.16.5-10.8.16.50"), ("gateway", "10.8.16.1")],
    ),
    "a pool of machines": (
        (
            "apiVersion: ipam.cluster.x-k8s.io/v1alpha2\nkind: GlobalInClusterIPPool\nmetadata: {name: hall}\n"
            "spec: {addresses: [172.16.3.16-172.16.3.47, 172.16.3.60], prefix: 24, gateway: 172.16.3.254}\n"
        ),
        [("machines", "172.16.3.16-172.16.3.47"), ("machines", "172.16.3.60"), ("gateway", "172.16.3.254")],
    ),
    "a pool of Metal3": (
        (
            "apiVersion: ipam.metal3.io/v1alpha1\nkind: IPPool\nmetadata: {name: hall}\n"
            "spec: {pools: [{start: 10.8.17.10, end: 10.8.17.30, gateway: 10.8.17.1}], preAllocations: {host-0: 10.8.17.12}}\n"
        ),
        [("machines", "10.8.17.10-10.8.17.30"), ("gateway", "10.8.17.1"), ("node", "10.8.17.12")],
    ),
    "machines of vSphere": (
        (
            "apiVersion: infrastructure.cluster.x-k8s.io/v1beta1\nkind: VSphereMachineTemplate\nmetadata: {name: m}\n"
            "spec: {template: {spec: {network: {devices: [{ipAddrs: [10.8.18.10/24], gateway4: 10.8.18.1}]}}}}\n"
        ),
        [("node", "10.8.18.10/24"), ("gateway", "10.8.18.1")],
    ),
    "Calico": (
        (
            "apiVersion: operator.tigera.io/v1\nkind: Installation\nmetadata: {name: default}\n"
            "spec: {calicoNetwork: {ipPools: [{cidr: 10.48.0.0/16}]}}\n---\n"
            "apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: lb}\nspec: {cidr: 10.8.19.0/28, "
            "allowedUses: [LoadBalancer]}\n---\n"
            "apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: pods}\nspec: {cidr: 10.47.0.0/16}\n"
        ),
        [("pods", "10.48.0.0/16"), ("pods", "10.47.0.0/16")],
    ),
    "values of Cilium": (
        "ipam:\n  mode: cluster-pool\n  operator:\n    clusterPoolIPv4PodCIDRList: [10.64.0.0/16]\nk8sServiceHost: 10.8.20.9\n",
        [("pods", "10.64.0.0/16"), ("vip", "10.8.20.9")],
    ),
    "values of Cilium that the cluster decides": (
        "ipam:\n  mode: kubernetes\n  operator:\n    clusterPoolIPv4PodCIDRList: [10.64.0.0/16]\n",
        [],
    ),
    "a release of Cilium": (
        (
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: cilium}\nspec:\n  values:\n"
            "    ipam:\n      operator:\n"
            "        clusterPoolIPv4PodCIDRList: 10.65.0.0/16\n"
        ),
        [("pods", "10.65.0.0/16")],
    ),
    "Pods of Cilium": (
        (
            "apiVersion: cilium.io/v2alpha1\nkind: CiliumPodIPPool\nmetadata: {name: default}\nspec: {ipv4: {"
            "cidrs: [10.66.0.0/16], maskSize: 24}}\n"
        ),
        [("pods", "10.66.0.0/16")],
    ),
    "flannel": (
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kube-flannel-cfg}\ndata:\n"
            '  net-conf.json: \'{"Network": "10.217.0.0/16", "EnableIPv6": true, "IPv6Network": "fd21::/56"}\'\n'
        ),
        [("pods", "10.217.0.0/16"), ("pods", "fd21::/56")],
    ),
    "kube-vip": (
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: kube-vip}\nspec:\n  containers:\n  - name: kube-vip\n"
            "    image: ghcr.io/kube-vip/kube-vip:v1.0.0\n    env: [{name: vip_subnet, value: '32'}, {name: address, value: 10.8.21.50}]\n"
        ),
        [("vip", "10.8.21.50")],
    ),
    "OpenShift": (
        (
            "apiVersion: v1\nbaseDomain: plant.example\nnetworking:\n  clusterNetwork: [{cidr: 10.128.0.0/14, hostPrefix: 23}]\n"
            "  serviceNetwork: [172.30.0.0/16]\n  machineNetwork: [{cidr: 10.8.22.0/24}]\n"
            "platform: {baremetal: {apiVIPs: [10.8.22.5], ingressVIPs: [10.8.22.6]}}\n"
        ),
        [
            ("lan", "10.8.22.0/24"),
            ("pods", "10.128.0.0/14"),
            ("services", "172.30.0.0/16"),
            ("vip", "10.8.22.5"),
            ("vip", "10.8.22.6"),
        ],
    ),
    "an agent of OpenShift": (
        (
            "apiVersion: v1beta1\nkind: AgentConfig\nrendezvousIP: 10.8.23.11\nhosts:\n- hostname: m0\n  networkConfig:\n"
            "    interfaces: [{name: eno1, ipv4: {address: [{ip: 10.8.23.12, prefix-length: 24}]}}]\n"
        ),
        [("node", "10.8.23.11"), ("node", "10.8.23.12")],
    ),
    "nmstate": (
        (
            "apiVersion: nmstate.io/v1\nkind: NodeNetworkConfigurationPolicy\nmetadata: {name: a}\n"
            "spec: {desiredState: {interfaces: [{name: br0, ipv4: {address: [{ip: 10.8.24.12, prefix-length: 24}]}}]}}\n"
        ),
        [("node", "10.8.24.12")],
    ),
    "a template of a whole cluster": (
        (
            "node_cidr: 10.8.25.0/24\ncluster_api_addr: 10.8.25.200\ncluster_pod_cidr: 10.42.0.0/16\nnode_default_gateway: 10.8.25.1\n"
            "nodes: [{name: a, address: 10.8.25.21}]\n"
        ),
        [("lan", "10.8.25.0/24"), ("vip", "10.8.25.200"), ("pods", "10.42.0.0/16"), ("gateway", "10.8.25.1"), ("node", "10.8.25.21")],
    ),
    "MicroK8s": (
        "version: 0.1.0\naddons:\n- name: dns\n- name: metallb\n  args: [10.8.26.40-10.8.26.49]\n",
        [("pool", "10.8.26.40-10.8.26.49")],
    ),
    "Canonical Kubernetes": (
        "cluster-config:\n  load-balancer: {enabled: true, cidrs: [10.8.27.0/28]}\npod-cidr: 10.100.0.0/16\nservice-cidr: 10.101.0.0/16\n",
        [("pods", "10.100.0.0/16"), ("services", "10.101.0.0/16"), ("pool", "10.8.27.0/28")],
    ),
    "ServiceCIDR": (
        "apiVersion: networking.k8s.io/v1\nkind: ServiceCIDR\nmetadata: {name: more}\nspec: {cidrs: [10.99.0.0/16]}\n",
        [("services", "10.99.0.0/16")],
    ),
}


@pytest.mark.parametrize(("text", "expected"), FORMATS.values(), ids=FORMATS)
def test_a_format_is_read(text: str, expected: list[tuple[str, str]]) -> None:
    assert sorted(said(text)) == sorted(expected)


INVENTORY = """\
# node9 ansible_host=10.8.30.9
edge ansible_host=10.8.30.1
[kube_control_plane]
r1 ansible_host=203.0.113.11 ip=10.8.30.11 etcd_member_name=etcd1  # the first
[rack_b]
r2 ansible_host="10.8.30.12"   ; the second
10.8.30.13
[storage]
nas ansible_host=10.8.30.3
[k8s_cluster:children]
kube_control_plane
rack_b
[k8s_cluster:vars]
kube_pods_subnet=10.70.0.0/16
"""


def test_an_inventory_that_is_no_yaml_is_read_by_its_groups() -> None:
    (file,) = read(INVENTORY, "inventory/rack/hosts.ini")
    assert sorted((one.says, one.text, one.of) for one in file.statements) == [
        ("node", "10.8.30.11", "r1"),
        ("node-external", "10.8.30.12", "r2"),
        ("node-external", "10.8.30.13", "10.8.30.13"),
        ("node-external", "203.0.113.11", "r1"),
        ("pods", "10.70.0.0/16", ""),
    ]
    places = {one.text: smallest_span(file.root, one.at) for one in file.statements}
    lines = INVENTORY.split("\n")
    for text, span in places.items():
        assert text in lines[span.line - 1][span.column - 1 : span.end_column], text


def test_addresses_of_keepalived_are_read_and_comments_are_not() -> None:
    text = "vrrp_instance a {\n  virtual_ipaddress {\n    # 10.8.31.9\n    10.8.31.10/24 dev eth0\n    10.8.31.11\n  }\n  priority 10\n}\n"
    (file,) = read(text, "roles/lb/keepalived.conf")
    assert [(one.says, one.text) for one in file.statements] == [("vip", "10.8.31.10/24"), ("vip", "10.8.31.11")]
    assert [smallest_span(file.root, one.at).line for one in file.statements] == [4, 5]


def test_a_template_is_read_without_its_statements_and_lines_keep_their_numbers() -> None:
    text = "{% if a %}\ncluster:\n  network:\n    podSubnets: [10.80.0.0/16]\n{% endif %}\nmachine:\n  install: {disk: '{{ disk }}'}\n"
    (file,) = read(text, "talos/machineconfig.yaml.j2")
    assert [(one.says, one.text) for one in file.statements] == [("pods", "10.80.0.0/16")]
    assert smallest_span(file.root, file.statements[0].at).line == 4


@pytest.mark.parametrize(
    ("text", "defaults"),
    [
        ("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n", ["10.96.0.0/12"]),
        ("apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\n", []),
        ("cluster-init: true\n", ["10.42.0.0/16", "10.43.0.0/16"]),
        ("cluster-init: true\ncluster-cidr: 10.1.0.0/16\n", ["10.43.0.0/16"]),
        ("server: https://10.0.0.1:6443\ntls-san: [a.example]\n", []),
        ("node-ip: 10.0.0.4\n", []),
        ("cluster:\n  clusterName: a\n  controlPlane: {endpoint: 'https://a.example'}\n", ["10.244.0.0/16", "10.96.0.0/12"]),
        ("cluster:\n  proxy: {disabled: true}\n", []),
    ],
)
def test_a_default_holds_only_where_a_program_takes_it_for_sure(text: str, defaults: list[str]) -> None:
    found = [one for file in read(text) for one in file.statements if one.is_default and one.says != "servicelb"]
    assert [one.text for one in found] == defaults


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db}\n",
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  cluster-cidr: 10.0.0.0/8\n",
        "web:\n  hosts:\n    a: {ansible_host: 10.0.0.1}\n",
        "name: x\nhosts: [a, b]\n",
        "[tool.poetry]\nname = 'a'\n",
        "cluster:\n",
        "machine: {network: {interfaces: [{addresses: 5}]}}\ncluster:\n",
        "nodes:\n- ipAddress: 5\n- 7\n- {ipAddress: [1, {}]}\n",
        "kube_pods_subnet: {a: b}\n",
        "k3s_cluster:\n  hosts: [a]\n  children: x\n",
    ],
)
def test_what_is_something_else_says_nothing(text: str) -> None:
    assert said(text) == []


def test_hostile_files_are_bounded() -> None:
    deep = "server:\n" + "".join(f"{'  ' * level}children:\n{'  ' * level}  server:\n" for level in range(1, 60))
    wide = "nodes:\n" + "- ipAddress: 10.0.0.1\n" * 8000
    ini = "[nodes]\n" + "a ansible_host=10.0.0.1\n" * 7000 + "[" * 20000 + "\n" + "a" * 20000 + "=" * 20000
    for text, path in ((deep, "a.yaml"), (wide, "a.yaml"), (ini, "a.ini"), ("virtual_ipaddress {" * 9000, "keepalived.conf")):
        assert len([one for file in read(text, path) for one in file.statements]) <= 2 * MOST
    many = [SourceFile(f"{number}.yaml", "node-ip: 10.0.0.1\n".encode) for number in range(MOST_FILES + 10)]
    assert len(host_files(many)) == MOST_FILES


def test_what_holds_no_word_of_a_form_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [text.encode() for text, _ in FORMATS.values()]
    texts += [b"kind:" + blank + kind for kind in (b"Cluster", b"Machine", b"ClusterRole") for blank in (b"", b" ", b"  ", b"\t")]
    texts += [text + end for text in texts for end in (b"", b"\n", b"\r\n", b" \r\n", b"\t")]
    texts += [path.read_bytes() for path in sorted((Path(__file__).parent / "fixtures").rglob("*.yaml"))]
    found = [may_set_up_machines("a.yaml", text) for text in texts]
    assert any(found)
    assert not all(found)
    monkeypatch.setattr(documents, "may_hold_any", lambda *_: True)
    assert [may_set_up_machines("a.yaml", text) for text in texts] == found
